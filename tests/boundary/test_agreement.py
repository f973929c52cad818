"""Shared probes, instability over folds, disagreement between models, means over folds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from compare_cli.boundary.columns import over_folds
from compare_cli.boundary.probes import disagreement, instability, shared_probes


def test_shared_probes_are_midpoints_with_the_first_rows_categories() -> None:
    rng = np.random.default_rng(0)
    numbers, codes = np.arange(30.0)[:, None] * [1, 100], rng.integers(5, size=(30, 2)).astype(np.int32)
    found, held = shared_probes(numbers, codes, 3)
    assert found.shape == (500, 2)
    assert held.shape == (500, 2)
    assert held.dtype == np.int32
    assert np.array_equal(found[:, 1], 100 * found[:, 0])
    # a midpoint of different rows i, j is (i + j) / 2 with the categories of i or j
    for (middle, _), row in zip(found[:50], held[:50], strict=True):
        pairs = [(i, j) for i, j in combinations(range(30), 2) if i + j == 2 * middle]
        assert any(np.array_equal(row, codes[i]) or np.array_equal(row, codes[j]) for i, j in pairs)


def test_shared_probes_repeat_with_their_seed_only() -> None:
    numbers, codes = np.random.default_rng(0).random((40, 3)), np.zeros((40, 0), np.int32)
    assert np.array_equal(shared_probes(numbers, codes, 1)[0], shared_probes(numbers, codes, 1)[0])
    assert not np.array_equal(shared_probes(numbers, codes, 1)[0], shared_probes(numbers, codes, 2)[0])


def test_shared_probes_keep_what_is_missing_or_does_not_move() -> None:
    numbers = np.array([[0.0, 0.0, np.nan], [2.0, 1.0, 4.0]])
    found, _ = shared_probes(numbers, np.zeros((2, 0), np.int32), 0, moving=np.array([True, False, True]))
    assert set(found[:, 0]) == {1.0}
    assert set(found[:, 1]) == {0.0, 1.0}
    from_first = found[:, 1] == 0
    assert np.isnan(found[from_first, 2]).all()
    assert np.all(found[~from_first, 2] == 4)


def test_shared_probes_of_a_table_without_numbers_are_its_rows() -> None:
    numbers, codes = shared_probes(np.zeros((5, 0)), np.arange(5, dtype=np.int32)[:, None], 0)
    assert numbers.shape == (500, 0)
    assert set(codes[:, 0]) == set(range(5))


def test_instability_is_the_mean_disagreement_of_pairs_of_folds() -> None:
    for seed in range(5):
        labels = np.random.default_rng(seed).integers(3, size=(6, 50))
        pairs = [disagreement(a, b) for a, b in combinations(labels, 2)]
        assert instability(labels) == pytest.approx(np.mean(pairs))
    assert instability(np.zeros((4, 10), int)) == 0
    assert instability(np.zeros((1, 10), int)) is None


def test_disagreement_by_hand() -> None:
    assert disagreement(np.array([0, 1, 2, 2]), np.array([0, 2, 2, 1])) == 0.5


def test_means_over_folds_leave_out_what_is_undefined() -> None:
    found = over_folds([{"a": 1.0, "b": None}, {"a": 3.0, "b": 2.0}, {"a": None, "b": None, "c": None}])
    assert found["a"] == {"mean": 2.0, "sd": pytest.approx(2**0.5)}
    assert found["b"] == {"mean": 2.0, "sd": None}
    assert found["c"] == {"mean": None, "sd": None}
    assert over_folds([]) == {}
