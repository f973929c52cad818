"""Gates for scripts: is the new result not worse than the old one, is a score high enough?

NEW is not worse than BASE when P(Δ > -margin) >= .95, with Δ = NEW - BASE over the shared folds and the
standard error that the verdict uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Literal

from compare_cli.errors import DataError, UsageError, nearest
from compare_cli.judging import score_arrays
from compare_cli.metrics import METRICS, find_metric, metric_named
from compare_cli.models.families import BASELINE
from compare_cli.types import Comparison, Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SURE = 0.95
Outcome = Literal["not worse", "worse", "cannot be told"]


@dataclass(frozen=True)
class Gate:
    """What a gate says. ``delta`` > 0: NEW is better; ``p_not_worse`` is P(Δ > -margin)."""

    outcome: Outcome
    delta: float
    se: float
    p_not_worse: float
    sentence: str


def gate(
    base: Comparison, new: Comparison, *, model: str | None = None, margin: float = 0.01, paired: bool = True
) -> Gate:
    """Compare one model's stored scores in two results of the same data and splits.

    ``model`` defaults to the recommended one of each; ``margin`` >= 0 is in units of the metric. Not
    ``paired``: the two means are taken as independent, which needs larger differences. Raises DataError
    when data or splits differ (while ``paired``) or when there are no folds, UsageError for a model that a
    result does not have.
    """
    if not margin >= 0:
        raise UsageError(f"--margin {margin}: must be 0 or more.")
    if base.protocol.metric != new.protocol.metric:
        raise DataError(f"BASE was judged by {base.protocol.metric}, NEW by {new.protocol.metric}.")
    names = _chosen(base, model, "BASE"), _chosen(new, model, "NEW")
    old, now = _scores(base, names[0], "BASE"), _scores(new, names[1], "NEW")
    if paired:
        shared = _checked_repeats(base, new)
        delta, se, df = _paired(_sign(base) * (now[:shared] - old[:shared]), base)
    else:
        delta, se, df = unpaired(_sign(base) * old, _sign(base) * now)
    return _conclude(names, base.protocol.metric, (delta, se, df), margin)


def _sign(comparison: Comparison) -> int:
    return 1 if metric_named(comparison.protocol.metric).higher_is_better else -1


def _chosen(comparison: Comparison, model: str | None, which: str) -> str:
    names = [m.model for m in comparison.models]
    if model is not None and model not in names:
        raise UsageError(
            f"--model {model}: not in {which}.{nearest(model, names)} There: {', '.join(names)}."
        )
    real = [m.model for m in comparison.models if m.family != BASELINE]
    chosen = model or comparison.verdict.recommended or (real[0] if real else None)
    if chosen is None:
        raise DataError(f"{which} has no model to judge.")
    return chosen


def _scores(comparison: Comparison, name: str, which: str) -> NDArray[np.float64]:
    """Return the scores (repeats, folds) of one model, all of them there."""
    import numpy as np

    scores = score_arrays(comparison.fits, [name], comparison.protocol.metric)
    if comparison.protocol.scheme == "test" or scores[name].size < 2:
        raise DataError(f"{which} has no folds: a gate needs scores of at least 2.")
    if not np.isfinite(scores[name]).all():
        raise DataError(f"{which}: {name} lacks scores of some folds; run it again.")
    return scores[name]


def _checked_repeats(base: Comparison, new: Comparison) -> int:
    """Return how many repeats both have on the same splits of the same data; at least 1, or DataError."""
    if base.dataset.fingerprint != new.dataset.fingerprint:
        raise DataError("BASE and NEW are results of different data; --unpaired compares them all the same.")
    shared = shared_repeats(base, new)
    if not shared:
        raise DataError(
            "BASE and NEW were judged on different splits (--seed, --folds, --groups); run NEW as BASE was,"
            " or compare them with --unpaired."
        )
    return shared


def shared_repeats(one: Comparison, other: Comparison) -> int:
    """Return how many repeats, from the first on, two results of the same data have the same splits for."""
    shared = 0
    for digest, its in zip(one.protocol.repeat_digests, other.protocol.repeat_digests, strict=False):
        if digest != its:
            break
        shared += 1
    return shared


def uneven_share(comparison: Comparison) -> float | None:
    """Return the mean n_test/n_train of folds that are not equal; None where it is 1/(k-1)."""
    shares = [fit.test_rows / fit.train_rows for fit in comparison.fits if fit.train_rows]
    stratified = comparison.protocol.scheme == "stratified" or not shares
    return None if stratified else sum(shares) / len(shares)


def _paired(d: NDArray[np.float64], base: Comparison) -> tuple[float, float, int]:
    """Return Δ, its standard error and the degrees of freedom of paired differences (repeats, folds)."""
    from compare_cli.verdict import repeated_variance

    return float(d.mean()), sqrt(float(repeated_variance(d, uneven_share(base)))), d.size - 1


def unpaired(
    old: NDArray[np.float64], now: NDArray[np.float64], share: float | None = None
) -> tuple[float, float, int]:
    """Return Δ, se and df for two independent means of scores (repeats, folds).

    Variances add, the fewer degrees of freedom count; ``share`` is n_test/n_train where folds are not equal.
    """
    from compare_cli.verdict import repeated_variance

    variance = float(repeated_variance(old, share)) + float(repeated_variance(now, share))
    return float(now.mean() - old.mean()), sqrt(variance), min(old.size, now.size) - 1


def _conclude(
    names: tuple[str, str], metric: str, difference: tuple[float, float, int], margin: float
) -> Gate:
    from compare_cli.verdict import correlated_t_masses

    delta, se, df = difference
    below, _, _ = correlated_t_masses(delta, se, df, margin)
    p_not_worse = 1 - below
    outcome: Outcome = "cannot be told"
    if se == 0:  # the same difference on every fold: nothing measures what it may be worth
        outcome = "not worse" if delta >= 0 else "cannot be told"
    elif p_not_worse >= SURE:
        outcome = "not worse"
    elif below >= SURE:
        outcome = "worse"
    whom = names[0] if names[0] == names[1] else f"{names[1]} (NEW) against {names[0]} (BASE)"
    said = {
        "not worse": "NEW is not worse than BASE",
        "worse": "NEW is worse than BASE",
        "cannot be told": "it cannot be told whether NEW is worse than BASE",
    }[outcome]
    return Gate(
        outcome,
        delta,
        se,
        p_not_worse,
        f"{whom}: {said}: {metric} differs by {delta:+.4f} ± {se:.4f}; "
        f"P = {p_not_worse:.3f} that it is not worse by more than {margin:g}.",
    )


@dataclass(frozen=True)
class Threshold:
    """A score that the recommended model must be sure to reach: ``accuracy=0.9``."""

    metric: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Read ``metric=value``. Raises UsageError for anything else."""
        name, _, value = text.partition("=")
        try:
            return cls(find_metric(name.strip()).name, float(value))
        except ValueError:
            raise UsageError(f"--fail-under {text}: write it as accuracy=0.9.") from None


def below_threshold(result: Result, thresholds: Sequence[Threshold]) -> list[str]:
    """Return a sentence for each threshold that a recommended model is not sure to reach.

    Sure means the whole 95 % interval: its lower bound, or its upper one for a loss. No recommended model,
    or no interval, is not sure either.
    """
    return [said for c in result.datasets for t in thresholds if (said := _shortfall(c, t)) is not None]


def _shortfall(comparison: Comparison, threshold: Threshold) -> str | None:
    wanted = f"--fail-under {threshold.metric}={threshold.value:g}"
    row = next((m for m in comparison.models if m.model == comparison.verdict.recommended), None)
    if row is None:
        return f"{comparison.dataset.name}: {wanted}: no model is recommended."
    interval = row.interval(threshold.metric)
    if interval is None:
        return f"{comparison.dataset.name}: {wanted}: {row.model} has no interval of {threshold.metric}."
    higher = METRICS[threshold.metric].higher_is_better
    bound = interval[0] if higher else interval[1]
    if (bound >= threshold.value) if higher else (bound <= threshold.value):
        return None
    side = "lower" if higher else "upper"
    return f"{comparison.dataset.name}: {wanted}: the {side} bound of {row.model} is {bound:.4f}."
