"""Models in files: they predict as before, and nothing else is ever loaded."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from toy_models import Plugin
from toy_tables import mixed

from compare_cli import Options, compare
from compare_cli.api import load, predict, save
from compare_cli.api.notebook import ComparisonResult
from compare_cli.data import blocks
from compare_cli.engine.saved import _check_nodes
from compare_cli.errors import DataError, UsageError

sio = pytest.importorskip("skops.io", reason="needs compare-cli[skops]")
pytestmark = pytest.mark.extra
ALL = ("logistic", "tree", "mlp", "forest", "boosting", "knn", "naive_bayes", "svm", "dummy")
CELLS = "size,colour,when,old,kind\n"


def table(rows: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    size, colour = rng.normal(size=rows).round(3), rng.choice(["red", "007", "blå"], rows)
    return pd.DataFrame(
        {
            "size": np.where(rng.random(rows) < 0.1, np.nan, size),
            "colour": colour,
            "when": pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
            "old": rng.random(rows) < 0.5,
            "kind": np.where(size + (colour == "red") > 0.3, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def result() -> ComparisonResult:
    return compare(table(), Options(",".join(ALL), folds=2, repeats=1, boundary=False, jobs=1), target="kind")


@pytest.mark.parametrize("name", ALL)
def test_a_saved_model_predicts_as_it_did(name: str, result: ComparisonResult, tmp_path: Path) -> None:
    file, csv = tmp_path / "model.skops", tmp_path / "new.csv"
    assert save(result, file, name) == name
    rows = table().drop(columns="kind")
    rows.to_csv(csv, index=False)
    model, before = load(file), result.estimator(name)
    assert list(model.predict(rows)) == list(before.predict(rows))
    assert list(model.classes_) == ["no", "yes"]
    proba = hasattr(before, "predict_proba")
    said = list(predict(file, csv, proba=proba).rows)
    assert [line[0] for line in said] == list(before.predict(rows))
    if proba:
        assert np.allclose([line[1:] for line in said], before.predict_proba(rows), rtol=0, atol=1e-12)
    names = zipfile.ZipFile(file).read("schema.json")
    assert b"compare_cli" not in names.replace(b"compare_cli.models.bayes", b"")


def test_a_file_holds_no_rows(result: ComparisonResult, tmp_path: Path) -> None:
    save(result, tmp_path / "m.skops", "logistic")
    assert (tmp_path / "m.skops").stat().st_size < 100_000
    assert len(load(tmp_path / "m.skops")[0].like.X) == 0


def test_labels_are_the_programs_own_and_pipelines_stay_pipelines(tmp_path: Path) -> None:
    X, y = load_wine(return_X_y=True)
    kept = compare(X, y, models=["tree", make_pipeline(StandardScaler(), SVC())], folds=2, repeats=1)
    save(kept, tmp_path / "tree.skops", "tree")
    assert load(tmp_path / "tree.skops").predict(X)[:3].tolist() == [0, 0, 0]
    kept.save(tmp_path / "pipe.skops", "Pipeline(StandardScaler,SVC)")
    assert type(load(tmp_path / "pipe.skops")).__name__ == "Pipeline"
    said = [row[0] for row in predict(tmp_path / "pipe.skops", X).rows]
    assert said == make_pipeline(StandardScaler(), SVC()).fit(X, y).predict(X).tolist()


@pytest.mark.parametrize(
    "model", [Plugin(), make_pipeline(FunctionTransformer(np.log1p), SVC())], ids=["class", "function"]
)
def test_what_no_file_may_hold_is_told(model: Any, tmp_path: Path) -> None:
    X, y = load_wine(return_X_y=True)
    kept = compare(X, y, models={"own": model}, folds=2, repeats=1, boundary=False)
    with pytest.raises(UsageError, match=r"own cannot be saved: holds a .*not among the types"):
        save(kept, tmp_path / "m.skops", "own")
    assert not list(tmp_path.iterdir()), "whole or not at all"


def test_a_new_table_is_read_as_the_first(result: ComparisonResult, tmp_path: Path) -> None:
    save(result, tmp_path / "m.skops", "tree")
    new = tmp_path / "new.csv"
    new.write_text(CELLS.replace(",kind", "") + "0.5,green,2024-01-03,True\n,007,2024-02-01,False\n")
    said = predict(tmp_path / "m.skops", new)
    assert said.header == ["prediction"]
    assert len(list(said.rows)) == 2
    assert [n.code for n in said.notes] == ["unseen_categories"]
    new.write_text("old,other\nTrue,1\nFalse,2\n")
    with pytest.raises(DataError, match="has no column 'size', 'colour', 'when', which"):
        predict(tmp_path / "m.skops", new)
    new.write_text(CELLS + "0.5,red,2024-01-03,True,maybe\n0.1,red,2024-01-04,True,\n")
    assert len(list(predict(tmp_path / "m.skops", new).rows)) == 2, "labels in it do not count"
    save(result, tmp_path / "svm.skops", "svm")
    with pytest.raises(UsageError, match="svm gives no probabilities"):
        predict(tmp_path / "svm.skops", new, proba=True)


def test_many_rows_come_in_order(result: ComparisonResult, tmp_path: Path) -> None:
    save(result, tmp_path / "m.skops", "tree")
    many = pd.concat([table().drop(columns="kind")] * 150, ignore_index=True)
    said = [row[0] for row in predict(tmp_path / "m.skops", many).rows]
    assert len(said) == 13_500
    assert said == list(result.estimator("tree").predict(many))


def rewritten(file: Path, change: Any) -> Path:
    """Write a file anew with a changed description, and the same arrays."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    description = json.loads(members["schema.json"])
    members["schema.json"] = json.dumps(change(description)).encode()
    with zipfile.ZipFile(file, "w") as new:
        for name, data in members.items():
            new.writestr(name, data)
    return file


