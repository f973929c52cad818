"""Measures of data complexity that users know from elsewhere: F1, N1 and N3, of the rows alone.

Definitions are those of Ho & Basu 2002 in the form of Lorena et al. 2019; distances are Gower's, so that
categories count. Shapes: n rows, p numeric and q categorical columns, c classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compare_cli.boundary.space import Floats, Ints, stream

COMPARED_ROWS = 1_000  # whose distances are taken: 10 to 25 ms
COMPARED_CELLS = 10_000_000  # differences of cells: of wide tables fewer rows are compared
FISHER_ROWS = 10_000  # the error of a share of variance is then at most .01


def sampled(rows: int, most: int) -> Ints:
    """Return the numbers of all rows, or of ``most`` of them, always the same ones, in order."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(stream(0, 40).choice(rows, size=most, replace=False, shuffle=False)).astype(np.int64)


def compared_rows(rows: int, columns: int) -> int:
    """Return how many rows of a table neighbours are looked for among."""
    return min(rows, COMPARED_ROWS, int((COMPARED_CELLS / max(columns, 1)) ** 0.5))


def fisher(numbers: Floats, codes: NDArray[np.int32], y: Ints) -> float | None:
    """Return F1 = 1 / (1 + r), r the largest ratio of the variance between classes to that within them.

    It is the smallest share, over columns, of a column's variance that is left within classes: 0 where one
    column tells all classes apart by its mean, 1 where all class means are equal. ``numbers`` (n, p) may
    miss values (NaN), which are left out; each category of ``codes`` (n, q) is a column of zeros and ones.
    None without a column that varies.
    """
    hot = [codes[:, [at]] == np.unique(codes[:, at]) for at in range(codes.shape[1])]
    X = np.hstack([numbers, *hot]).astype(np.float64)
    there = ~np.isnan(X)
    X = np.where(there, X, 0.0)
    classes = (y[:, None] == np.unique(y)).astype(np.float64)
    count = np.maximum(classes.T @ there, 1e-300)
    centred = np.where(there, X - X.sum(axis=0) / np.maximum(there.sum(axis=0), 1), 0.0)
    total = (centred**2).sum(axis=0)
    between = ((classes.T @ centred) ** 2 / count).sum(axis=0)
    varies = total > 1e-12 * np.maximum((X**2).sum(axis=0), 1e-300)
    if not varies.any():
        return None
    return max(0.0, float((1 - between[varies] / total[varies]).min()))


def gower(numbers: Floats, codes: NDArray[np.int32]) -> Floats:
    """Return Gower's distances (n, n): |x − x'| / range, or 1 for other categories, averaged over columns.

    A missing number (NaN) is the column's median, a missing category a category of its own; constant
    columns count as columns in which rows agree.
    """
    from scipy.spatial.distance import pdist, squareform

    X = np.array(numbers)
    for column in X.T:
        gone = np.isnan(column)
        column[gone] = np.median(column[~gone]) if not gone.all() else 0.0
    spread = np.ptp(X, axis=0)
    X = X[:, spread > 0] / spread[spread > 0]
    apart = np.zeros(len(X) * (len(X) - 1) // 2)
    if X.shape[1]:
        apart += pdist(X, "cityblock")
    if codes.shape[1]:
        apart += codes.shape[1] * pdist(codes, "hamming")
    apart /= max(numbers.shape[1] + codes.shape[1], 1)
    return np.asarray(squareform(apart))


def borderline(apart: Floats, y: Ints) -> float:
    """Return N1, the share of rows that the shortest tree through all rows joins to a row of another class.

    Prim's algorithm on distances ``apart`` (n, n); of equally short trees it takes the first that it meets.
    """
    n = len(y)
    parent, near = np.zeros(n, np.int64), apart[0].copy()
    near[0] = np.inf
    outside, on_border = np.ones(n, bool), np.zeros(n, bool)
    outside[0] = False
    for _ in range(n - 1):
        new = int(near.argmin())
        if y[new] != y[parent[new]]:
            on_border[[new, parent[new]]] = True
        outside[new], near[new] = False, np.inf
        closer = outside & (apart[new] < near)
        near[closer], parent[closer] = apart[new][closer], new
    return float(on_border.mean())


def neighbour_error(apart: Floats, y: Ints) -> float:
    """Return N3, the share of rows whose nearest other row by ``apart`` (n, n) has another class."""
    others = apart.copy()
    np.fill_diagonal(others, np.inf)
    return float((y[others.argmin(axis=1)] != y).mean())
