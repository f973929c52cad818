"""Numbers as people read them: three significant digits with a unit, differences with their sign, counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from compare_cli.metrics import Metric
from compare_cli.report.escaping import printable, shortened

NOTHING = "-"
NAME = 14  # longer names of columns are cut
PREFIXES = ("", "k", "M", "G", "T", "P", "E")


def seconds(value: float | None) -> str:
    """Return a duration: ``870 µs``, ``12.3 ms``, ``4.56 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if value is None or not isfinite(value):
        return NOTHING
    if value < 0:
        return f"−{seconds(-value)}"
    if 0 < value < 5e-9:
        return "<.01 µs"
    for unit, size in (("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)):
        text = three_digits(value / size)
        if float(text) < (1000 if unit != "s" else 100):
            return f"{text} {unit}"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(round(value / 60), 60)
    return f"{hours:,} h {minutes} min"


def rate(value: float | None) -> str:
    """Return a number per second: ``1.20 M/s``."""
    return NOTHING if value is None or not isfinite(value) else f"{scaled(value)}/s"


def size(value: int | None) -> str:
    """Return a size in bytes: ``999 B``, ``3.25 kB``."""
    if value is None:
        return NOTHING
    return f"{value} B" if abs(value) < 1000 else f"{scaled(value)}B"


def scaled(value: float) -> str:
    """Return a number with three significant digits and a prefix of a thousand: ``61.3 k``."""
    if value < 0:
        return f"−{scaled(-value)}"
    power = 0
    while float(three_digits(value)) >= 1000 and power < len(PREFIXES) - 1:
        value, power = value / 1000, power + 1
    return f"{three_digits(value)} {PREFIXES[power]}"


def three_digits(value: float) -> str:
    """Return a number of 0-999 with three significant digits and no exponent."""
    if value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a rate in percent, without the sign: ``95.3``."""
    return plain(None if value is None else 100 * value, digits)


def plain(value: float | None, digits: int = 3) -> str:
    """Return a number with a fixed number of decimals."""
    if value is None or not isfinite(value):
        return NOTHING
    return f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: a zero has no sign


def score(value: float | None, metric: Metric) -> str:
    """Return a score as its metric is told: percent for rates, else three decimals."""
    return percent(value) if metric.rate else plain(value)


def signed(value: float | None, metric: Metric) -> str:
    """Return a difference with its sign: points for rates, else three decimals; 0 has no sign."""
    if value is None or not isfinite(value):
        return NOTHING
    shown = f"{100 * value:+.1f}" if metric.rate else f"{value:+.3f}"
    return shown.replace("-", "−") if float(shown) else shown[1:]


def interval(low: float | None, high: float | None, text: Callable[[float], str]) -> str:
    """Return ``[90.7, 97.7]``, each bound as ``text`` tells it; "" where there is none."""
    return "" if low is None or high is None else f"[{text(low)}, {text(high)}]"


def probability(value: float | None) -> str:
    """Return a probability with two decimals; never a certainty that rounding made."""
    if value is None or not isfinite(value):
        return NOTHING
    return ">.99" if 0.995 <= value < 1 else "<.01" if 0 < value < 0.005 else f"{value:.2f}"


def span(low: float, high: float) -> str:
    """Return a range of probabilities: ``.3-.7``, ``>.9``, ``<.2``."""
    least, most = (f"{bound:g}".removeprefix("0") for bound in (low, high))
    return f"{least}-{most}" if low and high < 1 else f">{least}" if low else f"<{most}"


def p_value(value: float | None) -> str:
    """Return a p-value with three decimals; never 0."""
    if value is None or not isfinite(value):
        return NOTHING
    return "<.001" if value < 0.0005 else f"{value:.3f}"


def counted(number: int, noun: str) -> str:
    """Return ``1 fit``, ``2 fits``, ``3,000 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def count(value: float) -> str:
    """Return a mean number of rows: whole where it is, else with one decimal."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def deciders(boundary: Mapping[str, Any] | None) -> str:
    """Return the two columns that decide most, with their shares: ``age 61 %, balance 22 %``."""
    boundary = boundary or {}
    named = [(name, share["mean"]) for name, share in boundary.get("columns", {}).items()]
    named += [(f"gap in {name}", share["mean"]) for name, share in boundary.get("gaps", {}).items()]
    most = sorted(named, key=lambda column: -column[1])[:2]
    shown = [(shortened(printable(name), NAME), share) for name, share in most if share >= 0.1]
    return ", ".join(f"{name} {100 * share:.0f} %" for name, share in shown)
