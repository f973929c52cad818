"""The models that pictures show: fitted as `fit` does on the first fold, and what they say on a grid.

Shapes: r training and n held-out rows, p numeric and q other columns, k axes, c classes, h × w grid points.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

import numpy as np

from compare_cli.engine.execute import single_thread
from compare_cli.engine.fit import checked_labels, class_probabilities, surroundings_restored
from compare_cli.engine.limits import Limits
from compare_cli.engine.places import place
from compare_cli.engine.plan import Job, make_tasks
from compare_cli.engine.splits import make_splits
from compare_cli.engine.workspace import PreparedFold, Workspace
from compare_cli.errors import UsageError
from compare_cli.models.estimators import OnCopies, own
from compare_cli.models.families import BASELINE, family_of
from compare_cli.models.preparation import FeatureTable
from compare_cli.models.specs import make_estimator
from compare_cli.plot.planes import Codes, Labels, Numbers, Plane
from compare_cli.types import FitTask

CELLS = 4_000_000  # a predict call gets at most this many numbers: 32 MB

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Raised:
    """What a model raised, in one line."""

    message: str


def attempt(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T | Raised:
    """Run what calls a model's code: in one thread, as `fit` does, its warnings and prints kept apart.

    Whatever it raises is returned, so that the other models are drawn.
    """
    with single_thread(), warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        try:
            return work(*args, **named)
        except (Exception, SystemExit) as error:  # a model may raise anything
            return Raised(" ".join(f"{type(error).__name__}: {error}".split()))


class FirstFold:
    """The rows of the first fold of the first repeat: numbers (r, p) and (n, p), codes (r, q)."""

    def __init__(self, job: Job) -> None:
        self.job, self.dataset = job, job.dataset
        self.split = next(make_splits(job.dataset, job.plan, job.options.seed))[0]
        workspace = job.workspace
        self.train_numbers: Numbers = workspace.table.numbers[self.split.train]
        self.train_codes: Codes = workspace.table.codes[self.split.train]
        self.train_y: Labels = workspace.y[self.split.train]
        self.test_numbers: Numbers = workspace.test_table.numbers[self.split.test]
        self.test_y: Labels = workspace.test_y[self.split.test]

    def tasks(self, *, baseline: bool) -> list[FitTask]:
        """Return a task for each model; for the baseline only where it was asked for."""
        job = self.job
        specs = [spec for spec in job.models if baseline or spec.name != BASELINE]
        return make_tasks(job.dataset, specs, [self.split], job.shape, job.options.seed)


class FittedModel:
    """One fitted model: ``predicted`` (n,) codes of the fold's held-out rows, ``right`` (n,) where true.

    ``decided_by`` are the shares of the columns in what it decides by; empty where they are not known.
    """

    def __init__(self, task: FitTask, fold: FirstFold) -> None:
        prepared = fold.job.workspace.prepared(task)
        if not isinstance(prepared, PreparedFold):
            raise UsageError("it prepares columns itself; pictures are of models on prepared columns")
        self._fold, self._preparation = fold, prepared.preparation
        family = family_of(task.model)
        self._single = task.single
        self._classes = len(fold.dataset.classes)
        estimator = make_estimator(task.model, task.params)
        with contextlib.nullcontext() if family.builtin else surroundings_restored(task):
            estimator.fit(own(self._input(prepared.train)), own(fold.train_y))
        self.estimator = estimator if family.builtin else OnCopies(estimator)
        looked = prepared.surroundings.describe(task, self.estimator) if prepared.surroundings else None
        self.name, self.decided_by = task.model.name, dict(looked.columns) if looked is not None else {}
        self.predicted = class_codes(self.estimator, self._input(prepared.test), self._classes)
        self.right = self.predicted == fold.test_y

    def grid(self, plane: Plane, limits: Sequence[tuple[float, float]], shape: tuple[int, int]) -> Grid:
        """Return what the model says on a grid of ``shape`` (h, w) between limits."""
        return evaluate(self.estimator, self.prepare, plane, limits, shape, self._classes)

    def fidelity(self, plane: Plane) -> float | None:
        """Return the share of held-out rows that get the class of the ground they are drawn on, in [0, 1].

        None where no held-out row has a place on the plane.
        """
        places = plane.coordinates(self._fold.test_numbers)
        placed = np.flatnonzero(~np.isnan(places).any(axis=1))
        if not len(placed):
            return None
        codes = np.tile(plane.held.codes, (len(placed), 1))
        rows = self.prepare(plane.numbers_at(places[placed]), codes)
        ground = class_codes(self.estimator, rows, self._classes)
        return float((ground == self.predicted[placed]).mean())

    def prepare(self, numbers: Numbers, codes: Codes) -> Any:
        """Return rows of the table, (m, p) and (m, q), as the model takes them."""
        table = FeatureTable.of_arrays(numbers, codes)
        return self._input(self._preparation.transform(table, np.arange(len(numbers))))

    def _input(self, rows: Numbers) -> Any:
        return rows.astype("float32") if self._single else rows


def fitted_or_raised(tasks: Sequence[FitTask], fold: FirstFold) -> dict[str, FittedModel | Raised]:
    """Fit the model of each task on the first fold; return it, or why it cannot be, by name."""
    found: dict[str, FittedModel | Raised] = {**_failures(tasks, fold.job.workspace)}
    return {
        name: found[name] if name in found else attempt(FittedModel, task, fold)
        for task in tasks
        for name in [task.model.name]
    }


def _failures(tasks: Sequence[FitTask], workspace: Workspace) -> dict[str, Raised]:
    """Return why models from outside cannot be fitted, by name.

    Each is fitted in a process of its own first: one that ends its process must not end the program.
    """
    outside = [task for task in tasks if not family_of(task.model).builtin and task.model.needs != "frame"]
    at = place(None, 1)
    try:
        results = [at.fit(replace(task, look=""), workspace, Limits()) for task in outside]
    finally:
        at.end()
    return {result.model: Raised(str(result.error)) for result in results if result.status != "ok"}


@dataclass(frozen=True)
class Grid:
    """What a model says at the centres of h × w cells; row 0 is the lowest.

    ``labels`` (h, w) class codes; ``confidence`` (h, w) the probability of the label, None without any.
    """

    labels: Labels
    confidence: Numbers | None


def grid_points(limits: Sequence[tuple[float, float]], shape: tuple[int, int]) -> Numbers:
    """Return the centres of ``shape`` = (h, w) cells between limits, (h·w, k), row by row from the lowest.

    With one axis only a single row of points is given, (w, 1).
    """
    steps = [
        low + (np.arange(count) + 0.5) * (high - low) / count
        for (low, high), count in zip(limits, (shape[1], shape[0]), strict=False)
    ]
    mesh = np.meshgrid(*steps)
    return np.stack([axis.ravel() for axis in mesh], axis=1)


def evaluate(
    estimator: Any,
    prepare: Callable[[Numbers, Codes], Any],
    plane: Plane,
    limits: Sequence[tuple[float, float]],
    shape: tuple[int, int],
    classes: int,
) -> Grid:
    """Return the grid of one fitted model, whose labels are codes of ``classes`` classes.

    ``prepare(numbers, codes)`` turns rows as they are in the table into the model's input. On a strip
    all rows of the grid are the same. Raises ValueError for predictions that are no labels; whatever
    else the model raises goes through.
    """
    points = grid_points(limits, shape)
    step = max(1, CELLS // max(1, len(plane.held.numbers) + len(plane.held.codes)))
    labels, sure = [], []
    for start in range(0, len(points), step):
        numbers = plane.numbers_at(points[start : start + step])
        rows = prepare(numbers, np.tile(plane.held.codes, (len(numbers), 1)))
        labels.append(class_codes(estimator, rows, classes))
        sure.append(label_confidence(estimator, rows, labels[-1], classes))
    height, width = shape
    whole = np.broadcast_to(np.concatenate(labels).reshape(-1, width), (height, width))
    known = [part for part in sure if part is not None]
    if len(known) < len(sure):
        return Grid(whole, None)
    return Grid(whole, np.broadcast_to(np.concatenate(known).reshape(-1, width), (height, width)))


def class_codes(estimator: Any, rows: Any, classes: int) -> Labels:
    """Return what a model predicts for rows, (m,) codes. Raises ValueError for anything else."""
    return checked_labels(estimator.predict(rows), len(rows), classes)


def label_confidence(estimator: Any, rows: Any, labels: Labels, classes: int) -> Numbers | None:
    """Return the probability that a model gives to its labels (m,); None without valid probabilities."""
    given = class_probabilities(estimator, rows, classes)
    return None if given is None else given[np.arange(len(labels)), labels]
