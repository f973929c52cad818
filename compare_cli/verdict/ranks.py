"""Ranks of models over many data sets: Friedman's test and the critical difference (Demšar 2006)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ranks_per_dataset(scores: Floats) -> Floats:
    """Return ranks (datasets, m) of scores (datasets, m): 1 for the highest, ties get their mean rank."""
    higher = (scores[:, None, :] > scores[:, :, None]).sum(axis=2)
    equal = (scores[:, None, :] == scores[:, :, None]).sum(axis=2)
    return np.asarray(higher + (equal + 1) / 2, dtype=np.float64)


def friedman_chi_square(ranks: Floats, tie_correction: bool = True) -> float:
    """Return Friedman's χ² of ranks (N, m), with or without the correction for ties.

    0 where all models tie on every data set.
    """
    datasets, models = ranks.shape
    middle = (models + 1) / 2
    between = float(((ranks.mean(axis=0) - middle) ** 2).sum())
    chi2: float = 12.0 * datasets / (models * (models + 1)) * between
    if not tie_correction:
        return chi2
    spread = float(((ranks - middle) ** 2).sum())
    untied: float = datasets * models * (models**2 - 1) / 12.0
    return chi2 * untied / spread if spread > 0 else 0.0


def friedman_p_value(ranks: Floats) -> float:
    """Return the p-value of the tie-corrected χ² of ranks (N, m) with m - 1 degrees of freedom."""
    from scipy.special import chdtrc

    return float(chdtrc(ranks.shape[1] - 1, friedman_chi_square(ranks)))


def iman_davenport(ranks: Floats) -> float:
    """Return F_F = (N-1)χ²/(N(m-1) - χ²) from the uncorrected χ² (Iman & Davenport 1980); may be inf."""
    datasets, models = ranks.shape
    chi2 = friedman_chi_square(ranks, tie_correction=False)
    rest = datasets * (models - 1) - chi2
    return (datasets - 1) * chi2 / rest if rest > 1e-12 else float("inf")


def nemenyi_q(models: int, alpha: float = 0.05) -> float:
    """Return Nemenyi's q of m >= 2 models: the quantile of the studentized range (df = ∞) over √2."""
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(1 - alpha, models, np.inf) / np.sqrt(2))


def critical_difference(models: int, datasets: int, alpha: float = 0.05) -> float:
    """Return how far apart two average ranks must be to differ: q·√(m(m+1)/(6N)). For display only."""
    return nemenyi_q(models, alpha) * float(np.sqrt(models * (models + 1) / (6 * datasets)))


def rank_groups(average_ranks: Sequence[float], difference: float) -> list[tuple[int, ...]]:
    """Return the groups of models whose average ranks lie within ``difference``: the bars of the diagram.

    Indices of each group are in order of rank; only largest groups of two models or more are given.
    """
    order = sorted(range(len(average_ranks)), key=lambda i: average_ranks[i])
    groups: list[tuple[int, ...]] = []
    end = 0
    for start, first in enumerate(order):
        within = [i for i in order[start:] if average_ranks[i] - average_ranks[first] <= difference]
        if len(within) > 1 and start + len(within) > end:
            groups.append(tuple(within))
            end = start + len(within)
    return groups
