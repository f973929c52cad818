"""What a column holds, as an array that models can use: numbers, truth values, dates or categories.

And which columns models cannot learn from: empty, constant, row numbers, identifiers, free text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.data.cells import PLACEHOLDERS, date_numbers, is_missing, parse_numbers
from compare_cli.notes import note
from compare_cli.types import ColumnKind, Note

if TYPE_CHECKING:
    import pandas as pd

NUMERIC_SHARE = 0.95
MAX_STRAY_TOKENS = 10
MIN_ROWS_FOR_IDS = 10
MIN_ROWS_FOR_SEQUENCE = 20
MANY_TEXTS = 50
MANY_TEXTS_SHARE = 0.2
ID_WORDS = frozenset(
    {"id", "ids", "idx", "index", "uuid", "guid", "key", "rowid", "row", "rownumber", "rownum", "rowname"}
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Values:
    """A column for models: floats (missing = NaN), or codes into ``categories`` (missing = -1)."""

    kind: ColumnKind
    numbers: NDArray[np.float64] | None = None
    codes: NDArray[np.int32] | None = None
    categories: tuple[str, ...] = ()
    notes: tuple[Note, ...] = field(default=())


def interpret(name: str, series: pd.Series[Any], delimiter: str | None = None) -> Values:
    """Find out what a raw column holds. ``delimiter`` ";" or tab lets a comma be a decimal point."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(series.dtype):
        return Values("boolean", series.to_numpy(dtype="float64", na_value=np.nan))
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_complex_dtype(series.dtype):
        return numeric(name, series)
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(series.dtype):
        return Values("date", _days(series))
    return _interpret_text(name, *text_codes(series), delimiter)


def numeric(name: str, series: pd.Series[Any]) -> Values:
    """Return numbers as float64; infinite ones become missing, with a note."""
    numbers = series.to_numpy(dtype="float64", na_value=np.nan)
    infinite = np.isinf(numbers)
    if not infinite.any():
        return Values("numeric", numbers)
    at = int(infinite.argmax())
    found = note("infinite_values", column=name, count=int(infinite.sum()), row=at + 1)
    return Values("numeric", np.where(infinite, np.nan, numbers), notes=(found,))


def _days(series: pd.Series[Any]) -> NDArray[np.float64]:
    """Return dates as days since 1970-01-01 (UTC), durations as days."""
    import pandas as pd

    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    whole = series.to_numpy().astype("M8[us]" if series.dtype.kind == "M" else "m8[us]")
    days: NDArray[np.float64] = whole.astype("int64") / 86_400e6
    return np.where(np.isnat(whole), np.nan, days)


