"""The command line: parse, one call of the library, render, exit."""

from __future__ import annotations

from compare_cli.engine.limits import ask_for_one_thread


def main() -> None:
    """Run the program; always ends by SystemExit with one of the documented exit codes."""
    ask_for_one_thread()  # before numpy starts its threads: fits run side by side instead
    try:
        from compare_cli.cli.program import run

        run()
    except KeyboardInterrupt:  # before the program listens, or while it ends
        raise SystemExit(130) from None
