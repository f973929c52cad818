"""Tables that are no delimited text: folders of IDX files, Parquet, JSON and Excel; and what is no table."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.data.bytes import ByteSource, Room, open_path
from compare_cli.data.columns import MAX_EXACT
from compare_cli.data.table import Table, from_frame
from compare_cli.errors import DataError, UsageError
from compare_cli.notes import note
from compare_cli.types import Note, ReadInfo

if TYPE_CHECKING:
    import pandas as pd

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
CELL = 8  # bytes that a value takes at least
TRAIN = ("train",)
TEST = ("t10k", "test")
AS_CSV = "save the table as CSV or Parquet"
STATISTICS = f"a statistics file: {AS_CSV}"
PICKLE = f"a Python pickle, which can hold code and is never opened: {AS_CSV}"
OF_R = "data of R: write.csv(x, 'x.csv', row.names = FALSE) writes it as CSV"
TEXTS = (
    (
        rb"(?i)\s*(<!--.*?-->\s*)*(<!doctype html|<html|<head|<body|<table)",
        "an HTML page, not the table itself: download that",
    ),
    (rb"(?i)\s*<\?xml|\s*<svg", f"XML: {AS_CSV}"),
    (rb"version https://git-lfs", "a Git LFS pointer, not the table itself: git lfs pull"),
    (rb"(\.\./)*/?(\.git/)?annex/objects/", "a git-annex pointer, not the table itself: git annex get"),
    (
        rb"(?i)([^\S\n]*(%[^\n]*)?\n)*[^\S\n]*@relation\b",
        "an ARFF file: scipy.io.arff reads it; save the table as CSV",
    ),
    (
        rb"(\s*#[^\n]*\n)*[+-]?\d+(\.\d+)?( qid:\d+)?( +\d+:[-+.\deE]+)+ *[#\r\n]",
        "a libsvm file: sklearn.datasets.load_svmlight_file reads it; save the table as CSV",
    ),
    (rb"%%MatrixMarket", "a matrix by its coordinates: scipy.io.mmread reads it; save the table as CSV"),
    (rb"%PDF-", "a PDF: copy its table into a spreadsheet, and save that as CSV"),
    (rb"\{\\rtf", f"a document in rich text: {AS_CSV}"),
    (rb"MATLAB [57]\.\d MAT-file|<stata_dta>|\$FL[23]@|HEADER RECORD\*|SIMPLE  = +T", STATISTICS),
    (rb"\(?[dl]p\d\n|c[\w.]+\n\w+\n(p\d+\n)?\(", PICKLE),
    (rb"A\n[23]\n\d{5,6}\n\d{5,6}\n|RD[AX][23]\n", OF_R),
)
"""How texts begin that are no delimited table, and what they are."""
BINARIES = (
    (rb"\xd0\xcf\x11\xe0", "an old Office file: save it as .xlsx or CSV"),
    (rb"X\n\0\0\0", OF_R),
    (rb"\x80[\x02-\x05]", PICKLE),
    (rb"ARROW1|FEA1|\xff\xff\xff\xff", "a Feather or Arrow file: save the table as Parquet or CSV"),
    (rb"SQLite format 3\0", f"an SQLite database: {AS_CSV}"),
    (rb"\x89HDF\r\n", f"an HDF5 file: {AS_CSV}"),
    (rb"\x93NUMPY", f"an array of NumPy: {AS_CSV}"),
    (rb"[\x69-\x73][\x01\x02]\x01\0|\0{12}\xc2\xea\x81\x60", STATISTICS),
    (rb"ORC|Obj\x01", f"an ORC or Avro file: {AS_CSV}"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP", "a picture, not a table"),
    (rb"RIFF....(WAVE|AVI )|ID3|OggS|fLaC|....ftyp", "sound or video, not a table"),
    (
        rb"7z\xbc\xaf|Rar!|\x04\x22\x4d\x18|\x1f\x9d|\x5d\0\0.\0|\xff\x06\0\0sNaPpY|.{257}ustar",
        "an archive of a kind that is not read: unpack it",
    ),
    (rb"\x7fELF|MZ.{56,120}This program|\xca\xfe\xba\xbe|\xfe\xed\xfa", "a program, not a table"),
)
"""How files begin that are no text: a header may begin with the same letters, as orc_count and fea1 do."""
CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f]")
HEAD = 4096


def load_idx(folder: Path) -> Table:
    """Return the pixels and labels of a folder of IDX files; the official test set comes along.

    Raises DataError where files are missing, damaged or do not belong together.
    """
    train = _find(folder, TRAIN)
    if train is None:
        raise DataError(
            f"{folder}: is a folder without train-images-idx3-ubyte and train-labels-idx1-ubyte: name a file."
        )
    test = _find(folder, TEST)
    return _table(folder, *train, _table(folder, *test, None) if test else None)


def holds_idx(folder: Path) -> bool:
    """Whether a folder holds IDX files of images or labels."""
    names = [path.name.lower() for path in folder.iterdir()]
    parts = [name for name in names if name.startswith((*TRAIN, *TEST)) and "idx" in name]
    return any("images" in name or "labels" in name for name in parts)


def _find(folder: Path, prefixes: tuple[str, ...]) -> tuple[Path, Path] | None:
    """Return the files of images and labels of one part, None where the folder has neither."""
    files = sorted(p for p in folder.iterdir() if p.name.lower().startswith(prefixes))
    images = [p for p in files if "images" in p.name.lower() and "idx" in p.name.lower()]
    labels = [p for p in files if "labels" in p.name.lower() and "idx" in p.name.lower()]
    if not images and not labels:
        return None
    if not images or not labels:
        raise DataError(
            f"{folder}: has {(images or labels)[0].name} but no {'labels' if images else 'images'} for it."
        )
    return images[0], labels[0]


def _table(folder: Path, images: Path, labels: Path, test: Table | None) -> Table:
    import pandas as pd

    pixels, names = read_idx(images), read_idx(labels)
    if len(pixels) != len(names) or names.ndim != 1 or pixels.ndim < 2:
        raise DataError(f"{images}: {len(pixels)} images, but {labels.name} has {len(names)} labels.")
    flat = pixels.reshape(len(pixels), -1)
    columns = [f"pixel{i + 1}" for i in range(flat.shape[1])]
    frame = pd.DataFrame(flat, columns=columns, copy=False)
    frame["class"] = names
    return Table(folder.resolve().name, str(folder), frame, ReadInfo(), target="class", test=test)


def read_idx(path: Path) -> NDArray[np.generic]:
    """Return the array in an IDX file (compressed or not). Raises DataError where it is damaged."""
    data = open_path(path).all()
    kind = TYPES.get(data[2]) if len(data) >= 4 and data[:2] == b"\0\0" else None
    if kind is None or len(data) < 4 + 4 * data[3]:
        raise DataError(f"{path}: is not an IDX file, or it is damaged: fetch it again.")
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    body: Any = data[4 + 4 * data[3] :]
    expected = int(np.prod(shape, dtype=object)) * np.dtype(kind).itemsize
    if len(body) != expected:
        raise DataError(f"{path}: has {len(body):,} bytes of values instead of {expected:,}: fetch it again.")
    return np.frombuffer(body, dtype=kind).reshape(shape).astype(np.dtype(kind).newbyteorder("="), copy=False)


def load_parquet(text: ByteSource, max_bytes: int | None) -> Table:
    """Return a Parquet file as a table. Raises UsageError without pyarrow, DataError for damaged files."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            f"{text.source}: Parquet needs the package pyarrow: pip install 'compare-cli[parquet]'."
        ) from None

    try:
        with text.open() as stream:
            file = pyarrow.parquet.ParquetFile(stream)
            Room(text.source, max_bytes).refuse(file.metadata.num_rows * file.metadata.num_columns * CELL)
            frame = _frame_of(file.read())
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{text.source}: the Parquet file cannot be read: {first.rstrip('.')}.") from None
    return replace(from_frame(frame, text.source), name=text.name)


