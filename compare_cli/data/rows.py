"""Reading an irregular text table record by record: ragged rows, stray quotes, footers, further tables."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from compare_cli.data.bytes import ByteSource
from compare_cli.data.cells import CURRENCY, is_missing, looks_numeric
from compare_cli.data.dialect import Dialect
from compare_cli.data.header import Layout, is_comment
from compare_cli.errors import DataError
from compare_cli.notes import note
from compare_cli.types import Note

HOLD = "\ue000"  # stands for a quote that is an ordinary character; private use, so in no real table
MAX_BAD_SHARE = 0.1
SHOWN = 3  # lines in a note
MAX_FOOTER = 10
MAX_JOINED = 12  # delimiters that one cell may hold without quotes
MIN_PROFILE = 5  # rows of the right width from which a column's kind of cells is known
PRICE = re.compile(rf"{CURRENCY}\s?[\d.,]+|[\d.,]+\s?(?:{CURRENCY}|%)")
Record = tuple[list[str], int, bool]
"""A record's cells, the line it begins in (from 1), and whether its quotes had to be repaired."""


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
    """The rows kept, each of the table's width, and what happened to the others (line numbers from 1).

    ``second_table`` is the line of another table's header, ``after_second`` how many rows it has.
    ``widest`` is the most cells of any row, kept or not.
    """

    rows: list[list[str]] = field(default_factory=list)
    too_long: list[int] = field(default_factory=list)
    joined: list[int] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    blank: int = 0
    comments: int = 0
    titles: int = 0
    headers: list[int] = field(default_factory=list)
    repaired: list[int] = field(default_factory=list)
    footer: int = 0
    second_table: int = 0
    after_second: int = 0
    widest: int = 0

    @property
    def loses_many(self) -> bool:
        """Whether more than one row in ten has too many cells to be kept."""
        lost = len(self.too_long)
        return lost > max(1, MAX_BAD_SHARE * (len(self.rows) + lost))

    @property
    def skipped(self) -> int:
        """How many records were left out."""
        left = len(self.too_long) + self.blank + self.comments + self.titles + len(self.headers) + self.footer
        return left + self.after_second + bool(self.second_table)

    def notes(self) -> tuple[Note, ...]:
        """Say what a user should know."""
        found = []
        counted = {
            "rows_too_long": self.too_long,
            "rows_joined": self.joined,
            "rows_short": self.short,
            "quotes_repaired": self.repaired,
            "header_repeated": self.headers,
        }
        for code, lines in counted.items():
            if lines:
                shown = ", ".join(map(str, lines[:SHOWN])) + ", …" * (len(lines) > SHOWN)
                found.append(note(code, count=len(lines), lines=f"line{'s' * (len(lines) > 1)} {shown}"))
        if self.second_table:
            found.append(note("second_table", line=self.second_table, count=self.after_second))
        what = {"blank": self.blank, "comment": self.comments, "title": self.titles, "footer": self.footer}
        if kinds := ", ".join(f"{count} {kind}" for kind, count in what.items() if count):
            found.append(note("rows_skipped", count=sum(what.values()), kinds=kinds))
        return tuple(found)


