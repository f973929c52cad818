"""Where a table begins: preamble, header rows and the first row of data, judged from its first records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from compare_cli.data.cells import DATE, NUMBER, is_filled, is_missing, looks_numeric
from compare_cli.data.dialect import Dialect

COMMENT_MARKS = ("#", "%", "//")
MAX_HEADER_ROWS = 6
HEADER_SAMPLE = 100
ROW_NAMES = "row_names"  # the column for which R writes no name
HEADER_COLUMNS = 300  # judged in a very wide table, evenly spread
PLAIN_NUMBER = re.compile(r"-?\d{1,9}(\.\d+)?")
NAMES_SAMPLE = 20
MIN_COLUMN = 4  # cells that show what a column holds
MANY_NUMBERS = 8
RULE = re.compile(r":-+:?|-+:|-{3,}|={3,}")
MANY_ROWS = 8  # that show by themselves whether names stand over them
MAX_ALIKE = 0.2
SUFFIXED = re.compile(r"(.*)\.(\d+)")


@dataclass(frozen=True)
class Layout:
    """``names`` has one entry per column; ``first_record`` numbers the first record of data from 0.

    ``names`` are empty where there is no header. ``rescued`` is a row of data that a program took
    for column names ("X1", "X0", "X0.1", …), set right again.
    """

    width: int
    names: list[str]
    first_record: int
    preamble: int
    rescued: list[str] | None = None
    header_cells: list[list[str]] = field(default_factory=list)


def find_layout(
    records: Sequence[list[str]], header: bool | int | None, *, names_quoted: bool, start: int | None = None
) -> Layout:
    """Judge the first records of a table.

    ``header`` says whether rows name the columns, or how many do; ``start`` which record is the table's
    first; None leaves it to the records. ``names_quoted``: all names wear quotes, numbers below do not.
    """
    width = typical_width(records)
    if start is None:
        start = _skip_preamble(records, width)
    body = _first_part(records[start : start + HEADER_SAMPLE])
    if not body:
        return Layout(width, [], start, start)
    if header is None and (rescued := unmangle(body[0], body[1:])) is not None:
        return Layout(width, [], start + 1, start, rescued=rescued)
    count = int(header or 0)
    if header is not False and len(body) > 1 and is_rule(body[1]) and not is_rule(body[0]) and count < 2:
        return Layout(width, _names([body[0]], body[2:], width), start + 2, start, header_cells=[body[0]])
    if header is None or header is True:
        found = _header_rows(body, width, names_quoted)
        named = _names_in_comment(records[start - 1], body, width) if start and not found else None
        if named is not None:
            return Layout(width, named, start, start - 1, header_cells=[named])
        count = max(count, found)
    used = [list(row) for row in body[:count]]
    names = _names(used, body[count:], width)
    return Layout(width, names, start + count, start, header_cells=used)


def typical_width(records: Sequence[list[str]]) -> int:
    """Return the most frequent number of cells among records that are not blank (ties: the larger)."""
    widths = Counter(len(row) for row in records if any(cell.strip() for cell in row))
    return max(widths, key=lambda width: (widths[width], width), default=0)


def wear_quotes(sample: str, dialect: Dialect) -> bool:
    """Whether every cell of the first line is quoted while the second line's numbers are not."""
    lines = [line for line in sample.splitlines()[:20] if line.strip() and not is_comment([line])][:2]
    if len(lines) < 2:
        return False
    if not dialect.quote:
        return False
    first = [cell.strip() for cell in lines[0].split(dialect.delimiter)]
    second = [cell.strip() for cell in lines[1].split(dialect.delimiter)]
    quoted = all(len(c) >= 2 and c[0] == c[-1] == dialect.quote for c in first)
    return quoted and any(c and c[0] != dialect.quote for c in second)


def is_comment(row: Sequence[str]) -> bool:
    """Whether a record is a comment line."""
    return bool(row) and row[0].lstrip().startswith(COMMENT_MARKS)


def is_rule(row: Sequence[str]) -> bool:
    """Whether a record is the line under the names of columns that tables in Markdown have: dashes only."""
    return len(row) > 1 and any(row) and all(RULE.fullmatch(cell.strip()) for cell in row if cell.strip())


