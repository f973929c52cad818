"""What the text of one cell means: missing, a number in the spellings of the world, a date or a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# In any column. "None" is not among them: it is a category in many tables.
MISSING = (
    "", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "-nan", "-NaN", "NULL", "null", "Null"
)  # fmt: skip
# Only in columns that otherwise hold numbers or dates.
PLACEHOLDERS = frozenset(
    {"-", "--", "---", ".", "..", "*", "none", "missing", "unknown", "n.a.", "n.d.", "nd", "na", "nil", "na."}
    | {"#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!", "tbd", "nap"}
)
_FOLDED = frozenset(token.casefold() for token in MISSING)

NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?%?")
DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2})?")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
EUROPEAN = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d+)?([eE][+-]?\d+)?")
UNIT = re.compile(r"[+-]?[$£€]\s?[\d.,]+|[+-]?[\d.,]+\s?%")

CLOCK = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?"
ISO = re.compile(rf"\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}{CLOCK}(?:Z|[+-]\d{{2}}:?\d{{2}})?")
LOCAL = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(?:\d{{4}}|\d{{2}}){CLOCK}")
NAMED = re.compile(rf"\d{{1,2}}[- ][A-Za-z]{{3,9}}[- ,]{{1,2}}(?:\d{{4}}|\d{{2}}){CLOCK}")
SHORT_YEAR = re.compile(r"(.{1,2}[-/. ](?:\d{1,2}|[A-Za-z]+)[-/., ]{1,2})(\d{2})(?!\d)")
TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?")


def is_missing(cell: str) -> bool:
    """Whether a cell of text stands for a missing value in any column."""
    return cell.strip().casefold() in _FOLDED


def looks_numeric(cell: str) -> bool:
    """Whether a cell reads as a number or a date."""
    cell = cell.strip()
    return bool(NUMBER.fullmatch(cell) or DATE.fullmatch(cell)) or cell.lower() in {"inf", "-inf"}


def parse_numbers(texts: Sequence[str], *, decimal_comma: bool = False) -> NDArray[np.float64]:
    """Return each text as a float, NaN where it is none.

    Currency and percent signs, and commas that group thousands, are read where all other texts are
    numbers too; decimal commas where every text agrees with them.
    """
    import pandas as pd

    def plain(cells: Sequence[str]) -> NDArray[np.float64]:
        return pd.to_numeric(pd.Series(list(cells), dtype=object), errors="coerce").to_numpy(
            "float64", copy=True
        )

    numbers = plain(texts)
    rest = [int(i) for i in np.flatnonzero(np.isnan(numbers)) if texts[int(i)].casefold() not in PLACEHOLDERS]
    if not rest:
        return numbers
    bare = {i: re.sub(r"[$£€%\s]", "", texts[i]) if UNIT.fullmatch(texts[i]) else texts[i] for i in rest}
    if decimal_comma and any("," in text for text in bare.values()):
        every = [bare.get(i, text) for i, text in enumerate(texts)]
        held = [text for text in every if text.casefold() not in PLACEHOLDERS]
        if all(text and EUROPEAN.fullmatch(text) for text in held):
            return plain([text.replace(".", "").replace(",", ".") for text in every])
    numbers[rest] = plain([t.replace(",", "") if GROUPED.fullmatch(t) else t for t in bare.values()])
    return numbers


@dataclass(frozen=True)
class Dates:
    """Days per text. ``ambiguous``: no text tells day from month, and day first was assumed."""

    days: NDArray[np.float64]
    ambiguous: bool = False


def date_numbers(texts: Sequence[str]) -> Dates | None:
    """Return all texts as days since 1970-01-01 (times of day as fractions), None if any is no date."""
    if all(TIME.fullmatch(text) for text in texts):
        return Dates(np.array([_day_fraction(text) for text in texts]))
    if all(ISO.fullmatch(text) for text in texts):
        return _parsed([re.sub(r"^(\d{4})[/.](\d+)[/.]", r"\1-\2-", text) for text in texts], day_first=False)
    if all(NAMED.fullmatch(text) for text in texts):
        return _parsed(list(map(_full_year, texts)), day_first=True)
    parts = [LOCAL.fullmatch(text) for text in texts]
    if not all(parts):
        return None
    first = max(int(part[1]) for part in parts if part)
    second = max(int(part[3]) for part in parts if part)
    if first > 12 and second > 12:
        return None
    found = _parsed(list(map(_full_year, texts)), day_first=second <= 12)
    return Dates(found.days, first <= 12 and second <= 12) if found else None


def _full_year(text: str) -> str:
    """Write a year of two digits in full by the POSIX rule: 69 is 1969, 68 is 2068."""
    year = SHORT_YEAR.match(text)
    return (
        text
        if year is None
        else f"{year[1]}{'19' if int(year[2]) >= 69 else '20'}{year[2]}{text[year.end() :]}"
    )


def _day_fraction(text: str) -> float:
    hours, minutes, seconds = TIME.fullmatch(text).groups()  # type: ignore[union-attr]
    return (int(hours) * 3600 + int(minutes) * 60 + float(seconds or 0)) / 86400


def _parsed(texts: Sequence[str], *, day_first: bool) -> Dates | None:
    import pandas as pd

    try:
        moments = pd.to_datetime(pd.Series(list(texts)), format="mixed", dayfirst=day_first, utc=True)
    except (ValueError, OverflowError, pd.errors.OutOfBoundsDatetime):
        return None
    whole = moments.dt.tz_localize(None).to_numpy().astype("M8[us]")
    days: NDArray[np.float64] = whole.astype("int64") / 86_400e6
    return Dates(days)
