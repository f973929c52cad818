"""Where the tables beside the checkout are, and how a table read is compared with its clean version."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from compare_cli.data.bytes import open_path
from compare_cli.data.cells import is_missing
from compare_cli.data.table import ReadOptions, Table
from compare_cli.data.text import read_text
from compare_cli.errors import DataError

# Beside the checkout, or beside the folder of several checkouts.
NEAR = (folder / "shared" / "data" for folder in Path(__file__).parents)
SHARED = next(filter(Path.is_dir, NEAR), Path("shared"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the data in ../shared is absent")


def raw_table(path: Path, encoding: str | None) -> Table:
    """Read a table before it becomes a data set; the encoding is named only where it has to be."""
    try:
        return read_text(open_path(path), ReadOptions(), lambda names, header: [])
    except DataError as error:
        if "--encoding" not in str(error):
            raise
        return read_text(open_path(path), ReadOptions(encoding=encoding), lambda names, header: [])


def plain(cell: object) -> str:
    """Return a cell in a form in which 1 and 1.0, blanks and missing values are the same."""
    if cell is None or cell != cell:
        return ""
    text = " ".join(str(cell).split())
    if is_missing(text):
        return ""
    try:
        return f"{float(text):.10g}"
    except ValueError:
        return text.lower() if text.lower() in {"true", "false"} else text


def clean_rows(path: Path) -> list[list[str]]:
    """Return the rows of a clean version."""
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def difference(folder: Path, name: str) -> str | None:
    """Say in what a table as read differs from its clean version: names, shape or cells; None if in nothing.

    Last columns without a name and without cells, and the name that a column of row names gets, do not count.
    """
    said = json.loads((folder / "parameters" / f"{name}_parameters.json").read_text())
    rows = clean_rows(folder / "clean" / name)
    try:
        table = raw_table(folder / "csv" / name, said.get("encoding"))
    except DataError as error:
        return None if not rows and "is empty" in str(error) else "refused"
    has_header = int(said["header_lines"]) > 0
    if not has_header and [cell.strip() for cell in rows[0]] == said["column_names"]:
        rows = rows[1:]
    if has_header != table.read.header:
        return "header"
    header, body = (rows[0], rows[1:]) if has_header else (None, rows)
    return _names_differ(header, table.frame, body) or _cells_differ(table.frame, body)


def _names_differ(header: list[str] | None, frame: pd.DataFrame, body: list[list[str]]) -> str | None:
    if header is None:
        return None
    names = [" ".join(name.split()) for name in header]
    if frame.columns[0] == "row_names" and all(len(row) == len(names) + 1 for row in body):
        names = ["row_names", *names]
    for name, got in zip(names, frame.columns, strict=False):
        if name and got != name and got.rpartition(".")[0] != name:
            return "names"
    return None


def _cells_differ(frame: pd.DataFrame, body: list[list[str]]) -> str | None:
    if len(frame) != len(body):
        return "shape"
    width = frame.shape[1]
    if any(cell.strip() for row in body for cell in row[width:]):
        return "shape"
    if body and width > max(map(len, body)):
        return "shape"
    for at in range(width):
        for got, row in zip(frame.iloc[:, at].tolist(), body, strict=True):
            if plain(got) != plain(row[at] if at < len(row) else ""):
                return "cells"
    return None
