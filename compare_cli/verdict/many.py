"""More than two models on shared folds: p-values adjusted for all pairs, and who may be the best.

All draws are from a multivariate t-distribution (Hothorn, Bretz & Westfall 2008 for the max-t adjustment).
Its scale matrix is c·S, S the covariance of the models' fold scores and c the median over pairs of V/s²:
scaling S as a whole keeps it positive semidefinite.

Comparisons with the best: which models the leader beats, although it was chosen from the same scores.

Comparing every model with the leader as if it had been named before favours whoever was lucky. Hsu's
comparisons with the best (1984) guard the true best model, but not a tie: of nine equal models they would
too often call some model beaten. Here the leader's comparisons are made step by step (closed testing, Marcus,
Peritz & Gabriel 1976): the clearest gap must stand out among the differences of *all* models, the next one
among those of the models that are left, and so on until one does not; the closest must then only stand out
against itself. For equal models that is as strict as all pairs; where most models are clearly behind, the
comparison of the best two costs nothing.

How good models really are, when it is remembered that extreme scores are partly luck.

The best of several scores was chosen because it is high, so it tends to be too high, and a probability that
takes each difference at face value (a flat prior) claims too much. Here the models' true scores are taken
as drawn from one normal distribution whose mean and width τ are learnt from the same scores: scores that
differ by no more than their errors are pulled together, clear differences stay as they are. This is the
random-effects model of Rubin 1981 (Gelman et al., Bayesian Data Analysis, chapter 5), with a half-Cauchy
prior for τ (Gelman 2006) whose scale is the standard error of a typical score.

Two models have no spread to learn a width from: nothing is shrunk, and only the test speaks of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import PairVerdict
from compare_cli.verdict.evidence import Evidence, Joint, Pair
from compare_cli.verdict.paired import LEVEL, PairPosterior

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WIDTHS = np.logspace(-2, 2, 61)  # τ in standard errors: from "all equal" to "nothing to shrink"
DRAWS = 20_000
RANGES = (
    *((0.9, 0.9, 1.0), (0.6, 0.5, 0.9), (0.4, 0.3, 0.7), (0.2, 0.2, 0.5)),
    *((0.1, 0.0, 0.3), (0.02, 0.0, 0.2), (0.0, 0.0, 0.05)),
)
"""Of a shrunk chance from the first figure on is said that it lies between the others; see `chance_range`."""
SURE = 0.99  # the most that is believed of a leader that is not proven to be the best
FEWEST = 3  # models from which a width can be learnt
STABLE, UNSTABLE, UNKNOWN = 0.5, 0.85, 0.7  # shares of V(r) that simulated errors have; see error_share


def joint_evidence(evidence: Evidence, rope: float, seed: int = 0) -> Joint:
    """Return what the complete models say together.

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
        return Joint(adjusted, {}, None, None, dict.fromkeys(names), {}, {})
    if len(names) == 2:
        (pair, posterior), *_ = among.items()
        p = 0.5 if posterior.no_spread else posterior.p_positive  # without spread nobody can tell
        p_best: dict[str, float | None] = {pair[0]: p, pair[1]: 1 - p}
        return Joint({**adjusted, pair: raw[pair]}, {pair: raw[pair]}, None, None, p_best, {}, {})
    return _draw(evidence, among, adjusted, rope, seed)


def two_sided_p(posterior: PairPosterior) -> float:
    """Return the two-sided p-value of Δ = 0; 1 without spread, where nothing measures it."""
    if posterior.no_spread:
        return 1.0
    return min(1.0, 2 * min(posterior.p_positive, 1 - posterior.p_positive))


def _draw(
    evidence: Evidence,
    among: Mapping[Pair, PairPosterior],
    adjusted: Mapping[Pair, float],
    rope: float,
    seed: int,
) -> Joint:
    """What three complete models or more say together, by draws of their means."""
    names, values = evidence.complete, tuple(among.values())
    level = evidence.level or LEVEL
    scores = np.stack([evidence.sample(name) for name in names])
    factor = variance_factor(np.array([p.se**2 for p in values]), np.array([p.s2 for p in values]))
    scale, df, means = factor * score_covariance(scores), values[0].df, scores.mean(axis=1)
    draws = multivariate_t_draws(scale, df, seed=seed)
    largest = max_t_distribution(draws, scale)
    by_max_t = {pair: 1.0 if p.no_spread else max_t_p_value(p.t, largest, df) for pair, p in among.items()}
    gaps = [among[names[0], name] for name in names[1:]]
    t = np.array([0.0, *(0.0 if p.no_spread else p.t for p in gaps)])
    beaten = leader_p_values(t, draws, scale, 0, df)[1:].tolist()
    no_spread = _symmetric(names, {pair: p.no_spread for pair, p in among.items()})
    same = _symmetric(names, {pair: p.no_spread and p.delta == 0 for pair, p in among.items()})
    believed = shrunk_probabilities(
        means,
        _error_share(evidence, values) * scale,
        same | np.eye(len(names), dtype=bool),
        evidence.folds - 1,
        rope,
        seed,
    )
    return Joint(
        p_adjusted={**adjusted, **by_max_t},
        p_leader={(names[0], name): p for name, p in zip(names[1:], beaten, strict=True)},
        critical=max_t_quantile(largest, 1 - level),
        critical_no_worse=max_t_quantile(largest, 1 - 2 * level),
        p_best=dict(zip(names, probability_best(means, draws, no_spread).tolist(), strict=True)),
        p_best_shrunk={} if believed is None else dict(zip(names, believed[0].tolist(), strict=True)),
        p_better_shrunk={}
        if believed is None
        else {(a, b): float(believed[1][names.index(a), names.index(b)]) for a, b in among},
    )


