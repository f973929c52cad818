"""What models predict: `plot` draws where which class, `predict` writes what a saved model says of rows."""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare_cli import api
from compare_cli.cli.output import PIPE_WIDTH, say_error, say_notes, wants_color, write_out
from compare_cli.engine.limits import parse_size
from compare_cli.errors import ExitCode, UsageError
from compare_cli.report.files import whole_file

if TYPE_CHECKING:
    from compare_cli.cli.options import PlotOptions
    from compare_cli.plot.picture import Picture
    from compare_cli.plot.terminal import Depth

LINES = 10_000  # that are written at a time


def run_plot(source: str, options: PlotOptions) -> int:
    """Draw the models' regions; return the exit code."""
    from compare_cli.plot.figure import WRITERS, require_matplotlib

    if options.output is None:
        return _to_terminal(source, options)
    writer = WRITERS.get(options.output.suffix.lower())
    if writer is None:
        raise UsageError(f"-o {options.output}: the suffix says what to write: {', '.join(WRITERS)}.")
    require_matplotlib()
    with whole_file(options.output, "-o") as stream:
        picture = _picture(source, options)
        stream.write(writer(picture))
    return _ended(picture)


def _to_terminal(source: str, options: PlotOptions) -> int:
    from compare_cli.plot.terminal import Canvas, picture_text

    room = max(1, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)
    depth = color_depth()
    picture = _picture(source, options, shape=lambda panels: Canvas.of(panels, room, depth).grid)
    write_out(picture_text(picture, Canvas.of(len(picture.panels), room, depth)))
    return _ended(picture)


def color_depth() -> Depth:
    """Return what standard output can show: letters where there is no colour or no half-block."""
    from compare_cli.plot.terminal import UPPER

    if not wants_color(sys.stdout):
        return "letters"
    try:
        UPPER.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "letters"
    return "truecolor" if os.environ.get("COLORTERM") in {"truecolor", "24bit"} else "256"


def _picture(source: str, options: PlotOptions, **shape: Any) -> Picture:
    """Read the table and say what there is to say of it, then draw."""
    dataset = api.read(source, **options.judging(), **options.reading())
    say = (lambda notes: None) if options.quiet else say_notes
    say(dataset.notes)
    picture = api.plot(
        dataset, options.models, features=options.features, row=options.row, seed=options.seed, **shape
    )
    say(picture.notes)
    return picture


def _ended(picture: Picture) -> int:
    from compare_cli.plot.picture import failures

    failed = failures(picture)
    for line in failed:
        say_error(line)
    return ExitCode.PARTIAL if failed else ExitCode.OK


def run_predict(
    model: Path, data: str, output: Path | None, *, quiet: bool, max_bytes: str | None, **how: Any
) -> int:
    """Write a line for each row of a table; return the exit code."""
    most = None if max_bytes is None else parse_size(max_bytes, "--max-bytes")
    said = api.predict(model, data, max_bytes=most, **how)
    with nullcontext() if output is None else whole_file(output, "-o") as stream:
        for text in _blocks(said):
            if stream is None:
                write_out(text, for_programs=True)
            else:
                stream.write(text.encode())
    if not quiet:
        say_notes(said.notes)
    return ExitCode.OK


def _blocks(said: api.Predictions) -> Iterator[str]:
    """Yield lines of CSV, many at a time, the header first."""
    rows = iter([said.header])
    while lines := list(islice(rows, LINES)):
        block = io.StringIO()
        csv.writer(block, lineterminator="\n").writerows(lines)
        yield block.getvalue()
        rows = said.rows
