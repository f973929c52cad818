from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from compare_cli import read
from compare_cli.plot.drawing import make_picture
from compare_cli.plot.fits import class_codes, evaluate, grid_points, label_confidence
from compare_cli.plot.planes import (
    Held,
    best_pair,
    columns_plane,
    components_plane,
    separation,
    span,
    typical_row,
)

NO_CODES = np.empty((0,), dtype=np.int32)


def held(*numbers: float) -> Held:
    return Held(np.array(numbers), NO_CODES)


class Halfplane:
    """Class 1 where x0 + x1 > 1; certain by the logistic function of ten times the distance."""

    classes_ = np.array([0, 1])

    def predict(self, X):
        return (X[:, 0] + X[:, 1] > 1).astype(int)

    def predict_proba(self, X):
        one = 1 / (1 + np.exp(-10 * (X[:, 0] + X[:, 1] - 1)))
        return np.column_stack([1 - one, one])


def numbers_only(numbers, codes):
    return numbers


def test_grid_points_are_the_centres_of_cells_row_by_row_from_the_lowest() -> None:
    points = grid_points([(0, 4), (10, 12)], (2, 4))
    assert points[:4].tolist() == [[0.5, 10.5], [1.5, 10.5], [2.5, 10.5], [3.5, 10.5]]
    assert points[4:, 1].tolist() == [11.5] * 4
    assert grid_points([(0, 4)], (2, 4)).tolist() == [[0.5], [1.5], [2.5], [3.5]]


def test_the_grid_of_a_linear_oracle_is_its_half_plane() -> None:
    plane = columns_plane(held(0, 0, 0), [0, 1])
    grid = evaluate(Halfplane(), numbers_only, plane, [(0, 1), (0, 1)], (50, 50), 2)
    centres = (np.arange(50) + 0.5) / 50
    truth = centres[None, :] + centres[:, None] > 1 + 1e-12
    assert (grid.labels == truth).mean() >= 0.98  # cells whose centre lies on the line may go either way
    off = np.abs(centres[None, :] + centres[:, None] - 1) > 1e-9
    assert np.array_equal(grid.labels[off], truth[off])
    distance = np.abs(centres[None, :] + centres[:, None] - 1)
    assert grid.confidence is not None
    np.testing.assert_allclose(grid.confidence, 1 / (1 + np.exp(-10 * distance)), atol=1e-9)


def test_a_plane_of_columns_holds_the_others() -> None:
    plane = columns_plane(Held(np.array([1.0, 2.0, np.nan]), NO_CODES), [1])
    numbers = plane.numbers_at(np.array([[5.0], [-3.0]]))
    np.testing.assert_array_equal(numbers, [[1, 5, np.nan], [1, -3, np.nan]])
    np.testing.assert_array_equal(plane.coordinates(np.array([[7, 8, 9.0], [0, np.nan, 0]])), [[8], [np.nan]])


def test_a_missing_cell_that_the_plane_moves_gets_a_number() -> None:
    plane = columns_plane(held(np.nan, 2), [0, 1])
    assert plane.numbers_at(np.array([[3.0, 4.0]])).tolist() == [[3, 4]]


def test_points_of_the_components_plane_come_back_to_their_coordinates() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)) + 100
    plane = components_plane(numbers, np.empty((200, 0), dtype=np.int32))
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-12)
    places = rng.normal(size=(30, 2))
    np.testing.assert_allclose(plane.coordinates(plane.numbers_at(places)), places, atol=1e-9)
    np.testing.assert_allclose(plane.numbers_at(np.zeros((1, 2)))[0], numbers.mean(axis=0))


def test_components_are_those_of_scikit_learn_with_the_largest_loading_positive() -> None:
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(1)
    numbers = rng.normal(size=(100, 4)) * [1, 20, 300, 1] @ rng.normal(size=(4, 4))
    plane = components_plane(numbers, np.empty((100, 0), dtype=np.int32))
    pca = PCA(2).fit(StandardScaler().fit_transform(numbers))
    np.testing.assert_allclose(np.abs(plane.axes), np.abs(pca.components_), atol=1e-8)
    np.testing.assert_allclose(plane.shares, pca.explained_variance_ratio_)
    assert (plane.axes[[0, 1], np.abs(plane.axes).argmax(axis=1)] > 0).all()


def test_the_components_plane_goes_through_the_held_row() -> None:
    rng = np.random.default_rng(2)
    numbers = rng.normal(size=(50, 4))
    plane = components_plane(numbers, np.empty((50, 0), dtype=np.int32), Held(numbers[7], NO_CODES))
    np.testing.assert_allclose(plane.numbers_at(plane.coordinates(numbers[7:8]))[0], numbers[7], atol=1e-12)


def test_constant_and_empty_columns_do_no_harm() -> None:
    numbers = np.column_stack([np.arange(6.0), np.full(6, 3.0), np.full(6, np.nan)])
    plane = components_plane(numbers, np.empty((6, 0), dtype=np.int32))
    assert np.isfinite(plane.coordinates(numbers)).all()
    assert typical_row(numbers, np.empty((6, 0), dtype=np.int32)).numbers.tolist() == [2.5, 3, 0]


