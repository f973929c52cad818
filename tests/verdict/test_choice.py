"""Which model is recommended: the leader, or a simpler one that is shown to be no worse."""

from __future__ import annotations

import numpy as np
import pytest

from compare_cli.metrics import METRICS, Metric
from compare_cli.verdict import Baseline, Judgement
from compare_cli.verdict.choice import SIMPLEST, SIMPLEST_FIRST, Preference, family_in, not_tried, simplicity
from compare_cli.verdict.judge import fold_evidence, judge_evidence

ACCURACY = METRICS["accuracy"]

Scores = dict[str, np.ndarray]


def folds(mean: float, wobble: float, phase: float = 0, r: int = 4, k: int = 10) -> np.ndarray:
    """Scores (r, k) that wobble from fold to fold."""
    return np.asarray(mean + wobble * np.cos(2.4 * np.arange(r * k).reshape(r, k) + phase))


def judged(
    scores: Scores, prefer: Preference = SIMPLEST, metric: Metric = ACCURACY, answer: str | None = None
) -> Judgement:
    evidence = fold_evidence(scores, metric, 500, Baseline("dummy", answer))
    return judge_evidence(evidence, metric, prefer=prefer)


def test_families_are_ordered_from_the_simplest() -> None:
    order = ["mlp", "toy:Model", "forest", "boosting", "logistic", "tree(max_depth=3)", "svm", "knn", "tree"]
    assert sorted([*order, "naive_bayes"], key=simplicity) == [
        "logistic",
        "tree",
        "tree(max_depth=3)",
        "naive_bayes",
        "knn",
        "svm",
        "mlp",
        "forest",
        "boosting",
        "toy:Model",
    ]


def test_fewer_parameters_are_simpler_within_a_family() -> None:
    names = ["tree(max_depth=3,min_samples_leaf=2)", "tree(criterion='a,b')", "tree", "tree()"]
    place = SIMPLEST_FIRST.index("tree")
    assert [simplicity(name) for name in names] == [(place, 2), (place, 1), (place, 0), (place, 0)]
    assert simplicity("my model (new [") == (len(SIMPLEST_FIRST), 0), "a name that only looks like a spec"


def test_estimators_take_the_place_of_their_class() -> None:
    import sklearn.ensemble as ensemble
    import sklearn.linear_model as linear
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC, LinearSVC
    from sklearn.tree import DecisionTreeClassifier

    places = {
        "logistic": [linear.LogisticRegression(C=3), linear.RidgeClassifier(), LinearSVC()],
        "tree": [DecisionTreeClassifier(), GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]})],
        "svm": [make_pipeline(StandardScaler(), SVC(C=10)), CalibratedClassifierCV(SVC())],
        "mlp": [MLPClassifier(), make_pipeline(StandardScaler(), make_pipeline(MLPClassifier()))],
        "forest": [ensemble.RandomForestClassifier(), ensemble.ExtraTreesClassifier(5)],
        "boosting": [
            ensemble.AdaBoostClassifier(DecisionTreeClassifier()),
            ensemble.GradientBoostingClassifier(),
        ],
    }
    for family, estimators in places.items():
        for estimator in estimators:
            text = " ".join(repr(estimator).split())
            assert simplicity(text)[0] == SIMPLEST_FIRST.index(family), text
    assert (
        simplicity("SVC(C=10,gamma=2)")[1]
        == simplicity("Pipeline(steps=[('a', SVC(C=10, gamma=2))])")[1]
        == 2
    )
    assert simplicity("sklearn.linear_model:RidgeClassifier(alpha=2)") == (0, 1)
    assert simplicity("mine:RidgeClassifier") == (len(SIMPLEST_FIRST), 0)
    assert family_in("LinearSVC()") != family_in("logistic"), "settings of one family are of one class"


def test_a_simple_estimator_is_taken_whatever_it_is_called() -> None:
    scores = {"zzz": folds(0.8, 0.016, 1), "a": folds(0.8012, 0.0), "dummy": folds(0.5, 0.0)}
    specs = {"zzz": "LogisticRegression()", "a": "Pipeline(steps=[('forest', RandomForestClassifier())])"}
    assert judged(scores, Preference(specs=specs)).verdict.recommended == "zzz"
    specs = {"a": "LogisticRegression()", "zzz": "RandomForestClassifier()"}
    assert judged(scores, Preference(specs=specs)).verdict.recommended == "a"


