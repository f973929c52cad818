"""Tables of scores that somebody else computed."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from compare_cli.errors import DataError, UsageError
from compare_cli.verdict.files import ScoreTable, arrays_from_rows


def read(text: str, metric: str = "accuracy") -> list[ScoreTable]:
    lines = [line.strip() for line in text.strip().splitlines()]
    return arrays_from_rows(csv.DictReader(lines), metric=metric, source="scores.csv")


def test_one_data_set_in_any_order() -> None:
    (table,) = read(
        """model,repeat,fold,accuracy
        mlp,1,2,.4
        mlp,1,10,.5
        mlp,2,2,.6
        mlp,2,10,
        tree,2,10,.8
        tree,1,10,.9
        tree,1,2,.7
        tree,2,2,1"""
    )
    assert table.dataset == ""
    assert list(table.scores) == ["mlp", "tree"]
    np.testing.assert_array_equal(table.scores["mlp"], [[0.4, 0.5], [0.6, np.nan]])
    np.testing.assert_array_equal(table.scores["tree"], [[0.7, 0.9], [1.0, 0.8]])


def test_several_data_sets_without_repeats() -> None:
    tables = read(
        """dataset,model,fold,accuracy
        iris,tree,a,.9
        iris,tree,b,.8
        wine,tree,a,.7
        wine,tree,b,NA"""
    )
    assert [table.dataset for table in tables] == ["iris", "wine"]
    assert [table.scores["tree"].shape for table in tables] == [(1, 2), (1, 2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model,fold,accuracy\n", "scores.csv has no rows"),
        ("model,fold,accuracy\ntree,1,high", r"row 1, column 'accuracy': 'high' is not a number"),
        ("model,fold,accuracy\ntree,1,inf", "'inf' is not a number"),
        ("model,fold,accuracy\ntree,1,.9\ntree,1,.8", r"row 2: tree has fold 1 twice \(also in row 1\)"),
        ("model,fold,accuracy\ntree,1,.9\ntree,2,.8\nmlp,2,.8", "mlp has no row for fold 1"),
        ("model,fold,accuracy\ntree,1,.9\nmlp,1,.8", "has a single fold"),
        (
            "model,fold,accuracy\ntree,1,.9\ntree,2,81.5",
            r"row 2, column 'accuracy': 81.5 lies outside 0 to 1",
        ),
        (
            "model,repeat,fold,accuracy\ntree,1,1,.9\ntree,1,2,.8\ntree,2,1,.7",
            "same number of folds, found 1: 2, 2: 1",
        ),
    ],
)
def test_what_cannot_be_used(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(text)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(UsageError, match=r"no column 'acuracy'\. Did you mean 'accuracy'\?"):
        read("model,fold,accuracy\ntree,1,.9", metric="acuracy")
