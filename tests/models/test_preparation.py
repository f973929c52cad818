"""Preparation inside a fold: right numbers, nothing learnt from rows that are judged, no warnings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from toy_tables import make_dataset, mixed

from compare_cli.models.preparation import MAX_CATEGORIES, FeatureTable, Preparation
from compare_cli.types import Dataset

Needs = Literal["scaled", "plain"]
TRAIN, TEST = np.arange(0, 6), np.arange(6, 9)


def prepared(
    dataset: Dataset, needs: Needs = "plain", train: np.ndarray = TRAIN, test: np.ndarray = TEST
) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows, as a fold of the program prepares them."""
    table = FeatureTable(dataset)
    preparation = Preparation(needs, impute=table.has_missing_numbers)
    return preparation.fit_transform(table, train), preparation.transform(table, test)


def numbers(*values: float) -> Dataset:
    return make_dataset({"x": np.array(values)}, [0, 1, 0, 1, 0, 1, 0, 1, 0])


def words(*values: str | None) -> Dataset:
    return make_dataset({"w": list(values)}, np.arange(len(values)) % 2)


def test_plain_numbers_stay_as_they_are() -> None:
    train, test = prepared(numbers(1, 2, 3, 4, 5, 6, 7, 8, 9))
    assert train.tolist() == [[1], [2], [3], [4], [5], [6]]
    assert test.tolist() == [[7], [8], [9]]


def test_scaled_numbers_are_standardised_by_the_training_rows() -> None:
    train, test = prepared(numbers(1, 2, 3, 4, 5, 6, 7, 8, 9), "scaled")
    mean, sd = 3.5, np.std([1, 2, 3, 4, 5, 6])
    assert train[:, 0] == pytest.approx((np.arange(1, 7) - mean) / sd)
    assert test[:, 0] == pytest.approx((np.arange(7, 10) - mean) / sd)


def test_scaling_does_not_change_the_table_itself() -> None:
    table = FeatureTable(numbers(1, 2, 3, 4, 5, 6, 7, 8, 9))
    Preparation("scaled", impute=False).fit_transform(table, TRAIN)
    assert table.numbers[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_missing_numbers_become_the_training_median_and_are_indicated() -> None:
    train, test = prepared(numbers(1, np.nan, 3, 5, 100, 2, np.nan, 8, 9))
    assert train.tolist() == [[1, 0], [3, 1], [3, 0], [5, 0], [100, 0], [2, 0]]
    assert test.tolist() == [[3, 1], [8, 0], [9, 0]]


def test_a_number_missing_only_in_test_rows_has_no_indicator() -> None:
    train, test = prepared(numbers(1, 2, 3, 4, 5, 6, np.nan, 8, 9))
    assert train.shape == (6, 1)
    assert test.tolist() == [[3.5], [8], [9]]


@pytest.mark.parametrize("needs", ["plain", "scaled"])
def test_a_column_without_any_number_in_training_is_constant(needs: Needs) -> None:
    gone = np.full(9, np.nan)
    gone[7] = 5
    dataset = make_dataset({"x": gone, "z": np.arange(9.0)}, np.arange(9) % 2)
    train, test = prepared(dataset, needs)
    assert np.isfinite(train).all()
    assert np.isfinite(test).all()
    assert len({*train[:, 0]}) == 1
    assert train.shape[1] == test.shape[1]


def test_a_constant_column_is_scaled_without_division_by_zero() -> None:
    train, test = prepared(numbers(4, 4, 4, 4, 4, 4, 4, 4, 5), "scaled")
    assert (train == 0).all()
    assert np.isfinite(test).all()


def test_categories_become_one_column_each_and_missing_is_one_of_them() -> None:
    train, test = prepared(words("a", "b", None, "a", "b", "a", "b", None, "a"))
    assert train.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]
    assert test.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_an_unseen_category_is_none_of_those_seen() -> None:
    train, test = prepared(words("a", "b", "a", "a", "b", "a", "c", None, "a"))
    assert train.shape == (6, 2)
    assert test.tolist() == [[0, 0], [0, 0], [1, 0]]


