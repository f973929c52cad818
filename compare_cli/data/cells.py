"""What the text of one cell means: missing, a number in the spellings of the world, a date or a time."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

# In any column. "None" is not among them: it is a category in many tables.
MISSING = (
    "", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "-nan", "-NaN", "NULL", "null", "Null"
)  # fmt: skip
# Only in columns that otherwise hold numbers or dates.
PLACEHOLDERS = frozenset(
    {"-", "--", "---", ".", "..", "*", "none", "missing", "unknown", "n.a.", "n.d.", "nd", "na", "nil", "na."}
    | {"#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!", "tbd", "nap", "–", "—", "nat", "\\n"}
)
_FOLDED = frozenset(token.casefold() for token in MISSING)
LONGEST_MISSING = max(map(len, MISSING))
LONGEST = 100  # characters of a number or date; patterns take long for what is no number and has no end
MAX_STRAY_TEXTS = 10  # different texts that are no numbers, in a column that holds numbers

NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?%?")
DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2})?")

CURRENCY = (
    r"(?:(?:US|A|C|NZ|HK|R|S)?\$|[£€¥₹₩₽₺₪₫₴₦฿]|kr\.?|zł|Kč|CHF|EUR|USD|GBP|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK)"
)
# Units that may stand right behind a number; after a blank any word may.
ATTACHED = (
    r"[%‰°]|°?[CFK]|[kmcµnd]?m[²³]?|[kmµn]?g|[mcdµ]?[lL]|lbs?|oz|ft|in|yd|mi|km/h|mph|m/s|[kMG]?[WV]h?|m[AVW]|[kMG]?Hz"
    r"|[kMh]?Pa|mbar|bar|psi|k?J|k?cal|m?mol|[kKMGT]i?B|h|hrs?|min|m?s|secs?|d|days?|wks?|yrs?|bpm|rpm|pp[mb]|px|[kKMBx]|bn"
)
SPELLED = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+-])?\s*(?P<before>{CURRENCY})?\s*(?P<within>\()?(?P<inner>[+-])?"
    r"(?P<number>(?:\d[\d.,' _]*|[.,]\d+)(?:[eEdD][+-]?\d+)?)"
    rf"(?P<unit>(?:{ATTACHED}|{CURRENCY})|\s+[^\W\d_%°][^\d,;:()+-]{{0,19}}|\s*(?:[%‰°]|{CURRENCY}))?"
    r"(?P<after>-)?\s*(?P<close>\))?"
)
SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "m": 1e6, "bn": 1e9, "B": 1e9}  # behind sums of money
WRITTEN = {  # by decimal mark: digits with or without groups; blanks, apostrophes and underscores group, too
    ".": re.compile(r"(\d+|\d{1,3}([,' _])\d{3}(\2\d{3})*|\d{1,2}(,\d{2})+,\d{3})?(\.\d*)?([eE][+-]?\d+)?"),
    ",": re.compile(r"(\d+|\d{1,3}([.' _])\d{3}(\2\d{3})*)?(,\d*)?([eE][+-]?\d+)?"),
}
GROUPING = {".": ",' _", ",": ".' _"}

CLOCK = (
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?\s*(?:Z|UTC|GMT|(?P<zone>[+-]\d{2}):?(?P<offset>\d{2})?)?"
)
EXACT = r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})"
YEAR = r"(?P<year>\d{4}|'?\d{2})"
NAME = r"(?P<name>[^\W\d_]{3,9})\.?"
OF = r"(?:[- ,/]|de |of )"  # between day, month and year
WEEKDAY = r"(?:[^\W\d_]{2,9}\.?,?\s+)?"
ISO = re.compile(rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){CLOCK}")
LOCAL = re.compile(rf"{WEEKDAY}(?P<first>\d{{1,2}})([-/.])(?P<second_part>\d{{1,2}})\2{YEAR}{CLOCK}")
NAMED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?{OF}*{NAME}{OF}+{YEAR}{CLOCK}",
        rf"(?P<day>\d{{1,2}}){NAME}(?P<year>\d{{4}})(?::{EXACT})?",
        rf"{WEEKDAY}{NAME} +(?P<day>\d{{1,2}}) {EXACT} (?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})年 ?(?P<month>\d{{1,2}})月(?: ?(?P<day>\d{{1,2}})日)?{CLOCK}",
        rf"{WEEKDAY}{NAME}[- ]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[- ]+(?P<year>\d{{4}}){CLOCK}",
        rf"(?P<year>\d{{4}})[- /]{NAME}[- /](?P<day>\d{{1,2}}){CLOCK}",
        rf"{NAME}[- /,]+{YEAR}",
        r"(?P<year>\d{4})[-/](?P<month>\d{2})",
        r"(?P<year>(?:19|20)\d{2})[-/](?P<month>\d)",
        r"(?P<month>\d{1,2})[-/](?P<year>(?:19|20)\d{2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2}))?Z?",
        r"(?P<year>\d{4})[- /]?Q(?P<quarter>[1-4])",
        r"Q(?P<quarter>[1-4])[- /]?(?P<year>\d{4})",
        r"(?P<year>\d{4})-?W(?P<week>\d{2})(?:-?(?P<weekday>[1-7]))?",
    )
)
TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*([AaPp]\.?[Mm]\.?)?")
NO_DATE = re.compile(r"0{1,4}([-/.])0{1,2}\1(?:0{1,4})(?: 0{1,2}:00(?::00)?)?")
MONTHS = {  # by their first letters in English, German, French, Spanish, Italian, Dutch and Portuguese
    1: "jan gen ene", 2: "feb fév fev", 3: "mar mär mrt", 4: "apr avr abr", 5: "may mai mag mei",
    6: "jun juin giu", 7: "jul juil lug", 8: "aug aoû ago", 9: "sep set", 10: "oct okt ott out",
    11: "nov", 12: "dec dez déc dic",
}  # fmt: skip
MONTH_OF = {name: month for month, names in MONTHS.items() for name in names.split()}
DAY = 86_400_000_000  # microseconds


def is_missing(cell: str) -> bool:
    """Whether a cell of text stands for a missing value in any column."""
    text = cell.strip()
    return len(text) <= LONGEST_MISSING and text.casefold() in _FOLDED


def is_filled(cell: str) -> bool:
    """Whether a cell stands for a value in any column; "-" and the like do not count as one."""
    if "1" <= cell[:1] <= "9" or "1" <= cell[-1:] <= "9":  # as no word for a missing value does
        return True
    return not (is_missing(cell) or is_placeholder(cell))


def is_placeholder(cell: str) -> bool:
    """Whether a cell stands for a missing value in a column that otherwise holds numbers or dates."""
    return cell.casefold() in PLACEHOLDERS or (cell[:1] == "0" and NO_DATE.fullmatch(cell) is not None)


_OVERFLOW = re.compile(r"[+-]?[0-9]*\.?[0-9]+[eE]\+?[0-9]{3,}")


def looks_numeric(cell: str) -> bool:
    """Whether a cell reads as a number or a date."""
    cell = cell.strip()
    return bool(NUMBER.fullmatch(cell) or DATE.fullmatch(cell)) or cell.lower() in {"inf", "-inf"}


def plain_numbers(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return each text as a float, NaN where it is not written as programs write numbers."""
    import pandas as pd

    read = pd.to_numeric(pd.Series(list(texts), dtype=object), errors="coerce")
    values = read.to_numpy("float64", copy=True)
    for at in map(int, np.flatnonzero(np.isnan(values))):
        if len(texts[at]) <= LONGEST and _OVERFLOW.fullmatch(
            texts[at]
        ):  # pandas before 3 takes 1e400 for text, newer ones for infinity
            values[at] = float(texts[at])
    return values


