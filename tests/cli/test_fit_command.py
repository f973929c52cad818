from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from sklearn.utils import Bunch

FAST = ("--models", "logistic,tree", "--folds", "3", "--repeats", "1", "--jobs", "1")
SCHEMA = json.loads((Path(__file__).parents[2] / "compare_cli" / "schema.json").read_text(encoding="utf-8"))


def test_a_table_is_compared_and_the_sentence_stands_under_it(compare, table):
    ended = compare("fit", str(table), *FAST)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == "small: 60 rows, 3 features, 2 classes of answer"
    document = json.loads(compare("fit", str(table), *FAST, "--json").out)
    rows = [line.split()[0] for line in lines if line.startswith(("logistic", "tree", "dummy"))]
    assert rows == [model["model"] for model in document["models"]]
    above, sentence, below = " ".join(lines).partition(document["verdict"]["sentence"])
    assert sentence
    assert all(f" {model} " in above for model in rows)
    reasons = [text.partition(" (pairs.")[0] for text in document["verdict"]["because"]]
    assert all(reason in " ".join(below.split()) for reason in reasons)
    assert ended.err.startswith("note: The target is 'answer'")


def test_json_on_standard_output_is_one_valid_document(compare, table):
    ended = compare("fit", str(table), *FAST, "--json")
    document = json.loads(ended.out)
    jsonschema.validate(document, SCHEMA)
    assert [m["model"] for m in document["models"]][-1] == "dummy"
    assert document["dataset"]["target"] == "answer"
    assert document["run"]["fits_run"] == len(document["fits"]) == 9


def test_ndjson_streams_each_fit_and_ends_with_the_document(compare, table):
    lines = compare("fit", str(table), *FAST, "--format", "ndjson").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert [e["type"] for e in events] == ["fit"] * 9 + ["comparison"]
    last = {k: v for k, v in events[-1].items() if k != "type"}
    jsonschema.validate(last, SCHEMA)
    assert all(e["dataset"] == "small" for e in events[:-1])


def test_csv_has_a_row_per_model_with_raw_numbers(compare, table):
    out = compare("fit", str(table), *FAST, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert {r["model"] for r in rows} == {"logistic", "tree", "dummy"}
    assert all(0 <= float(r["accuracy"]) <= 1 for r in rows)


def test_the_suffix_of_the_file_chooses_the_format_and_nothing_is_on_stdout(compare, table, tmp_path):
    result = tmp_path / "result.json"
    ended = compare("fit", str(table), *FAST, "-o", str(result))
    assert ended.out == ""
    jsonschema.validate(json.loads(result.read_text(encoding="utf-8")), SCHEMA)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_an_old_file_stays_whole_when_the_run_fails(compare, table, tmp_path):
    result = tmp_path / "result.json"
    result.write_text("old", encoding="utf-8")
    assert compare("fit", str(table), "--target", "nothing", "-o", str(result)).code == 3
    assert result.read_text(encoding="utf-8") == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["result.json", "small.csv"]


def test_a_file_that_cannot_be_written_is_told_before_anything_runs(compare, table, tmp_path):
    ended = compare("fit", str(table), *FAST, "-o", str(tmp_path / "no" / "result.json"))
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "result.json" in ended.err


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("--models", "treee"), 2, "'tree'"),
        (("--models", "tree(max_dept=3)"), 2, "max_depth"),
        (("--models", "tree(max_depth=-3)"), 2, "max_depth"),
        (("--models", "tree(max_depth=3"), 2, "not closed"),
        (("--metric", "acuracy"), 2, "accuracy"),
        (("--metric", "ece"), 2, "information only"),
        (("--folds", "1"), 2, "at least 2"),
        (("--repeats", "often"), 2, "auto"),
        (("--format", "jsn"), 2, "json"),
        (("--json", "--format", "csv"), 2, "two formats"),
        (("--jobs", "0"), 2, "at least 1"),
        (("--seed", "-1"), 2, "at least 0"),
        (("--rope", "-1"), 2, "0 or more"),
        (("--fail-under", "accuracy"), 2, "accuracy=0.9"),
        (("--target", "anser"), 3, "answer"),
        (("--target", "9"), 3, "9"),
        (("--groups", "knd"), 3, "kind"),
    ],
)
def test_mistakes_get_one_line_and_the_documented_code(compare, table, args, code, told):
    ended = compare("fit", str(table), "--quiet", *args)
    assert ended.code == code
    assert told in ended.err
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_an_unknown_option_is_wrong_usage(compare, table):
    assert compare("fit", str(table), "--metrik", "accuracy").code == 2


