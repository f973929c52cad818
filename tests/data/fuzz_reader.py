"""Fuzz the reader, guided by coverage (atheris): ``python tests/data/fuzz_reader.py CORPUS``.

Any bytes must end in a data set or in one line of at most 1,000 characters, in bounded time.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["compare_cli"]):
    from compare_cli.data import read, read_cells
    from compare_cli.data import sources as _  # noqa: F401 - loaded before the first input
    from compare_cli.errors import DataError, UsageError

FILE = Path(tempfile.mkdtemp()) / "table.csv"


def read_any(data: bytes) -> None:
    """Read bytes as a table in both ways."""
    FILE.write_bytes(data)
    for way in (read, read_cells):
        try:
            way(FILE)
        except (DataError, UsageError) as error:
            if "\n" in str(error) or len(str(error)) >= 1000:
                raise ValueError(f"not one short line: {error}") from error


warnings.simplefilter("error")
atheris.Setup(sys.argv, read_any)
atheris.Fuzz()
