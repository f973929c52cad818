"""Whole reports, letter by letter."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from step_table import shown, steps
from syrupy.assertion import SnapshotAssertion
from toy_tables import with_test

from compare_cli.api import iter_compare
from compare_cli.engine.plan import Options
from compare_cli.types import Bench, Comparison, FitResult

THREE = "logistic,tree,naive_bayes"
Compared = Callable[..., Comparison]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    ("models", "options"),
    [
        ("tree", {}),
        (THREE, {}),
        ("flaky,broken,tree", {}),
        (THREE, {"metric": "log_loss"}),
        (THREE, {"metric": "f1_weighted"}),
        ("tree,naive_bayes", {"repeats": 1}),
    ],
    ids=["one", "three", "failures", "log_loss", "scorer", "one_repeat"],
)
def test_table(
    compared: Compared, golden: SnapshotAssertion, models: str, options: dict[str, Any], width: int
) -> None:
    assert shown(compared(models, **options), width=width) == golden


def rounded(text: str) -> str:
    """CSV with six digits: the last ones of a float are not the same on all machines."""

    def short(cell: str) -> str:
        try:
            return f"{float(cell):.6g}"
        except ValueError:
            return cell

    return "\n".join(",".join(map(short, row)) for row in csv.reader(io.StringIO(text))) + "\n"


@pytest.mark.parametrize("models", ["tree", THREE, "flaky,broken,tree"], ids=["one", "three", "failures"])
def test_markdown(compared: Compared, golden: SnapshotAssertion, models: str) -> None:
    assert shown(compared(models), "markdown") == golden


@pytest.mark.parametrize("models", ["tree", THREE, "flaky,broken,tree"], ids=["one", "three", "failures"])
def test_csv(compared: Compared, golden: SnapshotAssertion, models: str) -> None:
    assert rounded(shown(compared(models), "csv")) == golden


def test_table_of_everything(compared: Compared, golden: SnapshotAssertion) -> None:
    assert shown(compared(THREE), everything=True) == golden


def test_table_in_colour(compared: Compared, golden: SnapshotAssertion) -> None:
    assert shown(compared("broken,tree"), color=True).replace("\x1b", "ESC") == golden


def test_table_of_a_test_set(compared: Compared, golden: SnapshotAssertion) -> None:
    assert shown(compared(THREE, with_test(steps(), steps(shift=2)))) == golden


def test_table_of_an_interrupted_run(fake_clock: None, toy_families: None, golden: SnapshotAssertion) -> None:
    options = Options("tree,naive_bayes", folds=5, repeats=2, jobs=1, boundary=False)
    events = iter_compare(steps(), options)
    seen = 0
    while seen < 20:
        seen += isinstance(next(events), FitResult)
    result = events.throw(KeyboardInterrupt)
    assert isinstance(result, Comparison)
    assert shown(result) == golden


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_bench(two_sets: Bench, golden: SnapshotAssertion, form: str) -> None:
    assert shown(two_sets, form) == golden


def test_bench_csv(two_sets: Bench, golden: SnapshotAssertion) -> None:
    assert rounded(shown(two_sets, "csv")) == golden
