"""Fitted models: what must hold for logistic regression, trees, forests and networks."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from oracles import Array, gauss
from scipy.stats import norm
from sklearn.datasets import make_moons
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from compare_cli.boundary.exact import exact_linear, exact_mlp, exact_tree
from compare_cli.boundary.frames import prepared_frame
from compare_cli.boundary.geometry import cohen_kappa, linearity, newton_logistic
from compare_cli.boundary.probes import instability
from compare_cli.boundary.space import Space
from compare_cli.boundary.statistics import describe, describe_fold

SEEDS = range(5)


def labelled(d: int, classes: int, seed: int, rows: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, d))
    scores = X @ rng.standard_normal((d, classes)) + 0.5 * rng.standard_normal((rows, classes))
    return X, scores.argmax(axis=1)


def one_fold(model: Any, X: Array, y: Array, exact: Any = None, **how: Any) -> dict[str, Any]:
    """Fit on four fifths of the rows and describe at the rest."""
    cut = len(X) * 4 // 5
    model.fit(X[:cut], y[:cut])
    frame = prepared_frame(X[:cut], X[cut:], np.arange(X.shape[1]))
    return dict(describe_fold(model, frame, seed=0, exact=exact, **how).statistics)


@pytest.mark.parametrize(("d", "classes"), [(1, 2), (2, 2), (4, 3), (10, 2), (10, 5)])
def test_logistic_regression_is_convex_whatever_the_classes(d: int, classes: int) -> None:
    for seed in SEEDS:
        X, y = labelled(d, classes, seed, 600)
        found = one_fold(LogisticRegression(), X, y, exact_linear)
        assert found["nonconvexity"] == 0
        assert found["broken_walks"] == 0
        if classes == 2:
            assert found["crossings"] == 1
            assert found["fragments"] == 0
        else:  # a walk may pass through a third class; a thin wedge of a class falls apart on a grid
            assert found["crossings"] >= 1
            assert found["fragments"] < 1
        assert found["margin_exact"] == 1


@pytest.mark.parametrize("rows", [2500, 10_000])
def test_logistic_regression_is_linear_and_its_flips_follow_from_its_margins(rows: int) -> None:
    for seed in SEEDS:
        X, y = labelled(10, 2, seed, rows)
        model = LogisticRegression()
        found = one_fold(model, X, y, exact_linear)
        assert found["linearity"] >= 0.97
        assert found["directions"] == pytest.approx(1, abs=0.1)
        cut = rows * 4 // 5
        scale = X[:cut].std(axis=0)
        margins = np.abs(model.decision_function(X[cut:])) / np.linalg.norm(model.coef_[0] * scale)
        assert found["flips"] == pytest.approx(norm.cdf(-margins / 0.1).mean(), abs=0.01)


@pytest.mark.parametrize("rows", [500, 1250])
@pytest.mark.parametrize(("d", "classes"), [(2, 2), (10, 2), (10, 3)])
def test_logistic_regression_is_linear_from_five_hundred_rows_on(d: int, classes: int, rows: int) -> None:
    for seed in SEEDS:
        X, y = labelled(d, classes, seed, rows)
        found = []
        for fold, part in enumerate(np.array_split(np.random.default_rng(seed).permutation(rows), 5)):
            rest = np.setdiff1d(np.arange(rows), part)
            frame = prepared_frame(X[rest], X[part], np.arange(d), seed=(seed, fold))
            space = Space(frame, LogisticRegression().fit(X[rest], y[rest]))
            fitted_on = frame.surrogate_features, space.surrogate_labels
            found.append(linearity(*fitted_on, frame.anchor_features, space.anchor_labels))
        assert np.mean(np.array(found, dtype=float)) >= 0.97


def test_noisy_copies_make_up_for_few_rows_and_leave_bent_models_alone() -> None:
    # the truth is what a surrogate of very many rows of the same kind reaches
    X, y = make_moons(20_000, noise=0.25, random_state=0)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = MLPClassifier((50,), learning_rate_init=0.01, max_iter=100, random_state=0).fit(
        X[:2000], y[:2000]
    )
    truth = linearity(X[:10_000], model.predict(X[:10_000]), X[10_000:], model.predict(X[10_000:]))
    found = []
    for seed in SEEDS:
        rows = np.random.default_rng(seed).permutation(20_000)
        frame = prepared_frame(X[rows[:200]], X[rows[200:2200]], np.arange(2), seed=seed)
        assert len(frame.surrogate_rows) == 1000
        assert np.array_equal(frame.surrogate_rows[:200], X[rows[:200]])
        space = Space(frame, model)
        found.append(
            linearity(
                frame.surrogate_features, space.surrogate_labels, frame.anchor_features, space.anchor_labels
            )
        )
    assert np.mean(np.array(found, dtype=float)) == pytest.approx(truth, abs=0.02)


def test_trees_and_forests_are_parallel_to_the_axes() -> None:
    trees, forests = [], []
    for seed in SEEDS:
        X, y = labelled(6, 2, seed, 800)
        tree = one_fold(DecisionTreeClassifier(random_state=0), X, y, exact_tree)
        forest = one_fold(RandomForestClassifier(20, random_state=0), X, y)
        trees.append(tree["axis_aligned"])
        forests.append(forest["axis_aligned"])
        assert tree["leaves"] > 10
        assert tree["margin_exact"] == 1
        assert forest["margin_exact"] == 0
    assert np.mean(trees) >= 0.97
    assert np.mean(forests) >= 0.9


def test_a_support_vector_machine_needs_no_scores() -> None:
    X, y = labelled(3, 2, 0, 300)
    for model in (SVC(), LinearSVC()):
        found = one_fold(model, X, y, slow=True)
        assert found["unsure"] is None
        assert found["directions"] < 1.5
        assert found["margin_median"] > 0


def _folds(X: Array, y: Array, make: Any, exact: Any) -> dict[str, float]:
    """Return means over five folds, with accuracy and instability."""
    parts = np.array_split(np.random.default_rng(0).permutation(len(X)), 5)
    rng = np.random.default_rng(1)
    shared = (X[rng.integers(len(X), size=500)] + X[rng.integers(len(X), size=500)]) / 2
    found, labels, right = [], [], []
    for part in parts:
        rest = np.setdiff1d(np.arange(len(X)), part)
        center, scale = X[rest].mean(axis=0), X[rest].std(axis=0)
        train, test = (X[rest] - center) / scale, (X[part] - center) / scale
        model = make().fit(train, y[rest])
        right.append(model.score(test, y[part]))
        frame = prepared_frame(train, test, np.arange(X.shape[1]))
        boundary = describe_fold(model, frame, seed=0, exact=exact, shared=(shared - center) / scale)
        found.append(boundary.statistics)
        labels.append(boundary.probe_labels)
    names = ("linearity", "nonconvexity", "directions", "roughness", "axis_aligned", "flips")
    means = {name: float(np.mean([f[name] for f in found])) for name in names}
    return {**means, "instability": instability(np.array(labels)) or 0.0, "accuracy": float(np.mean(right))}


def test_trial_slanted_planes_of_several_seeds() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((2500, 10))
        y = (X @ rng.standard_normal(10) + 0.75 * rng.standard_normal(2500) > 0).astype(int)
        tree = _folds(X, y, lambda: DecisionTreeClassifier(random_state=0), exact_tree)
        line = _folds(X, y, LogisticRegression, exact_linear)
        assert tree["linearity"] < 0.75
        assert tree["directions"] > 3
        assert tree["instability"] > 10 * line["instability"] > 0


@pytest.mark.slow
def test_trial_xor_and_balls_of_several_seeds() -> None:
    for seed in SEEDS:
        X = gauss(2500, 10, seed)
        xor = _folds(X, (X[:, 0] * X[:, 1] > 0).astype(int), _network, exact_mlp)
        assert xor["directions"] == pytest.approx(2, abs=0.3)
        assert xor["linearity"] < 0.15
        square = (X * X).sum(axis=1)
        ball = _folds(X, (square > np.median(square)).astype(int), _network, exact_mlp)
        assert ball["directions"] > 8
        assert ball["linearity"] < 0.25


def _network() -> MLPClassifier:
    return MLPClassifier((100,), learning_rate_init=0.005, early_stopping=True, random_state=0)


@cache
def _trial(data: str) -> dict[str, dict[str, float]]:
    """Return what the trials of the statistics measured: 2,500 rows, five folds."""
    if data == "moons":
        X, y = make_moons(2500, noise=0.15, random_state=0)
    elif data == "linear":
        rng = np.random.default_rng(3)
        X = rng.standard_normal((2500, 10))
        y = (X @ rng.standard_normal(10) + 0.75 * rng.standard_normal(2500) > 0).astype(int)
    elif data == "xor":
        X = gauss(2500, 10, 5)
        y = (X[:, 0] * X[:, 1] > 0).astype(int)
    else:
        X = gauss(2500, 10, 6)
        square = (X * X).sum(axis=1)
        y = (square > np.median(square)).astype(int)
    return {
        "lr": _folds(X, y, LogisticRegression, exact_linear),
        "tree": _folds(X, y, lambda: DecisionTreeClassifier(random_state=0), exact_tree),
        "mlp": _folds(X, y, _network, exact_mlp),
    }


def test_trial_linear_data_in_ten_columns() -> None:
    found = _trial("linear")
    assert found["lr"]["linearity"] > 0.97
    assert found["lr"]["nonconvexity"] == 0
    assert found["lr"]["directions"] == pytest.approx(1, abs=0.1)
    assert found["lr"]["instability"] < 0.03
    assert found["tree"]["linearity"] < 0.75
    assert 0.08 < found["tree"]["nonconvexity"] < 0.2
    assert 3 < found["tree"]["directions"] < 6.5
    assert found["tree"]["axis_aligned"] >= 0.97
    assert found["tree"]["instability"] > 0.15
    assert found["tree"]["flips"] > 2 * found["lr"]["flips"]
    assert found["mlp"]["linearity"] > 0.88
    assert found["mlp"]["nonconvexity"] < 0.02
    assert found["mlp"]["directions"] < 1.3
    assert found["mlp"]["axis_aligned"] == 0


def test_trial_moons() -> None:
    found = _trial("moons")
    assert found["tree"]["axis_aligned"] >= 0.97
    assert found["tree"]["nonconvexity"] > 0.05
    assert 1.2 < found["tree"]["directions"] < 2
    assert found["mlp"]["linearity"] < 0.85
    assert found["mlp"]["directions"] > 1.6
    assert found["mlp"]["axis_aligned"] < 0.1
    assert found["mlp"]["roughness"] < found["tree"]["roughness"]
    assert found["mlp"]["instability"] < found["tree"]["instability"] < 0.1


@pytest.mark.slow
def test_trial_xor_and_ball_in_ten_columns() -> None:
    xor, ball = _trial("xor"), _trial("ball")
    assert xor["mlp"]["directions"] == pytest.approx(2, abs=0.3)
    assert xor["mlp"]["linearity"] < 0.1
    assert xor["tree"]["directions"] > 2 * xor["mlp"]["directions"]
    assert ball["mlp"]["directions"] > 8.5
    assert ball["mlp"]["linearity"] < 0.1


def test_newton_gives_scikit_learns_logistic_regression() -> None:
    for classes in (2, 4):
        X, y = labelled(3, classes, 0, 400)
        weights = newton_logistic(X, y, 10.0)
        scores = X @ weights[:-1] + weights[-1]
        mine = np.exp(scores - scores.max(axis=1, keepdims=True))
        theirs = LogisticRegression(C=10.0, tol=1e-8, max_iter=10_000).fit(X, y).predict_proba(X)
        assert mine / mine.sum(axis=1, keepdims=True) == pytest.approx(theirs, abs=2e-3)


def test_kappa() -> None:
    a, b = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert cohen_kappa(a, a) == 1
    assert cohen_kappa(a, b) == 0
    assert cohen_kappa(a, 1 - a) == 0  # below chance counts as 0
    assert cohen_kappa(np.zeros(3, int), np.zeros(3, int)) is None
    # 3 of 4 agree; by chance (2·1 + 2·3)/16 = 1/2: (3/4 − 1/2) / (1/2) = 1/2
    assert cohen_kappa(a, np.array([0, 1, 1, 1])) == pytest.approx(0.5)


def test_describe_reads_a_bare_estimator() -> None:
    X, y = labelled(4, 2, 0, 400)
    tree = describe(DecisionTreeClassifier(random_state=0).fit(X, y), X)
    line = describe(LogisticRegression().fit(X, y), X)
    network = describe(_network().fit(X, y), X)
    assert tree["leaves"] is not None
    assert line["parameters"] == 5
    assert isinstance(network["relu_pieces"], float)
    assert network["relu_pieces"] > 1
