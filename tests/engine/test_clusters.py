"""Dask with real scheduler and workers on this machine, and Ray: the same results, faults isolated."""

from __future__ import annotations

import contextlib
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dask_processes import TESTS, Processes
from toy_tables import blobs, mixed

from compare_cli.api import compare, iter_compare
from compare_cli.engine import places
from compare_cli.engine.plan import Options
from compare_cli.errors import UsageError
from compare_cli.types import Comparison, FitResult

FAULTS = {
    "Sleeps": ("timeout", "TimeLimit"),
    "HangsInC": ("timeout", "TimeLimit"),
    "Crashes": ("killed", "ProcessDied"),
    "EatsMemory": ("memory", "MemoryError"),
    "Raises": ("failed", "ArithmeticError"),
    "TwoColumns": ("failed", "ValueError"),
    "NanProbabilities": ("ok", ""),
}


@pytest.fixture(scope="module")
def dask() -> Iterator[Processes]:
    pytest.importorskip("distributed", reason="needs the extra dask")
    processes = Processes()
    try:
        processes.add_worker()
        processes.add_worker()
        yield processes
    finally:
        processes.end()


def options(models: str, cluster: str | None = None, **given: Any) -> Options:
    return Options(models, **{"folds": 4, "repeats": 2, "cluster": cluster, **given})


def numbers(comparison: Comparison) -> list[Any]:
    models = [
        (m.model, m.accuracy, m.scores, m.score_intervals, m.boundary, m.confusion) for m in comparison.models
    ]
    fits = [
        (f.model, f.repeat, f.fold, f.status, f.accuracy, f.scores, f.warnings, f.error)
        for f in comparison.fits
    ]
    return [models, fits, comparison.pairs]


@pytest.mark.extra
def test_dask_gives_the_results_of_this_machine(dask: Processes) -> None:
    models = "logistic,tree(max_features=1),mlp(max_iter=20),knn"
    there = compare(mixed(), options(models, f"dask://{dask.address}"))
    assert (there.run.backend, there.run.jobs, there.run.status) == ("dask", 2, "complete")
    assert numbers(there) == numbers(compare(mixed(), options(models)))


@pytest.mark.extra
@pytest.mark.parametrize("toy", FAULTS)
def test_on_dask_a_fit_that_misbehaves_is_alone_in_it(dask: Processes, toy: str) -> None:
    limits = {"time_limit": 1.5, "memory_limit": 2**26}
    models = f"tree,toy_models:{toy},logistic"
    result = compare(
        blobs(), options(models, f"dask://{dask.address}", folds=2, repeats=1, boundary=False, **limits)
    )
    told = Counter((f.status, f.error_kind) for f in result.fits)
    assert told == Counter({("ok", ""): 6}) + Counter({FAULTS[toy]: 2})


@pytest.mark.extra
def test_a_dask_worker_that_is_killed_in_the_middle_is_survived() -> None:
    pytest.importorskip("distributed", reason="needs the extra dask")
    processes = Processes()
    try:
        workers = [processes.add_worker("--no-nanny") for _ in range(2)]
        models = "tree,toy_models:Sleeps(seconds=0.3)"
        given: dict[str, Any] = {"time_limit": 20.0, "boundary": False}
        events = iter_compare(blobs(), options(models, f"dask://{processes.address}", **given))
        seen = 0
        for event in events:
            seen += isinstance(event, FitResult)
            if seen == 2 and workers[0].poll() is None:
                workers[0].kill()
                workers[0].wait()
        assert isinstance(event, Comparison)
        assert event.run.status == "complete"
        assert numbers(event) == numbers(compare(blobs(), options(models, **given)))
    finally:
        processes.end()


@pytest.mark.extra
def test_a_cluster_without_workers_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="needs the extra dask")
    monkeypatch.setattr(places, "ALONE", 2.0)
    processes = Processes()
    try:
        worker = processes.add_worker("--no-nanny")
        events = iter_compare(
            blobs(),
            options("toy_models:Sleeps(seconds=0.5)", f"dask://{processes.address}", boundary=False),
        )
        for event in events:
            if isinstance(event, FitResult) and worker.poll() is None:
                worker.kill()
                worker.wait()
        assert isinstance(event, Comparison)
        assert event.run.status == "partial"
        kinds = Counter(f.error_kind for f in event.fits if f.status == "killed")
        assert set(kinds) == {"NoWorkers"}
        assert kinds.total() + sum(f.status == "ok" for f in event.fits) == 16
    finally:
        processes.end()


@pytest.mark.extra
def test_a_scheduler_that_is_killed_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="needs the extra dask")
    monkeypatch.setattr(places, "ALONE", 2.0)
    processes = Processes()
    try:
        processes.add_worker("--no-nanny")
        models = "toy_models:Sleeps(seconds=0.5)"
        for event in iter_compare(blobs(), options(models, f"dask://{processes.address}", boundary=False)):
            if isinstance(event, FitResult):
                processes.scheduler.kill()
        assert isinstance(event, Comparison)
        assert event.run.status == "partial"
        assert len(event.fits) == 16
    finally:
        processes.end()


@pytest.mark.extra
def test_nothing_is_left_on_the_workers(dask: Processes) -> None:
    events = iter_compare(blobs(), options("tree", f"dask://{dask.address}"))
    seen = [_grandchildren(dask) for event in events if isinstance(event, FitResult)]
    assert any(seen)
    deadline = time.monotonic() + 5
    while _grandchildren(dask) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _grandchildren(dask)


