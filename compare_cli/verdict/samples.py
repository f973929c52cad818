"""Deciding on growing samples: who is ahead on so many training rows, and would still be on all of them.

All models learn from the same samples of m, 2m, 4m, … rows (anchors), up to three disjoint ones (blocks) at
each, and are judged on the same test rows, which nobody learns from. Curves of accuracy flatten, so a model
that closes c points per doubling now is not expected to close more later. A is ahead of B at full size when
its lead, less all that B may close on the way there, is still above zero:

    D - z·se(D) - log2(N/m)·c > 0,   c = max(0, D' - D + z·se(D' - D), D" - D' + z·se(D" - D'))

with D the mean difference at this anchor, D' and D" at the two before, on the same test rows; where rows did
not quite double, as groups go whole, what was closed still counts per doubling. No theorem says so, as curves
can cross later than that; docs/simulations.md tells how often it was wrong on recorded curves.
The same bounds from both sides, within the ROPE, make two models equivalent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from math import inf, log2, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.metrics import Metric, pseudo_values
from compare_cli.types import CurvePoint, Dataset, FitResult, Split
from compare_cli.verdict.paired import student_quantile

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Outcome = Literal["identical", "equivalent", "better", "worse", "undecided"]
LEVEL = 0.05  # of a wrong word about any pair at any anchor
DOUBLINGS = 2  # the last ones, of which the one that closed most counts


def critical_value(pairs: int, anchors: int, level: float = LEVEL, groups: Codes | None = None) -> float:
    """Return z, the quantile at which ``pairs`` may be judged at so many anchors (Bonferroni).

    It is the normal one, as test rows are many, or Student's where they are of ``groups`` (n,).
    """
    upto = 1 - level / (2 * max(pairs, 1) * max(anchors, 1))
    if groups is None:
        return NormalDist().inv_cdf(upto)
    return student_quantile(upto, len(np.unique(groups)) - 1)


def mean_and_error(d: Floats, groups: Codes | None = None) -> tuple[float, float]:
    """Return the mean of row differences ``d`` (blocks, n) and its standard error.

    The error is that of the test rows (each row's mean over blocks), or of the blocks' means where that is
    larger: samples may differ more than test rows do. Test rows of one of the ``groups`` (n,) count together.
    0 where nothing varies; n must be at least 2.
    """
    rows = d.mean(axis=0)
    mean = float(rows.mean())
    if groups is None:
        by_rows = float(rows.std(ddof=1)) / sqrt(rows.size)
    else:
        sums = np.bincount(groups, weights=rows - mean)[np.unique(groups)]
        by_rows = sqrt(float(np.square(sums).sum()) * sums.size / max(sums.size - 1, 1)) / rows.size
    blocks = d.mean(axis=1)
    by_blocks = float(blocks.std(ddof=1)) / sqrt(blocks.size) if blocks.size > 1 else 0.0
    return mean, max(by_rows, by_blocks)


def interval_of(d: Floats, groups: Codes | None = None) -> tuple[float, float, float]:
    """Return the mean of ``d`` with its 95 % interval, see `mean_and_error`."""
    mean, se = mean_and_error(d, groups)
    half = se * critical_value(1, 1, groups=groups)
    return mean, mean - half, mean + half


@dataclass(frozen=True)
class Bounds:
    """What is known of one pair at an anchor of ``train_rows``: left minus right, in units of the metric.

    ``delta`` ± ``se`` there; ``closing`` and ``opening`` are how much right and left may gain on the other
    per doubling; ``low`` and ``high`` bound the difference at full size, ``doublings`` away.
    """

    train_rows: int
    delta: float
    se: float
    closing: float
    opening: float
    low: float
    high: float
    doublings: float

    def mirrored(self) -> Bounds:
        """Return the same of right minus left."""
        return replace(
            self,
            delta=-self.delta,
            low=-self.high,
            high=-self.low,
            closing=self.opening,
            opening=self.closing,
        )

    def outcome(self, rope: float) -> Outcome:
        """Return what may be said of the pair at full size; ``rope`` >= 0 is what does not matter."""
        if self.se == 0 and self.delta == self.closing == self.opening == 0:
            return "identical"
        if -rope < self.low and self.high < rope:
            return "equivalent"
        return "better" if self.low > 0 else "worse" if self.high < 0 else "undecided"


def bounds(
    differences: Sequence[Floats],
    train_rows: Sequence[int],
    all_rows: int,
    z: float,
    groups: Codes | None = None,
) -> Bounds:
    """Return the bounds of a pair from its row differences at the anchors so far, the largest one last.

    Each is (blocks, n) over the same blocks and test rows, positive where left is better. ``train_rows`` are
    the sizes of their blocks, rising; ``all_rows`` is the full size. Before the third anchor nothing bounds
    what either may gain.
    """
    delta, se = mean_and_error(differences[-1], groups)
    closing = opening = inf
    if len(differences) > DOUBLINGS:
        gains = [mean_and_error(before - here, groups) for before, here in pairwise(differences)]
        steps = [log2(here / before) for before, here in pairwise(train_rows)]
        last = list(zip(gains, steps, strict=True))[-DOUBLINGS:]
        closing = max(0.0, *((lost + z * its) / step for (lost, its), step in last))
        opening = max(0.0, *((z * its - lost) / step for (lost, its), step in last))
    doublings = max(0.0, log2(all_rows / train_rows[-1]))
    return Bounds(
        train_rows=train_rows[-1],
        delta=delta,
        se=se,
        closing=closing,
        opening=opening,
        low=delta - z * se - doublings * closing,
        high=delta + z * se + doublings * opening,
        doublings=doublings,
    )


@dataclass(frozen=True)
class Anchor:
    """The scores of one anchor: ``train_rows`` of a block, and models → (blocks, n) scores of test rows.

    Higher is better. Only models that finished every block are here.
    """

    train_rows: int
    scores: Mapping[str, Floats]


@dataclass(frozen=True)
class Race:
    """What the anchors so far say.

    ``standing`` are the models that nobody is shown to beat, best first at the last anchor; ``dropped`` the
    others, the last dropped first, each with the model that beat it. ``found`` has the bounds of each pair
    at the last anchor that both ran at, left being the better one there.
    """

    standing: tuple[str, ...]
    dropped: Mapping[str, str]
    found: Mapping[tuple[str, str], Bounds]
    outcomes: Mapping[tuple[str, str], Outcome]

    def pair(self, one: str, other: str) -> Outcome:
        """Return what is said of two models, seen from ``one``."""
        if (one, other) in self.outcomes:
            return self.outcomes[one, other]
        mirrored: dict[Outcome, Outcome] = {"better": "worse", "worse": "better"}
        found = self.outcomes.get((other, one), "undecided")
        return mirrored.get(found, found)

    @property
    def decided(self) -> bool:
        """Whether one model is left, or all that are left are as good as the first of them."""
        if not self.standing:
            return True
        leader, *others = self.standing
        return all(self.pair(leader, other) in {"equivalent", "identical"} for other in others)


def race(
    anchors: Sequence[Anchor],
    models: Sequence[str],
    *,
    all_rows: int,
    planned: int,
    rope: float,
    groups: Codes | None = None,
) -> Race:
    """Return who is left after the anchors, the smallest first, and what is said of each pair.

    ``models`` are the real ones, in the order given; ``all_rows`` is the full size, ``planned`` the number
    of anchors that may judge. A model is dropped at the first anchor where another one that is standing is
    ahead of it at full size; whoever drops it need not win. A model without scores at an anchor is no longer
    in the race.
    """
    z = critical_value(len(models) * (len(models) - 1) // 2, planned, groups=groups)
    standing, dropped = list(models), dict[str, str]()
    found: dict[tuple[str, str], Bounds] = {}
    for at, here in enumerate(anchors):
        means = {name: round(float(rows.mean()), 12) for name, rows in here.scores.items()}
        standing = sorted((name for name in standing if name in means), key=lambda name: -means[name])
        beaten: dict[str, str] = {}
        for left, right in combinations(standing, 2):
            lately = anchors[max(at - DOUBLINGS, 0) : at + 1]
            met = [anchor.scores[left] - anchor.scores[right] for anchor in lately]
            rows = [anchor.train_rows for anchor in lately]
            found.pop((right, left), None)
            found[left, right] = known = bounds(met, rows, all_rows, z, groups)
            said = known.outcome(rope)
            if said in {"better", "worse"}:
                winner, loser = (left, right) if said == "better" else (right, left)
                beaten.setdefault(loser, winner)
        dropped = {name: beaten[name] for name in standing if name in beaten} | dropped
        standing = [name for name in standing if name not in beaten]
    return Race(tuple(standing), dropped, found, {pair: b.outcome(rope) for pair, b in found.items()})


def anchors_of(
    dataset: Dataset, metric: Metric, splits: Sequence[Split], results: Sequence[FitResult]
) -> list[Anchor]:
    """Return the scores of test rows at each size, the smallest first; models that failed there are left out.

    The last one may have a single block, of all rows but the test rows.
    """
    blocks: dict[int, list[Split]] = {}
    for split in splits:
        blocks.setdefault(split.repeat, []).append(split)
    given = {(r.repeat, r.fold, r.model): r for r in results if r.status == "ok"}
    models = list(dict.fromkeys(r.model for r in results))
    anchors = []
    for repeat, of_size in sorted(blocks.items()):
        fits = {name: [given.get((repeat, s.fold, name)) for s in of_size] for name in models}
        scores = {
            name: np.stack([_row_scores(dataset, metric, of_size[0], fit) for fit in its if fit is not None])
            for name, its in fits.items()
            if all(its)
        }
        sizes = [len(split.train) for split in of_size]
        kept = {name: rows for name, rows in scores.items() if np.isfinite(rows).all()}
        anchors.append(Anchor(round(sum(sizes) / len(sizes)), kept))
    return anchors


def _row_scores(dataset: Dataset, metric: Metric, split: Split, fit: FitResult) -> Floats:
    """Return what each test row adds to a fit's score, higher being better; NaN where that is not known."""
    truth, sign = dataset.y[split.test], 1.0 if metric.higher_is_better else -1.0
    rows = fit.row_scores
    if fit.predictions is not None and metric.name == "accuracy":
        rows = (fit.predictions == truth).astype(float)
    elif rows is None and fit.predictions is not None:
        rows = pseudo_values(metric.name, truth, fit.predictions, None, len(dataset.classes))
    return np.full(len(truth), np.nan) if rows is None else sign * rows


def at_largest(results: Sequence[FitResult]) -> list[FitResult]:
    """Return each model's fits on the largest samples that it was fitted on."""
    last = {r.model: r.repeat for r in sorted(results, key=lambda r: r.repeat)}
    return [r for r in results if r.repeat == last[r.model]]


def learning_curves(
    dataset: Dataset, metric: Metric, splits: Sequence[Split], results: Sequence[FitResult]
) -> Iterator[CurvePoint]:
    """Yield the score of every model at every size, with its interval, the smallest size first."""
    sign = 1.0 if metric.higher_is_better else -1.0
    groups = None if dataset.groups is None or not splits else dataset.groups[splits[0].test]
    for anchor in anchors_of(dataset, metric, splits, results):
        for name, rows in anchor.scores.items():
            mean, low, high = interval_of(sign * rows, groups)
            low, high = max(low, metric.bounds[0]), min(high, metric.bounds[1])
            blocks, tested = rows.shape
            yield CurvePoint(name, anchor.train_rows, blocks, tested, mean, low, high)
