"""Recall, calibration and ROC over folds and repeats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from compare_cli.types import FitResult
from compare_cli.verdict.classes import calibration_bins, class_scores, curves
from compare_cli.verdict.intervals import accuracy_interval


def test_scores_of_classes_by_hand() -> None:
    """Two repeats of 10 + 4 rows: 16 of 20 found, 2 of 8; 22 taken for the first class, 6 for the second."""
    first, second = class_scores(np.array([[16, 4], [6, 2]]), repeats=2)
    assert (first.rows, first.recall, first.precision) == (10, 0.8, pytest.approx(16 / 22))
    assert first.f1 == pytest.approx(2 * 16 / (20 + 22))
    assert (first.recall_low, first.recall_high) == accuracy_interval(0.8, 10, 2)
    assert (second.rows, second.recall, second.precision) == (4, 0.25, pytest.approx(2 / 6))


def test_a_class_that_is_never_there_or_never_predicted_has_no_number() -> None:
    gone, never = class_scores(np.array([[0, 0], [3, 0]]), repeats=1)
    assert (gone.recall, gone.recall_low, gone.precision) == (None, None, 0)
    assert (never.recall, never.precision, never.f1) == (0, None, 0)


def test_bins_with_rows_say_what_share_was_right() -> None:
    counts = np.zeros((15, 3))
    counts[14] = 40, 39.0, 36
    counts[7] = 1, 0.5, 0
    low, high = calibration_bins(counts, repeats=2)
    assert (low.low, low.high, low.rows, low.accuracy) == (
        pytest.approx(7 / 15),
        pytest.approx(8 / 15),
        0.5,
        0,
    )
    assert (high.rows, high.confidence, high.accuracy) == (20, 0.975, 0.9)
    assert (high.accuracy_low, high.accuracy_high) == accuracy_interval(0.9, 20, 2)


def fit(**facts: object) -> FitResult:
    return FitResult("m", 0, 0, "ok", confusion=np.eye(2, dtype=int), **facts)  # type: ignore[arg-type]


def test_curves_are_means_over_folds() -> None:
    counts = np.zeros((15, 3))
    counts[14] = 2, 1.9, 2
    one = fit(roc=np.linspace(0, 1, 101), calibration=counts)
    other = replace(one, roc=np.ones(101))
    said = curves([one, other])
    assert said["roc"][:3] == (0.5, 0.505, 0.51)
    assert said["calibration"][0].rows == 4
    assert said["per_class"][0].recall == 1


def test_fits_of_an_earlier_version_have_no_curves() -> None:
    said = curves([fit(roc=np.ones(101), calibration=np.zeros((15, 3))), fit()])
    assert (said["roc"], said["calibration"]) == (None, None)
    assert said["per_class"] is not None
    assert curves([]) == {"per_class": None, "calibration": None, "roc": None}
