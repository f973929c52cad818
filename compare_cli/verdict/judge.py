"""The verdict on one data set: scores of all models in, numbers and sentences out.

On one test set (`row_evidence`) rows are what varies instead of folds. How much a model changes with its
training rows is not seen there, so the margin only allows for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.metrics import Metric
from compare_cli.types import PairVerdict, Verdict
from compare_cli.verdict import sentences
from compare_cli.verdict.choice import SAME, SIMPLEST, Choice, Preference, beaten_models, choose
from compare_cli.verdict.evidence import (
    Baseline,
    Evidence,
    Pair,
    Predictions,
    beats_baseline,
    gather,
    judge_pairs,
)
from compare_cli.verdict.many import chance_range, joint_evidence, supported_chances
from compare_cli.verdict.paired import (
    EQUIVALENT_FROM,
    LEVEL,
    PairPosterior,
    exact_mcnemar,
    pair_posterior,
    row_posterior,
    student_quantile,
)
from compare_cli.verdict.repeats import HOPELESS_BELOW, REPEATS_CAP, probability_equivalent_by_repeats

Floats = NDArray[np.float64]
Status = Literal["better", "equivalent", "undecided", "single", "none"]
DEFAULT_BASELINE = Baseline("dummy")
FEWEST_BEST = 0.01  # P(best) from which a model may be in the top set
PAIRS_TOLD = 4  # of a large top set only the closest contenders are told one by one


@dataclass(frozen=True)
class Judgement:
    """Everything that the scores say, in numbers.

    ``pairs`` are in order of merit, left before right. ``p_best`` (None where it cannot be computed),
    ``p_best_shrunk`` (the same, see `many`; None for fewer than three models) and ``beats_baseline``
    (None where unknown) have one value per real model. ``top_set`` begins with the leader.
    ``verdict`` says the same in sentences.
    """

    evidence: Evidence
    pairs: tuple[PairVerdict, ...]
    p_best: Mapping[str, float | None]
    p_best_shrunk: Mapping[str, float | None]
    beats_baseline: Mapping[str, bool | None]
    top_set: tuple[str, ...]
    verdict: Verdict

    @property
    def order(self) -> tuple[str, ...]:
        """All models in order of merit: complete, partial, failed; the baseline last."""
        ends_with = (self.evidence.baseline.name,) if self.evidence.baseline else ()
        return (*self.evidence.order, *ends_with)

    @property
    def leader(self) -> str | None:
        """The best of the models that have all scores."""
        return self.evidence.leader

    @property
    def decided(self) -> bool:
        """Whether the leader is better than, or as good as, each other model that has all scores."""
        others = {name for name in self.evidence.complete if name != self.leader}
        pairs = [pair for pair in self.pairs if pair.left == self.leader and pair.right in others]
        return bool(pairs) and all(pair.verdict == "better" or pair.verdict in SAME for pair in pairs)

    @property
    def in_top_set(self) -> dict[str, bool]:
        """Whether each real model is in the top set."""
        return {name: name in self.top_set for name in self.evidence.registry}

    def chance_range(self, model: str) -> tuple[float, float] | tuple[None, None]:
        """Return what is said of a model's chance to be the best (see `many.chance_range`), if anything."""
        known = self.p_best_shrunk.get(model)
        return (None, None) if known is None else chance_range(known)

    def pair(self, left: str, right: str) -> PairVerdict | None:
        """Return the pair of these two as it is stored, whichever of them is its left one."""
        return next((pair for pair in self.pairs if {pair.left, pair.right} == {left, right}), None)


