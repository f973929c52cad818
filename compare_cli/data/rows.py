"""Reading an irregular text table record by record: ragged rows, stray quotes, footers, a second table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from compare_cli.data.bytes import ByteSource
from compare_cli.data.dialect import Dialect
from compare_cli.data.header import Layout, is_comment
from compare_cli.errors import DataError
from compare_cli.notes import note
from compare_cli.types import Note

HOLD = "\ue000"  # stands for a quote that is an ordinary character; private use, so in no real table
MAX_BAD_SHARE = 0.1
MAX_FOOTER = 10


class Lines:
    """Physical lines that a csv reader consumes and that can be gone back to."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.at = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1]


@dataclass
class Outcome:
    """The rows kept, each of the table's width, and what happened to the others (line numbers from 1)."""

    rows: list[list[str]] = field(default_factory=list)
    too_long: list[int] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    blank: int = 0
    comments: int = 0
    headers: list[int] = field(default_factory=list)
    repaired: list[int] = field(default_factory=list)
    footer: int = 0
    second_table: int = 0
    after_second: int = 0

    @property
    def skipped(self) -> int:
        """How many records were left out."""
        left = len(self.too_long) + self.blank + self.comments + len(self.headers) + self.footer
        return left + self.after_second

    def notes(self) -> tuple[Note, ...]:
        """Say what a user should know."""
        found = []
        if self.too_long:
            found.append(note("rows_too_long", count=len(self.too_long), line=self.too_long[0]))
        if self.short:
            found.append(note("rows_short", count=len(self.short), line=self.short[0]))
        if self.repaired:
            found.append(note("quotes_repaired", count=len(self.repaired), line=self.repaired[0]))
        if self.headers:
            found.append(note("header_repeated", count=len(self.headers), line=self.headers[0]))
        if self.second_table:
            found.append(note("second_table", line=self.second_table, count=self.after_second))
        others = self.blank + self.comments + self.footer
        if others:
            what = {"blank": self.blank, "comment": self.comments, "footer": self.footer}
            kinds = ", ".join(f"{count} {kind}" for kind, count in what.items() if count)
            found.append(note("rows_skipped", count=others, kinds=kinds))
        return tuple(found)


def iterate(lines: Lines, dialect: Dialect, width: int | None) -> Iterator[tuple[list[str], int, bool]]:
    """Yield each record, the line it begins in (from 1), and whether its quotes had to be repaired.

    Where quotes do not match, the first physical line counts as the record: an unclosed quote must
    not swallow the rest of the file. ``width`` is the number of cells to repair towards.
    """
    reader = dialect.rows(lines, strict=True)
    while True:
        start = lines.at
        row: list[str] | None
        try:
            row = next(reader, None)
            if row is None:
                return
        except csv.Error:
            row = None
        mended = None
        if row is None or (width and row and len(row) != width):
            line = lines.lines[start]
            mended = repair(line, dialect, width) if width and dialect.quote in line else None
            if mended is not None or row is None:
                lines.at = start + 1
                reader = dialect.rows(lines, strict=True)
        if row is None and mended is None:
            row = next(iter(dialect.rows([lines.lines[start]])), [])
        yield mended or row or [], start + 1, mended is not None


def read_records(text: ByteSource, encoding: str, dialect: Dialect, layout: Layout) -> Outcome:
    """Read every record after the header. Raises DataError where more than one in ten cannot be kept."""
    lines = Lines(list(io.StringIO(text.all().decode(encoding), newline="")))
    records = iterate(lines, dialect, layout.width)
    for _ in range(layout.first_record):
        next(records, None)
    outcome = Outcome()
    for row, line, mended in records:
        if mended:
            outcome.repaired.append(line)
        if not _keep(row, line, layout, outcome):
            outcome.second_table = line
            outcome.after_second = 1 + sum(1 for _ in records)
            break
    _strip_footer(outcome, layout.width)
    _refuse_many(text, outcome, layout.width)
    return outcome


def _keep(row: list[str], line: int, layout: Layout, outcome: Outcome) -> bool:
    """File one record under what it is. Return False where another table begins."""
    width = layout.width
    if not any(cell.strip() for cell in row):
        outcome.blank += bool(row)
    elif is_comment(row) and len(row) != width:
        outcome.comments += 1
    elif layout.header_cells and (names := _matching_names(row, layout)):
        if names == width == len(row):
            outcome.headers.append(line)
        elif len(row) != width and names >= 2 and 2 * names > width:
            return False
        else:
            _keep_data(row, line, width, outcome)
    else:
        _keep_data(row, line, width, outcome)
    return True


def _matching_names(row: Sequence[str], layout: Layout) -> int:
    header = layout.header_cells[-1]
    return sum(a.strip() == b.strip() for a, b in zip(row, header, strict=False))


def _keep_data(row: list[str], line: int, width: int, outcome: Outcome) -> None:
    if len(row) > width and any(cell.strip() for cell in row[width:]):
        outcome.too_long.append(line)
        return
    if len(row) < width:
        outcome.short.append(line)
        row = row + [""] * (width - len(row))
    outcome.rows.append(row[:width])


def repair(line: str, dialect: Dialect, width: int) -> list[str] | None:
    """Parse a line whose quotes do not match by taking some of them for plain characters.

    First all quotes that do not stand at the edge of a cell, then each single one. None if no way
    gives ``width`` cells.
    """
    body = line.rstrip("\r\n")
    places = [at for at, char in enumerate(body) if char == dialect.quote][:200]
    inner = [at for at in places if not _at_edge(body, at, dialect.delimiter)]
    for held in [inner, *([at] for at in places), *([*inner, at] for at in places)]:
        chars = list(body)
        for at in held:
            chars[at] = HOLD
        try:
            rows = list(dialect.rows(["".join(chars)], strict=True))
        except csv.Error:
            continue
        if len(rows) == 1 and len(rows[0]) == width:
            return [cell.replace(HOLD, dialect.quote) for cell in rows[0]]
    return None


def _at_edge(body: str, at: int, delimiter: str) -> bool:
    before, after = body[:at].rstrip(" "), body[at + 1 :].lstrip(" ")
    return not before or not after or before.endswith(delimiter) or after.startswith(delimiter)


def _strip_footer(outcome: Outcome, width: int) -> None:
    """Take last rows with a first cell only for a footer, where the rows above are fuller."""
    if width < 3:
        return
    while outcome.footer < MAX_FOOTER and len(outcome.rows) > 2:
        last = outcome.rows[-1]
        if not last[0].strip() or any(cell.strip() for cell in last[1:]):
            break
        outcome.rows.pop()
        outcome.footer += 1
    outcome.short = outcome.short[: max(0, len(outcome.short) - outcome.footer)]


def _refuse_many(text: ByteSource, outcome: Outcome, width: int) -> None:
    bad = len(outcome.too_long)
    if bad > max(1, MAX_BAD_SHARE * (len(outcome.rows) + bad)):
        raise DataError(
            f"{text.source}: line {outcome.too_long[0]} and {bad - 1} more have over {width} columns; "
            "check the quotes, or name the delimiter with --delimiter."
        )
