"""`compare runs`: list, show, diff, prune."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from compare_cli.engine.store import Store
from compare_cli.types import StoredRun

FAST = ("--folds", "3", "--repeats", "1", "--jobs", "1", "--no-boundary")


@pytest.fixture
def file() -> Path:
    return Path(os.environ["COMPARE_STORE"])


@pytest.fixture
def fit(compare, table):
    def run(models="tree,knn", *more):
        ended = compare("fit", str(table), *FAST, "--models", models, *more)
        assert ended.code == 0
        return ended

    return run


def keep(file, *runs):
    kept = Store(file)
    for run in runs:
        kept.put_run(run, None if run.status in {"running", "failed"} else "{}")
    kept.close()


def stored(number, **facts):
    started = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)).isoformat(timespec="seconds")
    run = StoredRun(
        f"{number:04x}beefcafe", started, "fit", ("moons",), ("tree", "knn"), "complete", "So.", 12
    )
    return replace(run, **facts)


def listed(compare, *args):
    return [run["id"] for run in json.loads(compare("runs", "--json", *args).out)["runs"]]


def test_without_a_store_there_are_no_runs(compare, file):
    for args in ([], ["list"]):
        ended = compare("runs", *args)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out == f"No runs yet: compare fit and bench keep theirs in {file}\n"
    assert json.loads(compare("runs", "--json").out)["runs"] == []
    assert compare("runs", "--format", "csv").out.startswith("id,started,command")
    assert not file.exists()
    for args in (["show", "last"], ["diff", "last", "last"], ["prune", "--all"]):
        ended = compare("runs", *args)
        assert ended.code == 2
        assert "there is no store yet" in ended.err


def test_the_list_says_what_ran_and_what_came_of_it(compare, fit, file):
    fit()
    fit("tree", "--seed", "1")
    out = compare("runs").out
    lines = out.splitlines()
    assert lines[0].split() == ["Run", "When", "What", "Models", "Status", "Verdict"]
    assert "fit small" in lines[2]
    assert "complete" in lines[2]
    assert lines[-1].startswith("2 runs, 15 fits, ")
    assert lines[-1].endswith(str(file))
    newest = listed(compare)[0]
    assert lines[2].startswith(newest[:6])
    assert compare("runs", "list").out == out


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_list_fits_the_width(compare, file, monkeypatch, width):
    long = "x" * 300
    keep(
        file,
        stored(1, verdict=long, datasets=(long,), models=(long,)),
        stored(2, command="bench", datasets=tuple("abcdefg"), status="interrupted"),
        stored(3, datasets=("日本語の表" * 20,), verdict="優" * 100),
    )
    monkeypatch.setenv("COLUMNS", str(width))
    from rich.cells import cell_len

    lines = compare("runs").out.splitlines()
    assert max(map(cell_len, lines[:-1])) <= width
    assert any("bench 7 data sets" in line for line in lines) or width < 80
    assert ("Models" in lines[0]) == (width >= 100)


def test_short_names_leave_the_titles_whole(compare, file):
    keep(file, stored(1, datasets=("a",), models=("b",), verdict=""))
    assert compare("runs").out.splitlines()[0].split() == [
        *["Run", "When", "What", "Models", "Status", "Verdict"]
    ]


def test_names_do_not_act_on_the_terminal(compare, file):
    keep(file, stored(1, datasets=("\x1b[2Jgone\x07",), verdict="\x9b31m[bold]x", models=("\u202etree",)))
    for args in (["runs"], ["runs", "--format", "csv"], ["runs", "--json"]):
        out = compare(*args).out
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(out)
    assert "[bold]x" in compare("runs").out


def test_the_list_as_data(compare, file):
    keep(file, stored(1), stored(2, datasets=("a,b", "c"), models=(), status="partial", seconds=2.5))
    document = json.loads(compare("runs", "--json").out)
    assert document["store"] == str(file)
    assert (document["runs_kept"], document["fits_kept"]) == (2, 0)
    assert document["size_bytes"] > 0
    assert document["runs"][0] == {
        "id": "0002beefcafe",
        "started": "2026-01-03T00:00:00+00:00",
        "command": "fit",
        "datasets": ["a,b", "c"],
        "models": [],
        "status": "partial",
        "verdict": "So.",
        "fits": 12,
        "seconds": 2.5,
    }
    rows = list(csv.DictReader(io.StringIO(compare("runs", "--format", "csv").out, newline="")))
    assert [(r["id"], r["datasets"]) for r in rows] == [("0002beefcafe", "a,b; c"), ("0001beefcafe", "moons")]
    assert compare("runs", "--format", "yaml").code == 2
    assert compare("runs", "--json", "--format", "csv").code == 2


def test_a_limit_shows_the_newest_and_says_how_many_there_are(compare, file):
    keep(file, *(stored(i) for i in range(5)))
    out = compare("runs", "--limit", "2").out
    assert "2 of 5 runs" in out
    assert listed(compare, "--limit", "2") == ["0004beefcafe", "0003beefcafe"]
    assert compare("runs", "--limit", "0").code == 2


def test_another_store_is_named(compare, tmp_path, fit):
    other = tmp_path / "other.db"
    fit("tree", "--store", str(other))
    assert listed(compare) == []
    assert len(listed(compare, "--store", str(other))) == 1
    assert compare("runs", "show", "last", "--store", str(other)).code == 0
    refused = compare("runs", "--store", str(other), "show", "last")
    assert refused.code == 2
    assert "after the command" in refused.err


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "ndjson"])
def test_a_run_is_shown_as_it_was(compare, table, form):
    args = ["fit", str(table), *FAST[:-1], "--models", "tree,knn", "--boundary-probes", "5"]
    before = compare(*args, "--format", form)
    shown = compare("runs", "show", "last", "--format", form)
    assert shown.code == 0
    assert shown.out == before.out
    assert set(shown.err.splitlines()) == set(before.err.splitlines())
    assert compare("runs", "show", "last", "--format", form, "-q").err == ""


@pytest.mark.parametrize(
    "more",
    [("--format", form) for form in ("table", "json", "csv", "markdown")] + [("--baseline", "knn"), ("-v",)],
    ids=" ".join,
)
def test_a_bench_is_shown_as_it_was(compare, table, more):
    before = compare("bench", "iris", str(table), *FAST, "--models", "tree,knn", *more)
    shown = compare("runs", "show", "last", *more)
    assert shown.out == before.out
    notes = [line for line in before.err.splitlines() if not line.startswith("[")]  # that is progress
    assert set(shown.err.splitlines()) == set(notes)


def test_the_ranks_of_a_bench_are_drawn(compare, table, tmp_path):
    pytest.importorskip("matplotlib")
    args = ("bench", "iris", str(table), *FAST, "--models", "tree,knn", "-q")
    before, after = tmp_path / "before.svg", tmp_path / "after.svg"
    compare(*args, "-o", str(before))
    assert compare("runs", "show", "last", "-o", str(after)).code == 0
    assert len(after.read_bytes()) == len(before.read_bytes()) > 0


def test_what_only_a_bench_has_is_refused_for_a_fit(compare, fit, tmp_path):
    fit()
    for more in (["--baseline", "tree"], ["-o", str(tmp_path / "a.png")]):
        assert compare("runs", "show", "last", *more).code == 2


def test_a_result_goes_to_a_file_with_more_columns(compare, fit, tmp_path):
    before = fit("tree", "--json")
    result = tmp_path / "again.json"
    assert compare("runs", "show", "last", "-o", str(result)).out == ""
    assert json.loads(result.read_text(encoding="utf-8")) == json.loads(before.out)
    wide, narrow = (compare("runs", "show", "last", *more).out for more in (["-v"], []))
    assert "Hidden at this width" not in wide
    assert "Fit CPU" in wide
    assert "Fit CPU" in narrow.partition("Hidden at this width")[2]


def test_runs_are_named_by_the_beginning_of_their_id(compare, fit):
    fit()
    fit("tree", "--seed", "1")
    new, old = listed(compare)
    for name in (old, old[:6], old.upper(), "last~1"):
        assert json.loads(compare("runs", "show", name, "--json").out)["run"]["id"] == old
    assert json.loads(compare("runs", "show", "last", "--json").out)["run"]["id"] == new


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("0001beefcaff", "Did you mean '0001beefcafe'"),
        ("00", "2 runs begin so: 0002beefcafe, 0001beefcafe. Give more of it."),
        ("lst", "Did you mean 'last'?"),
        ("last~7", "there are only 2 runs"),
        ("", "no such run"),
    ],
)
def test_a_run_that_is_not_there_gets_one_clear_line(compare, file, name, told):
    keep(file, stored(1), stored(2))
    for args in (["show", name], ["diff", name, "0001"]):
        ended = compare("runs", *args)
        assert told in ended.err
        assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_a_run_without_a_result_says_so(compare, file):
    keep(file, stored(1, status="running"), stored(2, status="failed"))
    killed = compare("runs", "show", "0001")
    assert killed.code == 2
    assert "has no result (killed). The same command (compare fit moons …) goes on" in killed.err
    assert "killed" in compare("runs").out
    assert "has no result (failed)" in compare("runs", "show", "0002").err


def test_a_result_that_is_damaged_is_told(compare, fit, file):
    fit()
    db = sqlite3.connect(file)
    with db:
        db.execute("UPDATE runs SET document = x'00'")
    db.close()
    ended = compare("runs", "show", "last")
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "is damaged" in ended.err


def test_two_runs_are_compared_model_by_model(compare, fit):
    fit("tree(max_depth=1),knn,naive_bayes")
    fit("tree(max_depth=1),knn,logistic")
    out = compare("runs", "diff", "last~1", "last").out
    assert "small: accuracy; paired over 3 folds × 1 repeat" in out
    rows = {line.split()[0]: line for line in out.splitlines() if line}
    assert rows["knn"].endswith("identical")
    assert rows["logistic"].endswith("only in new")
    assert rows["naive_bayes"].endswith("only in old")
    document = json.loads(compare("runs", "diff", "last~1", "last", "--json").out)
    assert document["datasets"][0]["how"] == "paired"
    verdicts = {m["model"]: m["verdict"] for m in document["datasets"][0]["models"]}
    assert verdicts["knn"] == "identical"
    assert verdicts["logistic"] is None


def test_runs_of_other_data_have_nothing_in_common(compare, fit):
    fit()
    assert compare("fit", "iris", *FAST, "--models", "tree").code == 0
    ended = compare("runs", "diff", "last~1", "last")
    assert ended.code == 3
    assert "no data set in common: small there, iris here" in ended.err


def test_pruning_asks_what_goes(compare, file):
    keep(file, stored(1))
    for args in ([], ["--dry-run"], ["--all", "--keep", "1"], ["--older-than", "soon"], ["--keep", "-1"]):
        ended = compare("runs", "prune", *args)
        assert ended.code == 2
    assert "--keep N, --older-than 30d (or both), or --all" in compare("runs", "prune").err
    assert listed(compare) == ["0001beefcafe"]


def test_pruning_deletes_the_oldest_and_says_how_much(compare, fit, file):
    fit()
    kept = Store(file)
    old = replace(stored(1), id="old")
    kept.put_run(old, "{}")
    kept._db.execute("UPDATE fits SET used_at = ? WHERE model = 'knn'", (old.started,))
    kept.close()
    said = compare("runs", "prune", "--keep", "1", "--dry-run")
    assert said.out.startswith("Would delete 1 run and 3 fits (about ")
    assert len(listed(compare)) == 2
    done = compare("runs", "prune", "--older-than", "30d")
    assert done.out.startswith("Deleted 1 run and 3 fits, ")
    assert done.out.endswith("freed; 1 run and 6 fits stay.\n")
    again = json.loads(fit("tree,knn", "--json").out)
    assert (again["run"]["fits_run"], again["run"]["fits_reused"]) == (3, 6)
    assert compare("runs", "prune", "--all").code == 0
    assert listed(compare) == []
    assert "9 fits" in fit("tree,knn").out


def test_what_is_under_way_stays(compare, file):
    now = datetime.now(UTC).isoformat(timespec="seconds")
    keep(file, stored(1), stored(2, status="running", started=now))
    compare("runs", "prune", "--all")
    assert [run["status"] for run in json.loads(compare("runs", "--json").out)["runs"]] == ["running"]


def test_ids_are_completed_with_what_they_are(compare, file, monkeypatch):
    keep(file, stored(1), stored(2, datasets=("iris",)))
    monkeypatch.setenv("_COMPARE_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "compare runs show 00")
    out = compare().out
    assert "0001beefcafe" in out
    assert "fit iris" in out
    assert "Jan" in out


def test_a_store_that_cannot_be_read_completes_nothing(compare, file, monkeypatch):
    file.parent.mkdir(parents=True)
    file.write_text("x" * 5000, encoding="utf-8")
    monkeypatch.setenv("_COMPARE_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "compare runs show 00")
    ended = compare()
    assert "Traceback" not in ended.err
    assert "damaged" not in ended.out


@pytest.mark.parametrize(
    "args", [["show", "last"], ["diff", "last", "last"], ["prune", "--keep", "1"]], ids=str
)
def test_no_run_is_looked_at_with_scikit_learn_or_pandas(fit, args):
    fit("tree")
    command = [sys.executable, "-X", "importtime", "-m", "compare_cli", "runs", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "compare_cli" in loaded
    assert not loaded & {"sklearn", "pandas", "joblib"}
