"""More than two models on shared folds: p-values adjusted for all pairs, and who may be the best.

All draws are from a multivariate t-distribution (Hothorn, Bretz & Westfall 2008 for the max-t adjustment).
Its scale matrix is c·S, S the covariance of the models' fold scores and c the median over pairs of V/s²:
scaling S as a whole keeps it positive semidefinite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compare_cli.verdict.evidence import Evidence, Pair
from compare_cli.verdict.paired import PairPosterior

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DRAWS = 20_000
NO_WORSE_LEVEL = 0.90  # two sides of .05: "no worse" looks at one of them


@dataclass(frozen=True)
class Joint:
    """What all models say together.

    ``p_adjusted`` per pair of real models; ``critical`` is the |t| that decides a pair of complete models
    (None for two, whose own t.975 does), ``critical_no_worse`` the one-sided t that shows a model to be no
    worse by more than the ROPE, corrected in the same way (None for two, whose own t.95 does); ``p_best`` per
    complete model, None where it cannot be computed.
    """

    p_adjusted: Mapping[Pair, float]
    critical: float | None
    critical_no_worse: float | None
    p_best: Mapping[str, float | None]


def joint_evidence(evidence: Evidence, seed: int = 0) -> Joint:
    """Return p_adjusted, the critical |t| and p_best of the complete models.

    Two models need no draws: p_best is P(Δ > 0) and p_adjusted its two-sided p-value. More than two get the
    max-t adjustment. Pairs with a partial model have other folds, so they cannot be drawn along: Bonferroni
    over all pairs of real models with scores.
    """
    names, posteriors = evidence.complete, evidence.posteriors
    computed = {
        pair: p for pair, p in posteriors.items() if p is not None and set(pair) <= set(evidence.registry)
    }
    raw = {pair: two_sided_p(p) for pair, p in computed.items()}
    among = {pair: p for pair, p in computed.items() if pair[0] in names and pair[1] in names}
    adjusted = raw if len(raw) == 1 else {pair: min(1.0, p * len(raw)) for pair, p in raw.items()}
    if len(names) < 2 or not among:
        return Joint(adjusted, None, None, dict.fromkeys(names))
    if len(names) == 2:
        (pair, posterior), *_ = among.items()
        p_best = _two_best(pair, posterior)
        return Joint({**adjusted, pair: raw[pair]}, None, None, p_best)
    largest, df, best = _draw(evidence, among, seed)
    by_max_t = {pair: 1.0 if p.no_spread else max_t_p_value(p.t, largest, df) for pair, p in among.items()}
    critical, no_worse = max_t_quantile(largest), max_t_quantile(largest, NO_WORSE_LEVEL)
    return Joint({**adjusted, **by_max_t}, critical, no_worse, best)


def two_sided_p(posterior: PairPosterior) -> float:
    """Return the two-sided p-value of Δ = 0; 1 without spread, where nothing measures it."""
    if posterior.no_spread:
        return 1.0
    return min(1.0, 2 * min(posterior.p_positive, 1 - posterior.p_positive))


def _two_best(pair: Pair, posterior: PairPosterior) -> dict[str, float | None]:
    """p_best of two models; without spread nobody can tell."""
    p = 0.5 if posterior.no_spread else posterior.p_positive
    return {pair[0]: p, pair[1]: 1 - p}


def _draw(
    evidence: Evidence, among: Mapping[Pair, PairPosterior], seed: int
) -> tuple[Floats, int, dict[str, float | None]]:
    """max|t| of every draw (sorted), its degrees of freedom, and p_best of the complete models."""
    names, values = evidence.complete, tuple(among.values())
    scores = np.stack([evidence.sample(name) for name in names])
    factor = variance_factor(np.array([p.se**2 for p in values]), np.array([p.s2 for p in values]))
    scale, df = factor * score_covariance(scores), values[0].df
    draws = multivariate_t_draws(scale, df, seed=seed)
    no_spread = np.zeros((len(names), len(names)), dtype=bool)
    for (left, right), posterior in among.items():
        i, j = names.index(left), names.index(right)
        no_spread[i, j] = no_spread[j, i] = posterior.no_spread
    best = probability_best(scores.mean(axis=1), draws, no_spread)
    return max_t_distribution(draws, scale), df, dict(zip(names, best.tolist(), strict=True))


def score_covariance(scores: Floats) -> Floats:
    """Return S, the covariance (ddof 1) between models over all their fold scores: (m, kr) → (m, m)."""
    return np.atleast_2d(np.cov(scores, ddof=1))


def variance_factor(variances: Floats, fold_variances: Floats) -> float:
    """Return c, the median of V_ij/s²_ij over the pairs that have spread (1 where none has).

    Both arguments have one value per pair, shape (pairs,).
    """
    spread = fold_variances > 0
    return float(np.median(variances[spread] / fold_variances[spread])) if spread.any() else 1.0


def multivariate_t_draws(scale: Floats, df: int, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Return seeded draws from the multivariate t centred at 0: scale matrix (m, m) → (draws, m).

    ``scale`` may be singular. The symmetric square root is used, which does not depend on the signs that a
    linear algebra library gives to eigenvectors.
    """
    values, vectors = np.linalg.eigh(scale)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((draws, len(scale))) @ root
    return np.asarray(normal / np.sqrt(rng.chisquare(df, size=(draws, 1)) / df))


