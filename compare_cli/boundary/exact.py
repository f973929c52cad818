"""Exact geometry of model families that allow it: margins, slopes, linear pieces, sizes.

A family's registry entry names one of these functions; each takes a fitted estimator and returns
an ``Exact``, or None for an estimator that it cannot read. Rows are the model's input.
Shapes: n rows, D input columns, d moving columns, c classes, w walks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compare_cli.boundary.space import CELLS, Bools, Floats, Ints, Moving

Margins = Callable[[Floats, Moving, Bools | None], Floats]
Slopes = Callable[[Floats, Ints, Ints], Floats]
Pieces = Callable[[Floats, Floats], Ints]
Labels = Callable[[Floats], Ints]


@dataclass(frozen=True)
class Exact:
    """What a family knows of its own geometry; what it does not know is None or left out.

    ``margins(rows (n, D), moving, held (n, d) or None)``: distance (n,) to the nearest point labelled
    otherwise, in sd units, over moving columns; inf where there is none.
    ``slopes(rows (m, D), inside (m,), outside (m,))``: slope (m, D) of score[outside] − score[inside],
    up to a positive factor. ``pieces(starts (w, D), ends (w, D))``: linear pieces of the scores along
    each segment, (w,). ``labels(rows (m, D))``: positions (m,) in ``classes_`` of what ``predict`` answers,
    without its checks, which take as long as some hundred rows. ``stepped``: scores are piecewise constant,
    so that there is no slope to look for. ``sizes``: numbers such as ``leaves``, ``depth``, ``parameters``.
    """

    sizes: Mapping[str, float] = field(default_factory=dict)
    margins: Margins | None = None
    slopes: Slopes | None = None
    pieces: Pieces | None = None
    labels: Labels | None = None
    stepped: bool = False


def exact_linear(estimator: Any) -> Exact | None:
    """Read a model whose scores are linear (``coef_``, ``intercept_``) and whose label is the largest.

    Two classes: |w·x + b| / ‖w‖; more: min over q of (z_y − z_q) / ‖w_y − w_q‖. w over moving columns.
    """
    coef = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    intercept = np.broadcast_to(np.asarray(estimator.intercept_, dtype=np.float64), len(coef))
    parameters = float(coef.size + intercept.size)
    if len(coef) == 1:
        coef, intercept = np.vstack([-coef / 2, coef / 2]), np.hstack([-intercept / 2, intercept / 2])

    def margins(rows: Floats, moving: Moving, held: Bools | None) -> Floats:
        scores = rows @ coef.T + intercept
        weights = coef[:, moving.columns] * moving.scale
        own = scores.argmax(axis=1)
        apart = weights[own][:, None, :] - weights
        square = apart * apart if held is None else np.where(held[:, None, :], 0.0, apart * apart)
        distance = np.sqrt(square.sum(axis=2))
        gap = scores[np.arange(len(rows)), own][:, None] - scores
        other = np.arange(len(coef)) != own[:, None]
        reach = np.where(other & (distance > 0), gap / np.where(distance > 0, distance, 1.0), np.inf)
        nearest: Floats = reach.min(axis=1)
        return nearest

    def slopes(rows: Floats, inside: Ints, outside: Ints) -> Floats:
        return coef[outside] - coef[inside]

    def labels(rows: Floats) -> Ints:
        return np.asarray((rows @ coef.T + intercept).argmax(axis=1))

    return Exact({"parameters": parameters}, margins, slopes, labels=labels)


def exact_tree(estimator: Any) -> Exact | None:
    """Read a scikit-learn decision tree: its leaves are boxes, each with one label.

    Margin: √Σ max(0, lo − x, x − hi)² to the nearest leaf box of another label (Chen et al. 2019)
    over moving columns, among the leaves that hold the row's held values.
    """
    tree = estimator.tree_
    leaf = np.flatnonzero(tree.children_left < 0)
    node_label = tree.value[:, 0].argmax(axis=1)
    label = node_label[leaf]
    limits = _split_limits(tree)

    def margins(rows: Floats, moving: Moving, held: Bools | None) -> Floats:
        own = labels(rows)
        step = max(1, CELLS // tree.node_count)
        nearest = np.empty(len(rows))
        for i in range(0, len(rows), step):
            part = slice(i, i + step)
            square = _box_distances(tree, limits, rows[part], moving, None if held is None else held[part])
            other = label != own[part, None]
            nearest[part] = np.sqrt(np.where(other, square[:, leaf], np.inf).min(axis=1))
        return nearest

    def labels(rows: Floats) -> Ints:
        return np.asarray(node_label[tree.apply(rows.astype(np.float32))])

    sizes = {"leaves": float(estimator.get_n_leaves()), "depth": float(estimator.get_depth())}
    return Exact(sizes, margins, labels=labels, stepped=True)


def _box_distances(
    tree: Any, limits: tuple[Floats, Floats], rows: Floats, moving: Moving, held: Bools | None
) -> Floats:
    """Return squared distances (n, nodes) from rows to the boxes of a tree's nodes, inf past held values.

    Level by level: a child's box differs from its parent's in one column, and so does its distance.
    """
    low, high = limits
    unit = np.ones(rows.shape[1])
    unit[moving.columns] = moving.scale
    fixed = np.ones(rows.shape, bool)
    fixed[:, moving.columns] = False if held is None else held
    square = np.zeros((len(rows), tree.node_count))
    for level in _levels(tree):
        column, cut = tree.feature[level], tree.threshold[level]
        x = rows[:, column]
        before = np.maximum(np.maximum(low[level] - x, x - high[level]), 0.0)
        rest = square[:, level] - (before / unit[column]) ** 2
        for child, beyond in ((tree.children_left, x - cut), (tree.children_right, cut - x)):
            after = np.maximum(before, beyond)
            reach = rest + (after / unit[column]) ** 2
            square[:, child[level]] = np.where(fixed[:, column] & (after > 0), np.inf, reach)
    return square


def _levels(tree: Any) -> Iterator[Ints]:
    """Yield the inner nodes of a tree level by level, from the root."""
    level = np.array([0])
    while len(level := level[tree.children_left[level] >= 0]):
        yield level
        level = np.concatenate([tree.children_left[level], tree.children_right[level]])


def _split_limits(tree: Any) -> tuple[Floats, Floats]:
    """Return the limits (nodes,) of each inner node's box in the column that the node cuts."""
    used, column = np.unique(tree.feature, return_inverse=True)
    low = np.full((tree.node_count, len(used)), -np.inf)
    high = np.full((tree.node_count, len(used)), np.inf)
    for level in _levels(tree):
        left, right = tree.children_left[level], tree.children_right[level]
        low[left], high[left] = low[level], high[level]
        low[right], high[right] = low[level], high[level]
        high[left, column[level]] = tree.threshold[level]
        low[right, column[level]] = tree.threshold[level]
    node = np.arange(tree.node_count)
    return low[node, column], high[node, column]


