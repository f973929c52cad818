"""The verdict on one data set: golden sentences and numbers, ties, failures, degenerate cases."""

from __future__ import annotations

import numpy as np
import pytest

from compare_cli.metrics import METRICS, Metric
from compare_cli.types import PairVerdict
from compare_cli.verdict import Baseline, Judgement, PairPredictions, judge
from compare_cli.verdict.choice import Preference
from compare_cli.verdict.evidence import common_repeats
from compare_cli.verdict.judge import fold_evidence, judge_evidence

ACCURACY = METRICS["accuracy"]
LOG_LOSS = Metric("log_loss", higher_is_better=False, rope=0.0069, rate=False)
BASELINE = Baseline("dummy", "yes")
SECONDS = {"tree": 0.001, "logistic": 0.0002, "mlp": 0.008}

Scores = dict[str, np.ndarray]


def folds(
    mean: float, wobble: float, r: int = 1, k: int = 10, phase: float = 0, split: float = 0
) -> np.ndarray:
    """Scores (r, k) that wobble from fold to fold, and by ``split`` from repeat to repeat."""
    fold = np.arange(r * k).reshape(r, k)
    repeat = np.arange(r)[:, None]
    return np.asarray(mean + wobble * np.cos(2.4 * fold + phase) + split * np.cos(1.7 * repeat))


def two(gap: float, wobble: float, r: int = 1, split: float = 0) -> Scores:
    """logistic, and a tree that is better by about ``gap`` with differences that wobble by ``wobble``."""
    logistic = folds(0.80, 0.01, r)
    tree = logistic + folds(gap, wobble, r, phase=1, split=split)
    return {"logistic": logistic, "tree": tree, "dummy": np.full((r, 10), 0.6)}


def three(mlp: float) -> Scores:
    return {**two(0.01, 0.02, 4), "mlp": folds(mlp, 0.03, 4, phase=2)}


def run(scores: Scores, metric: Metric = ACCURACY, rows: int = 500, cap: int = 10) -> Judgement:
    return judge(scores, metric=metric, rows=rows, baseline=BASELINE, repeats_cap=cap)


def the_pair(judgement: Judgement, left: str, right: str) -> PairVerdict:
    return next(pair for pair in judgement.pairs if {pair.left, pair.right} == {left, right})


GOLDEN = {
    "better": (
        two(0.05, 0.02),
        ("better", "", "tree"),
        "tree beats logistic: +4.9 pt [3.4, 6.5], P > 0.99; by more than 1 pt P > 0.99.",
    ),
    "equivalent": (
        two(0.001, 0.005),
        ("equivalent", "", "logistic"),
        "Practically equivalent: within ±1 pt with P > 0.99; take logistic, which is simpler.",
    ),
    "one repeat": (
        two(0.01, 0.02),
        ("undecided", "more_repeats", "tree"),
        "tree leads (80.9 %), not proven; logistic is 0.9 pt behind (P = 0.89): run 2 repeats first, one "
        "cannot show what repeats would bring.",
    ),
    "ten repeats": (
        two(0.01, 0.02, 10),
        ("undecided", "more_data", "tree"),
        "tree leads (81.0 %), not proven; logistic is 1.0 pt behind (P = 0.94): repeats cannot settle this;"
        " about 800 rows would.",
    ),
    "no spread": (
        two(0.05, 0.0),
        ("undecided", "no_spread", "tree"),
        "tree leads (85.0 %), not proven; logistic is 5.0 pt behind: the difference is the same on every "
        "fold, so nothing shows how sure it is; more rows would.",
    ),
    "identical": (
        two(0.0, 0.0),
        ("equivalent", "", "logistic"),
        "Identical: logistic and tree give the same score on every fold; take logistic, which is simpler.",
    ),
    "three, better": (
        three(0.9),
        ("better", "", "mlp"),
        "mlp beats tree and logistic; tree comes closest: +8.9 pt [6.6, 11.3], adjusted p < 0.001.",
    ),
    "three, undecided": (
        three(0.82),
        ("undecided", "more_data", "mlp"),
        "mlp leads (82.0 %), not proven; tree is 0.9 pt behind. Top set: mlp, tree, logistic (best: mlp, "
        "P 0.5 to 0.9).",
    ),
    "one model": (
        {"tree": folds(0.8, 0.02), "dummy": np.full((1, 10), 0.6)},
        ("single", "one_model", "tree"),
        "Only tree has scores on every fold: there is nothing to compare it with. Against always answering "
        "yes: +20.0 pt [18.4, 21.7].",
    ),
    "none beats": (
        {
            "logistic": folds(0.601, 0.02),
            "tree": folds(0.603, 0.02, phase=1),
            "dummy": np.full((1, 10), 0.6),
        },
        ("none", "baseline", None),
        "No model surely beats always answering yes: tree is 0.2 pt ahead (P = 0.62).",
    ),
    "one model that learns nothing": (
        {"tree": folds(0.605, 0.02), "dummy": np.full((1, 10), 0.6)},
        ("none", "baseline", None),
        "No model surely beats always answering yes: tree is 0.5 pt ahead (P = 0.75).",
    ),
    "nothing at all": ({}, ("none", "no_scores", None), "No model has scores on every fold."),
}


