"""Intervals of one model's score."""

from __future__ import annotations

from math import inf, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from compare_cli.verdict.paired import repeated_variance, student_quantile

Floats = NDArray[np.float64]


def wilson_interval(rate: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a rate of ``n`` >= 1 rows (Wilson 1927), within [0, 1].

    For accuracy over repeats, ``rate`` is the mean over repeats and ``n`` the rows of the data set: repeats
    look at the same rows again. ``rate`` outside [0, 1] or ``n`` < 1 is a ValueError.
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
) -> tuple[float, float] | None:
    """Return the t-interval of a mean score with V(r), df = kr - 1: for log loss, Brier and AUC.

    ``scores`` (r, k), NaN where a fit failed: repeats that are not full are left out. None where fewer than
    two values are left, or with one fold per repeat and no ``test_share``. Of width 0 where all folds agree.
    It is cut off at ``bounds``, the lowest and the highest value that the score can have.
    """
    full = scores[np.isfinite(scores).all(axis=1)]
    if full.size < 2 or (full.shape[1] < 2 and test_share is None):
        return None
    half = student_quantile(0.5 + level / 2, full.size - 1) * float(
        np.sqrt(repeated_variance(full, test_share))
    )
    middle = float(full.mean())
    return max(middle - half, bounds[0]), min(middle + half, bounds[1])
