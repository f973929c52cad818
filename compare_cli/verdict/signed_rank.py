"""Two models over many data sets: the Bayesian signed-rank test, Wilcoxon's, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRIOR_STRENGTH = 0.5  # weight of the one pseudo data set without a difference
DRAWS = 50_000
CHUNK = 5_000  # draws at a time: keeps memory small with hundreds of data sets


def bayesian_signed_rank(
    differences: Floats,
    rope: float,
    *,
    prior_strength: float = PRIOR_STRENGTH,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Return (below, within, above): P that most pairs of data sets lie there (Benavoli et al. 2014, 2017).

    ``differences`` (q,) are per-dataset mean differences. Weights of the data sets, and of one pseudo data
    set with difference 0, are drawn from a Dirichlet distribution; for each draw the pairs (i, j) with
    z_i + z_j below -2·rope, within, and above 2·rope are weighed, and the heaviest region wins (the lower one
    in a tie). With ``rope`` = 0 there is no region within, and its wins are shared out in proportion.
    Without data sets all mass is within.
    """
    z = np.concatenate([[0.0], differences])
    sums = z[:, None] + z[None, :]
    above = np.heaviside(sums - 2 * rope, 0.5)
    below = np.heaviside(-sums - 2 * rope, 0.5)
    concentration = np.ones(len(z))
    concentration[0] = prior_strength
    rng = np.random.default_rng(seed)
    wins = np.zeros(3)
    for start in range(0, draws, CHUNK):
        weights = rng.dirichlet(concentration, min(CHUNK, draws - start))
        mass_below = ((weights @ below) * weights).sum(axis=1)
        mass_above = ((weights @ above) * weights).sum(axis=1)
        masses = np.stack([mass_below, 1 - mass_below - mass_above, mass_above])
        wins += np.bincount(masses.argmax(axis=0), minlength=3)
    if rope == 0 and wins[0] + wins[2] > 0:
        wins = np.array([wins[0], 0.0, wins[2]])
    share = wins / wins.sum()
    return float(share[0]), float(share[1]), float(share[2])


def wilcoxon_p_value(differences: Floats) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test of differences (q,).

    Data sets without a difference are dropped; 1 where none is left. Exact for up to 50 without ties.
    """
    from scipy.stats import wilcoxon

    different = differences[differences != 0]
    return float(wilcoxon(different).pvalue) if different.size else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values, in the order given (Holm 1979)."""
    adjusted, running = [0.0] * len(p_values), 0.0
    for step, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (len(p_values) - step) * p_values[index]))
        adjusted[index] = running
    return adjusted