def test_a_typical_row_has_medians_and_the_most_frequent_categories() -> None:
    numbers = np.array([[1.0], [2.0], [50.0], [np.nan]])
    codes = np.array([[2, -1], [2, -1], [0, -1], [-1, -1]], dtype=np.int32)
    row = typical_row(numbers, codes)
    assert row.numbers.tolist() == [2]
    assert row.codes.tolist() == [2, -1]


def test_the_best_pair_is_found_where_no_column_tells_anything_alone() -> None:
    rng = np.random.default_rng(3)
    numbers = rng.uniform(-1, 1, size=(400, 6))
    y = ((numbers[:, 1] > 0) ^ (numbers[:, 4] > 0)).astype(int)
    pair = best_pair(numbers, y, seed=0)
    assert pair.columns == (1, 4)
    assert pair.score > 0.9
    assert pair == best_pair(numbers, y, seed=0)


def test_many_columns_are_thinned_to_the_best_single_ones() -> None:
    rng = np.random.default_rng(4)
    y = np.arange(120) % 3
    numbers = rng.normal(size=(120, 40))
    numbers[:, 35] += 4 * (y == 0)
    numbers[:, 2] += 4 * (y == 1)
    pair = best_pair(numbers, y, seed=0)
    assert pair.columns == (2, 35)
    assert pair.tried == 24


def test_separation_leaves_out_the_row_it_judges() -> None:
    labels = np.array([0, 0, 1, 1])
    alone = np.eye(4, dtype=np.float32)
    assert separation([alone], labels) == 0.5  # nothing is left: all go to class 0
    apart = np.kron(np.eye(2), np.ones((2, 2))).astype(np.float32)
    assert separation([apart], labels) == 1
    assert separation([apart, 1 - apart + alone], labels) == 0.5


def test_span_keeps_all_values_unless_a_few_are_far_out() -> None:
    assert span(np.array([0.0, 10.0, np.nan])) == pytest.approx((-0.4, 10.4))
    values = np.append(np.linspace(0, 1, 1000), 1e6)
    low, high = span(values)
    assert -0.1 < low < 0.01
    assert 0.99 < high < 1.1
    assert span(np.array([5.0, 5.0])) == pytest.approx((4.8, 5.2))
    assert span(np.array([np.nan])) == (-1, 1)


def test_a_strip_is_the_same_in_every_row() -> None:
    plane = columns_plane(held(0, 0.5), [0])
    grid = evaluate(Halfplane(), numbers_only, plane, [(0, 1)], (3, 4), 2)
    assert grid.labels.tolist() == [[0, 0, 1, 1]] * 3


def test_large_grids_are_read_in_parts(monkeypatch) -> None:
    plane = columns_plane(held(0, 0), [0, 1])
    limits = [(0.0, 1.0), (0.0, 1.0)]
    whole = evaluate(Halfplane(), numbers_only, plane, limits, (9, 7), 2)
    monkeypatch.setattr("compare_cli.plot.fits.CELLS", 10)
    parts = evaluate(Halfplane(), numbers_only, plane, limits, (9, 7), 2)
    assert np.array_equal(whole.labels, parts.labels)
    assert np.array_equal(whole.confidence, parts.confidence)


class Says:
    def __init__(self, labels, probabilities=None, classes=(0, 1)):
        self.classes_ = np.array(classes)
        self.predict = lambda X: np.asarray(labels)
        if probabilities is not None:
            self.predict_proba = lambda X: np.asarray(probabilities)


def test_confidence_is_that_of_the_predicted_label() -> None:
    rows = np.zeros((2, 1))
    model = Says([2, 0], [[0.3, 0.7], [0.6, 0.4]], classes=(0, 2))
    assert label_confidence(model, rows, np.array([2, 0]), 3).tolist() == [0.7, 0.6]
    assert label_confidence(Says([0, 0]), rows, np.array([0, 0]), 2) is None
    for wrong in ([[np.nan, 1], [0, 1]], [[1.0], [1.0]]):
        with pytest.warns(UserWarning, match="no valid probabilities"):
            assert label_confidence(Says([0, 0], wrong), rows, np.array([0, 0]), 2) is None


@pytest.mark.parametrize("labels", [[[0, 1], [1, 0]], [0], [0, 7], ["a", "b"], [0.5, 0.0]])
def test_predictions_that_are_no_codes_are_refused(labels) -> None:
    with pytest.raises(ValueError, match="predict returned"):
        class_codes(Says(labels), np.zeros((2, 1)), 2)


def test_the_plane_shows_the_columns_that_the_best_model_decides_by() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 5))
    table = pd.DataFrame(X, columns=list("abcde")).assign(label=np.where(X[:, 1] * X[:, 3] > 0, "yes", "no"))
    picture = make_picture(read(table, target="label"), "tree,mlp")
    assert (picture.x.name, picture.y.name) == ("b", "d")
    assert "decides by" in picture.caption[0]
