"""After which repeats a comparison is looked at, and when it ends."""

from __future__ import annotations

import pytest

from compare_cli.verdict.looks import EARLY, LAST, Look, looks_taken, planned


def never(_: object) -> bool:
    return False


@pytest.mark.parametrize(
    ("most", "expected"),
    [(10, (1, 2, 4, 10)), (1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (20, (1, 2, 4, 10, 20))],
)
def test_planned_looks_end_with_the_last_repeat(most: int, expected: tuple[int, ...]) -> None:
    assert planned(most) == expected


def test_no_repeats_cannot_be_planned() -> None:
    with pytest.raises(ValueError, match="at least 1 repeat"):
        planned(0)


def test_an_undecided_comparison_is_looked_at_up_to_the_end() -> None:
    looks = looks_taken(10, 10, precise=never, decided=never)
    assert looks == (
        Look(1, EARLY, False),
        Look(2, EARLY, False),
        Look(4, EARLY, False),
        Look(10, LAST, True),
    )


def test_a_clear_case_ends_after_the_first_repeat() -> None:
    assert looks_taken(10, 10, precise=never, decided=lambda look: look.repeats == 1) == (
        Look(1, EARLY, False),
    )


def test_precision_makes_a_look_the_last() -> None:
    looks = looks_taken(10, 10, precise=lambda r: r >= 2, decided=never)
    assert looks[-1] == Look(2, LAST, True)


def test_repeats_that_are_there_already_change_nothing() -> None:
    def decided(look: Look) -> bool:
        return look.repeats == 2

    assert looks_taken(2, 10, precise=never, decided=decided) == looks_taken(
        7, 10, precise=never, decided=decided
    )


def test_a_run_cut_short_falls_back_to_its_last_planned_look() -> None:
    assert looks_taken(3, 10, precise=never, decided=never)[-1] == Look(2, EARLY, False)
    assert looks_taken(0, 10, precise=never, decided=never) == ()
