"""When a comparison is looked at, how many repeats are enough, and what more repeats or rows would decide.

Repeats are dear, and clear cases are clear after the first. Looking after every repeat until something is
"significant" doubles the false winners, so a comparison is looked at after 1, 2, 4 and its last repeat only,
and each look that is not the last must be surer (Haybittle 1971, Peto et al. 1976): p <= .01 instead of .05.
The last look is the one after which repeats cannot bring more: at the tenth repeat, or as soon as the choice
of splits adds next to nothing to the variance (a rule that does not see who leads). A number of repeats that
is asked for is one look, after all of them. Looks are taken from the first repeat on, whatever is stored.

Notation as in `paired`: s_p is the standard deviation that the choice of splits alone gives to a repeat's
mean difference, V(∞) what endless repeats would leave of its variance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from math import floor, log10
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import Look, Protocol, Scheme
from compare_cli.verdict.paired import floor_variance, repeat_variance, student_quantile

Floats = NDArray[np.float64]

LOOKS = (1, 2, 4)  # repeats after which a comparison is looked at before its last look
EARLY = 0.01  # level of a look that may be followed by another
LAST = 0.05  # level of the last one
REPEATS_CAP = 10
PRECISE_SHARE = 0.05  # the share of V(∞) that the splits may still add to the variance
HOPELESS_BELOW = 0.05  # chance under which more repeats are not worth naming
ROWS_CAP = 100  # times the rows there are: beyond that a figure would be a guess
HALF = 0.5
TABLE_WIDTH = 30.0  # standard errors: a wider ROPE's other end does not matter
STEPS = 400  # of equal ratio, 1.2 % each, from the rows there are to the cap


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


def repeats_cap(scheme: Scheme) -> int:
    """Return how many repeats could be run at most: 1 where the folds are what they are."""
    return REPEATS_CAP if scheme in {"stratified", "grouped"} else 1


def repeats_enough(
    scores: Mapping[str, Floats],
    *,
    higher_is_better: bool = True,
    baseline: str | None = "dummy",
    test_share: float | None = None,
    cap: int = REPEATS_CAP,
) -> bool:
    """Whether to stop repeating: s_p²/r <= 0.05·V(∞) for every pair with the leader, or r >= ``cap``.

    ``scores`` maps models to (r, k) arrays in the metric's own direction. It stops on precision and never
    on the outcome: looking at the outcome after each repeat doubles the false winners. With one repeat
    s_p is unknown, so it is never enough for two models or more. The baseline is not looked at; a model is
    left out when it has no repeat in which all folds have a score.
    """
    real = {name: np.asarray(s, dtype=np.float64) for name, s in scores.items() if name != baseline}
    full = {name: np.isfinite(s).all(axis=1) for name, s in real.items()}
    names = [name for name in real if full[name].any()]
    if len(names) < 2:
        return True
    repeats = next(iter(real.values())).shape[0]
    if repeats >= cap:
        return True
    sign = 1 if higher_is_better else -1
    leader = max(names, key=lambda name: sign * float(real[name][full[name]].mean()))
    return all(
        split_noise_small(sign * (real[leader] - real[other])[full[leader] & full[other]], test_share)
        for other in names
        if other != leader
    )


def split_noise_small(d: Floats, test_share: float | None = None) -> bool:
    """Whether s_p²/r <= 0.05·V(∞) for one pair's differences ``d`` (r, k); never with one repeat."""
    if d.shape[0] < 2:
        return False
    return bool(repeat_variance(d) / d.shape[0] <= PRECISE_SHARE * floor_variance(d, test_share))


def probability_decided_by_repeats(
    delta: float, se_floor: float, split_sd: float | None, repeats: int, cap: int, critical: float
) -> float | None:
    """Return the chance that going on to ``cap`` repeats shows a winner; None at r = 1 (s_p unknown).

    Φ((|Δ|-h)/τ) + Φ((-|Δ|-h)/τ) with h = ``critical``·√V(∞) and τ² = s_p²(1/r - 1/R): the mean difference
    after R repeats is normal around today's. ``critical`` is the |t| that decides, t.975 for two models.
    0 where no repeats are left or the splits add nothing.
    """
    if repeats < 2 or split_sd is None:
        return None
    tau = _tau(split_sd, repeats, cap)
    if tau == 0:
        return 0.0
    half, phi = critical * se_floor, NormalDist().cdf
    return phi((abs(delta) - half) / tau) + phi((-abs(delta) - half) / tau)


def probability_equivalent_by_repeats(
    delta: float, se_floor: float, split_sd: float | None, repeats: int, cap: int, half_width: float
) -> float:
    """Return the chance that going on to ``cap`` repeats shows practical equivalence; 0 at r = 1.

    ``half_width`` is rope - t.95·√V(∞): how far from 0 the mean difference may then lie.
    """
    if repeats < 2 or split_sd is None or half_width <= 0:
        return 0.0
    tau, phi = _tau(split_sd, repeats, cap), NormalDist().cdf
    return 0.0 if tau == 0 else phi((half_width - delta) / tau) - phi((-half_width - delta) / tau)


def _tau(split_sd: float, repeats: int, cap: int) -> float:
    """How far (sd) the mean difference may still move on the way from r to R repeats."""
    return split_sd * float(np.sqrt(max(0.0, 1 / repeats - 1 / cap)))


def rows_needed(
    rows: int | None, delta: float, se: float, rope: float, *, t_winner: float, df: int, left: float = 0.0
) -> int | None:
    """Return the fewest rows with which the chance to decide is one half, if ``delta`` is the truth.

    A mean difference of N rows is normal around ``delta`` with standard error ``se``·√(n/N), but for the
    variance ``left`` that more rows do not take away (more test rows: that of training). A winner is
    found where it is ``t_winner`` standard errors from 0 on either side; equivalence where 95 % of
    t(difference, standard error, ``df``) lie within ±``rope``. Whichever needs fewer rows counts. One
    significant figure, rounded up where plain rounding would name no more rows than there are. None above
    100·n, and where nobody knows how many ``rows`` there are.
    """
    if rows is None or not se > 0:
        return None
    factors = np.geomspace(1, ROWS_CAP, STEPS)
    errors = np.sqrt(left + (se**2 - left) / factors)
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

    ``rope`` is in standard errors. Read from a table; beyond its end one side's tail is all that counts.
    """
    widths, furthest = _equivalence_table(df, level)
    return np.where(
        rope < widths[0], -1.0, np.interp(rope, widths, furthest) + np.maximum(0.0, rope - widths[-1])
    )


@cache
def _equivalence_table(df: int, level: float) -> tuple[Floats, Floats]:
    """Widths of a ROPE in standard errors, from the least that can hold ``level``, and how far Δ may lie.

    Found by halving: the mass of t(Δ, 1, ``df``) within ±ROPE falls as Δ grows.
    """
    from scipy.special import stdtr

    widths = student_quantile(0.5 + level / 2, df) + np.linspace(0, TABLE_WIDTH, STEPS)
    low, high = np.zeros_like(widths), widths.copy()
    for _ in range(40):
        middle = (low + high) / 2
        within = stdtr(df, widths - middle) - stdtr(df, -widths - middle) >= level
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    return widths, low


def _one_figure_above(needed: float, rows: int) -> int:
    """``needed`` with one significant figure, but more than ``rows``."""
    step = int(10 ** floor(log10(max(needed, 1.0))))
    rounded = round(needed / step) * step
    if rounded > rows:
        return rounded
    step = int(10 ** floor(log10(rows)))
    return (rows // step + 1) * step
