"""Statistics of classifiers whose boundary is known: planes, slabs, XOR, spheres, staircases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import Array, LabelOracle, ScoreOracle, measured, unit
from scipy.stats import chi2

SEEDS = range(6)


def over_seeds(make: Any, d: int, rows: int = 600) -> dict[str, Array]:
    """Return each statistic for every seed, of the classifier that ``make(seed)`` gives."""
    found = [measured(make(seed), d, seed, rows) for seed in SEEDS]
    return {name: np.array([f[name] for f in found], dtype=float) for name in found[0]}


def plane(d: int) -> Any:
    return lambda seed: ScoreOracle(lambda X: X @ unit(d, seed) - 0.3)


def slab(d: int) -> Any:
    return lambda seed: LabelOracle(lambda X: np.abs(X @ unit(d, seed)) < 0.67)


def xor(d: int) -> Any:
    return lambda seed: LabelOracle(lambda X: X[:, 0] * X[:, 1] > 0)


def sphere(d: int) -> Any:
    return lambda seed: ScoreOracle(lambda X: (X * X).sum(axis=1) - chi2.median(d))


def tilted(d: int, degrees: float) -> Any:
    def make(seed: int) -> LabelOracle:
        normal = np.zeros(d)
        angle = np.deg2rad(degrees) * (-1) ** seed
        normal[0], normal[1 + seed % (d - 1)] = np.cos(angle), np.sin(angle)
        return LabelOracle(lambda X: X @ normal > 0.2)

    return make


def staircase(step: float) -> Any:
    return lambda seed: LabelOracle(lambda X: np.floor(X[:, :2] / step).sum(axis=1) * step > 0.1)


@pytest.mark.parametrize("d", [2, 5, 10])
@pytest.mark.parametrize("make", [plane, slab])
def test_a_plane_and_a_slab_have_one_direction_and_are_flat(make: Any, d: int) -> None:
    found = over_seeds(make(d), d)
    assert np.all(np.abs(found["directions"] - 1) < 0.1)
    assert np.all(found["roughness"] < 0.1)


@pytest.mark.parametrize("d", [2, 5, 10])
def test_xor_has_two_directions_parallel_to_the_axes_and_is_not_convex(d: int) -> None:
    found = over_seeds(xor(d), d)
    assert abs(found["directions"].mean() - 2) < 0.1
    assert np.all(np.abs(found["directions"] - 2) < 0.2)
    assert np.all(found["axis_aligned"] >= 0.95)
    assert np.all(found["nonconvexity"] > 0.1)
    assert found["linearity"].mean() < 0.1


@pytest.mark.parametrize("d", [2, 3, 5, 10])
def test_a_sphere_turns_in_every_direction(d: int) -> None:
    found = over_seeds(sphere(d), d)
    assert np.all(np.abs(found["directions"] / d - 1) < 0.08)


def test_half_of_the_walks_outside_a_circle_are_not_in_it() -> None:
    found = over_seeds(sphere(2), 2)
    assert abs(found["nonconvexity"].mean() - 0.16) < 0.04


@pytest.mark.parametrize("d", [2, 10])
@pytest.mark.parametrize(("degrees", "low", "high"), [(0.0, 1.0, 1.0), (2.0, 0.9, 1.0), (5.0, 0.0, 0.05)])
def test_the_axis_test_passes_two_degrees_and_not_five(
    d: int, degrees: float, low: float, high: float
) -> None:
    aligned = over_seeds(tilted(d, degrees), d)["axis_aligned"]
    assert np.all((aligned >= low) & (aligned <= high))


def test_the_axis_test_finds_its_column_among_many() -> None:
    axis = measured(LabelOracle(lambda X: X[:, 77] > 0.2), 100, 0, 300)
    spread = measured(LabelOracle(lambda X: X @ unit(100, 0) > 0.2), 100, 0, 300)
    assert axis["axis_aligned"] == 1
    assert spread["axis_aligned"] == 0


@pytest.mark.parametrize("step", [0.2, 0.5])
@pytest.mark.parametrize("d", [2, 10])
def test_a_staircase_is_parallel_to_the_axes_and_nearly_convex(d: int, step: float) -> None:
    found = over_seeds(staircase(step), d)
    assert found["axis_aligned"].mean() >= 0.99
    assert np.all(found["nonconvexity"] < 0.03)


def test_features_per_facet_counts_the_columns_of_a_plane() -> None:
    def evenly(columns: int) -> ScoreOracle:
        return ScoreOracle(lambda X: X[:, :columns].sum(axis=1) / columns**0.5)

    for columns in (2, 5, 8):
        assert measured(evenly(columns), 8, 0, 300)["features_per_facet"] == pytest.approx(columns, rel=1e-4)


def test_fragments_counts_islands() -> None:
    halves = over_seeds(plane(2), 2)["fragments"]
    squares = over_seeds(lambda seed: LabelOracle(lambda X: np.floor(X).sum(axis=1) % 2 > 0), 2)["fragments"]
    assert np.all(halves == 0)
    assert np.all(squares > 1)


def test_three_stripes_have_one_direction_within_each_pair_of_classes() -> None:
    def make(seed: int) -> LabelOracle:
        return LabelOracle(lambda X: (X[:, 0] > -0.5).astype(int) + (X[:, 0] > 0.5), classes=3)

    found = over_seeds(make, 4)
    assert np.all(np.abs(found["directions"] - 1) < 0.1)
    assert np.all(found["nonconvexity"] == 0)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    first, again = (measured(sphere(3)(0), 3, 4, 300) for _ in range(2))
    other = measured(sphere(3)(0), 3, 5, 300)
    assert first == again
    assert first != other