def _frame_of(table: Any) -> pd.DataFrame:
    """Return an Arrow table as pandas has it, but large whole numbers with gaps as texts, not as floats."""
    import pyarrow.compute

    frame: pd.DataFrame = table.to_pandas()
    for name, column in zip(table.schema.names, table.columns, strict=True):
        if column.null_count and pyarrow.types.is_integer(column.type) and (frame.columns == name).sum() == 1:
            ends = pyarrow.compute.min_max(column).as_py().values()
            if frame[name].dtype == "float64" and any(end and abs(end) > MAX_EXACT for end in ends):
                frame[name] = column.cast(pyarrow.string()).to_pandas().to_numpy(dtype=object)
    return frame


def refuse_foreign(text: ByteSource) -> None:
    """Raise DataError, in one line that says what to do, for a file of a known kind that is no table."""
    head = text.head(HEAD).removeprefix(b"\xef\xbb\xbf")
    for pattern, what in (*TEXTS, *(BINARIES if CONTROL.search(head) else ())):
        if re.match(pattern, head, re.DOTALL):
            raise DataError(f"{text.source}: is {what}.")


def is_json(text: ByteSource) -> bool:
    """Whether a text is JSON: an object first, also in a list, or a list in each line or in a list."""
    head = text.head(HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    lists = rb'\[\s*\[|\[[-\d"tfn][^\n\[]*\]\r?\n\['
    return re.match(rb'(\[\s*)?\{\s*("|\}\s*[,\]\n])|' + lists, head) is not None


def load_json(text: ByteSource) -> Table:
    """Return JSON lines, or a list of objects, as a table: keys are columns, nested values their JSON text.

    Raises DataError (with the line) for anything else.
    """
    import pandas as pd

    rows = list(_objects(text))
    if len(rows) == 1 and any(isinstance(value, dict | list) for value in rows[0].values()):
        raise DataError(
            f"{text.source}: is one JSON object, and one for each row is needed, such as pandas writes with "
            "to_json(path, orient='records', lines=True)."
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [_json_value(row.get(name)) for row in rows] for name in names}
    frame = pd.DataFrame({name: _json_column(values) for name, values in columns.items()})
    return replace(from_frame(frame, text.source), name=text.name)


def _objects(text: ByteSource) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, or of lines. Raises DataError for what is none."""
    line, what = 1, "is no JSON object"
    try:
        whole = text.all().decode("utf-8-sig")
        if whole.lstrip().startswith("["):
            found = json.loads(whole)
            if not all(isinstance(row, dict) for row in found):
                raise DataError(f"{text.source}: is JSON, but not a list of objects: {AS_CSV}.")
            yield from found
            return
        for line, written in enumerate(whole.split("\n"), start=1):  # noqa: B007 - an error names it
            if written.strip():
                row = json.loads(written)
                if not isinstance(row, dict):
                    raise ValueError(what)
                yield row
    except UnicodeDecodeError as error:
        raise DataError(
            f"{text.source}: byte {error.start} is not UTF-8, which JSON is written in."
        ) from None
    except json.JSONDecodeError as error:
        at = line + error.lineno - 1
        raise DataError(
            f"{text.source}: line {at} is no JSON object ({error.msg}): one object a line."
        ) from None
    except (ValueError, RecursionError):
        raise DataError(f"{text.source}: line {line} {what}: one object a line.") from None


def _json_value(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _json_column(values: list[Any]) -> Any:
    """Return values as a column; beside missing ones whole numbers stay as they are written."""
    import pandas as pd

    whole = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    exact = any(abs(value) > 2**53 for value in whole)
    return pd.Series(values, dtype=object) if exact else pd.Series(values, dtype=None if values else object)


@dataclass(frozen=True)
class Sheet:
    """Delimited text, and what to say of where it comes from."""

    text: ByteSource
    notes: tuple[Note, ...] = ()


def excel_sheet(text: ByteSource, max_bytes: int | None) -> Sheet:
    """Return the sheet of an Excel workbook with most rows, the first of equals.

    Raises UsageError without python-calamine, DataError for a damaged workbook, or one that is too large.
    """
    import zipfile

    try:
        import python_calamine
    except ImportError:
        raise UsageError(
            f"{text.source}: is an Excel workbook: save it as CSV, or pip install 'compare-cli[xlsx]'."
        ) from None
    with text.open() as stream, zipfile.ZipFile(stream) as archive:
        Room(text.source, max_bytes).refuse(sum(member.file_size for member in archive.infolist()))
    try:
        with text.open() as stream:
            book = python_calamine.CalamineWorkbook.from_filelike(stream)
            sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError(
            f"{text.source}: the Excel workbook cannot be read: {str(error).rstrip('.')}."
        ) from None
    largest = max(sheets, key=lambda name: len(sheets[name]), default="")
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_excel_cell(value) for value in row] for row in sheets.get(largest, []))
    others = ", ".join(repr(name) for name, rows in sheets.items() if rows and name != largest)
    notes = (note("other_sheets", sheets=others),) if others else ()
    return Sheet(replace(text, path=None, data=out.getvalue().encode()), notes)


def _excel_cell(value: Any) -> str:
    """Return what a spreadsheet shows: whole numbers without a point, days without a time, TRUE and FALSE."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
