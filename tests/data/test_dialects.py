"""Properties of reading: what was written in any dialect is read back; any bytes are a table or one line."""

from __future__ import annotations

import csv
import io
import re
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compare_cli.data import dialect as parting
from compare_cli.data import read, read_cells
from compare_cli.data.dialect import surely_even, surely_quoted
from compare_cli.errors import DataError, UsageError

many = pytest.mark.parametrize("examples", [80, pytest.param(3000, marks=pytest.mark.slow)])
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "latin-1", "cp1252", "cp949", "shift_jis")
DELIMITERS = (",", ";", "\t", "|", " ", ":", "^", "~")
ESCAPED = re.compile(r"\\[\"']")  # may be an escape or not, and no flag says which
NEVER = "\0\x1a\ufeff¥‾"  # ends of text, and what Shift JIS does not bring back
SECONDS, MEBIBYTES = 10, 64  # of processor time, for a small file


def steady(examples: int) -> settings:
    """Return settings with the same examples in every run."""
    unhurried = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(max_examples=examples, derandomize=True, deadline=None, suppress_health_check=unhurried)


@dataclass(frozen=True)
class Dialect:
    """A way to write a table: what parts and quotes cells, when quotes are worn, line ends, encoding."""

    delimiter: str
    quote: str
    always: bool
    end: str
    encoding: str
    header: bool

    def written(self, names: list[str], rows: list[list[str]]) -> bytes:
        """Return a table as bytes."""
        lines = [names, *rows] if self.header else rows
        broken = any(mark in cell for line in lines for cell in line for mark in "\r\n")  # wants quotes
        out = io.StringIO(newline="")
        writer = csv.writer(
            out,
            delimiter=self.delimiter,
            quotechar=self.quote,
            lineterminator=self.end,
            quoting=csv.QUOTE_ALL if self.always or broken else csv.QUOTE_MINIMAL,
        )
        writer.writerows(lines)
        return out.getvalue().encode(self.encoding)

    @property
    def flags(self) -> dict[str, Any]:
        """What a user says of it."""
        return {
            "delimiter": self.delimiter,
            "quote": self.quote,
            "encoding": self.encoding,
            "header": self.header,
            "skip_rows": 0,
        }


dialects = st.builds(
    Dialect,
    delimiter=st.sampled_from(DELIMITERS),
    quote=st.sampled_from("\"'"),
    always=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(ENCODINGS),
    header=st.booleans(),
)


def cells_in(encoding: str) -> st.SearchStrategy[str]:
    """Return texts of an encoding without outer blanks, with marks of all dialects inside."""
    marks = st.sampled_from([*DELIMITERS, '"', "'", "\\", '""', "\r\n", "\n", ", ", "#", ".", "0", "é", "語"])
    letter = st.characters(codec=encoding, exclude_characters=NEVER, exclude_categories=["Cs", "Co"])
    text = st.lists(marks | letter, max_size=8).map("".join)
    return text.filter(
        lambda cell: cell == cell.strip() and not ESCAPED.search(cell) and fits(cell, encoding)
    )


def fits(cell: str, encoding: str) -> bool:
    """Whether a text can be written in an encoding and comes back the same."""
    try:
        return cell.encode(encoding).decode(encoding) == cell
    except UnicodeError:
        return False


@st.composite
def any_tables(draw: st.DrawFn) -> tuple[Dialect, list[str], list[list[str]]]:
    """Draw a dialect and a table of any cells: no row is blank or a comment, and none is the header's."""
    dialect = draw(dialects)
    width = draw(st.integers(2, 5))
    cell = cells_in(dialect.encoding)
    filled = cell.filter(lambda text: bool(text) and text[0] not in "#%/")
    names = draw(st.lists(filled, min_size=width, max_size=width, unique=True))
    inner = [cell] * (width - 2)
    row = st.tuples(filled, *inner, filled).map(list).filter(lambda row: row != names)
    return dialect, names, draw(st.lists(row, min_size=1, max_size=8))


