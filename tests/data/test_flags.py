"""What a user says of a text: each decision has an option, which holds whatever the text looks like."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from conftest_types import Write

from compare_cli import api
from compare_cli.data import attach_test, read, read_cells
from compare_cli.errors import DataError, UsageError

ROWS = "1,2,x\n2,3,y\n3,4,x\n4,9,y\n"
WRONG = [
    ({"encoding": "klingon"}, "--encoding klingon: no such encoding"),
    ({"encoding": "rot13"}, "--encoding rot13"),
    ({"encoding": "utf8x"}, "Did you mean"),
    ({"delimiter": ""}, "--delimiter"),
    ({"delimiter": ",,"}, "--delimiter"),
    ({"delimiter": "\n"}, "--delimiter"),
    ({"quote": "ab"}, "--quote"),
    ({"quote": ",", "delimiter": ","}, "--quote"),
    ({"decimal": "x"}, "--decimal"),
    ({"decimal": ""}, "--decimal"),
    ({"header": -1}, "--header -1"),
    ({"header": 1000}, "--header 1000"),
    ({"skip_rows": -1}, "--skip-rows -1"),
    ({"max_bytes": 0}, "--max-bytes 0"),
]


@pytest.mark.parametrize(("how", "message"), WRONG, ids=[str(how) for how, _ in WRONG])
@pytest.mark.parametrize("source", ["iris", "moons", "frame", "file", "absent.csv"])
def test_a_wrong_option_is_an_error_also_where_it_has_no_effect(
    write: Write, source: str, how: dict[str, object], message: str
) -> None:
    made: object = source
    if source == "frame":
        made = pd.DataFrame({"a": [1, 2, 3, 4], "y": list("abab")})
    elif source == "file":
        made = write("a,b,y\n" + ROWS)
    with pytest.raises(UsageError, match=message):
        api.read(made, **how)
    with pytest.raises(UsageError, match=message):
        api.cells(made, **how)


def test_delimiter(write: Write) -> None:
    path = write("a;b,c;y\n1;2,5;x\n2;3,5;y\n3;4,5;x\n4;9,5;y\n")
    assert read(path).read.delimiter == ";"
    assert read(path, delimiter=",").source_columns == 2
    assert read(write(ROWS.replace(",", "~")), delimiter="~").source_columns == 3


def test_quote(write: Write) -> None:
    path = write("a,b,y\n" + "1,'p,x\n2,'q,y\n" * 4)
    assert read(path, quote="none").X["b"].cat.categories.tolist() == ["'p", "'q"]
    other = write("a,b,y\n" + "1,|p,q|,x\n2,|r,s|,y\n" * 4)
    dataset = read(other, quote="|")
    assert dataset.X["b"].cat.categories.tolist() == ["p,q", "r,s"]
    assert dataset.read.quote == "|"


@pytest.mark.parametrize(
    ("header", "names", "rows"),
    [(True, ["5", "6", "y"], 4), (1, ["5", "6", "y"], 4), (False, ["c1", "c2", "c3"], 5), (0, ["c1"], 5),
     (2, ["5 1", "6 2", "y x"], 3)],
)  # fmt: skip
def test_header(write: Write, header: bool | int, names: list[str], rows: int) -> None:
    path = write("5,6,y\n" + ROWS)
    cells = read_cells(path, header=header)
    assert len(cells.rows) == rows
    assert cells.header == (names if header else None)


def test_skip_rows(write: Write) -> None:
    path = write("p,q,r\nshort,line,z\na,b,y\n" + ROWS)
    cells = read_cells(path, skip_rows=2)
    assert (cells.header, len(cells.rows)) == (["a", "b", "y"], 4)
    assert read(path, skip_rows=2).read.preamble_rows == 2
    # Where the first line is said, nothing before it is taken for a title.
    titled = write("title,,\na,b,y\n" + ROWS)
    assert read_cells(titled).header == ["a", "b", "y"]
    assert read_cells(titled, skip_rows=0, header=1).header == ["title", "", ""]
    assert read_cells(titled, skip_rows=100).rows == []


def test_decimal(write: Write) -> None:
    path = write("w;v;y\n1.500;1,5;x\n2.500;2,5;y\n3.500;2,5;x\n4.500;7,5;y\n")
    comma = read(path, decimal=",")
    assert comma.X["w"].tolist() == [1500, 2500, 3500, 4500]
    assert comma.X["v"].tolist() == [1.5, 2.5, 2.5, 7.5]
    assert comma.read.decimal_comma == ("w", "v")
    dot = read(path, decimal=".")
    assert dot.X["w"].tolist() == [1.5, 2.5, 3.5, 4.5]
    assert dot.X["v"].dtype == "category"


def test_options_hold_for_a_second_table(write: Write) -> None:
    train = write("a|b|y\n" + ROWS.replace(",", "|"), "train.csv")
    test = write("note\na|b|y\n1|2|x\n", "test.csv")
    assert attach_test(read(train), test, delimiter="|", skip_rows=1).test is not None
    with pytest.raises(DataError, match="there is no such column"):
        api.read(train, test=test, delimiter="|", skip_rows=0, header=True)


WRITTEN = {
    "a column of text only": ("k,v\na,b\nc,d\n", b"k,v\r\na,b\r\nc,d\r\n"),
    "one class": ("a,y\n1,x\n2,x\n", b"a,y\r\n1,x\r\n2,x\r\n"),
    "cells as they are written": ("a,y\n1.50,007\n2e3,x\n", b"a,y\r\n1.50,007\r\n2e3,x\r\n"),
    "missing cells as they are written": ("a,y\nNA,?\n1,\n", b"a,y\r\nNA,?\r\n1,\r\n"),
    "no header": ("1,2\n3,4\n5,6\n", b"1,2\r\n3,4\r\n5,6\r\n"),
    "two rows of header": ("a,b\nkg,cm\n1,2\n3,4\n5,6\n", b"a kg,b cm\r\n1,2\r\n3,4\r\n5,6\r\n"),
    "a preamble": ("Report\n\na,b\n1,2\n3,4\n", b"a,b\r\n1,2\r\n3,4\r\n"),
    "quoted": ('"a";"b"\n"x;y";"1"\n"say ""so""";"2"\n', b'a,b\r\nx;y,1\r\n"say ""so""",2\r\n'),
    "a header only": ("a,b,c\n", b"a,b,c\r\n"),
    "one column": ("a\n1\n2\n", b"a\r\n1\r\n2\r\n"),
    "nothing": ("", b""),
    "blank lines only": ("\n\n\n", b""),
    "two tables of a size": ("a,b\n1,2\n3,4\n\nc,d\n5,x\n7,y\n", b"a,b\r\n1,2\r\n3,4\r\n"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_any_table_is_written_as_it_was_read(write: Write, name: str) -> None:
    text, wanted = WRITTEN[name]
    assert read_cells(write(text)).csv() == wanted


def test_cells_of_what_is_no_text(write: Write, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, None, 2.5], "b": ["x", None, "q,r"], "n": [1, 2, 3]})
    assert read_cells(frame).csv() == b'a,b,n\r\n1,x,1\r\n,,2\r\n2.5,"q,r",3\r\n'
    iris = pd.read_csv(io.BytesIO(read_cells("iris").csv()))
    assert iris.shape == (150, 5)
    assert read_cells("moons").header[-1] == "class"  # type: ignore[index]


