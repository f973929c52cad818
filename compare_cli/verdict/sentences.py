"""The one sentence of a verdict and the reasons behind it, from its numbers.

Each reason (the functions ``reason_…``) names the field of the result that proves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, isfinite, log10

from compare_cli.metrics import Metric
from compare_cli.types import PairVerdict
from compare_cli.verdict.evidence import Baseline, Evidence
from compare_cli.verdict.many import chance_range
from compare_cli.verdict.paired import LEVEL

NO_LOOK = "the run ended before the verdict was due"
ONE_TEST_SET = " On one test set: what other training rows would change is allowed for, but not seen."


def better(leader: str, pairs: Mapping[str, PairVerdict], metric: Metric) -> str:
    """Return the sentence for a leader that beats all others.

    "tree beats logistic: +3.1 pt [0.6, 5.6], P = 0.98; by more than 1 pt P = 0.95."
    ``pairs`` maps the models that ``leader`` beats, in order of merit, to their pairs with it. With several,
    the one that came closest (least certainly beaten) is told, with its adjusted p-value; how surely it is
    beaten by more than the ROPE is not, as no probability of that was calibrated (docs/statistics.md).
    """
    others = list(pairs)
    closest = min(others, key=lambda name: abs(pairs[name].delta or 0) / (pairs[name].se or 1))
    pair = pairs[closest]
    told = _difference(pair, metric)
    if len(others) == 1:
        sure, margin = probability("P", pair.p_positive or 0.0), probability("P", pair.p_better or 0.0)
        return f"{leader} beats {closest}: {told}, {sure}; by more than {rope_width(metric)} {margin}."
    whom = listed(others) if len(others) < 4 else f"all {len(others)} others"
    adjusted = p_value("adjusted p", pair.p_leader if pair.p_leader is not None else 1.0)
    return f"{leader} beats {whom}; {closest} comes closest: {told}, {adjusted}."


def equivalent(
    leader: str, pairs: Mapping[str, PairVerdict], metric: Metric, advice: str = "", row: str | None = "row"
) -> str:
    """Return the sentence for a top set whose members are as good as its leader.

    "Practically equivalent: within ±1 pt with P = 0.96; take logistic, which is simpler."
    ``pairs`` maps the rest of the top set to their pairs with the leader; ``advice`` says which one to take.
    """
    width = f"within ±{rope_width(metric)}"
    if all(pair.verdict == "identical" for pair in pairs.values()):
        every = row if row == "test row" else "fold"
        same = "same predictions" if _known(pairs) else f"same score on every {every}"
        return f"Identical: {listed([leader, *pairs])} give the {same}{advice}."
    least = min(pair.p_equivalent or 0.0 for pair in pairs.values())
    sure = probability("P", least)
    if len(pairs) == 1:
        return f"Practically equivalent: {width} with {sure}{advice}."
    at_least = sure if ">" in sure else sure.replace("=", "≥")
    names = listed(list(pairs))
    return f"Practically equivalent: {names} lie {width} of {leader} with {at_least}{advice}."


def leads(
    leader: str, mean: float, pairs: Mapping[str, PairVerdict], metric: Metric, *, looked: bool = True
) -> str:
    """Return "mlp leads (71.3 %), not proven; tree is 2.6 pt behind", without a full stop.

    ``mean`` is the leader's mean score, higher being better; ``pairs`` maps the rest of the top set, in order
    of merit, to their pairs with the leader. Models with its very score lead with it. Before the first look
    (not ``looked``) nothing is said of proof: "mlp leads so far (71.3 %); tree is 2.6 pt behind".
    """
    shown = score(mean if metric.higher_is_better else -mean, metric)
    level = [name for name, pair in pairs.items() if pair.delta == 0]
    first = [leader, *level]
    behind = next((pair for name, pair in pairs.items() if name not in level), None)
    if behind is None:
        return f"{listed(first)} score the same ({shown})" + ", neither is proven better" * looked
    lead = f"{listed(first)} {'leads' if len(first) == 1 else 'lead'}"
    lead += f" ({shown}), not proven" if looked else f" so far ({shown})"
    if behind.delta is None:
        return f"{lead}; {behind.right} could not be compared with it"
    gap = _gap(behind.delta, metric)
    return f"{lead}; {behind.right} is {gap} behind"


def undecided(
    pairs: Mapping[str, PairVerdict],
    top_set: Sequence[str],
    p_best: Mapping[str, float | None],
    row: str | None = "row",
    level: float = LEVEL,
) -> str:
    """Return what follows `leads`: what would decide between two models, or who else may be the best.

    ": repeats cannot settle this; about 800 rows would", ". Top set: mlp, tree (best: mlp, P 0.3 to 0.7)".
    ``pairs`` maps the models that are told of to their pairs with the leader. Among more than two models a
    chance is a range: a figure would claim more than is known.
    """
    if len(pairs) == 1 and len(p_best) == 2:
        pair = next(iter(pairs.values()))
        sure = f" ({_asked(pair.p_positive, level)})" if pair.p_positive is not None and pair.delta else ""
        return f"{sure}: {what_would_decide(pair, row)}"
    near = level < LEVEL and any(p.p_leader is not None and p.p_leader <= LEVEL for p in pairs.values())
    early = f" (adjusted p {level:g} is asked for before the last look)" if near else ""
    if len(top_set) < 2:
        return early
    best = max(top_set, key=lambda name: p_best.get(name) or 0.0)
    p = p_best.get(best)
    told = "" if p is None else f" (best: {best}, {chance(p)})"
    return f"{early}. Top set: {', '.join(top_set)}{told}"


def _asked(p: float, level: float) -> str:
    """``P = 0.81``; at a look before the last, which asks for more, also what it asks for."""
    early = level < LEVEL and p >= 1 - LEVEL / 2
    return unproven(p) + (f", {1 - level / 2:.3g} is asked for before the last look" if early else "")


def what_would_decide(pair: PairVerdict, row: str | None = "row") -> str:
    """Return what would decide an undecided pair: "about 4 more repeats would decide with chance 0.6".

    ``row`` names what there could be more of: "test row" for a test set; None where it is not known how
    many there are.
    """
    if pair.undecided_reason == "no_spread":
        same = "difference" if pair.delta else "score"
        every = row if row == "test row" else "fold"
        by_rows = f"more {row or 'row'}s would"
        return f"the {same} is the same on every {every}, so nothing shows how sure it is; {by_rows}"
    if pair.undecided_reason == "not_computed":
        return "no repeat has scores of both models on two or more folds"
    if pair.undecided_reason == "more_repeats":
        more = pair.repeats_suggested or 0
        if pair.p_decided_by_repeats is None:
            return f"run {counted(more + 1, 'repeat')} first, one cannot show what repeats would bring"
        chance = "> 0.9" if pair.p_decided_by_repeats > 0.94 else f"{pair.p_decided_by_repeats:.1g}"
        return f"about {counted(more, 'more repeat')} would decide with chance {chance}"
    can = "repeats cannot settle this" if pair.split_sd is not None else "this data cannot settle it"
    if row is None:
        return f"{can}; only more data would"
    if pair.rows_needed is None and (pair.delta_low or 0.0) > 0:
        return f"{pair.left} does not surely beat the baseline"  # else it would have won
    if pair.rows_needed is None:
        return f"{can}, nor would 100 times the {row}s"
    return f"{can}; about {counted(pair.rows_needed, row)} would"


def single(model: str, against: PairVerdict | None, baseline: Baseline | None, metric: Metric) -> str:
    """Return the sentence for one model that has scores, and its pair with the baseline if there is one."""
    alone = f"Only {model} has scores on every fold: there is nothing to compare it with"
    if against is None or baseline is None or against.delta_low is None:
        return f"{alone}."
    return f"{alone}. Against {baseline.phrase}: {_difference(against, metric)}."


def none_beats(best: PairVerdict | None, baseline: Baseline, metric: Metric) -> str:
    """Return "No model beats always answering X.", or that none surely does where one is ahead.

    ``best`` is the pair of the leader with the baseline.
    """
    if best is None or best.delta is None or best.delta <= 0:
        return f"No model beats {baseline.phrase}."
    gap = _gap(best.delta, metric)
    sure = "" if best.p_positive is None else f" ({probability('P', best.p_positive)})"
    return f"No model surely beats {baseline.phrase}: {best.left} is {gap} ahead{sure}."


def left_out(models: Sequence[str], ahead: Sequence[str] = ()) -> str:
    """Return " Left out for missing scores: mlp." with its leading space, or nothing.

    ``ahead`` are those of them that beat the leader on the repeats in which both have all scores.
    """
    beat = "beats" if len(ahead) == 1 else "beat"
    but = f" Where both have scores, {listed(ahead)} {beat} the leader." if ahead else ""
    return f" Left out for missing scores: {listed(models)}.{but}" if models else ""


def _gap(delta: float, metric: Metric) -> str:
    """How far one model is behind another: ``2.6 pt``, ``0.04 pt``, ``0.031``."""
    return amount(delta, metric, decimals(10 * delta if metric.rate else delta, metric))


def _difference(pair: PairVerdict, metric: Metric) -> str:
    """The difference of a pair with its interval; both are there for every pair that is computed."""
    return difference(pair.delta or 0.0, pair.delta_low or 0.0, pair.delta_high or 0.0, metric)


def _known(pairs: Mapping[str, PairVerdict]) -> bool:
    """Whether the predictions of all pairs were compared."""
    return all(pair.disagreement is not None for pair in pairs.values())


def reason_contender(pair: PairVerdict, metric: Metric) -> str:
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
    elif pair.p_better_shrunk is not None and pair.p_leader is not None:
        sure = f"{p_value('adjusted p', pair.p_leader)} (pairs.p_leader)"
    else:
        sure = f"{unproven(pair.p_positive)} that {pair.left} is better (pairs.p_positive)"
    return f"{gap} (pairs.delta, pairs.se); {sure}."


def reason_beaten(leader: str, pairs: Mapping[str, PairVerdict]) -> str:
    """Return whom the leader beats, and how surely at least."""
    many = [pair.p_leader for pair in pairs.values() if pair.p_leader is not None]
    if len(pairs) > 1 and len(many) == len(pairs):
        most = p_value("adjusted p", max(many))
        return f"{leader} beats {listed(list(pairs))}: {most} at most (pairs.p_leader)."
    least = min(pair.p_positive or 0.0 for pair in pairs.values())
    sure = probability("P", least)
    return f"{leader} beats {listed(list(pairs))}: {sure} that it is better (pairs.p_positive)."


def reason_advice(pair: PairVerdict, row: str | None = "row") -> str:
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


def reason_may_be_equivalent(pair: PairVerdict, chance: float) -> str:
    """Return the reason to repeat although no winner will come of it."""
    return (
        f"More repeats may still show that {pair.left} and {pair.right} are practically equivalent, "
        f"with chance {chance:.1g} (pairs.p_equivalent, pairs.se_floor)."
    )


def reason_against_baseline(
    evidence: Evidence, beats: Mapping[str, bool | None], metric: Metric
) -> list[str]:
    """Return which models beat the baseline, or how close the best of them comes."""
    baseline = evidence.baseline
    winners = [name for name in evidence.order if beats[name]]
    losers = [name for name in evidence.order if beats[name] is False]
    if baseline is None or not (winners or losers):
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


def reason_left_out(evidence: Evidence) -> list[str]:
    """Return which models lack scores, and that they are outside the top set."""
    total = evidence.repeats * evidence.folds
    what = "fold" if evidence.source == "folds" else "row"
    return [
        f"{name} is left out: no score on {lacking} of {counted(total, what)} (models.failures)."
        for name, lacking in evidence.partial.items()
    ]


def reason_mcnemar(left: str, right: str, left_only: int, right_only: int, p: float) -> str:
    """Return McNemar's test of two models; see `paired.exact_mcnemar`."""
    return (
        f"{left} alone is right on {counted(left_only, 'row')}, {right} alone on {right_only:,}: "
        f"exact McNemar {p_value('p', p)} for these two fits (other training rows: pairs.p_positive)."
    )


