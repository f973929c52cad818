"""Official test rows put to the others, and test rows parted from the end of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from compare_cli import compare, read
from compare_cli.errors import DataError, UsageError


def table(rows: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x, kind = rng.normal(size=rows), rng.choice(["a", "b"], rows)
    return pd.DataFrame({"x": x, "kind": kind, "label": np.where(x > 0, "yes", "no")})


def test_the_last_rows_are_judged() -> None:
    dataset = read(table(), target="label", test_rows=30)
    assert dataset.test is not None
    assert (len(dataset.y), len(dataset.test.y)) == (60, 30)
    assert dataset.X["x"].tolist() == table()["x"][:60].tolist()
    assert dataset.test.X["x"].tolist() == table()["x"][60:].tolist()
    assert dataset.fingerprint != read(table(), target="label").fingerprint
    found = compare(dataset, models="tree,logistic", boundary=False)
    assert (found.protocol.scheme, found.dataset.test_rows) == ("test", 30)


def test_official_test_rows_are_put_to_the_others() -> None:
    both = read(table()[:60], target="label", test=table()[60:])
    assert both.test is not None
    from compare_cli.data import together

    whole = together(both)
    assert whole.test is None
    assert len(whole.y) == 90
    assert whole.X["x"].tolist() == table()["x"].tolist()
    assert whole.X["kind"].astype(str).tolist() == table()["kind"].tolist()
    assert compare(whole, models="tree,logistic", boundary=False, repeats=1).protocol.scheme == "stratified"


@pytest.mark.parametrize(
    ("error", "said", "more"),
    [
        (DataError, "there are 90 rows in all", {"test_rows": 90}),
        (UsageError, "must be at least 1", {"test_rows": 0}),
        (UsageError, "goes with none of", {"test_rows": 10, "groups": "kind"}),
        (UsageError, "no test rows", {"split": "cv"}),
        (UsageError, "give cv", {"split": "half"}),
        (UsageError, "--test names the test rows", {"test": table(), "test_rows": 10}),
        (UsageError, "--test names the test rows", {"test": table(), "split": "cv"}),
    ],
)
def test_what_cannot_be(error: type[Exception], said: str, more: dict[str, object]) -> None:
    with pytest.raises(error, match=said):
        read(table(), target="label", **more)


def test_a_class_that_only_the_last_rows_have() -> None:
    late = table().assign(label=["x"] * 40 + ["y"] * 40 + ["z"] * 10)
    with pytest.raises(DataError, match="no row of 'z' is left to learn from"):
        read(late, target="label", test_rows=20)