@pytest.mark.parametrize("case", GOLDEN)
def test_golden_sentences(case: str) -> None:
    scores, (status, reason, recommended), sentence = GOLDEN[case]
    verdict = run(scores).verdict
    assert verdict.sentence == sentence
    assert (verdict.status, verdict.reason, verdict.recommended) == (status, reason, recommended)


def test_every_reason_names_a_field() -> None:
    for scores, _, _ in GOLDEN.values():
        for reason in run(scores).verdict.because:
            assert "(pairs." in reason or "(models." in reason, reason


def test_reasons_of_an_undecided_pair() -> None:
    assert run(two(0.01, 0.02, 10)).verdict.because == (
        "tree and logistic differ by 1.01 ± 0.65 pt (pairs.delta, pairs.se); P = 0.94 that tree is better "
        "(pairs.p_positive).",
        "To decide between tree and logistic: repeats cannot settle this; about 800 rows would, with chance "
        "about one half if the difference holds (pairs.rows_needed).",
        "All models beat always answering yes (models.beats_baseline).",
    )


def test_the_numbers_of_a_pair() -> None:
    scores = two(0.015, 0.02, r=3, split=0.02)
    pair = the_pair(run(scores), "tree", "logistic")
    d = scores["tree"] - scores["logistic"]
    s2, sp2 = d.var(ddof=1), d.mean(axis=1).var(ddof=1)
    assert pair.left == "tree"
    assert pair.delta is not None
    assert pair.se is not None
    assert pair.delta == pytest.approx(d.mean())
    assert pair.se == pytest.approx(np.sqrt(max(s2 / 9, s2 * (1 / 10 + 1 / 9) - sp2 * (1 - 1 / 3))))
    assert pair.se_floor == pytest.approx(np.sqrt(max(s2 / 9, s2 * (1 / 10 + 1 / 9) - sp2)))
    assert pair.split_sd == pytest.approx(np.sqrt(sp2))
    assert pair.df == 29
    assert pair.p_adjusted == pytest.approx(2 * (1 - (pair.p_positive or 0)))
    assert pair.delta_low == pytest.approx(pair.delta - 2.0452296 * pair.se, abs=1e-7)
    assert pair.delta_high == pytest.approx(pair.delta + 2.0452296 * pair.se, abs=1e-7)


def test_repeats_that_would_decide() -> None:
    scores = two(0.005, 0.02, r=2, split=0.01)
    judgement = run(scores)
    pair = the_pair(judgement, "tree", "logistic")
    assert (pair.verdict, pair.undecided_reason, pair.repeats_suggested) == ("undecided", "more_repeats", 8)
    assert pair.p_decided_by_repeats is not None
    assert f"about 8 more repeats would decide with chance {pair.p_decided_by_repeats:.1g}" in (
        judgement.verdict.sentence
    )


def test_repeats_that_may_show_equivalence() -> None:
    because = run(two(0.0, 0.02, r=2, split=0.01)).verdict.because
    assert any("may still show that tree and logistic are practically equivalent" in one for one in because)
    assert not any("may still show" in one for one in run(two(0.0, 0.02, r=2, split=0.005)).verdict.because)


