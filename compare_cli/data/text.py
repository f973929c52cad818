"""A text table as a `Table`: the ordinary one through pandas' C parser, the odd one record by record."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from compare_cli.data.bytes import ByteSource
from compare_cli.data.cells import MISSING
from compare_cli.data.columns import MAX_EXACT
from compare_cli.data.dialect import Dialect, find_dialect, surely_even, surely_quoted
from compare_cli.data.encoding import known_encoding, scan
from compare_cli.data.header import ROW_NAMES, Layout, find_layout, is_comment, typical_width, wear_quotes
from compare_cli.data.rows import Lines, Outcome, decoded_lines, iterate, read_records, refuse_many
from compare_cli.data.table import (
    UNNAMED,
    Cells,
    ReadOptions,
    Table,
    clean_name,
    refuse_wide,
    unique_names,
)
from compare_cli.errors import DataError, UsageError
from compare_cli.notes import note
from compare_cli.types import ReadInfo

if TYPE_CHECKING:
    import pandas as pd

HEAD = 1 << 16  # characters
HEAD_RECORDS = 200
MAX_WIDE_HEAD = 1 << 24
MAX_HEADER = 50  # rows that may name columns

ChooseText = Callable[[Sequence[str], bool], Sequence[str]]
"""Given the column names and whether the table has a header: the columns to keep as text (the target)."""


@dataclass(frozen=True)
class Plan:
    """How a text will be read: found on its head, carried out on the whole.

    ``skip_rows`` lines stand before the table and ``skip_lines`` before its first row of data. ``unnamed``
    are the columns for which the header has no name. ``hashes``: there may be comments.
    """

    encoding: str
    dialect: Dialect
    layout: Layout
    names: list[str]
    renamed: list[str]
    unnamed: list[str]
    skip_rows: int
    skip_lines: int
    quoted: bool
    nuls: bool
    hashes: bool = True


def read_text(text: ByteSource, options: ReadOptions, keep_text: ChooseText) -> Table:
    """Read a text table. Raises DataError for what is not one, UsageError for options that cannot be."""
    plan = make_plan(text, options)
    _refuse_tiny(text, plan)
    refuse_wide(text.source, plan.layout.width)
    as_text = list(keep_text(plan.names, bool(plan.layout.names)))
    frame = read_fast(text, plan, as_text)
    outcome = Outcome()
    if frame is None:
        plan, outcome = _read_irregular(text, plan, options)
        refuse_many(text.source, outcome, plan.layout.width)
        frame = _frame(outcome.rows, plan)
    frame = _without_trailing(frame, plan)
    notes = list(outcome.notes())
    if plan.layout.rescued is not None:
        frame = _with_rescued(frame, plan)
        notes.append(note("header_was_data"))
    if plan.nuls:
        notes.append(note("nul_bytes"))
    if plan.renamed:
        shown = ", ".join(plan.renamed[:5])
        notes.append(note("columns_renamed", columns=shown, count=len(plan.renamed)))
    info = ReadInfo(
        plan.dialect.name,
        plan.encoding,
        bool(plan.layout.names),
        plan.skip_rows + plan.layout.preamble,
        outcome.skipped,
        plan.dialect.quote or None,
        len(plan.layout.header_cells),
    )
    return Table(text.name, text.source, frame, info, tuple(notes), unnamed=tuple(plan.unnamed))


def text_cells(text: ByteSource, options: ReadOptions) -> Cells:
    """Read a text table as it is written; an empty text has no rows."""
    plan = make_plan(text, options)
    if plan.layout.width == 0:
        return Cells(None, [])
    plan, outcome = _read_irregular(text, plan, options)
    if outcome.loses_many:  # no row is lost where the table may as well be as wide as its widest
        layout = replace(plan.layout, width=outcome.widest)
        outcome = read_records(decoded_lines(text, plan.encoding, plan.skip_rows), plan.dialect, layout)
        plan = replace(plan, layout=layout)
    rows = outcome.rows if plan.layout.rescued is None else [plan.layout.rescued, *outcome.rows]
    return Cells(_header_cells(plan.layout), rows, outcome.notes(), plan.dialect.name)


def _header_cells(layout: Layout) -> list[str] | None:
    """Return one name per column, of a single header row as it is written; None without a header."""
    names = ["" if name == ROW_NAMES else name for name in layout.names]
    if len(layout.header_cells) == 1 and len(layout.header_cells[0]) >= len(names):
        names = layout.header_cells[0]
    return [*names, *[""] * layout.width][: layout.width] if layout.names else None


def _read_irregular(text: ByteSource, plan: Plan, options: ReadOptions) -> tuple[Plan, Outcome]:
    """Read record by record; of several tables the largest, and of equally large ones the first."""
    try:
        lines = decoded_lines(text, plan.encoding, plan.skip_rows)
        outcome = read_records(lines, plan.dialect, plan.layout)
        if outcome.after_second <= len(outcome.rows):
            return plan, outcome
        begin = outcome.second_table - 1
        second = make_plan(text, replace(options, skip_rows=begin))
        other_plan, other = _read_irregular(text, second, replace(options, skip_rows=begin))
    except csv.Error as error:
        raise _not_csv(text, error) from None
    if len(other.rows) <= len(outcome.rows):
        return plan, outcome
    other.second_table, other.after_second = plan.skip_rows + 1, len(outcome.rows)
    return other_plan, other


def checked(options: ReadOptions) -> ReadOptions:
    """Return options that a text can be read with. Raises UsageError for others."""
    delimiter, quote = options.delimiter, options.quote
    header: Any = options.header  # from Python it may be anything
    if header in ("yes", "no"):
        options = replace(options, header=(header := header == "yes"))
    named = delimiter is None or delimiter in {"whitespace", r"\s+", r"\t", "tab"}
    if not named and (len(str(delimiter)) != 1 or str(delimiter) in '\r\n"\0'):
        raise UsageError(f"--delimiter {delimiter!r}: give one character, or 'tab', or 'whitespace'.")
    if quote is not None and quote != "none" and (len(quote) != 1 or quote in "\r\n\0" or quote == delimiter):
        raise UsageError(f"--quote {quote!r}: give one character, or 'none'.")
    if options.decimal not in {None, ".", ","}:
        raise UsageError(f"--decimal {options.decimal!r}: give . or a comma.")
    numbers = (("--skip-rows", options.skip_rows, 0), ("--max-bytes", options.max_bytes, 1))
    for option, number, least in numbers:
        if number is not None and number < least:
            raise UsageError(f"{option} {number}: give a number of at least {least}.")
    if header is not None and not (isinstance(header, int) and 0 <= header <= MAX_HEADER):
        raise UsageError(f"--header {header}: give yes, no or 0 to {MAX_HEADER} rows.")
    if options.encoding is not None:
        known_encoding(options.encoding)
    return options


def _not_csv(text: ByteSource, error: csv.Error) -> DataError:
    reason = "a quote is opened and never closed" if "field larger" in str(error) else str(error)
    return DataError(f"{text.source}: is not a delimited table: {reason}; check its quotes and --delimiter.")


def _refuse_tiny(text: ByteSource, plan: Plan) -> None:
    if plan.layout.width == 0:
        raise DataError(f"{text.source}: is empty: a table with a header and rows is needed.")
    if plan.layout.width == 1:
        raise DataError(
            f"{text.source}: has one column only: name the character between columns with --delimiter."
        )


def make_plan(text: ByteSource, options: ReadOptions) -> Plan:
    """Find encoding, dialect, header and column names on the head of a text."""
    scanned = scan(text, options.encoding)
    skip_rows = options.skip_rows or 0
    sample = read_sample(text, scanned.encoding, skip_rows)
    body = "".join(line for line in io.StringIO(sample, newline="") if not is_comment([line]))
    tabs = text.source.lower().removesuffix(".gz").endswith((".tsv", ".tab"))
    dialect = find_dialect(body or sample, options.delimiter, options.quote, tab_first=tabs)
    try:
        records, begins = head_records(sample, dialect, whole=len(sample) < HEAD)
    except csv.Error as error:
        raise _not_csv(text, error) from None
    begins_at = None if options.skip_rows is None else 0  # the user, or a second look, said where
    in_quotes = wear_quotes(sample, dialect)
    layout = find_layout(records, options.header, names_quoted=in_quotes, start=begins_at)
    written = [clean_name(name) for name in layout.names] or [f"c{i + 1}" for i in range(layout.width)]
    written = (written + [""] * layout.width)[: layout.width]
    names, renamed = unique_names(written)
    unnamed = [name for name, old in zip(names, written, strict=True) if UNNAMED.fullmatch(old)]
    first = layout.first_record
    skip = begins[first] - 1 if first < len(begins) else len(list(io.StringIO(sample, newline="")))
    return Plan(
        scanned.encoding,
        dialect,
        layout,
        names,
        renamed,
        unnamed,
        skip_rows,
        skip_rows + skip,
        dialect.quote in scanned.quotes,
        scanned.nuls,
        scanned.hashes,
    )


def open_text(text: ByteSource, encoding: str, skip: int) -> io.TextIOWrapper:
    """Open a text at its line ``skip`` + 1."""
    stream = io.TextIOWrapper(text.open(), encoding=encoding, newline="")
    for _ in range(skip):
        if not stream.readline():
            break
    return stream


def read_sample(text: ByteSource, encoding: str, skip: int) -> str:
    """Return the first lines of a text: 65,536 characters, or more where lines are so long that few fit."""
    with open_text(text, encoding, skip) as stream:
        sample = stream.read(HEAD).replace("\0", "")
        while len(sample) >= HEAD and sum(sample.count(end) for end in "\r\n") < 20:
            more = stream.read(3 * len(sample))
            sample += more.replace("\0", "")
            if not more or len(sample) >= MAX_WIDE_HEAD:
                break
        if not stream.read(1):
            return sample
    cut = max(sample.rfind("\n"), sample.rfind("\r"))
    return sample[: cut + 1] if cut > 0 else sample


def head_records(sample: str, dialect: Dialect, *, whole: bool) -> tuple[list[list[str]], list[int]]:
    """Return the first records and the line (from 1) that each begins in."""
    lines = list(io.StringIO(sample, newline=""))
    width = None
    for _ in range(2):  # the width is needed to repair quotes, and known after a first look
        found = list(islice(iterate(Lines(lines), dialect, width), HEAD_RECORDS))
        if not whole and len(found) > 1 and len(found) < HEAD_RECORDS:
            found.pop()  # it may be cut in the middle of a quoted cell
        width = typical_width([row for row, _, _ in found])
        if not dialect.quote or dialect.quote not in sample:
            break
    return [row for row, _, _ in found], [line for _, line, _ in found]


def read_fast(text: ByteSource, plan: Plan, as_text: Sequence[str]) -> pd.DataFrame | None:
    """Read through pandas' C parser; None where the table is irregular and needs a closer look."""
    import pandas as pd

    if plan.nuls or not plan.dialect.plain:
        return None
    options = _pandas_options(pd, plan, as_text)
    for low_memory in (True, False):  # the second only where a column mixes numbers and text
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                frame = _parse(text, plan, {**options, "low_memory": low_memory})
                if codes := _long_codes(frame):
                    options["dtype"] |= dict.fromkeys(codes, object)
                    frame = _parse(text, plan, {**options, "low_memory": low_memory})
            return None if _irregular(frame, text, plan) else frame
        except pd.errors.DtypeWarning:
            continue
        except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError, OverflowError):
            return None
    return None


