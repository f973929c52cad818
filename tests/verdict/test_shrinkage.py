"""True scores shrunk towards each other by what the scores themselves say of their spread."""

from __future__ import annotations

import numpy as np
import pytest

from compare_cli.verdict.many import shrunk_draws, steadied

DF = 9


def test_two_models_cannot_say_how_far_models_lie_apart() -> None:
    with pytest.raises(ValueError, match="3 models"):
        shrunk_draws(np.array([0.8, 0.7]), np.eye(2), DF, 10)


def test_without_errors_the_scores_are_believed() -> None:
    draws = shrunk_draws(np.array([0.9, 0.8, 0.7]), np.zeros((3, 3)), DF, 5)
    assert draws == pytest.approx(np.tile([0.1, 0.0, -0.1], (5, 1)))


def test_clear_differences_stay_and_small_ones_shrink() -> None:
    clear = np.array([0.9, 0.7, 0.5, 0.3])
    close = np.array([0.61, 0.60, 0.60, 0.59])
    errors = 0.02**2 * np.eye(4)
    assert shrunk_draws(clear, errors, DF, 4000).mean(axis=0) == pytest.approx(clear - 0.6, abs=0.01)
    assert np.ptp(shrunk_draws(close, errors, DF, 4000).mean(axis=0)) < 0.4 * np.ptp(close)


def test_errors_that_all_models_share_do_not_matter() -> None:
    means = np.array([0.82, 0.80, 0.79])
    alone, together = 0.01**2 * np.eye(3), 0.01**2 * np.eye(3) + 0.5
    assert shrunk_draws(means, alone, DF, 500) == pytest.approx(
        shrunk_draws(means, together, DF, 500), abs=1e-6
    )


def test_draws_are_of_differences_and_depend_on_the_seed_only() -> None:
    means, errors = np.array([0.82, 0.80, 0.79]), 0.01**2 * np.eye(3)
    draws = shrunk_draws(means, errors, DF, 500, seed=3)
    assert draws.sum(axis=1) == pytest.approx(np.zeros(500), abs=1e-12)
    assert (draws == shrunk_draws(means, errors, DF, 500, seed=3)).all()


def test_a_covariance_of_few_folds_keeps_its_mean_variance() -> None:
    few = np.cov(np.random.default_rng(1).standard_normal((9, 10)))
    steady = steadied(few, DF)
    assert np.trace(steady) == pytest.approx(np.trace(few))
    assert steady.sum() == pytest.approx(few.sum())
    assert np.linalg.eigvalsh(steady)[0] > 10 * max(np.linalg.eigvalsh(few)[0], 0.01)


@pytest.mark.parametrize("models", [3, 5, 9])
@pytest.mark.parametrize("spread", [1.0, 2.0])
def test_the_chance_to_be_best_comes_true_where_a_flat_prior_claims_too_much(
    models: int, spread: float
) -> None:
    """Errors are known here; what the folds add is simulated in tests/simulations."""
    rng = np.random.default_rng(int(spread * 10) + models)
    claimed, flat, true = [], [], []
    for run in range(600):
        truth = spread * rng.standard_normal(models)
        seen = truth + rng.standard_normal(models)
        leader = int(seen.argmax())
        true.append(truth.argmax() == leader)
        draws = shrunk_draws(seen, np.eye(models), 10_000, 400, seed=run)
        claimed.append((draws.argmax(axis=1) == leader).mean())
        free = seen + rng.standard_normal((400, models))
        flat.append((free.argmax(axis=1) == leader).mean())
    assert np.mean(claimed) <= np.mean(true) + 0.03
    assert np.mean(claimed) >= np.mean(true) - 0.12
    if spread == 1.0:
        assert np.mean(flat) > np.mean(claimed)
