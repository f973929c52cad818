"""Two results of the same models: is the new one not worse (`gate`), what changed between runs (`diff_runs`)?

NEW is not worse than BASE when P(Δ > -margin) >= .95, with Δ = NEW - BASE over the shared folds and the
standard error that the verdict uses. Where both results split the same data in the same way, scores are
paired fold by fold, each model on its own: the question of one model is no search for the best among many, so
nothing is adjusted for their number. On other splits of the same data the two means count as independent,
which needs larger differences. Results of other data are shown beside each other, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.errors import DataError, UsageError, nearest
from compare_cli.metrics import METRICS, Metric, metric_named
from compare_cli.models.families import BASELINE
from compare_cli.types import Comparison, CurvePoint, DatasetDiff, ModelDiff, Result, RunsDiff, StoredRun
from compare_cli.verdict.fits import is_cautious, score_arrays, uneven_share
from compare_cli.verdict.paired import (
    PairPosterior,
    decide_pair,
    pair_posterior,
    t_posterior,
    unpaired_posterior,
)

Floats = NDArray[np.float64]
SURE = 0.95
OTHER_DATA = "BASE and NEW are results of different data; --unpaired compares them all the same."
Outcome = Literal["not worse", "worse", "cannot be told"]


@dataclass(frozen=True)
class Gate:
    """What a gate says. ``delta`` > 0: NEW is better; ``p_not_worse`` is P(Δ > -margin)."""

    outcome: Outcome
    delta: float
    se: float
    p_not_worse: float
    sentence: str


def gate(
    base: Comparison, new: Comparison, *, model: str | None = None, margin: float = 0.01, paired: bool = True
) -> Gate:
    """Compare one model's stored scores in two results of the same data and splits.

    ``model`` defaults to the recommended one of each; ``margin`` >= 0 is in units of the metric. Not
    ``paired``: the two means are taken as independent, which needs larger differences. Raises DataError
    when data or splits differ (while ``paired``) or when there are no folds, UsageError for a model that a
    result does not have.
    """
    if not margin >= 0:
        raise UsageError(f"--margin {margin}: must be 0 or more.")
    if base.protocol.metric != new.protocol.metric:
        raise DataError(f"BASE was judged by {base.protocol.metric}, NEW by {new.protocol.metric}.")
    names = _chosen(base, model, "BASE"), _chosen(new, model, "NEW")
    sign = 1 if metric_named(base.protocol.metric).higher_is_better else -1
    _same_scheme(base, new)
    if new.protocol.scheme == "samples":
        if paired and base.dataset.fingerprint != new.dataset.fingerprint:
            raise DataError(OTHER_DATA)
        points = _shared_size(base, new, names)
        if points is None:
            raise DataError("BASE and NEW have no size of samples in common for the model.")
        return _conclude(names, base.protocol.metric, _between(points, sign, margin), margin)
    old, now = sign * _scores(base, names[0], "BASE"), sign * _scores(new, names[1], "NEW")
    if paired:
        shared = _checked_repeats(base, new)
        d = now[:shared] - old[:shared]
        posterior = pair_posterior(d, margin, uneven_share(base), cautious=is_cautious(base))
    else:
        posterior = unpaired_posterior(now, old, margin, (uneven_share(new), uneven_share(base)))
    return _conclude(names, base.protocol.metric, posterior, margin)


def _same_scheme(base: Comparison, new: Comparison) -> None:
    """Raise DataError where one of them comes from growing samples and the other does not, and for curves."""
    if "curve" in {base.command, new.command}:
        raise DataError("learning curves are no results that a gate can hold: give those of compare fit.")
    grown = {"BASE": base.protocol.scheme == "samples", "NEW": new.protocol.scheme == "samples"}
    if sum(grown.values()) == 1:
        which, other = ("BASE", "NEW") if grown["BASE"] else ("NEW", "BASE")
        raise DataError(f"{which} comes from growing samples, {other} does not: run it with --all-rows.")


def _shared_size(
    old: Comparison, new: Comparison, models: tuple[str, str]
) -> tuple[CurvePoint, CurvePoint] | None:
    """Return the scores of two models at the largest size of samples that both have; None without any."""
    sides = zip((old, new), models, strict=True)
    before, now = ({p.train_rows: p for p in c.curve if p.model == name} for c, name in sides)
    shared = [size for size in before.keys() & now.keys() if before[size].score is not None]
    return (before[max(shared)], now[max(shared)]) if shared else None


def _between(points: tuple[CurvePoint, CurvePoint], sign: int, rope: float) -> PairPosterior:
    """Return what is believed of the new score less the old one; ``sign`` is -1 for a loss.

    The two count as independent, with the errors of their intervals, as rows are not stored.
    """
    variance = sum((((p.high or 0.0) - (p.low or 0.0)) / (2 * 1.96)) ** 2 for p in points)
    delta = sign * ((points[1].score or 0.0) - (points[0].score or 0.0))
    df = min(point.test_rows for point in points) - 1
    return t_posterior(delta, sqrt(variance), df, rope, s2=variance)


def _chosen(comparison: Comparison, model: str | None, which: str) -> str:
    names = [m.model for m in comparison.models]
    if model is not None and model not in names:
        raise UsageError(
            f"--model {model}: not in {which}.{nearest(model, names)} There: {', '.join(names)}."
        )
    real = [m.model for m in comparison.models if m.family != BASELINE]
    chosen = model or comparison.verdict.recommended or (real[0] if real else None)
    if chosen is None:
        raise DataError(f"{which} has no model to judge.")
    return chosen


def _scores(comparison: Comparison, name: str, which: str) -> Floats:
    """Return the scores (repeats, folds) of one model, all of them there."""
    scores = score_arrays(comparison.fits, [name], comparison.protocol.metric)
    if comparison.protocol.scheme == "test" or scores[name].size < 2:
        raise DataError(f"{which} has no folds: a gate needs scores of at least 2.")
    if not np.isfinite(scores[name]).all():
        raise DataError(f"{which}: {name} lacks scores of some folds; run it again.")
    return scores[name]


def _checked_repeats(base: Comparison, new: Comparison) -> int:
    """Return how many repeats both have on the same splits of the same data; at least 1, or DataError."""
    if base.dataset.fingerprint != new.dataset.fingerprint:
        raise DataError(OTHER_DATA)
    shared = shared_repeats(base, new)
    if not shared:
        raise DataError(
            "BASE and NEW were judged on different splits (--seed, --folds, --groups); run NEW as BASE was,"
            " or compare them with --unpaired."
        )
    return shared


def shared_repeats(one: Comparison, other: Comparison) -> int:
    """Return how many repeats, from the first on, two results of the same data have the same splits for."""
    shared = 0
    for digest, its in zip(one.protocol.repeat_digests, other.protocol.repeat_digests, strict=False):
        if digest != its:
            break
        shared += 1
    return shared


def _conclude(names: tuple[str, str], metric: str, posterior: PairPosterior, margin: float) -> Gate:
    delta, se, p_not_worse = posterior.delta, posterior.se, 1 - posterior.p_worse
    outcome: Outcome = "cannot be told"
    if se == 0:  # the same difference on every fold: nothing measures what it may be worth
        outcome = "not worse" if delta >= 0 else "cannot be told"
    elif p_not_worse >= SURE:
        outcome = "not worse"
    elif posterior.p_worse >= SURE:
        outcome = "worse"
    whom = names[0] if names[0] == names[1] else f"{names[1]} (NEW) against {names[0]} (BASE)"
    said = {
        "not worse": "NEW is not worse than BASE",
        "worse": "NEW is worse than BASE",
        "cannot be told": "it cannot be told whether NEW is worse than BASE",
    }[outcome]
    return Gate(
        outcome,
        delta,
        se,
        p_not_worse,
        f"{whom}: {said}: {metric} differs by {delta:+.4f} ± {se:.4f}; "
        f"P = {p_not_worse:.3f} that it is not worse by more than {margin:g}.",
    )


@dataclass(frozen=True)
class Threshold:
    """A score that a model must be sure to reach: ``accuracy=0.9``."""

    metric: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Read ``metric=value``. Raises UsageError for anything else, and for a value no score can have."""
        name, _, number = text.partition("=")
        name = name.strip()
        metric = metric_named(name)
        if metric.bounds == (-inf, inf) or not metric.ranks:
            known = [known.name for known in METRICS.values() if known.ranks]
            raise UsageError(f"--fail-under {text}: no such score.{nearest(name, known)}")
        try:
            value = float(number)
        except ValueError:
            raise UsageError(f"--fail-under {text}: write it as {name}=0.9.") from None
        low, high = metric.bounds
        if not low <= value <= high:
            meant = f" Did you mean {name}={value / 100:g}?" if low <= value / 100 <= high == 1 else ""
            raise UsageError(f"--fail-under {text}: {name} lies between {low:g} and {high:g}.{meant}")
        return cls(name, value)

    def reached(self, interval: tuple[float, float]) -> bool:
        """Whether the whole interval reaches it: its lower bound, or its upper one for a loss."""
        higher = metric_named(self.metric).higher_is_better
        return interval[0] >= self.value if higher else interval[1] <= self.value


