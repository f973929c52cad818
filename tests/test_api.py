"""The library: the stream of events, the repeats that stop on their own, several data sets."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toy_tables import blobs, make_dataset, with_test

import compare_cli
from compare_cli import api
from compare_cli.api import bench, compare, iter_bench, iter_compare, read
from compare_cli.engine import execute
from compare_cli.engine.plan import Options
from compare_cli.engine.splits import MAX_REPEATS, plan_folds
from compare_cli.errors import DataError, UsageError
from compare_cli.types import (
    Bench,
    Comparison,
    Dataset,
    FitResult,
    LeftOut,
    Look,
    Planned,
    PlannedBench,
)


def options(models: str = "tree,naive_bayes", **more: Any) -> Options:
    return Options(models, **{"folds": 4, "repeats": 1, "jobs": 1, "boundary": False, **more})


def test_the_package_offers_its_names() -> None:
    assert compare_cli.compare is compare
    assert compare_cli.Options is Options
    assert all(callable(getattr(compare_cli, name)) for name in compare_cli.__all__)
    with pytest.raises(AttributeError, match="no attribute 'comparee'"):
        compare_cli.comparee  # noqa: B018


def test_the_stream_is_a_plan_then_fits_then_the_result() -> None:
    planned, *fits, result = iter_compare(blobs(), options(repeats=2))
    assert isinstance(planned, Planned)
    assert planned.dataset == "toy"
    assert all(isinstance(fit, FitResult) for fit in fits)
    assert [fit.key for fit in fits] == [task.key for task in planned.tasks]  # type: ignore[union-attr]
    assert isinstance(result, Comparison)
    assert list(result.fits) == fits
    assert result.run.fits_run == len(fits) == 2 * 4 * 3
    assert result.run.status == "complete"


def test_fits_are_in_plan_order_whatever_came_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def backwards(tasks: Any, *rest: Any) -> Any:
        yield from reversed(list(real(tasks, *rest)))

    expected = [(f.repeat, f.fold, f.model) for f in compare(blobs(), options()).fits]
    real = execute.execute
    monkeypatch.setattr(execute, "execute", backwards)
    comparison = compare(blobs(), options())
    assert [(f.repeat, f.fold, f.model) for f in comparison.fits] == expected


def test_the_same_seed_gives_the_same_numbers_and_another_does_not() -> None:
    def numbers(seed: int) -> list[Any]:
        models = compare(blobs(), options(seed=seed, repeats=2)).models
        return [(m.model, m.accuracy, m.scores) for m in models]

    assert numbers(0) == numbers(0)
    assert numbers(0) != numbers(1)


def test_the_protocol_says_what_was_done() -> None:
    comparison = compare(blobs(), options(metric="log_loss", repeats=3, seed=9))
    protocol = comparison.protocol
    assert (protocol.scheme, protocol.folds, protocol.repeats, protocol.metric) == (
        "stratified",
        4,
        3,
        "log_loss",
    )
    assert protocol.rope == pytest.approx(0.01 * np.log(2))
    assert (comparison.run.seed, comparison.run.jobs, comparison.run.fits_reused) == (9, 1, 0)
    assert len(protocol.repeat_digests) == 3
    assert compare(blobs(), options(repeats=2, seed=9)).protocol.repeat_digests == protocol.repeat_digests[:2]
    assert protocol.splits_digest != compare(blobs(), options(seed=8)).protocol.splits_digest


def test_versions_and_machine_are_those_here() -> None:
    import sklearn

    made = compare(blobs(), options()).environment
    assert made.scikit_learn == sklearn.__version__
    assert made.pandas == pd.__version__
    assert made.cpu_count >= 1


def test_times_of_the_run_are_times() -> None:
    run = compare(blobs(), options()).run
    assert 0 < run.seconds < 60
    assert 0 < run.cpu_seconds < 60
    assert run.started.endswith("+00:00")
    assert len(run.id) == 12


ENOUGH = "compare_cli.api.fits.repeats_enough"


def alike(rows: int = 60) -> Dataset:
    """Two classes that no model can tell apart: nothing is ever decided."""
    rng = np.random.default_rng(3)
    return make_dataset({"x": rng.normal(size=rows), "z": rng.normal(size=rows)}, [0, 1] * (rows // 2))


def test_repeats_stop_when_more_would_make_nothing_clearer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []

    def enough(scores: dict[str, np.ndarray], **facts: Any) -> bool:
        asked.append(scores["tree"].shape)
        assert facts == {"higher_is_better": True, "baseline": "dummy"}
        return len(asked) == 3

    monkeypatch.setattr(ENOUGH, enough)
    events = list(iter_compare(alike(), options(repeats="auto")))
    plans = [event for event in events if isinstance(event, Planned)]
    assert asked == [(1, 4), (2, 4), (3, 4)]
    assert [(len(plan.tasks), plan.most) for plan in plans] == [(12, 120)] * 3
    result = events[-1]
    assert isinstance(result, Comparison)
    assert result.protocol.looks == (Look(1, 0.01, False), Look(2, 0.01, False), Look(3, 0.05, True))


def test_repeats_end_at_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENOUGH, lambda *a, **k: False)
    comparison = compare(alike(20), options("tree,tree(max_depth=1)", repeats="auto", folds=2))
    assert comparison.protocol.repeats == MAX_REPEATS == 10
    assert [look.repeats for look in comparison.protocol.looks or ()] == [1, 2, 4, 10]


def test_a_clear_case_ends_after_the_first_repeat_and_says_so_again_from_the_store(tmp_path: Path) -> None:
    """Rings: the tree sees them, the line does not. More repeats in the store change nothing."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    rings = make_dataset({"x": x[:, 0], "z": x[:, 1]}, ((x**2).sum(axis=1) > 1.4).astype(int).tolist())
    models = "logistic,tree"
    store = tmp_path / "store.db"
    compare(rings, replace(options(models, repeats=4, folds=10), store=store))
    again = compare(rings, replace(options(models, repeats="auto", folds=10), store=store))
    alone = compare(rings, options(models, repeats="auto", folds=10))
    assert again.protocol.looks == alone.protocol.looks == (Look(1, 0.01, False),)
    assert again.verdict == alone.verdict
    assert (again.verdict.status, again.fits_run) == ("better", 0)


