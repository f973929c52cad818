"""Running tasks in processes: the same numbers, nothing lost or doubled, nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_tables import blobs

from compare_cli.api import compare, iter_compare
from compare_cli.engine import child, nursery
from compare_cli.engine import execute as execution
from compare_cli.engine.child import Children
from compare_cli.engine.execute import in_order
from compare_cli.engine.fit import fit_task
from compare_cli.engine.limits import Limits
from compare_cli.engine.nursery import Nursery, forks
from compare_cli.engine.plan import Job, Options, make_tasks, prepare_job
from compare_cli.engine.splits import make_splits
from compare_cli.models import epochs as followed
from compare_cli.types import Comparison, FitResult, FitTask, Planned

NONE, NO_END = execution.NO_LIMITS, Limits(seconds=600.0)
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


def execute(tasks: Any, workspace: Any, jobs: int, **how: Any) -> Iterator[FitResult]:
    """Execute here, and end the processes afterwards."""
    here = Children(jobs)
    try:
        if not execution.stays_here(tasks, here, how.get("limits", execution.NO_LIMITS)):
            here.share(workspace)
        yield from execution.execute(tasks, workspace, here, **how)
    finally:
        here.end()


def no_forks(patch: pytest.MonkeyPatch) -> None:
    """Be a system that cannot fork."""
    for module in (child, nursery):
        patch.setattr(module, "forks", lambda: False)


def run(
    models: str, jobs: int, folds: int = 3, boundary: bool = False
) -> tuple[list[FitTask], dict[str, FitResult]]:
    """Run and return tasks and results by key; a lost or doubled result fails here."""
    tasks, job = tasks_of(models, folds, boundary)
    results = list(execute(tasks, job.workspace, jobs))
    assert Counter(r.key for r in results) == Counter(t.key for t in tasks)
    return tasks, {r.key: r for r in results}


class Seen(dict[str, tuple[int, int]]):
    """The epochs of fits under way; ``told`` keeps all that were ever told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def __setitem__(self, key: str, epoch: tuple[int, int]) -> None:
        self.told.append(epoch)
        super().__setitem__(key, epoch)


@pytest.mark.parametrize(
    ("model", "jobs"),
    [
        ("mlp", 1),
        ("mlp", 2),
        ("mlp(activation=tanh)", 2),  # by scikit-learn's own steps
        pytest.param("keras_logistic", 1, marks=pytest.mark.extra),
    ],
)
def test_fits_in_epochs_tell_them_wherever_they_run(
    model: str, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "PAUSE", 0.0)
    tasks, job = tasks_of(model, folds=2)
    here = Children(jobs)
    here.epochs = seen = Seen()
    try:
        if jobs > 1 or "keras" in model:
            here.share(job.workspace)
        results = list(execution.execute(tasks, job.workspace, here, limits=NO_END if jobs > 1 else NONE))
    finally:
        here.end()
    assert {result.status for result in results} == {"ok"}
    fitted = [result for result in results if result.model == model]
    most = {result.params.get("max_iter", result.params.get("epochs")) for result in fitted}
    assert {epochs for _, epochs in seen.told} == most
    assert [epoch for epoch, _ in seen.told].count(1) == 2, "the first epoch of either fold"
    assert not seen, "nothing is under way any more"


def test_epochs_do_not_put_the_time_limit_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "PAUSE", 0.0)
    tasks, job = tasks_of("mlp(max_iter=10000000,tol=0,n_iter_no_change=10000000)", folds=2)
    begun = time.monotonic()
    results = list(execute(tasks[:1], job.workspace, 2, limits=Limits(seconds=1.0)))
    assert [result.status for result in results] == ["timeout"]
    assert time.monotonic() - begun < 20


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


def spied_children(patch: pytest.MonkeyPatch) -> list[list[FitTask]]:
    """Return a list to which every child that starts adds the tasks that it is given."""
    given: list[list[FitTask]] = []

    class Spied(child.Child):
        def __init__(self, *facts: Any) -> None:
            super().__init__(*facts)
            self.given: list[FitTask] = []
            given.append(self.given)

        def fit(self, task: FitTask, *how: Any) -> FitResult:
            self.given.append(task)
            return super().fit(task, *how)

    patch.setattr(child, "Child", Spied)
    return given


