"""The JSON contract: every key, valid against the shipped schema, no NaN, read back as it was written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pydantic
import pytest
from toy_models import register_toys
from toy_tables import blobs, make_dataset, with_test

from compare_cli import document as documents
from compare_cli.api import bench, compare
from compare_cli.document import json_schema, read_document, schema_text, to_json
from compare_cli.engine.plan import Options
from compare_cli.errors import DataError
from compare_cli.types import Bench, Comparison, DroppedColumn, FitResult, Result, SingleComparison

PROMISED = Path(__file__).with_name("schema_of_0_1.json")
SCHEMA_FILE = Path(documents.__file__).with_name("schema.json")
RUN = """id started seconds cpu_seconds status seed jobs backend version fits_run fits_reused fits_failed"""
ENVIRONMENT = "python numpy scikit_learn pandas joblib platform cpu_count"
RESULT = "command dataset protocol models pairs verdict notes fits"
KEYS = {
    "": f"schema run environment {RESULT}",
    "run": RUN,
    "environment": ENVIRONMENT,
    "dataset": """name source fingerprint rows test_rows columns features numeric categorical target classes
        class_counts majority_rate missing_cells dropped read""",
    "dataset.dropped": "column reason",
    "dataset.read": "delimiter encoding header preamble_rows skipped_rows",
    "protocol": "scheme folds repeats metric rope splits_digest groups time_limit",
    "models": """model family spec params status rank accuracy accuracy_low accuracy_high scores
        score_intervals fit_seconds fit_cpu_seconds predict_seconds prepare_seconds
        predict_rows_per_second size_bytes confusion p_best in_top_set beats_baseline boundary
        warnings failures""",
    "models.scores": "balanced_accuracy roc_auc log_loss brier mcc f1_macro ece train_accuracy",
    "models.failures": "fold repeat kind message",
    "pairs": """left right delta delta_low delta_high se se_floor split_sd df p_positive p_better
        p_equivalent p_worse p_better_nb p_adjusted verdict undecided_reason p_decided_by_repeats
        repeats_suggested rows_needed disagreement left_right_when_differ""",
    "verdict": "status reason recommended top_set sentence because",
    "notes": "code level message hint",
    "fits": """model repeat fold status accuracy scores fit_seconds fit_cpu_seconds predict_seconds
        train_rows test_rows reused error""",
}
BENCH_KEYS = {
    "": "schema command run environment datasets across notes",
    "run": RUN,
    "environment": ENVIRONMENT,
    "datasets": RESULT,
    "across": "models pairs friedman_p critical_difference datasets rank_groups verdict",
    "across.models": "model average_rank wins ties losses mean_accuracy",
    "across.pairs": """left right p_left p_rope p_right wilcoxon_p wilcoxon_p_holm wins ties losses datasets
        median lowest highest verdict""",
    "across.verdict": "status sentence top_set",
}


def options(models: str, **more: Any) -> Options:
    return Options(models, **{"folds": 3, "repeats": 1, "jobs": 1, "boundary": False, **more})


@pytest.fixture(scope="module")
def failing() -> Comparison:
    """A comparison with something in every list: dropped columns, failures, warnings, notes."""
    dataset = replace(blobs(), dropped=(DroppedColumn("id", "an identifier"),))
    with pytest.MonkeyPatch.context() as patch:
        register_toys(patch)
        return compare(dataset, options("tree,flaky,broken,warner", boundary=True))


@pytest.fixture(scope="module")
def several() -> Bench:
    return bench([replace(blobs(40, seed=s), name=f"toy{s}") for s in range(3)], options("tree,naive_bayes"))


def written(result: Result) -> Any:
    def no_constants(text: str) -> None:
        pytest.fail(f"{text} is no JSON")

    return json.loads(to_json(result), parse_constant=no_constants)


def parts(document: Any, path: str) -> Iterator[dict[str, Any]]:
    """Every object at a dotted path, through lists."""
    found = [document]
    for name in path.split(".") if path else []:
        values = [part[name] for part in found]
        found = [item for v in values for item in (v if isinstance(v, list) else [v])]
    assert found, f"nothing at {path}"
    return iter(found)


def valid(document: Any) -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("path", KEYS)
def test_every_key_of_a_fit_document_is_there(failing: Comparison, path: str) -> None:
    for part in parts(written(failing), path):
        assert set(KEYS[path].split()) <= set(part)


@pytest.mark.parametrize("path", BENCH_KEYS)
def test_every_key_of_a_bench_document_is_there(several: Bench, path: str) -> None:
    for part in parts(written(several), path):
        assert set(BENCH_KEYS[path].split()) <= set(part)


def test_data_sets_of_a_bench_have_no_run_of_their_own(several: Bench) -> None:
    for part in parts(written(several), "datasets"):
        assert not {"schema", "run", "environment"} & set(part)
        assert part["command"] == "bench"


def test_numbers_keep_their_meaning(failing: Comparison) -> None:
    document = written(failing)
    tree = document["models"][0]
    summary = failing.models[0]
    assert tree["accuracy"] == summary.accuracy
    assert (tree["accuracy_low"], tree["accuracy_high"]) == summary.interval("accuracy")
    assert "accuracy" not in tree["scores"]
    assert "accuracy" not in tree["score_intervals"]
    assert tree["scores"]["log_loss"] == summary.scores["log_loss"]
    assert tree["confusion"] == summary.confusion
    assert document["run"]["fits_failed"] == failing.run.fits_failed > 2
    assert document["dataset"]["classes"] == ["c0", "c1"]
    assert document["dataset"]["dropped"] == [{"column": "id", "reason": "an identifier"}]
    first = document["fits"][0]
    assert first["accuracy"] == failing.fits[0].accuracy
    assert "accuracy" not in first["scores"]


def test_failed_fits_say_why(failing: Comparison) -> None:
    document = written(failing)
    for fit in document["fits"]:
        failed = fit["status"] == "failed"
        assert (fit["error"] is not None) is failed
        assert (fit["accuracy"] is None) is failed
    broken = next(m for m in document["models"] if m["model"] == "broken")
    assert broken["failures"][0] == {
        "repeat": 0,
        "fold": 0,
        "kind": "ArithmeticError",
        "message": "the matrix is singular",
    }
    assert {f["error"] for f in document["fits"] if f["model"] == "broken"} == {
        "ArithmeticError: the matrix is singular"
    }


def cases() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    time = list(np.arange(40.0))
    return {
        "test set": lambda: compare(with_test(blobs(30), blobs(12)), options("tree")),
        "time": lambda: compare(
            make_dataset({"x": rng.normal(size=40)}, [0, 1] * 20, time=time), options("tree")
        ),
        "groups": lambda: compare(
            make_dataset({"x": rng.normal(size=40)}, [0, 1] * 20, groups=list(np.arange(40) // 4)),
            options("tree"),
        ),
        "three classes": lambda: compare(blobs(60, classes=3), options("logistic,mlp(max_iter=5)")),
        "log loss": lambda: compare(blobs(), options("tree,naive_bayes", metric="log_loss")),
        "a scorer": lambda: compare(blobs(), options("tree", metric="f1_weighted")),
        "an infinite parameter": lambda: compare(blobs(), options("toy_models:Plugin(answer=1e999)")),
        "a perfect model": lambda: compare(
            make_dataset({"x": np.repeat([0.0, 1.0], 20)}, [0] * 20 + [1] * 20), options("tree,knn")
        ),
    }


@pytest.mark.parametrize("case", cases())
def test_documents_are_valid_and_read_back(case: str) -> None:
    comparison = cases()[case]()
    document = written(comparison)
    valid(document)
    again = read_document(json.dumps(document), "result.json")
    assert isinstance(again, SingleComparison)
    assert json.loads(to_json(again)) == document


def test_documents_with_failures_are_valid(failing: Comparison) -> None:
    valid(written(failing))


def test_a_bench_is_valid_and_reads_back(several: Bench) -> None:
    document = written(several)
    valid(document)
    again = read_document(json.dumps(document).encode(), "bench.json")
    assert isinstance(again, Bench)
    assert json.loads(to_json(again)) == document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("pairs", 0, "p_left"), 1.2),
        (("pairs", 0, "verdict"), "identical"),
        (("pairs", 0, "wins"), -1),
        (("models", 0, "wins"), None),
        (("rank_groups", 0), "tree"),
    ],
)
def test_the_schema_refuses_what_is_wrong_across_data_sets(
    several: Bench, path: tuple[Any, ...], value: Any
) -> None:
    document = written(several)
    assert document["across"]["rank_groups"], "three data sets cannot tell two models apart by rank"
    part = document["across"]
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        valid(document)


def test_an_interrupted_run_is_valid() -> None:
    from compare_cli.api import iter_compare

    events = iter_compare(blobs(), options("tree"))
    next(events)
    comparison = events.throw(KeyboardInterrupt)
    assert isinstance(comparison, Comparison)
    document = written(comparison)
    valid(document)
    assert document["run"]["status"] == "interrupted"
    assert document["fits"] == []


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_numbers_that_do_not_exist_are_null(failing: Comparison, bad: float) -> None:
    model = replace(
        failing.models[0],
        scores={**failing.models[0].scores, "log_loss": bad},
        params={"C": bad, "nested": [bad, {"x": bad}]},
        boundary={"linearity": {"mean": bad}},
        predict_rows_per_second=bad,
    )
    fit = replace(failing.fits[0], accuracy=1.0, scores={"roc_auc": bad})
    pair = replace(failing.pairs[0], delta=bad)
    comparison = replace(failing, models=(model,), fits=(fit,), pairs=(pair,))
    document = written(comparison)
    valid(document)
    shown = document["models"][0]
    assert shown["scores"]["log_loss"] is None
    assert shown["params"] == {"C": None, "nested": [None, {"x": None}]}
    assert shown["boundary"]["linearity"]["mean"] is None
    assert shown["predict_rows_per_second"] is None
    assert document["pairs"][0]["delta"] is None
    assert document["fits"][0]["scores"]["roc_auc"] is None


@pytest.mark.parametrize("name", ['say "so"', "<b>&amp;</b>", "ключ", "a\nb\tc\x1b[31m\x00", "\u202e\u2028"])
def test_hostile_names_are_written_and_read_back(failing: Comparison, name: str) -> None:
    dataset = replace(failing.dataset, name=name, source=name, target=name, classes=(name, "other"))
    text = to_json(replace(failing, dataset=dataset))
    text.encode("utf-8")
    shown = json.loads(text)["dataset"]
    assert (shown["name"], shown["source"], shown["target"], shown["classes"][0]) == (name,) * 4
    assert "\x1b" not in text


def test_a_file_whose_name_is_no_text_can_be_written() -> None:
    """Where a name's bytes are no UTF-8, Python holds them as lone surrogates."""
    dataset = replace(blobs(), name="caf\udce9", source="/tmp/caf\udce9.csv")
    shown = written(compare(dataset, options("tree")))["dataset"]
    assert (shown["name"], shown["source"]) == ("caf?", "/tmp/caf?.csv")


