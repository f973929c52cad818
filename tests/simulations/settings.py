"""What is simulated: learners, data and protocols, and the scores that they give.

Each model of a setting is the same learner on its own block of features. Blocks are drawn alike and
independently given the classes: then no model is better than another, and whatever is called a winner is a
false one. In a *world* blocks differ in how far they hold the classes apart, so that true scores differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, TimeSeriesSplit

from compare_cli.metrics import log_losses, roc_auc
from tests.simulations.learners import LEARNERS, Splits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rng = np.random.Generator
REPEATS = 10
NEW_ROWS = 4000
POOL = 200  # grouped splits that runs choose from


@dataclass(frozen=True)
class Setting:
    """One row of the table.

    ``models`` blocks of ``features`` columns whose class means lie ``shift`` from 0 (or, in a world, at
    distances drawn with standard deviation ``spread`` of true accuracy); ``counts`` are the rows of each
    class. ``groups`` are the sizes of the groups that share feature noise (intraclass correlation .6), and
    ``time`` orders the rows by it. ``gap`` is added to the first model's shift: the power of a comparison.
    """

    name: str
    learner: str
    counts: tuple[int, ...]
    models: int = 3
    folds: int = 10
    repeats: int = REPEATS
    metric: Literal["accuracy", "roc_auc", "log_loss"] = "accuracy"
    features: int = 4
    shift: float = 0.45
    spread: float = 0.0
    gap: float = 0.0
    groups: tuple[int, ...] = ()
    time: bool = False
    runs: int = 2000
    truth: bool = False

    @property
    def rows(self) -> int:
        """How many rows there are to learn from."""
        return sum(self.counts)


def classes_of(setting: Setting, rng: Rng) -> Ints:
    """Return the classes of all rows: in random order, or one class for all rows of a group."""
    if setting.groups:
        return np.repeat(np.arange(len(setting.groups)) % len(setting.counts), setting.groups)
    return rng.permutation(np.repeat(np.arange(len(setting.counts)), setting.counts))


def block(y: Ints, shift: float, setting: Setting, rng: Rng) -> Floats:
    """Return one model's features (n, p) of rows with classes ``y``."""
    noise = rng.standard_normal((len(y), setting.features))
    if setting.groups and len(y) == setting.rows:
        group = np.repeat(np.arange(len(setting.groups)), setting.groups)
        noise = np.sqrt(0.6) * rng.standard_normal((len(setting.groups), setting.features))[group] + (
            np.sqrt(0.4) * noise
        )
    elif setting.time and len(y) == setting.rows:
        for now in range(1, len(y)):
            noise[now] = 0.8 * noise[now - 1] + 0.6 * noise[now]
    if len(setting.counts) == 2:
        return noise + shift * (2 * y - 1)[:, None]
    return noise + 2 * shift * np.eye(len(setting.counts), setting.features)[y]


def make_splits(setting: Setting, y: Ints, rng: Rng) -> list[Splits]:
    """Return the folds of each repeat as `compare` makes them: stratified, by group, or in time order."""
    if setting.time:
        return [list(TimeSeriesSplit(setting.folds).split(y))]
    if setting.groups:
        return [_grouped(setting, int(seed)) for seed in rng.integers(POOL, size=setting.repeats)]
    return [_stratified(y, setting.folds, rng) for _ in range(setting.repeats)]


@cache
def _grouped(setting: Setting, seed: int) -> Splits:
    """scikit-learn's stratified folds of whole groups; slow to make, so runs share a pool."""
    y = classes_of(setting, np.random.default_rng(0))
    group = np.repeat(np.arange(len(setting.groups)), setting.groups)
    made = StratifiedGroupKFold(setting.folds, shuffle=True, random_state=seed).split(y, y, group)
    return [pair for pair in made if len(pair[1])]


def _stratified(y: Ints, folds: int, rng: Rng) -> Splits:
    """Folds with each class spread evenly, the remainders of the classes one after the other."""
    fold, start = np.empty(len(y), dtype=np.int64), 0
    for label in range(int(y.max()) + 1):
        of_class = rng.permutation(np.flatnonzero(y == label))
        fold[of_class] = (start + np.arange(len(of_class))) % folds
        start += len(of_class)
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(folds)]


def score(metric: str, y: Ints, p: Floats) -> float:
    """Return the score of probabilities ``p`` (n, c)."""
    if metric == "accuracy":
        return float((p.argmax(axis=1) == y).mean())
    if metric == "log_loss":
        return float(log_losses(y, p).mean())
    area = roc_auc(y, p)
    return float("nan") if area is None else area


def one_run(setting: Setting, rng: Rng) -> dict[str, Floats]:
    """Return scores (models, repeats, folds), shifts (models,) and true accuracies (models,; NaN if unasked).

    The truth is the accuracy on new rows of the model fitted on all rows.
    """
    learner = LEARNERS[setting.learner]
    y = classes_of(setting, rng)
    splits = make_splits(setting, y, rng)
    flat = [pair for repeat in splits for pair in repeat]
    shifts = setting.shift + setting.spread * rng.standard_normal(setting.models)
    shifts[0] += setting.gap
    scores = np.empty((setting.models, len(splits), len(splits[0])))
    truth = np.full(setting.models, np.nan)
    for model, shift in enumerate(shifts):
        x = block(y, shift, setting, rng)
        found = learner(x, y, flat, rng)
        scores[model] = np.reshape(
            [score(setting.metric, y[test], p) for (_, test), p in zip(flat, found, strict=True)],
            scores.shape[1:],
        )
        if setting.truth and model < 2:
            truth[model] = _truth(setting, x, y, shift, learner, rng)
    return {"scores": scores, "shifts": shifts, "truth": truth}


