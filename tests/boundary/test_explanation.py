"""The sentences of the explanation: each under its condition, none without."""

from __future__ import annotations

from typing import Any

import pytest

from compare_cli.boundary.explanation import Evidence, Profile, explain
from compare_cli.types import PairVerdict


def profile(model: str, **statistics: float | None) -> Profile:
    family = {"logistic": "logistic", "tree": "tree", "mlp": "mlp"}.get(model, model)
    return Profile(model, family, {name: {"mean": v, "sd": 0.01} for name, v in statistics.items()})


def pair(left: str, right: str, verdict: Any) -> PairVerdict:
    return PairVerdict(left, right, delta=0.0, verdict=verdict, undecided_reason=None)


LINE = profile("logistic", linearity=0.99, directions=1.0, axis_aligned=0.0, instability=0.01)


def told(profiles: list[Profile], pairs: list[PairVerdict], differ: float = 0.1) -> tuple[str, ...]:
    names = [p.model for p in profiles]
    return explain(Evidence(profiles, pairs, {(a, b): differ for a in names for b in names}))


def test_a_hyperplane() -> None:
    network = profile("mlp", linearity=0.97, directions=1.05, instability=0.04)
    even = [pair("mlp", "logistic", "undecided")]
    assert told([LINE, network], even) == (
        "The boundary is nearly a hyperplane (mlp: linearity 0.97): logistic loses nothing"
        " (models.boundary.linearity).",
    )
    assert told([LINE, network], [pair("mlp", "logistic", "better")]) == ()
    assert told([LINE, network], []) == ()
    assert told([LINE, profile("mlp", linearity=0.8)], even) == ()


def test_linearity_counts_in_units_of_what_the_surrogate_reaches() -> None:
    network = profile("mlp", linearity=0.88, directions=1.05, instability=0.04)
    wide = profile("logistic", linearity=0.91)
    assert "nearly a hyperplane" in told([wide, network], [pair("mlp", "logistic", "equivalent")])[0]


