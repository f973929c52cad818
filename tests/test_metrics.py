"""Every score against scikit-learn's own function, with ties, missing classes and constant predictions."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare_cli.errors import UsageError
from compare_cli.metrics import (
    BY_JACKKNIFE,
    ECE_BINS,
    METRICS,
    PER_ROW,
    ROC_POINTS,
    calibration_counts,
    confusion_counts,
    find_metric,
    label_scores,
    practical_rope,
    probability_scores,
    pseudo_values,
    roc_auc,
    roc_curve,
    row_scores,
)

Case = tuple[np.ndarray, np.ndarray, np.ndarray]


def random_case(seed: int, classes: int, rows: int, dtype: type, ties: bool = False) -> Case:
    """Truth, predictions and probabilities; small cases miss classes, ties come from rounding."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.7), rows)
    if ties:
        counts = rng.integers(1, 4, (rows, classes))
        probabilities = counts / counts.sum(axis=1, keepdims=True)
    y = rng.integers(0, classes, rows)
    predicted = np.where(rng.random(rows) < 0.5, y, rng.integers(0, classes, rows))
    return y, predicted, probabilities.astype(dtype)


cases = st.builds(
    random_case,
    seed=st.integers(0, 10_000),
    classes=st.integers(2, 5),
    rows=st.integers(1, 40),
    dtype=st.sampled_from([np.float64, np.float32]),
    ties=st.booleans(),
)


@given(cases)
@settings(max_examples=80, deadline=None)
def test_label_scores_are_those_of_scikit_learn(case: Case) -> None:
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, matthews_corrcoef

    y, predicted, probabilities = case
    scores = label_scores(confusion_counts(y, predicted, probabilities.shape[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of classes without a true row
        expected = {
            "accuracy": accuracy_score(y, predicted),
            "balanced_accuracy": balanced_accuracy_score(y, predicted),
            "mcc": matthews_corrcoef(y, predicted),
            "f1_macro": f1_score(y, predicted, average="macro", zero_division=0),
        }
    assert scores == pytest.approx(expected, abs=1e-12)


@given(cases)
@settings(max_examples=80, deadline=None)
def test_losses_are_those_of_scikit_learn(case: Case) -> None:
    from sklearn.metrics import brier_score_loss, log_loss

    y, _, probabilities = case
    labels = list(range(probabilities.shape[1]))
    scores = probability_scores(y, probabilities)
    assert scores["log_loss"] == pytest.approx(log_loss(y, probabilities, labels=labels), rel=1e-5)
    assert scores["brier"] == pytest.approx(brier_score_loss(y, probabilities, labels=labels), rel=1e-5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_certain_wrong_answer_costs_what_scikit_learn_says(dtype: type) -> None:
    from sklearn.metrics import log_loss

    y = np.array([0, 1, 1])
    certain = np.array([[1, 0], [1, 0], [0, 1]], dtype=dtype)
    ours = probability_scores(y, certain)["log_loss"]
    assert ours == pytest.approx(log_loss(y, certain), rel=1e-6)
    assert ours is not None
    assert np.isfinite(ours)


@given(cases)
@settings(max_examples=80, deadline=None)
def test_auc_is_that_of_scikit_learn_over_the_classes_that_are_there(case: Case) -> None:
    from sklearn.metrics import roc_auc_score

    y, _, probabilities = case
    codes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    there = [code for code in codes if 0 < (y == code).sum() < len(y)]
    areas = [roc_auc_score(y == code, probabilities[:, code]) for code in there]
    ours = roc_auc(y, probabilities)
    assert ours is None if not areas else ours == pytest.approx(np.mean(areas), abs=1e-12)


def test_auc_of_three_classes_is_scikit_learns_one_against_the_rest() -> None:
    from sklearn.metrics import roc_auc_score

    y, _, probabilities = random_case(3, 3, 60, np.float64)
    assert roc_auc(y, probabilities) == pytest.approx(roc_auc_score(y, probabilities, multi_class="ovr"))


def test_auc_of_real_scores_of_two_classes_and_of_several() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 50)
    decision = rng.normal(size=50).round(1)
    assert roc_auc(y, decision) == pytest.approx(roc_auc_score(y, decision))
    y3, decisions = rng.integers(0, 3, 50), rng.normal(size=(50, 3))
    each = [roc_auc_score(y3 == code, decisions[:, code]) for code in range(3)]
    assert roc_auc(y3, decisions) == pytest.approx(np.mean(each))


@pytest.mark.parametrize("scores", [np.full(6, 0.5), np.zeros((6, 2)), np.full((6, 3), 1 / 3)])
def test_auc_of_constant_scores_is_a_half(scores: np.ndarray) -> None:
    assert roc_auc(np.array([0, 1, 0, 1, 0, 1]), scores) == 0.5


def test_constant_predictions_have_no_correlation() -> None:
    y = np.array([0, 1, 1, 2])
    scores = label_scores(confusion_counts(y, np.ones(4, dtype=int), 3))
    assert scores["mcc"] == 0
    assert scores["accuracy"] == 0.5
    assert scores["balanced_accuracy"] == pytest.approx(1 / 3)


def test_no_rows_give_no_scores() -> None:
    assert set(label_scores(np.zeros((2, 2), dtype=np.int64)).values()) == {None}


def test_confusion_has_the_truth_in_rows() -> None:
    counts = confusion_counts(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 1]), 3)
    assert counts.tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]


