"""Results in MLflow: a run for each data set, and in it one for each model, with parameters and metrics."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from compare_cli.document import to_json
from compare_cli.errors import CompareError, UsageError
from compare_cli.types import Comparison, ModelSummary, Result

EXPERIMENT = "compare"
MAX_TEXT = 500  # characters of a parameter
TIMES = ("fit_seconds", "predict_seconds", "p_best")


def require_mlflow() -> Any:
    """Return the module. Raises UsageError where it is not installed."""
    try:
        return import_module("mlflow")  # mlflow-skinny has it under this name
    except ImportError as error:
        raise UsageError(f"--mlflow needs MLflow: pip install 'compare-cli[mlflow]' ({error}).") from None


def track(result: Result) -> list[str]:
    """Write a result to MLflow and return the ids of its runs, one for each data set.

    Where it goes, and into which experiment ("compare" by default), say MLflow's own variables:
    ``MLFLOW_TRACKING_URI``, ``MLFLOW_EXPERIMENT_NAME``, ``MLFLOW_EXPERIMENT_ID``. Raises CompareError, in one
    line, for what MLflow cannot do.
    """
    mlflow = require_mlflow()
    try:
        client = mlflow.MlflowClient()
        experiment = _experiment(client)
        runs = [_run(client, experiment, part, result) for part in result.datasets]
        for run in runs:
            client.log_text(run, to_json(result), "result.json")
            client.set_terminated(run)
    except (mlflow.MlflowException, OSError) as error:
        raise CompareError(f"--mlflow: {' '.join(str(error).split())}") from error
    return runs


def _experiment(client: Any) -> str:
    if number := os.environ.get("MLFLOW_EXPERIMENT_ID"):
        return number
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found is not None else client.create_experiment(name))


def _run(client: Any, experiment: str, part: Comparison, result: Result) -> str:
    """Begin the run of one data set, with those of its models, and return its id."""
    how, verdict = part.protocol, part.verdict
    tags = {"verdict": verdict.sentence, "compare.run": result.run.id, "compare.version": result.run.version}
    run = client.create_run(experiment, run_name=part.dataset.name, tags=tags).info.run_id
    facts = {
        "dataset": part.dataset.name,
        "fingerprint": part.dataset.fingerprint,
        "rows": part.dataset.rows,
        "target": part.dataset.target,
        "models": ",".join(m.model for m in part.models),
        "metric": how.metric,
        "scheme": how.scheme,
        "folds": how.folds,
        "repeats": how.repeats,
        "rope": how.rope,
        "seed": result.run.seed,
        "recommended": verdict.recommended,
    }
    _log(client, run, facts, {})
    for model in part.models:
        child = client.create_run(experiment, run_name=model.model, tags={"mlflow.parentRunId": run})
        given = {"model": model.model, "family": model.family, **model.params}
        _log(client, child.info.run_id, given, dict(_metrics(model)))
        client.set_terminated(child.info.run_id)
        if model.model == verdict.recommended:
            _log(client, run, {}, dict(_metrics(model)))
    return str(run)


def _metrics(model: ModelSummary) -> Iterator[tuple[str, float]]:
    """Yield the numbers of a model that are there; bounds of intervals as ``accuracy_low``."""
    scores = {"accuracy": model.accuracy, **model.scores}
    for name, value in {**scores, **{name: getattr(model, name) for name in TIMES}}.items():
        if value is not None:
            yield name, value
    for name in scores:
        for bound, value in zip(("low", "high"), model.interval(name) or (), strict=False):
            yield f"{name}_{bound}", value


def _log(client: Any, run: str, params: dict[str, Any], metrics: dict[str, float]) -> None:
    entities = import_module("mlflow.entities")
    now = int(time.time() * 1000)
    told = [entities.Param(_name(k), str(v)[:MAX_TEXT]) for k, v in params.items() if v is not None]
    client.log_batch(run, [entities.Metric(_name(k), v, now, 0) for k, v in metrics.items()], told)


def _name(text: str) -> str:
    return re.sub(r"[^\w.\-/ ]", "_", text)
