"""Comparisons with exact numbers, and the golden files that their reports are held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from step_table import steps
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from compare_cli.api import bench, compare
from compare_cli.engine.plan import Options
from compare_cli.types import Bench, Comparison, Dataset


class GoldenFile(SingleFileSnapshotExtension):
    """One text file for each report, named for its test. Write them anew with pytest --snapshot-update."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(GoldenFile)


_done: dict[tuple[Any, ...], Any] = {}  # results never change, so each is made once


def once(make: Callable[..., Any], *facts: Any) -> Any:
    if facts not in _done:
        _done[facts] = make()
    return _done[facts]


@pytest.fixture
def compared(fake_clock: None, toy_families: None) -> Callable[..., Comparison]:
    """Compare models on `steps`, or another table, in this process and under a fake clock."""

    def run(models: str, dataset: Dataset | None = None, **given: Any) -> Comparison:
        table = dataset or steps()
        options = Options(models, **{"folds": 5, "repeats": 2, "jobs": 1, "boundary": False, **given})
        made: Comparison = once(lambda: compare(table, options), table.fingerprint, options)
        return made

    return run


@pytest.fixture
def two_sets(fake_clock: None) -> Bench:
    sets = [steps("steps"), steps("shifted", shift=3)]
    options = Options("logistic,tree", folds=5, repeats=2, jobs=1, boundary=False)
    made: Bench = once(lambda: bench(sets, options), "two sets")
    return made