def _truth(setting: Setting, x: Floats, y: Ints, shift: float, learner: Callable, rng: Rng) -> float:
    new_y = rng.choice(len(setting.counts), NEW_ROWS, p=np.array(setting.counts) / setting.rows)
    both_x, both_y = np.vstack([x, block(new_y, shift, setting, rng)]), np.r_[y, new_y]
    split = [(np.arange(len(y)), np.arange(len(y), len(both_y)))]
    return score(setting.metric, new_y, learner(both_x, both_y, split, rng)[0])


UNEQUAL = (2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 22, 25, 30)

EQUALS = (
    Setting("logistic 200", "logistic", (100, 100), models=9, truth=True),
    Setting("logistic 1000", "logistic", (500, 500), models=3, truth=True),
    Setting("tree 60", "tree", (30, 30), models=2, truth=True),
    Setting("tree 200", "tree", (100, 100), models=3, truth=True),
    Setting("tree 1000", "tree", (500, 500), models=2, truth=True),
    Setting("1-NN 60", "1-NN", (30, 30), models=9, truth=True),
    Setting("5-NN 200", "5-NN", (100, 100), models=5, truth=True),
    Setting("centroid 60", "centroid", (30, 30), models=9, truth=True),
    Setting("forest 60", "forest", (30, 30), models=2, truth=True),
    Setting("forest 200", "forest", (100, 100), models=2, truth=True),
    Setting("mlp 60", "mlp", (30, 30), models=2, truth=True),
    Setting("mlp 60 AUC", "mlp", (30, 30), models=2, metric="roc_auc"),
    Setting("mlp 200", "mlp", (100, 100), models=2, truth=True),
    Setting("logistic 1:20 n=60 loss", "logistic", (57, 3), folds=3, metric="log_loss"),
    Setting("logistic 1:20 n=105 loss", "logistic", (100, 5), folds=5, metric="log_loss"),
    Setting("logistic 1:20 n=200 AUC", "logistic", (190, 10), folds=10, metric="roc_auc"),
    Setting("tree 4 classes n=60", "tree", (15, 15, 15, 15), models=2),
    Setting("tree groups", "tree", (100, 100), models=2, groups=(10,) * 20, truth=True),
    Setting("tree groups unequal", "tree", (110, 110), models=2, groups=UNEQUAL, truth=True),
    Setting("logistic groups", "logistic", (100, 100), models=3, groups=(10,) * 20, truth=True),
    Setting("tree time", "tree", (100, 100), models=3, time=True, truth=True),
    Setting("logistic time", "logistic", (100, 100), models=3, time=True, truth=True),
)

AREAS = tuple(
    Setting(
        f"AUC {learner} {rows} shift {shift:g}",
        learner,
        counts,
        models=2,
        folds=min(10, counts[-1]),
        metric="roc_auc",
        shift=shift,
        runs=500,
        truth=True,
    )
    for learner in ("logistic", "5-NN", "tree")
    for rows, counts, shift in (
        *(("3 of 60", (57, 3), s) for s in (0.45, 0.9)),
        *(("5 of 105", (100, 5), s) for s in (0.45, 0.9)),
        *(("10 of 200", (190, 10), s) for s in (0.45, 0.9)),
        *(("50 of 100", (50, 50), s) for s in (0.45, 1.0)),
    )
)
"""AUC from few rows of a class, and close to 1: how often its interval holds the truth."""

# The slopes of accuracy over shift near the middle (by trial): logistic .56, 5-NN .65, tree .57.
SLOPES = {"logistic": 0.56, "5-NN": 0.65, "tree": 0.57, "centroid": 0.56}
WORLDS = tuple(
    Setting(
        f"world {learner} {rows} sd {points}",
        learner,
        (rows // 2, rows // 2),
        models=9,
        spread=points / 100 / SLOPES[learner],
        shift=0.45,
        runs=runs,
    )
    for learner, rows, runs in (
        ("logistic", 200, 2000),
        ("logistic", 1000, 2000),
        ("centroid", 1000, 2000),
        ("5-NN", 200, 2000),
        ("tree", 200, 800),
    )
    for points in (1, 2, 4)
)
PROOF = tuple(
    Setting(
        f"proof {learner} {name} sd {points}",
        learner,
        counts,
        models=9,
        spread=points / 100 / SLOPES.get(learner, 0.57),
        runs=runs,
    )
    for learner, name, counts, runs in (
        ("logistic", "4:1 300", (240, 60), 1000),
        ("1-NN", "200", (100, 100), 1000),
        ("5-NN", "500", (250, 250), 700),
        ("centroid", "3 classes 210", (70, 70, 70), 1000),
        ("mlp", "300", (150, 150), 100),
    )
    for points in (1, 2, 4)
)
"""Worlds that nothing was tuned on: they prove what the others suggest."""
POWER = (
    Setting(
        "power logistic 1000", "logistic", (500, 500), models=2, gap=0.03 / SLOPES["logistic"], runs=1000
    ),
    Setting("power tree 1000", "tree", (500, 500), models=2, gap=0.03 / SLOPES["tree"], runs=500),
)
ROPE = (
    Setting("rope logistic 1000", "logistic", (500, 500), models=2, gap=0.01 / SLOPES["logistic"], runs=2000),
    Setting(
        "rope centroid 4000",
        "centroid",
        (2000, 2000),
        models=2,
        folds=5,
        gap=0.01 / SLOPES["centroid"],
        runs=2000,
    ),
)
