"""The verdict over many data sets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from compare_cli.metrics import METRICS, Metric
from compare_cli.verdict.across import (
    _region_masses,
    bayesian_signed_ranks,
    friedman_p_value,
    holm,
    judge_across,
    rank_groups,
    wilcoxon_p_value,
)

ACCURACY = METRICS["accuracy"]


def means(datasets: int, gaps: dict[str, float], noise: float = 0.005) -> dict[str, np.ndarray]:
    """Mean scores (datasets,): data sets differ much, models by their gap and a little noise."""
    rng = np.random.default_rng(0)
    hardness = rng.uniform(0.6, 0.9, datasets)
    return {name: hardness - gap + rng.normal(0, noise, datasets) for name, gap in gaps.items()}


def signed_rank(d: np.ndarray, rope: float, seed: int = 0) -> tuple[float, ...]:
    """(below, within, above) of one pair."""
    return tuple(bayesian_signed_ranks(d[None, :], rope, seed=seed)[0].tolist())


def test_average_ranks_share_ties() -> None:
    table = np.array([[0.9, 0.8, 0.8, 0.7], [0.5, 0.5, 0.5, 0.5], [0.1, 0.2, 0.3, 0.4]])
    across = judge_across(dict(zip("abcd", table.T, strict=True)), metric=ACCURACY)
    ranks = {model.model: model.average_rank for model in across.models}
    assert ranks == pytest.approx({"a": 7.5 / 3, "b": 8 / 3, "c": 7 / 3, "d": 7.5 / 3})


def test_friedman_agrees_with_scipy() -> None:
    scores = np.random.default_rng(0).integers(0, 5, (12, 4)).astype(float)
    assert friedman_p_value(scores) == pytest.approx(stats.friedmanchisquare(*scores.T).pvalue)


def test_friedman_of_two_models_by_the_definition() -> None:
    """χ² of the ranks, corrected for ties, as for any number of models."""
    scores = np.random.default_rng(1).integers(0, 3, (15, 2)).astype(float)
    ranks = stats.rankdata(-scores, axis=1)
    spread = ((ranks - 1.5) ** 2).sum() / len(scores)
    chi2 = len(scores) * ((ranks.mean(axis=0) - 1.5) ** 2).sum() / spread
    assert friedman_p_value(scores) == pytest.approx(stats.chi2.sf(chi2, 1))


def test_friedman_of_nothing_but_ties() -> None:
    assert friedman_p_value(np.full((5, 3), 2.0)) == friedman_p_value(np.full((5, 2), 2.0)) == 1.0


def test_rank_groups_are_the_largest_ones() -> None:
    assert rank_groups([1.0, 1.8, 2.5, 4.0], 1.0) == [(0, 1), (1, 2)]
    assert rank_groups([4.0, 1.0, 1.2, 1.4], 1.0) == [(1, 2, 3)]
    assert rank_groups([1.0, 3.0], 1.0) == []


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_wilcoxon() -> None:
    d = np.array([0.1, -0.2, 0.3, 0.0, 0.5, 0.6])
    assert wilcoxon_p_value(d) == pytest.approx(stats.wilcoxon(d[d != 0]).pvalue)
    assert wilcoxon_p_value(np.zeros(5)) == 1.0


@pytest.mark.parametrize("size", [1, 2, 3, 8, 13, 30, 50, 51])
def test_wilcoxon_agrees_with_scipy(size: int) -> None:
    d = np.random.default_rng(size).normal(0.2, 1, size)
    expected = stats.wilcoxon(d, method="exact" if size <= 50 else "approx").pvalue
    assert wilcoxon_p_value(d) == pytest.approx(expected)
    assert wilcoxon_p_value(-d) == pytest.approx(expected)


@pytest.mark.parametrize("size", [4, 9, 12])
def test_wilcoxon_with_ties_counts_all_signs(size: int) -> None:
    """By the definition: of all 2^q choices of signs, the share with a rank sum as far from the middle."""
    d = np.random.default_rng(size).choice([-0.2, -0.1, 0.1, 0.3], size)
    ranks = stats.rankdata(np.abs(d))
    signs = (np.arange(2**size)[:, None] >> np.arange(size)) & 1
    sums, seen = signs @ ranks, ranks[d > 0].sum()
    expected = min(1.0, 2 * min((sums <= seen).mean(), (sums >= seen).mean()))
    assert wilcoxon_p_value(d) == pytest.approx(expected)


def test_signed_rank_at_its_ends() -> None:
    assert signed_rank(np.full(20, 0.1), 0.01)[2] > 0.99
    assert signed_rank(np.full(20, -0.1), 0.01)[0] > 0.99
    assert signed_rank(np.full(20, 0.001), 0.01)[1] == 1.0
    assert signed_rank(np.zeros(0), 0.01) == (0.0, 1.0, 0.0)
    below, within, above = signed_rank(np.array([0.1, -0.1] * 10), 0.0, seed=3)
    assert within == 0.0
    assert (below, above) == pytest.approx((0.5, 0.5), abs=0.02)


def test_signed_rank_by_the_definition() -> None:
    """Region masses as sums over all pairs of data sets, borders included."""
    rng = np.random.default_rng(5)
    z, rope = np.array([0.0, 0.25, -0.5, 0.5, 0.25, 1.0, -0.25]), 0.25
    weights = rng.dirichlet(np.ones(len(z)), 50)
    sums = z[:, None] + z[None, :]
    below, above = (
        np.einsum("di,dj,ij->d", weights, weights, np.heaviside(sign * sums - 2 * rope, 0.5))
        for sign in (-1, 1)
    )
    np.testing.assert_allclose(
        _region_masses(z, weights.T, rope), [below, 1 - below - above, above], atol=1e-12
    )


def test_signed_rank_mirrors() -> None:
    d = np.random.default_rng(4).normal(0.01, 0.03, 25)
    there = signed_rank(-d, 0.01)
    assert signed_rank(d, 0.01) == pytest.approx(there[::-1], abs=1e-3)


def test_better() -> None:
    across = judge_across(means(30, {"tree": 0.05, "mlp": 0.0, "dummy": -0.3}), metric=ACCURACY)
    assert (across.verdict.status, across.verdict.top_set) == ("better", ("mlp",))
    assert across.verdict.sentence == (
        "mlp beats tree across 30 data sets: better by more than 1 pt with P > 0.99, Wilcoxon-Holm "
        "p < 0.001; mlp against tree: 30 wins, 0 ties, 0 losses, differences 3.2 to 6.2 pt (median 5.0 pt)."
    )
    assert [model.model for model in across.models] == ["mlp", "tree"], "without the baseline"
    assert [model.average_rank for model in across.models] == [1.0, 2.0]


def test_three_models() -> None:
    across = judge_across(means(40, {"tree": 0.06, "mlp": 0.0, "logistic": 0.001}, 0.015), metric=ACCURACY)
    assert across.verdict.status in {"undecided", "equivalent"}
    assert set(across.verdict.top_set) == {"mlp", "logistic"}
    assert across.friedman_p is not None
    assert across.friedman_p < 0.001
    for model in across.models:
        assert model.wins + model.ties + model.losses == 2 * 40
    assert sum(m.wins for m in across.models) == sum(m.losses for m in across.models)


def test_equivalent() -> None:
    across = judge_across(means(30, {"tree": 0.001, "mlp": 0.0}, 0.002), metric=ACCURACY)
    assert across.verdict.status == "equivalent"
    assert across.verdict.sentence.startswith(
        "Practically equivalent across 30 data sets: mlp and tree, within ±1"
    )


def test_no_verdict_from_few_data_sets() -> None:
    across = judge_across(means(9, {"tree": 0.05, "mlp": 0.0}), metric=ACCURACY)
    assert (across.verdict.status, set(across.verdict.top_set)) == ("undecided", {"mlp", "tree"})
    assert across.verdict.sentence.startswith(
        "No verdict: 9 data sets, at least 10 are needed; mlp against tree: 9 wins, 0 ties, 0 losses"
    )
    assert across.pairs[0].p_left > 0.95, "the numbers are there all the same"


def test_both_tests_must_agree() -> None:
    # Large wins on some data sets and none elsewhere: Wilcoxon is sure of the sign, the ROPE is not left.
    d = np.concatenate([np.full(12, 0.002), np.full(4, 0.05)])
    across = judge_across({"mlp": 0.8 + d, "tree": np.full(16, 0.8)}, metric=ACCURACY)
    pair = across.pairs[0]
    assert pair.wilcoxon_p_holm < 0.05
    assert pair.p_left < 0.95
    assert pair.verdict != "better"
    assert (pair.wins, pair.ties, pair.losses) == (4, 12, 0)


def test_groups_of_ranks_are_named_and_the_data_sets_counted() -> None:
    """Two models differ by 1 in mean rank: over 3 data sets that is within the critical difference, 1.13."""
    across = judge_across(means(3, {"tree": 0.05, "mlp": 0.0}), metric=ACCURACY)
    assert across.critical_difference == pytest.approx(1.96 * (2 * 3 / (6 * 3)) ** 0.5, abs=1e-3)
    assert (across.datasets, across.rank_groups) == (3, (("mlp", "tree"),))
    apart = judge_across(means(30, {"tree": 0.05, "mlp": 0.0}), metric=ACCURACY)
    assert (apart.datasets, apart.rank_groups) == (30, ())


def test_lower_is_better() -> None:
    metric = Metric("log_loss", higher_is_better=False, rope=0.005, rate=False)
    across = judge_across(means(20, {"tree": -0.1, "mlp": 0.0}), metric=metric)
    assert across.models[0].model == "mlp"
    assert across.models[0].mean_accuracy is None


def test_unfinished_data_sets_do_not_count() -> None:
    scores = means(20, {"tree": 0.05, "mlp": 0.0})
    scores["tree"][3] = np.nan
    scores["failed"] = np.full(20, np.nan)
    across = judge_across(scores, metric=ACCURACY)
    assert across.pairs[0].datasets == 19
    assert [model.model for model in across.models] == ["mlp", "tree"]


def test_too_few_of_everything() -> None:
    assert judge_across({}, metric=ACCURACY).verdict.status == "none"
    single = judge_across({"tree": np.full(12, 0.9)}, metric=ACCURACY)
    assert (single.verdict.status, single.friedman_p, single.pairs) == ("single", None, ())
    apart = {"tree": np.array([0.9, np.nan]), "mlp": np.array([np.nan, 0.9])}
    nowhere = judge_across(apart, metric=ACCURACY)
    assert (nowhere.verdict.status, nowhere.critical_difference) == ("undecided", None)
    assert judge_across({"a": np.array([0.9]), "b": np.array([0.8])}, metric=ACCURACY).friedman_p is None


def test_across_is_seeded() -> None:
    scores = means(15, {"tree": 0.012, "mlp": 0.0}, 0.01)
    one, again = (judge_across(scores, metric=ACCURACY).pairs[0].p_left for _ in range(2))
    assert one == again
