"""More than two models: draws, max-t p-values, probability of being best."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtr

from compare_cli.verdict.many import (
    max_t_distribution,
    max_t_p_value,
    max_t_quantile,
    multivariate_t_draws,
    probability_best,
    score_covariance,
    variance_factor,
)


def test_draws_have_the_scale_asked_for() -> None:
    scale = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]])
    draws = multivariate_t_draws(scale, df=30, draws=200_000, seed=1)
    # The covariance of a multivariate t is its scale times df/(df - 2).
    np.testing.assert_allclose(np.cov(draws.T), scale * 30 / 28, atol=0.03)


def test_draws_of_a_singular_scale_stay_on_it() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 2, 5))
    scores[2] = scores[0]
    draws = multivariate_t_draws(score_covariance(scores.reshape(3, -1)), df=9, draws=1000)
    np.testing.assert_allclose(draws[:, 0], draws[:, 2], atol=1e-6)


def test_same_seed_same_draws() -> None:
    one, again, other = (multivariate_t_draws(np.eye(3), 9, draws=10, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_of_two_models_max_t_is_the_plain_p_value() -> None:
    scale, df = np.array([[1.0, 0.3], [0.3, 2.0]]), 9
    largest = max_t_distribution(multivariate_t_draws(scale, df, seed=3), scale)
    for t in (0.5, 1.5, 2.262):
        assert max_t_p_value(t, largest, df) == pytest.approx(2 * stdtr(df, -t), abs=0.01)


def test_max_t_of_independent_models_is_tukeys_range() -> None:
    from scipy.stats import studentized_range

    models, df = 5, 49
    largest = max_t_distribution(multivariate_t_draws(np.eye(models), df), np.eye(models))
    for t in (1.5, 2.5, 3.2):
        exact = studentized_range.sf(t * np.sqrt(2), models, df)
        assert max_t_p_value(-t, largest, df) == pytest.approx(exact, abs=0.01)
    exact_quantile = studentized_range.ppf(0.95, models, df) / np.sqrt(2)
    assert max_t_quantile(largest) == pytest.approx(exact_quantile, abs=0.03)


def test_adjusting_never_lowers_a_p_value() -> None:
    largest = np.zeros(100)
    assert max_t_p_value(2.0, largest, 9) == pytest.approx(2 * stdtr(9, -2.0))


def test_pairs_without_scale_are_left_out() -> None:
    scale = np.ones((2, 2))
    assert max_t_distribution(np.zeros((10, 2)), scale).tolist() == [0.0] * 10


def test_variance_factor_is_the_median_of_pairs_with_spread() -> None:
    assert variance_factor(np.array([1.0, 3.0, 9.0, 0.0]), np.array([1.0, 1.0, 1.0, 0.0])) == 3.0
    assert variance_factor(np.zeros(2), np.zeros(2)) == 1.0


def test_best_models_share_by_symmetry() -> None:
    draws = multivariate_t_draws(np.eye(4), 20)
    best = probability_best(np.zeros(4), draws, np.zeros((4, 4), dtype=bool))
    assert best.sum() == pytest.approx(1)
    np.testing.assert_allclose(best, 0.25, atol=0.015)


def test_models_that_no_fold_tells_apart_share_their_wins() -> None:
    scale = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    no_spread = np.zeros((3, 3), dtype=bool)
    no_spread[0, 1] = no_spread[1, 0] = True
    best = probability_best(np.array([0.5, 0.1, 0.0]), multivariate_t_draws(scale, 20), no_spread)
    assert best[0] == pytest.approx(best[1])
    assert best.sum() == pytest.approx(1)
