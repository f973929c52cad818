"""What every source yields before roles and kinds are known: a raw table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from compare_cli.errors import DataError, UsageError
from compare_cli.notes import note
from compare_cli.types import Note, ReadInfo

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ReadOptions:
    """What the user said about a table. ``target`` is a name or a position from 1.

    ``header`` is None where the table itself must tell whether its first row names the columns.
    """

    target: str | int | None = None
    groups: str | None = None
    time: str | None = None
    drop: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None


@dataclass(frozen=True)
class Table:
    """A table as read: unique column names, cells as numbers, booleans, dates or text (missing = NaN).

    ``target`` is the column that the source itself declares to be the target, if it does.
    ``test`` holds the official test set of sources that have one.
    """

    name: str
    source: str
    frame: pd.DataFrame
    read: ReadInfo = field(default_factory=ReadInfo)
    notes: tuple[Note, ...] = ()
    target: str | None = None
    test: Table | None = None

    def noting(self, *notes: Note) -> Table:
        """Return the same table with more notes."""
        return replace(self, notes=(*self.notes, *notes))


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


def from_frame(frame: Any, name: str = "DataFrame", target: str | None = None) -> Table:
    """Return a DataFrame as a table, with clean, unique column names. Raises UsageError for other types."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise UsageError(
            f"cannot read a {type(frame).__name__}: give a path, a built-in name or a DataFrame."
        )
    labels: list[Any] = list(frame.columns)
    raw = [clean_name("_".join(map(str, c)) if isinstance(c, tuple) else c) for c in labels]
    names, changed = unique_names(raw)
    copy = frame.set_axis(names, axis=1).reset_index(drop=True)
    if not len(names):
        raise DataError(f"{name}: has no columns.")
    table = Table(name, name, copy, target=target)
    if changed:
        return table.noting(note("columns_renamed", columns=", ".join(changed[:5]), count=len(changed)))
    return table
