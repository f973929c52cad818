"""Running tasks side by side: results come as they are finished, a dying process takes nothing along."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare_cli.engine.child import Children
from compare_cli.engine.fit import fit_task
from compare_cli.engine.limits import Limits
from compare_cli.engine.places import Place, place
from compare_cli.engine.store import Store, StoreError
from compare_cli.engine.workspace import Workspace
from compare_cli.errors import CompareError
from compare_cli.models.epochs import followed_by
from compare_cli.models.families import family_of
from compare_cli.notes import note
from compare_cli.types import FitResult, FitTask, Note, RunStatus, StoredRun

if TYPE_CHECKING:
    from compare_cli.engine.plan import Job, Options

WORTH_FORKING, WORTH_STARTING = 0.3, 8.0  # seconds of expected work below which processes do not pay
NO_LIMITS = Limits()
Results = Generator[FitResult, None, None]


class Session:
    """Runs tasks: takes from the store what it has, fits the rest here or on a cluster, keeps each result.

    Used as a context: a cluster is joined and left, the store is opened and closed. ``run`` is what is
    known of the run at its begin; an error that ends it is noted in the store.
    """

    def __init__(self, options: Options, run: StoredRun) -> None:
        self.options = options
        self.run = run
        self._until = None if options.budget is None else time.monotonic() + options.budget

    def __enter__(self) -> Session:
        self.place = place(self.options.cluster, self.options.jobs)
        self.archive = Archive(self.options.store, self.options.fresh)
        self.archive.put_run(self.run)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        try:
            self.place.end()
            if kind is not None:
                self._note_end(kind)
        finally:
            self.archive.close()

    def _note_end(self, kind: type[BaseException]) -> None:
        """Store how a run without a result ended; one that an error of its user ended is removed."""
        if issubclass(kind, CompareError):
            self.archive.forget_run(self.run)
        else:
            status: RunStatus = "failed" if issubclass(kind, Exception) else "interrupted"
            self.archive.put_run(replace(self.run, status=status))

    def may_start(self) -> bool:
        """Whether there is still time in the budget."""
        return self._until is None or time.monotonic() < self._until

    def results(self, tasks: Sequence[FitTask], job: Job) -> Results:
        """Return the stream of results: stored ones first, then others as they are finished and kept.

        Tasks that the budget leaves out have none. On Linux fits run in processes forked from this one,
        which is only safe while it runs no other thread: that is done when this returns, so that progress
        may be drawn by a thread from then on.
        """
        reused = self.archive.finished(tasks)
        known = {result.key for result in reused}
        missing = [task for task in tasks if task.key not in known]
        here = not missing or stays_here(missing, self.place, self.options.limits)
        if isinstance(self.place, Children) and not here:
            self.place.share(job.workspace)
        return self._results(reused, missing, job)

    def call(self, work: Callable[[], Any]) -> Any:
        """Return what ``work`` returns, called by a process that has loaded scikit-learn where one waits."""
        return self.place.call(work) if isinstance(self.place, Children) else work()

    def _results(self, reused: Sequence[FitResult], missing: Sequence[FitTask], job: Job) -> Results:
        yield from reused
        if missing:
            limits = self.options.limits
            for result in execute(missing, job.workspace, self.place, limits, self.may_start):
                self.archive.put(result, self.run.id, job.dataset.name)
                yield result


@dataclass
class Archive:
    """What a run takes from its store and keeps in it. ``fresh`` takes nothing; without a store all is idle.

    ``notes`` holds what is wrong with the store, and how many of its fits could not be read.
    """

    path: Path | None
    fresh: bool = False
    _store: Store | None = None
    _fault: StoreError | None = None
    _damaged: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.path is not None:
            try:
                self._store = Store(self.path)
            except StoreError as error:
                self._fault = error

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the user should know of the store."""
        told = [note("stored_fits_damaged", count=self._damaged)] if self._damaged else []
        if self._fault is not None:
            told.append(note("store_unusable", message=str(self._fault)))
        return tuple(told)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Give the store up at its first fault."""
        try:
            yield
        except StoreError as error:
            self._fault = error
            self.close()

    def finished(self, tasks: Sequence[FitTask]) -> list[FitResult]:
        """Return what the store has of these tasks."""
        found: list[FitResult] = []
        store = self._store
        if store is None or self.fresh:
            return found
        with self._guarded():
            found, damaged = store.finished(tasks)
            self._damaged += damaged
            store.mark_used(found)
        return found

    def put(self, result: FitResult, run: str, dataset: str) -> None:
        """Keep a result, unless it came from the store, or has no key to be found by."""
        store = self._store
        if store is not None and result.key and not result.reused:
            with self._guarded():
                store.put(result, run, dataset)

    def put_run(self, run: StoredRun, document: Callable[[], str] | None = None) -> None:
        """Keep what is known of a run; its whole result (JSON) is made only where it is kept."""
        store = self._store
        if store is not None:
            with self._guarded():
                store.put_run(run, document() if document is not None else None)

    def forget_run(self, run: StoredRun) -> None:
        """Take a run off the list; its fits stay."""
        store = self._store
        if store is not None:
            with self._guarded():
                store.forget_run(run)

    def close(self) -> None:
        """Close the store; nothing more is saved."""
        if self._store is not None:
            self._store.close()
            self._store = None


def execute(
    tasks: Sequence[FitTask],
    workspace: Workspace,
    at: Place,
    limits: Limits = NO_LIMITS,
    may_start: Callable[[], bool] = lambda: True,
) -> Results:
    """Yield the result of every task as it is finished. Numbers do not depend on the place; order does.

    Small work of built-in models without limits is done in this process, fold by fold, so that a fold is
    prepared once. Other work is done ``at`` a place, which is ended when the stream is closed early.

    ``may_start`` is asked before each fit; from its first no on nothing is started, and what was not
    started has no result.
    """
    if stays_here(tasks, at, limits):
        with single_thread():
            fit = partial(fit_here, workspace=workspace, epochs=at.epochs)
            yield from side_by_side(tasks, fit, at.end, 1, may_start)
    else:
        fit = partial(at.fit, workspace=workspace, limits=limits)
        yield from side_by_side(in_order(tasks, at.jobs), fit, at.end, at.threads, may_start)


def fit_here(task: FitTask, workspace: Workspace, epochs: dict[str, tuple[int, int]]) -> FitResult:
    """Fit one task in this process; ``epochs`` has how far it is, where its model tells."""
    try:
        with followed_by(partial(epochs.__setitem__, task.key)):
            return fit_task(task, workspace)
    finally:
        epochs.pop(task.key, None)


def stays_here(tasks: Sequence[FitTask], at: Place, limits: Limits) -> bool:
    """Whether tasks run in this process: models that are known to behave, little work, nothing to end.

    Not where a process waits that has loaded scikit-learn already, which this one then need not do.

    What ``verbose`` models print would land on standard output, which is the result's.
    """
    if not isinstance(at, Children) or at.is_waiting or limits:
        return False
    safe = all(family_of(task.model).builtin and not task.params.get("verbose") for task in tasks)
    worth = WORTH_FORKING if at.start_quickly else WORTH_STARTING
    return safe and (at.jobs == 1 or sum(task.cost for task in tasks) < worth)


def in_order(tasks: Sequence[FitTask], jobs: int) -> list[FitTask]:
    """Return tasks in the order in which they start: fold by fold, the longest first within one.

    So all models share the folds that are done. The last ``jobs`` folds count as one, or the longest fit
    of the last fold would be the last to start, with nothing left to do beside it.
    """
    folds = sorted({(task.repeat, task.fold) for task in tasks})
    place = {fold: min(at, max(1, len(folds) - jobs)) for at, fold in enumerate(folds)}
    return sorted(tasks, key=lambda task: (place[task.repeat, task.fold], -task.cost, task.repeat, task.fold))


def side_by_side(
    tasks: Sequence[FitTask],
    fit: Callable[[FitTask], FitResult],
    end: Callable[[], None],
    jobs: int,
    may_start: Callable[[], bool],
) -> Results:
    """Yield the result of each task; one whose process died is run once more, alone, after the others.

    It may be the victim of another's memory: only when it dies again it is to blame.
    """
    again: list[FitTask] = []
    for some, threads in ((tasks, jobs), (again, 1)):
        with contextlib.closing(finished(some, fit, end, threads, may_start)) as stream:
            for task, result in stream:
                if result.status == "killed" and some is tasks:
                    again.append(task)
                else:
                    yield result


def finished(
    tasks: Sequence[FitTask],
    fit: Callable[[FitTask], FitResult],
    end: Callable[[], None],
    jobs: int,
    may_start: Callable[[], bool],
) -> Generator[tuple[FitTask, FitResult], None, None]:
    """Yield tasks with their results as ``fit`` finishes them in ``jobs`` threads.

    A thread waits for each fit, wherever it runs. When the stream is closed early, fits under way are
    ended by ``end``; joblib's stream is then read to its end, as it warns when it is closed before.
    """
    from joblib import Parallel, delayed

    jobs, closed = min(jobs, max(1, len(tasks))), False

    def wanted() -> Iterator[FitTask]:
        for task in tasks:
            if closed or not may_start():
                return
            yield task

    how = {"backend": "threading", "batch_size": 1, "pre_dispatch": jobs}
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", **how)
    stream = parallel(delayed(lambda task: (task, fit(task)))(task) for task in wanted())

    def leave() -> None:
        nonlocal closed
        at_exit.cancel()
        if not closed:
            closed = True
            end()
            list(stream)

    at_exit = Finalize(None, leave, exitpriority=200)  # threads stand still when Python closes what is open
    try:
        yield from map(tuple, stream)
        closed = True
    finally:
        leave()


@contextlib.contextmanager
def single_thread() -> Iterator[None]:
    """Limit the numerical libraries to one thread: fits are timed alone, and numbers stay the same."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
