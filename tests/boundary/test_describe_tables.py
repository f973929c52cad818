"""The library function and the fold function: tables of all kinds, and where nothing can be said."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from oracles import Array, LabelOracle
from scipy.sparse import csr_array
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from compare_cli.boundary.definitions import STATISTICS
from compare_cli.boundary.exact import exact_linear, exact_tree
from compare_cli.boundary.frames import prepared_frame
from compare_cli.boundary.statistics import describe, describe_fold
from compare_cli.errors import DataError, UsageError

NAMES = {name for name, s in STATISTICS.items() if s.per_fit} | {"reason"}
GEOMETRY = ("nonconvexity", "directions", "roughness", "axis_aligned", "flips", "margin_median", "crossings")


def table(rows: int = 300, d: int = 4, seed: int = 0) -> tuple[Array, Array]:
    X = np.random.default_rng(seed).standard_normal((rows, d))
    return X, (X[:, 0] + 0.5 * X[:, -1] ** 2 > 0.3).astype(int)


def quietly(estimator: Any, X: Any, **how: Any) -> dict[str, Any]:
    """Describe with every warning an error; the numbers must be JSON."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = describe(estimator, X, **how)
    assert set(found) == NAMES
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        DecisionTreeClassifier(random_state=0),
        KNeighborsClassifier(),
        SVC(),
        GaussianNB(),
        HistGradientBoostingClassifier(max_iter=10, random_state=0),
        make_pipeline(StandardScaler(), SVC()),
    ],
)
@pytest.mark.parametrize("labels", [None, "text"])
def test_any_classifier_and_any_labels(estimator: Any, labels: str | None) -> None:
    X, y = table()
    named = np.array(["yes", "no"])[y] if labels else y
    found = quietly(estimator.fit(X, named), X, seed=3)
    assert all(found[name] is not None for name in ("linearity", *GEOMETRY))
    assert found == quietly(estimator, X, seed=3)
    assert found != quietly(estimator, X, seed=4)


def test_a_data_frame_gives_the_numbers_of_its_array() -> None:
    X, y = table()
    frame = pd.DataFrame(X, columns=list("abcd"))
    by_array = quietly(DecisionTreeClassifier(random_state=0).fit(X, y), X)
    model = DecisionTreeClassifier(random_state=0).fit(frame, y)
    assert quietly(model, frame) == by_array
    assert quietly(model, X) == by_array  # no warning that names are missing


def test_columns_that_are_not_numbers_are_held() -> None:
    X, y = table(600, 3)
    kind = np.random.default_rng(1).integers(3, size=len(X))
    frame = pd.DataFrame(
        {"kind": np.array(["p", "q", "r"])[kind], "a": X[:, 0], "b": X[:, 1], "up": kind > 1}
    )
    y = (X[:, 0] + (kind == 2) > 0.4).astype(int)
    transform = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    found = quietly(make_pipeline(transform, LogisticRegression()).fit(frame, y), frame)
    assert found["nonconvexity"] == found["broken_walks"] == 0
    assert found["crossings"] == 1
    assert found["linearity"] > 0.9
    seen: list[pd.DataFrame] = []

    class Spy(LabelOracle):
        def predict(self, X: Any) -> Array:
            seen.append(X)
            return super().predict(X)

    quietly(Spy(lambda X: (X["a"] > 0) & (X["kind"] != "r")), frame)
    rows = pd.concat(seen)
    assert set(map(tuple, rows[["kind", "up"]].to_numpy())) == {("p", False), ("q", False), ("r", True)}


def test_missing_numbers_are_held() -> None:
    X, y = table(400)
    gaps = np.random.default_rng(0).random(X.shape) < 0.2
    X[gaps] = np.nan
    seen: list[Array] = []

    class Spy(LabelOracle):
        def predict(self, X: Array) -> Array:
            seen.append(X)
            return super().predict(X)

    found = quietly(Spy(lambda X: np.nan_to_num(X[:, 0]) > 0.1), X)
    assert found["axis_aligned"] == 1
    patterns = set(map(tuple, np.isnan(X)))
    assert set(map(tuple, np.isnan(np.concatenate(seen)))) <= patterns
    model = HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(X, y)
    assert quietly(model, pd.DataFrame(X))["flips"] is not None


def test_missing_cells_of_a_prepared_fold_stay_at_their_filled_in_number() -> None:
    X, _ = table(200, 3)
    missing = np.random.default_rng(0).random((100, 3)) < 0.3
    test = np.where(missing, 0.25, X[100:])
    indicator = missing.astype(float)
    seen: list[Array] = []

    class Spy(LabelOracle):
        def predict(self, X: Array) -> Array:
            seen.append(X)
            return super().predict(X)

    train = np.hstack([np.where(missing, 0.25, X[:100]), indicator])
    gaps = {"missing": missing, "train_missing": missing}
    frame = prepared_frame(train, np.hstack([test, indicator]), np.arange(3), **gaps)
    assert len(frame.surrogate_rows) == 500
    describe_fold(Spy(lambda X: X[:, :3].sum(axis=1) > 0), frame, seed=0)
    rows = np.concatenate(seen)
    assert len(rows) > 5000
    assert np.all(rows[:, :3][rows[:, 3:] == 1] == 0.25)