def test_children_really_start_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    started = spied_children(monkeypatch)
    run("tree", 1)
    assert len(started) == 0
    run("tree", 2)
    assert len(started) == 2
    monkeypatch.setattr(execution, "WORTH_FORKING", 1000.0)
    monkeypatch.setattr(execution, "WORTH_STARTING", 1000.0)
    run("tree", 2)
    assert len(started) == 2, "small work stays in the process"
    run("toy_models:Constant", 1)
    assert len(started) == 4, "unknown models never run in the process"
    owners = [{task.model.family for task in given} for given in started[2:]]
    assert {"toy_models:Constant"} in owners, "nor in the process of another model"
    assert {"dummy"} in owners


def test_small_work_runs_fold_by_fold_and_large_work_the_longest_first_within_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tasks, job = tasks_of("tree,mlp(max_iter=5)")
    assert [r.key for r in execute(tasks, job.workspace, 1)] == [t.key for t in tasks]
    given = spied_children(monkeypatch)
    monkeypatch.setattr(execution, "stays_here", lambda *facts: False)
    list(execute(tasks, job.workspace, 1))
    order = [(task.fold, task.model.family) for task in given[0]]
    assert order == [(fold, model) for fold in range(3) for model in ("mlp", "tree", "dummy")]


def test_models_share_folds_early_and_no_long_fit_is_the_last_to_start() -> None:
    tasks, _ = tasks_of("tree,mlp", folds=10)
    order = [(task.fold, task.model.family) for task in in_order(tasks, 2)]
    assert [fold for fold, _ in order[:24]] == [fold for fold in range(8) for _ in range(3)]
    assert order[24:26] == [(8, "mlp"), (9, "mlp")], "the last two folds count as one"
    assert {fold for fold, _ in [(t.fold, 0) for t in in_order(tasks, 64)][:3]} == {0}, "the first does not"
    assert Counter(order) == Counter((task.fold, task.model.family) for task in tasks)