@dataclass(frozen=True)
class Numbers:
    """One float per text (NaN where it is no number), and the mark before the decimals, "." or ","."""

    values: NDArray[np.float64]
    decimal: str = "."


def parse_numbers(texts: Sequence[str], *, decimal: str | None = None, likely: str = ".") -> Numbers:
    """Read numbers as people write them: with grouped digits, a sign, a currency or a unit.

    ``decimal`` is the mark before the decimals where it is known; else the texts tell it, and ``likely``
    counts where they do not. A unit is taken off where it is the same in all texts that have one; 1.5k is
    1,500, and 2M two millions.
    """
    numbers = plain_numbers(texts)
    rest = [int(i) for i in np.flatnonzero(np.isnan(numbers)) if not is_placeholder(texts[int(i)])]
    if not rest and decimal != ",":
        return Numbers(numbers, decimal or ".")
    bare: dict[int, str] = {}
    units: set[str] = set()
    scales = np.ones(len(texts))
    strays = 0
    for i in rest if decimal != "," else range(len(texts)):
        number, unit, scales[i] = _without_unit(texts[i])
        if not number:
            strays += 1
            if strays > MAX_STRAY_TEXTS:
                return Numbers(numbers, decimal or ".")
            continue
        bare[i] = number
        units |= {unit} - {""}
    if len(units) > 1:
        return Numbers(numbers, decimal or ".")
    every = [bare.get(i, text) for i, text in enumerate(texts)]
    mark = decimal or decimal_mark(every, likely)
    at = list(range(len(texts))) if mark == "," else list(bare)
    numbers[at] = plain_numbers([_without_groups(every[i], mark) for i in at])
    return Numbers(numbers * scales, mark)


