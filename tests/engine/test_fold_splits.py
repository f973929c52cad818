"""Folds: those of scikit-learn, never leaking a group or the future, the same for every model."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_tables import blobs, make_dataset, with_test

from compare_cli.engine.samples import Samples
from compare_cli.engine.splits import (
    MAX_REPEATS,
    FoldPlan,
    Split,
    inner_splits,
    make_splits,
    plan_folds,
    splits_digest,
)
from compare_cli.errors import DataError
from compare_cli.types import Dataset


def all_splits(
    dataset: Dataset, folds: int | None = None, repeats: int | None = 1, seed: int = 0
) -> list[Split]:
    plan = plan_folds(dataset, folds, repeats)
    return [split for repeat in make_splits(dataset, plan, seed) for split in repeat]


def labelled(y: list[int], **roles: list[int] | list[float]) -> Dataset:
    return make_dataset({"x": np.arange(len(y), dtype=float)}, y, **roles)  # type: ignore[arg-type]


@pytest.mark.parametrize(("seed", "folds", "repeats"), [(0, 5, 1), (0, 5, 3), (42, 3, 2), (7, 10, 2)])
def test_folds_are_those_of_scikit_learn(seed: int, folds: int, repeats: int) -> None:
    from sklearn.model_selection import RepeatedStratifiedKFold

    dataset = blobs(67, classes=3)
    expected = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    ours = all_splits(dataset, folds, repeats, seed)
    for split, (train, test) in zip(ours, expected.split(dataset.X, dataset.y), strict=True):
        assert split.train.tolist() == train.tolist()
        assert split.test.tolist() == test.tolist()
    assert [(s.repeat, s.fold) for s in ours] == [(r, k) for r in range(repeats) for k in range(folds)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=60), st.integers(2, 6), st.integers(0, 99))
def test_folds_of_rare_classes_are_those_of_scikit_learn_too(y: list[int], folds: int, seed: int) -> None:
    from sklearn.model_selection import RepeatedStratifiedKFold

    codes = np.unique(y, return_inverse=True)[1]
    if np.bincount(codes).max() < folds:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of classes with fewer rows than folds
        theirs = list(RepeatedStratifiedKFold(n_splits=folds, n_repeats=2, random_state=seed).split(y, y))
    ours = make_splits(labelled(list(codes)), FoldPlan("stratified", folds, 2, 2), seed)
    for split, (train, test) in zip([s for repeat in ours for s in repeat], theirs, strict=True):
        assert split.train.tolist() == train.tolist()
        assert split.test.tolist() == test.tolist()


@pytest.mark.parametrize("groups", [None, list(np.arange(60) // 4)])
def test_more_repeats_begin_with_the_same(groups: list[int] | None) -> None:
    dataset = make_dataset({"x": np.arange(60.0)}, np.arange(60) % 3, groups=groups)
    few, many = all_splits(dataset, 5, 2), all_splits(dataset, 5, 4)
    assert splits_digest(few) == splits_digest(many[: len(few)])
    assert splits_digest(few) != splits_digest(many)


def test_the_seed_and_the_folds_change_the_digest() -> None:
    dataset = blobs()
    digests = {splits_digest(all_splits(dataset, folds, 1, seed)) for folds, seed in [(5, 0), (5, 1), (4, 0)]}
    assert len(digests) == 3
    assert all(d.startswith("sha256:") for d in digests)


@pytest.mark.parametrize(("rows", "folds"), [(60, 10), (2000, 5), (20_001, 5)])
def test_folds_follow_the_size_and_repeats_begin_with_one(rows: int, folds: int) -> None:
    plan = plan_folds(labelled(list(np.arange(rows) % 2)), None, None)
    assert plan == FoldPlan("stratified", folds, 1, MAX_REPEATS)


def test_what_the_user_wants_is_done() -> None:
    assert plan_folds(blobs(), 4, 7) == FoldPlan("stratified", 4, 7, 7)


@pytest.mark.parametrize(("rows", "wanted"), [(3, 10), (2, 10), (4, 5)])
def test_scores_by_class_take_as_many_folds_as_the_smallest_class_has_rows(rows: int, wanted: int) -> None:
    dataset = make_dataset({"x": np.arange(40.0)}, [1] * rows + [0] * (40 - rows), ["many", "few"])
    plan = plan_folds(dataset, wanted, 1, by_class=True)
    assert plan.folds == rows
    (told,) = plan.notes
    assert told.code == "folds_reduced"
    assert told.message == (
        f"{rows} folds instead of {wanted}: class 'few' has {rows} rows, and the score is an average over "
        "classes."
    )
    for split in next(make_splits(dataset, plan, 0)):
        assert set(dataset.y[split.test]) == {0, 1}


@pytest.mark.parametrize("counts", [[2, 100, 80], [3, 2, 60, 60], [2, 198], [9, 30]])
@pytest.mark.parametrize("seed", range(5))
def test_a_rare_class_does_not_make_folds_fewer(counts: list[int], seed: int) -> None:
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    dataset = labelled(list(y))
    plan = plan_folds(dataset, 10, 1)
    assert plan.folds == 10
    (told,) = plan.notes
    assert told.code == "rare_classes_spread"
    (splits,) = make_splits(dataset, plan, seed)
    for split in splits:
        for code, rows in enumerate(counts):
            judged = int((y[split.test] == code).sum())
            assert rows // 10 <= judged <= rows // 10 + 1, "spread as far as they go"
            assert (y[split.train] == code).any(), "every model learns every class"
    assert sorted(np.concatenate([s.test for s in splits])) == list(range(len(y)))


def test_where_all_classes_are_small_folds_are_as_many_as_the_largest_has_rows() -> None:
    plan = plan_folds(labelled([0, 1, 2] * 4), 10, 1)
    assert plan.folds == 4
    assert plan.notes[0].message == "4 folds instead of 10: no class has more than 4 rows."


def test_a_class_with_one_row_cannot_be_split() -> None:
    dataset = make_dataset({"x": np.arange(9.0)}, [1] + [0] * 8, ["many", "few"])
    with pytest.raises(DataError, match=r"toy: cannot make 2 folds: class 'few' has 1 row\."):
        plan_folds(dataset, None, None)


def test_folds_are_at_most_as_many_as_groups() -> None:
    plan = plan_folds(labelled([0, 1] * 30, groups=[0, 0, 1, 1, 2, 2] * 10), 10, 1)
    assert (plan.scheme, plan.folds) == ("grouped", 3)
    assert plan.notes[0].message == "3 folds instead of 10: there are 3 groups."


def test_one_group_cannot_be_split() -> None:
    with pytest.raises(DataError, match="there is 1 group"):
        plan_folds(labelled([0, 1] * 5, groups=[4] * 10), None, None)


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(12, 80))
@settings(max_examples=60, deadline=None)
def test_no_group_is_on_both_sides_and_every_row_is_judged_once(seed: int, folds: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    y = np.concatenate([[0, 1] * 6, rng.integers(0, 2, rows)])
    groups = np.concatenate([np.arange(12) // 2, rng.integers(0, 8, rows)])
    dataset = labelled(list(y), groups=list(groups))
    splits = all_splits(dataset, folds, 1, seed)
    for split in splits:
        assert not set(groups[split.train]) & set(groups[split.test])
        assert len(split.train)
        assert len(split.test), "a fold without rows to judge"
    judged = np.concatenate([split.test for split in splits])
    assert sorted(judged) == list(range(len(y)))


def test_time_ordered_folds_never_look_ahead() -> None:
    rng = np.random.default_rng(0)
    time = rng.permutation(50).astype(float)
    dataset = labelled(list(rng.integers(0, 2, 50)), time=list(time))
    splits = all_splits(dataset, 5)
    assert len(splits) == 5
    for split in splits:
        assert time[split.train].max() < time[split.test].min()
    tests = np.concatenate([time[s.test] for s in splits])
    assert tests.tolist() == sorted(tests), "later folds are later"
    assert len(set(tests)) == len(tests)


TIMES = {
    "days of ten rows": np.repeat(np.arange(12.0), 10),
    "one long day": np.r_[np.arange(40.0), np.full(40, 40.0), np.arange(41.0, 61)],
    "a long first day": np.r_[np.zeros(60), np.arange(1.0, 41)],
    "a long last day": np.r_[np.arange(40.0), np.full(60, 40.0)],
    "days of many lengths": np.repeat(np.arange(30.0), np.random.default_rng(2).integers(1, 20, 30)),
    "three days": np.repeat([1.0, 2.0, 5.0], [30, 10, 50]),
    "rows in any order": np.random.default_rng(1).integers(0, 9, 100).astype(float),
    "each row another time": np.random.default_rng(1).permutation(83).astype(float),
}


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("folds", [2, 3, 5, 10])
def test_no_time_is_on_both_sides_of_a_fold(name: str, folds: int) -> None:
    time = TIMES[name]
    dataset = labelled([0, 1] * len(time), time=list(time))
    dataset = replace(dataset, y=dataset.y[: len(time)], X=dataset.X[: len(time)])
    plan = plan_folds(dataset, folds, None)
    assert plan.folds == min(folds, len(set(time)) - 1)
    splits = all_splits(dataset, folds)
    assert len(splits) == plan.folds
    for split in splits:
        assert time[split.train].max() < time[split.test].min()
    judged = np.concatenate([split.test for split in splits])
    assert len(judged) == len(set(judged)) == len(time) - len(splits[0].train)
    for inner in inner_splits(dataset, np.arange(len(time)), (0, 0), 100):
        assert time[inner.train].max() < time[inner.test].min()
    samples = Samples(dataset, 0, [10])
    assert time[samples.whole().train].max() < time[samples.test].min()


def test_times_that_all_differ_are_cut_as_scikit_learn_does() -> None:
    from sklearn.model_selection import TimeSeriesSplit

    time = TIMES["each row another time"]
    order = np.argsort(time)
    for folds in (2, 5, 9):
        made = all_splits(labelled([0, 1] * 41 + [0], time=list(time)), folds)
        for split, (past, future) in zip(made, TimeSeriesSplit(folds).split(order), strict=True):
            assert split.train.tolist() == order[past].tolist()
            assert split.test.tolist() == order[future].tolist()


@pytest.mark.parametrize(("times", "said"), [(1, "there is 1 different time"), (2, "are 2 different times")])
def test_too_few_times_cannot_be_split(times: int, said: str) -> None:
    time = list(np.arange(60) % times * 1.0)
    with pytest.raises(DataError, match=f"cannot make 2 folds in time order: .*{said}"):
        plan_folds(labelled([0, 1] * 30, time=time), 5, None)


def test_rows_of_the_same_time_keep_their_order() -> None:
    dataset = labelled([0, 1] * 10, time=[1.0] * 8 + [2.0] * 6 + [3.0] * 6)
    for split in all_splits(dataset, 2):
        assert split.train.tolist() == sorted(split.train)
        assert split.test.tolist() == sorted(split.test)


def test_time_ordered_folds_cannot_be_repeated() -> None:
    dataset = labelled([0, 1] * 20, time=list(np.arange(40.0)))
    plan = plan_folds(dataset, 5, 3)
    assert (plan.scheme, plan.start_repeats, plan.max_repeats) == ("time", 1, 1)
    assert [n.code for n in plan.notes] == ["repeats_ordered"]
    assert plan_folds(dataset, 5, None).notes == ()
    assert {s.repeat for s in all_splits(dataset, 5, 3)} == {0}


def test_few_rows_in_time_order_give_fewer_folds_and_a_note() -> None:
    dataset = labelled([0, 1] * 6, time=list(np.arange(12.0)))
    plan = plan_folds(dataset, None, None)
    assert plan.folds == 3
    assert plan.notes[0].message == "3 folds instead of 10: there are 12 rows."
    assert len(all_splits(dataset, None)) == 3


def test_a_test_set_is_judged_whole_once_a_seed() -> None:
    dataset = with_test(blobs(30), blobs(11, seed=1))
    plan = plan_folds(dataset, None, None)
    assert plan == FoldPlan("test", 1, 1, 1)
    splits = all_splits(dataset, 5, 3)
    assert [(s.repeat, s.fold) for s in splits] == [(0, 0), (1, 0), (2, 0)]
    for split in splits:
        assert split.train.tolist() == list(range(30))
        assert split.test.tolist() == list(range(11))


def test_folds_do_not_depend_on_the_features() -> None:
    dataset = blobs()
    other = replace(dataset, X=dataset.X * 100)
    assert splits_digest(all_splits(dataset)) == splits_digest(all_splits(other))


def test_no_fold_is_empty_beside_large_groups() -> None:
    """Five groups of 1, 2, 1, 11 and 10 rows: stratified grouping leaves the fourth fold empty."""
    from sklearn.model_selection import StratifiedGroupKFold

    groups = [0, 1, 1, 2, *[3] * 11, *[4] * 10]
    y = [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, *[1] * 10]
    for seed in range(3):
        stratified = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(y, y, groups)
        assert min(len(test) for _, test in stratified) == 0, "the case is no longer one"
        for split in all_splits(labelled(y, groups=groups), 5, 2, seed):
            assert len(split.test)
            assert not {groups[i] for i in split.train} & {groups[i] for i in split.test}


def test_two_rows_in_time_order_cannot_be_split() -> None:
    with pytest.raises(DataError, match="there are 2 different times"):
        plan_folds(labelled([0, 1], time=[1.0, 2.0]), None, None)
