"""How processes that fit are started, and what they do.

On Linux they are forked by a nursery, a process that does nothing else: scikit-learn is imported there,
the table is shared, and no thread is in the way, so that one more costs about 0.03 s at any time. The
nursery itself is forked from the program where that runs no other thread (the command line); else, in
notebooks, joblib's loky starts it as a fresh interpreter, which needs no importable main module. On other
systems loky starts every child, which takes seconds.

The standard library's fork server would run the user's main module again and import scikit-learn anew.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any

from compare_cli.engine.ahead import Started, forks
from compare_cli.engine.endings import (
    adopt_orphans,
    be_mortal,
    end_descendants,
    end_likewise,
    end_with_parent,
    ending,
    kill,
    signals_wait,
    watch_over,
)
from compare_cli.engine.fit import fit_task, no_result
from compare_cli.engine.limits import ask_for_one_thread, limited_memory
from compare_cli.engine.versions import differences
from compare_cli.engine.workspace import Workspace
from compare_cli.errors import kind_and_message
from compare_cli.models.epochs import followed_by
from compare_cli.models.families import family_of
from compare_cli.models.specs import load_class
from compare_cli.types import FitTask

PATIENCE = 60.0  # seconds that building a model may take
PREPARING, FILLING = "sklearn.preprocessing", "sklearn.impute"  # what folds need: imported once
BEGUN = "begun"  # what a child sends when the clock of a fit starts; then perhaps (epoch, epochs), the result
SPENT = "spent"  # what one sends before a fit after which it is not used again
TIDILY = "ignore:resource_tracker"  # as PYTHONWARNINGS
UNFORKABLE = frozenset({"jaxlib", "tensorflow"})


class Nursery:
    """A process that forks children; ``workspace`` is the table that they share with it.

    ``begun`` is one that was started before there was a table (`compare_cli.engine.ahead`).
    """

    def __init__(self, workspace: Workspace | None, begun: Started | None = None) -> None:
        given = (workspace,) if can_fork() and begun is None else (None,)
        self.table = workspace.token if workspace is not None and given[0] is not None else ""
        self._process, self._connection = begun or _started(_nurse, *given)
        self._asking = threading.Lock()

    def child(self, module: str | None) -> tuple[Forked, Any]:
        """Return a new child and our end of its connection.

        The nursery imports ``module`` first, for all later children too. Without one the child fits models
        from outside, which may start processes: another watches over it and ends those with it.

        Raises EOFError or OSError when the nursery is gone.
        """
        ours, theirs = Pipe()
        with self._asking, theirs:
            self._connection.send(module)
            send_handle(self._connection, theirs.fileno(), self._process.pid)
            pid = self._connection.recv()
        return Forked(self, pid, watched=module is None), ours

    def exit_code(self, pid: int) -> int | None:
        """Wait for the end of a child; return its exit code as `multiprocessing` does, None if unknown."""
        try:
            with self._asking:
                self._connection.send(pid)
                code: int = self._connection.recv()
        except (EOFError, OSError):
            return None
        return code

    def end(self) -> None:
        """End the nursery, its children and what they left behind."""
        with self._asking:
            self._connection.close()
        self._process.join()


class Forked:
    """A child of the nursery, as `multiprocessing.Process` shows its own, or the one that watches over it."""

    def __init__(self, nursery: Nursery, pid: int, *, watched: bool) -> None:
        self.pid = pid
        self.watched = watched
        self.sentinel = os.pidfd_open(pid)
        self.exitcode: int | None = None
        self._nursery = nursery

    def join(self) -> None:
        """Wait for its end."""
        os.close(self.sentinel)
        self.exitcode = self._nursery.exit_code(self.pid)


def can_fork() -> bool:
    """Whether this process may fork now: not beside other threads, whose locks would stay held.

    Python counts its own threads only; `UNFORKABLE` are packages that start others when they are imported.
    """
    return forks() and threading.active_count() == 1 and UNFORKABLE.isdisjoint(sys.modules)


def fresh_process() -> tuple[Any, Any]:
    """Return a child in a fresh interpreter, where there is no nursery, and our end of its connection."""
    return _started(_serve_alone)


def _started(target: Any, *given: Any) -> tuple[Any, Connection]:
    """Start a process that runs ``target`` with its end of a connection; return it and our end.

    It is forked where that may be, for `_nurse`; else it is a fresh interpreter.
    """
    forked = target is _nurse and can_fork()
    if forked:
        context: Any = multiprocessing.get_context("fork")
    else:
        from joblib.externals.loky.backend.context import get_context

        context = get_context("loky")
    ours, theirs = context.Pipe()
    about = (theirs, ours if forked else None, *given)
    with _allowed_to_have_children(), signals_wait(), safe_path():
        process = context.Process(target=target, args=about)
        process.start()
    theirs.close()
    return process, ours


@contextlib.contextmanager
def _allowed_to_have_children() -> Iterator[None]:
    """Start a process also inside one that may not have any.

    Dask's workers are such processes; the flag is there because nobody would end the children, and
    ours end with their parent.
    """
    config: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    daemon = config.pop("daemon", None)
    try:
        yield
    finally:
        if daemon is not None:
            config["daemon"] = daemon


@contextlib.contextmanager
def safe_path() -> Iterator[None]:
    """Start fresh interpreters that do not look for modules in the current folder first, and are quiet."""
    before = {name: os.environ.get(name) for name in ("PYTHONSAFEPATH", "PYTHONWARNINGS")}
    os.environ["PYTHONSAFEPATH"] = before["PYTHONSAFEPATH"] or "1"
    _tidy_silently()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _tidy_silently() -> None:
    """Let trackers that are started from now on say nothing of what they remove after the dead."""
    filters = os.environ.get("PYTHONWARNINGS", "")
    if TIDILY not in filters:
        os.environ["PYTHONWARNINGS"] = f"{filters},{TIDILY}".strip(",")


def _nurse(connection: Connection, parents: Connection | None, workspace: Workspace | None) -> None:
    be_mortal(parents)
    import_module(PREPARING)
    if workspace is None or workspace.impute:
        import_module(FILLING)
    nurse(connection, workspace)


def nurse(connection: Connection, workspace: Workspace | None = None) -> None:
    """Fork a child, or tell how one ended, whenever asked; the body of a nursery."""
    adopt_orphans()
    _be_quiet()
    with contextlib.suppress(EOFError, OSError):
        while True:
            asked = connection.recv()
            if isinstance(asked, int):
                connection.send(os.waitstatus_to_exitcode(os.waitpid(asked, 0)[1]))
                continue
            theirs = Connection(recv_handle(connection))
            with contextlib.suppress(Exception):  # what is wrong with it is told by the fit
                if asked is not None:
                    import_module(asked)
            child = os.fork()
            if not child:
                connection.close()
                _live(theirs, workspace, watched=asked is None)
            theirs.close()
            connection.send(child)
    end_descendants()


def _live(connection: Connection, workspace: Workspace | None, *, watched: bool) -> None:
    """Serve in a child that was just forked; never returns."""
    try:
        os.setpgid(0, 0)
        if watched:
            watch_over()
        end_with_parent()
        os.setpgid(0, 0)
        if watched:
            adopt_orphans()
        _serve(connection, workspace)
        os._exit(0)
    finally:
        os._exit(1)


def _serve_alone(connection: Connection, parents: None) -> None:
    """Serve in a fresh interpreter, where there is no nursery."""
    be_mortal(parents)
    _be_quiet()
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    _serve(connection, None)


def _serve(connection: Connection, workspace: Workspace | None) -> None:
    """Fit what is asked for until the program goes away: the body of a child."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            message = connection.recv()
            if isinstance(message, Workspace):
                workspace = message
                continue
            if callable(message):
                connection.send(message())
                continue
            task, memory, expected = message
            assert workspace is not None, "a table comes before its tasks"
            wrong = differences(expected, task.model) if expected else ""
            if wrong:
                told = f"a worker has {wrong}; install the same there"
                connection.send(no_result(task, "failed", "OtherVersions", told))
                continue
            trusted = family_of(task.model).builtin
            with contextlib.suppress(Exception):  # what is wrong with a fold is told by the fit
                workspace.prepared(task)
                if trusted:  # what scikit-learn takes is not the fit's memory
                    import_module(task.model.factory.partition(":")[0])
            connection.send(BEGUN)
            fit = partial(_fit, connection, task, workspace, memory)
            if trusted or not forks():
                fit()
            else:
                with limited_memory(memory), contextlib.suppress(BaseException):  # told by the fit too
                    load_class(task.model)
                _apart(fit, connection)