def test_no_repeats_where_the_protocol_knows_none() -> None:
    pair = the_pair(run(two(0.01, 0.02), cap=1), "tree", "logistic")
    assert (pair.undecided_reason, pair.repeats_suggested) == ("more_data", None)


def test_an_unknown_number_of_rows() -> None:
    judgement = judge(two(0.01, 0.02, 10), metric=ACCURACY, rows=None)
    assert the_pair(judgement, "tree", "logistic").rows_needed is None
    assert "repeats cannot settle this; only more data would" in judgement.verdict.sentence
    perfect = {"tree": np.ones((1, 5)), "dummy": np.full((1, 5), 0.5)}
    assert judge(perfect, metric=ACCURACY, rows=None).beats_baseline == {"tree": None}


def test_lower_is_better() -> None:
    scores = {
        "tree": folds(0.55, 0.05, phase=1),
        "logistic": folds(0.40, 0.03),
        "dummy": np.full((1, 10), 0.69),
    }
    judgement = run(scores, LOG_LOSS)
    assert judgement.order == ("logistic", "tree", "dummy")
    assert the_pair(judgement, "tree", "logistic").delta == pytest.approx(
        scores["tree"].mean() - scores["logistic"].mean()
    )
    assert judgement.verdict.sentence == (
        "logistic beats tree: log loss 0.148 lower [0.117, 0.178], P > 0.99; by more than 0.0069 P > 0.99."
    )


def test_another_metric_is_named() -> None:
    sentence = run(two(0.05, 0.02), METRICS["roc_auc"]).verdict.sentence
    assert sentence.startswith("tree beats logistic: roc auc +4.9 pt [3.4, 6.5]")


def test_order_is_by_merit_and_registry() -> None:
    scores = {name: folds(0.8, 0.02, phase=phase) for name, phase in (("c", 0), ("a", 0), ("b", 0))}
    judgement = judge({**scores, "d": folds(0.9, 0.02)}, metric=ACCURACY, rows=100)
    assert judgement.order == ("d", "c", "a", "b")
    assert [(p.left, p.right) for p in judgement.pairs[:3]] == [("d", "c"), ("d", "a"), ("d", "b")]


def test_among_nine_models() -> None:
    scores = {f"m{i}": folds(0.8 - 0.004 * i, 0.02, 5, phase=i) for i in range(9)}
    judgement = judge({**scores, "dummy": np.full((5, 10), 0.6)}, metric=ACCURACY, rows=500)
    assert len(judgement.pairs) == 45
    assert judgement.verdict.top_set == ("m0", "m1", "m2", "m3")
    assert judgement.verdict.sentence == (
        "m0 leads (80.0 %), not proven; m1 is 0.4 pt behind. "
        "Top set: m0, m1, m2, m3 (best: m0, P 0.5 to 0.9)."
    )
    assert judgement.verdict.recommended == "m0"
    assert sum(p or 0 for p in judgement.p_best.values()) == pytest.approx(1)
    for pair in judgement.pairs:
        if pair.right == "dummy":
            assert pair.p_adjusted is None
        else:
            assert (pair.p_adjusted or 0) + 1e-12 >= 2 * (1 - (pair.p_positive or 0))
        if pair.left == "m0" and pair.right != "dummy":
            may_be_best = (judgement.p_best_shrunk[pair.right] or 0) >= 0.01
            assert judgement.in_top_set[pair.right] == (may_be_best and (pair.p_leader or 0) > 0.05)
            assert (pair.p_leader or 0) <= (pair.p_adjusted or 0) + 1e-12


def test_one_of_nine_beats_all() -> None:
    scores = {f"m{i}": folds(0.8 - 0.004 * i, 0.02, 5, phase=i) for i in range(9)}
    scores["m4"] = folds(0.95, 0.01, 5)
    verdict = run({**scores, "dummy": np.full((5, 10), 0.6)}).verdict
    assert (verdict.status, verdict.recommended, verdict.top_set) == ("better", "m4", ("m4",))
    assert verdict.sentence == (
        "m4 beats all 8 others; m3 comes closest: +16.2 pt [14.3, 18.2], adjusted p < 0.001."
    )


