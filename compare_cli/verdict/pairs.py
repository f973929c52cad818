"""From the posteriors of all pairs to their verdicts: adjusted p-values, decisions, what would decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import PairVerdict
from compare_cli.verdict.evidence import Evidence
from compare_cli.verdict.inputs import MetricFacts, PairPredictions
from compare_cli.verdict.many import (
    max_t_distribution,
    max_t_p_value,
    max_t_quantile,
    multivariate_t_draws,
    probability_best,
    score_covariance,
    variance_factor,
)
from compare_cli.verdict.paired import BETTER_FROM, PairPosterior, decide_pair, student_quantile
from compare_cli.verdict.repeats import (
    HOPELESS_BELOW,
    probability_decided_by_repeats,
    rows_needed,
)

Floats = NDArray[np.float64]
Pair = tuple[str, str]
Predictions = Callable[[str, str], PairPredictions | None]
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
    computed = {pair: p for pair, p in posteriors.items() if p is not None and evidence.baseline not in pair}
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


def judge_pairs(
    evidence: Evidence,
    joint: Joint,
    *,
    metric: MetricFacts,
    predictions: Predictions | None,
    repeats_cap: int,
) -> dict[Pair, PairVerdict]:
    """Return the verdict of every pair, in order of merit, the pairs with the baseline included."""
    verdicts = {}
    many = len(joint.p_adjusted) > 1
    for pair, posterior in evidence.posteriors.items():
        differ = predictions(*pair) if predictions else None
        if posterior is None:
            verdicts[pair] = _with_predictions(PairVerdict(*pair), differ)
            continue
        p_adjusted = joint.p_adjusted.get(pair)
        outcome = decide_pair(posterior, p_adjusted if many else None, differ.identical if differ else None)
        verdict = replace(_numbers(pair, posterior, p_adjusted), verdict=outcome, undecided_reason=None)
        if outcome == "undecided" and posterior.no_spread:
            verdict = _without_spread(verdict)
        elif outcome == "undecided":
            among = pair[0] in evidence.complete and pair[1] in evidence.complete
            critical = joint.critical if among else None
            verdict = _with_advice(verdict, posterior, evidence, metric.rope, critical, repeats_cap)
        verdicts[pair] = _with_predictions(verdict, differ)
    return verdicts


def _numbers(pair: Pair, posterior: PairPosterior, p_adjusted: float | None) -> PairVerdict:
    """The measured part of a pair's verdict."""
    low, high = posterior.interval()
    return PairVerdict(
        left=pair[0],
        right=pair[1],
        delta=posterior.delta,
        delta_low=low,
        delta_high=high,
        se=posterior.se,
        se_floor=posterior.se_floor,
        split_sd=posterior.split_sd,
        df=posterior.df,
        p_positive=posterior.p_positive,
        p_better=posterior.p_better,
        p_equivalent=posterior.p_equivalent,
        p_worse=posterior.p_worse,
        p_better_nb=posterior.p_positive_nb,
        p_adjusted=p_adjusted,
    )


def _without_spread(verdict: PairVerdict) -> PairVerdict:
    """Equal differences on all folds measure no uncertainty: no interval and no probability exists."""
    return replace(
        verdict,
        delta_low=None,
        delta_high=None,
        p_positive=None,
        p_better=None,
        p_equivalent=None,
        p_worse=None,
        p_better_nb=None,
        p_adjusted=None,
        undecided_reason="no_spread",
    )


def _with_predictions(verdict: PairVerdict, differ: PairPredictions | None) -> PairVerdict:
    """Add how the predictions differ, where that is known."""
    if differ is None:
        return verdict
    return replace(
        verdict, disagreement=differ.disagreement, left_right_when_differ=differ.left_right_when_differ
    )


def _with_advice(
    verdict: PairVerdict,
    posterior: PairPosterior,
    evidence: Evidence,
    rope: float,
    critical: float | None,
    cap: int,
) -> PairVerdict:
    """Add why a pair is undecided and what would decide it.

    ``critical`` is the |t| that decides among more than two models; None means t.975.
    """
    threshold = critical or student_quantile(BETTER_FROM, posterior.df)
    needed = rows_needed(
        evidence.rows,
        posterior.delta,
        posterior.se,
        rope,
        t_winner=threshold,
        t_equivalent=student_quantile(0.95, posterior.df),
    )
    if evidence.source == "rows" or cap < 2:
        return replace(verdict, undecided_reason="more_data", rows_needed=needed)
    repeats = (posterior.df + 1) // evidence.folds
    chance = probability_decided_by_repeats(
        posterior.delta, posterior.se_floor, posterior.split_sd, repeats, cap, threshold
    )
    hopeless = chance is not None and chance < HOPELESS_BELOW
    more = None if hopeless else (1 if chance is None else cap - repeats)
    return replace(
        verdict,
        undecided_reason="more_data" if hopeless else "more_repeats",
        p_decided_by_repeats=chance,
        repeats_suggested=more,
        rows_needed=needed,
    )


def beats_baseline(posterior: PairPosterior | None, evidence: Evidence, metric: MetricFacts) -> bool | None:
    """Whether left beats the baseline on the right: P(Δ > 0) >= .975 under V(r); None where not computed.

    Without spread (a perfect model on balanced folds: all differences equal) a rate is judged with the
    largest variance that its rows allow: a mean of n_k row differences in [-1, 1] with mean Δ has at most
    (1 - Δ²)/n_k. For other metrics nothing can be said (None).
    """
    if posterior is None:
        return None
    if not posterior.no_spread:
        return bool(posterior.p_positive >= BETTER_FROM)
    if posterior.delta <= 0:
        return False
    if not metric.points or evidence.rows is None or evidence.rows < 2:
        return None
    per_row = max(0.0, 1 - min(1.0, posterior.delta) ** 2)
    if evidence.source == "rows" or evidence.folds < 2:
        variance = per_row / evidence.rows
    else:
        rows_per_fold = evidence.rows / evidence.folds
        variance = per_row / rows_per_fold * (1 / evidence.folds + 1 / (evidence.folds - 1))
    return bool(posterior.delta >= student_quantile(BETTER_FROM, posterior.df) * np.sqrt(variance))
