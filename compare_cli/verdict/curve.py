"""Learning curves: how scores grow with training rows, who led from which size on, who still rises.

Nothing is foretold: names and sizes are those that were observed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from compare_cli.metrics import Metric
from compare_cli.models.families import BASELINE
from compare_cli.types import (
    BenchComparison,
    CurvePair,
    CurvePoint,
    Dataset,
    FitResult,
    Look,
    ModelSpec,
    Protocol,
    Split,
    Verdict,
)
from compare_cli.verdict.fits import rows_of_classes, score_arrays
from compare_cli.verdict.intervals import score_interval
from compare_cli.verdict.paired import (
    PairPosterior,
    few_or_grouped,
    pair_posterior,
    t_posterior,
)
from compare_cli.verdict.samples import anchors_of, interval_of, mean_and_error
from compare_cli.verdict.sentences import amount, decimals, listed
from compare_cli.verdict.sentences import score as score_text
from compare_cli.verdict.summary import summarise

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Size:
    """The scores at one number of training rows: models → (1, folds), or (samples, test rows) by row.

    They are in the metric's own direction. ``share`` is the mean n_test/n_train of folds at full size, for
    all sizes, as smaller parts have fewer rows in common; None where rows are judged. ``groups`` (test rows,)
    are those of the rows.
    """

    train_rows: int
    test_rows: int
    scores: Mapping[str, Floats]
    share: float | None
    cautious: bool
    groups: NDArray[np.int64] | None = None

    def interval(self, name: str, metric: Metric) -> tuple[float, float, float]:
        """Return a model's mean score with its 95 % interval, NaN where there is none."""
        values = self.scores[name]
        if self.share is not None:
            bounds = score_interval(values, self.share, bounds=metric.bounds, cautious=self.cautious)
            return float(values.mean()), *(bounds or (np.nan, np.nan))
        mean, low, high = interval_of(values, self.groups)
        return mean, max(low, metric.bounds[0]), min(high, metric.bounds[1])

    def gain(self, left: Floats, right: Floats, metric: Metric) -> PairPosterior:
        """Return what is believed of left - right, scores of the same rows, higher being better."""
        sign = 1.0 if metric.higher_is_better else -1.0
        if self.share is not None:
            return pair_posterior(sign * (left - right), metric.rope, self.share, cautious=self.cautious)
        d = left - right if len(left) == len(right) else (left.mean(axis=0) - right.mean(axis=0))[None, :]
        mean, se = mean_and_error(sign * d, self.groups)
        varying = d.shape[1] if self.groups is None else len(np.unique(self.groups))
        return t_posterior(mean, se, varying - 1, metric.rope, s2=se)


def sizes_of(
    dataset: Dataset,
    protocol: Protocol,
    metric: Metric,
    splits: Sequence[Split],
    results: Sequence[FitResult],
) -> list[Size]:
    """Return the scores at each size that is complete, the smallest first, of models that finished there."""
    few = few_or_grouped(protocol.scheme, rows_of_classes(dataset))
    if protocol.scheme == "samples":
        sign = 1.0 if metric.higher_is_better else -1.0
        groups = None if dataset.groups is None or not splits else dataset.groups[splits[0].test]
        anchors = anchors_of(dataset, metric, splits, results)
        rows = len(splits[0].test) if splits else 0
        return [
            Size(a.train_rows, rows, {n: sign * s for n, s in a.scores.items()}, None, few, groups)
            for a in anchors
            if a.scores
        ]
    found, models = [], list(dict.fromkeys(r.model for r in results))
    for repeat in sorted({r.repeat for r in results}):
        its = [replace(r, repeat=0) for r in results if r.repeat == repeat]
        of_size = [replace(split, repeat=0) for split in splits if split.repeat == repeat]
        arrays = score_arrays(its, models, metric.name)
        whole = {n: a for n, a in arrays.items() if a.shape[1] == len(of_size) and np.isfinite(a).all()}
        train = round(sum(len(split.train) for split in of_size) / len(of_size))
        tested = sum(len(split.test) for split in of_size)
        if whole:
            found.append(Size(train, tested, whole, 1 / max(protocol.folds - 1, 1), few))
    return found