def below_threshold(result: Result, thresholds: Sequence[Threshold], model: str | None = None) -> list[str]:
    """Return a sentence for each threshold that a model is not sure to reach.

    It is ``model``, or the recommended one. Sure means the whole 95 % interval; no recommended model, or no
    interval, is not sure either. Raises UsageError for a model that a result does not have.
    """
    return [
        f"{comparison.dataset.name}: --fail-under {threshold.metric}={threshold.value:g}: {why}."
        for comparison in result.datasets
        for threshold in thresholds
        if (why := _shortfall(comparison, threshold, model))
    ]


def _shortfall(comparison: Comparison, threshold: Threshold, model: str | None) -> str:
    """Why a model is not sure to reach a threshold; "" where it is."""
    rows = {m.model: m for m in comparison.models}
    name = model or comparison.verdict.recommended
    if name is None:
        return "no model is recommended; --model NAME looks at one all the same"
    if name not in rows:
        there = ", ".join(rows)
        raise UsageError(f"--model {name}: not among the models.{nearest(name, rows)} There: {there}.")
    interval = rows[name].interval(threshold.metric)
    if interval is None:
        return f"{name} has no interval of {threshold.metric}"
    if threshold.reached(interval):
        return ""
    higher = metric_named(threshold.metric).higher_is_better
    return f"the {'lower' if higher else 'upper'} bound of {name} is {interval[not higher]:.4f}"


