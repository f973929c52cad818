"""Running tasks side by side: results come as they are finished, a dying process takes nothing along."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import wait

from compare_cli.engine.fit import Workspace, fit_task, no_result
from compare_cli.engine.limits import Limits, size_text
from compare_cli.engine.workers import Worker, can_fork
from compare_cli.models.families import family_of
from compare_cli.types import FitResult, FitTask

WORTH_FORKING, WORTH_STARTING = 0.3, 8.0  # seconds of expected work below which workers do not pay
HEARTBEAT = 0.25  # seconds
AHEAD = 2  # tasks handed out per worker: the next one is there when a short fit ends
NO_LIMITS = Limits()


def execute(
    tasks: Sequence[FitTask],
    workspace: Workspace,
    jobs: int,
    heartbeat: Callable[[], None] | None = None,
    limits: Limits = NO_LIMITS,
    may_start: Callable[[], bool] | None = None,
) -> Iterator[FitResult]:
    """Yield the result of every task as it is finished. Numbers do not depend on ``jobs``; order does.

    Built-in models without limits run in this process when the work is small or ``jobs`` is 1; then fold
    by fold, so that a fold is prepared once. Otherwise in ``jobs`` processes, the longest tasks first, so
    that none idles at the end. ``heartbeat`` is called now and then while they run.

    ``may_start`` is asked before each fit; from its first no on, nothing is started and what was not
    started has no result. With it tasks run fold by fold, so that models share the folds that are done.

    A task whose process died is run once more, alone, after the others: only when it dies again is it
    to blame ("killed"). One that is over its time limit is ended ("timeout").
    """
    if _stays_here(tasks, jobs, limits):
        with single_thread():
            for task in tasks:
                if may_start is not None and not may_start():
                    return
                yield fit_task(task, workspace)
        return
    crew = Crew(tasks, workspace, limits, heartbeat, may_start)
    suspects = yield from crew.run(order_of_start(tasks, fold_by_fold=may_start is not None), jobs)
    for suspect in suspects:
        if (yield from crew.run([suspect], 1)):
            yield died(tasks[suspect], limits)


def _stays_here(tasks: Sequence[FitTask], jobs: int, limits: Limits) -> bool:
    """Whether tasks run in this process: models that are known to behave, little work, nothing to end.

    What ``verbose`` models print would land on standard output, which is the result's.
    """
    safe = all(family_of(task.model).builtin and not task.params.get("verbose") for task in tasks)
    worth = WORTH_FORKING if can_fork() else WORTH_STARTING
    return safe and not limits and (jobs == 1 or sum(task.cost for task in tasks) < worth)


def order_of_start(tasks: Sequence[FitTask], *, fold_by_fold: bool) -> list[int]:
    """Return the numbers of the tasks in the order in which they start."""

    def place(number: int) -> tuple[float, ...]:
        task = tasks[number]
        return (task.repeat, task.fold, -task.cost) if fold_by_fold else (-task.cost,)

    return sorted(range(len(tasks)), key=place)


@contextlib.contextmanager
def single_thread() -> Iterator[None]:
    """Limit the numerical libraries to one thread: fits are timed alone, and numbers stay the same."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


class Crew:
    """Workers on one list of tasks; see `execute`."""

    def __init__(
        self,
        tasks: Sequence[FitTask],
        workspace: Workspace,
        limits: Limits,
        heartbeat: Callable[[], None] | None,
        may_start: Callable[[], bool] | None,
    ) -> None:
        self.tasks = tasks
        self.workspace = workspace
        self.limits = limits
        self._heartbeat = heartbeat or (lambda: None)
        self._may_start = may_start or (lambda: True)
        self._ahead = AHEAD if limits.seconds is None else 1  # the clock starts when a fit starts
        self._workers: list[Worker] = []

    def run(self, numbers: Sequence[int], jobs: int) -> Generator[FitResult, None, list[int]]:
        """Yield the results of these tasks; return those whose process died. Ends all workers, always."""
        waiting = deque(numbers)
        suspects: list[int] = []
        self._workers = [self._start() for _ in range(min(jobs, len(waiting)))]
        try:
            while self._hand_out(waiting):
                self._await_news()
                for worker in list(self._workers):
                    dead = worker.is_dead  # asked first: what is in the pipe afterwards is all there is
                    yield from self._take(worker)
                    if dead or self._is_overdue(worker):
                        yield from self._replace(worker, waiting, suspects, blame=dead)
                self._heartbeat()
        finally:
            for worker in self._workers:
                worker.kill()
        return suspects

    def _start(self) -> Worker:
        return Worker(self.workspace, self.tasks, self.limits)

    def _hand_out(self, waiting: deque[int]) -> bool:
        """Give every worker what it has room for; return whether anything is under way."""
        for worker in self._workers:
            while waiting and len(worker.assigned) < self._ahead and self._may_start():
                worker.assign(waiting.popleft())
        return any(worker.assigned for worker in self._workers)

    def _await_news(self) -> None:
        left = [seconds for worker in self._workers if (seconds := worker.seconds_left()) is not None]
        wait([w for worker in self._workers for w in worker.waitables], max(0.0, min([HEARTBEAT, *left])))

    def _take(self, worker: Worker) -> Iterator[FitResult]:
        for result in worker.results():
            worker.assigned.popleft()
            yield result

    def _is_overdue(self, worker: Worker) -> bool:
        left = worker.seconds_left()
        return left is not None and left <= 0

    def _replace(
        self, worker: Worker, waiting: deque[int], suspects: list[int], *, blame: bool
    ) -> Iterator[FitResult]:
        """End a worker that is dead (``blame``) or late, and put another in its place if there is work."""
        worker.kill()
        if worker.assigned:
            guilty = worker.assigned.popleft()
            waiting.extendleft(reversed(worker.assigned))
            if blame:
                suspects.append(guilty)
            else:
                yield too_late(self.tasks[guilty], self.limits)
        self._workers.remove(worker)
        if waiting:
            self._workers.append(self._start())


def too_late(task: FitTask, limits: Limits) -> FitResult:
    """Return the result of a task that was ended at its time limit."""
    message = f"not finished after {limits.seconds:g} s (--time-limit)"
    return no_result(task, "timeout", "TimeLimit", message)


def died(task: FitTask, limits: Limits) -> FitResult:
    """Return the result of a task whose process died, twice."""
    message = "the process of this fit died (out of memory, or a crash in compiled code)"
    if limits.memory is not None:
        message += f"; it may take {size_text(limits.memory)} (--memory-limit)"
    return no_result(task, "killed", "ProcessDied", message)
