"""The library: every command of the program is a verb here, with a value as its result.

- a table: ``read`` and ``describe`` one, list the built-in ``datasets``, ``plot`` where models predict what
- a comparison: ``compare`` models on one table, ``bench`` them on several; ``iter_…`` yields as it goes
- results that are stored: ``judge`` them again, ``gate`` and ``check`` them; ``runs``, ``load_run``,
  ``diff``, ``prune``
- what there is to choose from: ``models``, ``model``, ``statistics``, ``explain``

A verb loads its module when it is first used: a list of runs does not wait for scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare_cli.api.catalogue import ModelFacts, explain, model, models, reference, statistics
    from compare_cli.api.comparison import bench, compare, iter_bench, iter_compare
    from compare_cli.api.stored import (
        Criterion,
        StoreList,
        Threshold,
        check,
        default_store,
        diff,
        gate,
        judge,
        load_run,
        prune,
        runs,
    )
    from compare_cli.api.table import datasets, describe, plot, read
    from compare_cli.engine.job import Options

__all__ = [
    "Criterion",
    "ModelFacts",
    "Options",
    "StoreList",
    "Threshold",
    "bench",
    "check",
    "compare",
    "datasets",
    "default_store",
    "describe",
    "diff",
    "explain",
    "gate",
    "iter_bench",
    "iter_compare",
    "judge",
    "load_run",
    "model",
    "models",
    "plot",
    "prune",
    "read",
    "reference",
    "runs",
    "statistics",
]
_HOMES = {
    "api.catalogue": {"ModelFacts", "explain", "model", "models", "reference", "statistics"},
    "api.comparison": {"bench", "compare", "iter_bench", "iter_compare"},
    "api.table": {"datasets", "describe", "plot", "read"},
    "engine.job": {"Options"},
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((module for module, names in _HOMES.items() if name in names), "api.stored")
    return getattr(import_module(f"compare_cli.{home}"), name)


def __dir__() -> list[str]:
    return __all__