def test_every_built_in_family_has_its_place() -> None:
    from compare_cli.models.families import BASELINE, FAMILIES

    assert set(SIMPLEST_FIRST) == set(FAMILIES) - {BASELINE}


def test_a_worse_simple_model_is_never_taken_for_its_simplicity() -> None:
    scores = {"tree": folds(0.67, 0.05, 1), "forest": folds(0.70, 0.05), "dummy": folds(0.3, 0.0)}
    verdict = judged(scores).verdict
    assert (verdict.status, verdict.recommended) == ("undecided", "forest")
    assert verdict.sentence.startswith("forest leads (70.1 %), not proven; tree is 3.0 pt behind (P = ")


def test_simpler_and_shown_no_worse_is_taken_although_nothing_is_decided() -> None:
    """0.1 ± 0.5 points behind: not surely within ± 1 point, yet surely not 1 point worse."""
    scores = {"logistic": folds(0.8, 0.016, 1), "mlp": folds(0.8012, 0.0), "dummy": folds(0.5, 0.0)}
    behind = judged(scores)
    pair = behind.pairs[0]
    assert (pair.left, pair.verdict) == ("mlp", "undecided")
    assert pair.p_better is not None
    assert pair.p_better <= 0.05
    assert behind.verdict.recommended == "logistic"
    p = f"P = {1 - pair.p_better:.2f}"
    assert behind.verdict.sentence.endswith(
        f"; take logistic, which is simpler and no worse by more than 1 pt ({p})."
    )
    assert f"logistic is simpler than mlp, and no worse by more than 1 pt ({p}) (pairs.p_better)." in (
        behind.verdict.because
    )
    assert judged(scores, prefer=Preference(leader=True)).verdict.recommended == "mlp"


def test_among_many_no_worse_must_hold_after_their_correction() -> None:
    """The same pair with the same P is enough alone, and not beside seven others."""
    two = {"logistic": folds(0.8, 0.016, 1), "mlp": folds(0.8012, 0.0), "dummy": folds(0.5, 0.0)}
    assert judged(two).verdict.recommended == "logistic"
    others = {f"m{i}": folds(0.78, 0.05, 3 * i) for i in range(7)}
    assert judged({**others, **two}).verdict.recommended == "mlp"


@pytest.mark.parametrize("prefer", [SIMPLEST, Preference(seconds={"logistic": 0.01, "tree": 0.001})])
def test_beaten_models_are_never_recommended(prefer: Preference) -> None:
    """All within the ROPE of the leader, but the simplest is shown to be beaten by the second."""
    rng = np.random.default_rng(0)
    base = 0.8 + 0.002 * rng.normal(size=(10, 10))
    scores = {
        "logistic": base,
        "tree": base + 0.006,
        "mlp": base + 0.0065 + 0.001 * rng.normal(size=(10, 10)),
        "dummy": np.full((10, 10), 0.5),
    }
    scores["tree"] = scores["tree"] + 0.0002 * rng.normal(size=(10, 10))
    judgement = judged(scores, prefer, Metric("accuracy", rope=0.0064))
    beaten = {p.right for p in judgement.pairs if p.verdict == "better"}
    assert "logistic" in beaten
    assert judgement.verdict.recommended == "tree"


def test_speed_needs_twice_the_speed_and_tells_both_times() -> None:
    scores = {
        "logistic": folds(0.8, 0.003, 1),
        "tree": folds(0.801, 0.003),
        "dummy": folds(0.5, 0.0),
    }
    fast = judged(scores, prefer=Preference(seconds={"logistic": 0.004, "tree": 0.00199})).verdict
    assert fast.recommended == "tree"
    assert fast.sentence.endswith("; take tree, it predicts a fold in 2.0 ms, logistic in 4.0 ms.")
    assert (
        "tree predicts a fold in 2.0 ms, logistic in 4.0 ms (models.predict_seconds); times change from run"
        " to run." in fast.because
    )
    assert (
        judged(scores, prefer=Preference(seconds={"logistic": 0.004, "tree": 0.0021})).verdict.recommended
        == "logistic"
    )
    assert judged(scores, prefer=Preference(seconds={})).verdict.recommended == "logistic", (
        "without times the simplest"
    )


def test_the_very_same_score_is_no_reason_for_the_less_simple() -> None:
    logistic = folds(0.8, 0.02)
    scores = {"mlp": logistic[:, ::-1], "logistic": logistic, "dummy": folds(0.5, 0.0)}
    verdict = judged(scores).verdict
    assert (verdict.status, verdict.recommended) == ("undecided", "logistic")
    assert verdict.sentence.startswith("mlp and logistic score the same (80.0 %), neither is proven better: ")
    assert verdict.sentence.endswith("; take logistic, which is simpler.")


