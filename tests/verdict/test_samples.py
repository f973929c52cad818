"""The rule of growing samples: by hand, on curves whose truth is known, and where it must not decide."""

from __future__ import annotations

from math import log2, sqrt
from statistics import NormalDist

import numpy as np
import pytest

from compare_cli.verdict.samples import Anchor, Bounds, bounds, critical_value, mean_and_error, race

ROWS = 64_000


def test_error_is_that_of_rows_or_of_blocks_whichever_is_larger() -> None:
    rows = np.array([[1.0, 0, 0, 1], [1, 0, 0, 1]])
    mean, se = mean_and_error(rows)
    assert mean == 0.5
    assert se == pytest.approx(np.std([1, 0, 0, 1], ddof=1) / 2)
    apart = np.array([[1.0, 1, 1, 1], [0, 0, 0, 0]])
    assert mean_and_error(apart) == (0.5, pytest.approx(np.std([1, 0], ddof=1) / sqrt(2)))


def test_rows_of_a_group_count_together() -> None:
    rng = np.random.default_rng(0)
    of_groups = rng.normal(size=50)
    groups = np.repeat(np.arange(50), 20)
    rows = of_groups[groups][None, :]
    mean, se = mean_and_error(rows, groups)
    assert mean == pytest.approx(of_groups.mean())
    assert se == pytest.approx(of_groups.std(ddof=1) / sqrt(50))
    assert se > 4 * mean_and_error(rows)[1]


def test_critical_value_is_bonferronis() -> None:
    assert critical_value(1, 1) == pytest.approx(1.959964, abs=1e-6)
    assert critical_value(3, 6) == pytest.approx(NormalDist().inv_cdf(1 - 0.05 / 36))


def test_bounds_by_hand() -> None:
    first = np.array([[1.0, 1, 1, 1, 1, 0, 1, 0]])
    before = np.array([[1.0, 0, 1, 0, 1, 0, 1, 0]])
    here = np.array([[1.0, 0, 1, 0, 1, 0, 0, 0]])
    z, found = 2.0, bounds([first, before, here], [250, 500, 1000], 8000, 2.0)
    se = np.std(here[0], ddof=1) / sqrt(8)
    gains = [(2 / 8, np.std((first - before)[0], ddof=1)), (1 / 8, np.std((before - here)[0], ddof=1))]
    assert found.delta == pytest.approx(3 / 8)
    assert found.closing == pytest.approx(max(lost + z * sd / sqrt(8) for lost, sd in gains))
    assert found.opening == pytest.approx(max(0, *(z * sd / sqrt(8) - lost for lost, sd in gains)))
    assert found.low == pytest.approx(3 / 8 - z * se - 3 * found.closing)
    assert found.high == pytest.approx(3 / 8 + z * se + 3 * found.opening)
    assert found.doublings == log2(8)


def test_nothing_is_known_before_the_third_anchor() -> None:
    early = bounds([np.ones((3, 50)), np.ones((3, 50))], [500, 1000], 8000, 2.0)
    assert (early.low, early.high) == (-np.inf, np.inf)
    assert early.outcome(0.01) == "undecided"


def test_a_pair_seen_from_the_other_side() -> None:
    rng = np.random.default_rng(0)
    d = [rng.normal(size=(3, 20)) for _ in range(3)]
    sizes = [25, 50, 100]
    assert bounds(d, sizes, 400, 1.5).mirrored() == bounds([-x for x in d], sizes, 400, 1.5)


def test_what_is_closed_counts_per_doubling() -> None:
    rng = np.random.default_rng(0)
    d = [rng.normal(mean, 1, size=(3, 500)) for mean in (1.0, 0.9, 0.85)]
    doubled, quicker = bounds(d, [25, 50, 100], 400, 1.5), bounds(d, [64, 80, 100], 400, 1.5)
    assert quicker.closing == pytest.approx(doubled.closing / log2(1.25))
    assert quicker.low < doubled.low


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.001, 0.2, "better"),
        (-0.2, -0.001, "worse"),
        (-0.009, 0.009, "equivalent"),
        (0.001, 0.009, "equivalent"),
        (-0.02, 0.005, "undecided"),
    ],
)
def test_outcomes(low: float, high: float, outcome: str) -> None:
    known = Bounds(1000, (low + high) / 2, 0.001, 0.0, 0.0, low, high, 3.0)
    assert known.outcome(0.01) == outcome


def test_the_same_predictions_are_identical() -> None:
    same = np.zeros((3, 20))
    assert bounds([same] * 3, [25, 50, 100], 800, 3.0).outcome(0.0) == "identical"


