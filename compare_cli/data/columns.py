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

from compare_cli.data.cells import (
    MAX_STRAY_TEXTS,
    Numbers,
    date_numbers,
    is_missing,
    is_placeholder,
    iso_days,
    parse_numbers,
)
from compare_cli.notes import note
from compare_cli.types import ColumnKind, Note

if TYPE_CHECKING:
    import pandas as pd

NUMERIC_SHARE = 0.95
LARGEST = float(np.finfo(np.float32).max)  # trees and neural networks hold numbers as float32
MAX_EXACT = 2**53  # whole numbers beyond are not all floats
MIN_ROWS_FOR_IDS = 10
MIN_ROWS_FOR_SEQUENCE = 20
MANY_TEXTS = 50
MANY_TEXTS_SHARE = 0.2
ID_WORDS = frozenset(
    {"id", "ids", "idx", "index", "uuid", "guid", "key", "rowid", "row", "rownumber", "rownum", "rowname"}
)
LONG_CODE = re.compile(r"[+-]?(\d{16,}|\d{1,3}([.,' _])\d{3}(\2\d{3}){4,})([.,]0*)?")
WHOLE = re.compile(r"[+-]?[0-9]+")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Values:
    """A column for models: floats (missing = NaN), or codes into ``categories`` (missing = -1).

    ``decimal`` and ``month_first`` say how texts were read as numbers and as dates.
    """

    kind: ColumnKind
    numbers: NDArray[np.float64] | None = None
    codes: NDArray[np.int32] | None = None
    categories: tuple[str, ...] = ()
    notes: tuple[Note, ...] = field(default=())
    decimal: str = "."
    month_first: bool | None = None

    @property
    def missing(self) -> int:
        """How many rows have no value."""
        if self.codes is not None:
            return int(np.count_nonzero(self.codes < 0))
        assert self.numbers is not None, "a column has numbers or codes"
        if not len(self.numbers) or not np.isnan(self.numbers.min()):
            return 0  # one pass, which ends with NaN where any is; most columns have none
        return int(np.count_nonzero(np.isnan(self.numbers)))

    @property
    def distinct(self) -> int:
        """How many categories some row has."""
        assert self.codes is not None, "a column of categories"
        return int(np.count_nonzero(np.bincount(self.codes + 1)[1:]))


@dataclass(frozen=True)
class Spelling:
    """How the texts of a column are to be read, as far as it is known.

    ``decimal`` is the mark before the decimals, ``likely`` the one to take where the cells leave both
    possible; ``month_first`` is the order of month and day.
    """

    decimal: str | None = None
    likely: str = "."
    month_first: bool | None = None


def interpret(name: str, series: pd.Series[Any], spelling: Spelling = Spelling()) -> Values:
    """Find out what a raw column holds."""
    import pandas as pd

    if isinstance(series.dtype, pd.ArrowDtype) and series.dtype.kind in "mM":
        import pyarrow

        series = pyarrow.array(series).to_pandas(date_as_object=False)
    kind = series.dtype
    if pd.api.types.is_bool_dtype(kind) and not isinstance(kind, pd.CategoricalDtype):
        return Values("boolean", series.to_numpy(dtype="float64", na_value=np.nan))
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
        return categories(*text_codes(series)) if _beyond_floats(series) else numeric(name, series)
    if isinstance(kind, pd.PeriodDtype):
        return Values("date", _days(series.dt.to_timestamp()))
    if pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind):
        return Values("date", _days(series))
    codes, texts = text_codes(series)
    if isinstance(kind, pd.CategoricalDtype) and texts and not _truth_values(texts):
        return categories(codes, texts)
    return _interpret_text(name, codes, texts, spelling)


def _beyond_floats(series: pd.Series[Any]) -> bool:
    """Whether whole numbers are so large that floats would make different ones equal: they are codes."""
    import pandas as pd

    if (
        not pd.api.types.is_integer_dtype(series.dtype)
        or getattr(series.dtype, "itemsize", 8) < 8
        or not len(series)
    ):
        return False
    largest, smallest = series.max(), series.min()
    return bool(pd.notna(largest)) and (int(largest) > MAX_EXACT or int(smallest) < -MAX_EXACT)


def numeric(name: str, series: pd.Series[Any]) -> Values:
    """Return numbers as float64; infinite ones and those too large for models become missing, with a note."""
    numbers = series.to_numpy(dtype="float64", na_value=np.nan)
    if not len(numbers):
        return Values("numeric", numbers)
    low, high = np.fmin.reduce(numbers), np.fmax.reduce(numbers)  # NaN where all are missing
    if not max(-low, high) > LARGEST:
        return Values("numeric", numbers, notes=_too_fine(name, low, high))
    large = np.abs(numbers) > LARGEST
    at = int(large.argmax())
    code = "infinite_values" if np.isinf(numbers[large]).all() else "too_large_values"
    found = note(code, column=name, count=int(large.sum()), row=at + 1, example=f"{numbers[at]:g}")
    return Values("numeric", np.where(large, np.nan, numbers), notes=(found,))


