"""A result as one self-contained page: verdict first, tables, curves, pictures, how it was read and made."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import cache
from importlib.resources import files
from math import log, sqrt
from typing import TYPE_CHECKING, Any

from compare_cli.metrics import metric_named
from compare_cli.report import units
from compare_cli.report.across import bench_blocks
from compare_cli.report.escaping import brief, cells, printable
from compare_cli.report.formats import blocks_of
from compare_cli.report.pages import CLASS_COLUMNS, headroom_columns, judged_times
from compare_cli.report.table import Heading, Line, PagePicture, Table, View, without_fields
from compare_cli.report.tables import (
    NAME_WIDTH,
    UNLIMITED,
    failures,
    footnotes,
    heading,
    leak_lines,
    models_tables,
    not_tried_lines,
    protocol_line,
    reused_line,
    score_title,
)
from compare_cli.types import Bench, Comparison, CurvePoint, ModelSummary, Result, Run

if TYPE_CHECKING:
    from jinja2 import Template

SCREEN, PHONE = 104, 38  # characters of the table of models; on a phone beside the names
COLORS = 8
MOST_CALIBRATED = 4  # models whose calibration is drawn
MOST_CLASSES = 40  # of a confusion matrix
MARKS, MOST_SIZES = 5, 4  # scores beside a curve, numbers of rows below it


def html_page(result: Result, view: View) -> str:
    """Return a result as an HTML page that loads nothing. Every text is escaped."""
    bench = result if isinstance(result, Bench) else None
    first = result.datasets[0]
    verdict = result.verdict
    context = {
        "title": f"{len(result.datasets)} data sets" if bench else heading(first, whole=True),
        "lines": [] if bench else [protocol_line(first, result.run)],
        "sentence": verdict.sentence,
        "reasons": [] if bench else [without_fields(reason) for reason in first.verdict.because],
        "across": list(_across(bench)) if bench else [],
        "ranks": _images(view.pictures.get("")),
        "sections": [_section(c, result.run, view) for c in result.datasets],
        "made": [*_made(result, view)],
    }
    return _template("page.html").render(context)


def html_card(result: Result, view: View) -> str:
    """Return a result as a notebook shows it: table, verdict, reasons; its colours are the notebook's."""
    blocks = blocks_of(result, view)
    single = not isinstance(result, Bench)
    return _template("card.html").render(blocks=blocks, without_fields=without_fields, single=single)


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(files("compare_cli.report").joinpath(name).read_text("utf-8"))


def _shown(value: Any) -> Any:
    """Replace control characters, and those that change the direction of text; cut what is long."""
    return value if hasattr(value, "__html__") or value is None else brief(str(value))


def _images(picture: PagePicture | None) -> list[str]:
    """Return a picture's panels as addresses that hold them; base64 has no letter that acts."""
    panels = picture.panels if picture is not None else ()
    return ["data:image/svg+xml;base64," + base64.b64encode(svg).decode() for svg in panels]


def _across(bench: Bench) -> Iterator[Line | Table]:
    """Yield the parts that speak of all data sets, without those of each of them."""
    start = 0
    blocks = list(bench_blocks(replace(bench, datasets=bench.datasets), View(whole=True)))
    for at, block in enumerate(blocks):
        first = block[0] if block else None
        if isinstance(first, Line) and first.kind == "title" and first.text not in _headings(bench):
            start = at
            break
    for block in blocks[start:-1]:
        yield from block


def _headings(bench: Bench) -> set[str]:
    return {heading(c) for c in bench.datasets}


def _section(comparison: Comparison, run: Run, view: View) -> dict[str, Any]:
    """Return what the page shows of one data set."""
    colors = {m.model: at % COLORS for at, m in enumerate(comparison.models)}
    picture = view.pictures.get(comparison.dataset.name)
    told = list(_told(comparison))
    return {
        "heading": heading(comparison),
        "protocol": protocol_line(comparison, run),
        "sentence": comparison.verdict.sentence,
        **_models_tables(comparison),
        "curve": _curve(comparison, {m.model: colors[m.model] for m in told}),
        "legend": [
            line.text
            for line in (
                *footnotes([comparison], View(UNLIMITED, whole=True, everything=True)),
                *not_tried_lines([comparison] if comparison.command != "bench" else []),
            )
        ],
        "reused": reused_line(comparison),
        "failures": [line.text for line in failures(comparison)],
        "leaks": [line.text for line in leak_lines(comparison)],
        "picture": _images(picture),
        "caption": picture.caption if picture else (),
        "classes": len(comparison.dataset.classes),
        "class_names": comparison.dataset.classes,
        "roc": [_roc(m, colors[m.model]) for m in told if m.roc],
        "calibration": [_calibration(m, colors[m.model]) for m in told if m.calibration][:MOST_CALIBRATED],
        "details": [_details(m, comparison) for m in told if m.per_class],
        "headroom": _headroom(comparison),
        "facts": [*_facts(comparison)],
        "dropped": Table(
            [Heading("Column"), Heading("Why")], [(d.column, d.reason) for d in comparison.dataset.dropped]
        ),
        "notes": comparison.notes,
    }


def _told(comparison: Comparison) -> Iterator[ModelSummary]:
    """Yield the models that classes and curves are shown of: the recommended one first, not the baseline."""
    recommended = comparison.verdict.recommended
    yield from (m for m in comparison.models if m.model == recommended)
    yield from (m for m in comparison.models if m.model != recommended and m.beats_baseline is not None)


