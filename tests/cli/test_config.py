"""Options from compare.toml, pyproject.toml and COMPARE_… variables: who wins, what is refused."""

from __future__ import annotations

import json
import re

import pytest
import typer

from compare_cli.cli.app import app
from compare_cli.cli.config import NO_SETTINGS, REFUSED, _options
from compare_cli.cli.fit import run_curve
from compare_cli.cli.options import CurveOptions
from compare_cli.errors import UsageError

FAST = ("--repeats", "1", "--no-boundary", "--no-store", "--json")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(compare, *args: str):
    ended = compare("fit", "iris", *FAST, *args)
    assert ended.code == 0, ended.err
    return json.loads(ended.out), ended.err


def models(document) -> list[str]:
    return sorted(m["model"] for m in document["models"] if m["model"] != "dummy")


def test_a_file_sets_options_and_is_named(compare, folder):
    (folder / "compare.toml").write_text(
        'models = ["tree", "knn"]\nfolds = 3\n[fit]\nseed = 7\n[bench]\nseed = 8\n'
    )
    document, err = ran(compare)
    assert models(document) == ["knn", "tree"]
    assert (document["protocol"]["folds"], document["run"]["seed"]) == (3, 7)
    assert document["run"]["config"] == str(folder / "compare.toml")
    assert f"note: Options from {folder / 'compare.toml'}: folds, models, seed." in err
    assert compare("fit", "iris", *FAST, "-q").err == ""


@pytest.mark.parametrize("below", ["", "src/deep"])
def test_the_project_file_is_found_from_the_folders_in_it(compare, folder, monkeypatch, below):
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.compare]\nmodels = "tree"\n')
    (folder / below).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder / below)
    document, _ = ran(compare)
    assert models(document) == ["tree"]
    assert document["run"]["config"] == str(folder / "pyproject.toml")


def test_a_project_of_its_own_ends_the_search(compare, folder, monkeypatch):
    (folder / "compare.toml").write_text("unknown = 1\n")
    for end in ("pyproject.toml", ".git"):
        inner = folder / end[1:]
        inner.mkdir()
        (inner / end).write_text("")
        monkeypatch.chdir(inner)
        assert ran(compare, "-m", "tree")[0]["run"]["config"] is None


def test_flags_win_then_variables_then_the_file(compare, folder, monkeypatch):
    (folder / "compare.toml").write_text('models = "tree"\nfolds = 3\nseed = 1\n')
    monkeypatch.setenv("COMPARE_FOLDS", "4")
    monkeypatch.setenv("COMPARE_SEED", "2")
    monkeypatch.setenv("COMPARE_FIT_SEED", "5")
    document, _ = ran(compare)
    assert (document["protocol"]["folds"], document["run"]["seed"], models(document)) == (4, 5, ["tree"])
    document, err = ran(compare, "--folds", "2", "--seed=6", "-mknn")
    assert (document["protocol"]["folds"], document["run"]["seed"], models(document)) == (2, 6, ["knn"])
    assert document["run"]["config"] is None, "nothing came from it"
    assert "Options from" not in err