def test_debug_shows_the_traceback_and_still_the_line(compare, table):
    ended = compare("fit", str(table), "--models", "treee", "--debug")
    assert "Traceback" in ended.err
    assert ended.err.splitlines()[-1].startswith("error:")


def test_a_failing_model_is_shown_once_with_a_count_and_the_rest_goes_on(compare, table):
    ended = compare("fit", str(table), *FAST[2:], "--models", "tree,toy_models:Raises", "--quiet")
    assert ended.code == 4
    told = [line for line in ended.out.splitlines() if "all fits failed" in line]
    assert len(told) == 1
    assert "tree" in ended.out


def test_fail_under_is_a_gate_on_the_lower_bound(compare):
    assert compare("fit", "iris", *FAST, "--fail-under", "accuracy=0.8", "--quiet").code == 0
    ended = compare("fit", "iris", *FAST, "--fail-under", "accuracy=0.99", "--quiet")
    assert ended.code == 5
    assert "lower bound" in ended.err
    assert compare("fit", "iris", *FAST, "--fail-under", "log_loss=0.01", "--quiet").code == 5


def test_standard_input_is_a_source(spawn, table):
    ended = spawn("fit", "-", *FAST, "--json", "--quiet", stdin=table.read_bytes())
    assert ended.code == 0
    assert json.loads(ended.out)["dataset"]["rows"] == 60
    assert ended.err == ""


def test_the_same_seed_gives_the_same_document_whatever_the_jobs(spawn):
    def numbers(jobs: str) -> object:
        args = (
            "fit",
            "breast_cancer",
            "--repeats",
            "2",
            "--models",
            "logistic,tree,mlp",
            "--json",
            "-q",
            "--no-store",
        )
        return _without_times(json.loads(spawn(*args, "--jobs", jobs).out))

    assert numbers("1") == numbers("2")


def _without_times(document: dict) -> dict:
    """Drop what is measured: no verdict depends on it."""
    document["run"] = {k: v for k, v in document["run"].items() if k in {"seed", "fits_run", "fits_failed"}}
    for row in (*document["models"], *document["fits"]):
        for name in list(row):
            if "second" in name:
                del row[name]
    document["notes"] = [n for n in document["notes"] if n["code"] != "busy_machine"]
    return document


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_prints_what_is_done_and_leaves_no_process(way, tmp_path):
    args = ["fit", "digits", "--models", "tree,mlp", "--repeats", "10", "--format", "ndjson", "--jobs", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "compare_cli", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs ignore it
    )
    assert process.stdout is not None
    first = process.stdout.readline()  # one fit is done
    os.kill(process.pid, way)
    rest, _ = process.communicate(timeout=60)
    assert json.loads(first)["type"] == "fit"
    last = json.loads(rest.splitlines()[-1])
    assert last["type"] == "comparison"
    assert last["run"]["status"] == "interrupted"
    assert process.returncode == 128 + way
    assert _ended_within(process.pid, 5), "a worker is left behind"


