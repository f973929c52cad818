"""Scores of all models in one form: who is complete, in which order of merit, and each pair's posterior.

Which models take part:

- A model with a score on every fold is *complete*: only complete models can be leader, be in the top set
  and take part in the draws for more than two models.
- A model that lacks some scores (NaN) is *partial*. Its pairs use the repeats in which both models have a
  score on every fold; where no such repeat exists the pair is ``not_computed``.
- A model without any score is *failed*; it has no pairs that are computed.
- The baseline stands outside: it is paired with every model, always on the right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.verdict.paired import PairPosterior

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """What the verdict is made from.

    ``source`` says whether a column of scores is a fold or a row of one test set. ``registry`` are the real
    models (not the baseline) in the order given, ``order`` the same in order of merit: complete ones by mean
    score, then partial ones, then failed ones; equal means keep the registry order. ``columns`` maps models
    (and the baseline) to (r, k) scores, higher is better, NaN where there is none. ``posteriors`` has every
    pair, left before right in ``order``, the baseline last; None where it cannot be computed. ``rows`` are
    the rows that more of would shrink the standard error, None where their number is unknown.
    """

    source: Literal["folds", "rows"]
    registry: tuple[str, ...]
    order: tuple[str, ...]
    complete: tuple[str, ...]
    baseline: str | None
    columns: Mapping[str, Floats]
    posteriors: Mapping[tuple[str, str], PairPosterior | None]
    rows: int | None

    @property
    def repeats(self) -> int:
        """r, the number of repeats (of seeds for a test set)."""
        return next(iter(self.columns.values())).shape[0] if self.columns else 0

    @property
    def folds(self) -> int:
        """k, the number of folds per repeat (of rows for a test set)."""
        return next(iter(self.columns.values())).shape[1] if self.columns else 0

    def sample(self, name: str) -> Floats:
        """The values whose covariance between models counts: scores of all folds, or of the test set's rows.

        Rows are averaged over the seeds. Only for complete models.
        """
        values = self.columns[name]
        return values.mean(axis=0) if self.source == "rows" else values.reshape(-1)

    @property
    def partial(self) -> dict[str, int]:
        """Real models that lack some scores → how many; the failed ones lack all."""
        lacking = {name: int((~np.isfinite(self.columns[name])).sum()) for name in self.order}
        return {name: count for name, count in lacking.items() if count}

    @property
    def leader(self) -> str | None:
        """The complete model with the best mean score."""
        return self.complete[0] if self.complete else None


def gather(
    scores: Mapping[str, Floats],
    posterior: Callable[[Floats], PairPosterior | None],
    *,
    source: Literal["folds", "rows"],
    higher_is_better: bool,
    baseline: str | None,
    rows: int | None,
) -> Evidence:
    """Bring scores (models → (r, k), the metric's own direction) into the form of `Evidence`.

    ``posterior`` makes a pair's posterior from differences in which every repeat is full. Arrays that are
    not of one two-dimensional shape are a ValueError.
    """
    sign = 1.0 if higher_is_better else -1.0
    columns = {name: sign * np.asarray(values, dtype=np.float64) for name, values in scores.items()}
    shapes = {values.shape for values in columns.values()}
    if len(shapes) > 1 or any(len(shape) != 2 for shape in shapes):
        raise ValueError(f"every model needs scores of one shape (repeats, folds), got {sorted(shapes)}")
    registry = tuple(name for name in columns if name != baseline)
    order = order_of_merit({name: columns[name] for name in registry})
    ends_with = (baseline,) if baseline in columns and baseline is not None else ()
    return Evidence(
        source=source,
        registry=registry,
        order=order,
        complete=tuple(name for name in order if columns[name].size and np.isfinite(columns[name]).all()),
        baseline=ends_with[0] if ends_with else None,
        columns=columns,
        posteriors={
            (left, right): _posterior(columns[left], columns[right], posterior)
            for left, right in combinations((*order, *ends_with), 2)
        },
        rows=rows,
    )


def order_of_merit(columns: Mapping[str, Floats]) -> tuple[str, ...]:
    """Return model names best first: complete, then partial, then failed; each by mean score, highest first.

    ``columns`` hold scores for which higher is better, NaN where there is none. Equal means (to 12 digits)
    keep the order given.
    """

    def merit(name: str) -> tuple[int, float]:
        present = columns[name][np.isfinite(columns[name])]
        if not present.size:
            return 2, 0.0
        return int(present.size < columns[name].size), -round(float(present.mean()), 12)

    return tuple(sorted(columns, key=merit))


def common_repeats(scores: Mapping[str, Floats]) -> dict[str, Floats]:
    """Keep the repeats that are full for every model that has a full repeat: for runs that were cut short.

    ``scores`` maps models to (r, k); the result has (r', k) with r' <= r. A model without any full repeat
    has no say, and stays partial or failed. Where nothing would be left, the scores come back as they are.
    """
    full = {name: np.isfinite(values).all(axis=1) for name, values in scores.items()}
    keep = [mask for mask in full.values() if mask.any()]
    common = np.logical_and.reduce(keep) if keep else np.zeros(0, dtype=bool)
    if not common.any():
        return dict(scores)
    return {name: values[common] for name, values in scores.items()}


def _posterior(
    left: Floats, right: Floats, posterior: Callable[[Floats], PairPosterior | None]
) -> PairPosterior | None:
    """The posterior of one pair from the repeats that are full for both, if there is one."""
    differences = left - right
    full = differences[np.isfinite(differences).all(axis=1)]
    return posterior(full) if full.size else None
