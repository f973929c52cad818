"""Which reasons are given for a construction, and which of them are true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance

from compare_cli import Options, compare, iter_compare
from compare_cli.types import FitResult, Reason
from tests.constructions.tables import Construction

NOT_COUNTED = "bends"  # it repeats the verdict
FRESH = 8000


@dataclass(frozen=True)
class Judged:
    """One reason of one run: told and true, told and false, or expected and missed."""

    construction: str
    seed: int
    code: str
    kind: str
    sentence: str = ""


def judged(
    construction: Construction, seed: int, *, repeats: int = 1, store: Path | None = None
) -> list[Judged]:
    X, y = construction.draw(seed)
    options = Options(repeats=repeats, jobs=1, store=store)
    reasons = compare(X.assign(label=y), options, target="label").verdict.reasons
    told = [reason for reason in reasons if reason.code != NOT_COUNTED]
    return list(_kinds(construction, seed, told))


def _kinds(construction: Construction, seed: int, told: list[Reason]) -> Iterator[Judged]:
    for reason in told:
        kind = "true" if is_true(construction, seed, reason) else "false"
        yield Judged(construction.name, seed, reason.code, kind, reason.sentence)
    for code in construction.expected.keys() - {reason.code for reason in told}:
        yield Judged(construction.name, seed, code, "missed")


def is_true(construction: Construction, seed: int, reason: Reason) -> bool:
    if reason.code == "region":
        return region_holds(construction, seed, reason)
    if reason.code == "columns":
        return columns_matter(construction, seed, reason)
    truth = {**construction.allowed, **construction.expected}.get(reason.code)
    return truth is not None and (not truth or {column.name for column in reason.columns} <= truth)


def columns_matter(construction: Construction, seed: int, reason: Reason) -> bool:
    """Whether permuting each named column, alone, costs boosting accuracy on fresh rows beyond error."""
    X, y = construction.draw(seed, FRESH)
    X = X.apply(lambda column: column.astype("category").cat.codes if column.dtype == object else column)
    half = FRESH // 2
    model = HistGradientBoostingClassifier(random_state=0).fit(X[:half], y[:half])
    lost = permutation_importance(model, X[half:], y[half:], n_repeats=10, random_state=seed)
    sure = lost.importances_mean > np.maximum(3 * lost.importances_std, 0.002)
    return all(sure[X.columns.get_loc(column.name)] for column in reason.columns)


def region_holds(construction: Construction, seed: int, reason: Reason) -> bool:
    """Whether the better model of a region gains there on fresh rows, and less elsewhere."""
    X, y = construction.draw(seed)
    fresh, truth = construction.draw(seed, FRESH)
    options = Options(models=",".join(reason.models), repeats=1, jobs=1, boundary=False)
    stream = iter_compare(X.assign(label=y), options, target="label", test=fresh.assign(label=truth))
    codes = np.unique(truth, return_inverse=True)[1]
    right = {r.model: r.predictions == codes for r in stream if isinstance(r, FitResult)}
    gain = right[reason.models[0]].astype(float) - right[reason.models[1]]
    inside = inside_region(fresh, reason.sentence)
    return bool(gain[inside].mean() > 0 and gain[inside].mean() > gain[~inside].mean())


def inside_region(table: pd.DataFrame, sentence: str) -> np.ndarray:
    conditions = re.search(r" where (.*) \(", sentence)
    assert conditions is not None, sentence
    inside = np.ones(len(table), bool)
    for condition in conditions[1].split(" and "):
        found = re.fullmatch(r"(\S+) (>|≤|is not|is) (.*)", condition)
        assert found is not None, condition
        column, sign, value = table[found[1]], found[2], found[3]
        if sign in ">≤":
            inside &= ((column > float(value)) if sign == ">" else (column <= float(value))).to_numpy()
        else:
            inside &= ((column == value) == (sign == "is")).to_numpy()
    return inside