def refused(file: Path, told: str, **how: Any) -> None:
    with pytest.raises(DataError, match=told) as error:
        load(file, **how)
    assert "\n" not in str(error.value)
    assert str(file) in str(error.value)


HOSTILE = [
    ("ObjectNode", "os", "system"),
    ("FunctionNode", "builtins", "eval"),
    ("MethodNode", "builtins", "exec"),
    ("OperatorFuncNode", "operator", "methodcaller"),
    ("TypeNode", "subprocess", "Popen"),
    ("ReduceNode", "posix", "system"),
    ("ObjectNode", "compare_cli.engine.final", "TableReader"),
    ("ObjectNode", "sklearn.utils._bunch", "Bunch"),
]


@pytest.mark.parametrize(("loader", "module", "name"), HOSTILE)
def test_a_file_that_names_other_types_is_refused(
    loader: str, module: str, name: str, result: ComparisonResult, tmp_path: Path
) -> None:
    file = tmp_path / "m.skops"
    save(result, file, "tree")

    def change(description: Any) -> Any:
        first = next(iter(description["content"].values()))
        first |= {"__loader__": loader, "__module__": module, "__class__": name, "content": {"a": 1}}
        return description

    refused(rewritten(file, change), f"holds a {module}.{name}, which is not among the types")


def test_damaged_files_are_refused(result: ComparisonResult, tmp_path: Path) -> None:
    file = tmp_path / "m.skops"
    save(result, file, "tree")
    whole = file.read_bytes()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 10):
        file.write_bytes(whole[:size])
        refused(file, "is no model of compare, or is damaged")
    for at in range(50, len(whole), len(whole) // 60):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        with contextlib.suppress(DataError):  # else it loads: a number has changed
            load(file)
    file.write_bytes(whole)
    refused(rewritten(file, lambda d: {}), "is no model|holds no model|damaged")
    refused(tmp_path / "none.skops", "cannot be read")
    file.write_bytes(sio.dumps({"format": "other"}))
    refused(file, "holds no model of compare")


def test_bombs_are_not_unpacked(result: ComparisonResult, tmp_path: Path) -> None:
    file = tmp_path / "bomb.skops"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("schema.json", b"[" * 1000)
        with bomb.open("a.npy", "w", force_zip64=True) as member:
            for _ in range(40):
                member.write(bytes(2**20))
    assert file.stat().st_size < 100_000
    refused(file, r"unpacks to 4\d,\d{3},\d{3} bytes, more than 10,000,000", max_bytes=10_000_000)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (2**40,)})
    with zipfile.ZipFile(file, "w") as liar:
        liar.writestr("schema.json", "{}")
        liar.writestr("a.npy", header.getvalue())
    refused(file, "an array in it is damaged")
    with zipfile.ZipFile(file, "w") as deep:
        deep.writestr("schema.json", b'{"a":' * 100_000)
    refused(file, "is no model of compare, or is damaged")
    save(result, file, "tree")
    refused(file, "bytes, more than 1,000", max_bytes=1000)


