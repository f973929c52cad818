"""Results on one data set as a person reads them: comparisons with their tables, and learning curves.

Tables stand beside the verdict: confusion, classes, calibration, of the recommended model or of all; tuning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from math import log

from compare_cli.metrics import Metric, metric_named
from compare_cli.models.families import BASELINE
from compare_cli.report import units
from compare_cli.report.escaping import fitted_apart, padded, printable, shortened
from compare_cli.report.table import Block, Column, Heading, Line, Row, Table, View, in_blocks
from compare_cli.report.tables import UNLIMITED, comparison_blocks, heading, protocol_line, reused_line
from compare_cli.types import (
    CalibrationBin,
    ClassScores,
    Comparison,
    CurvePoint,
    ModelSummary,
    Run,
    TunedModel,
)

NAME_CELLS = 20  # of a name beside or above a column
CHOSEN, TUNED_NAME = 44, 24  # characters of a configuration, a model
HEAD_CELLS = 10  # of a class above its column
HEIGHT, WIDEST = 14, 72  # lines and characters of a drawing
MARKS = "abcdefghijklmnopqrstuvwxyz"


def comparison_page(comparison: Comparison, run: Run, view: View, *, reasons: bool = True) -> Iterator[Block]:
    """Yield a comparison's blocks, the verdict last, after the tables that the view asks for."""
    *before, verdict = comparison_blocks(comparison, run, view, reasons=reasons)
    yield from before
    yield from detail_blocks(comparison, view)
    yield from headroom_blocks(comparison, view)
    yield verdict


def detail_blocks(comparison: Comparison, view: View) -> Iterator[Block]:
    """Yield the tables that the view asks for: of the recommended model, or of all of them."""
    chosen = comparison.verdict.recommended or (comparison.models[0].model if comparison.models else "")
    shown = [m for m in comparison.models if view.everything or m.model == chosen]
    for detail in view.details:
        for model in shown:
            yield from DETAILS[detail](comparison, model, view)


def headroom_blocks(comparison: Comparison, view: View) -> Iterator[Block]:
    """Yield what tuning brings each model, if it was asked for and something was tuned."""
    headroom = comparison.headroom
    if headroom is None:
        return
    if not headroom.models:
        yield [Line(headroom.sentence)]
        return
    columns = headroom_columns(comparison)
    folds = units.counted(headroom.folds, "fold") if headroom.folds > 1 else "the test set"
    yield [Line(f"Headroom: tuned on inner folds, judged on {folds} ({headroom.fits:,} fits)", "title")]
    room = UNLIMITED if view.whole else TUNED_NAME
    names = lambda model: shortened(printable(model.model), room)  # noqa: E731
    *tables, last = _blocks("Model", columns, headroom.models, names, view)
    yield from tables
    yield [*last, Line(headroom.sentence)]


def headroom_columns(comparison: Comparison) -> list[Column[TunedModel]]:
    """Return the columns of the table of tuned models."""
    metric = metric_named(comparison.protocol.metric)

    def gain(value: float | None) -> str:
        return units.signed(value, metric)

    def chosen(m: TunedModel) -> str:
        first, folds = next(iter(m.chosen.items()), ("", 0))
        named = "default" if first == m.model else first
        return "none known" if m.tried < 2 else f"{shortened(printable(named), CHOSEN)} ({folds})"

    return [
        Column("default", "Default", lambda m: units.score(m.default, metric), 0),
        Column("tuned", "Tuned", lambda m: units.score(m.tuned, metric), 0),
        Column("gain", "Gain", lambda m: gain(m.gain), 0),
        Column("interval", "95 %", lambda m: units.interval(m.gain_low, m.gain_high, gain), 0, "left"),
        Column("chosen", "Most chosen (folds)", chosen, 0, "left"),
    ]


