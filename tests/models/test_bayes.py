"""Naive Bayes on numbers, on categories and on both, beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.preprocessing import OneHotEncoder

from compare_cli import Options, compare, read
from compare_cli.models.bayes import NaiveBayes


@pytest.fixture
def columns() -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Numbers (n, 3), categories (n, 2) and classes (n,) of a world where all columns are independent."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 4000)
    numbers = rng.normal(size=(len(y), 3)) + 0.7 * y[:, None]
    codes = np.column_stack([rng.binomial(4, 0.3 + 0.2 * y), rng.binomial(2, 0.7 - 0.3 * y)])
    return numbers, codes, y


def hot(codes: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(OneHotEncoder(sparse_output=False).fit_transform(codes))


def test_on_numbers_it_is_scikit_learns_to_the_last_digit(
    columns: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    numbers, _, y = columns
    ours, theirs = NaiveBayes().fit(numbers, y), GaussianNB().fit(numbers, y)
    assert np.array_equal(ours.predict_proba(numbers), theirs.predict_proba(numbers))
    assert np.array_equal(ours.predict(numbers), theirs.predict(numbers))


def test_on_categories_it_counts_as_scikit_learns(
    columns: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Up to what smoothing adds: α is shared by all columns here, and by those of a category there."""
    _, codes, y = columns
    ours = NaiveBayes(alpha=1e-9).fit(hot(codes), y).predict_proba(hot(codes))
    theirs = CategoricalNB(alpha=1e-9).fit(codes, y).predict_proba(codes)
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_numbers_and_categories_together_are_the_product(
    columns: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    numbers, codes, y = columns
    both = np.hstack([numbers, hot(codes)])
    ours = NaiveBayes(alpha=1e-9).fit(both, y).predict_proba(both)
    product = GaussianNB().fit(numbers, y).predict_proba(numbers)
    product *= CategoricalNB(alpha=1e-9).fit(codes, y).predict_proba(codes) / np.bincount(y)
    assert ours == pytest.approx(product / product.sum(axis=1, keepdims=True), abs=1e-6)


@pytest.mark.parametrize("missing", [False, True])
def test_numbers_and_categories_of_a_table_both_count(
    missing: bool, columns: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
) -> None:
    """In this world naive Bayes is the best there is; rare and missing categories do not end that."""
    numbers, codes, y = columns
    frame = pd.DataFrame(numbers, columns=["a", "b", "c"]).assign(
        city=np.array(list("vwxyz"))[codes[:, 0]], size=np.array(["s", "m", "l"])[codes[:, 1]], y=y
    )
    frame["rare"] = "none"
    frame.loc[:20, "rare"] = "some"
    if missing:
        frame.loc[::7, "city"] = None
        frame.loc[::5, "a"] = np.nan
    options = Options("naive_bayes,logistic,naive_bayes(alpha=0.5)", folds=5, repeats=1, boundary=False)
    found = {m.model: m.accuracy or 0 for m in compare(read(frame, target="y"), options).models}
    assert found["naive_bayes"] > 0.7
    assert found["naive_bayes"] > found["logistic"] - 0.015
    assert found["naive_bayes"] != found["dummy"]
