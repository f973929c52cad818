"""Processes that fit: each fits one task after the other and may be ended at any moment.

An executor of the standard library or of joblib would not do: neither can end one process without breaking
the others, nor tell which task a dead one was at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from typing import Any

from compare_cli.engine import ahead
from compare_cli.engine.ahead import LARGE, forks
from compare_cli.engine.endings import ending, kill
from compare_cli.engine.fit import no_result
from compare_cli.engine.limits import Limits, size_text
from compare_cli.engine.nursery import SPENT, Nursery, can_fork, fresh_process
from compare_cli.engine.workspace import Workspace
from compare_cli.models.families import family_of
from compare_cli.types import FitResult, FitTask, ModelSpec

IDLE = 2  # children per job that wait for tasks; more are ended, the longest idle first


class Children:
    """The processes of this machine that fit, kept for the next tasks; see `compare_cli.engine.places.Place`.

    A model from outside may change anything in its process, NumPy itself included. On Linux each of its fits
    has a process in which none ran before, forked from one that has imported the model's module; elsewhere
    the fits of one model share a process.
    """

    backend = "local"

    def __init__(self, jobs: int) -> None:
        self.jobs = self.threads = jobs
        self.epochs: dict[str, tuple[int, int]] = {}
        self._nursery: Nursery | None = None
        self._large = False
        self._starting, self._changing = threading.Lock(), threading.Lock()
        self._idle: list[Child] = []  # the longest idle first
        self._busy: set[Child] = set()
        self._closed = False
        # A run that was left open is not closed when Python ends, which would wait for the nursery for ever.
        self._at_exit = Finalize(None, self.end, exitpriority=100)

    def share(self, workspace: Workspace) -> None:
        """Start the nursery while that may be forked; later it could not, and would know no table.

        One that has another, small table stays; a large one that is sent to a child takes its memory anew.
        """
        nursery, self._large = self._nursery, workspace.nbytes >= LARGE
        if nursery is not None and (nursery.table == workspace.token or not self._large):
            return
        if not self._large and (begun := ahead.taken()) is not None:
            self._nursery = Nursery(None, begun)
        elif can_fork():
            ahead.end()
            self._end_idle()
            self._nursery = Nursery(workspace)

    def forget(self) -> None:
        """End the processes that keep a large table in memory: no more fits on it are to come."""
        if self._large:
            self._end_idle()

    @property
    def is_waiting(self) -> bool:
        """Whether a process is there, or on its way, that has loaded what fits need."""
        return self._nursery is not None or ahead.is_begun()

    @property
    def start_quickly(self) -> bool:
        """Whether one more costs hundredths of a second, not seconds."""
        return self.is_waiting or can_fork()

    def fit(
        self,
        task: FitTask,
        workspace: Workspace,
        limits: Limits,
        expected: Mapping[str, str] | None = None,
    ) -> FitResult:
        """Return a task's result, "timeout" and "killed" included, after which its process is gone.

        ``expected`` are versions and sources that the process must have, where it may have others.
        """
        child = self._take(task.model)
        if child is None:
            return no_result(task, "killed", "RunEnded", "the run has ended")
        try:
            return child.fit(task, workspace, limits, expected, self.epochs)
        except BaseException:
            child.end()
            raise
        finally:
            self.epochs.pop(task.key, None)
            self._give_back(child)

    def call(self, work: Callable[[], Any]) -> Any:
        """Return what ``work`` returns, called by a child that waits for built-in models, or here.

        It is called here where what is sent may be large, and again where the child dies or ``work`` raises,
        which is then raised.
        """
        child = None if self._large else self._waiting("")
        if child is None:
            return work()
        try:
            return child.call(work)
        except (EOFError, OSError):
            child.end()
            return work()
        except BaseException:
            child.end()
            raise
        finally:
            self._give_back(child)

    def _waiting(self, owner: str) -> Child | None:
        """Return an idle child of an owner, which is busy from now on, if there is one."""
        with self._changing:
            for child in [child for child in reversed(self._idle) if child.owner == owner]:
                self._idle.remove(child)
                if child.is_alive:
                    self._busy.add(child)
                    return child
                child.end()
        return None

    def _take(self, model: ModelSpec) -> Child | None:
        """Return an idle child that may fit this model, or a new one; None after the end."""
        owner = _owner(model)
        if (waiting := self._waiting(owner)) is not None:
            return waiting
        with self._starting:
            if self._closed:
                return None
            child = self._start(model)
            child.owner = owner
            self._busy.add(child)
            return child

    def _start(self, model: ModelSpec) -> Child:
        if not forks():
            return Child(*fresh_process(), "")
        if self._nursery is None:
            self._nursery = Nursery(None)
        module = model.factory.partition(":")[0] if family_of(model).builtin else None
        try:
            return self._born(module)
        except (EOFError, OSError):  # the system ended it, most often because memory ran out
            self._nursery.end()
            self._nursery = Nursery(None)
            return self._born(module)

    def _born(self, module: str | None) -> Child:
        assert self._nursery is not None
        return Child(*self._nursery.child(module), self._nursery.table)

    def _give_back(self, child: Child) -> None:
        spare = None
        with self._changing:
            self._busy.discard(child)
            if kept := not (child.ended or child.spent or self._closed):
                self._idle.append(child)
            if len(self._idle) > IDLE * self.jobs:
                spare = self._idle.pop(0)
        for one in (spare, None if kept else child):
            if one is not None:
                one.end()

    def end(self) -> None:
        """End all processes, busy ones too: the threads that wait for them get "killed" as results."""
        self._at_exit.cancel()
        with self._starting, self._changing:
            self._closed = True
            for child in self._busy:
                child.kill()
        deadline = time.monotonic() + 5  # threads notice at once; one that could not must not hold the run
        while self._busy and time.monotonic() < deadline:
            time.sleep(0.001)
        self._end_idle()

    def _end_idle(self) -> None:
        """End the nursery and the children that wait for tasks."""
        with self._changing:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()
        if self._nursery is not None:
            self._nursery.end()
            self._nursery = None


def _owner(model: ModelSpec) -> str:
    """Return which models may fit in the same process one after the other; "" are all built-in ones."""
    if family_of(model).builtin:
        return ""
    return model.factory if forks() and model.estimator is None else model.name


class Child:
    """The program's end of one process that fits; one thread at a time uses it.

    ``process`` has pid, sentinel, join and exitcode as `multiprocessing.Process` has them. ``table`` is the
    token of the workspace that the process has already.
    """

    def __init__(self, process: Any, connection: Any, table: str) -> None:
        self._process = process
        self._connection = connection
        self._table = table
        self.owner = ""
        self.spent = self.ended = False

    def fit(
        self,
        task: FitTask,
        workspace: Workspace,
        limits: Limits,
        expected: Mapping[str, str] | None,
        epochs: dict[str, tuple[int, int]],
    ) -> FitResult:
        """Return the task's result; the process is gone after "timeout" and "killed".

        Meanwhile ``epochs`` has how far the task is, where its model tells.
        """
        try:
            if self._table != workspace.token:
                self._connection.send(workspace)
                self._table = workspace.token
            self._connection.send((task, limits.memory, expected))
            return self._answer(task, limits, epochs)
        except (EOFError, OSError):
            self.end()
            return died(task, limits, self._process.exitcode)

    def call(self, work: Callable[[], Any]) -> Any:
        """Return what ``work`` returns, called in the process. Raises EOFError or OSError when that dies."""
        self._connection.send(work)
        return self._connection.recv()

    def _answer(self, task: FitTask, limits: Limits, epochs: dict[str, tuple[int, int]]) -> FitResult:
        """Wait for the result. Raises EOFError when the process has died before it."""
        until: float | None = None
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            ready = wait([self._connection, self._process.sentinel], left)
            if not ready:
                self.end()
                return too_late(task, limits)
            if self._connection not in ready and not self._connection.poll():
                raise EOFError
            message = self._connection.recv()
            if isinstance(message, FitResult):
                return message
            if isinstance(message, tuple):
                epochs[task.key] = message
            elif message == SPENT:
                self.spent = True
            elif limits.seconds is not None:
                until = time.monotonic() + limits.seconds

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended; what a model left running in it may end it at any time."""
        return not self.ended and not wait([self._process.sentinel], 0)

    def kill(self) -> None:
        """End the process, and those that a model started in it, at once."""
        kill(self._process)

    def end(self) -> None:
        """End the process and forget it."""
        if not self.ended:
            self.ended = True
            self.kill()
            self._process.join()
            self._connection.close()


def too_late(task: FitTask, limits: Limits) -> FitResult:
    """Return the result of a task that was ended at its time limit."""
    message = f"not finished after {limits.seconds:g} s (--time-limit)"
    return no_result(task, "timeout", "TimeLimit", message)


def died(task: FitTask, limits: Limits, code: int | None) -> FitResult:
    """Return the result of a task whose process died; ``code`` is its exit code, negative for a signal."""
    message = f"the process of this fit died ({ending(code)})"
    if limits.memory is not None:
        message += f"; it may take {size_text(limits.memory)} (--memory-limit)"
    return no_result(task, "killed", "ProcessDied", message)
