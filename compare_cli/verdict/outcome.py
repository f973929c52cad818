"""From the pairs to the verdict: its status, its sentence and the reasons behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from compare_cli.types import PairVerdict, Verdict
from compare_cli.verdict import because, sentences
from compare_cli.verdict.choice import SAME, Choice
from compare_cli.verdict.evidence import Evidence
from compare_cli.verdict.inputs import Baseline, MetricFacts
from compare_cli.verdict.paired import EQUIVALENT_FROM, student_quantile
from compare_cli.verdict.repeats import HOPELESS_BELOW, probability_equivalent_by_repeats

Status = Literal["better", "equivalent", "undecided", "single", "none"]


@dataclass(frozen=True)
class Case:
    """All that the verdict of one data set is put together from."""

    evidence: Evidence
    metric: MetricFacts
    baseline: Baseline | None
    pairs: Mapping[tuple[str, str], PairVerdict]
    beats: Mapping[str, bool | None]
    p_best: Mapping[str, float | None]
    top_set: tuple[str, ...]
    choice: Choice
    repeats_cap: int

    @property
    def leader(self) -> str:
        """The best complete model; there must be one."""
        return self.evidence.complete[0]

    @property
    def row(self) -> str | None:
        """What more of would shrink the standard error; None where it is not known how many there are."""
        if self.evidence.rows is None:
            return None
        return "row" if self.evidence.source == "folds" else "test row"

    def against(self, models: tuple[str, ...]) -> dict[str, PairVerdict]:
        """The pairs of the leader with ``models``."""
        return {name: self.pairs[self.leader, name] for name in models}

    @property
    def contenders(self) -> dict[str, PairVerdict]:
        """The rest of the top set, with their pairs with the leader."""
        return self.against(self.top_set[1:])

    @property
    def beaten(self) -> dict[str, PairVerdict]:
        """The complete models that the leader beats, with their pairs with it."""
        return self.against(tuple(n for n in self.evidence.complete if n not in self.top_set))


def none_beats(beats: Mapping[str, bool | None]) -> bool:
    """Whether no model with scores is known to beat the baseline, and at least one is known not to."""
    known = [value for value in beats.values() if value is not None]
    return bool(known) and not any(known) and None not in beats.values()


def conclude(case: Case) -> Verdict:
    """Return the verdict.

    ``better``: the leader beats every other complete model, and the baseline as far as that is known.
    ``equivalent``: the rest of the top set is practically equivalent to the leader. ``none``: no model has
    scores on every fold, or none beats the baseline. ``single``: one model has. Else ``undecided``. The
    reason is the undecided pair's, or what else kept a winner from being named.
    """
    status, reason, sentence = _outcome(case)
    if case.evidence.complete:
        sentence += sentences.left_out(list(case.evidence.partial))
        sentence += sentences.THESE_FITS if case.evidence.source == "rows" else ""
    return Verdict(
        status=status,
        reason=reason,
        recommended=case.choice.model if status != "none" else None,
        top_set=case.top_set,
        sentence=sentence,
        because=tuple(_reasons(case)),
    )


def _outcome(case: Case) -> tuple[Status, str, str]:
    """Status, reason (a short code) and sentence."""
    contenders, baseline = case.contenders if case.evidence.complete else {}, case.baseline
    if not case.evidence.complete:
        return "none", "no_scores", "No model has scores on every fold."
    if none_beats(case.beats) and baseline is not None:
        return "none", "baseline", sentences.none_beats(baseline)
    if len(case.evidence.complete) == 1:
        against = case.pairs.get((case.leader, baseline.name)) if baseline else None
        return "single", "one_model", sentences.single(case.leader, against, baseline, case.metric)
    if not contenders:
        if case.beats[case.leader] is False and baseline is not None:
            return "undecided", "baseline", sentences.leader_unproven(case.leader, baseline)
        return "better", "", sentences.better(case.leader, case.beaten, case.metric)
    if all(pair.verdict in SAME for pair in contenders.values()):
        return (
            "equivalent",
            "",
            sentences.equivalent(case.leader, contenders, case.metric, case.choice, case.row),
        )
    open_pairs = [pair for pair in contenders.values() if pair.verdict not in SAME]
    reason = open_pairs[0].undecided_reason or ""
    mean = float(case.evidence.columns[case.leader].mean())
    leads = sentences.leads(case.leader, mean, contenders, case.metric)
    advice = sentences.undecided(contenders, case.p_best, case.row)
    return "undecided", reason, f"{leads}{advice}{sentences.take(case.choice)}."


def _reasons(case: Case) -> list[str]:
    """The reasons, most important first."""
    against_baseline = (
        because.against_baseline(case.evidence, case.beats, case.baseline, case.metric)
        if case.baseline
        else []
    )
    if not case.evidence.complete or none_beats(case.beats):
        return [*against_baseline, *because.left_out(case.evidence)]
    told = list(case.contenders.values())[: because.PAIRS_TOLD]
    reasons = [because.contender(pair, case.metric) for pair in told]
    if len(case.contenders) > len(told):
        more = len(case.contenders) - len(told)
        reasons.append(f"{more} more of the top set are not beaten either (pairs.verdict).")
    if case.beaten:
        reasons.append(because.beaten(case.leader, case.beaten))
    undecided = next((pair for pair in told if pair.verdict == "undecided"), None)
    if undecided is not None:
        reasons += _advice(case, undecided)
    proof = [case.choice.proof] if case.choice.proof else []
    return [*reasons, *against_baseline, *proof, *because.left_out(case.evidence)]


def _advice(case: Case, pair: PairVerdict) -> list[str]:
    """What would decide the closest undecided pair, and whether repeats may show it to be equivalent."""
    advice = [because.advice(pair, case.row)]
    posterior = case.evidence.posteriors[pair.left, pair.right]
    if posterior is None or case.evidence.source == "rows":
        return advice
    chance = probability_equivalent_by_repeats(
        posterior.delta,
        posterior.se_floor,
        posterior.split_sd,
        case.evidence.repeats,
        case.repeats_cap,
        case.metric.rope - student_quantile(EQUIVALENT_FROM, posterior.df) * posterior.se_floor,
    )
    return [*advice, because.may_be_equivalent(pair, chance)] if chance >= HOPELESS_BELOW else advice
