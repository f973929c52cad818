"""Running tasks side by side: results come as they are finished, a dying process takes nothing along.

Fits are independent and mostly hold the interpreter lock, so they run in processes. Where the system
can fork (Linux), workers start from the parent's memory in about 0.03 s: scikit-learn is imported
once and the table is shared. Elsewhere joblib's loky starts fresh ones, which costs seconds, so more
is then done in the process itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

from compare_cli.engine.fit import Workspace, fit_task
from compare_cli.models.families import family_of
from compare_cli.types import FitResult, FitTask

WORTH_FORKING, WORTH_STARTING = 0.3, 8.0  # seconds of expected work below which workers do not pay
HEARTBEAT = 0.25  # seconds
AHEAD = 2  # tasks handed out per worker: the next one is there when a short fit ends

_workspace: Workspace | None = None  # a worker's own, set when it starts


def execute(
    tasks: Sequence[FitTask],
    workspace: Workspace,
    jobs: int,
    heartbeat: Callable[[], None] | None = None,
) -> Iterator[FitResult]:
    """Yield the result of every task as it is finished. Numbers do not depend on ``jobs``; order does.

    Built-in models run in this process when the work is small or ``jobs`` is 1; then fold by fold,
    so that a fold is prepared once. Otherwise in ``jobs`` processes, the longest tasks first, so that
    none idles at the end; ``heartbeat`` is called now and then while they run.
    """
    safe = all(_may_run_here(task) for task in tasks)
    worth = WORTH_FORKING if _can_fork() else WORTH_STARTING
    if safe and (jobs == 1 or sum(task.cost for task in tasks) < worth):
        with single_thread():
            yield from (fit_task(task, workspace) for task in tasks)
        return
    waiting = deque(sorted(tasks, key=lambda task: -task.cost))
    while waiting:
        suspects = yield from _run_pool(waiting, workspace, jobs, heartbeat)
        for task in suspects:
            yield from _run_alone(task, workspace, heartbeat)


def _may_run_here(task: FitTask) -> bool:
    """Whether a task may run in this process: a model that is known to behave, and not asked to talk.

    What ``verbose`` models print would land on standard output, which is the result's.
    """
    return family_of(task.model).builtin and not task.params.get("verbose")


@contextlib.contextmanager
def single_thread() -> Iterator[None]:
    """Limit the numerical libraries to one thread: fits are timed alone, and numbers stay the same."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def _run_pool(
    waiting: deque[FitTask], workspace: Workspace, jobs: int, heartbeat: Callable[[], None] | None
) -> Generator[FitResult, None, list[FitTask]]:
    """Run tasks from ``waiting``, ``jobs`` at a time, until none is left or a worker dies.

    Yields results; returns the tasks that were handed out when a worker died, [] otherwise.
    """
    executor = _start(workspace, min(jobs, len(waiting)))
    running: dict[Future[FitResult], FitTask] = {}
    suspects: list[FitTask] = []
    finished = False
    try:
        while running or (waiting and not suspects):
            while waiting and not suspects and len(running) < AHEAD * jobs:
                task = waiting.popleft()
                try:
                    running[executor.submit(_work, task)] = task
                except BrokenProcessPool:  # a worker died since the last look
                    suspects.append(task)
            done, _ = wait(running, timeout=HEARTBEAT, return_when=FIRST_COMPLETED)
            for future in done:
                task = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    suspects.append(task)
                else:
                    yield result
            if heartbeat is not None:
                heartbeat()
        finished = True
    finally:
        _stop(executor, kill=not finished)
    return suspects


def _run_alone(
    task: FitTask, workspace: Workspace, heartbeat: Callable[[], None] | None
) -> Iterator[FitResult]:
    """Run one task in a process of its own; when that dies too, the task is the one to blame."""
    if (yield from _run_pool(deque([task]), workspace, 1, heartbeat)):
        yield FitResult(
            key=task.key,
            model=task.model.name,
            repeat=task.repeat,
            fold=task.fold,
            status="killed",
            train_rows=len(task.train),
            test_rows=len(task.test),
            error_kind="ProcessDied",
            error="the process of this fit died (out of memory, or a crash in compiled code)",
        )


def _can_fork() -> bool:
    """Whether workers may be forked: not beside other threads (notebooks), whose locks would stay held."""
    return sys.platform == "linux" and threading.active_count() == 1


def _start(workspace: Workspace, workers: int) -> Executor:
    if _can_fork():
        from multiprocessing import get_context

        return ProcessPoolExecutor(workers, get_context("fork"), _begin_worker, (workspace,))
    from joblib.externals.loky.process_executor import ProcessPoolExecutor as LokyExecutor

    loky: Executor = LokyExecutor(workers, initializer=_begin_worker, initargs=(workspace,))
    return loky


def _stop(executor: Executor, *, kill: bool) -> None:
    """End the workers: after their work, or at once when results are no longer wanted."""
    if not kill:
        executor.shutdown(wait=True)
    elif isinstance(executor, ProcessPoolExecutor):
        for process in list(executor._processes.values()):
            process.kill()
        executor.shutdown(wait=True)
    else:
        executor.shutdown(wait=True, kill_workers=True)  # type: ignore[call-arg]  # loky's own


def _begin_worker(workspace: Workspace) -> None:
    """Make a worker quiet: the terminal's Ctrl-C is the parent's, standard output is the result's."""
    global _workspace
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    sys.stdout = os.fdopen(null, "w")  # it need not be the first descriptor: notebooks have their own
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    _workspace = workspace


def _work(task: FitTask) -> FitResult:
    assert _workspace is not None, "the worker was not begun"
    return fit_task(task, _workspace)
