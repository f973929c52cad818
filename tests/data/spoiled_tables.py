"""One table, spoiled in the ways that real files are: what each file says is known, as it was made from it.

``python tests/data/spoiled_tables.py FOLDER`` writes all of them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HEADER = ("weight", "remark", "place", "answer")
REMARKS = ("plain", "with, comma", 'says "so"', "line\nbreak", "tab\there", "semi; colon")
PLACES = ("Köln", "Århus", "Łódź", "")


def rows(count: int = 48) -> list[tuple[str, ...]]:
    """Return the cells of the clean table: a number, text with every delimiter, names, the class."""
    return [
        (
            f"{(at * 37) % 101 / 4:.2f}" if at % 11 else "",
            REMARKS[at % len(REMARKS)],
            PLACES[at % len(PLACES)],
            "yes" if (at * 7) % 5 > 2 else "no",
        )
        for at in range(count)
    ]


def written(
    table: Sequence[Sequence[str]],
    *,
    header: Sequence[str] = HEADER,
    delimiter: str = ",",
    quote: str = '"',
    always: bool = False,
    end: str = "\n",
) -> str:
    """Return a table as delimited text; quotes in quoted cells are doubled."""

    def cell(text: str) -> str:
        if always or any(mark in text for mark in (delimiter.strip() or delimiter, quote, "\n", "\r")):
            return quote + text.replace(quote, quote * 2) + quote
        return text

    lines = [delimiter.join(map(cell, line)) for line in (header, *table) if line]
    return end.join(lines) + end


def _zipped(text: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("table.csv", text)
    return file.getvalue()


def _latin(table: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The same table where a code page has no Polish letters."""
    return [tuple(cell.replace("Łódź", "Lodz") for cell in line) for line in table]


CLEAN = rows()
_TEXT = written(CLEAN)
_PREAMBLE = "Survey of places\nmade in spring\n\n"
SPOILED: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "semicolon": ("csv", lambda: written(CLEAN, delimiter=";").encode()),
    "tab": ("tsv", lambda: written(CLEAN, delimiter="\t").encode()),
    "tab in a csv": ("csv", lambda: written(CLEAN, delimiter="\t").encode()),
    "pipe": ("csv", lambda: written(CLEAN, delimiter="|").encode()),
    "comma and blank": ("csv", lambda: written(CLEAN, delimiter=", ").encode()),
    "all quoted": ("csv", lambda: written(CLEAN, always=True).encode()),
    "all quoted, semicolon": ("csv", lambda: written(CLEAN, always=True, delimiter=";").encode()),
    "windows line ends": ("csv", lambda: written(CLEAN, end="\r\n").encode()),
    "old mac line ends": ("csv", lambda: written(CLEAN, end="\r").encode()),
    "no end of the last line": ("csv", lambda: _TEXT.rstrip("\n").encode()),
    "byte order mark": ("csv", lambda: _TEXT.encode("utf-8-sig")),
    "utf-16": ("csv", lambda: _TEXT.encode("utf-16")),
    "preamble": ("csv", lambda: (_PREAMBLE + _TEXT).encode()),
    "blank lines": ("csv", lambda: _TEXT.replace("no\n", "no\n\n").encode()),
    "only delimiters at the end": ("csv", lambda: (_TEXT + ",,,\n,,,\n").encode()),
    "a delimiter after every row": (
        "csv",
        lambda: written([(*line, "") for line in CLEAN], header=(*HEADER, "")).encode(),
    ),
    "gzip": ("csv.gz", lambda: gzip.compress(_TEXT.encode())),
    "bzip2": ("csv.bz2", lambda: bz2.compress(_TEXT.encode())),
    "xz": ("csv.xz", lambda: lzma.compress(_TEXT.encode())),
    "zip": ("csv.zip", lambda: _zipped(_TEXT.encode())),
    "gzip under another name": ("csv", lambda: gzip.compress(_TEXT.encode())),
}
"""Suffix and bytes of every file that says what the clean table says, read without any option."""
CODE_PAGES = {
    encoding: written(_latin(CLEAN)).encode(encoding) for encoding in ("cp1252", "latin-1", "iso8859-15")
}
"""Text that is no UTF-8: the encoding has to be named."""


if __name__ == "__main__":
    for name, (suffix, make) in SPOILED.items():
        (Path(sys.argv[1]) / f"{name}.{suffix}").write_bytes(make())
