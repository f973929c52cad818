"""When a comparison is looked at, and how sure it must be then.

Repeats are dear, and clear cases are clear after the first. Looking after every repeat until something is
"significant" doubles the false winners, so a comparison is looked at after 1, 2, 4 and its last repeat only,
and each look that is not the last must be surer (Haybittle 1971, Peto et al. 1976): p <= .01 instead of .05.
The last look is the one after which repeats cannot bring more: at the tenth repeat, or as soon as the choice
of splits adds next to nothing to the variance (a rule that does not see who leads). A number of repeats that
is asked for is one look, after all of them. Looks are taken from the first repeat on, whatever is stored.
"""

from __future__ import annotations

from collections.abc import Callable

from compare_cli.types import Look, Protocol

LOOKS = (1, 2, 4)  # repeats after which a comparison is looked at before its last look
EARLY = 0.01  # level of a look that may be followed by another
LAST = 0.05  # level of the last one


def look_after(repeats: int, most: int, precise: Callable[[], bool]) -> Look | None:
    """Return the look that is planned after so many repeats of at most ``most``; None where none is.

    ``precise()`` says whether more repeats would bring nothing; it must not depend on who leads by how much.
    """
    if repeats == most or precise():
        return Look(repeats, LAST, last=True)
    return Look(repeats, EARLY, last=False) if repeats in LOOKS else None


def level_of(protocol: Protocol) -> float:
    """Return the level at which a comparison may be decided: that of its last look, 0 before the first."""
    if protocol.looks is None:
        return LAST
    return protocol.looks[-1].alpha if protocol.looks else 0.0
