"""The house's rules: who may import whom, what starts fast, names and sizes of files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "compare_cli"
FILES = sorted(PACKAGE.rglob("*.py"))
LEVELS = [
    {"errors"},
    {"types"},
    {"notes", "metrics", "document"},
    {"data", "boundary"},
    {"models"},
    {"engine", "report"},
    {"verdict"},
    {"plot"},
]
"""The floors of the house, the lowest first: a part imports from floors below its own, and itself."""
MAY_IMPORT = {
    part: set().union(*LEVELS[:height]) for height, floor in enumerate(LEVELS) for part in sorted(floor)
}
TOP = {"cli", "api", "__main__", "__init__"}
LAZILY_REACHED = {
    "engine/final.py": {"sklearn"},
    "models/bayes.py": {"sklearn", "scipy"},
    "models/networks.py": {"sklearn"},
    "models/perceptron.py": {"sklearn", "scipy"},
}
"""Files whose classes are derived from scikit-learn's."""
HEAVY = {"sklearn", "pandas", "scipy", "joblib", "clevercsv", "pyarrow", "matplotlib", "jinja2", "zstandard"}
HEAVY |= {"python_calamine"}


def part_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module of the package that is imported anywhere in a file, without the package's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out"
            names = [node.module or ""]
            if node.module == "compare_cli":
                names = [f"compare_cli.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.removeprefix("compare_cli.") for name in names if name.startswith("compare_cli."))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def allowed(module: str, rights: set[str]) -> bool:
    if module == "__version__":
        return True
    steps = module.split(".")
    return any(".".join(steps[: i + 1]) in rights for i in range(len(steps)))


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_arrows_point_downwards(part: str) -> None:
    for path in (path for path in FILES if part_of(path) == part):
        wrong = {m for m in imported(parsed(path)) if not allowed(m, MAY_IMPORT[part] | {part})}
        assert not wrong, f"{path.relative_to(PACKAGE)} imports {wrong}"


def test_nobody_imports_the_command_line_or_the_library_from_below() -> None:
    for path in FILES:
        used = {m.split(".")[0] for m in imported(parsed(path))}
        if part_of(path) not in {"cli", "__main__"}:
            assert not used & {"cli", "__main__"}, path
        if part_of(path) not in TOP:
            assert "api" not in used, path


def test_every_part_has_its_place() -> None:
    assert {part_of(path) for path in FILES} <= {*MAY_IMPORT, *TOP}


def test_the_layout_has_no_circles() -> None:
    needs = {part_of(path): set() for path in FILES if part_of(path) not in TOP}
    for path in FILES:
        if part_of(path) in needs:
            needs[part_of(path)] |= {m.split(".")[0] for m in imported(parsed(path))} - {part_of(path)}
    below: set[str] = set()
    while remaining := set(needs) - below:
        free = {part for part in remaining if not (needs[part] & set(needs)) - below}
        assert free, f"these import each other in a circle: {sorted(remaining)}"
        below |= free


def at_import(tree: ast.Module) -> Iterator[str]:
    """Top-level names of foreign packages that importing a file imports."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]
        waiting += ast.iter_child_nodes(node)


def test_only_what_runs_at_import_counts() -> None:
    source = "if TYPE_CHECKING:\n import a\nelse:\n import b\n"
    source += "def f():\n import c\nclass D:\n import e.f\nfrom g.h import i"
    assert set(at_import(ast.parse(source))) == {"b", "e", "g"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_where_they_are_used(path: Path) -> None:
    allowed = LAZILY_REACHED.get(str(path.relative_to(PACKAGE)), set())
    assert not HEAVY & set(at_import(parsed(path))) - allowed


ALONE = """
import os
from compare_cli.cli import main
if hasattr(os, "sched_setaffinity"):  # with one processor no other process loads anything meanwhile
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
main()
"""
LIGHT = {
    "import": ["-c", "import compare_cli"],
    "--help": ["-m", "compare_cli", "--help"],
    "fit --help": ["-m", "compare_cli", "fit", "--help"],
    "--version": ["-m", "compare_cli", "--version"],
    "models": ["-m", "compare_cli", "models"],
    "schema": ["-m", "compare_cli", "schema"],
    "explain": ["-m", "compare_cli", "explain"],
    "data": ["-m", "compare_cli", "data"],
    "runs": ["-m", "compare_cli", "runs"],
    "wrong option": ["-c", ALONE, "fit", "moons", "--no-such-option"],
}


@pytest.mark.parametrize("name", LIGHT)
def test_what_every_user_waits_for_imports_nothing_heavy(name: str) -> None:
    command = [sys.executable, "-X", "importtime", *LIGHT[name]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PACKAGE.parent, timeout=60)
    assert done.returncode == (2 if name == "wrong option" else 0), done.stderr[-500:]
    times = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in times}
    assert "compare_cli" in loaded
    assert not loaded & {"sklearn", "pandas", "scipy", "numpy", "joblib", "matplotlib"}
    assert name == "wrong option" or "pydantic" not in loaded, "a table of names needs no schema"


def test_files_are_named_for_what_they_are() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "compare"}
    for path in FILES:
        assert path.stem not in vague, path
        assert not path.is_dir() or path.name not in vague, path


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_short_and_say_what_they_are_for(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert ast.get_docstring(parsed(path)) or path.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_functions_are_short_enough_to_see_whole(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is too long"
            given = node.args
            assert len(given.posonlyargs + given.args + given.kwonlyargs) <= 9, f"{node.name} takes too many"


def test_whatever_is_imported_is_declared() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(r for e in project["optional-dependencies"].values() for r in e)]
    declared = {re.split(r"[^\w-]", requirement)[0] for requirement in wanted}
    names = {"sklearn": "scikit-learn", "python_calamine": "python-calamine"}
    for path in FILES:  # compression is new in the standard library of Python 3.14
        used = (
            {name.split(".")[0] for name in foreign(parsed(path))} - sys.stdlib_module_names - {"compression"}
        )
        assert {names.get(name, name) for name in used} <= declared | {"compare_cli"}, path


def foreign(tree: ast.Module) -> Iterator[str]:
    """Every module that a file imports, at its top or later."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


RUNS_CODE = {"eval", "exec", "__import__", "Unpickler", "read_pickle"}
READS_PICKLES = {
    f"{module}.{name}" for module in ("pickle", "joblib", "np", "marshal") for name in ("load", "loads")
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_is_run_or_unpickled(path: Path) -> None:
    """The README promises it; `ast.literal_eval` reads values that the user typed."""
    calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    called = {ast.unparse(call.func) for call in calls if ast.unparse(call) != "eval('None')"}
    assert not {name.rpartition(".")[2] for name in called} & RUNS_CODE
    assert not called & {*READS_PICKLES, "compile"}


def test_no_value_is_written_into_a_question_to_the_store() -> None:
    """SQL is made of constants, of settings, and of as many question marks as there are values."""
    constant = {"_LIST", "marks", "setting", "kind", "APPLICATION", "len(MIGRATIONS)", "PATIENCE * 1000"}
    words = re.compile("SELECT|INSERT|UPDATE|DELETE|PRAGMA|BEGIN")
    asked = [
        node
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.JoinedStr) and words.search(ast.unparse(node))
    ]
    assert len(asked) > 5
    for node in asked:
        put_in = {ast.unparse(part.value) for part in node.values if isinstance(part, ast.FormattedValue)}
        assert put_in <= constant, ast.unparse(node)