def test_a_single_fit_is_one_line() -> None:
    fit = FitResult("tree", 1, 2, "killed", error="ProcessDied: the process died")
    text = to_json(fit, indent=None)
    assert "\n" not in text
    shown = json.loads(text)
    assert (shown["model"], shown["repeat"], shown["fold"], shown["status"]) == ("tree", 1, 2, "killed")
    assert shown["error"] == "ProcessDied: the process died"
    assert shown["accuracy"] is None


@pytest.mark.skipif(
    tuple(int(number) for number in pydantic.VERSION.split(".")[:2]) < (2, 13),
    reason="older pydantic reads no descriptions of fields from plain dataclasses",
)
def test_the_shipped_schema_is_that_of_the_code() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "write it anew: from compare_cli.document import schema_text; put schema_text() into schema.json"
    )


def resolved(schema: Any, parts: dict[str, Any]) -> Any:
    """A schema without names: every reference replaced by what it stands for."""
    if isinstance(schema, list):
        return [resolved(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        part = parts[schema["$ref"].removeprefix("#/$defs/")]
        schema = {**part, **{key: value for key, value in schema.items() if key != "$ref"}}
    return {k: resolved(v, parts) for k, v in schema.items() if k not in {"$defs", "title"}}


def assert_keeps(old: Any, new: Any, where: str = "") -> None:
    """Whatever the old schema says, the new one says too; it may have more keys, and values of a list."""
    if isinstance(old, dict):
        assert isinstance(new, dict), where
        assert old.keys() <= new.keys(), f"{where}: {old.keys() - new.keys()}"
        for key, value in old.items():
            if key == "required" or key == "enum":
                assert set(value) <= set(new[key]), where
            else:
                assert_keeps(value, new[key], f"{where}.{key}")
    elif isinstance(old, list):
        assert len(old) == len(new), where
        for at, (one, other) in enumerate(zip(old, new, strict=True)):
            assert_keeps(one, other, f"{where}[{at}]")
    else:
        assert old == new, where


def test_the_contract_keeps_what_version_0_1_promised() -> None:
    """Keys, types, ranges and meanings; names of the schema's own parts may differ."""
    promised = json.loads(PROMISED.read_text(encoding="utf-8"))
    now = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    assert_keeps(resolved(promised, promised["$defs"]), resolved(now, now["$defs"]))


def test_a_broken_promise_is_seen() -> None:
    promised = json.loads(PROMISED.read_text(encoding="utf-8"))
    for path in (("RunPart", "seconds"), ("FitPart", "status"), ("PairPart", "disagreement")):
        broken = json.loads(json.dumps(promised))
        broken["$defs"][path[0]]["properties"][path[1]]["type"] = "string of another kind"
        with pytest.raises(AssertionError):
            assert_keeps(resolved(broken, broken["$defs"]), resolved(promised, promised["$defs"]))


def test_the_schema_is_one() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == "compare/1"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("run", "status"), "done"),
        (("models", 0, "accuracy"), 1.5),
        (("models", 0, "status"), "great"),
        (("pairs", 0, "verdict"), "maybe"),
        (("verdict",), None),
        (("dataset", "rows"), "many"),
        (("schema",), "compare/2"),
    ],
)
def test_the_schema_refuses_what_is_wrong(failing: Comparison, path: tuple[Any, ...], value: Any) -> None:
    document = written(failing)
    part = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        valid(document)
    with pytest.raises(DataError, match=r"^old\.json: "):
        read_document(json.dumps(document), "old.json")


