"""How much fits agree between rows: instability over folds, disagreement between models.

Both are read at the same points for every fold and model: midpoints of random pairs of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHARED_PROBES = 500


def shared_probes(
    numbers: NDArray[np.float64],
    codes: NDArray[np.int32],
    seed: int,
    *,
    moving: NDArray[np.bool_] | None = None,
    count: int = SHARED_PROBES,
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return ``count`` midpoints of random pairs of rows of the whole table, as such a table.

    ``numbers`` (n, p) with NaN for missing, ``codes`` (n, q). Numbers are averaged; categories, the
    columns that ``moving`` (p,) leaves out, and cells that either row misses are the first row's.
    """
    import numpy as np

    rng = np.random.default_rng((seed, 7))
    n = len(numbers) if numbers.shape[1] else len(codes)
    first = rng.integers(n, size=count)
    second = (first + rng.integers(1, max(n, 2), size=count)) % n
    here, there = numbers[first], numbers[second]
    keep = np.isnan(there)
    if moving is not None:
        keep |= ~moving
    return np.where(keep, here, (here + there) / 2), codes[first]


def disagreement(left: NDArray[np.int64], right: NDArray[np.int64]) -> float:
    """Return the share of places where two arrays of labels differ (after Marx et al. 2020).

    For two models over folds pass arrays (folds, probes): folds are compared with the same fold.
    """
    return float((left != right).mean())


def instability(labels: NDArray[np.int64]) -> float | None:
    """Return the mean over pairs of folds of P[f_i(x) ≠ f_j(x)] for ``labels`` (folds, probes).

    None with fewer than two folds. Counted per probe: pairs that differ are all pairs less those
    within each label.
    """
    import numpy as np

    folds = len(labels)
    if folds < 2:
        return None
    counts = np.stack([(labels == c).sum(axis=0) for c in np.unique(labels)])
    agree = (counts * (counts - 1)).sum(axis=0) / (folds * (folds - 1))
    return float(1.0 - agree.mean())
