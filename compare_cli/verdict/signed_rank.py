"""Two models over many data sets: the Bayesian signed-rank test, Wilcoxon's, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRIOR_STRENGTH = 0.5  # weight of the one pseudo data set without a difference
DRAWS = 50_000
EXACT_UP_TO = 50
CHUNK = 1_000  # draws at a time: the weights of hundreds of data sets stay in the processor's cache


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
    z_i + z_j below -2·rope, within, and above 2·rope are weighed (half for a sum on the border), and the
    heaviest region wins (the lower one in a tie). With ``rope`` = 0 there is no region within, and its wins
    are shared out in proportion. Without data sets all mass is within.
    """
    share = bayesian_signed_ranks(
        differences[None, :], rope, prior_strength=prior_strength, draws=draws, seed=seed
    )
    return float(share[0, 0]), float(share[0, 1]), float(share[0, 2])


def bayesian_signed_ranks(
    differences: Floats,
    rope: float,
    *,
    prior_strength: float = PRIOR_STRENGTH,
    draws: int = DRAWS,
    seed: int = 0,
) -> Floats:
    """Return `bayesian_signed_rank` of several pairs over the same data sets: (pairs, q) → (pairs, 3).

    All pairs use the same drawn weights.
    """
    pairs, datasets = differences.shape
    z = np.concatenate([np.zeros((pairs, 1)), differences], axis=1)
    concentration = np.ones(datasets + 1)
    concentration[0] = prior_strength
    rng = np.random.default_rng(seed)
    wins = np.zeros((pairs, 3))
    for start in range(0, draws, CHUNK):
        weights = np.ascontiguousarray(rng.dirichlet(concentration, min(CHUNK, draws - start)).T)
        for pair in range(pairs):
            wins[pair] += np.bincount(_region_masses(z[pair], weights, rope).argmax(axis=0), minlength=3)
    if rope == 0:
        wins[wins[:, 0] + wins[:, 2] > 0, 1] = 0
    return np.asarray(wins / wins.sum(axis=1, keepdims=True))


def _region_masses(z: Floats, weights: Floats, rope: float) -> Floats:
    """Weight of the pairs below, within and above ±2·rope: (q,), (q, draws) → (3, draws).

    With z in order, the partners of z_i that lie below a border are a head of the list, whose weight is a
    cumulative sum.
    """
    order = np.argsort(z)
    z, weights = z[order], weights[order]
    head = np.concatenate([np.zeros((1, weights.shape[1])), np.cumsum(weights, axis=0)])

    def partners_below(border: float) -> Floats:
        """Weight of all pairs with z_i + z_j below ``border``, plus half of those on it."""
        strictly, at_most = (np.searchsorted(z, border - z, side=side) for side in ("left", "right"))
        mass = np.einsum("ij,ij->j", weights, head[strictly])
        if (strictly == at_most).all():
            return np.asarray(mass)
        return np.asarray((mass + np.einsum("ij,ij->j", weights, head[at_most])) / 2)

    below, up_to_above = partners_below(-2 * rope), partners_below(2 * rope)
    return np.stack([below, up_to_above - below, 1 - up_to_above])


def wilcoxon_p_value(differences: Floats) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test of differences (q,).

    Data sets without a difference are dropped; 1 where none is left. Exact for up to 50, given the ranks,
    with ties too; above by the normal approximation.
    """
    different = differences[differences != 0]
    if not different.size:
        return 1.0
    if different.size <= EXACT_UP_TO:
        return exact_signed_rank_p(different)
    from scipy.stats import wilcoxon

    return float(wilcoxon(different, method="approx").pvalue)


def exact_signed_rank_p(differences: Floats) -> float:
    """Return the two-sided p-value of the rank sum of differences (q,), none of them 0, over all 2^q signs.

    Ties share their mean rank, so sums are counted in halves. (scipy draws or lists all signs where there
    are ties: up to 0.7 s a pair.)
    """
    size = np.abs(differences)
    smaller = (size[None, :] < size[:, None]).sum(axis=1)
    equal = (size[None, :] == size[:, None]).sum(axis=1)
    doubled = 2 * smaller + equal + 1  # twice the mean rank
    ways = np.zeros(int(doubled.sum()) + 1)  # how many choices of signs give each sum; exact below 2^53
    ways[0] = 1
    for rank in doubled:
        ways[rank:] += ways[:-rank].copy()
    seen = int(doubled[differences > 0].sum())
    tail = min(ways[: seen + 1].sum(), ways[seen:].sum())
    return float(min(1.0, 2 * tail / ways.sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values, in the order given (Holm 1979)."""
    adjusted, running = [0.0] * len(p_values), 0.0
    for step, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (len(p_values) - step) * p_values[index]))
        adjusted[index] = running
    return adjusted
