"""The formulas behind the Bayes accuracies on the cards, against cases that are known or simulated."""

from __future__ import annotations

from importlib import import_module
from statistics import NormalDist
from types import ModuleType

import numpy as np
import pytest
from atlas_card import FOLDER

PHI = NormalDist().cdf


@pytest.fixture
def bayes(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that the script computes them with."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    return import_module("bayes")


def test_two_gaussians_of_equal_size(bayes: ModuleType) -> None:
    assert bayes.two_gaussians(2.0) == pytest.approx(PHI(1.0))


def test_two_gaussians_with_a_rare_one(bayes: ModuleType) -> None:
    draw = np.random.default_rng(0)
    rare = draw.random(400_000) < 0.2
    x = draw.standard_normal(400_000) + 1.5 * rare
    # Each class's density times its prior; the larger one is the answer.
    answer = 0.2 * np.exp(-((x - 1.5) ** 2) / 2) > 0.8 * np.exp(-(x**2) / 2)
    assert bayes.two_gaussians(1.5, 0.2) == pytest.approx((answer == rare).mean(), abs=0.002)


def test_two_curves_that_are_points(bayes: ModuleType) -> None:
    found = bayes.two_curves(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]), 0.5)
    assert found == pytest.approx(PHI(1.0), abs=1e-3)


def test_two_rings_by_simulation(bayes: ModuleType) -> None:
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    draw = np.random.default_rng(0)
    inner = draw.random(20_000) < 0.5
    x = np.where(inner, 0.5, 1.0)[:, None] * ring[draw.integers(0, 720, 20_000)]
    x = x + 0.2 * draw.standard_normal(x.shape)
    near_inner, near_outer = (
        np.exp(-((x[:, None, :] - r * ring[None, ::4, :]) ** 2).sum(axis=2) / 0.08).sum(axis=1)
        for r in (0.5, 1)
    )
    assert bayes.two_curves(ring, 0.5 * ring, 0.2) == pytest.approx(
        ((near_inner > near_outer) == inner).mean(), abs=0.008
    )


def test_three_gaussians_by_simulation(bayes: ModuleType) -> None:
    angle = 2 * np.pi * np.arange(3) / 3
    centres = 1.5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    draw = np.random.default_rng(0)
    group = draw.integers(0, 3, 200_000)
    x = centres[group] + draw.standard_normal((200_000, 2))
    nearest = (x @ centres.T).argmax(axis=1)
    assert bayes.three_gaussians(1.5) == pytest.approx((nearest == group).mean(), abs=0.003)


def test_noisy_plane_by_simulation(bayes: ModuleType) -> None:
    u, e = np.random.default_rng(0).standard_normal((2, 200_000))
    assert bayes.noisy_plane(0.6) == pytest.approx(((u > 0) == (u + 0.6 * e > 0)).mean(), abs=0.003)


def test_half_the_answer_is_a_guess_where_one_of_two_is_missing(bayes: ModuleType) -> None:
    exclusive_or = np.array([[0.0, 1.0], [1.0, 0.0]])
    # 0.8 x sure + 0.2 x even odds
    assert bayes.with_missing(exclusive_or, [0.2, 0.0]) == pytest.approx(0.9)
