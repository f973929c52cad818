"""What several data sets say of models together: a part of the JSON document of a bench."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compare_cli.types.fit import Count, Number, Rate, Share


@dataclass(frozen=True)
class ModelRank:
    """One model over the data sets on which every model finished."""

    model: str
    average_rank: Number
    """1 is best; models that tie share their mean rank"""
    wins: Count
    """over all other models and data sets, by more than the ROPE"""
    ties: Count
    """differences within the ROPE"""
    losses: Count
    mean_accuracy: Rate
    """null when another metric ranks"""


@dataclass(frozen=True)
class AcrossPair:
    """Two models over the data sets on which every model finished; left has the better average rank."""

    left: str
    right: str
    p_left: Share
    """Bayesian signed-rank: left is better by more than the ROPE"""
    p_rope: Share
    """practically equivalent"""
    p_right: Share
    """right is better by more than the ROPE"""
    wilcoxon_p: Share
    """of the signed-rank test alone"""
    wilcoxon_p_holm: Share
    """corrected for the number of pairs (Holm)"""
    wins: Count
    """data sets on which left is better by more than the ROPE"""
    ties: Count
    losses: Count
    datasets: Count
    median: float
    """of the differences, in units of the metric; above 0: left is better"""
    lowest: float
    highest: float
    verdict: Literal["better", "worse", "equivalent", "undecided"] = "undecided"
    """of left; "better" needs p_left >= 0.95 and wilcoxon_p_holm < 0.05, and 10 data sets"""


@dataclass(frozen=True)
class AcrossVerdict:
    """The answer over data sets."""

    status: Literal["better", "equivalent", "undecided", "single", "none"]
    sentence: str
    top_set: tuple[str, ...] = ()
    """the model with the best average rank and those it does not beat"""


@dataclass(frozen=True)
class Across:
    """Models across data sets, without the baseline."""

    models: tuple[ModelRank, ...]
    """in order of average rank"""
    verdict: AcrossVerdict
    pairs: tuple[AcrossPair, ...] = ()
    friedman_p: Rate = None
    """of Friedman's test with correction for ties: all models rank alike"""
    critical_difference: Number = None
    """of average ranks (Nemenyi, 0.05); for the diagram only, pairs decide"""
    datasets: Count = 0
    """data sets on which every model finished"""
    rank_groups: tuple[tuple[str, ...], ...] = ()
    """largest groups of models whose average ranks lie within the critical difference"""
