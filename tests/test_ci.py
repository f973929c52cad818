"""CI: the commands of docs/ci.md as they are written, the action's script, and what MLflow gets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from toy_tables import blobs

from compare_cli.api import bench, compare, track
from compare_cli.document import to_json
from compare_cli.errors import CompareError

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="the page is written for a POSIX shell")


@pytest.fixture
def folder(tmp_path):
    """A folder with data.csv, and the program on the path."""
    table = blobs(120, spread=1.2)
    rows = table.X.assign(label=["no" if code else "yes" for code in table.y])
    rows.to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "compare-cli"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m compare_cli "$@"\n')
    program.chmod(0o755)
    return tmp_path


def run(folder: Path, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", **variables}
    return subprocess.run(
        ["bash", "-e", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@needs_bash
def test_the_commands_of_the_page_run(folder):
    """Each block of the shell, and the configuration where it stands."""
    blocks = re.findall(r"```(sh|toml)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 5
    for kind, text in blocks:
        if kind == "toml":
            (folder / "compare.toml").write_text(text)
            continue
        done = run(folder, text, COMPARE_NO_BOUNDARY="true")  # which takes most of the time
        assert done.returncode == 0, f"{text}\n{done.stderr}"
    assert ElementTree.fromstring((folder / "scores.xml").read_text()).get("failures") == "0"
    assert ElementTree.fromstring((folder / "gate.xml").read_text()).get("failures") == "0"
    assert (folder / "comment.md").read_text().startswith("### data: 120 rows")
    again = json.loads((folder / "again.json").read_text())
    assert again["run"]["config"].endswith("compare.toml")
    assert again["protocol"]["repeats"] == 2
    assert json.loads((folder / "three-folds.json").read_text())["protocol"]["folds"] == 3


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    kept = tmp_path_factory.mktemp("results")
    data = blobs(120, spread=1.2)
    for name, models in (("good", "logistic"), ("bad", "knn(n_neighbors=90)")):
        found = compare(data, models=models, repeats=2, jobs=1, boundary=False)
        (kept / f"{name}.json").write_text(to_json(found))
    return kept


@needs_bash
@pytest.mark.parametrize(
    ("base", "new", "code"), [("good", "good", 0), ("good", "bad", 5), ("good", "gone", 3)]
)
def test_the_script_of_the_action(folder, results, base, new, code):
    files = {"GITHUB_OUTPUT": str(folder / "outputs"), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    where = {"BASE": str(results / f"{base}.json"), "NEW": str(results / f"{new}.json")}
    done = run(folder, f'bash "{ROOT}/action/gate.sh"', **files, **where, JUNIT="gate.xml")
    assert done.returncode == code, done.stderr
    outputs = dict(line.split("=", 1) for line in (folder / "outputs").read_text().splitlines())
    assert outputs["passed"] == ("true" if code == 0 else "false")
    assert outputs["sentence"] in done.stdout
    assert ("::error" in done.stdout) is bool(code)
    summary = (folder / "summary.md").read_text()
    assert ("✅" in summary) is (code == 0)
    assert ("| Model |" in summary) is (new != "gone")
    assert (folder / "gate.xml").exists() is (code != 3)


@needs_bash
def test_inputs_of_the_action_are_words_and_no_code(folder, results):
    where = {"BASE": "$(touch evil)", "NEW": str(results / "good.json"), "MODEL": "`touch evil`; touch evil"}
    assert run(folder, f'bash "{ROOT}/action/gate.sh"', **where).returncode in {2, 3}
    assert not (folder / "evil").exists()


def test_the_action_passes_its_inputs_by_variables():
    action = (ROOT / "action" / "action.yml").read_text(encoding="utf-8")
    script = (ROOT / "action" / "gate.sh").read_text(encoding="utf-8")
    declared = action.partition("inputs:\n")[2].partition("outputs:")[0]
    inputs = set(re.findall(r"^  (\w+):$", declared, re.MULTILINE))
    given = dict(re.findall(r"^        (\w+): \$\{\{ inputs\.(\w+) \}\}$", action, re.MULTILINE))
    assert set(given.values()) == inputs
    assert not re.findall(r"run:.*\$\{\{", action), "what is pasted into a script is run"
    assert all(re.search(rf"\$\{{?{name}\b", script) for name in given if name != "INSTALL")


@pytest.mark.extra
def test_what_mlflow_gets(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="needs the extra mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "runs").as_uri())
    result = compare(blobs(60), models="tree,rf=forest(n_estimators=5)", repeats=1, jobs=1, boundary=False)
    (run_id,) = track(result)
    client = mlflow.MlflowClient()
    kept = client.get_run(run_id)
    leader = next(m for m in result.models if m.model == result.verdict.recommended)
    assert kept.data.metrics["accuracy"] == leader.accuracy
    assert kept.data.metrics["accuracy_low"] == leader.accuracy_low
    assert kept.data.params["recommended"] == result.verdict.recommended
    assert kept.data.params["folds"] == str(result.protocol.folds)
    assert kept.info.status == "FINISHED"
    text = Path(client.download_artifacts(run_id, "result.json", str(tmp_path))).read_text()
    assert json.loads(text)["run"]["id"] == result.run.id
    experiment = client.get_experiment_by_name("compare").experiment_id
    below = {
        r.data.params["model"]: r
        for r in client.search_runs([experiment])
        if r.data.tags.get("mlflow.parentRunId") == run_id
    }
    assert set(below) == {m.model for m in result.models}
    for model in result.models:
        assert below[model.model].data.metrics["accuracy"] == model.accuracy
    assert below["rf"].data.params["n_estimators"] == "5"
    both = bench([blobs(60), blobs(60, seed=1)], models="tree", repeats=1, jobs=1, boundary=False)
    assert len(track(both)) == 2
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "ftp://nowhere")
    with pytest.raises(CompareError, match="--mlflow: "):
        track(result)
