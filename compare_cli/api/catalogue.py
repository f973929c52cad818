"""What there is to choose from and to explain: models with their parameters, statistics, words of tables.

Nothing is fitted.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compare_cli.boundary.definitions import STATISTICS, Statistic
from compare_cli.data import builtin_names
from compare_cli.errors import UsageError, nearest
from compare_cli.metrics import METRICS
from compare_cli.models.families import Family, family_of
from compare_cli.models.specs import all_families, load_class, parse_models, parse_spec
from compare_cli.types import ModelSpec

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
        "columns",
        "Decides by",
        "the columns that make most of the boundary of the model to use, or that stand out",
        "told where no other sentence names columns",
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
            "Mohr et al. 2022 (LCDB: recorded learning curves that the rule was tried on)",
        ),
    )
}
_LORENA = "Lorena et al. 2019, How complex is your classification problem?; Ho & Basu 2002"
COMPLEXITY: dict[str, Statistic] = {
    name: Statistic(name, title, what, "0 to 1", how, _LORENA)
    for name, title, what, how in (
        (
            "n1",
            "Borderline rows",
            "share of rows that the shortest tree through all rows joins to a row of another class",
            "not computed here; unsure and flips tell how near to the boundary rows lie",
        ),
        (
            "n3",
            "Error of the nearest neighbour",
            "share of rows whose nearest row has another class",
            "compare fit DATA --models 'knn(n_neighbors=1)': 1 less its accuracy on new rows",
        ),
        (
            "f1_fisher",
            "Largest Fisher ratio",
            "1 / (1 + the largest ratio, over columns, of the variance between classes to that within); the"
            " F1 of data complexity, while F1 here is a score",
            "not computed here; decided_by names the columns that tell classes apart, together",
        ),
        (
            "l2",
            "Error of a linear classifier",
            "share of the training rows that a linear classifier labels wrongly",
            "1 less the train_accuracy of logistic; its accuracy on new rows is what counts",
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


@dataclass(frozen=True)
class ModelFacts:
    """One model: what was named, its family, and the default of each of its parameters.

    ``defaults`` are those of the estimator's class (`inspect.Parameter.empty` where it has none).
    """

    spec: ModelSpec
    family: Family
    defaults: Mapping[str, Any]


def datasets() -> dict[str, str]:
    """Return the names of the built-in data sets with their titles."""
    return dict(builtin_names())


def metrics() -> dict[str, str]:
    """Return the names of the scores that models may be ranked by with their titles."""
    return {metric.name: metric.title for metric in METRICS.values() if metric.ranks}


def models() -> dict[str, Family]:
    """Return every kind of model by its name, those of installed plugins included. Imports none of them."""
    return all_families()


def model(text: str) -> ModelFacts:
    """Return what is known of a model as `--models` takes it. Raises UsageError for one that is not there."""
    spec = parse_spec(text)
    parameters = inspect.signature(load_class(spec)).parameters
    return ModelFacts(spec, family_of(spec), {name: p.default for name, p in parameters.items()})


def reference(text: str, models: str | None, option: str = "--baseline") -> str:
    """Return the full name of a model that ``option`` singles out, such as what others are held against.

    ``models`` are those that are compared (None: the default ones). Raises UsageError when it is not one
    of them.
    """
    compared = [spec.name for spec in parse_models(models)]
    try:
        name = parse_spec(text).name
    except UsageError:
        name = text
    if name not in compared:
        raise UsageError(
            f"{option} {text}: is not among the models that are compared.{nearest(name, compared)}"
            f" They are {', '.join(compared)}."
        )
    return name


def statistics() -> dict[str, Statistic]:
    """Return every boundary statistic by its name."""
    return dict(STATISTICS)


def explain(name: str) -> Statistic:
    """Return what a statistic, a header of a table, a metric, a reason or a measure of complexity is.

    Upper and lower case are the same. Raises UsageError for what is none of them.
    """
    known = {**_metrics(), **HEADERS, **REASONS, **COMPLEXITY, **STATISTICS}
    by_name = {title.lower(): entry for title, entry in known.items()}
    by_name = {entry.title.lower(): entry for entry in known.values()} | by_name
    wanted = ALIASES.get(name.lower(), name.lower())
    if wanted not in by_name:
        raise UsageError(f"Nothing is called {name!r}.{nearest(name, [*known, *ALIASES])}")
    return by_name[wanted]


def _metrics() -> dict[str, Statistic]:
    """Return metrics as entries to be explained."""
    return {
        m.name: Statistic(
            m.name,
            m.title,
            m.help,
            "{:g} to {:g}".format(*m.bounds),
            "higher is better" if m.higher_is_better else "lower is better",
            "scikit-learn's user guide, model evaluation",
        )
        for m in METRICS.values()
    }
