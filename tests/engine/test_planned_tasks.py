"""Tasks: what their settings and keys depend on, and what not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from toy_tables import blobs, make_dataset, with_test

from compare_cli.engine import versions
from compare_cli.engine.places import place
from compare_cli.engine.plan import Options, make_tasks, prepare_job, resolve_params, training_shape
from compare_cli.engine.splits import make_splits
from compare_cli.engine.versions import task_key
from compare_cli.errors import UsageError
from compare_cli.metrics import practical_rope
from compare_cli.models import Shape
from compare_cli.models.specs import parse_spec
from compare_cli.types import Dataset, FitTask


def tasks_of(dataset: Dataset, models: str = "tree", **options: Any) -> list[FitTask]:
    job = prepare_job(dataset, Options(models, **{"folds": 3, "repeats": 1, **options}))
    splits = [s for repeat in make_splits(job.dataset, job.plan, job.options.seed) for s in repeat]
    return make_tasks(job.dataset, job.models, splits, job.shape, job.options.seed)


def keys(dataset: Dataset, models: str = "tree", **options: Any) -> list[str]:
    return [task.key for task in tasks_of(dataset, models, **options)]


def test_every_model_gets_every_fold_and_the_same_rows() -> None:
    tasks = tasks_of(blobs(), "tree,logistic", repeats=2)
    assert [(t.repeat, t.fold, t.model.name) for t in tasks] == [
        (r, k, m) for r in range(2) for k in range(3) for m in ("tree", "logistic", "dummy")
    ]
    for task in tasks:
        first = next(t for t in tasks if (t.repeat, t.fold) == (task.repeat, task.fold))
        assert task.train is first.train
        assert task.test is first.test


def test_keys_are_unique_and_the_same_each_time() -> None:
    made = keys(blobs(), "tree,tree(max_depth=2),logistic", repeats=2)
    assert len(set(made)) == len(made) == 24
    assert made == keys(blobs(), "tree,tree(max_depth=2),logistic", repeats=2)


def test_keys_do_not_depend_on_company_repeats_metric_or_jobs() -> None:
    alone = set(keys(blobs()))
    together = keys(blobs(), "logistic,tree", repeats=3, metric="log_loss", jobs=2, rope=0.2)
    assert alone <= set(together)


@pytest.mark.parametrize(
    "other",
    [
        {"dataset": blobs(seed=1)},
        {"models": "tree(max_depth=2)"},
        {"seed": 1},
        {"folds": 4},
    ],
    ids=lambda other: next(iter(other)),
)
def test_keys_change_with_data_parameters_seed_and_rows(other: dict[str, Any]) -> None:
    given = {"dataset": blobs(), "models": "tree"}
    before = set(keys(**given))
    after = set(keys(**{**given, **other}))
    shared = 3 if "models" in other else 0  # the baseline's own
    assert len(before & after) == shared


def test_with_a_test_set_the_models_seed_varies_over_repeats() -> None:
    tasks = tasks_of(with_test(blobs(30), blobs(10, seed=1)), "tree", repeats=2, seed=5)
    trees = [task for task in tasks if task.model.name == "tree"]
    assert [task.params["random_state"] for task in trees] == [5, 6]
    assert trees[0].key != trees[1].key


def test_with_folds_the_models_seed_stays() -> None:
    assert {task.params["random_state"] for task in tasks_of(blobs(), repeats=3, seed=5)} == {5}


def test_the_order_of_parameters_does_not_change_a_key() -> None:
    spec = parse_spec("tree")
    a = task_key("sha256:x", spec, {"max_depth": 2, "splitter": "best"}, "rows")
    assert a == task_key("sha256:x", spec, {"splitter": "best", "max_depth": 2}, "rows")


@pytest.mark.parametrize(
    "changed",
    [
        {"fingerprint": "sha256:y"},
        {"rows": "other"},
        {"params": {"max_depth": 3}},
        {"params": {"max_depth": "2"}},
        {"spec": replace(parse_spec("tree"), factory="sklearn.tree:ExtraTreeClassifier")},
        {"spec": replace(parse_spec("tree"), needs="scaled")},
    ],
    ids=str,
)
def test_a_key_changes_with_each_of_its_facts(changed: dict[str, Any]) -> None:
    facts = {"fingerprint": "sha256:x", "spec": parse_spec("tree"), "params": {"max_depth": 2}, "rows": "r"}
    assert task_key(**facts) != task_key(**{**facts, **changed})


def test_a_key_changes_with_the_versions_that_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    def key() -> str:
        return task_key("sha256:x", parse_spec("tree"), {}, "rows")

    before = key()
    monkeypatch.setattr(versions, "PREPARATION_VERSION", 99)
    prepared = key()
    monkeypatch.setattr(versions, "_installed", lambda: {"scikit-learn": "99.0"})
    assert len({before, prepared, key()}) == 3


def test_the_name_of_a_model_does_not_change_its_key() -> None:
    """``tree`` under another spelling has the numbers of ``tree``."""
    spec = parse_spec("tree")
    renamed = replace(spec, name="my tree")
    assert task_key("x", spec, {}, "r") == task_key("x", renamed, {}, "r")


def test_settings_depend_on_the_shape_and_agree_on_all_folds() -> None:
    """61 rows in 3 folds: training sets of 40 and 41 rows get the same settings."""
    tasks = tasks_of(blobs(61), "logistic,tree,mlp")
    assert {len(t.train) for t in tasks} == {40, 41}
    for name in ("logistic", "tree", "mlp", "dummy"):
        params = [t.params for t in tasks if t.model.name == name]
        assert params == [params[0]] * 3


def test_settings_do_not_look_at_the_data() -> None:
    a, b = (prepare_job(blobs(60, seed=s), Options("mlp", folds=3)) for s in (0, 1))
    assert a.shape == b.shape == Shape(rows=40, features=3, classes=2)


@pytest.mark.parametrize(
    ("text", "small", "large"),
    [
        ("mlp", {"max_iter": 400}, {"early_stopping": True}),
        ("tree", {}, {"min_samples_leaf": 5}),
        ("logistic", {"solver": "newton-cholesky"}, {"solver": "newton-cholesky"}),
        ("logistic(solver=saga)", {"solver": "saga"}, {"solver": "saga"}),
    ],
)
def test_settings_switch_at_ten_thousand_training_rows(
    text: str, small: dict[str, Any], large: dict[str, Any]
) -> None:
    spec = parse_spec(text)
    below = resolve_params(spec, Shape(9_999, 4, 2), 0)
    above = resolve_params(spec, Shape(10_000, 4, 2), 0)
    assert small.items() <= below.items()
    assert large.items() <= above.items()
    if text == "mlp":
        assert "early_stopping" not in below
    if text == "tree":
        assert "min_samples_leaf" not in below


def test_many_coefficients_change_the_solver() -> None:
    spec = parse_spec("logistic")
    assert resolve_params(spec, Shape(500, 256, 2), 0)["solver"] == "newton-cholesky"
    assert resolve_params(spec, Shape(500, 257, 2), 0)["solver"] == "lbfgs"
    assert resolve_params(spec, Shape(500, 64, 10), 0)["solver"] == "lbfgs"


def test_a_test_set_leaves_all_rows_for_training() -> None:
    dataset = with_test(blobs(30), blobs(10))
    assert training_shape(dataset, 3, 1).rows == 30
    assert training_shape(blobs(30), 3, 5).rows == 24


def test_everything_that_can_be_wrong_is_told_before_anything_runs() -> None:
    for models in ("tree(max_dept=2)", "tree(max_depth=0)", "nonsense", "toy_models:Absent"):
        with pytest.raises(UsageError):
            prepare_job(blobs(), Options(models))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"folds": 1}, "--folds 1: must be at least 2."),
        ({"repeats": 0}, "--repeats 0: must be at least 1."),
        ({"jobs": 0}, "--jobs 0: must be at least 1."),
        ({"seed": -1}, "--seed -1: must be at least 0."),
        ({"rope": -0.1}, "--rope -0.1: must be 0 or more."),
        ({"rope": float("nan")}, "--rope nan: must be 0 or more."),
    ],
)
def test_options_out_of_range_are_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as error:
        Options(**options)
    assert str(error.value) == told


def test_a_baseline_alone_is_nothing_to_compare() -> None:
    with pytest.raises(UsageError, match="name a model besides the baseline"):
        prepare_job(blobs(), Options("dummy"))


def test_the_rope_is_the_metrics_own_unless_given() -> None:
    dataset = make_dataset({"x": np.arange(40.0)}, [0] * 30 + [1] * 10)
    job = prepare_job(dataset, Options("tree", metric="log_loss"))
    assert job.rope == practical_rope(job.metric, [30, 10])
    assert prepare_job(dataset, Options("tree", metric="log_loss", rope=0)).rope == 0


def test_a_scikit_learn_scorer_can_rank() -> None:
    assert prepare_job(blobs(), Options("tree", metric="f1_weighted")).metric.name == "f1_weighted"
    with pytest.raises(UsageError, match="Did you mean 'f1_weighted'"):
        prepare_job(blobs(), Options("tree", metric="f1_wieghted"))


def test_jobs_are_as_many_as_processors_unless_given() -> None:
    from joblib import cpu_count

    assert place(None, 3).jobs == 3
    assert place(None, None).jobs == cpu_count()


def test_boundaries_are_looked_at_in_three_folds_and_three_fits_and_of_slow_models_in_one_fold() -> None:
    dataset = blobs()
    for folds, repeats in ((10, 1), (5, 1), (3, 1), (2, 2)):
        options = Options(models="tree,knn", folds=folds, repeats=4)
        job = prepare_job(dataset, options)
        splits = [split for repeat in make_splits(job.dataset, job.plan, 0) for split in repeat]
        tasks = make_tasks(job.dataset, job.models, splits, job.shape, 0, job.asked)
        seen = {
            name: [t for t in tasks if t.model.name == name and t.look == "boundary"]
            for name in ("tree", "knn")
        }
        assert {(t.repeat, t.fold) for t in seen["tree"]} == {
            (repeat, fold) for repeat in range(repeats) for fold in range(min(folds, 3))
        }
        assert {(t.repeat, t.fold) for t in seen["knn"]} == {(repeat, 0) for repeat in range(repeats)}
        asked_only = {(t.repeat, t.fold) for t in tasks if t.model.name == "knn" and t.look == "probes"}
        assert asked_only == {(repeat, 1) for repeat in range(repeats)}
        plain = prepare_job(dataset, replace(options, boundary=False))
        without = make_tasks(plain.dataset, plain.models, splits, plain.shape, 0, plain.asked)
        same = [a.key == b.key for a, b in zip(tasks, without, strict=True)]
        assert same == [task.look == "" for task in tasks]  # fits without a look can be had from either
