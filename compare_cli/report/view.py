"""How a result is to be shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """How a result is shown: the width in characters, whether colours are understood, what is wanted.

    ``everything`` asks for every column, pair and reason, ``boundary`` for all boundary statistics;
    ``baseline`` is the model that others are held against over several data sets (None: chosen). ``whole``
    is set for files that have no width: names are not cut.
    """

    width: int = 80
    color: bool = False
    everything: bool = False
    boundary: bool = False
    baseline: str | None = None
    whole: bool = False

    @property
    def unlimited(self) -> bool:
        """Whether tables are as wide as they have to be."""
        return self.everything or self.whole
