"""Recall, calibration and ROC over folds and repeats."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare_cli.types import FitResult, ModelSummary
from compare_cli.verdict.classes import calibration_bins, cheapest, class_scores, cost_notes, curves
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


def test_the_cheapest_line_at_every_ratio() -> None:
    """Misses m and false alarms a cost f·m + a: cheap alarms first, few misses last."""
    lines = {
        "few_alarms": (0.30, 0.01),
        "between": (0.10, 0.05),
        "few_misses": (0.02, 0.15),
        "bad": (0.2, 0.2),
    }
    ranges = cheapest(lines)
    assert [name for _, _, name in ranges] == ["few_alarms", "between", "few_misses"]
    assert ranges[0][:2] == (0.0, pytest.approx(0.04 / 0.2))
    assert ranges[1][1] == ranges[2][0] == pytest.approx(0.1 / 0.08)
    assert ranges[2][1] == float("inf")
    for at in (0.05, 0.5, 5.0):
        best = min(lines, key=lambda name: lines[name][0] * at + lines[name][1])
        assert next(name for low, high, name in ranges if low <= at < high) == best
    assert cheapest({"a": (1, 1), "b": (1, 1)}) == [(0.0, float("inf"), "a")]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6), st.floats(0.01, 50))
def test_the_envelope_is_the_minimum(lines: list[tuple[int, int]], at: float) -> None:
    named = {str(i): line for i, line in enumerate(lines)}
    ranges = cheapest(named)
    name = next(name for low, high, name in ranges if low <= at <= high)
    assert named[name][0] * at + named[name][1] == pytest.approx(min(a * at + b for a, b in lines))
    assert [low for low, _, _ in ranges[1:]] == [high for _, high, _ in ranges[:-1]]


def model(name: str, confusion: list[list[int]]) -> ModelSummary:
    facts = dict.fromkeys([field.name for field in fields(ModelSummary)])
    return ModelSummary(**{**facts, "model": name, "status": "ok", "confusion": confusion})  # type: ignore[arg-type]


def test_a_note_says_at_which_cost_another_model_is_cheapest() -> None:
    careful, bold = model("careful", [[80, 20], [2, 8]]), model("bold", [[98, 2], [8, 2]])
    costs = np.array([[0, 1], [5, 0]])
    (said,) = cost_notes([careful, bold], costs, "yes:no=5")
    # misses 2 against 8, alarms 20 against 2: equal where 6 misses cost 18
    assert said.message == "By the means careful costs least while yes:no costs more than 3; below that bold."
    (said,) = cost_notes([careful, bold], np.array([[0, 1], [2, 0]]), "yes:no=2")
    assert said.message == "By the means bold costs least while yes:no costs less than 3; above that careful."
    (said,) = cost_notes([bold, model("worse", [[50, 50], [9, 1]])], costs, "yes:no=5")
    assert said.message == "By the means bold costs least, whatever yes:no costs."
    assert cost_notes([bold], costs, "yes:no=5") == []
