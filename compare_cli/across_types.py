"""What several data sets say of models together: frozen dataclasses and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ModelRank:
    """One model over several data sets: mean rank (1 is best; ties share), and its record."""

    model: str
    average_rank: float | None
    wins: int
    ties: int
    losses: int
    mean_accuracy: float | None


@dataclass(frozen=True)
class AcrossPair:
    """Two models over many data sets; left has the better average rank.

    ``p_left``, ``p_rope`` and ``p_right`` are the Bayesian signed-rank masses: left better by more than the
    ROPE, practically equivalent, right better. ``wins``, ``ties`` and ``losses`` of left over right count
    data sets; a difference within the ROPE is a tie. ``median``, ``lowest`` and ``highest`` difference are in
    units of the metric, above 0 where left is better.
    """

    left: str
    right: str
    p_left: float
    p_rope: float
    p_right: float
    wilcoxon_p: float
    wilcoxon_p_holm: float
    wins: int
    ties: int
    losses: int
    datasets: int
    median: float
    lowest: float
    highest: float
    verdict: Literal["better", "worse", "equivalent", "undecided"] = "undecided"


@dataclass(frozen=True)
class AcrossVerdict:
    """What several data sets say together."""

    status: Literal["better", "equivalent", "undecided", "single", "none"]
    sentence: str
    top_set: tuple[str, ...] = ()


@dataclass(frozen=True)
class Across:
    """Models across data sets, in order of average rank, over the data sets on which every model finished.

    ``datasets`` counts these. ``rank_groups`` are the largest groups of models whose average ranks lie
    within the critical difference of each other.
    """

    models: tuple[ModelRank, ...]
    verdict: AcrossVerdict
    pairs: tuple[AcrossPair, ...] = ()
    friedman_p: float | None = None
    critical_difference: float | None = None
    datasets: int = 0
    rank_groups: tuple[tuple[str, ...], ...] = ()