def test_an_interrupt_falls_back_to_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENOUGH, lambda *a, **k: False)

    def cut_after(fits: int) -> Comparison:
        stream = iter_compare(alike(), options(repeats="auto"))
        done = 0
        for event in stream:
            done += isinstance(event, FitResult)
            if done == fits:
                break
        last = stream.throw(KeyboardInterrupt)
        assert isinstance(last, Comparison)
        return last

    early = cut_after(5)
    assert early.protocol.looks == ()
    assert (early.verdict.status, early.verdict.reason) in {("undecided", "no_look"), ("none", "baseline")}
    assert {pair.verdict for pair in early.pairs} <= {"undecided", "identical"}
    whole = compare(alike(), options(repeats=2))
    later = cut_after(30)
    assert later.protocol.looks == (Look(1, 0.01, False), Look(2, 0.01, False))
    assert [m.accuracy for m in later.models] == [m.accuracy for m in whole.models]


def test_a_number_of_repeats_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENOUGH, lambda *a, **k: pytest.fail("nobody asked"))
    assert compare(blobs(), options(repeats=3)).protocol.repeats == 3


def test_more_repeats_begin_with_the_same_fits() -> None:
    few, many = compare(blobs(), options(repeats=1)), compare(blobs(), options(repeats=2))
    assert [f.key for f in few.fits] == [f.key for f in many.fits][: len(few.fits)]


def test_wrong_options_are_told_before_anything_runs() -> None:
    with pytest.raises(UsageError):
        next(iter_compare(blobs(), Options("tree(max_depth=-1)")))


def test_data_that_cannot_be_split_are_told() -> None:
    with pytest.raises(DataError, match="has 1 row"):
        compare(make_dataset({"x": np.arange(9.0)}, [0] * 8 + [1]), options())