def _symmetric(names: Sequence[str], pairs: Mapping[Pair, bool]) -> Bools:
    """A matrix (m, m) of what is true of pairs, whichever model stands left."""
    return np.array([[pairs.get((a, b), pairs.get((b, a), False)) for b in names] for a in names])


def _error_share(evidence: Evidence, pairs: Collection[PairPosterior]) -> float:
    """The share of V(r) that the errors of means are believed to have; all of it for rows."""
    if evidence.source == "rows" or evidence.cautious:
        return 1.0
    if evidence.repeats < 2:
        return error_share(None)
    fold, split = sum(p.s2 for p in pairs), sum((p.split_sd or 0.0) ** 2 for p in pairs)
    return error_share(evidence.folds * split / fold if fold else 0.0)


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


def max_t_distribution(draws: Floats, scale: Floats) -> Floats:
    """Return max|t| over all pairs for each draw, sorted upwards: (draws, m), (m, m) → (draws,).

    Each pair is divided by its own scale, so that each t alone follows Student's t. Pairs whose
    difference has no scale are left out; 0 where no pair is left.
    """
    left, right = np.triu_indices(draws.shape[1], 1)
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


def leader_p_values(t: Floats, draws: Floats, scale: Floats, leader: int, df: int) -> Floats:
    """Return the adjusted p-value of "the leader is no better than this model", for every model: (m,).

    ``t`` (m,) are the leader's differences over their standard errors, at least 0 (0 where a difference has
    no spread, and for the leader itself); ``draws`` (draws, m) centred ones of all scores together, with
    scale matrix ``scale`` (m, m). A model is beaten at level α where its value is at most α: then so is
    every model with a larger t. The leader's own value is 1. No value is below the pair's own two-sided
    p-value, which draws could undercut by chance.
    """
    from scipy.special import stdtr

    others = sorted((i for i in range(len(t)) if i != leader), key=lambda i: float(t[i]))
    p, largest = np.ones(len(t)), np.zeros(len(draws))
    left = [leader]
    for model in others:
        for other in left:
            np.maximum(largest, _standardised(draws, scale, model, other), out=largest)
        left.append(model)
        p[model] = max(float(np.mean(largest >= t[model])), 2 * float(stdtr(df, -t[model])))
    # A model is only reached where every clearer one is beaten.
    steps = np.maximum.accumulate(p[others[::-1]]) if others else p[:0]
    p[others[::-1]] = steps
    return p


def _standardised(draws: Floats, scale: Floats, i: int, j: int) -> Floats:
    """|difference| of two models in each draw over its own scale; 0 where it has none."""
    s2 = scale[i, i] + scale[j, j] - 2 * scale[i, j]
    if s2 <= 1e-12 * max(scale[i, i], scale[j, j]):
        return np.zeros(len(draws))
    return np.asarray(np.abs(draws[:, i] - draws[:, j]) / np.sqrt(s2))


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


def supported_chances(shrunk: Mapping[str, float], pairs: Mapping[Pair, PairVerdict]) -> dict[str, float]:
    """Return shrunk chances to be the best in which the leader has no more than the test supports.

    Errors are believed to be smaller than V(r), which the test takes, so the leader might be all but certain
    where its lead is not proven. Its chance (with that of models that score the same) is at most one minus
    half the adjusted p-value of each contender, and .99 where one of them is not beaten; what it loses goes
    to the others in proportion. ``shrunk`` is in order of merit.
    """
    if not shrunk:
        return {}
    leader, *others = shrunk
    gaps = {name: pairs[leader, name] for name in others}
    level = [leader, *(name for name in others if gaps[name].delta == 0 == gaps[name].se)]
    rest = {name: gap for name, gap in gaps.items() if name not in level}
    if not rest:
        return dict(shrunk)
    bounds = [1 - (1.0 if gap.p_leader is None else gap.p_leader) / 2 for gap in rest.values()]
    most = min(*bounds, *(SURE for gap in rest.values() if gap.verdict != "better"), 1.0)
    claimed, left = sum(shrunk[name] for name in level), sum(shrunk[name] for name in rest)
    if claimed <= most:
        return dict(shrunk)
    shares = {name: shrunk[name] / left if left else 1 / len(rest) for name in rest}
    return {
        name: shares[name] * (1 - most) if name in rest else shrunk[name] * most / claimed for name in shrunk
    }


def chance_range(p_best: float) -> tuple[float, float]:
    """Return the range that may be said of a shrunk chance to be the best: (lowest, highest).

    How far true scores lie apart is hardly known from a few models, so that no one figure holds in every
    world. Of the chances that are told as one range, the share that came true lay in that range or within
    .05 of it in each simulated world (docs/statistics.md).
    """
    return next((low, high) for least, low, high in RANGES if p_best >= least)


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
