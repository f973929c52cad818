"""Dates written as text, as days since 1970-01-01."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLOCK = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?"
ISO = re.compile(rf"\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}{CLOCK}(?:Z|[+-]\d{{2}}:?\d{{2}})?")
LOCAL = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(?:\d{{4}}|\d{{2}}){CLOCK}")
NAMED = re.compile(rf"\d{{1,2}}[- ][A-Za-z]{{3,9}}[- ,]{{1,2}}(?:\d{{4}}|\d{{2}}){CLOCK}")
SHORT_YEAR = re.compile(r"(.{1,2}[-/. ](?:\d{1,2}|[A-Za-z]+)[-/., ]{1,2})(\d{2})(?!\d)")
TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?")


@dataclass(frozen=True)
class Dates:
    """Days per text. ``ambiguous``: no text tells day from month, and day first was assumed."""

    days: NDArray[np.float64]
    ambiguous: bool = False


def date_numbers(texts: Sequence[str]) -> Dates | None:
    """Return all texts as days since 1970-01-01 (times of day as fractions), None if any is no date."""
    import numpy as np

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