def judge(
    scores: Mapping[str, Floats],
    *,
    metric: Metric,
    rows: int | None,
    baseline: Baseline | None = DEFAULT_BASELINE,
    predictions: Predictions | None = None,
    test_share: float | None = None,
    repeats_cap: int = REPEATS_CAP,
    seed: int = 0,
) -> Judgement:
    """Judge models by their scores on shared folds.

    ``scores`` maps models, in registry order, to (r, k) arrays in the metric's own direction: r repeats of k
    folds, the same splits for all, NaN where a fit failed (see `evidence` for what then takes part).
    ``metric`` has the ROPE. ``rows`` are the rows of the data set (None where unknown: then nothing says
    how many more would decide). ``predictions(left, right)`` tells how two models' predictions differ, or
    None where unknown. ``test_share`` is the mean n_test/n_train (default 1/(k-1)). ``repeats_cap`` is how
    many repeats could be run at most: 1 where the protocol knows no repeats.

    Arrays of different shapes are a ValueError; failures, single folds and missing spread never are.
    """
    evidence = fold_evidence(scores, metric, rows, baseline, test_share)
    return judge_evidence(evidence, metric, predictions=predictions, repeats_cap=repeats_cap, seed=seed)


def fold_evidence(
    scores: Mapping[str, Floats],
    metric: Metric,
    rows: int | None,
    baseline: Baseline | None = DEFAULT_BASELINE,
    test_share: float | None = None,
    *,
    cautious: bool = False,
    level: float = LEVEL,
) -> Evidence:
    """Return what scores (r, k) on shared folds show of each pair, to be decided at ``level``.

    ``cautious`` is for groups, and for classes of fewer than 50 rows (see `pair_posterior`). The rest is as
    for `judge`.
    """

    def posterior(d: Floats) -> PairPosterior | None:
        if d.size < 2 or (d.shape[1] < 2 and test_share is None):
            return None
        return pair_posterior(d, metric.rope, test_share, cautious=cautious)

    return gather(
        scores,
        posterior,
        source="folds",
        higher_is_better=metric.higher_is_better,
        baseline=baseline,
        rows=rows,
        cautious=cautious,
        level=level,
    )


def row_evidence(
    scores: Mapping[str, Floats],
    metric: Metric,
    train_rows: int | None = None,
    baseline: Baseline | None = DEFAULT_BASELINE,
    *,
    df: int | None = None,
    level: float = LEVEL,
) -> Evidence:
    """Return what scores of each row of one test set show of each pair, to be decided at ``level``.

    ``scores`` maps models, in registry order, to (seeds, n_test) arrays of what one row adds to the mean
    score: 1 for right and 0 for wrong (accuracy), -log p of the true class (log loss); NaN in a seed whose
    fit failed. For scores that are no mean over rows, such as AUC, these are pseudo-values (see
    `compare_cli.metrics.pseudo_values`). Rows are averaged over the seeds, which are no folds and say
    nothing of other rows. ``train_rows`` is how many rows each fit learnt from, ``df`` the degrees of
    freedom (see `paired.row_posterior` for both).
    """
    return gather(
        scores,
        lambda d: row_posterior(d.mean(axis=0), metric.rope, df, train_rows),
        source="rows",
        higher_is_better=metric.higher_is_better,
        baseline=baseline,
        rows=next(iter(scores.values())).shape[-1] if scores else 0,
        level=level,
    )


def _mcnemar(evidence: Evidence) -> list[str]:
    """McNemar's test of the leader and the next best, where both are right or wrong on every row."""
    best = evidence.complete[:2] if evidence.source == "rows" else ()
    if len(best) < 2 or not all(np.isin(evidence.columns[name], (0.0, 1.0)).all() for name in best):
        return []
    right = [evidence.columns[name].mean(axis=0) for name in best]
    return [sentences.reason_mcnemar(best[0], best[1], *exact_mcnemar(*right))]


