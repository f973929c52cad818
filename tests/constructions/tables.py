"""Tables that are made from a known rule, each with the reasons that are true of it.

A construction gives ``rows`` rows of a table and their labels. ``expected`` are reasons that should be
given, by code, with the columns that they may name (empty: any); ``allowed`` are true as well, but are
not missed. Whatever else is said is false. ``fits noise`` is true of any model on a table with
overlapping classes; ``region`` is checked on fresh rows of the construction. FROZEN are the constructions
that no rule was chosen by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

Array = np.ndarray
Rng = np.random.Generator
Columns = frozenset[str]
Make = Callable[[Rng, int], tuple[pd.DataFrame, Array]]


@dataclass(frozen=True)
class Construction:
    """One kind of table: ``make(rng, rows)`` returns features (DataFrame) and labels (rows,)."""

    name: str
    make: Make
    expected: Mapping[str, Columns] = field(default_factory=dict)
    allowed: Mapping[str, Columns] = field(default_factory=dict)
    rows: int = 1000
    mended: bool = False

    @property
    def frozen(self) -> bool:
        """Whether no rule was chosen by it: every second one of the first, in the order of their names.

        Of those that came later all, but for those that a rule was ``mended`` by.
        """
        return not self.mended and (self.name not in NAMES or NAMES.index(self.name) % 2 == 1)

    def draw(self, seed: int, rows: int | None = None) -> tuple[pd.DataFrame, Array]:
        """Return a table of the construction; more rows of the same seed are other rows."""
        number = sum(ord(letter) * (place + 1) for place, letter in enumerate(self.name))
        X, y = self.make(np.random.default_rng((seed, number, rows or 0)), rows or self.rows)
        return X, np.array([f"class {code}" for code in np.asarray(y).astype(int)])


def frame(X: Array) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


def named(text: str) -> Columns:
    """Return columns by name; ``x0-4`` is x0 to x4."""
    names: list[str] = []
    for part in text.split():
        start, dash, end = part.partition("-")
        names += [f"x{i}" for i in range(int(start[1:]), int(end) + 1)] if dash else [part]
    return frozenset(names)


def noisy(rng: Rng, y: Array, share: float) -> Array:
    """Give a share of the rows another label, drawn at random."""
    y = np.asarray(y).astype(int)
    other = (y + rng.integers(1, y.max() + 1, size=len(y))) % (y.max() + 1)
    return np.where(rng.random(len(y)) < share, other, y)


def rotation(rng: Rng, d: int) -> Array:
    q, r = np.linalg.qr(rng.standard_normal((d, d)))
    return q * np.sign(np.diag(r))


def fixed(d: int) -> Array:
    """Return a rotation that is the same in every draw."""
    return rotation(np.random.default_rng(d), d)


def normal(rule: Callable[[Array], Array], d: int, noise: float = 0.0) -> Make:
    """Rows N(0, I) in ``d`` columns, labelled by a rule, with label noise."""

    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        X = rng.standard_normal((rows, d))
        return frame(X), noisy(rng, rule(X), noise)

    return make


def seen(
    rule: Callable[[Array], Array], d: int, show: Callable[[Rng, Array], Array], noise: float = 0.0
) -> Make:
    """Rows N(0, I) labelled by a rule and then shown otherwise: rotated, scaled, copied, rounded."""

    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        Z = rng.standard_normal((rows, d))
        return frame(show(rng, Z)), noisy(rng, rule(Z), noise)

    return make


def uniform(rule: Callable[[Array], Array], d: int, noise: float = 0.0, side: float = 1.0) -> Make:
    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        X = rng.uniform(-side, side, (rows, d))
        return frame(X), noisy(rng, rule(X), noise)

    return make


def whole(rule: Callable[[Array], Array], d: int, high: int, noise: float = 0.0) -> Make:
    """Answers from 1 to ``high`` to ``d`` questions."""

    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        X = rng.integers(1, high + 1, (rows, d)).astype(float)
        return frame(X), noisy(rng, rule(X), noise)

    return make


def heavy(rule: Callable[[Array], Array], d: int, df: float, noise: float = 0.0) -> Make:
    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        X = rng.standard_t(df, (rows, d))
        return frame(X), noisy(rng, rule(X), noise)

    return make


def groups(centres: Array, sd: float) -> Make:
    """Normal classes of equal spread around ``centres`` (classes, d)."""

    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        y = rng.integers(len(centres), size=rows)
        return frame(centres[y] + sd * rng.standard_normal((rows, centres.shape[1]))), y

    return make


def with_categories(
    rule: Callable[[Array, list[Array]], Array],
    d: int,
    levels: tuple[int, ...],
    noise: float = 0.0,
    skew: float = 0.0,
) -> Make:
    """Numbers x0 … N(0, 1) and categories c0 … of so many levels; ``rule(numbers, codes)``."""

    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        X = rng.standard_normal((rows, d))
        shares = [np.arange(1, k + 1.0) ** -skew for k in levels]
        codes = [rng.choice(len(s), size=rows, p=s / s.sum()) for s in shares]
        table = frame(X)
        for i, code in enumerate(codes):
            table[f"c{i}"] = [f"level {v:02d}" for v in code]
        return table, noisy(rng, rule(X, codes), noise)

    return make


def with_gaps(
    rule: Callable[[Array, Array], Array], d: int, columns: int, share: float, noise: float = 0.0
) -> Make:
    """Rows N(0, I) whose first columns miss values at random; ``rule(numbers, gone)`` gives the label."""

    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        X = rng.standard_normal((rows, d))
        gone = rng.random((rows, columns)) < share
        y = noisy(rng, rule(X, gone), noise)
        X[:, :columns][gone] = np.nan
        return frame(X), y

    return make


def moons(spread: float, angle: float = 0.0) -> Make:
    def make(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
        y = rng.integers(2, size=rows)
        t = rng.uniform(0, np.pi, rows)
        X = np.column_stack([np.cos(t), np.sin(t)])
        X[y == 1] = np.column_stack([1 - np.cos(t), 0.5 - np.sin(t)])[y == 1]
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return frame((X + spread * rng.standard_normal(X.shape)) @ turn), y

    return make


def spiral(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    y = rng.integers(2, size=rows)
    t = np.sqrt(rng.random(rows)) * 3 * np.pi
    X = np.column_stack([t * np.cos(t + np.pi * y), t * np.sin(t + np.pi * y)])
    return frame(X + 0.4 * rng.standard_normal(X.shape)), y


def crossing(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    y = rng.integers(2, size=rows)
    X = rng.standard_normal((rows, 2)) * np.where(y[:, None] == 0, [2.0, 0.4], [0.4, 2.0])
    return frame(X), y


def blob_in_a_square(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    y = (rng.random(rows) < 0.4).astype(int)
    X = rng.uniform(-4, 4, (rows, 3))
    X[y == 1] = 0.8 * rng.standard_normal((y.sum(), 3)) + [0.5, -0.5, 0.0]
    return frame(X), y


def correlated(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    X = np.empty((rows, 8))
    X[:, 0] = rng.standard_normal(rows)
    for j in range(1, 8):
        X[:, j] = 0.8 * X[:, j - 1] + 0.6 * rng.standard_normal(rows)
    return frame(X), noisy(rng, X.sum(1) > 0, 0.1)


def two_laws(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    """Steps where x2 is positive, a slanted plane elsewhere."""
    X = rng.standard_normal((rows, 4))
    steps = (np.floor(X[:, 0] * 2) % 2) == 0
    return frame(X), noisy(rng, np.where(X[:, 2] > 0, steps, X[:, 0] + X[:, 1] > 0), 0.03)


def bent_for_some(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    """A circle where x3 is above 0.3, a plane elsewhere."""
    X = rng.standard_normal((rows, 4))
    inside = X[:, 0] ** 2 + X[:, 1] ** 2 < 1.2
    return frame(X), noisy(rng, np.where(X[:, 3] > 0.3, inside, X[:, 0] - X[:, 1] > 0), 0.03)


def noise_for_some(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    """A plane whose labels are a coin's where x3 is above 0.5."""
    X = rng.standard_normal((rows, 4))
    plane = (X[:, 0] + X[:, 1] > 0).astype(int)
    return frame(X), np.where(X[:, 3] > 0.5, rng.integers(2, size=rows), plane)