def grown(rng: np.random.Generator, curves: dict[str, list[float]], rows: int = 20_000) -> list[Anchor]:
    """Draw right and wrong of three blocks on the same test rows, whose difficulty models share in part."""
    common = rng.random(rows)
    anchors = []
    for at in range(len(next(iter(curves.values())))):
        scores = {}
        for name, rates in curves.items():
            own = np.where(rng.random((3, rows)) < 0.5, common, rng.random((3, rows)))
            scores[name] = (own < rates[at]).astype(float)
        anchors.append(Anchor(1000 * 2**at, scores))
    return anchors


def judged(anchors: list[Anchor], rope: float = 0.01) -> tuple[tuple[str, ...], dict[str, str], bool]:
    models = list(anchors[0].scores)
    result = race(anchors, models, all_rows=ROWS, planned=len(anchors), rope=rope)
    return result.standing, dict(result.dropped), result.decided


def test_a_clear_leader_whose_rivals_close_slowly_wins_at_the_third_anchor() -> None:
    rates = {"a": [0.9, 0.91, 0.91], "b": [0.7, 0.71, 0.71], "c": [0.6, 0.61, 0.61]}
    anchors = grown(np.random.default_rng(1), rates)
    assert judged(anchors) == (("a",), {"b": "a", "c": "a"}, True)
    assert judged(anchors[:2]) == (("a", "b", "c"), {}, False)


def test_a_rival_that_closes_fast_is_not_dropped() -> None:
    """It trails by 6 points and closes 2 a doubling: after the 5 doublings to come it would lead."""
    anchors = grown(np.random.default_rng(2), {"ahead": [0.8] * 3, "late": [0.70, 0.72, 0.74]}, rows=100_000)
    assert judged(anchors) == (("ahead", "late"), {}, False)


def test_equivalent_models_end_the_race() -> None:
    rng = np.random.default_rng(3)
    one = (rng.random((3, 50_000)) < 0.8).astype(float)
    other = np.where(rng.random(one.shape) < 0.001, 1 - one, one)
    anchors = [Anchor(1000 * 2**at, {"a": one, "b": other}) for at in range(6)]
    standing, dropped, decided = judged(anchors)
    assert (set(standing), dropped, decided) == ({"a", "b"}, {}, True)


def test_who_is_dropped_may_be_beaten_by_another_than_the_winner() -> None:
    rates = {"a": [0.80, 0.83, 0.90, 0.95, 0.95, 0.95], "b": [0.85] * 6, "c": [0.6] * 6}
    standing, dropped, _ = judged(grown(np.random.default_rng(4), rates, rows=100_000))
    assert standing == ("a",)
    assert dropped["c"] in {"a", "b"}


def test_a_model_without_scores_leaves_the_race() -> None:
    anchors = grown(np.random.default_rng(5), {"a": [0.9, 0.9], "b": [0.89, 0.9], "c": [0.9, 0.9]})
    without = [anchors[0], Anchor(2000, {name: s for name, s in anchors[1].scores.items() if name != "b"})]
    standing, dropped, _ = judged(without)
    assert set(standing) == {"a", "c"}
    assert dropped == {}


def test_false_decisions_are_rare_where_curves_cross_and_plain_significance_makes_many() -> None:
    """Errors fall as floor + gain·m^-power from .22-.26 at 1,000 rows to .10-.20 at 64,000."""
    rng = np.random.default_rng(6)
    sizes = 1000 * 2 ** np.arange(5)
    decided = wrong = plain_decided = plain_wrong = 0
    for _ in range(400):
        first, last = rng.uniform(0.22, 0.26, 2), rng.uniform(0.10, 0.20, 2)
        powers = rng.uniform(0.1, 0.6, 2)
        share = (sizes[:, None] ** -powers - ROWS**-powers) / (1000**-powers - ROWS**-powers)
        rates = dict(zip("ab", (1 - last - (first - last) * share).T.tolist(), strict=True))
        truth = last[1] - last[0]
        anchors = grown(rng, rates, rows=4000)
        result = race(anchors, ["a", "b"], all_rows=ROWS, planned=5, rope=0.01)
        if len(result.standing) == 1:
            decided += 1
            wrong += (truth if result.standing == ("a",) else -truth) < -0.01
        mean, se = mean_and_error(anchors[1].scores["a"] - anchors[1].scores["b"])
        if abs(mean) > 1.96 * se:
            plain_decided += 1
            plain_wrong += np.sign(mean) * truth < -0.01
    assert decided > 20
    assert wrong <= 0.03 * decided
    assert plain_wrong > 0.05 * plain_decided
