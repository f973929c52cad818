"""How two runs differ: paired where the folds are the same, apart where not, silent on other data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from toy_tables import blobs, make_dataset, with_test

from compare_cli.api import bench, compare
from compare_cli.engine.plan import Options
from compare_cli.engine.runs import find_run, parse_age, runs_to_prune
from compare_cli.errors import DataError, UsageError
from compare_cli.report.runs import diff_json, diff_text
from compare_cli.report.table import View
from compare_cli.types import Bench, Comparison, DatasetDiff, ModelDiff, StoredRun
from compare_cli.verdict.diff import diff_runs
from compare_cli.verdict.paired import pair_posterior

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RUNS = tuple(
    StoredRun(name, "2026-11-23T12:00:00+00:00", "fit", ("toy",), ("tree",), "complete")
    for name in ("aa", "bb")
)
DATA = blobs(90, spread=2.0)


def made(models: str, data: Any = DATA, **more: Any) -> Comparison:
    return compare(data, Options(models, **{"folds": 5, "repeats": 2, "jobs": 1, "boundary": False, **more}))


def one(old: Comparison | Bench, new: Comparison | Bench) -> DatasetDiff:
    (part,) = diff_runs(RUNS, old, new).datasets  # type: ignore[arg-type]
    return part


def row(part: DatasetDiff, model: str) -> ModelDiff:
    return next(m for m in part.models if m.model == model)


def changed(comparison: Comparison, model: str, change: Any) -> Comparison:
    """The same with other accuracies of one model: ``change`` of (repeat, fold, accuracy)."""
    fits = tuple(
        replace(f, accuracy=change(f.repeat, f.fold, f.accuracy)) if f.model == model else f
        for f in comparison.fits
    )
    return replace(comparison, fits=fits)


BASE = made("tree,knn")


def test_the_same_twice_is_identical() -> None:
    part = one(BASE, made("tree,knn"))
    assert (part.how, part.folds, part.repeats) == ("paired", 5, 2)
    assert {m.verdict for m in part.models} == {"identical"}
    assert {(m.delta, m.delta_low, m.delta_high) for m in part.models} == {(0.0, 0.0, 0.0)}


def test_paired_differences_are_judged_as_two_models_are() -> None:
    shift = np.array([[0.1, 0.2, 0.05, 0.15, 0.1], [0.12, 0.08, 0.2, 0.1, 0.1]])
    new = changed(BASE, "tree", lambda r, k, a: a + shift[r, k])
    found = row(one(BASE, new), "tree")
    posterior = pair_posterior(shift, BASE.protocol.rope or 0, cautious=True)  # few rows of a class
    assert found.delta == pytest.approx(shift.mean())
    assert (found.delta_low, found.delta_high) == pytest.approx(posterior.interval())
    assert found.p_positive == pytest.approx(posterior.p_positive)
    assert found.verdict == "better"
    assert row(one(new, BASE), "tree").verdict == "worse"
    assert found.new == pytest.approx((found.old or 0) + shift.mean())


def test_tiny_differences_are_equivalent() -> None:
    new = changed(BASE, "tree", lambda r, k, a: a + 0.0001 * (k - 2))
    assert row(one(BASE, new), "tree").verdict == "equivalent"


def test_one_difference_on_every_fold_measures_nothing() -> None:
    found = row(one(BASE, changed(BASE, "tree", lambda r, k, a: a + 0.125)), "tree")
    assert (found.verdict, found.delta_low, found.p_positive) == ("undecided", None, None)


def test_only_the_repeats_that_both_have_are_paired() -> None:
    longer = made("tree,knn", repeats=3)
    part = one(BASE, longer)
    assert (part.how, part.repeats) == ("paired", 2)
    assert {m.verdict for m in part.models} == {"identical"}
    assert all(m.old == m.new for m in part.models), "means over other folds stand beside their difference"


def test_repeats_with_a_gap_do_not_count() -> None:
    cut = replace(BASE, fits=tuple(f for f in BASE.fits if (f.model, f.repeat, f.fold) != ("tree", 1, 3)))
    part = one(BASE, cut)
    assert row(part, "tree").verdict == "identical"
    first = [f.accuracy for f in BASE.fits if f.model == "tree" and f.repeat == 0]
    assert row(part, "tree").old == pytest.approx(np.mean(first))
    no_repeat = replace(BASE, fits=tuple(f for f in BASE.fits if (f.model, f.fold) != ("tree", 3)))
    assert row(one(BASE, no_repeat), "tree").verdict == "not comparable"


def test_other_splits_of_the_same_data_are_not_paired() -> None:
    part = one(BASE, made("tree,knn", seed=1))
    assert part.how == "unpaired"
    assert "splits differ" in part.reason
    found = row(part, "tree")
    assert found.delta == pytest.approx((found.new or 0) - (found.old or 0))
    assert (found.delta_low or 0) < (found.delta or 0) < (found.delta_high or 0)
    far = changed(made("tree,knn", seed=1), "tree", lambda r, k, a: a - 0.5)
    assert row(one(BASE, far), "tree").verdict == "worse"


def test_of_a_loss_less_is_better() -> None:
    old = made("tree,naive_bayes", metric="log_loss")
    new = made("tree(max_depth=1),naive_bayes", metric="log_loss")
    renamed = replace(
        new,
        models=tuple(replace(m, model=m.model.partition("(")[0]) for m in new.models),
        fits=tuple(replace(f, model=f.model.partition("(")[0]) for f in new.fits),
    )
    part = one(old, renamed)
    found = row(part, "tree")
    assert not part.higher_is_better
    assert (found.new or 0) < (found.old or 0)
    assert found.delta == pytest.approx((found.old or 0) - (found.new or 0))
    assert found.verdict in {"better", "undecided"}
    assert "Lower is better" in diff_text(diff_runs(RUNS, old, renamed), View(), NOW)  # type: ignore[arg-type]


def test_models_of_only_one_run_are_there_without_a_verdict() -> None:
    part = one(BASE, made("tree,naive_bayes"))
    assert [m.model for m in part.models] == [
        *(m.model for m in made("tree,naive_bayes").models),
        "knn",
    ]
    assert (row(part, "knn").new, row(part, "knn").verdict) == (None, None)
    assert (row(part, "naive_bayes").old, row(part, "naive_bayes").verdict) == (None, None)


def test_changed_data_are_shown_and_not_compared() -> None:
    part = one(BASE, made("tree,knn", blobs(90, seed=5)))
    assert (part.how, part.reason) == ("not comparable", "the data differ")
    assert {m.verdict for m in part.models} == {"not comparable"}
    assert all(m.delta is None and m.old is not None and m.new is not None for m in part.models)


def test_one_test_set_has_no_folds() -> None:
    old = made("tree", with_test(DATA, blobs(40, seed=3)), folds=None)
    part = one(old, old)
    assert part.how == "not comparable"
    assert "no folds" in part.reason


def test_a_metric_that_was_not_measured_then() -> None:
    part = one(BASE, made("tree,knn", metric="f1_weighted"))
    assert part.reason == "judged by accuracy before and by f1_weighted now"
    assert one(BASE, made("tree,knn", metric="log_loss")).how == "paired", "this one was measured all along"


def test_grouped_folds_are_judged_by_their_own_sizes() -> None:
    groups = np.arange(90) // 7
    data = make_dataset({"x": np.asarray(DATA.X["x0"])}, DATA.y, groups=groups.tolist())
    old = made("tree,knn", data)
    assert one(old, old).how == "paired"


def test_data_sets_belong_together_by_name_then_by_content() -> None:
    a, b = blobs(60, seed=1), blobs(60, seed=2)
    options = Options("tree", folds=3, repeats=1, jobs=1, boundary=False)
    old = bench([replace(a, name="a"), replace(b, name="b")], options)
    new = bench([replace(b, name="renamed"), replace(a, name="a"), replace(DATA, name="new")], options)
    diff = diff_runs(RUNS, old, new)  # type: ignore[arg-type]
    assert [(d.dataset, d.how) for d in diff.datasets] == [("renamed", "paired"), ("a", "paired")]
    assert (diff.only_old, diff.only_new) == ((), ("new",))
    back = diff_runs(RUNS, new, old)  # type: ignore[arg-type]
    assert (back.only_old, back.only_new) == (("new",), ())
    assert "Only in the old run: new" in diff_text(back, View(), NOW)
    fit = compare(replace(a, name="a"), options)
    assert [d.dataset for d in diff_runs(RUNS, old, fit).datasets] == ["a"]  # type: ignore[arg-type]


def test_runs_with_nothing_in_common() -> None:
    other = made("tree", replace(blobs(60, seed=9), name="other"))
    with pytest.raises(DataError, match="no data set in common: toy there, other here"):
        diff_runs(RUNS, BASE, other)  # type: ignore[arg-type]


def test_the_table_shows_points_and_signs() -> None:
    shift = 0.01 * (np.arange(5) - 6)
    diff = diff_runs(RUNS, BASE, changed(BASE, "tree", lambda r, k, a: a + shift[k]))  # type: ignore[arg-type]
    shown = diff_text(diff, View(80), NOW)
    assert "old  aa  23 Nov 12:00  fit toy" in shown
    assert "toy: accuracy; paired over 5 folds × 2 repeats" in shown
    assert "−4.0  [−" in shown
    assert "nan" not in diff_json(diff).lower()
    assert max(map(len, shown.splitlines())) <= 80


def runs(*ids: str) -> list[StoredRun]:
    return [replace(RUNS[0], id=name) for name in ids]


def test_a_run_is_found_by_name() -> None:
    there = runs("abc1", "abd2", "ffff")
    assert find_run(there, "last").id == "abc1"
    assert find_run(there, "last~2").id == "ffff"
    assert find_run(there, "F").id == "ffff"
    for name in ("ab", "x", "", "last~3", "last~x"):
        with pytest.raises(UsageError):
            find_run(there, name)


@pytest.mark.parametrize(
    ("text", "days"), [("36h", 1.5), ("30d", 30), ("8 W", 56), ("1y", 365), ("0.5d", 0.5)]
)
def test_ages(text: str, days: float) -> None:
    assert parse_age(text).total_seconds() == days * 86_400


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1m", "nand", "5000y", f"{10**400}y"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(UsageError, match="--older-than"):
        parse_age(text)


def test_what_either_rule_keeps_stays() -> None:
    there = [
        replace(run, started=f"2026-11-{20 - i}T00:00:00+00:00") for i, run in enumerate(runs(*"abcdef"))
    ]
    since = datetime(2026, 11, 18, tzinfo=UTC)

    def gone(**rules: Any) -> str:
        return "".join(run.id for run in runs_to_prune(there, **rules))

    assert gone(keep=2) == "cdef"
    assert gone(since=since) == "def"
    assert gone(keep=2, since=since) == "def"
    assert gone(keep=5, since=since) == "f"
    assert gone() == "abcdef"
    there[4] = replace(there[4], status="running")
    assert gone() == "abcdf"
