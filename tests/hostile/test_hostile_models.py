"""Hostile or careless models: what the program says, with which exit code; the others are unharmed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hostile_models import DONE

TESTS = Path(__file__).parents[1]
FIT = ("fit", "{table}", "--folds", "2", "--repeats", "1", "--no-boundary", "--no-store", "--json")

DOES = [said.title().replace(" ", "") for said in DONE]

FAILING = {
    "Raises(what='generator exit')": "GeneratorExit: bye",
    "Raises(what=interrupt)": "KeyboardInterrupt: no message",
    "Raises(what=exit)": "SystemExit: 3",
    "Raises(what=own)": "OwnEnd: mine",
    "Raises(what=group)": (
        "ExceptionGroup: two things (2 sub-exceptions); ValueError: first; TypeError: second"
    ),
    "Raises(what='base group')": (
        "BaseExceptionGroup: worse (2 sub-exceptions); KeyboardInterrupt: a; ValueError: b"
    ),
    "Raises(what=unsayable)": "UnsayableError: <UnsayableError whose str raises KeyError>",
    "Raises(what=surrogate)": "ValueError: half a pair: \\udc80",
    "Raises(what=stop)": "StopIteration: no more",
    "Raises(what=long)": "ValueError: word word",
    "Raises(what='strange name')": "A_b_0m: named strangely",
    "Raises(what='not an exception\\'s text')": "ValueError: (b'\\xff', <class 'object'>)",
    "Raises(what=deep)": "RecursionError: too deep",
    "Raises(what=eof)": "EOFError: pipe?",
    "Raises(what=os)": "OSError: [Errno 28] No space left on device",
    "Raises(what=pickle)": "LocalError: one and two",
    "Raises(what=own,where=predict)": "OwnEnd: mine",
    "Raises(what=interrupt,where=predict)": "KeyboardInterrupt: no message",
    "Raises(what=own,where=get_params)": "OwnEnd: mine",
    "Raises(what=own,where=getstate)": "OwnEnd: mine",
    "Ends(how=exit)": "SystemExit: enough",
    "Ends(how=_0)": "ProcessDied: the process of this fit died (it ended itself with exit status 0)",
    "Ends(how=_3)": "ProcessDied: the process of this fit died (it ended itself with exit status 3)",
    "Ends(how=_3,where=predict)": "ProcessDied: the process of this fit died (it ended itself with exit",
    "Ends(how=thread)": "ProcessDied: the process of this fit died (it ended itself with exit status 7)",
    "Ends(how=group)": "ProcessDied: the process of this fit died (SIGKILL: out of memory, or killed",
    "Ends(how='6')": "ProcessDied: the process of this fit died (SIGABRT: a crash in compiled code)",
    "Ends(how='9')": "ProcessDied: the process of this fit died (SIGKILL: out of memory, or killed",
    "Ends(how='11')": "ProcessDied: the process of this fit died (SIGSEGV: a crash in compiled code)",
    "Ends(how='15')": "ProcessDied: the process of this fit died (SIGTERM",
    "Answers(kind=none)": "ValueError: predict returned shape () for 30 rows",
    "Answers(kind=short)": "ValueError: predict returned shape (29,) for 30 rows",
    "Answers(kind=wide)": "ValueError: predict returned shape (30, 2) for 30 rows",
    "Answers(kind=text)": "ValueError: predict returned labels that were not in the training data",
    "Answers(kind=nan)": "ValueError: predict returned labels that were not in the training data",
    "Answers(kind=infinite)": "ValueError: predict returned labels that were not in the training data",
    "Answers(kind=complex)": "ValueError: predict returned labels that were not in the training data",
    "Answers(kind=huge)": "ValueError: predict returned labels that were not in the training data",
    "Answers(kind=nested)": "ValueError: ",
    "Answers(kind=generator)": "ValueError: predict returned shape () for 30 rows",
    "Answers(kind=negative)": "ValueError: predict returned labels that were not in the training data",
    "Answers(kind=dictionaries)": "ValueError: predict returned labels that were not in the training data",
}
"""A model, and how the error of its fits begins; the exit code is 4."""

DEATHS = {
    "ClosesAllFiles": (
        "killed",
        "ProcessDied: the process of this fit died (it ended itself with exit status 0",
    ),
    "TakesTooMuchMemory": ("memory", "MemoryError: Unable to allocate 8.00 PiB"),
    "PatchesNumpy": ("failed", "RuntimeError: NumPy is not what it was"),
    "PatchesTime": ("failed", "TypeError: unsupported operand type(s)"),
    "HidesModules": ("failed", "ModuleNotFoundError: import of numpy halted"),
    "DiesBehindASleeper": (
        "killed",
        "ProcessDied: the process of this fit died (it ended itself with exit st",
    ),
    "KillsItsParent": ("killed", "ProcessDied: the process of this fit died (SIGKILL: out of memory"),
    "KillsItsGrandparent": ("killed", "ProcessDied: the process of this fit died (SIGKILL: out of memory"),
    "KillsItsAncestor": ("killed", "ProcessDied: the process of this fit died (out of memory, or a crash"),
    "HasAnAlarm": (
        "killed",
        "ProcessDied: the process of this fit died (SIGALRM: ended by itself or by some",
    ),
    "HasATimer": ("killed", "ProcessDied: the process of this fit died (SIGPROF: ended by itself or by some"),
    "RecursesWithoutEnd": ("failed", "RecursionError: maximum recursion depth exceeded"),
    "LeavesItsSession": ("failed", "PermissionError: [Errno 1] Operation not permitted"),
}
"""What a model does that ends its own fit, and how that is told; all else that is done is none of a fit's."""