@pytest.mark.parametrize("path", ["run", "dataset", "models", "pairs", "verdict", "fits"])
def test_the_schema_refuses_what_is_missing(failing: Comparison, path: str) -> None:
    document = written(failing)
    del document[path]
    with pytest.raises(jsonschema.ValidationError):
        valid(document)
    with pytest.raises(DataError, match=f"{path}: Field required"):
        read_document(json.dumps(document), "old.json")


def test_a_newer_document_with_more_keys_is_read(failing: Comparison) -> None:
    document = written(failing)
    document["weather"] = "fine"
    document["models"][0]["colour"] = "red"
    document["fits"][0]["wind"] = None
    valid(document)
    assert json.loads(to_json(read_document(json.dumps(document), "new.json"))) == written(failing)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "r.json: not JSON"),
        ("{", "r.json: not JSON"),
        (b"\xff\xfe\x00", "r.json: not JSON"),
        ("[" * 100_000, "r.json: not JSON"),
        ("[]", "r.json: no compare result"),
        ("3", "r.json: no compare result"),
        ('{"schema": "other/1"}', "r.json: no compare result"),
        ('{"schema": null}', "r.json: no compare result"),
    ],
)
def test_what_is_no_result_is_told(text: str | bytes, told: str) -> None:
    with pytest.raises(DataError) as error:
        read_document(text, "r.json")
    assert str(error.value).startswith(told)
    assert "\n" not in str(error.value)
