"""Numbers as people read them: three significant digits, with a unit."""

from __future__ import annotations

NOTHING = "-"


def seconds(value: float | None) -> str:
    """Return a duration: ``870 µs``, ``12.3 ms``, ``4.56 s``, ``3 min 20 s``."""
    if value is None:
        return NOTHING
    if value >= 99.95:
        return f"{int(value // 60)} min {int(value % 60)} s"
    for unit, size in (("µs", 1e-6), ("ms", 1e-3)):
        text = three_digits(value / size)
        if float(text) < 1000:
            return f"{text} {unit}"
    return f"{three_digits(value)} s"


def rate(value: float | None) -> str:
    """Return a number per second: ``1.20 M/s``."""
    return NOTHING if value is None else f"{scaled(value, 1000, ('', 'k', 'M', 'G'))}/s"


def size(value: int | None) -> str:
    """Return a size in bytes: ``999 B``, ``3.25 kB``."""
    if value is None:
        return NOTHING
    return f"{value} B" if value < 1000 else f"{scaled(value, 1000, ('', 'k', 'M', 'G'))}B"


def scaled(value: float, step: int, prefixes: tuple[str, ...]) -> str:
    """Return a number with three significant digits and a prefix."""
    power = 0
    while float(three_digits(value)) >= step and power < len(prefixes) - 1:
        value, power = value / step, power + 1
    return f"{three_digits(value)} {prefixes[power]}"


def three_digits(value: float) -> str:
    """Return a number of 0-999 with three significant digits and no exponent."""
    if value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a rate in percent, without the sign: ``95.3``."""
    return NOTHING if value is None else f"{100 * value:.{digits}f}"


def plain(value: float | None, digits: int = 3) -> str:
    """Return a number with a fixed number of decimals."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def probability(value: float | None) -> str:
    """Return a probability with two decimals; never a certainty that rounding made."""
    if value is None:
        return NOTHING
    return ">.99" if 0.995 <= value < 1 else "<.01" if 0 < value < 0.005 else f"{value:.2f}"


def p_value(value: float | None) -> str:
    """Return a p-value with three decimals; never 0."""
    if value is None:
        return NOTHING
    return "<.001" if value < 0.0005 else f"{value:.3f}"
