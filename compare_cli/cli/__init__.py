"""The command line: parse, one call of the library, render, exit."""

from __future__ import annotations

import os

_ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "VECLIB")


def main() -> None:
    """Run the program; always ends by SystemExit with one of the documented exit codes."""
    for library in _ONE_THREAD:  # before numpy starts its threads: fits run side by side instead
        os.environ[f"{library}_{'MAXIMUM' if library == 'VECLIB' else 'NUM'}_THREADS"] = "1"
    try:
        from compare_cli.cli.program import run

        run()
    except KeyboardInterrupt:  # before the program listens, or while it ends
        raise SystemExit(130) from None
