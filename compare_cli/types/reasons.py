"""What proves a verdict or undoes it: claims about boundaries, checks of leaks, as data.

A string below a field is its description in the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from compare_cli.types.fit import Number, Rate

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
