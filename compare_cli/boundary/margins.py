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
# Where on the way to a tangent plane the label is read first; a flat boundary is crossed at 1.
CUTS = (0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.995, 0.9995, 1.0005, 1.005, 1.02, 1.05, 1.1, 1.2, 1.4)
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
    """Project each anchor on the boundary's tangent plane and cross the boundary there, twice."""
    import numpy as np

    best = reached(at)
    rows = np.arange(len(at))  # those that are still being refined
    for turn in range(PROJECTIONS):
        at, found = _crossing(space, at, normals)
        rows = rows[found]
        best[rows] = np.minimum(best[rows], reached(at))
        if turn + 1 == PROJECTIONS or not len(rows):
            break
        normals = normals_at(space, at, exact)
        known = np.flatnonzero(~np.isnan(normals[:, 0]))
        at, normals, rows = at.part(known), normals[known], rows[known]
    return best


def _crossing(
    space: Space, at: BoundaryPoints, normals: NDArray[np.float64]
) -> tuple[BoundaryPoints, NDArray[np.int64]]:
    """Return where the ways to the tangent planes cross the boundary, and which of them do."""
    import numpy as np

    m = len(at)
    way = ((at.beyond - at.start) * normals).sum(axis=1)[:, None] * normals
    ahead = replace(at, way=way, low=np.zeros(m), high=np.full(m, np.inf))
    ahead = first_change(space, ahead, np.tile(CUTS, (m, 1)))
    found = np.flatnonzero(np.isfinite(ahead.high) & (length(way) > 0))
    return narrowed(space, ahead.part(found), sections=8, calls=2), found


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