def diff_runs(runs: tuple[StoredRun, StoredRun], old: Result, new: Result) -> RunsDiff:
    """Compare two results data set by data set and model by model; ``runs`` are the old and the new one.

    Data sets belong together by name, else by content. Raises DataError when the two share none.
    """
    before, after = old.datasets, new.datasets
    together = list(_together(before, after))
    if not together:
        names = ["; ".join(c.dataset.name for c in side) for side in (before, after)]
        raise DataError(f"The runs have no data set in common: {names[0]} there, {names[1]} here.")
    found = {id(c) for pair in together for c in pair}
    return RunsDiff(
        *runs,
        datasets=tuple(_dataset_diff(*pair) for pair in together),
        only_old=tuple(c.dataset.name for c in before if id(c) not in found),
        only_new=tuple(c.dataset.name for c in after if id(c) not in found),
    )


def _together(
    before: Sequence[Comparison], after: Sequence[Comparison]
) -> Iterator[tuple[Comparison, Comparison]]:
    """Yield what belongs together, each at most once: the same content under a name, a name, the content."""
    left = list(before)
    keys: tuple[Callable[[Comparison], object], ...] = (
        lambda c: (c.dataset.name, c.dataset.fingerprint),
        lambda c: c.dataset.name,
        lambda c: c.dataset.fingerprint,
    )
    found: dict[int, Comparison] = {}
    for key in keys:
        for new in after:
            old = next((c for c in left if key(c) == key(new)), None) if id(new) not in found else None
            if old is not None:
                found[id(new)] = old
                left = [c for c in left if c is not old]
    yield from ((found[id(new)], new) for new in after if id(new) in found)


@dataclass(frozen=True)
class _Way:
    """How two results are compared: over ``repeats`` paired ones, and why not otherwise."""

    how: Literal["paired", "unpaired", "not comparable"]
    repeats: int = 0
    reason: str = ""


