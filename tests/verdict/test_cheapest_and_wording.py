"""The cheapest model, and how numbers are told."""

from __future__ import annotations

import pytest

from compare_cli.verdict import MetricFacts
from compare_cli.verdict.cost import cheapest, saving
from compare_cli.verdict.wording import counted, difference, listed, p_value, probability, rope_width

ACCURACY = MetricFacts("accuracy")
BRIER = MetricFacts("brier", higher_is_better=False, rope=0.0025, points=False)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({"a": (1.0, 1.0), "b": (0.5, 9.0)}, "b"),
        ({"a": (1.0, 1.0), "b": (0.9, 0.5)}, "b"),  # alike in prediction, faster in fitting
        ({"a": (1.0, 1.0), "b": (0.9, 0.9)}, "a"),  # alike in both: the first
        ({"b": (1.0, 1.0)}, "b"),
        ({"a": (0.0, 1.0), "b": (0.0, 1.0)}, "a"),
        ({}, None),
    ],
)
def test_cheapest(seconds: dict[str, tuple[float, float]], expected: str | None) -> None:
    assert cheapest(["a", "b"], seconds) == expected


@pytest.mark.parametrize(
    ("chosen", "other", "phrase"),
    [
        ((0.001, 1.0), (0.041, 1.0), "it predicts 41 times faster"),
        ((0.001, 1.0), (1.3456, 1.0), "it predicts 1,300 times faster"),
        ((0.001, 1.0), (0.0015, 1.0), "it predicts 1.5 times faster"),
        ((0.001, 1.0), (0.0011, 4.2), "it fits 4 times faster"),
        ((0.0, 1.0), (0.001, 1.0), "it predicts faster"),
        ((0.001, 1.0), (0.001, 1.1), "their costs are alike"),
    ],
)
def test_saving(chosen: tuple[float, float], other: tuple[float, float], phrase: str) -> None:
    assert saving(chosen, other) == phrase


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
    assert rope_width(MetricFacts("roc_auc", rope=0.005)) == "0.5 pt"
    assert [listed(list(names)) for names in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert [counted(n, "row") for n in (1, 2, 3000)] == ["1 row", "2 rows", "3,000 rows"]


def test_a_negative_rope_is_refused() -> None:
    with pytest.raises(ValueError, match="ROPE of accuracy"):
        MetricFacts("accuracy", rope=-0.01)
