"""Figures printed by others for two models on one data set, to the printed digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compare_cli.verdict.paired import (
    correlated_t_masses,
    floor_variance,
    fold_variance,
    nadeau_bengio_variance,
    pair_posterior,
    probability_positive,
    repeat_variance,
    repeated_variance,
    student_quantile,
)

Scores = dict[str, dict[str, np.ndarray]]

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "scores" / "accuracies.txt"


@pytest.fixture(scope="module")
def grid_search_example() -> np.ndarray:
    """Fold differences (10, 10) of ROC AUC, rbf minus linear.

    From the scikit-learn example "Statistical comparison of models using grid search".
    """
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    features, classes = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=kernel, random_state=0), features, classes, cv=folds, scoring="roc_auc")
        for kernel in ("rbf", "linear")
    )
    return np.asarray(rbf - linear).reshape(10, 10)


def test_grid_search_example_variances(grid_search_example: np.ndarray) -> None:
    d = grid_search_example
    assert d.mean() == pytest.approx(0.01, abs=1e-12)
    assert float(fold_variance(d)) == pytest.approx(0.001466667, abs=5e-10)
    assert float(repeat_variance(d)) == pytest.approx(7.2e-5, abs=5e-10)
    assert np.sqrt(nadeau_bengio_variance(d)) == pytest.approx(0.01332778, abs=5e-9)
    assert np.sqrt(repeated_variance(d)) == pytest.approx(0.01564703, abs=5e-9)
    assert np.sqrt(floor_variance(d)) == pytest.approx(0.01541524, abs=5e-9)


def test_folds_and_repeats_must_not_be_swapped(grid_search_example: np.ndarray) -> None:
    swapped = grid_search_example.reshape(-1).reshape(10, 10).T
    assert np.sqrt(repeated_variance(swapped)) == pytest.approx(0.01332778, abs=5e-9)


def test_grid_search_example_published_test(grid_search_example: np.ndarray) -> None:
    d, df = grid_search_example, 99
    se = float(np.sqrt(nadeau_bengio_variance(d)))
    delta = float(d.mean())
    assert delta / se == pytest.approx(0.7503127, abs=5e-8)
    assert 1 - probability_positive(delta, se, df) == pytest.approx(0.2274230, abs=5e-8)
    uncorrected = float(np.sqrt(fold_variance(d) / d.size))
    assert delta / uncorrected == pytest.approx(2.6111648, abs=5e-8)
    assert 1 - probability_positive(delta, uncorrected, df) == pytest.approx(0.0052130, abs=5e-8)
    masses = correlated_t_masses(delta, se, df, 0.01)
    assert masses == pytest.approx((0.0683175, 0.4316825, 0.5), abs=5e-8)
    half = student_quantile(0.975, df) * se
    assert (delta - half, delta + half) == pytest.approx((-0.0164452, 0.0364452), abs=5e-8)


def test_grid_search_example_verdict(grid_search_example: np.ndarray) -> None:
    posterior = pair_posterior(grid_search_example, rope=0.01)
    assert posterior.p_positive_nb == pytest.approx(0.7725770, abs=5e-8)
    assert posterior.se == pytest.approx(0.01564703, abs=5e-9)
    assert posterior.p_positive == pytest.approx(0.7378827, abs=5e-8)
    assert posterior.p_equivalent == pytest.approx(0.3979158, abs=5e-8)


@pytest.mark.parametrize(
    ("d", "df"), [([[1.0, 5.0, -3.0]], 2), ([[1.0, 5.0], [-3.0, 1.0]], 3)], ids=["one run", "two runs"]
)
def test_correlated_t_moments(d: list[list[float]], df: int) -> None:
    """The small example that baycomp tests itself with: x = 4 2 6, y = 5 7 3, then 4 and 5 appended."""
    posterior = pair_posterior(np.array(d), rope=0.1)
    variance = float(nadeau_bengio_variance(np.array(d)))
    assert (posterior.delta, posterior.df) == (1.0, df)
    assert variance == pytest.approx(13.3333, abs=5e-5)


def read_accuracies(path: Path) -> Scores:
    """Read baycomp's example data: classifier → data set → 100 accuracies in percent (10 runs of 10 folds).

    A name that occurs twice within one classifier ("credit") gets a number.
    """
    scores: Scores = {}
    classifier: dict[str, np.ndarray] = {}
    for line in path.read_text().splitlines():
        if not line.startswith(" "):
            classifier = scores.setdefault(line.strip(), {})
            continue
        name, *values = line.split()
        if name in classifier:
            name = f"{name} (2)"
        classifier[name] = np.array(values, dtype=float)
    return scores


@pytest.fixture(scope="module")
def accuracies() -> Scores:
    if not SHARED.is_file():
        pytest.skip("../shared/data/scores/accuracies.txt is not beside the checkout")
    return read_accuracies(SHARED)


@pytest.mark.parametrize(
    ("dataset", "masses"),
    [
        ("squash-unstored", (0.0779989, 0.6512478, 0.2707533)),
        ("anneal", (3.0211e-7, 0.0457140, 0.9542857)),
    ],
)
def test_naive_bayes_against_aode(
    accuracies: Scores, dataset: str, masses: tuple[float, float, float]
) -> None:
    d = (accuracies["aode"][dataset] - accuracies["nbc"][dataset]).reshape(10, 10)
    se = float(np.sqrt(nadeau_bengio_variance(d)))
    got = correlated_t_masses(float(d.mean()), se, 99, 1.0)
    assert got == pytest.approx(masses, abs=5e-8)
    assert got[0] == pytest.approx(masses[0], rel=1e-4)


def test_all_data_sets_of_the_example_are_read(accuracies: Scores) -> None:
    assert [len(of_one) for of_one in accuracies.values()] == [54] * 5
    assert all(len(values) == 100 for of_one in accuracies.values() for values in of_one.values())
