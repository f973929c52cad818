"""What runs inside a worker of Dask or Ray: a fit in a child process, so that nothing ends the worker.

A child is kept for the next fits of the same thread; the table is sent to it once. A fit over its limit,
or one that crashes, ends the child alone.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from multiprocessing.connection import wait

from compare_cli.engine.execute import died, too_late
from compare_cli.engine.fit import Workspace
from compare_cli.engine.limits import Limits
from compare_cli.engine.workers import Worker
from compare_cli.types import FitResult, FitTask

TRIES = 2  # a fit whose process died once may be the victim of another's memory
PATIENCE = 1.0  # seconds between two looks, where no limit asks for an earlier one

_own = threading.local()
_children: set[Child] = set()


@contextlib.contextmanager
def _usual_allocator() -> Iterator[None]:
    """Start a process with the system's own memory settings, as fits on this machine have.

    Dask's nanny makes its workers give memory back at every turn (MALLOC_TRIM_THRESHOLD_), which made
    gradient boosting three times slower.
    """
    setting = os.environ.pop("MALLOC_TRIM_THRESHOLD_", None)
    try:
        yield
    finally:
        if setting is not None:
            os.environ["MALLOC_TRIM_THRESHOLD_"] = setting


class Child:
    """A worker that belongs to one thread, and the table that it has."""

    def __init__(self, limits: Limits) -> None:
        with _usual_allocator():
            self.worker = Worker(None, (), limits)
        self.token = ""
        _children.add(self)

    def end(self) -> None:
        """End the process."""
        _children.discard(self)
        self.worker.kill()

    def fit(self, task: FitTask, workspace: Workspace) -> FitResult | None:
        """Return the result of a task, "timeout" included; None when the process died."""
        worker = self.worker
        try:
            if self.token != workspace.token:
                worker.send(workspace)
                self.token = workspace.token
            worker.send(task)
        except OSError:
            return None
        while True:
            left = worker.seconds_left()
            wait(worker.waitables, PATIENCE if left is None else max(0.0, min(PATIENCE, left)))
            dead = worker.is_dead  # asked first: what is in the pipe afterwards is all there is
            for result in worker.results():
                return result
            left = worker.seconds_left()
            if dead:
                return None
            if left is not None and left <= 0:
                return too_late(task, worker.limits)


def fit_remotely(task: FitTask, workspace: Workspace, limits: Limits) -> FitResult:
    """Fit one task in this thread's child; blame it only when its process died twice."""
    for _ in range(TRIES):
        child: Child | None = getattr(_own, "child", None)
        if child is None or child.worker.limits != limits:
            if child is not None:
                child.end()
            child = _own.child = Child(limits)
        result = child.fit(task, workspace)
        if result is None or result.status == "timeout":
            child.end()
            _own.child = None
        if result is not None:
            return result
    return died(task, limits)


def end_children() -> None:
    """End the children of all threads of this process: a run is over."""
    for child in list(_children):
        with contextlib.suppress(OSError):
            child.end()


def versions() -> dict[str, str]:
    """Return the versions that must be the same everywhere for the numbers to be the same."""
    import numpy
    import scipy
    import sklearn

    from compare_cli import __version__

    found = {"numpy": numpy.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}
    return {"compare-cli": __version__, **found, "process": str(os.getpid())}
