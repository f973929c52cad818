"""Nested tuning: which configuration of each model its own training rows choose, and how it does on new rows.

On each fold of the first repeat the configurations are scored on inner folds of the training rows. The best
by mean score (of equal ones the first, so the default before others) is fitted on all of them and judged on
the fold's test rows, which took no part in the choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from compare_cli.engine.plan import Job, make_tasks
from compare_cli.engine.splits import INNER, inner_splits
from compare_cli.engine.workspace import Workspace
from compare_cli.errors import UsageError
from compare_cli.models.configurations import configurations
from compare_cli.models.families import BASELINE
from compare_cli.types import FitResult, FitTask, ModelSpec, Split

MEAN_DIGITS = 12  # to which equal means are equal


@dataclass(frozen=True)
class Tuned:
    """What the inner folds of one outer fold chose for a model, and its result; None where that failed."""

    model: str
    fold: int
    chosen: ModelSpec
    result: FitResult | None


def tried(job: Job) -> dict[str, tuple[ModelSpec, ...]]:
    """Return the configurations of each model but the baseline, by its name, the model itself first."""
    return {spec.name: configurations(spec) for spec in job.models if spec.name != BASELINE}


def headroom_fits(job: Job) -> int:
    """How many fits tuning takes at most."""
    several = [specs for specs in tried(job).values() if len(specs) > 1]
    return job.plan.folds * sum(len(specs) * INNER + 1 for specs in several)


def check_headroom(job: Job) -> None:
    """Raise UsageError where there are no folds to tune within."""
    if job.options.sizes is not None:
        raise UsageError("--headroom tunes within folds: a curve has no use for it.")
    if job.plan.scheme == "samples":
        raise UsageError("--headroom tunes within folds, and samples grow here: give --all-rows too.")


def headroom_seconds(job: Job, results: Sequence[FitResult], jobs: int) -> float:
    """Return about how long tuning takes, from the times of the fits of the comparison."""
    total = 0.0
    for name, specs in tried(job).items():
        its = [r.fit_seconds + (r.predict_seconds or 0) for r in results if r.model == name and r.fit_seconds]
        if len(specs) > 1 and its:
            total += job.plan.folds * float(np.median(its)) * (len(specs) * (INNER - 1) + 1)
    return total / jobs


def inner_job(job: Job) -> Job:
    """Return the job whose tasks are inner folds: without boundaries, and without a test set."""
    if job.dataset.test is None:
        return job
    dataset, own_rows = replace(job.dataset, test=None), any(spec.needs == "frame" for spec in job.models)
    workspace = Workspace(dataset, job.workspace.metric, own_rows=own_rows)
    plan = replace(job.plan, scheme="stratified")
    return replace(job, dataset=dataset, workspace=workspace, plan=plan)


def inner_tasks(job: Job, split: Split) -> list[FitTask]:
    """Return the tasks that choose configurations on the training rows of one fold, by an `inner_job`."""
    first = job.plan.folds + INNER * split.fold
    splits = inner_splits(job.dataset, split.train, (job.options.seed, split.fold), first)
    specs = [spec for specs in tried(job).values() if len(specs) > 1 for spec in specs]
    return _tasks(job, specs, splits)


def chosen(job: Job, results: Sequence[FitResult]) -> dict[str, ModelSpec]:
    """Return the configuration of each model that did best on the inner folds.

    One that failed on a fold, or has no score there, is not chosen while the model itself has one.
    """
    scores: dict[str, dict[int, float]] = {}
    for r in results:
        value = r.score(job.metric.name)
        if r.status == "ok" and value is not None:
            scores.setdefault(r.model, {})[r.fold] = value if job.metric.higher_is_better else -value
    best = {}
    for name, specs in tried(job).items():
        folds = set(scores.get(name, ())) or {r.fold for r in results}
        full = [spec for spec in specs if folds and folds <= scores.get(spec.name, {}).keys()]
        means = [round(float(np.mean([scores[s.name][fold] for fold in folds])), MEAN_DIGITS) for s in full]
        best[name] = full[int(np.argmax(means))] if full else specs[0]
    return best


def tuned_tasks(job: Job, split: Split, best: dict[str, ModelSpec]) -> list[FitTask]:
    """Return the tasks that judge on one fold what was chosen there; defaults were judged already."""
    return _tasks(job, [spec for name, spec in best.items() if spec.name != name], [split])


def _tasks(job: Job, specs: Sequence[ModelSpec], splits: Sequence[Split]) -> list[FitTask]:
    asked = {**job.asked, "boundary": None}
    unlike = {spec.name: spec for spec in specs}
    return make_tasks(job.dataset, list(unlike.values()), splits, job.shape, job.options.seed, asked)


def outcome(
    best: dict[str, ModelSpec], split: Split, defaults: Sequence[FitResult], results: Sequence[FitResult]
) -> list[Tuned]:
    """Return what tuning gave on one fold; where the default was chosen, its own result."""
    first = [r for r in defaults if (r.repeat, r.fold) == (0, split.fold)]
    known = {r.model: r for r in (*first, *results) if r.status == "ok"}
    return [Tuned(name, split.fold, spec, known.get(spec.name)) for name, spec in best.items()]
