"""The verdict on one test set: no folds, so rows are what varies.

It speaks of these fits and not of the way of fitting: how much a model changes with its training rows is
not seen in a single split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import PairVerdict, Verdict
from compare_cli.verdict.choice import Preference
from compare_cli.verdict.evidence import Evidence, gather
from compare_cli.verdict.inputs import Baseline, MetricFacts
from compare_cli.verdict.judge import DEFAULT_BASELINE, Judgement, judge_evidence
from compare_cli.verdict.mcnemar import McNemar, exact_mcnemar
from compare_cli.verdict.paired import (
    EQUAL_WITHIN,
    PairPosterior,
    correlated_t_masses,
    fold_variance,
    probability_positive,
)
from compare_cli.verdict.pairs import Predictions
from compare_cli.verdict.wording import counted, p_value

Floats = NDArray[np.float64]


def judge_single_test(
    scores: Mapping[str, Floats],
    *,
    metric: MetricFacts,
    baseline: Baseline | None = DEFAULT_BASELINE,
    prefer: Preference = "simple",
    predictions: Predictions | None = None,
    seed: int = 0,
) -> Judgement:
    """Judge models by their scores of each row of one test set.

    ``scores`` maps models, in registry order, to (seeds, n_test) arrays of what one row adds to the mean
    score: 1 for right and 0 for wrong (accuracy), -log p of the true class (log loss); NaN in a seed whose
    fit failed. Scores that are no mean over rows, such as AUC, cannot be judged so. Rows are averaged over
    the seeds; then se = sd/√n_test and df = n_test - 1. For right and wrong, exact McNemar stands beside it.
    ``seed`` is that of the draws for more than two models; the rest is as for `judge`.
    """
    evidence = gather(
        scores,
        lambda d: row_posterior(d.mean(axis=0), metric.rope),
        source="rows",
        higher_is_better=metric.higher_is_better,
        baseline=baseline.name if baseline else None,
        rows=next(iter(scores.values())).shape[-1] if scores else 0,
    )
    judgement = judge_evidence(
        evidence,
        metric=metric,
        baseline=baseline,
        prefer=prefer,
        predictions=predictions,
        repeats_cap=1,
        seed=seed,
    )
    mcnemar = _mcnemar(evidence, judgement.pairs) if metric.points and metric.higher_is_better else {}
    return replace(judgement, mcnemar=mcnemar, verdict=_with_mcnemar(judgement, mcnemar))


def row_posterior(d: Floats, rope: float) -> PairPosterior | None:
    """Return the posterior of one pair from its row differences ``d`` (n,); None for fewer than two rows."""
    if d.size < 2:
        return None
    delta, df = float(d.mean()), d.size - 1
    if abs(delta) <= EQUAL_WITHIN:
        delta = 0.0
    s2 = float(fold_variance(d[None, :]))
    se = float(np.sqrt(s2 / d.size))
    below, within, above = correlated_t_masses(delta, se, df, rope)
    return PairPosterior(
        delta=delta,
        se=se,
        se_floor=se,
        split_sd=None,
        df=df,
        s2=s2,
        p_positive=probability_positive(delta, se, df),
        p_better=above,
        p_equivalent=within,
        p_worse=below,
        p_positive_nb=None,
    )


def _mcnemar(evidence: Evidence, pairs: tuple[PairVerdict, ...]) -> dict[tuple[str, str], McNemar]:
    """McNemar's test of every pair of models that are right or wrong on every row."""
    known = {
        name: values.mean(axis=0)
        for name, values in evidence.columns.items()
        if values.size and np.isin(values, (0.0, 1.0)).all()
    }
    return {
        (pair.left, pair.right): exact_mcnemar(known[pair.left], known[pair.right])
        for pair in pairs
        if pair.left in known and pair.right in known
    }


def _with_mcnemar(judgement: Judgement, mcnemar: Mapping[tuple[str, str], McNemar]) -> Verdict:
    """The verdict with one more reason: McNemar's test of the leader and the next best model."""
    verdict, order = judgement.verdict, judgement.order
    test = mcnemar.get((order[0], order[1])) if len(order) > 1 and judgement.leader else None
    if test is None:
        return verdict
    left, right = order[:2]
    reason = (
        f"{left} alone is right on {counted(test.left_only, 'row')}, {right} alone on {test.right_only:,}: "
        f"exact McNemar {p_value('p', test.p)}, beside the t-test (pairs.p_positive)."
    )
    return replace(verdict, because=(*verdict.because, reason))
