"""The sentences of the explanation: each under its condition, none without."""

from __future__ import annotations

from typing import Any

import pytest

from compare_cli.boundary import Evidence, Profile, explain
from compare_cli.types import PairVerdict


def profile(model: str, **statistics: float | None) -> Profile:
    family = {"logistic": "logistic", "tree": "tree", "mlp": "mlp"}.get(model, model)
    return Profile(model, family, {name: {"mean": v, "sd": 0.01} for name, v in statistics.items()})


def pair(left: str, right: str, verdict: Any) -> PairVerdict:
    return PairVerdict(left, right, delta=0.0, verdict=verdict, undecided_reason=None)


LINE = profile("logistic", linearity=0.99, directions=1.0, axis_aligned=0.0, instability=0.01)


def told(
    profiles: list[Profile], pairs: list[PairVerdict], columns: int = 10, differ: float = 0.1
) -> tuple[str, ...]:
    names = [p.model for p in profiles]
    return explain(Evidence(profiles, pairs, {(a, b): differ for a in names for b in names}, columns))


def test_a_hyperplane() -> None:
    network = profile("mlp", linearity=0.97, directions=1.05, instability=0.04)
    even = [pair("mlp", "logistic", "undecided")]
    assert told([LINE, network], even) == (
        "The boundary is nearly a hyperplane (mlp: linearity 0.97): logistic loses nothing"
        " (models.boundary.linearity).",
    )
    assert told([LINE, network], [pair("mlp", "logistic", "better")]) == ()
    assert told([LINE, network], []) == ()
    assert told([LINE, profile("mlp", linearity=0.93)], even) == ()


def test_linearity_counts_in_units_of_what_the_surrogate_reaches() -> None:
    network = profile("mlp", linearity=0.88, directions=1.05, instability=0.04)
    wide = profile("logistic", linearity=0.91)
    assert "nearly a hyperplane" in told([wide, network], [pair("mlp", "logistic", "equivalent")])[0]


@pytest.mark.parametrize(
    ("left", "right", "verdict"), [("mlp", "logistic", "better"), ("logistic", "mlp", "worse")]
)
def test_a_boundary_that_bends_alike_on_every_fold(left: str, right: str, verdict: str) -> None:
    network = profile("mlp", linearity=0.77, directions=1.9, instability=0.004)
    assert told([LINE, network], [pair(left, right, verdict)], columns=2) == (
        "The boundary of mlp really bends, the same way on every fold (linearity 0.77, instability 0.004,"
        " disagreement with logistic 0.100); logistic misses this"
        " (models.boundary.linearity, models.boundary.instability).",
    )


def test_a_boundary_that_bends_differently_on_each_fold() -> None:
    tree = profile("tree", linearity=0.62, directions=4.6, axis_aligned=1.0, instability=0.25)
    assert told([LINE, tree], [pair("logistic", "tree", "better")]) == (
        "tree departs from the line differently on each fold (linearity 0.62, instability 0.250,"
        " disagreement with logistic 0.100): it fits noise; prune or regularise it"
        " (models.boundary.linearity, models.boundary.instability).",
    )
    assert told([LINE, tree], [pair("logistic", "tree", "worse")]) == ()
    assert told([LINE, tree], [pair("logistic", "tree", "better")], differ=0.6) == ()


def test_a_staircase() -> None:
    tree = profile("tree", linearity=0.92, directions=4.6, axis_aligned=1.0, instability=0.25)
    network = profile("mlp", linearity=0.93, directions=1.1, instability=0.04)
    sentence = (
        "tree builds a staircase for one slanted boundary: 100% of it parallel to the axes, in 4.6 directions"
        " where mlp has 1.1 (models.boundary.axis_aligned, models.boundary.directions)."
    )
    assert told([tree, network], []) == (sentence,)
    assert told([tree, network], [pair("tree", "mlp", "better")]) == ()
    assert told([tree, profile("mlp", linearity=0.5, directions=1.1)], []) == ()
    assert told([tree, profile("mlp", linearity=0.93, directions=3.0)], []) == ()
    assert told([tree, profile("mlp", linearity=0.93, directions=None)], []) == ()


@pytest.mark.parametrize(
    ("directions", "columns", "start"),
    [
        (2.1, 10, "Two features interact: the boundary of mlp has 2.1 directions and linearity 0.02"),
        (9.9, 10, "One class surrounds the other: the boundary of mlp has 9.9 directions"),
        (5.0, 10, None),
        (2.0, 2, None),
        (2.1, 100, None),
    ],
)
def test_what_no_plane_imitates(directions: float, columns: int, start: str | None) -> None:
    network = profile("mlp", linearity=0.02, directions=directions)
    found = told([LINE, network], [pair("mlp", "logistic", "better")], columns=columns)
    assert [s for s in found if start and s.startswith(start)] == list(found)
    assert bool(found) == (start is not None)
    assert told([LINE, network], [pair("mlp", "logistic", "undecided")], columns=columns) == ()


def test_a_model_that_does_not_beat_the_baseline_is_not_explained() -> None:
    network = Profile("mlp", "mlp", {"linearity": 0.97}, beats_baseline=False)
    assert told([LINE, network], [pair("mlp", "logistic", "undecided")]) == ()


def test_nothing_is_said_without_numbers() -> None:
    assert explain(Evidence([], [], {}, 0)) == ()
    empty = Profile("tree", "tree", {"linearity": {"mean": None, "sd": None}})
    assert told([LINE, empty], [pair("tree", "logistic", "better")]) == ()