@pytest.mark.parametrize(
    ("left", "right", "verdict"), [("mlp", "logistic", "better"), ("logistic", "mlp", "worse")]
)
def test_a_boundary_that_bends_alike_on_every_fold(left: str, right: str, verdict: str) -> None:
    network = profile("mlp", linearity=0.77, directions=1.9, instability=0.004)
    assert told([LINE, network], [pair(left, right, verdict)]) == (
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
    # where even planes change from fold to fold, nothing is the noise of one model
    shaky = profile("logistic", linearity=0.99, instability=0.2)
    assert told([shaky, tree], [pair("logistic", "tree", "better")]) == ()


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


RING = {"linearity": 0.02, "directions": 2.0, "features_per_facet": 1.33, "crossings": 1.0}
CROSS = {"linearity": 0.02, "directions": 2.0, "features_per_facet": 1.01, "crossings": 1.0}
BALL = {"linearity": 0.1, "directions": 8.2, "features_per_facet": 4.0, "crossings": 1.0}
INTERACT, SURROUND = "Two features interact", "One class surrounds the other"


@pytest.mark.parametrize(
    ("shape", "columns", "start"),
    [
        (CROSS, 10, INTERACT),
        (CROSS, 2, INTERACT),
        (CROSS, 100, None),
        (RING, 2, SURROUND),
        (RING, 10, None),  # a tube: two directions, but no wall parallel to an axis
        (BALL, 10, SURROUND),
        (BALL, 20, None),
        ({**CROSS, "directions": 5.0}, 10, None),
        ({**RING, "crossings": 2.1}, 2, None),  # a spiral
        ({**RING, "linearity": 0.43}, 2, None),
        ({**CROSS, "linearity": 0.43}, 2, None),
        ({**RING, "features_per_facet": None}, 2, None),
    ],
)
def test_what_no_plane_imitates(shape: dict[str, float | None], columns: int, start: str | None) -> None:
    network = profile("mlp", moving_columns=columns, **shape)
    found = told([LINE, network], [pair("mlp", "logistic", "better")])
    assert [s.partition(":")[0] for s in found] == ([start] if start else [])
    assert told([LINE, network], [pair("mlp", "logistic", "undecided")]) == ()


def test_the_shape_in_words() -> None:
    better = [pair("mlp", "logistic", "better")]
    assert told([LINE, profile("mlp", moving_columns=10, **CROSS)], better) == (
        "Two features interact: the boundary of mlp has 2.0 directions and linearity 0.02, parallel to the"
        " axes (models.boundary.directions, models.boundary.features_per_facet, models.boundary.linearity).",
    )
    assert told([LINE, profile("mlp", moving_columns=10, **BALL)], better) == (
        "One class surrounds the other: the boundary of mlp has 8.2 directions and linearity 0.10 in"
        " 10 columns (models.boundary.directions, models.boundary.features_per_facet,"
        " models.boundary.linearity).",
    )


def test_thresholds() -> None:
    tree = profile("tree", linearity=0.4, axis_aligned=1.0)
    network = profile("mlp", linearity=0.4, features_per_facet=1.4, moving_columns=8)
    ahead = [pair("tree", "logistic", "better"), pair("tree", "mlp", "undecided")]
    assert told([LINE, tree, network], ahead) == (
        "Thresholds decide: the boundary of tree is parallel to the axes (100% of it), and mlp, which may cut"
        " at any angle, cuts along them too (1.4 columns at one place)"
        " (models.boundary.axis_aligned, models.boundary.features_per_facet).",
    )
    assert told([LINE, tree, network], [ahead[0]]) == ()
    assert told([LINE, tree, network], [ahead[0], pair("mlp", "tree", "better")]) == ()
    assert told([LINE, tree, network], [pair("tree", "logistic", "undecided"), ahead[1]]) == ()
    assert told([LINE, profile("tree", axis_aligned=0.9), network], ahead) == ()
    for facet, columns in ((1.4, 2), (3.0, 8), (1.0, 1), (None, 8)):
        other = profile("mlp", linearity=0.4, features_per_facet=facet, moving_columns=columns)
        assert told([LINE, tree, other], ahead) == ()


def test_categories_that_decide_what_numbers_mean() -> None:
    held = {"linearity": 0.08, "nonconvexity": 0.006, "held_flips": 0.49}
    tree, network = profile("tree", **held, instability=0.03), profile("mlp", **held, instability=0.02)
    better = [pair("tree", "logistic", "better"), pair("mlp", "logistic", "better")]
    assert told([LINE, tree, network], better, differ=0.4) == (
        "Categories decide what the numbers mean: where they are held, the boundary of tree does not bend"
        " (nonconvexity 0.006), yet another row's categories change 49% of its predictions, and no one plane"
        " imitates it (linearity 0.08)"
        " (models.boundary.held_flips, models.boundary.nonconvexity, models.boundary.linearity).",
    )
    assert told([LINE, tree], [pair("tree", "logistic", "undecided")]) == ()
    for name, value in (
        ("held_flips", 0.1),
        ("held_flips", None),
        ("nonconvexity", 0.14),
        ("linearity", 0.9),
    ):
        found = told([LINE, profile("tree", **{**held, name: value}, instability=0.03)], better, differ=0.4)
        assert not any(s.startswith("Categories") for s in found)


def test_many_columns() -> None:
    line = profile("logistic", linearity=0.99, features_per_facet=9.9)
    tree = profile("tree", linearity=0.46)
    assert told([line, tree], [pair("logistic", "tree", "better")]) == (
        "Many columns decide together: the boundary of logistic weighs 10 of them at once; tree asks for one"
        " at a time (models.boundary.features_per_facet).",
    )
    assert told([line, tree], [pair("logistic", "tree", "undecided")]) == ()
    assert (
        told([profile("logistic", features_per_facet=3.0), tree], [pair("logistic", "tree", "better")]) == ()
    )


def test_a_model_that_does_not_beat_the_baseline_is_not_explained() -> None:
    network = Profile("mlp", "mlp", {"linearity": 0.97}, beats_baseline=False)
    assert told([LINE, network], [pair("mlp", "logistic", "undecided")]) == ()


def test_nothing_is_said_without_numbers() -> None:
    assert explain(Evidence([], [], {})) == ()
    empty = Profile("tree", "tree", {"linearity": {"mean": None, "sd": None}})
    assert told([LINE, empty], [pair("tree", "logistic", "better")]) == ()
