"""When to stop repeating, and what more repeats or rows would decide."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from compare_cli.verdict.repeats import (
    probability_decided_by_repeats,
    probability_equivalent_by_repeats,
    repeats_enough,
    split_noise_small,
)

PHI = NormalDist().cdf


def scores(repeats: int, folds: int, repeat_effect: float) -> dict[str, np.ndarray]:
    """Two models whose difference moves by ±repeat_effect from repeat to repeat and varies over folds."""
    a = np.tile(np.linspace(0.7, 0.9, folds), (repeats, 1))
    b = a - 0.01 + 0.01 * (-1.0) ** np.arange(folds)
    return {"a": a + repeat_effect * (-1.0) ** np.arange(repeats)[:, None], "b": b}


def test_one_repeat_is_never_enough_for_two_models() -> None:
    assert not repeats_enough(scores(1, 10, 0.0))


def test_one_model_needs_no_repeats() -> None:
    assert repeats_enough({"a": np.zeros((1, 5)), "dummy": np.ones((1, 5))})
    assert repeats_enough({})


def test_steady_repeats_are_enough_and_restless_ones_are_not() -> None:
    assert repeats_enough(scores(2, 10, 0.0))
    assert not repeats_enough(scores(2, 10, 0.01))
    assert not repeats_enough(scores(9, 10, 0.01))
    assert repeats_enough(scores(10, 10, 0.01)), "the cap"
    assert repeats_enough(scores(3, 10, 0.01), cap=3)


def test_the_rule_is_the_split_variance_against_the_floor() -> None:
    d = np.array([[0.0, 0.02, 0.04], [0.01, 0.03, 0.05]])
    s2, sp2 = d.var(ddof=1), d.mean(axis=1).var(ddof=1)
    floor = max(s2 / 2, s2 * (1 / 3 + 1 / 2) - sp2)
    assert split_noise_small(d) == bool(sp2 / 2 <= 0.05 * floor)
    assert not split_noise_small(d[:1])


def test_only_pairs_with_the_leader_count() -> None:
    steady = scores(2, 10, 0.0)
    rng = np.random.default_rng(0)
    restless = steady["a"] - 0.3 + rng.normal(scale=0.01, size=(2, 1))
    assert repeats_enough(steady)
    assert not repeats_enough({**steady, "c": restless - np.array([[0.2], [0.0]])})
    assert repeats_enough({**steady, "dummy": restless}), "the baseline is not looked at"


def test_the_outcome_is_not_looked_at() -> None:
    near, far = scores(2, 10, 0.01), scores(2, 10, 0.01)
    far["b"] = far["b"] - 0.5
    assert repeats_enough(near) == repeats_enough(far)


def test_a_model_without_a_full_repeat_is_left_out() -> None:
    failed = np.full((2, 10), np.nan)
    assert repeats_enough({**scores(2, 10, 0.0), "c": failed})


def test_chance_that_repeats_decide() -> None:
    delta, floor, split_sd, critical = 0.03, 0.01, 0.02, 2.262
    tau = split_sd * np.sqrt(1 / 2 - 1 / 10)
    expected = PHI((delta - critical * floor) / tau) + PHI((-delta - critical * floor) / tau)
    got = probability_decided_by_repeats(delta, floor, split_sd, 2, 10, critical)
    assert got == pytest.approx(expected)
    assert probability_decided_by_repeats(-delta, floor, split_sd, 2, 10, critical) == pytest.approx(expected)


def test_without_repeats_or_with_all_of_them_there_is_no_chance() -> None:
    assert probability_decided_by_repeats(0.03, 0.01, None, 1, 10, 2.0) is None
    assert probability_decided_by_repeats(0.03, 0.01, 0.02, 10, 10, 2.0) == 0.0
    assert probability_decided_by_repeats(0.03, 0.01, 0.02, 12, 10, 2.0) == 0.0
    assert probability_decided_by_repeats(0.03, 0.01, 0.0, 2, 10, 2.0) == 0.0


def test_chance_that_repeats_show_equivalence() -> None:
    tau = 0.004 * np.sqrt(1 / 2 - 1 / 10)
    expected = PHI((0.004 - 0.003) / tau) - PHI((-0.004 - 0.003) / tau)
    got = probability_equivalent_by_repeats(0.003, 0.003, 0.004, 2, 10, 0.004)
    assert got == pytest.approx(expected)
    assert probability_equivalent_by_repeats(0.003, 0.003, 0.004, 2, 10, -0.001) == 0.0
    assert probability_equivalent_by_repeats(0.003, 0.003, None, 1, 10, 0.004) == 0.0
