"""Reading tables: from a file, standard input, a built-in name or a DataFrame to a `Dataset`.

Importing this package imports neither pandas nor scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare_cli.data.named import builtin_names
    from compare_cli.data.sources import attach_test, expand, read, read_cells, read_like, read_rows
    from compare_cli.data.split import last_rows_tested, together

__all__ = [
    "attach_test",
    "builtin_names",
    "expand",
    "last_rows_tested",
    "read",
    "read_cells",
    "read_like",
    "read_rows",
    "together",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    places = {"builtin_names": "named", "last_rows_tested": "split", "together": "split"}
    place = places.get(name, "sources")
    return getattr(import_module(f"{__name__}.{place}"), name)
