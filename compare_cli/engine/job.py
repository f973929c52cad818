"""What is asked for, checked and completed: one comparison, ready to run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from compare_cli.engine.fit import Workspace
from compare_cli.engine.limits import Limits, check_memory_limit
from compare_cli.engine.plan import check_models, training_shape
from compare_cli.engine.probing import BOUNDARY_VERSION, Probing
from compare_cli.engine.splits import FoldPlan, plan_folds
from compare_cli.errors import UsageError
from compare_cli.metrics import METRICS, Metric, find_metric, practical_rope
from compare_cli.models.families import BASELINE, Shape
from compare_cli.models.specs import load_class, parse_models
from compare_cli.notes import note
from compare_cli.types import Dataset, ModelSpec, Note, Split

CLUSTERS = re.compile(r"dask|ray|dask://[^\s:]+:\d+")


@dataclass(frozen=True)
class Options:
    """How models are compared. ``None`` means: chosen by the data (folds, rope) or the machine (jobs).

    ``repeats`` "auto" repeats until more would not make differences clearer, at most 10 times.
    ``boundary`` asks for boundary statistics, with ``boundary_probes`` boundary points a fit (None: 60,
    or 20 for models that predict slowly and for wide tables).

    ``store`` names the file that keeps every fit (None: nothing is kept); ``fresh`` takes nothing from it.
    ``time_limit`` (seconds) and ``memory_limit`` (bytes) are of one fit, ``budget`` (seconds) is of the
    whole run. ``cluster`` names where fits run: ``dask``, ``dask://HOST:PORT`` or ``ray``; None is here.

    ``prefer`` says which of several models that are as good is recommended: the simplest, the one that
    predicts fastest (if at least twice as fast), or always the leader.
    """

    models: str | None = None
    metric: str = "accuracy"
    folds: int | None = None
    repeats: int | Literal["auto"] = "auto"
    rope: float | None = None
    seed: int = 0
    jobs: int | None = None
    boundary: bool = True
    boundary_probes: int | None = None
    store: Path | None = None
    fresh: bool = False
    time_limit: float | None = None
    memory_limit: int | None = None
    budget: float | None = None
    cluster: str | None = None
    prefer: Literal["simple", "speed", "leader"] = "simple"

    def __post_init__(self) -> None:
        limits = {"folds": (self.folds, 2), "jobs": (self.jobs, 1), "seed": (self.seed, 0)}
        limits["boundary-probes"] = (self.boundary_probes, 1)
        if self.repeats != "auto":
            limits["repeats"] = (self.repeats, 1)
        for name, (value, least) in limits.items():
            if value is not None and value < least:
                raise UsageError(f"--{name} {value}: must be at least {least}.")
        if self.rope is not None and not self.rope >= 0:
            raise UsageError(f"--rope {self.rope}: must be 0 or more.")
        for name, seconds in (("time-limit", self.time_limit), ("budget", self.budget)):
            if seconds is not None and not seconds > 0:
                raise UsageError(f"--{name} {seconds:g}: must be more than 0 seconds.")
        check_memory_limit(self.limits)
        if self.cluster is not None and not CLUSTERS.fullmatch(self.cluster):
            raise UsageError(f"--cluster {self.cluster}: give dask, dask://HOST:PORT or ray.")

    @property
    def limits(self) -> Limits:
        """What one fit may take."""
        return Limits(self.time_limit, self.memory_limit)


@dataclass(frozen=True)
class Job:
    """One comparison, ready to run: nothing in it will still change, and everything was checked."""

    dataset: Dataset
    options: Options
    metric: Metric
    models: tuple[ModelSpec, ...]
    plan: FoldPlan
    workspace: Workspace
    shape: Shape
    rope: float
    notes: tuple[Note, ...] = ()
    splits: list[Split] = field(default_factory=list)

    @property
    def asked(self) -> dict[str, Any]:
        """What decides a fit's numbers besides data, model and rows: its own score, boundary settings."""
        own_score = self.metric.name not in METRICS or self.plan.scheme == "test"
        probing = self.workspace.probing
        return {
            "metric": self.metric.name if own_score else None,
            "boundary": [BOUNDARY_VERSION, probing.seed, probing.probes] if probing else None,
        }


def prepare_job(dataset: Dataset, options: Options) -> Job:
    """Check everything that can be wrong before anything runs, and choose what depends on the data."""
    import numpy as np

    metric = _find_metric(options.metric)
    specs, notes = _loadable(parse_models(options.models))
    repeats = None if options.repeats == "auto" else options.repeats
    plan = plan_folds(dataset, options.folds, repeats)
    probing = None
    if options.boundary:
        probing = Probing(dataset.columns, options.seed, options.boundary_probes)
    workspace = Workspace(dataset, metric.name, probing)
    shape = training_shape(dataset, workspace.table.width, plan.folds)
    check_models(specs, shape, options.seed)
    rope = options.rope
    if rope is None:
        rope = practical_rope(metric, np.bincount(dataset.y, minlength=len(dataset.classes)).tolist())
    return Job(dataset, options, metric, specs, plan, workspace, shape, rope, (*notes, *plan.notes))


def _find_metric(name: str) -> Metric:
    if name in METRICS:
        return find_metric(name)
    from sklearn.metrics import get_scorer_names

    return find_metric(name, get_scorer_names())


def _loadable(specs: Sequence[ModelSpec]) -> tuple[tuple[ModelSpec, ...], list[Note]]:
    """Leave out plugins that cannot be imported, with a note. A class that was named by path must exist."""
    kept, notes = [], []
    for spec in specs:
        try:
            load_class(spec)
        except UsageError as error:
            if spec.family == spec.factory:
                raise
            notes.append(note("model_not_loaded", message=str(error)))
        else:
            kept.append(spec)
    if not [spec for spec in kept if spec.name != BASELINE]:
        raise UsageError(
            "; ".join(n.message for n in notes) or "--models: name a model besides the baseline."
        )
    return tuple(kept), notes
