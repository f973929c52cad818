"""A test set read like the training data; fingerprints; writing a data set and reading it back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from conftest_types import Write

from compare_cli.data import attach_test, builtin_names, read, read_like
from compare_cli.errors import DataError

TRAIN = "a,kind,class\n1,p,x\n2,q,y\n3,p,x\n4,q,y\n"


def test_test_set_has_the_shape_of_training(write: Write) -> None:
    train = read(write(TRAIN))
    test = read_like(write("class,more,kind,a\ny,1,r,5\nx,2,p,\n", "test.csv"), train)
    assert list(test.X.columns) == ["a", "kind"]
    assert test.y.tolist() == [1, 0]
    assert test.classes == train.classes
    assert list(test.X["kind"].cat.categories) == ["p", "q"]
    assert test.X["kind"].cat.codes.tolist() == [-1, 0]
    (note,) = test.notes
    assert note.code == "unseen_categories"
    assert "'r'" in note.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,class\n1,x\n2,y\n", "no column 'kind'"),
        ("a,kind\n1,p\n2,q\n", "'class': there is no such column"),
        ("a,kind,class\n1,p,x\n2,q,z\n", "row 2: the class 'z'"),
        ("a,kind,class\nmuch,p,x\nlittle,q,y\n", "'a' holds text such as 'much'"),
        ("a,kind,class\n1,p,\n2,q,\n", "no row with a value"),
    ],
)
def test_test_set_that_does_not_fit(write: Write, text: str, says: str) -> None:
    train = read(write(TRAIN))
    with pytest.raises(DataError) as error:
        read_like(write(text, "test.csv"), train)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_test_set_without_header_follows_training(write: Write) -> None:
    train = read(write("1,5,0\n2,6,1\n3,5,0\n4,9,1\n"))
    test = read_like(write("9,8,1\n", "test.csv"), train)
    assert (test.X.to_numpy().tolist(), test.y.tolist()) == ([[9, 8]], [1])


def test_attached_test_set_changes_the_fingerprint(write: Write) -> None:
    train = read(write(TRAIN))
    both = attach_test(train, write(TRAIN, "test.csv"))
    assert both.test is not None
    assert len(both.test.y) == 4
    assert both.fingerprint != train.fingerprint == both.test.fingerprint


def test_fingerprint_is_of_the_content(write: Write) -> None:
    dataset = read(write("a,b,class\n1,2,x\n2,5,y\n3,6,x\n4,?,y\n"))
    same = read(write("a;b;class\r\n1.0;2;x\r\n2;5;y\r\n3;6;x\r\n4;;y\r\n", "other.tsv"))
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 5, 6, None], "class": list("xyxy")})
    assert dataset.fingerprint == same.fingerprint == read(frame).fingerprint
    assert dataset.fingerprint.startswith("sha256:")
    assert len(dataset.fingerprint) == 71


@pytest.mark.parametrize(
    "change",
    [
        ("1,2,x", "1,3,x"),
        ("1,2,x", "1,,x"),
        ("a,b", "a,c"),
        ("1,2,x", "1,2,y"),
        (",y", ",z"),
        ("1,2,x", "-1,2,x"),
    ],
)
def test_fingerprint_sees_every_change(write: Write, change: tuple[str, str]) -> None:
    text = "a,b,class\n1,2,x\n2,5,y\n3,6,x\n4,9,y\n9,9,x\n"
    assert read(write(text)).fingerprint != read(write(text.replace(*change))).fingerprint


def test_built_in_names() -> None:
    found = dict(builtin_names())
    assert {"iris", "wine", "breast_cancer", "digits", "moons", "xor"} <= set(found)
    assert all(title and "\n" not in title for title in found.values())


def test_a_file_beside_does_not_hide_a_built_in(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(TRAIN, "iris")
    monkeypatch.chdir(path.parent)
    assert len(read("iris").y) == 150
    assert len(read("./iris").y) == 4
    assert len(read(path).y) == 4


TRAINED = {
    "a date": [f"2020-01-0{day}" for day in range(1, 8)],
    "a number": [f"{number}.5" for number in range(1, 8)],
    "a truth value": ["true", "false"],
}
OTHERS = {
    "a date": ["20200105", "7.5", "true"],
    "a number": ["2020-01-05", "05.01.2020", "12:30", "1/2/2020", "5 Jan 2020"],
    "a truth value": ["2", "0.5", "2020-01-05"],
}


@pytest.mark.parametrize(("kind", "cell"), [(kind, cell) for kind, cells in OTHERS.items() for cell in cells])
def test_days_and_truth_values_are_no_other_numbers(write: Write, kind: str, cell: str) -> None:
    cells = TRAINED[kind]
    rows = [(cells[at % len(cells)], at % 5, "xz"[at % 2]) for at in range(42)]
    train = read(write("w,a,label\n" + "".join(f"{w},{a},{y}\n" for w, a, y in rows)))
    test = write("w,a,label\n" + f"{cell},1,x\n{cell},2,z\n" * 3, "second.csv")
    with pytest.raises(DataError, match=r"column 'w' holds (numbers|dates|booleans) such as .*, where the"):
        attach_test(train, test)


@pytest.mark.parametrize(
    ("first", "second"), [("true,false", "1,0"), ("1,0", "True,False"), ("1.5,2.5", "3,4")]
)
def test_truth_values_may_be_written_as_numbers(write: Write, first: str, second: str) -> None:
    def table(cells: str, name: str) -> Path:
        one, other = cells.split(",")
        return write("w,a,label\n" + f"{one},1,x\n{other},2,z\n{one},5,z\n" * 9, name)

    dataset = attach_test(read(table(first, "first.csv")), table(second, "second.csv"))
    assert dataset.test is not None
    assert dataset.test.X["w"].notna().all()