def test_what_is_typed_also_wins_over_what_contradicts_it(compare, folder, monkeypatch):
    (folder / "compare.toml").write_text('format = "html"\nrecommend = "leader"\nmodels = "tree"\n')
    document, _ = ran(compare, "--prefer", "simple")
    assert document["command"] == "fit"
    monkeypatch.setenv("COMPARE_JSON", "true")
    assert compare("fit", "iris", "--repeats", "1", "--no-boundary", "--no-store").out.startswith("{")
    assert compare("fit", "iris", "--repeats", "1", "--no-store", "-o", "a.csv").code == 0
    assert (folder / "a.csv").read_text().startswith("dataset,")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("modles = 'tree'", "modles: there is no such option. Did you mean 'models'"),
        ("[fit]\nfoldz = 3", "fit.foldz: there is no such option. Did you mean 'folds'"),
        ("[runs.show]\nfoo = 3", "runs.show.foo: there is no such option"),
        ("limit = 3", "limit: there is no such option"),
        ("folds = '5'", "folds: '5' is not a whole number"),
        ("folds = true", "folds: True is not a whole number"),
        ("folds = 2.5", "folds: 2.5 is not a whole number"),
        ("rope = 'x'", "rope: 'x' is not a number"),
        ("json = 1", "json: 1 is not true or false"),
        ("models = false", "models: False is not a text"),
        ("metric = ['accuracy']", "metric: ['accuracy'] is not a text"),
        ("drop = {a = 1}", "drop: {'a': 1} is not a text, or a list of texts"),
        ("fit = 3", "fit: 3 is not a table of options"),
        ("trust-config = true", "trust-config: there is no such option"),
        ("[bench]\nfolds = 'x'", "bench.folds: 'x' is not a whole number"),
        ("[fit", "cannot be read as TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_file_and_key(compare, folder, text, told):
    file = folder / "compare.toml"
    file.write_text(text)
    ended = compare("fit", "iris", *FAST)
    assert ended.code == 2
    assert ended.err.startswith(f"error: {file}: {told}")
    assert compare("fit", "--help").code == 0
    assert compare("models").code == 0


def test_a_variable_of_another_type_is_told(compare, folder, monkeypatch):
    monkeypatch.setenv("COMPARE_FOLDS", "many")
    ended = compare("fit", "iris")
    assert (ended.code, ended.err) == (2, "error: COMPARE_FOLDS: 'many' is not a whole number.\n")
    assert ran(compare, "--folds", "3", "-m", "tree")[0]["protocol"]["folds"] == 3


@pytest.mark.parametrize(
    "text",
    [
        "models = 'tree,evil:Model'",
        "models = ['tree', 'x=evil:Model(a=1)']",
        "model = 'evil:Model'\nfail-under = 'accuracy=0.1'",
        "cluster = 'dask://far.example:8786'",
        "output = '../elsewhere.json'",
        "store = '/var/elsewhere.db'",
        "output = '.git/hooks/pre-commit'",
        "save = 'below/../.venv/m.skops'",
        "store = '.hidden.db'",
        "[fit]\noutput = '../below.json'",
        "quiet = true\noutput = '../silent.json'",
        "output = '/dev/stdout'",
        "save-model = 'evil:Model'",
        "mlflow = true",
        "test = '../private.csv'",
        "test = '/etc/passwd'",
    ],
)
def test_a_file_that_is_not_trusted_names_no_code_and_no_places(compare, folder, text):
    (folder / "evil.py").write_text("from pathlib import Path\nPath('imported').touch()\n")
    (folder / "compare.toml").write_text(text)
    ended = compare("fit", "iris", "--repeats", "1", "--no-boundary")
    assert ended.code == 2
    assert "if you trust the file, say --trust-config" in ended.err
    assert sorted(path.name for path in folder.iterdir()) == ["compare.toml", "evil.py"]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("[runs.prune]\nall = true", ("runs", "prune")),
        ("[runs.prune]\nkeep = 0", ("runs", "prune", "--dry-run")),
        ("[runs.prune]\nolder-than = '1s'", ("runs", "prune")),
        ("[runs.show]\noutput = '../a.json'", ("runs", "show")),
        ("[predict]\noutput = '.a.csv'", ("predict", "model", "iris")),
        ("[plot]\noutput = '/tmp/a.svg'", ("plot", "iris")),
        ("[data]\nto-csv = '../a.csv'", ("data", "iris")),
    ],
)
def test_it_writes_nowhere_else_and_deletes_nothing_by_any_command(compare, folder, text, command):
    (folder / "compare.toml").write_text(text)
    ended = compare(*command)
    assert (ended.code, ended.out) == (2, "")
    assert re.search(
        "it (says what is deleted|writes outside of its folder, or .*); if you trust the file, (say|set) ",
        ended.err,
    )
    assert [path.name for path in folder.iterdir()] == ["compare.toml"]


def test_a_file_does_not_hide_that_it_was_read(compare, folder):
    (folder / "compare.toml").write_text("quiet = true\nmodels = 'tree'\n")
    err = ran(compare)[1]
    assert f"note: Options from {folder / 'compare.toml'}: models, quiet." in err
    assert ran(compare, "--quiet")[1] == ""


def test_plugins_need_trust_and_a_trusted_file_may_name_code(compare, folder, monkeypatch):
    from compare_cli.models import specs

    plugin = specs.Family("outside", "outside:Model", "a plugin", builtin=False)
    monkeypatch.setattr(specs, "all_families", lambda: {**specs.FAMILIES, "outside": plugin})
    (folder / "compare.toml").write_text("models = 'outside'")
    assert "it names code to import" in compare("fit", "iris", *FAST).err
    name = "sklearn.linear_model:RidgeClassifier"
    (folder / "compare.toml").write_text(f"models = '{name}'")
    assert models(ran(compare, "--trust-config")[0]) == [name]
    assert models(ran(compare, "-m", name)[0]) == [name], "what is typed needs no trust"


