"""The cheapest of several models: by prediction time, then by fit time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

LIKE_COST = 1.2  # times within 20 % change places from run to run


class Seconds(NamedTuple):
    """Median seconds that one fit takes: to predict its test rows, and to fit."""

    predict: float
    fit: float


def cheapest(models: Sequence[str], seconds: Mapping[str, tuple[float, float]]) -> str | None:
    """Return the model that predicts fastest; within 20 %, that fits fastest; within 20 %, the first.

    ``models`` are in registry order; ``seconds`` maps them to (predict, fit). Models without times are
    passed over; None when none has any.
    """
    left = [name for name in models if name in seconds]
    for which in (0, 1):
        if left:
            limit = LIKE_COST * min(seconds[name][which] for name in left)
            left = [name for name in left if seconds[name][which] <= limit]
    return left[0] if left else None


def saving(chosen: tuple[float, float], other: tuple[float, float]) -> str:
    """Return why ``chosen`` is cheaper than ``other``: "it predicts 40 times faster".

    Both are (predict, fit) seconds. Where both times are within 20 % (or chosen is dearer) the phrase is
    "their costs are alike".
    """
    for verb, mine, theirs in zip(("predicts", "fits"), chosen, other, strict=True):
        if theirs > LIKE_COST * mine:
            return f"it {verb} {_times(theirs / mine)} faster" if mine > 0 else f"it {verb} faster"
    return "their costs are alike"


def _times(ratio: float) -> str:
    """``1.5 times``, ``4 times``, ``40 times``, ``1,300 times``: no more digits than timings carry."""
    if ratio < 3:
        return f"{ratio:.1f} times"
    digits = len(str(int(ratio)))
    return f"{int(round(ratio, min(0, 2 - digits))):,} times"