def _too_fine(name: str, low: float, high: float) -> tuple[Note, ...]:
    """Return a note where decision trees tell few of the values from ``low`` to ``high`` apart: about ten.

    scikit-learn's hold numbers as float32, and divide none that differ by 1e-7 or less.
    """
    step = max(1e-7, float(np.finfo(np.float32).eps) * max(abs(low), abs(high)))
    if not 0 < high - low <= 10 * step:
        return ()
    return (note("too_fine_values", column=name, spread=f"{high - low:.2g}", step=f"{step:.2g}"),)


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
    return stripped(*value_codes(series))


def value_codes(series: pd.Series[Any]) -> tuple[NDArray[np.int64], list[Any]]:
    """Return codes into distinct values as they are, in order of appearance; missing to pandas is -1."""
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, raw = series.cat.codes.to_numpy(), list(series.cat.categories)
    else:
        if isinstance(series.dtype, pd.ArrowDtype) and series.dtype.kind == "O":
            series = series.astype(object)  # lists and the like, which Arrow does not tell apart
        if series.dtype == object and pd.api.types.infer_dtype(series, skipna=True) != "string":
            series = series.map(_label_or_missing).astype(object)
        codes, index = pd.factorize(series)
        raw = list(index)
    return codes.astype(np.int64, copy=False), raw