def _without_unit(text: str) -> tuple[str, str, float]:
    """Return the digits of a number, its unit, and how much it counts: 1, a thousand, a million.

    There are no digits where it is no number.
    """
    if len(text) > LONGEST or not any(char.isdigit() for char in text[:40]):
        return "", "", 1
    found = SPELLED.fullmatch(_in_plain_signs(text))
    brackets = (found["open"] or "") + (found["within"] or "") if found else ""
    if found is None or brackets != ((found["close"] and "(") or ""):
        return "", "", 1
    negative = (found["sign"], found["inner"], found["after"]).count("-") + bool(brackets)
    digits = ("-" if negative == 1 else "") + re.sub("[dD]", "e", found["number"]).strip()
    money, unit = found["before"] or "", (found["unit"] or "").strip()
    if unit in SCALES and (money or unit != "m"):
        return digits, money or "a scale", SCALES[unit]
    if money and unit:
        return "", "", 1
    several = len(unit) > 2 and unit.endswith("s")  # 1 year, 2 years
    return digits, money or (unit[:-1] if several else unit), 1


def _in_plain_signs(text: str) -> str:
    """Return a text with the digits and signs that programs know: 5ºC, 5µg, ٣٫٥, −5 and 12,–."""
    if not text.isascii():
        known = text.replace("º", "°").replace("²", "\ue002").replace("³", "\ue003")
        known = unicodedata.normalize("NFKC", known).translate(
            str.maketrans("μ−–—’٫٬\ue002\ue003", "µ---'.,²³")
        )
        text = "".join(str(unicodedata.decimal(ch)) if ch.isdecimal() else ch for ch in known)
    return re.sub(r"([.,])-{1,2}$", r"\g<1>00", text.strip())


def _without_groups(text: str, decimal: str) -> str:
    """Write a number with a decimal mark as programs do; the empty text for what is none."""
    sign, digits = (text[:1], text[1:]) if text[:1] in {"-", "+"} else ("", text)
    if not digits or not WRITTEN[decimal].fullmatch(digits):
        return ""
    return sign + digits.translate({ord(mark): None for mark in GROUPING[decimal]}).replace(",", ".")


def decimal_mark(texts: Sequence[str], likely: str = ".") -> str:
    """Return the mark before the decimals of a column's numbers, as they tell it; else ``likely``."""
    sure: set[str] = set()
    doubtful = grouped = ungrouped = False
    for text in texts:
        marks = re.sub(r"[^.,]", "", text)
        if not marks:
            whole = text.lstrip("+-")
            grouped |= whole.isdigit() and len(whole) <= 3
            ungrouped |= whole.isdigit() and len(whole) > 3
            continue
        before, _, after = text.rpartition(marks[-1])
        if len(set(marks)) == 2:
            sure.add(marks[-1])
        elif len(marks) > 1:
            sure.add("," if marks[0] == "." else ".")
        elif len(after) != 3 or not 1 <= len(before.lstrip("+-")) <= 3 or before.lstrip("+-").startswith("0"):
            sure.add(marks)
        else:
            doubtful |= marks == ","
    if len(sure) == 1:
        return sure.pop()
    if sure or not doubtful or grouped == ungrouped:
        return "." if sure or not doubtful else likely
    return "." if grouped else ","


@dataclass(frozen=True)
class Dates:
    """Days per text, NaN where it is none. ``month_first`` is None where no text has its day or month so.

    ``ambiguous``: no text tells day from month, and day first was assumed.
    """

    days: NDArray[np.float64]
    month_first: bool | None = None
    ambiguous: bool = False


