"""Results as bytes: what comes back is what went in, bit by bit, and nothing in it can run."""

from __future__ import annotations

import contextlib
import json
import math
import zlib
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_models import Keeps, Raises
from toy_tables import blobs, mixed, with_test

from compare_cli.engine.child import Children
from compare_cli.engine.execute import execute
from compare_cli.engine.packing import pack, unpack
from compare_cli.engine.plan import Options, make_tasks, prepare_job
from compare_cli.engine.splits import make_splits
from compare_cli.models import FAMILIES
from compare_cli.types import Boundary, Dataset, FitResult

BUILT_IN = [name for name, family in FAMILIES.items() if family.extra is None]
ALL = ",".join(BUILT_IN)


def same(one: Any, other: Any) -> bool:
    """Equal in value, type and bits."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, float):
        return type(other) is type(one) and (
            one.hex() == other.hex() or (math.isnan(one) and math.isnan(other))
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Boundary):
        return same(vars(one), vars(other))
    return type(one) is type(other) and one == other


def there_and_back(result: FitResult) -> FitResult:
    head = FitResult(result.model, result.repeat, result.fold, status="ok", key=result.key)
    return unpack(pack(result), head)


def results_of(dataset: Dataset, models: str, **options: Any) -> list[FitResult]:
    job = prepare_job(dataset, Options(models, **{"folds": 2, "repeats": 1, "jobs": 1, **options}))
    splits = next(iter(make_splits(dataset, job.plan, 0)))
    tasks = make_tasks(dataset, job.models, splits, job.shape, 0, job.asked)
    return list(execute(tasks, job.workspace, Children(1)))


@pytest.mark.parametrize(
    ("dataset", "options"),
    [
        (blobs(40), {}),
        (blobs(60, classes=3), {"boundary": False}),
        (mixed(60), {"boundary_probes": 4}),
        (with_test(blobs(40), blobs(30, seed=1)), {"metric": "log_loss"}),
        (blobs(40), {"metric": "f1_weighted", "boundary": False}),
    ],
    ids=["boundary", "classes", "categories", "test set", "scorer"],
)
def test_every_model_comes_back_as_it_went(dataset: Dataset, options: dict[str, Any]) -> None:
    results = results_of(dataset, ALL, **options)
    assert {result.model for result in results} >= set(BUILT_IN)
    for result in results:
        again = there_and_back(result)
        for field in fields(FitResult):
            before, after = getattr(result, field.name), getattr(again, field.name)
            assert same(before, after), (result.model, field.name, before, after)


def test_what_a_test_set_and_probes_add_is_there() -> None:
    result = results_of(with_test(blobs(40), blobs(30, seed=1)), "tree")[0]
    again = there_and_back(result)
    assert again.row_scores is not None
    assert again.row_scores.dtype == np.float64
    assert again.boundary is not None
    assert again.boundary.probe_labels is not None


def test_arrays_that_come_back_can_be_written() -> None:
    again = there_and_back(results_of(blobs(40), "tree")[0])
    assert again.predictions is not None
    again.predictions[0] = 1


def test_failures_and_odd_parameters_come_back() -> None:
    failing, keeping = f"{Raises.__module__}:Raises", f"{Keeps.__module__}:Keeps"
    results = results_of(blobs(40), f"{failing},{keeping}", boundary=False)
    assert {result.status for result in results} == {"ok", "failed"}
    assert all(same(vars(result), vars(there_and_back(result))) for result in results)


whole = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(whole, max_size=20))
def test_whole_numbers_survive_in_the_smallest_type(values: list[int]) -> None:
    result = FitResult("m", 0, 0, "ok", predictions=np.array(values, dtype=np.int64))
    assert same(result.predictions, there_and_back(result).predictions)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_floats_survive_with_every_bit(values: list[float]) -> None:
    scores = {f"s{i}": value for i, value in enumerate(values)}
    result = FitResult("m", 0, 0, "ok", scores=scores, row_scores=np.array(values, dtype=float))
    again = there_and_back(result)
    assert same(result.row_scores, again.row_scores)
    assert same(scores, again.scores)


text = st.text(st.characters(codec="utf-8"), max_size=30)


@given(
    st.dictionaries(text, st.none() | st.booleans() | st.integers() | text | st.lists(text)), st.lists(text)
)
def test_parameters_and_warnings_survive(params: dict[str, Any], warnings: list[str]) -> None:
    result = FitResult("m", 0, 0, "failed", params=params, warnings=tuple(warnings), error="E: x")
    assert same(vars(result), vars(there_and_back(result)))


@given(st.binary(max_size=200))
def test_garbage_is_a_value_error(data: bytes) -> None:
    head = FitResult("m", 0, 0, "ok")
    for given_bytes in (data, zlib.compress(data)):
        with pytest.raises(ValueError):  # noqa: PT011  # any: the caller only asks whether it can be read
            unpack(given_bytes, head)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(["predictions", "row_scores", "confusion", "boundary", "warnings", "scores"]), json_values
)
def test_a_damaged_part_is_a_value_error_or_a_result(name: str, value: Any) -> None:
    facts = json.loads(zlib.decompress(pack(FitResult("m", 0, 0, "ok"))))
    with contextlib.suppress(ValueError):
        unpack(zlib.compress(json.dumps({**facts, name: value}).encode()), FitResult("m", 0, 0, "ok"))


@pytest.mark.parametrize("kind", ["|O", "O", "object", "V8", "U3"])
def test_no_array_of_objects_is_made(kind: str) -> None:
    facts = json.loads(zlib.decompress(pack(FitResult("m", 0, 0, "ok"))))
    facts["predictions"] = [kind, [1], "AAAAAAAAAAA="]
    with pytest.raises(ValueError):  # noqa: PT011
        unpack(zlib.compress(json.dumps(facts).encode()), FitResult("m", 0, 0, "ok"))


def test_what_is_kept_is_text() -> None:
    result = results_of(blobs(40), "tree")[0]
    facts = json.loads(zlib.decompress(pack(result)))
    assert facts["predictions"][0] == "|u1"
    assert replace(result, key="other").key not in facts


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_half_a_result_is_a_value_error(cut: int) -> None:
    data = pack(results_of(blobs(40), "tree")[0])
    with pytest.raises(ValueError):  # noqa: PT011
        unpack(data[:-cut], FitResult("m", 0, 0, "ok"))


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_what_is_cut_off_or_too_much_is_damaged(monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    """A store may come from elsewhere, and a few bytes of it unpack to as many as there are."""
    data = pack(FitResult("m", 0, 0, "ok"))
    with pytest.raises(ValueError, match="not a stored result: incomplete"):
        unpack(data[:-cut], FitResult("m", 0, 0, "ok"))
    monkeypatch.setattr("compare_cli.engine.packing.MOST", 100 * cut)
    with pytest.raises(ValueError, match=f"or more than {100 * cut:,} bytes"):
        unpack(zlib.compress(b" " * (100 * cut + 1)), FitResult("m", 0, 0, "ok"))
