"""Well-known tables, most of them without a header, by the facts that their page states."""

from __future__ import annotations

import numpy as np
import pytest
from shared_tables import SHARED, needs_shared

from compare_cli.data import read

# file: target, rows, columns with target, classes, majority rate, left out
FACTS = {
    "pima-indians-diabetes.csv": (None, 768, 9, 2, 0.651, []),
    "sonar.csv": (None, 208, 61, 2, 0.534, []),
    "ionosphere.csv": (None, 351, 35, 2, 0.641, ["c2"]),
    "banknote_authentication.csv": (None, 1372, 5, 2, 0.555, []),
    "german.csv": (None, 1000, 21, 2, 0.7, []),
    "glass.csv": (None, 214, 10, 6, 0.355, []),
    "oil-spill.csv": (None, 937, 50, 2, 0.956, ["c23"]),
    "breast-cancer.csv": (None, 286, 10, 2, 0.703, []),
    "horse-colic.csv": ("24", 300, 28, 2, 0.637, []),
    "phoneme.csv": (None, 5404, 6, 2, 0.7065, []),
    "mammography.csv": (None, 11183, 7, 2, 0.977, []),
    "adult-train.csv": (None, 32561, 15, 2, 0.7592, []),
    "CNAE9.csv": (1, 1080, 857, 9, 0.111, []),
    "Churn_Modelling_m.csv": (None, 10000, 14, 2, 0.796, ["RowNumber", "CustomerId", "Surname"]),
    "penguins.csv": ("species", 344, 7, 3, 0.442, []),
}
WITH_HEADER = {"Churn_Modelling_m.csv", "penguins.csv"}


@needs_shared
@pytest.mark.parametrize("name", FACTS)
def test_facts(name: str) -> None:
    target, rows, columns, classes, majority, left_out = FACTS[name]
    dataset = read(SHARED / "real" / name, target=target)
    assert (len(dataset.y), dataset.source_columns, len(dataset.classes)) == (rows, columns, classes)
    assert np.bincount(dataset.y).max() / rows == pytest.approx(majority, abs=6e-4)
    assert dataset.read.header == (name in WITH_HEADER)
    assert [dropped.column for dropped in dataset.dropped] == left_out
    assert dataset.X.shape == (rows, columns - 1 - len(left_out))


@needs_shared
@pytest.mark.parametrize(
    ("name", "target", "classes", "missing", "categorical"),
    [
        ("mammography.csv", None, ("-1", "1"), 0, 0),
        ("breast-cancer.csv", None, ("no-recurrence-events", "recurrence-events"), 9, 8),
        ("german.csv", None, ("1", "2"), 0, 13),
        ("penguins.csv", "species", ("Adelie", "Chinstrap", "Gentoo"), 19, 2),
        ("Churn_Modelling_m.csv", None, ("0", "1"), 93, 2),
        ("adult-train.csv", None, ("<=50K", ">50K"), 4262, 8),
    ],
)
def test_cells(
    name: str, target: str | None, classes: tuple[str, ...], missing: int, categorical: int
) -> None:
    dataset = read(SHARED / "real" / name, target=target)
    assert dataset.classes == classes
    assert sum(column.missing for column in dataset.columns) == missing
    assert sum(column.kind == "categorical" for column in dataset.columns) == categorical


@needs_shared
def test_row_that_became_a_header_is_data_again() -> None:
    dataset = read(SHARED / "real" / "CNAE9.csv", target=1)
    assert "header_was_data" in {note.code for note in dataset.notes}
    first = dataset.X.iloc[0].to_numpy()
    assert dataset.classes[dataset.y[0]] == "1"
    assert (set(first), first.sum()) == ({0.0, 1.0}, 3.0)


@needs_shared
def test_mnist_has_its_official_test_set() -> None:
    dataset = read(SHARED / "mnist")
    assert dataset.test is not None
    assert (len(dataset.y), len(dataset.test.y)) == (60000, 10000)
    assert dataset.classes == tuple("0123456789")
    assert list(dataset.X.columns) == list(dataset.test.X.columns)
    assert np.bincount(dataset.test.y)[:2].tolist() == [980, 1135]
