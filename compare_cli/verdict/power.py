"""How many rows would decide between two models, if the difference stays what it is."""

from __future__ import annotations

from math import floor, log10

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROWS_CAP = 100  # times the rows there are: beyond that a figure would be a guess
HALF = 0.5
STEPS = 400  # of equal ratio, 1.2 % each, from the rows there are to the cap


def rows_needed(
    rows: int | None, delta: float, se: float, rope: float, *, t_winner: float, df: int
) -> int | None:
    """Return the fewest rows with which the chance to decide is one half, if ``delta`` is the truth.

    A mean difference of N rows is normal around ``delta`` with standard error ``se``·√(n/N). A winner is
    found where it is ``t_winner`` standard errors from 0 on either side; equivalence where 95 % of
    t(difference, standard error, ``df``) lie within ±``rope``. Whichever needs fewer rows counts. One
    significant figure, rounded up where plain rounding would name no more rows than there are. None above
    100·n, and where nobody knows how many ``rows`` there are.
    """
    if rows is None or not se > 0:
        return None
    factors = np.geomspace(1, ROWS_CAP, STEPS)
    errors = se / np.sqrt(factors)
    enough = np.maximum(_winner(delta, errors, t_winner), _equivalent(delta, errors, rope, df)) >= HALF
    return _one_figure_above(rows * float(factors[enough.argmax()]), rows) if enough.any() else None


def _winner(delta: float, errors: Floats, t: float) -> Floats:
    """The chance that a winner is named, for each standard error."""
    from scipy.special import ndtr

    return np.asarray(ndtr(delta / errors - t) + ndtr(-delta / errors - t))


def _equivalent(delta: float, errors: Floats, rope: float, df: int) -> Floats:
    """The chance that the two are called equivalent, for each standard error."""
    from scipy.special import ndtr

    furthest = _furthest_equivalent(rope / errors, df) * errors
    chance = ndtr((furthest - delta) / errors) - ndtr((-furthest - delta) / errors)
    return np.where(furthest >= 0, chance, 0.0)


def _furthest_equivalent(rope: Floats, df: int, level: float = 0.95) -> Floats:
    """How many standard errors from 0 a difference is still equivalent; negative where none is.

    ``rope`` is in standard errors. Found by halving: the mass within ±rope falls as the difference grows.
    """
    from scipy.special import stdtr

    def mass(x: Floats) -> Floats:
        return np.asarray(stdtr(df, rope - x) - stdtr(df, -rope - x))

    low, high = np.zeros_like(rope), rope.copy()
    for _ in range(40):
        middle = (low + high) / 2
        within = mass(middle) >= level
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    return np.where(mass(np.zeros_like(rope)) >= level, low, -1.0)


def _one_figure_above(needed: float, rows: int) -> int:
    """``needed`` with one significant figure, but more than ``rows``."""
    step = int(10 ** floor(log10(max(needed, 1.0))))
    rounded = round(needed / step) * step
    if rounded > rows:
        return rounded
    step = int(10 ** floor(log10(rows)))
    return (rows // step + 1) * step
