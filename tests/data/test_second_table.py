"""A test set read like the training data; fingerprints; writing a data set and reading it back."""

from __future__ import annotations

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
