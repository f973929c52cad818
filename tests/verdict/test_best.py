"""Comparisons of the leader with every other model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import studentized_range
from scipy.stats import t as student

from compare_cli.verdict.many import leader_p_values, multivariate_t_draws

DF = 40


def p_values(means: list[float], scale: np.ndarray | None = None, df: int = DF) -> np.ndarray:
    means_, m = np.asarray(means), len(means)
    scale = np.eye(m) if scale is None else scale
    leader = int(means_.argmax())
    spread = np.diag(scale) + scale[leader, leader] - 2 * scale[leader]
    t = np.where(spread > 0, (means_[leader] - means_) / np.sqrt(np.where(spread > 0, spread, 1)), 0)
    return leader_p_values(t, multivariate_t_draws(scale, df, 200_000, seed=1), scale, leader, df)


def test_two_models_get_the_two_sided_p_value() -> None:
    p = p_values([2.5, 0.0])
    assert p[0] == 1
    assert p[1] == pytest.approx(2 * student.sf(2.5 / np.sqrt(2), DF), abs=0.003)


@pytest.mark.parametrize("models", [3, 5, 9])
def test_the_clearest_gap_is_judged_by_tukeys_range_of_all_models(models: int) -> None:
    means = [4.5, *([3.0] * (models - 2)), 0.0]
    assert p_values(means)[-1] == pytest.approx(studentized_range.sf(4.5, models, DF), abs=0.003)


def test_where_all_others_are_far_behind_the_closest_costs_nothing() -> None:
    p = p_values([20.0, 17.0, 0.0, -1.0, -2.0])
    assert p[1] == pytest.approx(2 * student.sf(3 / np.sqrt(2), DF), abs=0.003)
    assert (p[2:] < 1e-3).all()


def test_a_closer_model_is_never_beaten_more_surely_than_a_clearer_one() -> None:
    p = p_values([3.0, 2.4, 1.0, 0.4, 0.0])
    assert (np.diff(p[1:]) <= 0).all()


def test_a_model_whose_difference_has_no_spread_is_not_beaten() -> None:
    scale = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    p = p_values([5.0, 5.0, 0.0], scale)
    assert p[1] == 1
    assert p[2] < 0.01


def test_nine_equal_models_lose_one_in_twenty_times() -> None:
    rng = np.random.default_rng(3)
    draws = multivariate_t_draws(np.eye(9), DF, 4000, seed=2)
    lost = 0
    for _ in range(600):
        means = rng.standard_normal(9)
        leader = int(means.argmax())
        t = (means[leader] - means) / np.sqrt(2 * rng.chisquare(DF) / DF)
        lost += (leader_p_values(t, draws, np.eye(9), leader, DF) <= 0.05).any()
    assert 0.02 < lost / 600 < 0.08
