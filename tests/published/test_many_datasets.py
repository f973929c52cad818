"""Figures printed by others for models on many data sets, and for intervals of rates."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from compare_cli.metrics import METRICS
from compare_cli.verdict.across import (
    bayesian_signed_ranks,
    critical_difference,
    friedman_p_value,
    judge_across,
)
from compare_cli.verdict.intervals import wilson_interval

# AUC of four variants of C4.5 on 14 data sets (Demšar 2006, table 6; as in scipy's tests, with its .9751).
C45 = np.array(
    [
        [0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661, 0.583, 0.775, 1.0, 0.940, 0.619, 0.972, 0.957],
        [0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668, 0.583, 0.838, 1.0, 0.962, 0.666, 0.981, 0.978],
        [0.771, 0.590, 0.968, 0.654, 0.886, 0.916, 0.609, 0.563, 0.866, 1.0, 0.965, 0.614, 0.9751, 0.946],
        [0.798, 0.569, 0.967, 0.657, 0.898, 0.931, 0.685, 0.625, 0.875, 1.0, 0.962, 0.669, 0.975, 0.970],
    ]
).T

MEANS = Path(__file__).with_name("uci54_mean_accuracies.csv")
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "scores" / "accuracies.txt"


def average_ranks() -> list[float]:
    across = judge_across(dict(zip("0123", C45.T, strict=True)), metric=METRICS["roc_auc"])
    return [model.average_rank or 0.0 for model in sorted(across.models, key=lambda m: m.model)]


def test_average_ranks() -> None:
    assert average_ranks() == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)


def test_friedman() -> None:
    """Without the correction for ties χ² and F_F (Iman & Davenport) follow from the average ranks."""
    datasets, models = C45.shape
    between = sum((rank - (models + 1) / 2) ** 2 for rank in average_ranks())
    chi2 = 12 * datasets / (models * (models + 1)) * between
    assert chi2 == pytest.approx(9.2786, abs=5e-5)
    f = (datasets - 1) * chi2 / (datasets * (models - 1) - chi2)
    assert f == pytest.approx(3.6863, abs=5e-5)
    assert friedman_p_value(C45) == pytest.approx(0.0167215803, abs=5e-11)


def test_critical_difference() -> None:
    assert critical_difference(4, 14) == pytest.approx(1.25356, abs=5e-6)
    assert critical_difference(4, 14, alpha=0.10) == pytest.approx(1.11806, abs=5e-6)


def test_nemenyi_quantiles() -> None:
    printed = (1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164)
    found = [critical_difference(m, 1) / np.sqrt(m * (m + 1) / 6) for m in range(2, 11)]
    assert found == pytest.approx(printed, abs=0.0015)


def read_means() -> dict[str, np.ndarray]:
    with MEANS.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {name: np.array([float(row[name]) for row in rows]) for name in ("nbc", "aode", "j48")}


@pytest.mark.parametrize(
    ("second", "masses"),
    [("aode", (0.0, 0.12926, 0.87074)), ("j48", (0.23062, 0.00674, 0.76264))],
)
def test_signed_rank(second: str, masses: tuple[float, float, float]) -> None:
    """Printed for 50,000 draws of another generator, hence ±.01."""
    means = read_means()
    assert len(means["nbc"]) == 54
    found = bayesian_signed_ranks((means[second] - means["nbc"])[None, :], rope=1.0)[0]
    assert found.tolist() == pytest.approx(masses, abs=0.01)


def test_the_stored_means_are_those_of_the_data() -> None:
    if not SHARED.is_file():
        pytest.skip("../shared/data/scores/accuracies.txt is not beside the checkout")
    classifier = ""
    found: dict[str, list[float]] = {"nbc": [], "aode": [], "j48": []}
    for line in SHARED.read_text().splitlines():
        if not line.startswith(" "):
            classifier = line.strip()
        elif classifier in found:
            found[classifier].append(float(np.mean([float(value) for value in line.split()[1:]])))
    for name, stored in read_means().items():
        assert stored == pytest.approx(found[name], abs=5e-6)


def test_wilson() -> None:
    assert wilson_interval(0.81, 100) == pytest.approx((0.7222115, 0.8748525), abs=5e-8)
    assert wilson_interval(1.0, 10) == pytest.approx((0.7224672, 1.0), abs=5e-8)
