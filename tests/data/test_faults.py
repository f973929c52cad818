"""Tables of the kinds that tools are known to read wrongly; each kind in several spellings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest_types import Write

from compare_cli import api
from compare_cli.data import attach_test, read, read_cells
from compare_cli.engine.splits import make_splits, plan_folds
from compare_cli.errors import DataError, UsageError

ROWS = 40


def lines(header: str, rows: Sequence[Sequence[object]], delimiter: str = ",") -> str:
    return "\n".join([header, *(delimiter.join(map(str, row)) for row in rows)]) + "\n"


def column(cells: Sequence[str], delimiter: str = ",", always: bool = False) -> str:
    """A table of a column ``w`` with these cells, over and over, another one and two classes."""
    quoted = [f'"{cell}"' if always or delimiter in cell else cell for cell in cells]
    rows = [(quoted[at % len(cells)], at % 7, "pq"[at % 2]) for at in range(6 * len(cells))]
    return lines(delimiter.join(("w", "v", "label")), rows, delimiter)


# The writer's row index, a column without a name

ORDER = [int(at) for at in np.random.default_rng(0).permutation(ROWS)]
INDEXES = {
    "shuffled": ORDER,
    "filtered": [3 * at + 7 for at in range(ROWS)],
    "shuffled and filtered": [3 * at + 7 for at in ORDER],
    "from 1": [at + 1 for at in ORDER],
    "of a part further down": [1_000_000 + at for at in ORDER],
    "with a few repeated": [at if at < 30 else at - 30 for at in ORDER],
}


@pytest.mark.parametrize(
    "name", ["", '""', " ", "Unnamed: 0", '"Unnamed: 0.1"', "__index_level_0__", "...1", "level_0"]
)
@pytest.mark.parametrize("numbers", INDEXES)
def test_row_numbers_without_a_name_are_left_out(write: Write, name: str, numbers: str) -> None:
    rows = [(number, f"{(at * 7) % 11}.5", "pq"[at % 2]) for at, number in enumerate(INDEXES[numbers])]
    dataset = read(write(lines(f"{name},a,kind", rows)))
    assert list(dataset.X.columns) == ["a"]
    assert [left.reason for left in dataset.dropped] == ["row numbers without a name"]
    assert "columns_dropped" in {note.code for note in dataset.notes}


def test_row_names_of_r_have_no_name_at_all(write: Write) -> None:
    text = lines('"a" "kind"', [(f'"{at}"', (at * 7) % 11, '"p"' if at % 2 else '"q"') for at in ORDER], " ")
    assert list(read(write(text)).X.columns) == ["a"]


def test_a_column_of_measures_without_a_name_stays(write: Write) -> None:
    rows = [(f"{(at * 13) % 9}", at * at % 7, "pq"[at % 2]) for at in range(ROWS)]
    assert list(read(write(lines(",a,kind", rows))).X.columns) == ["c1", "a"]


# Whole numbers beyond 2^53

LARGE = {
    "17 digits": 76543210987654400,
    "beyond 2^53": 2**53,
    "19 digits": 9_223_372_036_854_775_000,
    "beyond 64 bits": 99_999_999_999_999_999_900,
    "negative": -76543210987654400,
    "24 digits": 10**23,
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("quote", ["", '"'])
def test_large_whole_numbers_stay_different(write: Write, name: str, quote: str) -> None:
    codes = [f"{quote}{LARGE[name] + at % 40}{quote}" for at in range(120)]
    rows = [(code, at % 5, "xz"[at % 2]) for at, code in enumerate(codes)]
    path = write(lines("acc,a,label", rows))
    grouped = read(path, groups="acc")
    assert grouped.groups is not None
    assert len(np.unique(grouped.groups)) == 40
    assert len(read(path, target="acc").classes) == 40
    assert len(read(path).X["acc"].unique()) == 40


SPELLED = {
    "with gaps": "{}",
    "with a point and a zero": "{}.0",
    "with groups": '"{:,}"',
    "with groups of dots": "{:.}",
    "with a plus": "+{}",
}


@pytest.mark.parametrize("name", SPELLED)
def test_large_whole_numbers_stay_different_however_they_are_written(write: Write, name: str) -> None:
    gaps = name == "with gaps"
    wanted = SPELLED[name].replace("{:.}", "{:,}")
    codes = ["" if gaps and at % 11 == 0 else wanted.format(76543210987654400 + at % 40) for at in range(440)]
    codes = [code.replace(",", ".") if "dots" in name else code for code in codes]
    dataset = read(
        write(lines("acc,a,label", [(code, at % 5, "xz"[at % 2]) for at, code in enumerate(codes)]))
    )
    assert (dataset.columns[0].kind, dataset.distinct[0]) == ("categorical", 40)
    assert dataset.columns[0].missing == 40 * gaps


@pytest.mark.extra
def test_large_whole_numbers_with_gaps_in_a_parquet_file(tmp_path, write: Write) -> None:  # type: ignore[no-untyped-def]
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    codes = [None if at % 11 == 0 else 76543210987654400 + at % 40 for at in range(440)]
    columns = {"acc": pyarrow.array(codes), "a": [at % 5 for at in range(440)], "y": list("xz") * 220}
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    dataset = read(tmp_path / "t.parquet")
    column = dataset.columns[0]
    assert (column.kind, dataset.distinct[0], column.missing) == ("categorical", 40, 40)


def test_large_measures_with_gaps_are_numbers(write: Write) -> None:
    rows = [("" if at % 9 == 0 else f"{at % 7 + 1}.5e20", at % 5, "xz"[at % 2]) for at in range(60)]
    assert read(write(lines("mass,a,label", rows))).columns[0].kind == "numeric"


# Classes keep the text of the file

LABELS = {
    "leading zeros": ("007", "012", "120"),
    "one zero and two": ("0", "00", "000"),
    "a plus": ("+1", "+2", "-1"),
    "post codes": ("01067", "10115", "80331"),
    "hexadecimal": ("0x1F", "0x2A", "0xFF"),
    "exponents": ("1e5", "2e5", "1E3"),
    "thousands": ("1,000", "2,000", "12,000"),
    "percent": ("5%", "10%", "15%"),
    "dates": ("2021-01", "2021-02", "2022-01"),
    "None and nothing": ("None", "none", "no"),
}


@pytest.mark.parametrize("name", LABELS)
def test_classes_are_the_texts_of_the_file(write: Write, name: str) -> None:
    rows = [(at % 9, f'"{LABELS[name][at % 3]}"') for at in range(60)]
    dataset = read(write(lines("a,label", rows)))
    assert sorted(dataset.classes) == sorted(LABELS[name])
    assert [dataset.classes[code] for code in dataset.y[:3]] == list(LABELS[name])


@pytest.mark.parametrize(
    "pair",
    [
        ("1", "1.0"),
        ("True", "TRUE"),
        ("false", "False"),
        ("2.50", "2.5"),
        ("3.", "3"),
        ("-1", "-1.00"),
        ("good", "good "),
        ("good", "\u00a0good"),
        ("7", " 7"),
    ],
)
def test_spellings_of_one_class_are_joined_and_told(write: Write, pair: tuple[str, str]) -> None:
    rows = [(at % 9, (*pair, "other")[at % 3]) for at in range(60)]
    dataset = read(write(lines("a,label", rows)))
    assert len(dataset.classes) == 2
    assert "labels_joined" in {note.code for note in dataset.notes}


def test_blanks_that_all_labels_wear_join_nothing(write: Write) -> None:
    dataset = read(write(lines("a,label", [(at % 9, (" good", " bad")[at % 2]) for at in range(60)])))
    assert dataset.classes == ("bad", "good")
    assert "labels_joined" not in {note.code for note in dataset.notes}


# Numbers in the spellings of the world: what a column says, the table says of each column by itself

NUMBERS: dict[str, tuple[list[str], list[float], str]] = {
    "thousands with commas": (["100", "149", "4,373", "12,500"], [100, 149, 4373, 12500], "\t"),
    "thousands with dots": (["100", "149", "4.373.000", "12.500"], [100, 149, 4373000, 12500], ";"),
    "thousands with blanks": (["100", "4 373", "1 012 500"], [100, 4373, 1012500], ","),
    "thousands with no-break blanks": (["100", "4\u00a0373", "12\u202f500"], [100, 4373, 12500], ","),
    "thousands with apostrophes": (["100", "4'373", "12’500.5"], [100, 4373, 12500.5], ","),
    "thousands with underscores": (["100", "4_373", "12_500"], [100, 4373, 12500], ","),
    "thousands as in India": (["100", "12,34,567", "1,00,000"], [100, 1234567, 100000], "\t"),
    "decimal comma": (["0,5", "0,6", "12,25"], [0.5, 0.6, 12.25], ";"),
    "decimal comma in quotes": (["0,5", "0,6", "12,25"], [0.5, 0.6, 12.25], ","),
    "decimal comma and dots": (["1.234,5", "2.000,25", "7,5"], [1234.5, 2000.25, 7.5], ";"),
    "decimal comma with an exponent": (["1,5e3", "2,5E-2"], [1500, 0.025], ";"),
    "decimal comma, negative": (["-0,5", "−0,6", "+1,5"], [-0.5, -0.6, 1.5], ";"),
    "no digit before the mark": ([".5", "-.25", "1.5"], [0.5, -0.25, 1.5], ","),
    "no digit behind the mark": (["5.", "6.", "1.5"], [5, 6, 1.5], ","),
    "Fortran": (["1.5D3", "2.5d-1"], [1500, 0.25], ","),
    "accountants": (["(3.5)", "2.5", "(1,200.00)"], [-3.5, 2.5, -1200], "\t"),
    "a minus behind": (["3.5-", "2.5", "12-"], [-3.5, 2.5, -12], ","),
    "kilograms": (["46.7 kg", "93.0 kg", "7 kg"], [46.7, 93, 7], ","),
    "kilograms attached": (["46.7kg", "93.0kg", "7kg"], [46.7, 93, 7], ","),
    "percent": (["12%", "7.5 %", "100%"], [12, 7.5, 100], ","),
    "dollars": (["$46.70", "$1,200.50", "-$3"], [46.7, 1200.5, -3], "\t"),
    "euros behind": (["46,70 €", "1.200,50 €", "3 €"], [46.7, 1200.5, 3], ";"),
    "a currency by its code": (["USD 12.5", "USD 7", "USD 1,000"], [12.5, 7, 1000], "\t"),
    "degrees": (["-5 °C", "21.5 °C", "0 °C"], [-5, 21.5, 0], ","),
    "square metres": (["54 m²", "120.5 m²"], [54, 120.5], ","),
    "words behind": (["3 rooms", "5 rooms", "12 rooms"], [3, 5, 12], ","),
    "full-width digits": (["１２", "７"], [12, 7], ","),
    "full-width groups": (["１，０００", "２，５００"], [1000, 2500], "\t"),
    "Arabic digits": (["٣٫٥", "١٬٢٣٤٫٢"], [3.5, 1234.2], "\t"),
    "Devanagari digits": (["५", "१२"], [5, 12], ","),
    "no cents, with a comma": (["1.234,-", "500,-"], [1234, 500], ";"),
    "no cents, with a dot": (["1'234.-", "500.–"], [1234, 500], ","),
    "accountants of dollars": (["$ (5.00)", "($7.50)", "$ 1,200.00"], [-5, -7.5, 1200], "\t"),
    "one year, two years": (["5 years", "1 year"], [5, 1], ","),
    "micrograms": (["5µg", "7.5μg"], [5, 7.5], ","),
    "degrees by the wrong sign": (["21ºC", "-7 ºC"], [21, -7], ","),
    "thousands and millions": (["1.5k", "2.3M", "700"], [1500, 2.3e6, 700], ","),
    "thousands or none": (["1.5K", "700"], [1500, 700], ","),
    "players' prices": (["€110.5M", "€600K", "€0"], [110.5e6, 600e3, 0], ","),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_in_the_spellings_of_the_world(write: Write, name: str) -> None:
    cells, numbers, delimiter = NUMBERS[name]
    suffix = "tsv" if delimiter == "\t" else "csv"
    dataset = read(write(column(cells, delimiter), f"table.{suffix}"))
    assert dataset.columns[0].kind == "numeric"
    np.testing.assert_allclose(dataset.X["w"][: len(numbers)], numbers, rtol=1e-15)


TEXTS = [
    ["1.2.3", "1.2.4"],
    ["12-5", "13-6"],
    ["5 kg", "7 lb"],
    ["A1", "B2"],
    ["1/2", "3/4"],
    ["12:61", "13:70"],
    ["3x4", "5x6"],
    ["5 kg", "7M"],
    ["5 m", "7 ms"],
    ["<5", ">7"],
    ["½", "1 ¾"],
    ["((5)", "7"],
]


@pytest.mark.parametrize("cells", TEXTS)
def test_texts_that_only_look_like_numbers_stay_texts(write: Write, cells: list[str]) -> None:
    assert read(write(column(cells))).columns[0].kind == "categorical"


# Headers

NUMBER_HEADERS = {
    "0, 1, 2 beside the target": ("target,0,1,2", "{at},{at}.5,3.25,7", 4),
    "years": ("country,1990,1991,1992,label", "c{at},{at},{at}.5,3,{pq}", 5),
    "years with gaps": ("country,1990,1995,2000,2010,label", "c{at},{at},{at}.5,3,4,{pq}", 6),
    "wavelengths": ("400,402,404,406,kind", "0.{at}1,0.2{at},0.3,0.4,{pq}", 5),
    "fractional wavelengths": ("1100.5,1101.0,1101.5,1102.0,y", "0.{at}1,0.2{at},0.3,0.4,{at}", 5),
    "unnamed frame": ("0,1,2,3", "0.{at}1,0.2{at},0.3,{at}", 4),
    "unnamed frame with its index": (",0,1,2,3", "{at},0.{at}1,0.2{at},0.3,{at}", 5),
    "identifiers": ("label,1007,53,117,121", "{at},{at}.5,2,3,4", 5),
    "days": ("patient,day,1,2,3,4", "{at},{at},0.5,2,3,4", 6),
    "two years": ("region,2019,2020,2021 (p),kind", "r{at},{at},3{at},{at}7,{pq}", 5),
    "hours": ("day,00:00,01:00,02:00,kind", "{at},{at}7,3{at},5,{pq}", 5),
    "days of a calendar": ("id,2020-01-15,2020-02-15,kind", "{at},{at}7,3{at},{pq}", 4),
    "steps before and after": ("y,-2,-1,0,1,2", "{pq},{at}.5,3.5,2.{at},1.5,{at}.25", 6),
    "in quotes": ('"0","1","2","y"', '{at},{at}.5,1,"{pq}"', 4),
    "pixels": (",".join(map(str, range(12))), ",".join(["{at}"] * 6 + ["0", "255"] * 3), 12),
}


@pytest.mark.parametrize("name", NUMBER_HEADERS)
def test_numbers_may_name_columns(write: Write, name: str) -> None:
    header, row, width = NUMBER_HEADERS[name]
    text = "\n".join([header, *(row.format(at=at * 3 % 10, pq="pq"[at % 2]) for at in range(30))]) + "\n"
    cells = read_cells(write(text))
    assert cells.header == header.replace('"', "").split(",")
    assert (len(cells.rows), len(cells.rows[0])) == (30, width)


HEADERLESS = {
    "measures": "5.{at},3.5,1.4,0.2,{pq}",
    "whole numbers": "{at},7,2,40,{at}",
    "rising": "1,2,3,{at}",
    "the same step in every row": "{at},{at}0,{at}00,{pq}",
    "texts": "{pq},red,{at},big",
    "dates and numbers": "2021-01-1{at},{at},7,{pq}",
    "times and numbers": "1{at}:00,{at},7,{pq}",
    "years that follow each other": "{pq},2019,2020,{at}",
    "signed numbers": "{pq},-2,-1,{at},1,2",
    "years among the cells": "1990,2001,{at},{pq}",
    "zeros and ones": "0,1,0,{at},1",
}


@pytest.mark.parametrize("name", HEADERLESS)
def test_a_row_of_data_names_no_columns(write: Write, name: str) -> None:
    row = HEADERLESS[name]
    text = "\n".join(row.format(at=at * 3 % 10, pq="pq"[at % 2]) for at in range(30)) + "\n"
    cells = read_cells(write(text))
    assert cells.header is None
    assert len(cells.rows) == 30


MARKED = [
    "#,Name,HP,Legendary",
    "#id,name,hp,Legendary",
    "# id,name,hp,Legendary",
    "%id,name,hp,Legendary",
    "//id,name,hp,Legendary",
    '"#",Name,HP,Legendary',
    "#,#.1,HP,Legendary",
    "No.#,Name,HP,Legendary",
]


@pytest.mark.parametrize("header", MARKED)
def test_a_header_may_begin_with_a_mark_of_comments(write: Write, header: str) -> None:
    rows = [(at + 1, f"m{at}", 40 + at % 7, at % 2 == 0) for at in range(ROWS)]
    dataset = read(write(lines(header, rows)), target="Legendary")
    assert (len(dataset.y), dataset.source_columns) == (ROWS, 4)
    assert "hp" in {name.casefold() for name in dataset.X.columns}


@pytest.mark.parametrize("mark", ["#", "%", "//", "# ", "##"])
def test_a_mark_without_a_word_names_nothing(write: Write, mark: str) -> None:
    text = mark + "\n" + "".join(f"{at},m{at},{at * 7 % 44},{at % 2 == 0}\n" for at in range(13, 40))
    cells = read_cells(write(text))
    assert (cells.header, len(cells.rows)) == (None, 27)


def test_comments_are_no_headers(write: Write) -> None:
    text = "# made in spring, by hand\n#\n" + lines("a,b,y", [(1, 2, "p"), (3, 4, "q")] * 5)
    assert read_cells(write(text)).header == ["a", "b", "y"]
    between = text + "# a remark\n" + "5,6,p\n7,8,q\n"
    assert len(read_cells(write(between)).rows) == 12


# Declared categories that no row has

CATEGORIES = {
    "a third": pd.Categorical(list("pq") * 20, categories=list("pqr")),
    "before the others": pd.Categorical(list("pq") * 20, categories=list("apq")),
    "ordered": pd.Categorical(list("pq") * 20, categories=list("zpq"), ordered=True),
    "numbers": pd.Categorical([1, 2] * 20, categories=[1, 2, 3]),
    "truth": pd.Categorical([True, True] * 10 + [False] * 20, categories=[True, False]),
    "many": pd.Categorical(list("pq") * 20, categories=[*"pq", *map(str, range(500))]),
}


@pytest.mark.parametrize("name", CATEGORIES)
def test_only_classes_that_rows_have_count(name: str) -> None:
    frame = pd.DataFrame({"a": np.arange(40) % 7, "y": CATEGORIES[name]})
    assert len(read(frame).classes) == 2


@pytest.mark.extra
@pytest.mark.parametrize("name", CATEGORIES)
def test_only_classes_that_rows_of_a_parquet_file_have_count(tmp_path, name: str) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip("pyarrow")
    pd.DataFrame({"a": np.arange(40) % 7, "y": CATEGORIES[name]}).to_parquet(tmp_path / "t.parquet")
    assert len(read(tmp_path / "t.parquet").classes) == 2


DECLARED = {
    "codes": [1, 2, 3],
    "halves": [1.5, 2.0, 2.5],
    "texts": ["01", "1", "2"],
    "dates": [pd.Timestamp("2020"), pd.Timestamp("2021"), pd.Timestamp("2022")],
    "with gaps": [1, None, 3],
    "large": [2**53, 2**53 + 1, 2**53 + 2],
}


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_declared_a_category_is_one(name: str) -> None:
    cells = DECLARED[name]
    given = pd.Categorical(cells * 20, categories=[cell for cell in cells if cell is not None])
    dataset = read(pd.DataFrame({"a": np.arange(60) * 7 % 13, "c": given, "y": list("pqq") * 20}))
    assert [(column.name, column.kind) for column in dataset.columns] == [
        ("a", "numeric"),
        ("c", "categorical"),
    ]
    assert dataset.X["c"].nunique() == len([cell for cell in cells if cell is not None])
    assert dataset.columns[1].missing == 20 * cells.count(None)


AGAIN: dict[str, tuple[Any, list[str | None], int]] = {
    "numbers": ([1, 2, 4], ["1", "2", None], 1),
    "numbers with gaps": ([1.0, None, 3.0], ["1", None, "3"], 0),
    "texts": (["1", "2", "03"], ["1", "2", None], 1),
    "numbers that know gaps": (pd.array([1, None, 3], dtype="Int64"), ["1", None, "3"], 0),
    "categories in other order": (pd.Categorical([3, 1, 2], categories=[3, 2, 1]), ["3", "1", "2"], 0),
    "other categories": (pd.Categorical([9, 1, 8]), [None, "1", None], 2),
}


@pytest.mark.parametrize("name", AGAIN)
def test_declared_codes_are_the_same_in_a_second_table(name: str) -> None:
    given, wanted, unseen = AGAIN[name]
    declared = pd.Categorical([1, 2, 3] * 20)
    train = read(pd.DataFrame({"a": np.arange(60) * 7 % 13, "c": declared, "y": list("pqq") * 20}))
    test = attach_test(train, pd.DataFrame({"a": [1, 2, 3], "c": given, "y": list("pqq")})).test
    assert test is not None
    assert [None if cell is np.nan else cell for cell in test.X["c"]] == wanted
    told = [note.message for note in test.notes if note.code == "unseen_categories"]
    assert [f"{unseen} cell" in message for message in told] == [True] * bool(unseen)


def test_groups_and_time_are_two_protocols(write: Write) -> None:
    rows = [(at % 7, at % 5, f"2023-01-{at % 28 + 1:02}", "pq"[at % 2]) for at in range(ROWS)]
    path = write(lines("f,patient,month,label", rows))
    with pytest.raises(UsageError, match="give one of them"):
        api.read(path, time="month", groups="patient")


def test_no_date_is_on_both_sides_of_a_fold(write: Write) -> None:
    rows = [(at % 7, f"2023-{at // 20 + 1:02}-01", "pq"[at % 3 == 0]) for at in range(240)]
    dataset = read(write(lines("f,month,label", rows)), time="month")
    assert dataset.time is not None
    for folds in range(2, 11):
        for split in next(make_splits(dataset, plan_folds(dataset, folds, 1), 0)):
            assert dataset.time[split.train].max() < dataset.time[split.test].min()


TIMES = {
    "nanoseconds": [str(1_700_000_000_000_000_000 + 7 * at) for at in range(60)],
    "milliseconds": [str(1_700_000_000_000 + 7 * at) for at in range(60)],
    "20 digits": [str(10**19 + at) for at in range(60)],
    "negative": [str(at - 10**17) for at in range(60)],
    "different lengths": [str(2**53 + 10 ** (at // 4 + 1) + at) for at in range(60)],
    "days": [f"2023-{at // 28 + 1:02}-{at % 28 + 1:02}" for at in range(60)],
    "quarters": [f"{2000 + at // 4}Q{at % 4 + 1}" for at in range(60)],
    "minutes": [f"{at // 60 + 1:02}:{at % 60:02}" for at in range(60)],
}


@pytest.mark.parametrize("name", TIMES)
def test_times_order_the_rows_however_they_are_written(write: Write, name: str) -> None:
    order = np.random.default_rng(0).permutation(60)
    dataset = read(
        write(lines("t,v,label", [(TIMES[name][at], at % 7, "pq"[at % 2]) for at in order])), time="t"
    )
    assert dataset.time is not None
    assert (np.argsort(np.argsort(dataset.time)) == order).all()


@pytest.mark.parametrize(("cell", "shown"), [("", "empty"), ("soon", "'soon'"), ("?", "empty|'\\?'")])
@pytest.mark.parametrize("role", ["time", "groups"])
def test_a_row_without_its_time_or_group_is_named_as_in_the_file(
    write: Write, role: str, cell: str, shown: str
) -> None:
    rows = [[f"2023-01-{at + 1:02}", at % 7, "pq"[at % 2]] for at in range(28)]
    rows[2][2], rows[9][0] = "", cell
    path = write(lines("when,v,label", rows))
    if (role, cell) == ("groups", "soon"):
        assert len(np.unique(read(path, groups="when").groups)) == 27
        return
    told = (
        f"row 10: --time .* neither a number nor a date .{shown}." if role == "time" else "row 10: --groups"
    )
    with pytest.raises(DataError, match=told):
        read(path, **{role: "when"})


GROUPED: list[tuple[str, list[Any], int | None]] = [
    ("texts and numbers", [1, "1", 1.0, 2, "b", 3.5], 4),
    ("truth values", [True, "True", False], 2),
    ("case", ["A", "a", "b"], 3),
    ("leading zeros", ["01", "1", "2"], 3),
    ("dates", [pd.Timestamp("2020"), pd.Timestamp("2021"), pd.Timestamp("2022")], 3),
    ("of nothing", ["", "x", "y"], None),
]


@pytest.mark.parametrize(("name", "ids", "groups"), GROUPED, ids=[case[0] for case in GROUPED])
def test_groups_of_mixed_types_are_told_apart(name: str, ids: list[Any], groups: int | None) -> None:
    cells = (ids * 30)[:60]
    frame = pd.DataFrame(
        {"v": np.arange(60) % 7, "g": pd.Series(cells, dtype=object), "label": list("pq") * 30}
    )
    if groups is None:
        with pytest.raises(DataError, match="row 1: --groups 'g' is missing"):
            read(frame, groups="g")
        return
    found = read(frame, groups="g").groups
    assert found is not None
    assert len(np.unique(found)) == groups
    for split in next(make_splits(read(frame, groups="g"), plan_folds(read(frame, groups="g"), 3, 1), 0)):
        assert not set(found[split.train]) & set(found[split.test])


# A second table is read like the first

SECOND = {
    "codes": (
        "code,label",
        [("01", "p"), ("02", "q"), ("03", "p")],
        "code,label",
        [("01", "p"), ("03", "p")],
    ),
    "codes of digits only": (
        "code,label",
        [("1a", "p"), ("22", "q"), ("3b", "p")],
        "code,label",
        [("22", "q")],
    ),
    "a comma where the first has one": (
        "w;label",
        [("1,500", "p"), ("2,25", "q")],
        "w;label",
        [("1,500", "p")],
    ),
    "no column of text": ("w,label", [("low", "p"), ("7", "q"), ("hi", "p")], "w,label", [("7", "q")]),
    "other order of columns": ("w,v,label", [(1, "a", "p"), (2, "b", "q")], "label,v,w", [("p", "a", 1)]),
    "more columns": ("w,label", [(1, "p"), (2, "q")], "w,extra,label", [(1, "x", "p")]),
    "dates": ("w,label", [("13/01/2020", "p"), ("02/01/2020", "q")], "w,label", [("02/01/2020", "q")]),
    "months first": ("w,label", [("01/13/2020", "p"), ("02/01/2020", "q")], "w,label", [("02/01/2020", "q")]),
    "thousands": ("w,label", [("1.5k", "p"), ("700", "q"), ("2k", "p")], "w,label", [("2k", "p")]),
    "one value everywhere": ("w,label", [(1, "p"), (2, "q")], "w,label", [(2, "q"), (2, "q")]),
}


@pytest.mark.parametrize("name", SECOND)
def test_a_second_table_is_read_like_the_first(write: Write, name: str) -> None:
    header, rows, other, others = SECOND[name]
    mark = ";" if ";" in header else ","
    train = read(write(lines(header, rows * 6, mark), "train.csv"), target="label")
    test = attach_test(train, write(lines(other, others * 2, mark), "test.csv")).test
    assert test is not None
    key = {tuple(row): at for at, row in enumerate(train.X.itertuples(index=False))}
    cells = [dict(zip(other.split(mark), map(str, row), strict=True)) for row in others]
    whole = [dict(zip(header.split(mark), map(str, row), strict=True)) for row in rows]
    for at, row in enumerate(cells):
        same = next(i for i, known in enumerate(whole) if known.items() <= row.items())
        assert tuple(test.X.iloc[at]) in key
        assert tuple(test.X.iloc[at]) == tuple(train.X.iloc[same])
        assert test.y[at] == train.y[same]


@pytest.mark.parametrize(
    ("first", "second"),
    [("True False", "TRUE FALSE"), ("yes no", "Yes No"), ("0 1", "0.0 1.0"), ("1 2", "01 02"),
     ("true false", "True False"), ("-1 1", "-1.0 1.0"), ("001 002", "1 2")],
)  # fmt: skip
def test_classes_of_two_files(write: Write, first: str, second: str) -> None:
    texts = [
        [(at % 5, cells.split(" ")[at % 2]) for at in range(20)]
        for cells in (first, second.replace('" a', '"a'))
    ]
    train = read(write(lines("a,churned", texts[0]), "train.csv"))
    both = attach_test(train, write(lines("a,churned", texts[1]), "test.csv"))
    assert both.test is not None
    assert both.test.y.tolist() == train.y.tolist()


# Dates


def days(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp() / 86400  # type: ignore[misc, arg-type]


DATES: dict[str, tuple[list[str], list[float]]] = {
    "half days": (
        ["1/13/2021 1:30 PM", "2/2/2021 2:30 AM"],
        [days(2021, 1, 13, 13, 30), days(2021, 2, 2, 2, 30)],
    ),
    "noon and midnight": (
        ["1/13/2021 12:00 AM", "2/2/2021 12:15 pm"],
        [days(2021, 1, 13), days(2021, 2, 2, 12, 15)],
    ),
    "a gap": (["2021-01-01", "-", "2021-01-03"], [days(2021, 1, 1), np.nan, days(2021, 1, 3)]),
    "a gap of zeros": (["2021-01-01", "0000-00-00"], [days(2021, 1, 1), np.nan]),
    "gaps in words": (["2021-01-01", "n.d.", "unknown"], [days(2021, 1, 1), np.nan, np.nan]),
    "ISO with time": (
        ["2021-01-01T10:00:00Z", "2021-01-02T11:30:00+01:00"],
        [days(2021, 1, 1, 10), days(2021, 1, 2, 10, 30)],
    ),
    "German": (["31.12.2020", "1.2.2021"], [days(2020, 12, 31), days(2021, 2, 1)]),
    "two digits": (["31/12/20", "01/02/99"], [days(2020, 12, 31), days(1999, 2, 1)]),
    "month by name": (["5 Jan 2021", "17-Feb-2021"], [days(2021, 1, 5), days(2021, 2, 17)]),
    "American in words": (["January 5, 2021", "Feb 17, 2021"], [days(2021, 1, 5), days(2021, 2, 17)]),
    "French": (["5 février 2021", "17 août 2021"], [days(2021, 2, 5), days(2021, 8, 17)]),
    "slashes from the year": (["2021/1/5", "2021/12/17"], [days(2021, 1, 5), days(2021, 12, 17)]),
    "months": (["2021-01", "2021-12"], [days(2021, 1, 1), days(2021, 12, 1)]),
    "quarters": (["2021Q1", "2021-Q4"], [days(2021, 1, 1), days(2021, 10, 1)]),
    "weeks": (["2021-W01", "2021-W10"], [days(2021, 1, 4), days(2021, 3, 8)]),
    "SAS": (["05JAN2021", "17dec2021"], [days(2021, 1, 5), days(2021, 12, 17)]),
    "SAS with time": (
        ["05JAN2021:10:30:00", "06JAN2021:00:00:00"],
        [days(2021, 1, 5, 10, 30), days(2021, 1, 6)],
    ),
    "as C writes them": (
        ["Tue Jan  5 10:30:00 2021", "Sun Jan 31 00:00:00 2021"],
        [days(2021, 1, 5, 10, 30), days(2021, 1, 31)],
    ),
    "Japanese": (["2021年1月5日", "2021年12月17日"], [days(2021, 1, 5), days(2021, 12, 17)]),
    "Spanish": (
        ["31 de diciembre de 2020", "5 de enero de 2021"],
        [days(2020, 12, 31), days(2021, 1, 5)],
    ),
    "the fifth of January": (
        ["5th of January 2021", "1st of May 2021"],
        [days(2021, 1, 5), days(2021, 5, 1)],
    ),
    "months from the month": (["1/2021", "12/2021"], [days(2021, 1, 1), days(2021, 12, 1)]),
    "months of one digit": (["2021-1", "2021-12"], [days(2021, 1, 1), days(2021, 12, 1)]),
    "with weekdays": (["Mon, 04 Jan 2021", "Sun, 31 Jan 2021"], [days(2021, 1, 4), days(2021, 1, 31)]),
}


@pytest.mark.parametrize("name", DATES)
def test_dates_in_the_spellings_of_the_world(write: Write, name: str) -> None:
    cells, wanted = DATES[name]
    dataset = read(write(column(cells, always=True)))
    assert dataset.columns[0].kind == "date"
    np.testing.assert_allclose(dataset.X["w"][: len(wanted)], wanted, rtol=1e-12)
    if not np.isnan(wanted).any():
        assert read(write(column(cells, always=True)), time="w").time is not None


@pytest.mark.parametrize("stray", ["2021-02-30", "2021-13-01", "never", "12 o'clock", "2021-01-02x", "7 am"])
def test_one_cell_that_is_no_date_is_missing_and_told(write: Write, stray: str) -> None:
    cells = [f"2021-{at % 12 + 1:02}-{at % 28 + 1:02}" for at in range(60)]
    rows = [(stray if at == 7 else cells[at], at % 7, "pq"[at % 2]) for at in range(60)]
    dataset = read(write(lines("when,v,label", rows)))
    assert (dataset.columns[0].kind, dataset.columns[0].missing) == ("date", 1)
    (told,) = (note.message for note in dataset.notes if note.code == "stray_text")
    assert f"{stray!r} (row 8)" in told or f'"{stray}" (row 8)' in told
    rows = [(stray if at % 4 == 3 else cells[at], at % 7, "pq"[at % 2]) for at in range(60)]
    assert read(write(lines("when,v,label", rows))).columns[0].kind == "categorical"


@pytest.mark.parametrize("cell", ["1e39", "-1e39", "1e308", "inf", "-inf", "Infinity", "1e400", "3.5e38"])
def test_numbers_too_large_for_models_are_missing_and_told(write: Write, cell: str) -> None:
    rows = [(cell if at == 0 else at % 7, at % 3, "pq"[at % 2]) for at in range(ROWS)]
    dataset = read(write(lines("elev,b,label", rows)))
    assert np.isnan(dataset.X["elev"][0])
    assert np.isfinite(dataset.X["elev"][1:]).all()
    told = [note for note in dataset.notes if note.code in {"too_large_values", "infinite_values"}]
    assert len(told) == 1
    assert "elev" in told[0].message


# The target

COUNTED = {"100 whole numbers": 100, "51": 51, "300": 300, "1,000": 1000}


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("step", [1, 7])
def test_whole_numbers_are_classes_where_the_user_says_so(write: Write, name: str, step: int) -> None:
    count = COUNTED[name]
    rows = [(at % 13, at % 3, step * (at % count)) for at in range(4 * count)]
    assert len(read(write(lines("a,b,font_id", rows)), target="font_id").classes) == count


@pytest.mark.parametrize("usual", ["y", "target", "label", "outcome", "default"])
def test_the_next_guess_is_tried(write: Write, usual: str) -> None:
    rows = [(f"{at * 0.37:.3f}", f"{at * at * 0.11:.3f}", "no" if at % 2 else "yes") for at in range(60)]
    dataset = read(write(lines(f"x,{usual},material", rows)))
    assert (dataset.target, dataset.classes) == ("material", ("no", "yes"))
    with pytest.raises(DataError, match=f"the target '{usual}' has 60 different numbers"):
        read(write(lines(f"x,{usual},material", rows)), target=usual)


FINE = {
    "tiny": [f"{at % 7 + 1}e-30" for at in range(60)],
    "a unit too large": [f"{(at % 7 + 1) / 1e8:.8f}" for at in range(60)],
    "subnormal": [f"{at % 7 + 1}e-310" for at in range(60)],
    "far from zero": [f"1000000000000000.{at % 7}" for at in range(60)],
    "seconds of one minute": [str(1_700_000_000 + at) for at in range(60)],
    "negative": [f"-{at % 7 + 1}e-12" for at in range(60)],
}
NOT_FINE = {
    "constant but one": ["0.0000001"] * 59 + ["1"],
    "measures": [f"{at % 7}.5" for at in range(60)],
    "parts per million": [f"{(at % 7 + 1) / 1e6:.6f}" for at in range(60)],
    "seconds of a day": [str(1_700_000_000 + 1440 * at) for at in range(60)],
    "years": [str(1950 + at) for at in range(60)],
    "large": [f"{at % 7 + 1}e30" for at in range(60)],
    "gaps": ["" if at % 5 else str(at) for at in range(60)],
}


@pytest.mark.parametrize("name", [*FINE, *NOT_FINE])
def test_numbers_too_fine_for_trees_are_told(write: Write, name: str) -> None:
    cells = (FINE | NOT_FINE)[name]
    dataset = read(
        write(lines("w,v,label", [(cell, at % 5, "pq"[at % 7 > 2]) for at, cell in enumerate(cells)]))
    )
    told = [note.message for note in dataset.notes if note.code == "too_fine_values"]
    assert [message.startswith("Column 'w': ") for message in told] == [True] * (name in FINE)
