"""After which repeats a comparison is looked at, and when it ends."""

from __future__ import annotations

import pytest

from compare_cli.types import Look
from compare_cli.verdict.repeats import EARLY, LAST, look_after


def never() -> bool:
    return False


def test_looks_are_few_and_planned() -> None:
    looks = [look_after(repeats, 10, never) for repeats in range(1, 11)]
    assert [look for look in looks if look] == [
        Look(1, EARLY, last=False),
        Look(2, EARLY, last=False),
        Look(4, EARLY, last=False),
        Look(10, LAST, last=True),
    ]


@pytest.mark.parametrize("repeats", [2, 3, 4, 7])
def test_precision_makes_a_look_the_last(repeats: int) -> None:
    assert look_after(repeats, 10, lambda: True) == Look(repeats, LAST, last=True)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_number_of_repeats_is_one_look(most: int) -> None:
    look = look_after(most, most, lambda: pytest.fail("precision is not asked for"))
    assert look == Look(most, LAST, last=True)
