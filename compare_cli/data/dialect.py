"""How the cells of a text table are parted and quoted, decided by trial on its first lines."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

import numpy as np

from compare_cli.data.bytes import CHUNK
from compare_cli.data.cells import DATE, NUMBER
from compare_cli.errors import UsageError

SAMPLE_RECORDS = 100
CANDIDATES = (",", ";", "\t", "|", " ", ":", "^", "~", "\x1f", "\x01")
PRIOR = {":": 0.7, "^": 0.9, "~": 0.9}  # colons part hours from minutes more often than cells
TABS_NAMED = 1.2  # the file's name says that tabs part its cells
CLEAR_LEAD = 1.15
CLEAR_SCORE = 0.55
FIELD_LIMIT = 10_000_000

WRAPPED = re.compile(r'"(?:[^"]|"")*"')
PLAIN_TEXT = re.compile(r"[^,;|\t\"]*")


@dataclass(frozen=True)
class Dialect:
    """One way to part lines into cells. A ``whitespace`` dialect takes any run of blanks as one delimiter.

    ``quote`` is empty where none has a meaning. ``halved``: cells are in other quotes, and double quotes in
    them are doubled. ``wrapped``: each line as a whole is in quotes, and quotes in it are doubled.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    skip_blanks: bool = False
    whitespace: bool = False
    halved: bool = False
    wrapped: bool = False

    @property
    def plain(self) -> bool:
        """Whether an ordinary parser reads it: delimiter, quote and nothing else."""
        return not (self.escape or self.halved or self.wrapped)

    @property
    def name(self) -> str:
        """The delimiter as the user may give it."""
        return "whitespace" if self.whitespace else self.delimiter

    def rows(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        """Return the records of physical lines (with their line ends).

        ``strict`` raises csv.Error for a quote that is not where a quote can be.
        """
        csv.field_size_limit(FIELD_LIMIT)
        if self.wrapped:
            lines = map(_unwrapped, lines)
        if self.whitespace:
            lines = (" ".join(line.split()) + "\n" for line in lines)
        if self.escape:
            # Only before a quote is a backslash an escape: in C:\temp it is none.
            lines = (re.sub(rf"(?<!\\)\\{self.quote}", self.quote * 2, line) for line in lines)
        rows = csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=self.skip_blanks or self.whitespace,
            strict=strict,
        )
        return ([cell.replace('""', '"') for cell in row] for row in rows) if self.halved else rows


def surely_quoted(stream: BinaryIO, dialect: Dialect) -> bool:
    """Whether each quote in bytes of UTF-8 begins a cell, ends one, or is doubled within one.

    False where only a parser can tell, as with quotes in the middle of cells, or cells of many kilobytes.
    """
    quote, edge = ord(dialect.quote), np.zeros(256, dtype=bool)
    edge[[ord(dialect.delimiter), ord("\r"), ord("\n"), quote]] = True
    data, inside, more = b"\n" + stream.read(CHUNK).removeprefix(codecs.BOM_UTF8), False, True
    while more:
        chunk = stream.read(CHUNK)
        data, more = data + (chunk or b"\n"), bool(chunk)
        cells = np.frombuffer(data, dtype=np.uint8)
        at = np.flatnonzero(cells[1:-1] == quote) + 1
        opening, closing = at[int(inside) :: 2], at[int(not inside) :: 2]
        if (inside and not len(at)) or not (
            edge[cells[opening - 1]].all() and edge[cells[closing + 1]].all()
        ):
            return False
        inside ^= len(at) % 2 == 1
        data = data[-2:]
    return not inside