def _models_tables(comparison: Comparison) -> dict[str, Table]:
    """Return the table of models as a screen and a phone show it, and with all columns."""
    name = max((cells(printable(m.model)) for m in comparison.models), default=0)
    views = {
        "table": View(SCREEN, whole=True),
        "narrow": View(PHONE + min(name, NAME_WIDTH), whole=True),
        "all_columns": View(whole=True, everything=True),
    }
    return {kind: next(models_tables(comparison, view)) for kind, view in views.items()}


def _curve(comparison: Comparison, colors: Mapping[str, int]) -> dict[str, Any] | None:
    """Return learning curves with their places in a square: rows by their logarithm, scores as they are.

    None where models learnt from one number of rows only.
    """
    points = [p for p in comparison.curve if p.score is not None and p.model in colors]
    sizes = sorted({p.train_rows for p in points})
    if len(sizes) < 2:
        return None
    known = [v for p in points for v in (p.score, p.low, p.high) if v is not None]
    bottom, scale = min(known), (max(known) - min(known)) or 1.0

    def place(p: CurvePoint) -> tuple[float | None, ...]:
        up = [None if v is None else (v - bottom) / scale for v in (p.score, p.low, p.high)]
        return log(p.train_rows / sizes[0]) / log(sizes[-1] / sizes[0]), *up

    metric = metric_named(comparison.protocol.metric)
    lines = {m: [place(p) for p in points if p.model == m] for m in dict.fromkeys(p.model for p in points)}
    shown = sizes[:: -(-len(sizes) // MOST_SIZES)]
    marks = [at / (MARKS - 1) for at in range(MARKS)]
    return {
        "lines": [{"model": m, "color": colors[m], "points": its} for m, its in lines.items()],
        "across": [(log(rows / sizes[0]) / log(sizes[-1] / sizes[0]), f"{rows:,}") for rows in shown],
        "up": [(at, units.score(bottom + scale * at, metric)) for at in marks],
        "score": score_title(metric),
    }


def _roc(model: ModelSummary, color: int) -> dict[str, Any]:
    auc = model.score("roc_auc")
    return {
        "model": model.model,
        "color": color,
        "rates": model.roc,
        "auc": "" if auc is None else units.percent(auc),
    }


def _calibration(model: ModelSummary, color: int) -> dict[str, Any]:
    bins = model.calibration or ()
    most = max(b.rows or 0 for b in bins)
    drawn = [asdict(b) | {"size": round(2 + 5 * sqrt((b.rows or 0) / most), 1)} for b in bins]
    return {"model": model.model, "color": color, "bins": drawn}


def _details(model: ModelSummary, comparison: Comparison) -> dict[str, Any]:
    """Return the confusion matrix with the share of each cell in its row, and recall by class."""
    repeats, names = judged_times(model, comparison), comparison.dataset.classes
    confusion = model.confusion if model.confusion and len(names) <= MOST_CLASSES else ()
    classes = list(zip(names, model.per_class or (), strict=True))
    return {
        "model": model.model,
        "repeats": repeats,
        "confusion": [
            [{"text": units.count(n / repeats), "percent": round(70 * n / max(sum(row), 1))} for n in row]
            for row in confusion
        ],
        "per_class": Table(
            [Heading("Class"), *(column.heading for column in CLASS_COLUMNS)],
            [[name, *(column.cell((name, c)) for column in CLASS_COLUMNS)] for name, c in classes],
        ),
    }


def _headroom(comparison: Comparison) -> dict[str, Any] | None:
    headroom = comparison.headroom
    if headroom is None:
        return None
    columns = headroom_columns(comparison)
    rows = [[m.model, *(column.cell(m) for column in columns)] for m in headroom.models]
    table = Table([Heading("Model"), *(column.heading for column in columns)], rows)
    return {"table": table, "sentence": headroom.sentence, "fits": headroom.fits, "folds": headroom.folds}


def _facts(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Yield how the table was read, name by name."""
    d, read = comparison.dataset, comparison.dataset.read
    yield "Source", d.source
    if d.rows is None:  # scores from elsewhere
        return
    if read.encoding:
        header = "with a header" if read.header else "without a header"
        yield "Text", f"{read.encoding}, delimiter {read.delimiter!r}, {header}"
    if read.preamble_rows or read.skipped_rows:
        yield "Rows passed over", f"{read.preamble_rows} before the table, {read.skipped_rows} skipped"
    yield "Columns", f"{d.columns:,}: {d.numeric:,} numeric and {d.categorical:,} categorical features"
    yield "Missing cells", f"{d.missing_cells:,}"
    counts = [f"{name} {n:,}" for name, n in zip(d.classes, d.class_counts, strict=False)]
    yield f"Classes of {d.target}", ", ".join(counts)
    for true, row in zip(d.classes, comparison.protocol.costs or (), strict=False):
        yield (
            f"Cost of {true} taken for",
            ", ".join(f"{name} {cost:g}" for name, cost in zip(d.classes, row, strict=True) if name != true),
        )
    yield "Fingerprint", d.fingerprint


def _made(result: Result, view: View) -> Iterator[tuple[str, str]]:
    run, environment = result.run, result.environment
    if view.command:
        yield "Command", view.command
    yield "Run", f"{run.id}, {run.started}, {units.seconds(run.seconds)}, {run.status}, seed {run.seed}"
    yield (
        "Fits",
        f"{run.fits_run:,} run, {run.fits_reused:,} reused, {run.fits_failed:,} failed; {run.jobs} at a time",
    )
    yield "compare", run.version
    versions = ("python", "scikit_learn", "numpy", "pandas", "joblib")
    yield "Versions", ", ".join(f"{n.replace('_', '-')} {getattr(environment, n)}" for n in versions)
    yield "Machine", f"{environment.platform}, {environment.cpu_count} processors"
