"""What the shell offers after Tab, asked as bash and zsh ask; and that it comes fast."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from compare_cli.metrics import METRICS
from compare_cli.report.formats import FORMATS

HEAVY = {"numpy", "pandas", "sklearn", "scipy", "pydantic"}


@pytest.fixture
def offers(tmp_path, monkeypatch):
    """Return what bash is offered for a command line whose last word is to be completed."""
    monkeypatch.chdir(tmp_path)

    def run(line: str) -> list[str]:
        code = "import sys; sys.argv = ['compare']; from compare_cli.cli import main; main()"
        words = line.split(" ")
        asked = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", code],
            env={**os.environ, "_COMPARE_COMPLETE": "complete_bash", **asked},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        times = [text for text in done.stderr.splitlines() if text.startswith("import time:")]
        assert len(times) == len(done.stderr.splitlines()), done.stderr[-500:]
        loaded = {text.rpartition("|")[2].strip().split(".")[0] for text in times}
        assert not loaded & HEAVY, "a shell waits for it"
        return done.stdout.split()

    return run


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("compare fit iris --models lo", {"logistic"}),
        ("compare fit iris --models tree,m", {"tree,mlp"}),
        ("compare fit iris -m f", {"forest"}),
        ("compare bench --baseline tr", {"tree"}),
        ("compare fit iris --fail-under accuracy=.9 --model tr", {"tree"}),
        ("compare fit iris --metric roc", {"roc_auc"}),
        ("compare fit iris --metric ", {name for name, metric in METRICS.items() if metric.ranks}),
        ("compare fit iris --format ", set(FORMATS)),
        ("compare fit iris --prefer ", {"simple", "speed"}),
        ("compare fit iris --repeats ", {"auto"}),
        ("compare explain lin", {"linearity"}),
        ("compare models kn", {"knn"}),
        ("compare ve", {"verdict"}),
    ],
)
def test_names_are_offered(offers, line, offered):
    assert set(offers(line)) == offered


def test_files_are_offered_beside_built_in_tables(offers, tmp_path):
    (tmp_path / "iris_new.csv").write_text("a,b\n")
    (tmp_path / ".hidden.csv").write_text("a,b\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.csv").write_text("a,b\n")
    assert set(offers("compare fit ir")) == {"iris", "iris_new.csv"}
    assert set(offers("compare fit de")) == {"deep/", "deep/x.csv"}, "so that no blank ends a folder's name"
    assert offers("compare fit deep/") == ["deep/x.csv"]
    assert set(offers("compare bench iris dee")) == {"deep/", "deep/x.csv"}
    assert ".hidden.csv" not in offers("compare verdict ")
    assert offers("compare verdict .h") == [".hidden.csv"]
    assert offers(f"compare fit iris -o {tmp_path}/iri") == [f"{tmp_path}/iris_new.csv"]
    assert offers("compare fit no/such/folder/") == []


@pytest.mark.parametrize(
    "text", ["size,weight,kind\n1,2,a\n", "\ufeffsize;weight;kind\n", "size\tweight\tkind\n"]
)
def test_columns_of_the_table_are_offered(offers, tmp_path, text):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    assert set(offers("compare fit t.csv --target ")) == {"size", "weight", "kind"}
    assert offers("compare fit t.csv --groups w") == ["weight"]
    assert offers("compare data t.csv --drop k") == ["kind"]
    (tmp_path / "t.bin").write_bytes(b"PAR1\xff\xfe")
    for source in ("missing.csv", "iris", "t.bin"):
        assert offers(f"compare fit {source} --target ") == []


def test_runs_and_files_are_offered(offers, tmp_path, compare):
    assert compare("fit", "iris", "-m", "tree", "--repeats", "1", "--no-boundary").code == 0
    assert compare("fit", "wine", "-m", "tree", "--repeats", "1", "--no-boundary").code == 0
    (tmp_path / "base.json").write_text("{}")
    shown = offers("compare runs show ")
    assert shown[:2] == ["last", "last~1"]
    assert len(shown) == 4
    assert {"last", "base.json"} <= set(offers("compare gate "))
    (tmp_path / "broken.db").write_text("no store")
    assert offers("compare runs show --store broken.db ") == []


def test_other_shells_get_what_names_mean(monkeypatch):
    env = {"_COMPARE_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "compare fit iris --models kn"}
    code = "import sys; sys.argv = ['compare']; from compare_cli.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **env}, capture_output=True, text=True, check=True
    )
    assert '"knn":"' in done.stdout
    assert "nearest" in done.stdout