def _way(old: Comparison, new: Comparison, metric: str) -> _Way:
    if old.dataset.fingerprint != new.dataset.fingerprint:
        return _Way("not comparable", reason="the data differ")
    if not any(metric in fit.score_names for fit in old.fits):
        told = f"judged by {old.protocol.metric} before and by {metric} now"
        return _Way("not comparable", reason=told)
    if "test" in {old.protocol.scheme, new.protocol.scheme}:
        return _Way("not comparable", reason="one test set has no folds that could tell")
    if "samples" in {old.protocol.scheme, new.protocol.scheme}:
        if old.protocol.scheme == new.protocol.scheme:
            return _Way("unpaired", reason="growing samples are held against each other size by size")
        return _Way("not comparable", reason="growing samples there or here, folds not (--all-rows)")
    shared = shared_repeats(old, new)
    if shared:
        return _Way("paired", shared)
    return _Way("unpaired", reason="the splits differ (seed, folds or groups)")


def _dataset_diff(old: Comparison, new: Comparison) -> DatasetDiff:
    name = new.protocol.metric
    metric = metric_named(name, len(new.dataset.classes) or None)
    metric = metric if new.protocol.rope is None else replace(metric, rope=new.protocol.rope)
    way = _way(old, new, name)
    models = [m.model for m in new.models]
    models += [m.model for m in old.models if m.model not in models]
    return DatasetDiff(
        dataset=new.dataset.name,
        metric=name,
        higher_is_better=metric.higher_is_better,
        rate=metric.rate,
        rope=metric.rope,
        how=way.how,
        folds=new.protocol.folds,
        repeats=way.repeats,
        reason=way.reason,
        models=tuple(_model_diff(model, (old, new), way, metric) for model in models),
    )


def _model_diff(model: str, results: tuple[Comparison, Comparison], way: _Way, metric: Metric) -> ModelDiff:
    """Return one model in two results: its means, and how they differ where it is in both."""
    old, new = ({m.model: m.score(metric.name) for m in c.models} for c in results)
    row = ModelDiff(model, old.get(model), new.get(model))
    if model not in old or model not in new:
        return row
    sign = 1 if metric.higher_is_better else -1
    points = _shared_size(*results, (model, model))
    if points is not None:
        ends = [np.array([sign * (point.score or 0.0)]) for point in points]
        return _judged(row, (ends[0], ends[1]), _between(points, sign, metric.rope), metric)
    arrays = [sign * score_arrays(c.fits, [model], metric.name)[model] for c in results]
    both = _compared(arrays[0], arrays[1], way)
    return _judged(row, both, _posterior(*both, way, metric.rope, results), metric)


def _compared(old: Floats, new: Floats, way: _Way) -> tuple[Floats, Floats]:
    """Return the scores (repeats, folds) that are compared: those of repeats whose folds are all there."""
    if way.how == "paired":
        old, new = old[: way.repeats], new[: way.repeats]
        there = np.isfinite(old).all(axis=1) & np.isfinite(new).all(axis=1)
        return old[there], new[there]
    return old[np.isfinite(old).all(axis=1)], new[np.isfinite(new).all(axis=1)]


def _posterior(
    old: Floats, new: Floats, way: _Way, rope: float, results: tuple[Comparison, Comparison]
) -> PairPosterior | None:
    """Return what is believed of new - old, scores (repeats, folds); None where nothing can be said."""
    if way.how == "not comparable" or min(old.size, new.size) < 2 or min(old.shape[1], new.shape[1]) < 2:
        return None
    before, now = results
    if way.how == "paired":
        return pair_posterior(new - old, rope, uneven_share(now), cautious=is_cautious(now))
    return unpaired_posterior(new, old, rope, (uneven_share(now), uneven_share(before)))


def _judged(
    row: ModelDiff, both: tuple[Floats, Floats], posterior: PairPosterior | None, metric: Metric
) -> ModelDiff:
    if posterior is None:
        return replace(row, verdict="not comparable")
    sign = 1 if metric.higher_is_better else -1
    low, high = metric.clipped_difference(*posterior.interval())
    verdict = decide_pair(posterior)
    known = not posterior.no_spread or verdict == "identical"  # one difference everywhere measures nothing
    return ModelDiff(
        model=row.model,
        old=sign * float(both[0].mean()),
        new=sign * float(both[1].mean()),
        delta=posterior.delta,
        delta_low=low if known else None,
        delta_high=high if known else None,
        p_positive=posterior.p_positive if known else None,
        verdict=verdict,
    )
