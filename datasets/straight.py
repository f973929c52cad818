"""Sets whose best border is a plane, or that no model can do much about."""

from __future__ import annotations

import math

import numpy as np
from atlas import DECIMALS, AtlasSet, groups, halves, named, normal, numeric
from bayes import noisy_plane, three_gaussians, two_gaussians
from numpy.random import RandomState


def line(draw: RandomState) -> AtlasSet:
    """A slanted line in the plane with a blurred edge."""
    noise = 0.6
    x = normal(draw, 800, 2)
    above = x.sum(axis=1) / math.sqrt(2) + noise * draw.standard_normal(800) > 0
    return AtlasSet(
        title="One straight line",
        shows="the plainest case: one line parts two classes, with a blurred edge",
        truth=f"above where (x1 + x2) / sqrt(2) + {noise} e > 0; x1, x2, e ~ N(0, 1)",
        bayes=noisy_plane(noise),
        bayes_how=f"closed form 1 - arctan({noise}) / pi",
        winners="logistic regression, MLP",
        why="the truth is a line; the unpruned tree fits the blur at the edge",
        explained=("a plane is enough", "tree fits noise"),
        cells=numeric(x),
        classes=named(above, "below", "above"),
    )


def slanted(draw: RandomState) -> AtlasSet:
    """A hyperplane in ten dimensions that is parallel to no axis."""
    noise, rows = 0.2, 2500
    x = normal(draw, rows, 10)
    u = (x[:, 0::2].sum(axis=1) - x[:, 1::2].sum(axis=1)) / math.sqrt(10)
    return AtlasSet(
        title="One slanted hyperplane in ten dimensions",
        shows="the tree's staircase: many rows do not help it to one slanted cut",
        truth=f"above where (x1 - x2 + x3 - ... - x10) / sqrt(10) + {noise} e > 0; all x and e ~ N(0, 1)",
        bayes=noisy_plane(noise),
        bayes_how=f"closed form 1 - arctan({noise}) / pi",
        winners="logistic regression, MLP",
        why="one plane is the truth; the tree can only approach it by steps, in all ten features",
        explained=("a plane is enough", "many columns decide together", "tree builds a staircase"),
        cells=numeric(x),
        classes=named(u + noise * draw.standard_normal(rows) > 0, "below", "above"),
    )


def three_blobs(draw: RandomState) -> AtlasSet:
    """Three round classes around the origin: straight borders, more than two classes."""
    radius, rows = 1.5, 600
    group = groups(draw, rows, 3)
    angle = math.pi / 2 + 2 * math.pi * group / 3
    centre = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return AtlasSet(
        title="Three overlapping round classes",
        shows="more than two classes with straight borders",
        truth=f"x ~ N(centre, I); the three centres stand evenly on a circle of radius {radius}",
        bayes=three_gaussians(radius),
        bayes_how="integral over one 120 degree wedge",
        winners="logistic regression, MLP",
        why="between round classes every border is a line; the unpruned tree fits the overlap",
        explained=("a plane is enough", "tree fits noise"),
        cells=numeric(np.round(centre + draw.standard_normal((rows, 2)), DECIMALS)),
        classes=[("top", "left", "right")[g] for g in group],
    )


def overlap(draw: RandomState) -> AtlasSet:
    """Two classes so close that one row in four must be wrong."""
    shift, rows = 0.477, 800
    right = halves(draw, rows)
    x = np.where(right, shift, -shift)[:, None] + draw.standard_normal((rows, 2))
    return AtlasSet(
        title="Two classes that overlap",
        shows="overfitting: the best possible model is wrong on one row in four",
        truth=f"x ~ N(+m, I) for right, N(-m, I) for left, m = ({shift}, {shift})",
        bayes=two_gaussians(2 * shift * math.sqrt(2)),
        bayes_how="closed form Phi(|m|)",
        winners="logistic regression, MLP",
        why="the best border is a line; an unpruned tree learns the overlap by heart",
        explained=("a plane is enough", "tree fits noise"),
        cells=numeric(np.round(x, DECIMALS)),
        classes=named(right, "left", "right"),
    )


def wide(draw: RandomState) -> AtlasSet:
    """More columns than rows; a tenth of the columns say a little each."""
    rows, columns, useful, shift = 100, 200, 20, 0.5
    case = halves(draw, rows)
    x = draw.standard_normal((rows, columns))
    x[:, :useful] += np.where(case, shift, -shift)[:, None]
    return AtlasSet(
        title="Few rows, many columns",
        shows="more features than rows: many weak signs have to be added up",
        truth=f"x1 ... x{useful} ~ N({shift}, 1) for case, N(-{shift}, 1) for control; others N(0, 1), idle",
        bayes=two_gaussians(2 * shift * math.sqrt(useful)),
        bayes_how=f"closed form Phi({shift} sqrt({useful}))",
        winners="logistic regression, MLP",
        why="they add up all the weak signs; the tree asks only a few of them before its rows run out",
        explained=("a plane is enough", "many columns decide together"),
        cells=numeric(np.round(x, DECIMALS)),
        classes=named(case, "control", "case"),
    )


def imbalanced(draw: RandomState) -> AtlasSet:
    """One row in twenty is of the class that matters."""
    shift, rows, rare_share = 0.866, 1500, 0.05
    rare = groups(draw, rows, round(1 / rare_share)) == 0
    x = draw.standard_normal((rows, 3)) + shift * rare[:, None]
    return AtlasSet(
        title="One row in twenty",
        shows="accuracy misleads: always answering common is right 95 % of the time",
        truth=f"rare ({rare_share:.0%} of the rows) ~ N(m, I), common ~ N(0, I), m = {shift} (1, 1, 1)",
        bayes=two_gaussians(shift * math.sqrt(3), rare_share),
        bayes_how="closed form; the prior moves the threshold",
        winners="no model",
        why="accuracy barely rewards finding the rare class: look at balanced accuracy or AUC",
        explained=(),
        cells=numeric(np.round(x, DECIMALS)),
        classes=named(rare, "common", "rare"),
    )


def noise(draw: RandomState) -> AtlasSet:
    """A class that has nothing to do with the features."""
    rows = 400
    return AtlasSet(
        title="Nothing to learn",
        shows="no model beats guessing; whoever leads does so by luck",
        truth="as many heads as tails in random order, whatever x1 ... x5 ~ N(0, 1) say",
        bayes=0.5,
        bayes_how="two classes of equal size",
        winners="no model",
        why="the features say nothing about the class",
        explained=(),
        cells=numeric(normal(draw, rows, 5)),
        classes=named(halves(draw, rows), "heads", "tails"),
    )


def tiny(draw: RandomState) -> AtlasSet:
    """Thirty rows of a noisy plane."""
    blur, rows = 0.5, 30
    x = normal(draw, rows, 3)
    above = x.sum(axis=1) / math.sqrt(3) + blur * draw.standard_normal(rows) > 0
    return AtlasSet(
        title="Thirty rows",
        shows="too few rows to tell: one row is three points of accuracy",
        truth=f"above where (x1 + x2 + x3) / sqrt(3) + {blur} e > 0; all x and e ~ N(0, 1)",
        bayes=noisy_plane(blur),
        bayes_how=f"closed form 1 - arctan({blur}) / pi",
        winners="undecided",
        why="a plane is the truth, but thirty rows cannot show it beyond their own error",
        explained=(),
        cells=numeric(x),
        classes=named(above, "below", "above"),
    )
