"""Fits that a reason of the verdict rests on: a pruned or an additive model, or either half of the rows.

They are no models of the comparison and no fits of its result; what they cost is planned and shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from compare_cli.boundary.evidence import STEPPED
from compare_cli.boundary.explanation import leaves_noise
from compare_cli.boundary.interplay import MOVED, least_returns
from compare_cli.engine.plan import Job, make_tasks
from compare_cli.engine.splits import make_splits
from compare_cli.engine.workspace import AT_PROBES
from compare_cli.models.families import FAMILIES
from compare_cli.models.specs import make_spec
from compare_cli.types import FitResult, FitTask, ModelSpec, Refit, Split

OVERFITTED = 0.03  # accuracy on training rows minus that on new ones, from which a pruned refit is worth it
JUDGED_ROWS = 10_000  # new rows on which a refit is judged: they tell 1 pt from nothing nearly surely
# Beyond twice the errors of the best model: a tree that knows noise by heart errs twice as often.
REACHED = 0.01
GAINS = 0.01  # accuracy over logistic regression, without which no bend is explained
ADDITIVE = {"interaction_cst": "no_interactions", "max_iter": 60, "max_leaf_nodes": 8}


def refits_for(job: Job, results: Sequence[FitResult]) -> tuple[list[Refit], list[FitTask]]:
    """Return what is refitted, and the tasks, on the folds of the first repeat; of many rows on some of them.

    Nothing without boundary statistics, on a single test set, or where no reason could need it.
    """
    if job.workspace.probing is None or job.plan.scheme in {"test", "samples"}:
        return [], []
    first = [r for r in results if r.repeat == 0 and r.status == "ok"]
    refits = [*_pruned(job, first), *_additive(job, first)]
    folds = _enough(job, [split for split in job.splits if split.repeat == 0])
    tasks = []
    for refit in refits:
        only_score = {"boundary": None} if refit.role == "additive" else {}
        asked = {**job.asked, **only_score}
        tasks += make_tasks(job.dataset, [refit.spec], folds, job.shape, job.options.seed, asked)
    return refits, tasks


def _enough(job: Job, folds: list[Split]) -> list[Split]:
    """Return folds with 10,000 test rows, at least two; all where rows are not what is judged."""
    if job.metric.name != "accuracy" or job.plan.scheme != "stratified":
        return folds
    judged = np.cumsum([len(split.test) for split in folds])
    return folds[: max(2, 1 + int((judged < JUDGED_ROWS).sum()))]


def halves_for(job: Job, models: Collection[str]) -> list[FitTask]:
    """Return tasks that fit models on either half of the rows and read their answers at the shared probes.

    Their fold numbers follow those of folds. None in time order, where the halves would be of different
    times, and none of models whose boundary is not looked at.
    """
    if job.workspace.probing is None or job.plan.scheme not in {"stratified", "grouped"} or not models:
        return []
    plan = replace(job.plan, folds=2, max_repeats=1)
    made = next(make_splits(job.dataset, plan, job.options.seed))
    splits = [replace(split, fold=job.plan.folds + split.fold) for split in made]
    specs = [spec for spec in job.models if spec.name in models]
    asked = {**job.asked, "boundary": None, "probes": job.workspace.probing.asked[:AT_PROBES]}
    return make_tasks(job.dataset, specs, splits, job.shape, job.options.seed, asked)


def _pruned(job: Job, results: Sequence[FitResult]) -> Iterator[Refit]:
    """Yield a refit that fits less noise of each model that does far better on its training rows.

    Where no noise is left to be fitted only trees are pruned, for other reasons, and only such as come
    close to the best model: without noise pruning gains little.
    """
    counts = np.bincount(job.dataset.y, minlength=len(job.dataset.classes))
    impurity = float(1 - ((counts / counts.sum()) ** 2).sum())
    best = np.nanmax([_accuracy(results, spec.name) for spec in job.models] or [np.nan])
    noisy = leaves_noise(float(best), float(counts.max() / counts.sum()))
    for spec in job.models:
        family = FAMILIES.get(spec.family)
        fits = [r for r in results if r.model == spec.name]
        gaps = [
            train - r.accuracy
            for r in fits
            if r.accuracy is not None and (train := r.scores.get("train_accuracy")) is not None
        ]
        if family is None or family.regularised is None or not gaps or np.mean(gaps) < OVERFITTED:
            continue
        if not (
            noisy or (family.name in STEPPED and _accuracy(results, spec.name) >= 2 * best - 1 - REACHED)
        ):
            continue
        less = family.regularised(job.shape, impurity)
        if not less.keys() & spec.params.keys():
            yield Refit(_spec(spec.family, {**spec.params, **less}), "pruned", spec.name)


def _additive(job: Job, results: Sequence[FitResult]) -> Iterator[Refit]:
    """Yield additive boosting where a pair of columns seems to interact in a model that beats the line."""
    line = next((_accuracy(results, spec.name) for spec in job.models if spec.family == "logistic"), None)
    for spec in job.models:
        seen: dict[tuple[str, ...], list[tuple[float, float]]] = {}
        fits = [r for r in results if r.model == spec.name and r.boundary is not None]
        if line is None or not fits or not _accuracy(results, spec.name) >= line + GAINS:
            continue
        for pair in (pair for r in fits if r.boundary is not None for pair in r.boundary.pairs):
            seen.setdefault(tuple(sorted(pair[:2])), []).append((pair[2] * pair[3], pair[3]))
        for rates in seen.values():
            back, moved = (sum(values) for values in zip(*rates, strict=True))
            if moved >= MOVED * len(fits) and back >= least_returns(spec.family) * moved:
                yield Refit(_spec("boosting", ADDITIVE), "additive", "")
                return


def _accuracy(results: Sequence[FitResult], model: str) -> float:
    """Return a model's mean accuracy; NaN without any."""
    known = [r.accuracy for r in results if r.model == model and r.accuracy is not None]
    return float(np.mean(known)) if known else float("nan")


def _spec(family: str, params: dict[str, object]) -> ModelSpec:
    return make_spec(family, params, FAMILIES)
