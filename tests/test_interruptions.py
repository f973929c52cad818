"""A bench that is killed again and again: no fit is lost or done twice, the numbers stay the same."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TESTS = str(Path(__file__).parent)
TIMES = 25
WAYS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MODELS = "tree,mlp(max_iter=40),toy_models:Sleeps(seconds=0.5)"
FITS = 2 * 2 * 5 * 4  # data sets, repeats, folds, models with the baseline


@pytest.fixture
def tables(tmp_path: Path) -> list[str]:
    rng = np.random.default_rng(0)
    paths = []
    for name in ("first", "second"):
        X = rng.normal(size=(200, 3))
        y = (X[:, 0] + rng.normal(size=200) > 0).astype(int)
        path = tmp_path / f"{name}.csv"
        np.savetxt(path, np.column_stack([X, y]), "%.6g", ",", header="a,b,c,class", comments="")
        paths.append(str(path))
    return paths


def start(tables: list[str], store: Path) -> subprocess.Popen[str]:
    command = ["bench", *tables, "--models", MODELS, "--folds", "5", "--repeats", "2", "--jobs", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "compare_cli", *command, "--format", "ndjson", "--store", str(store), "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": TESTS},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs ignore it
    )


def shown(out: str) -> list[dict[str, Any]]:
    """Return the whole lines of a stream; what is killed may leave half a line."""
    return [json.loads(line) for line in out.splitlines(keepends=True) if line.endswith("\n")]


def place(fit: dict[str, Any]) -> tuple[Any, ...]:
    return fit["dataset"], fit["model"], fit["repeat"], fit["fold"]


def stored(store: Path) -> Counter[tuple[Any, ...]]:
    if not store.exists():
        return Counter()
    with closing(sqlite3.connect(store)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        try:
            rows = db.execute("SELECT dataset, model, repeat, fold FROM fits WHERE status = 'ok'").fetchall()
        except sqlite3.OperationalError:  # killed before the first table was made
            return Counter()
    return Counter(rows)


def numbers(document: dict[str, Any]) -> list[Any]:
    """Return all that is not time, or follows from it."""
    found: list[Any] = [document["across"]["models"], document["across"]["pairs"]]
    for part in document["datasets"]:
        fits = [(place({**f, "dataset": ""}), f["scores"], f["accuracy"]) for f in part["fits"]]
        told = ("model", "accuracy", "scores", "score_intervals", "boundary")
        models = [[m[key] for key in told] for m in part["models"]]
        pairs = [{k: v for k, v in pair.items() if "second" not in k} for pair in part["pairs"]]
        found.append((part["dataset"]["fingerprint"], fits, models, pairs, part["verdict"]["top_set"]))
    return found


def session_is_empty(session: int, seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        listed = subprocess.run(["ps", "-o", "stat=", "-s", str(session)], capture_output=True, text=True)
        if not [line for line in listed.stdout.splitlines() if not line.startswith("Z")]:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
def test_a_bench_that_is_killed_25_times_ends_as_if_undisturbed(tables: list[str], tmp_path: Path) -> None:
    store, chance = tmp_path / "killed.db", random.Random(0)
    done: Counter[tuple[Any, ...]] = Counter()
    endings: Counter[int] = Counter()
    for _ in range(TIMES):
        process = start(tables, store)
        way = chance.choice(WAYS)
        time.sleep(chance.uniform(0.05, 3.5))
        process.send_signal(way)
        out, err = process.communicate(timeout=60)
        assert session_is_empty(process.pid), "a process is left behind"
        assert "Traceback" not in err
        endings[process.returncode] += 1
        assert process.returncode in {0, -way, 128 + way}, (err, out[-3000:])
        lines = [line for line in shown(out) if line["type"] == "fit"]
        done.update(place(line) for line in lines if not line["reused"])
        kept = stored(store)
        assert {place(line) for line in lines} <= set(kept), "a finished fit was shown and is not there"
        assert set(kept.values()) <= {1}
    assert len(endings) > 1, "nothing was interrupted"
    process = start(tables, store)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    last = shown(out)[-1]
    done.update(place(line) for line in shown(out) if line["type"] == "fit" and not line["reused"])
    assert set(done.values()) == {1}, "a fit that was finished was done again"
    kept = stored(store)  # fits that only reasons need are there too
    assert len(done) == FITS
    assert all(kept[where] == 1 for where in done)
    undisturbed = start(tables, tmp_path / "undisturbed.db")
    out, _ = undisturbed.communicate(timeout=120)
    assert numbers(last) == numbers(shown(out)[-1])
    assert last["run"]["fits_run"] + last["run"]["fits_reused"] == FITS


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_all_was_written_does_not_change_the_exit_code(way: signal.Signals) -> None:
    """Python ends with the system's own handlers, which would make it −2 beside a complete result."""
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-m", "compare_cli", "models"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(way)
        rest, err = process.communicate(timeout=60)
        assert (bool(first + rest), err) == (True, "")
        assert process.returncode in {0, 128 + way}


def test_an_interrupt_while_a_string_is_run_does_not_change_the_exit_code(tmp_path: Path) -> None:
    """As dataclasses do while they are made; `python -m` remembered it, and ended by SIGINT (−2)."""
    text = "import sys\nfrom compare_cli import cli\n"
    text += "def run():\n    try:\n        exec('raise KeyboardInterrupt')\n"
    text += "    except KeyboardInterrupt:\n        sys.exit(143)\ncli.run = run\ncli.main()\n"
    (tmp_path / "interrupted.py").write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "interrupted"], cwd=tmp_path)
    assert done.returncode == 143