def test_same_seed_same_numbers() -> None:
    one, again, other = (
        judge(three(0.82), metric=ACCURACY, rows=500, seed=seed).p_best for seed in (0, 0, 1)
    )
    assert one == again
    assert one != other


def test_identical_predictions_are_told_from_equal_scores() -> None:
    def judged(disagreement: float) -> Judgement:
        return judge(
            two(0.0, 0.0),
            metric=ACCURACY,
            rows=500,
            predictions=lambda _, right: None if right == "dummy" else PairPredictions(disagreement, 0.5),
        )

    same, differ = judged(0.0), judged(0.1)
    assert (
        same.verdict.sentence
        == "Identical: logistic and tree give the same predictions; take logistic, which is simpler."
    )
    assert same.pairs[0].verdict == "identical"
    assert (differ.pairs[0].verdict, differ.pairs[0].undecided_reason) == ("undecided", "no_spread")
    assert (differ.pairs[0].disagreement, differ.pairs[0].left_right_when_differ) == (0.1, 0.5)


def test_without_spread_no_probability_exists() -> None:
    pair = the_pair(run(two(0.05, 0.0)), "tree", "logistic")
    assert pair.delta == pytest.approx(0.05)
    assert pair.se == 0.0
    assert pair.p_positive is pair.p_better is pair.delta_low is pair.p_adjusted is None
    assert run(two(0.05, 0.0)).p_best == {"logistic": 0.5, "tree": 0.5}


def test_a_perfect_model_beats_the_baseline_without_spread() -> None:
    scores = {"tree": np.ones((1, 5)), "mlp": folds(0.99, 0.01, k=5), "dummy": np.full((1, 5), 0.5)}
    assert run(scores, rows=150).beats_baseline == {"tree": True, "mlp": True}
    scores["tree"] = np.full((1, 5), 0.52)
    assert run(scores, rows=150).beats_baseline == {"tree": False, "mlp": True}
    scores["tree"] = np.full((1, 5), 0.5)
    assert run(scores, rows=10**6).beats_baseline["tree"] is False


def test_the_baseline_is_never_recommended_nor_in_the_top_set() -> None:
    scores = {"tree": folds(0.8, 0.02), "mlp": folds(0.8, 0.02, phase=1), "dummy": folds(0.9, 0.02, phase=2)}
    seconds = {**SECONDS, "dummy": 1e-9}
    evidence = fold_evidence(scores, ACCURACY, 500)
    judgement = judge_evidence(evidence, ACCURACY, prefer=Preference(seconds=seconds))
    assert judgement.verdict.status == "none"
    assert judgement.verdict.sentence == "No model beats the baseline (dummy)."
    assert judgement.order[-1] == "dummy"
    assert set(judgement.in_top_set) == set(judgement.p_best) == {"tree", "mlp"}
    assert the_pair(judgement, "tree", "dummy").verdict == "worse"


def test_who_does_not_beat_the_baseline_is_not_recommended() -> None:
    scores = {
        "tree": folds(0.63, 0.11, 5, phase=2),
        "mlp": folds(0.64, 0.02, 5),
        "dummy": np.full((5, 10), 0.6),
    }
    judgement = run(scores)
    assert judgement.beats_baseline == {"tree": False, "mlp": True}
    assert judgement.verdict.top_set == ("mlp", "tree")
    assert judgement.verdict.recommended == "mlp", "although the tree is simpler"


def test_without_a_baseline_nothing_is_said_of_it() -> None:
    scores = {name: values for name, values in two(0.05, 0.02).items() if name != "dummy"}
    for baseline in (BASELINE, None):
        judgement = judge(scores, metric=ACCURACY, rows=500, baseline=baseline)
        assert judgement.beats_baseline == {"logistic": None, "tree": None}
        assert judgement.verdict.status == "better"


def test_a_failed_fold_leaves_a_model_out() -> None:
    scores = three(0.9)
    scores["mlp"] = scores["mlp"].copy()
    scores["mlp"][0, 3] = np.nan
    judgement = run(scores)
    assert judgement.order == ("tree", "logistic", "mlp", "dummy")
    assert judgement.in_top_set == {"logistic": True, "tree": True, "mlp": False}
    assert judgement.p_best["mlp"] is None
    assert judgement.verdict.sentence.endswith(
        " Left out for missing scores: mlp. Where both have scores, mlp beats the leader."
    )
    assert judgement.verdict.because[-1] == "mlp is left out: no score on 1 of 40 folds (models.failures)."
    pair = the_pair(judgement, "tree", "mlp")
    assert pair.df == 29, "the three full repeats"
    assert pair.delta == pytest.approx((scores["tree"] - scores["mlp"])[1:].mean())
    assert pair.verdict == "worse", "of the left one: the tree"


