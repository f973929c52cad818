"""Tuning on inner folds: what is chosen, what is gained, and what that says of the order of the defaults."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from jsonschema import validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from toy_tables import blobs, make_dataset, with_test

from compare_cli import Options, bench, compare, iter_compare
from compare_cli.api import Criterion, curve, explain, judge
from compare_cli.document import json_schema, read_document, to_json
from compare_cli.engine import headroom as planned
from compare_cli.engine.headroom import CONFIGURATIONS, configurations
from compare_cli.engine.plan import prepare_job
from compare_cli.engine.splits import INNER, inner_splits, make_splits
from compare_cli.errors import UsageError
from compare_cli.metrics import METRICS
from compare_cli.models.families import FAMILIES, Shape
from compare_cli.models.specs import check_values, make_estimator, parse_models
from compare_cli.types import Dataset, FitResult, Headroom, PairVerdict, Planned, Refitted, TunedModel
from compare_cli.verdict.headroom import _conclusion, headroom

HOW = Options(models="tree,logistic", folds=4, repeats=1, jobs=1, boundary=False, headroom=True)


def noisy_plane(rows: int = 300, noise: float = 0.2, idle: int = 0, seed: int = 0) -> Dataset:
    """A slanted plane whose labels are partly wrong, with columns that say nothing."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, 3 + idle))
    y = (X[:, 0] + X[:, 1] > 0) ^ (rng.random(rows) < noise)
    return make_dataset({f"x{i}": X[:, i] for i in range(X.shape[1])}, y.astype(int))


def headroom_of(dataset: Dataset, options: Options = HOW, **more: object) -> Headroom:
    found = compare(dataset, replace(options, **more)).headroom
    assert found is not None
    return found


@pytest.mark.parametrize("family", CONFIGURATIONS)
def test_there_are_eight_different_configurations_that_estimators_take(family: str) -> None:
    found = configurations(parse_models(family)[0])
    assert len({spec.name for spec in found}) == 8
    assert found[0].name == family
    for spec in found:
        settings = FAMILIES[family].settings_beside(spec.params, Shape(200, 4, 2))
        check_values(spec, make_estimator(spec, settings))


def test_every_family_that_is_compared_by_default_has_configurations() -> None:
    own = {name for name, family in FAMILIES.items() if family.extra is None and name != "dummy"}
    assert own == set(CONFIGURATIONS)


def test_parameters_of_the_user_stay_as_they_are() -> None:
    (tree, *others) = configurations(parse_models("shallow=tree(max_depth=2)")[0])
    assert tree.name == "shallow"
    assert len(others) == 5  # the two that only set the depth are left out
    assert all(spec.params["max_depth"] == 2 for spec in others)
    assert len(configurations(parse_models("logistic(C=3)")[0])) == 1


def test_the_choice_and_the_gain_are_those_of_nested_cross_validation_by_hand() -> None:
    dataset = noisy_plane()
    tuned = next(m for m in headroom_of(dataset).models if m.model == "tree")
    X, y = dataset.X.to_numpy(), dataset.y
    chosen, scores, defaults = Counter(), [], []
    job = prepare_job(dataset, HOW)
    for split in next(make_splits(dataset, job.plan, 0)):

        def score(params, train, test):
            tree = DecisionTreeClassifier(random_state=0, **params).fit(X[train], y[train])
            return float((tree.predict(X[test]) == y[test]).mean())

        inner = inner_splits(dataset, split.train, (0, split.fold), 0)
        tried = [{}, *CONFIGURATIONS["tree"]]
        means = [round(float(np.mean([score(p, s.train, s.test) for s in inner])), 12) for p in tried]
        best = tried[int(np.argmax(means))]
        chosen[repr(best)] += 1
        scores.append(score(best, split.train, split.test))
        defaults.append(score({}, split.train, split.test))
    assert sorted(tuned.chosen.values()) == sorted(chosen.values())
    assert tuned.tuned == pytest.approx(np.mean(scores))
    assert tuned.default == pytest.approx(np.mean(defaults))
    assert tuned.gain == pytest.approx(np.mean(scores) - np.mean(defaults))
    d = np.array(scores) - np.array(defaults)
    assert tuned.gain_low < tuned.gain < tuned.gain_high
    half = (tuned.gain_high - tuned.gain_low) / 2
    assert half == pytest.approx(3.182446 * np.sqrt(d.var(ddof=1) * (1 / 4 + 1 / 3)), rel=1e-5)


