"""The verdict and what proves it: pairs, reasons, tuning, curves, leaks, several data sets together.

Parts of the JSON document; a string below a field is its description in the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from compare_cli.types.fit import Count, Number, Rate, Share

Shape = Literal["hyperplane", "bends", "thresholds", "interaction", "surrounds", "staircase"]


@dataclass(frozen=True)
class ColumnShare:
    """A column that a reason names."""

    name: str
    share: Rate = None
    """of what decides"""


@dataclass(frozen=True)
class Reason:
    """One claim about the boundaries, told because its evidence decides it."""

    code: Shape | Literal["noise", "categories", "gaps", "many_columns", "region", "columns"]
    models: tuple[str, ...]
    columns: tuple[ColumnShare, ...]
    sentence: str
    keys: tuple[str, ...]
    """of the document, that prove it"""
    figures: Mapping[str, float] = field(default_factory=dict)
    """what proves it and stands nowhere else: the score gained by a refit (gain, gain_low, gain_high) …"""

    @property
    def proof(self) -> str:
        """What proves it, in a line: the code, keys of the document, figures."""
        figures = [f"{name} {value:.3g}" for name, value in self.figures.items()]
        return f"{self.code}: {', '.join((*self.keys, *figures))}"


@dataclass(frozen=True)
class LeakCheck:
    """The verdict without one thing that may make scores too good (`--check-leaks`)."""

    code: str
    """the code of the note that told of it"""
    changed: str
    """what was done, in words"""
    recommended: str | None
    leader: str | None
    """the first of the models, by merit"""
    score: Number
    """its score by the metric of the protocol"""
    sentence: str
    """the verdict"""


@dataclass(frozen=True)
class TunedModel:
    """A model whose configuration was chosen on inner folds of the training rows, beside its default.

    Scores are means over the same folds of the first repeat (or of the test set).
    """

    model: str
    tried: int
    """configurations, the default among them; 1 where no others are known"""
    default: Number
    tuned: Number
    gain: Number
    """tuned minus default; above 0 where tuning helps, whatever the direction of the metric"""
    gain_low: Number
    """95 %"""
    gain_high: Number
    chosen: Mapping[str, int]
    """configurations, and by how many folds each was chosen, most often first"""


@dataclass(frozen=True)
class TunedPair:
    """Two tuned models on the same folds; delta > 0 and "better" speak of left."""

    left: str
    right: str
    delta: Number
    delta_low: Number
    """95 %"""
    delta_high: Number
    verdict: Literal["identical", "equivalent", "better", "worse", "undecided"]


@dataclass(frozen=True)
class Headroom:
    """Whether the order of the models would stand if each were tuned (`--headroom`)."""

    status: Literal["holds", "changes", "undecided", "single", "none"]
    """holds: the leader of the defaults leads still, as surely; none: nothing was tuned"""
    sentence: str
    folds: int
    """that were tuned on; 1 with a test set"""
    fits: int
    """that it took; they are no rows of fits"""
    models: tuple[TunedModel, ...] = ()
    """in the order of the defaults"""
    pairs: tuple[TunedPair, ...] = ()


@dataclass(frozen=True)
class PairVerdict:
    """Two models; delta > 0 and "better" speak of left."""

    left: str
    right: str
    delta: Number = None
    delta_low: Number = None
    delta_high: Number = None
    se: Number = None
    se_floor: Number = None
    split_sd: Number = None
    df: int | None = None
    p_positive: Rate = None
    p_better: Rate = None
    p_equivalent: Rate = None
    p_worse: Rate = None
    p_better_nb: Rate = None
    p_adjusted: Rate = None
    p_leader: Rate = None
    """the leader's pairs: adjusted for its being chosen from the same scores; what decides them"""
    p_better_shrunk: Rate = None
    """p_better when it is remembered that extreme scores are partly luck: rough; from three models on"""
    train_rows: int | None = None
    """of the growing samples that the difference comes from"""
    verdict: Literal["identical", "equivalent", "better", "worse", "undecided"] = "undecided"
    undecided_reason: Literal["more_repeats", "more_data", "no_spread", "not_computed"] | None = (
        "not_computed"
    )
    p_decided_by_repeats: Rate = None
    repeats_suggested: int | None = None
    rows_needed: int | None = None
    disagreement: Rate = None
    """share of test rows that the two label differently"""
    disagreement_between_rows: Rate = None
    """the same at midpoints of rows"""
    left_right_when_differ: Rate = None


@dataclass(frozen=True)
class CurvePoint:
    """The score of one model at one number of training rows."""

    model: str
    train_rows: int
    """of each sample"""
    samples: int
    """how many were learnt from: disjoint ones of a large table, else parts of the folds' training rows"""
    test_rows: int
    """that were judged"""
    score: Number
    """mean over samples, by the metric of the protocol"""
    low: Number
    """95 %, of the mean over samples and test rows"""
    high: Number


@dataclass(frozen=True)
class CurvePair:
    """Two models at one number of training rows, on the same rows; delta > 0 speaks for left."""

    left: str
    right: str
    train_rows: int
    delta: Number
    low: Number
    """95 %"""
    high: Number
    p_positive: Number
    """probability that left is better there"""


@dataclass(frozen=True)
class Verdict:
    """The answer."""

    status: Literal["better", "equivalent", "undecided", "single", "none"]
    reason: str = ""
    recommended: str | None = None
    top_set: tuple[str, ...] = ()
    sentence: str = ""
    because: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """what the boundaries say, as data; their sentences are in because"""
    not_tried: tuple[str, ...] = ()
    """families that are hard to beat on tables and were not among the models"""


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
