"""What makes scores too good is found in tables where it is, and in none where it is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from compare_cli.api import datasets, read
from compare_cli.data.guards import mended, twin_numbers
from compare_cli.errors import DataError
from compare_cli.types import Dataset

GUARDS = {"groups_suspected", "time_suspected", "giveaway", "duplicate_rows"}
GUARDS |= {"few_of_a_class", "more_columns_than_rows"}
SEEDS = range(4)


def codes(dataset: Dataset) -> list[str]:
    return [n.code for n in dataset.notes if n.code in GUARDS | {"target_quantity"}]


def told(dataset: Dataset, code: str) -> str:
    (message,) = (f"{n.message} {n.hint}" for n in dataset.notes if n.code == code)
    return message


def measured(rng: np.random.Generator, rows: int, shift: Sequence[float] | np.ndarray | float = 0.0) -> dict:
    return {name: rng.normal(0, 1, rows) + shift for name in "abc"}


def patients(rng: np.random.Generator, count: int, each: int, name: str = "patient") -> pd.DataFrame:
    """Rows that come in blocks: of one patient they are nearly alike, and so is the label."""
    who = np.repeat(np.arange(count), each)
    kind, label = rng.normal(0, 1, (count, 3)), rng.integers(0, 2, count)
    features = pd.DataFrame(kind[who] + 0.1 * rng.normal(0, 1, (len(who), 3)), columns=list("abc"))
    return features.assign(**{name: who, "ill": np.where(label[who], "yes", "no")})


@pytest.mark.parametrize("name", datasets())
def test_nothing_is_said_of_the_built_in_tables(name: str) -> None:
    """But of the one that was made to have more columns than rows."""
    assert codes(read(name)) == (["more_columns_than_rows"] if name == "wide" else [])


# Ids in blocks


@pytest.mark.parametrize(
    ("rare", "others", "classes"),
    [([9], [10, 40], "'c0' (9)"), ([3, 7, 2], [30], "'c2' (2), 'c0' (3), 'c1' (7)"), ([10], [40], None)],
)
def test_classes_of_few_rows_are_named(rare: list[int], others: list[int], classes: str | None) -> None:
    labels = np.repeat([f"c{i}" for i in range(len(rare + others))], rare + others)
    X = np.random.default_rng(0).normal(size=(len(labels), 3))
    dataset = read(pd.DataFrame(X, columns=list("abc")).assign(y=labels), target="y")
    assert codes(dataset) == ["few_of_a_class"] * (classes is not None)
    assert classes is None or f"Few rows of {classes}:" in told(dataset, "few_of_a_class")


@pytest.mark.parametrize(("columns", "noted"), [(39, False), (40, False), (41, True), (400, True)])
def test_more_columns_than_rows_are_noted(columns: int, noted: bool) -> None:
    """Those count that models learn from: constant ones do not."""
    X = np.random.default_rng(0).normal(size=(40, columns))
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(columns)]).assign(same=1, y=["a", "b"] * 20)
    dataset = read(frame, target="y")
    assert codes(dataset) == ["more_columns_than_rows"] * noted
    assert not noted or f"{columns} columns for 40 rows" in told(dataset, "more_columns_than_rows")


@pytest.mark.parametrize("seed", SEEDS)
def test_ids_in_blocks_are_found_and_priced(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dataset = read(patients(rng, 60, 50), target="ill")
    assert codes(dataset) == ["groups_suspected"]
    message = told(dataset, "groups_suspected")
    assert message.startswith("60 values of 'patient', 50 rows each: scores may be memory.")
    assert message.endswith("try --groups patient")
    assert codes(read(patients(rng, 60, 50), target="ill", groups="patient")) == []


@pytest.mark.parametrize("shape", ["texts", "unequal", "unnamed", "order of their own", "shuffled"])
@pytest.mark.parametrize("seed", SEEDS)
def test_ids_in_blocks_of_many_shapes(seed: int, shape: str) -> None:
    rng = np.random.default_rng(seed)
    frame = patients(rng, 40, 15, "patient" if shape != "unnamed" else "v1")
    if shape == "texts":
        frame["patient"] = [f"P{i:03}" for i in frame["patient"]]
    if shape == "unequal":
        frame = frame.drop(index=rng.choice(len(frame), 150, replace=False)).reset_index(drop=True)
    if shape == "order of their own":
        frame["patient"] = rng.permutation(900)[frame["patient"]]
        frame = frame.rename(columns={"patient": "nr"})
    if shape == "shuffled":
        frame = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    dataset = read(frame, target="ill")
    assert codes(dataset) == ["groups_suspected"]
    (guard,) = dataset.guards
    apart = mended(dataset, guard)
    assert guard.columns[0] not in apart.X.columns
    assert apart.groups is not None
    assert len(np.unique(apart.groups)) == 40


@pytest.mark.parametrize("seed", SEEDS)
def test_ordinary_columns_are_no_ids(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = 600
    age = np.sort(rng.integers(18, 80, rows))
    label = np.where(age + rng.normal(0, 20, rows) > 50, "yes", "no")
    near_misses = {
        "sorted by age": {"age": age},
        "sorted by a category": {"city": np.sort(rng.choice(list("abcdefghijkl"), rows))},
        "a category, shuffled": {"store_id": rng.integers(0, 30, rows)},
        "few blocks": {"batch": np.repeat(list("abc"), rows // 3)},
        "an id of each row": {"patient": rng.permutation(rows)},
        "a number that counts again and again": {"week": np.tile(np.arange(50), rows // 50)},
        "rounded": {"weight": np.sort(rng.normal(70, 10, rows)).round()},
    }
    for what, column in near_misses.items():
        frame = pd.DataFrame({**measured(rng, rows), **column, "y": label})
        assert codes(read(frame, target="y")) == [], what


# Order in time


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("order", [1, -1])
def test_sorted_dates_are_found_and_priced(seed: int, order: int) -> None:
    rng = np.random.default_rng(seed)
    rows = 500
    level = np.cumsum(rng.normal(0, 0.3, rows))
    frame = pd.DataFrame(measured(rng, rows, level))
    frame["when"] = pd.date_range("2020-01-01", periods=rows, freq="D").strftime("%Y-%m-%d")
    frame["up"] = frame["a"] > level
    frame = frame[::order].reset_index(drop=True)
    dataset = read(frame, target="up")
    assert codes(dataset) == ["time_suspected"]
    assert told(dataset, "time_suspected").endswith("try --time when")
    assert codes(read(frame, target="up", time="when")) == []
    by_time = mended(dataset, dataset.guards[0])
    assert by_time.time is not None
    assert "when" not in by_time.X


@pytest.mark.parametrize("seed", SEEDS)
def test_dates_that_do_not_order_the_rows_are_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = pd.date_range("1950-01-01", periods=300, freq="D")
    label = rng.choice(["yes", "no"], 300)
    for column in (
        {"when": rng.permutation(days)},
        {"birth_date": days},
        {"date_of_birth": days},
        {"when": np.repeat(days[:3], 100)},
    ):
        frame = pd.DataFrame({**measured(rng, 300), **column, "y": label})
        assert codes(read(frame, target="y")) == [], column.keys()


# A column that gives the target away


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["number", "category", "noisy", "rare"])
def test_a_column_that_gives_the_target_away_is_found(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    y = (rng.random(800) < (0.1 if kind == "rare" else 0.5)).astype(int)
    leak = np.where(rng.random(800) < 0.02, 1 - y, y) if kind == "noisy" else y
    column = rng.choice([3, 5, 8], 800) + 6 * leak if kind == "category" else leak * 40 + rng.random(800)
    frame = pd.DataFrame({**measured(rng, 800, 0.5 * y), "refund": column, "churn": y})
    dataset = read(frame, target="churn")
    assert codes(dataset) == ["giveaway"]
    assert told(dataset, "giveaway").startswith("'refund' nearly gives the target away")
    assert list(mended(dataset, dataset.guards[0]).X) == ["a", "b", "c"]


@pytest.mark.parametrize("seed", SEEDS)
def test_good_columns_are_no_giveaway(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 800)
    strong = y + rng.normal(0, 0.4, 800)
    easy = {name: 8 * y + rng.normal(0, 1, 800) for name in "abc"}
    assert codes(read(pd.DataFrame({**measured(rng, 800), "strong": strong, "y": y}), target="y")) == []
    assert codes(read(pd.DataFrame({**easy, "y": y}), target="y")) == []


# Rows that repeat


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_that_repeat_are_counted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 300)
    frame = pd.DataFrame({**measured(rng, 300, 0.5 * y), "y": y})
    double = pd.concat([frame, frame[:60], frame[:10]]).sample(frac=1, random_state=seed)
    dataset = read(double, target="y")
    assert codes(dataset) == ["duplicate_rows"]
    assert told(dataset, "duplicate_rows").startswith("130 of 370 rows are there more than once (70 repeats)")
    once = mended(dataset, dataset.guards[0])
    assert len(once.y) == 300
    assert not pd.concat([once.X, pd.Series(once.y)], axis=1).duplicated().any()
    assert codes(read(frame, target="y")) == []


def test_twins_are_those_of_pandas() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 3, (200, 3)).astype(float), columns=list("abc"))
    frame.loc[::7, "a"] = np.nan
    frame["d"] = rng.choice(["x", "y"], 200)
    dataset = read(frame.assign(y=rng.choice(["p", "q"], 200)), target="y")
    whole = dataset.X.assign(y=dataset.y)
    assert (np.bincount(twin_numbers(dataset))[twin_numbers(dataset)] > 1).tolist() == whole.duplicated(
        keep=False
    ).tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_that_are_alike_by_chance_are_no_repeats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    party = rng.integers(0, 2, 400)
    votes = {f"v{i}": np.where(rng.random(400) < 0.92, party, 1 - party) for i in range(10)}
    few = {name: rng.integers(0, 3, 400) for name in "abcd"}
    for columns in (votes, few):
        frame = pd.DataFrame({**columns, "y": party})
        assert frame.duplicated().mean() > 0.3
        assert "duplicate_rows" not in codes(read(frame, target="y"))


# A target that measures


def target_of(values: Sequence[float] | np.ndarray, **how: object) -> Dataset:
    rng = np.random.default_rng(0)
    return read(pd.DataFrame({**measured(rng, len(values)), "t": values}), **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_guessed_quantity_is_refused_and_a_named_one_noted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for values in (rng.integers(0, 1000, 3000), rng.poisson(40, 500), rng.geometric(0.05, 400)):
        with pytest.raises(DataError, match="looks like a quantity; compare judges classes"):
            target_of(values)
        assert codes(target_of(values, target="t"))[0] == "target_quantity"
        assert "target_quantity" not in codes(target_of(values, target="t", classes=True))


def test_fractions_are_classes_only_where_that_is_said() -> None:
    values = np.random.default_rng(0).integers(0, 60, 400) / 4
    for how in ({}, {"target": "t"}):
        with pytest.raises(DataError, match="say --classes"):
            target_of(values, **how)
    assert len(target_of(values, classes=True).classes) > 50


@pytest.mark.parametrize("classes", [2, 10, 26, 40])
def test_numbers_that_name_classes_are_none(classes: int) -> None:
    values = np.random.default_rng(0).permutation(np.arange(3000) % classes)
    assert codes(target_of(values)) == codes(target_of(values, target="t")) == []