def text_codes(series: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Return codes into stripped, distinct texts in order of appearance; missing cells are -1."""
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, raw = series.cat.codes.to_numpy(), list(series.cat.categories)
    else:
        if series.dtype == object and not all(isinstance(v, str) for v in series.iloc[:100]):
            series = series.map(label_text, na_action="ignore")
        codes, index = pd.factorize(series)
        raw = list(index)
    texts: dict[str, int] = {}
    lookup = np.full(len(raw) + 1, -1, dtype=np.int64)
    for at, value in enumerate(raw):
        text = label_text(value).strip()
        if not is_missing(text):
            lookup[at] = texts.setdefault(text, len(texts))
    return lookup[codes], list(texts)


def label_text(value: object) -> str:
    """Return a value as it would be written in a table: whole floats without a decimal point."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _interpret_text(name: str, codes: NDArray[np.int64], texts: list[str], delimiter: str | None) -> Values:
    if not texts:
        return Values("numeric", np.full(len(codes), np.nan))
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    if {text.casefold() for text in texts} <= {"true", "false"}:
        return Values("boolean", _spread(np.array([float(t.casefold() == "true") for t in texts]), codes))
    numbers = parse_numbers(texts, decimal_comma=delimiter in {";", "\t", "whitespace"})
    if (values := _as_numeric(name, numbers, texts, codes, counts)) is not None:
        return values
    if (dates := date_numbers(texts)) is not None:
        found = (note("date_ambiguous", column=name),) if dates.ambiguous else ()
        return Values("date", _spread(dates.days, codes), notes=found)
    order = np.argsort(np.array(texts, dtype=object), kind="stable")
    rank = np.full(len(texts) + 1, -1, dtype=np.int32)
    rank[order] = np.arange(len(texts), dtype=np.int32)
    return Values("categorical", codes=rank[codes], categories=tuple(texts[i] for i in order))


def _spread(values: NDArray[np.float64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the value of each row; code -1 is missing."""
    return np.append(values, np.nan)[codes]


def _as_numeric(
    name: str,
    numbers: NDArray[np.float64],
    texts: Sequence[str],
    codes: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> Values | None:
    """Return numbers where (nearly) all cells are numbers; a few strays become missing, with a note."""
    import pandas as pd

    stray = np.isnan(numbers)
    if stray.all():
        return None
    placeholder = np.array([text.casefold() in PLACEHOLDERS for text in texts])
    unexplained = stray & ~placeholder
    share = 1 - counts[unexplained].sum() / counts.sum()
    if (
        share < NUMERIC_SHARE
        or unexplained.sum() > MAX_STRAY_TOKENS
        or (~stray).sum() < 2 * unexplained.sum()
    ):
        return None
    values = numeric(name, pd.Series(_spread(numbers, codes)))
    if not stray.any():
        return values
    at = int(np.flatnonzero(np.append(stray, False)[codes])[0])
    strays = int(counts[stray].sum())
    found = note("stray_text", column=name, count=strays, example=texts[codes[at]], row=at + 1)
    return Values("numeric", values.numbers, notes=(*values.notes, found))


def id_like(name: str) -> bool:
    """Whether a name speaks of an identifier, as id, row_id, CustomerId and index do."""
    words = [word.casefold() for word in WORD.findall(name)]
    return bool(words) and (
        words[-1] in ID_WORDS or words[:2] in (["unnamed", "0"], ["row", "number"], ["row", "names"])
    )


def reason_to_leave_out(name: str, values: Values) -> str | None:
    """Say in a few words why a column is left out, None to keep it."""
    if values.codes is not None:
        return _reason_text(name, values.codes)
    assert values.numbers is not None, "a column has numbers or codes"
    return _reason_number(name, values.numbers, values.kind == "numeric")


def _reason_number(name: str, numbers: NDArray[np.float64], may_be_id: bool) -> str | None:
    first = numbers[0] if len(numbers) else np.nan
    missing = np.isnan(numbers)
    if missing.all():
        return "empty"
    if (numbers == first).all():
        return f"constant ({first:g})"
    rows = len(numbers)
    if not may_be_id or rows < MIN_ROWS_FOR_IDS or missing.any() or (numbers[:1000] % 1 != 0).any():
        return None
    if first in (0.0, 1.0) and rows >= MIN_ROWS_FOR_SEQUENCE and (np.diff(numbers) == 1).all():
        return "row numbers"
    if id_like(name) and (numbers % 1 == 0).all() and len(np.unique(numbers)) == rows:
        return "identifier (a different number in every row)"
    return None


def _reason_text(name: str, codes: NDArray[np.int32]) -> str | None:
    present = codes[codes >= 0]
    distinct = len(np.unique(present))
    if distinct == 0:
        return "empty"
    if distinct == 1 and len(present) == len(codes):
        return "constant"
    if distinct == len(present) and (
        len(present) >= MIN_ROWS_FOR_SEQUENCE or (id_like(name) and len(present) >= MIN_ROWS_FOR_IDS)
    ):
        return f"text that differs in every row ({distinct:,} values)"
    if distinct > MANY_TEXTS and distinct > MANY_TEXTS_SHARE * len(codes):
        return f"free text ({distinct:,} different values in {len(codes):,} rows)"
    return None
