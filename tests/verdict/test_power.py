"""How many rows would decide: checked by simulating that many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from compare_cli.verdict.repeats import rows_needed

ROWS, DF = 200, 99
T = float(student.ppf(0.975, DF))


def needed(delta: float, se: float, rope: float = 0.01) -> int | None:
    return rows_needed(ROWS, delta, se, rope, t_winner=T, df=DF)


def decided(delta: float, se: float, rows: float, rope: float = 0.01) -> tuple[float, float]:
    """The share of experiments with so many rows that end with a winner, and with equivalence."""
    error = se * np.sqrt(ROWS / rows)
    seen = np.random.default_rng(4).normal(delta, error, 20_000)
    within = student.cdf((rope - seen) / error, DF) - student.cdf((-rope - seen) / error, DF)
    return float((np.abs(seen) >= T * error).mean()), float((within >= 0.95).mean())


@pytest.mark.parametrize("delta", [0.0, 0.003, -0.006, 0.009, 0.02, -0.03])
def test_the_rows_named_decide_with_chance_one_half(delta: float) -> None:
    rows = needed(delta, 0.02)
    assert rows is not None
    assert max(decided(delta, 0.02, rows)) == pytest.approx(0.5, abs=0.25)  # one significant figure
    assert max(decided(delta, 0.02, rows * 1.5)) > 0.5
    assert max(decided(delta, 0.02, rows / 1.6)) < 0.5


def test_equal_models_need_both_ends_of_the_region() -> None:
    """n(t·SE/rope)², with one tail counted, names rows with which equivalence is never found."""
    one_tail = ROWS * (student.ppf(0.95, DF) * 0.02 / 0.01) ** 2
    assert decided(0.0, 0.02, one_tail)[1] == 0
    assert (needed(0.0, 0.02) or 0) > one_tail


def test_a_difference_below_the_rope_may_be_decided_as_a_winner() -> None:
    """At nine tenths of the ROPE equivalence takes a hundred times the rows, a winner sixteen times."""
    assert needed(0.009, 0.018) == 3000


def test_nothing_is_named_beyond_a_hundred_times_the_rows_or_without_knowing_them() -> None:
    assert needed(0.0, 0.2) is None
    assert rows_needed(None, 0.1, 0.1, 0.01, t_winner=T, df=DF) is None


def test_more_rows_are_named_than_there_are() -> None:
    assert (needed(0.04, 0.02) or 0) > ROWS


@pytest.mark.parametrize(
    ("delta", "se", "needed"),
    [
        (0.02, 0.02, 4000),  # 1000 · (2 · .02/.02)²
        (-0.02, 0.02, 4000),
        (0.02, 0.0165, 3000),  # 2,722
    ],
)
def test_a_winner_needs_its_quantile_squared(delta: float, se: float, needed: int) -> None:
    assert rows_needed(1000, delta, se, 0.01, t_winner=2.0, df=DF) == needed


def test_one_figure_never_names_the_rows_there_are() -> None:
    """2,300 · (2 · .0102/.02)² = 2,393, which one significant figure would call 2,000."""
    assert rows_needed(2300, 0.02, 0.0102, 0.01, t_winner=2.0, df=DF) == 3000
