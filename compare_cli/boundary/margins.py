"""Margins and normals: how far rows are from the boundary, and which way it faces.

A margin is the distance from a row to the nearest point that the model labels otherwise, in sd units.
Bisected towards one opponent it is an upper bound, 1.2 to 1.7 times too large. It is refined where labels
allow: every value stays the distance to a point that ``predict`` labels otherwise. Normals come from a
model's slopes: exact where its family gives them, else by steps.
Shapes: m boundary points, d moving columns, D columns of the model's input.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from compare_cli.boundary.exact import Exact
from compare_cli.boundary.probes import BoundaryPoints, first_change, narrowed
from compare_cli.boundary.space import Floats, Ints, Points, Space

PROJECTIONS = 2
# Where on a way labels are read first: around the tangent plane, and within the best margin so far.
NEAR_PLANE = (0.5, 0.8, 0.95, 0.99, 0.9995, 1.0005, 1.01, 1.05, 1.25)
OF_BEST = (0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
RESET_ROUNDS = 3
RESET_STEPS = 16
STEP = 1e-3  # sd over which a score's slope is taken
ROWS = 4_000  # rows that one set of normals may read; on wide tables fewer points get one


def length(vectors: Floats) -> Floats:
    """Return the Euclidean length of each row."""
    lengths: Floats = np.sqrt((vectors * vectors).sum(axis=1))
    return lengths


def reached(at: BoundaryPoints) -> Floats:
    """Return the distance from each anchor to the end of its bracket, where the label is another, (m,)."""
    return at.high * length(at.way)


def refined(space: Space, at: BoundaryPoints, normals: Floats, exact: Exact | None) -> Floats:
    """Return refined margins (m,): tangent projections where there are normals (m, d), resets elsewhere."""
    margins = reached(at)
    unknown = np.isnan(normals[:, 0])
    smooth, rough = np.flatnonzero(~unknown), np.flatnonzero(unknown)
    if len(smooth):
        margins[smooth] = _projected(space, at.part(smooth), normals[smooth], exact)
    if len(rough):
        margins[rough] = _reset(space, at.part(rough))
    return margins


def _projected(space: Space, at: BoundaryPoints, normals: Floats, exact: Exact | None) -> Floats:
    """Go from each anchor along the normal of its boundary point until the label changes, again and again.

    On a plane the first turn is exact. Where the way misses the boundary, the next goes halfway
    between it and the way that is known to meet it.
    """
    best, points = reached(at), at.beyond
    direction = normals.copy()
    for turn in range(PROJECTIONS):
        ahead, found = _crossing(space, at, direction, points, best)
        best[found] = np.minimum(best[found], reached(ahead))
        points[found] = ahead.beyond
        if turn + 1 == PROJECTIONS:
            break
        met = points - at.start
        direction = _unit(direction + _unit(met))
        if len(found):
            turned = normals_at(space, ahead, exact)  # of as many points as before
            known = ~np.isnan(turned[:, 0])
            direction[found[known]] = turned[known]
    return best


def _crossing(
    space: Space, at: BoundaryPoints, direction: Floats, points: Floats, best: Floats
) -> tuple[BoundaryPoints, Ints]:
    """Return where ways along unit ``direction`` (m, d) cross the boundary within ``best``, and which do.

    Labels are read densely around the tangent plane through ``points``, and at parts of ``best``.
    """
    m = len(at)
    plane = np.maximum(((points - at.start) * direction).sum(axis=1), 0.0)
    cuts = np.sort(np.hstack([np.outer(plane, NEAR_PLANE), np.outer(best, OF_BEST)]), axis=1)
    ahead = replace(at, way=direction, low=np.zeros(m), high=np.full(m, np.inf))
    ahead = first_change(space, ahead, cuts)
    found = np.flatnonzero(ahead.high <= best)
    return narrowed(space, ahead.part(found), sections=8, calls=2), found


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(length(vectors), 1e-300)[:, None]


def _reset(space: Space, at: BoundaryPoints) -> Floats:
    """Put back, largest first, the columns that the other label does not need; then bisect again.

    For piecewise constant models, whose facets are parallel to the axes. Each round reads up to 16
    growing sets of columns, keeps the largest that leaves the label changed, and passes over the
    column that stopped it.
    """
    m, d = at.way.shape
    point, row = at.beyond, np.arange(m)
    counts = np.unique(np.linspace(1, d, min(d, RESET_STEPS)).round().astype(np.int64))
    step = int(np.diff(counts, prepend=0).max())
    order = np.argsort(-np.abs(point - at.start), axis=1, kind="stable")
    for _ in range(min(RESET_ROUNDS, d)):
        rank = np.empty((m, d), np.int64)
        np.put_along_axis(rank, order, np.broadcast_to(np.arange(d), (m, d)), axis=1)
        back = rank[:, None, :] < counts[:, None]
        tried = np.where(back, at.start[:, None, :], point[:, None, :])
        (flat,) = space.labels((tried.reshape(-1, d), np.repeat(at.anchor, len(counts))))
        changed = flat.reshape(m, -1) != at.inside[:, None]
        last = changed.shape[1] - 1 - changed[:, ::-1].argmax(axis=1)
        works = changed.any(axis=1)
        point = np.where(works[:, None], tried[row, last], point)
        done = np.where(works, counts[last], 0)
        # what was put back stays so; the columns that stopped it go to the end
        later = (np.arange(d) - done[:, None] - step) % d
        order = np.take_along_axis(order, np.argsort(later, axis=1, kind="stable"), axis=1)
    way = point - at.start
    whole = replace(at, way=way, low=np.zeros(m), high=np.ones(m))
    return np.minimum(reached(at), reached(narrowed(space, whole, sections=10, calls=3)))


def normals_at(space: Space, at: BoundaryPoints, exact: Exact | None) -> Floats:
    """Return unit normals (k, d) of the first k ≤ m points; NaN where there is none.

    There is none without scores or where the score jumps. k is m but on wide tables, where normals
    by steps cost d rows each.
    """
    m, d = at.way.shape
    moving = space.frame.moving
    if exact is not None and exact.slopes is not None and moving is not None:
        rows = np.asarray(space.frame.place(at.middle, at.anchor), dtype=np.float64)
        slope = exact.slopes(rows, at.inside, at.outside)[:, moving.columns] * moving.scale
        if space.frame.held is not None:
            slope = np.where(space.frame.held[at.anchor], 0.0, slope)
        return _normal(slope)
    if exact is not None and exact.stepped:
        return np.full((m, d), np.nan)
    some = at.part(np.arange(min(m, max(4, ROWS // (d + 2)))))
    scores = space.scores(slope_points(some)) if m else None
    return np.full((m, d), np.nan) if scores is None else score_normals(some, scores[0])


def slope_points(at: BoundaryPoints) -> Points:
    """Return both ends of each bracket and a small step along each column, (m·(2 + d), d)."""
    m, d = at.way.shape
    z = np.repeat(at.beyond[:, None, :], d + 2, axis=1)
    z[:, 1] = at.at(at.low)
    z[:, np.arange(d) + 2, np.arange(d)] += STEP
    return z.reshape(m * (d + 2), d), np.repeat(at.anchor, d + 2)


def score_normals(at: BoundaryPoints, scores: Floats) -> Floats:
    """Return unit normals (m, d) from scores (m·(2 + d), c) at ``slope_points``; NaN without a slope.

    The slope is that of (score of the outside class − score of the inside class). A model whose
    score jumps at the boundary, a piecewise constant one, has none there: across a bracket much
    narrower than the step, it rises as much as over the step.
    """
    m, d = at.way.shape
    seen = scores.reshape(m, d + 2, -1)
    row = np.arange(m)
    gap = seen[row, :, at.outside] - seen[row, :, at.inside]
    slope = gap[:, 2:] - gap[:, :1]
    jump = np.abs(gap[:, 0] - gap[:, 1])
    bracket = (at.high - at.low) * np.sqrt((at.way * at.way).sum(axis=1))
    rise = np.sqrt((slope * slope).sum(axis=1))  # over one STEP
    smooth = jump < rise * (0.1 + 2 * bracket / STEP)
    return _normal(np.where(smooth[:, None], slope, np.nan))


def _normal(slope: Floats) -> Floats:
    """Return slopes (m, d) at length 1; NaN where there is none."""
    size = length(slope)[:, None]
    usable = np.isfinite(size) & (size > 0)
    return np.where(usable, slope / np.where(usable, size, 1.0), np.nan)


def features_per_facet(normals: Floats) -> Floats:
    """Return 1 / Σ n_j⁴ of unit normals (m, d): how many columns a normal spreads over, 1…d."""
    facets: Floats = 1.0 / (normals**4).sum(axis=1)
    return facets


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Return the quantile of weighted values, linear between the middles of their weights."""
    order = np.argsort(values, kind="stable")
    weight = weights[order]
    middle = (np.cumsum(weight) - weight / 2) / weight.sum()
    return float(np.interp(share, middle, values[order]))