def date_numbers(texts: Sequence[str], *, month_first: bool | None = None) -> Dates | None:
    """Return texts as days since 1970-01-01 (times of day as fractions); None where they are no dates.

    Cells that stand for a missing value are NaN, and so are strays: one text in twenty, and ten at most, that
    are no dates, as 2021-02-30 is none. ``month_first`` tells the order where it is known.
    """
    held = [text for text in texts if not is_placeholder(text)]
    most = min(len(held) // 20, MAX_STRAY_TEXTS)
    if not any(char.isdigit() for text in held[: most + 1] for char in text):
        return None
    try:
        if all(TIME.fullmatch(text) for text in held):
            times = {text: _day_fraction(text) for text in held}
            return Dates(np.array([times.get(text, np.nan) for text in texts]))
    except ValueError:
        return None
    parts: dict[str, re.Match[str]] = {}
    for at, text in enumerate(held):
        if (found := _date_parts(text)) is not None:
            parts[text] = found
        elif at - len(parts) >= most:
            return None
    order = _order([found for found in parts.values() if found.re is LOCAL], month_first)
    days: dict[str, float] = {}
    for text, found in parts.items():
        with contextlib.suppress(ValueError, KeyError):
            days[text] = _days(found, order.month_first)
    if len(held) - len(days) > most:
        return None
    return Dates(
        np.array([days.get(text, np.nan) for text in texts]), order.month_first, ambiguous=order.ambiguous
    )


def iso_days(texts: Sequence[str]) -> NDArray[np.float64] | None:
    """Return days since 1970-01-01 where all texts are as 2024-12-31 or 2024-12-31 23:59:59, else None.

    That is what `date_numbers` says of them, at once; of years that microseconds as floats reach exactly.
    """
    form = b"0000-00-00 00:00:00"[: len(texts[0])]
    if len(form) not in {10, 19} or any(len(text) != len(texts[0]) for text in texts):
        return None
    try:
        signs = np.array(texts, dtype=f"S{len(form)}")
        cells = signs.view(np.uint8).reshape(len(texts), len(form))
        digit = np.frombuffer(form, dtype=np.uint8) == ord("0")
        if not (cells[:, ~digit] == np.frombuffer(form, dtype=np.uint8)[~digit]).all():
            return None
        if (cells[:, digit] - ord("0") > 9).any():  # unsigned: what comes before "0" is large
            return None
        whole = signs.astype("M8[us]").astype(np.int64)
    except ValueError:  # no such day, no such time, or not ASCII
        return None
    return whole / DAY if np.abs(whole).max() < 2**53 else None


def _date_parts(text: str) -> re.Match[str] | None:
    for pattern in (ISO, LOCAL, *NAMED) if len(text) <= LONGEST else ():
        if found := pattern.fullmatch(text):
            return found
    return None


@dataclass(frozen=True)
class Order:
    """Whether dates have the month first (None: no date has both as numbers), and whether that is sure."""

    month_first: bool | None
    ambiguous: bool = False


def _order(local: Sequence[re.Match[str]], known: bool | None) -> Order:
    """Tell from the dates themselves whether day or month comes first; half days are an American habit."""
    if not local:
        return Order(None)
    if known is not None:
        return Order(known)
    if max(int(found["first"]) for found in local) > 12:
        return Order(False)
    if max(int(found["second_part"]) for found in local) > 12 or any(found["half"] for found in local):
        return Order(True)
    return Order(False, ambiguous=not all(found[2] == "." for found in local))


def _days(found: re.Match[str], month_first: bool | None) -> float:
    """Return the days since 1970-01-01 UTC. Raises ValueError or KeyError for what is no day."""
    parts = found.groupdict()
    year = parts["year"].lstrip("'")
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 69 else 2000)  # as POSIX says
    if parts.get("week"):
        day = date.fromisocalendar(full, int(parts["week"]), int(parts["weekday"] or 1))
    else:
        day = date(full, *_month_and_day(parts, month_first))
    return ((day.toordinal() - 719_163) * DAY + _microseconds(parts)) / DAY


def _month_and_day(parts: dict[str, str | None], month_first: bool | None) -> tuple[int, int]:
    first, second = parts.get("first"), parts.get("second_part")
    if first and second:
        return (int(first), int(second)) if month_first else (int(second), int(first))
    if quarter := parts.get("quarter"):
        return 3 * int(quarter) - 2, 1
    name = (parts.get("name") or "").casefold()
    month = int(parts["month"] or 0) if parts.get("month") else MONTH_OF.get(name[:4]) or MONTH_OF[name[:3]]
    return month, int(parts.get("day") or 1)


def _microseconds(parts: dict[str, str | None]) -> int:
    """Return the time of day in UTC, in microseconds. Raises ValueError for what is none."""
    hour = _hour(int(parts.get("hour") or 0), parts.get("half"))
    minute, second = int(parts.get("minute") or 0), int(parts.get("second") or 0)
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError("no time of day")
    zone, offset = parts.get("zone"), int(parts.get("offset") or 0)
    away = int(zone) * 60 + (-offset if zone.startswith("-") else offset) if zone else 0
    fraction = int((parts.get("fraction") or "").ljust(6, "0")[:6])
    return ((hour * 60 + minute - away) * 60 + second) * 1_000_000 + fraction


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no hour of half a day")
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _day_fraction(text: str) -> float:
    hours, minutes, seconds, half = TIME.fullmatch(text).groups()  # type: ignore[union-attr]
    if int(minutes) > 59 or float(seconds or 0) >= 61:
        raise ValueError("no time of day")
    return (_hour(int(hours), half) * 3600 + int(minutes) * 60 + float(seconds or 0)) / 86400
