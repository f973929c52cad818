"""Learning curves: sizes and folds, intervals and pairs by hand, and what is said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from compare_cli import api, compare, read
from compare_cli.api import curve
from compare_cli.engine.samples import FoldSizes
from compare_cli.engine.splits import plan_folds
from compare_cli.errors import UsageError
from compare_cli.metrics import METRICS
from compare_cli.verdict.curve import Size, sentences
from compare_cli.verdict.paired import pair_posterior


def table(rows: int = 600) -> pd.DataFrame:
    X = np.random.default_rng(0).normal(size=(rows, 3))
    return pd.DataFrame(X, columns=list("abc")).assign(label=np.where(np.abs(X[:, 0]) > 0.7, "yes", "no"))


@pytest.fixture(scope="module")
def drawn() -> api.ComparisonResult:
    return curve(table(), models="logistic,tree")


def test_every_model_is_fitted_at_every_size_small_ones_first(drawn: api.ComparisonResult) -> None:
    assert drawn.command == "curve"
    assert drawn.protocol.sizes == (8, 16, 33, 67, 135, 270, 540)
    fits = [(f.train_rows, f.model) for f in drawn.fits]
    assert len(fits) == 7 * 10 * 3
    assert {size for size, _ in fits} == set(drawn.protocol.sizes)
    assert fits == sorted(fits, key=lambda fit: fit[0])


def test_points_are_means_over_folds_that_judge_every_row_once(drawn: api.ComparisonResult) -> None:
    point = next(p for p in drawn.curve if (p.model, p.train_rows) == ("tree", 135))
    its = [f.accuracy for f in drawn.fits if (f.model, f.train_rows) == ("tree", 135)]
    assert point.score == pytest.approx(np.mean(its))
    assert (point.samples, point.test_rows) == (10, 600)
    assert point.low < point.score < point.high


def test_the_largest_size_is_the_ordinary_comparison(drawn: api.ComparisonResult) -> None:
    usual = compare(table(), models="logistic,tree", repeats=1, boundary=False)
    assert {m.model: m.accuracy for m in drawn.models} == {m.model: m.accuracy for m in usual.models}
    assert drawn.verdict.recommended == usual.verdict.recommended == "tree"
    assert drawn.verdict.because[-1] == f"At the largest size: {usual.verdict.sentence}"


def test_pairs_are_those_of_the_folds(drawn: api.ComparisonResult) -> None:
    pair = next(
        p for p in drawn.curve_pairs if p.train_rows == 270 and {p.left, p.right} == {"tree", "logistic"}
    )
    by_fold = [
        [
            f.accuracy
            for f in sorted(drawn.fits, key=lambda f: f.fold)
            if (f.model, f.train_rows) == (name, 270)
        ]
        for name in (pair.left, pair.right)
    ]
    known = pair_posterior(np.subtract(*by_fold)[None, :], 0.01, 1 / 9)
    assert (pair.delta, pair.p_positive) == (pytest.approx(known.delta), pytest.approx(known.p_positive))


def test_what_is_said_of_crossing_curves() -> None:
    def size(rows: int, **scores: float) -> Size:
        spread = np.array([[0.0, 0.001, -0.001, 0.002, -0.002]])
        return Size(
            rows, 100, {n: v + spread * (1 + at) for at, (n, v) in enumerate(scores.items())}, 0.25, False
        )

    sizes = [
        size(10, a=0.7, b=0.8),
        size(20, a=0.8, b=0.81),
        size(40, a=0.9, b=0.82),
        size(80, a=0.95, b=0.82),
    ]
    told = list(sentences(sizes, [], METRICS["accuracy"]))
    assert (
        told[0]
        == "Observed from 10 to 80 training rows: a leads from 40 training rows on, not surely at any."
    )
    assert told[1].startswith("Before, up to 20 rows, b led")
    assert "a surely rising still" in told[2]


def test_sizes_can_be_named_and_must_exist() -> None:
    named = curve(table(), models="logistic,tree", sizes=(300, 20))
    assert named.protocol.sizes == (20, 300)
    for wrong in ((1, 20), (20, 541)):
        with pytest.raises(UsageError, match="there are 2 to 540 rows to learn from"):
            curve(table(), models="logistic,tree", sizes=wrong)


def test_one_model_groups_time_and_large_tables() -> None:
    data = table().assign(who=np.repeat(np.arange(60), 10), at=np.arange(600))
    assert curve(data, target="label", models="tree", drop="who,at").verdict.sentence.startswith(
        "tree reaches"
    )
    by_group = curve(data, target="label", models="logistic,tree", groups="who", drop="at")
    assert by_group.verdict.recommended == "tree"
    in_time = curve(data, target="label", models="logistic,tree", time="at", drop="who")
    assert in_time.curve
    large = curve(table(4000), models="logistic,tree", samples=True)
    assert large.protocol.scheme == "samples"
    assert {p.samples for p in large.curve} == {1, 3}
    assert large.verdict.recommended == "tree"


def of_groups(who: np.ndarray, shift: float = 0.0) -> pd.DataFrame:
    data = table(len(who)).assign(who=[f"g{number}" for number in who])
    data[["a", "b", "c"]] += shift * np.random.default_rng(1).normal(size=(who.max() + 1, 3))[who]
    return data


GROUPED = {
    "equal": np.repeat(np.arange(60), 10),
    "uneven": np.minimum(np.random.default_rng(0).exponential(6, 600).astype(int), 40),
    "half in one": np.where(np.arange(600) < 300, 0, np.arange(600) // 10),
    "one row each": np.arange(600),
    "five": np.arange(600) % 5,
    "two": np.arange(600) % 2,
}


@pytest.mark.parametrize("kind", GROUPED)
def test_whole_groups_learn_and_no_size_is_shown_twice(kind: str) -> None:
    data = read(of_groups(GROUPED[kind], 1.0), target="label", groups="who")
    found = curve(data, models="tree")
    rows = [p.train_rows for p in found.curve if p.model == "tree"]
    assert rows == sorted(set(rows))
    sizes = FoldSizes(data, plan_folds(data, None, 1, by_class=False), 0)
    assert sizes.sizes == found.protocol.sizes
    before: dict[int, set[int]] = {}
    for split in (split for at in range(len(sizes.sizes)) for split in sizes.splits(at)):
        learnt = data.groups[split.train]
        assert not set(learnt) & set(data.groups[split.test])
        assert all(np.sum(learnt == one) == np.sum(data.groups == one) for one in set(learnt))
        assert before.setdefault(split.fold, set()) <= set(split.train)
        before[split.fold] = set(split.train)


def test_groups_widen_the_intervals_of_large_tables() -> None:
    by_group = of_groups(np.arange(4000) % 60, 1.0)
    how = {"target": "label", "models": "logistic", "sizes": (500,), "samples": True}
    alone = curve(by_group, drop="who", **how).curve[0]
    together = curve(by_group, groups="who", **how).curve[0]
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_few_groups_are_judged_by_folds() -> None:
    data = read(of_groups(np.arange(600) % 20), target="label", groups="who")
    with pytest.raises(UsageError, match="keeps whole groups to judge on, here 5, and needs 10"):
        curve(data, models="logistic", samples=True)
    with pytest.raises(UsageError, match="keeps whole groups to judge on, here 5, and needs 10"):
        compare(data, models="logistic,tree", samples=True)
    large = read(of_groups(np.arange(51_000) % 20), target="label", groups="who")
    assert curve(large, models="logistic", sizes=(5100,)).protocol.scheme == "grouped"
    assert compare(large, models="logistic,naive_bayes", boundary=False).protocol.scheme == "grouped"


def test_an_interrupted_curve_shows_the_sizes_that_are_whole() -> None:
    from dataclasses import replace

    stream = api.iter_compare(table(), replace(api.Options(models="logistic,tree"), sizes=(), boundary=False))
    for _ in range(75):
        next(stream)
    cut = stream.throw(KeyboardInterrupt())
    assert {p.train_rows for p in cut.curve} == {8, 16}


def test_pictures(drawn: api.ComparisonResult) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    picture = drawn.plot("curve")
    assert b"training rows" in picture.svg
    assert picture.png.startswith(b"\x89PNG")
    assert drawn.plot("curve").svg == picture.svg