def test_a_tree_that_leads_out_of_itself_is_refused(result: ComparisonResult) -> None:
    tree = result.estimator("tree")[-1]
    _check_nodes(tree)
    tree.tree_.children_left[0] = 10**6
    with pytest.raises(DataError, match="a tree in it is damaged"):
        _check_nodes({"estimators": [tree]})
    boosting = result.estimator("boosting")[-1]
    _check_nodes(boosting)
    boosting._predictors[0][0].nodes["right"][0] = 0
    with pytest.raises(DataError, match="a tree in it is damaged"):
        _check_nodes(boosting)


def test_a_large_table_comes_in_blocks_and_says_the_same(
    result: ComparisonResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cells hold line breaks, quotes and delimiters; categories that are new are added up."""
    rng = np.random.default_rng(1)
    many = pd.concat([table(90).drop(columns="kind")] * 60, ignore_index=True)
    many["colour"] = rng.choice(["red", 'a "b",\nc', "007", "new\n\n"], len(many))
    many.insert(0, "text", rng.choice(["x", "y\nz"], len(many)))
    many.to_csv(tmp_path / "new.csv", index=False)
    save(result, tmp_path / "m.skops", "mlp")
    whole = predict(tmp_path / "m.skops", tmp_path / "new.csv", proba=True)
    rows = list(whole.rows)
    monkeypatch.setattr(blocks, "LARGE", 1000)
    monkeypatch.setattr(blocks, "BLOCK", 7001)
    assert (
        len(
            list(
                blocks._tables(tmp_path / "new.csv", blocks.options_like(load(tmp_path / "m.skops")[0].like))
            )
        )
        > 20
    )
    parts = predict(tmp_path / "m.skops", tmp_path / "new.csv", proba=True)
    assert [row[0] for row in parts.rows] == [row[0] for row in rows]
    assert len(rows) == len(many)
    assert [n.message.split(", such as")[0] for n in parts.notes] == [
        n.message.split(", such as")[0] for n in whole.notes
    ]
    assert [n.code for n in parts.notes] == ["columns_passed_over", "unseen_categories"]


def test_a_model_of_another_version_is_told(result: ComparisonResult, tmp_path: Path) -> None:
    file = tmp_path / "m.skops"
    save(result, file, "tree")

    def older(description: Any) -> Any:
        return json.loads(
            json.dumps(description).replace(json.dumps(json.dumps(sklearn.__version__)), '"\\"1.2.3\\""')
        )

    rewritten(file, older)
    with pytest.warns(UserWarning, match=r"was made by scikit-learn 1\.2\.3; here is scikit-learn"):
        load(file)
    table().to_csv(tmp_path / "new.csv", index=False)
    assert "other_version" in [n.code for n in predict(file, tmp_path / "new.csv").notes]


def run(*arguments: str, where: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "compare_cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=where, timeout=120)


def test_the_command_line_saves_and_predicts(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "data.csv", index=False)
    fit = ("fit", "data.csv", "--models", "tree,svm", *["--folds", "2", "--repeats", "1", "--no-boundary"])
    done = run(*fit, "--save", "m.skops", "--save-model", "tree", where=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "m.skops: tree, fitted on all 90 rows." in done.stderr
    said = run("predict", "m.skops", "data.csv", "--proba", "-o", "out.csv", where=tmp_path)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    out = pd.read_csv(tmp_path / "out.csv")
    assert list(out.columns) == ["prediction", "P(no)", "P(yes)"]
    assert (out["prediction"] == table()["kind"]).all()
    assert run("predict", "m.skops", "data.csv", where=tmp_path).stdout.startswith("prediction\n")
    (tmp_path / "bad.skops").write_bytes(b"PK")
    bad = run("predict", "bad.skops", "data.csv", where=tmp_path)
    assert (bad.returncode, bad.stderr) == (3, "error: bad.skops: is no model of compare, or is damaged.\n")
    for wrong, told in (
        (("--save-model", "tree"), "give --save FILE too"),
        (("--save", "no/m.skops"), "--save no/m.skops: cannot be written"),
        (("--save", "m.skops", "--save-model", "knn"), "--save-model knn: is not among the models"),
    ):
        refused_run = run(*fit, *wrong, where=tmp_path)
        assert (refused_run.returncode, told in refused_run.stderr) == (2, True), refused_run.stderr


def test_a_data_set_of_the_program_can_be_saved(tmp_path: Path) -> None:
    kept = compare(mixed(60), Options("logistic", folds=2, repeats=1, boundary=False, jobs=1))
    save(kept, tmp_path / "m.skops")
    frame = mixed(60).X
    assert len(list(predict(tmp_path / "m.skops", frame).rows)) == 60
