"""Reading tables: from a file, standard input, a built-in name or a DataFrame to a `Dataset`.

Importing this package imports neither pandas nor scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare_cli.data.builtins import builtin_names
    from compare_cli.data.expanding import expand
    from compare_cli.data.reading import attach_test, read, read_like
    from compare_cli.data.table import ReadOptions
    from compare_cli.data.writing import write_csv

_PLACES = {
    "read": "reading",
    "read_like": "reading",
    "attach_test": "reading",
    "builtin_names": "builtins",
    "expand": "expanding",
    "write_csv": "writing",
    "ReadOptions": "table",
}

__all__ = ["ReadOptions", "attach_test", "builtin_names", "expand", "read", "read_like", "write_csv"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
