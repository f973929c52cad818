"""One thread for the numerical libraries: fits run side by side and are timed alone."""

from __future__ import annotations

import os

_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "VECLIB")


def ask_for_one_thread() -> None:
    """Tell libraries that this process loads from now on; those that are there need `threadpoolctl`."""
    for library in _LIBRARIES:
        os.environ[f"{library}_{'MAXIMUM' if library == 'VECLIB' else 'NUM'}_THREADS"] = "1"