def test_inner_folds_are_made_of_training_rows_alone_as_the_folds_are() -> None:
    dataset = blobs(90)
    grouped = replace(dataset, groups=np.arange(90) // 6)
    ordered = replace(dataset, time=np.random.default_rng(0).permutation(90).astype(float))
    train = np.arange(0, 90, 2)
    for table in (dataset, grouped, ordered):
        inner = inner_splits(table, train, (0, 1), 40)
        assert [s.fold for s in inner] == list(range(40, 40 + len(inner)))
        for split in inner:
            assert not set(split.train) & set(split.test)
            assert {*split.train, *split.test} <= set(train)
    assert len(inner_splits(dataset, train, (0, 1), 0)) == INNER
    for split in inner_splits(grouped, train, (0, 1), 0):
        assert not {*grouped.groups[split.train]} & {*grouped.groups[split.test]}
    for split in inner_splits(ordered, train, (0, 1), 0):
        assert ordered.time[split.train].max() < ordered.time[split.test].min()


def test_too_few_rows_or_groups_have_no_inner_folds() -> None:
    dataset = make_dataset({"x": np.arange(4.0)}, [0, 1, 0, 1])
    assert inner_splits(dataset, np.array([0, 1]), (0, 0), 0) == []
    grouped = replace(blobs(20), groups=np.arange(20) // 10)
    assert inner_splits(grouped, np.arange(10), (0, 0), 0) == []
    found = compare(grouped, replace(HOW, folds=2)).headroom
    assert found.status == "none"
    assert found.sentence == "Headroom: nothing was tuned, as not one fold was finished."


def test_equal_scores_choose_the_default_and_failed_fits_are_not_chosen() -> None:
    job = prepare_job(blobs(60), replace(HOW, models="tree"))

    def fits(**scores: list[float | None]) -> list[FitResult]:
        names = {"default": "tree", "three": "tree(max_depth=3)", "six": "tree(max_depth=6)"}
        return [
            FitResult(names[name], 0, fold, "ok" if value is not None else "failed", value)
            for name, values in scores.items()
            for fold, value in enumerate(values)
        ]

    def best(job: planned.Job, **scores: list[float | None]) -> str:
        return planned.chosen(job, fits(**scores))["tree"].name

    assert best(job, default=[0.5, 0.7], three=[0.7, 0.5]) == "tree"
    assert best(job, default=[0.5, 0.7], three=[0.7, 0.6], six=[0.9, None]) == "tree(max_depth=3)"
    assert best(job, default=[None, None], three=[0.1, 0.1]) == "tree(max_depth=3)"
    assert best(job, default=[None, None]) == "tree"
    lower = replace(job, metric=METRICS["log_loss"])
    losses = [replace(r, scores={"log_loss": r.accuracy}) for r in fits(default=[0.5], three=[0.4])]
    assert planned.chosen(lower, losses)["tree"].name == "tree(max_depth=3)"


def test_a_default_that_is_bad_is_told_and_the_order_is_not_trusted() -> None:
    """Five neighbours fit the noise of a plane, and fifty do not; a grown tree fits it too."""
    found = headroom_of(noisy_plane(600, idle=4), models="tree,knn")
    tree = next(m for m in found.models if m.model == "tree")
    assert tree.gain > 0.04
    assert tree.gain_low > 0
    assert next(iter(tree.chosen)) != "tree"
    assert found.fits >= 4 * 2 * 8 * INNER


def test_where_nothing_is_to_be_gained_nothing_is_told_of() -> None:
    found = headroom_of(blobs(200, spread=0.3), models="logistic,naive_bayes")
    assert [m.gain for m in found.models] == [0.0, 0.0]
    assert [m.chosen for m in found.models] == [{"logistic": 4}, {"naive_bayes": 4}]
    assert found.status == "holds"
    assert found.sentence.startswith("The order of the defaults can be trusted: tuned,")
    assert "gains nothing and is still as good as" in found.sentence


def tuned(model: str, gain: float, tried: int = 8) -> TunedModel:
    return TunedModel(model, tried, 0.9, 0.9 + gain, gain, gain - 0.01, gain + 0.01, {model: 10})


def pair(delta: float, verdict: str, left: str = "mlp", right: str = "tree") -> PairVerdict:
    return PairVerdict(left, right, delta, delta - 0.02, delta + 0.02, verdict=verdict)


@pytest.mark.parametrize(
    ("before", "after", "status", "said"),
    [
        (
            pair(0.07, "better"),
            pair(0.03, "better"),
            "holds",
            "can be trusted: tuned, tree gains 4.1 pt and still trails mlp by 3.0 pt [1.0, 5.0] (mlp gains",
        ),
        (
            pair(0.02, "undecided"),
            pair(0.03, "better"),
            "holds",
            "tree gains 4.1 pt and trails mlp by 3.0",
        ),
        (
            pair(0.07, "better"),
            pair(0.02, "better", "tree", "mlp"),
            "changes",
            "cannot be trusted: tuned, tree gains 4.1 pt and beats mlp by 2.0 pt [0.0, 4.0]",
        ),
        (
            pair(0.07, "better"),
            pair(0.001, "equivalent"),
            "changes",
            "tree gains 4.1 pt and is as good as mlp (within ±1 pt)",
        ),
        (
            pair(0.07, "better"),
            pair(0.01, "undecided"),
            "undecided",
            "trails mlp by 1.0 pt [-1.0, 3.0], not",
        ),
        (
            pair(0.07, "better"),
            pair(-0.01, "undecided"),
            "undecided",
            "leads mlp by 1.0 pt [-1.0, 3.0], not",
        ),
        (pair(0.07, "better"), pair(0.0, "undecided"), "undecided", "and is level with mlp [-2.0, 2.0], not"),
        (
            pair(0.001, "equivalent"),
            pair(0.002, "equivalent"),
            "holds",
            "tree gains 4.1 pt and is still as good as mlp",
        ),
        (pair(0.0, "undecided"), pair(0.0, "equivalent"), "undecided", "is as good as mlp"),
    ],
)
def test_what_becomes_of_the_order(before: PairVerdict, after: PairVerdict, status: str, said: str) -> None:
    models = [tuned("mlp", 0.0), tuned("tree", 0.041)]
    found, sentence = _conclusion([before], models, [after], METRICS["accuracy"])
    assert found == status
    assert said in sentence


def test_of_several_challengers_the_closest_one_is_told_of() -> None:
    models = [tuned("mlp", 0.0), tuned("knn", 0.002), tuned("tree", 0.041)]
    before = [pair(0.03, "undecided", "mlp", "tree"), pair(0.02, "undecided", "mlp", "knn")]
    after = [pair(0.01, "undecided", "mlp", "knn"), pair(0.0, "undecided", "tree", "mlp")]
    status, sentence = _conclusion(before, models, after, METRICS["accuracy"])
    assert status == "undecided"
    assert "tuned, tree gains 4.1 pt and is level with mlp" in sentence


def test_models_without_configurations_are_judged_as_they_are() -> None:
    pipeline = make_pipeline(StandardScaler(), SVC())
    found = headroom_of(noisy_plane(120), models={"mine": pipeline, "tree": "tree"})
    mine = next(m for m in found.models if m.model == "mine")
    assert (mine.tried, mine.gain, mine.chosen) == (1, 0.0, {"mine": 4})
    none = headroom_of(noisy_plane(120), models=pipeline)
    assert (none.status, none.fits) == ("none", 0)
    assert none.sentence == "Headroom: nothing was tuned, as no configurations of these models are known."


def test_scores_are_means_over_the_folds_that_default_and_tuned_model_share() -> None:
    how = replace(HOW, models="tree", folds=3)
    dataset = noisy_plane(90)
    full = compare(dataset, how)
    job = prepare_job(dataset, how)
    job.splits.extend(next(make_splits(dataset, job.plan, 0)))
    fits = [FitResult("tree", 0, fold, "ok", 0.5 + fold / 10) for fold in range(3)]
    failed = FitResult("tree", 0, 0, "failed")
    found = [planned.Tuned("tree", f.fold, job.models[0], replace(f, accuracy=0.9)) for f in fits]
    facts = (full, dataset, METRICS["accuracy"], job.splits)
    told = headroom(*facts, [failed, *fits[1:]], found, {"tree": 8}).models[0]
    assert (told.default, told.tuned) == (pytest.approx(0.65), pytest.approx(0.9))


def test_a_single_model_says_what_it_gains() -> None:
    found = headroom_of(noisy_plane(), models="tree")
    assert found.status == "single"
    assert found.sentence.startswith("Tuned, tree gains ")


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "log_loss", "mcc"])
def test_a_test_set_is_judged_row_by_row(metric: str) -> None:
    dataset = with_test(noisy_plane(200), noisy_plane(150, seed=1))
    found = headroom_of(dataset, metric=metric)
    assert found.folds == 1
    assert {sum(m.chosen.values()) for m in found.models} == {1}
    gains = [m.gain * (-1 if metric == "log_loss" else 1) for m in found.models]
    assert gains == pytest.approx([m.tuned - m.default for m in found.models])


