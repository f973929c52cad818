"""When a comparison is looked at, and how sure it must be then.

Repeats are dear, and clear cases are clear after the first. Looking after every repeat until something is
"significant" doubles the false winners, so a comparison is looked at after 1, 2, 4 and 10 repeats only, and
each look that is not the last must be surer (Haybittle 1971, Peto et al. 1976): p <= .01 instead of .05. The
last look is the one after which repeats cannot bring more: at the tenth repeat, or as soon as the choice of
splits adds next to nothing to the variance (a rule that does not see who leads).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LOOKS = (1, 2, 4, 10)  # repeats after which a comparison is looked at
EARLY = 0.01  # level of a look that may be followed by another
LAST = 0.05  # level of the last one


@dataclass(frozen=True)
class Look:
    """One look: after how many repeats, at which level, and whether none can follow."""

    repeats: int
    alpha: float
    last: bool


def planned(most: int) -> tuple[int, ...]:
    """Return the repeats after which a comparison of at most ``most`` repeats is looked at.

    ``most`` < 1 is a ValueError.
    """
    if most < 1:
        raise ValueError(f"a comparison has at least 1 repeat, got {most}")
    return tuple(dict.fromkeys((*(r for r in LOOKS if r < most), most)))


def looks_taken(
    there: int, most: int, *, precise: Callable[[int], bool], decided: Callable[[Look], bool]
) -> tuple[Look, ...]:
    """Replay the looks of a comparison from its first repeat on, whatever else has been run.

    ``there`` repeats are complete, of at most ``most``; ``precise(r)`` says whether repeats beyond r would
    bring nothing, ``decided(look)`` whether the verdict on the first ``look.repeats`` repeats is decided at
    ``look.alpha``. The looks end with the first one that is decided or last. Where repeats are missing for
    that, they end with the last look that there is (none before the first repeat), and the comparison is
    to go on.
    """
    taken: list[Look] = []
    for repeats in planned(most):
        if repeats > there:
            break
        last = repeats == most or precise(repeats)
        look = Look(repeats, LAST if last else EARLY, last)
        taken.append(look)
        if last or decided(look):
            break
    return tuple(taken)
