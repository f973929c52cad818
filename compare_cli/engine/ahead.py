"""A process that loads scikit-learn while the program still reads its command line and the table.

Loading it takes as long as everything else that a comparison of a small table does before its first fit. So
the process is forked first of all, before anything large is loaded or any thread runs, and loads it on a
second core. It becomes the nursery of the run (`compare_cli.engine.nursery`), which forks the processes that
fit; the program itself then has no need of scikit-learn. A table that is too large to be sent to each of them
gets a nursery that shares it instead, and this process ends, as with a program that has no use for it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare_cli.engine.endings import be_mortal, kill, signals_wait

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

LARGE = 4 * 2**20  # bytes of a table from which on it is not sent to processes that are there
FITTING = frozenset({"fit", "bench", "curve"})
LOADED = (
    "sklearn.preprocessing",
    "sklearn.linear_model",
    "sklearn.tree",
    "sklearn.dummy",
    "compare_cli.models.perceptron",
    "scipy.spatial.distance",
    "threadpoolctl",
)
OTHERWISE = ("-h", "--help", "--cluster")  # options with which nothing is fitted, or not here

Started = tuple[Any, "Connection"]  # a process, and our end of its connection
_begun: Started | None = None


def begin(arguments: Sequence[str]) -> None:
    """Start the process if the command of these arguments will fit models on small tables, on Linux."""
    global _begun
    if not pays(arguments):
        return
    from multiprocessing import get_context
    from multiprocessing.connection import Pipe
    from multiprocessing.util import Finalize

    ours, theirs = Pipe()
    with signals_wait():
        process: Any = get_context("fork").Process(target=_load, args=(theirs, ours))
        process.start()
    theirs.close()
    _begun = process, ours
    Finalize(None, end, exitpriority=100)  # Python waits for its processes as it ends


def pays(arguments: Sequence[str]) -> bool:
    """Whether the command of these arguments will fit models here, on tables that are not known to be large.

    So it is with one core more, and in a process that runs no thread, so that it may be forked.
    """
    if not arguments or arguments[0] not in FITTING or any(a.startswith(OTHERWISE) for a in arguments):
        return False
    if not forks() or threading.active_count() > 1 or len(os.sched_getaffinity(0)) < 2:
        return False
    return not any(_is_large(Path(argument)) for argument in arguments[1:])


def _is_large(path: Path) -> bool:
    try:
        return path.is_dir() or path.stat().st_size >= LARGE
    except (OSError, ValueError):
        return False


def forks() -> bool:
    """Whether this system has what a nursery needs (Linux since 5.3)."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


def is_begun() -> bool:
    """Whether there is such a process to take: not where this one has loaded scikit-learn too.

    That is so where models are the user's own, or have parameters that were checked: what is forked from here
    has their modules.
    """
    return _begun is not None and "sklearn" not in sys.modules


def taken() -> Started | None:
    """Return the process, for the one who asks first; None where there is none to take."""
    return _released() if is_begun() else None


def _released() -> Started | None:
    global _begun
    found, _begun = _begun, None
    return found


def end() -> None:
    """End the process unless it was taken, also while it is loading: it has not started anything."""
    found = _released()
    if found is not None:
        process, connection = found
        kill(process)
        process.join()
        connection.close()


def _load(connection: Connection, parents: Connection) -> None:
    """Load what fits of the default models need, then be a nursery: the body of the process.

    scikit-learn loads pandas where it can, which takes a third of the time; it looks for it anew when it is
    given frames. Nothing that is loaded is garbage.
    """
    be_mortal(parents)
    gc.disable()
    with _not_found("pandas"):
        from compare_cli.engine.nursery import nurse

        for module in LOADED:
            import_module(module)
    gc.freeze()
    gc.enable()
    nurse(connection)


@contextlib.contextmanager
def _not_found(package: str) -> Iterator[None]:
    """Let an optional package be as one that is not installed, for those who look for it meanwhile."""
    sys.modules[package] = None  # type: ignore[assignment]  # as the import system has it
    try:
        yield
    finally:
        del sys.modules[package]
