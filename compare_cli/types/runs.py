"""Runs that are kept: what the list says of one, and how two differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

RunStatus = Literal["complete", "partial", "interrupted", "running", "failed", "killed"]
DiffVerdict = Literal["better", "worse", "equivalent", "identical", "undecided", "not comparable"]


@dataclass(frozen=True)
class StoredRun:
    """One run as the list shows it.

    ``started`` is RFC 3339 (UTC). ``status`` is that of the result; "running"; "failed" where an error ended
    it; "killed" where its process went away before the end. Only a run that ended has ``verdict`` (the
    sentence), ``fits`` (how many its result rests on) and ``seconds``.
    """

    id: str
    started: str
    command: str
    datasets: tuple[str, ...]
    models: tuple[str, ...]
    status: RunStatus
    verdict: str = ""
    fits: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class StoreFacts:
    """What a store holds: its file, how many runs and fits, and how much space it takes in bytes."""

    path: Path
    runs: int
    fits: int
    size: int


@dataclass(frozen=True)
class Pruned:
    """What pruning takes away and leaves; ``freed`` is in bytes, an estimate where nothing was done."""

    runs: int
    fits: int
    runs_left: int
    fits_left: int
    freed: int


@dataclass(frozen=True)
class ModelDiff:
    """One model in two runs. ``delta`` > 0: the new run is better, also where lower scores are better.

    ``old`` and ``new`` are its mean scores over the folds that are compared, else over all of its run; None
    where a run has none. The difference has a 95 % interval; ``p_positive`` is P(Δ > 0). ``verdict`` speaks
    of the new run; it is None for a model that only one of them has.
    """

    model: str
    old: float | None
    new: float | None
    delta: float | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    p_positive: float | None = None
    verdict: DiffVerdict | None = None


@dataclass(frozen=True)
class DatasetDiff:
    """One data set in two runs.

    ``how`` says whether folds are paired; ``repeats`` how many repeats are, ``folds`` each; ``reason`` says
    why they are not, or why nothing can be compared.
    """

    dataset: str
    metric: str
    higher_is_better: bool
    rate: bool
    rope: float | None
    how: Literal["paired", "unpaired", "not comparable"]
    folds: int
    repeats: int
    reason: str
    models: tuple[ModelDiff, ...]


@dataclass(frozen=True)
class RunsDiff:
    """Two runs: the data sets that both have, and the names of those that only one has."""

    old: StoredRun
    new: StoredRun
    datasets: tuple[DatasetDiff, ...]
    only_old: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()
