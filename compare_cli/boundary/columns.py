"""Which columns make the boundary, which pairs of them interact, and which class is enclosed.

Shapes: n anchors, D columns of the model's input, p columns of the data set, d moving columns, m points.
A column of the data set is exchanged with all that the model sees of it: its one-hot columns, or its number
together with the indicator that it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from compare_cli.boundary.probes import BoundaryPoints, balanced
from compare_cli.boundary.space import Bools, Floats, Ints, Points, Space
from compare_cli.types import Boundary

EXCHANGED = 200  # rows that get another row's numbers, or value of a held column, at most
PAIRED = 4  # columns whose pairs are tried: the ones with the largest shares
RAY_STEPS = 10
ACTIVE = 0.25  # of the largest share: columns that rays run in
MOST_SHOWN = 50  # columns whose shares a result holds
SAME_CUT = 0.05  # sd within which two boundary points of one column lie on the same cut


@dataclass(frozen=True)
class Shares:
    """How much each column of the data set decides: ``values`` (p,) and ``gaps`` (p,) sum to 1.

    ``gaps`` is what it changes whether the value is there. ``moving`` (d,) are the mean squared
    components of the boundary's normals, the diagonal of the decision boundary feature matrix of Lee &
    Landgrebe 1993. ``number_flips`` is the chance that another row's numbers change the prediction, None
    where nothing is held.
    """

    values: Floats
    gaps: Floats
    moving: Floats
    number_flips: float | None


def squared_normals(
    known: Floats,
    estimated: Floats,
    aligned: Bools,
    column: Ints,
    bulk: Floats,
) -> Floats:
    """Return the mean squared components of the normals of m boundary points, (d,), summing to 1.

    A point parallel to an axis has the unit vector of its ``column`` (m,) as normal; else the normal from
    slopes ``known`` (k ≤ m, d) counts, NaN where there is none; else the product of two independent
    estimates from labels, ``estimated`` (m, 2, d), which has no bias. Slanted normals are measured in units
    of ``bulk`` (d,): the sd of heavy tails is set by a few rows.
    """
    m, d = len(aligned), known.shape[1]
    square = np.full((m, d), np.nan)
    if estimated.shape[0] == m:
        square[:] = estimated[:, 0] * estimated[:, 1]
    square[: len(known)] = np.where(np.isnan(known), square[: len(known)], known**2)
    slanted = square[~np.isnan(square).any(axis=1) & ~aligned]
    mean = np.maximum(slanted.mean(axis=0), 0.0) * bulk**2 if len(slanted) else np.zeros(d)
    mean *= len(slanted) / max(float(mean.sum()), 1e-300)
    mean += np.bincount(column[aligned], minlength=d)
    return mean / max(float(mean.sum()), 1e-300)


def column_shares(space: Space, moving: Floats, held_rows: int, rng: np.random.Generator) -> Shares | None:
    """Return how much each column decides; None for input that is not one array of numbers.

    Numbers share the flips of exchanging all of them by ``moving`` (d,); a held column has the flips of
    exchanging it alone, on 20 to 200 of ``held_rows`` rows, so that both are counted in the same coin.
    """
    frame = space.frame
    if frame.moving is None or frame.sources is None:
        return None
    source, count = frame.sources.column, len(frame.sources.names)
    values, gaps = np.zeros(count), np.zeros(count)
    number_flips, weight = None, 1.0
    if frame.varies:
        number_flips = weight = _number_flips(space, rng) if len(moving) else 0.0
        _held_flips(space, values, gaps, held_rows, rng)
    np.add.at(values, source[frame.moving.columns], weight * moving)
    total = values.sum() + gaps.sum()
    scale = 1.0 / total if total > 0 else 0.0
    return Shares(values * scale, gaps * scale, moving, number_flips)


def _number_flips(space: Space, rng: np.random.Generator) -> float:
    """Return how often another row's numbers change the prediction."""
    frame, n = space.frame, len(space.frame.z)
    row = rng.integers(n, size=EXCHANGED)
    other = (row + rng.integers(1, n, size=EXCHANGED)) % n
    (labels,) = space.labels((frame.pinned(frame.z[other], row), row))
    return float((labels != space.anchor_labels[row]).mean())


