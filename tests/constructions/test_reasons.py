"""Reasons of a few tables whose truth is known. All of them: `python -m tests.constructions`."""

from __future__ import annotations

import pytest

from tests.constructions.later import ALL
from tests.constructions.measuring import judged

QUICK = (
    "plane",
    "plane of two, six copies each",
    "absolute values",
    "ball in two of eight",
    "box in two of six",
    "exclusive or",
    "two categories decide",
    "gap decides",
    "nothing",
    "band of one column alone",
    "plane, heavy tails",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_what_is_said_is_true(name: str) -> None:
    construction = next(c for c in ALL if c.name == name)
    found = judged(construction, seed=11)
    assert not [(each.code, each.sentence) for each in found if each.kind == "false"]


def test_constructions_have_names_of_their_own_and_are_the_same_again() -> None:
    assert len({c.name for c in ALL}) == len(ALL) >= 90
    assert 2 * sum(c.frozen for c in ALL) >= len(ALL) - 1
    for construction in ALL:
        (X, y), (again, same) = construction.draw(0, 200), construction.draw(0, 200)
        assert X.equals(again)
        assert (y == same).all()
        assert not set(construction.expected) & set(construction.allowed)
