"""Hostile text goes through all commands and formats: shown escaped and cut, exact in JSON."""

from __future__ import annotations

import ast
import csv
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

TESTS = Path(__file__).parents[1]
LONG = "long" * 25_000
COLUMNS = [
    "[bold]b[/bold]",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202ebidi\u2066",
    "zero\u200bwidth\ufeff",
    "two\nlines\ttab\r",
    "<script>alert(1)</script>",
    "a|b`c`*d*",
    "=1+1",
    '"); import os; os._exit(9) #',
    LONG,
]
CLASSES = ["=cmd|' /C calc'!A0", "[red]\x1b[2J<img src=x onerror=alert(1)>\u202e|\n" + LONG]
KINDS = ["@SUM(1)", "[link=http://x]k[/link]\x1b[5m", "::error::bad\n::error::worse"]
"""Names of columns, labels of classes, cells of a category."""
ACTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


EACH = """
import json, os, sys
import pandas, sklearn.linear_model, sklearn.tree, sklearn.preprocessing, sklearn.impute
from compare_cli import cli
for number, args in enumerate(json.load(sys.stdin)):
    process = os.fork()
    if not process:
        for stream in (1, 2):
            os.dup2(os.open(f"{number}.{stream}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY), stream)
        sys.stdout, sys.stderr = (os.fdopen(stream, "w", encoding="utf-8") for stream in (1, 2))
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
        sys.argv = ["compare", *args]
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    open(f"{number}.0", "w").write(str(code))
"""
"""Each command in a process of its own, forked from one that has imported what is slow to import."""