def _long_codes(frame: pd.DataFrame) -> list[str]:
    """Return the columns of floats, as some are missing, that are whole numbers too large to tell apart."""
    found = []
    for name, kind in frame.dtypes.items():
        values = frame[name].to_numpy() if kind == np.float64 else np.empty(0)
        if max(-np.fmin.reduce(values, initial=0), np.fmax.reduce(values, initial=0)) > MAX_EXACT:
            with np.errstate(invalid="ignore"):
                if (np.isnan(values) | (values % 1 == 0)).all():
                    found.append(str(name))
    return found


def _parse(text: ByteSource, plan: Plan, options: dict[str, Any]) -> pd.DataFrame:
    """Let pandas open a file itself, which costs least, where its way to skip lines is the same."""
    import pandas as pd

    if text.path is not None and (not plan.quoted or _even_quotes(text, plan)):
        where: dict[str, Any] = {"skiprows": plan.skip_lines, "encoding": plan.encoding, "compression": None}
        return cast("pd.DataFrame", pd.read_csv(text.path, **where, **options))
    with open_text(text, plan.encoding, plan.skip_lines) as stream:
        return cast("pd.DataFrame", pd.read_csv(stream, **options))


def _even_quotes(text: ByteSource, plan: Plan) -> bool:
    """Whether the lines before the first row end as usual, and not within quotes."""
    with open_text(text, plan.encoding, 0) as stream:
        head = list(islice(stream, plan.skip_lines))
    return all(line.endswith("\n") and line.count(plan.dialect.quote) % 2 == 0 for line in head)


