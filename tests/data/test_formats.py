"""IDX folders, Parquet files and OpenML, without a network."""

from __future__ import annotations

import gzip
import io
import struct
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from conftest_types import Write
from sklearn.utils import Bunch

from compare_cli.api import read as read_table
from compare_cli.data import read, read_cells
from compare_cli.errors import DataError, UsageError


def idx(array: np.ndarray[Any, Any]) -> bytes:
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.astype("u1").tobytes()
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight training and four test images of 2 x 2 pixels, one file of them compressed."""
    rng = np.random.default_rng(0)
    for part, rows in (("train", 8), ("t10k", 4)):
        images = rng.integers(0, 256, (rows, 2, 2))
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(rows) % 2)))
    return tmp_path


def test_idx_folder(folder: Path) -> None:
    dataset = read(folder)
    assert dataset.X.shape == (8, 4)
    assert dataset.classes == ("0", "1")
    assert list(dataset.X.columns) == ["pixel1", "pixel2", "pixel3", "pixel4"]
    assert dataset.test is not None
    assert dataset.test.X.shape == (4, 4)
    assert (
        dataset.X.iloc[0].tolist() == np.random.default_rng(0).integers(0, 256, (8, 2, 2))[0].ravel().tolist()
    )


def test_official_test_images_in_folds(folder: Path) -> None:
    together, apart = read_table(folder, split="cv"), read(folder)
    assert apart.test is not None
    assert together.test is None
    assert together.X.to_numpy().tolist() == [*apart.X.to_numpy().tolist(), *apart.test.X.to_numpy().tolist()]
    assert together.y.tolist() == [*apart.y.tolist(), *apart.test.y.tolist()]
    with pytest.raises(UsageError, match="nor with a test set"):
        read_table(folder, test_rows=1)


def test_damaged_idx_folder(folder: Path) -> None:
    images = folder / "train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:-3])
    with pytest.raises(DataError, match="29 bytes of values instead of 32"):
        read(folder)
    images.unlink()
    with pytest.raises(DataError, match="no images"):
        read(folder)


def test_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)


@pytest.mark.extra
def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    frame = pd.DataFrame({"a": [1, 2, None, 4], "k": list("pqpq"), "class": [0, 1, 0, 1]})
    frame.to_parquet(tmp_path / "t.parquet")
    dataset = read(tmp_path / "t.parquet")
    assert (dataset.name, dataset.fingerprint) == ("t", read(frame).fingerprint)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1\x15\x04 and nothing else")
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "bad.parquet")


def answer(**asked: Any) -> Bunch:
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "kind": pd.Categorical(list("uvuv"))})
    return Bunch(frame=frame, target=frame["kind"], details={"name": "little"}, asked=asked)


@pytest.mark.parametrize(("wanted", "asked"), [("61", {"data_id": 61}), ("iris-2", {"name": "iris-2"})])
def test_openml(monkeypatch: pytest.MonkeyPatch, wanted: str, asked: dict[str, Any]) -> None:
    seen: dict[str, Any] = {}

    def fetch(**given: Any) -> Bunch:
        seen.update(given)
        return answer()

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    dataset = read(f"openml:{wanted}")
    assert asked.items() <= seen.items()
    assert seen["as_frame"] is True
    assert (dataset.name, dataset.target, dataset.classes) == ("little", "kind", ("u", "v"))
    assert {told.code for told in dataset.notes} == {"few_of_a_class"}


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (URLError("Name or service not known"), "cannot be reached"),
        (TimeoutError("timed out"), "cannot be reached"),
        (HTTPError("http://x", 412, "No", {}, None), "answers 412"),  # type: ignore[arg-type]
        (ValueError("No active dataset\nnothing found."), "no such data set"),
    ],
)
def test_openml_fails_in_one_line(monkeypatch: pytest.MonkeyPatch, error: Exception, says: str) -> None:
    def fetch(**given: Any) -> Bunch:
        raise error

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    with pytest.raises(DataError, match=says) as raised:
        read("openml:nothing")
    assert "\n" not in str(raised.value)


def test_openml_needs_a_name() -> None:
    with pytest.raises(UsageError, match="needs a number or a name"):
        read("openml:")


LINES = """{"a": 1, "b": "x, y", "y": "p"}
{"b": null, "y": "q", "a": 2.5}