def pair_indices(models: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the left and right index of every pair i < j, each of shape (pairs,)."""
    return np.triu_indices(models, 1)


def max_t_distribution(draws: Floats, scale: Floats) -> Floats:
    """Return max|t| over all pairs for each draw, sorted upwards: (draws, m), (m, m) → (draws,).

    Each pair is divided by its own scale, so that each t alone follows Student's t. Pairs whose
    difference has no scale are left out; 0 where no pair is left.
    """
    left, right = pair_indices(draws.shape[1])
    scale2 = scale[left, left] + scale[right, right] - 2 * scale[left, right]
    spread = scale2 > 1e-12 * np.maximum(scale[left, left], scale[right, right])
    largest = np.zeros(len(draws))
    # One pair at a time keeps the working set in the processor's cache.
    for i, j, s2 in zip(left[spread], right[spread], scale2[spread], strict=True):
        np.maximum(largest, np.abs(draws[:, i] - draws[:, j]) / np.sqrt(s2), out=largest)
    return np.sort(largest)


def max_t_p_value(t: float, largest: Floats, df: int) -> float:
    """Return P(max|t| >= |t|) from sorted ``largest`` (draws,): the p-value adjusted for all pairs.

    Never below the pair's own two-sided p-value, which it can undercut only by the chance of the draws.
    """
    from scipy.special import stdtr

    adjusted = 1 - np.searchsorted(largest, abs(t), side="left") / len(largest)
    return float(max(adjusted, 2 * stdtr(df, -abs(t))))


def max_t_quantile(largest: Floats, level: float = 0.95) -> float:
    """Return the |t| that a pair must reach to be decided among all pairs, from sorted ``largest``."""
    return float(np.quantile(largest, level))


def probability_best(means: Floats, draws: Floats, no_spread: Bools) -> Floats:
    """Return each model's share of draws in which it is the best, (m,), adding up to 1.

    ``means`` (m,) are mean scores (higher is better), ``draws`` (draws, m) are centred at 0. Models whose
    difference has no spread (``no_spread`` (m, m)) cannot be told apart by the folds: they share their
    wins equally.
    """
    best = np.bincount(np.argmax(means + draws, axis=1), minlength=len(means)) / len(draws)
    together = no_spread | np.eye(len(means), dtype=bool)
    return np.asarray(best @ (together / together.sum(axis=1, keepdims=True)))
