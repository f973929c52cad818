"""Two models on shared folds: how uncertain their difference is, and what may be said of it.

Throughout, ``d`` holds differences of fold scores, shape (..., r, k): r repeats of k folds, repeat-major,
left minus right, with Δ > 0 meaning that left is better (the sign of a lower-is-better score is flipped
before). Leading axes are independent comparisons. Variances are over folds with ddof 1.

Sources: Nadeau & Bengio 2003 (variance), Bouckaert & Frank 2004 (repeated folds), Corani & Benavoli 2015
(the Bayesian correlated t-test, whose posterior is the t-distribution used here). On one test set there are
no folds: rows vary instead, training rows are allowed for, and McNemar's exact test stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import Scheme

Floats = NDArray[np.float64]
PairOutcome = Literal["identical", "equivalent", "better", "worse", "undecided"]

LEVEL = 0.05  # of the last look: its two sides for a winner, 1 - level for equivalence
EQUIVALENT_FROM = 0.95  # P(|Δ| <= rope) from which two models are practically equivalent
BETTER_FROM = 0.975  # P(Δ > 0) from which left is better: two sides of .025
FEW_ROWS = 50  # of a class: with fewer, folds of several repeats hardly add degrees of freedom
TRAINING = 0.5  # what other training rows may change, in units of s²/n_train; see `row_posterior`
EQUAL_WITHIN = 1e-12  # differences of sums of the same numbers in another order, not of scores


def default_test_share(folds: int) -> float:
    """Return n_test/n_train of k equal folds, 1/(k-1). One fold says nothing about it: ValueError."""
    if folds < 2:
        raise ValueError("with a single fold the share of test to training rows must be given")
    return 1 / (folds - 1)


def fold_variance(d: Floats) -> Floats:
    """Return s², the variance (ddof 1) over all k·r values of ``d`` (..., r, k) → (...).

    Exactly 0 where all values are equal but for rounding; NaN where there is only one value.
    """
    flat = d.reshape(*d.shape[:-2], -1)
    if flat.shape[-1] < 2:
        return np.full(flat.shape[:-1], np.nan)
    spread = np.ptp(flat, axis=-1)
    negligible = EQUAL_WITHIN * np.maximum(1.0, np.abs(flat).max(axis=-1))
    return np.where(spread <= negligible, 0.0, flat.var(axis=-1, ddof=1))


def repeat_variance(d: Floats) -> Floats:
    """Return s_p², the variance (ddof 1) of the r per-repeat means: what the choice of splits alone does.

    ``d`` (..., r, k) → (...). With one repeat it is unknown and taken as 0.
    """
    if d.shape[-2] < 2:
        return np.zeros(d.shape[:-2])
    return np.asarray(d.mean(axis=-1).var(axis=-1, ddof=1), dtype=np.float64)


def nadeau_bengio_variance(d: Floats, test_share: float | None = None) -> Floats:
    """Return the published variance of Δ, s²(1/(kr) + n_test/n_train) (Nadeau & Bengio 2003).

    ``d`` (..., r, k) → (...). ``test_share`` is the mean n_test/n_train, 1/(k-1) unless given (grouped and
    time-ordered folds). With many repeats it promises more than repeats bring; see `repeated_variance`.
    """
    repeats, folds = d.shape[-2:]
    share = default_test_share(folds) if test_share is None else test_share
    return np.asarray(fold_variance(d) * (1 / (folds * repeats) + share), dtype=np.float64)


def repeated_variance(d: Floats, test_share: float | None = None) -> Floats:
    """Return V(r), the variance of Δ that the verdict uses: max(s²·q, s²(1/k + q) - s_p²(1 - 1/r)).

    q is ``test_share`` (default 1/(k-1)); ``d`` (..., r, k) → (...). Repeating takes away only the part of
    the variance that the splits made, s_p²; equal to `nadeau_bengio_variance` at r = 1.
    """
    return _variance_after(d, test_share, 1 - 1 / d.shape[-2])


def floor_variance(d: Floats, test_share: float | None = None) -> Floats:
    """Return V(∞): what would be left of V(r) after endless repeats; ``d`` (..., r, k) → (...)."""
    return _variance_after(d, test_share, 1.0)


def _variance_after(d: Floats, test_share: float | None, removed: float) -> Floats:
    """V(r) with the share ``removed`` of the split variance taken away."""
    folds = d.shape[-1]
    share = default_test_share(folds) if test_share is None else test_share
    s2 = fold_variance(d)
    return np.asarray(np.maximum(s2 * share, s2 * (1 / folds + share) - repeat_variance(d) * removed))


def student_quantile(p: float, df: int) -> float:
    """Return the quantile ``p`` of Student's t with ``df`` >= 1 degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(df, p))


