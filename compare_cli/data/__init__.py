"""Reading tables: from a file, standard input, a built-in name or a DataFrame to a `Dataset`.

Importing this package imports neither pandas nor scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare_cli.data.builtins import builtin_names
    from compare_cli.data.csv import write_csv
    from compare_cli.data.sources import attach_test, expand, read, read_like
    from compare_cli.data.table import ReadOptions

_PLACES = {
    "read": "sources",
    "read_like": "sources",
    "attach_test": "sources",
    "builtin_names": "builtins",
    "expand": "sources",
    "write_csv": "csv",
    "ReadOptions": "table",
}

__all__ = ["ReadOptions", "attach_test", "builtin_names", "expand", "read", "read_like", "write_csv"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
