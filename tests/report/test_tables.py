"""Tables of any width, with any names; what is chosen, cut, marked and escaped."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from step_table import HOSTILE, shown, steps
from syrupy.assertion import SnapshotAssertion

from compare_cli.report.escaping import encodable, shortened
from compare_cli.report.formats import FORMATS
from compare_cli.report.table import View
from compare_cli.report.tables import NAME_WIDTH, OTHER_SCORES, chosen_columns, model_columns
from compare_cli.types import Bench, Comparison, Failure, FitResult, PairVerdict

Compared = Callable[..., Comparison]
LONG = "tree(criterion=entropy,max_depth=3,min_samples_leaf=2,splitter=best)"


@pytest.fixture
def many(compared: Compared) -> Comparison:
    """Ten models with names of all lengths, one of them failing."""
    trees = ",".join(f"tree(max_depth={depth})" for depth in range(1, 6))
    return compared(f"logistic,naive_bayes,{trees},{LONG},broken")


def hostile(comparison: Comparison, name: str) -> Comparison:
    """The comparison as if data set, target, classes, groups, a model and its error were called ``name``."""
    model = replace(comparison.models[0], model=name, warnings=(name,), failures=(Failure(0, 0, name, name),))
    verdict = replace(comparison.verdict, sentence=f"{name} wins", because=(f"because of {name}",))
    return replace(
        comparison,
        dataset=replace(comparison.dataset, name=name, source=name, target=name, classes=(name, "b")),
        protocol=replace(comparison.protocol, scheme="grouped", groups=name),
        models=(model, *comparison.models[1:]),
        verdict=verdict,
    )


def test_no_line_is_wider_than_the_place(many: Comparison) -> None:
    for width in range(40, 201, 4):
        lines = shown(many, width=width).splitlines()
        assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_hostile_names_make_no_line_wider(compared: Compared, name: str, width: int) -> None:
    text = shown(hostile(compared("tree"), name), width=width)
    assert max(map(cell_len, text.splitlines())) <= width


def test_numbers_are_never_cut(many: Comparison) -> None:
    """Where it is narrow columns go and names give way; what is shown of a number is all of it."""
    for width in range(40, 201, 5):
        rule, table = 0, []
        for line in shown(many, width=width).splitlines():
            rule += line.startswith("──")
            if rule and not line:
                break
            if rule:
                table.append(line)
        table = table[: 1 + len(many.models)]  # the legend stands under it
        assert len(table) == 1 + len(many.models)
        for line, model in zip(table[1:], many.models, strict=True):
            name = line[3:].split("  ")[0].strip()
            assert name == model.model or (name.endswith("…") and model.model.startswith(name[:-1]))
            assert "…" not in line.replace(name, "")
            accuracy = model.accuracy
            assert (f"{100 * accuracy:.1f}" if accuracy is not None else "-") in line.replace(name, "")


def test_more_room_shows_more(many: Comparison) -> None:
    counts = [len(chosen_columns(many, View(width))) for width in range(40, 201)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert {c.name for c in chosen_columns(many, View(40))} >= {"top", "model", "score"}
    assert {c.name for c in chosen_columns(many, View(80))} >= {"interval", "gap", "p_best"}


def test_everything_is_every_column_that_says_something(many: Comparison) -> None:
    told = {c.name for c in chosen_columns(many, View(10, everything=True))}
    scores = set(OTHER_SCORES) - {"accuracy"}  # which ranks
    assert told == scores | {
        *("top", "model", "score", "interval", "gap", "p_best"),
        *("fit", "predict", "fit_cpu", "prepare", "size"),
    }


def test_boundary_columns_are_there_when_there_are_statistics(compared: Compared) -> None:
    comparison = compared("tree", repeats=1, boundary=True)
    told = {c.name for c in chosen_columns(comparison, View(10, everything=True))}
    assert {"linearity", "instability"} <= told
    assert "Linear" in shown(comparison, boundary=True)
    assert "Linear" in shown(comparison, width=120)


def test_the_ranking_score_is_not_shown_twice(compared: Compared) -> None:
    title = shown(compared("tree", metric="roc_auc"), width=200).splitlines()[3]
    assert title.split().count("AUC") == 1
    assert "Accuracy" in title


def test_colour_only_where_it_is_understood(many: Comparison) -> None:
    assert "\x1b" not in shown(many)
    assert "\x1b[" in shown(many, color=True)
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown(many, color=True))
    assert [line.rstrip() for line in plain.splitlines()] == shown(many).splitlines()


def test_the_top_set_is_marked(many: Comparison) -> None:
    lines = shown(many, everything=True).splitlines()
    marked = [line[3:].split("  ")[0].strip() for line in lines if line.startswith("●  ")]
    assert len(marked) > 1
    top = [shortened(m.model, NAME_WIDTH) for m in many.models if m.in_top_set]
    assert marked == top * (len(marked) // len(top)), "once in each of the tables that everything takes"


def test_everything_fits_the_width_in_several_tables(many: Comparison) -> None:
    """Every column is there once, and no row is wider than the place."""
    titles = [column.title for column in chosen_columns(many, View(everything=True)) if column.title]
    for width in (60, 80, 140, 400):
        lines = shown(many, width=width, everything=True).splitlines()
        heads = [line for line in lines if line.startswith("   Model")]
        assert max(map(cell_len, lines)) <= width
        assert [t for head in heads for t in re.split(r"\s{2,}", head.strip())[1:]] == titles[1:]
    assert len(heads) == 1


def test_hidden_columns_are_named_once(many: Comparison, two_sets: Bench) -> None:
    for result in (many, two_sets):
        text = shown(result, width=80)
        assert text.count("Hidden at this width: ") == 1
        assert "-v shows all" in text
        assert "Hidden" not in shown(result, everything=True)
    line = next(line for line in shown(many, width=300).splitlines() if line.startswith("Hidden"))
    assert line == "Hidden at this width: ECE, Fit CPU, Prepare; -v shows all"


def test_failures_are_told_once_with_their_count(many: Comparison) -> None:
    text = shown(many, width=200)
    assert text.count("the matrix is singular") == 1
    assert "broken: all fits failed: ArithmeticError: the matrix is singular" in text


@pytest.mark.parametrize(
    ("left", "delta", "rate", "text"),
    [
        ("leader", 0.013, True, "−1.3"),
        ("leader", -0.02, True, "+2.0"),
        ("other", -0.013, True, "−1.3"),
        ("other", 0.02, True, "+2.0"),
        ("leader", 0.0, True, "0.0"),
        ("leader", 0.0001, True, "0.0"),
        ("leader", 0.0421, False, "−0.042"),
        ("leader", None, True, ""),
    ],
)
def test_gap_is_negative_behind_the_leader(
    compared: Compared, left: str, delta: float | None, rate: bool, text: str
) -> None:
    comparison = compared("tree")
    first, second = (replace(comparison.models[0], model=name) for name in ("leader", "other"))
    pair = PairVerdict(left, "other" if left == "leader" else "leader", delta=delta)
    protocol = replace(comparison.protocol, metric="accuracy" if rate else "log_loss")
    made = replace(comparison, models=(first, second), pairs=(pair,), protocol=protocol)
    gaps = [column.cell for column in model_columns(made) if column.name == "gap"]
    assert [cell(second) for cell in gaps] == ([text] if text else [])
    assert [cell(first) for cell in gaps] == ([""] if text else [])


@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_hostile_names_do_nothing(compared: Compared, golden: SnapshotAssertion, form: str) -> None:
    """Markup is shown as it is; control characters, line ends and bidi marks are replaced."""
    comparison = compared("tree")
    texts = [shown(hostile(comparison, name), form, width=100) for name in HOSTILE[:7]]
    for text in texts:
        assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    if form != "csv":
        assert "\n\n====\n\n".join(texts) == golden


def test_markdown_of_hostile_names_is_one_table(compared: Compared) -> None:
    comparison = compared("tree")
    for name in HOSTILE:
        lines = shown(hostile(comparison, name), "markdown").splitlines()
        table = [line for line in lines if line.startswith("|")]
        assert len(table) == 2 + len(comparison.models)
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table}
        assert len(cells) == 1
        assert "<" not in "".join(lines)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_csv_of_hostile_names_is_read_back(compared: Compared, name: str) -> None:
    comparison = hostile(compared("tree"), name)
    text = shown(comparison, "csv")
    assert text.count("\r\n") == 1 + len(comparison.models)
    first, *_ = csv.DictReader(io.StringIO(text))
    for value in (first["dataset"], first["model"]):
        assert value[0] not in "=+-@\t\r"
        assert value.lstrip("'").rstrip("…") in {
            name,
            name.replace("\n", "�").replace("\x1b", "�").replace("\u202e", "�"),
        }


def test_csv_has_the_documents_names_and_raw_numbers(many: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(shown(many, "csv"))))
    document = json.loads(shown(many, "json"))
    for row, model in zip(rows, document["models"], strict=True):
        for name in ("model", "status"):
            assert row[name] == model[name]
        for name in ("accuracy", "accuracy_low", "fit_seconds", "p_best", "size_bytes", "rank"):
            assert (float(row[name]) if row[name] else None) == model[name]
        assert row["log_loss"] == (
            "" if model["scores"]["log_loss"] is None else repr(model["scores"]["log_loss"])
        )
        assert row["in_top_set"] == {True: "true", False: "false", None: ""}[model["in_top_set"]]


def test_ascii_terminals_can_show_every_format(many: Comparison, two_sets: Bench) -> None:
    for result in (many, two_sets):
        for form in FORMATS.keys() - {"code"}:  # a script needs the table's file
            text = encodable(shown(result, form), "ascii")
            text.encode("ascii")
            assert "?" not in text or form in {"json", "ndjson"}


@pytest.mark.parametrize("width", [40, 48, 60, 80, 120, 200])
def test_a_bench_is_no_wider_than_the_place(two_sets: Bench, width: int) -> None:
    ranks = tuple(replace(m, model=m.model * 12) for m in two_sets.across.models)
    bench = replace(two_sets, across=replace(two_sets.across, models=ranks))
    text = shown(bench, width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    table = text[text.index("mean rank, 1 is best") :].splitlines()[2:]
    title, _, first = table[0], table[1], table[2]
    assert title.startswith("Model")
    assert "Mean rank" in title
    assert "Mean accuracy %" in title
    assert ("Wins" in title) is (width > 55)
    assert "1.00" in first


def test_a_bench_without_a_common_data_set_has_no_ranks(two_sets: Bench) -> None:
    ranks = tuple(replace(m, average_rank=None, mean_accuracy=None) for m in two_sets.across.models)
    bench = replace(two_sets, across=replace(two_sets.across, models=ranks))
    assert "None" not in shown(bench)
    assert "nan" not in shown(bench)


def test_json_is_one_document_and_ndjson_lines(many: Comparison, two_sets: Bench) -> None:
    for result, command in ((many, "fit"), (two_sets, "bench")):
        document = json.loads(shown(result, "json"))
        assert (document["schema"], document["command"]) == ("compare/1", command)
        line = shown(result, "ndjson")
        assert line.count("\n") == 1
        assert json.loads(line) == {"type": "comparison", **document}


def test_ndjson_streams_a_line_for_each_fit(many: Comparison) -> None:
    stream = FORMATS["ndjson"].line
    assert stream is not None
    document = json.loads(shown(many, "json"))
    for fit, part in zip(many.fits, document["fits"], strict=True):
        text = stream("steps", fit)
        assert text.endswith("\n")
        assert text.count("\n") == 1
        assert json.loads(text) == {"type": "fit", "dataset": "steps", **part}
    failed = FitResult("m", 0, 0, "failed", error="E: a\nb")
    assert stream("a\nb", failed).count("\n") == 1


def test_only_ndjson_streams() -> None:
    assert {name for name, renderer in FORMATS.items() if renderer.line} == {"ndjson"}


def test_suffixes_belong_to_one_format_each() -> None:
    suffixes = [suffix for renderer in FORMATS.values() for suffix in renderer.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") for suffix in suffixes)


@pytest.mark.parametrize(
    ("roles", "line"),
    [
        (
            {"scheme": "grouped", "groups": "patient"},
            "5 folds by patient × 2 repeats, seed 0; 20 fits in 1.2 s",
        ),
        ({"scheme": "time", "repeats": 1}, "5 folds in time order, seed 0; 20 fits in 1.2 s"),
        ({"repeats": 1}, "5 stratified folds × 1 repeat, seed 0; 20 fits in 1.2 s"),
    ],
)
def test_the_protocol_in_a_line(compared: Compared, roles: dict[str, Any], line: str) -> None:
    comparison = compared("tree")
    comparison = replace(comparison, protocol=replace(comparison.protocol, **roles))
    assert shown(comparison).splitlines()[1] == line


def test_reused_fits_are_told(compared: Compared) -> None:
    comparison = compared("tree")
    fits = tuple(replace(fit, reused=at < 15) for at, fit in enumerate(comparison.fits))
    comparison = replace(comparison, fits=fits)
    assert "5 fits, 15 reused in 1.2 s" in shown(comparison).splitlines()[1]


def test_a_comparison_without_models_is_shown(compared: Compared) -> None:
    comparison = replace(compared("tree"), models=(), pairs=())
    for form in FORMATS.keys() - {"code"}:
        assert shown(comparison, form)


def test_field_names_are_for_readers_of_the_json(compared: Compared) -> None:
    comparison = compared("tree,logistic")
    assert any("(pairs." in reason for reason in comparison.verdict.because)
    assert "(pairs." not in shown(comparison)
    assert "(pairs." not in shown(comparison, "markdown")


def test_singular_and_plural(compared: Compared) -> None:
    comparison = compared("tree", steps())
    one = replace(comparison, dataset=replace(comparison.dataset, features=1, rows=1234))
    assert shown(one).startswith("steps: 1,234 rows, 1 feature, 2 classes of level\n")


@pytest.mark.parametrize("width", [60, 120])
def test_tables_beside_the_verdict(compared: Compared, golden: SnapshotAssertion, width: int) -> None:
    text = shown(compared("tree,naive_bayes"), width=width, details=("confusion", "per_class", "calibration"))
    start = text.index("Confusion of")
    assert text[start:] == golden
    assert text.rstrip().endswith(shown(compared("tree,naive_bayes"), width=width).rstrip().splitlines()[-1])


def test_of_everything_all_models_have_their_tables(compared: Compared) -> None:
    text = shown(compared("tree,naive_bayes"), everything=True, details=("confusion",))
    assert [line.split()[2][:-1] for line in text.splitlines() if line.startswith("Confusion")] == [
        model.model for model in compared("tree,naive_bayes").models
    ]


def test_many_classes_and_hostile_ones_fit(compared: Compared) -> None:
    comparison = compared("tree")
    classes = tuple(f"{name}{i}" for i, name in enumerate([*HOSTILE, *HOSTILE, *HOSTILE]))
    matrix = tuple(tuple(1000 * (i == j) + j for j in range(len(classes))) for i in range(len(classes)))
    model = replace(comparison.models[0], confusion=matrix, per_class=None, calibration=None)
    made = replace(comparison, dataset=replace(comparison.dataset, classes=classes), models=(model,))
    for width in (60, 80, 140):
        text = shown(made, width=width, details=("confusion", "per_class", "calibration"))
        assert max(map(cell_len, text.splitlines())) <= width
        assert text.count("True class") > 1, "more classes than fit beside each other"
        assert "There is none: no probabilities" in " ".join(text.split())
