"""Where a table begins and ends in a file, and what parts its cells: made examples of kinds of real files."""

from __future__ import annotations

import re

import pytest
from conftest_types import Write

from compare_cli.data import read, read_cells
from compare_cli.errors import DataError

HEADER = ["name", "size", "weight"]
WORDS = ("alpha", "beta", "kilo", "lima", "oscar", "papa", "sierra", "tango")
ROWS = [[word, f"{at * 7 % 11}.5", f"{at * 3 % 7}.25"] for at, word in enumerate(WORDS * 2)]


def lines(rows: list[list[str]], delimiter: str = ",") -> str:
    """Return rows as text."""
    return "".join(delimiter.join(row) + "\n" for row in rows)


TABLE = lines([HEADER, *ROWS])

ABOVE = {
    "title": "Report of things\n\n",
    "title in a cell": "Report of things,,\n",
    "title, date, blank": "Report of things,,\nPrinted 2020-01-02,,\n,,\n",
    "title with a comma": "Report of things, places\n\n",
    "sentence": "All of it was counted, as far as known, by hand, in spring\n\n",
    "names and values": "Station,Bergen\nFrom,2020\n",
    "names and values, three": "Station,Bergen\nFrom,2020\nTo,2021\n",
    "names and values, blank": "Station:,Bergen\nFrom:,2020\n\n",
    "names and values, padded": "Station:,Bergen,\nFrom:,2020,\nTo:,2021,\n,,\n",
    "comments": "# station=Bergen\n# from=2020\n",
    "what Excel is told": "sep=,\n",
}


@pytest.mark.parametrize("name", ABOVE)
def test_what_stands_above_a_table_is_no_row(write: Write, name: str) -> None:
    cells = read_cells(write(ABOVE[name] + TABLE))
    assert (cells.header, cells.rows, cells.delimiter) == (HEADER, ROWS, ",")


BELOW = {
    "source": "Source: office of things\n",
    "source in a cell": "Source: office of things,,\n",
    "source with a comma": "\nSource: office, of things\n",
    "sentence and rights": "\nNote: the figures, as shown\nAll rights reserved\n",
    "notes": ",,\nNotes,,\n1 Estimated,,\n2 Revised,,\n",
    "names and values": "\n\nPrinted,2020-01-02\nBy,the office\n",
    "only delimiters": ",,\n,,\n",
}


@pytest.mark.parametrize("name", BELOW)
def test_what_stands_below_a_table_is_no_row(write: Write, name: str) -> None:
    cells = read_cells(write(TABLE + BELOW[name]))
    assert (cells.header, cells.rows) == (HEADER, ROWS)
    assert [note.code for note in cells.notes] == ["rows_skipped"]


@pytest.mark.parametrize("gap", ["\n", ",,\n"])
@pytest.mark.parametrize("last", [["total", "1.5", "2.25"], ["tango", "", "2.25"], ["tango", "1.5", ""]])
def test_a_row_below_a_gap_stays(write: Write, gap: str, last: list[str]) -> None:
    assert read_cells(write(TABLE + gap + lines([last]))).rows == [*ROWS, last]


@pytest.mark.parametrize("short", ["tango,1.5", "tango"])
def test_a_short_row_in_the_middle_stays(write: Write, short: str) -> None:
    cells = read_cells(write(f"{TABLE}\n{short}\n{lines(ROWS[:2])}"))
    assert cells.rows == [*ROWS, [*short.split(","), "", ""][:3], *ROWS[:2]]


STACKED = [(5, 3), (5, 12), (12, 5), (3, 40), (20, 21)]


@pytest.mark.parametrize(("first", "second"), STACKED)
def test_tables_of_several_widths_on_each_other_lose_no_row(write: Write, first: int, second: int) -> None:
    rows = [["run", *(f"p{at}" for at in range(first))]]
    rows += [[str(line), *(str(line * at % 13) for at in range(first))] for line in range(20)]
    rows += [[str(line), *(f"{line * at % 9}.5" for at in range(second))] for line in range(19)]
    path = write(lines(rows))
    cells = read_cells(path)
    assert cells.header == [*rows[0], *[""] * (second - first)]
    assert [[cell for cell in row if cell] for row in cells.rows] == rows[1:]
    if second > first:
        with pytest.raises(DataError, match=r"1[89] more have over"):
            read(path)


FURTHER = {
    "names repeated": lines([["name", "owner", ""], ["alpha", "me", ""], ["beta", "you", ""]]),
    "one name repeated": lines(
        [["name", "colour", "price"], ["alpha", "red", "1.5"], ["beta", "blue", "2.5"]]
    ),
    "longer": lines([["name", "colour", "price", "shop"], ["alpha", "red", "1.5", "x"]]),
    "under a title": "Second table,,\n" + lines([["other", "x", ""], ["kilo", "3", ""], ["lima", "4", ""]]),
    "shorter": lines([["other", "x"], ["kilo", "3"], ["lima", "4"]]),
}


