"""Runs: when, where and with which versions one ran, how one is named, whether one still runs."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

from compare_cli.errors import UsageError, nearest
from compare_cli.types import Environment, StoredRun

_LAST = re.compile(r"last(?:~(\d+))?")
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([hdwy])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1), "y": timedelta(days=365)}
OLDEST = timedelta(days=365 * 1000)
AMBIGUOUS = 5  # ids that an error names
SLACK = 2.0  # seconds by which clocks and their rounding may differ


class Clock:
    """When a run began, its name (``id``), and how much time it and its processes have used since."""

    def __init__(self) -> None:
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


def find_run(runs: Sequence[StoredRun], name: str) -> StoredRun:
    """Return the run of a name: an id, the beginning of only one, ``last``, or ``last~N`` for N before it.

    ``runs`` are the newest first. Raises UsageError when there is none or there are several.
    """
    last = _LAST.fullmatch(name)
    if last is not None:
        back = int(last[1] or 0)
        if back < len(runs):
            return runs[back]
        raise UsageError(f"{name}: there are only {len(runs)} runs.")
    found = [run for run in runs if name and run.id.startswith(name.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(run.id for run in found[:AMBIGUOUS]) + (", …" if len(found) > AMBIGUOUS else "")
        raise UsageError(f"{name}: {len(found)} runs begin so: {ids}. Give more of it.")
    known = [run.id for run in runs] + ["last"]
    raise UsageError(f"{name}: no such run.{nearest(name, known)} `compare runs` lists them.")


def parse_age(text: str) -> timedelta:
    """Return the time span that ``36h``, ``30d``, ``8w`` or ``1y`` says. Raises UsageError for others."""
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(f"--older-than {text}: give a time such as 36h, 30d, 8w or 1y.")
    if float(found[1]) * (_UNITS[found[2]] / OLDEST) > 1:
        raise UsageError(f"--older-than {text}: longer ago than anything.")
    return float(found[1]) * _UNITS[found[2]]


def runs_to_prune(
    runs: Sequence[StoredRun], *, keep: int | None = None, since: datetime | None = None
) -> list[StoredRun]:
    """Return the runs that go: those that are neither among the ``keep`` newest nor ``since`` then.

    ``runs`` are the newest first. None keeps nothing by that rule; what still runs always stays.
    """
    return [
        run
        for place, run in enumerate(runs)
        if run.status != "running"
        and (keep is None or place >= keep)
        and (since is None or datetime.fromisoformat(run.started) < since)
    ]


def is_that_of(process: int, then: datetime) -> bool:
    """Whether the process of this number still runs, and may be the one that ran ``then``.

    Numbers are given anew: in a container every program may have the same one. Where the system does not
    say when a process began (other than Linux), or asking would disturb it (Windows), it counts as the same.
    """
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        pass
    began = _began(process)
    return began is None or began <= then.timestamp() + SLACK


def _began(process: int) -> float | None:
    """Return when a process began, in seconds since 1970 (proc(5)); None where the system does not say."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        ticks = int(stat.rpartition(")")[2].split()[19])  # after the name, which may hold anything
        running = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return datetime.now(UTC).timestamp() - running + ticks / os.sysconf("SC_CLK_TCK")
