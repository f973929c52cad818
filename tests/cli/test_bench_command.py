from __future__ import annotations

import json
import shutil
import sys

import jsonschema
import pytest

FAST = ("--models", "logistic,tree", "--folds", "3", "--repeats", "1", "--jobs", "1", "--no-boundary")
QUIET = (*FAST, "--quiet")


@pytest.fixture
def folder(tmp_path, table):
    """Three tables, one of them of no use, and what is no table."""
    inside = tmp_path / "tables"
    inside.mkdir()
    text = table.read_text(encoding="utf-8")
    (inside / "a.csv").write_text(text.replace("size", "height"), encoding="utf-8")
    (inside / "b.tsv").write_text(text.replace(",", "\t").replace("size", "depth"), encoding="utf-8")
    (inside / "bad.csv").write_text("a,b\n1,x\n", encoding="utf-8")
    (inside / "README.md").write_text("# tables", encoding="utf-8")
    return inside


def names(ended):
    return [d["dataset"]["name"] for d in json.loads(ended.out)["datasets"]]


def test_a_folder_and_a_pattern_that_the_shell_did_not_open(compare, folder):
    ended = compare("bench", str(folder), *QUIET, "--json")
    assert ended.code == 4, "one of the tables is of no use"
    assert names(ended) == ["a", "b"]
    note = json.loads(ended.out)["notes"][0]
    assert (note["code"], "bad.csv" in note["message"]) == ("dataset_left_out", True)
    ended = compare("bench", f"{folder}/?.*", str(folder / "a.csv"), *QUIET, "--json")
    assert (ended.code, names(ended)) == (0, ["a", "b"])


def test_what_is_left_out_is_told_once(compare, folder):
    ended = compare("bench", str(folder), *FAST)
    lines = ended.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["[1/3] a", "[2/3] b", "warning"]
    assert "bad.csv: has 1 data row;" in lines[2]


def test_warnings_have_the_name_of_their_data_set(compare, folder, tmp_path):
    few = tmp_path / "few.csv"
    few.write_text(
        "x,y\n" + "\n".join(f"{i * 7 % 5},{'ab'[i % 2]}" for i in range(4)) + "\n", encoding="utf-8"
    )
    err = compare("bench", str(few), str(folder / "a.csv"), *FAST).err
    assert "warning: few: 2 folds instead of 3" in err
    assert "The target is" not in err
    assert (
        "note: few: The target is 'y'"
        in compare("bench", str(few), str(folder / "a.csv"), *FAST, "--verbose").err
    )


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("iris", "mons"), 3, "'moons'"),
        (("iris", "no/such.csv"), 3, "no/such.csv"),
        (("iris", "none*.csv"), 3, "no file matches"),
        (("iris", "--baseline", "tre"), 2, "'tree'"),
        (("iris", "--baseline", "svm"), 2, "logistic, tree, dummy"),
        (("iris", "--baseline", "tree(max_depth=3)"), 2, "logistic, tree, dummy"),
        (("iris", "openml:"), 2, "openml:suite/99"),
    ],
)
def test_mistakes_are_told_before_anything_runs(compare, monkeypatch, tmp_path, args, code, told):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("compare_cli.api.fits.make_tasks", lambda *given: pytest.fail("something runs"))
    ended = compare("bench", *args, *FAST)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert told in ended.err


def test_files_of_one_name_are_told_apart(compare, folder, tmp_path):
    for place in ("spring", "autumn"):
        (tmp_path / place).mkdir()
    shutil.copy(folder / "a.csv", tmp_path / "spring" / "t.csv")
    shutil.copy(folder / "b.tsv", tmp_path / "autumn" / "t.tsv")
    out = compare("bench", str(tmp_path / "spring"), str(tmp_path / "autumn"), *QUIET).out
    assert "spring/t: 60 rows" in out
    assert "autumn/t: 60 rows" in out
    assert [line.split()[0] for line in out.splitlines() if line.startswith(("spring/t ", "autumn/t "))] == [
        "spring/t",
        "autumn/t",
    ]


def test_the_baseline_is_the_model_that_others_are_held_against(compare, folder):
    args = ("bench", "iris", str(folder / "a.csv"), *QUIET)
    assert "Marks: against logistic," in compare(*args).out
    assert "Marks: against tree," in compare(*args, "--baseline", "tree").out
    assert "Marks: against dummy," in compare(*args, "--baseline", "dummy").out
    spec = compare(*args, "--models", "tree,tree(max_depth=3)", "--baseline", "tree( max_depth = 3 )")
    assert "Marks: against tree(max_depth=3)," in spec.out


@pytest.mark.extra
@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".SVG", b"<?xml")])
def test_a_picture_of_the_ranks_and_the_tables_all_the_same(compare, folder, tmp_path, suffix, start):
    file = tmp_path / f"ranks{suffix}"
    args = ("bench", "iris", str(folder / "a.csv"), *QUIET)
    ended = compare(*args, "-o", str(file))
    assert ended.code == 0
    assert file.read_bytes().startswith(start)
    assert "Mean rank" in ended.out
    document = json.loads(compare(*args, "-o", str(file), "--json").out)
    jsonschema.validate(document, json.loads(compare("schema").out))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_picture_without_matplotlib_is_told_before_anything_runs(compare, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ended = compare("bench", "iris", *FAST, "-o", str(tmp_path / "ranks.png"))
    assert ended.code == 2
    assert "compare-cli[plot]" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_one_data_set_has_no_picture_of_ranks(compare, tmp_path):
    ended = compare("fit", "iris", *FAST, "-o", str(tmp_path / "x.png"))
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "compare plot" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.extra
def test_stored_results_of_several_data_sets_have_a_picture_too(compare, folder, tmp_path):
    result, file = tmp_path / "bench.json", tmp_path / "ranks.svg"
    assert compare("bench", "iris", str(folder / "a.csv"), *QUIET, "-o", str(result)).code == 0
    ended = compare("verdict", str(result), "-o", str(file))
    assert (ended.code, file.read_bytes()[:5]) == (0, b"<?xml")
    assert "Marks: against logistic," in ended.out
    one = tmp_path / "one.json"
    assert compare("fit", "iris", *QUIET, "-o", str(one)).code == 0
    assert compare("verdict", str(one), "-o", str(tmp_path / "one.svg")).code == 2
    assert not (tmp_path / "one.svg").exists()


def test_ndjson_streams_each_fit_of_each_data_set(compare, folder):
    lines = compare("bench", "iris", str(folder / "a.csv"), *QUIET, "--format", "ndjson").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert [e.get("dataset") for e in events[:-1]] == ["iris"] * 9 + ["a"] * 9
    assert (events[-1]["type"], events[-1]["command"]) == ("comparison", "bench")


@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_an_ascii_terminal_can_show_it(spawn, folder, form):
    ended = spawn(
        "bench", "iris", str(folder / "a.csv"), *QUIET, "--format", form, env={"PYTHONIOENCODING": "ascii"}
    )
    assert ended.code == 0
    ended.out.encode("ascii")
    assert "?" not in ended.out
