"""Normals of a smooth boundary, from a model's slopes: exact where its family gives them, else by steps.

Shapes: m boundary points, d moving columns, D columns of the model's input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.boundary.exact import Exact
    from compare_cli.boundary.probes import BoundaryPoints
    from compare_cli.boundary.space import Points, Space

STEP = 1e-3  # sd over which a score's slope is taken
ROWS = 4_000  # rows that one set of normals may read; on wide tables fewer points get one


def normals_at(space: Space, at: BoundaryPoints, exact: Exact | None) -> NDArray[np.float64]:
    """Return unit normals (k, d) of the first k ≤ m points; NaN where there is none.

    There is none without scores or where the score jumps. k is m but on wide tables, where normals
    by steps cost d rows each.
    """
    import numpy as np

    m, d = at.way.shape
    moving = space.frame.moving
    if exact is not None and exact.slopes is not None and moving is not None:
        rows = np.asarray(space.frame.place(at.middle, at.anchor), dtype=np.float64)
        slope = exact.slopes(rows, at.inside, at.outside)[:, moving.columns] * moving.scale
        if space.frame.held is not None:
            slope = np.where(space.frame.held[at.anchor], 0.0, slope)
        return _unit(slope)
    if exact is not None and exact.stepped:
        return np.full((m, d), np.nan)
    some = at.part(np.arange(min(m, max(4, ROWS // (d + 2)))))
    scores = space.scores(slope_points(some)) if m else None
    return np.full((m, d), np.nan) if scores is None else score_normals(some, scores[0])


def slope_points(at: BoundaryPoints) -> Points:
    """Return both ends of each bracket and a small step along each column, (m·(2 + d), d)."""
    import numpy as np

    m, d = at.way.shape
    z = np.repeat(at.beyond[:, None, :], d + 2, axis=1)
    z[:, 1] = at.at(at.low)
    z[:, np.arange(d) + 2, np.arange(d)] += STEP
    return z.reshape(m * (d + 2), d), np.repeat(at.anchor, d + 2)


def score_normals(at: BoundaryPoints, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit normals (m, d) from scores (m·(2 + d), c) at ``slope_points``; NaN without a slope.

    The slope is that of (score of the outside class − score of the inside class). A model whose
    score jumps at the boundary, a piecewise constant one, has none there: across a bracket much
    narrower than the step, it rises as much as over the step.
    """
    import numpy as np

    m, d = at.way.shape
    seen = scores.reshape(m, d + 2, -1)
    row = np.arange(m)
    gap = seen[row, :, at.outside] - seen[row, :, at.inside]
    slope = gap[:, 2:] - gap[:, :1]
    jump = np.abs(gap[:, 0] - gap[:, 1])
    bracket = (at.high - at.low) * np.sqrt((at.way * at.way).sum(axis=1))
    rise = np.sqrt((slope * slope).sum(axis=1))  # over one STEP
    smooth = jump < rise * (0.1 + 2 * bracket / STEP)
    return _unit(np.where(smooth[:, None], slope, np.nan))


def _unit(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    length = np.sqrt((slope * slope).sum(axis=1, keepdims=True))
    usable = np.isfinite(length) & (length > 0)
    return np.where(usable, slope / np.where(usable, length, 1.0), np.nan)


def features_per_facet(normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / Σ n_j⁴ of unit normals (m, d): how many columns a normal spreads over, 1…d."""
    facets: NDArray[np.float64] = 1.0 / (normals**4).sum(axis=1)
    return facets