@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_regression_stays_exact_with_one_hots_and_missing_cells_held(classes: int) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        numbers, hot = rng.standard_normal((900, 4)), np.eye(5)[rng.integers(5, size=900)]
        missing = rng.random((900, 4)) < 0.1
        numbers[missing] = 0
        X = np.hstack([numbers, hot, missing])
        y = (X @ rng.standard_normal((13, classes)) + 0.2 * np.arange(classes)).argmax(axis=1)
        gaps = {"missing": missing[600:], "train_missing": missing[:600]}
        frame = prepared_frame(X[:600], X[600:], np.arange(4), **gaps)
        found = describe_fold(
            LogisticRegression().fit(X[:600], y[:600]), frame, seed=seed, exact=exact_linear
        )
        assert found.statistics["nonconvexity"] == found.statistics["broken_walks"] == 0
        assert found.statistics["crossings"] is not None
        assert found.statistics["crossings"] == 1 if classes == 2 else found.statistics["crossings"] >= 1
        assert found.statistics["linearity"] is not None
        assert found.statistics["linearity"] > 0.93


def test_held_flips_is_how_often_another_rows_categories_change_the_label() -> None:
    # the label is the number's sign, turned round in half of the categories
    for seed in range(5):
        rng = np.random.default_rng(seed)
        numbers, kind = rng.standard_normal((1000, 2)), rng.integers(4, size=1000)
        X = np.hstack([numbers, np.eye(4)[kind]])
        frame = prepared_frame(X[:500], X[500:], np.arange(2), seed=seed)
        turned = LabelOracle(lambda X: (X[:, 0] > 0) ^ (X[:, 2] + X[:, 3] > 0))
        found = describe_fold(turned, frame, seed=seed).statistics
        assert found["held_flips"] == pytest.approx(0.5, abs=0.12)
        assert found["moving_columns"] == 2
        assert found["nonconvexity"] == 0
        plain = describe_fold(LabelOracle(lambda X: X[:, 0] > 0), frame, seed=seed).statistics
        assert plain["held_flips"] == 0
    assert quietly(LabelOracle(lambda X: X[:, 0] > 0), table()[0])["held_flips"] is None


def test_one_class_says_so() -> None:
    X, y = table()
    for model in (
        DummyClassifier(strategy="prior"),
        DecisionTreeClassifier(max_depth=1, min_samples_leaf=299),
    ):
        found = quietly(model.fit(X, y), X)
        assert found["reason"] == "predicts one class"
        assert all(found[name] is None for name in (*GEOMETRY, "linearity"))
    assert found["leaves"] is not None


def test_without_numeric_columns_only_what_labels_alone_say_remains() -> None:
    codes = np.random.default_rng(0).integers(3, size=(300, 2))
    hot = np.hstack([np.eye(3)[codes[:, 0]], np.eye(3)[codes[:, 1]]])
    y = (codes.sum(axis=1) > 2).astype(int)
    frame = prepared_frame(hot[:200], hot[200:], np.empty(0, np.int64))
    found = describe_fold(
        DecisionTreeClassifier().fit(hot, y), frame, seed=0, exact=exact_tree, shared=hot[:9]
    )
    assert found.reason == "no numeric column"
    assert found.statistics["linearity"] is not None
    assert found.statistics["leaves"] is not None
    assert all(found.statistics[name] is None for name in GEOMETRY)
    assert found.probe_labels is not None
    assert np.array_equal(found.probe_labels, y[:9])


def test_one_numeric_column() -> None:
    X, _ = table(200, 1)
    found = quietly(DecisionTreeClassifier().fit(X, (np.abs(X[:, 0]) > 0.7).astype(int)), X)
    assert found["directions"] == pytest.approx(1)
    assert found["axis_aligned"] is None
    assert found["nonconvexity"] > 0.1


def test_constant_columns_do_not_move() -> None:
    X, _ = table()
    wide = np.hstack([X, np.full((len(X), 1), 7.0)])
    seen: list[Array] = []

    class Spy(LabelOracle):
        def predict(self, X: Array) -> Array:
            seen.append(X)
            return super().predict(X)

    quietly(Spy(lambda X: X[:, 0] > 0), wide)
    assert np.all(np.concatenate(seen)[:, 4] == 7)


def test_many_columns_leave_out_directions() -> None:
    X, _ = table(200, 450)
    y = (X[:, :3].sum(axis=1) > 0).astype(int)
    found = quietly(LogisticRegression().fit(X, y), X)
    assert found["directions"] is None
    assert found["roughness"] is None
    assert found["margin_median"] is not None


