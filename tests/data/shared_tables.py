"""Where the tables beside the checkout are, and how a table read is compared with its clean version."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from compare_cli.data import read_cells
from compare_cli.data.table import Cells
from compare_cli.errors import DataError

# Beside the checkout, or beside the folder of several checkouts.
NEAR = (folder / "shared" / "data" for folder in Path(__file__).parents)
SHARED = next(filter(Path.is_dir, NEAR), Path("shared"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the data in ../shared is absent")


def as_read(path: Path, encoding: str | None) -> Cells:
    """Read a table's cells; the encoding is named only where it has to be."""
    try:
        return read_cells(path)
    except DataError as error:
        if "--encoding" not in str(error):
            raise
        return read_cells(path, encoding=encoding)


def clean_rows(path: Path) -> list[list[str]]:
    """Return the rows of a clean version."""
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def clean_cells(folder: Path, name: str) -> Cells:
    """Return what a table should be read as."""
    said = json.loads((folder / "parameters" / f"{name}_parameters.json").read_text())
    rows = clean_rows(folder / "clean" / name)
    named = (
        [cell.strip() for cell in rows[0]] == [cell.strip() for cell in said["column_names"]]
        if rows
        else False
    )
    if int(said["header_lines"]) > 0 and rows:
        return Cells(rows[0], rows[1:])
    return Cells(None, rows[1:] if named else rows)


def said_of(folder: Path, name: str) -> dict[str, str]:
    """Return the dialect of a table."""
    said: dict[str, str] = json.loads((folder / "parameters" / f"{name}_parameters.json").read_text())
    return said


def letters(cell: str) -> str:
    """Return a name's ASCII letters and digits: what stays the same in every encoding and spelling."""
    return re.sub(r"[^a-z0-9]", "", cell.casefold())


def difference(folder: Path, name: str) -> str | None:
    """Say in what a table as read differs from its clean version; None: in nothing.

    Last columns without a name and without cells, and blanks around cells, do not count.
    """
    meant = clean_cells(folder, name)
    try:
        got = as_read(folder / "csv" / name, said_of(folder, name).get("encoding"))
    except DataError as error:
        return f"refused: {error}"
    if (got.header is None) != (meant.header is None):
        return "header"
    if len(got.rows) != len(meant.rows):
        return "shape"
    names, wanted = trimmed(got.header), trimmed(meant.header)
    if names != wanted and names != ["", *wanted]:  # R leaves out the name of the row names
        return "spelling" if list(map(letters, names)) == list(map(letters, wanted)) else "names"
    return None if list(map(trimmed, got.rows)) == list(map(trimmed, meant.rows)) else "cells"


def trimmed(row: list[str] | None) -> list[str]:
    """Return cells without outer blanks, and without blank ones at the end."""
    cells = [" ".join(cell.split()) for cell in row or ()]
    while cells and not cells[-1]:
        cells.pop()
    return cells