def _held_flips(space: Space, values: Floats, gaps: Floats, rows: int, rng: np.random.Generator) -> None:
    """Write how often another row's value, or gap, of each held column changes the prediction."""
    frame = space.frame
    base = frame.base
    assert base is not None
    assert frame.sources is not None
    assert frame.moving is not None
    source, gap = frame.sources.column, frame.sources.gap
    numbers = np.unique(source[frame.moving.columns])
    held = [
        c for c in np.unique(source[~gap]) if c not in numbers and np.ptp(base[:, source == c], axis=0).any()
    ]
    gone = [c for c in np.unique(source[gap]) if np.ptp(base[:, gap & (source == c)], axis=0).any()]
    if not held and not gone:
        return
    each = int(np.clip(rows // (len(held) + len(gone)), 20, EXCHANGED))
    for c in held:
        values[c] = _flips(space, base[:, source == c], source == c, None, each, rng)
    for c in gone:
        missing = base[:, gap & (source == c)][:, 0] > 0
        share = float(missing.mean())
        flips = _flips(space, base[:, source == c], source == c, missing, each, rng)
        gaps[c] = 2 * share * (1 - share) * flips


def _flips(
    space: Space,
    donors: Floats,
    columns: Bools,
    missing: Bools | None,
    count: int,
    rng: np.random.Generator,
) -> float:
    """Return the share of rows whose prediction changes with other rows' values in ``columns``.

    With ``missing`` (n,) half of the rows lose their value and half get one.
    """
    assert space.frame.base is not None
    n = len(donors)
    row = rng.integers(n, size=count)
    other = (row + rng.integers(1, n, size=count)) % n
    if missing is not None:
        there, gone = np.flatnonzero(~missing), np.flatnonzero(missing)
        some = rng.choice(there, size=count), rng.choice(gone, size=count)
        lose = np.arange(count) % 2 == 0
        row, other = np.where(lose, some[0], some[1]), np.where(lose, some[1], some[0])
    rows = space.frame.base[row]
    rows[:, columns] = donors[other]
    return float((space.predicted(rows) != space.anchor_labels[row]).mean())


def interactions(
    space: Space, shares: Floats, rows: int, rng: np.random.Generator
) -> list[tuple[int, int, float, float]]:
    """Return (column, column, return rate, share) of the pairs among the columns with the largest shares.

    Each of ``rows`` rows gets another row's value of one column, of the other, and of both. Where each
    change alone gives the same other label, both together can bring the first label back only if the columns
    interact: a score that adds them up cannot return (s > 0, s + a < 0 and s + b < 0 give s + a + b < 0).
    The return rate is the share of such returns, and ``share`` is how many of the rows each change alone
    moved.
    """
    frame = space.frame
    base = frame.base
    assert base is not None
    assert frame.sources is not None
    source = frame.sources.column
    top = [int(c) for c in np.argsort(-shares, kind="stable")[:PAIRED] if shares[c] > 0]
    if len(top) < 2:
        return []
    row = np.resize(balanced(space.anchor_labels, rows, rng), rows)
    other = (row + rng.integers(1, len(base), size=rows)) % len(base)
    pairs = list(combinations(top, 2))
    sets = [(c,) for c in top] + pairs
    tables = [np.where(np.isin(source, columns), base[other], base[row]) for columns in sets]
    labels = dict(zip(sets, space.predicted(np.concatenate(tables)).reshape(len(sets), -1), strict=True))
    own = space.anchor_labels[row]
    found = []
    for i, j in pairs:
        moved = (labels[(i,)] != own) & (labels[(i,)] == labels[(j,)])
        back = moved & (labels[i, j] == own)
        found.append((i, j, float(back.sum() / max(moved.sum(), 1)), float(moved.mean())))
    return found


def effective_columns(shares: Floats, z: Floats) -> float | None:
    """Return how many columns decide, near copies counted once: 1 / Σ w_i w_j r_ij².

    ``shares`` (d,) are normalised to w; r is the correlation of the columns of ``z`` (n, d). It is the
    effective rank (tr S)² / tr S² of S = W^½ R W^½.
    """
    if shares.sum() <= 0 or len(z) < 3:
        return None
    w = shares / shares.sum()
    spread = z.std(axis=0)
    usable = spread > 0
    standard = np.where(usable, z - z.mean(axis=0), 0.0) / np.where(usable, spread, 1.0)
    correlation = standard.T @ standard / len(z)
    np.fill_diagonal(correlation, 1.0)
    return float(1.0 / (w @ correlation**2 @ w))


def distinct_cuts(at: BoundaryPoints, aligned: Bools, column: Ints) -> float | None:
    """Return the effective number of cuts parallel to the axes: 1 / P[two points lie on the same one].

    Points lie on the same cut when they are parallel to the same column and within 0.05 sd of each other.
    None with fewer than two such points.
    """
    row = np.flatnonzero(aligned)
    if len(row) < 2:
        return None
    value = at.middle[row, column[row]]
    same = (column[row][:, None] == column[row]) & (np.abs(value[:, None] - value) < SAME_CUT)
    np.fill_diagonal(same, False)
    together = same.sum() / (len(row) * (len(row) - 1))
    return float(1.0 / together) if together > 0 else float(len(row) * (len(row) - 1))


def ray_points(space: Space, moving: Floats, rays: int, rng: np.random.Generator) -> Points:
    """Return points on random rays from rows, balanced over classes: (rays·steps, d), row by row.

    Rays run in the active columns, to twice the radius of the data there (its 95 % quantile).
    """
    frame = space.frame
    active = np.flatnonzero(moving >= ACTIVE * moving.max())
    row = np.resize(balanced(space.anchor_labels, rays, rng), rays)
    direction = np.zeros((rays, frame.z.shape[1]))
    toward = rng.standard_normal((rays, len(active)))
    direction[:, active] = toward / np.sqrt((toward**2).sum(axis=1, keepdims=True))
    z = frame.z[:, active]
    centred = z - np.median(z, axis=0)
    radius = float(np.quantile(np.sqrt((centred**2).sum(axis=1)), 0.95))
    t = 2 * radius * (np.arange(RAY_STEPS) + rng.random((rays, RAY_STEPS))) / RAY_STEPS
    points = frame.z[row][:, None, :] + t[:, :, None] * direction[:, None, :]
    anchor = np.repeat(row, RAY_STEPS)
    return frame.pinned(points.reshape(rays * RAY_STEPS, -1), anchor), anchor


def left_behind(space: Space, anchor: Ints, labels: Ints) -> tuple[float, float]:
    """Return the highest and the lowest, over classes, of the share of rays that leave the class."""
    own = space.anchor_labels[anchor.reshape(-1, RAY_STEPS)[:, 0]]
    left = (labels.reshape(-1, RAY_STEPS) != own[:, None]).any(axis=1)
    shares = [float(left[own == c].mean()) for c in np.unique(own)]
    return max(shares), min(shares)


def over_folds(folds: Sequence[Mapping[str, float | None]]) -> dict[str, dict[str, float | None]]:
    """Return each statistic's mean and sd (n − 1; None for one fold) over the folds that have it."""
    names = list(dict.fromkeys(name for fold in folds for name in fold))
    summary: dict[str, dict[str, float | None]] = {}
    for name in names:
        values = [value for fold in folds if (value := fold.get(name)) is not None]
        mean = float(np.mean(values)) if values else None
        sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
        summary[name] = {"mean": mean, "sd": sd}
    return summary


def columns_over_folds(folds: Sequence[Boundary]) -> dict[str, Any]:
    """Return ``columns``, ``gaps`` (mean and sd of each share, largest first) and ``pairs`` over folds.

    Folds try pairs of their own largest columns, so that a pair's rate is pooled over the folds that tried it
    and its share of rows counts 0 in the others.
    """
    known = [fold for fold in folds if fold.columns]
    if not known:
        return {}
    tried: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for fold in known:
        for left, right, returns, moved in fold.pairs:
            first, second = sorted((left, right))
            tried.setdefault((first, second), []).append((returns * moved, moved))
    pairs = [
        {
            "left": left,
            "right": right,
            "returns": sum(back for back, _ in seen) / max(sum(moved for _, moved in seen), 1e-300),
            "moved": sum(moved for _, moved in seen) / len(known),
        }
        for (left, right), seen in tried.items()
    ]
    return {
        "columns": _spread([fold.columns for fold in known]),
        "gaps": _spread([fold.gaps for fold in known]),
        "pairs": sorted(pairs, key=lambda pair: -float(str(pair["returns"])) * float(str(pair["moved"]))),
    }


def _spread(folds: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    """Return each name's mean and sd (n − 1; None for one fold), largest mean first; 0 where it is absent."""
    names = dict.fromkeys(name for fold in folds for name in fold)
    found = {}
    for name in names:
        values = [fold.get(name, 0.0) for fold in folds]
        sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
        found[name] = {"mean": float(np.mean(values)), "sd": sd}
    return dict(sorted(found.items(), key=lambda item: -(item[1]["mean"] or 0.0))[:MOST_SHOWN])
