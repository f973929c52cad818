"""What is shown, as values (tables, lines of text), and how it becomes text: plain, Markdown or CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Generic, Literal, TypeVar

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from compare_cli.report.escaping import cells, markdown, printable

INDENT = 2
GAP = 2  # characters between columns
NOTHING = {"", "-"}  # cells that say nothing
Row = TypeVar("Row")
_FIELDS = re.compile(r" \((?:pairs|models|verdict|protocol|fits|curve)\.[^)]*\)")  # for readers of the JSON

Justify = Literal["left", "right"]
Cell = str | Text


@dataclass(frozen=True)
class PagePicture:
    """A picture of a page as SVG files that stand side by side (() for none), and what it shows or lacks."""

    panels: tuple[bytes, ...]
    caption: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """How a result is shown: the width in characters, whether colours are understood, what is wanted.

    ``everything`` asks for every column, pair and reason, ``boundary`` for all boundary statistics;
    ``baseline`` is the model that others are held against over several data sets (None: chosen). ``whole``
    is set for files that have no width: names are not cut. ``details`` are names of `report.pages.DETAILS`.
    A page shows ``pictures``, by the name of their data set ("" for the ranks), and the ``command``.
    ``checks`` are gates, by name, with the reason of those that do not hold.
    """

    width: int = 80
    color: bool = False
    everything: bool = False
    boundary: bool = False
    baseline: str | None = None
    whole: bool = False
    details: tuple[str, ...] = ()
    pictures: Mapping[str, PagePicture] = field(default_factory=dict)
    command: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every pair and reason is told."""
        return self.everything or self.whole


@dataclass(frozen=True)
class Heading:
    """The head of a column. Where a table is too wide, columns that ``give_way`` are cut first.

    ``most`` is how many characters a column takes at most, None for as many as it has to.
    """

    title: str
    justify: Justify = "left"
    give_way: bool = False
    most: int | None = None


@dataclass(frozen=True)
class Table:
    """A table: headings, rows of cells, and a style for each row ("" for none; () for no styles at all)."""

    headings: Sequence[Heading]
    rows: Sequence[Sequence[Cell]]
    styles: Sequence[str] = ()

    def rich(self) -> RichTable:
        """Return it with a rule under its head and no other lines."""
        table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for h in self.headings:
            table.add_column(
                Text(h.title, "bold"), justify=h.justify, no_wrap=not h.give_way, max_width=h.most
            )
        for row, style in zip(self.rows, self.styles or [""] * len(self.rows), strict=True):
            table.add_row(*(_shown(cell, style) for cell in row))
        return table

    def markdown(self) -> Iterator[str]:
        """Yield its lines in Markdown, what is in the cells escaped."""
        yield f"| {' | '.join(markdown(h.title.strip(), cell=True) for h in self.headings)} |"
        yield f"|{'|'.join('---:' if h.justify == 'right' else '---' for h in self.headings)}|"
        for row in self.rows:
            yield f"| {' | '.join(markdown(str(cell).strip(), cell=True) for cell in row)} |"


def _shown(cell: Cell, style: str) -> Text:
    if isinstance(cell, Text):
        return cell
    return Text(printable(cell), style, no_wrap=True, overflow="ellipsis")


def without_fields(reason: str) -> str:
    """Return a reason without the names of its fields, which are for readers of the JSON."""
    return _FIELDS.sub("", reason)


Kind = Literal["title", "plain", "strong", "quiet", "legend", "reason", "failure", "drawing"]
STYLES: dict[Kind, str] = {
    "title": "bold",
    "strong": "bold",
    "quiet": "dim",
    "legend": "dim",
    "failure": "red",
}


@dataclass(frozen=True)
class Line:
    """A line or paragraph of text, and what it is. Markdown leaves out failures."""

    text: str
    kind: Kind = "plain"

    def rich(self) -> RenderableType:
        """Return it as the terminal shows it; reasons without the names of their fields."""
        text = printable(self.text)
        if self.kind == "reason":
            return Padding(Text(without_fields(text)), (0, 0, 0, INDENT))
        return Text(text, STYLES.get(self.kind, ""), no_wrap=self.kind == "drawing")

    def markdown(self) -> str:
        """Return it as Markdown, escaped."""
        if self.kind == "drawing":  # a block of code by its indentation: no name can end it
            return f"    {self.text}"
        text = markdown(without_fields(self.text) if self.kind == "reason" else self.text)
        if self.kind == "legend":
            return f"*{text}*"
        return {"title": f"### {text}", "strong": f"**{text}**", "reason": f"- {text}"}.get(self.kind, text)