@pytest.mark.parametrize(
    "dataset",
    [
        replace(noisy_plane(120), groups=np.arange(120) // 5, groups_column="g"),
        replace(noisy_plane(120), time=np.arange(120.0)),
        make_dataset({"x": np.arange(30.0)}, [0, 1] * 13 + [2] * 4),
    ],
    ids=["groups", "time", "a rare class"],
)
def test_tuning_works_on_every_kind_of_folds(dataset: Dataset) -> None:
    found = headroom_of(dataset, models="knn,tree", metric="log_loss", folds=2)
    assert found.status in {"holds", "changes", "undecided"}
    assert found.folds == 2
    assert "of log loss" in found.sentence or "gains nothing" in found.sentence


def test_costs_and_weights_are_those_of_the_comparison() -> None:
    dataset = with_test(noisy_plane(200), noisy_plane(100, seed=1))
    found = headroom_of(dataset, cost="c1:c0=5", balanced=True)
    assert all(m.tuned is not None for m in found.models)
    folded = headroom_of(noisy_plane(200), cost="c1:c0=5", folds=2)
    usual = compare(noisy_plane(200), replace(HOW, cost="c1:c0=5", folds=2, headroom=False))
    means = {m.model: m.scores["cost"] for m in usual.models if m.model != "dummy"}
    assert {m.model: m.default for m in folded.models} == pytest.approx(means)


def test_jobs_change_no_number_and_a_store_keeps_what_is_done(tmp_path) -> None:
    how = replace(HOW, models="tree", folds=2, store=tmp_path / "store.sqlite")
    alone = compare(noisy_plane(), how)
    again = list(iter_compare(noisy_plane(), replace(how, jobs=2, time_limit=60.0)))
    fits = [e.result for e in again if isinstance(e, Refitted)]
    assert len(fits) == alone.headroom.fits
    assert all(fit.reused for fit in fits)
    anew = compare(noisy_plane(), replace(how, jobs=2, time_limit=60.0, store=None))
    assert again[-1].headroom == anew.headroom == alone.headroom
    assert anew.run.fits_run == len(anew.fits)


def test_costs_are_said_before_tuning_runs_and_progress_counts_its_fits() -> None:
    events = list(iter_compare(noisy_plane(), HOW))
    plans = [e for e in events if isinstance(e, Planned)]
    told = [e for e in plans if e.note is not None]
    assert [e.note.code for e in told] == ["headroom_cost"]
    assert told == plans[1:2]
    assert "up to 200 more fits" in told[0].note.message
    assert {e.most for e in plans[1:]} == {12 + 200}
    tasks = sum(len(e.tasks) for e in plans[1:])
    assert tasks == events[-1].headroom.fits == sum(isinstance(e, Refitted) for e in events) <= 200


def test_no_fold_is_taken_for_another_one_beside_refits_for_reasons() -> None:
    """Refits have rows of their own too: all of them succeed, in processes that keep prepared folds."""
    events = list(iter_compare(noisy_plane(), replace(HOW, folds=8, boundary=True, jobs=2, time_limit=60.0)))
    extra = [e.result for e in events if isinstance(e, Refitted)]
    assert len(extra) > events[-1].headroom.fits > 0
    assert {r.status for r in extra} == {"ok"}


def test_an_interrupt_tells_what_is_finished() -> None:
    events = iter_compare(noisy_plane(), HOW)
    plans = 0
    for event in events:
        plans += isinstance(event, Planned)
        if plans == 4:
            break
    last = events.throw(KeyboardInterrupt)
    assert last.run.status == "interrupted"
    assert last.headroom.folds in {1, 2}
    assert len(last.headroom.models) == 2


def test_a_budget_tells_what_it_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from compare_cli.engine.execute import Session

    asked = iter([True] * 24 + [False] * 1000)
    monkeypatch.setattr(Session, "may_start", lambda self: next(asked))
    result = compare(noisy_plane(), replace(HOW, budget=1000.0))
    (cut,) = [n for n in result.notes if n.code == "headroom_cut"]
    assert f"tuning finished {result.headroom.folds} of 4 folds" in cut.message
    assert result.headroom.folds < 4
    assert result.run.status == "partial"


def test_the_result_is_written_read_and_valid() -> None:
    result = compare(noisy_plane(80), replace(HOW, models="tree", folds=2))
    text = to_json(result)
    validate(json.loads(text), json_schema())
    assert read_document(text, "x").headroom == result.headroom
    assert compare(noisy_plane(), replace(HOW, headroom=False)).headroom is None


def test_another_metric_has_no_headroom_as_tuning_was_judged_by_the_first(tmp_path) -> None:
    result = compare(noisy_plane(80), replace(HOW, models="tree", folds=2))
    file = tmp_path / "result.json"
    file.write_text(to_json(result), encoding="utf-8")
    assert judge([file]).headroom == result.headroom
    assert judge([file], Criterion(metric="log_loss")).headroom is None


def test_it_is_refused_where_there_are_no_folds_to_tune_within() -> None:
    with pytest.raises(UsageError, match="--all-rows"):
        compare(noisy_plane(), Options(samples=True, headroom=True))
    with pytest.raises(UsageError, match="a curve has no use for it"):
        curve(noisy_plane(), headroom=True)
    with pytest.raises(UsageError, match="use compare fit"):
        bench([noisy_plane()], headroom=True)


def test_it_is_explained() -> None:
    assert "8 fixed configurations" in explain("Headroom").definition


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "most"), [("nothing to gain", 0.05), ("nothing to learn", 0.05)])
def test_gains_that_are_not_there_are_rarely_told(kind: str, most: float) -> None:
    """Of 60 tables each: an interval above 0 is a false gain; an order that changes is a false change.

    Classes are normal with equal spread, where logistic regression and naive Bayes are the right models, or
    do not depend on the columns at all.
    """
    gains = changes = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y = rng.permutation(np.arange(200) % 2)
        X = rng.standard_normal((200, 3)) + (kind == "nothing to gain") * y[:, None]
        dataset = make_dataset({f"x{i}": X[:, i] for i in range(3)}, y)
        found = headroom_of(dataset, models="logistic,naive_bayes", folds=4)
        gains += any((m.gain_low or 0) > 0 for m in found.models)
        changes += found.status == "changes"
    assert gains <= 60 * most * 2  # two models, each at 2.5 % on this side
    assert changes <= 60 * most


@pytest.mark.slow
@pytest.mark.parametrize("model", ["knn", "tree"])
def test_defaults_that_are_known_to_be_bad_are_found(model: str) -> None:
    """Five neighbours among idle columns, a grown tree on wrong labels: both gain in nearly all tables."""
    found = [
        headroom_of(noisy_plane(400, idle=6, seed=s), models=model, folds=4).models[0] for s in range(30)
    ]
    assert np.mean([m.gain for m in found]) > 0.02
    assert np.mean([m.gain > 0 for m in found]) >= 0.9
