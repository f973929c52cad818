"""How many repeats are enough, and what more repeats or more rows would decide.

Notation as in `paired`: s_p is the standard deviation that the choice of splits alone gives to a repeat's
mean difference, V(∞) what endless repeats would leave of its variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import Scheme
from compare_cli.verdict.paired import floor_variance, repeat_variance

Floats = NDArray[np.float64]

REPEATS_CAP = 10
PRECISE_SHARE = 0.05  # the share of V(∞) that the splits may still add to the variance
HOPELESS_BELOW = 0.05  # chance under which more repeats are not worth naming


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
