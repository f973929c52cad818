"""Several data sets in every format: the matrix and its marks, ranks, pairs, hostile names."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from made_bench import made_bench
from rich.cells import cell_len
from step_table import HOSTILE, shown
from syrupy.assertion import SnapshotAssertion

from compare_cli.report.across import make_matrix
from compare_cli.types import Bench, Comparison

Compared = Callable[..., Comparison]
NINE = ["logistic", "mlp", "svm", "knn", "forest", "naive_bayes", "boosting", "tree", "tree(max_depth=3)"]


@pytest.fixture
def three(compared: Compared) -> Bench:
    """Three models on three data sets. Verdicts contradict the scores: marks must follow the verdicts."""
    scores = {"tree": [0.9, 0.8, 0.7], "logistic": [0.6, 0.8, 0.9], "mlp": [0.95, None, 0.71]}
    verdicts = {
        ("tree", "logistic"): ["worse", "identical", "undecided"],
        ("logistic", "mlp"): ["worse", "undecided", "equivalent"],
        ("tree", "mlp"): ["better", "undecided", "worse"],
        ("logistic", "dummy"): ["better", "better", "undecided"],
    }
    return made_bench(compared("tree"), scores, verdicts)


@pytest.fixture
def nine(compared: Compared) -> Bench:
    """Nine models on twelve data sets; each model is .03 behind the one before, and that is decided."""
    scores = {m: [0.9 - 0.03 * i + 0.001 * (i * d % 5) for d in range(12)] for i, m in enumerate(NINE)}
    verdicts = {(a, b): ["better"] * 12 for i, a in enumerate(NINE) for b in NINE[i + 1 :]}
    names = [f"set{d}" for d in range(11)] + ["a-folder/with-a-very-long-name/and-a-file"]
    return made_bench(compared("tree"), scores, verdicts, names)


def marks(bench: Bench, against: str | None = None) -> dict[str, list[str]]:
    matrix = make_matrix(bench, against)
    assert matrix is not None
    return {m: [row[at].sign for row in matrix.rows] for at, m in enumerate(matrix.models)}


def test_marks_are_the_verdicts_of_pairs_never_scores(three: Bench) -> None:
    assert marks(three) == {"logistic": ["", "", ""], "tree": ["▼", "=", ""], "mlp": ["▲", "", "="]}
    assert marks(three, "tree") == {"tree": ["", "", ""], "logistic": ["▲", "=", ""], "mlp": ["▼", "", "▲"]}


def test_whom_models_are_held_against(three: Bench) -> None:
    assert next(iter(marks(three))) == "logistic", "logistic regression, where it is compared"
    assert next(iter(marks(three, "mlp"))) == "mlp"
    renamed = replace(
        three,
        datasets=tuple(
            replace(c, models=tuple(replace(m, family="other") for m in c.models)) for c in three.datasets
        ),
    )
    assert next(iter(marks(renamed))) == three.across.models[0].model, "else the leader"


def test_the_baseline_is_there_when_it_is_asked_for(three: Bench) -> None:
    assert "dummy" not in marks(three)
    assert marks(three, "dummy")["logistic"] == ["▲", "▲", ""]


def test_scores_of_the_matrix(three: Bench) -> None:
    matrix = make_matrix(three, None)
    assert matrix is not None
    assert [[cell.score for cell in row] for row in matrix.rows] == [
        ["60.0", "95.0", "90.0"],
        ["80.0", "-", "80.0"],
        ["90.0", "71.0", "70.0"],
    ]
    assert matrix.models == ("logistic", "mlp", "tree")
    assert [matrix.tally(column) for column in (1, 2)] == ["▲1 ▼0", "▲0 ▼1"]


def test_one_model_needs_no_matrix(compared: Compared) -> None:
    bench = made_bench(compared("tree"), {"tree": [0.9, 0.8]}, {})
    assert make_matrix(bench, None) is None
    for form in ("table", "markdown", "csv", "json"):
        assert shown(bench, form)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_nine_models(nine: Bench, golden: SnapshotAssertion, width: int) -> None:
    text = shown(nine, width=width)
    assert text[text.index("Accuracy % of 12") :] == golden


def test_markdown_of_nine_models(nine: Bench, golden: SnapshotAssertion) -> None:
    text = shown(nine, "markdown")
    assert text[text.index("### Accuracy % of 12") :] == golden


def test_no_line_is_wider_than_the_place(nine: Bench) -> None:
    for width in range(40, 201, 8):
        lines = shown(nine, width=width).splitlines()
        assert max(map(cell_len, lines)) <= width


def test_every_model_and_mark_is_in_a_block_whatever_the_width(nine: Bench) -> None:
    for width in range(40, 201, 20):
        text = shown(nine, width=width)
        matrix = text[text.index("Accuracy % of") : text.index("Marks:")]
        heads = [line for line in matrix.splitlines() if line.startswith("Data set")]
        assert all(line.split()[2] == "logistic" for line in heads)
        named = [word for line in heads for word in line.split()[3:]]
        assert len(named) == 8
        assert matrix.count("▼") == 8 * 12 + 8


def test_marks_stand_below_each_other(nine: Bench) -> None:
    text = shown(nine, width=200)
    rows = [line for line in text.splitlines() if line.startswith("set") and "▼" in line]
    places = {tuple(at for at, sign in enumerate(row) if sign == "▼") for row in rows}
    assert len(places) == 1


def test_everything_shows_all_pairs_and_reasons(nine: Bench, two_sets: Bench) -> None:
    lines = shown(nine, everything=True).splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("Model") and "Against" in line)
    assert len([line for line in lines[start + 2 :] if "12-0-0" in line]) == 9 * 8 // 2
    reason = two_sets.datasets[0].verdict.because[0].partition(" (")[0]
    assert reason not in shown(two_sets)
    assert reason in shown(two_sets, everything=True)


def test_data_sets_that_do_not_count_are_told(three: Bench) -> None:
    assert "All 3 data sets: mean rank, 1 is best; over the 2 on which every model finished" in shown(three)


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_mean_that_does_not_exist_has_no_column(three: Bench, form: str) -> None:
    models = tuple(replace(m, mean_accuracy=None) for m in three.across.models)
    assert "Mean accuracy" in shown(three, form)
    assert "Mean accuracy" not in shown(replace(three, across=replace(three.across, models=models)), form)


def test_friedman_in_words(three: Bench) -> None:
    def said(p: float | None) -> str:
        return shown(replace(three, across=replace(three.across, friedman_p=p)))

    assert "Friedman p = 0.049: the models do not all rank alike." in said(0.049)
    assert "Friedman p = 0.051: no sign that the models rank differently." in said(0.051)
    assert "Friedman p <.001: the models do not all rank alike." in said(1e-9)
    assert "Friedman" not in said(None)


def test_csv_carries_marks_and_ranks(three: Bench) -> None:
    rows = list(csv.DictReader(io.StringIO(shown(three, "csv"))))
    assert len(rows) == 3 * 4
    held = {(r["dataset"], r["model"]): (r["baseline"], r["against_baseline"]) for r in rows}
    assert held["set1", "tree"] == ("logistic", "worse")
    assert held["set3", "mlp"] == ("logistic", "equivalent")
    assert held["set2", "mlp"] == ("logistic", "undecided")
    assert held["set1", "logistic"] == held["set1", "dummy"] == ("", "")
    document = json.loads(shown(three, "json"))
    for row in rows:
        rank = next((m for m in document["across"]["models"] if m["model"] == row["model"]), None)
        assert row["across_average_rank"] == ("" if rank is None else repr(rank["average_rank"]))
        assert row["across_wins"] == ("" if rank is None else str(rank["wins"]))


def test_json_carries_the_pairs(nine: Bench) -> None:
    across = json.loads(shown(nine, "json"))["across"]
    assert len(across["pairs"]) == 36
    assert across["pairs"][0]["verdict"] == "better"
    assert (across["datasets"], across["verdict"]["top_set"]) == (12, ["logistic"])


def hostile(bench: Bench, name: str) -> Bench:
    """The bench as if its first data set and its best model were called ``name``."""
    old = bench.across.models[0].model
    first, *rest = [
        replace(
            c,
            models=tuple(replace(m, model=name) if m.model == old else m for m in c.models),
            pairs=tuple(
                replace(p, left=name if p.left == old else p.left, right=name if p.right == old else p.right)
                for p in c.pairs
            ),
        )
        for c in bench.datasets
    ]
    across = replace(
        bench.across,
        models=(replace(bench.across.models[0], model=name), *bench.across.models[1:]),
        pairs=tuple(replace(p, left=name) if p.left == old else p for p in bench.across.pairs),
        rank_groups=tuple(tuple(name if m == old else m for m in g) for g in bench.across.rank_groups),
        verdict=replace(bench.across.verdict, sentence=f"{name} wins"),
    )
    first = replace(first, dataset=replace(first.dataset, name=name))
    return replace(bench, datasets=(first, *rest), across=across)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("against", [None, "same"])
def test_hostile_names_make_no_line_wider(three: Bench, name: str, against: str | None) -> None:
    bench = hostile(three, name)
    for width in (40, 80, 200):
        text = shown(bench, width=width, baseline=name if against else None)
        assert max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_hostile_names_do_nothing(three: Bench, form: str) -> None:
    for name in HOSTILE:
        text = shown(hostile(three, name), form, width=100, baseline=name)
        assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "[red]x[/]" in shown(hostile(three, "[red]x[/]"), width=100)


def test_markdown_of_hostile_names_keeps_its_tables(three: Bench) -> None:
    for name in [*HOSTILE, "<script>", "```", "# head", "- item"]:
        lines = shown(hostile(three, name), "markdown", baseline=name).splitlines()
        outside = [line for line in lines if not line.startswith("    ")]
        assert "<" not in "".join(outside)
        assert not any(line.startswith(("```", "- item", "# ")) for line in outside)
        for table in re.findall(r"(?:^\|.*\n)+", "\n".join(outside), re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_colours_say_what_marks_say(three: Bench) -> None:
    assert "\x1b[32m▲" in shown(three, color=True)
    assert "\x1b[31m▼" in shown(three, color=True)
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown(three, color=True))
    assert [line.rstrip() for line in plain.splitlines()] == shown(three).splitlines()
