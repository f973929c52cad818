"""The target column as classes: labels as written, codes, and the checks that it can be one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from compare_cli.data.columns import label_text, parse_numbers, text_codes
from compare_cli.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

MAX_FRACTIONAL = 20
MAX_WHOLE = 50
MAX_WHOLE_SHARE = 0.02
MAX_TEXT_SHARE = 0.5


def label_codes(series: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Return codes into labels in their final order (missing = -1). 1, 1.0 and 01 are one label.

    Labels are sorted by value if all are numbers, otherwise as text.
    """
    import numpy as np
    import pandas as pd

    if pd.api.types.is_float_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype):
        series = series.map(label_text, na_action="ignore").astype(object)
    codes, texts = text_codes(series)
    numbers = parse_numbers(texts) if texts else np.empty(0)
    if len(texts) and np.isfinite(numbers).all() and not any("," in t or "%" in t for t in texts):
        distinct, where = np.unique(numbers, return_inverse=True)
        labels = [min((texts[i] for i in np.flatnonzero(where == k)), key=len) for k in range(len(distinct))]
        if len(distinct) > 1000:
            labels = [label_text(float(value)) for value in distinct]
        return np.append(where, -1)[codes], labels
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.full(len(texts) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(texts))
    return rank[codes], [texts[i] for i in order]


def refuse_continuous(labels: Sequence[str], rows: int, target: str, source: str) -> None:
    """Raise DataError for a target that measures rather than names: many numbers, or free text."""
    import numpy as np

    if len(labels) <= MAX_FRACTIONAL:
        return
    numbers = parse_numbers(labels)
    if np.isnan(numbers).any():
        too_many = len(labels) > max(MAX_WHOLE, MAX_TEXT_SHARE * rows)
        what = f"{len(labels):,} different labels in {rows:,} rows"
    else:
        fractional = bool((numbers % 1 != 0).any())
        too_many = fractional or len(labels) > max(MAX_WHOLE, MAX_WHOLE_SHARE * rows)
        what = f"{len(labels):,} different numbers in {rows:,} rows"
    if too_many:
        raise DataError(
            f"{source}: the target {target!r} has {what}, so it does not name classes: "
            "choose another column with --target, or put it into ranges first."
        )


def same_label(label: str, classes: Sequence[str]) -> int:
    """Return the position of a label among classes, also where 1 is written 1.0; -1 if it is not there."""
    if label in classes:
        return list(classes).index(label)
    number = parse_numbers([label])[0]
    if number != number:
        return -1
    same = [at for at, value in enumerate(parse_numbers(classes)) if value == number]
    return same[0] if same else -1