def exact_mlp(estimator: Any) -> Exact | None:
    """Read a scikit-learn multi-layer perceptron: slopes for any layers of ReLUs, and its linear pieces.

    Other activations give their size alone; their slopes are then taken from scores.
    """
    weights = [np.asarray(w, dtype=np.float64) for w in estimator.coefs_]
    biases = [np.asarray(b, dtype=np.float64) for b in estimator.intercepts_]
    sizes = {"parameters": float(sum(w.size for w in weights) + sum(b.size for b in biases))}
    if estimator.activation != "relu" or len(weights) < 2:
        return Exact(sizes)
    if weights[-1].shape[1] == 1:  # one logistic output: score of the second class
        weights[-1] = np.hstack([-weights[-1] / 2, weights[-1] / 2])
        biases[-1] = np.hstack([-biases[-1] / 2, biases[-1] / 2])

    def slopes(rows: Floats, inside: Ints, outside: Ints) -> Floats:
        active = []
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            rows = rows @ w + b
            active.append(rows > 0)
            rows = np.where(active[-1], rows, 0.0)
        back = (weights[-1][:, outside] - weights[-1][:, inside]).T
        for w, on in zip(reversed(weights[:-1]), reversed(active), strict=True):
            back = np.where(on, back, 0.0) @ w.T
        return back

    def pieces(starts: Floats, ends: Floats) -> Ints:
        return relu_pieces(weights[:-1], biases[:-1], starts, ends)

    layers = [(w.astype(np.float32), b.astype(np.float32)) for w, b in zip(weights, biases, strict=True)]

    def labels(rows: Floats) -> Ints:
        values = rows.astype(np.float32)  # half the time; the boundary moves by less than a bracket's width
        for w, b in layers[:-1]:
            values = np.maximum(values @ w + b, 0.0)
        return np.asarray((values @ layers[-1][0] + layers[-1][1]).argmax(axis=1))

    return Exact(sizes, slopes=slopes, pieces=pieces, labels=labels)


def relu_pieces(weights: list[Floats], biases: list[Floats], starts: Floats, ends: Floats) -> Ints:
    """Return how many linear pieces hidden layers of ReLUs make of each segment, (w,) counts ≥ 1.

    On a piece every unit of the next layer is linear, so its sign changes are where it is 0.
    """
    first = (starts @ weights[0] + biases[0] > 0) != (ends @ weights[0] + biases[0] > 0)
    if len(weights) == 1:
        return np.asarray(1 + first.sum(axis=1))
    return np.array(
        [1 + len(_breaks(weights, biases, a, b)) for a, b in zip(starts, ends, strict=True)], np.int64
    )


