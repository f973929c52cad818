"""The means of one run: where fits run, what keeps them, how long it may take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from compare_cli.engine.archive import Archive
from compare_cli.engine.execute import execute
from compare_cli.errors import CompareError
from compare_cli.runs import RunStatus, StoredRun
from compare_cli.types import FitResult, FitTask

if TYPE_CHECKING:
    from compare_cli.engine.cluster import Cluster
    from compare_cli.engine.job import Job, Options


class Session:
    """Runs tasks: takes from the store what it has, fits the rest here or on a cluster, keeps each result.

    Used as a context: a cluster is joined and left, the store is opened and closed. ``run`` is what is
    known of the run at its begin; an error that ends it is noted in the store. ``heartbeat`` is called now
    and then while fits are under way.
    """

    def __init__(self, options: Options, run: StoredRun, heartbeat: Callable[[], None] | None = None) -> None:
        self.options = options
        self.run = run
        self._heartbeat = heartbeat
        self._until = None if options.budget is None else time.monotonic() + options.budget
        self.archive = Archive(None)
        self._cluster: Cluster | None = None

    def __enter__(self) -> Session:
        if self.options.cluster is not None:
            from compare_cli.engine.cluster import join

            self._cluster = join(self.options.cluster, self.options.jobs)
        self.archive = Archive(self.options.store, self.options.fresh)
        self.archive.put_run(self.run)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        try:
            if self._cluster is not None:
                self._cluster.leave()
            if kind is not None:
                self._note_end(kind)
        finally:
            self.archive.close()

    def _note_end(self, kind: type[BaseException]) -> None:
        """Note how a run without a result ended; one that was asked for wrongly is forgotten."""
        if issubclass(kind, CompareError):
            self.archive.forget_run(self.run)
        else:
            status: RunStatus = "failed" if issubclass(kind, Exception) else "interrupted"
            self.archive.put_run(replace(self.run, status=status))

    def keep(self, run: StoredRun, document: Callable[[], str]) -> None:
        """Keep the whole result of the run (JSON)."""
        self.archive.put_run(run, document)

    @property
    def backend(self) -> str:
        """Where fits run: local, dask or ray."""
        return "local" if self._cluster is None else self._cluster.backend

    @property
    def jobs(self) -> int:
        """How many fits run side by side."""
        from joblib import cpu_count

        if self._cluster is not None:
            return self._cluster.jobs
        return self.options.jobs or int(cpu_count())

    def may_start(self) -> bool:
        """Whether there is still time in the budget."""
        return self._until is None or time.monotonic() < self._until

    def results(self, tasks: Sequence[FitTask], job: Job) -> Iterator[FitResult]:
        """Yield results as they are finished, the stored ones first; each is kept before it is yielded.

        Tasks that the budget leaves out have none.
        """
        reused = self.archive.finished(tasks)
        yield from reused
        known = {result.key for result in reused}
        missing = [task for task in tasks if task.key not in known]
        for result in self._fit(missing, job) if missing else ():
            self.archive.put(result, self.run.id, job.dataset.name)
            yield result

    def _fit(self, tasks: Sequence[FitTask], job: Job) -> Iterator[FitResult]:
        may_start = None if self._until is None else self.may_start
        if self._cluster is not None:
            how = (self._heartbeat, self.options.limits, may_start)
            return self._cluster.execute(tasks, job.workspace, *how)
        return execute(tasks, job.workspace, self.jobs, self._heartbeat, self.options.limits, may_start)
