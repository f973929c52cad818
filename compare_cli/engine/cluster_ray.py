"""Tasks on Ray: the table is put into its object store once, each fit is a remote call of its own."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from compare_cli.engine.execute import order_of_start
from compare_cli.engine.fit import Workspace, no_result
from compare_cli.engine.limits import Limits
from compare_cli.engine.remote import end_children, fit_remotely
from compare_cli.errors import UsageError
from compare_cli.types import FitResult, FitTask

HEARTBEAT = 0.25  # seconds
AHEAD = 2  # tasks under way per processor: the next one is there when a short fit ends
RETRIES = 2  # by Ray, of a fit whose worker was lost


class RayCluster:
    """Ray on this machine, started for the length of a run, or the one that RAY_ADDRESS names."""

    backend = "ray"

    def __init__(self, jobs: int | None) -> None:
        try:
            ray: Any = import_module("ray")
        except ImportError:
            raise UsageError("--cluster ray needs: pip install 'compare-cli[ray]'") from None
        from joblib import cpu_count

        self._ray = ray
        self._started = not ray.is_initialized()
        if self._started:
            import os

            how: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
            if not os.environ.get("RAY_ADDRESS"):
                how |= {"num_cpus": jobs or int(cpu_count()), "include_dashboard": False}
            try:
                ray.init(**how)
            except (ConnectionError, RuntimeError, ValueError) as error:
                why = " ".join(str(error).split())
                raise UsageError(f"--cluster ray: Ray does not start ({why}).") from None
        self.jobs = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._fit: Any = ray.remote(num_cpus=1, max_retries=RETRIES)(fit_remotely)

    def execute(
        self,
        tasks: Sequence[FitTask],
        workspace: Workspace,
        heartbeat: Callable[[], None] | None,
        limits: Limits,
        may_start: Callable[[], bool] | None,
    ) -> Iterator[FitResult]:
        """Yield results as they are finished; a worker that is lost takes nothing along."""
        table = self._ray.put(workspace)
        waiting = deque(tasks[number] for number in order_of_start(tasks, fold_by_fold=may_start is not None))
        under_way: dict[Any, FitTask] = {}
        try:
            while True:
                while waiting and len(under_way) < AHEAD * self.jobs and (may_start is None or may_start()):
                    task = waiting.popleft()
                    under_way[self._fit.remote(task, table, limits)] = task
                if not under_way:
                    return
                ready, _ = self._ray.wait(list(under_way), timeout=HEARTBEAT)
                for reference in ready:
                    yield self._result(reference, under_way.pop(reference))
                if heartbeat is not None:
                    heartbeat()
        finally:
            for reference in under_way:
                self._ray.cancel(reference, force=True)

    def _result(self, reference: Any, task: FitTask) -> FitResult:
        try:
            found: FitResult = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return no_result(task, "killed", "WorkerLost", f"its worker was lost: {type(error).__name__}")
        return found

    def leave(self) -> None:
        """End Ray, if it was started here; its workers take their children along."""
        if self._started:
            with contextlib.suppress(Exception):  # it may be gone already
                self._ray.shutdown()
        end_children()