@pytest.mark.parametrize("rows", [4, 5, 6, 8, 12])
def test_very_few_rows(rows: int) -> None:
    X, _ = table(rows, 2)
    for seed in range(5):
        quietly(LabelOracle(lambda X: X[:, 0] > 0), X, seed=seed)


def test_a_rare_class_and_equal_rows() -> None:
    X, _ = table(300, 2)
    X[:150] = X[0]
    y = np.zeros(300, int)
    y[-1], y[200:250] = 2, 1
    quietly(DecisionTreeClassifier(random_state=0).fit(X, y), X)


def test_single_precision_and_shared_probes_reach_the_model() -> None:
    X, _ = table()
    kinds = set()

    class Spy(LabelOracle):
        def predict(self, X: Array) -> Array:
            kinds.add(X.dtype)
            return super().predict(X)

    frame = prepared_frame(X[:150], X[150:], np.arange(4))
    model = Spy(lambda X: X[:, 0] > 0)
    found = describe_fold(model, frame, seed=0, single=True, shared=X[:50])
    assert kinds == {np.dtype("float32")}
    assert found.probe_labels is not None
    assert np.array_equal(found.probe_labels, X[:50, 0] > 0)


def test_a_seed_may_name_the_fold() -> None:
    X, _ = table()
    frame = prepared_frame(X[:150], X[150:], np.arange(4), seed=(0, 1))
    model = LabelOracle(lambda X: X[:, 0] > X[:, 1])
    first, again, other = (describe_fold(model, frame, seed=seed) for seed in ((0, 1), (0, 1), (0, 2)))
    assert first == again
    assert first != other


def test_slow_models_read_less() -> None:
    X, _ = table(4000)
    frame = prepared_frame(X[:2000], X[2000:], np.arange(4))
    rows: list[int] = []

    class Spy(LabelOracle):
        def predict(self, X: Array) -> Array:
            rows.append(len(X))
            return super().predict(X)

    model = Spy(lambda X: X[:, 0] > X[:, 1])
    slow = describe_fold(model, frame, seed=0, slow=True)
    few = sum(rows)
    rows.clear()
    full = describe_fold(model, frame, seed=0)
    assert few < 0.4 * sum(rows)
    assert slow.statistics["nonconvexity"] == full.statistics["nonconvexity"] == 0


def test_fewer_probes_read_fewer_rows() -> None:
    X, _ = table(600)
    counts = {}
    for probes in (20, 60):
        read = []

        class Spy(LabelOracle):
            def predict(self, X: Array) -> Array:
                read.append(len(X))  # noqa: B023
                return super().predict(X)

        quietly(Spy(lambda X: X[:, 0] > X[:, 1]), X, probes=probes)
        counts[probes] = sum(read)
        assert len(read) <= 25
    assert counts[20] < 0.5 * counts[60] < 10_000
    with pytest.raises(UsageError, match="1 or more, got 0"):
        describe(LabelOracle(lambda X: X[:, 0] > 0), X, probes=0)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (csr_array(np.eye(9)), "sparse"),
        (np.array([["a"]] * 9), "DataFrame"),
        (np.zeros((3, 2)), "at least 4 rows"),
        (np.zeros(9), "at least 4 rows"),
    ],
)
def test_tables_that_cannot_be_used(X: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        describe(LabelOracle(lambda X: X[:, 0] > 0), X)


def test_names_and_definitions_cost_no_heavy_import() -> None:
    code = (
        "import sys, compare_cli.boundary.definitions, compare_cli.boundary.explanation;"
        "assert not {'numpy', 'sklearn', 'pandas', 'scipy'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_statistic_is_explained() -> None:
    for name, statistic in STATISTICS.items():
        assert statistic.name == name
        for text in (statistic.title, statistic.definition, statistic.range, statistic.how_to_read):
            assert text
            assert "\n" not in text
        assert statistic.source
    assert [n for n, s in STATISTICS.items() if s.column] == [
        "linearity", "nonconvexity", "directions", "roughness", "axis_aligned", "flips", "instability",
    ]  # fmt: skip


def test_a_robust_margin_does_not_shrink_with_heavy_tails() -> None:
    weights = np.array([1.0, 0.5, -0.8])
    measured = []
    for draw in (
        np.random.default_rng(0).standard_normal,
        lambda size: np.random.default_rng(0).standard_t(1.5, size),
    ):
        X = draw((4000, 3))
        quarters = np.quantile(X, (0.25, 0.75), axis=0)
        bulk = (quarters[1] - quarters[0]) / 1.349
        truth = np.median(np.abs(X @ weights)) / np.linalg.norm(weights * bulk)
        model = LogisticRegression(C=1e3).fit(X, X @ weights > 0)
        found = describe(model, X, seed=0)
        assert found["margin_robust"] == pytest.approx(truth, rel=0.1)
        measured.append(found["margin_median"] / truth)
    assert measured[0] == pytest.approx(1, rel=0.1)
    assert measured[1] < 0.5  # the sd of heavy tails is set by a few rows