def test_notes_of_the_data_the_plan_and_the_fits_are_together() -> None:
    from compare_cli.notes import note

    few = make_dataset({"x": np.arange(40.0)}, [0] * 37 + [1] * 3)
    few = replace(few, notes=(note("columns_dropped", count=1, total=4, columns="id"),))
    comparison = compare(few, Options("tree,svm", repeats=1, jobs=1))
    assert [n.code for n in comparison.notes] == [
        "columns_dropped",
        "rare_classes_spread",
        "imbalanced",
        "no_probabilities",
        "few_of_a_class",
    ]


def test_averages_over_classes_are_from_the_folds_that_have_all_classes() -> None:
    few = make_dataset({"x": np.arange(200.0)}, [0] * 197 + [1] * 3)
    comparison = compare(few, Options("tree", repeats=1, jobs=1))
    assert comparison.protocol.folds == 10
    dummy = comparison.models[-1]
    assert dummy.accuracy == pytest.approx(0.985)
    assert dummy.scores["balanced_accuracy"] == 0.5, "not that of folds with one class, which is 1"
    whole = [fit for fit in comparison.fits if fit.model == "dummy" and fit.scores["roc_auc"] is not None]
    assert len(whole) == 3
    assert compare(few, Options("tree", repeats=1, jobs=1, metric="roc_auc")).protocol.folds == 3


def test_leaks_are_checked_by_comparing_again_without_them() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    frame = pd.DataFrame(
        {"a": rng.normal(size=300) + y, "b": rng.normal(size=300), "refund": y * 9.0, "y": y}
    )
    found = compare(frame, target="y", models="tree", repeats=1, jobs=1, check_leaks=True)
    (check,) = found.leak_checks
    assert (check.code, check.changed) == ("giveaway", "Without 'refund'")
    honest = compare(frame.drop(columns="refund"), target="y", models="tree", repeats=1, jobs=1)
    assert check.score == honest.models[0].accuracy < 0.9 < found.models[0].accuracy == 1.0
    assert check.sentence == honest.verdict.sentence != found.verdict.sentence
    assert all("--check-leaks" not in n.hint for n in found.notes), "no advice to do what was done"
    assert compare(frame, target="y", models="tree", repeats=1, jobs=1).leak_checks == ()


def test_rows_that_repeat_are_priced() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    frame = pd.DataFrame(rng.normal(size=(200, 3)), columns=list("abc")).assign(y=y)
    double = pd.concat([frame, frame[:100]])
    found = compare(double, target="y", models="knn(n_neighbors=1)", repeats=2, jobs=1)
    (priced,) = [n.message for n in found.notes if n.code == "duplicates_priced"]
    share, seen, unseen = (float(text) for text in re.findall(r"(\d+(?:\.\d+)?)%", priced))
    assert 55 < share < 67, "two thirds of the rows have a twin, one tenth of those in the same fold"
    assert seen == 100.0
    assert unseen < 65
    once = compare(double, target="y", models="tree", repeats=1, jobs=1, check_leaks=True)
    assert once.leak_checks[0].changed == "With each row once"


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "roc_auc", "f1_weighted"])
def test_a_test_set_is_judged_by_any_metric(metric: str) -> None:
    dataset = with_test(blobs(60), blobs(40, seed=1))
    comparison = compare(dataset, options(metric=metric, repeats="auto"))
    assert comparison.protocol.scheme == "test"
    assert comparison.protocol.repeats == 1
    assert comparison.verdict.status != "none"
    assert comparison.verdict.sentence


