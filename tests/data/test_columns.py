"""What columns hold, and which are left out."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from conftest_types import Write

from compare_cli.data import read
from compare_cli.data.cells import date_numbers, iso_days
from compare_cli.data.columns import Spelling, id_like, interpret, reason_to_leave_out

NAN = math.nan


@pytest.mark.parametrize(
    ("cells", "delimiter", "kind", "numbers"),
    [
        (["1", " 2 ", "?"], ",", "numeric", [1, 2, NAN]),
        (["1", "NA", "n/a", "null", "nan", ""], ",", "numeric", [1, NAN, NAN, NAN, NAN, NAN]),
        (["1", "-", "2"], ",", "numeric", [1, NAN, 2]),
        (["00000", "02208"], ",", "numeric", [0, 2208]),
        (["1,234", "12,345,678.5", "7"], ",", "numeric", [1234, 12345678.5, 7]),
        (["1,5", "1.234,5", "7"], ";", "numeric", [1.5, 1234.5, 7]),
        (["$1.50", "$1,200.00"], ",", "numeric", [1.5, 1200]),
        (["10%", "12.5 %"], ",", "numeric", [10, 12.5]),
        (["1", "inf", "-inf"], ",", "numeric", [1, NAN, NAN]),
        (["True", "false", "?"], ",", "boolean", [1, 0, NAN]),
        (["2020-01-01", "1970-01-02"], ",", "date", [18262, 1]),
        (["1970-01-01 12:00", "1970-01-02T06:00:00"], ",", "date", [0.5, 1.25]),
        (["13/01/1970", "01/02/1970"], ",", "date", [12, 31]),
        (["01/13/1970", "02/01/1970"], ",", "date", [12, 31]),
        (["02-Jan-70", "03-Jan-1970"], ",", "date", [1, 2]),
        (["06:00", "12:00"], ",", "date", [0.25, 0.5]),
    ],
)
def test_numbers(cells: list[str], delimiter: str, kind: str, numbers: list[float]) -> None:
    values = interpret("c", pd.Series(cells), Spelling(likely="," if delimiter == ";" else "."))
    assert values.kind == kind
    assert values.numbers is not None
    np.testing.assert_array_equal(values.numbers, numbers)


@pytest.mark.parametrize(
    "cells", [["yes", "no"], ["1,5", "2,5,7"], ["a", "1", "2"], ["13/13/2020", "01/02/2020"], ["none", "-"]]
)
def test_categories(cells: list[str]) -> None:
    values = interpret("c", pd.Series(cells))
    assert values.kind == "categorical"
    assert values.codes is not None
    assert [values.categories[code] for code in values.codes] == cells


def test_categories_are_stripped_and_sorted() -> None:
    values = interpret("c", pd.Series([" b", "a ", "b", " ? "]))
    assert values.categories == ("a", "b")
    assert values.codes is not None
    assert values.codes.tolist() == [1, 0, 1, -1]


def test_stray_text_in_numbers_is_told() -> None:
    cells = [str(i / 2) for i in range(100)]
    cells[40] = "oops"
    values = interpret("dose", pd.Series(cells))
    assert values.numbers is not None
    assert np.isnan(values.numbers[40])
    (note,) = values.notes
    assert "'dose'" in note.message
    assert "'oops'" in note.message
    assert "row 41" in note.message


def test_many_stray_texts_make_categories() -> None:
    cells = [str(i % 7) for i in range(90)] + ["low"] * 10
    assert interpret("c", pd.Series(cells)).kind == "categorical"


def test_ambiguous_dates_are_told() -> None:
    (note,) = interpret("d", pd.Series(["01/02/2020", "03/04/2020"])).notes
    assert note.code == "date_ambiguous"


def sequence(n: int) -> list[float]:
    return [float(i) for i in range(1, n + 1)]


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("a", [NAN, NAN], "empty"),
        ("a", [3.0, 3.0], "constant"),
        ("RowNumber", sequence(30), "row numbers"),
        ("a", sequence(30), "row numbers"),
        ("a", sequence(5), None),
        ("CustomerId", [7.0 * i % 101 for i in range(100)], "identifier"),
        ("size", [7.0 * i % 101 for i in range(100)], None),
        ("id", [1.5 * i for i in range(100)], None),
        ("id", [float(i // 2) for i in range(100)], None),
        ("a", [3.0, NAN, 3.0], None),
    ],
)
def test_numbers_left_out(name: str, cells: list[float], reason: str | None) -> None:
    found = reason_to_leave_out(name, interpret(name, pd.Series(cells)))
    assert found is None if reason is None else (found or "").startswith(reason)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["p"] * 5, "constant"),
        ([f"name {i}" for i in range(30)], "text that differs in every row"),
        ([f"name {i % 60}" for i in range(200)], "free text (60 different"),
        ([f"name {i % 60}" for i in range(600)], None),
        (["p", "q"] * 10, None),
    ],
)
def test_texts_left_out(cells: list[str], reason: str | None) -> None:
    found = reason_to_leave_out("c", interpret("c", pd.Series(cells)))
    assert found is None if reason is None else (found or "").startswith(reason)


@pytest.mark.parametrize(
    "name", ["id", "ID", "row_id", "CustomerId", "customerID", "PassengerId", "index", "user key"]
)
def test_names_of_identifiers(name: str) -> None:
    assert id_like(name)


@pytest.mark.parametrize("name", ["width", "grid", "humid", "idle", "id_count", "covid"])
def test_names_that_only_look_so(name: str) -> None:
    assert not id_like(name)


def test_what_is_left_out_is_told(write: Write) -> None:
    rows = "".join(f"{i},7,{i % 13},{'xy'[i % 2]}\n" for i in range(1, 40))
    dataset = read(write("nr,same,a,class\n" + rows))
    assert [(d.column, d.reason) for d in dataset.dropped] == [
        ("nr", "row numbers"),
        ("same", "constant (7)"),
    ]
    (note,) = [note for note in dataset.notes if note.code == "columns_dropped"]
    assert "2 of 4" in note.message
    assert "'nr'" in note.message


def test_high_cardinality_is_told(write: Write) -> None:
    rows = "".join(f"town {i % 60},{'xy'[i % 2]}\n" for i in range(600))
    dataset = read(write("town,class\n" + rows))
    assert dataset.distinct[0] == 60
    assert "high_cardinality" in {note.code for note in dataset.notes}


def test_iso_dates_at_once_are_what_they_are_one_by_one() -> None:
    rng = np.random.default_rng(0)
    moments = (rng.integers(-8_000_000_000, 8_000_000_000, 3000)).astype("M8[s]")
    for size in (10, 19):
        texts = sorted({str(moment).replace("T", " ")[:size] for moment in moments})
        found, one_by_one = iso_days(texts), date_numbers(texts)
        assert one_by_one is not None
        np.testing.assert_array_equal(found, one_by_one.days)


@pytest.mark.parametrize(
    "odd", ["2021-02-30", "0000-01-01", "9999-01-01", "2021-1-011", "2021/01/01", "20210101xx", "２021-01-01"]
)
def test_other_dates_are_not_read_at_once(odd: str) -> None:
    assert iso_days(["2021-01-01", odd]) is None
