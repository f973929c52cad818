"""Runs that are kept: what the list says of one, how one is named, and how two differ, as values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from compare_cli.errors import UsageError, nearest

RunStatus = Literal["complete", "partial", "interrupted", "running", "failed", "killed"]
DiffVerdict = Literal["better", "worse", "equivalent", "identical", "undecided", "not comparable"]
_LAST = re.compile(r"last(?:~(\d+))?")
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([hdwy])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1), "y": timedelta(days=365)}
OLDEST = timedelta(days=365 * 1000)
AMBIGUOUS = 5  # ids that an error names


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


def find_run(runs: Sequence[StoredRun], name: str) -> StoredRun:
    """Return the run of a name: an id, the beginning of only one, ``last``, or ``last~N`` for N before it.

    ``runs`` are the newest first. Raises UsageError when there is none or there are several.
    """
    last = _LAST.fullmatch(name)
    if last is not None:
        back = int(last[1] or 0)
        if back < len(runs):
            return runs[back]
        raise UsageError(f"{name}: there are only {len(runs)} runs.")
    found = [run for run in runs if name and run.id.startswith(name.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(run.id for run in found[:AMBIGUOUS]) + (", …" if len(found) > AMBIGUOUS else "")
        raise UsageError(f"{name}: {len(found)} runs begin so: {ids}. Give more of it.")
    known = [run.id for run in runs] + ["last"]
    raise UsageError(f"{name}: no such run.{nearest(name, known)} `compare runs` lists them.")


def parse_age(text: str) -> timedelta:
    """Return the time span that ``36h``, ``30d``, ``8w`` or ``1y`` says. Raises UsageError for others."""
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(f"--older-than {text}: give a time such as 36h, 30d, 8w or 1y.")
    if float(found[1]) * (_UNITS[found[2]] / OLDEST) > 1:
        raise UsageError(f"--older-than {text}: longer ago than anything.")
    return float(found[1]) * _UNITS[found[2]]


def runs_to_prune(
    runs: Sequence[StoredRun], *, keep: int | None = None, since: datetime | None = None
) -> list[StoredRun]:
    """Return the runs that go: those that are neither among the ``keep`` newest nor ``since`` then.

    ``runs`` are the newest first. None keeps nothing by that rule; what still runs always stays.
    """
    return [
        run
        for place, run in enumerate(runs)
        if run.status != "running"
        and (keep is None or place >= keep)
        and (since is None or datetime.fromisoformat(run.started) < since)
    ]
