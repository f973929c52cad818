"""Running tasks in processes: the same numbers, nothing lost or doubled, nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_tables import blobs

from compare_cli.api import compare, iter_compare
from compare_cli.engine import execute as execution
from compare_cli.engine import workers
from compare_cli.engine.execute import execute
from compare_cli.engine.job import Job, Options, prepare_job
from compare_cli.engine.limits import Limits
from compare_cli.engine.plan import make_tasks
from compare_cli.engine.splits import make_splits
from compare_cli.engine.workers import Worker
from compare_cli.types import Comparison, FitResult, FitTask, Planned

TIMES = {"fit_seconds", "fit_cpu_seconds", "predict_seconds", "prepare_seconds"}


@pytest.fixture(autouse=True)
def _workers_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start workers however small the work is."""
    monkeypatch.setattr(execution, "WORTH_FORKING", 0.0)
    monkeypatch.setattr(execution, "WORTH_STARTING", 0.0)


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    before = set(multiprocessing.active_children())
    yield
    deadline = time.monotonic() + 5
    while set(multiprocessing.active_children()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not set(multiprocessing.active_children()) - before


def tasks_of(models: str, folds: int = 3, boundary: bool = False) -> tuple[list[FitTask], Job]:
    job = prepare_job(blobs(), Options(models, folds=folds, repeats=1, boundary=boundary))
    splits = next(make_splits(job.dataset, job.plan, 0))
    return make_tasks(job.dataset, job.models, splits, job.shape, 0), job


def run(
    models: str, jobs: int, folds: int = 3, boundary: bool = False
) -> tuple[list[FitTask], dict[str, FitResult]]:
    """Run and return tasks and results by key; a lost or doubled result fails here."""
    tasks, job = tasks_of(models, folds, boundary)
    results = list(execute(tasks, job.workspace, jobs))
    assert Counter(r.key for r in results) == Counter(t.key for t in tasks)
    return tasks, {r.key: r for r in results}


def facts(result: FitResult) -> dict[str, Any]:
    """All of a result but its times, as values that can be compared."""
    boundary = vars(result.boundary) if result.boundary else {}
    shown = {k: v for k, v in vars(result).items() if k not in {*TIMES, "boundary"}} | boundary
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in shown.items()}


def test_one_process_and_two_give_identical_results() -> None:
    models = "logistic,tree(max_features=1),mlp(max_iter=10),knn,forest(n_estimators=3)"
    _, alone = run(models, 1, boundary=True)
    _, side_by_side = run(models, 2, boundary=True)
    assert all("statistics" in facts(r) for r in alone.values() if r.model != "dummy")
    assert {key: facts(r) for key, r in alone.items()} == {key: facts(r) for key, r in side_by_side.items()}


def spied_workers(patch: pytest.MonkeyPatch) -> list[list[int]]:
    """Return a list to which every worker that starts adds the numbers of the tasks it is given."""
    given: list[list[int]] = []

    class Spied(Worker):
        def __init__(self, *facts: Any) -> None:
            super().__init__(*facts)
            self.given: list[int] = []
            given.append(self.given)

        def assign(self, number: int) -> None:
            self.given.append(number)
            super().assign(number)

    patch.setattr(execution, "Worker", Spied)
    return given


def test_workers_really_start_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    started = spied_workers(monkeypatch)
    run("tree", 1)
    assert len(started) == 0
    run("tree", 2)
    assert len(started) == 2
    monkeypatch.setattr(execution, "WORTH_FORKING", 1000.0)
    monkeypatch.setattr(execution, "WORTH_STARTING", 1000.0)
    run("tree", 2)
    assert len(started) == 2, "small work stays in the process"
    run("toy_models:Constant", 1)
    assert len(started) == 3, "unknown models never run in the process"


def test_small_work_runs_fold_by_fold_and_large_work_longest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks, job = tasks_of("tree,mlp(max_iter=5)")
    assert [r.key for r in execute(tasks, job.workspace, 1)] == [t.key for t in tasks]
    given = spied_workers(monkeypatch)
    monkeypatch.setattr(execution, "_stays_here", lambda *facts: False)
    list(execute(tasks, job.workspace, 1))
    assert [tasks[n].model.family for n in given[0]] == ["mlp"] * 3 + ["tree"] * 3 + ["dummy"] * 3


