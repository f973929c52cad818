"""Cross-validated scores of classifiers that are equal by symmetry, fast enough for thousands of runs.

Every classifier is the same learner and sees its own block of features; blocks are drawn alike and
independently given the class, so no classifier is better than another. What a comparison then calls a winner
is a false winner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Rights = NDArray[np.bool_]


class Fitted(Protocol):
    """A learner with the rows of one block."""

    def by_fold(self, fold: Ints) -> Rights:
        """Whether each row (n,) is right when predicted by the model fitted without the row's fold."""

    def on(self, x: Floats, y: Ints) -> Rights:
        """Whether each new row is right when predicted by the model fitted on all rows."""


Learner = Callable[[Floats, Ints], Fitted]  # rows (n, p) and their classes (n,), 0 or 1


@dataclass(frozen=True)
class Setting:
    """A learner and the data it is tried on: n rows, half of each class, p features per classifier."""

    learner: Learner
    rows: int
    features: int = 5
    shift: float = 0.4  # distance of each feature's class means from 0, in standard deviations

    def draw(self, rows: int, rng: np.random.Generator) -> tuple[Floats, Ints]:
        """Return one block of new rows and their classes, half of each."""
        y = np.arange(rows) % 2
        return rng.standard_normal((rows, self.features)) + self.shift * (2 * y - 1)[:, None], y


class NearestCentroid:
    """Answers the class whose mean over the training rows is nearest."""

    def __init__(self, x: Floats, y: Ints) -> None:
        self.x, self.y = x, y

    def by_fold(self, fold: Ints) -> Rights:
        member = (fold[:, None] == np.arange(fold.max() + 1)).astype(float)
        distances = []
        for label in (0, 1):
            own = member * (self.y == label)[:, None]
            sums, counts = own.T @ self.x, own.sum(axis=0)
            centroid = (sums.sum(axis=0) - sums) / (counts.sum() - counts)[:, None]
            distances.append(((self.x - centroid[fold]) ** 2).sum(axis=1))
        return np.asarray((distances[1] < distances[0]) == (self.y == 1))

    def on(self, x: Floats, y: Ints) -> Rights:
        zero, one = (((x - self.x[self.y == label].mean(axis=0)) ** 2).sum(axis=1) for label in (0, 1))
        return np.asarray((one < zero) == (y == 1))


class NearestNeighbours:
    """Answers the majority of the nearest training rows (an odd number)."""

    def __init__(self, neighbours: int, x: Floats, y: Ints) -> None:
        self.neighbours, self.x, self.y = neighbours, x, y
        self.order = np.argsort((x**2).sum(axis=1)[None, :] - 2 * x @ x.T, axis=1)

    def by_fold(self, fold: Ints) -> Rights:
        enough = self.order[:, : self.neighbours + np.bincount(fold).max()]
        training = fold[enough] != fold[:, None]
        votes = training & (np.cumsum(training, axis=1) <= self.neighbours)
        return np.asarray(((votes * self.y[enough]).sum(axis=1) > self.neighbours / 2) == (self.y == 1))

    def on(self, x: Floats, y: Ints) -> Rights:
        distance = (self.x**2).sum(axis=1)[None, :] - 2 * x @ self.x.T
        nearest = np.argpartition(distance, self.neighbours - 1, axis=1)[:, : self.neighbours]
        return np.asarray((self.y[nearest].sum(axis=1) > self.neighbours / 2) == (y == 1))


def nearest_neighbours(neighbours: int) -> Learner:
    """Return the learner with this number of neighbours."""
    return partial(NearestNeighbours, neighbours)


def stratified_folds(y: Ints, folds: int, rng: np.random.Generator) -> Ints:
    """Return a random fold for every row, each class spread evenly."""
    fold = np.empty(len(y), dtype=np.int64)
    for label in (0, 1):
        of_class = np.flatnonzero(y == label)
        fold[rng.permutation(of_class)] = np.arange(len(of_class)) % folds
    return fold


def cross_validate(fitted: Fitted, fold: Ints) -> Floats:
    """Return the accuracy of each fold."""
    return np.bincount(fold, weights=fitted.by_fold(fold)) / np.bincount(fold)


def simulate(setting: Setting, models: int, repeats: int, folds: int, rng: np.random.Generator) -> Floats:
    """Return accuracies (models, repeats, folds) of equal classifiers on one simulated data set."""
    blocks = [setting.draw(setting.rows, rng) for _ in range(models)]
    fitted = [setting.learner(x, y) for x, y in blocks]
    splits = [stratified_folds(blocks[0][1], folds, rng) for _ in range(repeats)]
    return np.array([[cross_validate(one, fold) for fold in splits] for one in fitted])
