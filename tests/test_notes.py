"""Notes and errors: what a user is told."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from compare_cli.errors import CompareError, DataError, ExitCode, UsageError, nearest
from compare_cli.notes import NOTES, note

PACKAGE = Path(__file__).parents[1] / "compare_cli"


def test_a_note_tells_the_facts_of_the_case() -> None:
    made = note("folds_reduced", wanted=10, folds=3, why="class 'a' has 3 rows")
    assert (made.code, made.level, NOTES[made.code].flag) == ("folds_reduced", "warning", "--folds")
    assert made.message == "3 folds instead of 10: class 'a' has 3 rows."


def test_a_hint_names_the_models_own_numbers() -> None:
    made = note("not_converged", model="mlp(alpha=1)", count=2, total=20, family="mlp", suggested=1200)
    assert "mlp(alpha=1) did not converge in 2 of 20 fits" in made.message
    assert "'mlp(max_iter=1200)'" in made.hint


def test_facts_with_braces_are_shown_as_they_are() -> None:
    assert note("dataset_left_out", message="{x}: {0}").message == "Left out: {x}: {0}"


def test_counts_have_the_word_that_fits_them() -> None:
    told = [note("second_table", line=9, count=count).message for count in (1, 2, 3_000)]
    assert told == [
        f"Another table begins in line 9; left out its {rows}." for rows in ("1 row", "2 rows", "3,000 rows")
    ]
    assert note("rows_short", count=1, lines="line 4").message.startswith(
        "1 row has too few columns (line 4)"
    )


def test_an_unknown_code_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        note("no_such_code")


def test_a_fact_that_is_missing_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        note("folds_reduced", wanted=10)


def calls_of_note() -> list[tuple[str, set[str], bool]]:
    """Code, names of the facts, and whether there are more in a ** argument, of every call in the package."""
    calls = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "note":
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    facts = {k.arg for k in node.keywords}
                    calls.append((code.value, {f for f in facts if f}, None in facts))
    return calls


def test_every_note_in_the_code_is_registered_and_given_its_facts() -> None:
    calls = calls_of_note()
    assert len(calls) > 5
    for code, facts, more in calls:
        assert code in NOTES, f"note {code!r} is not registered"
        kind = NOTES[code]
        wanted = {name for _, name, _, _ in Formatter().parse(kind.message + kind.hint) if name}
        assert wanted == facts or (more and facts <= wanted), code


@pytest.mark.parametrize("code", NOTES)
def test_notes_are_sentences_with_hints_that_name_their_flag(code: str) -> None:
    kind = NOTES[code]
    assert re.match(r"[A-Z{]", kind.message)
    assert kind.message.endswith((".", "{message}"))
    assert "\n" not in kind.message + kind.hint
    assert not kind.hint.endswith(".")
    several = {"target_quantity", "groups_suspected", "high_cardinality"}  # there are always more than one
    assert code in several or not re.search(
        r"\{(count|extra|most|shared|fits)(:,)?\} (?!of )\w", kind.message
    )
    assert all(flag == kind.flag for flag in re.findall(r"--[a-z][a-z-]*", kind.hint))


def test_exit_codes_are_those_promised() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FAULT": 1,
        "USAGE": 2,
        "DATA": 3,
        "PARTIAL": 4,
        "GATE": 5,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }
    assert (CompareError.code, UsageError.code, DataError.code) == (1, 2, 3)


@pytest.mark.parametrize(
    ("typed", "phrase"),
    [
        ("tre", " Did you mean 'tree'?"),
        ("TREE", " Did you mean 'tree'?"),
        ("mpl", " Did you mean 'mlp'?"),
        ("treee2", " Did you mean 'tree2' or 'tree'?"),
        ("quantum", ""),
        ("", ""),
    ],
)
def test_nearest_suggests_names(typed: str, phrase: str) -> None:
    known = ["logistic", "tree", "mlp"] + (["tree2"] if "2" in typed else [])
    assert nearest(typed, known) == phrase


def test_nearest_suggests_at_most_three() -> None:
    assert nearest("aaaa", ["aaaa1", "aaaa2", "aaaa3", "aaaa4"]).count("'") == 6
