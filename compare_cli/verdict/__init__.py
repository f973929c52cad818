"""How models are compared: from arrays of scores to numbers and sentences.

Works on anybody's scores, without running a comparison::

    from compare_cli.verdict import MetricFacts, judge

    judge({"tree": tree_scores, "logistic": logistic_scores}, metric=MetricFacts("accuracy"), rows=569)

where each array has shape (repeats, folds). Importing this package imports numpy only; scipy is imported by
the functions that need it.
"""

from compare_cli.types import AcrossPair
from compare_cli.verdict.across import judge_across
from compare_cli.verdict.evidence import common_repeats
from compare_cli.verdict.held_out import judge_single_test
from compare_cli.verdict.inputs import Baseline, MetricFacts, PairPredictions
from compare_cli.verdict.intervals import auc_interval_unreliable, score_interval, wilson_interval
from compare_cli.verdict.judge import Judgement, judge
from compare_cli.verdict.mcnemar import McNemar, exact_mcnemar
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
from compare_cli.verdict.ranks import critical_difference, friedman_p_value, rank_groups, ranks_per_dataset
from compare_cli.verdict.repeats import REPEATS_CAP, repeats_enough
from compare_cli.verdict.signed_rank import bayesian_signed_rank, holm, wilcoxon_p_value

__all__ = [
    "REPEATS_CAP",
    "AcrossPair",
    "Baseline",
    "Judgement",
    "McNemar",
    "MetricFacts",
    "PairPosterior",
    "PairPredictions",
    "auc_interval_unreliable",
    "bayesian_signed_rank",
    "common_repeats",
    "correlated_t_masses",
    "critical_difference",
    "decide_pair",
    "exact_mcnemar",
    "floor_variance",
    "friedman_p_value",
    "holm",
    "judge",
    "judge_across",
    "judge_single_test",
    "nadeau_bengio_variance",
    "pair_posterior",
    "rank_groups",
    "ranks_per_dataset",
    "repeat_variance",
    "repeated_variance",
    "repeats_enough",
    "score_interval",
    "wilcoxon_p_value",
    "wilson_interval",
]
