"""Numbers with three digits and a unit, at the borders of their ranges."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare_cli.report import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0.00 µs"),
        (1e-9, "<.01 µs"),
        (5e-9, "0.01 µs"),
        (1.234e-6, "1.23 µs"),
        (870e-6, "870 µs"),
        (999.4e-6, "999 µs"),
        (999.5e-6, "1.00 ms"),
        (12.34e-3, "12.3 ms"),
        (99.94e-3, "99.9 ms"),
        (99.96e-3, "100 ms"),
        (999.4e-3, "999 ms"),
        (999.5e-3, "1.00 s"),
        (1.0, "1.00 s"),
        (9.994, "9.99 s"),
        (9.996, "10.0 s"),
        (99.94, "99.9 s"),
        (99.96, "1 min 40 s"),
        (119.4, "1 min 59 s"),
        (119.5, "2 min 0 s"),
        (120.0, "2 min 0 s"),
        (3599.4, "59 min 59 s"),
        (3599.5, "1 h 0 min"),
        (7325.0, "2 h 2 min"),
        (7e6, "1,944 h 27 min"),
        (math.nan, "-"),
        (math.inf, "-"),
        (-0.0123, "−12.3 ms"),
    ],
)
def test_seconds(value: float | None, text: str) -> None:
    assert units.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.5, "0.50 /s"),
        (12.34, "12.3 /s"),
        (999.4, "999 /s"),
        (999.5, "1.00 k/s"),
        (61_300, "61.3 k/s"),
        (999_499, "999 k/s"),
        (999_500, "1.00 M/s"),
        (2.5e9, "2.50 G/s"),
        (5e12, "5.00 T/s"),
        (5e21, "5000 E/s"),
        (0.0, "0.00 /s"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_rate(value: float | None, text: str) -> None:
    assert units.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0 B"), (7, "7 B"), (999, "999 B"), (1000, "1.00 kB"), (3_250_000, "3.25 MB")],
)
def test_size(value: int | None, text: str) -> None:
    assert units.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0.0"),
        (0.95349, "95.3"),
        (0.9996, "100.0"),
        (1.0, "100.0"),
        (math.nan, "-"),
        (-1e-9, "0.0"),
    ],
)
def test_percent(value: float | None, text: str) -> None:
    assert units.percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0.00"),
        (1e-12, "<.01"),
        (0.0049, "<.01"),
        (0.005, "0.01"),
        (0.5, "0.50"),
        (0.9949, "0.99"),
        (0.995, ">.99"),
        (1 - 1e-12, ">.99"),
        (1.0, "1.00"),
    ],
)
def test_probabilities_are_never_rounded_to_certainty(value: float | None, text: str) -> None:
    assert units.probability(value) == text


def test_plain() -> None:
    assert units.plain(0.12345) == "0.123"
    assert units.plain(1.5, 2) == "1.50"
    assert units.plain(None) == "-"


@given(st.floats(5e-9, 90))
def test_seconds_say_what_they_were_told(value: float) -> None:
    number, unit = units.seconds(value).split(" ")
    assert re.fullmatch(r"\d\.\d\d|\d\d\.\d|\d{3}", number)
    shown = float(number) * {"µs": 1e-6, "ms": 1e-3, "s": 1.0}[unit]
    assert math.isclose(shown, value, rel_tol=0.006, abs_tol=0.006e-6)


@given(st.floats(1, 1e11))
def test_rates_say_what_they_were_told(value: float) -> None:
    number, unit = units.rate(value).split(" ")
    assert len(number) <= 4
    shown = float(number) * {"/s": 1, "k/s": 1e3, "M/s": 1e6, "G/s": 1e9}[unit]
    assert math.isclose(shown, value, rel_tol=0.006)


def test_columns_that_decide_are_named_with_their_shares() -> None:
    columns = {"age": {"mean": 0.61}, "a very long name of a column": {"mean": 0.2}, "pay": {"mean": 0.15}}
    assert units.deciders({"columns": columns}) == "age 61 %, a very long n… 20 %"
    assert (
        units.deciders({"columns": {"age": {"mean": 0.05}}, "gaps": {"pay": {"mean": 0.9}}})
        == "gap in pay 90 %"
    )
    assert units.deciders(None) == ""
