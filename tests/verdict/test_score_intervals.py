"""Intervals of one model's score."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm, t

from compare_cli.metrics import METRICS
from compare_cli.verdict.intervals import (
    area_interval,
    recall_interval,
    score_interval,
    shown_interval,
    wilson_interval,
)


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


def standard_error(area: float, m: int, n: int) -> float:
    """Hanley & McNeil's, with the mean of m and n for the exponential distribution's (Newcombe 2006)."""
    size = (m + n) / 2 - 1
    shape = 1 + size * (1 - area) / (2 - area) + size * area / (1 + area)
    return float(np.sqrt(area * (1 - area) * shape / (m * n)))


def test_the_area_of_hanley_and_mcneil_has_the_error_that_they_print() -> None:
    """.893 from 51 abnormal and 58 normal pictures, standard error .032 (Radiology 143, 1982)."""
    low, high = area_interval(0.893, (58, 51), level=0.02)
    assert (high - low) / 2 / norm.ppf(0.51) == pytest.approx(0.032, abs=0.0005)


@pytest.mark.parametrize(("area", "m", "n"), [(0.893, 51, 58), (0.5, 3, 57), (0.99, 10, 190), (0.02, 5, 5)])
def test_the_bounds_of_an_area_lie_its_own_errors_away(area: float, m: int, n: int) -> None:
    low, high = area_interval(area, (n, m))
    for bound in (low, high):
        assert abs(area - bound) == pytest.approx(norm.ppf(0.975) * standard_error(bound, m, n), rel=1e-6)
    assert low < area < high


def test_a_perfect_area_is_not_certain() -> None:
    few, many = area_interval(1.0, (57, 3)), area_interval(1.0, (500, 500))
    assert few[1] == many[1] == 1
    assert few[0] < 0.7 < 0.98 < many[0] < 1
    assert area_interval(0.0, (57, 3)) == pytest.approx((0, 1 - few[0]))


def test_one_repeat_and_more_classes_make_an_area_less_sure() -> None:
    one, ten, test = (area_interval(0.8, (50, 50), repeats) for repeats in (1, 10, None))
    assert one[0] < ten[0] < test[0] < test[1] < ten[1] < one[1]
    even, uneven = area_interval(0.8, (40, 40, 40)), area_interval(0.8, (100, 15, 5))
    assert uneven[0] < even[0] < 0.8 < even[1] < uneven[1]


@pytest.mark.parametrize("counts", [(50, 50), (190, 10), (30, 20, 10)])
def test_a_balanced_accuracy_is_as_sure_as_its_classes_have_rows(counts: tuple[int, ...]) -> None:
    """A mean of recalls of one rate p has the variance p(1-p)·Σ(1/n)/c²: Wilson's for such a rate."""
    variance = sum(1 / n for n in counts) / len(counts) ** 2
    low, high = recall_interval(0.9, counts)
    for bound in (low, high):
        assert abs(0.9 - bound) == pytest.approx(norm.ppf(0.975) * np.sqrt(bound * (1 - bound) * variance))
    as_mcc = recall_interval(0.8, counts, bounds=(-1.0, 1.0))
    assert as_mcc == pytest.approx((2 * low - 1, 2 * high - 1))


def test_scores_of_classes_are_no_surer_than_their_rows_but_never_surer_than_their_folds() -> None:
    how = {"scheme": "stratified", "share": None, "cautious": True, "counts": (190, 10)}
    alike, apart = np.full((2, 10), 0.5), np.tile([0.2, 0.8], (2, 5))
    for name in ("balanced_accuracy", "f1_macro", "roc_auc"):
        low, high = shown_interval(METRICS[name], alike, 200, **how) or (0.5, 0.5)
        assert low < 0.4 < 0.6 < high
        by_folds = score_interval(apart, bounds=(0.0, 1.0), cautious=True) or (0.0, 1.0)
        wide = shown_interval(METRICS[name], apart, 200, **how) or (0.5, 0.5)
        assert wide[0] <= by_folds[0]
        assert wide[1] >= by_folds[1]
        assert shown_interval(METRICS[name], alike, 200, **how | {"scheme": "grouped"}) == (0.5, 0.5)
