"""The registry of scores: what each means, which way is better, and what difference matters in practice.

Shapes: n rows, c classes. ``y`` and ``predicted`` are codes (n,), ``confusion`` counts (c, c) with
true classes in rows, ``probabilities`` (n, c) in class order, ``decision`` (n,) or (n, c) real scores.
Rates are fractions. Every function is checked against scikit-learn in the tests; they are written
here because ten scorers a fit would cost more than many of the fits do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Literal

from compare_cli.errors import UsageError, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ECE_BINS = 15
ROC_POINTS = 101


@dataclass(frozen=True)
class Metric:
    """One score. ``rope`` >= 0 is the practically irrelevant difference, in the score's own unit.

    ``rope_kind`` "absolute": the number itself; "of_prior": a share of the score of always
    predicting the class priors (for losses without a fixed scale).
    ``rate`` scores are shown in percent and their differences in points (pt).
    ``bounds`` are the lowest and the highest value that the score can have, infinite where it has none.
    """

    name: str
    title: str = ""
    help: str = ""
    higher_is_better: bool = True
    rope: float = 0.01
    rope_kind: Literal["absolute", "of_prior"] = "absolute"
    rate: bool = True
    ranks: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if not self.rope >= 0:
            raise ValueError(f"the ROPE of {self.name} must be 0 or more, got {self.rope}")

    @property
    def label(self) -> str:
        """The name as sentences say it: ``log_loss`` → ``log loss``."""
        return self.name.replace("_", " ")

    def clipped_difference(self, low: float, high: float) -> tuple[float, float]:
        """Return the part of an interval of a difference of two such scores that is possible."""
        widest = self.bounds[1] - self.bounds[0]
        return min(max(low, -widest), widest), max(min(high, widest), -widest)


_ALL = (
    Metric("accuracy", "Accuracy", "share of rows predicted right"),
    Metric("balanced_accuracy", "Balanced", "mean over classes of the share predicted right"),
    Metric("roc_auc", "AUC", "area under the ROC curve; one class against the rest, averaged over classes"),
    Metric(
        "log_loss",
        "Log loss",
        "mean of -log(probability given to the true class); 0 is best",
        higher_is_better=False,
        rope_kind="of_prior",
        rate=False,
        bounds=(0.0, inf),
    ),
    Metric(
        "brier",
        "Brier",
        "mean squared error of the probabilities (two classes: 0-1, more: 0-2); 0 is best",
        higher_is_better=False,
        rope_kind="of_prior",
        rate=False,
        bounds=(0.0, 2.0),
    ),
    Metric(
        "mcc",
        "MCC",
        "Matthews correlation of truth and prediction; 0 is chance, 1 is best",
        rate=False,
        bounds=(-1.0, 1.0),
    ),
    Metric("f1_macro", "F1", "harmonic mean of precision and recall, averaged over classes"),
    Metric(
        "ece",
        "ECE",
        f"calibration error of the top probability in {ECE_BINS} bins; information only",
        higher_is_better=False,
        ranks=False,
    ),
    Metric("train_accuracy", "Train", "accuracy on the training rows (at most 10,000 of them)", ranks=False),
)
METRICS: dict[str, Metric] = {m.name: m for m in _ALL}
SCORER_BOUNDS = {
    "neg_brier_score": (-2.0, 0.0),
    "neg_": (-inf, 0.0),
    "positive_likelihood_ratio": (0.0, inf),
    "matthews_corrcoef": (-1.0, 1.0),
    "r2": (-inf, 1.0),
    "d2_": (-inf, 1.0),
    "explained_variance": (-inf, 1.0),
    "adjusted_rand_score": (-0.5, 1.0),
    "adjusted_mutual_info_score": (-1.0, 1.0),
    "mutual_info_score": (0.0, inf),
    **dict.fromkeys(
        ("average_precision", "f1", "jaccard", "precision", "recall", "roc_auc", "top_k_accuracy"), (0.0, 1.0)
    ),
    **dict.fromkeys(
        ("completeness", "fowlkes", "homogeneity", "normalized_mutual", "rand_score", "v_measure"), (0.0, 1.0)
    ),
}
"""Bounds of scikit-learn's scorers by the beginning of their names."""
PER_ROW = ("accuracy", "log_loss", "brier")  # scores that are means over rows
BY_JACKKNIFE = ("balanced_accuracy", "roc_auc", "mcc", "f1_macro")  # what each row does to them can be told


COST = Metric("cost", "Cost", "mean cost of a row (--cost)", False, rate=False, bounds=(0.0, inf))


def find_metric(name: str, scorers: Sequence[str] = ()) -> Metric:
    """Return the metric ``name``, or one made for a scikit-learn scorer of that name.

    ``scorers`` are scikit-learn's scorer names (higher is better in all of them).
    Raises UsageError, naming the nearest, for anything else and for scores that are information only.
    """
    metric = METRICS.get(name)
    if metric is not None and metric.ranks:
        return metric
    if metric is not None:
        raise UsageError(f"--metric {name}: this score is information only and cannot rank models.")
    if name in scorers:
        return replace(metric_named(name), help=f"scikit-learn's scorer {name!r}")
    known = [m.name for m in _ALL if m.ranks]
    raise UsageError(
        f"--metric {name}: no such metric.{nearest(name, [*known, *scorers])}"
        f" Known: {', '.join(known)}, or any scikit-learn scorer name."
    )


