"""The models that pictures show: those that `fit` makes on the first fold of the first repeat."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from compare_cli.boundary.grids import Grid, Plane, class_codes, evaluate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.engine.job import Job
    from compare_cli.models.preparation import Preparation
    from compare_cli.types import FitTask

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int32]
    Labels = NDArray[np.int64]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """What a model raised, in one line."""

    message: str


def attempt(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T | Failure:
    """Run what calls a model's code: in one thread, as `fit` does, its warnings and prints kept apart.

    Whatever it raises becomes a Failure, so that the other models are drawn.
    """
    from compare_cli.engine.execute import single_thread

    with single_thread(), warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        try:
            return work(*args, **named)
        except (Exception, SystemExit) as error:  # a model may raise anything
            return Failure(" ".join(f"{type(error).__name__}: {error}".split()))


class FirstFold:
    """The rows of the first fold. Shapes: r training and n held-out rows, p numeric and q other columns."""

    def __init__(self, job: Job) -> None:
        from compare_cli.engine.splits import make_splits

        self.job, self.dataset = job, job.dataset
        self.split = next(make_splits(job.dataset, job.plan, job.options.seed))[0]
        self.table, self.test_table = job.workspace.table, job.workspace.test_table
        self.train_numbers: Numbers = self.table.numbers[self.split.train]
        self.train_codes: Codes = self.table.codes[self.split.train]
        self.train_y: Labels = job.workspace.y[self.split.train]
        self.test_numbers: Numbers = self.test_table.numbers[self.split.test]
        self.test_y: Labels = job.workspace.test_y[self.split.test]
        self._prepared: dict[str, tuple[Preparation, Numbers, Numbers]] = {}

    def tasks(self, *, baseline: bool) -> list[FitTask]:
        """Return a task for each model; for the baseline only where it was asked for."""
        from compare_cli.engine.plan import make_tasks
        from compare_cli.models.families import BASELINE

        job = self.job
        specs = [spec for spec in job.models if baseline or spec.name != BASELINE]
        return make_tasks(job.dataset, specs, [self.split], job.shape, job.options.seed)

    def prepared(self, task: FitTask) -> tuple[Preparation, Numbers, Numbers]:
        """Return what a model needs: the preparation learnt here, training rows, held-out rows."""
        from compare_cli.models.preparation import Preparation

        needs = task.model.needs
        if needs not in self._prepared:
            preparation = Preparation(needs, impute=self.job.workspace.impute)
            train = preparation.fit_transform(self.table, self.split.train)
            self._prepared[needs] = (
                preparation,
                train,
                preparation.transform(self.test_table, self.split.test),
            )
        return self._prepared[needs]


class FittedModel:
    """One fitted model: ``predicted`` (n,) codes of the fold's held-out rows, ``right`` (n,) where true."""

    def __init__(self, task: FitTask, fold: FirstFold) -> None:
        from compare_cli.models.families import family_of
        from compare_cli.models.specs import make_estimator

        self._fold = fold
        self._single = family_of(task.model).single_precision
        self._preparation, train, test = fold.prepared(task)
        self._classes = len(fold.dataset.classes)
        self.estimator = make_estimator(task.model, task.params)
        self.estimator.fit(self._input(train), fold.train_y)
        self.predicted = class_codes(self.estimator, self._input(test), self._classes)
        self.right = self.predicted == fold.test_y

    def grid(self, plane: Plane, limits: Sequence[tuple[float, float]], shape: tuple[int, int]) -> Grid:
        """Return what the model says on a grid of ``shape`` (h, w) between limits."""
        return evaluate(self.estimator, self.prepare, plane, limits, shape, self._classes)

    def fidelity(self, plane: Plane) -> float | None:
        """Return the share of held-out rows that get the class of the ground they are drawn on, in [0, 1].

        None where no held-out row has a place on the plane.
        """
        import numpy as np

        places = plane.coordinates(self._fold.test_numbers)
        there = np.flatnonzero(~np.isnan(places).any(axis=1))
        if not len(there):
            return None
        codes = np.tile(plane.held.codes, (len(there), 1))
        rows = self.prepare(plane.numbers_at(places[there]), codes)
        ground = class_codes(self.estimator, rows, self._classes)
        return float((ground == self.predicted[there]).mean())

    def prepare(self, numbers: Numbers, codes: Codes) -> Any:
        """Return rows of the table, (m, p) and (m, q), as the model takes them."""
        import numpy as np

        from compare_cli.models.preparation import FeatureTable

        table = FeatureTable.of_arrays(numbers, codes)
        return self._input(self._preparation.transform(table, np.arange(len(numbers))))

    def _input(self, rows: Numbers) -> Any:
        return rows.astype("float32") if self._single else rows
