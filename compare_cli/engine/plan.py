"""From a data set, models and splits to tasks: everything about a fit that can be known before it runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from compare_cli.models.families import Shape, family_of
from compare_cli.models.specs import check_values, load_class, make_estimator, parameter_names
from compare_cli.types import FitTask, ModelSpec

if TYPE_CHECKING:
    from compare_cli.engine.splits import Split
    from compare_cli.types import Dataset

PREPARATION_VERSION = 1  # raise when preparation or fitting changes a number


def resolve_params(spec: ModelSpec, shape: Shape, seed: int) -> dict[str, Any]:
    """Return all parameters an estimator is made with: settings for the shape, then seed, then the user's.

    ``random_state`` and ``n_jobs`` (always 1: fits run side by side instead) are set where they exist;
    scikit-learn's own models use one core unless told otherwise, and LogisticRegression warns when told.
    """
    cls = load_class(spec)
    names = parameter_names(cls)
    params = dict(family_of(spec).settings(shape))
    if "random_state" in names:
        params["random_state"] = seed
    if "n_jobs" in names and not cls.__module__.startswith("sklearn."):
        params["n_jobs"] = 1
    return {**params, **spec.params}


def training_shape(dataset: Dataset, width: int, folds: int) -> Shape:
    """Return the shape that settings are chosen by: the same for every fold, so that folds agree."""
    rows = len(dataset.y)
    learnt = rows if dataset.test is not None else rows * (folds - 1) // folds
    return Shape(learnt, width, len(dataset.classes))


def make_tasks(
    dataset: Dataset, models: Sequence[ModelSpec], splits: Sequence[Split], shape: Shape, seed: int
) -> list[FitTask]:
    """Return one task per split and model, in that order.

    With a test set the seed varies over repeats, as nothing else does.
    """
    tasks = []
    for split in splits:
        fit_seed = seed + split.repeat if dataset.test is not None else seed
        rows = hashlib.sha256(split.train.tobytes() + b"|" + split.test.tobytes()).hexdigest()
        for spec in models:
            params = resolve_params(spec, shape, fit_seed)
            tasks.append(
                FitTask(
                    key=task_key(dataset.fingerprint, spec, params, rows),
                    fingerprint=dataset.fingerprint,
                    model=spec,
                    params=params,
                    repeat=split.repeat,
                    fold=split.fold,
                    train=split.train,
                    test=split.test,
                    cost=family_of(spec).cost(shape),
                )
            )
    return tasks


def task_key(fingerprint: str, spec: ModelSpec, params: Mapping[str, Any], rows: str) -> str:
    """Return a hash of all that a fit's numbers depend on: data, model, parameters, rows, versions."""
    import numpy
    import sklearn

    facts = {
        "data": fingerprint,
        "factory": spec.factory,
        "needs": spec.needs,
        "params": {name: repr(value) for name, value in sorted(params.items())},
        "rows": rows,
        "preparation": PREPARATION_VERSION,
        "versions": [sklearn.__version__, numpy.__version__],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def check_models(models: Sequence[ModelSpec], shape: Shape, seed: int) -> None:
    """Build every estimator once, so that a wrong parameter is told before anything runs (UsageError)."""
    for spec in models:
        check_values(spec, make_estimator(spec, resolve_params(spec, shape, seed)))
