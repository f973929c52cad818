"""Bytes and text: compression, encodings, dialects, headers, ragged rows."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zipfile

import pytest
from conftest_types import Write

from compare_cli.data import read
from compare_cli.data.dialect import find_dialect
from compare_cli.data.header import find_layout, unmangle
from compare_cli.errors import DataError, UsageError

TEXT = "a,b,class\n1,2,x\n3,5,y\n5,6,x\n7,9,y\n"


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, TEXT)
    return stream.getvalue()


PACKED = {
    "gz": gzip.compress(TEXT.encode()),
    "bz2": bz2.compress(TEXT.encode()),
    "xz": lzma.compress(TEXT.encode()),
    "zip": zipped("table.csv"),
}


@pytest.mark.parametrize("suffix", PACKED)
def test_compression_is_told_by_its_first_bytes(write: Write, suffix: str) -> None:
    plain = read(write(TEXT)).fingerprint
    packed = read(write(PACKED[suffix], f"table.csv.{suffix}"))
    assert (packed.fingerprint, packed.name) == (plain, "table")
    assert read(write(PACKED[suffix], "no_suffix")).fingerprint == plain


@pytest.mark.parametrize("head", [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"PK\x03\x04"])
def test_damaged_compression(write: Write, head: bytes) -> None:
    with pytest.raises(DataError, match="damaged"):
        read(write(head + b"not really", "table.csv"))


def test_zip_holds_one_table(write: Write) -> None:
    with pytest.raises(DataError, match="holds 2 files"):
        read(write(zipped("a.csv", "b.csv"), "two.zip"))


def test_zstd_without_its_package(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("Python 3.14 reads zstd itself")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(UsageError, match=r"pip install 'compare-cli\[zstd\]'"):
        read(write(b"\x28\xb5\x2f\xfdrest", "table.csv.zst"))


def test_parquet_without_its_package(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'compare-cli\[parquet\]'"):
        read(write(b"PAR1\x15\x04", "table.parquet"))


class Stdin:
    """Standard input with bytes in it."""

    def __init__(self, data: bytes, *, terminal: bool = False) -> None:
        self.buffer = io.BytesIO(data)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize("data", [TEXT.encode(), PACKED["gz"], PACKED["zip"]], ids=["plain", "gzip", "zip"])
def test_standard_input(write: Write, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    dataset = read("-")
    assert (dataset.name, dataset.source) == ("stdin", "-")
    assert dataset.fingerprint == read(write(TEXT)).fingerprint


def test_a_terminal_is_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"", terminal=True))
    with pytest.raises(UsageError, match="nothing is piped"):
        read("-")


ACCENTS = "größe,class\n1,ä\n2,ö\n3,ä\n4,ö\n"


@pytest.mark.parametrize(
    ("codec", "option", "found"),
    [
        ("utf-8", None, "utf-8"),
        ("utf-8-sig", None, "utf-8-sig"),
        ("utf-16", None, "utf-16"),
        ("latin-1", "latin-1", "iso8859-1"),
        ("utf-16", "latin-1", "utf-16"),
    ],
)
def test_encodings(write: Write, codec: str, option: str | None, found: str) -> None:
    dataset = read(write(ACCENTS.encode(codec)), encoding=option)
    assert dataset.read.encoding == found
    assert (list(dataset.X.columns), dataset.classes) == (["größe"], ("ä", "ö"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            ACCENTS.encode("cp1252"),
            "line 1 (byte 2) is not UTF-8; it looks like cp1252: try --encoding cp1252",
        ),
        (b"a,class\n1,x\n2,\xff\n", "line 3 (byte 14)"),
        (b"a,class\n" + b"1,x\n" * 400_000 + b"2,\xe9\n", "line 400002 (byte 1600010)"),
        ("имя,класс\n1,да\n2,нет\n".encode("cp1251"), "--encoding cp1251"),
        ("a,class\n1,x\n2,y\n".encode("utf-16-le"), "--encoding utf-16-le"),
        (b"a,class\n1,\x00\n", "NUL byte at offset 10"),
        (b"a,class\n1,\xc3", "not UTF-8"),
    ],
)
def test_bytes_that_are_no_text(write: Write, data: bytes, says: str) -> None:
    with pytest.raises(DataError) as error:
        read(write(data))
    assert says in str(error.value)


def test_unknown_encoding(write: Write) -> None:
    with pytest.raises(UsageError, match="Did you mean 'latin-1'"):
        read(write(TEXT), encoding="latin1x")
    with pytest.raises(UsageError, match="does not make text"):
        read(write(TEXT), encoding="hex")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " ", ":"])
def test_delimiters(write: Write, delimiter: str) -> None:
    dataset = read(write(TEXT.replace(",", delimiter)))
    assert dataset.fingerprint == read(write(TEXT)).fingerprint


def test_runs_of_blanks(write: Write) -> None:
    dataset = read(write("  a  b   class\n 1    2  x\n13 5 y\n 5   6 x\n 7  9   y\n"))
    assert dataset.read.delimiter == "whitespace"
    assert dataset.X.to_numpy().tolist() == [[1, 2], [13, 5], [5, 6], [7, 9]]


def test_named_delimiter_wins(write: Write) -> None:
    dataset = read(write("a~b~class\n1,0~2~x\n3,1~4~y\n5,2~6~x\n7,3~8~y\n"), delimiter="~")
    assert list(dataset.X.columns) == ["a", "b"]
    with pytest.raises(UsageError, match="one character"):
        read(write(TEXT), delimiter="ab")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(write: Write, end: str) -> None:
    assert read(write(TEXT.replace("\n", end))).fingerprint == read(write(TEXT)).fingerprint


@pytest.mark.parametrize(
    ("sample", "quote", "escape"),
    [
        ("a,b\n'x, y',1\n'z',2\n", "'", None),
        ('a,b\n"x, y",1\n"z",2\n', '"', None),
        ("a,b\nMen's,1\nmy 'own',2\n", '"', None),
        ('a,b\n"8\\" wide",1\n"z",2\n', '"', "\\"),
    ],
)
def test_quotes(sample: str, quote: str, escape: str | None) -> None:
    dialect = find_dialect(sample)
    assert (dialect.delimiter, dialect.quote, dialect.escape) == (",", quote, escape)


@pytest.mark.parametrize(
    ("text", "preamble"),
    [
        ("# a title\n# more\n" + TEXT, 2),
        ("A title,,\n,,\n" + TEXT, 2),
        ("A title\n\n" + TEXT, 2),
        ("A title, with a comma\n\nand more\n" + TEXT, 3),
        (TEXT + "# the end\n", 0),
        (TEXT + "Source: nowhere,,\n", 0),
        (TEXT + ",,\n\n", 0),
        (TEXT.replace("5,6,x", "# five\n5,6,x"), 0),
        (TEXT + TEXT.splitlines()[0] + "\n", 0),
    ],
)
def test_what_surrounds_a_table_is_left_out(write: Write, text: str, preamble: int) -> None:
    dataset = read(write(text))
    assert dataset.fingerprint == read(write(TEXT)).fingerprint
    assert dataset.read.preamble_rows == preamble


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([["a", "b"], ["1", "x"], ["2", "y"]], ["a", "b"]),
        ([["1", "x"], ["2", "y"], ["3", "x"]], []),
        ([["?", "1"], ["2", "?"], ["3", "4"]], []),
        ([["yes", "no"], ["no", "no"], ["yes", "yes"]], []),
        ([["smokes", "cured"]] + [["yes", "no"], ["no", "yes"]] * 5, ["smokes", "cured"]),
        ([["a", "b"], ["kg", "m"], ["1", "2"], ["3", "4"], ["5", "6"]], ["a kg", "b m"]),
        (
            [["a", "", "b"], ["x", "y", "z"], ["1", "2", "3"], ["3", "4", "5"], ["5", "6", "7"]],
            ["a x", "a y", "b z"],
        ),
        ([["a", "b"], ["p", "1", "2"], ["q", "3", "4"]], ["row_names", "a", "b"]),
    ],
)
def test_header(rows: list[list[str]], names: list[str]) -> None:
    assert find_layout(rows, None, names_quoted=False).names == names


@pytest.mark.parametrize(
    ("first", "values"),
    [
        ("X1 X0 X0.1 X0.2 X0.3 X1.1", "1 0 0 0 0 1"),
        ("X1.5 X0 X0.1 X0.2 X0.3", "1.5 0 0 0 0"),
        ("X.2 X0 X0.1 X0.2 X0.3", "-2 0 0 0 0"),
        ("1 0 0.1 0.2 0.3 0.4", "1 0 0 0 0 0"),
        ("X1 X2 X3 X4", None),
        ("X1 X1 X1.1 X1.2 X1.3", None),
        ("x1 X0 X0.1 X0.2 X0.3", None),
        ("1 0 0.1 0.3 0.7 0.9", None),
    ],
)
def test_row_taken_for_a_header(first: str, values: str | None) -> None:
    cells = first.split()
    below = [["1"] * len(cells), ["0"] * len(cells)]
    assert unmangle(cells, below) == (values.split() if values else None)


def test_ragged_rows_are_told(write: Write) -> None:
    rows = "1,2,x\n3,5,y\n" * 20
    dataset = read(write(f"a,b,class\n{rows}1,2,3,x\n4,5\n"))
    notes = {note.code: note.message for note in dataset.notes}
    assert "line 42" in notes["rows_too_long"]
    assert "line 43" in notes["rows_short"]
    assert (len(dataset.y), dataset.read.skipped_rows) == (40, 1)


def test_many_ragged_rows_are_an_error(write: Write) -> None:
    with pytest.raises(DataError, match="line 22 and 9 more have over 3 columns"):
        read(write("a,b,class\n" + "1,2,x\n3,5,y\n" * 10 + "1,2,3,x\n" * 10))


@pytest.mark.parametrize(
    "line", ['"p,2,x', 'p,2,"x', 'p,"2,x', '""p,2,x'], ids=["first", "last", "middle", "doubled"]
)
def test_a_stray_quote_costs_no_other_row(write: Write, line: str) -> None:
    rows = "q,1,y\n" * 10
    dataset = read(write(f"a,b,class\n{rows}{line}\n{rows}r,3,x\nr,3,x\nr,4,x\n"))
    assert "quotes_repaired" in {note.code for note in dataset.notes}
    assert len(dataset.y) >= 23


def test_second_table_is_left_out(write: Write) -> None:
    dataset = read(write(TEXT + "a,b,class,more\n1,2,x,3\n3,4,y,4\n"))
    assert len(dataset.y) == 4
    (told,) = (note.message for note in dataset.notes if note.code == "second_table")
    assert told.endswith("left out its 2 rows.")


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>Not found</body></html>\n",
        b'{"a": 1, "b": [1, 2]}\n',
        b'"""""""\n"\n',
        b"\n\n\n",
        b"," * 100 + b"\n",
        b"a" * 1_000_000,
        bytes(range(1, 256)) * 10,
        b'a,b,class\n"1,2,x\n',
    ],
)
def test_hostile_bytes_make_one_line(write: Write, data: bytes) -> None:
    with pytest.raises((DataError, UsageError)) as error:
        read(write(data))
    assert "\n" not in str(error.value)