@pytest.mark.parametrize("toy", ["Dies", "IsKilled"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_whose_process_dies_takes_nothing_along(toy: str, jobs: int) -> None:
    tasks, results = run(f"tree,toy_models:{toy},logistic", jobs, folds=2)
    for task in tasks:
        result = results[task.key]
        if task.model.family.endswith(toy):
            assert (result.status, result.error_kind) == ("killed", "ProcessDied")
            assert "died" in result.error_message
            assert (result.train_rows, result.test_rows) == (len(task.train), len(task.test))
        else:
            assert (result.status, result.error) == ("ok", None)


def test_an_exit_inside_a_fit_ends_that_fit_only() -> None:
    tasks, results = run("toy_models:Exits,tree", 2)
    told = {task.model.family: results[task.key].error_kind for task in tasks}
    assert told == {"toy_models:Exits": "SystemExit", "tree": "", "dummy": ""}


def test_workers_leave_ctrl_c_to_the_program() -> None:
    """The terminal sends it to all processes; only the program itself may act on it."""
    _, results = run("toy_models:IsInterrupted", 2)
    assert {(r.status, r.error) for r in results.values()} == {("ok", None)}


def test_what_a_worker_sent_before_it_died_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finishes a fit, begins the next and dies in it, all between two looks of the parent."""
    tasks, job = tasks_of("tree,toy_models:Dies", folds=2)
    order = sorted(range(len(tasks)), key=lambda n: tasks[n].model.family == "toy_models:Dies")
    monkeypatch.setattr(execution, "order_of_start", lambda *given, **how: order)
    look = execution.Crew._await_news
    monkeypatch.setattr(execution.Crew, "_await_news", lambda crew: (time.sleep(0.3), look(crew)))
    statuses = {r.model: r.status for r in execute(tasks, job.workspace, 1)}
    assert statuses == {"tree": "ok", "dummy": "ok", "toy_models:Dies": "killed"}


def test_a_fit_whose_process_was_killed_once_by_the_system_is_run_again(tmp_path: Path) -> None:
    _, results = run(f"toy_models:DiesOnce(path='{tmp_path / 'died'}'),tree", 2, folds=2)
    assert (tmp_path / "died").exists()
    assert {r.status for r in results.values()} == {"ok"}


LIMITED = [("Sleeps", "timeout", "TimeLimit"), ("HangsInC", "timeout", "TimeLimit")]
LIMITED += [("Crashes", "killed", "ProcessDied"), ("Raises", "failed", "ArithmeticError")]
LIMITED += [("EatsMemory", "memory", "MemoryError"), ("Column", "failed", "ValueError")]


@pytest.mark.parametrize(("toy", "status", "kind"), LIMITED)
@pytest.mark.parametrize("fork", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_fit_that_misbehaves_is_alone_in_it(
    toy: str, status: str, kind: str, fork: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "can_fork", lambda: fork)
    tasks, job = tasks_of(f"tree,toy_models:{toy},logistic", folds=2)
    limits = Limits(seconds=1.5, memory=2**26)
    results = list(execute(tasks, job.workspace, 2, limits=limits))
    assert Counter(r.key for r in results) == Counter(t.key for t in tasks)
    told = Counter((r.status, r.error_kind) for r in results)
    assert told == {("ok", ""): 6, (status, kind): 2}


def test_a_limit_holds_within_a_second_where_nothing_returns_to_python() -> None:
    tasks, job = tasks_of("toy_models:HangsInC", folds=2)
    started = time.monotonic()
    results = list(execute(tasks[:1], job.workspace, 1, limits=Limits(seconds=1.0)))
    assert 1.0 <= time.monotonic() - started < 2.0
    assert [r.status for r in results] == ["timeout"]
    assert results[0].error_message == "not finished after 1 s (--time-limit)"


def test_limits_change_no_number() -> None:
    models = "logistic,tree(max_features=1),mlp(max_iter=10)"
    tasks, job = tasks_of(models, boundary=True)
    free = {r.key: facts(r) for r in execute(tasks, job.workspace, 1)}
    limits = Limits(seconds=60, memory=2**31)
    assert {r.key: facts(r) for r in execute(tasks, job.workspace, 2, limits=limits)} == free


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("models", ["tree,logistic", "tree,toy_models:Constant"])
def test_when_nothing_may_start_any_more_the_folds_done_are_shared(jobs: int, models: str) -> None:
    tasks, job = tasks_of(models, folds=5)
    left = iter([True] * 7 + [False] * 100)
    results = list(execute(tasks, job.workspace, jobs, may_start=lambda: next(left)))
    assert len(results) == 7
    assert Counter(r.fold for r in results) == {0: 3, 1: 3, 2: 1}


def test_a_parent_that_is_killed_takes_its_workers_along(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from toy_tables import blobs\n"
        "from compare_cli.api import Options, iter_compare\n"
        "from compare_cli.engine import workers\n"
        "inner = workers.Worker.assign\n"
        "def assign(self, number):\n"
        "    inner(self, number)\n"
        "    print(self._process.pid, flush=True)\n"
        "workers.Worker.assign = assign\n"
        "options = Options('toy_models:HangsInC', folds=2, repeats=1, jobs=2, boundary=False)\n"
        "list(iter_compare(blobs(), options))\n",
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = {int(parent.stdout.readline()) for _ in range(3)}
        parent.kill()
    deadline = time.monotonic() + 5
    while any(_runs(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(children) == 2
    assert not any(_runs(pid) for pid in children)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_a_model_prints_does_not_reach_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    run("toy_models:Prints,tree", 2)
    run("mlp(verbose=True,max_iter=3)", 1)
    run("svm(verbose=True)", 1)
    assert capfd.readouterr().out == ""


def test_warnings_in_workers_are_kept_and_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    tasks, results = run("toy_models:Warns", 2)
    told = [results[t.key].warnings for t in tasks if t.model.family.endswith("Warns")]
    assert told == [("UserWarning: loose screw",)] * 3
    assert "loose" not in capfd.readouterr().err


def test_the_heart_beats_while_fits_are_under_way() -> None:
    tasks, job = tasks_of("toy_models:Sleeps(seconds=0.6)", folds=2)
    beats: list[float] = []
    list(execute(tasks, job.workspace, 2, lambda: beats.append(time.monotonic())))
    assert len(beats) >= 3


def test_numerical_libraries_have_one_thread() -> None:
    """Here and in workers: fits are timed alone."""
    from threadpoolctl import threadpool_info, threadpool_limits

    with threadpool_limits(2):
        _, results = run("toy_models:CountsThreads,tree", 2)
        counted = {r.params.get("threads") for r in results.values() if "CountsThreads" in r.model}
        assert counted == {1}
        tasks, job = tasks_of("tree")
        stream = execute(tasks, job.workspace, 1)
        next(stream)  # type: ignore[call-overload]
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
        list(stream)
        assert {pool["num_threads"] for pool in threadpool_info()} == {2}


def test_fresh_workers_have_one_thread_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they load later as well: a fit with two threads waits for itself, and is timed wrongly."""
    monkeypatch.setattr(workers, "can_fork", lambda: False)
    for name in list(os.environ):
        if name.endswith("_NUM_THREADS"):
            monkeypatch.delenv(name)
    _, results = run("toy_models:CountsThreads", 1, folds=2)
    assert {r.params.get("threads") for r in results.values() if "CountsThreads" in r.model} == {1}


def interrupted(events: Any, after: int) -> tuple[list[object], Comparison]:
    """Throw Ctrl-C into a stream after some results; return what came before, and the result."""
    before: list[object] = []
    while sum(isinstance(e, FitResult) for e in before) < after:
        before.append(next(events))
    result = events.throw(KeyboardInterrupt)
    with pytest.raises(StopIteration):
        next(events)
    assert isinstance(result, Comparison)
    return before, result


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_the_fits_and_what_is_done_is_the_result(jobs: int) -> None:
    events = iter_compare(blobs(), Options("tree,logistic", folds=5, repeats=2, jobs=jobs, boundary=False))
    before, result = interrupted(events, 4)
    done = {e.key for e in before if isinstance(e, FitResult)}
    assert isinstance(before[0], Planned)
    assert len(before[0].tasks) == 30
    assert result.run.status == "interrupted"
    assert {fit.key for fit in result.fits} == done
    assert result.run.fits_run == 4


def test_ctrl_c_before_the_first_result_still_gives_one() -> None:
    events = iter_compare(blobs(), Options("tree", folds=5, repeats=1, jobs=2, boundary=False))
    _, result = interrupted(events, 0) if isinstance(next(events), Planned) else ([], None)
    assert result is not None
    assert result.run.status == "interrupted"
    assert result.fits == ()
    assert result.verdict.status == "none"


def test_ctrl_c_while_workers_fit_kills_them() -> None:
    models = "toy_models:Sleeps(seconds=60),tree"

    def pressed() -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    events = iter_compare(
        blobs(), Options(models, folds=2, repeats=1, jobs=2, boundary=False), heartbeat=pressed
    )
    *_, result = events
    assert time.monotonic() - started < 20
    assert isinstance(result, Comparison)
    assert result.run.status == "interrupted"


def test_closing_the_stream_ends_the_workers() -> None:
    events = iter_compare(
        blobs(), Options("toy_models:Sleeps(seconds=60),tree", folds=2, repeats=1, jobs=2, boundary=False)
    )
    while not isinstance(next(events), FitResult):
        pass
    events.close()


def test_processes_of_others_are_left_alone() -> None:
    """A program that uses the library may have children of its own."""
    child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    child.start()
    try:
        events = iter_compare(
            blobs(), Options("toy_models:Sleeps,tree", folds=2, repeats=1, jobs=2, boundary=False)
        )
        interrupted(events, 1)
        assert child.is_alive()
    finally:
        child.kill()
        child.join()


def test_beside_other_threads_nothing_is_forked() -> None:
    import threading

    assert workers.can_fork() == (os.uname().sysname == "Linux" and threading.active_count() == 1)
    event = threading.Event()
    thread = threading.Thread(target=event.wait)
    thread.start()
    try:
        assert not workers.can_fork()
    finally:
        event.set()
        thread.join()


def test_fresh_workers_do_the_same_as_forked_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on systems that cannot fork."""
    models = "tree(max_features=1),logistic,knn,naive_bayes"
    _, alone = run(models, 1, folds=2)
    monkeypatch.setattr(workers, "can_fork", lambda: False)
    _, fresh = run(models, 2, folds=2)
    assert {key: facts(r) for key, r in fresh.items()} == {key: facts(r) for key, r in alone.items()}


@pytest.mark.slow
def test_a_fresh_worker_that_dies_takes_nothing_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "can_fork", lambda: False)
    _, results = run("tree,toy_models:Dies", 2, folds=2)
    assert Counter((r.model, r.status) for r in results.values()) == {
        ("tree", "ok"): 2,
        ("toy_models:Dies", "killed"): 2,
        ("dummy", "ok"): 2,
    }


@pytest.mark.slow
def test_ctrl_c_kills_fresh_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "can_fork", lambda: False)
    events = iter_compare(
        blobs(), Options("toy_models:Sleeps,tree", folds=2, repeats=1, jobs=2, boundary=False)
    )
    interrupted(events, 1)


def test_a_run_with_deaths_is_partial() -> None:
    comparison = compare(blobs(), Options("tree,toy_models:Dies", folds=2, repeats=1, jobs=2, boundary=False))
    assert comparison.run.status == "partial"
    assert comparison.run.fits_failed == 2
    dead = next(m for m in comparison.models if "Dies" in m.model)
    assert dead.status == "failed"
    assert [(f.kind, f.fold) for f in dead.failures] == [("ProcessDied", 0), ("ProcessDied", 1)]
