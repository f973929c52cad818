"""Refits that reasons rest on: when they are run, on which folds, and where they do not show."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import compare_cli.engine.refits
from compare_cli import Options, compare, iter_compare
from compare_cli.types import FitResult, Planned, Refitted

HOW = Options(models="logistic,tree", folds=8, repeats=2, jobs=1)


def noisy_plane(rows: int = 800, noise: float = 0.2) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, 3))
    y = (X[:, 0] + X[:, 1] > 0) ^ (rng.random(rows) < noise)
    return pd.DataFrame(X, columns=["a", "b", "c"]).assign(label=y.astype(int).astype(str))


def test_a_tree_that_knows_its_training_rows_is_pruned_on_the_first_repeat() -> None:
    events = list(iter_compare(noisy_plane(), HOW, target="label"))
    refits = [event.result for event in events if isinstance(event, Refitted)]
    pruned, halves = [r for r in refits if r.fold < 8], [r for r in refits if r.fold >= 8]
    assert [(r.repeat, r.fold) for r in pruned] == [(0, fold) for fold in range(8)]
    assert {r.model.partition("=")[0] for r in pruned} == {"tree(ccp_alpha"}
    assert Counter(r.model for r in halves) == {"tree": 2}  # logistic regression fits no noise
    assert {r.train_rows for r in halves} == {400}
    planned = sum(len(event.tasks) for event in events if isinstance(event, Planned))
    assert planned == len(refits) + sum(isinstance(event, FitResult) for event in events)
    result = events[-1]
    assert result.protocol.refits == 10
    assert (
        {fit.model for fit in result.fits}
        == {m.model for m in result.models}
        == {"logistic", "tree", "dummy"}
    )
    assert result.run.fits_run == len(result.fits)
    noise = next(reason for reason in result.verdict.reasons if reason.code == "noise")
    assert noise.models == ("tree",)
    assert noise.figures["gain_low"] > 0
    assert noise.sentence in result.verdict.because


@pytest.mark.parametrize(
    "how",
    [
        replace(HOW, boundary=False),
        replace(HOW, models="logistic"),
        replace(HOW, models="tree(ccp_alpha=0.01)"),
    ],
    ids=["no boundary", "nothing to prune", "pruned by the user"],
)
def test_nothing_is_refitted_that_no_reason_needs(how: Options) -> None:
    result = compare(noisy_plane(), how, target="label")
    assert result.protocol.refits == 0
    assert all(reason.code != "noise" for reason in result.verdict.reasons)


def test_instability_of_halves_does_not_depend_on_the_number_of_folds() -> None:
    seen = []
    for folds in (2, 5, 10, 20):
        result = compare(noisy_plane(), replace(HOW, folds=folds, repeats=1), target="label")
        seen.append({m.model: m.boundary for m in result.models if m.boundary})
    by_folds, by_halves = (
        [each["tree"][name]["mean"] for each in seen] for name in ("instability", "instability_halves")
    )
    assert by_folds[0] > by_folds[3] + 0.08  # the fewer folds, the less the rows that they share
    assert max(by_halves) - min(by_halves) < 0.001
    assert abs(by_halves[0] - by_folds[0]) < 0.05  # two folds are halves


def test_of_many_rows_only_enough_are_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_cli.engine.refits, "JUDGED_ROWS", 250)
    events = list(iter_compare(noisy_plane(), HOW, target="label"))
    pruned = [e.result for e in events if isinstance(e, Refitted) and e.result.fold < 8]
    assert [r.fold for r in pruned] == [0, 1, 2]
    noise = next(reason for reason in events[-1].verdict.reasons if reason.code == "noise")
    tree = {
        r.fold: r.accuracy for r in events if isinstance(r, FitResult) and (r.model, r.repeat) == ("tree", 0)
    }
    gains = [r.accuracy - tree[r.fold] for r in pruned]
    assert noise.figures["gain"] == pytest.approx(np.mean(gains))
    by_f1 = list(iter_compare(noisy_plane(), replace(HOW, metric="f1"), target="label"))
    assert len({e.result.fold for e in by_f1 if isinstance(e, Refitted) and e.result.fold < 8}) == 8


def test_nothing_is_refitted_where_no_noise_is_left() -> None:
    """A perceptron that is nearly always right is not regularised, however well it knows its own rows."""
    result = compare("iris", Options(models="logistic,mlp", repeats=1, jobs=1))
    assert result.protocol.refits == 0


def test_a_budget_that_is_spent_leaves_refits_out() -> None:
    result = compare(noisy_plane(), replace(HOW, budget=1e-6), target="label")
    assert result.protocol.refits == 0


def test_additive_boosting_is_fitted_where_columns_seem_to_interact() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 2))
    table = pd.DataFrame(X, columns=["a", "b"]).assign(label=np.where(X[:, 0] * X[:, 1] > 0, "yes", "no"))
    result = compare(table, replace(HOW, repeats=1), target="label")
    reason = next(reason for reason in result.verdict.reasons if reason.code == "interaction")
    assert {column.name for column in reason.columns} == {"a", "b"}
    assert result.protocol.refits >= 4
