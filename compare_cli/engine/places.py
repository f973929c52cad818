"""Where fits run: in processes of this machine, or where one is not enough, on workers of Dask or Ray.

A worker of Dask or Ray fits in a child process too, so that nothing ends the worker: a fit over its limit,
or one that crashes, ends the child alone. The table is sent to each worker once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from importlib import import_module
from multiprocessing import resource_tracker
from typing import Any, Protocol

from compare_cli.engine.child import Children
from compare_cli.engine.endings import signals_wait
from compare_cli.engine.fit import no_result
from compare_cli.engine.limits import Limits
from compare_cli.engine.nursery import safe_path
from compare_cli.engine.versions import sources, versions
from compare_cli.engine.workspace import Workspace
from compare_cli.errors import UsageError, kind_and_message, message_of
from compare_cli.types import FitResult, FitTask

GREETING, JOINING = 4.0, 10.0  # seconds to wait for the scheduler's first bytes, and for its answer
ANSWERING = 60.0  # seconds that workers have to import this package and say their versions
TRIES = 3  # of one task, where Dask or Ray lost it with its worker or its table
LOOK = 1.0  # seconds between two questions whether there are workers
ALONE = 60.0  # seconds without any worker after which what is left is given up


class Place(Protocol):
    """Where fits run. ``jobs`` fits run side by side; ``threads`` threads of this process wait for them.

    ``epochs`` has (epoch, epochs) by the key of a task under way, where its model tells; a cluster does not.
    Any number of threads may call ``fit``. After ``end`` it returns "killed" at once.
    """

    backend: str
    jobs: int
    threads: int
    epochs: dict[str, tuple[int, int]]

    def fit(self, task: FitTask, workspace: Workspace, limits: Limits) -> FitResult:
        """Fit one task and return its result; "killed" when it was lost with its process."""
        ...

    def forget(self) -> None:
        """Free the memory of a large table: no more fits on it are to come."""
        ...

    def end(self) -> None:
        """End what was started, leave what was joined."""
        ...


def place(where: str | None, jobs: int | None) -> Place:
    """Return this machine (None), join ``dask://HOST:PORT``, or start ``dask`` or ``ray`` here.

    ``jobs`` None means: as many as there are processors. Raises UsageError where the extra is not
    installed, or nothing answers.
    """
    from joblib import cpu_count

    if where is None:
        return Children(jobs or int(cpu_count()))
    if where == "ray":
        return Ray(jobs or int(cpu_count()))
    return Dask(where.removeprefix("dask").removeprefix("://"), jobs or int(cpu_count()))


class Dask:
    """A Dask cluster that was joined, or started here for the length of a run."""

    backend = "dask"

    def __init__(self, address: str, jobs: int) -> None:
        try:
            self._distributed: Any = import_module("distributed")
        except ImportError:
            raise UsageError("--cluster dask needs: pip install 'compare-cli[dask]'") from None
        self.epochs: dict[str, tuple[int, int]] = {}
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # results tell of workers that go
        self._local: Any = None
        self._ended = False
        self._looking, self._sharing = threading.Lock(), threading.Lock()
        self._table: tuple[str, Any] = "", None
        self._found, self._look_again, self._seen_workers = False, 0.0, time.monotonic()
        try:
            self._client = self._join(address) if address else self._start(jobs)
            self._check_versions()
        except BaseException:
            self.end()
            raise
        self.jobs = sum(self._client.nthreads().values())
        self.threads = 2 * self.jobs  # the next task is there when a short fit ends

    def _join(self, address: str) -> Any:
        try:
            _greeted(address)
            how: dict[str, Any] = {"timeout": JOINING, "set_as_default": False}
            return _in_time(partial(self._distributed.Client, f"tcp://{address}", **how), JOINING)
        except (OSError, ValueError) as error:
            why = kind_and_message(error)
            raise UsageError(f"--cluster dask://{address}: no scheduler answers there ({why}).") from None

    def _start(self, jobs: int) -> Any:
        quiet = {"silence_logs": logging.CRITICAL, "dashboard_address": None}
        server = {"dashboard_address": "127.0.0.1:0"}  # any free port, for what Dask serves beside
        with safe_path():
            resource_tracker.ensure_running()  # which would let the signal through
            with signals_wait({signal.SIGINT}):  # what starts here waits for ever: Ctrl-C is ours
                try:
                    self._local = self._distributed.LocalCluster(
                        n_workers=jobs,
                        threads_per_worker=1,
                        host="127.0.0.1",
                        scheduler_kwargs=server,
                        **quiet,
                    )
                except (OSError, RuntimeError, ValueError) as error:
                    raise UsageError(f"--cluster dask: Dask does not start ({message_of(error)}).") from None
        return self._distributed.Client(self._local, set_as_default=False)

    def _check_versions(self) -> None:
        """Raise UsageError where there is no worker, or one has other versions: numbers would differ."""
        with contextlib.suppress(TimeoutError):
            self._client.wait_for_workers(1, timeout=JOINING)
        workers = self._ask()
        if not workers:
            raise UsageError("--cluster: the scheduler has no workers; start some and try again.")
        here = versions()
        for worker, found in workers.items():
            wrong = [
                f"{name} {found[name]} (here {here[name]})" for name in here if found[name] != here[name]
            ]
            if wrong:
                told = ", ".join(wrong)
                raise UsageError(f"--cluster: worker {worker} has {told}; install the same there.")

    def _ask(self) -> dict[str, dict[str, str]]:
        """Return the versions of each worker, by its address."""
        try:
            found: dict[str, dict[str, str]] = _in_time(partial(self._client.run, versions), ANSWERING)
        except Exception as error:  # most often: the package is not installed there
            why = kind_and_message(error)
            raise UsageError(f"--cluster: the workers cannot run compare ({why}).") from None
        return found

    def fit(self, task: FitTask, workspace: Workspace, limits: Limits) -> FitResult:
        """Fit one task on some worker; one that is lost with its worker is sent again."""
        tries, expected = 0, {**versions(), **sources(task.model)}
        while tries < TRIES and not self._ended:
            if self._seconds_alone() > ALONE:
                return no_result(
                    task, "killed", "NoWorkers", f"no worker is left on the cluster since {ALONE:g} s"
                )
            try:
                table = self._scattered(workspace)
                how: dict[str, Any] = {"pure": False, "retries": 0}
                future = self._client.submit(fit_in_child, task, table, limits, expected, **how)
            except Exception:  # the last worker or the scheduler went away meanwhile: seen at the next look
                time.sleep(LOOK / 4)
                continue
            result = self._answer(future)
            if result is not None:
                return result
            tries += 1
        return no_result(task, "killed", "WorkerLost", f"its worker was lost {TRIES} times")

    def forget(self) -> None:
        """Free the table on the workers."""
        self._table = "", None

    def _scattered(self, workspace: Workspace) -> Any:
        """Return the table on the workers. Raises what Dask raises where there are none."""
        with self._sharing:
            token, table = self._table
            if token != workspace.token or table.status in {"cancelled", "lost"}:
                if not self._has_workers():
                    raise TimeoutError
                table = self._client.scatter(workspace, broadcast=True, hash=False)
                self._table = workspace.token, table
            return table

    def _answer(self, future: Any) -> FitResult | None:
        """Wait for a result; None where it was lost, or nobody is left to give it."""
        while not self._ended and self._seconds_alone() <= ALONE:
            try:
                found: FitResult = future.result(timeout=LOOK)
                return found
            except TimeoutError:
                continue
            except Exception:  # lost with its worker, or with the table; a fit's own faults are results
                return None
        with contextlib.suppress(Exception):  # the scheduler may be gone
            future.cancel(force=True)
        return None

    def _has_workers(self) -> bool:
        """Whether there was any worker a moment ago; without a scheduler there is none.

        The scheduler is asked once in `LOOK` seconds: an answer takes as long as a short fit.
        """
        with self._looking:
            if time.monotonic() >= self._look_again:
                try:
                    self._found = bool(self._client.scheduler_info(n_workers=1)["workers"])
                except Exception:  # what a lost connection raises differs from place to place
                    self._found = False
                self._look_again = time.monotonic() + LOOK
                if self._found:
                    self._seen_workers = time.monotonic()
            return self._found

    def _seconds_alone(self) -> float:
        """How long there has been no worker; 0 where there is one."""
        return 0.0 if self._has_workers() else time.monotonic() - self._seen_workers

    def end(self) -> None:
        """End the children on the workers, leave the scheduler, end a cluster that was started here."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(Exception):  # workers may be gone already
            self._client.run(end_children)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)
        if self._local is not None:
            with contextlib.suppress(Exception):
                self._local.close(timeout=5)