@pytest.mark.parametrize(
    "roles", [{"groups": list(np.arange(60) // 5)}, {"time": list(np.arange(60.0))}], ids=["groups", "time"]
)
def test_groups_and_time_are_judged(roles: dict[str, Any]) -> None:
    dataset = make_dataset({"x": np.arange(60.0) % 7, "z": np.arange(60.0)}, np.arange(60) % 2, **roles)
    comparison = compare(dataset, options())
    assert comparison.protocol.scheme == ("grouped" if "groups" in roles else "time")
    assert comparison.protocol.groups == ("group" if "groups" in roles else None)
    assert comparison.run.status == "complete"


def test_three_classes_and_missing_values_are_complete() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    x = np.where(rng.random(90) < 0.2, np.nan, y + rng.normal(size=90))
    comparison = compare(make_dataset({"x": x, "w": ["a", "b", None] * 30}, y), options("logistic,tree"))
    assert comparison.run.status == "complete"
    assert all(model.warnings == () for model in comparison.models)
    logistic = next(m for m in comparison.models if m.model == "logistic")
    assert np.array(logistic.confusion).shape == (3, 3)


def many() -> list[Dataset]:
    return [replace(blobs(40, seed=seed), name=f"toy{seed}") for seed in range(3)]


def test_a_bench_is_every_comparison_and_what_they_say_together() -> None:
    events = list(iter_bench(many(), options()))
    result = events[-1]
    assert isinstance(result, Bench)
    comparisons = [event for event in events if isinstance(event, Comparison)]
    assert (
        [c.dataset.name for c in result.datasets]
        == [c.dataset.name for c in comparisons]
        == ["toy0", "toy1", "toy2"]
    )
    assert [c.command for c in result.datasets] == ["bench"] * 3
    assert [c.models for c in result.datasets] == [c.models for c in comparisons]
    assert result.run.fits_run == sum(len(c.fits) for c in comparisons) == 36
    assert result.run.status == "complete"
    tree = next(m for m in result.across.models if m.model == "tree")
    means = [next(m.accuracy for m in c.models if m.model == "tree") for c in comparisons]
    assert tree.mean_accuracy == pytest.approx(np.mean(means))  # type: ignore[arg-type]
    assert tree.wins + tree.ties + tree.losses > 0


def test_a_data_set_that_cannot_be_used_is_left_out_with_a_note() -> None:
    bad = make_dataset({"x": np.arange(9.0)}, [0] * 8 + [1], name="tiny")
    result = bench([bad, *many()], options())
    assert [c.dataset.name for c in result.datasets] == ["toy0", "toy1", "toy2"]
    assert [n.code for n in result.notes] == ["dataset_left_out"]
    assert "tiny" in result.notes[0].message
    assert result.run.status == "partial"


def test_when_no_data_set_can_be_used_the_first_fault_is_told() -> None:
    bad = make_dataset({"x": np.arange(9.0)}, [0] * 8 + [1], name="tiny")
    with pytest.raises(DataError, match="tiny"):
        bench([bad, replace(bad, name="second")], options())


def test_wrong_options_end_a_bench_before_anything_runs() -> None:
    with pytest.raises(UsageError):
        bench(many(), options("nonsense"))


def test_a_failed_fit_makes_a_bench_partial(toy_families: None) -> None:
    assert bench(many(), options("broken,tree")).run.status == "partial"


def test_an_interrupt_thrown_into_a_bench_keeps_what_is_done() -> None:
    events = iter_bench(many(), options())
    before = []
    while sum(isinstance(e, FitResult) for e in before) < 15:  # 12 fits a data set
        before.append(next(events))
    comparison = events.throw(KeyboardInterrupt)
    assert isinstance(comparison, Comparison)
    assert (comparison.status, len(comparison.fits)) == ("interrupted", 3)
    (result,) = events
    assert isinstance(result, Bench)
    assert [c.status for c in result.datasets] == ["complete", "interrupted"]
    assert (result.run.status, result.run.fits_run) == ("interrupted", 15)


def test_an_interrupt_while_a_table_is_read_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(source: Any, **reading: Any) -> Dataset:
        raise KeyboardInterrupt

    monkeypatch.setattr("compare_cli.api.comparison.read", read)
    result = bench([many()[0], "iris", many()[1]], options())
    assert [c.status for c in result.datasets] == ["complete"]
    assert result.run.status == "interrupted"
    with pytest.raises(KeyboardInterrupt):
        bench(["iris"], options())


def test_an_interrupt_while_it_is_told_what_is_left_out_keeps_what_is_done() -> None:
    events = iter_bench([many()[0], replace(many()[0], name="again"), many()[1]], options())
    while not isinstance(next(events), LeftOut):
        pass
    result = events.throw(KeyboardInterrupt)
    assert isinstance(result, Bench)
    assert [c.dataset.name for c in result.datasets] == ["toy0"]
    assert result.run.status == "interrupted"


def test_a_bench_begins_with_its_names_and_finds_what_is_not_there_before_it_runs() -> None:
    assert next(iter_bench(["iris", *many()], options())) == PlannedBench(("iris", "toy0", "toy1", "toy2"))
    with pytest.raises(DataError, match="Did you mean 'iris'"):
        next(iter_bench([*many(), "irsi"], options()))


def test_the_same_data_under_another_name_are_compared_once() -> None:
    events = list(iter_bench([*many(), replace(many()[1], name="copy")], options()))
    result = events[-1]
    assert isinstance(result, Bench)
    assert [c.dataset.name for c in result.datasets] == ["toy0", "toy1", "toy2"]
    assert [n.message for n in result.notes] == ["copy holds the same data as toy1: compared once."]
    assert [e.dataset for e in events if isinstance(e, LeftOut)] == ["copy"]
    assert result.run.status == "complete", "nothing that was asked for is missing"


def test_data_sets_of_one_name_are_told_apart() -> None:
    result = bench([replace(data, name="toy") for data in many()], options())
    assert [c.dataset.name for c in result.datasets] == ["toy", "toy (2)", "toy (3)"]


def test_losses_of_data_sets_are_compared_on_one_scale() -> None:
    """Divided by the loss of the priors: a bench by log loss ranks by relative loss."""
    result = bench(many(), options(metric="log_loss"))
    assert result.across.models[0].model == "naive_bayes"
    assert result.across.models[-1].average_rank >= result.across.models[0].average_rank


def test_a_frame_is_compared_as_a_table() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 8.0, 9.0] * 8, "kind": ["low", "low", "high", "high"] * 8})
    comparison = compare(frame, options("tree"), target="kind")
    assert comparison.dataset.target == "kind"
    assert comparison.dataset.classes == ("high", "low")
    assert comparison.models[0].accuracy == 1.0
    assert api.read(frame, target="kind").fingerprint == comparison.dataset.fingerprint


