"""Reasons of a few tables whose truth is known. All of them: `python -m tests.constructions`."""

from __future__ import annotations

import pytest

from tests.constructions.measuring import judged
from tests.constructions.tables import CONSTRUCTIONS

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
)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_what_is_said_is_true(name: str) -> None:
    construction = next(c for c in CONSTRUCTIONS if c.name == name)
    found = judged(construction, seed=11)
    assert not [(each.code, each.sentence) for each in found if each.kind == "false"]


def test_constructions_have_names_of_their_own_and_are_the_same_again() -> None:
    assert len({c.name for c in CONSTRUCTIONS}) == len(CONSTRUCTIONS) >= 60
    assert 2 * sum(c.frozen for c in CONSTRUCTIONS) >= len(CONSTRUCTIONS) - 1
    for construction in CONSTRUCTIONS:
        (X, y), (again, same) = construction.draw(0, 50), construction.draw(0, 50)
        assert X.equals(again)
        assert (y == same).all()
        assert not set(construction.expected) & set(construction.allowed)
