"""Ways to read a column with pandas: chains of calls that are carried out, and written as Python."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pprint import pformat
from textwrap import indent
from typing import Any

import numpy as np

from compare_cli.data.cells import MISSING

WIDTH = 100  # characters of a line


def days(dates):  # type: ignore[no-untyped-def] # its source stands in scripts, for readers of all kinds
    """Return dates as days since 1970, times of day as parts of one."""
    return (dates.dt.as_unit("us").astype("int64") / 86_400e6).where(dates.notna())


def finite(numbers):  # type: ignore[no-untyped-def] # the same
    """Return numbers without those that are too large for trees and networks."""
    return numbers.where(numbers.abs() <= np.finfo(np.float32).max)


HELPERS = {"days": days, "finite": finite}


def source_of(function: Any) -> str:
    """Return a function as it stands in this file, without what is said to type checkers."""
    first, _, rest = inspect.getsource(function).partition("\n")
    return first.partition("  #")[0] + "\n" + rest


def literal(value: Any) -> str:
    """Return a value as Python writes it, many in lines of at most `WIDTH` characters."""
    return pformat(value, width=WIDTH - 12, compact=True, sort_dicts=False)


def joined(opening: str, parts: Iterable[str], closing: str) -> str:
    """Return parts of a call or a collection, in a line of their own each where they are long."""
    parts = list(parts)
    line = ", ".join(parts)
    if len(line) + len(opening) > WIDTH - 10 or "\n" in line:
        line = "".join(f"\n{indent(part, '    ')}," for part in parts) + "\n"
    return f"{opening}{line}{closing}"


@dataclass(frozen=True)
class Call:
    """One call in a chain: a function of pandas or of `HELPERS` by its name, else a method."""

    name: str
    given: tuple[Any, ...] = ()
    named: Mapping[str, Any] | None = None

    def text(self, column: str) -> str:
        """Return the call with what it gets, as Python writes it."""
        rest = [*map(literal, self.given), *(f"{k}={literal(v)}" for k, v in (self.named or {}).items())]
        if self._function is None:
            return f"{column}.{self.name}({', '.join(rest)})"
        return joined(f"{self.name}(", [column, *rest], ")")

    def of(self, column: Any) -> Any:
        """Return what the call gives."""
        called = self._function
        if called is not None:
            return called(column, *self.given, **(self.named or {}))
        for part in self.name.split("."):
            column = getattr(column, part)
        return column(*self.given, **(self.named or {}))

    @property
    def _function(self) -> Any:
        import pandas as pd

        module, _, name = self.name.partition(".")
        return getattr(pd, name) if module == "pd" else HELPERS.get(self.name)


Way = tuple[Call, ...]


def text_of(way: Way, column: str) -> str:
    """Return a chain of calls on a column, as Python writes it."""
    for made in way:
        column = made.text(column)
    return column


def tried(way: Way, column: Any) -> Any:
    """Return what a chain of calls makes of a column, or a file's path; None where pandas makes nothing."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            for made in way:
                column = made.of(column)
        except Exception:  # whatever pandas raises for values of another kind
            return None
    return column


def call(name: str, *given: Any, **named: Any) -> Call:
    """Return a call with what it is given."""
    return Call(name, given, named)


def _dates(**how: Any) -> Way:
    return (call("pd.to_datetime", **how, errors="coerce"), Call("days"))


TO_NUMBER = call("pd.to_numeric", errors="coerce")
POINT = call("str.replace", ",", ".")
NUMBERS: tuple[Way, ...] = (
    (),
    (Call("finite"),),
    (TO_NUMBER,),
    (POINT, TO_NUMBER),
    (call("str.replace", ".", ""), POINT, TO_NUMBER),
    (call("str.replace", "[^0-9.eE+-]", "", regex=True), TO_NUMBER),
    (call("str.replace", "[^0-9,eE+-]", "", regex=True), POINT, TO_NUMBER),
)
LOWER = (call("astype", "str"), call("str.strip"), call("str.lower"))
TRUTHS: tuple[Way, ...] = (
    (),
    (call("map", {True: 1, False: 0}),),
    (*LOWER, call("map", {"true": 1, "false": 0})),
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAY_FORMATS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y"),
    *("%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%b %Y", "%B %Y", "%Y-%m", "%Y%m%dT%H%M%S"),
)
DATES: tuple[Way, ...] = (
    (Call("days"),),
    (Call("dt.to_timestamp"), Call("days")),
    _dates(format="ISO8601", utc=True),
    *(_dates(format=day + clock) for day in DAY_FORMATS for clock in CLOCKS),
    _dates(format="mixed", utc=True),
    _dates(format="mixed", dayfirst=True, utc=True),
    (call("add", ":00"), call("pd.to_timedelta", errors="coerce"), Call("days")),
    (call("pd.to_timedelta", errors="coerce"), Call("days")),
)
FILLED = call("fillna", "")
CATEGORIES: tuple[Way, ...] = (
    (FILLED,),
    (call("str.strip"), FILLED),
    (call("astype", "object"), FILLED, call("astype", "str")),
    (call("str.strip"), FILLED, call("replace", list(MISSING[1:]), "")),
)
KINDS = {"numeric": NUMBERS, "boolean": TRUTHS, "date": DATES, "categorical": CATEGORIES}
TEXTS: tuple[Way, ...] = ((), (call("astype", "str"),), (call("astype", "str"), call("str.strip")))