def test_columns_are_left_out(write: Write) -> None:
    assert read_cells(write("a,b,y\n" + ROWS), drop=("b",)).csv().startswith(b"a,y\r\n1,x\r\n")
    assert read_cells(write(ROWS), header=False, drop="c1,c3").rows[0] == ["2"]
    with pytest.raises(DataError, match="--drop 'z'"):
        read_cells(write("a,b,y\n" + ROWS), drop=("z",))


@pytest.mark.parametrize("name", ["utf-16", "utf-32", "utf-32-be", "punycode", "idna", "ascii"])
def test_the_encoding_of_another_text_is_told_in_a_line(write: Write, name: str) -> None:
    path = write("a,b,label\n" + "1,2.5,größer\n2,3.5,klein\n" * 20)
    with pytest.raises(DataError, match=r"is not .*; it is UTF-8: leave --encoding out") as error:
        read(path, encoding=name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("codec", ["utf-16", "utf-32"])
def test_a_text_of_wide_letters_that_is_cut_off_is_told(write: Write, codec: str) -> None:
    path = write(("a,label\n" + "1,p\n2,q\n" * 20).encode(codec)[:-1])
    with pytest.raises(DataError, match="cut off or damaged"):
        read(path)


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_a_quote_that_parts_the_columns_is_wrong_usage(write: Write, delimiter: str) -> None:
    path = write("a,b,label\n1,2,p\n2,3,q\n4,5,p\n7,8,q\n".replace(",", delimiter))
    for asked in ({"quote": delimiter}, {"quote": delimiter, "delimiter": delimiter}):
        with pytest.raises(UsageError, match="--quote"):
            read(path, **asked)


@pytest.mark.parametrize(("header", "names"), [("yes", ["a", "b"]), ("no", ["c1", "c2"]), (True, ["a", "b"])])
def test_a_header_may_be_asked_for_in_words(write: Write, header: str | bool, names: list[str]) -> None:
    path = write("a,b,label\n" + "1,2,p\n2,3,q\n4,5,p\n7,8,q\n" * 3)
    assert [column.name for column in read(path, header=header, target=3).columns] == names


@pytest.mark.parametrize("header", ["maybe", 2.5, -1, 51, "", [1]])
def test_another_header_is_wrong_usage(write: Write, header: object) -> None:
    with pytest.raises(UsageError, match=r"--header .*: give yes, no or 0 to 50 rows"):
        read(write("a,b,label\n1,2,p\n2,3,q\n4,5,p\n7,8,q\n"), header=header)
