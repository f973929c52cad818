"""From fits to rows, ranks, notes."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from toy_tables import blobs, make_dataset, mixed, with_test

from compare_cli.api import compare
from compare_cli.engine.plan import Options
from compare_cli.notes import NOTES
from compare_cli.types import Comparison, Dataset, DroppedColumn, FitResult, ModelSummary
from compare_cli.verdict.fits import score_arrays
from compare_cli.verdict.summary import summarise_dataset


def run(dataset: Dataset | None = None, models: str = "tree,naive_bayes", **options: Any) -> Comparison:
    return compare(
        dataset or blobs(),
        Options(models, **{"folds": 5, "repeats": 2, "jobs": 1, "boundary": False, **options}),
    )


def row(comparison: Comparison, model: str) -> ModelSummary:
    return next(m for m in comparison.models if m.model == model)


def fits_of(comparison: Comparison, model: str) -> list[FitResult]:
    return [fit for fit in comparison.fits if fit.model == model]


def test_the_data_set_in_numbers() -> None:
    dataset = replace(mixed(80), dropped=(DroppedColumn("id", "an identifier"),))
    summary = summarise_dataset(dataset)
    assert (summary.rows, summary.test_rows) == (80, None)
    assert (summary.columns, summary.features, summary.numeric, summary.categorical) == (4, 3, 2, 1)
    assert summary.class_counts == (40, 40)
    assert summary.majority_rate == 0.5
    assert summary.missing_cells == int(dataset.X.isna().sum().sum()) > 10
    assert summary.dropped == (DroppedColumn("id", "an identifier"),)
    assert summarise_dataset(with_test(blobs(30), blobs(10))).test_rows == 10


def test_scores_are_means_over_fits_and_times_are_medians() -> None:
    comparison = run()
    for model in comparison.models:
        fits = fits_of(comparison, model.model)
        assert len(fits) == 10
        for name, value in model.scores.items():
            assert value == pytest.approx(np.mean([fit.score(name) for fit in fits]))  # type: ignore[arg-type]
        assert model.fit_seconds == np.median([fit.fit_seconds for fit in fits])  # type: ignore[arg-type]
        assert model.predict_seconds == np.median([fit.predict_seconds for fit in fits])  # type: ignore[arg-type]
        rates = [fit.test_rows / fit.predict_seconds for fit in fits if fit.predict_seconds]
        assert model.predict_rows_per_second == np.median(rates)
        assert model.confusion is not None
        assert np.sum(model.confusion) == 2 * 60
        diagonal = np.trace(np.array(model.confusion)) / 120
        assert model.accuracy == pytest.approx(diagonal)


def test_the_order_is_that_of_merit_and_the_baseline_is_last() -> None:
    comparison = run(models="dummy(strategy=uniform),tree,naive_bayes")
    assert [m.rank for m in comparison.models] == [1, 2, 3, 4]
    assert comparison.models[-1].model == "dummy"
    scores = [m.accuracy for m in comparison.models[:-1]]
    assert scores == sorted(scores, reverse=True)  # type: ignore[type-var]


def test_lower_is_better_for_losses() -> None:
    comparison = run(metric="log_loss")
    losses = [m.scores["log_loss"] for m in comparison.models[:-1]]
    assert losses == sorted(losses)  # type: ignore[type-var]
    assert comparison.models[0].model == "naive_bayes", "a full tree is certain and wrong"


def test_the_baseline_is_last_even_where_it_wins() -> None:
    noise = make_dataset({"x": np.random.default_rng(1).normal(size=60)}, [0] * 50 + [1] * 10)
    comparison = run(noise, "tree")
    assert [m.model for m in comparison.models] == ["tree", "dummy"]
    tree, dummy = comparison.models
    assert tree.accuracy < dummy.accuracy  # type: ignore[operator]
    assert tree.beats_baseline is False
    assert dummy.beats_baseline is None


def test_status_of_models_that_fail(toy_families: None) -> None:
    comparison = run(models="flaky,broken,tree")
    assert [(m.model, m.status) for m in comparison.models] == [
        ("tree", "ok"),
        ("flaky", "partial"),
        ("broken", "failed"),
        ("dummy", "ok"),
    ]
    assert [m.rank for m in comparison.models] == [1, 2, None, 4]
    assert comparison.run.status == "partial"


def test_failures_are_counted_and_told_apart(toy_families: None) -> None:
    comparison = run(models="flaky,broken,tree")
    flaky, broken = row(comparison, "flaky"), row(comparison, "broken")
    failed = [fit for fit in comparison.fits if fit.status == "failed"]
    assert len(broken.failures) == 10
    assert {(f.kind, f.message) for f in broken.failures} == {("ArithmeticError", "the matrix is singular")}
    assert {(f.repeat, f.fold) for f in broken.failures} == {(r, k) for r in range(2) for k in range(5)}
    assert 0 < len(flaky.failures) < 10
    assert comparison.run.fits_failed == len(failed) == 10 + len(flaky.failures)
    told = next(n for n in comparison.notes if n.code == "fits_failed")
    assert told.message.startswith(f"{len(failed)} of 40 fits failed")


def test_a_failed_model_has_no_numbers(toy_families: None) -> None:
    broken = row(run(models="broken,tree"), "broken")
    assert set(broken.scores.values()) == {None}
    assert broken.score_intervals == {}
    assert (broken.fit_seconds, broken.confusion, broken.size_bytes, broken.rank) == (None,) * 4
    assert not broken.in_top_set


def test_a_partial_model_is_summed_up_over_the_folds_it_finished(toy_families: None) -> None:
    comparison = run(models="flaky,tree")
    done = [fit for fit in fits_of(comparison, "flaky") if fit.status == "ok"]
    assert row(comparison, "flaky").accuracy == pytest.approx(
        np.mean([fit.accuracy for fit in done])  # type: ignore[arg-type]
    )


def test_the_interval_of_a_partial_model_knows_only_the_rows_it_was_judged_on(toy_families: None) -> None:
    from compare_cli.verdict.intervals import accuracy_interval

    dataset = make_dataset({"x": np.arange(60.0)}, [1] + [0] * 30 + [1] * 29)
    comparison = run(dataset, "flaky,tree", repeats=1)
    flaky = row(comparison, "flaky")
    judged = sum(fit.test_rows for fit in fits_of(comparison, "flaky") if fit.status == "ok")
    assert judged == 12
    assert flaky.accuracy is not None
    assert flaky.interval("accuracy") == accuracy_interval(flaky.accuracy, judged, repeats=1)


def test_when_all_fail_there_is_no_answer_and_no_crash(toy_families: None) -> None:
    comparison = run(models="broken")
    assert comparison.verdict.status == "none"
    assert comparison.verdict.recommended is None
    assert comparison.verdict.top_set == ()


def test_pairs_speak_of_the_metric(toy_families: None) -> None:
    for metric, sign in (("accuracy", 1), ("log_loss", -1)):
        comparison = run(metric=metric)
        left, right = comparison.models[:2]
        pair = next(p for p in comparison.pairs if (p.left, p.right) == (left.model, right.model))
        gap = left.score(metric) - right.score(metric)  # type: ignore[operator]
        assert pair.delta == pytest.approx(sign * gap)
        assert pair.delta >= 0  # type: ignore[operator]


def test_disagreement_is_counted_over_all_test_rows() -> None:
    comparison = run()
    pair = next(p for p in comparison.pairs if "dummy" not in (p.left, p.right))
    predictions = {
        name: np.concatenate([fit.predictions for fit in fits_of(comparison, name)])  # type: ignore[misc]
        for name in (pair.left, pair.right)
    }
    differ = predictions[pair.left] != predictions[pair.right]
    assert pair.disagreement == pytest.approx(differ.mean())
    assert 0 < pair.disagreement < 1  # type: ignore[operator]


def test_intervals_are_there_for_the_scores_that_have_one() -> None:
    from compare_cli.verdict.intervals import accuracy_interval

    tree = row(run(), "tree")
    accuracy = tree.accuracy
    assert accuracy is not None
    assert tree.interval("accuracy") == accuracy_interval(accuracy, 60, repeats=2)
    for name in ("roc_auc", "log_loss", "balanced_accuracy", "mcc"):
        low, high = tree.score_intervals[name]  # type: ignore[misc]
        assert low < tree.scores[name] < high  # type: ignore[operator]
    assert tree.score_intervals["ece"] is None
    assert tree.score_intervals["train_accuracy"] is None


def test_a_test_set_has_wilson_intervals_only() -> None:
    comparison = run(with_test(blobs(60), blobs(30, seed=1)), repeats=1)
    tree = row(comparison, "tree")
    assert tree.interval("accuracy") is not None
    assert tree.score_intervals["log_loss"] is None
    assert (comparison.protocol.scheme, comparison.protocol.folds) == ("test", 1)
    assert comparison.dataset.test_rows == 30
    assert len(comparison.fits) == 3


def test_equal_warnings_are_shown_once(toy_families: None) -> None:
    assert row(run(models="warner,tree"), "warner").warnings == ("UserWarning: loose screw",)


def codes(comparison: Comparison) -> list[str]:
    return [n.code for n in comparison.notes]


def test_a_model_that_does_not_converge_is_told_with_more_steps() -> None:
    comparison = run(models="mlp(max_iter=3),tree")
    told = next(n for n in comparison.notes if n.code == "not_converged")
    assert told.message == "mlp(max_iter=3) did not converge in 10 of 10 fits."
    assert "'mlp(max_iter=9)'" in told.hint
    assert "not_converged" not in codes(run())


def test_imbalance_is_told_for_accuracy_only() -> None:
    lopsided = make_dataset({"x": np.arange(100.0)}, [0] * 91 + [1] * 9, ["no", "yes"])
    told = next(n for n in run(lopsided).notes if n.code == "imbalanced")
    assert told.message == "91% of rows are 'no': accuracy says little."
    assert "imbalanced" not in codes(run(lopsided, metric="balanced_accuracy"))
    assert "imbalanced" not in codes(run())


def test_models_without_probabilities_are_named(toy_families: None) -> None:
    told = next(n for n in run(models="constant,tree,svm").notes if n.code == "no_probabilities")
    assert "constant" in told.message
    assert "svm" in told.message
    assert "tree" not in told.message


def slow_clock(monkeypatch: pytest.MonkeyPatch, ratio: float) -> None:
    """A machine on which everything takes ``ratio`` times its CPU time."""
    wall, cpu = count(), count()
    clock = SimpleNamespace(
        perf_counter=lambda: 0.1 * ratio * next(wall), process_time=lambda: 0.1 * next(cpu)
    )
    monkeypatch.setattr("compare_cli.engine.fit.time", clock)


@pytest.mark.parametrize(("ratio", "told"), [(1.0, False), (1.2, False), (2.0, True)])
def test_a_busy_machine_is_told(monkeypatch: pytest.MonkeyPatch, ratio: float, told: bool) -> None:
    slow_clock(monkeypatch, ratio)
    assert ("busy_machine" in codes(run())) is told


@pytest.mark.parametrize(("jobs", "hint"), [(None, NOTES["busy_machine"].hint), (1, "")])
def test_a_hint_that_names_a_used_option_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, jobs: int | None, hint: str
) -> None:
    slow_clock(monkeypatch, 2.0)
    told = next(n for n in run(jobs=jobs).notes if n.code == "busy_machine")
    assert told.hint == hint


def test_score_arrays_have_repeats_in_rows_and_nan_where_there_is_nothing() -> None:
    fits = [
        FitResult("a", 0, 0, "ok", 0.5),
        FitResult("a", 1, 2, "ok", 0.7),
        FitResult("b", 1, 0, "failed"),
        FitResult("stranger", 0, 0, "ok", 0.1),
    ]
    arrays = score_arrays(fits, ["a", "b"], "accuracy")
    nan = np.nan
    np.testing.assert_array_equal(arrays["a"], [[0.5, nan, nan], [nan, nan, 0.7]])
    np.testing.assert_array_equal(arrays["b"], np.full((2, 3), nan))
    assert list(arrays) == ["a", "b"]


def test_boundaries_are_summed_up_over_folds() -> None:
    comparison = run(boundary=True, repeats=1)
    tree = row(comparison, "tree")
    found = [fit.boundary for fit in fits_of(comparison, "tree")]
    linear = [b.statistics["linearity"] for b in found if b is not None]
    assert len(linear) == 3
    assert tree.boundary is not None
    assert tree.boundary["linearity"]["mean"] == pytest.approx(np.mean(linear))  # type: ignore[arg-type]
    assert 0 <= tree.boundary["instability"]["mean"] <= 1
    assert row(comparison, "dummy").boundary is None
    pair = next(p for p in comparison.pairs if "dummy" not in (p.left, p.right))
    labels = {
        name: np.stack([b.probe_labels for fit in fits_of(comparison, name) if (b := fit.boundary)])  # type: ignore[misc]
        for name in (pair.left, pair.right)
    }
    differ = float((labels[pair.left] != labels[pair.right]).mean())
    assert pair.disagreement_between_rows == pytest.approx(differ)
    assert row(run(), "tree").boundary is None


@pytest.mark.parametrize(("positives", "marked"), [(9, True), (10, False)])
def test_scores_of_few_rows_of_a_class_are_marked(positives: int, marked: bool) -> None:
    import pandas as pd

    from compare_cli import api
    from compare_cli.report.table import View
    from compare_cli.report.tables import comparison_blocks

    rng, rows = np.random.default_rng(0), 60
    labels = np.repeat(["yes", "no"], [positives, rows - positives])
    table = pd.DataFrame({"x": rng.standard_normal(rows) + (labels == "yes"), "y": labels})
    result = api.compare(table, target="y", models="logistic,tree", repeats=1, boundary=False, store=None)
    assert any(note.code == "few_of_a_class" and "'yes'" in note.message for note in result.notes) is marked
    blocks = [*comparison_blocks(result, result.run, View(200, everything=True))]
    text = str([part.headings if hasattr(part, "headings") else part.text for b in blocks for part in b])
    for title in ("AUC", "Balanced", "MCC", "F1"):
        assert (f"'{title}*'" in text) is marked
    assert ("fewer than 10 rows of a class" in text) is marked
    assert "not tried: boosting, forest; --models all" in text
    assert result.verdict.not_tried == ("boosting", "forest")
