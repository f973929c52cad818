"""Learning curves as a person reads them: a table of sizes and models, a drawing, what is seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log

from compare_cli.metrics import Metric, metric_named
from compare_cli.models.families import BASELINE
from compare_cli.report import units
from compare_cli.report.escaping import fitted_apart, padded, printable
from compare_cli.report.table import Block, Heading, Line, Table, View
from compare_cli.report.tables import heading, protocol_line, reused_line
from compare_cli.types import Comparison, CurvePoint, Run

NAME_CELLS = 20
HEIGHT, WIDEST = 14, 72  # lines and characters of a drawing
MARKS = "abcdefghijklmnopqrstuvwxyz"


def curve_page(comparison: Comparison, run: Run, view: View) -> Iterator[Block]:
    """Yield the blocks of a result of `compare curve`."""
    yield [Line(heading(comparison), "title"), Line(protocol_line(comparison, run), "quiet")]
    metric = metric_named(comparison.protocol.metric)
    models = curve_models(comparison)
    if comparison.curve:
        yield [_table(comparison, models, metric)]
        if not view.whole:
            yield [Line(text, "drawing") for text in drawing(comparison, models, metric, view.width)]
    reused = reused_line(comparison)
    verdict = comparison.verdict
    yield [
        *([Line(verdict.sentence, "strong")] if verdict.sentence else []),
        *(Line(reason, "reason") for reason in verdict.because),
        *([Line(reused, "quiet")] if reused else []),
    ]


def curve_models(comparison: Comparison) -> list[str]:
    """Return the models of the curves, best first at the largest size, without the baseline."""
    names = [m.model for m in comparison.models if m.family != BASELINE]
    return [name for name in names if any(point.model == name for point in comparison.curve)]


def points_of(comparison: Comparison, model: str) -> list[CurvePoint]:
    """Return the points of one model's curve that have a score, the smallest size first."""
    return [p for p in comparison.curve if p.model == model and p.score is not None]


def _table(comparison: Comparison, models: Sequence[str], metric: Metric) -> Table:
    """Return a row a size: scores with their intervals, and who leads."""
    at = {(p.model, p.train_rows): p for p in comparison.curve}
    sizes = sorted({p.train_rows for p in comparison.curve})
    sign = 1 if metric.higher_is_better else -1

    def cell(model: str, size: int) -> str:
        point = at.get((model, size))
        if point is None or point.score is None:
            return units.NOTHING
        bounds = units.interval(point.low, point.high, lambda bound: units.score(bound, metric))
        return f"{units.score(point.score, metric)} {bounds}".strip()

    def leader(size: int) -> str:
        there = {m: sign * (at[m, size].score or 0.0) for m in models if (m, size) in at}
        return max(there, key=lambda model: there[model]) if there else units.NOTHING

    names = fitted_apart([printable(model) for model in models], NAME_CELLS)
    heads = [Heading("Learnt from", "right"), *(Heading(name, "right") for name in names), Heading("Leads")]
    rows = [
        [f"{size:,}", *(cell(model, size) for model in models), printable(leader(size))] for size in sizes
    ]
    return Table(heads, rows)


def drawing(comparison: Comparison, models: Sequence[str], metric: Metric, width: int) -> Iterator[str]:
    """Yield the lines of a drawing of the curves: a letter for each model, rows on a logarithmic scale."""
    curves = {model: points_of(comparison, model) for model in models[: len(MARKS)]}
    sizes = sorted({p.train_rows for points in curves.values() for p in points})
    scores = [p.score or 0.0 for points in curves.values() for p in points]
    if len(sizes) < 2:
        return
    top, bottom = max(scores), min(scores)
    span = (top - bottom) or 1.0
    labels = [units.score(value, metric) for value in (top, (top + bottom) / 2, bottom)]
    left = max(map(len, labels))
    room = max(min(width, WIDEST) - left - 3, 20)
    step = (room - 1) / log(sizes[-1] / sizes[0])
    canvas = [[" "] * room for _ in range(HEIGHT)]
    for mark, points in zip(MARKS, reversed(curves.values()), strict=False):
        mark = MARKS[len(curves) - 1 - MARKS.index(mark)]  # the best is drawn last, over the others
        for p in points:
            row = round((top - (p.score or 0.0)) / span * (HEIGHT - 1))
            canvas[row][round(log(p.train_rows / sizes[0]) * step)] = mark
    for at, cells in enumerate(canvas):
        label = {0: labels[0], HEIGHT // 2: labels[1], HEIGHT - 1: labels[2]}.get(at, "")
        yield f"{padded(label, left, 'right')} │{''.join(cells).rstrip()}"
    yield f"{' ' * left} └{'─' * room}"
    first, last = f"{sizes[0]:,}", f"{sizes[-1]:,} rows"
    yield f"{' ' * (left + 2)}{first}{' ' * max(room - len(first) - len(last), 1)}{last}"
    legend = ", ".join(f"{mark} {printable(name)}" for mark, name in zip(MARKS, curves, strict=False))
    yield f"{' ' * (left + 2)}{legend}"
