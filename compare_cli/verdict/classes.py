"""What a model's fits say class by class and probability by probability: recall, calibration, ROC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import CalibrationBin, ClassScores, FitResult
from compare_cli.verdict.intervals import accuracy_interval


def class_scores(confusion: NDArray[np.int64], repeats: int) -> tuple[ClassScores, ...]:
    """Return recall with its interval, precision and F1 of each class.

    ``confusion`` (c, c) has true classes in rows and is summed over ``repeats``, which judge the same rows:
    intervals know the rows of one of them only.
    """
    right, true, given = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    return tuple(
        _class_scores(float(r), float(t), float(g), repeats)
        for r, t, g in zip(right, true, given, strict=True)
    )


def _class_scores(right: float, true: float, given: float, repeats: int) -> ClassScores:
    recall = right / true if true else None
    low, high = (None, None) if recall is None else accuracy_interval(recall, round(true / repeats), repeats)
    precision = right / given if given else None
    f1 = 2 * right / (true + given) if true + given else None
    return ClassScores(true / repeats, recall, low, high, precision, f1)


def calibration_bins(counts: NDArray[np.float64], repeats: int) -> tuple[CalibrationBin, ...]:
    """Return the bins that have rows: mean top probability, share right with its interval.

    ``counts`` (bins, 3) are of `metrics.calibration_counts`, summed over the folds of ``repeats``.
    """
    bins = []
    for at, (rows, confidence, right) in enumerate(counts.tolist()):
        if rows:
            share, judged = right / rows, rows / repeats
            low, high = accuracy_interval(share, round(judged), repeats)
            edges = at / len(counts), (at + 1) / len(counts)
            bins.append(CalibrationBin(*edges, judged, confidence / rows, share, low, high))
    return tuple(bins)


def curves(results: Sequence[FitResult]) -> dict[str, Any]:
    """Return ``per_class``, ``calibration`` and ``roc`` of a model's finished fits, None where there is none.

    Fits of earlier versions have no calibration and no ROC: then the model has none.
    """
    repeats = len({r.repeat for r in results})
    confusions = [r.confusion for r in results if r.confusion is not None]
    counts = [r.calibration for r in results if r.calibration is not None]
    rates = [r.roc for r in results if r.roc is not None]
    whole = 0 < len(results) == len(counts)
    return {
        "per_class": class_scores(np.sum(confusions, axis=0), repeats) if confusions else None,
        "calibration": calibration_bins(np.sum(counts, axis=0), repeats) if whole else None,
        "roc": tuple(np.mean(rates, axis=0).round(4).tolist()) if whole and rates else None,
    }