def _in_time(work: Callable[[], Any], seconds: float) -> Any:
    """Return what ``work`` returns, or raise what it raises; TimeoutError when it takes longer.

    Dask's own limits do not hold against a server that begins an answer and never ends it.
    """
    done: Future[Any] = Future()

    def report() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=report, daemon=True).start()
    try:
        return done.result(seconds)
    except TimeoutError:
        raise TimeoutError(f"no answer within {seconds:g} s") from None


def _greeted(address: str) -> None:
    """Wait for the first message that a scheduler sends to everybody who connects.

    Dask itself tries for half a minute where something listens that is no scheduler. Raises OSError or
    ValueError when nothing comes, or what no scheduler says.
    """
    host, _, port = address.rpartition(":")
    until = time.monotonic() + GREETING
    with socket.create_connection((host, int(port)), timeout=GREETING) as connection:
        length = int.from_bytes(_received(connection, 8, until), "little")  # of the message, in bytes
        if not 16 <= length <= 2**20:  # the number of its parts and the length of one are two words
            raise ValueError("what answers is no Dask scheduler")
        _received(connection, length, until)


def _received(connection: socket.socket, size: int, until: float) -> bytes:
    """Return so many bytes. Raises OSError or ValueError where they do not come in time."""
    got = b""
    while len(got) < size:
        connection.settimeout(max(0.001, until - time.monotonic()))
        more = connection.recv(size - len(got))
        if not more:
            raise ValueError("what answers is no Dask scheduler")
        got += more
    return got


