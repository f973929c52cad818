"""Random streams: one for each kind of probe, so that more of one kind changes no other number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Seed = int | tuple[int, ...]  # non-negative; a fold's seed is (seed, repeat, fold), so that folds differ


def stream(seed: Seed, number: int) -> np.random.Generator:
    """Return the generator of stream ``number`` of a seed."""
    import numpy as np

    parts = seed if isinstance(seed, tuple) else (seed,)
    return np.random.default_rng((*parts, number))