def metric_named(name: str, classes: int | None = None) -> Metric:
    """Return the metric of that name, also from elsewhere; ``classes``, where known, narrow its bounds."""
    bounds = next((b for start, b in SCORER_BOUNDS.items() if name.startswith(start)), (-inf, inf))
    if name == COST.name:
        return COST
    metric = METRICS.get(name) or Metric(name, name, rate=False, bounds=bounds)
    return replace(metric, bounds=(0.0, 1.0)) if name == "brier" and classes == 2 else metric


def practical_rope(metric: Metric, class_counts: Sequence[int]) -> float:
    """Return the default half-width of the region of practical equivalence, in units of the metric.

    Absolute metrics: 0.01 (Benavoli et al. 2017). Losses: 1 % of the loss of always predicting
    the class priors p: log loss -Σ p log p, Brier Σ p(1-p) (halved for two classes).
    """
    if metric.rope_kind == "absolute":
        return metric.rope
    import numpy as np

    p = np.asarray(class_counts, dtype=float)
    p = p[p > 0] / p.sum()
    if metric.name == "log_loss":
        return float(metric.rope * -(p * np.log(p)).sum())
    return float(metric.rope * (p * (1 - p)).sum() / (2 if len(class_counts) == 2 else 1))


def confusion_counts(y: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Return counts (c, c): true class in rows, predicted class in columns."""
    import numpy as np

    return np.bincount(y * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def label_scores(confusion: NDArray[np.int64]) -> dict[str, float | None]:
    """Return accuracy, balanced accuracy, MCC and macro F1 from a confusion matrix (c, c).

    Classes without a true row do not count in balanced accuracy; classes without a true or
    predicted row do not count in F1. MCC is 0 where it is undefined (Gorodkin 2004 for c > 2).
    """
    import numpy as np

    total = confusion.sum()
    if total == 0:
        return {"accuracy": None, "balanced_accuracy": None, "mcc": None, "f1_macro": None}
    right = np.diag(confusion).astype(float)
    true, given = confusion.sum(axis=1).astype(float), confusion.sum(axis=0).astype(float)
    seen = true > 0
    spread = np.sqrt((total**2 - (given**2).sum()) * (total**2 - (true**2).sum()))
    mcc = (right.sum() * total - (true * given).sum()) / spread if spread > 0 else 0.0
    used = (true + given) > 0
    return {
        "accuracy": float(right.sum() / total),
        "balanced_accuracy": float((right[seen] / true[seen]).mean()),
        "mcc": float(mcc),
        "f1_macro": float((2 * right[used] / (true + given)[used]).mean()),
    }


def roc_auc(y: NDArray[np.int64], scores: NDArray[np.float64]) -> float | None:
    """Return the area under the ROC curve, one class against the rest, averaged over classes.

    ``scores`` (n,) for two classes (higher means class 1) or (n, c). It is the Mann-Whitney
    statistic with mid-ranks for ties. Classes with no row, or every row, are left out; None if none is left.
    """
    import numpy as np

    columns = [(1, scores)] if scores.ndim == 1 else list(enumerate(scores.T))
    if scores.ndim == 2 and scores.shape[1] == 2:
        columns = [(1, scores[:, 1])]
    areas = []
    for code, column in columns:
        positive = y == code
        n_pos, n_neg = int(positive.sum()), int((~positive).sum())
        if n_pos and n_neg:
            areas.append((_mid_ranks(column)[positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))
    return float(np.mean(areas)) if areas else None


def _mid_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks from 1; equal values share the mean of their ranks."""
    import numpy as np

    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return ranks


def row_scores(
    metric: str,
    y: NDArray[np.int64],
    predicted: NDArray[np.int64],
    probabilities: NDArray[np.float64] | None,
) -> NDArray[np.float64] | None:
    """Return what each row adds to the mean of a metric of `PER_ROW` (n,); None where it has no such form."""
    if metric == "accuracy":
        right: NDArray[np.float64] = (y == predicted).astype(float)
        return right
    if probabilities is None or metric not in PER_ROW:
        return None
    return log_losses(y, probabilities) if metric == "log_loss" else squared_errors(y, probabilities)


def pseudo_values(
    metric: str,
    y: NDArray[np.int64],
    predicted: NDArray[np.int64],
    ranking: NDArray[np.float64] | None,
    classes: int,
) -> NDArray[np.float64] | None:
    """Return what each row adds to a metric of `BY_JACKKNIFE` that is no mean over rows (n,).

    Tukey's pseudo-values n·s - (n-1)·s₍₋ᵢ₎, with s₍₋ᵢ₎ the score without row i, moved so that their mean is
    the score itself: the variance of their mean is the jackknife's (Efron & Stein 1981), for AUC nearly that
    of DeLong et al. 1988. ``ranking`` are the scores that AUC ranks by, as for `roc_auc`. None where a class
    of ``classes`` has fewer than two rows, or AUC nothing to rank by.
    """
    import numpy as np

    if metric not in BY_JACKKNIFE or np.bincount(y, minlength=classes).min() < 2:
        return None
    if metric == "roc_auc":
        return None if ranking is None else _auc_pseudo_values(y, ranking)
    confusion = confusion_counts(y, predicted, classes)
    without = np.empty(len(y))
    for true, given in np.argwhere(confusion):
        one_less = confusion.copy()
        one_less[true, given] -= 1
        without[(y == true) & (predicted == given)] = label_scores(one_less)[metric]
    return _moved_to(label_scores(confusion)[metric], (1 - len(y)) * without)


def _auc_pseudo_values(y: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The pseudo-values of `roc_auc`: means over the classes of each class's own.

    A row's placement is the share of the other side's rows that it is ranked right of; the area without the
    row is the mean placement of the rest of its side.
    """
    import numpy as np

    columns = [(1, scores if scores.ndim == 1 else scores[:, 1])]
    if scores.ndim == 2 and scores.shape[1] > 2:
        columns = list(enumerate(scores.T))
    values = np.zeros(len(y))
    for code, column in columns:
        ranks = _mid_ranks(column)
        for side, ranked_above in ((y == code, True), (y != code, False)):
            below = (ranks[side] - _mid_ranks(column[side])) / (~side).sum()
            placement = below if ranked_above else 1 - below
            values[side] += (placement - placement.mean()) * (len(y) - 1) / (side.sum() - 1)
    return _moved_to(roc_auc(y, scores), values / len(columns))


def _moved_to(score: float | None, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``values`` with ``score`` as their mean."""
    moved: NDArray[np.float64] = values - values.mean() + (score or 0.0)
    return moved


def log_losses(y: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -log of the probability given to the true class (n,).

    Clipped at the machine epsilon of the probabilities' type, as scikit-learn does.
    """
    import numpy as np

    epsilon = float(np.finfo(probabilities.dtype).eps)
    true = probabilities[np.arange(len(y)), y].astype(np.float64)
    losses: NDArray[np.float64] = -np.log(np.clip(true, epsilon, 1 - epsilon))
    return losses


def squared_errors(y: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared error of each row's probabilities (n,), halved for two classes.

    Brier 1950, as scikit-learn reports it.
    """
    import numpy as np

    p = probabilities.astype(np.float64)
    squares: NDArray[np.float64] = (p**2).sum(axis=1) - 2 * p[np.arange(len(y)), y] + 1
    return squares / (2 if p.shape[1] == 2 else 1)


def probability_scores(y: NDArray[np.int64], probabilities: NDArray[np.float64]) -> dict[str, float | None]:
    """Return log loss, Brier score and expected calibration error from probabilities (n, c).

    ECE: 15 equal-width bins of the top probability (Guo et al. 2017).
    """
    import numpy as np

    bins, top, right = _by_top_probability(y, probabilities)
    gap = np.bincount(bins, weights=right - top, minlength=ECE_BINS)
    return {
        "log_loss": float(log_losses(y, probabilities).mean()),
        "brier": float(squared_errors(y, probabilities).mean()),
        "ece": float(np.abs(gap).sum() / len(y)),
    }


def calibration_counts(y: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for equal bins of the top probability, rows, the sum of it, and rows right, (`ECE_BINS`, 3)."""
    import numpy as np

    bins, top, right = _by_top_probability(y, probabilities)
    weights = (np.ones(len(y)), top, right)
    return np.stack([np.bincount(bins, weights=w, minlength=ECE_BINS) for w in weights], axis=1)


def _by_top_probability(
    y: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return each row's bin, its highest probability, and whether that class is the true one; all (n,)."""
    import numpy as np

    p = probabilities.astype(np.float64)
    top = p.max(axis=1)
    return np.minimum((top * ECE_BINS).astype(int), ECE_BINS - 1), top, p.argmax(axis=1) == y


def roc_curve(y: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the true positive rates at false positive rates 0, .01 … 1, (`ROC_POINTS`,).

    One class against the rest, averaged over classes (two classes: class 1 alone), as for `roc_auc`. Between
    thresholds rates are interpolated; equal probabilities make one step. None where no class has both
    rows of it and others.
    """
    import numpy as np

    grid = np.linspace(0, 1, ROC_POINTS)
    codes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    curves = []
    for code in codes:
        positive = y == code
        if not 0 < positive.sum() < len(y):
            continue
        order = np.argsort(-probabilities[:, code], kind="stable")
        last = np.flatnonzero(np.diff(probabilities[order, code], append=np.nan) != 0)
        found = np.cumsum(positive[order])[last] / positive.sum()
        wrong = np.cumsum(~positive[order])[last] / (~positive).sum()
        highest = {0.0: 0.0} | dict(zip(wrong.tolist(), found.tolist(), strict=True))
        curves.append(np.interp(grid, list(highest), list(highest.values())))
    return np.mean(curves, axis=0) if curves else None
