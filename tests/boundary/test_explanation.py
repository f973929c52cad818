"""Reasons: each under its condition, none without. Statistics are written out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from compare_cli.boundary.evidence import Difference, Evidence, Profile, Region
from compare_cli.boundary.explanation import explain, relative_linearity, with_instability, with_reasons
from compare_cli.types import PairVerdict, Reason, Verdict

Numbers = dict[str, float | None]


def profile(
    model: str,
    columns: dict[str, float] | None = None,
    *,
    accuracy: float = 0.8,
    train: float = 0.85,
    pairs: list[tuple[str, str, float, float]] | None = None,
    gaps: dict[str, float] | None = None,
    **statistics: float | None,
) -> Profile:
    boundary: dict[str, Any] = {name: {"mean": v, "sd": 0.01} for name, v in statistics.items()}
    boundary["columns"] = {name: {"mean": share, "sd": 0.01} for name, share in (columns or {}).items()}
    boundary["gaps"] = {name: {"mean": share, "sd": 0.01} for name, share in (gaps or {}).items()}
    names = ("left", "right", "returns", "moved")
    boundary["pairs"] = [dict(zip(names, pair, strict=True)) for pair in pairs or []]
    family = model.partition("(")[0]
    return Profile(model, family, boundary, True, accuracy, train)


def pair(left: str, right: str, delta: float, low: float, high: float, sure: float) -> PairVerdict:
    verdict: Any = "better" if sure >= 0.975 else "worse" if sure <= 0.025 else "undecided"
    return PairVerdict(left, right, delta, low, high, p_positive=sure, verdict=verdict, undecided_reason=None)


def told(evidence: Evidence) -> dict[str, Reason]:
    reasons = explain(evidence)
    assert len({reason.code for reason in reasons}) == len(reasons)
    return {reason.code: reason for reason in reasons}


HALF = {"age": 0.52, "pay": 0.48}
LINE = profile("logistic", HALF, linearity=0.99, features_per_facet=2.0, effective_columns=2.0)
FLAT = profile("mlp", HALF, accuracy=0.79, linearity=0.97)
STAIRS = profile(
    "tree", HALF, accuracy=0.76, train=1.0, linearity=0.85, axis_aligned=1.0, cuts=9.0, leaves=40.0
)
LOSES = pair("logistic", "tree", 0.04, 0.02, 0.06, 0.999)
EVEN = pair("mlp", "logistic", -0.01, -0.021, 0.004, 0.1)
WINS = pair("mlp", "logistic", 0.1, 0.07, 0.13, 0.999)


def test_a_hyperplane_says_how_large_a_gain_may_be() -> None:
    reason = told(Evidence([LINE, FLAT, STAIRS], [EVEN, LOSES], majority=0.5))["hyperplane"]
    assert reason.sentence == (
        "A plane is enough: no gain from bending was found (at most +0.4 pt). logistic decides mostly by age"
        " and pay."
    )
    assert [c.name for c in reason.columns] == ["age", "pay"]
    bent = profile("mlp", HALF, accuracy=0.79, linearity=0.6)
    open_end = pair("mlp", "logistic", -0.002, -0.03, 0.026, 0.4)
    reason = told(Evidence([LINE, bent], [open_end]))["hyperplane"]
    assert "(at most +2.6 pt)" in reason.sentence
    assert reason.figures == {"at_most": 0.026}


@pytest.mark.parametrize(
    "between",
    [
        pair("mlp", "logistic", 0.05, 0.01, 0.09, 0.99),
        pair("mlp", "logistic", 0.0, -0.05, 0.05, 0.5),
        PairVerdict("mlp", "logistic"),
    ],
    ids=["better", "open", "not compared"],
)
def test_no_hyperplane_where_a_gain_was_found_or_may_be_large(between: PairVerdict) -> None:
    bent = profile("mlp", HALF, accuracy=0.79, linearity=0.6)
    assert "hyperplane" not in told(Evidence([LINE, bent], [between]))


def test_what_a_flat_model_gains_is_no_gain_from_bending() -> None:
    refit = replace(profile("mlp(alpha=1.0)", HALF, linearity=0.98), refit_of="mlp", role="pruned")
    bent = profile("mlp", HALF, accuracy=0.75, linearity=0.7)
    gains = {("mlp(alpha=1.0)", "logistic"): Difference(0.016, 0.0, 0.032, 0.98)}
    worse = pair("mlp", "logistic", -0.05, -0.07, -0.03, 0.001)
    evidence = Evidence([LINE, bent], [worse], [refit], gains)
    assert "hyperplane" in told(evidence)
    bends = replace(refit, statistics={**refit.statistics, "linearity": {"mean": 0.6, "sd": 0.1}})
    assert "hyperplane" not in told(replace(evidence, refits=[bends]))


def test_a_model_that_may_bend_can_find_a_better_plane() -> None:
    """Heavy tails: logistic regression is pulled aside, and a tree gains over it by steps, not by bends."""
    plane = profile("mlp", HALF, accuracy=0.99, linearity=0.97)
    pairs = [
        pair("mlp", "logistic", 0.15, 0.09, 0.2, 0.999),
        pair("tree", "logistic", 0.07, 0.02, 0.13, 0.994),
        pair("tree", "mlp", -0.07, -0.09, -0.05, 0.001),
    ]
    evidence = Evidence([LINE, plane, STAIRS], pairs)
    found = told(evidence)
    assert found["hyperplane"].sentence == (
        "A plane is enough, but not that of logistic: mlp finds one that gains 15.0 pt; no gain from bending"
        " was found (at most +2.5 pt). mlp decides mostly by age and pay."
    )
    assert found["hyperplane"].models == ("mlp", "logistic")
    assert "staircase" in found
    assert "bends" not in found
    little = replace(evidence, pairs=[pair("mlp", "logistic", 0.02, 0.01, 0.03, 0.99), *pairs[1:]])
    assert "hyperplane" not in told(little)  # bends may have brought it
    spread = replace(plane, statistics={**plane.statistics, "linearity": {"mean": 0.97, "sd": 0.05}})
    assert "hyperplane" not in told(replace(evidence, profiles=[LINE, spread, STAIRS]))
    tree = replace(evidence, pairs=[*pairs[:2], pair("tree", "mlp", 0.03, 0.0, 0.06, 0.98)])
    assert "hyperplane" not in told(tree)


def test_bends_are_measured_by_the_best_plane() -> None:
    """The staircase may gain 5.4 pt over logistic, but 4.4 over an MLP that came out flat."""
    flat = profile("mlp", HALF, accuracy=0.83, linearity=0.94)
    stairs = replace(profile("tree(ccp_alpha=0.01)", HALF, accuracy=0.84, linearity=0.8), refit_of="tree")
    pairs = [pair("mlp", "logistic", 0.01, -0.015, 0.034, 0.78), LOSES]
    gains = {
        ("tree(ccp_alpha=0.01)", "logistic"): Difference(0.0175, -0.019, 0.054, 0.85),
        ("tree(ccp_alpha=0.01)", "mlp"): Difference(0.0075, -0.029, 0.044, 0.67),
    }
    evidence = Evidence([LINE, flat, STAIRS], pairs, [replace(stairs, role="pruned")], gains)
    assert told(evidence)["hyperplane"].figures == {"at_most": 0.044}
    open_end = {**gains, ("tree(ccp_alpha=0.01)", "mlp"): Difference(0.02, -0.02, 0.06, 0.85)}
    assert "hyperplane" not in told(replace(evidence, differences=open_end))


def test_bends_name_models_gains_and_columns() -> None:
    bent = profile("mlp", {"age": 0.7, "pay": 0.2, "job": 0.1}, accuracy=0.9, linearity=0.5)
    reason = told(Evidence([bent, LINE], [WINS]))["bends"]
    assert reason.sentence == "Not a straight line: mlp gains 10.0 pt over logistic, mostly through age."
    assert reason.models == ("mlp", "logistic")
    scored = Evidence([bent, LINE], [WINS], rate=False)
    assert "mlp gains 0.1 over" in told(scored)["bends"].sentence
    assert "bends" not in told(Evidence([replace(bent, statistics=FLAT.statistics), LINE], [WINS]))


def test_many_equal_columns_are_not_called_most_of_it() -> None:
    bent = profile("mlp", {f"x{i}": 0.1 for i in range(10)}, accuracy=0.9, linearity=0.5)
    assert told(Evidence([bent, LINE], [WINS]))["bends"].sentence.endswith("over logistic.")


def pruned_tree(gain: Difference, **more: Any) -> Evidence:
    refit = replace(
        profile("tree(ccp_alpha=0.01)", HALF, accuracy=0.83, leaves=9.0, axis_aligned=1.0, cuts=3.0),
        refit_of="tree",
        role="pruned",
    )
    gains = {(refit.model, "tree"): gain}
    return Evidence([LINE, FLAT, STAIRS], [EVEN, LOSES], [refit], gains, **more)


def test_fits_noise_needs_a_refit_that_is_better_beyond_error() -> None:
    sure = Difference(0.07, 0.03, 0.11, 0.999)
    reason = told(pruned_tree(sure))["noise"]
    assert (
        reason.sentence
        == "tree fits noise: 100% right on training rows, 76% on new ones; pruned to 9 leaves 83%."
    )
    assert reason.figures == {"gain": 0.07, "gain_low": 0.03, "gain_high": 0.11}
    assert (
        "(it is the recommended one all the same)"
        in told(pruned_tree(sure, recommended="tree"))["noise"].sentence
    )
    assert "noise" not in told(pruned_tree(Difference(0.07, -0.01, 0.15, 0.94)))
    assert "noise" not in told(pruned_tree(Difference(0.006, 0.002, 0.01, 0.99)))
    assert "noise" not in told(Evidence([LINE, FLAT, STAIRS], [EVEN, LOSES]))


def test_there_is_no_noise_where_a_model_is_nearly_always_right() -> None:
    evidence = pruned_tree(Difference(0.07, 0.03, 0.11, 0.999))
    right = replace(FLAT, accuracy=0.98)
    assert "noise" not in told(replace(evidence, profiles=[LINE, right, STAIRS]))


def test_a_staircase_stands_on_one_slanted_plane_of_two_classes() -> None:
    evidence = Evidence([LINE, FLAT, STAIRS], [EVEN, LOSES])
    assert "about 9 cuts where logistic needs one" in told(evidence)["staircase"].sentence
    assert "staircase" not in told(replace(evidence, classes=3))
    along = replace(LINE, statistics={**LINE.statistics, "features_per_facet": {"mean": 1.1, "sd": 0.0}})
    assert "staircase" not in told(replace(evidence, profiles=[along, FLAT, STAIRS]))
    # without its noise this tree has three cuts
    assert "staircase" not in told(pruned_tree(Difference(0.07, 0.03, 0.11, 0.999)))


CROSS = [("age", "pay", 0.8, 0.2)]


def interacting(pairs: list[tuple[str, str, float, float]], gain: float = 0.2, **more: Any) -> Evidence:
    bent = profile("mlp", {**HALF, "job": 0.3}, accuracy=0.9, linearity=0.1, pairs=pairs)
    additive = replace(profile("boosting(...)", accuracy=0.7), refit_of="", role="additive")
    sure = Difference(-gain, -gain - 0.05, -gain + 0.05, 0.001 if gain > 0.05 else 0.4)
    return Evidence([bent, LINE], [WINS], [additive], {("boosting(...)", "mlp"): sure}, **more)


def test_an_interaction_needs_returns_and_an_additive_model_that_loses() -> None:
    reason = told(interacting(CROSS))["interaction"]
    assert reason.sentence == (
        "Two columns interact: age and pay decide together, neither alone; adding up one function of each"
        " column loses 10.0 pt."
    )  # a plane is a sum too, and loses less than boosting
    assert told(interacting(CROSS, gain=0.06))["interaction"].sentence.endswith("loses 6.0 pt.")
    assert "interaction" not in told(interacting(CROSS, gain=0.01))
    assert "interaction" not in told(interacting([("age", "pay", 0.2, 0.2)]))
    assert "interaction" not in told(interacting([("age", "pay", 0.9, 0.01)]))


def test_nothing_interacts_in_a_model_that_is_far_behind_or_in_columns_of_little_weight() -> None:
    evidence = interacting(CROSS)
    behind = replace(evidence.profiles[0], accuracy=0.84)  # gains 4 pt over logistic, the best one 15 or 5
    pairs = [pair("tree", "logistic", 0.1, 0.05, 0.15, 0.999), *evidence.pairs]
    for accuracy, expected in ((0.95, False), (0.85, True)):
        best = profile("tree", HALF, accuracy=accuracy, linearity=0.1)
        found = told(replace(evidence, profiles=[best, behind, LINE], pairs=pairs))
        assert ("interaction" in found) == expected
    idle = interacting([("age", "idle", 0.8, 0.2)])
    assert "interaction" not in told(idle)


def test_a_category_that_turns_a_number_is_told_as_that() -> None:
    one = told(interacting([("age", "job", 0.8, 0.2)], held_columns=frozenset({"job"})))
    assert one["categories"].sentence == "A category decides what a number means: job turns what age says."
    assert "interaction" not in one
    two = told(interacting([("pay", "job", 0.8, 0.2)], held_columns=frozenset({"job", "pay"})))
    assert (
        two["categories"].sentence == "Two categories interact: pay and job decide together, neither alone."
    )


def test_categories_and_gaps_decide_by_their_shares() -> None:
    held = profile("logistic", {"job": 0.9, "age": 0.1}, accuracy=0.9)
    reason = told(Evidence([held], held_columns=frozenset({"job"})))["categories"]
    assert reason.sentence == "Categories decide: job makes 90% of what logistic decides by."
    part = profile("logistic", {"job": 0.6, "age": 0.4})
    assert not told(Evidence([part], held_columns=frozenset({"job"})))
    gone = profile("logistic", {"age": 0.1}, gaps={"pay": 0.9})
    assert told(Evidence([gone]))["gaps"].sentence.startswith("Gaps decide: whether pay is missing makes 90%")
    assert not told(Evidence([profile("logistic", {"age": 0.7}, gaps={"pay": 0.3})]))


def rules(cuts: float, sure: float) -> Evidence:
    tree = profile("tree", HALF, accuracy=0.9, linearity=0.4, axis_aligned=1.0, cuts=cuts)
    mlp = profile("mlp", HALF, accuracy=0.87, linearity=0.5, enclosed=1.0, enclosed_least=0.3, directions=2.0)
    pairs = [
        pair("tree", "mlp", 0.03, 0.0, 0.06, sure),
        pair("tree", "logistic", 0.1, 0.07, 0.13, 0.999),
        WINS,
    ]
    return Evidence([tree, mlp, LINE], pairs)


def test_thresholds_are_few_cuts_that_no_smooth_model_equals() -> None:
    reasons = told(rules(3.6, 0.96))
    assert (
        reasons["thresholds"].sentence
        == "Thresholds decide: about 4 cuts of age and pay do as well as any model here."
    )
    assert "surrounds" not in reasons
    assert "thresholds" not in told(rules(12.0, 0.999))
    assert "thresholds" not in told(rules(3.6, 0.6))
    assert "thresholds" in told(rules(6.5, 0.99))
    assert "thresholds" not in told(rules(6.5, 0.9))
    tree, *others = rules(3.6, 0.96).profiles
    # many leaves: steps of something slanted, or many small cuts beside a few large ones
    for leaves, sure, expected in ((36, 0.96, True), (38, 0.96, False), (6, 0.9, True), (8, 0.9, False)):
        grown = replace(tree, statistics={**tree.statistics, "leaves": {"mean": leaves, "sd": 1.0}})
        found = told(replace(rules(3.6, sure), profiles=[grown, *others]))
        assert ("thresholds" in found) == expected


def test_thresholds_beside_a_gap_that_decides_name_it() -> None:
    tree, *others = rules(2.0, 0.96).profiles
    gone = replace(tree, statistics={**tree.statistics, "gaps": {"tax": {"mean": 0.4, "sd": 0.01}}})
    found = told(replace(rules(2.0, 0.96), profiles=[gone, *others]))["thresholds"]
    assert found.sentence == (
        "Thresholds decide: about 2 cuts of age and pay, by whether tax is missing, do as well as any model"
        " here."
    )


def test_many_cuts_of_one_column_are_thresholds_where_no_smooth_model_comes_near() -> None:
    evidence = rules(7.0, 0.99)
    assert "thresholds" in told(evidence)
    many = rules(9.0, 0.99)
    assert "thresholds" not in told(many)  # of two columns: a staircase perhaps
    tree, *others = many.profiles
    alone = replace(tree, statistics={**tree.statistics, "columns": {"age": {"mean": 1.0, "sd": 0.0}}})
    sentence = told(replace(many, profiles=[alone, *others]))["thresholds"].sentence
    assert sentence == "Thresholds decide: about 9 cuts of age do as well as any model here."
    level = rules(9.0, 0.9)
    assert "thresholds" not in told(replace(level, profiles=[alone, *others]))


def test_what_is_better_by_less_than_the_rope_supports_no_reason() -> None:
    evidence = rules(3.6, 0.99)
    tree = evidence.profiles[0]
    refit = replace(tree, model="tree(ccp_alpha=0.1)", refit_of="tree", role="pruned", accuracy=0.91)
    for gain, expected in ((0.008, False), (0.012, True)):
        sure = Difference(gain, gain - 0.002, gain + 0.002, 1.0)
        found = {(refit.model, other): sure for other in ("mlp", "logistic")}
        assert ("thresholds" in told(replace(evidence, refits=[refit], differences=found))) == expected


def test_thresholds_are_told_of_a_level_tree_where_a_smooth_model_runs_along_the_axes_itself() -> None:
    evidence = rules(3.6, 0.3)
    level = pair("tree", "mlp", -0.004, -0.012, 0.004, 0.16)
    evidence = replace(evidence, pairs=[level, *evidence.pairs[1:]])
    assert "thresholds" not in told(evidence)
    tree, mlp, line = evidence.profiles
    along = replace(mlp, statistics={**mlp.statistics, "axis_aligned": {"mean": 0.6, "sd": 0.1}})
    assert "thresholds" in told(replace(evidence, profiles=[tree, along, line]))
    worse = pair("tree", "mlp", -0.02, -0.03, -0.01, 0.001)
    assert "thresholds" not in told(
        replace(evidence, profiles=[tree, along, line], pairs=[worse, *evidence.pairs[1:]])
    )


def test_a_difference_lies_above_a_limit_as_often_as_its_interval_says() -> None:
    between = Difference(0.01, 0.01 - 0.0196, 0.01 + 0.0196, 0.84)
    assert between.above(0.01) == pytest.approx(0.5)
    assert between.above(0.01 - 0.0196) == pytest.approx(0.975, abs=1e-3)
    assert between.reversed().above(0.0) == pytest.approx(0.1587, abs=1e-3)
    assert Difference(0.0, 0.0, 0.0, 0.5).above(-0.01) == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"enclosed": 0.83}, False),
        ({"enclosed_least": 0.95}, False),
        ({"directions": 1.1}, False),
        ({"enclosed": None}, False),
    ],
)
def test_surrounds_by_rays(change: Numbers, expected: bool) -> None:
    ball: Numbers = {"linearity": 0.1, "enclosed": 1.0, "enclosed_least": 0.3, "directions": 1.9, **change}
    mlp = profile("mlp", HALF, accuracy=0.9, **ball)
    reasons = told(Evidence([mlp, LINE], [WINS]))
    assert ("surrounds" in reasons) == expected
    if expected:
        assert reasons["surrounds"].sentence == (
            "One class surrounds the other in age and pay: 100% of straight ways from the inner one leave it."
        )


def test_many_columns_by_effective_rank() -> None:
    shares = {f"x{i}": 0.1 for i in range(10)}
    line = profile("logistic", shares, linearity=0.99, effective_columns=9.6, features_per_facet=10.0)
    reason = told(Evidence([line, STAIRS], [LOSES]))["many_columns"]
    assert "logistic weighs about 10 at once" in reason.sentence
    copies = profile("logistic", shares, linearity=0.99, effective_columns=2.0, features_per_facet=10.0)
    assert "many_columns" not in told(Evidence([copies, STAIRS], [LOSES]))
    even = pair("logistic", "tree", 0.01, -0.02, 0.04, 0.7)
    assert "many_columns" not in told(Evidence([line, STAIRS], [even]))


def test_what_the_model_to_use_decides_by_is_told_where_nothing_else_names_columns() -> None:
    better = profile("mlp", HALF, accuracy=0.85, linearity=0.6)
    open_case = pair("mlp", "logistic", 0.05, -0.02, 0.12, 0.9)
    evidence = Evidence([LINE, better, STAIRS], [open_case, LOSES], recommended="logistic")
    reason = told(evidence)["columns"]
    assert reason.sentence == "logistic decides mostly by age (52%) and pay (48%)."
    assert reason.models == ("logistic",)
    assert "columns" not in told(replace(evidence, recommended=None))
    for unproven in (None, False):
        profiles = [replace(p, beats_baseline=unproven) for p in evidence.profiles]
        assert "columns" not in told(replace(evidence, profiles=profiles))
    assert "columns" not in told(Evidence([LINE, FLAT, STAIRS], [EVEN, LOSES], recommended="logistic"))
    assert "columns" not in told(replace(evidence, majority=0.95))
    shaky = profile("logistic", HALF, linearity=0.99, instability=0.2)
    assert "columns" not in told(replace(evidence, profiles=[shaky, better, STAIRS]))
    little = {f"pixel {i}": 0.0095 for i in range(99)} | {"middle": 0.06}
    scattered = profile("logistic", little, linearity=0.99)
    assert "columns" not in told(replace(evidence, profiles=[scattered, better, STAIRS]))
    alone = profile("logistic", {"age": 1.0}, linearity=0.99)
    assert "columns" not in told(replace(evidence, profiles=[alone, better, STAIRS]))
    equal = replace(LINE, statistics=profile("logistic", dict.fromkeys("abcdef", 1 / 6)).statistics)
    assert "columns" not in told(Evidence([equal], recommended="logistic"))


def test_of_noise_it_is_told_how_far_the_sample_decides() -> None:
    reasons = (
        Reason("columns", ("logistic",), (), "logistic decides mostly by age (52%).", ()),
        Reason("noise", ("tree",), (), "tree fits noise.", ()),
    )
    before = Verdict("undecided", because=("Why.", *(r.sentence for r in reasons)), reasons=reasons)
    assert with_instability(before, {}) == before
    after = with_instability(before, {"logistic": 0.3, "tree": 0.4})
    more = "tree fits noise. From one half of the rows to the other 40% of its answers change."
    assert after.because == (*before.because[:2], more)
    assert [r.sentence for r in after.reasons] == [reasons[0].sentence, more]


def test_a_region_of_the_best_two() -> None:
    bent = profile("mlp", HALF, accuracy=0.9, linearity=0.97)
    old = Region("mlp", "logistic", ("age > 54",), ("age",), 0.09, 0.02, 0.001, 310)
    level = pair("mlp", "logistic", 0.02, -0.01, 0.05, 0.9)
    reason = told(Evidence([bent, LINE], [level], regions=[old]))["region"]
    assert reason.sentence == "mlp is better than logistic where age > 54 (+9 pt, 310 rows); elsewhere level."
    assert [c.name for c in reason.columns] == ["age"]
    beaten = replace(old, better="logistic", other="mlp", elsewhere=-0.05)
    sentence = told(Evidence([bent, LINE], [level], regions=[old, beaten]))["region"].sentence
    assert sentence == "logistic is better than mlp where age > 54 (+9 pt, 310 rows); elsewhere -5 pt."
    assert "region" not in told(Evidence([bent, LINE], [level], regions=[replace(old, other="tree")]))


def test_linearity_is_measured_by_logistic_regression_or_not_at_all() -> None:
    wide = profile("logistic", linearity=0.9)
    assert relative_linearity(profile("mlp", linearity=0.81), wide) == pytest.approx(0.9)
    one_class = profile("logistic", linearity=None)
    assert relative_linearity(profile("mlp", linearity=0.81), one_class) is None
    assert relative_linearity(profile("mlp", linearity=0.81), profile("logistic", linearity=0.01)) is None


def test_nothing_is_said_without_numbers() -> None:
    assert explain(Evidence([])) == ()
    empty = profile("tree", linearity=None)
    assert (
        explain(Evidence([profile("logistic"), empty], [pair("logistic", "tree", 0.1, 0.0, 0.2, 0.99)])) == ()
    )
    unbeaten = replace(FLAT, beats_baseline=False)
    assert "hyperplane" not in told(Evidence([replace(LINE, beats_baseline=False), unbeaten], [EVEN]))


def test_sentences_stand_among_the_reasons_of_the_verdict() -> None:
    verdict = with_reasons(Verdict("single", because=("first",)), Evidence([LINE, FLAT], [EVEN]))
    assert verdict.because == ("first", *(reason.sentence for reason in verdict.reasons))
    assert [reason.code for reason in verdict.reasons] == ["hyperplane"]


def test_no_cut_of_a_number_is_told_where_a_category_turns_it() -> None:
    evidence = rules(cuts=2.0, sure=0.9)
    assert "thresholds" in told(evidence)
    pairs = {"pairs": [{"left": "age", "right": "pay", "returns": 0.9, "moved": 0.2}]}
    tree = next(p for p in evidence.profiles if p.model == "tree")
    turned = replace(tree, statistics={**tree.statistics, **pairs})
    profiles = [turned if p is tree else p for p in evidence.profiles]
    found = told(replace(evidence, profiles=profiles, held_columns=frozenset({"age"})))
    assert found["thresholds"].sentence == (
        "Thresholds decide: about 2 cuts of pay, by age, do as well as any model here."
    )
    assert [c.name for c in found["thresholds"].columns] == ["pay"]
    assert "turns" in found["categories"].sentence
    alone = replace(tree, statistics={**turned.statistics, "columns": {"pay": {"mean": 1.0, "sd": 0.0}}})
    profiles = [alone if p is tree else p for p in evidence.profiles]
    assert "thresholds" not in told(replace(evidence, profiles=profiles, held_columns=frozenset({"age"})))