def _confusion(comparison: Comparison, model: ModelSummary, view: View) -> Iterator[Block]:
    yield [Line(f"Confusion of {model.model}: rows of a class, by what they are taken for", "title")]
    if model.confusion is None:
        yield [Line("There is none: scores from elsewhere, or no fit was finished.")]
        return
    repeats = judged_times(model, comparison)
    classes = list(zip(_names(comparison, NAME_CELLS), model.confusion, strict=True))
    columns = [
        Column(name, name, partial(_taken_for, at=at, repeats=repeats), 0)
        for at, name in enumerate(_names(comparison, HEAD_CELLS))
    ]
    yield from _blocks("True class", columns, classes, lambda row: row[0], view)
    if repeats > 1:
        yield [Line(f"Means over {round(repeats)} repeats, each of which judges every row.", "quiet")]


def judged_times(model: ModelSummary, comparison: Comparison) -> float:
    """Return how often each judged row stands in a model's confusion matrix, at least once."""
    rows = sum(c.rows or 0 for c in model.per_class or ())
    if not rows or model.confusion is None:
        return comparison.protocol.repeats
    return max(1.0, sum(map(sum, model.confusion)) / rows)


def _taken_for(row: tuple[str, Sequence[int]], *, at: int, repeats: float) -> str:
    """Return how many rows of a class are taken for the class ``at``, in one repeat."""
    return units.count(row[1][at] / repeats)


CLASS_COLUMNS: tuple[Column[tuple[str, ClassScores]], ...] = (
    Column("rows", "Rows", lambda row: units.count(row[1].rows or 0), 0),
    Column("recall", "Recall %", lambda row: units.percent(row[1].recall), 0),
    Column("interval", "95 %", lambda row: _interval(row[1].recall_low, row[1].recall_high), 0, "left"),
    Column("precision", "Precision %", lambda row: units.percent(row[1].precision), 0),
    Column("f1", "F1 %", lambda row: units.percent(row[1].f1), 0),
)
CALIBRATION_COLUMNS: tuple[Column[CalibrationBin], ...] = (
    Column("rows", "Rows", lambda b: units.count(b.rows or 0), 0),
    Column("confidence", "Mean %", lambda b: units.percent(b.confidence), 0),
    Column("accuracy", "Right %", lambda b: units.percent(b.accuracy), 0),
    Column("interval", "95 %", lambda b: _interval(b.accuracy_low, b.accuracy_high), 0, "left"),
)


def _per_class(comparison: Comparison, model: ModelSummary, view: View) -> Iterator[Block]:
    yield [Line(f"Classes of {model.model}: recall is the share found, precision the share right", "title")]
    if model.per_class is None:
        yield [Line("There is nothing to tell: scores from elsewhere, or an earlier version's result.")]
        return
    rows = list(zip(_names(comparison, NAME_CELLS), model.per_class, strict=True))
    yield from _blocks("Class", CLASS_COLUMNS, rows, lambda row: row[0], view)


def _calibration(comparison: Comparison, model: ModelSummary, view: View) -> Iterator[Block]:
    yield [Line(f"Calibration of {model.model}: how often the most probable class is true", "title")]
    if not model.calibration:
        yield [Line("There is none: no probabilities, or fits of an earlier version (see --fresh).")]
        return
    yield from _blocks("Probability %", CALIBRATION_COLUMNS, model.calibration, _bounds, view)


DETAILS: dict[str, Callable[[Comparison, ModelSummary, View], Iterator[Block]]] = {
    "confusion": _confusion,
    "per_class": _per_class,
    "calibration": _calibration,
}
"""The tables by the names of their options: a new one is one entry here."""


def _blocks(
    head: str, columns: Sequence[Column[Row]], rows: Sequence[Row], name: Callable[[Row], str], view: View
) -> Iterator[Block]:
    """Yield a table, or several with the same names where one is too wide."""
    first = Column("name", head, name, 0, "left")
    for block in in_blocks(columns, rows, view.width - first.width(rows), replace(view, everything=True)):
        shown = [first, *block]
        yield [Table([c.heading for c in shown], [[c.cell(row) for c in shown] for row in rows])]


def _names(comparison: Comparison, room: int) -> list[str]:
    return fitted_apart([printable(name) for name in comparison.dataset.classes], room)


def _interval(low: float | None, high: float | None) -> str:
    return units.interval(low, high, units.percent)


def _bounds(b: CalibrationBin) -> str:
    return f"{units.percent(b.low)} - {units.percent(b.high)}"


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
