"""What every source yields before roles and kinds are known: a raw table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from compare_cli.errors import DataError
from compare_cli.notes import note
from compare_cli.types import Note, ReadInfo

if TYPE_CHECKING:
    import pandas as pd

MAX_COLUMNS = 100_000  # each takes a tenth of a millisecond to read, and longer to learn from
# What pandas and R's readr call a column without a name.
UNNAMED = re.compile(r"|Unnamed: 0(\.\d+)?|__index_level_0__|level_0|\.\.\.1")


@dataclass(frozen=True)
class ReadOptions:
    """What the user said about a table; None where the table itself must tell.

    ``target`` is a name or a position from 1; ``header`` whether rows name the columns, or how many do;
    ``skip_rows`` the number of lines before the table; ``as_text`` the columns that keep the file's text;
    ``max_bytes`` the most that may be read or unpacked; ``classes`` says that the target's numbers name
    classes.
    """

    target: str | int | None = None
    groups: str | None = None
    time: str | None = None
    drop: Sequence[str] = ()
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | int | None = None
    skip_rows: int | None = None
    decimal: str | None = None
    max_bytes: int | None = None
    as_text: tuple[str, ...] = ()
    classes: bool = False


@dataclass(frozen=True)
class Cells:
    """A table with its cells as the source has them; ``header`` is None where no row names the columns.

    ``delimiter`` is what parts the cells of a text.
    """

    header: list[str] | None
    rows: list[list[str]]
    notes: tuple[Note, ...] = ()
    delimiter: str | None = None

    def csv(self) -> bytes:
        """Return the cells as CSV (RFC 4180, UTF-8, CRLF)."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerows(self.rows if self.header is None else [self.header, *self.rows])
        return out.getvalue().encode()


@dataclass(frozen=True)
class Table:
    """A table as read: unique column names, cells as numbers, booleans, dates or text (missing = NaN).

    ``target`` is the column that the source itself declares to be the target, if it does.
    ``test`` holds the official test set of sources that have one. ``unnamed`` are columns without a name in
    the source. ``own`` has the rows as a program holds them, with their own types: a DataFrame, or an array
    whose columns are the first ones of ``frame``.
    """

    name: str
    source: str
    frame: pd.DataFrame
    read: ReadInfo = field(default_factory=ReadInfo)
    notes: tuple[Note, ...] = ()
    target: str | None = None
    test: Table | None = None
    unnamed: tuple[str, ...] = ()
    own: Any = None

    def cells(self) -> Cells:
        """Return the cells as text; a missing one is empty, a whole number has no decimal point."""
        texts = [[_cell_text(value) for value in self.frame[name].astype(object)] for name in self.frame]
        return Cells(list(self.frame.columns), [list(row) for row in zip(*texts, strict=True)], self.notes)

    def noting(self, *notes: Note) -> Table:
        """Return the same table with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def _cell_text(value: Any) -> str:
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def refuse_wide(source: str, width: int) -> None:
    """Raise DataError for a table with more columns than `MAX_COLUMNS`."""
    if width > MAX_COLUMNS:
        raise DataError(
            f"{source}: has {width:,} columns; at most {MAX_COLUMNS:,} can be compared: write those that "
            "matter, and the target, to another file."
        )


def unique_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names that differ from each other, and those that had to be changed.

    Blank names become their position (``c3``); a repeated name gets a suffix (``x``, ``x.1``).
    """
    taken = {name for name in names if name}
    seen: set[str] = set()
    result, changed = [], []
    for position, name in enumerate(names, start=1):
        base = name or f"c{position}"
        unique, count = base, 0
        while unique in seen or (count and unique in taken):
            count += 1
            unique = f"{base}.{count}"
        if unique != base:
            changed.append(unique)
        seen.add(unique)
        result.append(unique)
    return result, changed


def clean_name(name: object) -> str:
    """Return a column name without byte-order mark, line breaks and outer blanks."""
    return " ".join(str(name).replace("\ufeff", "").split())


def from_frame(frame: pd.DataFrame, name: str = "DataFrame", target: str | None = None) -> Table:
    """Return a DataFrame as a table, with clean, unique column names. Raises DataError without columns."""
    labels: list[Any] = list(frame.columns)
    raw = [clean_name("_".join(map(str, c)) if isinstance(c, tuple) else c) for c in labels]
    names, changed = unique_names(raw)
    unnamed = tuple(name for name, old in zip(names, raw, strict=True) if UNNAMED.fullmatch(old))
    copy = frame.set_axis(names, axis=1).reset_index(drop=True)
    if not len(names):
        raise DataError(f"{name}: has no columns.")
    table = Table(name, name, copy, target=target, unnamed=unnamed)
    if changed:
        return table.noting(note("columns_renamed", columns=", ".join(changed[:5]), count=len(changed)))
    return table