def test_a_test_frame_is_attached() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 8.0, 9.0] * 8, "kind": ["low", "low", "high", "high"] * 8})
    comparison = compare(frame, options("tree"), target="kind", test=frame.head(8))  # type: ignore[arg-type]
    assert comparison.dataset.test_rows == 8
    assert plan_folds(api.read(frame, target="kind", test=frame), None, None).scheme == "test"  # type: ignore[arg-type]


@pytest.mark.parametrize("groups", ["who", "WHO", "1"])
def test_groups_are_named_as_the_table_names_them(tmp_path: Path, groups: str) -> None:
    rows = [f"{i % 7},{i * 37 % 11},{'pq'[i % 2]}" for i in range(70)]
    (tmp_path / "t.csv").write_text("who,a,class\n" + "\n".join(rows))
    assert api.read(tmp_path / "t.csv", groups=groups).groups_column == "who"


COSTLY = Options("tree,naive_bayes", folds=3, repeats=2, jobs=1, boundary=False)


def test_errors_may_have_costs() -> None:
    """By hand: the costs of each fold's errors, a row."""
    dataset = blobs(90, 2, spread=3.0)
    plain, result = compare(dataset, COSTLY), compare(dataset, replace(COSTLY, cost="c0:c1=5"))
    costs = np.array([[0, 5], [1, 0]])
    assert [list(row) for row in result.protocol.costs or ()] == costs.tolist()
    for summary in result.models:
        counts = np.array(summary.confusion)
        assert summary.score("cost") == pytest.approx((counts * costs).sum() / counts.sum())
    assert [m.model for m in result.models] == [
        m.model for m in sorted(result.models, key=lambda m: (m.model == "dummy", m.score("cost")))
    ]
    cheapest = min((costs * dataset_share(dataset)[:, None]).sum(axis=0))
    assert result.protocol.rope == pytest.approx(0.01 * cheapest)
    assert result.protocol.metric == "cost"
    assert {fit.model: fit.accuracy for fit in plain.fits} == {fit.model: fit.accuracy for fit in result.fits}
    assert [n.message for n in result.notes if n.code == "cost_ratio"]


