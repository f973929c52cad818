"""Models from outside: whatever they change, the models beside them have the numbers that they have alone."""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
import pytest
import sklearn
from toy_tables import blobs, mixed, with_test

from compare_cli.engine.fit import fit_task
from compare_cli.engine.plan import Options, make_tasks, prepare_job
from compare_cli.engine.splits import make_splits
from compare_cli.engine.workspace import Workspace
from compare_cli.models.estimators import own
from compare_cli.types import Dataset, FitResult

TIMES = {"key", "fit_seconds", "fit_cpu_seconds", "predict_seconds", "prepare_seconds"}


def fits(models: str, dataset: Dataset, metric: str = "accuracy") -> dict[tuple[str, int], FitResult]:
    """Fit all models of a list in this process, one after the other on the same prepared folds."""
    job = prepare_job(dataset, Options(models, metric=metric, folds=3, repeats=1))
    splits = next(make_splits(job.dataset, job.plan, 0))
    tasks = make_tasks(job.dataset, job.models, splits, job.shape, 0, job.asked)
    return {(task.model.name, task.fold): fit_task(task, job.workspace) for task in tasks}


def numbers(result: FitResult) -> dict[str, Any]:
    facts = {**vars(result), "boundary": vars(result.boundary) if result.boundary else None}
    return {name: repr(value) for name, value in facts.items() if name not in TIMES}


@pytest.mark.parametrize(
    "dataset", [blobs(), mixed(), with_test(blobs(), blobs(40))], ids=["folds", "mixed", "test"]
)
@pytest.mark.parametrize("metric", ["accuracy", "jaccard"])
@pytest.mark.parametrize("toy", ["Spoils", "SpoilsTheProcess"])
def test_what_a_plugin_changes_in_place_stays_with_it(toy: str, metric: str, dataset: Dataset) -> None:
    beside = "logistic,tree(max_features=1),knn,naive_bayes"
    alone = fits(beside, dataset, metric)
    together = fits(f"toy_models:{toy},{beside}", dataset, metric)
    spoiler = [result for (name, _), result in together.items() if toy in name]
    assert {result.status for result in spoiler} == {"ok"}
    for place, result in alone.items():
        assert numbers(together[place]) == numbers(result), place


def test_a_model_that_changes_its_rows_is_scored_as_if_it_did_not() -> None:
    dataset = blobs()
    spoils = fits("toy_models:Spoils", dataset, "jaccard")
    X = np.array(dataset.X)
    for (name, _), result in spoils.items():
        if name != "dummy":
            assert result.boundary is not None
            assert result.scores["roc_auc"] is not None
            assert result.scores["jaccard"] == pytest.approx(_jaccard(result), abs=1e-12)
    assert np.array_equal(X, np.array(dataset.X))


def _jaccard(result: FitResult) -> float:
    assert result.confusion is not None
    both, either = result.confusion[1, 1], result.confusion.sum() - result.confusion[0, 0]
    return float(both / either)


def test_the_process_is_as_it_was() -> None:
    before = _process()
    fits("toy_models:SpoilsTheProcess", blobs())
    after = _process()
    assert repr(after) == repr(before)


def _process() -> list[Any]:
    settings = sorted(np.geterr().items()), sorted(np.get_printoptions().items()), sorted(os.environ.items())
    return [repr(np.random.get_state()), random.getstate(), *settings, sklearn.get_config()]


def test_global_random_numbers_do_not_depend_on_what_ran_before() -> None:
    """Nor are they the same for every fold."""
    first, again = (fits(f"{models}toy_models:Draws", blobs()) for models in ("", "tree,"))
    assert [numbers(first["toy_models:Draws", fold]) for fold in range(3)] == [
        numbers(again["toy_models:Draws", fold]) for fold in range(3)
    ]
    assert len({repr(first["toy_models:Draws", fold].predictions) for fold in range(3)}) == 3


def test_a_list_among_the_parameters_is_whole_for_every_fold() -> None:
    model = "toy_models:EmptiesItsList(answers=[1])"
    assert {result.error for result in fits(model, blobs()).values()} == {None}


def test_a_copy_keeps_the_order_in_memory() -> None:
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    copied = own(array)
    assert copied.flags.f_contiguous
    assert not np.shares_memory(copied, array)
    assert np.array_equal(copied, array)


def test_a_prepared_fold_is_not_copied_for_built_in_models(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[Any] = []
    monkeypatch.setattr("compare_cli.engine.fit.own", lambda rows: copied.append(rows) or own(rows))
    fits("logistic,tree", blobs())
    assert copied == []


def test_workspaces_are_equal_after_a_spoiler() -> None:
    job = prepare_job(blobs(), Options("toy_models:Spoils", folds=3, repeats=1))
    untouched = Workspace(job.dataset, "accuracy", job.workspace.probing)
    for task in make_tasks(
        job.dataset, job.models, next(make_splits(job.dataset, job.plan, 0)), job.shape, 0
    ):
        assert fit_task(task, job.workspace).status == "ok"
        mine, other = job.workspace.prepared(task), untouched.prepared(task)
        assert np.array_equal(mine.train, other.train)
        assert np.array_equal(mine.test, other.test)
        assert mine.surroundings is not None
        assert other.surroundings is not None
        assert np.array_equal(mine.surroundings.shared, other.surroundings.shared)
        arrays = (vars(fold.surroundings.frame) for fold in (mine, other) if fold.surroundings)
        first, second = ({k: v for k, v in a.items() if isinstance(v, np.ndarray)} for a in arrays)
        assert len(first) > 3
        assert repr(first) == repr(second)
    assert np.array_equal(job.workspace.y, job.dataset.y)
    assert np.array_equal(job.workspace.table.numbers, untouched.table.numbers)
