"""The command line: parse, one call of the library, render, exit.

Errors become one line and an exit code here; the commands know nothing of it.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from compare_cli import api
from compare_cli.errors import CompareError, ExitCode

_ENDING = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
MANY = 50_000  # new objects before Python looks for garbage; importing makes many that stay
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_received: int | None = None  # the signal that asked for an end


def main() -> None:
    """Run the program; always ends by SystemExit with one of the documented exit codes."""
    gc.set_threshold(MANY, 20)
    _open_streams()
    api.ask_for_one_thread()  # before numpy starts its threads: fits run side by side instead
    try:
        api.begin(sys.argv[1:])
        run()
    except KeyboardInterrupt:  # before the program listens, while it is imported, or while it ends
        raise SystemExit(128 + (_received or signal.SIGINT)) from None
    finally:
        _end_by_the_code()


def _end_by_the_code() -> None:
    """Let no signal come between the exit code and its reader any more.

    While Python ends, the usual handlers are back. And after an interrupt that came while it ran a string,
    as dataclasses do when they are made, `python -m` would end by SIGINT, whatever was made of it: running
    another string makes it forget.
    """
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    eval("None")


def _open_streams() -> None:
    """Open what the caller closed of the standard streams: no file of ours must become standard output."""
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def run() -> NoReturn:
    """Run the Typer app and exit. Usage errors are told by Typer itself, with exit code 2.

    After a signal that asked for an end the code is 130 (Ctrl-C), 143 (SIGTERM) or 129 (SIGHUP: the terminal
    was closed), unless everything was done all the same. Errors do not change that: compiled code that is
    interrupted while it is imported turns Ctrl-C into errors of its own.
    """
    _listen()
    try:
        _run()
    except SystemExit as end:
        if _received is not None and end.code not in {ExitCode.OK, None}:
            sys.exit(128 + _received)
        raise


def _run() -> NoReturn:
    from compare_cli.cli.app import app

    try:
        app(prog_name=_program_name())
    except CompareError as error:
        _fail(str(error), error.code, error)
    except MemoryError as error:
        _fail("not enough memory for this table and these models", ExitCode.FAULT, error)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            _fail(f"a file or standard output cannot be written ({error.strerror}).", ExitCode.FAULT, error)
        _fail(
            f"{type(error).__name__}: {error} (a fault in compare: --debug shows where)",
            ExitCode.FAULT,
            error,
        )
    sys.exit(ExitCode.OK)


def _program_name() -> str:
    name = Path(sys.argv[0]).name
    return name if name.startswith("compare") else "python -m compare_cli"


def _listen() -> None:
    """Treat SIGTERM and SIGHUP like Ctrl-C: what is done is printed and kept; only the exit code differs.

    What was told to ignore them, as a job in the background or under nohup is, goes on ignoring them.
    """
    for number in _ENDING:
        if signal.getsignal(number) in {signal.default_int_handler, signal.SIG_DFL}:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _received
    _received = number
    raise KeyboardInterrupt


def _fail(message: str, code: ExitCode, error: BaseException) -> NoReturn:
    from compare_cli.cli.output import say_error, say_lines

    if "--debug" in sys.argv:
        import traceback

        say_lines("".join(traceback.format_exception(error)))
    say_error(message)
    sys.exit(code)
