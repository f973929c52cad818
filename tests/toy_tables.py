"""Small data sets made by hand, so that tests of models and engine read no files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from compare_cli.types import Column, ColumnKind, Dataset

Categories = Sequence[str | None]


def make_dataset(
    columns: dict[str, np.ndarray | Categories],
    y: Sequence[int] | np.ndarray,
    classes: Sequence[str] | None = None,
    *,
    name: str = "toy",
    target: str = "label",
    groups: Sequence[int] | None = None,
    time: Sequence[float] | None = None,
    test: Dataset | None = None,
) -> Dataset:
    """Arrays become numeric columns (NaN = missing), lists of strings categorical ones (None = missing)."""
    frame = pd.DataFrame({key: _series(values) for key, values in columns.items()})
    y = np.asarray(y, dtype=np.int64)
    classes = classes or [f"c{code}" for code in range(int(y.max()) + 1)]
    return Dataset(
        name=name,
        source=f"{name}.csv",
        X=frame,
        y=y,
        classes=tuple(classes),
        target=target,
        columns=tuple(_column(key, frame[key]) for key in frame),
        dropped=(),
        source_columns=frame.shape[1] + 1,
        groups=None if groups is None else np.asarray(groups, dtype=np.int64),
        time=None if time is None else np.asarray(time, dtype=float),
        test=test,
        groups_column=None if groups is None else "group",
    )


def _series(values: np.ndarray | Categories) -> pd.Series:
    if isinstance(values, np.ndarray):
        return pd.Series(values.astype(float))
    return pd.Series(pd.Categorical(values, categories=sorted({v for v in values if v is not None})))


def _column(name: str, values: pd.Series) -> Column:
    kind: ColumnKind = "categorical" if values.dtype == "category" else "numeric"
    return Column(name, kind, int(values.isna().sum()))


def blobs(rows: int = 60, classes: int = 2, seed: int = 0, spread: float = 1.0, features: int = 3) -> Dataset:
    """Normal clouds, one per class, that overlap a little; classes have equal sizes (±1)."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % classes
    X = rng.normal(0, spread, (rows, features)) + 1.5 * y[:, None]
    return make_dataset({f"x{i}": X[:, i] for i in range(features)}, y)


def mixed(rows: int = 80, seed: int = 0) -> Dataset:
    """Numbers and categories, both with missing values; two classes."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % 2
    number = rng.normal(0, 1, rows) + y
    holes = np.where(rng.random(rows) < 0.2, np.nan, rng.normal(0, 1, rows))
    color = [None if u < 0.1 else "red" if u < 0.5 else "blue" for u in rng.random(rows)]
    return make_dataset({"number": number, "holes": holes, "color": color}, y)


def with_test(dataset: Dataset, test: Dataset) -> Dataset:
    """The same data with an official test set."""
    return replace(dataset, test=test)
