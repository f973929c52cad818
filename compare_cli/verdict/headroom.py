"""What tuning would change: the gain of each model, and whether the order of the defaults can be trusted.

Tuned models are judged like models of a comparison with one repeat: the same test of paired folds, corrected
for how many models there are. A pair keeps its order where the tuned leader of the defaults is proven better
still, or the two are as good as each other still.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf
from typing import Literal

import numpy as np

from compare_cli.engine.headroom import Tuned
from compare_cli.metrics import Metric
from compare_cli.models.families import BASELINE
from compare_cli.types import (
    Comparison,
    Dataset,
    FitResult,
    Headroom,
    Look,
    PairVerdict,
    Split,
    TunedModel,
    TunedPair,
)
from compare_cli.verdict.choice import SAME
from compare_cli.verdict.fits import judge_fits
from compare_cli.verdict.judge import Judgement
from compare_cli.verdict.repeats import LAST
from compare_cli.verdict.sentences import amount, decimals, rope_width

TUNED = " tuned"  # after a model's name, where it stands beside its default
NOT_TUNED = "Headroom: nothing was tuned, "
Judge = Callable[..., Judgement]


def headroom(
    comparison: Comparison,
    dataset: Dataset,
    metric: Metric,
    splits: Sequence[Split],
    results: Sequence[FitResult],
    tuned: Sequence[Tuned],
    tried: Mapping[str, int],
) -> Headroom:
    """Return what tuning changes of a ``comparison``, from what was ``tuned`` on folds of its first repeat.

    ``metric`` has the ROPE, ``results`` are the fits of the defaults; ``tried`` says how many configurations
    of each model there are. How many fits it took is left to the caller.
    """
    folds = sorted({t.fold for t in tuned})
    if max(tried.values(), default=1) < 2:
        return Headroom("none", f"{NOT_TUNED}as no configurations of these models are known.", 0, 0)
    if not folds:
        return Headroom("none", f"{NOT_TUNED}as not one fold was finished.", 0, 0)
    first = [split for split in splits if split.repeat == 0 and split.fold in folds]
    protocol = replace(comparison.protocol, repeats=1, looks=(Look(1, LAST, last=True),))
    judge: Judge = partial(judge_fits, dataset, protocol=protocol, metric=metric, splits=first)
    defaults = [r for r in results if r.repeat == 0 and r.fold in folds]
    order = [m.model for m in comparison.models if m.model in tried]
    models = [_model(name, tried[name], metric, defaults, tuned, judge) for name in order]
    pairs = _pairs(order, defaults, tuned, judge)
    told = tuple(TunedPair(p.left, p.right, p.delta, p.delta_low, p.delta_high, p.verdict) for p in pairs)
    status, sentence = _conclusion(comparison.pairs, models, pairs, metric)
    return Headroom(status, sentence, len(folds), 0, tuple(models), told)


def _model(
    name: str, tried: int, metric: Metric, defaults: Sequence[FitResult], tuned: Sequence[Tuned], judge: Judge
) -> TunedModel:
    """Return one model beside its default: means over the tuned folds, and the gain of the same folds."""
    its = [t for t in tuned if t.model == name]
    before = [r for r in defaults if r.model == name]
    after = [replace(t.result, model=name + TUNED) for t in its if t.result is not None]
    pair = judge([name + TUNED, name], results=[*after, *before]).pair(name, name + TUNED)
    gain, low, high = _seen_from(pair, name + TUNED)
    chosen = Counter(t.chosen.name for t in its)
    both = {r.fold for r in before if r.status == "ok"} & {r.fold for r in after}
    default, best = (_mean([r for r in fits if r.fold in both], metric) for fits in (before, after))
    return TunedModel(name, tried, default, best, gain, low, high, dict(chosen.most_common()))


def _mean(results: Sequence[FitResult], metric: Metric) -> float | None:
    known = [value for r in results if (value := r.score(metric.name)) is not None]
    return float(np.mean(known)) if known else None


def _pairs(
    order: Sequence[str], defaults: Sequence[FitResult], tuned: Sequence[Tuned], judge: Judge
) -> list[PairVerdict]:
    """Return the pairs of tuned models; the baseline is judged too, as who does not beat it wins nothing."""
    best = [replace(t.result, model=t.model) for t in tuned if t.result is not None]
    baseline = [r for r in defaults if r.model == BASELINE]
    judged = judge([*order, *{r.model for r in baseline}], results=[*best, *baseline])
    return [pair for pair in judged.pairs if BASELINE not in {pair.left, pair.right}]


Seen = tuple[float | None, float | None, float | None]


def _seen_from(pair: PairVerdict | None, model: str) -> Seen:
    """Return the difference of a pair and its interval as ``model`` sees it: above 0 where that is ahead."""
    if pair is None or pair.delta is None:
        return None, None, None
    if pair.left == model:
        return pair.delta, pair.delta_low, pair.delta_high
    low, high = pair.delta_low, pair.delta_high
    return -pair.delta, None if high is None else -high, None if low is None else -low


Side = Literal["ahead", "same", "behind", "open"]


def _side(pair: PairVerdict | None, model: str) -> Side:
    """Return what is proven of ``model`` in a pair."""
    if pair is None or pair.verdict == "undecided":
        return "open"
    if pair.verdict in SAME:
        return "same"
    return "ahead" if (pair.verdict == "better") == (pair.left == model) else "behind"


def _of(pairs: Sequence[PairVerdict], one: str, other: str) -> PairVerdict | None:
    return next((pair for pair in pairs if {pair.left, pair.right} == {one, other}), None)


def _conclusion(
    defaults: Sequence[PairVerdict],
    models: Sequence[TunedModel],
    pairs: Sequence[PairVerdict],
    metric: Metric,
) -> tuple[Literal["holds", "changes", "undecided", "single"], str]:
    """Return what becomes of the order of the defaults, and the sentence that says so.

    The sentence tells of the challenger that comes closest among those that decide it.
    """
    leader, *others = models
    if not others:
        return "single", f"Tuned, {leader.model} {_gain(leader, metric)}."
    states: dict[str, list[TunedModel]] = {"changes": [], "undecided": [], "holds": []}
    for other in others:
        before, after = (
            _side(_of(found, leader.model, other.model), other.model) for found in (defaults, pairs)
        )
        states[_state(before, after)].append(other)
    status, deciding = next((state, found) for state, found in states.items() if found)

    def ahead(m: TunedModel) -> float:
        delta = _seen_from(_of(pairs, leader.model, m.model), m.model)[0]
        return -inf if delta is None else delta

    closest = max(deciding, key=ahead)
    said = {
        "changes": "The order of the defaults cannot be trusted: tuned,",
        "undecided": "Whether the order of the defaults would stand is open: tuned,",
        "holds": "The order of the defaults can be trusted: tuned,",
    }[status]
    told = _told(leader, closest, defaults, pairs, metric)
    return status, f"{said} {told}."  # type: ignore[return-value] # the keys of states


def _state(before: Side, after: Side) -> Literal["holds", "changes", "undecided"]:
    """Return what becomes of the place of a model behind the leader of the defaults."""
    if after == "open" or (after == "same" and before == "open"):
        return "undecided"
    return "holds" if after == before or (before, after) == ("open", "behind") else "changes"


def _told(
    leader: TunedModel,
    other: TunedModel,
    defaults: Sequence[PairVerdict],
    pairs: Sequence[PairVerdict],
    metric: Metric,
) -> str:
    """Return what tuning does to a challenger: ``tree gains 4.1 pt and still trails mlp by 3 pt [1, 5]``."""
    pair, name, first = _of(pairs, leader.model, other.model), other.model, leader.model
    after, still = _side(pair, name), _side(_of(defaults, first, name), name) == _side(pair, name)
    delta, low, high = _seen_from(pair, name)
    own = f"{name} {_gain(other, metric)}"
    if after == "same":
        return f"{own} and is {'still ' * still}as good as {first} (within ±{rope_width(metric)})"
    if delta is None:
        return f"{own}; it could not be compared with {first}"
    verb = {"ahead": "beats", "behind": "still trails" if still else "trails"}.get(after)
    if verb is None and not delta:
        return f"{own} and is level with {first}{_bounds(low, high, metric, sign=1)}, not proven"
    verb = verb or ("leads" if delta > 0 else "trails")
    by = f" by {_amount(abs(delta), metric, delta)}{_bounds(low, high, metric, sign=1 if delta > 0 else -1)}"
    own_leader = f" ({first} {_gain(leader, metric)})"
    return f"{own} and {verb} {first}{by}{', not proven' * (after == 'open')}{own_leader}"


def _gain(model: TunedModel, metric: Metric) -> str:
    """Return ``gains 4.1 pt``, ``loses 0.3 pt``, ``gains nothing``; or that it is not tuned."""
    if model.tried < 2:
        return "is not tuned"
    if not model.gain:
        return "gains nothing"
    return f"{'gains' if model.gain > 0 else 'loses'} {_amount(abs(model.gain), metric, model.gain)}"


def _amount(value: float, metric: Metric, scale: float) -> str:
    unit = "" if metric.name == "accuracy" else f" of {metric.label}"
    return amount(value, metric, decimals(10 * abs(scale) if metric.rate else abs(scale), metric)) + unit


def _bounds(low: float | None, high: float | None, metric: Metric, *, sign: int) -> str:
    """Return an interval in brackets, as the size that the sentence tells."""
    if low is None or high is None:
        return ""
    low, high = sorted((sign * low, sign * high))
    digits = decimals((high - low) / 2, metric)
    told = (amount(bound, metric, digits).removesuffix(" pt") for bound in (low, high))
    return f" [{', '.join(told)}]"
