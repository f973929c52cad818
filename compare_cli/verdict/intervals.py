"""Intervals of one model's score."""

from __future__ import annotations

from math import inf, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from compare_cli.verdict.paired import repeated_variance, student_quantile

Floats = NDArray[np.float64]


def accuracy_interval(rate: float, rows: int, repeats: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a cross-validated accuracy, the mean of ``repeats`` over independent ``rows``.

    Wilson's, for fewer rows than there are: n/(1 + 1/(2r)). Repeats look at the same rows again, so that n
    is the most that they are worth; one repeat alone also varies with its folds, which for trees and
    perceptrons left n rows covering .85 to .92 (docs/statistics.md).
    """
    return wilson_interval(rate, max(1.0, rows / (1 + 1 / (2 * repeats))), level)


def wilson_interval(rate: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a rate of ``n`` >= 1 rows (Wilson 1927), within [0, 1].

    ``rate`` outside [0, 1] or ``n`` < 1 is a ValueError.
    """
    if n < 1 or not 0 <= rate <= 1:
        raise ValueError(f"an interval needs a rate in [0, 1] of at least 1 row, got {rate} of {n}")
    z2 = NormalDist().inv_cdf(0.5 + level / 2) ** 2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return (0.0 if rate == 0 else max(0.0, middle - half)), (1.0 if rate == 1 else min(1.0, middle + half))


def score_interval(
    scores: Floats,
    test_share: float | None = None,
    level: float = 0.95,
    bounds: tuple[float, float] = (-inf, inf),
    *,
    cautious: bool = False,
) -> tuple[float, float] | None:
    """Return the t-interval of a mean score with V(r): for all but accuracy on independent rows.

    df = kr - 1, or k - 1 where ``cautious`` (see `pair_posterior`).

    ``scores`` (r, k), NaN where a fit failed: repeats that are not full are left out. None where fewer than
    two values are left, or with one fold per repeat and no ``test_share``. Of width 0 where all folds agree.
    It is cut off at ``bounds``, the lowest and the highest value that the score can have.
    """
    full = scores[np.isfinite(scores).all(axis=1)]
    if full.size < 2 or (full.shape[1] < 2 and test_share is None):
        return None
    df = (full.shape[1] if cautious and full.shape[1] > 1 else full.size) - 1
    half = student_quantile(0.5 + level / 2, df) * float(np.sqrt(repeated_variance(full, test_share)))
    middle = float(full.mean())
    return max(middle - half, bounds[0]), min(middle + half, bounds[1])
