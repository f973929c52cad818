"""The verdict on one test set: rows instead of folds, McNemar beside the t-test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_rel

from compare_cli.metrics import METRICS, Metric
from compare_cli.verdict import Baseline, Judgement, PairPredictions, judge_evidence, row_evidence
from compare_cli.verdict.evidence import Predictions
from compare_cli.verdict.paired import exact_mcnemar

ACCURACY = METRICS["accuracy"]
ONE_TEST_SET = "On one test set: what other training rows would change is allowed for, but not seen."


def right(n: int, wrong: list[int], seeds: int = 1) -> np.ndarray:
    """Right on all of n rows but those given."""
    values = np.ones((seeds, n))
    values[:, wrong] = 0
    return values


def judge_rows(
    scores: dict[str, np.ndarray],
    metric: Metric = ACCURACY,
    predictions: Predictions | None = None,
    **how: Any,
) -> Judgement:
    return judge_evidence(row_evidence(scores, metric, **how), metric, predictions=predictions)


def test_numbers_are_those_of_the_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    tree, mlp = rng.random((1, 200)) < 0.8, rng.random((1, 200)) < 0.7
    scores = {"tree": tree.astype(np.float64), "mlp": mlp.astype(np.float64)}
    judgement = judge_rows(scores)
    pair = judgement.pairs[0]
    expected = ttest_rel(tree[0] * 1.0, mlp[0] * 1.0)
    assert (pair.delta or 0) / (pair.se or 1) == pytest.approx(expected.statistic)
    assert pair.df == expected.df == 199
    assert pair.p_adjusted == pytest.approx(expected.pvalue)
    assert (pair.se, pair.split_sd, pair.p_better_nb) == (pair.se_floor, None, None)
    n01, n10 = int((tree & ~mlp).sum()), int((mlp & ~tree).sum())
    left_only, right_only, p = exact_mcnemar(tree[0] * 1.0, mlp[0] * 1.0)
    assert (left_only, right_only) == (n01, n10)
    assert p == pytest.approx(binomtest(n01, n01 + n10).pvalue)
    assert (
        f"tree alone is right on {n01} rows, mlp alone on {n10}: exact McNemar p"
        in (judgement.verdict.because[-1])
    )


def test_other_training_rows_widen_what_test_rows_alone_would_decide() -> None:
    scores = {"tree": right(300, list(range(60))), "logistic": right(300, list(range(30, 75)))}
    fits, way = judge_rows(scores).pairs[0], judge_rows(scores, train_rows=150).pairs[0]
    assert (fits.verdict, way.verdict) == ("better", "undecided")
    assert (way.se or 0) / (fits.se or 1) == pytest.approx(np.sqrt(1 + 300 / (2 * 150)))
    assert way.rows_needed == 1000
    few = judge_rows(scores, train_rows=50)  # endless test rows would leave what other training rows do
    assert few.pairs[0].rows_needed is None
    assert "nor would 100 times the test rows" in few.verdict.sentence


def test_mcnemar_without_differing_rows() -> None:
    assert exact_mcnemar(np.ones(5), np.ones(5)) == (0, 0, 1.0)
    assert exact_mcnemar(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == (1, 1, 1.0)


def test_golden_sentences() -> None:
    scores = {
        "tree": right(300, list(range(60))),
        "logistic": right(300, list(range(30, 75))),
        "dummy": right(300, list(range(150))),
    }
    judgement = judge_rows(scores, baseline=Baseline("dummy", "no"))
    assert judgement.verdict.sentence == (
        "logistic beats tree: +5.0 pt [0.6, 9.4], P = 0.99; by more than 1 pt P = 0.96. " + ONE_TEST_SET
    )
    assert judgement.verdict.because[-1] == (
        "logistic alone is right on 30 rows, tree alone on 15: exact McNemar p = 0.036 for these two fits "
        "(other training rows: pairs.p_positive)."
    )
    assert judgement.beats_baseline == {"tree": True, "logistic": True}


def test_repeats_are_never_advised() -> None:
    scores = {"tree": right(300, list(range(60))), "mlp": right(300, [*range(55), 200, 201])}
    judgement = judge_rows(scores)
    pair = judgement.pairs[0]
    assert (pair.verdict, pair.undecided_reason) == ("undecided", "more_data")
    assert (pair.repeats_suggested, pair.p_decided_by_repeats) == (None, None)
    assert "this data cannot settle it" in judgement.verdict.sentence
    assert "test rows" in judgement.verdict.sentence


def test_seeds_are_averaged_over() -> None:
    one, two = right(100, [1, 2, 3, 4]), right(100, [1, 2, 50])
    tree = np.vstack([one, two])
    mlp = np.vstack([right(100, [9, 10, 11, 12, 13, 14])] * 2)
    judgement = judge_rows({"tree": tree, "mlp": mlp})
    d = tree.mean(axis=0) - mlp.mean(axis=0)
    assert judgement.pairs[0].se == pytest.approx(d.std(ddof=1) / 10)
    assert "mlp alone on 5: exact McNemar" in judgement.verdict.because[-1]


def test_more_than_two_models_are_adjusted() -> None:
    rng = np.random.default_rng(1)
    scores = {name: (rng.random((2, 400)) < 0.8).astype(np.float64) for name in "abcd"}
    judgement = judge_rows(scores)
    for pair in judgement.pairs:
        assert (pair.p_adjusted or 0) > 2 * (1 - (pair.p_positive or 1))
    assert sum(p or 0 for p in judgement.p_best.values()) == pytest.approx(1)


def test_log_loss_per_row_has_no_mcnemar() -> None:
    rng = np.random.default_rng(2)
    metric = Metric("log_loss", higher_is_better=False, rope=0.005, rate=False)
    good = rng.exponential(0.3, (1, 500))
    judgement = judge_rows({"tree": good + 0.2, "mlp": good + rng.normal(0, 0.1, (1, 500))}, metric)
    assert judgement.order == ("mlp", "tree")
    assert not any("McNemar" in reason for reason in judgement.verdict.because)
    assert judgement.verdict.sentence.startswith("mlp beats tree: log loss 0.1997 lower [0.1907, 0.2086]")


def test_a_failed_fit_leaves_a_model_out() -> None:
    failed = np.full((1, 100), np.nan)
    judgement = judge_rows({"tree": right(100, [1]), "mlp": failed})
    assert judgement.verdict.status == "single"
    assert not any("McNemar" in reason for reason in judgement.verdict.because)


def test_nothing_to_judge() -> None:
    assert judge_rows({}).verdict.status == "none"
    one_row = {"tree": np.ones((1, 1)), "mlp": np.zeros((1, 1))}
    assert judge_rows(one_row).verdict.reason == "not_computed"


def test_same_scores_of_other_predictions_are_not_identical() -> None:
    scores = {"tree": right(50, [1]), "mlp": right(50, [1])}
    unknown = judge_rows(scores)
    assert unknown.verdict.sentence.startswith(
        "Identical: tree and mlp give the same score on every test row"
    )
    known = judge_rows(scores, predictions=lambda left, right: PairPredictions(0.1, 0.5))
    assert known.pairs[0].undecided_reason == "no_spread"
