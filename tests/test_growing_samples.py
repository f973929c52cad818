"""A comparison on growing samples, from the table to the exit code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from compare_cli import api, compare
from compare_cli.api import Options
from compare_cli.errors import UsageError
from compare_cli.types import Planned

CLEAR = "logistic,tree"


def table(rows: int = 4000, seed: int = 0, noise: float = 0.0, curved: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 4))
    score = np.abs(X[:, 0]) - 0.7 if curved else X[:, 0] - X[:, 1] + X[:, 2]
    y = (score + noise * rng.normal(size=rows) > 0).astype(int)
    return pd.DataFrame(X, columns=list("abcd")).assign(label=np.where(y, "yes", "no"))


@pytest.fixture(scope="module")
def clear() -> api.ComparisonResult:
    return compare(table(curved=True), models=CLEAR, samples=True)


def test_a_clear_case_ends_before_all_rows(clear: api.ComparisonResult) -> None:
    assert clear.protocol.scheme == "samples"
    assert clear.verdict.status == "better"
    assert clear.verdict.recommended == "tree"
    reached = max(m.train_rows or 0 for m in clear.models)
    assert reached < clear.protocol.sizes[-2]
    assert clear.verdict.sentence.startswith(f"Decided on {reached:,} of 4,000 rows: tree beats logistic")
    assert [look.repeats for look in clear.protocol.looks or ()] == list(range(1, clear.protocol.repeats + 1))
    assert {p.train_rows for p in clear.curve} == set(clear.protocol.sizes[: clear.protocol.repeats])


def test_the_row_of_a_model_comes_from_its_largest_samples(clear: api.ComparisonResult) -> None:
    for model in clear.models:
        its = [f for f in clear.fits if f.model == model.model and f.train_rows == model.train_rows]
        assert len(its) == 3
        assert model.accuracy == pytest.approx(np.mean([f.accuracy for f in its]))
        point = next(p for p in clear.curve if (p.model, p.train_rows) == (model.model, model.train_rows))
        assert point.score == pytest.approx(model.accuracy)
        assert point.low < point.score < point.high
        assert point.test_rows == 1000


def test_what_is_left_open_is_decided_on_all_rows() -> None:
    open_case = compare(table(1500, noise=0.5), models="logistic,mlp", samples=True, boundary=False)
    whole = open_case.protocol.sizes[-1]
    assert open_case.verdict.sentence.startswith("Not decided on samples of up to")
    assert "On one test set: what other training rows" in open_case.verdict.sentence
    assert {m.train_rows for m in open_case.models} == {whole}
    assert open_case.protocol.looks is not None
    assert open_case.protocol.looks[-1].last


def test_losses_keep_their_direction() -> None:
    by_loss = compare(
        table(1500, noise=0.5), models="logistic,tree", samples=True, metric="log_loss", boundary=False
    )
    assert by_loss.verdict.recommended == "logistic"
    pair = next(p for p in by_loss.pairs if {p.left, p.right} == {"logistic", "tree"})
    assert (pair.left, pair.verdict) == ("logistic", "better")
    assert pair.delta is not None
    assert pair.delta > 0
    assert "-0." not in by_loss.verdict.sentence


def test_a_loss_that_falls_is_told_as_better() -> None:
    found = compare(table(curved=True), models=CLEAR, samples=True, boundary=False, metric="log_loss")
    *_, before, last = (p.score for p in found.curve or () if p.model == "tree")
    assert f"made tree {before - last:.4f} better: with all rows" in found.verdict.sentence


@pytest.mark.parametrize("more", [{"metric": "roc_auc"}, {"metric": "mcc"}, {"cost": "yes:no=5"}])
def test_other_scores_are_judged_by_row(more: dict[str, str]) -> None:
    found = compare(table(curved=True), models=CLEAR, samples=True, boundary=False, **more)
    assert (found.verdict.status, found.verdict.recommended) == ("better", "tree")


def test_on_noise_no_model_is_recommended() -> None:
    noise = table(1200)
    noise["label"] = np.random.default_rng(9).permutation(noise["label"].to_numpy())
    found = compare(noise, models=CLEAR, samples=True, boundary=False)
    assert found.verdict.recommended is None
    assert found.verdict.status == "none"


def test_the_same_numbers_whatever_the_jobs() -> None:
    one, two = (compare(table(curved=True), models=CLEAR, samples=True, jobs=jobs) for jobs in (1, 2))
    assert [(f.model, f.repeat, f.fold, f.scores) for f in one.fits] == [
        (f.model, f.repeat, f.fold, f.scores) for f in two.fits
    ]
    assert one.verdict == two.verdict


def test_an_interrupted_run_goes_on_and_says_the_same(tmp_path: Path, clear: api.ComparisonResult) -> None:
    options = Options(models=CLEAR, samples=True, store=tmp_path / "store.sqlite")
    stream = api.iter_compare(table(curved=True), options)
    planned = 0
    for event in stream:
        planned += isinstance(event, Planned)
        if planned == 2:
            break
    cut = stream.throw(KeyboardInterrupt())
    assert cut.run.status == "interrupted"
    assert cut.verdict.status == "undecided"
    assert "pt behind: the run ended before the verdict was due" in cut.verdict.sentence
    again = compare(table(curved=True), options)
    assert again.fits_reused > 0
    assert again.verdict == clear.verdict


def test_a_model_that_fails_is_left_out() -> None:
    found = compare(
        table(curved=True), models="tree,logistic,hostile_models:Raises", samples=True, boundary=False
    )
    assert found.verdict.recommended == "tree"
    assert next(m for m in found.models if m.model.startswith("hostile")).status == "failed"


def test_groups_and_time() -> None:
    data = table(curved=True)
    data["who"], data["at"] = np.repeat(np.arange(200), 20), np.arange(4000)
    for more in ({"groups": "who", "drop": "at"}, {"time": "at", "drop": "who"}):
        found = compare(data, target="label", models=CLEAR, samples=True, boundary=False, **more)
        assert found.verdict.recommended == "tree"


def test_rows_of_groups_are_the_same_everywhere() -> None:
    data = table(curved=True).assign(who=np.random.default_rng(0).integers(0, 200, 4000))
    found = compare(data, target="label", models=CLEAR, samples=True, boundary=False, groups="who")
    leader = next(m for m in found.models if m.model == found.verdict.recommended)
    assert f"on {leader.train_rows:,} of 4,000 rows" in found.verdict.sentence
    assert leader.train_rows in {p.train_rows for p in found.curve or ()}


def test_who_is_equivalent_is_named() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12_000, 3))
    data = pd.DataFrame(x, columns=list("abc")).assign(label=np.where(x.sum(axis=1) > 0, "yes", "no"))
    models = "logistic,logistic(C=0.5),tree(max_depth=1)"
    found = compare(data, models=models, samples=True, boundary=False)
    assert found.verdict.status == "equivalent"
    assert ": logistic and logistic(C=0.5) are left. Practically equivalent" in found.verdict.sentence


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"folds": 5}, "--samples takes the place of folds"),
        ({"repeats": 2}, "--samples takes the place of folds"),
        ({"models": "tree"}, "name two at least"),
        ({"metric": "average_precision"}, "--all-rows"),
    ],
)
def test_what_does_not_go_together(more: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        compare(table(400), samples=True, **more)


def test_small_tables_and_benches_keep_their_folds() -> None:
    assert compare(table(400), models=CLEAR, boundary=False).protocol.scheme == "stratified"
    of_many = api.bench([table(400)], models=CLEAR, boundary=False)
    assert of_many.datasets[0].protocol.scheme == "stratified"


def test_large_tables_grow_samples_by_themselves() -> None:
    large = table(50_001, curved=True)
    assert compare(large, models=CLEAR, boundary=False).protocol.scheme == "samples"
    for more in ({"samples": False, "repeats": 1}, {"folds": 2, "repeats": 1}):
        assert (
            compare(large, models="logistic,naive_bayes", boundary=False, **more).protocol.scheme != "samples"
        )
