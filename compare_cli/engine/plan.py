"""From a data set, models and splits to tasks: everything about a fit that can be known before it runs."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare_cli.models.families import Shape, family_of
from compare_cli.models.specs import check_values, load_class, make_estimator, parameter_names
from compare_cli.types import FitTask, ModelSpec

if TYPE_CHECKING:
    from compare_cli.types import Dataset, Split

PREPARATION_VERSION = 1  # raise when preparation, fitting or scoring changes a number


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
    dataset: Dataset,
    models: Sequence[ModelSpec],
    splits: Sequence[Split],
    shape: Shape,
    seed: int,
    asked: Mapping[str, Any] | None = None,
) -> list[FitTask]:
    """Return one task per split and model, in that order.

    With a test set the seed varies over repeats, as nothing else does. ``asked`` is what else decides the
    numbers (`Job.asked`); the place of a fold counts where it seeds boundary statistics.
    """
    tasks = []
    for split in splits:
        fit_seed = seed + split.repeat if dataset.test is not None else seed
        rows = hashlib.sha256(split.train.tobytes() + b"|" + split.test.tobytes()).hexdigest()
        more = dict(asked or {})
        if more.get("boundary"):
            more["place"] = [split.repeat, split.fold]
        for spec in models:
            params = resolve_params(spec, shape, fit_seed)
            tasks.append(
                FitTask(
                    key=task_key(dataset.fingerprint, spec, params, rows, more),
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


def task_key(
    fingerprint: str,
    spec: ModelSpec,
    params: Mapping[str, Any],
    rows: str,
    asked: Mapping[str, Any] | None = None,
) -> str:
    """Return a hash of all that a fit's numbers depend on: data, model, parameters, rows, versions.

    The fingerprint covers the columns that models see and their kinds.
    """
    import numpy
    import scipy
    import sklearn

    facts = {
        "data": fingerprint,
        "factory": spec.factory,
        "needs": spec.needs,
        "params": {name: repr(value) for name, value in sorted(params.items())},
        "rows": rows,
        "preparation": PREPARATION_VERSION,
        "asked": asked or {},
        "versions": [sklearn.__version__, numpy.__version__, scipy.__version__, *_made_by(spec)],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _made_by(spec: ModelSpec) -> list[str]:
    """Return version and source of a model from outside, so that a changed one is fitted anew."""
    return [] if spec.factory.startswith("sklearn.") else _version_and_sources(load_class(spec))


def _version_and_sources(cls: type[Any]) -> list[str]:
    """Return the version of a class's package, and digests of the files of the class and its bases."""
    modules = [sys.modules.get(part.__module__) for part in cls.__mro__]
    files = [getattr(module, "__file__", None) for module in modules]
    package = sys.modules.get(cls.__module__.partition(".")[0])
    return [str(getattr(package, "__version__", "")), *map(_digest, dict.fromkeys(filter(None, files)))]


@cache
def _digest(file: str) -> str:
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:  # in an archive, or made on the fly
        return ""


def check_models(models: Sequence[ModelSpec], shape: Shape, seed: int) -> None:
    """Build every estimator once, so that a wrong parameter is told before anything runs (UsageError)."""
    for spec in models:
        check_values(spec, make_estimator(spec, resolve_params(spec, shape, seed)))
