"""Margins: how far a row is from the nearest row that the model labels otherwise, in sd units.

Bisected towards one opponent a margin is an upper bound, 1.2 to 1.7 times too large. It is refined
where labels allow: every value stays the distance to a point that ``predict`` labels otherwise.
Shapes: m boundary points, d moving columns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from compare_cli.boundary.normals import normals_at
from compare_cli.boundary.probes import BoundaryPoints, first_change, narrowed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.boundary.exact import Exact
    from compare_cli.boundary.space import Space

PROJECTIONS = 2
# Where on a way labels are read first: around the tangent plane, and within the best margin so far.
NEAR_PLANE = (0.5, 0.8, 0.95, 0.99, 0.9995, 1.0005, 1.01, 1.05, 1.25)
OF_BEST = (0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
RESET_ROUNDS = 4
RESET_STEPS = 32


def length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Euclidean length of each row."""
    import numpy as np

    lengths: NDArray[np.float64] = np.sqrt((vectors * vectors).sum(axis=1))
    return lengths


def reached(at: BoundaryPoints) -> NDArray[np.float64]:
    """Return the distance from each anchor to the end of its bracket, where the label is another, (m,)."""
    return at.high * length(at.way)


def refined(
    space: Space, at: BoundaryPoints, normals: NDArray[np.float64], exact: Exact | None
) -> NDArray[np.float64]:
    """Return refined margins (m,): tangent projections where there are normals (m, d), resets elsewhere."""
    import numpy as np

    margins = reached(at)
    unknown = np.isnan(normals[:, 0])
    smooth, rough = np.flatnonzero(~unknown), np.flatnonzero(unknown)
    if len(smooth):
        margins[smooth] = _projected(space, at.part(smooth), normals[smooth], exact)
    if len(rough):
        margins[rough] = _reset(space, at.part(rough))
    return margins


def _projected(
    space: Space, at: BoundaryPoints, normals: NDArray[np.float64], exact: Exact | None
) -> NDArray[np.float64]:
    """Go from each anchor along the normal of its boundary point until the label changes, again and again.

    On a plane the first turn is exact. Where the way misses the boundary, the next goes halfway
    between it and the way that is known to meet it.
    """
    import numpy as np

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
    space: Space,
    at: BoundaryPoints,
    direction: NDArray[np.float64],
    points: NDArray[np.float64],
    best: NDArray[np.float64],
) -> tuple[BoundaryPoints, NDArray[np.int64]]:
    """Return where ways along unit ``direction`` (m, d) cross the boundary within ``best``, and which do.

    Labels are read densely around the tangent plane through ``points``, and at parts of ``best``.
    """
    import numpy as np

    m = len(at)
    plane = np.maximum(((points - at.start) * direction).sum(axis=1), 0.0)
    cuts = np.sort(np.hstack([np.outer(plane, NEAR_PLANE), np.outer(best, OF_BEST)]), axis=1)
    ahead = replace(at, way=direction, low=np.zeros(m), high=np.full(m, np.inf))
    ahead = first_change(space, ahead, cuts)
    found = np.flatnonzero(ahead.high <= best)
    return narrowed(space, ahead.part(found), sections=8, calls=2), found


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return vectors / np.maximum(length(vectors), 1e-300)[:, None]


def _reset(space: Space, at: BoundaryPoints) -> NDArray[np.float64]:
    """Put back, largest first, the columns that the other label does not need; then bisect again.

    For piecewise constant models, whose facets are parallel to the axes. Each round reads up to 32
    growing sets of columns, keeps the largest that leaves the label changed, and passes over the
    column that stopped it.
    """
    import numpy as np

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
    return np.minimum(reached(at), reached(narrowed(space, whole, sections=4, calls=5)))
