"""Nested tuning: which configuration of each model its own training rows choose, and how it does on new rows.

On each fold of the first repeat the configurations are scored on inner folds of the training rows. The best
by mean score (of equal ones the first, so the default before others) is fitted on all of them and judged on
the fold's test rows, which took no part in the choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compare_cli.engine.plan import Job, make_tasks
from compare_cli.engine.splits import INNER, inner_splits
from compare_cli.engine.workspace import Workspace
from compare_cli.errors import UsageError
from compare_cli.models.families import BASELINE
from compare_cli.models.specs import all_families, make_spec
from compare_cli.types import FitResult, FitTask, ModelSpec, Split

MEAN_DIGITS = 12  # to which equal means are equal
CONFIGURATIONS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "logistic": [{"C": C} for C in (1e-4, 1e-3, 0.01, 0.1, 10.0, 100.0, 1000.0)],
    "tree": (
        {"max_depth": 3},
        {"max_depth": 6},
        {"min_samples_leaf": 5},
        {"min_samples_leaf": 20},
        {"min_samples_leaf": 50},
        {"ccp_alpha": 0.003},
        {"ccp_alpha": 0.01},
    ),
    "mlp": (
        {"alpha": 0.01},
        {"alpha": 0.1},
        {"alpha": 1.0},
        {"alpha": 10.0},
        {"hidden_layer_sizes": (20,)},
        {"hidden_layer_sizes": (100, 100)},
        {"early_stopping": True, "learning_rate_init": 0.005, "max_iter": 400},
    ),
    "forest": (
        {"min_samples_leaf": 3},
        {"min_samples_leaf": 10},
        {"max_features": 0.3},
        {"max_features": 0.6},
        {"max_features": 0.6, "min_samples_leaf": 5},
        {"max_depth": 6},
        {"max_features": None},
    ),
    "boosting": (
        {"learning_rate": 0.03},
        {"learning_rate": 0.03, "max_iter": 300},
        {"max_leaf_nodes": 4},
        {"max_leaf_nodes": 8, "max_iter": 50},
        {"learning_rate": 0.03, "max_iter": 300, "max_leaf_nodes": 8},
        {"l2_regularization": 10.0},
        {"min_samples_leaf": 5},
    ),
    "knn": (
        {"n_neighbors": 1},
        {"n_neighbors": 10},
        {"n_neighbors": 20},
        {"n_neighbors": 50},
        {"weights": "distance"},
        {"n_neighbors": 15, "weights": "distance"},
        {"n_neighbors": 15, "p": 1},
    ),
    "naive_bayes": [{"var_smoothing": v} for v in (1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.3, 1.0)],
    "svm": (
        {"C": 0.1},
        {"C": 10.0},
        {"C": 100.0},
        {"gamma": 0.001, "C": 10.0},
        {"gamma": 0.01, "C": 10.0},
        {"gamma": 0.1},
        {"kernel": "linear"},
    ),
}
"""What differs from a family's default, in each of its other seven configurations.

They are few and far apart, from models that learn less of the noise to models that learn more of the detail,
so that the best of them shows whether a default is far from what its kind of model can do.
"""


@dataclass(frozen=True)
class Tuned:
    """What the inner folds of one outer fold chose for a model, and its result; None where that failed."""

    model: str
    fold: int
    chosen: ModelSpec
    result: FitResult | None


def configurations(spec: ModelSpec) -> tuple[ModelSpec, ...]:
    """Return the configurations to try of a model, the model itself first; it alone where none are known.

    Parameters that the user gave stay as they are, so that fewer than eight may be left.
    """
    if spec.estimator is not None:
        return (spec,)
    families, found = all_families(), {spec.name: spec}
    for params in CONFIGURATIONS.get(spec.family, ()):
        if not params.keys() <= spec.params.keys():
            tried = make_spec(spec.family, {**params, **spec.params}, families)
            found.setdefault(tried.name, replace(tried, needs=spec.needs))
    return tuple(found.values())


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
