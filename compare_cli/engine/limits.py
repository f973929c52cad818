"""What a fit may take: time, watched over from outside; memory, kept by the system; one thread."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from compare_cli.errors import UsageError, nearest, text_of

_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "VECLIB")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes that one fit may take; ``None`` is no limit.

    Time counts from the prepared fold to the last score, prediction and boundary statistics included.
    Memory is what the fit takes beyond the table and the prepared fold.
    """

    seconds: float | None = None
    memory: int | None = None

    def __bool__(self) -> bool:
        return self.seconds is not None or self.memory is not None


def parse_size(text: str, option: str = "--memory-limit") -> int:
    """Return bytes from ``500M``, ``2GB``, ``1.5 GiB`` (powers of 1,024). Raises UsageError for others."""
    found = _SIZE.fullmatch(text.strip())
    size = int(float(found[1]) * _UNITS[found[2].upper()]) if found else 0
    if size < 1:
        raise UsageError(f"{option} {text}: give a size such as 500M or 2G.")
    return size


def size_text(size: int) -> str:
    """Return bytes as `parse_size` reads them: ``500M``, ``2G``, ``1536``."""
    for unit in reversed(_UNITS):
        if size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]}{unit}"
    return str(size)


def check_memory_limit(limits: Limits) -> None:
    """Raise UsageError where the system cannot keep a limit on memory: only Linux counts it per process."""
    if limits.memory is not None and sys.platform != "linux":
        raise UsageError("--memory-limit works on Linux only; leave it out here.")


@contextlib.contextmanager
def limited_memory(limit: int | None) -> Iterator[None]:
    """Let this process take ``limit`` bytes more than it has now; beyond, allocations fail (MemoryError).

    Private writable memory counts (RLIMIT_DATA), not what is shared with the parent process.
    """
    if limit is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _data_bytes() + limit
    resource.setrlimit(
        resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int:
    """What counts against RLIMIT_DATA so far, in bytes (VmData of proc(5))."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmData:"))


def ask_for_one_thread() -> None:
    """Tell libraries that this process loads from now on; those that are there need `threadpoolctl`."""
    for library in _LIBRARIES:
        os.environ[f"{library}_{'MAXIMUM' if library == 'VECLIB' else 'NUM'}_THREADS"] = "1"


BOOLEAN = (bool, "True or False")
TEXT_OF = "a text, such as "
KINDS: dict[str, tuple[Any, str]] = {
    **dict.fromkeys(("boundary", "fresh", "balanced", "check_leaks", "samples"), BOOLEAN),
    "rope": (Real, "a number, such as 0.01"),
    **dict.fromkeys(("time_limit", "budget"), (Real, "seconds, such as 60")),
    "memory_limit": (Integral | str, "bytes, or a text such as '2G'"),
    "cost": (str, f"{TEXT_OF}'yes:no=5'"),
    "cluster": (str, f"{TEXT_OF}'dask'"),
    "store": (os.PathLike | str, "a path, such as api.default_store()"),
    "sizes": (list | tuple, "a list of numbers of rows, such as [100, 200]"),
}
PREFER = ("simple", "speed", "leader")


def check_kinds(given: Mapping[str, Any]) -> None:
    """Raise UsageError, saying what to give, for options that are of no kind that they can be of."""
    for name, (kinds, wanted) in KINDS.items():
        value = given.get(name)
        if value is not None and not isinstance(value, kinds):
            raise UsageError(f"{name}: give {wanted}, not {text_of(value, repr)}.")
    for size in given.get("sizes") or ():
        if not isinstance(size, Integral) or size < 1:
            raise UsageError(f"sizes: {size!r} is no number of rows: give whole numbers, at least 1.")
    if given.get("prefer") not in PREFER:
        prefer = given.get("prefer")
        raise UsageError(f"prefer: give {', '.join(PREFER)}, not {prefer!r}.{nearest(str(prefer), PREFER)}")
