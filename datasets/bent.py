"""Sets whose border is made of boxes or bends."""

from __future__ import annotations

import math

import numpy as np
from atlas import DECIMALS, AtlasSet, Bools, Floats, halves, mislabel, named, normal, numeric, uniform
from bayes import normal_cdf, two_curves, with_missing
from numpy.random import RandomState
from numpy.typing import NDArray


def boxes(draw: RandomState) -> AtlasSet:
    """Two boxes given by three of eight features, a few labels wrong."""
    rows, wrong = 800, 0.02
    x = uniform(draw, rows, 8, 0, 1)
    inside = ((x[:, 0] > 0.6) & (x[:, 1] > 0.4)) | ((x[:, 0] < 0.3) & (x[:, 2] > 0.5))
    return AtlasSet(
        title="Two boxes among idle features",
        shows="a rule of thresholds, and features that do nothing",
        truth="inside where (x1 > 0.6 and x2 > 0.4) or (x1 < 0.3 and x3 > 0.5), "
        f"{wrong:.0%} of the labels turned round; x1 ... x8 uniform on [0, 1], x4 ... x8 idle",
        bayes=1 - wrong,
        bayes_how="1 - share of turned labels",
        winners="tree",
        why="a tree learns thresholds and ignores the idle features, the MLP bends through them",
        explained=("not a straight line", "thresholds decide"),
        cells=numeric(x),
        classes=named(mislabel(draw, inside, wrong), "outside", "inside"),
    )


def checkerboard(draw: RandomState) -> AtlasSet:
    """Four by four squares of alternating class."""
    x = uniform(draw, 1000, 2, 0, 4)
    return AtlasSet(
        title="A checkerboard of four by four squares",
        shows="boxes along the axes, many of them",
        truth="white where floor(x1) + floor(x2) is odd; x1, x2 uniform on [0, 4]",
        bayes=1.0,
        bayes_how="no noise",
        winners="tree",
        why="the truth is boxes; the MLP rounds the corners, logistic regression stays at chance",
        explained=("not a straight line", "thresholds decide", "two columns interact"),
        cells=numeric(x),
        classes=named(np.floor(x).sum(axis=1) % 2 == 1, "black", "white"),
    )


def mixed(draw: RandomState) -> AtlasSet:
    """Numbers, a category, a yes or no, cells missing; the category decides what the number means."""
    rows, missing = 1000, {"temperature": 0.03, "site": 0.03, "night": 0.05, "load": 0.05}
    sites = ("north", "east", "south", "west")
    temperature = np.round(15 + 8 * draw.standard_normal(rows), 1)
    site = draw.randint(0, 4, rows)
    night = draw.random_sample(rows) < 0.5
    cells = {
        "temperature": [f"{t:.1f}" for t in temperature],
        "site": [sites[s] for s in site],
        "night": named(night, "false", "true"),
        "load": [f"{v:.1f}" for v in 50 + 10 * draw.standard_normal(rows)],
        "pressure": [f"{v:.1f}" for v in 1013 + 8 * draw.standard_normal(rows)],
        "humidity": [f"{v:.0f}" for v in draw.uniform(30, 90, rows)],
        "crew": [f"crew {c}" for c in draw.randint(1, 6, rows)],
    }
    for column, share in missing.items():
        gone = draw.random_sample(rows) < share
        cells[column] = ["" if g else cell for g, cell in zip(gone, cells[column], strict=True)]
    return AtlasSet(
        title="Numbers, categories and gaps",
        shows="mixed columns with missing cells, and a category that decides what a number means",
        truth="alarm where site is north or east and temperature > 18 (12 at night), or south or west "
        "and temperature < 15 (9 at night); temperature ~ N(15, 8^2), the rest idle; "
        + ", ".join(f"{share:.0%} of {column}" for column, share in missing.items())
        + " missing at random",
        bayes=with_missing(alarm_chances(), [missing[c] for c in ("temperature", "site", "night")]),
        bayes_how="no noise but what is missing, temperature on a grid",
        winners="tree",
        why="it asks for the site, then for the temperature; logistic regression has one slope for all",
        explained=("not a straight line", "a category decides what a number means", "thresholds decide"),
        cells=cells,
        classes=named(alarm(temperature, site, night), "quiet", "alarm"),
    )


def alarm(temperature: Floats, site: NDArray[np.int64], night: Bools) -> Bools:
    """Give the class of ``mixed``; sites 0 and 1 fear heat, 2 and 3 cold."""
    hot = temperature > np.where(night, 12, 18)
    cold = temperature < np.where(night, 9, 15)
    return np.where(site < 2, hot, cold)


def alarm_chances() -> Floats:
    """Give the class of ``mixed`` as 0 or 1; axes temperature, site, night, values of each equally likely."""
    z = np.linspace(-6, 6, 24_001)
    typical = np.interp((np.arange(4000) + 0.5) / 4000, [normal_cdf(v) for v in z], z)
    temperature = (15 + 8 * typical)[:, None, None]
    return alarm(temperature, np.arange(4)[None, :, None], np.array([False, True])).astype(float)


