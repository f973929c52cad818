"""From a file to a data set: target, roles, kinds, notes, and one-line errors."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest_types import Write

from compare_cli.data import read
from compare_cli.errors import DataError, UsageError
from compare_cli.notes import NOTES
from compare_cli.types import Dataset

ROWS = "1,2,x\n3,5,y\n5,6,x\n7,9,y\n"


def codes(dataset: Dataset) -> set[str]:
    return {note.code for note in dataset.notes}


def test_importing_the_package_is_cheap() -> None:
    script = (
        "import sys; from compare_cli.data import builtin_names; builtin_names();"
        "print({'pandas', 'numpy', 'sklearn'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "set()\n"


def test_ordinary_table(write: Write) -> None:
    dataset = read(write("a,b,class\n" + ROWS))
    assert dataset.name == "table"
    assert dataset.X.to_numpy().tolist() == [[1, 2], [3, 5], [5, 6], [7, 9]]
    assert (dataset.classes, dataset.y.tolist(), dataset.target) == (("x", "y"), [0, 1, 0, 1], "class")
    assert dataset.read.header
    assert dataset.read.delimiter == ","
    assert dataset.read.encoding == "utf-8"
    assert {str(dtype) for dtype in dataset.X.dtypes} == {"float64"}


@pytest.mark.parametrize(
    ("header", "target", "why"),
    [
        ("a,Species,b", "Species", "usual name"),
        ("y,a,TARGET", "TARGET", "usual name"),
        ("a,b,c", "c", "last column"),
        ("Exited,a,b", "Exited", "usual name"),
    ],
)
def test_guessed_target(write: Write, header: str, target: str, why: str) -> None:
    dataset = read(write(f"{header}\n" + "1,1,1\n2,2,2\n1,1,1\n2,2,2\n"))
    assert dataset.target == target
    (note,) = [note for note in dataset.notes if note.code == "target_guessed"]
    assert repr(target) in note.message
    assert why in note.message
    assert NOTES[note.code].flag == "--target"


@pytest.mark.parametrize(("target", "column"), [("b", "b"), (2, "b"), ("2", "b"), ("B", "b"), (-1, "class")])
def test_named_target(write: Write, target: str | int, column: str) -> None:
    dataset = read(write("a,b,class\n1,0,5\n2,1,6\n3,0,5\n4,1,6\n"), target=target)
    assert dataset.target == column
    assert "target_guessed" not in codes(dataset)


def test_name_wins_over_position(write: Write) -> None:
    dataset = read(write('a,b,"3",d\n1,0,p,5\n2,1,q,6\n3,0,p,7\n4,1,q,8\n'), target="3")
    assert dataset.target == "3"
    assert read(write("3,b,p\n5,c,q\n6,d,p\n9,c,q\n"), target=3).target == "c3"


def test_classes_are_labels_as_written(write: Write) -> None:
    assert read(write("a,class\n1,10\n2,9\n3,10\n4,9\n5,\n6,9\n7,10\n")).classes == ("9", "10")
    assert read(write("a,class\n1,b10\n2,b9\n3,b10\n4,b9\n")).classes == ("b10", "b9")
    assert read(write("a,class\n1,'-1'\n2,'1'\n3,'-1'\n4,'1'\n")).classes == ("-1", "1")
    joined = read(write("a,class\n1,1\n2,2\n3,1.0\n4,2.0\n"))
    assert joined.classes == ("1", "2")
    assert "1 and 1.0, 2 and 2.0" in next(n.message for n in joined.notes if n.code == "labels_joined")
    assert read(write("a,class\n1,01\n2,1\n3,01\n4,1\n")).classes == ("01", "1")


def test_rows_without_usable_label_are_left_out(write: Write) -> None:
    dataset = read(write("a,class\n1,x\n2,y\n3,\n4,x\n5,y\n6,?\n7,z\n"))
    assert (len(dataset.y), dataset.classes) == (4, ("x", "y"))
    notes = {note.code: note for note in dataset.notes}
    assert "2 rows" in notes["missing_target"].message
    assert "'z'" in notes["rare_class_dropped"].message
    assert dataset.X.iloc[:, 0].tolist() == [1, 2, 4, 5]


def test_groups_and_time(write: Write) -> None:
    text = "when,who,a,class\n2020-01-03,p,1,x\n2020-01-01,q,2,y\n2020-01-02,p,3,x\n2020-02-01,q,4,y\n"
    dataset = read(write(text), groups="who", time="when")
    assert dataset.groups is not None
    assert dataset.time is not None
    assert dataset.groups.tolist() == [0, 1, 0, 1]
    assert dataset.groups_column == "who"
    assert np.argsort(dataset.time).tolist() == [1, 2, 0, 3]
    assert list(dataset.X.columns) == ["a"]


def test_drop_is_recorded(write: Write) -> None:
    dataset = read(write("a,b,class\n" + ROWS), drop=["b"])
    assert list(dataset.X.columns) == ["a"]
    assert [(d.column, d.reason) for d in dataset.dropped] == [("b", "asked for with --drop")]


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", {}, "empty"),
        ("a,b,class\n", {}, "0 data rows"),
        ("a,b,class\n1,2,x\n", {}, "1 data row;"),
        ("a,class\n1,x\n2,x\n3,x\n", {}, "single class 'x'"),
        ("a,class\n1,x\n2,y\n3,z\n", {}, "fewer than two classes"),
        ("a,class\n1,\n2,\n3,?\n", {}, "is empty"),
        ("a,b,class\n" + ROWS, {"target": "clas"}, "Did you mean 'class'"),
        ("a,b,class\n" + ROWS, {"target": 4}, "columns 1 to 3"),
        ("a,b,class\n" + ROWS, {"target": "class", "drop": ["class"]}, "--drop"),
        ("a,b,class\n" + ROWS, {"groups": "nobody"}, "--groups"),
        ("a,b,class\n" + ROWS, {"drop": ["bb"]}, "--drop 'bb'"),
        ("a,b,class\n" + ROWS, {"drop": ["a", "b"]}, "no column is left"),
        ("a,class\n1,x\n1,y\n1,x\n1,y\n", {}, "constant"),
        ("t,a,class\n1,1,x\n2,2,y\nsoon,3,x\n4,4,y\n", {"time": "t"}, "row 3"),
        ("g,a,class\np,1,x\nq,2,y\n,3,x\nq,4,y\n", {"groups": "g"}, "row 3"),
        ("a\n1\n2\n", {}, "one column"),
        ("a,y\n" + "".join(f"{i},{i * 1.37}\n" for i in range(100)), {}, "100 different numbers"),
        ("a,y\n" + "".join(f"{i * 2},{i * 3}\n" for i in range(100)), {}, "100 different numbers"),
        ("a,y\n" + "".join(f"{i * 2},name{i}\n" for i in range(100)), {}, "100 different labels"),
    ],
)
def test_errors_are_one_line_and_say_what_to_do(write: Write, text: str, options: dict, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(DataError) as error:
        read(write(text), **options)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert "table.csv" in str(error.value)


def test_digits_and_few_fractions_are_classes(write: Write) -> None:
    digits = "".join(f"{i * 1.5},{i % 10}\n" for i in range(100))
    assert len(read(write("a,y\n" + digits)).classes) == 10
    halves = "".join(f"{i * 1.5},{i % 4 / 2}\n" for i in range(100))
    assert read(write("a,y\n" + halves)).classes == ("0.0", "0.5", "1.0", "1.5")


def test_names_are_made_unique(write: Write) -> None:
    dataset = read(write(" a ,a,\ufeffb,class\n1,2,3,x\n3,4,5,y\n5,6,8,x\n7,8,9,y\n"))
    assert list(dataset.X.columns) == ["a", "a.1", "b"]
    assert "columns_renamed" in codes(dataset)


@pytest.mark.parametrize(
    ("name", "says"), [("irs", "'iris'"), ("tabel.csv", "'table.csv'"), ("nothing.like.it", "compare data")]
)
def test_missing_file_suggests(write: Write, monkeypatch: pytest.MonkeyPatch, name: str, says: str) -> None:
    monkeypatch.chdir(write("a,class\n").parent)
    with pytest.raises(DataError, match="there is no such file") as error:
        read(name)
    assert says in str(error.value)


def test_dataframe() -> None:
    frame = pd.DataFrame(
        {
            0: [1, 2, 3, 4],
            "when": pd.to_datetime(["2020-01-01", "2020-01-02", None, "2020-01-03"]),
            "flag": pd.array([True, False, None, True], dtype="boolean"),
            "kind": pd.Categorical(["b", "a", None, "b"]),
            "class": [1.0, 0.0, 1.0, 0.0],
        }
    )
    dataset = read(frame)
    assert [(c.name, c.kind, c.missing) for c in dataset.columns] == [
        ("0", "numeric", 0),
        ("when", "date", 1),
        ("flag", "boolean", 1),
        ("kind", "categorical", 1),
    ]
    assert dataset.classes == ("0", "1")
    assert dataset.X["when"].iloc[0] == 18262
    assert dataset.X["kind"].cat.codes.tolist() == [1, 0, -1, 1]


def test_other_types_are_refused() -> None:
    with pytest.raises(UsageError, match="cannot read a set"):
        read({1, 2})  # type: ignore[arg-type]
