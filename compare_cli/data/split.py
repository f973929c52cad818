"""Official test rows: taken together with the others for folds, or parted from the end of a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from compare_cli.errors import DataError, UsageError
from compare_cli.types import Dataset


def together(dataset: Dataset) -> Dataset:
    """Return a table with its test rows behind its others, to be split into folds.

    Raises UsageError for a table without test rows.
    """
    import pandas as pd

    test = dataset.test
    if test is None:
        raise UsageError("--split cv: this table has no test rows, so folds are what it gets anyway.")
    rows = pd.concat([dataset.X, test.X], ignore_index=True)
    for column in dataset.columns:
        if column.kind == "categorical":
            rows[column.name] = rows[column.name].astype(dataset.X[column.name].dtype)
    columns = tuple(replace(c, missing=int(rows[c.name].isna().sum())) for c in dataset.columns)
    y = np.concatenate([dataset.y, test.y])
    return replace(dataset, X=rows, y=y, columns=columns, test=None, own=None)


def last_rows_tested(dataset: Dataset, rows: int) -> Dataset:
    """Return a table whose last ``rows`` are its test rows, in the order of the source.

    Raises UsageError where groups, an order in time or other test rows are asked for too, and DataError where
    too few rows, or none of a class, would be left to learn from.
    """
    if dataset.test is not None or dataset.groups is not None or dataset.time is not None:
        raise UsageError("--test-rows goes with none of --test, --groups and --time, nor with a test set.")
    if rows < 1:
        raise UsageError(f"--test-rows {rows}: must be at least 1.")
    left = len(dataset.y) - rows
    if left < 2:
        raise DataError(f"{dataset.name}: --test-rows {rows}: there are {len(dataset.y):,} rows in all.")
    missing = sorted(set(range(len(dataset.classes))) - set(dataset.y[:left].tolist()))
    if missing:
        names = ", ".join(repr(dataset.classes[code]) for code in missing[:3])
        raise DataError(f"{dataset.name}: --test-rows {rows}: no row of {names} is left to learn from.")
    parts = [
        replace(dataset, X=dataset.X[part].reset_index(drop=True), y=dataset.y[part], own=None)
        for part in (slice(None, left), slice(left, None))
    ]
    return replace(parts[0], test=parts[1])