def test_calibration_error_by_hand() -> None:
    """Two bins: 0.6 (right once in two) and 0.9 (right always): (2·|.5-.6| + 2·|1-.9|) / 4 = 0.1."""
    p = np.array([[0.6, 0.4], [0.6, 0.4], [0.1, 0.9], [0.1, 0.9]])
    assert probability_scores(np.array([0, 1, 1, 1]), p)["ece"] == pytest.approx(0.1)


def test_a_certain_right_answer_is_calibrated() -> None:
    assert probability_scores(np.array([0, 1]), np.eye(2))["ece"] == 0


@given(cases)
@settings(max_examples=50, deadline=None)
def test_rows_add_up_to_the_score(case: Case) -> None:
    y, predicted, probabilities = case
    scores = label_scores(confusion_counts(y, predicted, probabilities.shape[1]))
    scores |= probability_scores(y, probabilities)
    for name in PER_ROW:
        rows = row_scores(name, y, predicted, probabilities)
        assert rows is not None
        assert rows.shape == y.shape
        assert rows.mean() == pytest.approx(scores[name])


@pytest.mark.parametrize("name", ["roc_auc", "mcc", "f1_weighted"])
def test_scores_that_are_no_means_over_rows_have_no_rows(name: str) -> None:
    assert row_scores(name, *random_case(0, 2, 10, np.float64)) is None


def test_losses_need_probabilities_accuracy_does_not() -> None:
    y, predicted, _ = random_case(0, 2, 10, np.float64)
    assert row_scores("log_loss", y, predicted, None) is None
    right = row_scores("accuracy", y, predicted, None)
    assert right is not None
    assert right.tolist() == (y == predicted).tolist()


@pytest.mark.parametrize(
    ("name", "counts", "rope"),
    [
        ("accuracy", [50, 50], 0.01),
        ("roc_auc", [99, 1], 0.01),
        ("log_loss", [50, 50], 0.01 * np.log(2)),
        ("log_loss", [30, 0, 30], 0.01 * np.log(2)),
        ("log_loss", [10, 10, 10], 0.01 * np.log(3)),
        ("brier", [50, 50], 0.01 * 0.25),
        ("brier", [90, 10], 0.01 * 0.09),
        ("brier", [10, 10, 10], 0.01 * 2 / 3),
    ],
)
def test_rope_is_one_point_or_one_percent_of_the_prior_loss(
    name: str, counts: list[int], rope: float
) -> None:
    assert practical_rope(METRICS[name], counts) == pytest.approx(rope)


@pytest.mark.parametrize("name", ["log_loss", "brier"])
@pytest.mark.parametrize("counts", [[7, 3], [5, 3, 2]])
def test_prior_loss_is_the_score_of_predicting_the_priors(name: str, counts: list[int]) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    priors = np.tile(np.array(counts) / sum(counts), (len(y), 1))
    score = probability_scores(y, priors)[name]
    assert score is not None
    assert practical_rope(METRICS[name], counts) == pytest.approx(0.01 * score)


def test_every_ranking_metric_is_found_under_its_name() -> None:
    for name, metric in METRICS.items():
        if metric.ranks:
            assert find_metric(name) is metric


@pytest.mark.parametrize("name", ["ece", "train_accuracy"])
def test_scores_for_information_cannot_rank(name: str) -> None:
    with pytest.raises(UsageError, match=f"--metric {name}: this score is information only"):
        find_metric(name)


def test_a_scorer_of_scikit_learn_is_a_metric() -> None:
    metric = find_metric("f1_weighted", ["f1_weighted"])
    assert metric.name == "f1_weighted"
    assert metric.higher_is_better
    assert not metric.rate


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("acuracy", "accuracy"), ("LOGLOSS", "log_loss"), ("f1_weigthed", "f1_weighted"), ("auc", "roc_auc")],
)
def test_an_unknown_metric_is_told_with_the_nearest(wrong: str, right: str) -> None:
    with pytest.raises(UsageError, match=f"--metric {wrong}: no such metric.*Did you mean.*'{right}'"):
        find_metric(wrong, ["f1_weighted"])


