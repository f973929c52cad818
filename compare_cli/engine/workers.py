"""A process that fits one task after the other and may be ended at any moment.

Two ways of starting one. Where the system can fork and no other thread runs (Linux, the command line),
a worker starts from the parent's memory in about 0.03 s: scikit-learn is imported and the table is
shared. Elsewhere joblib's loky starts a fresh interpreter, which needs no importable main module and
works in notebooks, in threads and on every system, but costs seconds.

An executor of the standard library or of joblib would not do: neither can end one worker without
breaking the others, nor tell which task a dead worker was at.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

from compare_cli.engine.fit import Workspace, fit_task
from compare_cli.engine.limits import Limits, limited_memory
from compare_cli.engine.threads import ask_for_one_thread
from compare_cli.types import FitResult, FitTask

BEGUN = "begun"  # what a worker sends when the clock of a fit starts
PR_SET_PDEATHSIG = 1  # prctl(2)


def can_fork() -> bool:
    """Whether workers may be forked: not beside other threads (notebooks), whose locks would stay held."""
    return sys.platform == "linux" and threading.active_count() == 1


class Worker:
    """The parent's end of a worker: hand out tasks, take results, end it.

    ``tasks`` are known to the worker from its start, so that handing one out is sending its number: a
    few bytes, which never wait for the worker to read them. `send` gives it other tasks and tables; the
    worker must be idle then.
    """

    def __init__(
        self, workspace: Workspace | None, tasks: Sequence[FitTask] = (), limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        self.assigned: deque[int] = deque()
        self._began: float | None = None
        context: Any = _context()
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, os.getpid(), workspace, list(tasks), self.limits)
        )
        with _allowed_to_have_children():
            self._process.start()
        theirs.close()

    def assign(self, number: int) -> None:
        """Hand out one of the tasks by its number; nothing happens when the worker is dead."""
        self.assigned.append(number)
        with contextlib.suppress(OSError):
            self._connection.send(number)

    def send(self, what: Workspace | FitTask) -> None:
        """Give an idle worker another table, or a task that it did not know. OSError when it is dead."""
        self._connection.send(what)

    @property
    def waitables(self) -> list[Any]:
        """What becomes ready when there is something to read, or the worker has died."""
        return [self._connection, self._process.sentinel]

    def results(self) -> Iterator[FitResult]:
        """Yield the results that have arrived, in the order of ``assigned``, which the caller shortens."""
        try:
            while self._connection.poll():
                message = self._connection.recv()
                if isinstance(message, FitResult):
                    self._began = None
                    yield message
                else:
                    self._began = time.monotonic()
        except (EOFError, OSError):  # it has died; is_dead tells
            return

    def seconds_left(self) -> float | None:
        """Seconds until the limit of the fit under way; None where there is none."""
        if self.limits.seconds is None or self._began is None:
            return None
        return self._began + self.limits.seconds - time.monotonic()

    @property
    def is_dead(self) -> bool:
        """Whether the process has ended; what it sent before can still be read."""
        return not self._process.is_alive()

    def kill(self) -> None:
        """End the process, and those that a model started in it, at once."""
        pid = self._process.pid
        if pid is not None and self._process.is_alive():
            if hasattr(os, "killpg"):
                for end in (os.killpg, os.kill):  # it may not have its own group yet
                    with contextlib.suppress(ProcessLookupError):
                        end(pid, signal.SIGKILL)
            else:
                self._process.terminate()
        self._process.join()
        self._connection.close()


def _context() -> Any:
    if can_fork():
        return multiprocessing.get_context("fork")
    from joblib.externals.loky.backend.context import get_context

    return get_context("loky")


@contextlib.contextmanager
def _allowed_to_have_children() -> Iterator[None]:
    """Start a process also inside one that may not have any.

    Dask's workers are such processes; the flag is there because nobody would end the children, and
    ours end with their parent.
    """
    config: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    daemon = config.pop("daemon", None)
    try:
        yield
    finally:
        if daemon is not None:
            config["daemon"] = daemon


def _serve(
    connection: Connection,
    parent: int,
    workspace: Workspace | None,
    tasks: Sequence[FitTask],
    limits: Limits,
) -> None:
    """Fit what is asked for until the parent goes away: the body of a worker."""
    _begin(parent)
    while True:
        try:
            message = connection.recv()
            if isinstance(message, Workspace):
                workspace = message
                continue
            task = tasks[message] if isinstance(message, int) else message
            assert workspace is not None, "a table comes before its tasks"
            with contextlib.suppress(Exception):  # what is wrong with a fold is told by the fit
                workspace.prepared(task)
            connection.send(BEGUN)
            with limited_memory(limits.memory):
                result = fit_task(task, workspace)
            connection.send(result)
        except (EOFError, OSError):
            return


def _begin(parent: int) -> None:
    """Make a worker quiet and mortal.

    The terminal's Ctrl-C is the parent's, standard output is the result's, and a parent that is killed
    takes its workers along (Linux; elsewhere they end after the fit under way).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    sys.stdout = os.fdopen(null, "w")  # it need not be the first descriptor: notebooks have their own
    from threadpoolctl import threadpool_limits

    ask_for_one_thread()  # libraries that a fresh interpreter has still to load
    threadpool_limits(1)
