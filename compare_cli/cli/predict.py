"""`predict`: what a saved model says of each row of a table, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from compare_cli import api
from compare_cli.cli.output import say_notes, whole_file, write_out
from compare_cli.engine.limits import parse_size
from compare_cli.errors import ExitCode

LINES = 10_000  # that are written at a time


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