def run(asked: dict[str, list[str]], folder: Path) -> dict[str, tuple[int, str, str]]:
    subprocess.run(
        [sys.executable, "-c", EACH],
        input=json.dumps(list(asked.values())),
        text=True,
        timeout=300,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TESTS), "COMPARE_STORE": str(folder / "store.sqlite")},
    )
    said = {}
    for number, name in enumerate(asked):
        code, out, err = ((folder / f"{number}.{stream}").read_bytes().decode("utf-8") for stream in range(3))
        said[name] = int(code), out, err
    return said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables with hostile names in files with hostile names, and results of them."""
    folder = tmp_path_factory.mktemp("text")
    for rows, name in ((60, "\u202e[b]=1.csv"), (70, "<b>two\x1b[31m.csv")):
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            write = csv.writer(stream)
            write.writerow([*COLUMNS, "kind\x1b[1m", "class[/]\u202e"])
            for i in range(rows):
                numbers = [(i * (37 + at)) % (11 + at) for at in range(len(COLUMNS))]
                write.writerow([*numbers, KINDS[i % 3], CLASSES[numbers[0] > 5]])
    return folder


def tables(folder: Path) -> list[str]:
    return sorted(str(path.name) for path in folder.glob("*.csv"))


FIT = ["--folds", "2", "--repeats", "1", "-q", "--jobs", "1"]
MODELS = "tree,logistic,hostile_models:Raises(what=markup)"
MODELS += ",hostile_models:OncePerProcess(which='[b]\x1b[31m<i>\u202e|')"
RESULTS = ["table", "json", "ndjson", "csv", "html", "markdown"]


def commands(folder: Path) -> dict[str, list[str]]:
    """Every command in every format, by ``command format``."""
    one, two = sorted(path.name for path in folder.glob("*.csv"))
    target = ["--target", "class[/]\u202e"]
    fit = ["fit", one, *target, "--models", MODELS, *FIT]
    asked = {"fit json": [*fit, "-o", "fit.json"], "fit table": [*fit, "--verbose"]}
    asked["fit debug"] = [*(arg for arg in fit if arg != "-q"), "--debug", "--fresh"]
    asked["fit junit"] = [*fit, "--format", "junit", "--fail-under", "accuracy=0.99"]
    asked["fit code"] = ["fit", one, *target, "--models", "tree", "--folds", "2", "-q", "--code"]
    asked["fit html"] = [*fit, "--format", "html"]
    bench = ["bench", one, two, *target, "--models", "tree,logistic", *FIT]
    asked["bench json"] = [*bench, "-o", "bench.json"]
    for form in RESULTS:
        asked[f"verdict {form}"] = ["verdict", "fit.json", "--verbose", "--format", form]
        asked[f"bench {form} again"] = ["verdict", "bench.json", "--format", form]
        asked[f"runs show {form}"] = ["runs", "show", "last~1", "--format", form]
    asked["curve table"] = ["curve", one, *target, "--models", "tree,logistic", "-q", "--sizes", "20,30"]
    asked["curve markdown"] = [*asked["curve table"], "--format", "markdown"]
    asked["data table"] = ["data", one, *target]
    asked["data csv"] = ["data", one, *target, "--to-csv", "-"]
    plot = ["plot", one, *target, "--models", "tree,hostile_models:Raises(what=markup)"]
    asked |= {"plot table": plot, "plot svg": [*plot, "-o", "plot.svg"], "plot html": [*plot, "-o", "p.html"]}
    for form in ("text", "json", "junit"):
        asked[f"gate {form}"] = ["gate", "fit.json", "fit.json", "--format", form]
    for form in ("table", "json", "csv"):
        asked[f"runs list {form}"] = ["runs", "list", "--format", form]
    asked["runs diff table"] = ["runs", "diff", "last~2", "last~3"]
    asked["runs diff json"] = [*asked["runs diff table"], "--json"]
    if importlib.util.find_spec("skops"):
        asked["fit saved"] = ["fit", one, *target, "--models", "tree", *FIT, "--save", "tree.skops"]
        asked["predict csv"] = ["predict", "tree.skops", one, "--proba"]
    return asked


def wrong(table: str) -> dict[str, list[str]]:
    """Commands that are asked for something that is not there."""
    word = f"\x1b[31m[b]\u202e\n{LONG}"
    return {
        "wrong target": ["fit", table, "--target", word],
        "wrong drop": ["fit", table, "--drop", word],
        "wrong features": ["plot", table, "--features", word],
        "wrong file": ["fit", word],
        "wrong file name": ["fit", "no\x1b[31m[b]\u202e.csv"],
        "wrong model": ["fit", table, "--models", word],
        "wrong class": ["fit", table, "--models", f"{word}:C"],
        "wrong parameter": ["fit", table, "--models", f"tree({LONG}=1)"],
        "wrong value": ["fit", table, "--models", f"tree(criterion={word!r})"],
        "wrong metric": ["fit", table, "--metric", word],
        "wrong cost": ["fit", table, "--cost", word],
        "wrong option": ["fit", table, f"--{word}"],
        "wrong number": ["fit", table, "--folds", word],
        "wrong command": [word],
        "wrong statistic": ["explain", word],
        "wrong listed model": ["models", word],
        "wrong run": ["runs", "show", word],
        "wrong runs": ["runs", "diff", word, word],
        "wrong format": ["fit", table, "--format", word],
        "wrong output": ["fit", table, "-o", word],
        "wrong store": ["runs", "--store", word],
        "wrong cluster": ["fit", table, "--cluster", f"dask://{word}"],
        "wrong saved model": ["predict", word, table],
        "wrong gate": ["gate", word, word],
        "wrong scores": ["verdict", word],
        "wrong config": ["fit", table, "--config", word],
        "wrong test file": ["fit", table, "--test", word],
        "wrong delimiter": ["fit", table, "--delimiter", word],
        "wrong encoding": ["fit", table, "--encoding", word],
    }


Said = dict[str, tuple[int, str, str]]


@pytest.fixture(scope="module")
def refused(folder: Path) -> Said:
    """What is said of what is not there: by its name, the exit code and both streams."""
    return run(wrong(min(path.name for path in folder.glob("*.csv"))), folder)


@pytest.fixture(scope="module")
def shown(folder: Path) -> Said:
    """What each command says: by ``command format``, the exit code and both streams."""
    return run(commands(folder), folder)


@pytest.mark.parametrize("name", wrong(""))
def test_what_is_not_there_is_told_in_a_short_harmless_line(refused: Said, name: str) -> None:
    code, out, err = refused[name]
    assert code in {2, 3} or name == "wrong store"
    assert not ACTS.search(out + err)
    assert len(out + err) < 2500
    assert "Traceback" not in err
    assert "fault" not in err


@pytest.mark.slow
def test_every_command_does_its_work(shown: Said) -> None:
    codes = {name: code for name, (code, _, _) in shown.items()}
    raising = {
        "fit json",
        "fit table",
        "fit debug",
        "fit junit",
        "fit html",
        "plot table",
        "plot svg",
        "plot html",
    }
    assert {name for name, code in codes.items() if code == 4} == raising
    assert {name for name, code in codes.items() if code not in {0, 4}} == set()
    assert not any("fault in compare" in err for _, _, err in shown.values())


@pytest.mark.slow
def test_what_people_read_is_harmless_and_short(shown: Said) -> None:
    for name, (_, out, err) in shown.items():
        read = err + (out if name.endswith(("table", "text", "markdown")) else "")
        assert not ACTS.search(read), name
        if name != "fit debug":
            assert max(map(len, read.split("\n"))) <= 1100, name
        if name.endswith("table"):
            assert max(map(len, out.split("\n"))) <= 100, name
    assert all("[bold]b[/bold]" in shown[name][1] for name in ("data table",))
    assert "[red]x[/red]" in shown["fit table"][1]


@pytest.mark.slow
def test_json_has_every_text_as_it_is(shown: Said, folder: Path) -> None:
    document = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
    again = [json.loads(shown[name][1]) for name in ("verdict json", "runs show json", "bench json again")]
    again += [json.loads(shown[f"{name} ndjson"][1].splitlines()[-1]) for name in ("verdict", "runs show")]
    for found in (document, *again):
        dataset = found["dataset"] if "dataset" in found else found["datasets"][0]["dataset"]
        assert dataset["classes"] == sorted(CLASSES)
        assert dataset["target"] == "class[/]\u202e"
        assert dataset["name"] in {"\u202e[b]=1", "<b>two\x1b[31m"}
    told = {failure["message"] for model in document["models"] for failure in model["failures"]}
    assert any("[red]x[/red]" in message for message in told)
    assert [model for model in document["models"] if model["params"].get("which") == "[b]\x1b[31m<i>\u202e|"]
    listed = json.loads(shown["runs list json"][1])["runs"]
    assert {name for run in listed for name in run["datasets"]} == {"\u202e[b]=1", "<b>two\x1b[31m"}
    json.loads(shown["gate json"][1])
    json.loads(shown["runs diff json"][1])


@pytest.mark.slow
def test_tables_for_programs_start_no_formula(shown: Said) -> None:
    for name in ("verdict csv", "bench csv again", "runs show csv", "runs list csv"):
        rows = list(csv.reader(io.StringIO(shown[name][1])))
        assert len({len(row) for row in rows}) == 1, name
        cells = [cell for row in rows for cell in row if not re.fullmatch(r"-?[\d.e+-]+", cell)]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@")) or ACTS.search(cell)]
    rows = list(csv.reader(io.StringIO(shown["data csv"][1])))
    assert rows[0][: len(COLUMNS)] == COLUMNS
    assert {row[-1] for row in rows[1:]} == set(CLASSES)


class Elements(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


@pytest.mark.slow
def test_pages_and_pictures_hold_text_only(shown: Said, folder: Path) -> None:
    pages = [shown[name][1] for name in ("fit html", "verdict html", "bench html again", "runs show html")]
    pages += [(folder / name).read_text(encoding="utf-8") for name in ("p.html", "plot.svg")]
    for page in pages:
        assert not ACTS.search(page)
        assert LONG not in page
        elements = Elements(page).found
        assert not {tag for tag, _ in elements} & {"script", "b", "a", "iframe", "object"}
        assert not [at for _, attrs in elements for at in attrs if at[0].startswith("on") or at[1] == "x"]
    ET.fromstring((folder / "plot.svg").read_text(encoding="utf-8"))
    ET.fromstring(shown["gate junit"][1])
    ET.fromstring(shown["fit junit"][1])


@pytest.mark.slow
def test_markdown_holds_text_only(shown: Said) -> None:
    names = [name for name in shown if "markdown" in name]
    assert len(names) == 4
    for name in names:
        page = MarkdownIt("gfm-like", {"linkify": False, "html": True}).enable("table").parse(shown[name][1])
        kinds = {token.type for block in page for token in (block, *(block.children or []))}
        assert not kinds & {"html_inline", "html_block", "link_open", "image", "code_inline"}, name
        assert shown[name][1].count(LONG[:1000]) == 0


@pytest.mark.slow
def test_the_script_names_columns_and_runs_nothing_of_them(shown: Said) -> None:
    tree = ast.parse(shown["fit code"][1])
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "_exit" not in names
    assert {COLUMNS[0], COLUMNS[1], COLUMNS[8], LONG} <= texts


@pytest.mark.slow
@pytest.mark.extra
def test_predictions_are_the_labels(shown: Said) -> None:
    if "predict csv" not in shown:
        pytest.skip("needs skops")
    rows = list(csv.reader(io.StringIO(shown["predict csv"][1])))
    assert {row[0] for row in rows[1:]} <= set(CLASSES)
