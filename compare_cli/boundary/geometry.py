"""The shape of the boundary, from labels alone: linearity, directions, roughness, the axis test, fragments.

Linearity is how well the best linear classifier imitates a model.
Shapes: m boundary points, d moving columns, r rows, F features, c classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, pi, sqrt

import numpy as np

from compare_cli.boundary.probes import BoundaryPoints
from compare_cli.boundary.space import Bools, Floats, Ints, Points, Seed, stream

MOST_DIRECTIONS = 12  # vectors in a set: enough for a tight mean, few enough for wide tables
BLOCK = 32  # columns that the axis test tries one by one; more are searched in blocks
REOPENED = 64  # the axis test's step in brackets: the boundary is known to 1/64 of it
AXIS_TOLERANCE = 0.05
WEAK_PENALTY = 1e3  # C of the surrogate: as good as no penalty, but finite on separable labels
NEWTON_COEFFICIENTS = 256
NEWTON_STEPS = 40
LBFGS_STEPS = 200


@dataclass(frozen=True)
class RandomFrames:
    """Two independent sets of k unit vectors per boundary point: ``vectors`` (m, 2, k, d)."""

    vectors: Floats
    radius: float

    def points(self, at: BoundaryPoints) -> Points:
        """Return the 4k points around each boundary point at ±radius, (m·4k, d)."""
        m, _, k, d = self.vectors.shape
        offset = self.radius * np.stack([self.vectors, -self.vectors], axis=2)
        z = at.middle[:m, None, None, None, :] + offset
        return z.reshape(m * 4 * k, d), np.repeat(at.anchor[:m], 4 * k)

    def normals(self, at: BoundaryPoints, labels: Ints) -> Floats:
        """Return two independent estimates of each point's normal from the labels of ``points``, (m, 2, d).

        E = 1/(k c_d) Σ_q ½[s(b + ρu_q) − s(b − ρu_q)] u_q with s = +1 for the higher class of the
        pair, −1 for the lower, 0 for another, and c_d = Γ(d/2) / (√π Γ((d+1)/2)) the mean |u_1| of a
        unit vector: unbiased for the unit normal of a plane.
        """
        m, _, k, d = self.vectors.shape
        upper, lower = np.maximum(at.inside, at.outside), np.minimum(at.inside, at.outside)
        seen = labels.reshape(m, 2, 2, k)
        above = seen == upper[:, None, None, None]
        sign = above.astype(float) - (seen == lower[:, None, None, None])
        half = (sign[:, :, 0] - sign[:, :, 1]) / 2
        mean_component = exp(lgamma(d / 2) - lgamma((d + 1) / 2)) / sqrt(pi)
        estimates: Floats = np.einsum("mfk,mfkd->mfd", half, self.vectors) / (k * mean_component)
        return estimates


@lru_cache(maxsize=4)
def random_frames(count: int, d: int, radius: float, seed: Seed) -> RandomFrames:
    """Return two sets of about 12 random vectors for each of ``count`` points: whole bases, or part of one.

    They are kept: the models of a fold are looked at along the same vectors.
    """
    k, bases = min(d, MOST_DIRECTIONS), max(1, MOST_DIRECTIONS // d)
    q, _ = np.linalg.qr(stream(seed, 30).standard_normal((count, 2, bases, d, k)))
    return RandomFrames(q.swapaxes(3, 4).reshape(count, 2, bases * k, d), radius)


def roughness(normals: Floats) -> float:
    """Return 1 − P, P the squared length of the mean normal at the radius (shown ≥ 0): 0 flat, 1 shredded."""
    return max(0.0, 1.0 - _straightness(normals))


def _straightness(normals: Floats) -> float:
    """Return P = mean E₁·E₂ over the points; the two estimates are independent, so noise averages out."""
    return float((normals[:, 0] * normals[:, 1]).sum(axis=1).mean())


def directions(normals: Floats, at: BoundaryPoints) -> float | None:
    """Return the effective rank (tr Σ)² / tr Σ² of Σ = E[nnᵀ] within a class pair, in [1, d].

    Decision boundary feature matrix of Lee & Landgrebe 1993; tr Σ = P and tr Σ² is the mean of
    (E₁ᵢ·E₁ⱼ)(E₂ᵢ·E₂ⱼ) over different points of the same pair. None without two points of a pair or
    where the boundary is too rough to have a normal.
    """
    pair = np.stack([np.minimum(at.inside, at.outside), np.maximum(at.inside, at.outside)])
    same = (pair[:, :, None] == pair[:, None, :]).all(axis=0)
    np.fill_diagonal(same, False)
    trace = _straightness(normals)
    if not same.any() or trace <= 0:
        return None
    first, second = normals[:, 0], normals[:, 1]
    square = float(((first @ first.T) * (second @ second.T))[same].mean())
    d = normals.shape[2]
    return float(min(max(trace**2 / square, 1.0), d)) if square > 0 else float(d)


class AxisTest:
    """Is the boundary at a point parallel to the axes but one? From labels alone.

    A step of the same length in every column, in the direction of the opponent, has the boundary at
    95 %: then exactly one column must change the label alone. With the boundary at 5 % of that
    column's step, no other column may change it in either direction. The first test is a search:
    up to 32 columns one by one, more in blocks of which exactly one must change the label.
    """

    def __init__(self, at: BoundaryPoints) -> None:
        self.at = at
        m, d = at.way.shape
        width = (self.at.high - self.at.low)[:, None] * np.abs(self.at.way)
        self.step = REOPENED * width.max(axis=1)
        self.sign = np.where(self.at.way < 0, -1.0, 1.0)
        self.first = np.zeros(m, np.int64)  # of the columns still in question
        self.size: int = d
        self.alive = np.ones(m, bool)

    @property
    def open(self) -> bool:
        """Whether the search still has to choose among columns."""
        return bool(self.size > 1)

    def search_points(self) -> Points:
        """Return points with one block of columns stepped each, (m·blocks, d)."""
        d = self.at.way.shape[1]
        block = -(-self.size // BLOCK) if self.size > BLOCK else 1
        starts = self.first[:, None] + np.arange(0, self.size, block)
        column = np.arange(d)
        inside = (column >= starts[:, :, None]) & (column < starts[:, :, None] + block)
        inside &= column < (self.first + self.size)[:, None, None]
        moved = (self.step[:, None] * self.sign)[:, None, :]
        z = (self.at.middle - (1 - AXIS_TOLERANCE) * moved[:, 0])[:, None, :] + inside * moved
        self._starts, self._block = starts, block
        return z.reshape(-1, d), np.repeat(self.at.anchor, starts.shape[1])

    def search(self, labels: Ints) -> None:
        """Take the labels of ``search_points``: points without exactly one block are out."""
        changed = labels.reshape(self._starts.shape) != self.at.inside[:, None]
        self.alive &= changed.sum(axis=1) == 1
        self.first = self._starts[np.arange(len(changed)), changed.argmax(axis=1)]
        self.size = self._block

    def other_points(self, rng: np.random.Generator) -> Points:
        """Return the second test's points for what is left: other columns ± (at most 32 random ones)."""
        self._left = np.flatnonzero(self.alive)
        d = self.at.way.shape[1]
        column = self.first[self._left]
        chosen = np.arange(d - 1)
        if d - 1 > BLOCK:
            chosen = np.sort(rng.permuted(np.tile(chosen, (len(column), 1)), axis=1)[:, :BLOCK], axis=1)
        others = np.broadcast_to(chosen, (len(column), min(d - 1, BLOCK)))
        others = others + (others >= column[:, None])
        near = self.at.middle[self._left]
        rows = np.arange(len(column))
        step = self.step[self._left]
        near[rows, column] -= AXIS_TOLERANCE * step * self.sign[self._left, column]
        count = others.shape[1]
        z = np.repeat(near[:, None, None, :], 2, axis=1).repeat(count, axis=2)
        for side, direction in enumerate((1.0, -1.0)):
            z[rows[:, None], side, np.arange(count), others] += direction * step[:, None]
        return z.reshape(-1, d), np.repeat(self.at.anchor[self._left], 2 * count)

    def aligned(self, labels: Ints) -> Bools:
        """Return which points pass, (m,), from the labels of ``other_points``."""
        passed = self.alive.copy()
        seen = labels.reshape(len(self._left), len(labels) // max(len(self._left), 1))
        passed[self._left] = (seen == self.at.inside[self._left][:, None]).all(axis=1)
        return passed


def fragments(labels: Ints) -> float:
    """Return connected components of equal labels minus classes present, mean over planes ≥ 0.

    ``labels`` (planes, side, side); cells touch along edges (after Somepalli et al. 2022).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count, side, _ = labels.shape
    cell = np.arange(labels.size, dtype=np.int32).reshape(labels.shape)  # as old SciPy takes indices
    right, down = labels[:, :, 1:] == labels[:, :, :-1], labels[:, 1:] == labels[:, :-1]
    start = np.concatenate([cell[:, :, :-1][right], cell[:, :-1][down]])
    end = np.concatenate([cell[:, :, 1:][right], cell[:, 1:][down]])
    touching = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(labels.size, labels.size))
    components, _ = connected_components(touching, directed=False)
    flat = np.sort(labels.reshape(count, side * side), axis=1)
    present = count + int((flat[:, 1:] != flat[:, :-1]).sum())
    return float((components - present) / count)


def linearity(features: Floats, labels: Ints, held_out: Floats, held_out_labels: Ints) -> float | None:
    """Return Cohen's κ of a model and its linear surrogate on held-out rows; below 0 counts as 0.

    The surrogate is a logistic regression fitted on ``features`` (r, F) and the model's ``labels``
    (r,) for them (fidelity after Craven & Shavlik 1996). None where κ is 0/0: one label throughout.
    """
    classes = np.unique(labels)
    if len(classes) < 2:
        guess = np.full(len(held_out), classes[0])
    else:
        guess = _fitted_labels(features, labels, held_out)
    return cohen_kappa(guess, held_out_labels)


def _fitted_labels(features: Floats, labels: Ints, held_out: Floats) -> Ints:
    """Return the labels of held-out rows by a logistic regression fitted on ``features``.

    Newton's method where the Hessian is small: on iris it takes a tenth of the time that
    scikit-learn's solvers need for their checks alone (1 against 8 ms, of fits that take 5 ms).
    Elsewhere single precision, which takes half the time and moves labels less than the tolerance does.
    """
    classes, codes = np.unique(labels, return_inverse=True)
    if (features.shape[1] + 1) * len(classes) <= NEWTON_COEFFICIENTS:
        weights = newton_logistic(features, codes, WEAK_PENALTY, flat=1e-3)
        return np.asarray(classes[(held_out @ weights[:-1] + weights[-1]).argmax(axis=1)])
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=WEAK_PENALTY, max_iter=LBFGS_STEPS, tol=3e-3)
    model.fit(features.astype(np.float32), labels)
    return np.asarray(model.predict(held_out.astype(np.float32)))


def newton_logistic(features: Floats, codes: Ints, C: float, flat: float = 1e-4) -> Floats:
    """Return the weights (F + 1, c), intercepts last, of a logistic regression with penalty ‖w‖² / 2C.

    Damped Newton steps on the sum of log losses until the mean gradient is below ``flat``. Two classes
    are fitted as one logit; more as softmax, whose free direction a vanishing penalty pins.
    """
    A = np.column_stack([features, np.ones(len(features))])
    q, c = A.shape[1], int(codes.max()) + 1
    Y = np.eye(c)[codes] if c > 2 else codes[:, None].astype(float)
    penalty = np.append(np.full(q - 1, 1 / C), 1e-8)[:, None] + (0.0 if c == 2 else 1e-8)
    W = np.zeros((q, Y.shape[1]))
    loss, P = _log_loss(A @ W, Y)
    for _ in range(NEWTON_STEPS):
        gradient = A.T @ (P - Y) + penalty * W
        if np.abs(gradient).max() < flat * len(A):
            break
        step = np.linalg.solve(_hessian(A, P, penalty), gradient.T.ravel()).reshape(-1, q).T
        for halving in range(12):
            trial = W - 0.5**halving * step
            fresh, P_fresh = _log_loss(A @ trial, Y)
            total = fresh + 0.5 * float((penalty * trial**2).sum())
            if total < loss:
                break
        else:
            break
        W, P, loss = trial, P_fresh, total
    return W if c > 2 else np.hstack([-W / 2, W / 2])


def _log_loss(Z: Floats, Y: Floats) -> tuple[float, Floats]:
    """Return the sum of log losses and the probabilities of logits (r, c); one column is one logit."""
    if Z.shape[1] == 1:
        tail = np.exp(-np.abs(Z))
        loss = float((np.maximum(Z, 0) - Y * Z + np.log1p(tail)).sum())
        return loss, np.where(Z >= 0, 1.0, tail) / (1 + tail)
    Z = Z - Z.max(axis=1, keepdims=True)
    E = np.exp(Z)
    total = E.sum(axis=1, keepdims=True)
    return float((np.log(total[:, 0]) - (Z * Y).sum(axis=1)).sum()), E / total


def _hessian(A: Floats, P: Floats, penalty: Floats) -> Floats:
    """Return the Hessian (c·q, c·q) of the penalised loss, class by class."""
    q, c = A.shape[1], P.shape[1]
    H = np.empty((c, q, c, q))
    for i in range(c):
        for j in range(i, c):
            weight = P[:, i] * ((i == j) - P[:, j])
            H[i, :, j] = A.T @ (A * weight[:, None])
            H[j, :, i] = H[i, :, j].T
    flat = H.reshape(c * q, c * q)
    flat[np.diag_indices(c * q)] += np.tile(penalty[:, 0], c) + 1e-10 * flat.diagonal().max()
    return flat


def cohen_kappa(left: Ints, right: Ints) -> float | None:
    """Return Cohen's κ = (p_o − p_e) / (1 − p_e), at least 0; None where chance agreement is certain."""
    size = 1 + int(max(left.max(initial=0), right.max(initial=0)))
    n = len(left)
    a, b = np.bincount(left, minlength=size), np.bincount(right, minlength=size)
    by_chance = float(a @ b) / (n * n)
    if by_chance >= 1:
        return None
    return max(0.0, (float((left == right).mean()) - by_chance) / (1 - by_chance))
