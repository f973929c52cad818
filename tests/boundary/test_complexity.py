"""Measures of data complexity: worked by hand, from published figures, and beside other tools."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from compare_cli import Options, compare
from compare_cli.boundary.complexity import (
    COMPARED_ROWS,
    borderline,
    compared_rows,
    fisher,
    gower,
    neighbour_error,
    sampled,
)


def no_codes(rows: int) -> np.ndarray:
    return np.empty((rows, 0), np.int32)


def test_fisher_of_a_table_worked_by_hand() -> None:
    """Class means 1 and 5, mean 3: between 16, within 4, so F1 = 1 / 5. The other column is idle."""
    numbers = np.array([[0.0, 7], [2, 8], [4, 7], [6, 8]])
    assert fisher(numbers, no_codes(4), np.array([0, 0, 1, 1])) == pytest.approx(0.2)


def test_fisher_leaves_missing_numbers_out() -> None:
    numbers = np.array([[0.0], [2], [4], [6], [np.nan]])
    assert fisher(numbers, no_codes(5), np.array([0, 0, 1, 1, 0])) == pytest.approx(0.2)


def test_fisher_of_categories() -> None:
    """One category is class 0 in 3 of 4 rows, the other in 1 of 4: between 1/2, within 3/2."""
    codes = np.array([[0], [0], [0], [1], [1], [1], [1], [0]], np.int32)
    assert fisher(np.empty((8, 0)), codes, np.array([0, 0, 0, 0, 1, 1, 1, 1])) == pytest.approx(0.75)


def test_fisher_needs_a_column_that_varies() -> None:
    assert fisher(np.full((4, 1), 0.1), no_codes(4), np.array([0, 0, 1, 1])) is None


def test_fisher_of_iris_is_that_of_its_published_analyses_of_variance() -> None:
    """F of 119.26, 49.16, 1180.16 and 960.01 on 2 and 147 degrees of freedom; r = F · 2 / 147."""
    X, y = load_iris(return_X_y=True)
    for column, f in enumerate((119.26, 49.16, 1180.16, 960.01)):
        assert fisher(X[:, [column]], no_codes(150), y) == pytest.approx(1 / (1 + f * 2 / 147), abs=1e-5)
    assert fisher(X, no_codes(150), y) == pytest.approx(1 / (1 + 1180.16 * 2 / 147), abs=1e-5)


def test_distances_are_gower_s() -> None:
    """Ranges 4; a missing number is the median 1; categories differ or do not; three columns."""
    numbers = np.array([[0.0, 5], [1, 5], [4, 5], [np.nan, 5]])
    codes = np.array([[0], [1], [0], [-1]], np.int32)
    apart = gower(numbers, codes) * 3
    np.testing.assert_allclose(apart[0], [0, 1.25, 1, 1.25])
    np.testing.assert_allclose(apart[1], [1.25, 0, 1.75, 1])


def test_neighbours_on_a_line_worked_by_hand() -> None:
    """Rows 0, 1, 3 | 4, 6, 7: the tree joins 3 and 4, two of six; 3 is nearest to 4 and 4 to 3."""
    apart = gower(np.array([[0.0], [1], [3], [4], [6], [7]]), no_codes(6))
    y = np.array([0, 0, 0, 1, 1, 1])
    assert borderline(apart, y) == pytest.approx(2 / 6)
    assert neighbour_error(apart, y) == pytest.approx(2 / 6)


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_neighbours_beside_other_tools(load) -> None:  # type: ignore[no-untyped-def]  # scikit-learn's, untyped
    X, y = load(return_X_y=True)
    apart = gower(X, no_codes(len(y)))
    tree = minimum_spanning_tree(apart + 1).tocoo()  # SciPy takes 0 for no edge; twins are at 0
    other = y[tree.row] != y[tree.col]
    assert borderline(apart, y) == pytest.approx(
        len(np.unique([tree.row[other], tree.col[other]])) / len(y), abs=3 / len(y)
    )
    nearest = KNeighborsClassifier(1, metric="manhattan", algorithm="brute")
    right = cross_val_score(nearest, (X - X.min(axis=0)) / np.ptp(X, axis=0), y, cv=LeaveOneOut())
    assert neighbour_error(apart, y) == pytest.approx(1 - right.mean(), abs=1 / len(y))


def test_rows_are_the_same_each_time_and_fewer_of_wide_tables() -> None:
    assert (sampled(5000, 100) == sampled(5000, 100)).all()
    assert len(np.unique(sampled(5000, 100))) == 100
    assert (sampled(50, 100) == np.arange(50)).all()
    assert compared_rows(10**6, 10) == COMPARED_ROWS
    assert compared_rows(10**6, 1000) == 100
    assert compared_rows(40, 2000) == 40


def test_a_result_has_them_beside_its_data() -> None:
    X, y = load_iris(return_X_y=True)
    found = compare(X, y, Options(repeats=1, jobs=1, models="logistic")).dataset.complexity
    assert found is not None
    assert found.compared_rows == 150
    assert found.f1_fisher == pytest.approx(0.0586, abs=1e-4)
    assert (found.n1, found.n3) == pytest.approx((16 / 150, 9 / 150))
    assert found.l2 is not None
    assert 0.01 < found.l2 < 0.04
    quick = compare(X, y, Options(repeats=1, jobs=1, models="logistic", boundary=False))
    assert quick.dataset.complexity is None
