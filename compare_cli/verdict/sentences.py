"""The one sentence of a verdict, from its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compare_cli.types import PairVerdict
from compare_cli.verdict.cost import cheapest, saving
from compare_cli.verdict.inputs import Baseline, MetricFacts
from compare_cli.verdict.wording import counted, difference, listed, p_value, probability, rope_width

NOT_WORSE_FROM = 0.95  # P(Δ > -rope) from which an undecided left is called "not worse"
THESE_FITS = " This speaks of these fits on one test set, not of the way of fitting."


@dataclass(frozen=True)
class Choice:
    """The top set (order of merit), those of it that were chosen from, and the choice.

    ``worthy`` are the members that beat the baseline, or all where none does or nothing is known of it;
    ``seconds`` are (predict, fit) of each model.
    """

    top_set: tuple[str, ...]
    worthy: tuple[str, ...]
    recommended: str | None
    seconds: Mapping[str, tuple[float, float]]


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
    pairs: Mapping[str, PairVerdict], metric: MetricFacts, choice: Choice, row: str | None = "row"
) -> str:
    """Return the sentence for a top set whose members are as good as its leader.

    "Practically equivalent: within ±1 pt with P = 0.96; take logistic, it predicts 40 times faster."
    ``pairs`` maps the rest of the top set to their pairs with the leader.
    """
    width = f"within ±{rope_width(metric)}"
    if all(pair.verdict == "identical" for pair in pairs.values()):
        every = row if row == "test row" else "fold"
        same = "same predictions" if _known(pairs) else f"same score on every {every}"
        return f"Identical: {listed(choice.top_set)} give the {same}{take(choice)}."
    least = min(pair.p_equivalent or 0.0 for pair in pairs.values())
    sure = probability("P", least)
    if len(pairs) == 1:
        return f"Practically equivalent: {width} with {sure}{take(choice)}."
    names, leader = listed(choice.top_set), choice.top_set[0]
    at_least = sure if ">" in sure else sure.replace("=", "≥")
    return f"Practically equivalent: {names} lie {width} of {leader} with {at_least}{take(choice)}."


def undecided(
    pairs: Mapping[str, PairVerdict],
    p_best: Mapping[str, float | None],
    choice: Choice,
    row: str | None = "row",
) -> str:
    """Return the sentence for a top set that the data do not tell apart.

    ``pairs`` maps the rest of the top set to their pairs with the leader. Two models: "Not decided
    (P = 0.81): about 4 more repeats would decide with chance 0.6."; more: "Top set: mlp, logistic. No single
    winner (best: mlp, P = 0.44)."
    """
    if len(pairs) == 1 and len(p_best) == 2:
        pair = next(iter(pairs.values()))
        at_least = f"; {pair.left} is not worse" if not_worse(pair) else ""
        sure = "" if pair.p_positive is None else f" ({probability('P', pair.p_positive)}{at_least})"
        return f"Not decided{sure}: {what_would_decide(pair, row)}{take(choice)}."
    best = max(choice.top_set, key=lambda name: p_best.get(name) or 0.0)
    p = p_best.get(best)
    told = "" if p is None else f" (best: {best}, {probability('P', p)})"
    return f"Top set: {', '.join(choice.top_set)}. No single winner{told}{take(choice)}."


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
    """Return "; take logistic, it predicts 40 times faster" for the recommended of several models.

    Compared with the leader, or, where the leader itself is recommended, with the next cheapest of the top
    set. Empty for a top set of one; without times: take the cheaper.
    """
    name, top = choice.recommended, choice.top_set
    if len(top) < 2:
        return ""
    if len(choice.worthy) == 1:
        return f"; take {choice.worthy[0]}, the only one of them that surely beats the baseline"
    if name is None or name not in choice.seconds:
        return "; take the cheaper" if len(top) == 2 else "; take the cheapest"
    rest = [other for other in choice.worthy if other != name and other in choice.seconds]
    other = top[0] if top[0] in rest else cheapest(rest, choice.seconds)
    if other is None:
        return f"; take {name}, the only one with times"
    why = saving(choice.seconds[name], choice.seconds[other])
    than = f" than {other}" if len(top) > 2 and why.startswith("it ") else ""
    return f"; take {name}, {why}{than}"


def _difference(pair: PairVerdict, metric: MetricFacts) -> str:
    """The difference of a pair with its interval; both are there for every pair that is computed."""
    return difference(pair.delta or 0.0, pair.delta_low or 0.0, pair.delta_high or 0.0, metric)


def not_worse(pair: PairVerdict) -> bool:
    """Whether P(Δ > -rope) >= .95: left is not worse by more than what matters."""
    return pair.p_worse is not None and 1 - pair.p_worse >= NOT_WORSE_FROM


def _known(pairs: Mapping[str, PairVerdict]) -> bool:
    """Whether the predictions of all pairs were compared."""
    return all(pair.disagreement is not None for pair in pairs.values())