class Ray:
    """Ray on this machine, started for the length of a run, or the one that RAY_ADDRESS names."""

    backend = "ray"

    def __init__(self, jobs: int) -> None:
        try:
            ray: Any = import_module("ray")
        except ImportError:
            raise UsageError("--cluster ray needs: pip install 'compare-cli[ray]'") from None
        self._ray = ray
        self.epochs: dict[str, tuple[int, int]] = {}
        self._ended = False
        self._started = not ray.is_initialized()
        if self._started:
            how: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
            if not os.environ.get("RAY_ADDRESS"):
                how |= {"num_cpus": jobs, "include_dashboard": False}
            try:
                ray.init(**how)
            except (ConnectionError, RuntimeError, ValueError) as error:
                why = message_of(error)
                raise UsageError(f"--cluster ray: Ray does not start ({why}).") from None
        self.jobs = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self.threads = 2 * self.jobs  # the next task is there when a short fit ends
        self._fit: Any = ray.remote(num_cpus=1, max_retries=TRIES - 1)(fit_in_child)
        self._sharing = threading.Lock()
        self._table: tuple[str, Any] = "", None

    def fit(self, task: FitTask, workspace: Workspace, limits: Limits) -> FitResult:
        """Fit one task on some worker; Ray sends it again when it is lost with its worker."""
        with self._sharing:
            if self._table[0] != workspace.token:
                self._table = workspace.token, self._ray.put(workspace)
        expected = {**versions(), **sources(task.model)}
        reference = self._fit.remote(task, self._table[1], limits, expected)
        try:
            while not self._ended:
                with contextlib.suppress(self._ray.exceptions.GetTimeoutError):
                    found: FitResult = self._ray.get(reference, timeout=LOOK)
                    return found
            self._ray.cancel(reference, force=True)
            why = "RunEnded"
        except self._ray.exceptions.RayError as error:
            why = type(error).__name__
        return no_result(task, "killed", "WorkerLost", f"its worker was lost: {why}")

    def forget(self) -> None:
        """Free the table on the workers."""
        self._table = "", None

    def end(self) -> None:
        """End Ray, if it was started here; its workers take their children along."""
        self._ended = True
        if self._started:
            self._started = False
            with contextlib.suppress(Exception):  # it may be gone already
                self._ray.shutdown()


_children: Children | None = None  # of a worker of Dask or Ray
_making = threading.Lock()


def fit_in_child(
    task: FitTask, workspace: Workspace, limits: Limits, expected: Mapping[str, str]
) -> FitResult:
    """Fit one task in a child of this worker, if that has the expected versions; it is kept for the next."""
    global _children
    with _making:
        if _children is None:
            # Dask's nanny makes its workers, and what they start, give memory back at every turn, which
            # made gradient boosting three times slower. Fits have the system's own settings, as here.
            os.environ.pop("MALLOC_TRIM_THRESHOLD_", None)
            _children = Children(os.cpu_count() or 1)
        children = _children
    return children.fit(task, workspace, limits, expected)


def end_children() -> None:
    """End the children of this process: a run is over."""
    global _children
    with _making:
        children, _children = _children, None
    if children is not None:
        children.end()
