"""Boundaries in whole comparisons: any table gives numbers or says why not, and nothing else is heard."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from compare_cli import Comparison, Options, compare

MODELS = "logistic,tree,mlp(max_iter=20),knn,svm"
RATES = (
    "linearity",
    "nonconvexity",
    "roughness",
    "axis_aligned",
    "flips",
    "instability",
    "unsure",
    "held_flips",
)
ROWS = 120


def _table(kind: str) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(ROWS)
    frame = pd.DataFrame({"a": x, "b": rng.standard_normal(ROWS), "class": np.where(x > 0.2, "in", "out")})
    if kind == "one numeric column":
        return frame.drop(columns="b").assign(**{"class": np.where(np.abs(x) < 0.8, "in", "out")})
    if kind == "constant prediction":
        return frame.assign(**{"class": np.where(np.arange(ROWS) % 20 == 0, "rare", "common")})
    kinds = np.array(["p", "q", "r"])[rng.integers(3, size=ROWS)]
    if kind == "categories only":
        return pd.DataFrame({"k": kinds, "m": kinds[::-1], "class": np.where(kinds == "p", "in", "out")})
    if kind == "gaps, categories, three classes":
        frame = frame.assign(k=kinds, **{"class": np.where(kinds == "p", "third", frame["class"])})
        frame.loc[rng.random(ROWS) < 0.2, "a"] = np.nan
        frame.loc[rng.random(ROWS) < 0.2, "k"] = None
        return frame
    wide = pd.DataFrame(rng.standard_normal((ROWS, 857)).round(3)).add_prefix("x")
    return wide.assign(**{"class": np.where(wide[["x0", "x1", "x2"]].sum(axis=1) > 0, "in", "out")})


def _boundaries(found: Comparison) -> dict[str, dict[str, Any]]:
    return {m.model: dict(m.boundary) for m in found.models if m.boundary is not None}


KINDS = (
    "one numeric column",
    "constant prediction",
    "categories only",
    "gaps, categories, three classes",
    "857 columns",
)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_or_a_stated_reason_and_no_word_besides(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    found = _boundaries(
        compare(_table(kind), Options(models=MODELS, folds=2, repeats=1, jobs=1), target="class")
    )
    assert capfd.readouterr() == ("", "")
    assert len(found) == 5
    for statistics in found.values():
        assert json.loads(json.dumps(statistics, allow_nan=False)) == statistics
        means = {name: s["mean"] for name, s in statistics.items() if isinstance(s, dict) and "mean" in s}
        assert all(value is None or math.isfinite(value) for value in means.values())
        assert all(0 <= means[name] <= 1 for name in RATES if means[name] is not None)
        shares = [
            share["mean"] for kind in ("columns", "gaps") for share in statistics.get(kind, {}).values()
        ]
        assert all(0 <= share <= 1 for share in shares)
        assert sum(shares) <= 1 + 1e-9
        if statistics["reason"] is None:
            assert sum(shares) > 0.1
            assert means["nonconvexity"] is not None
            assert means["margin_median"] > 0
    reasons = {name: statistics["reason"] for name, statistics in found.items()}
    if kind == "categories only":
        assert all(reason.startswith("no numeric column") for reason in reasons.values())
    elif kind == "constant prediction":
        assert reasons["svm"] == "predicts one class"
        assert reasons["tree"] is None
    elif kind == "one numeric column":
        assert reasons["tree"] is None
        assert found["tree"]["axis_aligned"]["mean"] is None
        assert found["tree"]["moving_columns"]["mean"] == 1
    elif kind == "857 columns":
        assert found["tree"]["moving_columns"]["mean"] == 857
        assert found["tree"]["directions"]["mean"] is None
        assert found["tree"]["axis_aligned"]["mean"] >= 0.97


def test_the_same_numbers_whatever_the_jobs() -> None:
    table = _table("gaps, categories, three classes")
    models = f"{MODELS},sklearn.naive_bayes:GaussianNB"  # classes named by path are fitted in workers
    one, two = (
        _boundaries(compare(table, Options(models=models, folds=3, repeats=1, jobs=jobs), target="class"))
        for jobs in (1, 2)
    )
    assert len(one) == 6
    assert one == two
