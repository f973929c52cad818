"""Which columns decide, which pairs interact, rays, cuts: classifiers whose truth is known, five seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracles import Array, LabelOracle, gauss, measured

from compare_cli.boundary.columns import columns_over_folds, effective_columns
from compare_cli.boundary.frames import prepared_frame
from compare_cli.boundary.space import Sources, Space
from compare_cli.boundary.statistics import Measured, measure
from compare_cli.types import Boundary

SEEDS = range(5)


def looked_at(
    label: Callable[[Array], Array], rows: Array, moving: int, source: list[int], gap: list[int]
) -> Measured:
    """Measure an oracle on prepared rows: the first ``moving`` columns move, the rest is held."""
    names = [f"x{i}" for i in range(max(source) + 1)]
    sources = Sources(names, np.array(source), np.isin(np.arange(rows.shape[1]), gap))
    half = len(rows) // 2
    missing = np.zeros((half, moving), bool)
    for indicator in gap:
        missing[:, source[indicator]] = rows[half:, indicator] > 0
    frame = prepared_frame(
        rows[:half], rows[half:], np.arange(moving), missing=missing, train_missing=missing, sources=sources
    )
    return measure(Space(frame, LabelOracle(label)), seed=3)


def shares(measured: Measured) -> tuple[Array, Array]:
    assert measured.shares is not None
    return measured.shares.values, measured.shares.gaps


def numbers(label: Callable[[Array], Array], d: int, seed: int) -> Measured:
    return looked_at(label, gauss(2000, d, seed), d, list(range(d)), [])


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_of_a_plane_are_its_squared_weights(seed: int) -> None:
    weights = np.array([2.0, 1.0, 0.0, 0.0, 0.0])
    values, gaps = shares(numbers(lambda X: X @ weights > 0.3, 5, seed))
    assert values.sum() == pytest.approx(1)
    assert not gaps.any()
    np.testing.assert_allclose(values, weights**2 / 5, atol=0.08)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_category_and_a_number_are_counted_in_the_same_coin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kind = rng.integers(3, size=2000)
    rows = np.hstack([gauss(2000, 2, seed), np.eye(3)[kind]])
    values, _ = shares(looked_at(lambda X: X[:, 2] > 0.5, rows, 2, [0, 1, 2, 2, 2], []))
    np.testing.assert_allclose(values, [0, 0, 1], atol=1e-9)
    values, _ = shares(looked_at(lambda X: (X[:, 0] > 0) ^ (X[:, 2] > 0.5), rows, 2, [0, 1, 2, 2, 2], []))
    # another row's number flips 1/2, its category 4/9
    np.testing.assert_allclose(values, np.array([9, 0, 8]) / 17, atol=0.07)


def test_whether_a_number_is_there_is_told_apart_from_the_number() -> None:
    rng = np.random.default_rng(0)
    gone = rng.random(2000) < 0.4
    X = gauss(2000, 2, 0)
    X[gone, 0] = 0.0
    rows = np.column_stack([X, gone.astype(float)])
    values, gaps = shares(looked_at(lambda X: X[:, 2] > 0.5, rows, 2, [0, 1, 0], [2]))
    assert gaps[0] == pytest.approx(1)
    assert values.sum() == pytest.approx(0)
    values, gaps = shares(looked_at(lambda X: X[:, 1] > 0, rows, 2, [0, 1, 0], [2]))
    assert values[1] == pytest.approx(1)


ADDITIVE = {
    "plane": lambda X: X[:, 0] + X[:, 1] > 0.2,
    "circle": lambda X: (X[:, :2] ** 2).sum(axis=1) < 1.4,
    "absolute values": lambda X: np.abs(X[:, 0]) > np.abs(X[:, 1]),
    "box": lambda X: (np.abs(X[:, 0]) < 1) & (X[:, 1] > -0.5),
    "sine": lambda X: X[:, 1] > np.sin(2 * X[:, 0]),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ADDITIVE)
def test_nothing_returns_where_columns_add_up(name: str, seed: int) -> None:
    found = numbers(ADDITIVE[name], 3, seed).pairs
    assert any(moved > 0.01 for *_, moved in found)
    assert all(returns == 0 for *_, returns, _ in found)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_return_from_an_exclusive_or_and_name_its_columns(seed: int) -> None:
    pairs = numbers(lambda X: (X[:, 1] > 0) ^ (X[:, 3] > 0), 5, seed).pairs
    clearest = max(pairs, key=lambda pair: pair[2] * pair[3])
    assert set(clearest[:2]) == {1, 3}
    assert clearest[2] == 1
    assert clearest[3] == pytest.approx(0.25, abs=0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_rays_leave_a_ball_off_the_centre_among_idle_columns_and_no_other_shape(seed: int) -> None:
    def ball(X: Array) -> Array:
        return ((X[:, :2] - [0.6, -0.4]) ** 2).sum(axis=1) < 1.2

    found = measured(LabelOracle(ball), 6, seed)
    assert found["enclosed"] >= 0.98
    assert found["enclosed_least"] < 0.6
    for label in (lambda X: X[:, 0] > 0, lambda X: X[:, 0] * X[:, 1] > 0, ADDITIVE["absolute values"]):
        assert measured(LabelOracle(label), 6, seed)["enclosed"] <= 0.87


@pytest.mark.parametrize("seed", SEEDS)
def test_cuts_count_thresholds_and_not_the_steps_of_a_staircase(seed: int) -> None:
    assert measured(LabelOracle(lambda X: X[:, 0] > 0.3), 3, seed)["cuts"] == pytest.approx(1)
    assert measured(LabelOracle(ADDITIVE["box"]), 3, seed)["cuts"] == pytest.approx(3, abs=0.8)
    stairs = LabelOracle(lambda X: np.floor(3 * X[:, 0]) + np.floor(3 * X[:, 1]) > -1)
    assert measured(stairs, 2, seed)["cuts"] > 5
    assert measured(LabelOracle(lambda X: X[:, 0] + X[:, 1] > 0), 2, seed)["cuts"] is None


def test_near_copies_count_once() -> None:
    rng = np.random.default_rng(0)
    two = rng.standard_normal((5000, 2))
    copied = np.repeat(two, 6, axis=1) + 0.05 * rng.standard_normal((5000, 12))
    assert effective_columns(np.full(12, 1.0), copied) == pytest.approx(2, abs=0.05)
    assert effective_columns(np.full(8, 0.125), rng.standard_normal((5000, 8))) == pytest.approx(8, abs=0.1)
    assert effective_columns(np.array([1.0, 0, 0]), rng.standard_normal((50, 3))) == pytest.approx(1)
    assert effective_columns(np.zeros(3), rng.standard_normal((50, 3))) is None


def test_shares_and_pairs_are_pooled_over_folds() -> None:
    folds = [
        Boundary({}, columns={"a": 0.8, "b": 0.2}, pairs=(("a", "b", 1.0, 0.1),)),
        Boundary({}, columns={"a": 0.6, "b": 0.4}, gaps={"b": 0.0}, pairs=(("b", "a", 0.5, 0.3),)),
        Boundary({}, reason="predicts one class"),
    ]
    found: dict[str, Any] = columns_over_folds(folds)
    assert found["columns"]["a"] == {"mean": pytest.approx(0.7), "sd": pytest.approx(0.1 * 2**0.5)}
    (pair,) = found["pairs"]
    assert (pair["left"], pair["right"]) == ("a", "b")
    assert pair["returns"] == pytest.approx((0.1 + 0.15) / 0.4)
    assert pair["moved"] == pytest.approx(0.2)
    assert columns_over_folds([Boundary({})]) == {}


def test_margins_of_what_categories_shift_are_not_too_small() -> None:
    ratios = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        rows = np.hstack([gauss(2000, 3, seed), np.eye(3)[rng.integers(3, size=2000)]])

        def score(X: Array) -> Array:
            return X[:, 0] - X[:, 1] + 1.5 * (X[:, 3] - X[:, 5])

        found = looked_at(lambda X: score(X) > 0, rows, 3, [0, 1, 2, 3, 3, 3], [])
        ratios.append(found.statistics["margin_median"] / np.median(np.abs(score(rows[1000:])) / 2**0.5))
    assert np.mean(ratios) == pytest.approx(1.1, abs=0.3)
