"""Planes through the space of the numeric columns, and which pair of columns tells the classes apart best.

Shapes: n rows, p numeric and q categorical columns, k axes (2, or 1 for a strip), c classes.
``numbers`` (n, p) float64 with NaN for missing, ``codes`` (n, q) int32 with -1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Codes = NDArray[np.int32]
Labels = NDArray[np.int64]

SAMPLE = 500  # training rows by which a plane is chosen: about equally many of each class
MOST_COLUMNS = 24  # columns whose pairs are tried: 276 pairs
BANDWIDTH = 0.25  # of the kernel, in standard deviations of ranks
TAIL, FAR, ROOM = 0.005, 3.0, 0.04  # see `span`


@dataclass(frozen=True)
class Held:
    """One row, at which columns stay that a plane does not show: ``numbers`` (p,) and ``codes`` (q,)."""

    numbers: Numbers
    codes: Codes


def typical_row(numbers: Numbers, codes: Codes) -> Held:
    """Return medians of the numbers and the most frequent category (the first of equals) of each column.

    Missing values do not count; a column of nothing else is 0, or a missing category.
    """
    common = [np.bincount(column[column >= 0], minlength=1) for column in codes.T]
    most = [int(counts.argmax()) if counts.any() else -1 for counts in common]
    return Held(np.nanmedian(_without_empty(numbers), axis=0), np.array(most, dtype=np.int32))


def _without_empty(numbers: Numbers) -> Numbers:
    """Return numbers with 0 in the columns that have no value at all."""
    empty = np.isnan(numbers).all(axis=0)
    return np.where(empty, 0.0, numbers) if empty.any() else numbers


@dataclass(frozen=True)
class Plane:
    """An affine plane (k = 2) or line (k = 1) in the space of the numeric columns, through a held row.

    Numbers are measured as ``z = (x - center) / scale``; a row's coordinates are ``z @ axes.T``.
    ``axes`` (k, p) are orthonormal. ``shares`` (k,) are the shares of variance along the axes, for
    principal components only.
    """

    kind: Literal["columns", "components"]
    held: Held
    center: Numbers
    scale: Numbers
    axes: Numbers
    shares: Numbers | None = None

    def coordinates(self, numbers: Numbers) -> Numbers:
        """Return where rows lie when they are dropped onto the axes, (n, k).

        A missing number along an axis of columns is NaN; for components it counts as the mean.
        """
        import numpy as np

        z = (numbers - self.center) / self.scale
        if self.kind == "components":
            z = np.nan_to_num(z, nan=0.0)
            return z @ self.axes.T
        return z[:, self.axes.argmax(axis=1)]

    def numbers_at(self, coordinates: Numbers) -> Numbers:
        """Return the numbers (m, p) of points of the plane, given by coordinates (m, k).

        Numbers that the held row misses stay missing unless the plane moves them.
        """
        import numpy as np

        z = (self.held.numbers - self.center) / self.scale
        gone = np.isnan(z)
        z = np.where(gone, 0.0, z)
        points = z + (coordinates - z @ self.axes.T) @ self.axes
        numbers: Numbers = points * self.scale + self.center
        numbers[:, gone & (self.axes == 0).all(axis=0)] = np.nan
        return numbers


def columns_plane(held: Held, columns: Sequence[int]) -> Plane:
    """Return the plane along one or two numeric columns, in their own units."""
    width = len(held.numbers)
    return Plane("columns", held, np.zeros(width), np.ones(width), np.eye(width)[list(columns)])


def components_plane(numbers: Numbers, codes: Codes, held: Held | None = None) -> Plane:
    """Return the plane of the first two principal components of standardised numbers (p ≥ 2).

    Missing numbers count as the column's mean. Without a held row the plane goes through the mean, with
    the most frequent categories. The largest loading of each component is positive, so that the same
    data give the same picture.
    """
    center = np.nanmean(_without_empty(numbers), axis=0)
    spread = np.nanstd(_without_empty(numbers), axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    z = np.nan_to_num((numbers - center) / scale, nan=0.0)
    variances, vectors = np.linalg.eigh(z.T @ z / len(z))
    axes = vectors[:, ::-1][:, :2].T
    signs = np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])
    shares = variances[::-1][:2] / max(variances.sum(), 1e-300)
    held = held or Held(center, typical_row(numbers, codes).codes)
    return Plane("components", held, center, scale, axes * signs[:, None], shares)


@dataclass(frozen=True)
class Pair:
    """Two columns, how well they tell classes apart (`separation`) on so many ``rows``.

    Pairs were made of ``tried`` columns.
    """

    columns: tuple[int, int]
    score: float
    rows: int
    tried: int


def best_pair(numbers: Numbers, y: Labels, seed: int) -> Pair:
    """Return the pair of (p ≥ 2) numeric columns with the best `separation`, the first of equals.

    With more than 24 columns only pairs of the best single ones are tried. Measured on at most about
    500 training rows, drawn by ``seed``.
    """
    rows = _balanced_sample(y, seed)
    values, labels = numbers[rows], np.unique(y[rows], return_inverse=True)[1]
    tried = list(range(numbers.shape[1]))
    if len(tried) > MOST_COLUMNS:
        alone = [-separation([_kernel(column)], labels) for column in values.T]
        tried = sorted(np.argsort(alone, kind="stable")[:MOST_COLUMNS].tolist())
    kernels = {at: _kernel(values[:, at]) for at in tried}
    scores = {(i, j): separation([kernels[i], kernels[j]], labels) for i, j in combinations(tried, 2)}
    best = max(scores, key=lambda pair: scores[pair])
    return Pair(best, scores[best], len(rows), len(tried))


def _balanced_sample(y: Labels, seed: int) -> Labels:
    """Return at most SAMPLE row numbers, sorted, with the same number of every class that has so many."""
    rng = np.random.default_rng((seed, 2))
    classes = np.unique(y)
    each = max(2, SAMPLE // len(classes))
    return np.sort(np.concatenate([rng.permutation(np.flatnonzero(y == c))[:each] for c in classes]))


def _kernel(values: Numbers) -> NDArray[np.float32]:
    """Return the Gaussian kernel (n, n) between the ranks of values; missing ones rank as the median."""
    from scipy.stats import rankdata

    known = values[~np.isnan(values)]
    filled = np.where(np.isnan(values), np.median(known) if len(known) else 0.0, values)
    ranks = (rankdata(filled) / len(values) * 12**0.5 / BANDWIDTH).astype(np.float32)
    kernel: NDArray[np.float32] = np.exp(-0.5 * (ranks[:, None] - ranks[None, :]) ** 2)
    return kernel


def separation(kernels: Sequence[NDArray[np.float32]], labels: Labels) -> float:
    """Return the balanced accuracy, in [0, 1], of a kernel classifier that leaves out the row it judges.

    A row goes to the class whose other rows have the highest mean kernel with it (Parzen windows with
    equal priors); several kernels (n, n) are multiplied. ``labels`` (n,) are 0 … c-1, all present.
    """
    product = kernels[0].copy() if len(kernels) == 1 else kernels[0] * kernels[1]
    np.fill_diagonal(product, 0)
    members = np.eye(int(labels.max()) + 1, dtype=np.float32)[labels]
    others = np.maximum(members.sum(axis=0) - members, 1)
    predicted = (product @ members / others).argmax(axis=1)
    return float(np.mean([(predicted[labels == c] == c).mean() for c in range(members.shape[1])]))


def span(values: Numbers) -> tuple[float, float]:
    """Return the limits of an axis: the range of its values and 4 % more on both sides.

    Where the range is over three times that of the middle 99 %, the latter is taken. Missing values do
    not count; the limits are never equal.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return -1.0, 1.0
    low, high = float(known.min()), float(known.max())
    inner_low, inner_high = (float(v) for v in np.quantile(known, [TAIL, 1 - TAIL]))
    if inner_high > inner_low and high - low > FAR * (inner_high - inner_low):
        low, high = inner_low, inner_high
    room = ROOM * (high - low) or max(1.0, abs(low)) * ROOM
    return low - room, high + room