def spiral(draw: RandomState) -> AtlasSet:
    """Two arms wound around each other."""
    turns, noise, rows = 2, 0.1, 800
    odd = halves(draw, rows)

    def arm(share: Floats) -> Floats:
        radius = turns * np.sqrt(share)
        turned = 2 * math.pi * radius
        return np.stack([radius * np.cos(turned), radius * np.sin(turned)], axis=1)

    x = np.where(odd, 1, -1)[:, None] * arm(draw.random_sample(rows))
    outline = arm((np.arange(8000) + 0.5) / 8000)
    return AtlasSet(
        title="Two spiral arms",
        shows="a border so long that nearness tells more than any rule",
        truth=f"odd on r (cos 2 pi r, sin 2 pi r), even on its mirror image, r = {turns} sqrt(u), "
        f"u uniform on [0, 1], plus N(0, {noise}^2 I)",
        bayes=two_curves(outline, -outline, noise),
        bayes_how="integral of the larger density on a grid",
        winners="tree",
        why="small boxes follow the arms, a layer of 100 units does not; k nearest neighbours beat both",
        explained=("not a straight line", "two columns interact"),
        cells=numeric(np.round(x + noise * draw.standard_normal((rows, 2)), DECIMALS)),
        classes=named(odd, "even", "odd"),
    )


def moons(draw: RandomState) -> AtlasSet:
    """Two half circles that reach into each other."""
    noise, rows = 0.25, 1600
    lower = halves(draw, rows)

    def half_circles(angle: Floats) -> tuple[Floats, Floats]:
        upper_arc = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return upper_arc, np.array([1, 0.5]) - upper_arc

    first, second = half_circles(draw.uniform(0, math.pi, rows))
    x = np.where(lower[:, None], second, first) + noise * draw.standard_normal((rows, 2))
    return AtlasSet(
        title="Two moons",
        shows="a smooth bent border",
        truth="upper on (cos t, sin t), lower on (1 - cos t, 0.5 - sin t), t uniform on [0, pi], "
        f"plus N(0, {noise}^2 I)",
        bayes=two_curves(*half_circles(np.linspace(0, math.pi, 2001)), noise),
        bayes_how="integral of the larger density on a grid",
        winners="MLP",
        why="an MLP draws a smooth bend; the tree needs many small boxes, a line cuts both moons",
        explained=("not a straight line",),
        cells=numeric(np.round(x, DECIMALS)),
        classes=named(lower, "upper", "lower"),
    )


def circles(draw: RandomState) -> AtlasSet:
    """A ring around a ring."""
    noise, rows = 0.2, 800
    inner = halves(draw, rows)

    def ring(angle: Floats) -> Floats:
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    x = np.where(inner, 0.5, 1.0)[:, None] * ring(draw.uniform(0, 2 * math.pi, rows))
    outline = ring(np.linspace(0, 2 * math.pi, 2000, endpoint=False))
    return AtlasSet(
        title="One ring inside another",
        shows="one class surrounds the other",
        truth=f"inner on a circle of radius 0.5, outer of radius 1, plus N(0, {noise}^2 I)",
        bayes=two_curves(outline, 0.5 * outline, noise),
        bayes_how="integral of the larger density on a grid",
        winners="MLP",
        why="the border is a smooth ring; no line comes near, the unpruned tree fits the overlap",
        explained=("not a straight line", "one class surrounds the other", "tree fits noise"),
        cells=numeric(np.round(x + noise * draw.standard_normal((rows, 2)), DECIMALS)),
        classes=named(inner, "outer", "inner"),
    )


def ball10(draw: RandomState) -> AtlasSet:
    """Inside or outside a ball that holds half the rows."""
    # 9.3418 is the median of chi-squared with 10 degrees of freedom.
    limit, rows = 9.3418, 1200
    x = normal(draw, rows, 10)
    return AtlasSet(
        title="A ball in ten dimensions",
        shows="one class surrounds the other in every direction",
        truth=f"inside where x1^2 + ... + x10^2 < {limit} (the median); all x ~ N(0, 1)",
        bayes=1.0,
        bayes_how="no noise",
        winners="MLP",
        why="the border bends in all ten directions at once: boxes are a poor ball, a plane is none",
        explained=("not a straight line", "one class surrounds the other"),
        cells=numeric(x),
        classes=named((x**2).sum(axis=1) < limit, "outside", "inside"),
    )


def xor(draw: RandomState) -> AtlasSet:
    """The sign of a product, in the plane."""
    x = uniform(draw, 600, 2, -1, 1)
    return AtlasSet(
        title="Exclusive or of two features",
        shows="an interaction: neither feature says anything on its own",
        truth="same where x1 x2 > 0; x1, x2 uniform on [-1, 1]",
        bayes=1.0,
        bayes_how="no noise",
        winners="tree, MLP",
        why="four boxes or one bent border; logistic regression stays at chance",
        explained=("not a straight line", "thresholds decide", "two columns interact"),
        cells=numeric(x),
        classes=named(x[:, 0] * x[:, 1] > 0, "different", "same"),
    )


def xor10(draw: RandomState) -> AtlasSet:
    """Draw the sign of a product of two features among ten."""
    x = normal(draw, 1000, 10)
    return AtlasSet(
        title="Exclusive or of two features among ten",
        shows="an interaction that is hard to find: no first cut of a tree gains anything",
        truth="same where x1 x2 > 0; x1 ... x10 ~ N(0, 1), x3 ... x10 idle",
        bayes=1.0,
        bayes_how="no noise",
        winners="MLP",
        why="the tree cuts blindly until it meets the pair; logistic regression stays at chance",
        explained=("not a straight line", "two columns interact"),
        cells=numeric(x),
        classes=named(x[:, 0] * x[:, 1] > 0, "different", "same"),
    )
