"""compare: which kind of model does this data want, and why?

The library: ``compare`` (one table), ``iter_compare`` (the same, as it goes), ``bench`` (several),
``read`` (a table as models see it); the other commands are verbs of `compare_cli.api`. The names load when
they are first used, so that importing the package is fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare_cli.api import Options, bench, compare, iter_bench, iter_compare, read
    from compare_cli.types import Bench, Comparison, Dataset

__version__ = "0.1.0"
__all__ = [
    "Bench",
    "Comparison",
    "Dataset",
    "Options",
    "bench",
    "compare",
    "iter_bench",
    "iter_compare",
    "read",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from compare_cli import api, types

    return getattr(types if hasattr(types, name) else api, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
