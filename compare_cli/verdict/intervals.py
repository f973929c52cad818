"""Intervals of one model's score: how far it may lie from what was seen.

Rows that are independent bound a score by their number (Wilson 1927 for rates, Newcombe 2006 for areas under
the ROC curve); folds bound it by their spread, which is all there is in groups and in time order. Where few
rows of a class make all folds alike, or all score close to 1, their spread says too little: then rows count.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from compare_cli.metrics import BY_JACKKNIFE, Metric
from compare_cli.types import Scheme
from compare_cli.verdict.paired import repeated_variance, student_quantile

Floats = NDArray[np.float64]
INDEPENDENT = ("stratified", "test", "samples")  # schemes whose rows are taken for independent ones


def shown_interval(
    metric: Metric,
    array: Floats,
    rows: int,
    *,
    scheme: Scheme,
    share: float | None,
    cautious: bool,
    counts: Sequence[int],
) -> tuple[float, float] | None:
    """Return the 95 % interval of a score, None if not known.

    ``array`` (repeats, folds) holds the score, NaN where a fit failed, of ``rows`` different rows in all. Of
    independent rows Wilson's for accuracy; for AUC, balanced accuracy, F1 and MCC no less than what the
    ``counts`` of each class among all rows that are judged allow; else t over the folds. ``share`` is the
    mean n_test/n_train, None on a single test set: then only scores that rows bound have an interval.
    """
    if not metric.ranks:
        return None
    mean, repeats = float(np.nanmean(array)), len(array) if scheme == "stratified" else None
    if metric.name == "accuracy" and scheme in INDEPENDENT:
        return accuracy_interval(mean, rows, repeats) if repeats else wilson_interval(mean, rows)
    by_folds = score_interval(array, share, bounds=metric.bounds, cautious=cautious)
    if metric.name not in BY_JACKKNIFE or scheme not in INDEPENDENT:
        return by_folds
    judged = [rows * count / sum(counts) for count in counts]
    if metric.name == "roc_auc":
        by_rows = area_interval(mean, judged, repeats)
    else:
        by_rows = recall_interval(mean, judged, repeats, metric.bounds)
    return by_rows if by_folds is None else (min(by_rows[0], by_folds[0]), max(by_rows[1], by_folds[1]))


def accuracy_interval(rate: float, rows: int, repeats: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a cross-validated accuracy, the mean of ``repeats`` over independent ``rows``.

    Wilson's, for fewer rows than there are: n/(1 + 1/(2r)). Repeats look at the same rows again, so that n
    is the most that they are worth; one repeat alone also varies with its folds, which for trees and
    perceptrons left n rows covering .85 to .92 (docs/statistics.md).
    """
    return wilson_interval(rate, max(1.0, rows * _worth(repeats)), level)


def _worth(repeats: int | None) -> float:
    """What a row is worth after repeats of a cross-validation (see `accuracy_interval`); 1 on a test set."""
    return 1 / (1 + 1 / (2 * repeats)) if repeats else 1.0


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


def area_interval(
    area: float, counts: Sequence[float], repeats: int | None = None, level: float = 0.95
) -> tuple[float, float]:
    """Return the interval of an area under the ROC curve from how many rows of each class it rests on.

    Newcombe's (2006, method 5): all areas from which the one seen is no further than z standard errors by the
    formula of Hanley & McNeil (1982), so that it does not shrink to nothing where every fold scores 1. Of a
    mean over more than two classes each against the rest, the classes' harmonic mean counts. ``repeats`` of
    a cross-validation take rows away as in `accuracy_interval`; None for a test set.
    """
    total = float(sum(counts))
    first = counts[1] if len(counts) == 2 else len(counts) / sum(1 / max(c, 1.0) for c in counts)
    worth, z2 = _worth(repeats), NormalDist().inv_cdf(0.5 + level / 2) ** 2
    rows = worth * total / 2 - 1
    per_area = z2 / (worth**2 * max(first, 1.0) * max(total - first, 1.0))

    def lowest(seen: float) -> float:
        low, high = 0.0, seen
        for _ in range(50):
            at = (low + high) / 2
            variance = per_area * at * (1 - at) * (1 + rows * ((1 - at) / (2 - at) + at / (1 + at)))
            low, high = (low, at) if (seen - at) ** 2 <= variance else (at, high)
        return high

    return lowest(area), 1 - lowest(1 - area)


def recall_interval(
    value: float,
    counts: Sequence[float],
    repeats: int | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the interval of a balanced accuracy from how many rows of each of c classes it rests on.

    Wilson's for c²/Σ(1/n) rows: were all classes recognised at one rate, a mean of their recalls would vary
    like a rate of so many rows. F1 and MCC rest on the same rows and get no less (MCC within its ``bounds``).
    ``repeats`` as in `area_interval`.
    """
    low, high = bounds
    rows = _worth(repeats) * len(counts) ** 2 / sum(1 / max(c, 1.0) for c in counts)
    found = wilson_interval((value - low) / (high - low), max(1.0, rows), level)
    return low + (high - low) * found[0], low + (high - low) * found[1]


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