FITTING = [f"Answers(kind={kind})" for kind in ("column", "list", "floats", "bools", "objects", "digits")]
FITTING += ["Talks", "Warns", "Parameters", "Hangs(how=stdin)"]

REFUSED = {
    "Ends(how=_3,where=init)": "cannot be made (it ended itself with exit status 3).",
    "Ends(how=behind,where=init)": "cannot be made (it ended itself with exit status 5).",
    "Ends(how=exit,where=init)": "SystemExit: enough",
    "Ends(how='9',where=init)": "cannot be made (SIGKILL: out of memory, or killed by somebody).",
    "Ends(how='11',where=init)": "cannot be made (SIGSEGV: a crash in compiled code).",
    "Raises(nothing=1)": "Raises has no parameter 'nothing'.",
    "Missing": "cannot be loaded from hostile_models:Missing (AttributeError: ",
    "RAISED": "hostile_models:RAISED is not a class with fit and predict.",
}
"""A model, and what the error says; the exit code is 2."""


def run(*args: str, stdin: Any = subprocess.DEVNULL, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "compare_cli", *args],
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "PYTHONPATH": str(TESTS), **environment},
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = [f"{i % 7},{(i * 37) % 11},{'yes' if i % 7 > 3 else 'no'}" for i in range(60)]
    path = tmp_path_factory.mktemp("hostile") / "small.csv"
    path.write_text("size,weight,answer\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def together(table: str) -> dict[str, Any]:
    """All of them in one run, beside a tree: whatever they do, each gets its own result."""
    models = [f"hostile_models:{name}" for name in (*FAILING, *FITTING)]
    done = run(*(a.format(table=table) for a in FIT), "--models", ",".join(["tree", *models]), "--jobs", "2")
    assert done.returncode == 4, done.stderr[-2000:]
    return json.loads(done.stdout)


def fits(document: dict[str, Any], model: str) -> list[dict[str, Any]]:
    return [fit for fit in document["fits"] if fit["model"].startswith(f"hostile_models:{model}")]


@pytest.mark.parametrize("model", FAILING)
def test_a_fit_that_fails_says_why(together: dict[str, Any], model: str) -> None:
    normalised = model.replace("\\'", "'").partition("(")[0]
    found = [fit for fit in fits(together, normalised) if (fit["error"] or "").startswith(FAILING[model])]
    wanted = {"killed"} if "ProcessDied" in FAILING[model] else {"failed"}
    assert len(found) >= 2, [fit["error"] for fit in fits(together, normalised)]
    assert {fit["status"] for fit in found} == wanted
    assert all(len(fit["error"]) < 400 and fit["error"].isprintable() for fit in found)


@pytest.mark.parametrize("model", FITTING)
def test_a_model_that_is_only_strange_is_fitted(together: dict[str, Any], model: str) -> None:
    name = model.partition("(")[0]
    assert "ok" in {fit["status"] for fit in fits(together, name)}


def test_the_models_beside_them_are_unharmed(together: dict[str, Any], table: str) -> None:
    alone = json.loads(run(*(a.format(table=table) for a in FIT), "--models", "tree").stdout)
    for model in ("tree", "dummy"):
        scores = [
            [(f["repeat"], f["fold"], f["accuracy"], f["scores"]) for f in d["fits"] if f["model"] == model]
            for d in (alone, together)
        ]
        assert scores[0] == scores[1]
        assert len(scores[0]) == 2


@pytest.fixture(scope="module")
def beside(table: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str, list[Path]]:
    """What models do to their processes, in one run; it ends when nobody holds its pipes any more."""
    shared = tmp_path_factory.mktemp("shared")
    models = ",".join(["tree", *(f"hostile_models:{name}" for name in DOES)])
    done = run(
        *(a.format(table=table) for a in FIT),
        "--models",
        models,
        "--jobs",
        "2",
        JOBLIB_TEMP_FOLDER=str(shared),
    )
    assert done.returncode == 4, done.stderr[-2000:]
    return json.loads(done.stdout), done.stderr, list(shared.iterdir())


@pytest.mark.skipif(
    sys.platform != "linux", reason="what a process may do to those around it is Linux's here"
)
@pytest.mark.parametrize("name", DOES)
def test_what_a_model_does_to_its_process_is_its_own(beside: Any, name: str) -> None:
    status, told = DEATHS.get(name, ("ok", ""))
    found = [(fit["status"], fit["error"]) for fit in fits(beside[0], name)]
    assert len(found) == 2
    assert all(fit[0] == status and (fit[1] or "").startswith(told) for fit in found), found


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the fits of a model share a process")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_no_fit_of_a_model_from_outside_finds_what_another_has_left(table: str, jobs: str) -> None:
    """Neither another fold, nor another model of the same class."""
    model = "hostile_models:OncePerProcess"
    models = f"{model}(which=1),tree,{model}(which=2),{model}"
    done = run(*(a.format(table=table) for a in FIT), "--models", models, "--jobs", jobs)
    assert {fit["error"] for fit in json.loads(done.stdout)["fits"]} == {None}
    assert done.returncode == 0


@pytest.mark.skipif(
    sys.platform != "linux", reason="what a process may do to those around it is Linux's here"
)
def test_nothing_is_left_of_such_models_and_the_others_are_unharmed(beside: Any, table: str) -> None:
    document, said, shared = beside
    alone = json.loads(run(*(a.format(table=table) for a in FIT), "--models", "tree").stdout)
    scores = [[f["scores"] for f in d["fits"] if f["model"] in {"tree", "dummy"}] for d in (alone, document)]
    assert scores[0] == scores[1]
    assert not shared
    assert "resource_tracker" not in said


@pytest.mark.parametrize("model", REFUSED)
def test_a_model_that_cannot_be_made_is_wrong_usage(table: str, model: str) -> None:
    done = run(*(a.format(table=table) for a in FIT), "--models", f"tree,hostile_models:{model}")
    assert (done.returncode, done.stdout) == (2, "")
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert REFUSED[model] in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("how", ["sleep", "loop", "children"])
def test_a_model_that_does_not_return_is_ended_at_the_limit(table: str, how: str) -> None:
    started = time.monotonic()
    args = [*(a.format(table=table) for a in FIT), "--time-limit", "1", "--jobs", "2"]
    done = run(*args, "--models", f"tree,hostile_models:Hangs(how={how})")
    assert done.returncode == 4
    told = {fit["error"] for fit in json.loads(done.stdout)["fits"] if "Hangs" in fit["model"]}
    assert told == {"TimeLimit: not finished after 1 s (--time-limit)"}
    assert time.monotonic() - started < 30


def test_a_pipe_ends_with_the_program_although_a_fit_left_a_process(table: str) -> None:
    """``compare … 2>&1 | tee`` waits for everybody who holds the pipe."""
    model = "hostile_models:Hangs(how=children)"
    command = [sys.executable, "-m", "compare_cli", *(a.format(table=table) for a in FIT)]
    command += ["--time-limit", "1", "--models", f"{model},tree"]
    done = subprocess.run(
        ["bash", "-c", '"$@" 2>&1 | cat', "bash", *command],
        capture_output=True,
        text=True,
        timeout=40,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert '"TimeLimit: ' in done.stdout


def test_nothing_is_imported_from_the_current_folder_unless_it_is_named(table: str, tmp_path: Path) -> None:
    """Then it is looked for there last."""
    for name in ("typing", "re", "enum", "numpy", "sklearn", "joblib", "random", "hostile_models", "pandas"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken from here')\n", encoding="utf-8")
    (tmp_path / "mine.py").write_text("from hostile_models import Base as Mine\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "compare_cli", *(a.format(table=table) for a in FIT), "--models", "mine:Mine"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert done.returncode == 0, done.stderr
    assert {fit["status"] for fit in json.loads(done.stdout)["fits"]} == {"ok"}


@pytest.mark.parametrize("how", ["_3", "'11'"])
def test_a_picture_of_a_model_that_ends_its_process_says_so(table: str, how: str) -> None:
    model = f"hostile_models:Ends(how={how})"
    done = subprocess.run(
        [sys.executable, "-m", "compare_cli", "plot", table, "--models", f"tree,{model}"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert done.returncode == 4
    assert "accuracy on the" in done.stdout, "the other model is drawn"
    assert f"{model} failed: ProcessDied:" in " ".join(done.stderr.split())


def test_a_model_whose_fits_all_failed_is_not_fitted_on_all_rows(table: str, tmp_path: Path) -> None:
    pytest.importorskip("skops", reason="needs the extra skops")
    model = "hostile_models:Ends(how=_3)"
    command = [sys.executable, "-m", "compare_cli", *(a.format(table=table) for a in FIT)]
    command += ["--models", f"tree,{model}", "--save", str(tmp_path / "m.skops"), "--save-model", model]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert f"error: {model}: every fit of it failed, so it is not fitted on all rows" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_every_signal_that_ends_keeps_what_is_done(table: str, way: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    args = [a.format(table=table) for a in FIT[:-1]]
    models = "tree,hostile_models:Hangs"
    process = subprocess.Popen(
        [sys.executable, "-m", "compare_cli", *args, "--models", models, "--jobs", "1", "-o", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS), "HANGS": str(tmp_path / "hangs")},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 90
    while not (tmp_path / "hangs").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, way)  # the terminal sends it to all of the program's processes
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + way
    assert "Traceback" not in err
    assert json.loads(file.read_text(encoding="utf-8"))["run"]["status"] == "interrupted"
    assert {path.name for path in tmp_path.iterdir()} == {"result.json", "hangs"}


FULL = "error: standard output cannot be written (No space left on device)."
STREAMS = {
    "> /dev/full": (1, FULL),
    "--json > /dev/full": (1, FULL),
    "--format ndjson > /dev/full": (1, FULL),
    "-o /dev/full": (1, "error: -o /dev/full: cannot be written (No space left on device)."),
    ">&-": (0, ""),
    "-o {file} 2>&-": (0, ""),
    "-o {file} 2> /dev/full": (0, ""),
    "-o {file} >&- 2>&- <&-": (0, ""),
    "-o {file} --store /dev/full/store": (0, "warning: Nothing more is saved: /dev/full/store: cannot be"),
}
"""Where a result goes, the exit code, and what is said."""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full (Linux)")
@pytest.mark.parametrize("where", STREAMS)
def test_a_result_that_cannot_be_written_is_an_error_and_a_closed_stream_is_none(
    table: str, tmp_path: Path, where: str
) -> None:
    file = tmp_path / "result.json"
    code, said = STREAMS[where]
    stored = "" if "--store" in where else "--no-store"
    models = f"--models tree --folds 2 --repeats 1 --no-boundary {stored}"
    command = f"{sys.executable} -m compare_cli fit {table} {models} {where.format(file=file)}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    errors = [line for line in done.stderr.splitlines() if not line.startswith(("note: ", "warning: The"))]
    assert len(errors) == bool(said)
    assert all(line.startswith(said) for line in errors)
    if "{file}" in where:
        assert json.loads(file.read_text(encoding="utf-8"))["command"] == "fit"
    assert {path.name for path in tmp_path.iterdir()} <= {file.name}


FILLS = [
    "--help",
    "--version",
    "fit --help",
    "models",
    "models tree",
    "schema",
    "data",
    "data {table}",
    "explain",
]
FILLS += [
    "data {table} --to-csv -",
    "data {table} --to-csv /dev/full",
    "runs",
    "plot {table} --models tree -q",
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full (Linux)")
@pytest.mark.parametrize("asked", FILLS)
def test_every_command_says_that_a_disk_is_full(table: str, asked: str) -> None:
    command = f"{sys.executable} -m compare_cli {asked.format(table=table)} > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(said) == 1
    assert said[0].endswith("cannot be written (No space left on device).")
    assert "fault" not in done.stderr


@pytest.mark.parametrize("asked", FILLS)
def test_a_reader_that_goes_away_is_no_error(table: str, asked: str) -> None:
    command = f"{sys.executable} -m compare_cli {asked.format(table=table)} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert all(line.startswith("note: ") for line in done.stderr.splitlines()) or "/dev/full" in asked
