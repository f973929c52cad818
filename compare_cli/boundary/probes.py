"""Where to look: walks between rows, points on the boundary, noise, planes. All seeded, in sd units.

Shapes: n anchors, d moving columns, w walks, t steps of a walk, m boundary points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compare_cli.boundary.space import Bools, Floats, Frame, Ints, Points, Space

SMALL_TABLE = 32  # anchors up to which a predict call costs more than the rows that it saves
SIDE = 14  # of the grids on planes
SAMPLED_CELLS = 40_000  # numbers in the noisy rows, and in the grids on planes, of wide tables
FEWEST_NOISY = 500  # rows, whatever the width
SHARED_PROBES = 500  # points at which the fits of all folds and models are compared
FARTHER = 12  # random rows that are tried after them
OPPONENTS = 3  # nearest rows predicted otherwise that are tried before an anchor is given up


@dataclass(frozen=True)
class Effort:
    """How much to look. ``anchors`` is the one number that users set (--boundary-probes); 60 is the default.

    Walks of each kind: 2 per anchor. Noisy rows: 20 per anchor. Planes: 1 per 10 anchors. A small table
    gets less of the last two: what more of them would average out is less than what its few rows leave.
    So does a wide one (more than about 32 columns), where they would take most of the time.
    Rays and rows that pairs of columns are tried on: 2 per anchor; rows for held columns: 66.
    """

    anchors: int = 60

    @property
    def walks(self) -> int:
        """Walks of each kind, rays, and rows on which pairs of columns are tried."""
        return 2 * self.anchors

    @property
    def held(self) -> int:
        """Rows read for all held columns together."""
        return 66 * self.anchors

    def noisy(self, rows: int, width: int) -> int:
        """Rows that get noise added, for a table of ``rows`` anchors and ``width`` input columns."""
        return min(20 * self.anchors, 20 * rows, max(SAMPLED_CELLS // max(width, 1), FEWEST_NOISY))

    def planes(self, rows: int, width: int) -> int:
        """Planes through three rows each, for a table of ``rows`` anchors and ``width`` input columns."""
        fitting = max(1, SAMPLED_CELLS // (SIDE * SIDE * max(width, 1)))
        return min(max(1, self.anchors // 10), rows // 3, fitting)


FULL = Effort(60)
REDUCED = Effort(12)  # for models whose prediction is slow (kNN, SVC): a fifth of the rows


@dataclass(frozen=True)
class Pairs:
    """Walks from row ``start`` to row ``end``, (w,) anchor numbers each."""

    start: Ints
    end: Ints


def same_class_pairs(labels: Ints, count: int, rng: np.random.Generator) -> Pairs:
    """Return ``count`` pairs of different rows predicted alike, balanced over the predicted classes.

    Classes that only one row is predicted as have no pair; without any other class there are none.
    """
    order, first, size = _blocks(labels)
    usable = np.flatnonzero(size > 1)
    if not len(usable):
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    block = usable[np.arange(count) % len(usable)]
    at = rng.integers(size[block])
    other = (at + 1 + rng.integers(size[block] - 1)) % size[block]
    return Pairs(order[first[block] + at], order[first[block] + other])


def different_class_pairs(labels: Ints, count: int, rng: np.random.Generator) -> Pairs:
    """Return ``count`` pairs of rows predicted differently; the starts are balanced over the classes."""
    order, first, size = _blocks(labels)
    block = np.arange(count) % len(size)
    at = rng.integers(size[block])
    other = rng.integers(len(labels) - size[block])
    other += np.where(other >= first[block], size[block], 0)
    return Pairs(order[first[block] + at], order[other])


def _blocks(labels: Ints) -> tuple[Ints, Ints, Ints]:
    """Return rows sorted by label, and where each label's block starts and how long it is."""
    order = np.argsort(labels, kind="stable")
    _, first, size = np.unique(labels[order], return_index=True, return_counts=True)
    return order, first, size


