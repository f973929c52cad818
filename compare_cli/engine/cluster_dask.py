"""Tasks on Dask: the table is sent to each worker once, each fit is a future of its own."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any

from compare_cli.engine.execute import order_of_start
from compare_cli.engine.fit import Workspace, no_result
from compare_cli.engine.limits import Limits
from compare_cli.engine.remote import end_children, fit_remotely, versions
from compare_cli.errors import UsageError
from compare_cli.types import FitResult, FitTask

HEARTBEAT = 0.25  # seconds
AHEAD = 2  # tasks under way per thread of a worker: the next one is there when a short fit ends
JOINING = 15.0  # seconds to wait for an answer of the scheduler
TRIES = 3  # of one task, where Dask lost it with its worker or its table
LOOK = 1.0  # seconds between two questions whether there are workers
ALONE = 60.0  # seconds without any worker after which what is left is given up


class DaskCluster:
    """A Dask cluster that was joined, or started here for the length of a run."""

    backend = "dask"

    def __init__(self, address: str, jobs: int | None) -> None:
        try:
            self._distributed: Any = import_module("distributed")
        except ImportError:
            raise UsageError("--cluster dask needs: pip install 'compare-cli[dask]'") from None
        self._local: Any = None
        with self._quiet():
            self._client = self._join(address) if address else self._start(jobs)
        try:
            self._check_versions()
        except BaseException:
            self.leave()
            raise
        self.jobs = sum(self._client.nthreads().values())

    def _quiet(self) -> contextlib.AbstractContextManager[None]:
        """Keep Dask's log off standard error: workers that come and go are told by results."""
        import logging

        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        return contextlib.nullcontext()

    def _join(self, address: str) -> Any:
        try:
            return self._distributed.Client(f"tcp://{address}", timeout=JOINING, set_as_default=False)
        except (OSError, ValueError) as error:
            why = " ".join(str(error).split()) or type(error).__name__
            raise UsageError(f"--cluster dask://{address}: no scheduler answers there ({why}).") from None

    def _start(self, jobs: int | None) -> Any:
        from joblib import cpu_count

        workers = jobs or int(cpu_count())
        self._local = self._distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        )
        return self._distributed.Client(self._local, set_as_default=False)

    def _check_versions(self) -> None:
        """Raise UsageError where there is no worker, or one has other versions: numbers would differ."""
        with contextlib.suppress(TimeoutError):
            self._client.wait_for_workers(1, timeout=JOINING)
        there = self._ask()
        if not there:
            raise UsageError("--cluster: the scheduler has no workers; start some and try again.")
        here = {name: version for name, version in versions().items() if name != "process"}
        for worker, found in there.items():
            wrong = [
                f"{name} {found[name]} (here {here[name]})" for name in here if found[name] != here[name]
            ]
            if wrong:
                raise UsageError(
                    f"--cluster: worker {worker} has {', '.join(wrong)}; install the same there."
                )

    def _ask(self) -> dict[str, dict[str, str]]:
        """Return the versions of each worker, by its address."""
        try:
            found: dict[str, dict[str, str]] = self._client.run(versions)
        except Exception as error:  # most often: the package is not installed there
            why = " ".join(f"{type(error).__name__}: {error}".split())
            raise UsageError(f"--cluster: the workers cannot run compare ({why}).") from None
        return found

    def execute(
        self,
        tasks: Sequence[FitTask],
        workspace: Workspace,
        heartbeat: Callable[[], None] | None,
        limits: Limits,
        may_start: Callable[[], bool] | None,
    ) -> Iterator[FitResult]:
        """Yield results as they are finished; a worker that is lost takes nothing along."""
        batch = _Batch(self._client, workspace, limits)
        numbers = order_of_start(tasks, fold_by_fold=may_start is not None)
        waiting = deque((tasks[number], 1) for number in numbers)
        try:
            while waiting or batch.under_way:
                if may_start is not None and not may_start():
                    waiting.clear()
                while waiting and len(batch.under_way) < AHEAD * self.jobs and batch.submit(*waiting[0]):
                    waiting.popleft()
                for task, tries, result in batch.news():
                    if result is not None:
                        yield result
                    elif tries < TRIES:
                        waiting.append((task, tries + 1))
                    else:
                        yield no_result(task, "killed", "WorkerLost", f"its worker was lost {TRIES} times")
                if batch.seconds_alone() > ALONE:
                    message = f"no worker is left on the cluster since {ALONE:g} s"
                    for task, _ in (*batch.under_way.values(), *waiting):
                        yield no_result(task, "killed", "NoWorkers", message)
                    return
                if heartbeat is not None:
                    heartbeat()
        finally:
            batch.cancel()

    def leave(self) -> None:
        """End the children on the workers, leave the scheduler, end a cluster that was started here."""
        with contextlib.suppress(Exception):  # workers may be gone already
            self._client.run(end_children)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)
        if self._local is not None:
            with contextlib.suppress(Exception):
                self._local.close(timeout=5)


class _Batch:
    """The futures of one call of `execute`."""

    def __init__(self, client: Any, workspace: Workspace, limits: Limits) -> None:
        self._client = client
        self._workspace = workspace
        self._limits = limits
        self._table: Any = None
        self._seen_workers = time.monotonic()
        self._found, self._look_again = False, 0.0
        self._ended: SimpleQueue[Any] = SimpleQueue()  # futures, put there by Dask's thread
        self.under_way: dict[Any, tuple[FitTask, int]] = {}

    def has_workers(self) -> bool:
        """Whether there was any worker a moment ago; without a scheduler there is none.

        The scheduler is asked once in `LOOK` seconds: an answer takes as long as a short fit.
        """
        if time.monotonic() < self._look_again:
            return self._found
        try:
            self._found = bool(self._client.scheduler_info(n_workers=1)["workers"])
        except Exception:  # what a lost connection raises differs from place to place
            self._found = False
        self._look_again = time.monotonic() + LOOK
        if self._found:
            self._seen_workers = time.monotonic()
        return self._found

    def seconds_alone(self) -> float:
        """How long there has been no worker; 0 where there is one."""
        return 0.0 if self.has_workers() else time.monotonic() - self._seen_workers

    def submit(self, task: FitTask, tries: int) -> bool:
        """Start one task, if there is a worker; the table is sent to all of them first."""
        if not self.has_workers():
            return False
        try:
            if self._table is None or self._table.status in {"cancelled", "lost"}:
                self._table = self._client.scatter(self._workspace, broadcast=True, hash=False)
            how: dict[str, Any] = {"pure": False, "retries": 0}
            future = self._client.submit(fit_remotely, task, self._table, self._limits, **how)
        except Exception:  # the last worker or the scheduler went away meanwhile: seen at the next look
            return False
        self.under_way[future] = (task, tries)
        future.add_done_callback(self._ended.put)
        return True

    def news(self) -> Iterator[tuple[FitTask, int, FitResult | None]]:
        """Yield what has ended: task, how often it was tried, and its result; None where it was lost."""
        try:
            ended = [self._ended.get(timeout=HEARTBEAT)]
        except Empty:
            return
        with contextlib.suppress(Empty):
            while True:
                ended.append(self._ended.get_nowait())
        for future in ended:
            if future in self.under_way:
                task, tries = self.under_way.pop(future)
                yield task, tries, self._result(future)

    def _result(self, future: Any) -> FitResult | None:
        try:
            found: FitResult = future.result()
        except Exception:  # lost with its worker, or with the table; a fit's own faults are results
            return None
        return found

    def cancel(self) -> None:
        """Drop what is under way, and the table."""
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self._client.cancel([*self.under_way, self._table], force=True)