def _grandchildren(dask: Processes) -> list[str]:
    """The workers' children that fit: fresh interpreters started by loky, in the workers' sessions."""
    sessions = ",".join(str(process.pid) for process in dask.all)
    command = ["ps", "-s", sessions, "-o", "args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert any("dask" in line for line in listed)
    return [line for line in listed if "popen_loky" in line]


@pytest.mark.extra
def test_workers_with_other_versions_are_refused(dask: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {**places.versions(), "numpy": "0.1"}
    monkeypatch.setattr(places, "versions", lambda: here)
    monkeypatch.setattr(places.Dask, "_ask", lambda self: {"tcp://w": {**here, "numpy": "0.2"}})
    with pytest.raises(UsageError, match=r"worker tcp://w has numpy 0.2 \(here 0.1\)"):
        compare(blobs(), options("tree", f"dask://{dask.address}"))


@pytest.mark.extra
@pytest.mark.parametrize("kind", ["closed", "silent", "HTTP", "begins", "drips"])
def test_a_scheduler_that_does_not_answer_is_told_in_time(kind: str) -> None:
    """Within 20 s: nobody listens, or nothing is said, or something else, or an answer never ends."""
    pytest.importorskip("distributed", reason="needs the extra dask")
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), SERVERS.get(kind, Silent))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    if kind == "closed":
        server.shutdown()
        server.server_close()
    command = [sys.executable, "-m", "compare_cli", "fit", "iris", "--no-store"]
    started = time.monotonic()
    done = subprocess.run(
        [*command, "--cluster", f"dask://127.0.0.1:{port}"], capture_output=True, text=True, timeout=60
    )
    assert time.monotonic() - started < 30, "20 s, and some for a busy machine"
    server.shutdown()
    server.server_close()
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--cluster dask://127.0.0.1:{port}: no scheduler answers there" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2


class Silent(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        time.sleep(40)


class WebServer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


class Begins(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall((1).to_bytes(8, "little"))
        time.sleep(40)


class Drips(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            for _ in range(40):
                self.request.sendall(b"\x01" + bytes(7))
                time.sleep(1)


SERVERS = {"HTTP": WebServer, "begins": Begins, "drips": Drips}


@pytest.mark.extra
@pytest.mark.slow
@pytest.mark.parametrize("seconds", [1.0, 2.0, 3.0, 5.0])
def test_ctrl_c_while_a_local_cluster_starts_or_fits_is_quiet(seconds: float) -> None:
    """The terminal sends it to all processes: those of Dask leave it to the program."""
    pytest.importorskip("distributed", reason="needs the extra dask")
    command = ["fit", "digits", "--cluster", "dask", "--no-store", "--repeats", "10", "-q", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "compare_cli", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs ignore it
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")


@pytest.mark.extra
def test_a_worker_that_joins_later_with_another_source_of_a_plugin_is_told(tmp_path: Path) -> None:
    """It is checked where the fit runs: numbers would differ, and nobody would know."""
    pytest.importorskip("distributed", reason="needs the extra dask")
    processes = Processes()
    folders = [tmp_path / "here", tmp_path / "there"]
    for folder, answer in zip(folders, (0, 1), strict=True):
        folder.mkdir()
        text = "from toy_models import Waits\nclass Mine(Waits):\n"
        text += f"    answers, folder = {answer}, {str(folder)!r}\n"
        (folder / "later.py").write_text(text, encoding="utf-8")
    sys.path.append(str(folders[0]))
    try:
        processes.env["PYTHONPATH"] = f"{TESTS}:{folders[0]}"
        first = processes.add_worker("--no-nanny")
        events = iter_compare(
            blobs(), options("later:Mine", f"dask://{processes.address}", boundary=False, repeats=1)
        )
        seen = 0
        for event in events:
            seen += isinstance(event, FitResult)
            if seen == 2 and first.poll() is None:
                processes.env["PYTHONPATH"] = f"{TESTS}:{folders[1]}"
                processes.add_worker("--no-nanny")
                first.kill()
                first.wait()
        assert isinstance(event, Comparison)
        assert event.run.status == "partial"
        failed = {fit.error for fit in event.fits if fit.status == "failed"}
        assert failed == {"OtherVersions: a worker has another source of later; install the same there"}
        answers = {
            tuple(fit.predictions.tolist())
            for fit in event.fits
            if "Mine" in fit.model and fit.status == "ok"
        }
        assert all(set(answer) == {0} for answer in answers)
    finally:
        sys.path.remove(str(folders[0]))
        sys.modules.pop("later", None)
        processes.end()


@pytest.mark.parametrize("where", ["spark", "dask://", "dask://host", "ray://host:1", ""])
def test_other_clusters_are_wrong_usage(where: str) -> None:
    with pytest.raises(UsageError, match="give dask, dask://HOST:PORT or ray"):
        options("tree", where)


@pytest.mark.parametrize(("where", "package"), [("dask", "distributed"), ("ray", "ray")])
def test_a_missing_extra_is_named(where: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"pip install 'compare-cli\[{where}\]'"):
        compare(blobs(), options("tree", where))


@pytest.mark.extra
def test_ray_gives_the_results_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    monkeypatch.setenv("PYTHONPATH", TESTS)  # Ray's workers find the toys there
    models = "logistic,tree(max_features=1),toy_models:HangsInC"
    given: dict[str, Any] = {"folds": 2, "repeats": 1, "time_limit": 1.5}
    there = compare(mixed(), options(models, "ray", jobs=2, **given))
    assert (there.run.backend, there.run.jobs, there.run.status) == ("ray", 2, "partial")
    assert numbers(there) == numbers(compare(mixed(), options(models, **given)))
