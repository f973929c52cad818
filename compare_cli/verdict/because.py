"""Why the verdict says so: one sentence per reason, each naming the field of the result that proves it."""

from __future__ import annotations

from collections.abc import Mapping

from compare_cli.types import PairVerdict
from compare_cli.verdict.evidence import Evidence
from compare_cli.verdict.inputs import Baseline, MetricFacts
from compare_cli.verdict.sentences import what_would_decide
from compare_cli.verdict.wording import amount, counted, decimals, listed, p_value, probability

PAIRS_TOLD = 4  # of a large top set only the closest contenders are told one by one


def contender(pair: PairVerdict, metric: MetricFacts) -> str:
    """Return how far the leader and a member of the top set are apart, and how sure that is."""
    if pair.delta is None or pair.se is None:
        why = what_would_decide(pair)
        return f"{pair.left} and {pair.right} could not be compared: {why} (pairs.verdict)."
    digits = decimals(pair.se, metric)
    apart = amount(abs(pair.delta), metric, digits).removesuffix(" pt")
    gap = f"{pair.left} and {pair.right} differ by {apart} ± {amount(pair.se, metric, digits)}"
    if pair.verdict == "identical":
        return f"{pair.left} and {pair.right} score the same throughout (pairs.delta, pairs.se)."
    if pair.p_positive is None or pair.p_equivalent is None:
        return f"{gap}: the same throughout, so there is no spread to judge it by (pairs.delta, pairs.se)."
    if pair.verdict == "equivalent":
        sure = f"{probability('P', pair.p_equivalent)} that it does not matter (pairs.p_equivalent)"
    else:
        sure = f"{probability('P', pair.p_positive)} that {pair.left} is better (pairs.p_positive)"
    return f"{gap} (pairs.delta, pairs.se); {sure}."


def beaten(leader: str, pairs: Mapping[str, PairVerdict]) -> str:
    """Return whom the leader beats, and how surely at least."""
    many = [pair.p_adjusted for pair in pairs.values() if pair.p_adjusted is not None]
    if len(pairs) > 1 and len(many) == len(pairs):
        most = p_value("adjusted p", max(many))
        return f"{leader} beats {listed(list(pairs))}: {most} at most (pairs.p_adjusted)."
    least = min(pair.p_positive or 0.0 for pair in pairs.values())
    sure = probability("P", least)
    return f"{leader} beats {listed(list(pairs))}: {sure} that it is better (pairs.p_positive)."


def advice(pair: PairVerdict, row: str | None = "row") -> str:
    """Return what would decide an undecided pair, with the fields that say so."""
    field = {
        "more_repeats": "pairs.p_decided_by_repeats",
        "more_data": "pairs.rows_needed",
        "no_spread": "pairs.se",
    }.get(pair.undecided_reason or "", "pairs.undecided_reason")
    half = ""
    if pair.undecided_reason == "more_data" and pair.rows_needed is not None:
        half = ", with chance about one half if the difference holds"
    return f"To decide between {pair.left} and {pair.right}: {what_would_decide(pair, row)}{half} ({field})."


def may_be_equivalent(pair: PairVerdict, chance: float) -> str:
    """Return the reason to repeat although no winner will come of it."""
    return (
        f"More repeats may still show that {pair.left} and {pair.right} are practically equivalent, "
        f"with chance {chance:.1g} (pairs.p_equivalent, pairs.se_floor)."
    )


def against_baseline(
    evidence: Evidence, beats: Mapping[str, bool | None], baseline: Baseline, metric: MetricFacts
) -> list[str]:
    """Return which models beat the baseline, or how close the best of them comes."""
    winners = [name for name in evidence.order if beats[name]]
    losers = [name for name in evidence.order if beats[name] is False]
    if not winners and not losers:
        return []
    if winners:
        not_all = f"; {listed(losers)} {'does' if len(losers) == 1 else 'do'} not" if losers else ""
        who = listed(winners) if losers or len(winners) == 1 else "All models"
        beat = "beats" if len(winners) == 1 else "beat"
        return [f"{who} {beat} {baseline.phrase}{not_all} (models.beats_baseline)."]
    best = evidence.posteriors.get((losers[0], baseline.name))
    if best is None:
        return []
    digits = decimals(best.se, metric)
    gap = amount(best.delta, metric, digits, sign=True).removesuffix(" pt")
    sure = "" if best.no_spread else f", {probability('P', best.p_positive)} that it is better"
    return [
        f"The best, {losers[0]}, differs from {baseline.phrase} by {gap} ± {amount(best.se, metric, digits)}"
        f"{sure} (pairs.delta, pairs.p_positive)."
    ]


def left_out(evidence: Evidence) -> list[str]:
    """Return which models lack scores, and that they are outside the top set."""
    total = evidence.repeats * evidence.folds
    what = "fold" if evidence.source == "folds" else "row"
    return [
        f"{name} is left out: no score on {lacking} of {counted(total, what)} (models.failures)."
        for name, lacking in evidence.partial.items()
    ]
