"""A result as one self-contained page: verdict first, tables, curves, pictures, how it was read and made."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from importlib.resources import files
from math import sqrt
from typing import TYPE_CHECKING, Any

from compare_cli.report import units
from compare_cli.report.across import bench_blocks
from compare_cli.report.classes import CLASS_COLUMNS, headroom_columns
from compare_cli.report.escaping import printable
from compare_cli.report.formats import blocks_of
from compare_cli.report.table import Heading, Line, PagePicture, Table, View, without_fields
from compare_cli.report.tables import (
    UNLIMITED,
    failures,
    footnotes,
    heading,
    leak_lines,
    models_tables,
    not_tried_lines,
    protocol_line,
    reused_line,
)
from compare_cli.types import Bench, Comparison, ModelSummary, Result, Run

if TYPE_CHECKING:
    from jinja2 import Template

COLORS = 8
MOST_CALIBRATED = 4  # models whose calibration is drawn
MOST_CLASSES = 40  # of a confusion matrix


def html_page(result: Result, view: View) -> str:
    """Return a result as an HTML page that loads nothing. Every text is escaped."""
    bench = result if isinstance(result, Bench) else None
    first = result.datasets[0]
    verdict = result.verdict
    context = {
        "title": f"{len(result.datasets)} data sets" if bench else heading(first),
        "lines": [] if bench else [protocol_line(first, result.run)],
        "sentence": verdict.sentence,
        "reasons": [] if bench else [without_fields(reason) for reason in first.verdict.because],
        "across": list(_across(bench)) if bench else [],
        "ranks": _image(view.pictures.get("")),
        "sections": [_section(c, result.run, view) for c in result.datasets],
        "made": [*_made(result, view)],
    }
    return _template("page.html").render(context)


def html_card(result: Result, view: View) -> str:
    """Return a result as a notebook shows it: table, verdict, reasons; its colours are the notebook's."""
    blocks = blocks_of(result, view)
    return _template("card.html").render(blocks=blocks, without_fields=without_fields)


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(files("compare_cli.report").joinpath(name).read_text("utf-8"))


def _shown(value: Any) -> Any:
    """Replace what would act on a page's text, such as control and direction characters."""
    return value if hasattr(value, "__html__") or value is None else printable(str(value))


def _image(picture: PagePicture | None) -> str:
    if picture is None or not picture.svg:
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(picture.svg).decode()


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
    (table,) = models_tables(comparison, View(whole=True, everything=True))
    told = list(_told(comparison))
    return {
        "heading": heading(comparison),
        "protocol": protocol_line(comparison, run),
        "sentence": comparison.verdict.sentence,
        "table": table,
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
        "picture": _image(picture),
        "caption": picture.caption if picture else (),
        "classes": len(comparison.dataset.classes),
        "class_names": comparison.dataset.classes,
        "repeats": comparison.protocol.repeats,
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
    repeats, names = comparison.protocol.repeats, comparison.dataset.classes
    confusion = model.confusion if model.confusion and len(names) <= MOST_CLASSES else ()
    classes = list(zip(names, model.per_class or (), strict=True))
    return {
        "model": model.model,
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