def _fit(connection: Connection, task: FitTask, workspace: Workspace, memory: int | None) -> None:
    """Fit a task and send its result, and before that how far it is."""
    with limited_memory(memory), followed_by(connection.send):
        result = fit_task(task, workspace)
    connection.send(result)


def _apart(fit: Callable[[], None], connection: Connection) -> None:
    """Run a fit of a model from outside in a process in which none ran before, and end what it left there.

    It is forked from this one, which has imported the model's module; with that, where the module started
    threads (their locks would stay held): then this process is `SPENT`. One that died with its fit
    ends as the fit did.
    """
    if len(list(Path("/proc/self/task").iterdir())) > 1 or not UNFORKABLE.isdisjoint(sys.modules):
        connection.send(SPENT)
        fit()
        return
    told, tells = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.setpgid(0, 0)
            end_with_parent()
            fit()
            os.write(tells, b".")
        finally:
            os._exit(0)
    os.close(tells)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    whole = bool(select.select([told], [], [], 0)[0] and os.read(told, 1))
    os.close(told)
    end_descendants()
    if not whole:
        end_likewise(code)


def _be_quiet() -> None:
    """Keep what models print off standard output, which is the result's; one thread for libraries."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    sys.stdin = os.fdopen(os.dup(null))
    sys.stdout = os.fdopen(null, "w")  # it need not be the first descriptor: notebooks have their own
    from threadpoolctl import threadpool_limits

    _tidy_silently()
    ask_for_one_thread()  # libraries that a fresh interpreter has still to load
    threadpool_limits(1)


def in_a_fork(work: Callable[[], str]) -> str:
    """Return what ``work`` returns, run in a process that is forked for it, see `can_fork`.

    Raises EOFError that says what ``work`` raised, how the process ended, or that it did not in time.
    """
    ours, theirs = Pipe(duplex=False)
    process: Any = multiprocessing.get_context("fork").Process(target=_tell, args=(work, theirs))
    process.watched = True
    with signals_wait():
        process.start()
    theirs.close()
    try:
        if not ours.poll(PATIENCE):
            raise EOFError(f"it did not end within {PATIENCE:g} s")
        raised, said = ours.recv()
    except EOFError as error:
        process.join(0 if str(error) else None)
        raise EOFError(str(error) or ending(process.exitcode)) from None
    finally:
        kill(process)
        process.join()
        ours.close()
    if raised:
        raise EOFError(said)
    return str(said)


def _tell(work: Callable[[], str], connection: Connection) -> None:
    be_mortal(None)
    _be_quiet()
    watch_over()
    os.setpgid(0, 0)
    try:
        connection.send((False, work()))
    except BaseException as error:
        connection.send((True, kind_and_message(error)))
