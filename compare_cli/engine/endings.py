"""How processes that fit end: by which signals, with what they started, and how that is told."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ENDING = frozenset(getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n))
TIDYING = 2.0  # seconds that trackers of shared memory have when all others have ended
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)


@contextlib.contextmanager
def signals_wait(numbers: Set[int] = ENDING) -> Iterator[None]:
    """Hold signals back while a process starts, so that none comes before it has chosen what to do then."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def be_mortal(parents: Connection | None) -> None:
    """Leave the terminal's signals to the program, and end with it, as the end of the connection tells.

    A forked process has a copy of its parent's end (``parents``), which would hide that the parent has gone.
    """
    if parents is not None:
        parents.close()
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, set())


def adopt_orphans() -> None:
    """Let what processes below leave behind become this process's children, so that it can end them."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """Let the system end this process when its parent dies."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def kill(process: Any) -> None:
    """End a process and its group at once. Its number is its own until it was waited for."""
    if not hasattr(os, "killpg"):
        process.terminate()
        return
    if getattr(process, "watched", False):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        return
    for end in (os.killpg, os.kill):  # it may not have its own group yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(process.pid, signal.SIGKILL)


def end_descendants() -> None:
    """End all children of this process, also those that it got when their own parents died.

    Trackers of Python's shared memory and semaphores may first remove what the dead have left.
    """
    own = Path(f"/proc/self/task/{os.getpid()}/children")
    until = time.monotonic() + TIDYING
    with contextlib.suppress(OSError):
        while pids := [int(pid) for pid in own.read_text(encoding="ascii").split()]:
            tidying = [pid for pid in pids if _is_tracker(pid) and time.monotonic() < until]
            for pid in set(pids).difference(tidying):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)
            if tidying:
                time.sleep(0.005)


def _is_tracker(pid: int) -> bool:
    try:
        return b"resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def watch_over() -> None:
    """Go on in a process of our own; this one ends what that leaves behind, and then as that ended.

    It does so too when it is asked to end (SIGTERM), or when its parent dies.
    """
    adopt_orphans()
    watched = os.fork()
    if not watched:
        end_with_parent()
        return

    def end(*_: Any) -> None:
        with contextlib.suppress(ProcessLookupError):  # it may have ended just now
            os.kill(watched, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end)
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    code = os.waitstatus_to_exitcode(os.waitpid(watched, 0)[1])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_descendants()
    end_likewise(code)


def end_likewise(code: int) -> None:
    """End this process as another did, by its exit code: negative for a signal."""
    if code < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # one core dump is enough
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def ending(code: int | None) -> str:
    """Return how a process ended, by its exit code: negative for a signal, None where it is not known."""
    if code is None:
        return "out of memory, or a crash in compiled code"
    if code >= 0:
        return f"it ended itself with exit status {code}"
    name = next((s.name for s in signal.Signals if s == -code), f"signal {-code}")
    crashes = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGSYS", "SIGTRAP"}
    why = "out of memory, or killed by somebody" if name == "SIGKILL" else "ended by itself or by somebody"
    return f"{name}: {'a crash in compiled code' if name in crashes else why}"