def _names_in_comment(row: Sequence[str], body: Sequence[list[str]], width: int) -> list[str] | None:
    """Return the column names in a comment right above a table without a header, None if it has none."""
    if not is_comment(row) or width < 2:
        return None
    first = row[0].strip()
    bare = first.lstrip("#%/").strip()
    names = [cell.strip() for cell in (row if bare or len(row) == width else row[1:])]
    if len(names) != width:
        return None
    names[0] = bare if bare and len(names) == len(row) else names[0]
    plain = all(name and len(name.split()) <= 4 and not looks_numeric(name) for name in names)
    return names if width == len(set(names)) and plain else None


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _skip_preamble(records: Sequence[list[str]], width: int) -> int:
    """Return the number of the first record that belongs to the table."""
    at = 0
    while at < len(records) and (is_comment(records[at]) or not _filled(records[at])):
        at += 1
    if width < 2:
        return at
    filled = sorted(min(_filled(row), width) for row in records[at:])
    used = filled[int(0.9 * (len(filled) - 1))] if filled else 0  # columns that rows fill, in a sparse table
    best = at
    for number in range(at, min(len(records), at + 30)):
        row = records[number]
        title = _is_title(row, width) or _is_apart(records, number, width)
        if title and _continues(records, number, width):
            best = number + 1
        elif _filled(row) > max(1, used // 2) and len(row) >= width - 1:
            break
    while best < len(records) and not _filled(records[best]):
        best += 1
    return best


def _is_apart(records: Sequence[list[str]], number: int, width: int) -> bool:
    """Whether a short record stands above a blank one, or beside one that is as short: a name and its value.

    A single short one may be a header of R, in which the row names have no name.
    """
    length = len(records[number])
    below = records[number + 1 : number + 2]
    beside = [*records[max(0, number - 1) : number], *below]
    return length < width and any((row in below and not _filled(row)) or len(row) == length for row in beside)


def _is_title(row: Sequence[str], width: int) -> bool:
    """A title, a stray line or a blank one: at most one filled cell, or far from the table's width."""
    filled = _filled(row)
    if any(cell.strip() for cell in row[width:]):
        return True
    if len(row) < width - 1 and filled <= max(1, width // 2):
        return True
    return filled == 0 or (filled == 1 and (width > 2 or not row[-1].strip()))


def _continues(records: Sequence[list[str]], number: int, width: int) -> bool:
    """Whether real rows follow: a sparse table must not be eaten up as its own preamble."""
    following = records[number + 1 : number + 60]
    return any(_filled(row) >= max(2, width // 2) and len(row) >= width - 1 for row in following)


def _first_part(body: Sequence[list[str]]) -> Sequence[list[str]]:
    """Return the records above the first blank one, if they are many: below, another table may begin."""
    blank = next((at for at, row in enumerate(body) if not _filled(row)), len(body))
    return body[:blank] if blank > MANY_ROWS else body


def _header_rows(body: Sequence[list[str]], width: int, names_quoted: bool) -> int:
    """Return how many of the first rows name columns."""
    first, below = body[0], [row for row in body[1:] if len(row) == width and row != body[0]]
    if not below:
        return int(not any(looks_numeric(cell) for cell in first) and len(set(first)) == len(first))
    if not names_quoted and not _is_header(first, below):
        return 0
    count = 1
    while count < min(MAX_HEADER_ROWS, len(body) - 1) and _is_more_header(
        body[count], body[count + 1 :], first
    ):
        count += 1
    return count


def _is_header(first: Sequence[str], below: Sequence[list[str]]) -> bool:
    """Compare the first row with the columns under it: names differ in kind from what they name."""
    for_header = against = 0.0
    nameless = False
    width = min(len(first), len(below[0]))
    for position in range(0, width, max(1, width // HEADER_COLUMNS)):
        cell = first[position].strip()
        column = [row[position].strip() for row in below]
        present = [value for value in column if is_filled(value)]
        if not cell or not present:
            nameless |= 2 * len(present) > len(column)
            continue
        later = present[len(present) // 3 :]  # units and the like may follow the names
        numeric = sum(map(looks_numeric, later)) / len(later)
        if _is_date(cell) and numeric >= 0.9 and not any(map(_is_date, later)):
            for_header += 1.0
        elif looks_numeric(cell):
            against += 1.0 if numeric > 0.5 else 0.3
        elif is_missing(cell):
            against += 1.0
        elif numeric >= 0.9:
            for_header += 1.0
        elif cell in present:
            against += 1.0
        elif len(present) >= 8 and len(set(present)) <= len(present) / 4:
            for_header += 0.5
        elif max(map(len, present)) > 3 * len(cell) + 10:
            for_header += 0.2
    if against and _named_by_numbers([cell.strip() for cell in first], below[:NAMES_SAMPLE]):
        return True
    if for_header == against == 0:
        named = [cell.strip() for cell in first if cell.strip()]
        return len(set(named)) == len(named) and not nameless
    return for_header > against


def _is_date(cell: str) -> bool:
    """Whether a cell is a date or a time of day, and no number."""
    return DATE.fullmatch(cell) is not None and NUMBER.fullmatch(cell) is None


def _named_by_numbers(first: Sequence[str], below: Sequence[list[str]]) -> bool:
    """Whether the numbers of the first row are names of columns, as years and 0, 1, 2 are.

    They count on or are rising years, and few rows below do so. A text beside them that stands over a column
    of numbers proves as much; without any text, the columns must hold other numbers than whole ones.
    """
    at = [place for place, cell in enumerate(first) if looks_numeric(cell)]
    texts = [place for place, cell in enumerate(first) if cell and not looks_numeric(cell)]
    cells = [first[place] for place in at]
    if not all(map(PLAIN_NUMBER.fullmatch, cells)) or len(set(cells)) < len(cells):
        return False
    columns = [[row[place].strip() for row in below if place < len(row)] for place in texts]
    if not all(is_filled(first[place]) for place in texts):
        return False
    for place, column in zip(texts, columns, strict=True):
        numeric = sum(map(looks_numeric, column)) >= 0.9 * len(column)
        if numeric and len(column) >= MIN_COLUMN and first[place][0].isalpha():
            return True
    if any(first[place] in column for place, column in zip(texts, columns, strict=True)):
        return False
    alike = sum(_counts([row[place] for place in at if place < len(row)]) for row in below)
    if not _counts(cells) or alike > MAX_ALIKE * len(below):
        return False
    fractions = [any("." in row[place] for row in below if place < len(row)) for place in at]
    return bool(texts) or len(at) >= MANY_NUMBERS or 2 * sum(fractions) > len(at)


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are three numbers or more with the same step from each to the next, or rising years.

    Of two years the second must be the next.
    """
    cells = [cell.strip() for cell in cells]
    if len(cells) < 2 or not all(map(PLAIN_NUMBER.fullmatch, cells)):
        return False
    numbers = [float(cell) for cell in cells]
    steps = [b - a for a, b in pairwise(numbers)]
    years = all(number % 1 == 0 and 1700 <= number <= 2200 for number in numbers)
    if len(cells) == 2:
        return years and steps == [1]
    return min(steps) > 0 and (years or max(steps) - min(steps) < 1e-6 * max(numbers))


def _is_more_header(row: Sequence[str], below: Sequence[list[str]], first: Sequence[str]) -> bool:
    """Whether a row under the header belongs to it: the same names again, or units over numbers."""
    if [c.strip() for c in row] == [c.strip() for c in first]:
        return True
    rows = [other for other in below if len(other) == len(row)]
    if len(rows) < 3 or not _filled(row) or any(looks_numeric(cell) for cell in row):
        return False
    votes = [0, 0]
    for position, cell in enumerate(row):
        cells = [other[position].strip() for other in rows]
        present = [value for value in cells if is_filled(value)]
        if present and not is_missing(cell):
            votes[sum(map(looks_numeric, present)) >= 0.9 * len(present)] += 1
    return votes[1] > 0 and votes[1] >= votes[0]


def _names(rows: Sequence[list[str]], below: Sequence[list[str]], width: int) -> list[str]:
    """Join the parts of each column's name. R leaves out the name of the row names: it gets one."""
    if not rows:
        return []
    if len(rows) == 1 and len(rows[0]) == width - 1:
        trailing = all(not row[-1].strip() for row in below if len(row) == width)
        return [*rows[0], ""] if trailing else [ROW_NAMES, *rows[0]]
    padded = [[cell.strip() for cell in [*row, *[""] * width][:width]] for row in rows]
    for level, row in enumerate(padded[:-1]):  # a cell of an upper row speaks for blank ones to its right
        for at in range(1, width):
            if any(lower[at] for lower in padded[level + 1 :]):
                row[at] = row[at] or row[at - 1]
    return [" ".join(part for part in parts if part) for parts in zip(*padded, strict=True)]


def unmangle(first: Sequence[str], below: Sequence[list[str]]) -> list[str] | None:
    """Return the numbers of a data row that R or pandas once took for column names, else None.

    R writes 1, 0, 0 as X1, X0, X0.1, pandas as 1, 0, 0.1: a repeated value counts on.
    """
    stripped = [cell[1:] if cell.startswith("X") else cell for cell in (c.strip() for c in first)]
    prefixed = sum(cell.strip().startswith("X") for cell in first)
    if len(first) < 3 or prefixed not in {0, len(first)}:
        return None
    seen: Counter[str] = Counter()
    repeats = 0
    values = []
    for cell in stripped:
        parts = SUFFIXED.fullmatch(cell)
        base = parts[1] if parts and seen[parts[1]] and int(parts[2]) == seen[parts[1]] else cell
        if base is cell and seen[cell]:
            return None
        repeats += base is not cell
        seen[base] += 1
        value = base if prefixed == 0 else re.sub(r"^\.", "-", base)
        if not NUMBER.fullmatch(value):
            return None
        values.append(value)
    numbers = all(looks_numeric(cell) or is_missing(cell) for row in below[:20] for cell in row)
    return values if repeats >= 3 and numbers and below and _counts_on(stripped, prefixed, below) else None


def _counts_on(cells: Sequence[str], prefixed: int, below: Sequence[list[str]]) -> bool:
    """Plain numbers count only where the columns hold whole numbers and the row would not."""
    if prefixed:
        return True
    odd = [i for i, cell in enumerate(cells) if "." in cell]
    return len(odd) >= 3 and all("." not in row[i] for row in below[:20] for i in odd if i < len(row))