Block = Sequence[Line | Table]
"""What stands together, without blank lines between."""


def text_page(blocks: Iterable[Block], view: View) -> str:
    """Return blocks as text, blank lines between them."""
    file = io.StringIO()
    console = _console(file, view)
    for at, block in enumerate(filter(None, blocks)):
        if at:
            console.print()
        for part in block:
            console.print(part.rich())
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def markdown_page(blocks: Iterable[Block]) -> str:
    """Return blocks as Markdown: a blank line wherever the kind of text changes."""
    chunks = []
    for block in blocks:
        shown = [p for p in block if isinstance(p, Table) or p.kind != "failure"]
        for _, parts in groupby(shown, key=lambda p: id(p) if isinstance(p, Table) else p.kind):
            lines = [[p.markdown()] if isinstance(p, Line) else p.markdown() for p in parts]
            chunks.append("\n".join(line for several in lines for line in several))
    return "\n\n".join(chunks) + "\n"


def _console(file: io.StringIO, view: View) -> Console:
    return Console(
        file=file,
        width=view.width,
        force_terminal=view.color,
        color_system="standard" if view.color else None,
        no_color=not view.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def csv_page(rows: Sequence[Mapping[str, object]], names: Sequence[str] = ()) -> str:
    """Return rows as CSV (RFC 4180), with a column for every name that any of them has; None is empty."""
    out = io.StringIO()
    columns = list(dict.fromkeys([*names, *(name for row in rows for name in row)]))
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _raw(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _raw(value: object) -> object:
    """Keep a name from acting on a terminal, and from being run as a formula by a spreadsheet."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return "" if value is None else value
    text = printable(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One fact of a row: its name (for options and CSV), its title, the text of a cell.

    Columns with a lower ``priority`` are shown first where there is not room for all, those of the same
    priority together, 0 always; None means only when everything is asked for.
    """

    name: str
    title: str
    cell: Callable[[Row], str]
    priority: float | None
    justify: Justify = "right"
    boundary: bool = False

    @property
    def heading(self) -> Heading:
        """The head of the column."""
        return Heading(self.title, self.justify)

    def width(self, rows: Sequence[Row]) -> int:
        """Return how many characters the column takes."""
        return max(cells(text) for text in (self.title, *map(self.cell, rows)))

    def says_something(self, rows: Sequence[Row]) -> bool:
        """Whether any row has this fact."""
        return any(self.cell(row) not in NOTHING for row in rows)


def fitting(columns: Sequence[Column[Row]], rows: Sequence[Row], room: int) -> list[Column[Row]]:
    """Return the columns that fit ``room`` characters, each with a gap, by priority, in their own order."""
    ranked = [column for column in columns if column.priority is not None]
    chosen: list[Column[Row]] = []
    for priority, group in groupby(
        sorted(ranked, key=lambda column: column.priority or 0.0), key=lambda column: column.priority or 0.0
    ):
        together = list(group)
        room -= sum(column.width(rows) + GAP for column in together)
        if room < 0 and priority:
            break
        chosen += together
    return [column for column in columns if column in chosen]


def in_blocks(
    columns: Sequence[Column[Row]], rows: Sequence[Row], room: int, view: View
) -> list[list[Column[Row]]]:
    """Return columns in blocks that fit ``room`` characters, each with a gap, about equally wide.

    One block where not everything is wanted, as the columns were chosen to fit, and in files without width.
    """
    if view.whole or not view.everything:
        return [list(columns)]
    blocks = _filled(columns, rows, room)
    while len(narrower := _filled(columns, rows, room - 1)) == len(blocks) and room > 1:
        blocks, room = narrower, room - 1
    return blocks


def _filled(columns: Sequence[Column[Row]], rows: Sequence[Row], room: int) -> list[list[Column[Row]]]:
    """Fill one block after the other; each has a column at least."""
    blocks: list[list[Column[Row]]] = [[]]
    left = room
    for column in columns:
        width = column.width(rows) + GAP
        if blocks[-1] and width > left:
            blocks.append([])
            left = room
        blocks[-1].append(column)
        left -= width
    return blocks
