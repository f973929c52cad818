"""What fits say class by class and probability by probability: recall, calibration, ROC, costs of errors.

And row by row, where rows repeat: how much their twins help.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.notes import note
from compare_cli.types import (
    CalibrationBin,
    ClassScores,
    Comparison,
    Dataset,
    FitResult,
    ModelSummary,
    Note,
    Split,
)
from compare_cli.verdict.intervals import accuracy_interval


def class_scores(confusion: NDArray[np.int64], repeats: int) -> tuple[ClassScores, ...]:
    """Return recall with its interval, precision and F1 of each class.

    ``confusion`` (c, c) has true classes in rows and is summed over ``repeats``, which judge the same rows:
    intervals know the rows of one of them only.
    """
    right, true, given = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    return tuple(
        _class_scores(float(r), float(t), float(g), repeats)
        for r, t, g in zip(right, true, given, strict=True)
    )


def _class_scores(right: float, true: float, given: float, repeats: int) -> ClassScores:
    recall = right / true if true else None
    low, high = (None, None) if recall is None else accuracy_interval(recall, round(true / repeats), repeats)
    precision = right / given if given else None
    f1 = 2 * right / (true + given) if true + given else None
    return ClassScores(true / repeats, recall, low, high, precision, f1)


def calibration_bins(counts: NDArray[np.float64], repeats: int) -> tuple[CalibrationBin, ...]:
    """Return the bins that have rows: mean top probability, share right with its interval.

    ``counts`` (bins, 3) are of `metrics.calibration_counts`, summed over the folds of ``repeats``.
    """
    bins = []
    for at, (rows, confidence, right) in enumerate(counts.tolist()):
        if rows:
            share, judged = right / rows, rows / repeats
            low, high = accuracy_interval(share, round(judged), repeats)
            edges = at / len(counts), (at + 1) / len(counts)
            bins.append(CalibrationBin(*edges, judged, confidence / rows, share, low, high))
    return tuple(bins)


def curves(results: Sequence[FitResult]) -> dict[str, Any]:
    """Return ``per_class``, ``calibration`` and ``roc`` of a model's finished fits, None where there is none.

    Fits of earlier versions have no calibration and no ROC: then the model has none.
    """
    repeats = len({r.repeat for r in results})
    confusions = [r.confusion for r in results if r.confusion is not None]
    counts = [r.calibration for r in results if r.calibration is not None]
    rates = [r.roc for r in results if r.roc is not None]
    whole = 0 < len(results) == len(counts)
    return {
        "per_class": class_scores(np.sum(confusions, axis=0), repeats) if confusions else None,
        "calibration": calibration_bins(np.sum(counts, axis=0), repeats) if whole else None,
        "roc": tuple(np.mean(rates, axis=0).round(4).tolist()) if whole and rates else None,
    }


def cost_notes(models: Sequence[ModelSummary], costs: NDArray[np.float64], given: str) -> list[Note]:
    """Say which model costs least, and at which costs of the errors that were ``given`` others would.

    By mean costs alone: whether they differ for sure is the verdict's to say.
    """
    known = {m.model: np.asarray(m.confusion) for m in models if m.status == "ok" and m.confusion is not None}
    named = costs != 1.0 - np.eye(len(costs))
    if len(known) < 2 or not named.any():
        return []
    pair, _, value = given.rpartition("=")
    one = "," not in given
    unit, at = (named.astype(float), float(value)) if one else (costs * named, 1.0)
    lines = {
        name: (_per_row(counts, unit), _per_row(counts, costs * ~named)) for name, counts in known.items()
    }
    return [note("cost_ratio", message=_ratio_sentence(cheapest(lines), at, pair if one else ""))]


def _per_row(counts: NDArray[np.int64], costs: NDArray[np.float64]) -> float:
    return float((counts * costs).sum() / counts.sum())


def _ratio_sentence(ranges: Sequence[tuple[float, float, str]], at: float, pair: str) -> str:
    """Return which model costs least at ``at``, and which ones do below and above its range."""
    here = next(i for i, (_, high, _) in enumerate(ranges) if at <= high)
    low, high, best = ranges[here]
    what = f"{pair} costs" if pair else "the costs given are multiplied by"
    if len(ranges) == 1:
        return f"By the means {best} costs least, whatever {pair or 'these errors'} costs."
    bounds = [f"more than {low:.3g}"] if here else []
    bounds += [f"less than {high:.3g}"] if here + 1 < len(ranges) else []
    others = [f"below that {ranges[here - 1][2]}"] if here else []
    others += [f"above that {ranges[here + 1][2]}"] if here + 1 < len(ranges) else []
    return f"By the means {best} costs least while {what} {' and '.join(bounds)}; {', '.join(others)}."


def cheapest(lines: Mapping[str, tuple[float, float]]) -> list[tuple[float, float, str]]:
    """Return the lower envelope of lines slope · f + intercept over f > 0: (from, to, name), in order of f.

    ``lines`` are (slope, intercept); of equal lines the first counts.
    """
    f = 0.0
    ranges: list[tuple[float, float, str]] = []
    name = min(lines, key=lambda n: (lines[n][1], lines[n][0]))
    while True:
        slope, intercept = lines[name]
        crossing = {other: (b - intercept) / (slope - a) for other, (a, b) in lines.items() if a < slope}
        later = {other: at for other, at in crossing.items() if at >= f}
        if not later:
            return [*ranges, (f, float("inf"), name)]
        following = min(later, key=lambda other: (later[other], lines[other][0]))
        if later[following] > f:
            ranges.append((f, later[following], name))
        f, name = later[following], following


def twin_notes(
    dataset: Dataset, splits: Sequence[Split], comparison: Comparison, results: Sequence[FitResult]
) -> Iterator[Note]:
    """Yield how often the leader is right on rows whose twins it learnt, and on the others."""
    twins = next((g.twins for g in dataset.guards if g.twins is not None), None)
    if twins is None or dataset.test is not None or not comparison.models:
        return
    model, of_fold = comparison.models[0].model, {(s.repeat, s.fold): s for s in splits}
    learnt: list[bool] = []
    right: list[bool] = []
    for r in results:
        if r.model == model and r.predictions is not None:
            split = of_fold[r.repeat, r.fold]
            learnt += np.isin(twins[split.test], twins[split.train]).tolist()
            right += (r.predictions == dataset.y[split.test]).tolist()
    share = sum(learnt) / max(len(learnt), 1)
    if 0 < share < 1:
        known = np.array(right)[np.array(learnt)].mean(), np.array(right)[~np.array(learnt)].mean()
        yield note("duplicates_priced", share=share, model=model, seen=known[0], unseen=known[1])