def test_without_a_full_repeat_a_pair_is_not_computed() -> None:
    scores = three(0.9)
    scores["mlp"] = np.full((4, 10), np.nan)
    scores["tree"] = np.where(np.arange(10) == 2, np.nan, scores["tree"])
    judgement = run(scores)
    assert (judgement.verdict.status, judgement.verdict.recommended) == ("single", "logistic")
    assert the_pair(judgement, "logistic", "tree") == PairVerdict("logistic", "tree")
    assert judgement.beats_baseline == {"logistic": True, "tree": None, "mlp": None}


def test_when_all_fail() -> None:
    judgement = run({name: np.full((2, 5), np.nan) for name in ("tree", "mlp", "dummy")})
    assert (judgement.verdict.status, judgement.leader) == ("none", None)
    assert judgement.verdict.sentence == "No model has scores on every fold."


def test_a_single_fold_decides_nothing() -> None:
    scores = {"tree": np.array([[0.9]]), "mlp": np.array([[0.8]]), "dummy": np.array([[0.5]])}
    judgement = run(scores)
    assert (judgement.verdict.status, judgement.verdict.reason) == ("undecided", "not_computed")
    assert judgement.verdict.top_set == ("tree", "mlp")


def test_repeated_hold_out_needs_its_share() -> None:
    scores = {"tree": folds(0.9, 0.02, r=6, k=1), "mlp": folds(0.8, 0.02, r=6, k=1, phase=1)}
    unknown = judge(scores, metric=ACCURACY, rows=500)
    known = judge(scores, metric=ACCURACY, rows=500, test_share=0.25)
    assert unknown.pairs[0].verdict == "undecided"
    assert known.pairs[0].verdict == "better"


def test_scores_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        judge({"a": np.zeros((1, 5)), "b": np.zeros((2, 5))}, metric=ACCURACY, rows=100)


def test_a_run_cut_short_is_judged_by_its_common_repeats() -> None:
    scores = two(0.05, 0.02, r=3)
    scores["tree"][2, 4:] = np.nan
    scores["failed"] = np.full((3, 10), np.nan)
    common = common_repeats(scores)
    assert {name: values.shape for name, values in common.items()} == dict.fromkeys(scores, (2, 10))
    assert run(common).order == ("tree", "logistic", "failed", "dummy")
    assert common_repeats({"failed": scores["failed"]})["failed"].shape == (3, 10)


def test_nobody_wins_who_does_not_beat_the_baseline():
    """On noise a model can be far below chance in every fold; being above it is then no merit."""
    rng = np.random.default_rng(0)
    scores = {
        "logistic": 0.36 + 0.01 * rng.normal(size=(2, 10)),
        "mlp": 0.50 + 0.01 * rng.normal(size=(2, 10)),
        "dummy": 0.50 + 0.01 * rng.normal(size=(2, 10)),
    }
    judgement = judge(scores, metric=METRICS["accuracy"], rows=300)
    assert judgement.beats_baseline["mlp"] is False
    pair = the_pair(judgement, "mlp", "logistic")
    assert (pair.verdict, pair.undecided_reason) == ("undecided", "more_data")
    alone = judge(scores, metric=METRICS["accuracy"], rows=300, baseline=None)
    assert the_pair(alone, "mlp", "logistic").verdict == "better"


def test_differences_of_rates_stay_possible() -> None:
    """Two folds measure next to nothing: the interval is cut off at ±1, which a difference cannot pass."""
    scores = {"tree": np.array([[0.95, 0.75]]), "mlp": np.array([[0.1, 0.2]])}
    pair = judge(scores, metric=ACCURACY, rows=60, baseline=None).pairs[0]
    assert (pair.delta_low, pair.delta_high) == (-1.0, 1.0)
