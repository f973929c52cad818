"""Intervals of one model's score."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, t

from compare_cli.verdict.paired import score_interval, wilson_interval


@pytest.mark.parametrize(("right", "n"), [(0, 1), (1, 1), (0, 30), (7, 30), (30, 30), (999, 1000)])
def test_wilson_agrees_with_scipy(right: int, n: int) -> None:
    expected = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(right / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("rate", "n"), [(0.5, 0), (-0.1, 10), (1.1, 10), (float("nan"), 10)])
def test_wilson_refuses_what_is_no_rate(rate: float, n: int) -> None:
    with pytest.raises(ValueError, match="rate in"):
        wilson_interval(rate, n)


def test_score_interval_uses_the_variance_of_the_verdict() -> None:
    scores = np.array([[0.2, 0.3, 0.25], [0.22, 0.33, 0.29]])
    s2, sp2 = scores.var(ddof=1), scores.mean(axis=1).var(ddof=1)
    half = t.ppf(0.975, 5) * np.sqrt(max(s2 / 2, s2 * (1 / 3 + 1 / 2) - sp2 / 2))
    expected = (scores.mean() - half, scores.mean() + half)
    assert score_interval(scores) == pytest.approx(expected)


def test_score_interval_leaves_broken_repeats_out() -> None:
    scores = np.array([[0.2, 0.3, 0.25], [0.22, np.nan, 0.29]])
    assert score_interval(scores) == score_interval(scores[:1])
    assert score_interval(np.full((2, 3), np.nan)) is None
    assert score_interval(np.array([[0.5]])) is None
    assert score_interval(np.array([[0.5], [0.6]])) is None
    assert score_interval(np.array([[0.5], [0.6]]), test_share=0.25) is not None


def test_score_interval_without_spread_has_no_width() -> None:
    assert score_interval(np.full((1, 5), 0.7)) == pytest.approx((0.7, 0.7))


def test_score_interval_stays_within_the_bounds_of_the_score() -> None:
    scores = np.array([[1.0, 0.6, 1.0]])
    low, high = score_interval(scores) or (0.0, 0.0)
    assert high > 1
    assert low < 0
    assert score_interval(scores, bounds=(0.0, 1.0)) == (0.0, 1.0)
    assert score_interval(scores, bounds=(-1.0, 2.0)) == (low, high)
