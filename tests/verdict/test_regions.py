"""Where one model beats another: made gains of rows, whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from compare_cli.metrics import METRICS
from compare_cli.types import FitResult, ModelSpec, Refit, Split
from compare_cli.verdict.reasons import RowTable, find_region
from compare_cli.verdict.reasons import differences as relations


def table(rows: int, seed: int) -> tuple[np.random.Generator, RowTable]:
    rng = np.random.default_rng(seed)
    codes = rng.integers(3, size=(rows, 1)).astype(np.int32)
    return rng, RowTable(rng.standard_normal((rows, 3)), codes, ["age", "pay", "x", "job"], [["a", "b", "c"]])


def differences(rng: np.random.Generator, rate: np.ndarray) -> np.ndarray:
    """Return gains of single rows: +1 with probability ``rate`` above that of -1, else mostly 0."""
    draw = rng.random(len(rate))
    return np.where(draw < 0.1 + rate, 1.0, np.where(draw > 0.9, -1.0, 0.0))


@pytest.mark.parametrize("seed", range(5))
def test_a_region_of_one_condition_is_found_and_measured(seed: int) -> None:
    rng, rows = table(2000, seed)
    inside = rows.numbers[:, 0] > 0.5
    found = find_region(differences(rng, np.where(inside, 0.3, 0.0)), rng.integers(10, size=2000), rows)
    assert found is not None
    assert found.conditions[0].column == "age"
    assert found.conditions[0].sign == ">"
    assert float(found.conditions[0].value) == pytest.approx(0.5, abs=0.15)
    assert found.gain == pytest.approx(0.3, abs=4 * found.gain_se + 0.03)
    assert found.elsewhere < 0.06


def test_a_region_of_a_category() -> None:
    rng, rows = table(3000, 0)
    gain = differences(rng, np.where(rows.codes[:, 0] == 1, 0.35, 0.0))
    found = find_region(gain, rng.integers(10, size=3000), rows)
    assert found is not None
    assert str(found.conditions[0]) == "job is b"


def test_where_there_is_none_none_is_found() -> None:
    told = 0
    for seed in range(40):
        rng, rows = table(1000, seed)
        told += find_region(differences(rng, np.zeros(1000)), rng.integers(10, size=1000), rows) is not None
        even = differences(rng, np.full(1000, 0.2))  # better everywhere: no region says more
        told += find_region(even, rng.integers(10, size=1000), rows) is not None
    assert told == 0


def test_each_half_of_the_folds_has_to_find_it() -> None:
    rng, rows = table(2000, 3)
    inside, folds = rows.numbers[:, 0] > 0.5, rng.integers(10, size=2000)
    other = rows.numbers[:, 1] > 0.5
    gain = differences(rng, np.where(np.where(folds % 2 == 0, inside, other), 0.3, 0.0))
    assert find_region(gain, folds, rows) is None  # the halves point elsewhere
    gain = differences(rng, np.where(inside, 0.3, 0.0))
    assert find_region(gain, folds, rows) is not None


def fits(name: str, folds: np.ndarray, right: np.ndarray, y: np.ndarray) -> list[FitResult]:
    given = [np.where(right, y, 1 - y)[folds == k] for k in range(10)]
    return [
        FitResult(name, 0, k, "ok", float((g == y[folds == k]).mean()), predictions=g)
        for k, g in enumerate(given)
    ]


@pytest.mark.parametrize("by_row", [True, False])
def test_a_refit_is_rarely_called_better_where_it_is_not(by_row: bool) -> None:
    """P(better) of models that are as good reaches .95 in at most a twentieth of tables."""
    rng, called, found = np.random.default_rng(8), 0, 0
    refit = Refit(ModelSpec("pruned", "tree", "", {}), "pruned", "tree")
    for _ in range(200):
        folds, y = rng.permutation(np.arange(400) % 10), rng.integers(2, size=400)
        splits = [Split(0, k, np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(10)]
        rare = rng.random(400)
        own = fits("tree", folds, rare > 0.25, y)
        same = fits("pruned", folds, (rare > 0.35) | (rare < 0.1), y)
        good = fits("pruned", folds, (rare > 0.3) | (rare < 0.13), y)
        judged_by = y if by_row else None
        level = relations(own, [(refit, same)], METRICS["accuracy"], splits, judged_by)
        better = relations(own, [(refit, good)], METRICS["accuracy"], splits, judged_by)
        called += level["pruned", "tree"].p_positive >= 0.95
        found += better["pruned", "tree"].p_positive >= 0.95
        assert level["pruned", "tree"].delta == pytest.approx(
            mean_accuracy(same) - mean_accuracy(own), abs=0.01
        )
    assert called <= 10
    assert found >= (185 if by_row else 150)


def mean_accuracy(results: list[FitResult]) -> float:
    return float(np.mean([r.accuracy for r in results]))


def test_a_region_is_told_only_where_elsewhere_is_shown_to_be_level() -> None:
    """A gain of 30 pt in a third of the rows, and of 4 elsewhere, where 600 rows leave more open."""
    seen = {}
    for rows_there in (900, 60_000):
        rng, rows = table(rows_there, 5)
        gain = differences(rng, np.where(rows.numbers[:, 0] > 0.43, 0.3, 0.04))
        seen[rows_there] = find_region(gain, rng.integers(10, size=rows_there), rows)
    assert seen[900] is None
    assert seen[60_000] is not None
    assert seen[60_000].rows == pytest.approx(20_000, rel=0.1)


def test_most_of_the_rows_are_no_region() -> None:
    rng, rows = table(3000, 6)
    for limit, told in ((-0.9, False), (-0.2, True)):  # 82 and 58 % of the rows
        gain = differences(rng, np.where(rows.numbers[:, 0] > limit, 0.3, 0.0))
        assert (find_region(gain, rng.integers(10, size=3000), rows) is not None) == told


def test_few_rows_say_nothing() -> None:
    rng, rows = table(100, 0)
    gain = differences(rng, np.where(rows.numbers[:, 0] > 0, 0.6, 0.0))
    assert find_region(gain, rng.integers(10, size=100), rows) is None
    assert find_region(np.full(100, np.nan), rng.integers(10, size=100), rows) is None