def judge_evidence(
    evidence: Evidence,
    metric: Metric,
    *,
    prefer: Preference = SIMPLEST,
    predictions: Predictions | None = None,
    repeats_cap: int = REPEATS_CAP,
    seed: int = 0,
) -> Judgement:
    """Judge models by evidence of folds or of one test set; there McNemar stands beside right and wrong.

    ``prefer`` says which of several models that are as good is recommended (see `choice`). ``seed`` is that
    of the draws for more than two models; the rest is as for `judge`.
    """
    joint = joint_evidence(evidence, metric.rope, seed)
    pairs = judge_pairs(evidence, joint, metric=metric, predictions=predictions, repeats_cap=repeats_cap)
    beats = {name: beats_baseline(evidence, name, metric) for name in evidence.registry}
    pairs = {names: _without_idle_winner(pair, beats) for names, pair in pairs.items()}
    shrunk = supported_chances(joint.p_best_shrunk, pairs)
    choice = choose(evidence, pairs, beats, metric, critical=joint.critical_no_worse, prefer=prefer)
    judged = Judgement(
        evidence=evidence,
        pairs=tuple(pairs.values()),
        p_best={name: joint.p_best.get(name) for name in evidence.registry},
        p_best_shrunk={name: shrunk.get(name) for name in evidence.registry},
        beats_baseline=beats,
        top_set=_top_set(evidence, pairs, shrunk or joint.p_best),
        verdict=Verdict("none"),
    )
    verdict = conclude(judged, metric, choice, repeats_cap)
    return replace(judged, verdict=replace(verdict, because=(*verdict.because, *_mcnemar(evidence))))


def _without_idle_winner(pair: PairVerdict, beats: Mapping[str, bool | None]) -> PairVerdict:
    """Take back "better" from a model that does not beat the baseline: nothing was learnt, so nothing is won.

    On noise, cross-validation pushes models that follow the class shares of the training rows below the
    baseline, and others would beat them for that alone.
    """
    winner = {"better": pair.left, "worse": pair.right}.get(pair.verdict)
    if winner is None or beats.get(winner) is not False or {pair.left, pair.right} - set(beats):
        return pair
    return replace(pair, verdict="undecided", undecided_reason="more_data")


def _top_set(
    evidence: Evidence, pairs: Mapping[Pair, PairVerdict], p_best: Mapping[str, float | None]
) -> tuple[str, ...]:
    """The leader and the complete models that none of them beats and that may be the best, in order of merit.

    A model may be where its chance is .01 or more, together with models of the same predictions.
    """
    if evidence.leader is None:
        return ()

    def may_be_best(name: str) -> bool:
        same = [p for p in evidence.complete if p == name or _identical(pairs, p, name)]
        known = [chance for chance in map(p_best.get, same) if chance is not None]
        return not known or sum(known) >= FEWEST_BEST

    complete = {pair: verdict for pair, verdict in pairs.items() if set(pair) <= set(evidence.complete)}
    beaten = set(beaten_models(complete))
    rest = [name for name in evidence.complete[1:] if name not in beaten]
    return (evidence.leader, *(name for name in rest if may_be_best(name)))


def _identical(pairs: Mapping[Pair, PairVerdict], one: str, other: str) -> bool:
    pair = pairs.get((one, other)) or pairs.get((other, one))
    return pair is not None and pair.verdict == "identical"


def none_beats(beats: Mapping[str, bool | None]) -> bool:
    """Whether of every model it is known that it does not surely beat the baseline."""
    return bool(beats) and all(value is False for value in beats.values())


def conclude(judged: Judgement, metric: Metric, choice: Choice, repeats_cap: int) -> Verdict:
    """Return the verdict in words.

    ``better``: the leader beats every other complete model, and the baseline as far as that is known.
    ``equivalent``: the rest of the top set is practically equivalent to the leader. ``none``: no model has
    scores on every fold, or none beats the baseline. ``single``: one model has. Else ``undecided``. The
    reason is the undecided pair's, or what else kept a winner from being named.
    """
    evidence = judged.evidence
    status, reason, sentence = _outcome(judged, metric, choice)
    if evidence.complete:
        ahead = [p.right for p in judged.pairs if p.left == judged.leader and p.verdict == "worse"]
        sentence += sentences.left_out(list(evidence.partial), ahead)
        sentence += sentences.ONE_TEST_SET if evidence.source == "rows" else ""
    return Verdict(
        status=status,
        reason=reason,
        recommended=choice.model if status != "none" else None,
        top_set=judged.top_set,
        sentence=sentence,
        because=tuple(_reasons(judged, metric, choice.proof, repeats_cap)),
    )


def _with_leader(judged: Judgement, models: Iterable[str]) -> dict[str, PairVerdict]:
    """The pairs of the leader with each of ``models``."""
    return {pair.right: pair for pair in judged.pairs if pair.left == judged.leader and pair.right in models}