def test_paths_in_a_file_begin_in_its_folder(compare, folder, monkeypatch):
    (folder / "compare.toml").write_text("output = 'out.json'\nmodels = 'tree'\n")
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert compare("fit", "iris", "--repeats", "1", "--no-boundary", "--no-store").code == 0
    assert json.loads((folder / "out.json").read_text())["run"]["config"] == str(folder / "compare.toml")


def test_a_file_may_be_named(compare, folder, monkeypatch):
    (folder / "other.toml").write_text("models = 'knn'\n")
    assert models(ran(compare, "--config", "other.toml")[0]) == ["knn"]
    monkeypatch.setenv("COMPARE_CONFIG", str(folder / "other.toml"))
    assert models(ran(compare)[0]) == ["knn"]
    ended = compare("fit", "iris", "--config=missing.toml")
    assert (ended.code, ended.err.startswith("error: missing.toml: cannot be read")) == (2, True)


def test_lists_come_from_files_and_variables(compare, folder, monkeypatch):
    (folder / "compare.toml").write_text('drop = ["petal length (cm)", "1"]\nmodels = "tree"\n')
    assert ran(compare)[0]["dataset"]["features"] == 2
    monkeypatch.setenv("COMPARE_DROP", "petal length (cm)\n1\n2")
    assert ran(compare)[0]["dataset"]["features"] == 1


def test_every_option_of_every_command_may_stand_in_a_file_or_a_variable(compare, folder, monkeypatch):
    """The value is one that no option takes for its own: what is refused was read."""
    group = typer.main.get_command(app)
    commands = {(name,): c for name, c in group.commands.items()}
    commands |= {("runs", name): c for name, c in group.commands["runs"].commands.items()}
    seen = 0
    for path, command in commands.items():
        for key in set(_options(command)) - NO_SETTINGS:
            (folder / "compare.toml").write_text(f"[{'.'.join(path)}]\n{key} = {{}}\n")
            ended = compare(*path, *["x" for p in command.params if p.param_type_name == "argument"])
            assert f"{'.'.join(path)}.{key}: {{}} is not" in ended.err, (path, key)
            seen += 1
    assert seen > 100


def test_settings_for_all_commands_pass_by_a_command_that_refuses_them(compare, folder, monkeypatch):
    """A project may ask every comparison for repeats, which a curve has no use for."""
    (folder / "compare.toml").write_text('models = "tree"\nrepeats = 1\nfail-under = ["accuracy=0.1"]\n')
    monkeypatch.setenv("COMPARE_CHECK_LEAKS", "1")
    ended = compare("curve", "iris", "--sizes", "30,60", "--no-store", "--json")
    assert ended.code == 0, ended.err
    (folder / "compare.toml").write_text("[curve]\nrepeats = 1\n")
    asked = compare("curve", "iris", "--no-store")
    assert asked.code == 2
    assert "--repeats is for compare fit" in asked.err


def test_every_option_that_curves_refuse_is_known_to_be_refused():
    refused = {
        "test": "x.csv",
        "test_rows": 3,
        "fail_under": ["accuracy=1"],
        "repeats": "3",
        "check_leaks": True,
    }
    assert {name.replace("_", "-") for name in refused} == REFUSED["curve",]
    for name, value in refused.items():
        with pytest.raises(UsageError, match="a curve has no use for it"):
            run_curve("moons", CurveOptions(**{name: value}))


def test_a_variable_that_is_nearly_an_option_is_told(compare, folder, monkeypatch):
    for name in (
        "COMPARE_MODELZ",
        "COMPARE_FIT_FOLD",
        "COMPARE_BRANCH",
        "COMPARE_MODELS",
        "COMPARE_TRUST_CONFIG",
    ):
        monkeypatch.setenv(name, "tree")
    document, err = ran(compare)
    assert models(document) == ["tree"]
    told = [line for line in err.splitlines() if "sets no option" in line]
    assert told == [
        "warning: The variable COMPARE_FIT_FOLD sets no option. Set COMPARE_FIT_FOLDS instead.",
        "warning: The variable COMPARE_MODELZ sets no option. Set COMPARE_MODEL or COMPARE_MODELS instead.",
    ]
    assert "sets no option" not in ran(compare, "--quiet")[1]
