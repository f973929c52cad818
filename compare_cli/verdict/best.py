"""Comparisons with the best: which models the leader beats, although it was chosen from the same scores.

Comparing every model with the leader as if it had been named before favours whoever was lucky. Hsu's
comparisons with the best (1984) guard the true best model, but not a tie: of nine equal models they would
too often call some model beaten. Here the leader's comparisons are made step by step (closed testing, Marcus,
Peritz & Gabriel 1976): the clearest gap must stand out among the differences of *all* models, the next one
among those of the models that are left, and so on until one does not; the closest must then only stand out
against itself. For equal models that is as strict as all pairs; where most models are clearly behind, the
comparison of the best two costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def leader_p_values(t: Floats, draws: Floats, scale: Floats, leader: int, df: int) -> Floats:
    """Return the adjusted p-value of "the leader is no better than this model", for every model: (m,).

    ``t`` (m,) are the leader's differences over their standard errors, at least 0 (0 where a difference has
    no spread, and for the leader itself); ``draws`` (draws, m) centred ones of all scores together, with
    scale matrix ``scale`` (m, m). A model is beaten at level α where its value is at most α: then so is
    every model with a larger t. The leader's own value is 1. No value is below the pair's own two-sided
    p-value, which draws could undercut by chance.
    """
    from scipy.special import stdtr

    others = sorted((i for i in range(len(t)) if i != leader), key=lambda i: float(t[i]))
    p, largest = np.ones(len(t)), np.zeros(len(draws))
    left = [leader]
    for model in others:
        for other in left:
            np.maximum(largest, _standardised(draws, scale, model, other), out=largest)
        left.append(model)
        p[model] = max(float(np.mean(largest >= t[model])), 2 * float(stdtr(df, -t[model])))
    # A model is only reached where every clearer one is beaten.
    steps = np.maximum.accumulate(p[others[::-1]]) if others else p[:0]
    p[others[::-1]] = steps
    return p


def _standardised(draws: Floats, scale: Floats, i: int, j: int) -> Floats:
    """|difference| of two models in each draw over its own scale; 0 where it has none."""
    s2 = scale[i, i] + scale[j, j] - 2 * scale[i, j]
    if s2 <= 1e-12 * max(scale[i, i], scale[j, j]):
        return np.zeros(len(draws))
    return np.asarray(np.abs(draws[:, i] - draws[:, j]) / np.sqrt(s2))


def shared_probability(p_best: Floats, groups: Sequence[Sequence[int]]) -> Floats:
    """Return each model's chance that it, or one that predicts the same, is the best: (m,).

    ``groups`` are the models of equal predictions; models in none count alone. Three copies of the best
    model have a third each, and belong to the top set all the same.
    """
    together = p_best.copy()
    for group in groups:
        together[list(group)] = p_best[list(group)].sum()
    return together
