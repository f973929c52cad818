"""Odd tables from the wild and from a benchmark of CSV readers, against their clean versions."""

from __future__ import annotations

import json

import pytest
from shared_tables import SHARED, as_read, difference, needs_shared

MESSY = SHARED / "messy"

# What is not read as the clean version has it, and why. A file that comes right must leave this list.
POLLUTED: dict[str, str] = {}
SURVEY = {
    "Copy_of_2016-17_Q3_Final_V2.csv": "spelling",  # the clean version lost the pound sign
    "Feb-2016.csv": "shape",  # the clean version keeps the footnote as a row
    "Note_4_Staff_costs_-_Average_number_of_persons_employed_13-14.csv": "names",  # a header of five rows
    "Sustainability_-_Water_consumption_P_56.csv": "names",  # one row of data: is line 1 a title or a header?
    "Wine_Cellar_Consumption_dataset_14-15.csv": "cells",  # UTF-8 made from cp1252 taken for Latin-1
    "ministers-overseas-travel-jan-mar-2013.csv": "spelling",  # the same
    "mos-oct-dec-2014.csv": "shape",  # several tables, which the clean version has as one
    "nati-clin-audi-bowe-canc-2017-tran-main-fiel-list.csv": "header",  # a header with one name
    "workforce-management-information-dft_201706.csv": "names",  # the clean version spells names differently
}
KNOWN = {"polluted": POLLUTED, "survey": SURVEY}
FILES = [(part, path.name) for part in KNOWN for path in sorted((MESSY / part / "csv").glob("*"))]


@needs_shared
def test_nothing_is_missing() -> None:
    assert [sum(part == wanted for part, _ in FILES) for wanted in KNOWN] == [35, 53]


@needs_shared
@pytest.mark.parametrize(("part", "name"), FILES, ids=[name for _, name in FILES])
def test_table_is_read_as_its_clean_version(part: str, name: str) -> None:
    assert difference(MESSY / part, name) == KNOWN[part].get(name)


def one_line(cell: str) -> str:
    """Return a cell with single blanks: line ends inside cells are those of the file."""
    return " ".join(cell.split())


@needs_shared
@pytest.mark.parametrize(
    "path", sorted((MESSY / "spectrum").glob("*.csv")), ids=lambda path: getattr(path, "stem", "none")
)
def test_spectrum(path) -> None:  # type: ignore[no-untyped-def]
    meant = json.loads(path.with_suffix(".json").read_text())
    read = as_read(path, None)
    assert read.header is not None
    got = [dict(zip(read.header, map(one_line, row), strict=True)) for row in read.rows]
    records = meant if isinstance(meant, list) else [meant]
    wanted = [{name: one_line(str(cell)) for name, cell in record.items()} for record in records]
    if path.stem == "location_coordinates":  # its JSON has another telephone number than its CSV
        got[0].pop("Contact Phone Number"), wanted[0].pop("Contact Phone Number")
    assert got == wanted
