"""A digest of what models see, the same whatever file or library the table came from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare_cli.types import Dataset


def fingerprint(dataset: Dataset) -> str:
    """Return "sha256:…" over names, kinds, values, classes, labels, groups, time and the test set.

    The file's name, the order of categories that no row has, and NaN's many bit patterns do not count.
    """
    import numpy as np

    digest = hashlib.sha256()
    head = [
        dataset.target,
        list(dataset.classes),
        [[c.name, c.kind] for c in dataset.columns],
        len(dataset.y),
    ]
    digest.update(json.dumps(head).encode())
    for column in dataset.columns:
        values = dataset.X[column.name]
        if column.kind == "categorical":
            digest.update(json.dumps(list(map(str, values.cat.categories))).encode())
            digest.update(np.ascontiguousarray(values.cat.codes, dtype="<i4").data)
            continue
        numbers = values.to_numpy(dtype="<f8") + 0.0  # also makes -0.0 plain, and a copy
        numbers[np.isnan(numbers)] = np.nan
        digest.update(numbers.data)
    digest.update(np.ascontiguousarray(dataset.y, dtype="<i8").data)
    for extra, kind in ((dataset.groups, "<i8"), (dataset.time, "<f8")):
        digest.update(b"\0" if extra is None else b"\1")
        if extra is not None:
            digest.update(np.ascontiguousarray(extra, dtype=kind).data)
    digest.update((dataset.test.fingerprint if dataset.test is not None else "").encode())
    return "sha256:" + digest.hexdigest()