def dataset_share(dataset: Dataset) -> np.ndarray:
    return np.bincount(dataset.y) / len(dataset.y)


def test_costs_reuse_stored_fits_and_judge_a_test_set_by_its_rows(tmp_path: Path) -> None:
    stored = replace(COSTLY, store=tmp_path / "store.db")
    dataset = blobs(90, 2, spread=3.0)
    compare(dataset, stored)
    for cost in ("c0:c1=5", "c1:c0=.5,c0:c1=2"):
        assert compare(dataset, replace(stored, cost=cost)).fits_run == 0
    data = with_test(blobs(90, 2, spread=3.0), blobs(60, 2, seed=1, spread=3.0))
    judged = compare(data, replace(COSTLY, cost="c0:c1=5"))
    pair = next(p for p in judged.pairs if "dummy" not in {p.left, p.right})
    assert pair.se is not None
    assert pair.delta == pytest.approx(
        next(m for m in judged.models if m.model == pair.right).score("cost")
        - next(m for m in judged.models if m.model == pair.left).score("cost")
    )


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        ("c0:c1", "not of the form"),
        ("c0=5", "not of the form"),
        ("c0:c1=-1", "not of the form"),
        ("c0:c1=nan", "not of the form"),
        ("c0:cl1=5", "no class is called 'cl1'. Did you mean 'c1'"),
        ("c0:c0=5", "right answers cost nothing"),
    ],
)
def test_wrong_costs_are_told(cost: str, told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        compare(blobs(60, 2), replace(COSTLY, cost=cost))
    with pytest.raises(UsageError, match="give one"):
        replace(COSTLY, cost="c0:c1=5", metric="roc_auc")


def test_classes_may_be_weighed_equally() -> None:
    """The same as the parameter by hand; models that cannot are named."""
    dataset = blobs(120, 2, spread=3.0)
    balanced = compare(dataset, replace(COSTLY, balanced=True))
    by_hand = compare(dataset, replace(COSTLY, models="tree(class_weight=balanced),naive_bayes"))
    assert balanced.protocol.balanced
    assert [m.model for m in balanced.models] == [m.model.partition("(")[0] for m in by_hand.models]
    assert [m.accuracy for m in balanced.models] == [m.accuracy for m in by_hand.models]
    said = [n.message for n in balanced.notes if n.code == "not_balanced"]
    assert said == ["naive_bayes: no class weights, so --balanced changes nothing there."]
    own = compare(dataset, replace(COSTLY, models="tree(class_weight=None)", balanced=True))
    assert own.models[0].params["class_weight"] is None, "what the user said counts"


def test_options_are_keywords_too() -> None:
    found = compare(blobs(), Options("tree", boundary=False), folds=2, repeats=1, metric="log_loss", seed=7)
    assert (found.protocol.metric, found.protocol.folds, found.run.seed) == ("log_loss", 2, 7)
    assert [m.family for m in found.models] == ["tree", "dummy"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"metrc": "roc_auc"}, "'metrc'. Did you mean 'metric'"),
        ({"targett": "y"}, "'targett'. Did you mean 'target'"),
        ({"target": "class"}, "give target to read"),
    ],
)
def test_a_keyword_that_would_do_nothing_is_an_error(given: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        compare(blobs(), **given)


def test_one_column_to_leave_out_is_a_name() -> None:
    assert "sepal length (cm)" not in {c.name for c in read("iris", drop="sepal length (cm)").columns}
    with pytest.raises(UsageError, match="encodign"):
        read("iris", encodign="utf-8")  # type: ignore[call-arg]


def test_two_protocols_at_once_are_refused() -> None:
    with pytest.raises(UsageError, match="--groups and --time"):
        read("iris", groups="sepal length (cm)", time="petal length (cm)")


def test_a_program_that_leaves_a_run_open_ends() -> None:
    """Python waits for processes when it ends, before it closes what was left open."""
    program = """
from compare_cli import api
events = api.iter_compare("iris", models="logistic,tree", repeats=2, store=None, jobs=2, time_limit=60)
for _ in range(5): next(events)
print("left")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "left\n", "")