def _pandas_options(pd: Any, plan: Plan, as_text: Sequence[str]) -> dict[str, Any]:
    version = tuple(int(part) for part in pd.__version__.split(".")[:2])
    # From pandas 3.1 on, the parser always gives the nearest float.
    exact = {} if version >= (3, 1) else {"float_precision": "round_trip"}
    dialect = plan.dialect
    return {
        "sep": r"\s+" if dialect.whitespace else dialect.delimiter,
        "quotechar": dialect.quote or '"',
        "quoting": csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        "skipinitialspace": dialect.skip_blanks,
        "header": None,
        "names": plan.names,
        "index_col": False,
        "na_values": list(MISSING),
        "keep_default_na": False,
        "dtype": dict.fromkeys(as_text, object),  # texts; as pandas' own kind of strings they take longer
        **exact,
    }


def _irregular(frame: pd.DataFrame, text: ByteSource, plan: Plan) -> bool:
    """Whether rows are short, blank, comments or a second header: pandas pads and keeps those silently."""
    import pandas as pd

    if not len(frame):
        return False
    last = (at for at in range(frame.shape[1]) if pd.notna(frame.iat[-1, at]))  # type: ignore[arg-type] # of any cell
    if frame.shape[1] >= 3 and len(list(islice(last, 2))) < 2:
        return True  # a footer
    texts = [at for at, kind in enumerate(frame.dtypes) if not pd.api.types.is_numeric_dtype(kind)]
    first = frame.iloc[:, 0]
    if texts[:1] == [0] and plan.hashes and first.astype(str).str.lstrip().str.startswith("#").any():
        return True
    header = [cell.strip() for cell in (plan.layout.header_cells or [[]])[-1]]
    if any(at < len(header) and header[at] and (frame.iloc[:, at] == header[at]).any() for at in texts):
        return True
    missing_last = frame.iloc[:, -1].isna().to_numpy()
    if missing_last.any() and bool(frame[missing_last].isna().all(axis=1).any()):
        return True
    short = bool(missing_last.any())
    return (short or plan.quoted) and not _well_formed(text, plan, len(frame), may_be_short=short)


