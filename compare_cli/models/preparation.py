"""Preparing a table for models, inside a fold: what is learnt is learnt from training rows only.

Numbers: missing values become the median, with an indicator column for each column that misses
values in training; then they are standardised for models that mind scale. Categories: one-hot, at
most 50 columns each (the rarest share one), missing being a category of its own; a category that
training has not seen goes with the rare ones.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import Dataset

MAX_CATEGORIES = 50


class FeatureTable:
    """The features of a data set as two arrays: ``numbers`` (n, p) float64 and ``codes`` (n, q) int32.

    A missing number is NaN, a missing category -1. Categories are turned into codes once for the
    whole table, which looks at no target and no statistics; encoding text anew in every fold was
    most of the preparation time on adult.
    """

    def __init__(self, dataset: Dataset) -> None:
        kinds = [c.kind for c in dataset.columns]
        numeric = [i for i, kind in enumerate(kinds) if kind != "categorical"]
        categorical = [i for i, kind in enumerate(kinds) if kind == "categorical"]
        X = dataset.X
        self.numbers: NDArray[np.float64] = np.empty((len(X), len(numeric)))
        for at, i in enumerate(numeric):
            self.numbers[:, at] = X.iloc[:, i].to_numpy(dtype=float)
        self.codes: NDArray[np.int32] = np.empty((len(X), len(categorical)), dtype=np.int32)
        for at, i in enumerate(categorical):
            self.codes[:, at] = X.iloc[:, i].cat.codes.to_numpy()

    @classmethod
    def of_arrays(cls, numbers: NDArray[np.float64], codes: NDArray[np.int32]) -> FeatureTable:
        """Return the table of arrays that are already in this form."""
        table = cls.__new__(cls)
        table.numbers, table.codes = numbers, codes
        return table

    @property
    def width(self) -> int:
        """About how many columns models see: numbers, indicators and one-hot columns."""
        indicators = int(np.isnan(self.numbers).any(axis=0).sum())
        hot = sum(min(len(np.unique(column)), MAX_CATEGORIES) for column in self.codes.T)
        return int(self.numbers.shape[1]) + indicators + hot

    @property
    def has_missing_numbers(self) -> bool:
        """Whether any number is missing."""
        return bool(np.isnan(self.numbers).any())


def imputer() -> Any:
    """Return what fills in missing numbers, unfitted."""
    from sklearn.impute import SimpleImputer

    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def scaler(*, copy: bool = True) -> Any:
    """Return what standardises numbers, unfitted; without ``copy`` it may change its rows in place."""
    from sklearn.preprocessing import StandardScaler

    return StandardScaler(copy=copy)


def encoder() -> Any:
    """Return what spreads categories over columns, unfitted."""
    from sklearn.preprocessing import OneHotEncoder

    unseen = "infrequent_if_exist"
    return OneHotEncoder(handle_unknown=unseen, max_categories=MAX_CATEGORIES, sparse_output=False)


def number_steps(needs: str, *, impute: bool = True) -> Any:
    """Return what prepares numbers as `Preparation` does, in scikit-learn's parts; None for nothing."""
    from sklearn.pipeline import make_pipeline

    steps = [*([imputer()] if impute else []), *([scaler()] if needs == "scaled" else [])]
    return make_pipeline(*steps) if len(steps) > 1 else next(iter(steps), None)


def column_steps(numbers: list[str], categories: list[str], needs: str, *, impute: bool = True) -> Any:
    """Return the ColumnTransformer that prepares columns of a frame, named here, as `Preparation` does."""
    from sklearn.compose import ColumnTransformer

    parts = [("numbers", number_steps(needs, impute=impute) or "passthrough", numbers)] if numbers else []
    parts += [("categories", encoder(), categories)] if categories else []
    return ColumnTransformer(parts, verbose_feature_names_out=False)


class Preparation:
    """What a fold learnt from its training rows.

    ``needs`` "scaled" standardises numbers, "plain" does not. ``impute`` says whether numbers may be
    missing in any row that will be prepared.
    """

    def __init__(self, needs: str, *, impute: bool) -> None:
        self.needs = needs
        self.impute = impute
        self.imputer: Any = None
        self.scaler: Any = None
        self.encoder: Any = None

    def fit_transform(self, table: FeatureTable, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Learn from ``rows`` of the table and return them prepared, (len(rows), columns) float64."""
        numbers, codes = table.numbers[rows], table.codes[rows]
        if self.impute and numbers.shape[1]:
            self.imputer = imputer()
            numbers = self.imputer.fit_transform(numbers)
        if self.needs == "scaled" and numbers.shape[1]:
            self.scaler = scaler(copy=False)
            numbers = self.scaler.fit_transform(numbers)
        if not codes.shape[1]:
            return numbers
        self.encoder = encoder()
        return np.hstack([numbers, self.encoder.fit_transform(codes)])

    def transform(self, table: FeatureTable, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return ``rows`` (row numbers) of a table prepared as the training rows were."""
        numbers, codes = table.numbers[rows], table.codes[rows]
        if self.imputer is not None:
            numbers = self.imputer.transform(numbers)
        if self.scaler is not None:
            numbers = self.scaler.transform(numbers)
        if self.encoder is None:
            return numbers
        with warnings.catch_warnings():  # unseen categories are expected, and documented above
            warnings.simplefilter("ignore", UserWarning)
            return np.hstack([numbers, self.encoder.transform(codes)])

    def sources(self, table: FeatureTable) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return which column each prepared one is made of, (D,), and whether it indicates a gap, (D,).

        Columns are counted as the table has them: numbers first, then categories.
        """
        p, q = table.numbers.shape[1], table.codes.shape[1]
        marked = self.imputer.indicator_.features_ if self.imputer is not None else np.empty(0, np.int64)
        hot = np.empty(0, np.int64)
        if self.encoder is not None:
            rare = self.encoder.infrequent_categories_
            hot = np.repeat(
                np.arange(q),
                [
                    len(c) - max(len(r) - 1, 0) if r is not None else len(c)
                    for c, r in zip(self.encoder.categories_, rare, strict=True)
                ],
            )
        source = np.concatenate([np.arange(p), marked, p + hot]).astype(np.int64)
        gap = np.zeros(len(source), bool)
        gap[p : p + len(marked)] = True
        return source, gap
