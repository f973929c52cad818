"""The store from the command line: nothing is lost, and nothing that is wrong with it costs a result."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from compare_cli.engine.store import MIGRATIONS, Store

SCHEMA = json.loads((Path(__file__).parents[2] / "compare_cli" / "schema.json").read_text(encoding="utf-8"))
FAST = ("--models", "logistic,tree", "--folds", "3", "--repeats", "1", "--jobs", "1", "--no-boundary")


@pytest.fixture
def file() -> Path:
    return Path(os.environ["COMPARE_STORE"])


def scores(document):
    """The numbers of a result, without what the clock says."""
    return {
        m["model"]: (m["accuracy"], m["scores"], m["boundary"], m["confusion"]) for m in document["models"]
    }


def integrity(file):
    db = sqlite3.connect(file)
    try:
        return db.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        db.close()


def statuses(file):
    kept = Store(file)
    try:
        return [run.status for run in kept.runs()]
    finally:
        kept.close()


def test_the_same_command_again_runs_nothing(compare, table):
    first = json.loads(compare("fit", str(table), *FAST, "--json").out)
    again = json.loads(compare("fit", str(table), *FAST, "--json").out)
    assert (first["run"]["fits_run"], first["run"]["fits_reused"]) == (9, 0)
    assert (again["run"]["fits_run"], again["run"]["fits_reused"]) == (0, 9)
    jsonschema.validate(again, SCHEMA)
    assert scores(first) == scores(again)
    assert (first["pairs"], first["verdict"]) == (again["pairs"], again["verdict"])
    assert all(fit["reused"] and fit["ran_at"] for fit in again["fits"])


def test_the_table_says_of_when_the_times_are(compare, table):
    compare("fit", str(table), *FAST)
    all_of_them = compare("fit", str(table), *FAST)
    assert "0 fits, 9 reused" in all_of_them.out
    assert "All fits come from the store, times from 20" in all_of_them.out
    some = compare("fit", str(table), *FAST, "--models", "tree,knn", "--format", "markdown")
    assert "6 of 9 fits come from the store, times from 20" in some.out
    assert "come from the store" not in compare("fit", str(table), *FAST, "--fresh").out
    assert "come from the store" not in compare("fit", str(table), *FAST, "--no-store").out


def damaged(file):
    file.parent.mkdir(parents=True)
    file.write_bytes(b"SQLite format 3\0" + os.urandom(5000))


def text(file):
    file.parent.mkdir(parents=True)
    file.write_text("what,is,this\n" * 500, encoding="utf-8")


def foreign(file):
    file.parent.mkdir(parents=True)
    db = sqlite3.connect(file)
    db.execute("CREATE TABLE books (title TEXT)")
    db.close()


def newer(file):
    Store(file).close()
    db = sqlite3.connect(file)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()


def unwritable(file):
    file.parent.parent.mkdir(parents=True, exist_ok=True)
    file.parent.write_text("a file where a folder should be", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (damaged, "damaged"),
        (text, "damaged, or no store"),
        (foreign, "a database of another program"),
        (newer, "made by a newer version of compare"),
        (unwritable, "cannot be opened"),
    ],
    ids=["damaged", "text", "foreign", "newer", "unwritable"],
)
def test_a_store_that_cannot_be_used_costs_a_warning(compare, table, file, spoil, told):
    spoil(file)
    ended = compare("fit", str(table), *FAST, "--json")
    assert ended.code == 0
    document = json.loads(ended.out)
    jsonschema.validate(document, SCHEMA)
    assert len(document["fits"]) == 9
    assert [n["code"] for n in document["notes"]].count("store_unusable") == 1
    warnings = [line for line in ended.err.splitlines() if line.startswith("warning:")]
    assert len(warnings) == 1
    assert told in warnings[0]
    assert str(file) in warnings[0]
    assert "Traceback" not in ended.err
    listed = compare("runs")
    if spoil is unwritable:
        assert (listed.code, listed.err) == (0, "")
    else:
        assert listed.code == 3
        assert told in listed.err
        assert listed.err.count("\n") == 1


@pytest.mark.parametrize("way", ["full", "dropped"])
def test_a_fault_in_the_middle_costs_only_what_comes_after(compare, table, file, monkeypatch, way):
    """The disk is really full, as SQLite sees it: the file may not grow."""
    calls = []

    def put(self, *args):
        calls.append(args)
        if len(calls) == 4:
            fault = {"full": "PRAGMA max_page_count = 1", "dropped": "ALTER TABLE fits RENAME TO gone"}[way]
            self._db.execute(fault)
        if len(calls) >= 4 and way == "full":
            args = (_padded(args[0]), *args[1:])
        real(self, *args)

    real = Store.put
    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", put)
        ended = compare("fit", str(table), *FAST, "--json")
    assert ended.code == 0
    document = json.loads(ended.out)
    assert len(document["fits"]) == 9
    assert [n["code"] for n in document["notes"]].count("store_unusable") == 1
    assert ended.err.count("warning:") == 1
    assert ("the disk is full" if way == "full" else "no such table") in ended.err
    if way == "full":
        again = json.loads(compare("fit", str(table), *FAST, "--json").out)
        assert again["run"]["fits_reused"] >= 3
        assert scores(again) == scores(document)


def _padded(result):
    return replace(result, traceback=os.urandom(30_000).hex())


def test_damaged_fits_run_again_with_a_warning(compare, table, file):
    first = json.loads(compare("fit", str(table), *FAST, "--json").out)
    db = sqlite3.connect(file)
    with db:
        db.execute("UPDATE fits SET result = x'789c00' WHERE model = 'tree'")
    db.close()
    ended = compare("fit", str(table), *FAST, "--json")
    again = json.loads(ended.out)
    assert ended.code == 0
    assert ended.err.count("warning: 3 fits in the store are damaged and run again") == 1
    assert (again["run"]["fits_run"], again["run"]["fits_reused"]) == (3, 6)
    assert scores(first) == scores(again)


def test_a_table_whose_name_is_no_text(compare, table):
    odd = Path(os.fsdecode(os.fsencode(table.parent) + b"/caf\xe9.csv"))
    try:
        odd.write_bytes(table.read_bytes())
    except OSError:
        pytest.skip("this file system knows text only")
    ended = compare("fit", str(odd), *FAST)
    assert ended.code == 0
    assert "warning:" not in ended.err
    assert "caf?" in compare("runs").out


def test_no_store_goes_with_nothing_that_needs_one(compare, table):
    for more in (["--store", "x.db"], ["--fresh"]):
        assert compare("fit", str(table), *FAST, "--no-store", *more).code == 2


def test_a_tiny_budget_leaves_out_the_rest_and_the_next_run_does_it(compare, table, monkeypatch):
    from compare_cli.engine import execute

    asked = 0

    def now():
        nonlocal asked
        asked += 1
        return float(asked)

    with monkeypatch.context() as patch:
        patch.setattr(execute, "time", SimpleNamespace(monotonic=now))
        ended = compare("fit", str(table), *FAST, "--budget", "7", "--json")
    assert ended.code == 4
    cut = json.loads(ended.out)
    jsonschema.validate(cut, SCHEMA)
    skipped = [fit for fit in cut["fits"] if fit["status"] == "skipped"]
    assert 0 < len(skipped) < 9
    assert all("--budget" in fit["error"] for fit in skipped)
    assert cut["run"]["fits_run"] == 9 - len(skipped)
    assert "budget_spent" in {n["code"] for n in cut["notes"]}
    assert "goes on where" in ended.err
    rest = json.loads(compare("fit", str(table), *FAST, "--json").out)
    assert (rest["run"]["fits_run"], rest["run"]["fits_reused"]) == (len(skipped), 9 - len(skipped))
    assert rest["run"]["status"] == "complete"


def start(*args, **more):
    return subprocess.Popen(
        [sys.executable, "-m", "compare_cli", *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


@pytest.mark.slow
def test_two_programs_at_once_use_one_store(compare, table, file):
    for _ in range(3):
        args = ("fit", str(table), *FAST, "--quiet", "--json")
        both = [start(*args), start(*args, "--models", "tree,knn")]
        ended = [process.communicate(timeout=120) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert [err for _, err in ended] == [b"", b""]
        kept = Store(file)
        assert kept.facts().fits == 12
        assert [run.status for run in kept.runs()] == ["complete", "complete"]
        kept.close()
        assert integrity(file) == "ok"
        for part in file.parent.glob(f"{file.name}*"):
            part.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_run_is_completed_by_the_same_command(spawn, table, file, jobs):
    """Killed at random moments, from the start of the fits on: nothing is lost, nothing is double."""
    args = ("fit", "iris", "--models", "logistic,mlp", "--repeats", "3", "--jobs", jobs, "--no-boundary")
    undisturbed = json.loads(spawn(*args, "--json", "--no-store").out)
    for seed in range(4):
        process = start(*args, "--format", "ndjson")
        process.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert integrity(file) == "ok"
        assert statuses(file)[0] in {"killed", "complete"}
    kept = Store(file)
    there = kept.facts().fits
    kept.close()
    assert there > 0
    ended = spawn(*args, "--json")
    document = json.loads(ended.out)
    assert ended.code == 0
    assert document["run"]["fits_reused"] == there
    assert document["run"]["fits_run"] == 90 - there
    assert scores(document) == scores(undisturbed)
    assert document["pairs"] == undisturbed["pairs"]
    assert "killed" in spawn("runs").out


def test_a_suffix_that_no_format_has_is_refused_before_anything_runs(compare, table, tmp_path):
    file = tmp_path / "result.pdf"
    ended = compare("fit", str(table), "-o", str(file))
    assert ended.code == 2
    assert "no format has the suffix .pdf. Known: .txt, .json" in ended.err
    assert not file.exists()
    named = compare(
        "fit", str(table), "--models", "tree", "--repeats", "1", "--format", "csv", "-o", str(file)
    )
    assert named.code == 0
    assert file.read_text(encoding="utf-8").startswith("dataset,model,")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_and_links_stay_what_they_are(compare, table, tmp_path):
    asked = ("fit", str(table), "--models", "tree", "--repeats", "1", "-q")
    pipe, link, target = tmp_path / "pipe", tmp_path / "link", tmp_path / "target"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    assert compare(*asked, "-o", str(pipe)).code == 0
    reader.join(timeout=30)
    assert "1 repeat" in got[0]
    assert pipe.is_fifo()
    target.write_text("before", encoding="utf-8")
    link.symlink_to(target)
    assert compare(*asked, "-o", str(link)).code == 0
    assert link.is_symlink()
    assert "1 repeat" in target.read_text(encoding="utf-8")


@pytest.mark.extra
def test_a_page_has_the_boundaries_and_the_command(compare, table, tmp_path):
    page = tmp_path / "page.html"
    ended = compare(
        "fit", str(table), "--models", "tree,t=tree(max_depth=2)", "--repeats", "1", "-q", "-o", str(page)
    )
    assert (ended.code, ended.out) == (0, "")
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/svg+xml;base64,") == 2  # a picture for each model
    assert "Where each model predicts which class" in text
    assert "--models &#39;tree,t=tree(max_depth=2)&#39;" in text
    several = tmp_path / "bench.html"
    assert (
        compare(
            "bench",
            str(table),
            "iris",
            "--models",
            "tree,logistic",
            "--repeats",
            "1",
            "-q",
            "-o",
            str(several),
        ).code
        == 0
    )
    assert several.read_text(encoding="utf-8").count("data:image/svg+xml;base64,") == 1


def test_a_page_without_matplotlib_says_why_it_has_no_picture(compare, table, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = tmp_path / "page.html"
    asked = ("fit", str(table), "--models", "tree", "--repeats", "1", "-q", "-o", str(page))
    assert compare(*asked).code == 0
    text = page.read_text(encoding="utf-8")
    assert "No picture: Pictures in files need matplotlib" in text
    assert "<img" not in text


@pytest.mark.parametrize("locale", ["ascii", "latin-1", "utf-16"])
def test_what_programs_read_is_utf_8_in_any_locale(locale, tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{at % 7},{at % 3},{('né', '東')[at % 2]}" for at in range(40)]
    path.write_text("\n".join(["größe,b,class", *rows, ""]), encoding="utf-8")
    for form in ("json", "csv", "html"):
        command = ["fit", str(path), "--models", "tree", "--folds", "2", "--repeats", "1", "--format", form]
        done = subprocess.run(
            [sys.executable, "-m", "compare_cli", *command, "--quiet", "--no-store", "--no-boundary"],
            env={**os.environ, "PYTHONIOENCODING": locale, "PYTHONUTF8": "0"},
            capture_output=True,
            check=True,
        )
        text = done.stdout.decode("utf-8")
        assert "�" not in text
        if form == "json":
            assert json.loads(text)["dataset"]["classes"][0] in {"né", "東"}
