"""What a made data set is, and how its rows are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DECIMALS = 3


@dataclass(frozen=True)
class AtlasSet:
    """One data set and its card: n rows, d features, one class per row.

    ``cells`` holds the d columns as text, name -> n cells; ``bayes`` is the accuracy that no model can exceed
    in the long run, or ``None`` where it is unknown; ``winners`` names the best of logistic regression, tree
    and MLP. ``explained`` are the reasons that the boundaries of `compare`'s own models give, phrases of its
    verdict.
    """

    title: str
    shows: str
    truth: str
    bayes: float | None
    bayes_how: str
    winners: str
    why: str
    explained: tuple[str, ...]
    cells: dict[str, list[str]]
    classes: list[str]

    @property
    def bayes_text(self) -> str:
        """The Bayes accuracy as the card gives it."""
        return "unknown" if self.bayes is None else f"{self.bayes:.3f} ({self.bayes_how})"


def normal(draw: RandomState, rows: int, columns: int) -> Floats:
    """Independent N(0, 1) features, rounded as they will be written."""
    return np.round(draw.standard_normal((rows, columns)), DECIMALS)


def uniform(draw: RandomState, rows: int, columns: int, low: float, high: float) -> Floats:
    """Independent uniform features, rounded as they will be written."""
    return np.round(draw.uniform(low, high, (rows, columns)), DECIMALS)


def mislabel(draw: RandomState, truth: Bools, share: float) -> Bools:
    """The truth with each label turned round with probability ``share``."""
    labels: Bools = truth ^ (draw.random_sample(len(truth)) < share)
    return labels


def groups(draw: RandomState, rows: int, count: int) -> NDArray[np.int64]:
    """Group numbers 0 ... ``count`` - 1 in random order: groups of equal size."""
    return draw.permutation(np.arange(rows) % count)


def halves(draw: RandomState, rows: int) -> Bools:
    """``rows`` labels in random order, half of them True."""
    second: Bools = groups(draw, rows, 2) == 1
    return second


def numeric(features: Floats) -> dict[str, list[str]]:
    """Columns x1, x2, ... as text."""
    return {f"x{j + 1}": [f"{v:.{DECIMALS}f}" for v in column] for j, column in enumerate(features.T)}


def named(labels: Bools, false: str, true: str) -> list[str]:
    """Labels as words."""
    return [true if label else false for label in labels]