def iterate(lines: Lines, dialect: Dialect, width: int | None) -> Iterator[Record]:
    """Yield each record.

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
            mended = (
                repair(line, dialect, width) if width and dialect.quote and dialect.quote in line else None
            )
            if mended is not None or row is None:
                lines.at = start + 1
                reader = dialect.rows(lines, strict=True)
        if row is None and mended is None:
            row = next(iter(dialect.rows([lines.lines[start]])), [])
        yield mended or row or [], start + 1, mended is not None


def decoded_lines(text: ByteSource, encoding: str, skip: int) -> Lines:
    """Return the physical lines of a text from line ``skip`` + 1 on; NUL bytes are taken out.

    Before a quote a NUL is an escape, as some programs write it.
    """
    whole = text.all().decode(encoding).replace('\0"', '""').replace("\0", "")
    lines = Lines(list(io.StringIO(whole, newline="")))
    lines.at = skip
    return lines


def read_records(lines: Lines, dialect: Dialect, layout: Layout) -> Outcome:
    """Sort the records after the header by what they are; lines that hold another table end this one."""
    records = list(iterate(lines, dialect, layout.width))[layout.first_record :]
    outcome = Outcome()
    kept: list[tuple[list[str], int]] = []
    first_of_part = after_gap = 0  # where the rows begin that follow the last header, the last blank
    for at, (row, line, mended) in enumerate(records):
        kind = _kind(records, at, layout, kept)
        outcome.repaired += [line] * mended
        if kind == "row":
            kept.append((row, line))
        elif kind == "header":
            outcome.titles += _drop_titles(kept, layout.width)
            if _repeats(kept, records[at + 1 :], first_of_part):
                kind = "table"
            else:
                outcome.headers.append(line)
                first_of_part = len(kept)
        else:
            after_gap = len(kept) if kind == "blank" else after_gap
            outcome.blank += kind == "blank" and bool(row)
            outcome.comments += kind == "comment"
        if kind == "table":
            outcome.titles += _drop_titles(kept, layout.width)
            outcome.second_table = line
            outcome.after_second = sum(map(_has_cells, records[at + 1 :]))
            break
    outcome.footer = _strip_footer(kept, after_gap, layout.width)
    _fit_width(kept, lines, dialect, layout.width, outcome)
    return outcome


def _kind(records: Sequence[Record], at: int, layout: Layout, kept: Sequence[tuple[list[str], int]]) -> str:
    """Say what a record is: "row", "blank", "comment", "header" (again), or the first of another "table"."""
    row, width = records[at][0], layout.width
    if not any(cell.strip() for cell in row):
        return "blank"
    if is_comment(row) and len(row) != width:
        return "comment"
    if layout.header_cells:
        header = layout.header_cells[-1]
        same = sum(a.strip() == b.strip() != "" for a, b in zip(row, header, strict=False))
        if len(row) == width and [c.strip() for c in row] == [c.strip() for c in header]:
            return "header"
        if len(row) != width and same >= 2 and 2 * same > width:
            return "table"
        if kept and _after_gap(records, at) and _heads_another(records, at, header, kept):
            return "table"
    return "row"


def _after_gap(records: Sequence[Record], at: int) -> bool:
    """Whether a blank record, or a title under one, stands before a record."""
    before = [row for row, _, _ in records[max(0, at - 2) : at]]
    filled = [sum(bool(cell.strip()) for cell in row) for row in before]
    return bool(filled) and (filled[-1] == 0 or (len(filled) == 2 and filled == [0, 1]))


def _heads_another(
    records: Sequence[Record], at: int, header: Sequence[str], kept: Sequence[tuple[list[str], int]]
) -> bool:
    """Whether a record names the columns of the rows below it, and not of those above.

    Names are texts, all different; below them stand rows of the same width with numbers somewhere (or one of
    them is a name of the ``header``, too), and above them columns of numbers or a table of another width.
    """
    names = _stripped(records[at][0])
    below = [_stripped(row) for row, _, _ in takewhile(_has_cells, records[at + 1 : at + 6])]
    if len(names) < 2 or not below or any(not name or looks_numeric(name) for name in names):
        return False
    if len(set(names)) < len(names) or not 2 <= max(map(len, below)) <= len(names):
        return False
    numeric_below = any(
        all(at < len(row) and looks_numeric(row[at]) for row in below) for at in range(len(names))
    )
    above = [row for row, _ in kept[-50:]]
    if len(names) != max(len(_stripped(row)) for row in above):
        again = any(a == b.strip() for a, b in zip(names, header, strict=False))
        return numeric_below or again or len(records[at][0]) != len(header)
    columns = [[row[at] for row in above if at < len(row)] for at in range(len(names))]
    return any(sum(map(looks_numeric, column)) >= 0.9 * len(column) for column in columns)


def _has_cells(record: Record) -> bool:
    return any(map(str.strip, record[0]))


def _stripped(row: Sequence[str]) -> list[str]:
    """Return the cells of a record without the blank ones at its end."""
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _drop_titles(kept: list[tuple[list[str], int]], width: int) -> int:
    """Take last rows with one filled cell, in a first column, for the title of what follows."""
    dropped = 0
    while width >= 2 and len(kept) > 1 and len(_stripped(kept[-1][0])) == 1 and dropped < 3:
        kept.pop()
        dropped += 1
    return dropped


def _repeats(kept: Sequence[tuple[list[str], int]], following: Sequence[Record], begin: int) -> bool:
    """Whether the rows after a repeated header are, most of them, rows that were there already."""
    before = Counter(tuple(row) for row, _ in kept[begin:])
    after = Counter(tuple(row) for row, _, _ in following if any(map(str.strip, row)))
    return sum(after.values()) > 0 and 2 * sum((before & after).values()) > sum(after.values())


def _fit_width(
    kept: Sequence[tuple[list[str], int]], lines: Lines, dialect: Dialect, width: int, outcome: Outcome
) -> None:
    """Give every row the table's width: fill short ones, join cells of long ones where that is certain."""
    regular = [row for row, _ in kept if len(row) == width][:1000]
    profile = _profile(regular, width) if len(regular) >= MIN_PROFILE else []
    outcome.widest = max((len(row) for row, _ in kept), default=width)
    for row, line in kept:
        over = len(row) > width
        lost = over and any(cell.strip() for cell in row[width:])
        if over and (lost or (profile and _unlike(row[:width], profile))):
            cells = _join_cells(lines.lines[line - 1], dialect, profile) if profile else None
            if cells is not None:
                outcome.joined.append(line)
                row = cells
            elif lost:
                outcome.too_long.append(line)
                continue
        elif len(row) < width:
            outcome.short.append(line)
            row = row + [""] * (width - len(row))
        outcome.rows.append(row[:width])


