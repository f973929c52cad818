"""Growing samples on the command line: results judged again, held against each other, and thresholds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

CLEAR = "logistic,tree"


@pytest.fixture
def source(tmp_path):
    X = np.random.default_rng(0).normal(size=(4000, 4))
    label = np.where(np.abs(X[:, 0]) > 0.7, "yes", "no")
    pd.DataFrame(X, columns=list("abcd")).assign(label=label).to_csv(tmp_path / "t.csv", index=False)
    return str(tmp_path / "t.csv")


@pytest.fixture
def documents(source, tmp_path, compare):
    paths = {}
    for name, more in {"one": [], "two": ["--seed", "1"], "folds": ["--all-rows", "--repeats", "1"]}.items():
        flags = ["--samples"] if name != "folds" else []
        paths[name] = str(tmp_path / f"{name}.json")
        ended = compare("fit", source, "-m", CLEAR, "--no-store", "-q", "-o", paths[name], *flags, *more)
        assert ended.code == 0, ended.err
    return paths


def test_stored_results_are_judged_held_and_compared(documents, compare):
    first = json.loads(Path(documents["one"]).read_text(encoding="utf-8"))
    again = compare("verdict", documents["one"])
    assert again.code == 0
    assert first["verdict"]["sentence"][:40] in again.out.replace("\n", " ")
    by_another = compare("verdict", documents["one"], "--metric", "roc_auc")
    assert by_another.code == 3
    assert "needs the run again" in by_another.err.replace("\n", " ")
    assert compare("gate", documents["one"], documents["two"], "--margin", "0.1").code == 0
    mixed = compare("gate", documents["folds"], documents["one"])
    assert mixed.code == 3
    assert "--all-rows" in mixed.err.replace("\n", " ")


def test_fail_under_looks_at_a_fit_on_all_rows(source, compare):
    asked = ["fit", source, "-m", CLEAR, "--no-store", "-q", "--samples", "--json"]
    found = {}
    for model, code in (("tree", 0), ("logistic", 5)):
        ended = compare(*asked, "--fail-under", "accuracy=0.8", "--model", model)
        assert ended.code == code, ended.err
        found = json.loads(ended.out)
        assert next(m for m in found["models"] if m["model"] == model)["train_rows"] == 3000
    assert found["verdict"]["recommended"] == "tree"


def test_flags_that_do_not_go_together(source, compare):
    ended = compare("fit", source, "--samples", "--folds", "5")
    assert ended.code == 2
    assert "--samples takes the place of folds" in ended.err.replace("\n", " ")


def test_a_bench_grows_samples_where_it_is_told(source, compare):
    for flags, scheme in (([], "stratified"), (["--samples"], "samples")):
        ended = compare("bench", source, "-m", CLEAR, "--no-store", "-q", "--no-boundary", "--json", *flags)
        assert ended.code == 0, ended.err
        assert [c["protocol"]["scheme"] for c in json.loads(ended.out)["datasets"]] == [scheme]
    assert compare("bench", source, "--samples", "--repeats", "2").code == 2


def test_each_size_is_told_when_it_is_done(source, compare):
    ended = compare("fit", source, "-m", CLEAR, "--no-store", "--samples", "--no-boundary", "--json")
    sizes = json.loads(ended.out)["protocol"]["sizes"]
    told = [line for line in ended.err.splitlines() if "training rows: 9 fits" in line]
    assert [line.partition(" ")[0] for line in told] == [f"{size:,}" for size in sizes[: len(told)]]
    assert len(told) >= 3
    assert "repeat" not in ended.err
