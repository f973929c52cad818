"""Margins: exact by family, refined elsewhere, never below the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import Array, LabelOracle, ScoreOracle, gauss, space_of
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from compare_cli.boundary.exact import exact_kernel, exact_linear, exact_mlp, exact_tree, relu_pieces, stepped
from compare_cli.boundary.margins import normals_at, reached, refined, slope_points, weighted_quantile
from compare_cli.boundary.probes import boundary_points, opponents
from compare_cli.boundary.space import Moving, Space

SEEDS = range(5)


def margins_of(space: Space, count: int = 60) -> tuple[Array, Array, Array]:
    """Return anchors, their bisected and their refined margins."""
    labels = space.anchor_labels
    anchors = np.arange(count)
    rivals = opponents(space.frame, labels, anchors)
    at = boundary_points(space, anchors, rivals, labels[rivals])
    assert len(at) == count
    return anchors, reached(at), refined(space, at, normals_at(space, at, None), None)


def blobs(d: int, classes: int, seed: int, rows: int = 1000) -> tuple[Array, Array]:
    X = gauss(rows, d, 50 + seed)
    centers = np.random.default_rng(seed).standard_normal((classes, d))
    noise = 0.3 * np.random.default_rng(seed + 9).standard_normal((rows, classes))
    return X, (X @ centers.T + noise).argmax(axis=1)


def whole(X: Array) -> Moving:
    d = X.shape[1]
    return Moving(np.arange(d), np.zeros(d), np.ones(d))


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("d", [2, 10])
def test_refined_margins_of_logistic_regression_are_exact_and_never_too_small(d: int, classes: int) -> None:
    for seed in SEEDS:
        model = LogisticRegression().fit(*blobs(d, classes, seed))
        space = space_of(model, d, seed)
        anchors, bisected, found = margins_of(space)
        exact = exact_linear(model)
        assert exact is not None
        assert exact.margins is not None
        truth = exact.margins(space.frame.z[anchors], whole(space.frame.z), None)
        assert np.median(found / truth) == pytest.approx(1, abs=0.005)
        assert np.all(found >= truth * (1 - 1e-9))
        assert np.all(bisected >= found)


@pytest.mark.parametrize("d", [2, 5, 10])
def test_refined_margins_of_a_sphere(d: int) -> None:
    r = chi2.median(d) ** 0.5
    for seed in SEEDS:
        space = space_of(ScoreOracle(lambda X: (X * X).sum(axis=1) - r * r), d, seed)
        anchors, _, found = margins_of(space, 200)
        truth = np.abs(np.sqrt((space.frame.z[anchors] ** 2).sum(axis=1)) - r)
        assert np.median(found) == pytest.approx(np.median(truth), rel=0.01)
        assert np.all(found >= truth * (1 - 1e-9))


def test_resets_reach_the_nearest_wall_of_a_box() -> None:
    for seed in SEEDS:
        space = space_of(LabelOracle(lambda X: X[:, 0] > 0.2), 10, seed)
        anchors, bisected, found = margins_of(space)
        truth = np.abs(space.frame.z[anchors, 0] - 0.2)
        assert found == pytest.approx(truth, rel=2e-3)
        assert np.all(found >= truth * (1 - 1e-9))
        assert np.median(bisected / truth) > 1.2


def test_margins_of_a_tree_are_those_of_its_leaf_boxes() -> None:
    for seed in SEEDS:
        X, y = blobs(3, 3, seed, 300)
        model = DecisionTreeClassifier(max_depth=6, random_state=0).fit(X, y)
        exact = exact_tree(model)
        assert exact is not None
        assert exact.margins is not None
        rows = gauss(40, 3, seed)
        moving = Moving(np.array([0, 2]), np.zeros(2), np.array([1.0, 2.0]))
        found = exact.margins(rows, moving, None)
        assert found == pytest.approx([_nearest_other_leaf(model.tree_, row) for row in rows])


def _nearest_other_leaf(tree: Any, row: Array) -> float:
    """Walk down to every leaf: column 1 is held, column 2 is in units of 2."""
    own = int(tree.value[tree.apply(row[None].astype(np.float32))[0], 0].argmax())
    best, stack = np.inf, [(0, np.full(3, -np.inf), np.full(3, np.inf))]
    while stack:
        node, low, high = stack.pop()
        if tree.children_left[node] < 0:
            outside = np.maximum(np.maximum(low - row, row - high), 0)
            if int(tree.value[node, 0].argmax()) != own and outside[1] == 0:
                best = min(best, float(np.hypot(outside[0], outside[2] / 2)))
            continue
        cut, column = tree.threshold[node], tree.feature[node]
        below, above = high.copy(), low.copy()
        below[column], above[column] = cut, cut
        stack += [(tree.children_left[node], low, below), (tree.children_right[node], above, high)]
    return best


def test_held_cells_do_not_count_towards_exact_margins() -> None:
    X, y = blobs(3, 2, 0)
    model = LogisticRegression().fit(X, y)
    held = np.zeros((len(X), 3), bool)
    held[:, 1] = True
    exact = exact_linear(model)
    assert exact is not None
    assert exact.margins is not None
    w = model.coef_[0] * [1, 0, 1]
    expected = np.abs(model.decision_function(X)) / np.linalg.norm(w)
    assert exact.margins(X, whole(X), held) == pytest.approx(expected)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("layers", [(20,), (12, 8)])
def test_slopes_of_a_network_are_those_of_its_scores(layers: tuple[int, ...], classes: int) -> None:
    X, y = blobs(4, classes, 1, 400)
    model = MLPClassifier(layers, max_iter=300, learning_rate_init=0.01, early_stopping=True, random_state=0)
    model.fit(X, y)
    space = space_of(model, 4, 0)
    labels = space.anchor_labels
    anchors = np.arange(30)
    rivals = opponents(space.frame, labels, anchors)
    at = boundary_points(space, anchors, rivals, labels[rivals])
    by_formula, by_steps = normals_at(space, at, exact_mlp(model)), normals_at(space, at, None)
    assert len(slope_points(at)[0]) == len(at) * 6
    assert np.median((by_formula * by_steps).sum(axis=1)) > 0.999


def test_pieces_of_a_network_are_counted_exactly() -> None:
    rng = np.random.default_rng(0)
    shapes = [(3, 9), (9, 7), (7, 5)]
    weights = [rng.standard_normal(s) for s in shapes]
    biases = [rng.standard_normal(s[1]) for s in shapes]
    starts, ends = rng.standard_normal((20, 3)), rng.standard_normal((20, 3))
    t = np.linspace(0, 1, 50_001)[:, None]
    for depth in (1, 2, 3):
        found = relu_pieces(weights[:depth], biases[:depth], starts, ends)
        for a, b, count in zip(starts, ends, found, strict=True):
            values, signs = a + t * (b - a), []
            for w, bias in zip(weights[:depth], biases[:depth], strict=True):
                values = values @ w + bias
                signs.append(values > 0)
                values = np.maximum(values, 0)
            pattern = np.hstack(signs)
            assert count == 1 + (pattern[1:] != pattern[:-1]).any(axis=1).sum()


def test_weighted_quantiles() -> None:
    values = np.array([4.0, 1.0, 2.0, 3.0])
    assert weighted_quantile(values, np.ones(4), 0.5) == 2.5
    assert weighted_quantile(values, np.array([1.0, 1.0, 1e9, 1.0]), 0.5) == pytest.approx(2.0)


FAMILIES = {
    "logistic": (lambda: LogisticRegression(), exact_linear),
    "tree": (lambda: DecisionTreeClassifier(min_samples_leaf=5, random_state=0), exact_tree),
    "network": (lambda: MLPClassifier((20, 10), max_iter=100, random_state=0), exact_mlp),
    "kernel": (lambda: SVC(), exact_kernel),
}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("family", FAMILIES)
def test_exact_labels_are_what_predict_answers(family: str, classes: int) -> None:
    make, read = FAMILIES[family]
    X, y = blobs(4, classes, 1, 400)
    model = make().fit(X, 3 * y)  # labels that are no positions
    exact = read(model)
    assert exact is not None
    assert exact.labels is not None
    anywhere = np.random.default_rng(2).normal(scale=2, size=(5000, 4))
    expected = np.searchsorted(model.classes_, model.predict(anywhere))
    assert (exact.labels(anywhere) != expected).mean() < 1e-3  # ties of votes, single precision
    assert len(exact.labels(anywhere[:0])) == 0


@pytest.mark.parametrize("classes", [2, 3])
def test_slopes_of_a_kernel_are_those_of_its_pair_of_classes(classes: int) -> None:
    X, y = blobs(4, classes, 1, 400)
    model = SVC(decision_function_shape="ovo").fit(X, y)
    exact = exact_kernel(model)
    assert exact is not None
    assert exact.slopes is not None
    rows = np.random.default_rng(2).normal(size=(50, 4))
    zero, one = np.zeros(50, np.int64), np.ones(50, np.int64)

    def ahead(points: Array) -> Array:  # of class 0 over class 1
        scores = model.decision_function(points)
        return -scores if classes == 2 else scores[:, 0]

    steps = [(ahead(rows + 1e-5 * e) - ahead(rows - 1e-5 * e)) / 2e-5 for e in np.eye(4)]
    along = np.stack(steps, axis=1) / (2 * model._gamma)
    assert exact.slopes(rows, one, zero) == pytest.approx(along, abs=1e-6)
    assert exact.slopes(rows, zero, one) == pytest.approx(-along, abs=1e-6)


def test_other_kernels_and_weighed_votes_are_not_read() -> None:
    X, y = blobs(2, 2, 1, 100)
    assert exact_kernel(SVC(kernel="poly").fit(X, y)) is None
    assert stepped(KNeighborsClassifier(weights="distance")) is None
    assert stepped(KNeighborsClassifier()) is not None
