"""One fit: what it measures, and that every failure of a model is a value."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from toy_tables import blobs, make_dataset, mixed, with_test

from compare_cli.engine.fit import _failure, fit_task
from compare_cli.engine.plan import Options, make_tasks, prepare_job
from compare_cli.engine.splits import make_splits
from compare_cli.engine.workspace import Workspace
from compare_cli.errors import LINE, MOST
from compare_cli.metrics import METRICS
from compare_cli.types import Dataset, FitResult, FitTask


def first_task(
    dataset: Dataset, model: str, metric: str = "accuracy", boundary: bool = False
) -> tuple[FitTask, Workspace]:
    job = prepare_job(dataset, Options(model, metric=metric, folds=3, repeats=1, boundary=boundary))
    splits = next(make_splits(dataset, job.plan, 0))
    return make_tasks(dataset, job.models, splits, job.shape, 0)[0], job.workspace


def fitted(model: str, dataset: Dataset | None = None, metric: str = "accuracy") -> FitResult:
    return fit_task(*first_task(dataset or blobs(), model, metric))


def toy(name: str, dataset: Dataset | None = None) -> FitResult:
    return fitted(f"toy_models:{name}", dataset)


def test_a_fit_has_the_numbers_of_plain_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
    from sklearn.preprocessing import StandardScaler

    dataset = blobs()
    task, workspace = first_task(dataset, "logistic")
    result = fit_task(task, workspace)
    X = dataset.X.to_numpy()
    scaler = StandardScaler().fit(X[task.train])
    model = LogisticRegression(solver="newton-cholesky", max_iter=1000)
    model.fit(scaler.transform(X[task.train]), dataset.y[task.train])
    test = scaler.transform(X[task.test])
    truth, given = dataset.y[task.test], model.predict_proba(test)
    assert result.status == "ok"
    assert result.predictions is not None
    assert result.predictions.tolist() == model.predict(test).tolist()
    assert result.accuracy == accuracy_score(truth, model.predict(test))
    assert result.scores["log_loss"] == pytest.approx(log_loss(truth, given))
    assert result.scores["roc_auc"] == pytest.approx(roc_auc_score(truth, given[:, 1]))
    assert result.scores["train_accuracy"] == model.score(
        scaler.transform(X[task.train]), dataset.y[task.train]
    )


@pytest.mark.parametrize("model", ["logistic", "tree", "mlp(max_iter=20)", "knn", "naive_bayes", "dummy"])
@pytest.mark.parametrize("dataset", [blobs(), blobs(60, classes=3), mixed()], ids=["two", "three", "mixed"])
def test_a_fit_has_all_its_numbers(model: str, dataset: Dataset) -> None:
    task, workspace = first_task(dataset, f"{model},tree" if model == "dummy" else model)
    result = fit_task(task, workspace)
    assert (result.status, result.error, result.traceback) == ("ok", None, "")
    assert set(result.score_names) == set(METRICS)
    assert result.accuracy is not None
    assert None not in result.scores.values()
    assert result.fit_seconds is not None
    assert result.fit_seconds > 0
    assert result.predict_seconds is not None
    assert result.predict_seconds > 0
    assert result.fit_cpu_seconds is not None
    assert result.prepare_seconds is not None
    assert (result.train_rows, result.test_rows) == (len(task.train), len(task.test))
    assert result.confusion is not None
    assert result.confusion.sum() == len(task.test)
    assert result.predictions is not None
    assert result.accuracy == np.mean(result.predictions == dataset.y[task.test])
    assert json.loads(json.dumps(result.params)) == result.params
    assert result.size_bytes is not None
    assert result.size_bytes > 100


def test_the_size_is_that_of_the_pickle() -> None:
    from sklearn.dummy import DummyClassifier

    task, workspace = first_task(blobs(), "dummy(strategy=most_frequent)")
    model = DummyClassifier(strategy="most_frequent", random_state=0)
    model.fit(np.zeros((len(task.train), 3)), workspace.y[task.train])
    assert fit_task(task, workspace).size_bytes == len(pickle.dumps(model, protocol=5))


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("Raises", "ArithmeticError", "the matrix is singular"),
        ("RaisesNothingToSay", "RuntimeError", "no message"),
        ("Exits", "SystemExit", "giving up"),
        ("TwoColumns", "ValueError", "predict returned shape (20, 2) for 20 rows"),
        ("UnknownLabel", "ValueError", "predict returned labels that were not in the training data"),
        ("Fractions", "ValueError", "predict returned labels that were not in the training data"),
        ("Text", "ValueError", "predict returned labels that were not in the training data"),
        ("NotANumber", "ValueError", "predict returned labels that were not in the training data"),
    ],
)
def test_a_failure_is_a_value(name: str, kind: str, message: str) -> None:
    result = toy(name)
    assert (result.status, result.error_kind, result.error_message) == ("failed", kind, message)
    assert kind in result.traceback
    assert result.scores == {}
    assert (result.train_rows, result.test_rows) == (40, 20)
    assert result.predictions is None


def test_a_long_message_is_cut() -> None:
    result = toy("RaisesALot")
    assert len(result.error_message) == LINE
    assert result.error_message.endswith("…")


def test_the_traceback_of_a_message_without_end_is_short() -> None:
    """Such a text may take half of the memory: it is cut before it is copied."""
    result = _failure(first_task(blobs(), "tree")[0], ValueError("word " * 10**6))
    assert result.traceback.startswith("ValueError: word")
    assert len(result.traceback) <= MOST
    assert result.error is not None
    assert len(result.error) < 2 * LINE


def test_warnings_are_kept_once_and_not_shown() -> None:
    """Warnings are errors in these tests: one that escaped would fail this one."""
    assert toy("Warns").warnings == ("UserWarning: loose screw",)


def test_warnings_of_a_fit_that_fails_are_kept() -> None:
    result = toy("WarnsAndRaises")
    assert result.status == "failed"
    assert result.warnings == ("UserWarning: it smokes",)


def test_a_model_without_probabilities_has_its_label_scores() -> None:
    result = toy("Constant")
    assert result.status == "ok"
    missing = {name for name, value in result.scores.items() if value is None}
    assert missing == {"roc_auc", "log_loss", "brier", "ece"}
    assert result.scores["balanced_accuracy"] == 0.5
    assert result.warnings == ()


def test_a_decision_function_gives_an_auc_and_no_losses() -> None:
    from sklearn.metrics import roc_auc_score

    dataset = blobs()
    task, workspace = first_task(dataset, "toy_models:Decides")
    result = fit_task(task, workspace)
    expected = roc_auc_score(dataset.y[task.test], dataset.X["x0"].to_numpy()[task.test])
    assert result.scores["roc_auc"] == pytest.approx(expected)
    assert result.scores["log_loss"] is None


WRONG_PROBABILITIES = {
    "negative": "predict_proba returned -0.5, less than 0",
    "too much": "predict_proba returned a row that adds up to 1.01, not to 1",
    "nothing": "predict_proba returned a row that adds up to 0, not to 1",
    "masked": "predict_proba returned masked values",
    "text": "predict_proba returned no real numbers (<U4)",
    "complex": "predict_proba returned no real numbers (complex128)",
    "dates": "predict_proba returned no real numbers (datetime64[s])",
    "objects": "predict_proba returned NaN or infinity",
    "list": "predict_proba returned shape (2, 20, 2), not (20, 2)",
    "column": "predict_proba returned shape (20, 1), not (20, 2)",
    "NaN": "predict_proba returned NaN or infinity",
    "infinite": "predict_proba returned NaN or infinity",
    "classes twice": "classes_ has a label twice",
    "classes negative": "classes_ has labels that were not in the training data",
    "classes unknown": "classes_ has labels that were not in the training data",
    "classes text": "classes_ has labels that were not in the training data",
    "classes fractions": "classes_ has labels that were not in the training data",
    "classes nested": "classes_ has labels that were not in the training data",
}


@pytest.mark.parametrize("kind", WRONG_PROBABILITIES)
def test_invalid_probabilities_are_told_and_not_scored(kind: str) -> None:
    """A model could win by log loss or AUC with them."""
    result = toy(f"Probabilities(kind='{kind}')")
    assert (result.status, result.accuracy) == ("ok", 0.5)
    assert {result.scores[s] for s in ("log_loss", "brier", "ece", "roc_auc")} == {None}
    told = f"UserWarning: no valid probabilities, their scores are left out: {WRONG_PROBABILITIES[kind]}"
    assert result.warnings == (told,)


def test_no_score_of_scikit_learn_is_made_from_invalid_probabilities() -> None:
    result = fitted("toy_models:Probabilities(kind='too much')", metric="neg_log_loss")
    assert (result.status, result.scores["neg_log_loss"]) == ("ok", None)
    assert "gave no valid answers" in result.warnings[1] or "predict_proba" in result.warnings[1]


@pytest.mark.parametrize("kind", ["good", "rounded", "whole", "truth", "numbers as text", "reversed"])
def test_probabilities_of_any_number_type_are_scored(kind: str) -> None:
    result = toy(f"Probabilities(kind='{kind}')")
    assert (result.warnings, result.scores["roc_auc"]) == ((), 0.5)
    assert result.scores["brier"] is not None


def test_a_column_of_labels_is_as_good_as_a_row() -> None:
    column, row = toy("Column"), toy("Constant")
    assert column.status == "ok"
    assert (column.scores, column.accuracy) == (row.scores, row.accuracy)
    assert column.predictions is not None
    assert column.predictions.tolist() == row.predictions.tolist()  # type: ignore[union-attr]


def test_single_precision_probabilities_are_clipped_as_such() -> None:
    result = toy("Float32Probabilities")
    half = -np.log(np.finfo(np.float32).eps) / 2
    assert result.scores["log_loss"] == pytest.approx(half, rel=1e-4)


def test_a_class_that_training_lacks_has_probability_zero() -> None:
    """In time order class 1 comes late: the last fold is judged on a class that it has not seen."""
    y = [0, 2] * 12 + [1, 0] * 6
    dataset = make_dataset({"x": np.arange(36.0)}, y, time=list(np.arange(36.0)))
    job = prepare_job(dataset, Options("naive_bayes", folds=2, boundary=False))
    tasks = make_tasks(dataset, job.models, next(make_splits(dataset, job.plan, 0)), job.shape, 0)
    last = [t for t in tasks if t.model.name == "naive_bayes"][-1]
    assert set(dataset.y[last.train]) == {0, 2}
    assert set(dataset.y[last.test]) == {0, 1}
    result = fit_task(last, job.workspace)
    assert result.status == "ok"
    assert result.confusion is not None
    assert result.confusion.shape == (3, 3)
    assert result.confusion[:, 1].sum() == 0
    assert result.scores["log_loss"] is not None
    assert result.scores["log_loss"] > 10, "half of the rows got probability 0"
    assert result.scores["roc_auc"] is not None


def test_a_model_that_cannot_be_pickled_has_no_size() -> None:
    result = toy("Unpicklable")
    assert (result.status, result.size_bytes) == ("ok", None)


def test_a_scorer_of_scikit_learn_is_added_to_the_scores() -> None:
    from sklearn.metrics import f1_score

    dataset = blobs()
    task, workspace = first_task(dataset, "tree", "f1_weighted")
    result = fit_task(task, workspace)
    assert result.predictions is not None
    expected = f1_score(dataset.y[task.test], result.predictions, average="weighted")
    assert result.scores["f1_weighted"] == pytest.approx(expected)


def test_a_scorer_that_cannot_score_is_told() -> None:
    result = fitted("toy_models:Constant", metric="neg_log_loss")
    assert result.status == "ok"
    assert result.scores["neg_log_loss"] is None
    assert any("neg_log_loss" in told for told in result.warnings)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "brier", "roc_auc", "mcc"])
def test_scores_of_single_rows_are_kept_for_a_test_set(metric: str) -> None:
    result = fitted("naive_bayes", with_test(blobs(40), blobs(12, seed=1)), metric)
    assert result.row_scores is not None
    assert result.row_scores.shape == (12,)
    assert result.row_scores.mean() == pytest.approx(result.score(metric))
    assert fitted("naive_bayes", metric=metric).row_scores is None


def test_a_scorer_from_elsewhere_has_no_rows() -> None:
    test = with_test(blobs(40), blobs(12, seed=1))
    assert fitted("naive_bayes", test, "neg_log_loss").row_scores is None


def test_a_test_set_is_judged_on_its_own_rows() -> None:
    test = blobs(12, seed=1)
    result = fitted("tree", with_test(blobs(40), test))
    assert (result.train_rows, result.test_rows) == (40, 12)
    assert result.predictions is not None
    assert result.accuracy == np.mean(result.predictions == test.y)


def test_missing_values_in_the_test_set_alone_are_imputed() -> None:
    test = make_dataset({"x": np.array([np.nan, 1.0, 2.0, 30.0])}, [0, 1, 0, 1])
    train = make_dataset({"x": np.arange(30.0)}, np.arange(30) % 2)
    result = fitted("logistic", with_test(train, test))
    assert (result.status, result.warnings) == ("ok", ())


def test_a_fold_is_prepared_once_for_models_that_need_the_same() -> None:
    dataset = blobs()
    job = prepare_job(dataset, Options("logistic,knn,tree", folds=3))
    tasks = make_tasks(dataset, job.models, next(make_splits(dataset, job.plan, 0)), job.shape, 0)
    logistic, knn, tree, dummy = tasks[:4]
    assert job.workspace.prepared(logistic) is job.workspace.prepared(knn)
    assert job.workspace.prepared(tree) is job.workspace.prepared(dummy)
    assert job.workspace.prepared(logistic) is not job.workspace.prepared(tree)
    assert job.workspace.prepared(tasks[4]) is not job.workspace.prepared(logistic), "another fold"


def test_all_seeds_of_a_test_set_share_one_preparation() -> None:
    dataset = with_test(blobs(30), blobs(12))
    job = prepare_job(dataset, Options("tree", repeats=2))
    splits = [split for repeat in make_splits(dataset, job.plan, 0) for split in repeat]
    first, _, second, _ = make_tasks(dataset, job.models, splits, job.shape, 0)
    assert (first.repeat, second.repeat) == (0, 1)
    assert job.workspace.prepared(first) is job.workspace.prepared(second)


def test_prepared_folds_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = blobs()
    job = prepare_job(dataset, Options("tree", folds=10))
    tasks = make_tasks(dataset, job.models, next(make_splits(dataset, job.plan, 0)), job.shape, 0)
    one = job.workspace.prepared(tasks[0]).nbytes
    monkeypatch.setattr("compare_cli.engine.workspace.CACHE_BYTES", 3 * one)
    folds = [job.workspace.prepared(task) for task in tasks]
    kept = job.workspace._prepared
    assert sum(fold.nbytes for fold in kept.values()) <= 3 * one
    assert list(kept.values())[-1] is folds[-1]


def test_a_fit_does_not_change_the_prepared_fold() -> None:
    task, workspace = first_task(blobs(), "logistic")
    fold = workspace.prepared(task)
    before = fold.train.copy(), fold.test.copy()
    fit_task(task, workspace)
    assert workspace.prepared(task) is fold
    assert np.array_equal(fold.train, before[0])
    assert np.array_equal(fold.test, before[1])


def test_the_same_task_gives_the_same_numbers() -> None:
    for model in ("mlp(max_iter=30)", "forest(n_estimators=5)", "tree(max_features=1)"):
        first, second = fitted(model), fitted(model)
        assert first.scores == second.scores
        assert first.key == second.key


def test_results_travel() -> None:
    """A result can be pickled and its parameters written as JSON, whatever the estimator keeps."""
    result = fitted("toy_models:Keeps")
    assert pickle.loads(pickle.dumps(result)).params == result.params
    shown: dict[str, Any] = json.loads(json.dumps(result.params))
    assert shown["path"].startswith("PosixPath") or shown["path"].startswith("WindowsPath")
    assert shown["nested"] == {"1": [None, 2.5, 3]}


@pytest.mark.parametrize("model", ["logistic", "tree", "forest(n_estimators=5)", "knn", "naive_bayes", "svm"])
def test_built_in_models_are_made_so_that_they_do_not_warn(model: str) -> None:
    for dataset in (blobs(), blobs(60, classes=3), mixed()):
        assert fitted(model, dataset).warnings == ()


@pytest.mark.parametrize("dataset", [blobs(), blobs(60, classes=3), mixed()], ids=["two", "three", "mixed"])
@pytest.mark.parametrize("model", ["logistic", "tree", "mlp(max_iter=20)", "knn", "svm"])
def test_boundary_statistics_come_with_the_fit_and_change_none_of_its_numbers(
    model: str, dataset: Dataset
) -> None:
    plain = fit_task(*first_task(dataset, model))
    result = fit_task(*first_task(dataset, model, boundary=True))
    assert plain.boundary is None
    assert result.boundary is not None
    assert result.boundary.statistics["linearity"] is not None
    assert result.boundary.probe_labels is not None
    assert set(result.boundary.probe_labels) <= set(dataset.y)
    assert (result.scores, result.key, result.size_bytes) == (plain.scores, plain.key, plain.size_bytes)
    assert "no boundary" not in " ".join(result.warnings)


def test_the_baseline_has_no_boundary() -> None:
    job = prepare_job(blobs(), Options("tree", folds=3, repeats=1))
    splits = next(make_splits(job.dataset, job.plan, 0))
    tree, baseline = make_tasks(job.dataset, job.models, splits, job.shape, 0)[:2]
    assert fit_task(tree, job.workspace).boundary is not None
    assert fit_task(baseline, job.workspace).boundary is None


def test_boundary_statistics_that_fail_do_not_make_the_fit_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any, **facts: Any) -> Any:
        raise ZeroDivisionError("no width")

    monkeypatch.setattr("compare_cli.engine.workspace.describe_fold", broken)
    result = fit_task(*first_task(blobs(), "tree", boundary=True))
    assert (result.status, result.boundary) == ("ok", None)
    assert result.warnings == ("UserWarning: no boundary statistics: ZeroDivisionError: no width",)


def test_a_constant_model_has_no_boundary_to_measure() -> None:
    result = fit_task(*first_task(blobs(), "toy_models:Constant", boundary=True))
    assert (result.status, result.warnings) == ("ok", ())
    assert result.boundary is not None
    assert result.boundary.statistics["directions"] is None


def test_ctrl_c_that_a_perceptron_swallows_leaves_no_half_trained_model(monkeypatch) -> None:
    from sklearn.neural_network import MLPClassifier

    def interrupted(*given: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(MLPClassifier, "_backprop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fitted("mlp(solver=sgd)")  # by scikit-learn's own steps