def test_an_unknown_metric_that_is_near_nothing_lists_what_there_is() -> None:
    with pytest.raises(UsageError) as told:
        find_metric("zzz")
    assert "Did you mean" not in str(told.value)
    assert all(name in str(told.value) for name, metric in METRICS.items() if metric.ranks)


def score_of(metric: str, y: np.ndarray, predicted: np.ndarray, ranking: np.ndarray) -> float | None:
    if metric == "roc_auc":
        return roc_auc(y, ranking)
    return label_scores(confusion_counts(y, predicted, int(y.max()) + 1))[metric]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("metric", BY_JACKKNIFE)
def test_pseudo_values_are_the_jackknifes(metric: str, classes: int) -> None:
    """Leaving out one row after the other, and computing the score anew."""
    y, predicted, probabilities = random_case(3, classes, 30, np.float64)
    probabilities = probabilities.round(1)  # ties
    values = pseudo_values(metric, y, predicted, probabilities, classes)
    rest = [np.delete(np.arange(30), i) for i in range(30)]
    without = [score_of(metric, y[i], predicted[i], probabilities[i]) for i in rest]
    score = score_of(metric, y, predicted, probabilities)
    expected = 30 * score - 29 * np.array(without)
    assert values == pytest.approx(expected - expected.mean() + score)
    assert values.mean() == pytest.approx(score)


def test_the_jackknife_variance_of_auc_is_nearly_that_of_delong() -> None:
    """DeLong et al. 1988: the variances of both sides' placements over their numbers, added."""
    rng = np.random.default_rng(2)
    y = (np.arange(400) % 4 == 0).astype(np.int64)
    ranking = rng.standard_normal(400) + y
    above = (ranking[y == 1][:, None] > ranking[y == 0][None, :]).astype(float)
    delong = above.mean(axis=1).var(ddof=1) / 100 + above.mean(axis=0).var(ddof=1) / 300
    values = pseudo_values("roc_auc", y, y, ranking, 2)
    assert values.var(ddof=1) / 400 == pytest.approx(delong, rel=0.02)


def test_a_class_of_one_row_has_no_pseudo_values() -> None:
    y = np.array([0, 0, 0, 1])
    assert pseudo_values("roc_auc", y, y, y.astype(float), 2) is None
    assert pseudo_values("mcc", y, y, None, 2) is None
    assert pseudo_values("accuracy", np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), None, 2) is None
    assert pseudo_values("roc_auc", np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), None, 2) is None


@given(st.integers(2, 4), st.integers(0, 1000), st.booleans())
def test_the_roc_curve_is_that_of_scikit_learn(classes: int, seed: int, ties: bool) -> None:
    from sklearn.metrics import roc_curve as theirs

    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(60) % classes)
    p = rng.dirichlet(np.ones(classes), 60)
    if ties:
        p = np.round(p, 1)
    curves = []
    for code in [1] if classes == 2 else range(classes):
        false, true, _ = theirs(y == code, p[:, code], drop_intermediate=False)
        steps = {0.0: 0.0} | dict(zip(false, true, strict=True))  # the highest of each false positive rate
        curves.append(np.interp(np.linspace(0, 1, ROC_POINTS), list(steps), list(steps.values())))
    found = roc_curve(y, p)
    assert found is not None
    np.testing.assert_allclose(found, np.mean(curves, axis=0), atol=1e-12)
    assert (np.diff(found) >= -1e-12).all()


def test_a_curve_needs_two_classes() -> None:
    assert roc_curve(np.zeros(4, dtype=int), np.full((4, 2), 0.5)) is None


def test_calibration_counts_are_of_the_bins_of_the_calibration_error() -> None:
    y = np.array([0, 1, 1, 0])
    p = np.array([[0.9, 0.1], [0.92, 0.08], [0.3, 0.7], [0.5, 0.5]])
    counts = calibration_counts(y, p)
    assert counts.shape == (ECE_BINS, 3)
    assert counts[:, 0].sum() == 4
    np.testing.assert_allclose(counts[13], [2, 1.82, 1])  # .867 to .933: one of two is right
    np.testing.assert_allclose(counts[10], [1, 0.7, 1])
    error = np.abs(counts[:, 2] - counts[:, 1]).sum() / 4
    assert probability_scores(y, p)["ece"] == pytest.approx(error)