@many
def test_any_table_is_read_back_with_the_flags_of_its_dialect(tmp_path: Path, examples: int) -> None:
    path = tmp_path / "table.csv"

    @steady(examples)
    @given(any_tables())
    def holds(drawn: tuple[Dialect, list[str], list[list[str]]]) -> None:
        dialect, names, rows = drawn
        path.write_bytes(dialect.written(names, rows))
        cells = read_cells(path, **dialect.flags)
        assert cells.header == (names if dialect.header else None)
        assert cells.rows == rows

    holds()


WORDS = ("north", "south", "Ostend", "Zürich", "red", "it's", "two words", "a, b", 'the "old" mill', "x;y")


@st.composite
def clear_tables(draw: st.DrawFn) -> tuple[Dialect, list[str], list[list[str]]]:
    """Draw a table that leaves no doubt: names over ten to thirty rows, each column of one kind."""
    delimiter = draw(st.sampled_from(",;\t|"))
    how = draw(st.tuples(st.booleans(), st.sampled_from(["\n", "\r\n", "\r"])))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    dialect = Dialect(delimiter, '"', *how, encoding, header=True)
    width, height = draw(st.integers(3, 6)), draw(st.integers(10, 30))
    whole, real = st.integers(-999, 99_999).map(str), st.floats(-1000, 1000).map("{:.3f}".format)
    kinds = [st.sampled_from(WORDS), real, *(draw(st.sampled_from([whole, real])) for _ in range(width - 2))]
    rows = [list(row) for row in draw(st.lists(st.tuples(*kinds), min_size=height, max_size=height))]
    return dialect, ["town", "level", "pieces", "age", "weight", "year"][:width], rows


@many
def test_a_clear_table_is_read_back_without_any_flag(tmp_path: Path, examples: int) -> None:
    path = tmp_path / "table.csv"

    @steady(examples)
    @given(clear_tables())
    def holds(drawn: tuple[Dialect, list[str], list[list[str]]]) -> None:
        dialect, names, rows = drawn
        path.write_bytes(dialect.written(names, rows))
        cells = read_cells(path)
        assert cells.header == names
        assert cells.rows == rows

    holds()


@dataclass(frozen=True)
class Spelling:
    """A way to write numbers with two decimals: the mark before them, and whether thousands are grouped."""

    delimiter: str
    grouped: bool
    places: int

    def written(self, rows: list[list[float]], decimal: str) -> bytes:
        """Return numbers and a label as a table with this decimal mark; the other one groups thousands."""
        marks = str.maketrans(".,", ",.") if decimal == "," else {}
        number = f"{',' if self.grouped else ''}.{self.places}f"
        lines = [
            [*(format(v, number).translate(marks) for v in row), "pq"[at % 2]] for at, row in enumerate(rows)
        ]
        names = [*(f"v{at}" for at in range(len(rows[0]))), "label"]
        return Dialect(self.delimiter, '"', False, "\n", "utf-8", header=True).written(names, lines)


@st.composite
def number_tables(draw: st.DrawFn) -> tuple[Spelling, list[list[float]]]:
    """Draw a spelling and numbers of any size, the cells of ten to thirty rows."""
    spelling = Spelling(draw(st.sampled_from(",;\t|")), draw(st.booleans()), draw(st.sampled_from([1, 2, 4])))
    width, height = draw(st.integers(1, 4)), draw(st.integers(10, 30))
    number = st.floats(-1e7, 1e7, allow_subnormal=False)
    row = st.lists(number, min_size=width, max_size=width)
    return spelling, draw(st.lists(row, min_size=height, max_size=height))


