"""The result as a person reads it: a table of models, best first, and the verdict under it."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from compare_cli.models.families import BASELINE
from compare_cli.report.columns import (
    GAP,
    MARK,
    NAME_WIDTH,
    Column,
    Facts,
    choose_columns,
    column_width,
)
from compare_cli.report.escaping import printable, shortened
from compare_cli.report.reused import reused_line
from compare_cli.report.view import View
from compare_cli.types import Comparison, ModelSummary, Run, SingleComparison

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

SHORTEST_NAME = 8
UNLIMITED = 10_000
INDENT = 2
TOP_SET = f"{MARK} top set: the data cannot tell these apart from the best"
_FIELDS = re.compile(r" \((?:pairs|models|verdict|protocol|fits)\.[^)]*\)")  # for readers of the JSON


def comparison_text(comparison: SingleComparison, view: View) -> str:
    """Return one comparison as text: title, table, verdict."""
    return render([*comparison_parts(comparison, comparison.run, view)], view)


def render(parts: Sequence[RenderableType], view: View) -> str:
    """Return parts as text. A table of everything is as wide as it has to be; numbers are never cut."""
    from rich.table import Table

    file = io.StringIO()
    console, wide = _console(file, view, view.width), _console(file, view, UNLIMITED)
    for part in parts:
        (wide if view.everything and isinstance(part, Table) else console).print(part)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _console(file: io.StringIO, view: View, width: int) -> Console:
    from rich.console import Console

    return Console(
        file=file,
        width=width,
        force_terminal=view.color,
        color_system="standard" if view.color else None,
        no_color=not view.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def comparison_parts(
    comparison: Comparison, run: Run, view: View, *, reasons: bool = True
) -> list[RenderableType]:
    """Return title, table and verdict; without ``reasons`` the verdict is its sentence alone."""
    from rich.text import Text

    parts: list[RenderableType] = [
        Text(heading(comparison), "bold"),
        Text(protocol_line(comparison, run), "dim"),
        "",
    ]
    if comparison.models:
        reused = reused_line(comparison)
        parts += [_models_table(comparison, view), *([Text(reused, "dim")] if reused else []), ""]
    return parts + list(_verdict_parts(comparison, reasons)) + list(_failure_parts(comparison))


def heading(comparison: Comparison) -> str:
    """Return the data set in one line: name, rows, features, classes, target."""
    d = comparison.dataset
    name = shortened(printable(d.name), 40)
    if d.rows is None:
        return f"{name}: scores from {printable(d.source)}"
    rows = f"{d.rows:,} rows" if d.test_rows is None else f"{d.rows:,} rows, {d.test_rows:,} test rows"
    target = shortened(printable(d.target), 24)
    return f"{name}: {rows}, {counted(d.features, 'feature')}, {len(d.classes)} classes of {target}"


def protocol_line(comparison: Comparison, run: Run) -> str:
    """Return how models were compared, in one line; ``run`` knows the seed."""
    p = comparison.protocol
    times = counted(p.repeats, "repeat")
    how = {
        "stratified": f"{p.folds} stratified folds × {times}",
        "grouped": f"{p.folds} folds by {printable(p.groups or 'group')} × {times}",
        "time": f"{p.folds} folds in time order",
        "test": f"fitted on all rows, judged on the test rows; {counted(p.repeats, 'seed')}",
    }[p.scheme]
    if comparison.command == "verdict":
        return f"{how}; judged by {printable(p.metric)}"
    ended = "" if comparison.status != "interrupted" else "; interrupted"
    reused = f", {comparison.fits_reused} reused" if comparison.fits_reused else ""
    fits = f"{comparison.fits_run} fits{reused} in {comparison.seconds or 0:.1f} s"
    return f"{how}, seed {run.seed}; {fits}{ended}"


def counted(number: int, noun: str) -> str:
    """Return ``1 fit``, ``2 fits``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _models_table(comparison: Comparison, view: View) -> RenderableType:
    from rich.text import Text

    facts = Facts.of(comparison)
    columns = choose_columns(comparison, view.width, everything=view.everything, boundary=view.boundary)
    taken = sum(column_width(c, comparison, facts) + GAP for c in columns if c.name != "model")
    longest = NAME_WIDTH if view.everything else _name_width(view.width - taken)
    table = plain_table()
    for column in columns:
        table.add_column(Text(column.title(facts), "bold"), justify=column.justify, no_wrap=True)
    for row in comparison.models:
        style = _style(row, comparison)
        table.add_row(*(Text(_cell(column, row, facts, longest), style) for column in columns))
    return table


def _name_width(room: int) -> int:
    return min(max(room, SHORTEST_NAME), NAME_WIDTH)


def plain_table() -> Table:
    """Return a table with a rule under its head and no other lines."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))


def _cell(column: Column, row: ModelSummary, facts: Facts, longest: int) -> str:
    text = printable(column.cell(row, facts))
    return shortened(text, longest) if column.name == "model" else text


def _style(row: ModelSummary, comparison: Comparison) -> str:
    if row.status == "failed":
        return "red"
    if row.model == comparison.verdict.recommended:
        return "bold green"
    return "dim" if row.family == BASELINE else ""


def _verdict_parts(comparison: Comparison, reasons: bool) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    verdict = comparison.verdict
    if verdict.sentence:
        yield Text(printable(verdict.sentence), "bold")
    if not reasons:
        return
    for reason in verdict.because:
        yield Padding(Text(_FIELDS.sub("", printable(reason))), (0, 0, 0, INDENT))
    if marks_a_top_set(comparison):
        yield Text(TOP_SET, "dim")


def marks_a_top_set(comparison: Comparison) -> bool:
    """Whether the table marks several models as its top set."""
    return comparison.verdict.status != "none" and sum(bool(m.in_top_set) for m in comparison.models) > 1


def _failure_parts(comparison: Comparison) -> Iterator[RenderableType]:
    """Each way in which a model failed, once, with its count."""
    from rich.text import Text

    for row in comparison.models:
        ways = Counter((f.kind, f.message) for f in row.failures)
        for (kind, message), count in ways.items():
            times = (
                "all fits" if count == len(row.failures) and row.status == "failed" else counted(count, "fit")
            )
            yield Text(printable(f"{row.model}: {times} failed: {kind}: {message}"), "red")
