"""How numbers are told."""

from __future__ import annotations

import pytest

from compare_cli.metrics import METRICS, Metric
from compare_cli.verdict.sentences import (
    counted,
    difference,
    duration,
    listed,
    p_value,
    probability,
    rope_width,
    score,
)

ACCURACY = METRICS["accuracy"]
BRIER = Metric("brier", higher_is_better=False, rope=0.0025, rate=False)


def test_probabilities_never_claim_certainty() -> None:
    assert [probability("P", p) for p in (0.0, 0.814, 0.976, 0.9951, 1.0)] == [
        "P < 0.01",
        "P = 0.81",
        "P = 0.98",
        "P > 0.99",
        "P > 0.99",
    ]
    assert [p_value("p", p) for p in (0.0, 0.0123, 0.5)] == ["p < 0.001", "p = 0.012", "p = 0.5"]


def test_differences_show_two_digits_of_their_uncertainty() -> None:
    assert difference(0.031, 0.006, 0.056, ACCURACY) == "+3.1 pt [0.6, 5.6]"
    assert difference(-0.031, -0.33, 0.27, ACCURACY) == "-3.1 pt [-33.0, 27.0]"
    assert difference(0.0004, 0.0001, 0.0007, ACCURACY) == "+0.040 pt [0.010, 0.070]"
    assert difference(0.0, 0.0, 0.0, ACCURACY) == "+0.0 pt [0.0, 0.0]"


def test_lower_is_better_is_told_in_words() -> None:
    assert difference(0.031, 0.006, 0.056, BRIER) == "brier 0.031 lower [0.006, 0.056]"
    assert difference(-0.031, -0.056, -0.006, BRIER) == "brier 0.031 higher [0.006, 0.056]"


def test_rope_names_and_counts() -> None:
    assert (rope_width(ACCURACY), rope_width(BRIER)) == ("1 pt", "0.0025")
    assert rope_width(Metric("roc_auc", rope=0.005)) == "0.5 pt"
    assert [listed(list(names)) for names in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert [counted(n, "row") for n in (1, 2, 3000)] == ["1 row", "2 rows", "3,000 rows"]


def test_a_negative_rope_is_refused() -> None:
    with pytest.raises(ValueError, match="ROPE of accuracy"):
        Metric("accuracy", rope=-0.01)


def test_durations_have_two_digits_and_no_exponent() -> None:
    shown = [duration(s) for s in (0.0, 0.00021, 0.0083, 0.1376, 0.9996, 1.234, 138.0)]
    assert shown == ["0 ms", "0.21 ms", "8.3 ms", "140 ms", "1.0 s", "1.2 s", "140 s"]
    assert [duration(s) for s in (0.994, 0.9951, 0.998)] == ["990 ms", "1.0 s", "1.0 s"]
    assert [duration(s) for s in (-0.0021, float("nan"), 2.34e-7)] == [
        "−2.1 ms",
        "an unknown time",
        "0.00023 ms",
    ]


def test_scores_are_told_in_their_own_way() -> None:
    assert [score(0.7131, ACCURACY), score(0.931, METRICS["roc_auc"]), score(0.3124, BRIER)] == [
        "71.3 %",
        "roc auc 93.1 %",
        "brier 0.312",
    ]
