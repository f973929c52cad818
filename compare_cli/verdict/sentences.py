"""The one sentence of a verdict, from its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compare_cli.types import PairVerdict
from compare_cli.verdict.choice import Choice
from compare_cli.verdict.inputs import Baseline, MetricFacts
from compare_cli.verdict.wording import (
    amount,
    counted,
    decimals,
    difference,
    listed,
    p_value,
    probability,
    rope_width,
    score,
)

THESE_FITS = " This speaks of these fits on one test set, not of the way of fitting."


def better(leader: str, pairs: Mapping[str, PairVerdict], metric: MetricFacts) -> str:
    """Return the sentence for a leader that beats all others.

    "tree beats logistic: +3.1 pt [0.6, 5.6], P = 0.98; by more than 1 pt P = 0.95."
    ``pairs`` maps the models that ``leader`` beats, in order of merit, to their pairs with it. With several,
    the one that came closest (least certainly beaten) is told, with its adjusted p-value.
    """
    others = list(pairs)
    closest = min(others, key=lambda name: abs(pairs[name].delta or 0) / (pairs[name].se or 1))
    pair = pairs[closest]
    told = _difference(pair, metric)
    sure = probability("P", pair.p_positive or 0.0)
    margin = f"by more than {rope_width(metric)} {probability('P', pair.p_better or 0.0)}."
    if len(others) == 1:
        return f"{leader} beats {closest}: {told}, {sure}; {margin}"
    whom = listed(others) if len(others) < 4 else f"all {len(others)} others"
    adjusted = p_value("adjusted p", pair.p_adjusted if pair.p_adjusted is not None else 1.0)
    return f"{leader} beats {whom}; {closest} comes closest: {told}, {adjusted}; {margin}"


def equivalent(
    leader: str,
    pairs: Mapping[str, PairVerdict],
    metric: MetricFacts,
    choice: Choice,
    row: str | None = "row",
) -> str:
    """Return the sentence for a top set whose members are as good as its leader.

    "Practically equivalent: within ±1 pt with P = 0.96; take logistic, which is simpler."
    ``pairs`` maps the rest of the top set to their pairs with the leader.
    """
    width = f"within ±{rope_width(metric)}"
    if all(pair.verdict == "identical" for pair in pairs.values()):
        every = row if row == "test row" else "fold"
        same = "same predictions" if _known(pairs) else f"same score on every {every}"
        return f"Identical: {listed([leader, *pairs])} give the {same}{take(choice)}."
    least = min(pair.p_equivalent or 0.0 for pair in pairs.values())
    sure = probability("P", least)
    if len(pairs) == 1:
        return f"Practically equivalent: {width} with {sure}{take(choice)}."
    at_least = sure if ">" in sure else sure.replace("=", "≥")
    names = listed(list(pairs))
    return f"Practically equivalent: {names} lie {width} of {leader} with {at_least}{take(choice)}."


def leads(leader: str, mean: float, pairs: Mapping[str, PairVerdict], metric: MetricFacts) -> str:
    """Return "mlp leads (71.3 %), not proven; tree is 2.6 pt behind", without a full stop.

    ``mean`` is the leader's mean score, higher being better; ``pairs`` maps the rest of the top set, in order
    of merit, to their pairs with the leader. Models with its very score lead with it.
    """
    shown = score(mean if metric.higher_is_better else -mean, metric)
    level = [name for name, pair in pairs.items() if pair.delta == 0]
    first = [leader, *level]
    behind = next((pair for name, pair in pairs.items() if name not in level), None)
    if behind is None:
        return f"{listed(first)} score the same ({shown}), neither is proven better"
    lead = f"{listed(first)} {'leads' if len(first) == 1 else 'lead'} ({shown}), not proven"
    if behind.delta is None:
        return f"{lead}; {behind.right} could not be compared with it"
    gap = amount(behind.delta, metric, decimals(10 * behind.delta if metric.points else behind.delta, metric))
    sure = "" if behind.p_positive is None or len(pairs) > 1 else f" ({probability('P', behind.p_positive)})"
    return f"{lead}; {behind.right} is {gap} behind{sure}"


def undecided(
    pairs: Mapping[str, PairVerdict], p_best: Mapping[str, float | None], row: str | None = "row"
) -> str:
    """Return what follows `leads`: what would decide between two models, or who else may be the best.

    ": repeats cannot settle this; about 800 rows would" or ". Top set: mlp, logistic (best: mlp, P = 0.44)".
    ``pairs`` maps the rest of the top set to their pairs with the leader.
    """
    leader = next(iter(pairs.values())).left
    if len(pairs) == 1 and len(p_best) == 2:
        return f": {what_would_decide(pairs[next(iter(pairs))], row)}"
    best = max([leader, *pairs], key=lambda name: p_best.get(name) or 0.0)
    p = p_best.get(best)
    told = "" if p is None else f" (best: {best}, {probability('P', p)})"
    return f". Top set: {', '.join([leader, *pairs])}{told}"


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
    if pair.rows_needed is None:
        return f"{can}, nor would 100 times the {row}s"
    return f"{can}; about {counted(pair.rows_needed, row)} would"


def single(model: str, against: PairVerdict | None, baseline: Baseline | None, metric: MetricFacts) -> str:
    """Return the sentence for one model that has scores, and its pair with the baseline if there is one."""
    alone = f"Only {model} has scores on every fold: there is nothing to compare it with"
    if against is None or baseline is None or against.delta_low is None:
        return f"{alone}."
    return f"{alone}. Against {baseline.phrase}: {_difference(against, metric)}."


def none_beats(baseline: Baseline) -> str:
    """Return "No model beats always answering X."."""
    return f"No model beats {baseline.phrase}."


def left_out(models: Sequence[str]) -> str:
    """Return " Left out for missing scores: mlp." with its leading space, or nothing."""
    return f" Left out for missing scores: {listed(models)}." if models else ""


def leader_unproven(leader: str, baseline: Baseline) -> str:
    """Return the sentence for a leader that beats all other models, but not surely the baseline."""
    return f"Not decided: {leader} beats the other models, but not surely {baseline.phrase}."


def take(choice: Choice) -> str:
    """Return "; take logistic, which is simpler", or nothing where nothing explains the choice."""
    return f"; take {choice.model}, {choice.why}" if choice.why else ""


def _difference(pair: PairVerdict, metric: MetricFacts) -> str:
    """The difference of a pair with its interval; both are there for every pair that is computed."""
    return difference(pair.delta or 0.0, pair.delta_low or 0.0, pair.delta_high or 0.0, metric)


def _known(pairs: Mapping[str, PairVerdict]) -> bool:
    """Whether the predictions of all pairs were compared."""
    return all(pair.disagreement is not None for pair in pairs.values())