@pytest.mark.parametrize("toy", ["Dies", "IsKilled"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_whose_process_dies_takes_nothing_along(toy: str, jobs: int) -> None:
    tasks, results = run(f"tree,toy_models:{toy},logistic", jobs, folds=2)
    for task in tasks:
        result = results[task.key]
        if task.model.family.endswith(toy):
            assert (result.status, result.error_kind) == ("killed", "ProcessDied")
            how = "it ended itself with exit status 3" if toy == "Dies" else "SIGKILL: out of memory"
            assert result.error_message.startswith(f"the process of this fit died ({how}")
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


def test_what_a_child_sent_before_it_died_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers and dies at once, between two looks of the program."""
    tasks, job = tasks_of("tree", folds=2)
    look = child.wait
    monkeypatch.setattr(child, "wait", lambda *given: (time.sleep(0.5), look(*given))[1])
    monkeypatch.setattr(execution, "stays_here", lambda *facts: False)
    monkeypatch.setattr(nursery, "fit_task", _fit_and_die)
    assert [r.status for r in execute(tasks, job.workspace, 1)] == ["ok"] * len(tasks)


def _fit_and_die(task: FitTask, workspace: Any) -> FitResult:
    result = fit_task(task, workspace)
    threading.Timer(0.1, os._exit, [9]).start()
    return result


def test_a_fit_whose_process_was_killed_once_by_the_system_is_run_again(tmp_path: Path) -> None:
    _, results = run(f"toy_models:DiesOnce(path='{tmp_path / 'died'}'),tree", 2, folds=2)
    assert (tmp_path / "died").exists()
    assert {r.status for r in results.values()} == {"ok"}


LIMITED = [("Sleeps", "timeout", "TimeLimit"), ("HangsInC", "timeout", "TimeLimit")]
LIMITED += [("Crashes", "killed", "ProcessDied"), ("Raises", "failed", "ArithmeticError")]
LIMITED += [("EatsMemory", "memory", "MemoryError"), ("TwoColumns", "failed", "ValueError")]


@pytest.mark.parametrize(("toy", "status", "kind"), LIMITED)
@pytest.mark.parametrize("fork", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_fit_that_misbehaves_is_alone_in_it(
    toy: str, status: str, kind: str, fork: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fork:
        no_forks(monkeypatch)
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


@pytest.mark.parametrize("where", ["forked", "beside a thread"])
def test_a_parent_that_is_killed_takes_all_along(tmp_path: Path, where: str) -> None:
    """The nursery, the children, and what a model started in a session of its own."""
    script = tmp_path / "parent.py"
    thread = "import threading; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    script.write_text(
        "import sys, time\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        + (thread if where != "forked" else "")
        + "from toy_tables import blobs\n"
        "from compare_cli.api import Options, iter_compare\n"
        f"options = Options({f'toy_models:StartsProcesses(path={str(tmp_path)!r})'!r}, folds=2, jobs=2)\n"
        "list(iter_compare(blobs(), options))\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen([sys.executable, str(script)], env=environment) as parent:
        deadline = time.monotonic() + 30
        while len(list(tmp_path.glob("*.pid"))) < 6 and time.monotonic() < deadline:
            time.sleep(0.05)
        children = {int(file.stem) for file in tmp_path.glob("*.pid")}
        parent.kill()
    assert len(children) == 6, "two children, each with a process in its group and one in its own session"
    assert _all_end(children)


@pytest.mark.parametrize("way", ["Dies", "hang", "end"])
def test_what_a_fit_started_ends_with_it(tmp_path: Path, way: str) -> None:
    """At once when it dies or is ended, also what has a session of its own; else with its process."""
    tasks, job = tasks_of(f"toy_models:StartsProcesses(path='{tmp_path}',then='{way}')", folds=2)
    task = next(task for task in tasks if "toy" in task.model.name)
    here = Children(1)
    here.share(job.workspace)
    try:
        result = here.fit(task, job.workspace, Limits(seconds=1.0 if way == "hang" else None))
        children = {int(file.stem) for file in tmp_path.glob("*.pid")}
        assert len(children) == 3
        assert result.status == {"Dies": "killed", "hang": "timeout", "end": "ok"}[way]
        assert way == "end" or _all_end(children)
    finally:
        here.end()
    assert _all_end(children)


def _all_end(pids: set[int]) -> bool:
    deadline = time.monotonic() + 5
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(_runs(pid) for pid in pids)


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


def test_a_heartbeat_is_no_longer_called() -> None:
    """It is still taken: programs that give one go on."""
    options = Options("toy_models:Sleeps(seconds=0.6)", folds=2, repeats=1, jobs=2, boundary=False)
    with pytest.warns(DeprecationWarning, match="heartbeat"):
        *_, result = iter_compare(blobs(), options, heartbeat=lambda: pytest.fail("called"))
    assert isinstance(result, Comparison)


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
    no_forks(monkeypatch)
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


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_after_the_first_fold_gives_a_comparison(jobs: int) -> None:
    """All models share folds early, the slow ones too."""
    options = Options("tree,mlp(max_iter=50),logistic", folds=10, repeats=2, jobs=jobs, boundary=False)
    _, result = interrupted(iter_compare(blobs(200), options), 8)
    assert result.run.status == "interrupted"
    assert all(model.accuracy is not None for model in result.models)
    shared = [{(f.repeat, f.fold) for f in result.fits if f.model == m.model} for m in result.models]
    assert set.intersection(*shared)
    assert result.verdict.status != "none"


def test_ctrl_c_before_the_first_result_still_gives_one() -> None:
    events = iter_compare(blobs(), Options("tree", folds=5, repeats=1, jobs=2, boundary=False))
    _, result = interrupted(events, 0) if isinstance(next(events), Planned) else ([], None)
    assert result is not None
    assert result.run.status == "interrupted"
    assert result.fits == ()
    assert result.verdict.status == "none"


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_while_children_fit_ends_them(jobs: int) -> None:
    models = "toy_models:Sleeps(seconds=60),tree"
    started = time.monotonic()
    threading.Timer(1.0, os.kill, [os.getpid(), signal.SIGINT]).start()
    *_, result = iter_compare(
        blobs(), Options(models, folds=2, repeats=1, jobs=jobs, boundary=False, time_limit=60)
    )
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
    assert nursery.can_fork() == (os.uname().sysname == "Linux" and threading.active_count() == 1)
    event = threading.Event()
    thread = threading.Thread(target=event.wait)
    thread.start()
    try:
        assert not nursery.can_fork()
    finally:
        event.set()
        thread.join()


def test_fresh_workers_do_the_same_as_forked_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on systems that cannot fork."""
    models = "tree(max_features=1),logistic,knn,naive_bayes"
    _, alone = run(models, 1, folds=2)
    no_forks(monkeypatch)
    _, fresh = run(models, 2, folds=2)
    assert {key: facts(r) for key, r in fresh.items()} == {key: facts(r) for key, r in alone.items()}


@pytest.mark.slow
def test_a_fresh_worker_that_dies_takes_nothing_along(monkeypatch: pytest.MonkeyPatch) -> None:
    no_forks(monkeypatch)
    _, results = run("tree,toy_models:Dies", 2, folds=2)
    assert Counter((r.model, r.status) for r in results.values()) == {
        ("tree", "ok"): 2,
        ("toy_models:Dies", "killed"): 2,
        ("dummy", "ok"): 2,
    }


@pytest.mark.slow
def test_ctrl_c_kills_fresh_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    no_forks(monkeypatch)
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


@pytest.mark.parametrize("beside_a_thread", [False, True])
def test_replaced_children_come_from_one_nursery(
    beside_a_thread: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more costs a fork, also where the program itself cannot fork: time-outs must not cost seconds."""
    made = kept_nurseries(monkeypatch)
    started = spied_children(monkeypatch)
    tasks, job = tasks_of("toy_models:Sleeps", folds=4)
    sleeping = [task for task in tasks if "Sleeps" in task.model.name]
    if beside_a_thread:
        monkeypatch.setattr(nursery, "can_fork", lambda: False)
        monkeypatch.setattr(child, "can_fork", lambda: False)
    results = list(execute(sleeping, job.workspace, 2, limits=Limits(seconds=0.2)))
    assert [r.status for r in results] == ["timeout"] * 4
    assert (len(made), len(started)) == (1, 4)


def kept_nurseries(patch: pytest.MonkeyPatch) -> list[Nursery]:
    """Return a list to which every nursery is added that starts."""
    made: list[Nursery] = []

    class Kept(Nursery):
        def __init__(self, workspace: Any) -> None:
            super().__init__(workspace)
            made.append(self)

    patch.setattr(child, "Nursery", Kept)
    return made


def test_a_nursery_that_is_killed_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system does when memory runs out: its children die with it."""
    made = kept_nurseries(monkeypatch)
    tasks, job = tasks_of("tree,toy_models:Sleeps(seconds=0.3)", folds=4)
    results = []
    for result in execute(tasks, job.workspace, 2):
        if not results:
            made[0]._process.kill()
        results.append(result)
    assert len(made) > 1
    assert Counter(r.key for r in results) == Counter(t.key for t in tasks)
    assert {(r.status, r.error) for r in results} == {("ok", None)}


def test_idle_children_are_few() -> None:
    """However many models from outside there are."""
    models = ",".join(f"toy_models:{name}" for name in ("Constant", "Plugin", "Warns", "Draws", "Prints"))
    tasks, job = tasks_of(models, folds=2)
    children = Children(1)
    children.share(job.workspace)
    try:
        for task in tasks:
            assert children.fit(task, job.workspace, Limits()).status == "ok"
            assert len(children._idle) <= 2
    finally:
        children.end()
    late = children.fit(tasks[0], job.workspace, Limits())
    assert (late.status, late.error_kind) == ("killed", "RunEnded")


def test_a_patch_of_numpy_by_one_plugin_reaches_no_other_model() -> None:
    models = "toy_models:PatchesNumpy,logistic,toy_models:Constant"
    _, results = run(models, 1)
    assert {(r.status, r.error) for r in results.values()} == {("ok", None)}


def test_children_are_shared_by_all_batches_and_data_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    from compare_cli.api import bench

    started = spied_children(monkeypatch)
    tables = [blobs(60, seed=seed) for seed in range(3)]
    result = bench(tables, Options("tree,logistic", folds=3, repeats="auto", jobs=2, boundary=False))
    assert result.run.status == "complete"
    assert len(started) == 2
    assert sum(map(len, started)) == result.run.fits_run


@pytest.mark.skipif(not forks(), reason="only where processes are forked")
def test_who_watches_a_process_is_silent_when_it_is_asked_to_end_after_it() -> None:
    """A limit may be reached at the moment in which the fit ends."""
    program = """
import os, signal
from compare_cli.engine import endings
wait = os.waitpid
def waited(*asked):
    found = wait(*asked)
    signal.raise_signal(signal.SIGTERM)
    return found
os.waitpid = waited
endings.watch_over()
os._exit(7)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (7, "")
