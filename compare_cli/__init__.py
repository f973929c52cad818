"""compare: which kind of model does this data want, and why?

The library: ``compare`` (one table), ``iter_compare`` (the same, as it goes), ``bench`` (several),
``read`` (a table as models see it); the other commands are verbs of `compare_cli.api`. The names load when
they are first used, so that importing the package is fast.
"""

from __future__ import annotations

import sys

_as_module = sys.argv[:1] == ["-m"] and sys.orig_argv[-len(sys.argv)].removeprefix("-m").startswith(__name__)
if _as_module and not sys.flags.safe_path and not __file__.startswith(sys.path[0]):
    # `python -m compare_cli` puts the current folder first: a typing.py or numpy.py there would be run.
    sys.path[:] = [folder for folder in sys.path if folder not in {"", sys.path[0]}]

from typing import TYPE_CHECKING, Any  # noqa: E402 - only after the path is right

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