{"a": 3, "y": "p", "c": [1, {"d": 2}]}
"""


@pytest.mark.parametrize(
    "text",
    [
        LINES * 3,
        LINES.replace("\n", "\r\n") * 3,
        "\ufeff" + LINES * 3,
        "[" + ",\n".join(line for line in (LINES * 3).splitlines() if line) + "]",
        "  \n" + LINES * 3,
    ],
    ids=["lines", "windows", "mark", "list", "blank first"],
)
def test_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text(text, encoding="utf-8", newline="")
    dataset = read(path, target="y")
    assert (dataset.name, dataset.classes, len(dataset.y)) == ("table", ("p", "q"), 9)
    assert dataset.X["a"].tolist() == [1, 2.5, 3] * 3
    cells = read_cells(path)
    assert cells.header == ["a", "b", "y", "c"]
    assert cells.rows[2] == ["3", "", "p", '[1, {"d": 2}]']


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["true", "false", "null"], [1, 0, np.nan]),
        (["1", "null", "3"], [1, np.nan, 3]),
        (['"1.5"', '"2"', '"3"'], [1.5, 2, 3]),
        (["1e3", "-2", "0"], [1000, -2, 0]),
        (['"2021-01-01"', '"1970-01-02"', '"1970-01-03"'], [18628, 1, 2]),
    ],
)
def test_json_values(tmp_path: Path, values: list[str], wanted: list[float]) -> None:
    path = tmp_path / "t.json"
    rows = [f'{{"v": {values[at % 3]}, "w": {at % 5}, "y": "{"pq"[at % 2]}"}}' for at in range(30)]
    path.write_text("\n".join(rows))
    np.testing.assert_array_equal(read(path).X["v"][:3], wanted)


def test_large_numbers_of_json_stay_different(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    rows = [f'{{"v": {2**60 + at % 10 if at % 11 else "null"}, "y": "{"pq"[at % 2]}"}}' for at in range(60)]
    path.write_text("\n".join(rows))
    assert read(path).X["v"].nunique() == 10


BOOK = [["Sales 2021"], [], ["Day", "Size", "Sold", "Kind"]]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A sheet with a title, dates, numbers, truth values and gaps; a short one before it and an empty one."""
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("python_calamine")
    book = openpyxl.Workbook()
    book.active.append(["see the other sheet"])
    sheet = book.create_sheet("Data")
    for row in BOOK:
        sheet.append(row)
    for at in range(30):
        day = datetime(2021, 1, at + 1)
        sheet.append([day, at % 7 + 0.5 if at != 3 else None, at % 2 == 0, "small" if at % 3 else "large"])
    book.create_sheet("Empty")
    book.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


@pytest.mark.extra
def test_excel(workbook: Path) -> None:
    dataset = read(workbook)
    assert (dataset.name, dataset.target, dataset.classes) == ("book", "Kind", ("large", "small"))
    assert [column.kind for column in dataset.columns] == ["date", "numeric", "boolean"]
    assert dataset.X["Day"][0] == 18628
    assert np.isnan(dataset.X["Size"][3])
    assert dataset.X["Size"][4] == 4.5
    assert (dataset.read.delimiter, dataset.read.encoding, dataset.read.header) == (None, None, True)
    assert any("'Sheet'" in note.message for note in dataset.notes if note.code == "other_sheets")
    assert read_cells(workbook).rows[0] == ["2021-01-01", "0.5", "TRUE", "large"]
    assert read(workbook, header=False, skip_rows=5).source_columns == 4


@pytest.mark.extra
def test_damaged_and_large_excel(workbook: Path) -> None:
    with pytest.raises(DataError, match="more than 1,000 bytes"):
        read(workbook, max_bytes=1000)
    whole = workbook.read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(workbook, "w") as cut:
        for name in archive.namelist():
            cut.writestr(name, archive.read(name)[:200])
    with pytest.raises(DataError, match="the Excel workbook cannot be read"):
        read(workbook)


def test_excel_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(UsageError, match=r"save it as CSV, or pip install 'compare-cli\[xlsx\]'"):
        read(tmp_path / "book.xlsx")


@pytest.mark.parametrize(
    "names",
    [
        "fea1,fea2",
        "orc_count,elves",
        "ID3,ID4",
        "PAR1,PAR2",
        "BZh,BZi",
        "Rar!,b",
        "GIF8,b",
        "abc,ftyp",
        "obj,b",
        "riff,b",
        "Arrow1,b",
        "ObjectId,b",
        "arff,@relation",
        "MATLAB,b",
        "city,paris",
        "PK,FK",
        "x^,y^",
        "MZ,NZ",
        "oggs,b",
    ],
)
def test_a_header_that_begins_as_another_file_does_is_a_header(write: Write, names: str) -> None:
    dataset = read(write(f"{names},label\n" + "1,2.5,p\n2,0.5,q\n4,1.5,p\n" * 9))
    assert [column.name for column in dataset.columns] == names.split(",")
    assert len(dataset.X) == 27


@pytest.mark.parametrize("first", [0x50, 0x58, 0x5F])
@pytest.mark.parametrize("after", [False, True])
def test_frames_of_zstd_that_hold_no_data_are_passed_over(write: Write, first: int, after: bool) -> None:
    empty, text = bytes([first]) + b"*M\x18\x04\0\0\0abcd", b"a,label\n" + b"1,p\n2,q\n" * 20
    packed = pytest.importorskip("zstandard").compress(text)
    assert len(read(write(packed + empty if after else empty + packed)).X) == 40