@many
@pytest.mark.parametrize("flag", [{}, {"decimal": ","}], ids=["told by the numbers", "--decimal ,"])
def test_numbers_with_a_decimal_comma_are_those_with_a_point(
    tmp_path: Path, examples: int, flag: dict[str, str]
) -> None:
    @steady(examples // 2)
    @given(number_tables())
    def holds(drawn: tuple[Spelling, list[list[float]]]) -> None:
        spelling, rows = drawn
        assert learnt(spelling.written(rows, ","), **flag) == learnt(spelling.written(rows, "."))

    def learnt(content: bytes, **asked: str) -> tuple[list[list[float]], list[str]] | str:
        path = tmp_path / "table.csv"
        path.write_bytes(content)
        try:
            dataset = read(path, target="label", **asked)
        except DataError as error:
            return str(error)
        assert all(column.kind == "numeric" for column in dataset.columns)
        return dataset.X.to_numpy().tolist(), list(dataset.X.columns)

    holds()


pieces = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b",", b";", b"\t", b'"', b"'", b"\n", b"\r", b"\0", b"\xff\xfe", b"\x1f\x8b", b"PK\x03\x04", b"NaN"]
    ),
    st.integers(-(10**6), 10**6).map(lambda number: f"{number},".encode()),
)


@many
def test_any_bytes_are_a_table_or_one_line_in_bounded_time_and_memory(tmp_path: Path, examples: int) -> None:
    path = tmp_path / "table.csv"
    read_cells_or_tell(path, b"a,b\n1,2\n")  # what is imported on the way is not counted

    @steady(examples)
    @given(st.lists(pieces, max_size=60).map(b"".join))
    def holds(content: bytes) -> None:
        tracemalloc.start()
        started = time.process_time()
        try:
            read_cells_or_tell(path, content)
            assert time.process_time() - started < SECONDS
            assert tracemalloc.get_traced_memory()[1] < MEBIBYTES * 2**20
        finally:
            tracemalloc.stop()

    holds()


def read_cells_or_tell(path: Path, content: bytes) -> None:
    """Read bytes as cells and as a data set; what cannot be is told in one line that names the file."""
    path.write_bytes(content)
    for way in (read_cells, read):
        told = ""
        try:
            way(path)
        except (DataError, UsageError) as error:
            told = str(error)
        assert len(told.splitlines()) <= 1


PIECES = ("a", "b", ",", '"', "\n", "\r\n", '","', '"a"', '""', ",1\n", "2,3\n")


def strict_rows(data: bytes) -> list[list[str]] | None:
    """Return the rows that a strict parser has of bytes, None where quotes do not match."""
    try:
        return list(
            parting.Dialect().rows(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), strict=True)
        )
    except csv.Error:
        return None


@many
def test_what_bytes_say_of_quotes_and_widths_a_strict_parser_says_too(
    monkeypatch: pytest.MonkeyPatch, examples: int
) -> None:
    sure = {"quoted": 0, "even": 0}

    @steady(20 * examples)
    @given(st.lists(st.sampled_from(PIECES), max_size=12), st.integers(1, 40))
    def check(pieces: list[str], at_a_time: int) -> None:
        monkeypatch.setattr(parting, "CHUNK", at_a_time)
        data = "".join(pieces).encode()
        rows = strict_rows(data)
        if surely_quoted(io.BytesIO(data), parting.Dialect()):
            sure["quoted"] += 1
            assert rows is not None
        lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
        if surely_even(io.BytesIO(data), parting.Dialect(), 2, lines, skip=0):
            sure["even"] += 1
            assert rows is not None
            assert [len(row) for row in rows] == [2] * lines

    check()
    assert min(sure.values()) > examples / 4


def test_ordinary_tables_are_sure() -> None:
    quoted = b'"a","b c, d"\r\n"say ""yes""","2\nlines"\r\n'
    assert surely_quoted(io.BytesIO(b"\xef\xbb\xbf" + quoted), parting.Dialect())
    assert not surely_quoted(io.BytesIO(quoted + b'"open'), parting.Dialect())
    assert not surely_quoted(io.BytesIO(quoted + b'5" disk,2\n'), parting.Dialect())
    assert surely_even(io.BytesIO(b"a;b;c\n1;2;\n3;;4"), parting.Dialect(";"), 3, 2, skip=1)
    assert not surely_even(io.BytesIO(b"a;b;c\n1;2;\n3;4\n;;5;\n"), parting.Dialect(";"), 3, 3, skip=1)