def _outcome(judged: Judgement, metric: Metric, choice: Choice) -> tuple[Status, str, str]:
    """Status, reason (a short code) and sentence."""
    evidence, leader, baseline = judged.evidence, judged.leader, judged.evidence.baseline
    if leader is None:
        return "none", "no_scores", "No model has scores on every fold."
    if none_beats(judged.beats_baseline) and baseline is not None:
        best = _with_leader(judged, [baseline.name]).get(baseline.name)
        return "none", "baseline", sentences.none_beats(best, baseline, metric)
    if len(evidence.complete) == 1:
        against = _with_leader(judged, [baseline.name]).get(baseline.name) if baseline else None
        return "single", "one_model", sentences.single(leader, against, baseline, metric)
    unbeaten = {n: p for n, p in _with_leader(judged, evidence.complete).items() if p.verdict != "better"}
    contenders = {name: pair for name, pair in unbeaten.items() if name in judged.top_set} or unbeaten
    if not contenders:
        return "better", "", sentences.better(leader, _with_leader(judged, evidence.complete), metric)
    if all(pair.verdict in SAME for pair in contenders.values()):
        return "equivalent", "", sentences.equivalent(leader, contenders, metric, choice.advice, evidence.row)
    mean, looked = float(evidence.columns[leader].mean()), evidence.level > 0
    leads = sentences.leads(leader, mean, contenders, metric, looked=looked)
    if not looked:
        return "undecided", "no_look", f"{leads}: {sentences.NO_LOOK}{choice.advice}."
    reason = next(pair.undecided_reason for pair in contenders.values() if pair.verdict not in SAME)
    known = {name: p for name, p in judged.p_best_shrunk.items() if p is not None}
    more = sentences.undecided(
        contenders, judged.top_set, known or judged.p_best, evidence.row, evidence.level
    )
    return "undecided", reason or "", f"{leads}{more}{choice.advice}."


def _reasons(judged: Judgement, metric: Metric, proof: str, repeats_cap: int) -> list[str]:
    """The reasons, most important first; ``proof`` is that of the recommendation."""
    evidence, leader = judged.evidence, judged.leader
    last = [
        *sentences.reason_against_baseline(evidence, judged.beats_baseline, metric),
        *([proof] if proof else []),
        *sentences.reason_left_out(evidence),
    ]
    if leader is None or none_beats(judged.beats_baseline):
        return last
    contenders = _with_leader(judged, judged.top_set)
    told = list(contenders.values())[:PAIRS_TOLD]
    reasons = [sentences.reason_contender(pair, metric) for pair in told]
    if len(contenders) > len(told):
        more = len(contenders) - len(told)
        are = "is" if more == 1 else "are"
        reasons.append(f"{more} more of the top set {are} not beaten either (pairs.verdict).")
    outside = _with_leader(judged, set(evidence.complete) - set(judged.top_set))
    if beaten := {name: pair for name, pair in outside.items() if pair.verdict == "better"}:
        reasons.append(sentences.reason_beaten(leader, beaten))
    undecided = next((pair for pair in told if pair.verdict == "undecided"), None)
    if undecided is not None and evidence.level:
        reasons += _advice(evidence, undecided, metric, repeats_cap)
    return [*reasons, *last]


def _advice(evidence: Evidence, pair: PairVerdict, metric: Metric, repeats_cap: int) -> list[str]:
    """What would decide the closest undecided pair, and whether repeats may show it to be equivalent."""
    advice = [sentences.reason_advice(pair, evidence.row)]
    posterior = evidence.posteriors[pair.left, pair.right]
    if posterior is None or evidence.source == "rows":
        return advice
    chance = probability_equivalent_by_repeats(
        posterior.delta,
        posterior.se_floor,
        posterior.split_sd,
        evidence.repeats,
        repeats_cap,
        metric.rope - student_quantile(EQUIVALENT_FROM, posterior.df) * posterior.se_floor,
    )
    if chance >= HOPELESS_BELOW:
        advice.append(sentences.reason_may_be_equivalent(pair, chance))
    return advice
