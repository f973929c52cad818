"""The library: every command of the program is a verb here, with a value as its result.

- a table: ``read`` and ``describe`` one, its ``cells`` as they are written, ``plot`` where models predict
  which class; the built-in ``datasets``
- a comparison: ``compare`` models on one table, ``bench`` them on several, draw
  a learning ``curve``; ``iter_…`` yields as it goes; its ``script`` in plain scikit-learn
- a model of a comparison: ``save`` it fitted on all rows, ``load`` it, ``predict`` new tables
- results that are stored: ``judge`` them again, ``gate`` and ``check`` them; ``runs``, ``load_run``,
  ``diff``, ``prune``
- what there is to choose from: ``models``, ``model``, ``statistics``, ``explain``

A verb loads its module when it is first used: a list of runs does not wait for scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare_cli.api.catalogue import (
        ModelFacts,
        datasets,
        explain,
        metrics,
        model,
        models,
        reference,
        statistics,
    )
    from compare_cli.api.comparison import bench, compare, curve, iter_bench, iter_compare, shown_notes
    from compare_cli.api.notebook import script
    from compare_cli.api.results import (
        StoreList,
        check,
        default_store,
        diff,
        gate,
        judge,
        load_run,
        prune,
        runs,
    )
    from compare_cli.api.saved import Predictions, load, predict, require_skops, save
    from compare_cli.api.table import cells, describe, page_pictures, plot, read
    from compare_cli.api.tracking import require_mlflow, track
    from compare_cli.engine.ahead import begin
    from compare_cli.engine.limits import ask_for_one_thread
    from compare_cli.engine.plan import Options
    from compare_cli.models.families import DEFAULT_MODELS
    from compare_cli.verdict.diff import Threshold
    from compare_cli.verdict.fits import Criterion

__all__ = [
    "DEFAULT_MODELS", "Criterion", "ModelFacts", "Options", "Predictions", "StoreList", "Threshold",
    "ask_for_one_thread", "begin", "bench", "cells", "check", "compare", "curve", "datasets", "default_store",
    "describe", "diff", "explain", "gate", "iter_bench", "iter_compare", "judge", "load", "load_run",
    "metrics", "model", "models", "page_pictures", "plot", "predict", "prune", "read", "reference",
    "require_mlflow", "require_skops", "runs", "save", "script", "shown_notes", "statistics", "track",
]  # fmt: skip
_HOMES = {
    "api.catalogue": "ModelFacts datasets explain metrics model models reference statistics",
    "api.comparison": "bench compare curve iter_bench iter_compare shown_notes",
    "api.notebook": "script",
    "api.saved": "Predictions load predict require_skops save",
    "api.table": "cells describe page_pictures plot read",
    "api.tracking": "require_mlflow track",
    "engine.ahead": "begin",
    "engine.limits": "ask_for_one_thread",
    "engine.plan": "Options",
    "models.families": "DEFAULT_MODELS",
    "verdict.diff": "Threshold",
    "verdict.fits": "Criterion",
}
"""Modules and the names that they have; those of `api.results` are all others."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((module for module, names in _HOMES.items() if name in names.split()), "api.results")
    return getattr(import_module(f"compare_cli.{home}"), name)


def __dir__() -> list[str]:
    return __all__
