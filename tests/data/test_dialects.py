"""Properties of reading: what was written in any dialect is read back; any bytes end in a table or one line."""

from __future__ import annotations

import csv
import io
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compare_cli.data import read, read_cells
from compare_cli.errors import DataError, UsageError

many = pytest.mark.parametrize("examples", [80, pytest.param(3000, marks=pytest.mark.slow)])
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "latin-1", "cp1252", "cp949", "shift_jis")
DELIMITERS = (",", ";", "\t", "|", " ", ":", "^", "~")
SECONDS, MEBIBYTES = 10, 64  # for a small file, on a busy machine


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
        out = io.StringIO(newline="")
        writer = csv.writer(
            out,
            delimiter=self.delimiter,
            quotechar=self.quote,
            lineterminator=self.end,
            quoting=csv.QUOTE_ALL if self.always else csv.QUOTE_MINIMAL,
        )
        writer.writerows([names, *rows] if self.header else rows)
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
    letter = st.characters(codec=encoding, exclude_characters="\0\x1a\ufeff", exclude_categories=["Cs", "Co"])
    text = st.lists(marks | letter, max_size=8).map("".join)
    return text.filter(lambda cell: cell == cell.strip() and fits(cell, encoding))


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
