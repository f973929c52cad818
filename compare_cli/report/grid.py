"""A plain table of text: titles, a line, rows below each other; cells are cut where there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from compare_cli.report.escaping import printable

GAP = "  "
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "": ""}


@dataclass(frozen=True)
class GridColumn:
    """A column of a grid; ``width`` is the most that a cell may take, in characters of the terminal."""

    title: str
    width: int = 1000
    justify: Literal["left", "right"] = "left"


def grid(
    columns: Sequence[GridColumn], rows: Sequence[Sequence[str]], styles: Sequence[str] = (), *, color: bool
) -> str:
    """Return a table as text; names from data are made safe. ``styles`` has one of `styled` for each row."""
    titles = [column.title for column in columns]
    cells = [[_cut(text, c.width) for text, c in zip(row, columns, strict=True)] for row in (titles, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = [
        GAP.join(_padded(*cell) for cell in zip(row, widths, columns, strict=True)).rstrip() for row in cells
    ]
    rule = "─" * (sum(widths) + len(GAP) * (len(widths) - 1))
    told = [styled(lines[0], "bold", color=color), rule]
    told += [
        styled(line, style, color=color)
        for line, style in zip(lines[1:], styles or [""] * len(rows), strict=True)
    ]
    return "".join(f"{line}\n" for line in told)


def styled(text: str, style: str, *, color: bool) -> str:
    """Return text that a terminal shows bold, dim, red, green or yellow, where colour is understood."""
    code = _STYLES[style]
    return f"\x1b[{code}m{text}\x1b[0m" if color and code and text else text


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, width: int) -> str:
    text = printable(text)
    if _width(text) <= width:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, max(width - 1, 0)).rstrip() + "…"


def _padded(text: str, width: int, column: GridColumn) -> str:
    space = " " * (width - _width(text))
    return space + text if column.justify == "right" else text + space
