"""Errors become one line and an exit code; the commands know nothing of it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from compare_cli.cli.app import app
from compare_cli.errors import CompareError, ExitCode

_terminated = False


def run() -> NoReturn:
    """Run the Typer app and exit. Usage errors are told by Typer itself, with exit code 2."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app(prog_name=_program_name())
    except SystemExit as end:
        sys.exit(ExitCode.TERMINATED if _terminated and end.code == ExitCode.INTERRUPTED else end.code)
    except CompareError as error:
        _fail(str(error), error.code, error)
    except MemoryError as error:
        _fail("not enough memory for this table and these models", ExitCode.FAULT, error)
    except Exception as error:
        _fail(
            f"{type(error).__name__}: {error} (a fault in compare: --debug shows where)",
            ExitCode.FAULT,
            error,
        )
    sys.exit(ExitCode.OK)


def _program_name() -> str:
    name = Path(sys.argv[0]).name
    return name if name.startswith("compare") else "python -m compare_cli"


def _terminate(number: int, frame: FrameType | None) -> None:
    """Treat SIGTERM like Ctrl-C: what is done is printed and kept; only the exit code differs."""
    global _terminated
    _terminated = True
    raise KeyboardInterrupt


def _fail(message: str, code: ExitCode, error: BaseException) -> NoReturn:
    from compare_cli.cli.talk import say_error

    if "--debug" in sys.argv:
        import traceback

        traceback.print_exception(error)
    say_error(message)
    sys.exit(code)
