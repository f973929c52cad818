"""How models are compared: from arrays of scores to numbers and sentences.

Works on anybody's scores, without running a comparison::

    from compare_cli.verdict import MetricFacts, judge

    judge({"tree": tree_scores, "logistic": logistic_scores}, metric=MetricFacts("accuracy"), rows=569)

where each array has shape (repeats, folds). Importing this package imports numpy only; scipy is imported by
the functions that need it.
"""

from compare_cli.verdict.evidence import common_repeats
from compare_cli.verdict.inputs import Baseline, MetricFacts, PairPredictions
from compare_cli.verdict.judge import Judgement, judge
from compare_cli.verdict.paired import (
    PairPosterior,
    correlated_t_masses,
    decide_pair,
    floor_variance,
    nadeau_bengio_variance,
    pair_posterior,
    repeat_variance,
    repeated_variance,
)
from compare_cli.verdict.repeats import REPEATS_CAP, repeats_enough

__all__ = [
    "REPEATS_CAP",
    "Baseline",
    "Judgement",
    "MetricFacts",
    "PairPosterior",
    "PairPredictions",
    "common_repeats",
    "correlated_t_masses",
    "decide_pair",
    "floor_variance",
    "judge",
    "nadeau_bengio_variance",
    "pair_posterior",
    "repeat_variance",
    "repeated_variance",
    "repeats_enough",
]
