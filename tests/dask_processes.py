"""A Dask scheduler and its workers as processes of this machine, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

TESTS = str(Path(__file__).parent)


def _end_with_parent() -> None:
    """Tests that are killed leave no cluster behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Processes:
    """A Dask scheduler and its workers, each a process, as on machines of their own."""

    def __init__(self) -> None:
        self.env = {**os.environ, "PYTHONPATH": TESTS}
        self.all: list[subprocess.Popen[str]] = []
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = self._told(self.scheduler, r"Scheduler at:\s+tcp://(\S+)")

    def _start(self, *command: str) -> subprocess.Popen[str]:
        started = subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.env,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        self.all.append(started)
        return started

    def _told(self, process: subprocess.Popen[str], pattern: str) -> str:
        assert process.stderr is not None
        for line in process.stderr:
            found = re.search(pattern, line)
            if found:
                return found[1]
        raise AssertionError(f"nothing like {pattern} was said")

    def add_worker(self, *options: str) -> subprocess.Popen[str]:
        how = ("--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", *options)
        worker = self._start("worker", f"tcp://{self.address}", *how)
        self._told(worker, r"(Registered to)")
        return worker

    def end(self) -> None:
        for process in self.all:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stderr is not None
            process.stderr.close()
