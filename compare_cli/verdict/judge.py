"""The verdict on one data set: scores of all models in, numbers and sentences out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import PairVerdict, Verdict
from compare_cli.verdict.choice import Preference, choose
from compare_cli.verdict.evidence import Evidence, gather
from compare_cli.verdict.inputs import Baseline, MetricFacts
from compare_cli.verdict.mcnemar import McNemar
from compare_cli.verdict.outcome import Case, conclude
from compare_cli.verdict.paired import PairPosterior, pair_posterior
from compare_cli.verdict.pairs import Predictions, beats_baseline, joint_evidence, judge_pairs
from compare_cli.verdict.repeats import REPEATS_CAP

Floats = NDArray[np.float64]
DEFAULT_BASELINE = Baseline("dummy")


@dataclass(frozen=True)
class Judgement:
    """Everything that the scores say.

    ``order`` has all models in order of merit (complete, partial, failed; the baseline last); ``leader`` is
    the best complete one. ``pairs`` are in the same order, left before right. ``p_best`` (None where it
    cannot be computed), ``in_top_set`` and ``beats_baseline`` (None where unknown) have one value per real
    model. ``mcnemar`` is there for a test set whose scores are right or wrong: (left, right) as in ``pairs``.
    """

    verdict: Verdict
    pairs: tuple[PairVerdict, ...]
    order: tuple[str, ...]
    leader: str | None
    p_best: Mapping[str, float | None]
    in_top_set: Mapping[str, bool]
    beats_baseline: Mapping[str, bool | None]
    mcnemar: Mapping[tuple[str, str], McNemar] = field(default_factory=dict)

    def pair(self, left: str, right: str) -> PairVerdict | None:
        """Return the pair of these two as it is stored, whichever of them is its left one."""
        return next((pair for pair in self.pairs if {pair.left, pair.right} == {left, right}), None)

    def gap(self, model: str) -> PairVerdict | None:
        """Return the pair of the leader (left) with ``model``: its gap to the leader. None for the leader."""
        return None if self.leader is None or model == self.leader else self.pair(self.leader, model)


def judge(
    scores: Mapping[str, Floats],
    *,
    metric: MetricFacts,
    rows: int | None,
    baseline: Baseline | None = DEFAULT_BASELINE,
    prefer: Preference = "simple",
    predictions: Predictions | None = None,
    test_share: float | None = None,
    repeats_cap: int = REPEATS_CAP,
    seed: int = 0,
) -> Judgement:
    """Judge models by their scores on shared folds.

    ``scores`` maps models, in registry order, to (r, k) arrays in the metric's own direction: r repeats of k
    folds, the same splits for all, NaN where a fit failed (see `evidence` for what then takes part).
    ``rows`` are the rows of the data set (None where unknown: then nothing says how many more would decide).
    ``prefer`` says which of several models that are as good is recommended: the "simple" one, the "leader",
    or, given the seconds that each model takes to predict, the fastest (see `choice`).
    ``predictions(left, right)`` tells how two models' predictions differ, or None where unknown.
    ``test_share`` is the mean n_test/n_train (default 1/(k-1)).
    ``repeats_cap`` is how many repeats could be run at most: 1 where the protocol knows no repeats.

    Arrays of different shapes are a ValueError; failures, single folds and missing spread never are.
    """

    def posterior(d: Floats) -> PairPosterior | None:
        if d.size < 2 or (d.shape[1] < 2 and test_share is None):
            return None
        return pair_posterior(d, metric.rope, test_share)

    evidence = gather(
        scores,
        posterior,
        source="folds",
        higher_is_better=metric.higher_is_better,
        baseline=baseline.name if baseline else None,
        rows=rows,
    )
    return judge_evidence(
        evidence,
        metric=metric,
        baseline=baseline,
        prefer=prefer,
        predictions=predictions,
        repeats_cap=repeats_cap,
        seed=seed,
    )


def judge_evidence(
    evidence: Evidence,
    *,
    metric: MetricFacts,
    baseline: Baseline | None,
    prefer: Preference,
    predictions: Predictions | None,
    repeats_cap: int,
    seed: int,
) -> Judgement:
    """Judge models by evidence that is already in one form: folds or one test set."""
    joint = joint_evidence(evidence, seed)
    pairs = judge_pairs(evidence, joint, metric=metric, predictions=predictions, repeats_cap=repeats_cap)
    beats = {
        name: beats_baseline(evidence.posteriors.get((name, evidence.baseline)), evidence, metric)
        if evidence.baseline
        else None
        for name in evidence.registry
    }
    pairs = {names: _without_idle_winner(pair, beats) for names, pair in pairs.items()}
    top_set = _top_set(evidence, pairs)
    choice = choose(evidence, pairs, beats, metric, critical=joint.critical_no_worse, prefer=prefer)
    case = Case(evidence, metric, baseline, pairs, beats, joint.p_best, top_set, choice, repeats_cap)
    ends_with = (evidence.baseline,) if evidence.baseline else ()
    return Judgement(
        verdict=conclude(case),
        pairs=tuple(pairs.values()),
        order=(*evidence.order, *ends_with),
        leader=evidence.leader,
        p_best={name: joint.p_best.get(name) for name in evidence.registry},
        in_top_set={name: name in top_set for name in evidence.registry},
        beats_baseline=beats,
    )


def _without_idle_winner(pair: PairVerdict, beats: Mapping[str, bool | None]) -> PairVerdict:
    """Take back "better" from a model that does not beat the baseline: nothing was learnt, so nothing is won.

    On noise, cross-validation pushes models that follow the class shares of the training rows below the
    baseline, and others would beat them for that alone.
    """
    winner = {"better": pair.left, "worse": pair.right}.get(pair.verdict)
    if winner is None or beats.get(winner) is not False or {pair.left, pair.right} - set(beats):
        return pair
    return replace(pair, verdict="undecided", undecided_reason="more_data")


def _top_set(evidence: Evidence, pairs: Mapping[tuple[str, str], PairVerdict]) -> tuple[str, ...]:
    """The leader and the complete models that it does not beat, in order of merit."""
    if evidence.leader is None:
        return ()
    rest = evidence.complete[1:]
    return (evidence.leader, *(n for n in rest if pairs[evidence.leader, n].verdict != "better"))
