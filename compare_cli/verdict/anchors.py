"""From fits on growing samples to scores of single test rows at each size, and to learning curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from compare_cli.metrics import Metric, pseudo_values
from compare_cli.types import CurvePoint, Dataset, FitResult, Split
from compare_cli.verdict.samples import Anchor, mean_and_error

Floats = NDArray[np.float64]


def anchors_of(
    dataset: Dataset, metric: Metric, splits: Sequence[Split], results: Sequence[FitResult]
) -> list[Anchor]:
    """Return the scores of test rows at each size, the smallest first; models that failed there are left out.

    The last one may have a single block, of all rows but the test rows.
    """
    blocks: dict[int, list[Split]] = {}
    for split in splits:
        blocks.setdefault(split.repeat, []).append(split)
    given = {(r.repeat, r.fold, r.model): r for r in results if r.status == "ok"}
    models = list(dict.fromkeys(r.model for r in results))
    anchors = []
    for repeat, of_size in sorted(blocks.items()):
        fits = {name: [given.get((repeat, s.fold, name)) for s in of_size] for name in models}
        scores = {
            name: np.stack([_row_scores(dataset, metric, of_size[0], fit) for fit in its if fit is not None])
            for name, its in fits.items()
            if all(its)
        }
        sizes = [len(split.train) for split in of_size]
        kept = {name: rows for name, rows in scores.items() if np.isfinite(rows).all()}
        anchors.append(Anchor(round(sum(sizes) / len(sizes)), kept))
    return anchors


def _row_scores(dataset: Dataset, metric: Metric, split: Split, fit: FitResult) -> Floats:
    """Return what each test row adds to a fit's score, higher being better; NaN where that is not known."""
    truth, sign = dataset.y[split.test], 1.0 if metric.higher_is_better else -1.0
    rows = fit.row_scores
    if fit.predictions is not None and metric.name == "accuracy":
        rows = (fit.predictions == truth).astype(float)
    elif rows is None and fit.predictions is not None:
        rows = pseudo_values(metric.name, truth, fit.predictions, None, len(dataset.classes))
    return np.full(len(truth), np.nan) if rows is None else sign * rows


def at_largest(results: Sequence[FitResult]) -> list[FitResult]:
    """Return each model's fits on the largest samples that it was fitted on."""
    last = {r.model: r.repeat for r in sorted(results, key=lambda r: r.repeat)}
    return [r for r in results if r.repeat == last[r.model]]


def learning_curves(
    dataset: Dataset, metric: Metric, splits: Sequence[Split], results: Sequence[FitResult]
) -> Iterator[CurvePoint]:
    """Yield the score of every model at every size, with its interval, the smallest size first."""
    sign = 1.0 if metric.higher_is_better else -1.0
    groups = None if dataset.groups is None or not splits else dataset.groups[splits[0].test]
    for anchor in anchors_of(dataset, metric, splits, results):
        for name, rows in anchor.scores.items():
            mean, se = mean_and_error(sign * rows, groups)
            low, high = max(mean - 1.96 * se, metric.bounds[0]), min(mean + 1.96 * se, metric.bounds[1])
            blocks, tested = rows.shape
            yield CurvePoint(name, anchor.train_rows, blocks, tested, mean, low, high)
