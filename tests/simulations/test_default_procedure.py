"""The default procedure on models whose true order is known: a part of docs/simulations.md, seeded.

Slow. Each correction stands beside the rule that it took the place of, which fails here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest

from compare_cli.verdict import many
from compare_cli.verdict.many import chance_range

from . import single_tests
from .procedure import (
    DRAWS,
    Arrays,
    beats_any,
    beats_naively,
    by_default,
    coverage,
    false_equivalence,
    mean_share,
    out_of_range,
    pairs_of,
    ranges_kept,
    sets_of,
    single_test_winners,
    two_models,
    world,
)
from .settings import AREAS, EQUALS, POWER, WORLDS, Setting, one_run
from .single_tests import SINGLE_TESTS

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def fewer_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "multivariate_t_draws", partial(many.multivariate_t_draws, draws=DRAWS))


def named(name: str, **changes: object) -> Setting:
    return replace(next(s for s in (*EQUALS, *AREAS, *POWER, *WORLDS) if s.name == name), **changes)


@cache
def made(setting: Setting, runs: int) -> Arrays:
    rng = np.random.default_rng(51)
    found = [one_run(setting, rng) for _ in range(runs)]
    return {key: np.stack([run[key] for run in found]) for key in found[0]}


def winners(setting: Setting, runs: int, models: int = 2, **how: bool) -> float:
    """How often the leader is said to beat any of so many equal models."""
    share, sets = mean_share(setting), sets_of(made(setting, runs)["scores"], models)
    return float(np.mean([beats_any(by_default(s, setting, share, **how)[0]) for s in sets]))


def test_two_models_at_once_are_judged_as_one_after_the_other() -> None:
    setting = named("power logistic 1000", runs=60)
    scores = made(setting, 60)["scores"]
    won, ended = two_models(pairs_of(scores), setting, None)
    single = [by_default(one, setting, None) for one in scores]
    assert [bool(w) for w in won] == [beats_any(judgement) for judgement, _ in single]
    assert ended.tolist() == [look.repeats for _, look in single]


@pytest.mark.parametrize(
    ("name", "runs"), [("logistic 200", 150), ("tree 60", 300), ("centroid 60", 150), ("1-NN 60", 100)]
)
def test_equal_models_seldom_win_and_the_naive_test_fails_this(name: str, runs: int) -> None:
    setting = named(name, truth=False)
    assert winners(setting, runs) <= 0.06
    naive = [beats_naively(scores) for scores in sets_of(made(setting, runs)["scores"], 2)]
    assert np.mean(naive) > 0.3


def test_looking_after_every_repeat_names_twice_as_many_false_winners() -> None:
    setting = named("tree 60", truth=False)
    planned, peeking = winners(setting, 300), winners(setting, 300, peeking=True, cautious=False)
    assert peeking > max(0.05, 2 * planned)


@pytest.mark.parametrize(
    ("name", "runs"), [("logistic 1:20 n=60 loss", 600), ("logistic 1:20 n=105 loss", 600)]
)
def test_few_rows_of_a_class_need_fewer_degrees_of_freedom(name: str, runs: int) -> None:
    setting = named(name)
    assert winners(setting, runs) <= 0.06
    assert winners(setting, runs, cautious=False) > 0.055


def test_groups_of_unequal_size() -> None:
    assert winners(named("tree groups unequal", truth=False), 150) <= 0.08


@pytest.mark.parametrize("models", [3, 5, 9])
def test_the_leader_of_equals_beats_any_of_them_in_one_of_twenty_tries(models: int) -> None:
    setting = named("1-NN 60", truth=False)
    assert winners(setting, 100, models) <= 0.08


@pytest.mark.parametrize("metric", ["roc_auc", "balanced_accuracy", "mcc", "f1_macro"])
def test_seeds_are_no_folds(metric: str) -> None:
    setting = next(s for s in SINGLE_TESTS if s.name == "single forest 80")
    rng = np.random.default_rng(3)
    runs = [single_tests.one_run(setting, rng) for _ in range(300)]
    found = single_test_winners(
        setting, {key: np.stack([run[key] for run in runs]) for key in runs[0]}, metric
    )
    assert found["default"] <= 0.075
    assert found["as folds"] > 0.09


@pytest.mark.parametrize(("name", "runs"), [("single tree 2000", 200), ("single 1-NN 400 of 60", 300)])
def test_one_fit_is_not_the_way_of_fitting(name: str, runs: int) -> None:
    setting, rng = next(s for s in SINGLE_TESTS if s.name == name), np.random.default_rng(4)
    made = [single_tests.one_run(setting, rng) for _ in range(runs)]
    arrays = {key: np.stack([run[key] for run in made]) for key in made[0]}
    found = single_test_winners(setting, arrays, "balanced_accuracy")
    assert found["default"] <= 0.06
    assert found["these fits"] > 0.15


def test_one_repeat_of_trees_is_worth_fewer_rows() -> None:
    found = coverage(named("tree 60"), made(named("tree 60"), 200), 1)
    assert found["default"] >= 0.92 > found["plain"]


@pytest.mark.parametrize("name", ["3 of 60 shift 0.45", "10 of 200 shift 0.9", "50 of 100 shift 1"])
def test_an_area_of_few_rows_or_close_to_1_is_less_sure_than_its_folds_agree(name: str) -> None:
    setting = replace(named(f"AUC 5-NN {name}"), repeats=2)
    found = coverage(setting, made(setting, 150), 2)
    assert found["default"] >= 0.92
    assert found["plain"] < 0.85


@pytest.mark.parametrize("name", ["tree groups", "logistic time"])
def test_rows_that_are_not_independent_need_the_spread_of_folds(name: str) -> None:
    setting = named(name, repeats=1)
    found = coverage(setting, made(setting, 100), 1)
    assert found["default"] >= 0.92
    assert found["plain"] < 0.85


WORLDS_SAID = ("world logistic 200 sd 1", "world logistic 200 sd 4", "world centroid 1000 sd 2")


def furthest(low: np.ndarray, high: np.ndarray, true: np.ndarray) -> float:
    """How far what came true lies outside of what was said, of ranges that were said often enough."""
    return max(out_of_range(found) for found in ranges_kept(low, high, true) if found[-1] >= 100)


@pytest.mark.parametrize("models", [3, 9])
@pytest.mark.parametrize("name", WORLDS_SAID)
def test_what_is_said_of_chances_comes_true(name: str, models: int) -> None:
    """In words: of the table for every model, of the sentence for the one that it names."""
    setting = named(name)
    told = world(setting, made(setting, 250), models, 250)
    said = np.vstack([np.c_[told["said"].reshape(-1, 2), told["hit"].ravel()], told["told"]])
    assert furthest(*said.T) <= 0.05


def test_chances_of_a_flat_prior_do_not_come_true() -> None:
    setting = named("world 5-NN 200 sd 1", models=5)
    told = world(setting, made(setting, 600), 5, 600)
    said, true = told["said"][:, 0].T, told["hit"][:, 0]
    flat = np.array([chance_range(p) for p in told["flat"][:, 0]]).T
    assert furthest(*said, true) <= 0.05 < furthest(*flat, true)


def test_a_true_difference_of_the_rope_is_seldom_called_equivalent() -> None:
    setting = named("world logistic 200 sd 4")
    assert false_equivalence(setting, made(setting, 300))["equivalent"] <= 0.05


@pytest.mark.parametrize("models", [3, 9])
@pytest.mark.parametrize("family", ["", "tree"])
def test_what_is_recommended_is_hardly_worse_than_the_leader(models: int, family: str) -> None:
    """Also where all are settings of one family, of which the plain one is taken when they hardly differ."""
    setting = named("world logistic 200 sd 2")
    settings = [family, *(f"{family}(max_depth={depth})" for depth in range(1, models))]
    told = world(setting, made(setting, 100), models, 100, settings if family else ())
    assert (told["extra"] != 0).any() is np.bool_(bool(family))
    assert told["extra"].mean() <= 0.002
    assert (told["extra"] > 0.01).mean() <= 0.05
