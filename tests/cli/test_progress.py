"""What is shown while it runs: how much is done, what runs now, how long it takes, a line per data set."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from toy_tables import blobs

from compare_cli.api import compare as compare_data
from compare_cli.api import iter_bench
from compare_cli.engine.plan import Options
from compare_cli.report import progress as progress_module
from compare_cli.report.progress import Progress, Workload, about, finished_line
from compare_cli.types import Bench, Comparison, FitResult, Planned, PlannedBench, Verdict

FAST = ("--models", "logistic,tree", "--folds", "3", "--repeats", "1", "--jobs", "1")


def planned(name, costs):
    """Fits of models that are called by their cost, as expected in seconds."""
    tasks = [
        SimpleNamespace(key=f"{name}{at}", cost=cost, model=SimpleNamespace(name=f"m{cost}"))
        for at, cost in enumerate(costs)
    ]
    return Planned(name, tuple(tasks))


def fit(key, status="ok", reused=False):
    return FitResult("m", 0, 0, status, reused=reused, key=key)


def test_time_left_follows_the_expected_costs():
    work = Workload()
    work.plan(planned("a", [6.0, 3.0, 1.0]))
    assert work.seconds_left(5.0) is None, "nothing is done yet"
    work.finish(fit("a0"))
    assert work.share == pytest.approx(0.6)
    assert work.seconds_left(12.0) == pytest.approx(4.0 * 12.0 / 6.0)
    assert work.seconds_left(0.5) is None, "too early to tell"


def test_data_sets_that_were_not_read_cost_as_much_as_those_that_were():
    work = Workload(datasets=4)
    work.plan(planned("a", [2.0, 2.0]))
    work.finish(fit("a0"))
    work.finish(fit("a1"))
    work.end_dataset()
    assert work.between
    work.plan(planned("b", [6.0, 2.0]))
    work.finish(fit("b1"))
    # done 4 + 2, planned 4 + 8, two more of 6 each
    assert work.share == pytest.approx(6 / 24)
    assert work.seconds_left(30.0) == pytest.approx(18 * 30.0 / 6)
    assert (work.begun, work.finished, work.done_here, work.total_here, work.fits) == (2, 1, 1, 2, 3)


def test_the_bar_never_goes_back():
    work = Workload(datasets=2)
    work.plan(planned("a", [1.0]))
    work.finish(fit("a0"))
    work.end_dataset()
    before = work.share
    work.plan(planned("b", [100.0]))
    assert work.share == before
    work.finish(fit("b0"))
    assert work.share == 1.0


def test_reused_fits_say_nothing_about_speed():
    work = Workload()
    work.plan(planned("a", [1.0, 1.0, 1.0, 1.0]))
    work.finish(fit("a0", reused=True))
    work.finish(fit("a1", reused=True))
    assert work.seconds_left(2.0) is None
    work.finish(fit("a2"))
    assert work.seconds_left(2.0) == pytest.approx(2.0)


def test_more_fits_of_the_same_data_set_are_added():
    work = Workload()
    work.plan(planned("a", [1.0, 1.0]))
    work.finish(fit("a0"))
    work.plan(planned("b", [2.0]))
    assert (work.begun, work.done_here, work.total_here) == (1, 1, 3)


def test_fits_that_will_not_come_are_not_waited_for():
    work = Workload(datasets=2)
    work.plan(planned("a", [1.0, 9.0]))
    work.finish(fit("a0", "failed"))
    work.end_dataset()
    assert (work.failed, work.finished) == (1, 1)
    assert work.share == pytest.approx(0.5)
    work.end_dataset()  # the second one is left out
    assert (work.begun, work.finished, work.share) == (2, 2, 1.0)


def test_what_runs_now():
    work = Workload()
    assert work.under_way(2) == ("", "")
    work.plan(planned("a", [1.0, 5.0, 3.0]))
    assert work.under_way(1) == ("m1.0", ""), "one after the other"
    assert work.under_way(2) == work.under_way(None) == ("m5.0", ""), "the longest first"
    work.finish(fit("a1"))
    assert work.under_way(2) == ("m3.0", "")


def test_what_tells_its_epoch_surely_runs_now():
    epochs = {}
    progress = Progress(shown=False)
    progress.show(replace(planned("a", [1.0, 5.0, 3.0]), epochs=epochs))
    assert progress.rows()[0][1] == "a: 0/3 fits, now m5.0"
    epochs |= {"a0": (12, 50), "another": (3, 9)}
    assert progress.rows()[0][1] == "a: 0/3 fits, now m1.0, epoch 12/50"
    epochs["a2"] = (1, 20)
    assert progress.rows()[0][1] == "a: 0/3 fits, now m3.0, epoch 1/20"
    epochs.clear()
    assert progress.rows()[0][1] == "a: 0/3 fits, now m5.0"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.2, "about 1 s left"),
        (42.4, "about 42 s left"),
        (200, "about 3 min left"),
        (9000, "about 2.5 h left"),
    ],
)
def test_times_as_one_tells_them(seconds, told):
    assert about(seconds) == told


@pytest.fixture
def toy():
    return compare_data(blobs(), Options("tree,naive_bayes", folds=3, repeats=1, jobs=1, boundary=False))


def test_a_finished_data_set_in_a_line(toy: Comparison):
    def line(verdict: Verdict, *others: FitResult, status="complete") -> str:
        fits = (*[fit("k")] * 70, *others)
        run = replace(toy.run, seconds=9.64, status=status)
        return finished_line(3, 21, replace(toy, run=run, fits=fits, verdict=verdict))

    top = Verdict("undecided", top_set=("mlp", "svm"))
    assert line(top) == "[3/21] toy: top set mlp, svm; 70 fits, 9.6 s"
    some = [*[fit("r", reused=True)] * 10, *[fit("f", "killed")] * 2, fit("s", "skipped")]
    assert line(top, *some) == ("[3/21] toy: top set mlp, svm; 82 fits, 10 reused, 2 failed, 9.6 s")
    assert line(top, status="interrupted").startswith("[3/21] toy: interrupted; top set")
    assert line(Verdict("better", top_set=("mlp",))) == "[3/21] toy: best mlp; 70 fits, 9.6 s"
    assert "equivalent: a, b;" in line(Verdict("equivalent", top_set=("a", "b")))
    assert "top set a, b, c, d and 2 more;" in line(Verdict("undecided", top_set=tuple("abcdef")))
    assert "no model is known to beat the baseline" in line(Verdict("none"))


@pytest.mark.parametrize("name", ["[red]x[/]", "\x1b[31mred", "a\nb", "\u202eevil", "x" * 300])
def test_hostile_names_do_nothing(toy: Comparison, name):
    comparison = replace(
        toy,
        dataset=replace(toy.dataset, name=name),
        verdict=Verdict("undecided", top_set=(name, name)),
    )
    line = finished_line(1, 1, comparison)
    assert line.isprintable()
    assert len(line) < 250
    shown = Progress()
    shown.show(PlannedBench((name, name)))
    assert all(words.isprintable() and len(words) < 90 for _, words in shown.rows())
    shown.show(planned(name, [1.0]))
    assert all(words.isprintable() and len(words) < 90 for _, words in shown.rows())


def test_what_a_terminal_shows_of_a_bench(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(progress_module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    shown = Progress(jobs=2)
    shown.show(PlannedBench(("a", "b")))
    assert shown.rows() == [(0.0, "0/2 data sets, 0 fits"), (None, "reading a")]
    shown.show(planned("a", [3.0, 1.0]))
    clock.now = 12.0
    shown.show(fit("a0", "failed"))
    assert shown.rows() == [
        (3 / 8, "0/2 data sets, 1 fit, 1 failed, about 20 s left"),
        (3 / 4, "a (1 of 2): 1/2 fits, now m1.0"),
    ]


def test_what_a_terminal_shows_of_one_data_set():
    shown = Progress(jobs=1)
    shown.show(planned("moons", [3.0, 1.0]))
    shown.show(fit("moons0"))
    assert shown.rows() == [(3 / 4, "moons: 1/2 fits, now m1.0")]


def test_a_log_gets_a_line_for_each_data_set_in_order(capsys):
    shown = Progress()
    sets = [replace(blobs(seed=s), name=f"toy{s}") for s in range(2)]
    for event in iter_bench(sets, Options("tree", folds=3, repeats=1, jobs=1, boundary=False)):
        shown.show(event)
    assert isinstance(event, Bench)
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"[\d.]+ s$", "T", line) for line in lines] == [
        "[1/2] toy0: tree; 6 fits, T",
        "[2/2] toy1: tree; 6 fits, T",
    ]


@pytest.mark.parametrize(("repeats", "lines"), [("1", 0), ("3", 3)])
def test_a_log_gets_a_line_for_each_repeat(compare, repeats, lines):
    args = ("fit", "iris", "-m", "tree", "--folds", "3", "--no-boundary", "--repeats", repeats)
    said = [line for line in compare(*args).err.splitlines() if line.startswith("repeat ")]
    shown = [re.sub(r"[\d.]+ s so far$", "T", line) for line in said]
    assert shown == [f"repeat {number}: 6 fits, T" for number in range(1, lines + 1)]
    again = [line for line in compare(*args).err.splitlines() if line.startswith("repeat ")]
    assert all("6 fits, 6 reused, " in line for line in again)
    assert "repeat" not in compare(*args, "-q").err


def test_the_log_of_a_bench(compare, table):
    ended = compare("bench", "iris", str(table), *FAST)
    lines = ended.err.splitlines()
    assert [line[:6] for line in lines] == ["[1/2] ", "[2/2] "]
    assert compare("bench", "iris", str(table), *FAST, "--quiet").err == ""
    assert "[1/" not in compare("fit", "iris", *FAST).err


def on_a_terminal(*args: str, term: str = "xterm", until: str | None = None) -> tuple[int, str, str]:
    """Run the program with a terminal as standard error; return its code and what either stream got.

    When standard error has shown ``until``, a pattern, the program is interrupted as by Ctrl-C.
    """
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": term, "COLUMNS": "100"}
    command = [sys.executable, "-m", "compare_cli", *args]
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # background jobs ignore it
    how = {"stdout": subprocess.PIPE, "stderr": follower, "env": environment, "preexec_fn": heed}
    with subprocess.Popen(command, **how) as run:
        os.close(follower)
        seen = b""
        while chunk := _read(leader):
            seen += chunk
            if until is not None and re.search(until, _plain(seen)):
                run.send_signal(signal.SIGINT)
                until = None
        assert run.stdout is not None
        out = run.stdout.read().decode()
    os.close(leader)
    return run.returncode, out, seen.decode()


def _plain(seen: bytes) -> str:
    """What a terminal got, without its commands."""
    return re.sub(r"\x1b[^A-Za-z]*[A-Za-z]", "", seen.decode(errors="replace"))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other side is closed
        return b""


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_terminal_is_redrawn_and_left_clean(table, term):
    code, out, seen = on_a_terminal("bench", "iris", str(table), *FAST, "--no-boundary", term=term)
    assert code == 0
    assert "Mean rank" in out
    assert ("1/2 data sets" in seen) is (term == "xterm")
    assert ("[1/2] iris" in seen) is (term == "dumb")
    assert seen.count("\x1b[?25l") == seen.count("\x1b[?25h"), "the cursor is there again"


def test_what_streams_goes_to_standard_output_also_while_bars_are_drawn():
    code, out, seen = on_a_terminal("fit", "iris", *FAST, "--no-boundary", "--format", "ndjson")
    assert code == 0
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["fit"] * 9 + ["comparison"]
    assert "9 fits" in seen
    assert '"type"' not in seen


def test_the_total_does_not_grow_silently():
    shown = Progress(jobs=1)
    shown.show(replace(planned("moons", [3.0, 1.0]), most=4, metric="accuracy"))
    shown.show(fit("moons0"))
    assert shown.rows() == [(3 / 8, "moons: 1 of up to 4 fits, now m1.0")]
    shown.show(fit("moons1"))
    shown.show(replace(planned("more", [3.0, 1.0]), most=4, metric="accuracy"))
    assert shown.rows() == [(4 / 8, "moons: 2/4 fits, now m3.0".replace("moons", "more"))]


def test_models_are_shown_with_their_means_so_far_in_the_order_given():
    def done(model: str, fold: int, accuracy: float | None) -> FitResult:
        status = "failed" if accuracy is None else "ok"
        return FitResult(model, 0, fold, status, accuracy=accuracy)

    shown = Progress(jobs=1)
    assert shown.table(40) is None, "nothing is planned"
    first = replace(planned("moons", [3.0, 1.0]), most=4, metric="accuracy")
    shown.show(first)
    for result in (done("m3.0", 0, 0.5), done("m3.0", 1, 0.6), done("m1.0", 0, 0.9), done("m1.0", 1, None)):
        shown.show(result)
    table = shown.table(40)
    assert table is not None
    assert [heading.title for heading in table.headings] == ["Model", "Accuracy % so far", "Folds"]
    assert [list(row) for row in table.rows] == [["m3.0", "55.0", "2"], ["m1.0", "90.0", "2"]]
    assert shown.table(6) is None, "no room"
    shown.show(replace(first, apart=True))  # samples of another size
    assert [list(row) for row in shown.table(40).rows] == [["m3.0", "-", "0"], ["m1.0", "-", "0"]]


def test_a_terminal_shows_means_so_far_and_ctrl_c_gives_what_is_there(tmp_path):
    """The first fold is enough to compare; the same command then goes on where it was stopped."""
    store = ("--store", str(tmp_path / "store.sqlite"), "--no-boundary", "--jobs", "1")
    command = ("fit", "moons", "--models", "logistic,mlp", *store)
    code, out, seen = on_a_terminal(*command, until="mlp +[0-9.]+ +[1-9]")
    assert code == 130
    assert "so far" in seen
    assert "of up to 300 fits" in seen
    assert "beats" not in seen
    assert "interrupted" in out
    assert "the run ended before the verdict was due" in " ".join(out.split())
    assert "goes on from there" in " ".join(seen.split())
    code, out, _ = on_a_terminal(*command)
    assert code == 0
    assert "reused" in out
    assert "mlp beats logistic" in out