def correlated_t_masses(delta: float, se: float, df: int, rope: float) -> tuple[float, float, float]:
    """Return the masses of t(Δ, se, df) (below, within, above) ±rope (Corani & Benavoli 2015).

    With se = 0 all mass lies at Δ; a Δ on the border counts as within. They add up to 1.
    """
    if se == 0:
        return float(delta < -rope), float(abs(delta) <= rope), float(delta > rope)
    from scipy.special import stdtr

    below = float(stdtr(df, (-rope - delta) / se))
    above = float(stdtr(df, (delta - rope) / se))
    return below, max(0.0, 1 - below - above), above


def probability_positive(delta: float, se: float, df: int) -> float:
    """Return P(Δ > 0) under t(Δ, se, df); with se = 0 it is 0, ½ or 1 by the sign of Δ."""
    if se == 0:
        return 0.5 + 0.5 * float(np.sign(delta))
    from scipy.special import stdtr

    return float(stdtr(df, delta / se))


@dataclass(frozen=True)
class PairPosterior:
    """What is believed of one difference: t(delta, se, df), its masses and where its variance comes from.

    ``s2`` is the variance of fold differences (of row differences for a test set), ``split_sd`` is s_p
    (None with one repeat), ``se_floor`` = √V(∞), ``p_positive_nb`` P(Δ > 0) under the published
    variance and its df = kr - 1 (None for a test set), ``repeats`` how many full repeats it is made from.
    """

    delta: float
    se: float
    se_floor: float
    split_sd: float | None
    df: int
    s2: float
    p_positive: float
    p_better: float
    p_equivalent: float
    p_worse: float
    p_positive_nb: float | None
    repeats: int = 1

    @property
    def no_spread(self) -> bool:
        """Whether all differences are equal, so that nothing measures their uncertainty."""
        return self.s2 == 0

    @property
    def t(self) -> float:
        """Δ/se; 0 or ±inf without spread."""
        if self.se == 0:
            return 0.0 if self.delta == 0 else float(np.copysign(np.inf, self.delta))
        return self.delta / self.se

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the central interval of Δ that holds ``level`` of the mass."""
        half = student_quantile(0.5 + level / 2, self.df) * self.se
        return self.delta - half, self.delta + half


def t_posterior(
    delta: float, se: float, df: int, rope: float, *, s2: float, se_floor: float | None = None
) -> PairPosterior:
    """Return the posterior t(Δ, se, df) with its masses; without ``se_floor`` repeats change nothing."""
    below, within, above = correlated_t_masses(delta, se, df, rope)
    return PairPosterior(
        delta=delta,
        se=se,
        se_floor=se if se_floor is None else se_floor,
        split_sd=None,
        df=df,
        s2=s2,
        p_positive=probability_positive(delta, se, df),
        p_better=above,
        p_equivalent=within,
        p_worse=below,
        p_positive_nb=None,
    )


def mean_difference(d: Floats) -> float:
    """Return the mean of differences of any shape, exactly 0 where it is but for rounding."""
    delta = float(d.mean())
    return 0.0 if abs(delta) <= EQUAL_WITHIN else delta


def pair_posterior(
    d: Floats, rope: float, test_share: float | None = None, *, cautious: bool = False
) -> PairPosterior:
    """Return the posterior of one pair from its fold differences ``d`` (r, k).

    df = kr - 1, or k - 1 where ``cautious``: with groups or few rows of a class, repeats split the same few
    again and again, and s² is not known the better for it.

    At least two values are needed (ValueError), and with one fold per repeat also ``test_share``. Where all
    values are equal every standard error is 0 and the masses are 0 or 1: decide with `decide_pair`, which
    does not believe them.
    """
    if d.ndim != 2 or d.size < 2 or not np.isfinite(d).all():
        raise ValueError(f"a pair needs finite differences of shape (repeats, folds), got shape {d.shape}")
    delta, df = mean_difference(d), (d.shape[1] if cautious and d.shape[1] > 1 else d.size) - 1
    se, floor = sqrt(repeated_variance(d, test_share)), sqrt(floor_variance(d, test_share))
    published = sqrt(nadeau_bengio_variance(d, test_share))
    return replace(
        t_posterior(delta, se, df, rope, s2=float(fold_variance(d)), se_floor=floor),
        split_sd=sqrt(repeat_variance(d)) if d.shape[0] > 1 else None,
        p_positive_nb=probability_positive(delta, published, d.size - 1),
        repeats=d.shape[0],
    )


def row_posterior(
    d: Floats, rope: float, df: int | None = None, train_rows: int | None = None
) -> PairPosterior | None:
    """Return the posterior of one pair from its row differences ``d`` (n,); None for fewer than two rows.

    Its variance is s²(1/n + `TRAINING`/n_train): other test rows would change the difference, and so would
    other training rows, which a single fit does not show. Nadeau & Bengio (2003) put n_test/n_train times
    the variance of a test set for that; half of it is more than simulated learners need
    (docs/statistics.md). Without ``train_rows`` these very fits are judged. ``df`` is n - 1 unless given:
    for scores that are no mean over rows the rarest class's rows less one.
    """
    if d.size < 2 or df == 0:
        return None
    s2 = float(fold_variance(d[None, :]))
    per_row = 1 / d.size + (TRAINING / train_rows if train_rows else 0.0)
    return t_posterior(mean_difference(d), sqrt(s2 * per_row), df or d.size - 1, rope, s2=s2)


def few_or_grouped(scheme: Scheme, class_counts: Sequence[int]) -> bool:
    """Whether rows come in groups, or fewer than 50 of them in a class: then df = k - 1.

    Where nobody said how many there are (``class_counts`` empty), they count as many.
    """
    return scheme == "grouped" or (len(class_counts) > 0 and min(class_counts) < FEW_ROWS)


def unpaired_posterior(
    left: Floats, right: Floats, rope: float, test_shares: tuple[float | None, float | None]
) -> PairPosterior:
    """Return the posterior of left - right from independent scores (repeats, folds).

    Variances add, the fewer degrees of freedom count; ``test_shares`` are the mean n_test/n_train of left and
    right where folds are not equal (None: 1/(k-1)).
    """
    variance = sum(float(repeated_variance(d, q)) for d, q in zip((left, right), test_shares, strict=True))
    df = min(left.size, right.size) - 1
    return t_posterior(float(left.mean() - right.mean()), sqrt(variance), df, rope, s2=variance)


def decide_pair(
    posterior: PairPosterior,
    p_adjusted: float | None = None,
    identical: bool | None = None,
    level: float = LEVEL,
) -> PairOutcome:
    """Return what may be said of a pair at ``level`` (.05 at the last look), in this order.

    1. No spread: ``identical`` where the score is the same on every fold and the predictions are too
       (``identical``; None where they are unknown: then the scores alone count), else ``undecided``.
    2. P(|Δ| <= rope) >= 1 - level: ``equivalent``.
    3. P(Δ > 0) >= 1 - level/2 or <= level/2: ``better`` / ``worse`` (of left). Among more than two models
       ``p_adjusted`` <= level takes the place of this rule.
    4. Else ``undecided``; at level 0 there is nothing else but ``identical``.
    """
    if posterior.no_spread:
        return "identical" if posterior.delta == 0 and identical is not False else "undecided"
    if not level:
        return "undecided"
    if posterior.p_equivalent >= 1 - level:
        return "equivalent"
    if p_adjusted is None:
        decided = max(posterior.p_positive, 1 - posterior.p_positive) >= 1 - level / 2
    else:
        decided = p_adjusted <= level
    if not decided:
        return "undecided"
    return "better" if posterior.delta > 0 else "worse"


def exact_mcnemar(left: Floats, right: Floats) -> tuple[int, int, float]:
    """Return McNemar's exact test of arrays (n,) that say how often each row was right (0 to 1).

    The result is on how many rows left alone and right alone is right, and the two-sided p-value. Averaged
    over several fits, the rows count on which one model was right more often (a sign test). Without such
    rows p is 1.
    """
    from scipy.special import bdtr

    left_only, right_only = int((left > right).sum()), int((right > left).sum())
    rows = left_only + right_only
    p = min(1.0, 2 * float(bdtr(min(left_only, right_only), rows, 0.5))) if rows else 1.0
    return left_only, right_only, p
