"""Scores of all models in one form: who is complete, in which order of merit, and each pair's posterior.

Which models take part:

- A model with a score on every fold is *complete*: only complete models can be leader, be in the top set
  and take part in the draws for more than two models.
- A model that lacks some scores (NaN) is *partial*. Its pairs use the repeats in which both models have a
  score on every fold; where no such repeat exists the pair is ``not_computed``.
- A model without any score is *failed*; it has no pairs that are computed.
- The baseline stands outside: it is paired with every model, always on the right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.metrics import Metric
from compare_cli.types import PairVerdict
from compare_cli.verdict.paired import (
    BETTER_FROM,
    LEVEL,
    PairOutcome,
    PairPosterior,
    decide_pair,
    student_quantile,
)
from compare_cli.verdict.repeats import HOPELESS_BELOW, probability_decided_by_repeats, rows_needed

Floats = NDArray[np.float64]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Baseline:
    """The model that answers without looking: its name, and the class that it always answers, if known."""

    name: str = "dummy"
    answer: str | None = None

    @property
    def phrase(self) -> str:
        """What it does, for a sentence: ``always answering yes``."""
        return f"always answering {self.answer}" if self.answer is not None else f"the baseline ({self.name})"


@dataclass(frozen=True)
class PairPredictions:
    """How the predictions of two models differ, over all test rows of all folds.

    ``disagreement`` is the share of rows that the two label differently; ``left_right_when_differ`` the
    share of those rows on which the left one is right (None where they never differ).
    """

    disagreement: float
    left_right_when_differ: float | None = None

    @property
    def identical(self) -> bool:
        """Whether the two give the same label everywhere."""
        return self.disagreement == 0


Predictions = Callable[[str, str], PairPredictions | None]


@dataclass(frozen=True)
class Evidence:
    """What the verdict is made from.

    ``source`` says whether a column of scores is a fold or a row of one test set. ``registry`` are the real
    models (not the baseline) in the order given, ``order`` the same in order of merit: complete ones by mean
    score, then partial ones, then failed ones; equal means keep the registry order. ``columns`` maps models
    (and the baseline) to (r, k) scores, higher is better, NaN where there is none. ``posteriors`` has every
    pair, left before right in ``order``, the baseline last; None where it cannot be computed. ``rows`` is how
    many rows are judged: with more of them the standard errors would be smaller; None where it is unknown.
    ``cautious`` says that rows come in groups, or few of them in a class (see `pair_posterior`). ``level``
    is that at which something may be decided now (see `repeats`), 0 where no look is due.
    """

    source: Literal["folds", "rows"]
    registry: tuple[str, ...]
    order: tuple[str, ...]
    complete: tuple[str, ...]
    baseline: Baseline | None
    columns: Mapping[str, Floats]
    posteriors: Mapping[tuple[str, str], PairPosterior | None]
    rows: int | None
    cautious: bool = False
    level: float = LEVEL

    @property
    def repeats(self) -> int:
        """r, the number of repeats (of seeds for a test set)."""
        return next(iter(self.columns.values())).shape[0] if self.columns else 0

    @property
    def folds(self) -> int:
        """k, the number of folds per repeat (of rows for a test set)."""
        return next(iter(self.columns.values())).shape[1] if self.columns else 0

    def sample(self, name: str) -> Floats:
        """The values whose covariance between models counts: scores of all folds, or of the test set's rows.

        Rows are averaged over the seeds. Only for complete models.
        """
        values = self.columns[name]
        return values.mean(axis=0) if self.source == "rows" else values.reshape(-1)

    @property
    def partial(self) -> dict[str, int]:
        """Real models that lack some scores → how many; the failed ones lack all."""
        lacking = {name: int((~np.isfinite(self.columns[name])).sum()) for name in self.order}
        return {name: count for name, count in lacking.items() if count}

    @property
    def row(self) -> str | None:
        """What one observation is called, as advice counts them; None where their number is not known."""
        if self.rows is None:
            return None
        return "row" if self.source == "folds" else "test row"

    @property
    def leader(self) -> str | None:
        """The complete model with the best mean score."""
        return self.complete[0] if self.complete else None


def gather(
    scores: Mapping[str, Floats],
    posterior: Callable[[Floats], PairPosterior | None],
    *,
    source: Literal["folds", "rows"],
    higher_is_better: bool,
    baseline: Baseline | None,
    rows: int | None,
    cautious: bool = False,
    level: float = LEVEL,
) -> Evidence:
    """Bring scores (models → (r, k), the metric's own direction) into the form of `Evidence`.

    ``posterior`` makes a pair's posterior from differences in which every repeat is full. Arrays that are
    not of one two-dimensional shape are a ValueError.
    """
    sign = 1.0 if higher_is_better else -1.0
    columns = {name: sign * np.asarray(values, dtype=np.float64) for name, values in scores.items()}
    shapes = {values.shape for values in columns.values()}
    if len(shapes) > 1 or any(len(shape) != 2 for shape in shapes):
        raise ValueError(f"every model needs scores of one shape (repeats, folds), got {sorted(shapes)}")
    baseline = baseline if baseline is not None and baseline.name in columns else None
    ends_with = (baseline.name,) if baseline is not None else ()
    registry = tuple(name for name in columns if name not in ends_with)
    order = order_of_merit({name: columns[name] for name in registry})
    return Evidence(
        source=source,
        registry=registry,
        order=order,
        complete=tuple(name for name in order if columns[name].size and np.isfinite(columns[name]).all()),
        baseline=baseline,
        columns=columns,
        posteriors={
            (left, right): _posterior(columns[left], columns[right], posterior)
            for left, right in combinations((*order, *ends_with), 2)
        },
        rows=rows,
        cautious=cautious,
        level=level,
    )


def order_of_merit(columns: Mapping[str, Floats]) -> tuple[str, ...]:
    """Return model names best first: complete, then partial, then failed; each by mean score, highest first.

    ``columns`` hold scores for which higher is better, NaN where there is none. Equal means (to 12 digits)
    keep the order given.
    """

    def merit(name: str) -> tuple[int, float]:
        present = columns[name][np.isfinite(columns[name])]
        if not present.size:
            return 2, 0.0
        return int(present.size < columns[name].size), -round(float(present.mean()), 12)

    return tuple(sorted(columns, key=merit))


def common_repeats(scores: Mapping[str, Floats]) -> dict[str, Floats]:
    """Keep the repeats that are full for every model that has a full repeat: for runs that were cut short.

    ``scores`` maps models to (r, k); the result has (r', k) with r' <= r. A model without any full repeat
    has no say, and stays partial or failed. Where nothing would be left, the scores come back as they are.
    """
    full = {name: np.isfinite(values).all(axis=1) for name, values in scores.items()}
    keep = [mask for mask in full.values() if mask.any()]
    common = np.logical_and.reduce(keep) if keep else np.zeros(0, dtype=bool)
    if not common.any():
        return dict(scores)
    return {name: values[common] for name, values in scores.items()}


def _posterior(
    left: Floats, right: Floats, posterior: Callable[[Floats], PairPosterior | None]
) -> PairPosterior | None:
    """The posterior of one pair from the repeats that are full for both, if there is one."""
    differences = left - right
    full = differences[np.isfinite(differences).all(axis=1)]
    return posterior(full) if full.size else None


@dataclass(frozen=True)
class Joint:
    """What all models say together.

    ``p_adjusted`` per pair of real models, ``p_leader`` the same for the leader's pairs with complete ones,
    by comparisons with the best; ``critical`` is the |t| that decides a pair of complete models (None for
    two, whose own quantile does), ``critical_no_worse`` the one-sided t that shows a model to be no worse by
    more than the ROPE, corrected in the same way (None for two, whose own t.95 does); ``p_best`` per complete
    model, None where it cannot be computed. ``p_best_shrunk`` per complete model and ``p_better_shrunk``,
    P(Δ > rope), per pair of them remember that the leader was chosen (see `many`): empty for two models.
    """

    p_adjusted: Mapping[Pair, float]
    p_leader: Mapping[Pair, float]
    critical: float | None
    critical_no_worse: float | None
    p_best: Mapping[str, float | None]
    p_best_shrunk: Mapping[str, float]
    p_better_shrunk: Mapping[Pair, float]


def judge_pairs(
    evidence: Evidence, joint: Joint, *, metric: Metric, predictions: Predictions | None, repeats_cap: int
) -> dict[Pair, PairVerdict]:
    """Return the verdict of every pair, in order of merit, the pairs with the baseline included.

    ``joint`` is what all models say together: pairs of the leader are decided by comparisons with the best,
    the other pairs of real models among all pairs, those with the baseline alone.
    """
    verdicts = {}
    many = len(joint.p_adjusted) > 1
    for pair, posterior in evidence.posteriors.items():
        differ = predictions(*pair) if predictions else None
        verdict = PairVerdict(*pair)
        if posterior is not None:
            p = joint.p_leader.get(pair, joint.p_adjusted.get(pair)) if many else None
            outcome = decide_pair(posterior, p, differ.identical if differ else None, evidence.level)
            verdict = _numbers(pair, posterior, outcome, joint, metric)
            if verdict.undecided_reason == "more_data":
                decides = joint.critical if set(pair) <= set(evidence.complete) else None
                verdict = _with_advice(verdict, posterior, evidence, metric.rope, decides, repeats_cap)
        if differ is not None:
            right = differ.left_right_when_differ
            verdict = replace(verdict, disagreement=differ.disagreement, left_right_when_differ=right)
        verdicts[pair] = verdict
    return verdicts


def _numbers(
    pair: Pair, posterior: PairPosterior, outcome: PairOutcome, joint: Joint, metric: Metric
) -> PairVerdict:
    """The measured part of a pair's verdict, with what all models say together of it."""
    measured = measured_pair(pair, posterior, outcome, metric)
    if measured.undecided_reason == "no_spread":
        return measured
    shrunk = joint.p_better_shrunk.get(pair)
    return replace(
        measured,
        p_adjusted=joint.p_adjusted.get(pair),
        p_leader=joint.p_leader.get(pair),
        p_better_shrunk=None if shrunk is None else min(shrunk, posterior.p_better),  # as the test supports
    )


def measured_pair(pair: Pair, posterior: PairPosterior, outcome: PairOutcome, metric: Metric) -> PairVerdict:
    """Return the verdict ``outcome`` on a pair with its numbers; its interval holds possible ones only.

    Equal differences on all folds measure no uncertainty: no interval and no probability exists.
    """
    measured = PairVerdict(
        *pair,
        delta=posterior.delta,
        se=posterior.se,
        se_floor=posterior.se_floor,
        split_sd=posterior.split_sd,
        df=posterior.df,
        verdict=outcome,
        undecided_reason="more_data" if outcome == "undecided" else None,
    )
    if outcome == "undecided" and posterior.no_spread:
        return replace(measured, undecided_reason="no_spread")
    low, high = metric.clipped_difference(*posterior.interval())
    return replace(
        measured,
        delta_low=low,
        delta_high=high,
        p_positive=posterior.p_positive,
        p_better=posterior.p_better,
        p_equivalent=posterior.p_equivalent,
        p_worse=posterior.p_worse,
        p_better_nb=posterior.p_positive_nb,
    )


def _with_advice(
    verdict: PairVerdict,
    posterior: PairPosterior,
    evidence: Evidence,
    rope: float,
    critical: float | None,
    cap: int,
) -> PairVerdict:
    """Add what would decide an undecided pair: more repeats or more rows.

    ``critical`` is the |t| that decides among more than two models; None means t.975.
    """
    if not evidence.level:
        return replace(verdict, undecided_reason="more_repeats")
    threshold = critical or student_quantile(BETTER_FROM, posterior.df)
    known = (evidence.rows, posterior.delta, posterior.se, rope)
    trained = max(0.0, posterior.se**2 - posterior.s2 / (evidence.rows or 1))
    left = trained if evidence.source == "rows" else 0.0
    needed = rows_needed(*known, t_winner=threshold, df=posterior.df, left=left)
    if evidence.source == "rows" or cap < 2:
        return replace(verdict, rows_needed=needed)
    chance = probability_decided_by_repeats(
        posterior.delta, posterior.se_floor, posterior.split_sd, posterior.repeats, cap, threshold
    )
    hopeless = chance is not None and chance < HOPELESS_BELOW
    more = None if hopeless else (1 if chance is None else cap - posterior.repeats)
    return replace(
        verdict,
        undecided_reason="more_data" if hopeless else "more_repeats",
        p_decided_by_repeats=chance,
        repeats_suggested=more,
        rows_needed=needed,
    )


def beats_baseline(evidence: Evidence, model: str, metric: Metric) -> bool | None:
    """Whether a model beats the baseline: P(Δ > 0) >= .975 under V(r); None where that is not computed.

    Without spread (a perfect model on balanced folds: all differences equal) a rate is judged with the
    largest variance that its rows allow: a mean of n_k row differences in [-1, 1] with mean Δ has at most
    (1 - Δ²)/n_k. For other metrics nothing can be said (None).
    """
    baseline = evidence.baseline
    posterior = evidence.posteriors.get((model, baseline.name)) if baseline else None
    if posterior is None:
        return None
    if not posterior.no_spread:
        return bool(posterior.p_positive >= BETTER_FROM)
    if posterior.delta <= 0:
        return False
    if not metric.rate or evidence.rows is None or evidence.rows < 2:
        return None
    per_row = max(0.0, 1 - min(1.0, posterior.delta) ** 2)
    if evidence.source == "rows" or evidence.folds < 2:
        variance = per_row / evidence.rows
    else:
        rows_per_fold = evidence.rows / evidence.folds
        variance = per_row / rows_per_fold * (1 / evidence.folds + 1 / (evidence.folds - 1))
    return bool(posterior.delta >= student_quantile(BETTER_FROM, posterior.df) * np.sqrt(variance))
