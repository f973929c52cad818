"""Constructions that were written, with what is true of them, after all rules were there.

They have shapes that the first ones lack: one column and sixty, three classes in turns, dates, ordered texts,
truth values, missing cells everywhere, log-normal numbers, rules of their own for each category.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tests.constructions.tables import (
    CONSTRUCTIONS,
    NONE,
    Array,
    Construction,
    Make,
    Rng,
    copies,
    frame,
    named,
    noisy,
    normal,
    radius,
    seen,
    uniform,
    with_categories,
    with_gaps,
)

NOISE = {"noise": NONE}
STEPS = {"staircase": NONE, "noise": NONE}


def three_spirals(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    y = rng.integers(3, size=rows)
    t = np.sqrt(rng.random(rows)) * 2 * np.pi
    turned = t + 2 * np.pi * y / 3
    X = np.column_stack([t * np.cos(turned), t * np.sin(turned)])
    return frame(X + 0.3 * rng.standard_normal((rows, 2))), y


def log_normal(rule: Callable[[Array], Array], d: int, noise: float = 0.0) -> Make:
    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        X = np.exp(rng.standard_normal((rows, d)))
        return frame(X), noisy(rng, rule(X), noise)

    return make


def with_constants(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    X = rng.standard_normal((rows, 3))
    table = frame(X).assign(x3=7.0, x4="same", x5=np.arange(rows) + 0.5)
    return table, noisy(rng, X[:, 0] - X[:, 1] > 0.1, 0.05)


def ordered_text(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    table, size = frame(rng.standard_normal((rows, 2))), rng.integers(4, size=rows)
    table["size"] = np.array(["small", "medium", "large", "huge"])[size]
    return table, noisy(rng, size >= 2, 0.1)


def dates(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    table, day = frame(rng.standard_normal((rows, 2))), rng.integers(4000, size=rows)
    table["when"] = (pd.Timestamp("2010-01-01") + pd.to_timedelta(day, unit="D")).strftime("%Y-%m-%d")
    return table, noisy(rng, day > 2100, 0.05)


def cells_missing(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    X = rng.standard_normal((rows, 6))
    y = X.sum(1) > 0
    X[rng.random(X.shape) < 0.2] = np.nan
    return frame(X), noisy(rng, y, 0.02)


def counts(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    X = rng.poisson(10, (rows, 3)).astype(float)
    return frame(X), X[:, 0] > X[:, 1]


def ratio(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    X = rng.uniform(0.5, 5, (rows, 3))
    return frame(X), noisy(rng, X[:, 0] / X[:, 1] > 1.0, 0.03)


def truth_values(rule: Callable[[Array], Array], d: int, noise: float) -> Make:
    """Truth values x0 … and two idle numbers."""

    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        true = rng.random((rows, d)) < 0.5
        table = frame(true).assign(n0=rng.standard_normal(rows), n1=rng.standard_normal(rows))
        return table, noisy(rng, rule(true.astype(int)), noise)

    return make


def own_rules(X: Array, codes: list[Array]) -> Array:
    """One column decides in the first category, another in the second, their sum in the third."""
    return np.choose(codes[0], [X[:, 0] > 0, X[:, 1] > 0, X[:, 0] + X[:, 1] > 0])


LATER = (
    Construction("three spirals", three_spirals, {}, {"interaction": named("x0 x1")} | NOISE, 1200),
    Construction(
        "chess in two of ten",
        uniform(lambda X: (np.floor(1.5 * X[:, 3] + 6) + np.floor(1.5 * X[:, 7] + 6)) % 2, 10, 0.05),
        {},
        {"interaction": named("x3 x7"), "thresholds": named("x3 x7")} | NOISE,
        2000,
    ),
    Construction(
        "parity of three",
        normal(lambda X: (X > 0).sum(1) % 2, 3),
        {"interaction": named("x0-2")},
        {"thresholds": named("x0-2")} | NOISE,
        2000,
    ),
    Construction(
        "sum of log-normal numbers",
        log_normal(lambda X: X.sum(1) > 6.8, 5, 0.03),
        {"hyperplane": NONE},
        {"many_columns": named("x0-4")} | STEPS,
        1200,
    ),
    Construction("product of log-normal numbers", log_normal(lambda X: X[:, 0] * X[:, 1] > 1, 3), rows=1200),
    Construction(
        "threshold of one column alone",
        normal(lambda X: X[:, 0] > 0.3, 1, 0.1),
        {"hyperplane": NONE},
        {"thresholds": named("x0")} | NOISE,
        800,
        mended=True,
    ),
    Construction(
        "band of one column alone",
        normal(lambda X: abs(X[:, 0]) < 0.6, 1, 0.05),
        {"thresholds": named("x0")},
        NOISE,
        800,
        mended=True,
    ),
    Construction(
        "plane of two of sixty",
        normal(lambda X: X[:, 10] + X[:, 40] > 0, 60),
        {"hyperplane": named("x10 x40")},
        STEPS,
    ),
    Construction(
        "exclusive or of two of sixty",
        normal(lambda X: X[:, 10] * X[:, 40] > 0, 60),
        {},
        {"interaction": named("x10 x40"), "thresholds": named("x10 x40")} | NOISE,
        1500,
    ),
    Construction("plane, constants and row numbers", with_constants, {"hyperplane": named("x0 x1")}, STEPS),
    Construction(
        "ordered text", ordered_text, {"categories": named("size")}, {"hyperplane": named("size")} | NOISE
    ),
    Construction(
        "date decides",
        dates,
        {},
        {"thresholds": named("when"), "hyperplane": named("when")} | NOISE,
    ),
    Construction(
        "rare corner",
        normal(lambda X: (X[:, 0] > 1.1) & (X[:, 1] > 0.8), 4),
        {},
        {"thresholds": named("x0 x1")},
        2000,
    ),
    Construction(
        "plane, cells missing everywhere",
        cells_missing,
        {"hyperplane": NONE},
        {"many_columns": named("x0-5")} | STEPS,
        1200,
    ),
    Construction(
        "exclusive or, three copies each",
        seen(lambda Z: Z[:, 0] * Z[:, 1] > 0, 2, copies(3, 0.05)),
        {},
        {"interaction": NONE, "thresholds": NONE} | NOISE,
        1500,
    ),
    Construction(
        "quadrants, four classes",
        normal(lambda X: 2 * (X[:, 0] > 0) + (X[:, 1] > 0.2), 5, 0.05),
        {"hyperplane": named("x0 x1")},
        {"thresholds": named("x0 x1")} | NOISE,
        1200,
    ),
    Construction(
        "nested boxes, three classes",
        normal(lambda X: np.digitize(abs(X[:, :2]).max(1), [0.8, 1.5]), 4),
        {"thresholds": named("x0 x1")},
        {"surrounds": named("x0 x1")},
        1500,
    ),
    Construction("larger of two counts", counts, {"hyperplane": named("x0 x1")}, STEPS),
    Construction(
        "exclusive or, much noise",
        normal(lambda X: X[:, 0] * X[:, 1] > 0, 3, 0.35),
        {},
        {"interaction": named("x0 x1"), "thresholds": named("x0 x1")} | NOISE,
        1500,
    ),
    Construction(
        "sixty rows of twenty",
        normal(lambda X: X.sum(1) > 0, 20),
        {},
        {"hyperplane": NONE, "many_columns": NONE} | STEPS,
        60,
    ),
    Construction(
        "product and a category",
        with_categories(lambda X, c: X[:, 0] * X[:, 1] + 0.6 * (c[0] == 1) > 0.2, 3, (3,), 0.03),
        {"interaction": named("x0 x1")},
        NOISE,
        1500,
    ),
    Construction(
        "saw of a column",
        uniform(lambda X: np.floor(2 * X[:, 0] + 8) % 2, 3, 0.05, 2.0),
        {"thresholds": named("x0")},
        NOISE,
        1500,
    ),
    Construction("cone", normal(lambda X: X[:, 2] > 1.2 * radius(X, 2) - 0.9, 3), rows=1200),
    Construction("larger of two numbers", ratio, {"hyperplane": named("x0 x1")}, STEPS),
    Construction(
        "a rule for each category",
        with_categories(own_rules, 3, (3,), 0.05),
        {},
        {"categories": named("c0 x0 x1"), "interaction": named("c0 x0 x1")} | NOISE,
        1500,
        mended=True,
    ),
    Construction(
        "gap or a number",
        with_gaps(lambda X, gone: gone[:, 0] | (X[:, 1] > 0.8), 3, 1, 0.3, 0.05),
        {},
        {"gaps": named("x0"), "thresholds": named("x0 x1"), "hyperplane": NONE} | STEPS,
        1200,
    ),
    Construction(
        "vote of seven",
        truth_values(lambda true: true.sum(1) >= 4, 7, 0.05),
        {},
        {"hyperplane": NONE, "categories": named("x0-6"), "many_columns": named("x0-6")} | NOISE,
        1200,
    ),
    Construction(
        "parity of three truth values",
        truth_values(lambda true: true[:, :3].sum(1) % 2, 4, 0.03),
        {"categories": named("x0-2")},
        {"interaction": named("x0-2")} | NOISE,
        1500,
    ),
)
ALL = (*CONSTRUCTIONS, *LATER)
