"""Whether a process that was noted before is still there."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

SLACK = 2.0  # seconds by which clocks and their rounding may differ


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