def curve_comparison(
    dataset: Dataset,
    models: Sequence[ModelSpec],
    protocol: Protocol,
    metric: Metric,
    splits: Sequence[Split],
    results: Sequence[FitResult],
    *,
    seed: int = 0,
) -> BenchComparison:
    """Return the learning curves, with rows and pairs of the largest size, and what is seen in words.

    ``metric`` has the ROPE; a size counts where all fits that were planned for it are there.
    """
    planned = {at: sum(split.repeat == at for split in splits) for at in {split.repeat for split in splits}}
    there = {at: sum(r.repeat == at and r.status != "skipped" for r in results) for at in planned}
    complete = [at for at in planned if there[at] == planned[at] * len(models)]
    splits = [split for split in splits if split.repeat in complete]
    judged = [r for r in results if r.repeat in complete]
    last = max(complete, default=0)
    at_last = [replace(r, repeat=0) for r in judged if r.repeat == last]
    size = protocol.sizes[last : last + 1]
    how = replace(protocol, repeats=1, looks=(Look(1, 0.05, last=True),), sizes=size)
    largest = [replace(split, repeat=0) for split in splits if split.repeat == last]
    comparison = summarise(dataset, models, how, metric, largest, at_last, seed=seed)
    sizes = sizes_of(dataset, protocol, metric, splits, judged)
    names = [m.model for m in comparison.models]
    pairs = [pair for s in sizes for pair in _pairs(s, names, metric)]
    told = list(sentences(sizes, pairs, metric))
    because = (*told[1:], f"At the largest size: {comparison.verdict.sentence}")
    return replace(
        comparison,
        command="curve",
        protocol=replace(protocol, looks=None),
        fits=tuple(results),
        curve=tuple(_points(sizes, metric)),
        curve_pairs=tuple(pairs),
        verdict=replace(comparison.verdict, sentence=told[0], because=because) if told else Verdict("none"),
    )


def _points(sizes: Sequence[Size], metric: Metric) -> Iterator[CurvePoint]:
    for size in sizes:
        for name, values in size.scores.items():
            mean, low, high = (None if np.isnan(v) else v for v in size.interval(name, metric))
            samples = values.shape[1] if size.share is not None else values.shape[0]
            yield CurvePoint(name, size.train_rows, samples, size.test_rows, mean, low, high)


def _pairs(size: Size, names: Sequence[str], metric: Metric) -> Iterator[CurvePair]:
    for left, right in combinations([name for name in names if name in size.scores], 2):
        known = size.gain(size.scores[left], size.scores[right], metric)
        low, high = metric.clipped_difference(*known.interval())
        yield CurvePair(left, right, size.train_rows, known.delta, low, high, known.p_positive)


def sentences(sizes: Sequence[Size], pairs: Sequence[CurvePair], metric: Metric) -> Iterator[str]:
    """Yield who led from which size on, who led before, and who still rises."""
    sign = 1 if metric.higher_is_better else -1
    real = [{n: sign * s.mean() for n, s in size.scores.items() if n != BASELINE} for size in sizes]
    if not real or not real[-1]:
        return
    leaders = [max(means, key=lambda name: means[name]) if means else "" for means in real]
    leader = leaders[-1]
    since = next(at for at in range(len(sizes)) if set(leaders[at:]) == {leader})
    sure = _surely_from(leader, sizes, pairs)
    few, most = sizes[0].train_rows, sizes[-1].train_rows
    where = "at every size" if since == 0 else f"from {sizes[since].train_rows:,} training rows on"
    surely = "not surely at any" if sure is None else f"surely from {sure:,} on"
    if len(real[-1]) > 1 and few == most:
        surely = "not surely" if sure is None else "surely"
        yield f"Observed on {most:,} training rows: {leader} leads, {surely}."
    elif len(real[-1]) > 1:
        yield f"Observed from {few:,} to {most:,} training rows: {leader} leads {where}, {surely}."
    else:
        means = score_text(sign * real[-1][leader], metric)
        yield f"{leader} reaches {means} on {most:,} training rows."
    if since:
        before = list(dict.fromkeys(name for name in leaders[:since] if name and name != leader))
        upto = sizes[max(at for at in range(since) if leaders[at] != leader)].train_rows
        yield f"Before, up to {upto:,} rows, {listed(before)} led (curve.score)."
    yield from _rises(sizes, list(real[-1]), metric)


def _surely_from(leader: str, sizes: Sequence[Size], pairs: Sequence[CurvePair]) -> int | None:
    """Return the first size from which on the leader's intervals exclude every other model."""
    first = None
    for size in reversed(sizes):
        its = [p for p in pairs if p.train_rows == size.train_rows and leader in {p.left, p.right}]
        leads = [(p.low if p.left == leader else -(p.high or 0.0)) or 0.0 for p in its if p.right != BASELINE]
        if not leads or min(leads) <= 0:
            break
        first = size.train_rows
    return first


def _rises(sizes: Sequence[Size], names: Sequence[str], metric: Metric) -> Iterator[str]:
    """Yield what the last step to more rows brought each model."""
    if len(sizes) < 2:
        return
    before, last = sizes[-2:]
    told, rising = [], []
    for name in (name for name in names if name in before.scores):
        gain = last.gain(last.scores[name], before.scores[name], metric)
        digits = decimals(gain.se or 1e-3, metric)
        error = amount(gain.se, metric, digits)
        told.append(f"{name} {amount(gain.delta, metric, digits, sign=True).removesuffix(' pt')} ± {error}")
        rising += [name] if gain.interval()[0] > 0 else []
    surely = f"{listed(rising)} surely" if rising else "none surely"
    if told:
        steps = f"From {before.train_rows:,} to {last.train_rows:,} rows"
        yield f"{steps}: {', '.join(told)}; {surely} rising still (curve.score)."
