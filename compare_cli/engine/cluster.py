"""Where one machine is not enough: the same tasks on workers that Dask or Ray schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from compare_cli.engine.fit import Workspace
from compare_cli.engine.limits import Limits
from compare_cli.types import FitResult, FitTask


class Cluster(Protocol):
    """Workers of another engine. ``jobs`` is how many fits they run side by side."""

    backend: str
    jobs: int

    def execute(
        self,
        tasks: Sequence[FitTask],
        workspace: Workspace,
        heartbeat: Callable[[], None] | None,
        limits: Limits,
        may_start: Callable[[], bool] | None,
    ) -> Iterator[FitResult]:
        """Yield results as they are finished, as `compare_cli.engine.execute.execute` does."""
        ...

    def leave(self) -> None:
        """End what was started, leave what was joined."""
        ...


def join(where: str, jobs: int | None) -> Cluster:
    """Join ``dask://HOST:PORT``, or start ``dask`` or ``ray`` here with ``jobs`` workers.

    Raises UsageError where the extra is not installed, or nothing answers.
    """
    if where == "ray":
        from compare_cli.engine.cluster_ray import RayCluster

        return RayCluster(jobs)
    from compare_cli.engine.cluster_dask import DaskCluster

    return DaskCluster(where.removeprefix("dask").removeprefix("://"), jobs)