def many_words(count: int) -> Dataset:
    """Every word twice, but the first 10 three times; then one row with a word of its own."""
    values = [f"w{i:03d}" for i in range(count) for _ in range(3 if i < 10 else 2)]
    return words(*values, "stranger")


def test_the_rarest_categories_share_a_column_and_unseen_ones_go_there() -> None:
    dataset = many_words(80)
    rows = len(dataset.y)
    train, test = prepared(dataset, train=np.arange(rows - 1), test=np.array([0, rows - 1]))
    assert train.shape == (rows - 1, MAX_CATEGORIES)
    assert (train.sum(axis=1) == 1).all()
    assert sorted(train.sum(axis=0))[-1] == 2 * (80 - MAX_CATEGORIES + 1)
    assert (train[:30].sum(axis=0) > 0).sum() == 10, "frequent categories have columns of their own"
    shared = int(train.sum(axis=0).argmax())
    assert test[:, shared].tolist() == [0, 1]


def test_fifty_categories_have_a_column_each() -> None:
    dataset = many_words(50)
    train, test = prepared(dataset, train=np.arange(len(dataset.y) - 1), test=np.array([len(dataset.y) - 1]))
    assert sorted(train.sum(axis=0)) == [2] * 40 + [3] * 10
    assert train[:, test[0] == 1].sum() == 2, "an unseen one goes with the rarest"


@pytest.mark.parametrize("needs", ["plain", "scaled"])
def test_numbers_stand_before_categories_whatever_their_order(needs: Needs) -> None:
    columns = {"w": ["a", "b"] * 4 + ["a"], "x": np.arange(9.0)}
    train, _ = prepared(make_dataset(columns, np.arange(9) % 2), needs)
    other, _ = prepared(make_dataset(dict(reversed(columns.items())), np.arange(9) % 2), needs)
    assert train.tolist() == other.tolist()
    assert train.shape == (6, 3)


def disturbed(dataset: Dataset, change: Callable[[np.ndarray], np.ndarray]) -> Dataset:
    """The data set with other values in the rows that are judged."""
    values = {c.name: dataset.X[c.name].to_numpy(dtype=object) for c in dataset.columns}
    for column in values.values():
        column[50:] = change(column[50:])
    columns = {
        c.name: values[c.name].astype(float)
        if c.kind == "numeric"
        else [None if v != v or v is None else str(v) for v in values[c.name]]
        for c in dataset.columns
    }
    return make_dataset(columns, dataset.y)


@pytest.mark.parametrize("needs", ["plain", "scaled"])
def test_nothing_is_learnt_from_rows_that_are_judged(needs: Needs) -> None:
    """Other test rows (wild numbers, more missing, another category) leave the training rows as they were."""
    train, test = np.arange(50), np.arange(50, 80)

    def wild(values: np.ndarray) -> np.ndarray:
        if isinstance(values[0], float):
            return np.array([np.nan if i % 3 else 1e6 for i in range(len(values))], dtype=object)
        return np.array([None if i % 2 else "red" for i in range(len(values))], dtype=object)

    dataset = mixed()
    before, judged = prepared(dataset, needs, train, test)
    after, judged_after = prepared(disturbed(dataset, wild), needs, train, test)
    assert np.array_equal(before, after)
    assert not np.array_equal(judged, judged_after), "the test rows were meant to change"


def test_a_row_is_prepared_the_same_in_any_company() -> None:
    dataset = mixed()
    _, alone = prepared(dataset, "scaled", np.arange(50), np.array([60]))
    _, together = prepared(dataset, "scaled", np.arange(50), np.arange(50, 80))
    assert np.array_equal(alone[0], together[10])


def test_width_is_what_models_see() -> None:
    dataset = mixed()
    train, _ = prepared(dataset, "plain", np.arange(80), np.arange(1))
    assert FeatureTable(dataset).width == train.shape[1]
    assert FeatureTable(many_words(80)).width == MAX_CATEGORIES