def surely_even(stream: BinaryIO, dialect: Dialect, width: int, rows: int, skip: int) -> bool:
    """Whether bytes of UTF-8 are, after ``skip`` lines, ``rows`` of ``width`` cells without any quotes.

    False where only a parser can tell.
    """
    mark, quote = ord(dialect.delimiter), dialect.quote.encode()
    for _ in range(skip):
        stream.readline()
    for data in _whole_lines(stream):
        returns = data.count(b"\r\n") + data.endswith(b"\r")
        if (quote and quote in data) or data.count(b"\r") != returns:
            return False
        cells = np.frombuffer(data, dtype=np.uint8)
        ends = np.append(np.flatnonzero(cells == ord("\n")), len(cells))
        marks = np.flatnonzero(cells == mark)
        if len(marks) != len(ends) * (width - 1):
            return False
        in_line = marks.reshape(len(ends), width - 1)
        if (in_line[:, -1] > ends).any() or (in_line[1:, 0] < ends[:-1]).any():
            return False
        rows -= len(ends)
    return rows == 0


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield bytes in parts of whole lines, each without its last line end."""
    rest = b""
    while chunk := stream.read(max(CHUNK, len(rest))):
        data, end, rest = (rest + chunk).rpartition(b"\n")
        if end:
            yield data
    if rest:
        yield rest


def _unwrapped(line: str) -> str:
    body = line.rstrip("\r\n")
    if not WRAPPED.fullmatch(body):
        return line
    return body[1:-1].replace('""', '"') + line[len(body) :]


def _wrapped(sample: str) -> str | None:
    """Return a sample without the quotes around each whole line; None where not all lines wear them."""
    lines = [line for line in sample.splitlines(keepends=True) if line.strip()]
    if len(lines) < 2 or not all(WRAPPED.fullmatch(line.rstrip("\r\n")) for line in lines[:SAMPLE_RECORDS]):
        return None
    return "".join(map(_unwrapped, lines))


def find_dialect(
    sample: str, delimiter: str | None = None, quote: str | None = None, *, tab_first: bool = False
) -> Dialect:
    """Return the dialect of a text table from its first lines.

    ``delimiter`` and ``quote`` ("none" for none) are the user's, if given. Raises UsageError where they are
    the same.
    """
    sample = sample.replace("\r\n", "\n").replace("\r", "\n")  # patterns below know one line end
    found = _find_dialect(sample, delimiter, tab_first=tab_first)
    if quote is None:
        inner = _wrapped(sample)
        within = inner and _find_dialect(inner, delimiter, tab_first=tab_first)
        sure = within and score(inner or "", within) >= CLEAR_SCORE and _one_width(inner or "", within)
        return replace(within, wrapped=True) if within and sure else found
    if quote == found.delimiter:
        raise UsageError(f"--quote {quote!r}: stands between the columns; give another --delimiter.")
    mark = "" if quote == "none" else quote
    escape = _escape(sample, mark, found.delimiter) if mark else None
    return replace(found, quote=mark, escape=escape, halved=False)


def _find_dialect(sample: str, delimiter: str | None, *, tab_first: bool) -> Dialect:
    if delimiter is not None:
        return dialect_with(sample, delimiter)
    scored = sorted(
        (
            (
                score(sample, d)
                * (TABS_NAMED if tab_first and d.delimiter == "\t" else PRIOR.get(d.delimiter, 1.0)),
                d,
            )
            for d in _candidates(sample)
        ),
        key=lambda pair: -pair[0],
    )
    best, dialect = scored[0]
    second = scored[1][0] if len(scored) > 1 else 0.0
    if best == 0:
        return dialect_with(sample, ",")
    if best >= CLEAR_SCORE and best >= second * CLEAR_LEAD:
        return dialect
    return _second_opinion(sample, [d for s, d in scored if s > 0]) or dialect


def _candidates(sample: str) -> list[Dialect]:
    found = [dialect_with(sample, d) for d in CANDIDATES if d in sample]
    if " " in sample or "\t" in sample:
        found.append(Dialect(" ", quote=_quote(sample, " "), whitespace=True))
    return found or [dialect_with(sample, ",")]


def dialect_with(sample: str, delimiter: str) -> Dialect:
    r"""Return the dialect with this delimiter; quotes, escapes and blanks come from the sample.

    ``delimiter`` "whitespace" or ``\s+`` takes runs of blanks, ``\t`` and "tab" a tab.
    """
    if delimiter in {"whitespace", r"\s+"}:
        return Dialect(" ", quote=_quote(sample, " "), whitespace=True)
    delimiter = "\t" if delimiter in {"tab", r"\t"} else delimiter
    quote = _quote(sample, delimiter)
    blanks = delimiter != " " and _mostly_followed_by_blank(sample, delimiter)
    halved = quote == "'" and '""' in sample and '"' not in sample.replace('""', "")
    return Dialect(delimiter, quote, _escape(sample, quote, delimiter), blanks, halved=halved)


def _quote(sample: str, delimiter: str) -> str:
    """Return the quote that more cells wear at both ends; double quotes win a tie."""
    edge = re.escape(delimiter)
    worn = {
        q: len(re.findall(rf"(?:^|{edge})[ ]?{q}[^{q}\n]*{q}(?=\s*(?:{edge}|$))", sample, re.M))
        for q in "\"'"
    }
    return "'" if worn["'"] > worn['"'] else '"'


def _escape(sample: str, quote: str, delimiter: str) -> str | None:
    """Return a backslash where all quotes inside cells wear one (and not just paths that end in one)."""
    edge, mark = re.escape(delimiter), re.escape(quote)
    inner = re.search(rf"\\{mark}(?!\s*({edge}|$))", sample, re.M)
    plain = re.search(rf"[^\\\s{edge}{mark}]{mark}[^\s{edge}{mark}]", sample)
    return "\\" if inner and not plain and quote * 3 not in sample else None


def _mostly_followed_by_blank(sample: str, delimiter: str) -> bool:
    count = sample.count(delimiter)
    return count > 0 and sample.count(delimiter + " ") > 0.5 * count


def score(sample: str, dialect: Dialect) -> float:
    """Return in [0, 1] how well a dialect explains a sample: rows of one length, cells of clear type."""
    try:
        rows = list(islice(filter(any, dialect.rows(io.StringIO(sample, newline=""))), SAMPLE_RECORDS))
    except csv.Error:
        return 0.0
    if not rows:
        return 0.0
    (width, count), *_ = Counter(len(row) for row in rows).most_common(1)
    if width < 2:
        return 0.0
    typical = [row for row in rows if len(row) == width]
    cells = [cell.strip() for row in typical[:60] for cell in row[:200]]
    clear = sum(map(_clearness, cells)) / len(cells)
    # A delimiter that parts a line into two explains less than one that parts it into ten.
    return (count / len(rows)) * clear * (1 - 0.4 / width)


def _one_width(sample: str, dialect: Dialect) -> bool:
    """Whether all lines of a sample have the same number of cells, and several."""
    widths = {len(row) for row in islice(dialect.rows(io.StringIO(sample, newline="")), SAMPLE_RECORDS)}
    return len(widths) == 1 and widths != {1}


def _clearness(cell: str) -> float:
    if not cell or NUMBER.fullmatch(cell) or DATE.fullmatch(cell):
        return 1.0
    if PLAIN_TEXT.fullmatch(cell):
        return 0.9
    return 0.6 if ", " in cell or " " in cell else 0.1


def _second_opinion(sample: str, dialects: list[Dialect]) -> Dialect | None:
    """Ask clevercsv; its answer counts where it is one of the dialects that explain anything."""
    import clevercsv

    lines = sample.splitlines(keepends=True)[:SAMPLE_RECORDS]
    try:
        found = clevercsv.Detector().detect("".join(lines), delimiters=[d.delimiter for d in dialects])
    except clevercsv.Error:
        return None
    return next((d for d in dialects if found and d.delimiter == found.delimiter), None)
