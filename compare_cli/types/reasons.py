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

    code: Shape | Literal["noise", "categories", "gaps", "many_columns", "region"]
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