def probability(name: str, p: float) -> str:
    """``P = 0.81``; ``P > 0.99`` and ``P < 0.01`` where two decimals would claim certainty."""
    if p > 0.99:
        return f"{name} > 0.99"
    return f"{name} < 0.01" if p < 0.01 else f"{name} = {p:.2f}"


def chance(p_best: float) -> str:
    """``P > 0.9``, ``P 0.3 to 0.7``, ``P < 0.2``: what may be said of a chance to be the best."""
    low, high = chance_range(p_best)
    if low and high < 1:
        return f"P {low:g} to {high:g}"
    return f"P > {low:g}" if low else f"P < {high:g}"


def unproven(p: float) -> str:
    """``P = 0.81`` of what is not proven: never ``P > 0.99``."""
    return f"P = {min(p, 0.99):.2f}"


def p_value(name: str, p: float) -> str:
    """``p = 0.012``, never below ``p < 0.001``."""
    return f"{name} < 0.001" if p < 0.001 else f"{name} = {p:.2g}"


def decimals(half_width: float, metric: Metric) -> int:
    """How many decimals show two digits of ``half_width``: at least 1, at most 4 (6 for plain numbers)."""
    shown = abs(half_width) * (100 if metric.rate else 1)
    if shown == 0 or not isfinite(shown):
        return 1 if metric.rate else 3
    return min(max(1 - floor(log10(shown)), 1), 4 if metric.rate else 6)