def balanced(labels: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Return at most ``count`` different rows, as evenly over the classes as their sizes allow."""
    shuffled = rng.permutation(len(labels))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    _, first, size = np.unique(labels[order], return_index=True, return_counts=True)
    turn = np.arange(len(labels)) - np.repeat(first, size)
    return order[np.argsort(turn, kind="stable")[:count]]


def steps_along(frame: Frame, pairs: Pairs, steps: int, rng: np.random.Generator | None = None) -> Points:
    """Return ``steps`` points of each walk in order, (w·steps, d): jittered with ``rng``, else midpoints."""
    w = len(pairs.start)
    within = rng.random((w, steps)) if rng is not None else np.full((w, steps), 0.5)
    t = ((np.arange(steps) + within) / steps)[:, :, None]
    start, end = frame.z[pairs.start], frame.pinned(frame.z[pairs.end], pairs.start)
    z = start[:, None, :] + t * (end - start)[:, None, :]
    return z.reshape(w * steps, frame.z.shape[1]), np.repeat(pairs.start, steps)


def ends(frame: Frame, pairs: Pairs) -> Points:
    """Return the far ends of walks with the held values of their starts, (w, d)."""
    return frame.pinned(frame.z[pairs.end], pairs.start), pairs.start


def noisy(frame: Frame, rows: int, noise: float, rng: np.random.Generator) -> tuple[Points, Points]:
    """Return about ``rows`` anchors with noise of this sd, every anchor equally often, and with less.

    The second points have the same noise times ``frame.bulk``.
    """
    n = len(frame.z)
    anchor = np.tile(np.arange(n), max(1, rows // n))
    here, shaken = frame.z[anchor], noise * rng.standard_normal((len(anchor), frame.z.shape[1]))
    return (here + shaken, anchor), (here + shaken * frame.bulk, anchor)


def planes(frame: Frame, count: int, side: int, rng: np.random.Generator) -> Points:
    """Return grids of ``side``² points on ``count`` planes through three rows each.

    A grid covers the parallelogram of its rows and a tenth more at each edge; the first row's held
    values are kept. Shape (count·side², d), row-major per plane.
    """
    n = len(frame.z)
    if count == 0:
        return np.empty((0, frame.z.shape[1])), np.empty(0, np.int64)
    first, second, third = (
        rng.integers(n, size=count),
        rng.integers(n - 1, size=count),
        rng.integers(n - 2, size=count),
    )
    third += third >= second  # both are offsets from the row after the first: three different rows
    corner = np.stack([first, (first + 1 + second) % n, (first + 1 + third) % n], axis=1)
    a = frame.z[corner[:, 0]]
    across = frame.pinned(frame.z[corner[:, 1]], corner[:, 0]) - a
    down = frame.pinned(frame.z[corner[:, 2]], corner[:, 0]) - a
    t = np.linspace(-0.1, 1.1, side)
    z = (
        a[:, None, None, :]
        + t[None, :, None, None] * across[:, None, None, :]
        + t[None, None, :, None] * down[:, None, None, :]
    )
    return z.reshape(count * side * side, frame.z.shape[1]), np.repeat(corner[:, 0], side * side)


@dataclass(frozen=True)
class BoundaryPoints:
    """Points where the label changes on the way from an anchor to a row predicted otherwise.

    ``anchor`` (m,), ``start`` and ``way`` (m, d): the anchor and the vector to its opponent.
    The label is ``inside`` at start + low·way and ``outside`` at start + high·way, (m,) each.
    """

    anchor: Ints
    start: Floats
    way: Floats
    low: Floats
    high: Floats
    inside: Ints
    outside: Ints

    def at(self, t: Floats) -> Floats:
        """Return the points start + t·way, (m, d)."""
        return self.start + t[:, None] * self.way

    @property
    def middle(self) -> Floats:
        """The boundary points: the middle of the brackets, (m, d)."""
        return self.at((self.low + self.high) / 2)

    @property
    def beyond(self) -> Floats:
        """The ends of the brackets that carry the other label, (m, d)."""
        return self.at(self.high)

    def part(self, rows: Ints) -> BoundaryPoints:
        """Return some of the points."""
        return BoundaryPoints(**{name: value[rows] for name, value in vars(self).items()})

    def __len__(self) -> int:
        return len(self.anchor)


def opponents(frame: Frame, labels: Ints, anchors: Ints) -> Ints:
    """Return the nearest rows predicted otherwise, nearest first, (m, ≤ 3)."""
    a, z = frame.z[anchors], frame.z
    square = (z * z).sum(axis=1)[None, :] - 2 * a @ z.T
    square[labels[anchors][:, None] == labels[None, :]] = np.inf
    fewest = len(labels) - int(np.unique(labels, return_counts=True)[1].max())
    count = min(OPPONENTS, fewest)
    near = np.argpartition(square, count - 1, axis=1)[:, :count]
    by_distance = np.argsort(np.take_along_axis(square, near, axis=1), axis=1, kind="stable")
    return np.take_along_axis(near, by_distance, axis=1)


def farther(frame: Frame, anchors: Ints, rng: np.random.Generator) -> Ints:
    """Return random rows for each anchor, whatever their labels, nearest first, (m, 12)."""
    rows = rng.integers(len(frame.z), size=(len(anchors), FARTHER))
    apart = ((frame.z[rows] - frame.z[anchors][:, None]) ** 2).sum(axis=2)
    return np.take_along_axis(rows, np.argsort(apart, axis=1, kind="stable"), axis=1)


def boundary_points(space: Space, anchors: Ints, rivals: Ints, seen: Ints) -> BoundaryPoints:
    """Return a boundary point for each anchor that has a rival with another label.

    ``rivals`` (m, k) are rows, nearest first, and ``seen`` (m, k) their labels with the anchor's held
    values. The bracket shrinks to 2⁻¹⁸ of the way, where there are few points to 2⁻¹⁵. There, and on small
    tables, it does so in fewer calls: a call costs their models more than a thousand rows.
    """
    inside = space.anchor_labels[anchors]
    differs = seen != inside[:, None]
    kept = differs.any(axis=1)
    best = differs[kept].argmax(axis=1)
    anchors, inside = anchors[kept], inside[kept]
    end = rivals[kept, best]
    start = space.frame.z[anchors]
    way = space.frame.pinned(space.frame.z[end], anchors) - start
    m = len(anchors)
    whole = BoundaryPoints(anchors, start, way, np.zeros(m), np.ones(m), inside, seen[kept, best])
    sections, calls = (8, 5) if m <= REDUCED.anchors else (4, 9)
    if len(space.frame.z) <= SMALL_TABLE:
        sections, calls = 64, 3
    return narrowed(space, whole, sections=sections, calls=calls)


def narrowed(space: Space, points: BoundaryPoints, *, sections: int, calls: int) -> BoundaryPoints:
    """Return the brackets narrowed to sections⁻ᶜᵃˡˡˢ of their length: section search, all at once.

    Each call reads sections − 1 points inside every bracket and keeps the first section at whose
    end the label is not ``inside``.
    """
    for _ in range(calls):
        cuts = np.arange(1, sections) / sections
        points = first_change(space, points, points.low[:, None] + cuts * (points.high - points.low)[:, None])
    return points


def first_change(space: Space, points: BoundaryPoints, t: Floats) -> BoundaryPoints:
    """Return the brackets cut at ``t`` (m, k), ascending inside them: up to the first other label."""
    m, k = t.shape
    z = points.start[:, None, :] + t[:, :, None] * points.way[:, None, :]
    (flat,) = space.labels((z.reshape(m * k, z.shape[2]), np.repeat(points.anchor, k)))
    label = np.column_stack([flat.reshape(m, k), points.outside])
    edges = np.column_stack([points.low, t, points.high])
    first = (label != points.inside[:, None]).argmax(axis=1)
    row = np.arange(m)
    return BoundaryPoints(
        points.anchor,
        points.start,
        points.way,
        edges[row, first],
        edges[row, first + 1],
        points.inside,
        label[row, first],
    )


def shared_probes(
    numbers: Floats,
    codes: NDArray[np.int32],
    seed: int,
    *,
    moving: Bools | None = None,
    count: int = SHARED_PROBES,
) -> tuple[Floats, NDArray[np.int32]]:
    """Return ``count`` midpoints of random pairs of rows of the whole table, as such a table.

    ``numbers`` (n, p) with NaN for missing, ``codes`` (n, q). Numbers are averaged; categories, the
    columns that ``moving`` (p,) leaves out, and cells that either row misses are the first row's.
    """
    rng = np.random.default_rng((seed, 7))
    n = len(numbers) if numbers.shape[1] else len(codes)
    first = rng.integers(n, size=count)
    second = (first + rng.integers(1, max(n, 2), size=count)) % n
    here, there = numbers[first], numbers[second]
    keep = np.isnan(there)
    if moving is not None:
        keep |= ~moving
    return np.where(keep, here, (here + there) / 2), codes[first]


def disagreement(left: Ints, right: Ints) -> float:
    """Return the share of places where two arrays of labels differ (after Marx et al. 2020).

    For two models over folds pass arrays (folds, probes): folds are compared with the same fold.
    """
    return float((left != right).mean())


def instability(labels: Ints) -> float | None:
    """Return the mean over pairs of folds of P[f_i(x) ≠ f_j(x)] for ``labels`` (folds, probes).

    None with fewer than two folds. Counted per probe: pairs that differ are all pairs less those
    within each label.
    """
    folds = len(labels)
    if folds < 2:
        return None
    counts = np.stack([(labels == c).sum(axis=0) for c in np.unique(labels)])
    agree = (counts * (counts - 1)).sum(axis=0) / (folds * (folds - 1))
    return float(1.0 - agree.mean())
