"""A table of whole numbers, whose comparison has the same numbers on any machine."""

from __future__ import annotations

from typing import Any

import numpy as np
from toy_tables import make_dataset

from compare_cli.report.formats import FORMATS
from compare_cli.report.table import View
from compare_cli.types import Dataset, Result

HOSTILE = [
    "[red]x[/]",
    "[/x]",
    "\x1b[31mred\x1b[0m",
    "a|b",
    "a\nb",
    "=1+1",
    "\u202eevil",
    "x" * 200,
    "日本語" * 40,
]
"""Names that would act on a terminal, a table or a spreadsheet, and names that are long or wide."""


def steps(
    name: str = "steps", classes: tuple[str, ...] = ("low", "high"), target: str = "level", shift: int = 0
) -> Dataset:
    """60 rows; the class changes at row 30, but for every seventh row."""
    x = np.arange(60.0)
    y = ((x >= 30) ^ ((x + shift) % 7 == 0)).astype(int)
    return make_dataset({"x": x, "z": (x * 7) % 11}, y, classes, name=name, target=target)


def shown(result: Result, form: str = "table", **view: Any) -> str:
    """Return a result in a format, 80 characters wide unless told otherwise."""
    return FORMATS[form].text(result, View(**view))
