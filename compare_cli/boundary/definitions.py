"""What each boundary statistic is and how to read it. Imports nothing heavy: help texts come from here."""

from __future__ import annotations

from dataclasses import dataclass

RADIUS = 0.25  # sd: the scale at which directions and roughness are read; a convention
NOISE = 0.1  # sd: the noise of flips; a convention
BLURRED_FROM = 30  # moving columns from which directions are shown with "~"


@dataclass(frozen=True)
class Statistic:
    """One boundary statistic. ``column``: the table shows it; ``per_fit``: a single fit has it."""

    name: str
    title: str
    definition: str
    range: str
    how_to_read: str
    source: str
    column: bool = False
    per_fit: bool = True


_ALL = (
    Statistic(
        "linearity",
        "Linearity",
        "how far the model agrees with a plane (one for each pair of classes): Cohen's kappa between it and"
        " its best linear surrogate (a logistic regression trained on at most 2,000 training rows labelled by"
        " the model, judged on held-out rows; a small table adds copies of its rows with noise of"
        f" {NOISE} sd)",
        "0 to 1; logistic regression is about 1, less with more than about 50 columns; None for one class",
        "near 1: one plane per pair of classes says it all; low: the model really uses its freedom",
        "fidelity of a surrogate, after Craven & Shavlik 1996",
        column=True,
    ),
    Statistic(
        "nonconvexity",
        "Nonconvex",
        "chance that a random point between two rows predicted alike is predicted otherwise",
        "0 to 1; logistic regression is exactly 0",
        "0: every class is convex; high: classes are bent around each other or split into parts",
        "classifier nonlinearity, Hoekstra & Duin 1996",
        column=True,
    ),
    Statistic(
        "directions",
        "Directions",
        "in how many directions the boundary between two classes turns: effective rank of its normals (the"
        f" ways straight across it), seen at a radius of {RADIUS} sd",
        "1 to the number of numeric columns; logistic regression is 1",
        "1: flat; 2: it bends, along two columns or two sums of columns; as many as columns: one class lies"
        f" around the other; blurred above about {BLURRED_FROM} columns",
        "decision boundary feature matrix, Lee & Landgrebe 1993",
        column=True,
    ),
    Statistic(
        "roughness",
        "Roughness",
        "how uneven the boundary is nearby: 1 - the squared length of its mean normal at a radius of"
        f" {RADIUS} sd",
        "0 to 1",
        "0: flat at that scale; 1: shredded, points next to each other get different answers",
        "decision boundary variability, after Lei et al. 2021",
        column=True,
    ),
    Statistic(
        "axis_aligned",
        "Axis",
        "share of boundary points where the boundary is a cut of one column: all other components of its"
        " normal are below 5 % of the largest",
        "0 to 1; a tree is 1",
        "1: steps parallel to the axes, as trees make; any plane parallel to an axis passes too",
        "from labels alone, by this project",
        column=True,
    ),
    Statistic(
        "flips",
        "Flips",
        f"chance that noise of {NOISE} sd on every numeric column changes the prediction",
        "0 to 1",
        "high: many rows lie close to the boundary",
        "noise sensitivity",
        column=True,
    ),
    Statistic(
        "flips_robust",
        "Flips, robust",
        f"as flips, with noise of {NOISE} x the interquartile range / 1.349 in each column",
        "0 to 1",
        "as flips where columns are normal; less where heavy tails make the sd large",
        "noise sensitivity; the interquartile range of a normal column is 1.349 sd",
    ),
    Statistic(
        "instability",
        "Instability",
        "chance that two folds' models answer differently halfway between two rows",
        "0 to 1",
        "low: every training set gives the same boundary; high: the boundary follows the sample",
        "decision boundary variability, Lei et al. 2021",
        column=True,
        per_fit=False,
    ),
    Statistic(
        "instability_halves",
        "Instability, halves",
        "chance that models of the two halves of the rows answer differently halfway between two rows; fitted"
        " where the model fits noise, else null",
        "0 to 1",
        "as instability, which grows with fewer folds, while this one does not depend on their number",
        "decision boundary variability, Lei et al. 2021",
        per_fit=False,
    ),
    Statistic(
        "margin_median",
        "Margin",
        "median distance from a row to the nearest point predicted otherwise, in sd of the numeric columns",
        "0 upwards, in sd",
        "small: half of the rows would be predicted otherwise after a small change",
        "exact for linear models and trees (Chen et al. 2019), else an upper bound (see margin_exact)",
    ),
    Statistic(
        "margin_robust",
        "Margin, robust",
        "margin_median in units of the interquartile range / 1.349 of the columns that decide, weighed by the"
        " mean squared components of the boundary's normals",
        "0 upwards",
        "as margin_median where columns are normal; more where heavy tails make the sd large",
        "exact for a plane; the interquartile range of a normal column is 1.349 sd",
    ),
    Statistic(
        "margin_q10",
        "Margin, lowest tenth",
        "distance to the nearest point predicted otherwise that a tenth of the rows are within",
        "0 upwards, in sd",
        "near 0: the most exposed rows lie on the boundary",
        "as margin_median",
    ),
    Statistic(
        "margin_exact",
        "Exact margins",
        "1 where margins are computed from the model's structure, 0 where they are upper bounds",
        "0 or 1",
        "compare upper bounds with exact margins with care",
        "by family: linear models and trees are exact",
    ),
    Statistic(
        "crossings",
        "Crossings",
        "changes of prediction on a straight walk between two rows predicted differently (12 steps)",
        "1 upwards; logistic regression with two classes is exactly 1",
        "above 1: the walk leaves and enters classes several times",
        "by this project",
    ),
    Statistic(
        "broken_walks",
        "Broken walks",
        "share of straight walks between rows predicted alike that leave the class somewhere (8 steps)",
        "0 to 1; logistic regression is exactly 0",
        "as nonconvexity, but counting walks and not their length",
        "by this project, after Hoekstra & Duin 1996",
    ),
    Statistic(
        "unsure",
        "Unsure",
        f"share of a walk between classes on which the two highest probabilities are within {0.5:g}",
        "0 to 1; None without probabilities",
        "0: the model changes its mind at once; high: a wide belt of doubt",
        "boundary thickness, by length, Yang et al. 2020",
    ),
    Statistic(
        "features_per_facet",
        "Features per facet",
        "median over boundary points of 1 / (sum of 4th powers of the unit normal's components)",
        "1 to the number of numeric columns; a tree is 1",
        "how many columns decide together at one place of the boundary",
        "participation ratio",
    ),
    Statistic(
        "fragments",
        "Fragments",
        "patches of one label on planes through three rows (14 x 14 points), less the classes seen there",
        "0 upwards",
        "0: every class is one piece; high: islands",
        "after Somepalli et al. 2022",
    ),
    Statistic(
        "held_flips",
        "Held flips",
        "chance that the held values of another row (categories, truth values, gaps) change the prediction",
        "0 to 1; None where all rows hold the same",
        "high: what is held decides, or decides what the numbers mean",
        "noise sensitivity, of what cannot move",
    ),
    Statistic(
        "number_flips",
        "Number flips",
        "chance that the numbers of another row change the prediction, all that is held staying",
        "0 to 1; None where nothing is held",
        "0: numbers do not matter beside categories and gaps",
        "as held flips, of what moves",
    ),
    Statistic(
        "effective_columns",
        "Effective columns",
        "effective rank of what decides, 1 / (sum over pairs of columns of share x share x"
        " correlation squared)",
        "1 to the number of numeric columns",
        "how many columns decide, near copies of one counted once",
        "participation ratio; Lee & Landgrebe 1993 for the shares",
    ),
    Statistic(
        "cuts",
        "Cuts",
        "effective number of cuts parallel to the axes: 1 / chance that two such boundary points lie on one"
        " column within 0.05 sd of each other",
        "1 upwards; None without boundary points parallel to an axis",
        "few for each column that decides: thresholds; many: a staircase, or noise",
        "by this project",
    ),
    Statistic(
        "enclosed",
        "Enclosed",
        "share of random straight ways from a class's rows, in the columns that decide, that leave the class"
        " within twice the radius of the data; the highest over classes",
        "0 to 1; a plane about .5",
        "near 1 for one class and clearly less for another: the latter surrounds it",
        "by this project",
    ),
    Statistic(
        "enclosed_least",
        "Enclosed, least",
        "as enclosed, the lowest over classes",
        "0 to 1",
        "near 1 as well: the classes lie in turns, as on a chess board or a spiral",
        "by this project",
    ),
    Statistic(
        "moving_columns",
        "Moving columns",
        "numeric columns that vary in the training rows: the space that the boundary is looked at in",
        "0 upwards",
        "the largest number of directions that there can be",
        "exact",
    ),
    Statistic(
        "leaves", "Leaves", "leaves of the tree", "1 upwards", "boxes that it cuts the space into", "exact"
    ),
    Statistic(
        "depth", "Depth", "longest chain of questions in the tree", "0 upwards", "how fine it cuts", "exact"
    ),
    Statistic(
        "parameters", "Parameters", "weights that were learnt", "1 upwards", "size of the model", "exact"
    ),
    Statistic(
        "relu_pieces",
        "ReLU pieces",
        "linear pieces of the network on a straight walk between two rows predicted differently",
        "1 upwards",
        "how often the network bends on the way; a property of the network, not of the data",
        "exact for ReLU networks",
    ),
)

STATISTICS: dict[str, Statistic] = {s.name: s for s in _ALL}