def _profile(rows: Sequence[Sequence[str]], width: int) -> list[Counter[str]]:
    """Count the kinds of cells in each column."""
    return [Counter(_shape(row[at]) for row in rows) for at in range(width)]


def _unlike(cells: Sequence[str], profile: Sequence[Counter[str]]) -> int:
    """Return how many cells are of a kind that their column has in less than one row in ten."""
    return sum(
        counts[_shape(cell)] * 10 < counts.total() for cell, counts in zip(cells, profile, strict=True)
    )


def _shape(cell: str) -> str:
    """Name the kind of a cell: empty, number, price, address, code (with digits) or text."""
    cell = cell.strip()
    if is_missing(cell):
        return "empty"
    if looks_numeric(cell):
        return "number"
    if PRICE.fullmatch(cell):
        return "price"
    if "://" in cell[:10]:
        return "address"
    return "code" if any(char.isdigit() for char in cell) and " " not in cell else "text"


def _join_cells(line: str, dialect: Dialect, profile: Sequence[Counter[str]]) -> list[str] | None:
    """Return the cells of a line with a run of unquoted ones joined; None unless one way is clearly best."""
    width, joint = len(profile), dialect.delimiter + " " * dialect.skip_blanks
    tokens = list(_tokens(line.rstrip("\r\n"), dialect)) if len(line) <= 10_000 else []
    extra = len(tokens) - width
    if not 1 <= extra <= MAX_JOINED:
        return None
    ways = []
    for at in range(width):
        run = tokens[at : at + extra + 1]
        if any(quoted for _, quoted in run):
            continue
        cells = [
            cell
            for cell, _ in (*tokens[:at], (joint.join(c for c, _ in run), False), *tokens[at + extra + 1 :])
        ]
        unlike = _unlike(cells, profile)
        blanks = sum(cell[:1] == " " and cell.strip() != "" for cell in cells)
        ways.append((unlike, blanks, cells))
    ways.sort(key=lambda way: way[:2])
    if not ways or ways[0][0] > 0 or (len(ways) > 1 and ways[0][:2] == ways[1][:2]):
        return None
    return ways[0][2]


def _tokens(line: str, dialect: Dialect) -> Iterator[tuple[str, bool]]:
    """Yield the cells of a line, and whether each wears quotes."""
    quote, delimiter = re.escape(dialect.quote or "\0"), re.escape(dialect.delimiter)
    blank = "" if dialect.delimiter == " " else " ?"
    cell = re.compile(
        rf"{blank}{quote}((?:[^{quote}]|{quote}{quote})*){quote}{blank}(?={delimiter}|$)|([^{delimiter}]*)"
    )
    at = 0
    while at <= len(line):
        found = cell.match(line, at)
        assert found is not None, "the second way matches anything"
        quoted = found[1] is not None
        yield (found[1].replace(dialect.quote * 2, dialect.quote), True) if quoted else (found[2], False)
        at = found.end() + 1


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


def _strip_footer(kept: list[tuple[list[str], int]], after_gap: int, width: int) -> int:
    """Take the last rows away that are a footer, and return their number.

    A footer fills first cells only, under rows that are fuller; or its rows, below the last blank record, all
    have fewer cells than the table has columns.
    """
    before = len(kept)
    if width < 3:
        return 0
    if 0 < after_gap < before <= after_gap + MAX_FOOTER and all(
        len(row) < width for row, _ in kept[after_gap:]
    ):
        del kept[after_gap:]
    while before - len(kept) < MAX_FOOTER and len(kept) > 2 and len(_stripped(kept[-1][0])) == 1:
        kept.pop()
    return before - len(kept)


def refuse_many(source: str, outcome: Outcome, width: int) -> None:
    """Raise DataError where more than one row in ten cannot be kept: the dialect must be wrong."""
    if outcome.loses_many:
        first, more = outcome.too_long[0], len(outcome.too_long) - 1
        raise DataError(
            f"{source}: line {first} and {more} more have over {width} columns; "
            "check the quotes, or name the delimiter with --delimiter."
        )