def _well_formed(text: ByteSource, plan: Plan, rows: int, *, may_be_short: bool) -> bool:
    """Whether all rows have the table's width and all quotes match.

    Bytes tell it of most tables in a tenth of the time; a row that is too short lacks its last cell.
    """
    if plan.encoding.startswith("utf-8") and not (plan.dialect.whitespace or plan.dialect.skip_blanks):
        even = (plan.layout.width, rows, plan.skip_lines) if may_be_short else ()
        with text.open() as stream:
            if (surely_even if may_be_short else surely_quoted)(stream, plan.dialect, *even):
                return True
    with open_text(text, plan.encoding, plan.skip_lines) as stream:
        try:
            return all(len(row) in {0, plan.layout.width} for row in plan.dialect.rows(stream, strict=True))
        except csv.Error:
            return False


def _frame(rows: Sequence[Sequence[str]], plan: Plan) -> pd.DataFrame:
    import pandas as pd

    cells = np.empty((len(rows), plan.layout.width), dtype=object)
    for number, row in enumerate(rows):
        cells[number] = row
    frame = pd.DataFrame(cells, columns=plan.names)
    return frame.mask(frame.isin(list(MISSING)), np.nan)


def _without_trailing(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Leave out last columns without a name and without cells: the work of a delimiter at line ends."""
    width = plan.layout.width
    header = plan.layout.names
    while len(header) == plan.layout.width and width > 2 and not header[width - 1].strip():
        last = frame.iloc[:, width - 1]
        if not last.isna().all() and not last.astype(str).str.strip().eq("").all():
            break
        width -= 1
    return frame if width == frame.shape[1] else frame.iloc[:, :width]


def _with_rescued(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Put the rescued row back on top, each cell in the type of its column."""
    import pandas as pd

    cells = plan.layout.rescued or []
    top = {}
    for name, cell in zip(plan.names, cells, strict=True):
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        top[name] = pd.Series(
            [pd.to_numeric(cell) if numeric else cell], dtype=None if numeric else frame[name].dtype
        )
    return pd.concat([pd.DataFrame(top), frame], ignore_index=True)