def _ended_within(session: int, seconds: float) -> bool:
    """Whether no process of the session is left."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = subprocess.run(
            ["ps", "-o", "stat=", "-s", str(session)], capture_output=True, text=True, check=False
        )
        if not [line for line in found.stdout.splitlines() if not line.startswith("Z")]:
            return True
        time.sleep(0.1)
    return False


def test_a_reader_that_goes_away_ends_it_silently(table):
    command = f"{sys.executable} -m compare_cli fit {table} --models tree --folds 3 --repeats 1 -q | head -1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("small: 60 rows")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_takes_one_line_of_a_stream_ends_the_run():
    command = f"{sys.executable} -m compare_cli fit iris --format ndjson --repeats 2 -q | head -1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert json.loads(done.stdout)["type"] == "fit"
    assert (done.returncode, done.stderr) == (0, "")


def test_an_ascii_terminal_gets_ascii(spawn, table):
    ended = spawn("fit", str(table), *FAST, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert ended.code == 0
    assert ended.out.isascii()
    assert "Model" in ended.out


def test_colour_follows_the_environment(spawn, table):
    plain = spawn("fit", str(table), *FAST)
    forced = spawn("fit", str(table), *FAST, env={"FORCE_COLOR": "1"})
    never = spawn("fit", str(table), *FAST, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b[" not in plain.out + plain.err
    assert "\x1b[" in forced.out
    assert "\x1b[" not in never.out + never.err


def test_a_test_file_is_judged_on(compare, table, tmp_path):
    later = tmp_path / "later.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    later.write_text("\n".join(lines[:31]) + "\n", encoding="utf-8")
    ended = compare(
        "fit", str(table), "--test", str(later), "--models", "logistic,tree", "--json", "--repeats", "2"
    )
    document = json.loads(ended.out)
    assert document["protocol"]["scheme"] == "test"
    assert document["dataset"]["test_rows"] == 30
    assert {f["train_rows"] for f in document["fits"]} == {60}


def test_groups_and_time_are_no_features(compare, table):
    grouped = json.loads(compare("fit", str(table), *FAST, "--groups", "kind", "--json").out)
    assert grouped["protocol"]["scheme"] == "grouped"
    assert grouped["protocol"]["groups"] == "kind"
    assert grouped["dataset"]["features"] == 2
    ordered = json.loads(compare("fit", str(table), *FAST, "--time", "size", "--drop", "kind", "--json").out)
    assert ordered["protocol"]["scheme"] == "time"
    assert ordered["dataset"]["features"] == 1


def test_any_scorer_of_scikit_learn_ranks(compare, table):
    document = json.loads(compare("fit", str(table), *FAST, "--metric", "jaccard_macro", "--json").out)
    assert document["protocol"]["metric"] == "jaccard_macro"
    scores = [m["scores"]["jaccard_macro"] for m in document["models"][:-1]]
    assert scores == sorted(scores, reverse=True)
    assert None not in scores


@pytest.mark.parametrize("how", [("--drop", "size", "--drop", "kind"), ("--drop", "size,kind")])
def test_columns_are_dropped_one_by_one_or_as_a_list(compare, table, how):
    document = json.loads(compare("fit", str(table), *FAST, *how, "--json").out)
    assert document["dataset"]["features"] == 1
    assert {d["column"] for d in document["dataset"]["dropped"]} == {"size", "kind"}


@pytest.mark.extra
def test_lightgbm_is_a_model_like_any_other(compare):
    pytest.importorskip("lightgbm", reason="needs lightgbm")
    spec = "lightgbm:LGBMClassifier(n_estimators=5,verbosity=-1)"
    ended = compare("fit", "iris", "--models", f"tree,{spec}", "--repeats", "1", "--json")
    assert ended.code == 0
    rows = {m["model"]: m for m in json.loads(ended.out)["models"]}
    assert rows[spec]["accuracy"] > 0.8
    assert rows[spec]["params"]["n_jobs"] == 1


@pytest.mark.parametrize(
    ("source", "asked"), [("openml:flowers", {"name": "flowers"}), ("openml:61", {"data_id": 61})]
)
def test_a_data_set_of_openml_is_judged_on_its_last_rows(source, asked, compare, monkeypatch):
    """The last 30 rows have their labels exchanged: who learns from the others is wrong on all of them."""
    number = np.tile([0.0, 1.0], 75)
    label = np.where((number > 0) ^ (np.arange(150) >= 120), "yes", "no")
    frame = pd.DataFrame({"number": number, "other": np.arange(150) % 7, "flower": pd.Categorical(label)})
    seen = {}

    def fetch(**given):
        seen.update(given)
        return Bunch(frame=frame, target=frame["flower"], details={"name": "flowers"})

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    ended = compare("fit", source, "--test-rows", "30", "--models", "tree,logistic", "--json", "--no-store")
    assert asked.items() <= seen.items()
    assert ended.code == 0, ended.err
    result = json.loads(ended.out)
    data, protocol = result["dataset"], result["protocol"]
    assert (data["name"], data["target"], protocol["scheme"]) == ("flowers", "flower", "test")
    assert {(fit["train_rows"], fit["test_rows"]) for fit in result["fits"]} == {(120, 30)}
    assert {m["model"]: m["accuracy"] for m in result["models"]} == {"tree": 0, "logistic": 0, "dummy": 0.5}
    refused = compare("fit", source, "--test-rows", "150", "--no-store")
    assert refused.code == 3
    assert "--test-rows 150" in refused.err