def _breaks(weights: list[Floats], biases: list[Floats], start: Floats, end: Floats) -> Floats:
    """Return where between 0 and 1 a segment's slope changes, sorted."""
    t = np.array([0.0, 1.0])
    values = np.stack([start, end])
    for w, b in zip(weights, biases, strict=True):
        values = values @ w + b
        before, after = values[:-1], values[1:]
        piece, unit = np.nonzero((before > 0) != (after > 0))
        share = before[piece, unit] / (before[piece, unit] - after[piece, unit])
        fresh = t[piece] + share * (t[piece + 1] - t[piece])
        both = np.unique(np.concatenate([t, fresh]))
        at = np.clip(np.searchsorted(t, both, side="right") - 1, 0, len(t) - 2)
        part = ((both - t[at]) / (t[at + 1] - t[at]))[:, None]
        values = np.maximum(values[at] + part * (values[at + 1] - values[at]), 0.0)
        t = both
    return t[1:-1]


def exact_kernel(estimator: Any) -> Exact | None:
    """Read a scikit-learn SVC with an RBF kernel: labels by the votes of pairs of classes, and their slopes.

    Pair (i, j), i < j, decides by Σ a_s exp(−γ‖x − x_s‖²) + b; the first class with most votes is the label.
    """
    if estimator.kernel != "rbf" or hasattr(estimator.support_vectors_, "toarray") or estimator.break_ties:
        return None
    vectors = np.asarray(estimator.support_vectors_, dtype=np.float64)
    gamma, count = float(estimator._gamma), len(estimator.classes_)
    first, second = np.triu_indices(count, 1)
    weights = _pair_weights(estimator)
    bias = np.asarray(estimator.intercept_, dtype=np.float64) * (-1 if count == 2 else 1)
    place = np.full((count, count), -1)
    place[first, second] = place[second, first] = np.arange(len(first))

    def kernel(rows: Floats) -> Floats:
        apart = (rows**2).sum(axis=1)[:, None] + (vectors**2).sum(axis=1) - 2 * rows @ vectors.T
        return np.asarray(np.exp(-gamma * np.maximum(apart, 0.0)))

    def labels(rows: Floats) -> Ints:
        step = max(1, CELLS // max(len(vectors), 1))
        parts = [rows[i : i + step] for i in range(0, len(rows), step)] or [rows]
        ahead = np.concatenate([kernel(part) @ weights.T + bias for part in parts]) > 0
        votes = np.zeros((len(rows), count), np.int64)
        for pair in range(len(first)):
            votes[:, first[pair]] += ahead[:, pair]
            votes[:, second[pair]] += ~ahead[:, pair]
        return np.asarray(votes.argmax(axis=1))

    def slopes(rows: Floats, inside: Ints, outside: Ints) -> Floats:
        pull = weights[place[inside, outside]] * np.where(outside < inside, 1.0, -1.0)[:, None] * kernel(rows)
        return np.asarray(pull @ vectors - pull.sum(axis=1)[:, None] * rows)

    return Exact({}, slopes=slopes, labels=labels)


def _pair_weights(estimator: Any) -> Floats:
    """Return the weights of a fitted SVC's support vectors, (pairs of classes, vectors)."""
    count, start = len(estimator.classes_), np.concatenate([[0], np.cumsum(estimator.n_support_)])
    if count == 2:
        return np.asarray(-estimator.dual_coef_[:1], dtype=np.float64)
    weights = np.zeros((count * (count - 1) // 2, len(estimator.support_vectors_)))
    for pair, (i, j) in enumerate(zip(*np.triu_indices(count, 1), strict=True)):
        of_i, of_j = slice(start[i], start[i + 1]), slice(start[j], start[j + 1])
        weights[pair, of_i] = estimator.dual_coef_[j - 1, of_i]
        weights[pair, of_j] = estimator.dual_coef_[i, of_j]
    return weights


def stepped(estimator: Any) -> Exact | None:
    """Read a vote of trees or of neighbours: its scores are piecewise constant, unless votes are weighed."""
    return Exact(stepped=True) if getattr(estimator, "weights", "uniform") == "uniform" else None


# For bare estimators in ``describe``; the program's registry names the functions itself.
BY_CLASS: Mapping[str, Callable[[Any], Exact | None]] = {
    "LogisticRegression": exact_linear,
    "LinearSVC": exact_linear,
    "LinearDiscriminantAnalysis": exact_linear,
    "RidgeClassifier": exact_linear,
    "SGDClassifier": exact_linear,
    "Perceptron": exact_linear,
    "DecisionTreeClassifier": exact_tree,
    "ExtraTreeClassifier": exact_tree,
    "MLPClassifier": exact_mlp,
    "MultilayerPerceptron": exact_mlp,
    "SVC": exact_kernel,
    "KNeighborsClassifier": stepped,
    "RandomForestClassifier": stepped,
    "ExtraTreesClassifier": stepped,
}
