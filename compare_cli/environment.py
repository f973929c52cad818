"""When, where and with which versions something ran."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version

from compare_cli.types import Environment


class Clock:
    """When a run began, its name (``id``), and how much time it and its processes have used since."""

    def __init__(self) -> None:
        from datetime import UTC, datetime
        from uuid import uuid4

        self.id = uuid4().hex[:12]
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self._wall, self._cpu = time.perf_counter(), self._cpu_now()

    @staticmethod
    def _cpu_now() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

    @property
    def seconds(self) -> float:
        """Wall time since then."""
        return time.perf_counter() - self._wall

    @property
    def cpu_seconds(self) -> float:
        """CPU time since then, of this process and of its workers that have ended."""
        return self._cpu_now() - self._cpu


def environment() -> Environment:
    """Return the versions and the machine; imports none of the packages."""
    return Environment(
        python=platform.python_version(),
        numpy=version("numpy"),
        scikit_learn=version("scikit-learn"),
        pandas=version("pandas"),
        joblib=version("joblib"),
        platform=f"{platform.system()} {platform.machine()}",
        cpu_count=os.cpu_count() or 1,
    )
