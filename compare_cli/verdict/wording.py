"""Numbers as the sentences say them: differences, intervals, probabilities, lists of names."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isfinite, log10

from compare_cli.metrics import Metric


def probability(name: str, p: float) -> str:
    """``P = 0.81``; ``P > 0.99`` and ``P < 0.01`` where two decimals would claim certainty."""
    if p > 0.99:
        return f"{name} > 0.99"
    return f"{name} < 0.01" if p < 0.01 else f"{name} = {p:.2f}"


def p_value(name: str, p: float) -> str:
    """``p = 0.012``, never below ``p < 0.001``."""
    return f"{name} < 0.001" if p < 0.001 else f"{name} = {p:.2g}"


def decimals(half_width: float, metric: Metric) -> int:
    """How many decimals show two digits of ``half_width``: at least 1, at most 4 (6 for plain numbers)."""
    shown = abs(half_width) * (100 if metric.rate else 1)
    if shown == 0 or not isfinite(shown):
        return 1 if metric.rate else 3
    return min(max(1 - floor(log10(shown)), 1), 4 if metric.rate else 6)


def amount(value: float, metric: Metric, digits: int, sign: bool = False) -> str:
    """``3.1 pt`` or ``0.031``: a difference in the metric's own way of telling, with ``digits`` decimals."""
    number = round(value * (100 if metric.rate else 1), digits) + 0.0  # + 0.0 turns -0.0 into 0.0
    return f"{number:{'+' if sign else ''}.{digits}f}{' pt' if metric.rate else ''}"


def rope_width(metric: Metric) -> str:
    """``1 pt`` or ``0.0069``: the ROPE in two significant digits."""
    return f"{100 * metric.rope:.3g} pt" if metric.rate else f"{metric.rope:.2g}"


def difference(delta: float, low: float, high: float, metric: Metric) -> str:
    """``+3.1 pt [0.6, 5.6]``; for a lower-is-better metric ``log loss 0.031 lower [0.006, 0.056]``.

    Δ > 0 always means better; the interval is of the same quantity, without its unit.
    """
    digits = decimals((high - low) / 2, metric)
    factor = 100 if metric.rate else 1
    bounds = f"[{factor * low + 0.0:.{digits}f}, {factor * high + 0.0:.{digits}f}]"
    if not metric.higher_is_better:
        way = "lower" if delta >= 0 else "higher"
        if delta < 0:
            bounds = f"[{-factor * high + 0.0:.{digits}f}, {-factor * low + 0.0:.{digits}f}]"
        return f"{metric.label} {amount(abs(delta), metric, digits)} {way} {bounds}"
    name = "" if metric.name == "accuracy" else f"{metric.label} "
    return f"{name}{amount(delta, metric, digits, sign=True)} {bounds}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def counted(count: int, noun: str) -> str:
    """``1 repeat``, ``3 repeats``, ``3,000 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """``0.21 ms``, ``8.3 ms``, ``140 ms``, ``1.2 s``: two significant digits, no more than timings carry."""
    if not isfinite(seconds):
        return "an unknown time"
    if seconds < 0:
        return f"−{duration(-seconds)}"
    rounded = float(f"{seconds:.1e}")
    value, unit = (rounded, "s") if rounded >= 1 else (1000 * rounded, "ms")
    if value == 0:
        return "0 ms"
    return f"{value:.{max(1 - floor(log10(value)), 0)}f} {unit}"


def score(value: float, metric: Metric) -> str:
    """``71.3 %``, ``roc auc 93.1 %``, ``log loss 0.312``: a score in the metric's own way of telling."""
    name = "" if metric.name == "accuracy" else f"{metric.label} "
    return f"{name}{100 * value:.1f} %" if metric.rate else f"{name}{value:.3f}"
