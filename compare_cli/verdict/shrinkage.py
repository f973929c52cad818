"""How good models really are, when it is remembered that extreme scores are partly luck.

The best of several scores was chosen because it is high, so it tends to be too high, and a probability that
takes each difference at face value (a flat prior) claims too much. Here the models' true scores are taken
as drawn from one normal distribution whose mean and width τ are learnt from the same scores: scores that
differ by no more than their errors are pulled together, clear differences stay as they are. This is the
random-effects model of Rubin 1981 (Gelman et al., Bayesian Data Analysis, chapter 5), with a half-Cauchy
prior for τ (Gelman 2006) whose scale is the standard error of a typical score.

Two models have no spread to learn a width from: nothing is shrunk, and only the test speaks of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WIDTHS = np.logspace(-2, 2, 61)  # τ in standard errors: from "all equal" to "nothing to shrink"
DRAWS = 20_000
FEWEST = 3  # models from which a width can be learnt
STABLE, UNSTABLE, UNKNOWN = 0.5, 0.85, 0.7  # shares of V(r) that simulated errors have; see error_share


def shrunk_probabilities(
    means: Floats, covariance: Floats, same: Bools, df: int, rope: float, seed: int = 0
) -> tuple[Floats, Floats] | None:
    """Return each model's chance to be the best (m,), and P(row - column > rope) of all pairs (m, m).

    ``same`` (m, m), true on its diagonal, says which models score the same on every fold: they are one model
    to the prior, and share its chance. The rest is as for `shrunk_draws`. None where fewer than three
    different models are left.
    """
    first = same.argmax(axis=1)
    different, which, counts = np.unique(first, return_inverse=True, return_counts=True)
    if len(different) < FEWEST:
        return None
    draws = shrunk_draws(means[different], covariance[np.ix_(different, different)], df, DRAWS, seed)
    best = np.bincount(draws.argmax(axis=1), minlength=len(different)) / len(draws)
    better = np.array([[(left - right > rope).mean() for right in draws.T] for left in draws.T])
    return (best / counts)[which], better[np.ix_(which, which)]


def error_share(split_noise: float | None) -> float:
    """Return the share of V(r) that the errors of mean scores really have.

    V guards the verdict against unstable learners, and is twice the variance of stable ones. How much the
    choice of folds alone does tells them apart: ``split_noise`` is k·s_p²/s², with simulated values (and
    shares) of .03 to .09 (.5) for logistic regression and nearest centroid, .17 (.93) for the nearest
    neighbour, .3 (.75) for perceptrons, .55 (.8) for trees. None with one repeat, which cannot show it.
    """
    return UNKNOWN if split_noise is None else min(UNSTABLE, STABLE + 1.5 * split_noise)


def shrunk_draws(means: Floats, covariance: Floats, df: int, draws: int, seed: int = 0) -> Floats:
    """Return draws of the models' true scores, each minus their mean: (draws, m).

    ``means`` (m,) are mean scores, higher is better; ``covariance`` (m, m) that of their errors, estimated
    with ``df`` degrees of freedom. m below 3 is a ValueError: see the module. Where the errors have no
    variance every draw is the means themselves.
    """
    m = len(means)
    if m < FEWEST:
        raise ValueError(f"a prior can be learnt from {FEWEST} models or more, got {m}")
    centred = means - means.mean()
    contrasts = _contrasts(m)
    errors, axes = np.linalg.eigh(contrasts @ steadied(covariance, df) @ contrasts.T)
    unit = float(np.sqrt(max(0.0, errors.mean())))
    if unit <= 1e-12:
        return np.tile(centred, (draws, 1))
    to_axes = axes.T @ contrasts
    seen, errors = to_axes @ centred / unit, np.clip(errors, 0, None) / unit**2
    rng = np.random.default_rng(seed)
    width2 = rng.choice(WIDTHS**2, size=draws, p=width_weights(seen, errors))[:, None]
    kept = width2 / (width2 + errors)
    # Turned into the axes and back, so that nothing depends on the signs a linear algebra library gives them.
    normal = rng.standard_normal((draws, m - 1)) @ axes
    true = kept * seen + np.sqrt(kept * errors) * normal
    return np.asarray(unit * true @ to_axes)


def steadied(covariance: Floats, df: int) -> Floats:
    """Mix a covariance (m, m) with the one in which all models vary alike (Ledoit & Wolf 2004).

    A covariance of many models from few folds has directions of hardly any variance by chance alone, and
    differences along them would look certain. The share of the common one is 2(m-1)/(2(m-1)+df): by
    simulation the least after which no such difference is believed.
    """
    m = len(covariance)
    between = (covariance.sum() - np.trace(covariance)) / (m * m - m)
    alike = np.full((m, m), between)
    np.fill_diagonal(alike, np.trace(covariance) / m)
    share = 2 * (m - 1) / (2 * (m - 1) + df)
    return np.asarray((1 - share) * covariance + share * alike)


def width_weights(seen: Floats, errors: Floats) -> Floats:
    """Return the posterior weights of `WIDTHS`, adding up to 1.

    ``seen`` (m-1,) are independent contrasts of the means with error variances ``errors`` (m-1,), both in
    units of the standard error of a typical one.
    """
    total = WIDTHS[:, None] ** 2 + errors
    log_likelihood = -0.5 * (np.log(total) + seen**2 / total).sum(axis=1)
    prior = WIDTHS / (1 + WIDTHS**2)  # the half-Cauchy's density times τ: the steps of τ have equal ratios
    weights = np.exp(log_likelihood - log_likelihood.max()) * prior
    return np.asarray(weights / weights.sum())


def _contrasts(m: int) -> Floats:
    """Orthonormal contrasts of m values, (m-1, m): Helmert's."""
    rows = np.tril(np.ones((m, m)), -1)[1:]
    rows[np.arange(m - 1), np.arange(1, m)] = -np.arange(1, m)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
