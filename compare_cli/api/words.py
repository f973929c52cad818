"""Words of tables, reasons and other sources, and what they mean. Imports nothing heavy."""

from __future__ import annotations

from compare_cli.boundary.definitions import Statistic

_TOLD = "told under a verdict, and in verdict.reasons of the JSON"
_REASONS = (
    (
        "hyperplane",
        "A plane is enough",
        "a straight boundary (a plane between each pair of classes) is as good as any: no model that may bend"
        " it, nor a regularised refit of one, gains enough over logistic regression",
        "use the linear model; what bending may still gain at most is the upper end of a 95 % interval",
    ),
    (
        "bends",
        "Not a straight line",
        "a model with a bent boundary, which no linear model can imitate, is better than logistic regression",
        "use a model that may bend; the named columns make most of its boundary",
    ),
    (
        "noise",
        "Fits noise",
        "the model learns its training rows by heart: the same model, pruned (tree) or regularised (mlp), is"
        " better on the same folds beyond error",
        "prune or regularise it; the sentence says what that brings",
    ),
    (
        "thresholds",
        "Thresholds decide",
        "a tree of few different cuts does better than smooth models, or as well as those that"
        " run along the axes",
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
        "one class lies inside another: straight ways from its rows leave it in whatever direction they go",
        "how far a row is from the middle of the inner class decides, not on which side",
    ),
    (
        "categories",
        "Categories decide",
        "giving a row another row's category changes what is predicted; giving it other numbers hardly"
        " does, or their meaning depends on the category",
        "look at the classes in each category of the named columns",
    ),
    (
        "gaps",
        "Gaps decide",
        "whether a value is missing changes what is predicted, more than the value",
        "values are not missing at random: find out why they are",
    ),
    (
        "many_columns",
        "Many columns decide together",
        "a linear model adds up five or more columns (near copies counted once) and beats a tree",
        "a tree asks for one column at a time and runs out of rows",
    ),
    (
        "staircase",
        "Staircase",
        "a tree can cut along one column at a time only, and imitates one slanted plane by many such steps",
        "a linear model says the same with one cut",
    ),
    (
        "columns",
        "Decides by",
        "the columns that make most of the boundary of the model to use, or that stand out",
        "told where no other sentence names columns",
    ),
    (
        "region",
        "Where one is better",
        "one model labels more rows rightly than another where at most two conditions hold, and not"
        " elsewhere; conditions are found on one half of the folds and confirmed on the other",
        "for such rows use that model; the gain is of rows that did not choose the conditions",
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
            "probability that the model is the best of these",
            "0 to 1",
            "near 1: hardly another can be better; spread over several: the data cannot tell which is best",
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
            "disagreement",
            "Disagreement",
            "share of rows that two models label differently (pairs.disagreement), and of places halfway"
            " between two rows (pairs.disagreement_between_rows)",
            "0 to 1",
            "high between equally good models: single predictions depend on which of them is taken",
            "ambiguity of predictions, Marx et al. 2020",
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
            "headroom",
            "Headroom",
            "what a model gains when one of 8 fixed configurations, its default among them, is chosen for"
            " each fold by 3 inner folds of its training rows, and judged on the fold's test rows",
            "points of rates",
            "an interval above 0: the default is not what this data wants. The order of the defaults can be"
            " trusted where their leader is proven better (or as good) after tuning too; 8 configurations are"
            " no search, so that more may be gained",
            "nested cross-validation, Varma and Simon 2006; Cawley and Talbot 2010",
        ),
        Statistic(
            "samples",
            "Learnt from",
            "how many rows a model learnt from: samples grow until one model is ahead of every other one by"
            " more than that may still close on the way to all rows, or all are equivalent",
            "2,000 to a fourth of the rows",
            "curves can cross later than that, and --all-rows uses every row; docs/simulations.md tells how"
            " often the rule was wrong",
            "Mohr et al. 2022, Yan et al. 2025 (recorded learning curves that it was tried on)",
        ),
    )
}
_PLAIN = (
    ("Model", "the model as --models takes it", "a name", "with the settings that were given"),
    ("Rows", "rows of a class, or of a bin of probabilities", "1 upwards", "few: uncertain"),
    ("Fit", "median time of one fit, by the clock", "seconds", "fit_seconds of the JSON"),
    ("Fit CPU", "median processor time of one fit", "seconds", "below Fit: the machine was busy"),
    ("Predict", "rows predicted in a second, median", "rows a second", "more is faster"),
    ("Prepare", "median time to prepare the rows of a fold", "seconds", "not part of Fit"),
    ("Size", "size of the pickled model, median", "bytes", "what must be stored and loaded"),
    ("Mean rank", "mean place over data sets, equals share places", "1 upwards", "1: always first"),
    ("Wins", "data sets on which the model is better beyond error", "0 upwards", "see also W-T-L"),
    ("Ties", "data sets that do not decide between two models", "0 upwards", "many: too few rows"),
    ("Losses", "data sets on which the model is worse beyond error", "0 upwards", "see also W-T-L"),
    ("W-T-L", "wins, ties and losses of the first model against the second", "counts", "6-1-0: ahead"),
    ("Mean accuracy", "mean of the score over data sets", "the score's own", "ranks say more"),
    ("Median", "median difference of two models over data sets", "points", "+: the first leads"),
    ("Spread", "smallest and largest difference over data sets", "points", "across 0: it depends"),
    ("P(better)", "chance that the first model is better on a new table", "0 to 1", "by more than it"),
    ("P(same)", "chance of a difference within the ROPE on a new table", "0 to 1", "near 1: equal"),
    ("P(worse)", "chance that the first model is worse on a new table", "0 to 1", "by more than it"),
    ("Holm p", "p of Wilcoxon's signed-rank test, of all pairs", "0 to 1", "below .05: they differ"),
    ("Precision", "share of the rows predicted as the class that are of it", "0 to 1", "low: false alarms"),
    ("Recall", "share of the rows of the class that are predicted as it", "0 to 1", "low: overlooked"),
    ("F1", "harmonic mean of precision and recall of the class", "0 to 1", "f1_macro is its mean"),
    ("Mean", "mean of the highest probabilities in a bin", "0 to 1", "beside Right: calibration"),
    ("Right", "share of the rows in a bin that are predicted rightly", "0 to 1", "equal to Mean: calibrated"),
    ("Default", "score with default settings, same folds", "the score's own", "--headroom"),
    ("Tuned", "score of the model tuned on inner folds", "the score's own", "--headroom"),
    ("Gain", "tuned less default score", "points", "what tuning may bring"),
    ("Most chosen (folds)", "settings that most inner folds chose", "settings", "--headroom"),
    ("Columns", "share of each column in what decides, mean and sd over folds", "0 to 1", "see decided_by"),
    ("Gaps", "share that being missing has in what decides, by column", "0 to 1", "high: gaps tell"),
    (
        "Pairs",
        "how often rows that each of two columns moves return with both",
        "0 to 1",
        "high: they interact",
    ),
    ("Reason", "why geometry is missing", "text or null", "such as: predicts one class"),
)
HEADERS |= {
    title: Statistic(title, title, what, of, how, "tables and JSON of this project")
    for title, what, of, how in _PLAIN
}
_LORENA = "Lorena et al. 2019, How complex is your classification problem?; Ho & Basu 2002"
COMPLEXITY: dict[str, Statistic] = {
    name: Statistic(name, title, what, "0 to 1", how, _LORENA)
    for name, title, what, how in (
        (
            "n1",
            "Borderline rows",
            "share of rows that the shortest tree through all rows joins to a row of another class",
            "dataset.complexity.n1 in JSON, by Gower's distances among at most 1,000 rows; near 0: classes"
            " lie apart; unsure and flips tell how near to a model's boundary rows lie",
        ),
        (
            "n3",
            "Error of the nearest neighbour",
            "share of rows whose nearest row has another class",
            "dataset.complexity.n3 in JSON, by Gower's distances among at most 1,000 rows; more lower it:"
            " compare fit DATA --models 'knn(n_neighbors=1)' has them all",
        ),
        (
            "f1_fisher",
            "Largest Fisher ratio",
            "1 / (1 + the largest ratio, over columns, of the variance between classes to that within); the"
            " F1 of data complexity, while F1 here is a score",
            "dataset.complexity.f1_fisher in JSON; 0: one column's mean tells classes apart, 1: no mean does;"
            " decided_by names the columns that tell classes apart, together",
        ),
        (
            "l2",
            "Error of a linear classifier",
            "share of the training rows that a linear classifier labels wrongly",
            "dataset.complexity.l2 in JSON, of logistic regression; its accuracy on new rows is what counts",
        ),
    )
}
"""Measures of data complexity that users know from elsewhere, and what tells the same here."""
ALIASES = {
    "learnt from": "samples",
    "curve": "samples",
    "agrees with a plane": "linearity",
    "f1 of data complexity": "f1_fisher",
    "fisher ratio": "f1_fisher",
    "ambiguity": "disagreement",
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