def amount(value: float, metric: Metric, digits: int, sign: bool = False) -> str:
    """``3.1 pt`` or ``0.031``: a difference in the metric's own way of telling, with ``digits`` decimals."""
    number = round(value * (100 if metric.rate else 1), digits) + 0.0  # + 0.0 turns -0.0 into 0.0
    return f"{number:{'+' if sign else ''}.{digits}f}{' pt' if metric.rate else ''}"


def rope_width(metric: Metric) -> str:
    """``1 pt`` or ``0.0069``: the ROPE in two significant digits."""
    return f"{100 * metric.rope:.3g} pt" if metric.rate else f"{metric.rope:.2g}"


def difference(delta: float, low: float, high: float, metric: Metric) -> str:
    """``+3.1 pt [0.6, 5.6]``; for a lower-is-better metric ``log loss 0.031 lower [0.006, 0.056]``.

    Δ > 0 always means better; the interval is of the same quantity, without its unit.
    """
    digits = decimals((high - low) / 2, metric)
    factor = 100 if metric.rate else 1
    bounds = f"[{factor * low + 0.0:.{digits}f}, {factor * high + 0.0:.{digits}f}]"
    if not metric.higher_is_better:
        way = "lower" if delta >= 0 else "higher"
        if delta < 0:
            bounds = f"[{-factor * high + 0.0:.{digits}f}, {-factor * low + 0.0:.{digits}f}]"
        return f"{metric.label} {amount(abs(delta), metric, digits)} {way} {bounds}"
    name = "" if metric.name == "accuracy" else f"{metric.label} "
    return f"{name}{amount(delta, metric, digits, sign=True)} {bounds}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def counted(count: int, noun: str) -> str:
    """``1 repeat``, ``3 repeats``, ``3,000 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """``0.21 ms``, ``8.3 ms``, ``140 ms``, ``1.2 s``: two significant digits, no more than timings carry."""
    if not isfinite(seconds):
        return "an unknown time"
    if seconds < 0:
        return f"−{duration(-seconds)}"
    rounded = float(f"{seconds:.1e}")
    value, unit = (rounded, "s") if rounded >= 1 else (1000 * rounded, "ms")
    if value == 0:
        return "0 ms"
    return f"{value:.{max(1 - floor(log10(value)), 0)}f} {unit}"


def score(value: float, metric: Metric) -> str:
    """``71.3 %``, ``roc auc 93.1 %``, ``log loss 0.312``: a score in the metric's own way of telling."""
    name = "" if metric.name == "accuracy" else f"{metric.label} "
    return f"{name}{100 * value:.1f} %" if metric.rate else f"{name}{value:.3f}"