@pytest.mark.parametrize("name", FURTHER)
@pytest.mark.parametrize("title", ["", "First table,,\n"])
def test_a_further_table_is_left_out_and_told(write: Write, name: str, title: str) -> None:
    cells = read_cells(write(f"{title}{TABLE}\n{FURTHER[name]}"))
    assert (cells.header, cells.rows) == (HEADER, ROWS)
    assert cells.notes[0].code == "second_table"


@pytest.mark.parametrize("blank", [0, 1, 5])
@pytest.mark.parametrize("every", [2, 5])
def test_names_over_sparse_text(write: Write, blank: int, every: int) -> None:
    header = ["Person", "Month", "Body", "Purpose", *[""] * blank]
    full = ["The chair", "Oct-14", "{} fund", "to talk", *[""] * blank]
    rows = [
        [cell.format(word) if at % every == 0 or "{" in cell else "" for cell in full]
        for at, word in enumerate(WORDS * 2)
    ]
    further = lines([[""] * len(header), header, full])
    cells = read_cells(write("Meetings" + "," * (len(header) - 1) + "\n" + lines([header, *rows]) + further))
    assert (cells.header, cells.rows[: len(rows)]) == (header, rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", "\x1f", "\x01", " , ", "; ", " | "])
def test_what_parts_cells_is_found(write: Write, delimiter: str) -> None:
    cells = read_cells(write(lines([HEADER, *ROWS], delimiter)))
    assert [[cell.strip() for cell in row] for row in [cells.header or [], *cells.rows]] == [HEADER, *ROWS]
    assert cells.delimiter == (delimiter.strip(" ") or delimiter)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("cell", ["plain", '"in quotes"', '"with, comma; and | more\t"'])
def test_lines_that_wear_quotes_as_a_whole(write: Write, delimiter: str, cell: str) -> None:
    rows = [HEADER, *([cell, *row[1:]] for row in ROWS)]
    text = "".join('"' + line.replace('"', '""') + '"\n' for line in lines(rows, delimiter).splitlines())
    cells = read_cells(write(text))
    assert (cells.header, cells.delimiter) == (HEADER, delimiter)
    assert cells.rows == [[cell.strip('"'), *row[1:]] for row in ROWS]
    assert list(read(write(text), target="size", classes=True).X.columns) == ["weight"]


def test_sentences_in_quotes_are_one_column(write: Write) -> None:
    text = "".join(f'"{at} words, {", ".join(WORDS[: at % 3 + 1])}"\n' for at in range(12))
    assert {len(row) for row in read_cells(write(text)).rows} == {1}


RULED = {
    "Markdown": "| a | b | y |\n|---|---|---|\n{| 1 | 2 | p |\n| 2 | 5 | q |\n}",
    "Markdown with sides": "| a | b | y |\n| --- | ---: | :-- |\n{| 1 | 2 | p |\n| 2 | 5 | q |\n}",
    "without outer marks": "a | b | y\n:-|:-:|-:\n{1 | 2 | p\n2 | 5 | q\n}",
    "words only": "| a | b | y |\n|----|----|---|\n{| red | dry | p |\n| blue | wet | q |\n}",
    "a client of SQL Server": "a,b,y\n----,----,-----\n{1,2,p\n2,5,q\n}\n(40 rows affected)\n",
    "PostgreSQL": " a | b | y \n---+---+---\n{ 1 | 2 | p\n 2 | 5 | q\n}(40 rows)\n",
    "MySQL": "+---+---+---+\n| a | b | y |\n+---+---+---+\n{| 1 | 2 | p |\n| 2 | 5 | q |\n}+---+---+---+\n",
}


@pytest.mark.parametrize("name", RULED)
def test_the_line_under_the_names_is_no_part_of_them(write: Write, name: str) -> None:
    before, rows, after = re.split(r"[{}]", RULED[name])
    dataset = read(write(before + rows * 20 + after))
    assert [column.name for column in dataset.columns] == ["a", "b"]
    assert (dataset.target, dataset.classes, len(dataset.X)) == ("y", ("p", "q"), 40)


def test_dashes_below_other_rows_are_cells(write: Write) -> None:
    cells = read_cells(write("a,b,y\n1,2,p\n---,---,---\n2,5,q\n"))
    assert cells.rows == [["1", "2", "p"], ["---", "---", "---"], ["2", "5", "q"]]


@pytest.mark.parametrize(
    "blank", ["\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u2003", "\u3000", "\x0b", "\x0c"]
)
def test_every_blank_that_may_stand_around_a_number(write: Write, blank: str) -> None:
    """Years as names, over cells of which some wear a blank that Python strips and float() refuses."""
    rows = [f"{'ab'[i % 2]},{i}.5{blank * (i % 3)},{blank * (i % 2)}{i}.25,{i}.75" for i in range(20)]
    for names in ("label,1990,1991,1992", f"label,1990{blank},{blank}1991,1992"):
        read(write("\n".join([names, *rows]) + "\n"), target="label")
        found = read_cells(write("\n".join([names, *rows]) + "\n"))
        assert found.header is not None
        assert [cell.strip() for cell in found.header] == ["label", "1990", "1991", "1992"]
        assert len(found.rows) == 20
