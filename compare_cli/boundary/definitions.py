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
        "Cohen's kappa between the model and its best linear surrogate (a logistic regression trained on"
        " at most 2,000 training rows labelled by the model, judged on held-out rows; a small table adds"
        f" copies of its rows with noise of {NOISE} sd)",
        "0 to 1; logistic regression is about 1, less with more than about 50 columns",
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
        f"effective rank of the boundary's normals within a pair of classes, seen at a radius of {RADIUS} sd",
        "1 to the number of numeric columns; logistic regression is 1",
        "1: flat; 2: bends in a plane, two features interact; as many as columns: one class surrounds the"
        f" other; blurred above about {BLURRED_FROM} columns",
        "decision boundary feature matrix, Lee & Landgrebe 1993",
        column=True,
    ),
    Statistic(
        "roughness",
        "Roughness",
        f"1 - the squared length of the boundary's mean normal at a radius of {RADIUS} sd",
        "0 to 1",
        "0: flat at that scale; 1: shredded, points next to each other get different answers",
        "decision boundary variability, after Lei et al. 2021",
        column=True,
    ),
    Statistic(
        "axis_aligned",
        "Axis",
        "share of boundary points whose normal has all other components below 5 % of the largest",
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
        "margin_median",
        "Margin",
        "median distance from a row to the nearest point predicted otherwise, in sd of the numeric columns",
        "0 upwards, in sd",
        "small: half of the rows would be predicted otherwise after a small change",
        "exact for linear models and trees (Chen et al. 2019), else an upper bound (see margin_exact)",
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

_TOLD = "told under a verdict, and in verdict.reasons of the JSON"
_REASONS = (
    (
        "hyperplane",
        "A plane is enough",
        "no bent model, nor a regularised refit, gains over logistic regression",
        "the most that may still be gained is the upper end of a 95 % interval",
    ),
    (
        "bends",
        "Not a straight line",
        "a model that no plane imitates is better than logistic regression",
        "its gain, and the columns that make most of its boundary",
    ),
    (
        "noise",
        "Fits noise",
        "a pruned or regularised refit of the model is better on the same folds beyond error",
        "prune or regularise it",
    ),
    (
        "thresholds",
        "Thresholds decide",
        "a tree of few different cuts does better than smooth models",
        "a few limits on the named columns say it all",
    ),
    (
        "interaction",
        "Two columns interact",
        "rows that either column alone moves to the other class come back when"
        " both change, and boosting without interactions is worse",
        "look at the two together",
    ),
    (
        "surrounds",
        "One class surrounds the other",
        "ways out of the inner class leave it in every direction",
        "distance from the inner class decides",
    ),
    (
        "categories",
        "Categories decide",
        "other rows' categories change predictions, numbers hardly do",
        "by themselves, or by what another column means",
    ),
    (
        "gaps",
        "Gaps decide",
        "whether a number is missing changes predictions",
        "missing values are not random",
    ),
    (
        "many_columns",
        "Many columns decide together",
        "five or more columns decide, near copies counted once",
        "a tree would ask for one at a time",
    ),
    (
        "staircase",
        "Staircase",
        "a tree cuts one slanted plane into many steps along the axes",
        "a linear model says the same in one",
    ),
    (
        "region",
        "Where one is better",
        "at most two conditions, chosen on half of the folds and confirmed on the other half",
        "there, and not elsewhere",
    ),
)
REASONS: dict[str, Statistic] = {
    code: Statistic(code, title, what, "a sentence, or none", how, _TOLD)
    for code, title, what, how in _REASONS
}
HEADERS: dict[str, Statistic] = {
    s.title: s
    for s in (
        Statistic(
            "gap",
            "Gap",
            "score minus that of the model in the first line",
            "points of rates",
            "0 for the first; its uncertainty is in the verdict",
            "means over the same folds",
        ),
        Statistic(
            "p_best",
            "P(best)",
            "probability that the model leads",
            "0 to 1",
            "near 1 for one model: it leads; spread out: the data cannot tell",
            "posterior of fold differences",
        ),
        Statistic(
            "decided_by",
            "Decided by",
            "share of each column in what decides: squared components of the"
            " boundary's normals, and flips when categories or gaps are those of another row",
            "0 to 1, sums to 1",
            "the columns to look at first",
            "diagonal of the decision boundary feature matrix, Lee & Landgrebe 1993",
        ),
        Statistic(
            "95 %",
            "95 %",
            "interval that holds the score with 95 % probability",
            "the score's own",
            "narrow: many rows",
            "Wilson 1927 for accuracy, t over folds for other scores",
        ),
        Statistic(
            "repeats",
            "Repeats",
            "how often rows are dealt into folds anew; looked at after 1, 2, 4 and the last one",
            "1 to 10",
            "it ends at the first look that decides (p <= .01, at the last one .05), or when more repeats"
            " would not make the differences clearer; --repeats N is one look after N",
            "Haybittle 1971, Peto et al. 1976 (surer early looks); Nadeau and Bengio 2003 (repeats)",
        ),
        Statistic(
            "samples",
            "Learnt from",
            "how many rows a model learnt from: samples grow until one model is ahead of every other one by"
            " more than that may still close on the way to all rows, or all are equivalent",
            "2,000 to a fourth of the rows",
            "curves can cross later than that, and --all-rows uses every row; docs/simulations.md tells how"
            " often the rule was wrong",
            "Mohr et al. 2022 (LCDB: recorded learning curves that the rule was tried on)",
        ),
    )
}
ALIASES = {
    "learnt from": "samples",
    "curve": "samples",
    "linear": "linearity",
    "looks": "repeats",
    "nonconv": "nonconvexity",
    "dirs": "directions",
    "rough": "roughness",
    "instab": "instability",
    "really bends": "bends",
    "nearly a hyperplane": "hyperplane",
    "two features interact": "interaction",
    "boundary thickness": "unsure",
}
"""What tables, earlier sentences and other sources call them."""
