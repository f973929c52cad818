"""Timing whole processes in turn, and the memory of a process with its children."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ratio:
    """Two commands run in turn: medians in seconds, and the median of the ratios pair by pair."""

    first: float
    second: float
    ratio: float
    lowest: float
    highest: float


def in_turn(first: Sequence[str], second: Sequence[str], runs: int) -> Ratio:
    """Time both commands ``runs`` times, A B A B …, after one run of each that does not count."""
    wall(first), wall(second)
    pairs = [(wall(first), wall(second)) for _ in range(runs)]
    ratios = [a / b for a, b in pairs]
    return Ratio(
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )


def wall(command: Sequence[str]) -> float:
    """Return the wall time of a command in seconds; raise CalledProcessError when it fails."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def peak_memory(command: Sequence[str], every: float = 0.05) -> int:
    """Return the peak of the memory of a command's processes in bytes (PSS: shared pages count once)."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(_pss(pid) for pid in _family(process.pid)))
        time.sleep(every)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # the process has ended meanwhile
            continue
        for child in children:
            found += _family(int(child))
    return found


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # the process has ended meanwhile
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
