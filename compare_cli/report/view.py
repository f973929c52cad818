"""What the place of output can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """Width in characters, whether colours are understood, and which columns are wanted.

    ``baseline`` is the model that others are held against over several data sets; None: chosen.
    """

    width: int = 80
    color: bool = False
    everything: bool = False
    boundary: bool = False
    baseline: str | None = None
