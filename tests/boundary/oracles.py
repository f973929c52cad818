"""Classifiers whose boundary is known, and spaces to look at them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from compare_cli.boundary.frames import prepared_frame
from compare_cli.boundary.space import Space
from compare_cli.boundary.statistics import measure

Array = np.ndarray[Any, Any]


class LabelOracle:
    """A classifier that is a function from rows (m, d) to labels 0, 1, ..."""

    def __init__(self, label: Callable[[Array], Array], classes: int = 2) -> None:
        self.label = label
        self.classes_ = np.arange(classes)

    def predict(self, X: Array) -> Array:
        return np.asarray(self.label(X)).astype(np.int64)


class ScoreOracle(LabelOracle):
    """A classifier of two classes whose label is the sign of a smooth score."""

    def __init__(self, score: Callable[[Array], Array]) -> None:
        super().__init__(lambda X: score(X) > 0)
        self.score = score

    def decision_function(self, X: Array) -> Array:
        return self.score(X)


def gauss(rows: int, d: int, seed: int) -> Array:
    """Return N(0, I) rows whose columns have mean 0 and sd 1 exactly, so that sd units are input units."""
    X = np.random.default_rng(seed).standard_normal((rows, d))
    return (X - X.mean(axis=0)) / X.std(axis=0)


def space_of(model: Any, d: int, seed: int, rows: int = 1000) -> Space:
    frame = prepared_frame(gauss(rows, d, 1000 + seed), gauss(rows, d, seed), np.arange(d), seed=seed)
    return Space(frame, model)


def measured(model: Any, d: int, seed: int, rows: int = 1000, **how: Any) -> dict[str, Any]:
    found = measure(space_of(model, d, seed, rows), seed=seed, **how)
    assert found.reason == ""
    return dict(found.statistics)


def unit(d: int, seed: int) -> Array:
    w = np.random.default_rng(seed).standard_normal(d)
    return w / np.linalg.norm(w)
