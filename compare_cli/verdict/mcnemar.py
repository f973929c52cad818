"""McNemar's exact test of two models on the same rows: only the rows on which one is right count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class McNemar:
    """Rows on which left alone and right alone is right, and the exact two-sided p-value."""

    left_only: int
    right_only: int
    p: float


def exact_mcnemar(left: NDArray[np.float64], right: NDArray[np.float64]) -> McNemar:
    """Return McNemar's exact test of two arrays (n,) that say how often each row was right (0 to 1).

    With one fit these are 0 and 1; averaged over several fits, the rows count on which one model was right
    more often (a sign test). Without such rows p is 1.
    """
    from scipy.special import bdtr

    left_only, right_only = int((left > right).sum()), int((right > left).sum())
    rows = left_only + right_only
    p = min(1.0, 2 * float(bdtr(min(left_only, right_only), rows, 0.5))) if rows else 1.0
    return McNemar(left_only, right_only, p)
