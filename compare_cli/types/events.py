"""What a comparison tells while it runs, besides each `FitResult` and the result."""

from __future__ import annotations

from dataclasses import dataclass

from compare_cli.types.fit import FitTask
from compare_cli.types.table import Note


@dataclass(frozen=True)
class Planned:
    """The tasks that are about to run: the first event of a comparison, and of each further repeat."""

    dataset: str
    tasks: tuple[FitTask, ...]


@dataclass(frozen=True)
class PlannedBench:
    """The data sets of a bench by their names, in order: its first event. None has been read yet."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class LeftOut:
    """A data set of a bench that is not compared, and why: it cannot be used, or it was there already."""

    dataset: str
    why: str
    note: Note
