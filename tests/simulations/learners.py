"""Learners that are quick enough for thousands of cross-validations: real ones, fitted to every training set.

A learner is a function ``(x, y, splits, rng) -> probabilities``: rows ``x`` (n, p) and classes ``y`` (n,) of
0…c-1; ``splits`` a list of (training rows, test rows); one array (test rows, c) for each split comes back.
Logistic regression, the perceptron and nearest centroid fit all splits at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.tree import DecisionTreeClassifier

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Splits = Sequence[tuple[Ints, Ints]]
Learner = Callable[[Floats, Ints, Splits, np.random.Generator], list[Floats]]

NEWTON_STEPS = 12
EPOCHS = 100


def training_masks(rows: int, splits: Splits) -> Floats:
    """Return 1 where a row belongs to the training rows of a split, else 0: (splits, rows)."""
    masks = np.zeros((len(splits), rows))
    for mask, (train, _) in zip(masks, splits, strict=True):
        mask[train] = 1
    return masks


def of_test_rows(everywhere: Floats, splits: Splits) -> list[Floats]:
    """Pick each split's test rows from probabilities (splits, n, c) of all rows."""
    return [p[test] for p, (_, test) in zip(everywhere, splits, strict=True)]


def two_columns(p: Floats) -> Floats:
    """Probabilities of class 1 (…,) as those of both classes (…, 2)."""
    return np.stack([1 - p, p], axis=-1)


def logistic(x: Floats, y: Ints, splits: Splits, rng: np.random.Generator) -> list[Floats]:
    """Logistic regression of two classes with the penalty |b|²/2 (scikit-learn's C = 1), by Newton steps."""
    masks = training_masks(len(y), splits)
    design = np.column_stack([x, np.ones(len(y))])
    columns = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(y), -1)
    penalty = np.r_[np.ones(columns - 1), 1e-9]
    b = np.zeros((len(splits), columns))
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(b @ design.T, -35, 35)))
        gradient = (masks * (p - y)) @ design + penalty * b
        hessian = ((masks * p * (1 - p)) @ products).reshape(-1, columns, columns) + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        b -= step
        if np.abs(step).max() < 1e-6:
            break
    p = 1 / (1 + np.exp(-np.clip(b @ design.T, -35, 35)))
    return of_test_rows(two_columns(p), splits)


def perceptron(
    x: Floats, y: Ints, splits: Splits, rng: np.random.Generator, hidden: int = 10
) -> list[Floats]:
    """A perceptron with one hidden layer (ReLU) for two classes: full batches, Adam at step .02."""
    masks = training_masks(len(y), splits).astype(np.float32)
    masks /= masks.sum(axis=1, keepdims=True)
    x32, y32, fits = x.astype(np.float32), y.astype(np.float32), len(splits)
    bound = np.sqrt(6 / (x.shape[1] + hidden))
    weights = [
        rng.uniform(-bound, bound, (fits, x.shape[1], hidden)).astype(np.float32),
        np.zeros((fits, 1, hidden), np.float32),
        rng.uniform(-bound, bound, (fits, hidden, 1)).astype(np.float32),
        np.zeros((fits, 1, 1), np.float32),
    ]
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]

    def forward() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        layer = np.maximum(x32 @ weights[0] + weights[1], 0)
        return layer, 1 / (1 + np.exp(-np.clip((layer @ weights[2] + weights[3])[..., 0], -30, 30)))

    for epoch in range(1, EPOCHS + 1):
        layer, p = forward()
        error = (masks * (p - y32))[..., None]
        back = (error @ weights[2].transpose(0, 2, 1)) * (layer > 0)
        gradients = [
            x32.T @ back,
            back.sum(axis=1, keepdims=True),
            layer.transpose(0, 2, 1) @ error,
            error.sum(axis=1, keepdims=True),
        ]
        for w, g, m, v in zip(weights, gradients, first, second, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= 0.02 * (m / (1 - 0.9**epoch)) / (np.sqrt(v / (1 - 0.999**epoch)) + 1e-8)
    return of_test_rows(two_columns(forward()[1].astype(np.float64)), splits)


def centroid(x: Floats, y: Ints, splits: Splits, rng: np.random.Generator) -> list[Floats]:
    """Nearest centroid; the probabilities are those of normal classes with unit variances."""
    masks = training_masks(len(y), splits)
    distances = []
    for label in range(int(y.max()) + 1):
        own = masks * (y == label)
        middle = own @ x / own.sum(axis=1, keepdims=True)
        distances.append(((x**2).sum(axis=1) - 2 * middle @ x.T) + (middle**2).sum(axis=1)[:, None])
    closeness = np.exp(-0.5 * (np.stack(distances, axis=-1) - np.min(distances, axis=0)[..., None]))
    return of_test_rows(closeness / closeness.sum(axis=-1, keepdims=True), splits)


def neighbours(
    x: Floats, y: Ints, splits: Splits, rng: np.random.Generator, nearest: int = 5
) -> list[Floats]:
    """The share of each class among the nearest training rows."""
    square = (x**2).sum(axis=1)
    known = np.flatnonzero(training_masks(len(y), splits).any(axis=0))
    order = known[np.argsort(square[None, known] - 2 * x @ x[known].T, axis=1)]
    hot = np.eye(int(y.max()) + 1)[y]
    found = []
    for train, test in splits:
        training = np.zeros(len(y), dtype=bool)
        training[train] = True
        near = order[test, : nearest + len(known) - len(train)]
        used = training[near]
        used &= np.cumsum(used, axis=1) <= nearest
        found.append(hot[near[used].reshape(len(test), nearest)].mean(axis=1))
    return found


def tree(x: Floats, y: Ints, splits: Splits, rng: np.random.Generator) -> list[Floats]:
    """scikit-learn's decision tree, fully grown."""
    seeds = rng.integers(2**31, size=len(splits))
    return [
        _grown(x, y, train, test, random_state=int(seed))
        for seed, (train, test) in zip(seeds, splits, strict=True)
    ]


def forest(x: Floats, y: Ints, splits: Splits, rng: np.random.Generator, trees: int = 5) -> list[Floats]:
    """Trees on bootstrap samples that choose among √p features; few, because thousands are fitted."""
    found = []
    for train, test in splits:
        votes = [
            _grown(x, y, rng.choice(train, len(train)), test, random_state=int(seed), max_features="sqrt")
            for seed in rng.integers(2**31, size=trees)
        ]
        found.append(np.mean(votes, axis=0))
    return found


def _grown(x: Floats, y: Ints, train: Ints, test: Ints, **parameters: Any) -> Floats:
    """Class probabilities (test rows, c) of one tree; 0 for classes that no training row has."""
    x32 = x.astype(np.float32)  # what trees compute in
    with config_context(skip_parameter_validation=True, assume_finite=True):
        fitted = DecisionTreeClassifier(**parameters).fit(x32[train], y[train], check_input=False)
    p = np.zeros((len(test), int(y.max()) + 1))
    p[:, fitted.classes_] = fitted.tree_.predict(x32[test]).reshape(len(test), -1)
    return p


LEARNERS: dict[str, Learner] = {
    "logistic": logistic,
    "mlp": perceptron,
    "centroid": centroid,
    "1-NN": partial(neighbours, nearest=1),
    "5-NN": neighbours,
    "tree": tree,
    "forest": forest,
}
