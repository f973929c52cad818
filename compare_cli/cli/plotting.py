"""`plot`: draw where models predict which class, in the terminal or whole into a file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from compare_cli.cli.options import ReadOptions
from compare_cli.cli.output import PIPE_WIDTH, whole_file, write_out
from compare_cli.cli.talk import say_error, say_notes, wants_color
from compare_cli.errors import ExitCode, UsageError
from compare_cli.notes import note
from compare_cli.report.pictures import Picture, failures
from compare_cli.report.pictures_figure import GRID, WRITERS, require_matplotlib
from compare_cli.report.pictures_terminal import UPPER, Canvas, Depth, picture_text

_DATA = "Data"


@dataclass(frozen=True)
class PlotOptions(ReadOptions):
    """What is drawn, and where it goes, beside how the table is read."""

    test: Annotated[
        str | None,
        typer.Option(
            help="Judge on this table; learn from all of DATA.", rich_help_panel=_DATA, metavar="FILE"
        ),
    ] = None
    models: Annotated[
        str | None,
        typer.Option("--models", "-m", help="Models to draw. (default: logistic,tree,mlp)", metavar="LIST"),
    ] = None
    features: Annotated[
        str | None,
        typer.Option(
            help="One or two numeric columns to look along, or pca for the first two principal components."
            " (default: what tells the classes apart best)",
            metavar="A,B",
        ),
    ] = None
    row: Annotated[
        int | None,
        typer.Option(
            "--slice",
            help="Hold the other columns at this row of the table, from 1. (default: a typical row)",
            metavar="ROW",
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Seed of everything random.", metavar="S")] = 0
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Write a .png, .svg or .html file instead of text.", metavar="FILE"
        ),
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No notes.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False


def run_plot(source: str, options: PlotOptions) -> int:
    """Draw the models' regions; return the exit code."""
    if options.output is None:
        return _to_terminal(source, options)
    writer = WRITERS.get(options.output.suffix.lower())
    if writer is None:
        raise UsageError(f"-o {options.output}: the suffix says what to write: {', '.join(WRITERS)}.")
    require_matplotlib()
    with whole_file(options.output, "-o") as stream:
        picture = _picture(source, options, lambda panels: GRID)
        stream.write(writer(picture))
    return _ended(picture)


def _to_terminal(source: str, options: PlotOptions) -> int:
    room = max(1, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)
    depth = color_depth()
    picture = _picture(source, options, lambda panels: Canvas.of(panels, room, depth).grid)
    write_out(picture_text(picture, Canvas.of(len(picture.panels), room, depth)))
    return _ended(picture)


def color_depth() -> Depth:
    """Return what standard output can show: letters where there is no colour or no half-block."""
    if not wants_color(sys.stdout):
        return "letters"
    try:
        UPPER.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "letters"
    return "truecolor" if os.environ.get("COLORTERM") in {"truecolor", "24bit"} else "256"


def _picture(source: str, options: PlotOptions, shape: Callable[[int], tuple[int, int]]) -> Picture:
    """Read, check, choose the plane and say so, then fit. ``shape`` makes a grid's of a number of panels."""
    from compare_cli import api
    from compare_cli.cli.picturing import Wish, make_picture
    from compare_cli.engine.job import Options, prepare_job
    from compare_cli.models.families import BASELINE
    from compare_cli.models.specs import split_specs

    dataset = api.read(source, test=options.test, **options.reading())
    if not options.quiet:
        say_notes(dataset.notes)
    job = prepare_job(dataset, Options(models=options.models, seed=options.seed, boundary=False))
    baseline = options.models is not None and any(
        part == "all" or part.startswith(BASELINE) for part in split_specs(options.models)
    )

    def tell(plane: str) -> None:
        told = note("plane", plane=plane)
        say_notes([] if options.quiet else [told if options.features is None else replace(told, hint="")])

    if not options.quiet:
        say_notes(job.notes)
    return make_picture(job, Wish(options.features, options.row, baseline), shape, tell)


def _ended(picture: Picture) -> int:
    told = failures(picture)
    for line in told:
        say_error(line)
    return ExitCode.PARTIAL if told else ExitCode.OK
