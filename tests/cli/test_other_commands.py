from __future__ import annotations

import ast
import csv
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import get_args, get_type_hints

import jsonschema
import pytest

import compare_cli.report
from compare_cli.api import catalogue
from compare_cli.metrics import METRICS
from compare_cli.report.tables import score_title
from compare_cli.types import Reason

ROOT = Path(__file__).parents[2]
FAST = ("--models", "logistic,tree", "--folds", "3", "--repeats", "1", "--jobs", "1", "--quiet")


def test_version_and_help(compare):
    from compare_cli import __version__

    assert compare("--version").out == f"compare {__version__}\n"
    for command in (
        [],
        ["fit"],
        ["bench"],
        ["models"],
        ["data"],
        ["schema"],
        ["verdict"],
        ["gate"],
        ["runs"],
        ["runs", "diff"],
    ):
        ended = compare(*command, "-h")
        assert ended.code == 0
        assert "Usage" in ended.out


def test_schema_is_a_valid_json_schema(compare):
    schema = json.loads(compare("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == "compare/1"


def test_models_lists_every_family_and_shows_every_parameter(compare):
    from sklearn.tree import DecisionTreeClassifier

    from compare_cli.models import FAMILIES

    listed = compare("models").out
    assert all(name in listed for name in FAMILIES)
    shown = compare("models", "tree").out
    assert all(name in shown for name in DecisionTreeClassifier().get_params())
    assert compare("models", "treee").code == 2


def test_data_lists_the_built_in_sets_and_each_can_be_read(compare):
    from compare_cli.data import builtin_names

    listed = compare("data").out
    names = [name for name, _ in builtin_names()]
    assert len(names) >= 17
    assert all(name in listed for name in names)


def test_data_describes_a_table_as_it_is_read(compare, table):
    out = compare("data", str(table)).out
    assert "60 rows, 4 columns" in out
    assert [line.split()[:3] for line in out.splitlines() if line.startswith("weight")] == [
        ["weight", "feature", "numeric"]
    ]
    assert "yes" in out


def test_data_writes_csv_that_reads_the_same(compare, table, tmp_path):
    written = tmp_path / "again.csv"
    assert compare("data", str(table), "--to-csv", str(written)).code == 0
    assert compare("data", str(table), "--to-csv", "-").out.encode() == written.read_bytes()
    rows = list(csv.DictReader(io.StringIO(written.read_text(encoding="utf-8"), newline="")))
    assert len(rows) == 60
    assert list(rows[0]) == ["size", "weight", "kind", "answer"]


def test_bench_shows_each_table_and_the_ranks(compare, table):
    ended = compare("bench", "iris", str(table), *FAST)
    assert ended.code == 0
    assert "iris: 150 rows" in ended.out
    assert "small: 60 rows" in ended.out
    assert "Mean rank" in ended.out
    document = json.loads(compare("bench", "iris", str(table), *FAST, "--json").out)
    jsonschema.validate(document, json.loads(compare("schema").out))
    assert document["command"] == "bench"
    assert [d["dataset"]["name"] for d in document["datasets"]] == ["iris", "small"]
    ranks = [m["average_rank"] for m in document["across"]["models"]]
    assert ranks == sorted(ranks)


def test_bench_goes_on_without_a_table_that_cannot_be_used(compare, table, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,x\n", encoding="utf-8")
    ended = compare("bench", str(bad), str(table), *[a for a in FAST if a != "--quiet"])
    assert ended.code == 4
    assert "bad" in ended.err
    assert "small: 60 rows" in ended.out
    assert compare("bench", str(bad), *FAST).code == 3


@pytest.fixture
def results(compare, tmp_path):
    def make(name: str, *args: str) -> Path:
        file = tmp_path / name
        assert compare("fit", "iris", *FAST, "-o", str(file), *args).code == 0
        return file

    return make


def test_verdict_of_a_result_is_the_result(compare, results):
    file = results("a.json")
    before = json.loads(file.read_text(encoding="utf-8"))
    again = json.loads(compare("verdict", str(file), "--json").out)
    jsonschema.validate(again, json.loads(compare("schema").out))
    assert again["command"] == "verdict"
    assert again["verdict"] == before["verdict"]
    assert again["pairs"] == before["pairs"]


def test_verdict_judges_by_another_metric(compare, results):
    again = json.loads(compare("verdict", str(results("a.json")), "--metric", "log_loss", "--json").out)
    losses = [m["scores"]["log_loss"] for m in again["models"][:-1]]
    assert losses == sorted(losses)
    assert compare("verdict", str(results("b.json")), "--metric", "nothing").code == 2


def test_verdict_joins_models_of_the_same_splits(compare, results):
    one, other = results("a.json"), results("b.json", "--models", "knn")
    joined = json.loads(compare("verdict", str(one), str(other), "--json").out)
    assert {m["model"] for m in joined["models"]} == {"logistic", "tree", "knn", "dummy"}
    twice = compare("verdict", str(one), str(one))
    assert twice.code == 3
    assert "logistic" in twice.err


def test_verdict_reads_scores_from_elsewhere(compare, tmp_path):
    file = tmp_path / "scores.csv"
    rows = [f"{m},{k},{s + 0.01 * k}" for m, s in (("a", 0.5), ("b", 0.9)) for k in range(5)]
    file.write_text("model,fold,skill\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert json.loads(compare("verdict", str(file), "--json").out)["models"][0]["model"] == "b"
    lower = json.loads(compare("verdict", str(file), "--lower-is-better", "--json").out)
    assert lower["models"][0]["model"] == "a"


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("model,fold,s\na,1,.5\na,2,.4\nb,1,.5\n", 3, "b has no row for fold 2"),
        ("model,fold,s\na,1,.5\nb,1,.5\n", 3, "single fold"),
        ("model,fold,s\na,1,high\n", 3, "not a number"),
        ("model,fold\na,1\n", 2, "--metric"),
        ("model,fold,s,t\na,1,1,2\n", 2, "--metric"),
        ("fold,s\n1,.5\n", 2, "'model'"),
        ("", 3, "no scores"),
        ('{"schema": "else/1"}', 3, "no compare result"),
        ("{", 3, "not JSON"),
    ],
)
def test_bad_scores_get_one_clear_line(compare, tmp_path, text, code, told):
    file = tmp_path / "scores.csv"
    file.write_text(text, encoding="utf-8")
    ended = compare("verdict", str(file))
    assert ended.code == code
    assert told in ended.err
    assert ended.err.count("\n") == 1


def test_gate_holds_for_the_same_and_fails_for_much_worse(compare, results):
    base = results("base.json", "--models", "tree")
    assert compare("gate", str(base), str(results("same.json", "--models", "tree"))).code == 0
    worse = results("worse.json", "--models", "tree(max_depth=1)")
    ended = compare("gate", str(base), str(worse))
    assert ended.code == 5
    assert "NEW is worse than BASE" in ended.out
    assert compare("gate", str(worse), str(base)).code == 0


def test_gate_refuses_other_splits_and_other_data_unless_told(compare, results, table, tmp_path):
    base = results("base.json")
    other = results("other.json", "--seed", "1")
    refused = compare("gate", str(base), str(other))
    assert refused.code == 3
    assert "--unpaired" in refused.err
    assert compare("gate", str(base), str(other), "--unpaired", "--margin", "0.2").code == 0
    data = tmp_path / "data.json"
    assert compare("fit", str(table), *FAST, "-o", str(data)).code == 0
    assert compare("gate", str(base), str(data)).code == 3
    assert compare("gate", str(base), str(base), "--model", "forst").code == 2
    assert compare("gate", str(base), str(tmp_path / "none.json")).code == 3


def test_gate_pairs_runs_of_different_length_on_the_repeats_they_share(compare, results):
    base = results("base.json")
    longer = results("longer.json", "--repeats", "3")
    assert compare("gate", str(base), str(longer), "--model", "tree").code == 0


def test_every_option_is_in_the_guide():
    from typer.main import get_command

    from compare_cli.cli.app import app

    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    commands = dict(get_command(app).commands)
    for name, group in list(commands.items()):
        commands |= {f"{name} {part}": c for part, c in getattr(group, "commands", {}).items()}
    options = {o for c in commands.values() for p in c.params for o in p.opts if o.startswith("--")}
    missing = {o for o in options - {"--help"} if o not in text}
    assert not missing
    assert all(f"compare {name}" in text or f"compare-cli {name}" in text for name in commands)


def test_the_readme_is_a_landing_page_whose_links_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_readme_and_ci_name_the_same_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install . && compare fit datasets/moons.csv" in readme
    assert "pip install '.[test]' && pytest" in readme
    assert "fit datasets/moons.csv" in script
    assert "pip install --quiet '.[test]'" in script


def test_data_where_a_command_should_stand_is_told_what_to_write(compare, table):
    for name in (str(table), "iris", "openml:61", "./gone.csv", "gone.csv"):
        ended = compare(name)
        assert ended.code == 2
        assert ended.err == f"error: {name} is no command. To compare models on it: compare fit {name}\n"
    assert "Did you mean 'fit'" in compare("fti", "iris").err


def test_notes_are_broken_at_words_on_a_terminal_only(monkeypatch, capsys):
    import shutil

    from compare_cli.cli.output import say_error

    message = "a column of the table repeats its values in blocks of rows " * 3
    say_error(message)
    assert capsys.readouterr().err == f"error: {message.strip()}\n"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: SimpleNamespace(columns=40))
    monkeypatch.setenv("NO_COLOR", "1")
    say_error(message)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 3
    assert max(map(len, lines)) <= 40
    assert all(line.startswith("       ") for line in lines[1:])
    assert " ".join(line.strip() for line in lines) == f"error: {message.strip()}"


@pytest.mark.parametrize(
    "name",
    [
        "Dirs",
        "P(best)",
        "mcc",
        "Gap",
        "really bends",
        "not a straight line",
        "Axis",
        "Decided by",
        "noise",
        "N1",
        "N3",
        "L2",
        "Fisher ratio",
        "boundary thickness",
        "ambiguity",
        "agrees with a plane",
    ],
)
def test_every_word_of_the_output_is_explained(compare, name):
    done = compare("explain", name)
    assert done.code == 0
    assert "what" in done.out


def test_verbose_shows_which_keys_prove_a_reason(compare):
    options = ("fit", "moons", "--models", "logistic,mlp", "--repeats", "1", "--folds", "5")
    assert "pairs.delta" not in compare(*options).out
    done = compare(*options, "--verbose")
    assert "Not a straight line" in done.out
    assert "bends: pairs.delta, models.boundary.linearity, models.boundary.columns" in done.out


def _titles() -> set[str]:
    """Titles of the columns of every table, as the report's source names them."""
    found = set()
    for path in Path(compare_cli.report.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"Column", "_statistic"}:
                found |= {a.value for a in call.args[1:2] if isinstance(a, ast.Constant) and a.value}
    return found


def test_every_header_metric_key_and_reason_is_explained(compare):
    result = json.loads(compare("fit", "moons", "--models", "logistic,tree", "--format", "json").out)
    boundary = {name for model in result["models"] for name in model["boundary"] or {}}
    scores = {name for model in result["models"] for name in model["scores"]} | {"accuracy"}
    titles = _titles() | {score_title(metric) for metric in METRICS.values()}
    codes = {code for part in get_args(get_type_hints(Reason)["code"]) for code in get_args(part) or (part,)}
    assert {"Dirs", "W-T-L", "Right %", "Accuracy %"} <= titles
    assert {"columns", "instability_halves", "margin_robust"} <= boundary
    assert {"noise", "region", "columns"} <= codes
    for name in {*boundary, *scores, *titles, *codes}:
        assert catalogue.explain(name).definition, name