def stripped(codes: NDArray[np.int64], values: Sequence[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Return codes into stripped, distinct texts for codes into values; words for missing are -1."""
    texts: dict[str, int] = {}
    lookup = np.full(len(values) + 1, -1, dtype=np.int64)
    for at, value in enumerate(values):
        text = label_text(value).strip()
        if not is_missing(text):
            lookup[at] = texts.setdefault(text, len(texts))
    return lookup[codes], list(texts)


def _label_or_missing(value: object) -> str | None:
    """Return any Python value as text; what pandas takes for missing is None, lists are not looked into."""
    import pandas as pd

    return None if pd.api.types.is_scalar(value) and pd.isna(value) else label_text(value)  # type: ignore[call-overload]


def label_text(value: object) -> str:
    """Return a value as it would be written in a table: whole floats without a decimal point."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def same_quantity(kind: ColumnKind, values: Values) -> bool:
    """Whether numbers may stand in a column of this kind: days are no other numbers, 2 is no truth value."""
    numbers = values.numbers
    if numbers is None or values.kind == kind or np.isnan(numbers).all():
        return numbers is not None
    if kind == "boolean":
        return values.kind == "numeric" and bool((np.isnan(numbers) | np.isin(numbers, (0, 1))).all())
    return "date" not in {kind, values.kind}


def places_of_long(values: Values) -> NDArray[np.float64] | None:
    """Return the places of whole numbers that are too large for floats, such as nanoseconds, in their order.

    None where a cell is missing, or is no whole number.
    """
    if values.codes is None or (values.codes < 0).any():
        return None
    if not all(WHOLE.fullmatch(text) for text in values.categories):
        return None
    numbers = [int(text) for text in values.categories]
    place = {number: at for at, number in enumerate(sorted(set(numbers)))}
    return np.array([place[number] for number in numbers], dtype=np.float64)[values.codes]


def _truth_values(texts: Sequence[str]) -> bool:
    return {text.casefold() for text in texts} <= {"true", "false"}


def _interpret_text(name: str, codes: NDArray[np.int64], texts: list[str], spelling: Spelling) -> Values:
    if not texts:
        return Values("numeric", np.full(len(codes), np.nan))
    if _truth_values(texts):
        return Values("boolean", _spread(np.array([float(t.casefold() == "true") for t in texts]), codes))
    if (iso := iso_days(texts)) is not None:
        return Values("date", _spread(iso, codes))
    if sum(len(text) > 15 and LONG_CODE.fullmatch(text) is not None for text in texts) > 0.5 * len(texts):
        return categories(codes, texts)  # codes of many digits: floats would make different ones equal
    counts = np.bincount(codes + 1, minlength=len(texts) + 1)[1:]
    numbers = parse_numbers(texts, decimal=spelling.decimal, likely=spelling.likely)
    if (values := _as_numeric(name, numbers, texts, codes, counts)) is not None:
        return values
    dates = date_numbers(texts, month_first=spelling.month_first)
    gaps = np.isnan(dates.days) if dates is not None else np.ones(len(texts), bool)
    if dates is not None and counts[gaps & ~_placeholders(texts)].sum() <= (1 - NUMERIC_SHARE) * counts.sum():
        found = [note("date_ambiguous", column=name)] if dates.ambiguous else []
        found += [_stray(name, "dates", gaps, texts, codes, counts)] if gaps.any() else []
        days = _spread(dates.days, codes)
        return Values("date", days, notes=tuple(found), month_first=dates.month_first)
    return categories(codes, texts)


def categories(codes: NDArray[np.int64], texts: Sequence[str]) -> Values:
    """Return a column of texts as categories, sorted."""
    order = np.argsort(np.array(texts, dtype=object), kind="stable")
    rank = np.full(len(texts) + 1, -1, dtype=np.int32)
    rank[order] = np.arange(len(texts), dtype=np.int32)
    return Values("categorical", codes=rank[codes], categories=tuple(texts[i] for i in order))


def _spread(values: NDArray[np.float64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the value of each row; code -1 is missing."""
    return np.append(values, np.nan)[codes]


def _as_numeric(
    name: str,
    read: Numbers,
    texts: Sequence[str],
    codes: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> Values | None:
    """Return numbers where (nearly) all cells are numbers; a few strays become missing, with a note."""
    import pandas as pd

    stray = np.isnan(read.values)
    if stray.all():
        return None
    unexplained = stray & ~_placeholders(texts)
    share = 1 - counts[unexplained].sum() / counts.sum()
    if share < NUMERIC_SHARE or unexplained.sum() > MAX_STRAY_TEXTS or (~stray).sum() < 2 * unexplained.sum():
        return None
    values = numeric(name, pd.Series(_spread(read.values, codes)))
    notes = (
        values.notes
        if not stray.any()
        else (*values.notes, _stray(name, "numbers", stray, texts, codes, counts))
    )
    return Values("numeric", values.numbers, notes=notes, decimal=read.decimal)


def _placeholders(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which texts stand for a missing value in a column of numbers or dates."""
    return np.array([is_placeholder(text) for text in texts], dtype=bool)


def _stray(
    name: str,
    what: str,
    stray: NDArray[np.bool_],
    texts: Sequence[str],
    codes: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> Note:
    """Say which texts in a column of numbers or dates count as missing."""
    at = int(np.flatnonzero(np.append(stray, False)[codes])[0])
    facts = {"count": int(counts[stray].sum()), "example": texts[codes[at]], "row": at + 1}
    return note("stray_text", column=name, what=what, **facts)


def is_whole(numbers: NDArray[Any]) -> bool:
    """Whether all are whole numbers; none is where it is missing (NaN)."""
    return bool((np.rint(numbers) == numbers).all())


def id_like(name: str) -> bool:
    """Whether a name speaks of an identifier, as id, row_id, CustomerId and index do."""
    words = [word.casefold() for word in WORD.findall(name)]
    return bool(words) and (
        words[-1] in ID_WORDS or words[:2] in (["unnamed", "0"], ["row", "number"], ["row", "names"])
    )


def reason_to_leave_out(name: str, values: Values, *, unnamed: bool = False) -> str | None:
    """Say in a few words why a column is left out, None to keep it.

    ``unnamed``: the header has no name for it, as where pandas or R writes the numbers of rows.
    """
    if unnamed and _counts_rows(values):
        return "row numbers without a name"
    if values.codes is not None:
        return _reason_text(name, values.codes)
    assert values.numbers is not None, "a column has numbers or codes"
    return _reason_number(name, values.numbers, values.kind == "numeric")


def _counts_rows(values: Values) -> bool:
    """Whether a column holds whole numbers of which most are there once: rows may be shuffled or left out."""
    numbers = values.numbers
    if numbers is None or values.kind != "numeric" or not len(numbers):
        return False
    whole = is_whole(numbers) and bool((numbers >= 0).all())  # false where one is missing
    return whole and 2 * len(np.unique(numbers)) >= len(numbers)


def _reason_number(name: str, numbers: NDArray[np.float64], may_be_id: bool) -> str | None:
    rows = len(numbers)
    first, last = (numbers[0], numbers[-1]) if rows else (np.nan, np.nan)
    if np.isnan(first) and np.isnan(numbers).all():
        return "empty"
    if first == last and (numbers == first).all():
        return f"constant ({first:g})"
    if not may_be_id or rows < MIN_ROWS_FOR_IDS or not is_whole(numbers[:1000]):
        return None  # a fraction or a missing value among the first rows, which tell most columns of measures
    if np.isnan(numbers).any():
        return None
    if first in (0.0, 1.0) and rows >= MIN_ROWS_FOR_SEQUENCE and (np.diff(numbers) == 1).all():
        return "row numbers"
    if id_like(name) and is_whole(numbers) and len(np.unique(numbers)) == rows:
        return "identifier (a different number in every row)"
    return None


def _reason_text(name: str, codes: NDArray[np.int32]) -> str | None:
    counts = np.bincount(codes + 1, minlength=1)  # of missing ones first
    distinct, present = int(np.count_nonzero(counts[1:])), len(codes) - int(counts[0])
    if distinct == 0:
        return "empty"
    if distinct == 1 and present == len(codes):
        return "constant"
    if distinct == present and (
        present >= MIN_ROWS_FOR_SEQUENCE or (id_like(name) and present >= MIN_ROWS_FOR_IDS)
    ):
        return f"text that differs in every row ({distinct:,} values)"
    if distinct > MANY_TEXTS and distinct > MANY_TEXTS_SHARE * len(codes):
        return f"free text ({distinct:,} different values in {len(codes):,} rows)"
    return None