def boolean_turns(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    table = frame(rng.standard_normal((rows, 3)))
    flag = rng.random(rows) < 0.5
    table["flag"] = flag
    return table, noisy(rng, (table["x0"].to_numpy() > 0) ^ flag, 0.05)


def unbalanced(rng: Rng, rows: int) -> tuple[pd.DataFrame, Array]:
    X = rng.standard_normal((rows, 4))
    return frame(X), X @ [1.0, 0.8, -0.6, 0.4] > 1.88


def copies(times: int, spread: float) -> Callable[[Rng, Array], Array]:
    return lambda rng, Z: np.repeat(Z, times, 1) + spread * rng.standard_normal((len(Z), times * Z.shape[1]))


PLANE2, PLANE5 = np.array([1.0, 1.0]), np.array([1.0, -0.8, 0.6, 0.9, -0.7])
SCALES = np.array([1e4, 1e-3, 1.0, 50.0, 0.2])
NONE: Columns = frozenset()
PLANE = {"hyperplane": NONE, "staircase": NONE}
CENTRES = 2.2 * np.array([[1, 1, 0, 0], [-1, 1, 0, 0], [-1, -1, 1, 0], [1, -1, 0, 1.0]])


def radius(X: Array, d: int) -> Array:
    return np.sqrt((X[:, :d] ** 2).sum(1))


CONSTRUCTIONS = (
    Construction("plane", normal(lambda X: X @ PLANE2 > 0.2, 2), PLANE, rows=800),
    Construction(
        "plane, idle columns, noise", normal(lambda X: X[:, :2] @ PLANE2 > 0, 6, 0.1), PLANE | {"noise": NONE}
    ),
    Construction("plane of ten", normal(lambda X: X.sum(1) > 0, 10), PLANE | {"many_columns": named("x0-9")}),
    Construction(
        "plane of twelve, noise",
        normal(lambda X: X.sum(1) > 0, 12, 0.15),
        PLANE | {"many_columns": named("x0-11"), "noise": NONE},
        rows=1500,
    ),
    Construction(
        "plane along a column, noise",
        normal(lambda X: X[:, 0] > 0.3, 5, 0.1),
        {"hyperplane": NONE, "noise": NONE},
        {"thresholds": named("x0")},
    ),
    Construction("plane, one in ten", unbalanced, PLANE, rows=1200),
    Construction("plane, heavy tails", heavy(lambda X: X @ [1.0, 0.8, -0.6] > 0, 3, 1.5), PLANE),
    Construction(
        "plane of two, six copies each",
        seen(lambda Z: Z.sum(1) > 0, 2, copies(6, 0.05)),
        {"hyperplane": NONE},
        {"staircase": NONE},
        rows=1500,
    ),
    Construction(
        "plane, scaled",
        seen(lambda Z: Z @ PLANE5 > 0, 5, lambda rng, Z: Z * SCALES),
        PLANE,
        {"many_columns": NONE},
    ),
    Construction(
        "plane of answers",
        whole(lambda X: X.sum(1) > 24.5, 6, 7, 0.05),
        {"hyperplane": NONE},
        {"staircase": NONE, "many_columns": NONE, "noise": NONE},
    ),
    Construction(
        "plane shifted by a category",
        with_categories(lambda X, c: X[:, 0] - X[:, 1] + 0.8 * c[0] > 0.8, 3, (3,), 0.05),
        {"hyperplane": NONE},
        {"staircase": NONE, "noise": NONE},
    ),
    Construction(
        "three linear classes",
        normal(lambda X: (X @ fixed(4)[:, :3]).argmax(1), 4),
        {"hyperplane": NONE},
        {"staircase": NONE},
    ),
    Construction(
        "four overlapping groups",
        groups(CENTRES, 1.6),
        {"hyperplane": NONE, "noise": NONE},
        {"staircase": NONE},
    ),
    Construction(
        "two overlapping groups",
        groups(np.array([[-0.37] * 8, [0.37] * 8]), 1.0),
        {"hyperplane": NONE, "noise": NONE, "many_columns": named("x0-7")},
        {"staircase": NONE},
    ),
    Construction(
        "plane turned, noise",
        seen(lambda Z: Z[:, 0] > 0, 5, lambda rng, Z: Z @ fixed(5).T, 0.2),
        {"hyperplane": NONE, "noise": NONE, "staircase": NONE},
        {"many_columns": NONE},
    ),
    Construction(
        "plane, correlated",
        correlated,
        {"hyperplane": NONE, "noise": NONE},
        {"staircase": NONE, "many_columns": NONE},
    ),
    Construction(
        "plane, few rows", normal(lambda X: X @ [1, 1, -1.0] > 0, 3, 0.05), PLANE, {"noise": NONE}, 300
    ),
    Construction(
        "weak plane",
        normal(lambda X: X @ [1, 1, 0, 0] > 0, 4, 0.35),
        {"noise": NONE},
        {"hyperplane": NONE, "staircase": NONE},
        1500,
    ),
    Construction("moons turned", moons(0.2, 0.5), {}, {"noise": NONE}),
    Construction("absolute values", normal(lambda X: abs(X[:, 0]) > abs(X[:, 1]), 2)),
    Construction("crossing groups", crossing, {}, {"noise": NONE}),
    Construction("sine", normal(lambda X: X[:, 1] > np.sin(2 * X[:, 0]), 3, 0.05), {}, {"noise": NONE}),
    Construction(
        "parabola, idle columns", normal(lambda X: X[:, 1] > X[:, 0] ** 2 - 1, 6, 0.1), {}, {"noise": NONE}
    ),
    Construction(  # a square of a sum holds a product: no sum of one function each can make this band
        "slanted band",
        normal(lambda X: abs(X[:, 0] + X[:, 1]) < 0.95, 3),
        {},
        {"interaction": named("x0 x1")},
    ),
    Construction(
        "exclusive or, turned",
        seen(lambda Z: Z[:, 0] * Z[:, 1] > 0, 2, lambda rng, Z: Z @ np.array([[0.87, 0.5], [-0.5, 0.87]])),
        {},
        {"interaction": named("x0 x1")},
    ),
    Construction(
        "ball in two of eight",
        normal(lambda X: radius(X, 2) < 1.177, 8),
        {"surrounds": named("x0 x1")},
        rows=1500,
    ),
    Construction(
        "ball in five", normal(lambda X: radius(X, 5) < 2.08, 5), {"surrounds": named("x0-4")}, rows=1500
    ),
    Construction(
        "ring", normal(lambda X: abs(radius(X, 2) - 1.2) < 0.45, 2), {"surrounds": named("x0 x1")}, rows=1000
    ),
    Construction(
        "ellipse off the centre",
        normal(lambda X: ((X - [0.8, -0.5, 0.3]) ** 2 @ [1.0, 0.6, 1.4]) < 2.0, 3),
        {"surrounds": named("x0-2")},
    ),
    Construction(
        "three shells",
        normal(lambda X: np.digitize(radius(X, 3), [1.2, 1.9]), 3),
        {"surrounds": named("x0-2")},
        rows=1500,
    ),
    Construction(
        "ball in ten", normal(lambda X: radius(X, 10) < 3.06, 10), {"surrounds": named("x0-9")}, rows=2000
    ),
    Construction(
        "ball, noise",
        normal(lambda X: radius(X, 3) < 1.54, 3, 0.1),
        {"surrounds": named("x0-2"), "noise": NONE},
    ),
    Construction(
        "ball, scaled",
        seen(lambda Z: radius(Z, 5) < 2.08, 5, lambda rng, Z: Z * SCALES),
        {"surrounds": named("x0-4")},
        rows=1500,
    ),
    Construction(
        "ring in two of six, noise",
        normal(lambda X: abs(radius(X, 2) - 1.3) < 0.5, 6, 0.1),
        {"surrounds": named("x0 x1"), "noise": NONE},
        rows=2000,
    ),
    Construction("blob in a square", blob_in_a_square, {"surrounds": named("x0-2")}, {"noise": NONE}),
    Construction(
        "box in two of six",
        normal(lambda X: (abs(X[:, 0]) < 0.9) & (abs(X[:, 1]) < 1.1), 6),
        {"thresholds": named("x0 x1")},
        {"surrounds": named("x0 x1")},
    ),
    Construction(
        "box, noise",
        normal(lambda X: (abs(X[:, 0]) < 0.9) & (X[:, 1] > -0.2), 4, 0.15),
        {"thresholds": named("x0 x1"), "noise": NONE},
        rows=1500,
    ),
    Construction(
        "either rule",
        normal(lambda X: (X[:, 0] > 0.5) | (X[:, 1] < -0.8), 5, 0.05),
        {"thresholds": named("x0 x1")},
    ),
    Construction(
        "list of rules",
        normal(
            lambda X: np.where(X[:, 0] > 0.6, 0, np.where(X[:, 1] > 0.3, 1, np.where(X[:, 2] > 0, 2, 3))),
            5,
            0.05,
        ),
        {"thresholds": named("x0-2")},
        {"noise": NONE},
        1500,
    ),
    Construction(
        "rule of answers",
        whole(lambda X: (X[:, 0] >= 4) & (X[:, 1] <= 3), 6, 6, 0.1),
        {"thresholds": named("x0 x1"), "noise": NONE},
        rows=1500,
    ),
    Construction(
        "band along a column", normal(lambda X: abs(X[:, 0]) < 0.65, 5), {"thresholds": named("x0")}
    ),
    Construction(
        "steps of a column",
        uniform(lambda X: np.floor(3 * X[:, 0] + 6) % 2, 4, 0.1),
        {"thresholds": named("x0"), "noise": NONE},
        rows=1500,
    ),
    Construction(
        "rule, heavy tails",
        heavy(lambda X: (X[:, 0] > -0.5) & (X[:, 1] < 0.7), 4, 1.5),
        {"thresholds": named("x0 x1")},
    ),
    Construction(
        "exclusive or",
        normal(lambda X: X[:, 0] * X[:, 1] > 0, 2),
        {"interaction": named("x0 x1")},
        {"thresholds": named("x0 x1")},
        800,
    ),
    Construction(
        "exclusive or in two of six, noise",
        normal(lambda X: X[:, 0] * X[:, 1] > 0, 6, 0.1),
        {"interaction": named("x0 x1")},
        {"thresholds": named("x0 x1"), "noise": NONE},
        2000,
    ),
    Construction(
        "product and a column",
        normal(lambda X: 1.5 * X[:, 0] * X[:, 1] + X[:, 2] > 0, 4),
        {"interaction": named("x0 x1")},
        rows=1500,
    ),
    Construction(
        "exclusive or, scaled",
        seen(lambda Z: Z[:, 0] * Z[:, 1] > 0, 5, lambda rng, Z: Z * SCALES),
        {"interaction": named("x0 x1")},
        {"thresholds": named("x0 x1")},
        1500,
    ),
    Construction(
        "chess board",
        uniform(lambda X: (np.floor(1.5 * X[:, 0] + 6) + np.floor(1.5 * X[:, 1] + 6)) % 2, 2, 0.05),
        {"interaction": named("x0 x1")},
        {"thresholds": named("x0 x1"), "noise": NONE},
        1500,
    ),
    Construction(
        "large product",
        normal(lambda X: X[:, 0] * X[:, 1] > 0.3, 4, 0.05),
        {"interaction": named("x0 x1")},
        {"noise": NONE},
        1500,
    ),
    Construction(
        "sign turns the slope",
        normal(lambda X: (X[:, 0] + 0.8 * X[:, 1]) * np.sign(X[:, 2]) > 0, 4),
        {"interaction": named("x0-2")},
        rows=1500,
    ),
    Construction("spiral", spiral, {}, {"interaction": named("x0 x1"), "noise": NONE}),
    Construction(
        "category decides",
        with_categories(lambda X, c: c[0] % 2, 3, (4,), 0.1),
        {"categories": named("c0"), "noise": NONE},
        {"hyperplane": NONE},
    ),
    Construction(
        "two categories decide",
        with_categories(lambda X, c: (c[0] == 1) ^ (c[1] == 1), 3, (2, 2), 0.05),
        {"categories": named("c0 c1")},
        {"interaction": named("c0 c1"), "noise": NONE},
    ),
    Construction(
        "category turns a number",
        with_categories(lambda X, c: (X[:, 0] > 0) ^ (c[0] == 1), 3, (2,)),
        {"categories": named("c0 x0")},
        {"interaction": named("x0 c0"), "thresholds": named("x0")},
    ),
    Construction(
        "category turns a plane, noise",
        with_categories(lambda X, c: (X[:, 0] + X[:, 1]) * (c[0] - 1) + 0.3 * (c[0] == 1) > 0, 3, (3,), 0.08),
        {"categories": named("c0 x0 x1")},
        {"interaction": named("x0 x1 c0"), "noise": NONE},
        1500,
    ),
    Construction(
        "category of twenty levels",
        with_categories(lambda X, c: (c[0] * 7 % 5) < 2, 2, (20, 3), 0.05, 0.5),
        {"categories": named("c0")},
        {"hyperplane": NONE, "noise": NONE},
        1500,
    ),
    Construction(
        "truth value turns a number",
        boolean_turns,
        {"categories": named("flag x0")},
        {"interaction": named("x0 flag"), "thresholds": named("x0"), "noise": NONE},
    ),
    Construction(
        "gap decides",
        with_gaps(lambda X, gone: gone[:, 0], 4, 2, 0.4, 0.05),
        {"gaps": named("x0")},
        {"hyperplane": NONE, "noise": NONE},
    ),
    Construction(
        "gap turns a number",
        with_gaps(lambda X, gone: (X[:, 1] > 0) ^ gone[:, 0], 4, 1, 0.5),
        {"gaps": named("x0 x1")},
        {"interaction": named("x0 x1"), "thresholds": named("x1")},
    ),
    Construction(
        "gaps at random",
        with_gaps(lambda X, gone: X @ [1, 1, 0.5, 0] > 0, 4, 3, 0.15),
        {"hyperplane": NONE},
        {"staircase": NONE, "noise": NONE},
        1200,
    ),
    Construction(
        "two laws",
        two_laws,
        {"region": named("x0-3")},
        {"noise": NONE, "thresholds": named("x0 x2"), "interaction": named("x0-2")},
        2000,
    ),
    Construction(
        "bent for some",
        bent_for_some,
        {"region": named("x0-3")},
        {"noise": NONE, "interaction": named("x0-3")},
        2000,
    ),
    Construction(
        "noise for some", noise_for_some, {"hyperplane": NONE, "noise": NONE}, {"staircase": NONE}, 1500
    ),
    Construction("nothing", normal(lambda X: np.random.default_rng(len(X)).integers(2, size=len(X)), 5)),
    Construction(
        "nothing, with categories",
        with_categories(lambda X, c: np.random.default_rng(len(X)).integers(3, size=len(X)), 2, (3, 5)),
    ),
)

NAMES = sorted(c.name for c in CONSTRUCTIONS)
