"""The data: a table ready for models, and what is said of how it was read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

ColumnKind = Literal["numeric", "boolean", "date", "categorical"]


@dataclass(frozen=True)
class Note:
    """Something that the user should know."""

    code: str
    level: Literal["info", "warning"]
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Column:
    """One feature column as the models see it; ``date`` and ``boolean`` columns are stored as numbers."""

    name: str
    kind: ColumnKind
    missing: int


@dataclass(frozen=True)
class DroppedColumn:
    """A column that models do not see."""

    column: str
    reason: str


@dataclass(frozen=True)
class ReadInfo:
    """How the text was read; null where the source is not text."""

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
    preamble_rows: int = 0
    skipped_rows: int = 0
    quote: str | None = None
    header_rows: int | None = None
    decimal_comma: tuple[str, ...] = ()
    """Columns whose decimals stand after a comma."""
    day_first: tuple[str, ...] = ()
    """Columns of dates with the day before the month, both as numbers."""
    month_first: tuple[str, ...] = ()
    """Columns of dates with the month before the day, both as numbers."""


@dataclass(frozen=True)
class Guard:
    """What may make the scores of a table too good, by the code of its note, and what it takes to do without.

    ``columns`` are those it was found in. ``groups`` (n codes) are rows that belong together, ``time`` (n) is
    their order; rows with the same number in ``twins`` (n) are alike.
    """

    code: str
    columns: tuple[str, ...] = ()
    groups: NDArray[np.int64] | None = None
    time: NDArray[np.float64] | None = None
    twins: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class OwnRows:
    """Rows as the program holds them that compares models: for models that prepare columns themselves.

    ``whole`` is a DataFrame or an array; ``rows`` are the positions in it that count, and ``columns``, by the
    names that the table has for them.
    """

    whole: Any
    rows: NDArray[np.int64]
    columns: dict[str, int]

    def without(self, names: Collection[str]) -> OwnRows:
        """Return the same rows without these columns."""
        left = {name: at for name, at in self.columns.items() if name not in names}
        return OwnRows(self.whole, self.rows, left)

    def taken(self) -> Any:
        """Return the rows and columns that count, (n, d), of the kind and types of the whole."""
        if hasattr(self.whole, "iloc"):
            return self.whole.iloc[self.rows, list(self.columns.values())].reset_index(drop=True)
        return self.whole[self.rows][:, list(self.columns.values())]


@dataclass(frozen=True)
class Dataset:
    """A table ready for models.

    ``X`` has n rows and d columns: float64 (missing = NaN) for numeric, boolean and date columns,
    pandas ``category`` with string categories (missing = code -1) for categorical ones.
    ``y`` holds n codes into ``classes``. ``groups`` (n codes) and ``time`` (n floats, the order) are
    there when asked for. ``test`` is the official or given test set, with the same columns,
    categories and classes. ``own`` has the features as a program holds them: all of its columns but the
    target and those that group, order or are left out by name.
    """

    name: str
    source: str
    X: pd.DataFrame
    y: NDArray[np.int64]
    classes: tuple[str, ...]
    target: str
    columns: tuple[Column, ...]
    dropped: tuple[DroppedColumn, ...]
    source_columns: int
    read: ReadInfo = ReadInfo()
    notes: tuple[Note, ...] = ()
    groups: NDArray[np.int64] | None = None
    time: NDArray[np.float64] | None = None
    test: Dataset | None = None
    groups_column: str | None = None
    time_column: str | None = None
    guards: tuple[Guard, ...] = ()
    own: OwnRows | None = None

    @property
    def names_by_kind(self) -> tuple[list[str], list[str]]:
        """The names of columns of numbers, and of categories: in this order models get them."""
        hot = [c.name for c in self.columns if c.kind == "categorical"]
        return [c.name for c in self.columns if c.kind != "categorical"], hot

    @cached_property
    def fingerprint(self) -> str:
        """A digest, "sha256:…", of names, kinds, values, classes, labels, groups, time and the test set.

        The file's name, the order of categories that no row has, and NaN's many bit patterns do not count.
        It is made when it is first asked for: not every use of a table needs it.
        """
        import numpy as np

        digest = hashlib.sha256()
        kinds = [[column.name, column.kind] for column in self.columns]
        digest.update(json.dumps([self.target, list(self.classes), kinds, len(self.y)]).encode())
        for column, (_, values) in zip(self.columns, self.X.items(), strict=True):
            if column.kind == "categorical":
                digest.update(json.dumps(list(map(str, values.cat.categories))).encode())
                digest.update(np.ascontiguousarray(values.cat.codes, dtype="<i4").data)
                continue
            numbers = values.to_numpy(dtype="<f8") + 0.0  # also makes -0.0 plain, and a copy
            numbers[np.isnan(numbers)] = np.nan
            digest.update(numbers.data)
        digest.update(np.ascontiguousarray(self.y, dtype="<i8").data)
        for extra, kind in ((self.groups, "<i8"), (self.time, "<f8")):
            digest.update(b"\0" if extra is None else b"\1")
            if extra is not None:
                digest.update(np.ascontiguousarray(extra, dtype=kind).data)
        digest.update((self.test.fingerprint if self.test is not None else "").encode())
        return "sha256:" + digest.hexdigest()

    @cached_property
    def distinct(self) -> tuple[int, ...]:
        """How many different values each column has, missing ones apart; counted when first asked for."""
        return tuple(_distinct(self.X.iloc[:, at]) for at in range(self.X.shape[1]))


def _distinct(values: pd.Series[Any]) -> int:
    import numpy as np

    if values.dtype.name == "category":
        return int(np.count_nonzero(np.bincount(values.cat.codes.to_numpy(np.int64) + 1)[1:]))
    ordered = np.sort(values.to_numpy())  # NaN last; faster than hashing
    known = ordered[: np.searchsorted(ordered, np.nan)]
    return int(np.count_nonzero(known[1:] != known[:-1])) + bool(len(known))