def test_of_one_family_the_plain_one_then_the_first_given() -> None:
    same = folds(0.8, 0.02)
    plain = {"logistic(C=10)": same, "logistic": same, "dummy": folds(0.5, 0.0)}
    assert judged(plain).verdict.recommended == "logistic"
    given = {"logistic(C=10)": same, "logistic(C=1)": same, "dummy": folds(0.5, 0.0)}
    assert judged(given).verdict.recommended == "logistic(C=10)"


def test_no_model_is_recommended_that_does_not_surely_beat_the_baseline() -> None:
    scores = {"tree": folds(0.51, 0.1), "mlp": folds(0.52, 0.1, 1), "dummy": folds(0.5, 0.0)}
    verdict = judged(scores, answer="no").verdict
    assert (verdict.status, verdict.recommended) == ("none", None)


def test_a_name_of_the_users_is_as_simple_as_what_it_stands_for() -> None:
    same = folds(0.8, 0.02)
    scores = {"a_forest": same, "t": same.copy(), "z": same.copy(), "dummy": folds(0.3, 0.0)}
    specs = {"a_forest": "forest", "t": "tree(max_depth=3)", "z": "sklearn.linear_model:LogisticRegression"}
    verdict = judged(scores, Preference(specs=specs)).verdict
    assert verdict.recommended == "z"
    del scores["z"]
    assert judged(scores, Preference(specs=specs)).verdict.recommended == "t"
    assert judged(scores).verdict.recommended == "a_forest", "unknown names count in the order given"


@pytest.mark.parametrize(
    ("specs", "missing"),
    [
        (["logistic", "tree", "dummy"], ("boosting", "forest")),
        (["forest(n_estimators=10)"], ("boosting",)),
        (["boosting", "forest"], ()),
        (["xgboost:XGBClassifier", "sklearn.ensemble:ExtraTreesClassifier(n_estimators=9)"], ()),
        (["tree(criterion=boosting)"], ("boosting", "forest")),
    ],
)
def test_strong_families_that_were_not_tried_are_named(specs: list[str], missing: tuple[str, ...]) -> None:
    assert not_tried(specs) == missing


@pytest.mark.parametrize(
    ("names", "behind", "recommended"),
    [
        (("logistic", "logistic(C=10)"), 0.004, "logistic"),
        (("logistic", "logistic(C=10)"), 0.009, "logistic"),
        (("logistic", "logistic(C=10)"), 0.011, "logistic"),
        (("logistic", "logistic(C=10)"), 0.03, "logistic(C=10)"),
        (("logistic", "mlp"), 0.004, "mlp"),
        (("plain", "tuned"), 0.004, "plain"),
    ],
)
def test_of_settings_that_hardly_differ_the_plain_one_is_taken(names, behind, recommended) -> None:
    plain, tuned = names
    scores = {
        tuned: folds(0.8, 0.05, r=1),
        plain: folds(0.8 - behind, 0.05, 1.7, r=1),
        "dummy": folds(0.3, 0.0, r=1),
    }
    specs = {"plain": "tree", "tuned": "tree(max_depth=9)"}
    scores[plain] = scores[plain] - scores[plain].mean() + scores[tuned].mean() - behind
    verdict = judged(scores, Preference(specs=specs)).verdict
    assert (verdict.status, verdict.recommended) == ("undecided", recommended)
    if recommended == plain:
        assert verdict.sentence.endswith(
            f"; take {plain}, simpler of one family and only {100 * behind:.1f} pt behind."
        )
    assert judged(scores, Preference(leader=True, specs=specs)).verdict.recommended == tuned


@pytest.mark.parametrize(("behind", "recommended"), [(0.004, "tree"), (0.006, "tree(max_depth=2)")])
def test_of_several_settings_only_half_of_the_rope_is_nothing(behind: float, recommended: str) -> None:
    scores = {"tree(max_depth=2)": folds(0.8, 0.05, r=1), "dummy": folds(0.3, 0.0, r=1)}
    for name, lag in (("tree", behind), ("tree(max_depth=3)", 0.02)):
        one = folds(0.8, 0.05, 1.7 + 100 * lag, r=1)
        scores[name] = one - one.mean() + scores["tree(max_depth=2)"].mean() - lag
    assert judged(scores).verdict.recommended == recommended
