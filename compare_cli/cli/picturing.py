"""From a data set to a picture: the models that `fit` makes on its first fold, evaluated over one plane."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compare_cli.boundary.grids import (
    Choice,
    Held,
    Plane,
    choose_plane,
    class_codes,
    columns_plane,
    components_plane,
    evaluate,
    span,
    typical_row,
)
from compare_cli.errors import DataError, UsageError, nearest
from compare_cli.report.pictures import Axis, Panel, Picture, Points, axis_value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.engine.job import Job
    from compare_cli.models.preparation import Preparation
    from compare_cli.types import Column, Dataset, FitTask

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int32]
    Rows = NDArray[np.int64]
    Prepared = tuple[Preparation, Numbers, Numbers]

COMPONENTS = "pca"
MOST_POINTS = 500
HELD_SHOWN = 5
LANE = 0.32  # how far rows are scattered in the lane of their class on a strip


@dataclass(frozen=True)
class Wish:
    """What to look at: ``features`` as written (None: chosen), ``row`` from 1 to hold other columns at."""

    features: str | None = None
    row: int | None = None
    baseline: bool = False


@dataclass(frozen=True)
class Look:
    """A plane and the columns along it (none: principal components), in words, and why it was chosen."""

    plane: Plane
    columns: tuple[Column, ...]
    words: str
    why: str = ""


@dataclass(frozen=True)
class Drawn:
    """The rows that are drawn: ``held_out`` (n,) are places in the fold's test rows, -1 for training rows.

    ``rows`` could have been drawn; ``left_out`` lie outside the limits or lack a value.
    """

    points: Points
    held_out: Rows
    rows: int
    left_out: int


class Fold:
    """The first fold of a comparison, and the plane that all panels share.

    Raises UsageError for columns and rows that are not there, DataError without numeric columns.
    """

    def __init__(self, job: Job, wish: Wish) -> None:
        from compare_cli.engine.plan import make_tasks
        from compare_cli.engine.splits import make_splits
        from compare_cli.models.families import BASELINE

        self.job, self.dataset, self.wish = job, job.dataset, wish
        self.seed = job.options.seed
        self.split = next(make_splits(job.dataset, job.plan, self.seed))[0]
        specs = [spec for spec in job.models if wish.baseline or spec.name != BASELINE]
        self.tasks = make_tasks(job.dataset, specs, [self.split], job.shape, self.seed)
        self.table, self.test_table = job.workspace.table, job.workspace.test_table
        self.test_y = job.workspace.test_y[self.split.test]
        self.train_numbers = self.table.numbers[self.split.train]
        self.numeric = [c for c in job.dataset.columns if c.kind != "categorical"]
        self.look = self._look()
        self._prepared: dict[str, Prepared] = {}

    def picture(self, shape: tuple[int, int]) -> Picture:
        """Fit every model and evaluate it on a grid of ``shape`` (h, w); a model that fails is told."""
        import numpy as np

        train = self.look.plane.coordinates(self.train_numbers)
        test = self.look.plane.coordinates(self.test_table.numbers[self.split.test])
        limits = [span(values) for values in np.concatenate([train, test]).T]
        axes = self._axes(limits)
        drawn = self._drawn(train, test, axes)
        panels = tuple(self._panel(task, drawn, limits, shape) for task in self.tasks)
        return Picture(
            title=f"{self.dataset.name}: where each model predicts which {self.dataset.target}",
            panels=panels,
            x=axes[0],
            y=axes[1],
            classes=self.dataset.classes,
            points=drawn.points,
            rows=drawn.rows,
            caption=tuple(self._caption(drawn, panels)),
        )

    def _look(self) -> Look:
        """Take the plane that was asked for, else the only one, else what tells the classes apart best."""
        asked = asked_columns(self.wish.features, self.dataset)
        if asked is not None:
            return self._along(asked)
        if not self.numeric:
            raise DataError(
                f"{self.dataset.source}: a picture needs a numeric column; this table has categories only."
            )
        if len(self.numeric) <= 2:
            return self._along(range(len(self.numeric)))
        choice = choose_plane(self.train_numbers, self.dataset.y[self.split.train], self.seed)
        return self._along(choice.columns, _why(choice, len(self.numeric)))

    def _along(self, columns: Sequence[int], why: str = "") -> Look:
        """Return the plane along numeric columns, or of the components where there are none."""
        codes = self.table.codes[self.split.train]
        held = self._held_row()
        if not len(columns):
            plane = components_plane(self.train_numbers, codes, held)
            words = f"the first two principal components of the {len(self.numeric)} numeric columns"
            return Look(plane, (), words, why)
        plane = columns_plane(held or typical_row(self.train_numbers, codes), columns)
        shown = tuple(self.numeric[at] for at in columns)
        words = " and ".join(repr(c.name) for c in shown)
        return Look(plane, shown, f"{'columns' if len(shown) > 1 else 'column'} {words}", why)

    def _held_row(self) -> Held | None:
        row, rows = self.wish.row, len(self.dataset.y)
        if row is None:
            return None
        if not 1 <= row <= rows:
            raise UsageError(f"--slice {row}: the table as read has rows 1 to {rows:,}.")
        return Held(self.table.numbers[row - 1], self.table.codes[row - 1])

    def _axes(self, limits: Sequence[tuple[float, float]]) -> list[Axis]:
        shares = self.look.plane.shares
        if shares is not None:
            names = [
                f"component {at} ({share:.0%} of the variance)" for at, share in enumerate(shares, start=1)
            ]
            return [Axis(name, *limit) for name, limit in zip(names, limits, strict=True)]
        axes = [
            Axis(column.name, *limit, "date" if column.kind == "date" else "number")
            for column, limit in zip(self.look.columns, limits, strict=True)
        ]
        if len(axes) == 1:
            axes.append(Axis(self.dataset.target, -0.5, len(self.dataset.classes) - 0.5, "classes"))
        return axes

    def _drawn(self, train: Numbers, test: Numbers, axes: Sequence[Axis]) -> Drawn:
        """Draw at most 500 rows by the seed; held-out rows first, up to half of them."""
        import numpy as np

        rng = np.random.default_rng((self.seed, 3))
        held_out = np.concatenate([np.full(len(train), -1), np.arange(len(test))])
        classes = np.concatenate([self.dataset.y[self.split.train], self.test_y])
        places = np.concatenate([train, test])
        if places.shape[1] == 1:
            lanes = classes + rng.uniform(-LANE, LANE, len(classes))
            places = np.column_stack([places, lanes])
        low, high = np.array([[a.low, a.high] for a in axes]).T
        inside = np.flatnonzero(((places >= low) & (places <= high)).all(axis=1))  # NaN is nowhere
        order = rng.permutation(inside)
        tested, learnt = order[held_out[order] >= 0], order[held_out[order] < 0]
        first = max(MOST_POINTS // 2, MOST_POINTS - len(learnt))
        some = rng.permutation(np.concatenate([tested[:first], learnt[: MOST_POINTS - len(tested[:first])]]))
        points = Points(places[some, 0], places[some, 1], classes[some], held_out[some] >= 0)
        return Drawn(points, held_out[some], len(inside), len(places) - len(inside))

    def _panel(
        self, task: FitTask, drawn: Drawn, limits: Sequence[tuple[float, float]], shape: tuple[int, int]
    ) -> Panel:
        """Fit one model as `fit` does, and look at it. Whatever it raises becomes the panel's failure."""
        from compare_cli.engine.execute import single_thread

        with (
            single_thread(),
            warnings.catch_warnings(),
            contextlib.redirect_stdout(sys.stderr),  # what a model prints is no part of the picture
        ):
            warnings.simplefilter("ignore")
            try:
                return self._fitted_panel(task, drawn, limits, shape)
            except (Exception, SystemExit) as error:  # a model may raise anything; the others are drawn
                return Panel(task.model.name, failure=" ".join(f"{type(error).__name__}: {error}".split()))

    def _fitted_panel(
        self, task: FitTask, drawn: Drawn, limits: Sequence[tuple[float, float]], shape: tuple[int, int]
    ) -> Panel:
        import numpy as np

        from compare_cli.models.families import family_of
        from compare_cli.models.preparation import FeatureTable
        from compare_cli.models.specs import make_estimator

        single = family_of(task.model).single_precision
        preparation, X_train, X_test = self._rows_for(task)
        classes = len(self.dataset.classes)

        def as_input(rows: Numbers) -> Any:
            return rows.astype("float32") if single else rows

        def prepare(numbers: Numbers, codes: Codes) -> Any:
            rows = FeatureTable.of_arrays(numbers, codes)
            return as_input(preparation.transform(rows, np.arange(len(numbers))))

        estimator = make_estimator(task.model, task.params)
        estimator.fit(as_input(X_train), self.dataset.y[self.split.train])
        predicted = class_codes(estimator, as_input(X_test), classes)
        right = predicted == self.test_y
        grid = evaluate(estimator, prepare, self.look.plane, limits, shape, classes)
        return Panel(
            task.model.name,
            accuracy=float(right.mean()),
            labels=grid.labels,
            confidence=grid.confidence,
            wrong=drawn.points.held_out & ~right[drawn.held_out],
            fidelity=self._fidelity(estimator, prepare, predicted),
        )

    def _fidelity(
        self, estimator: Any, prepare: Callable[[Numbers, Codes], Any], predicted: Rows
    ) -> float | None:
        """Return the share of held-out rows that get the class of the ground they are drawn on.

        None where the plane is all there is, and without rows that have a place on it.
        """
        import numpy as np

        plane = self.look.plane
        places = plane.coordinates(self.test_table.numbers[self.split.test])
        there = np.flatnonzero(~np.isnan(places).any(axis=1))
        if self._shows_all() or not len(there):
            return None
        numbers, codes = plane.numbers_at(places[there]), np.tile(plane.held.codes, (len(there), 1))
        ground = class_codes(estimator, prepare(numbers, codes), len(self.dataset.classes))
        return float((ground == predicted[there]).mean())

    def _shows_all(self) -> bool:
        """Whether every row lies in the plane itself."""
        return len(self.dataset.columns) == len(self.look.plane.axes)

    def _rows_for(self, task: FitTask) -> Prepared:
        """Return the fold prepared for what a model needs: the preparation, training and test rows."""
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

    def _caption(self, drawn: Drawn, panels: Sequence[Panel]) -> list[str]:
        plane = f"Plane: {self.look.words}" + (f"; {self.look.why}." if self.look.why else ".")
        sentences = [plane, self._held_sentence(), _fidelity_sentence(panels), self._judged_sentence()]
        if drawn.left_out:
            sentences.append(
                f"Not drawn: {drawn.left_out:,} rows outside the picture or without a value there."
            )
        return [sentence for sentence in sentences if sentence]

    def _held_sentence(self) -> str:
        """Say where the columns are that the plane does not show."""
        moved = {c.name for c in self.look.columns or self.numeric}
        others = [(c, text) for c, text in self._held_values() if c.name not in moved]
        row = f"row {self.wish.row:,}" if self.wish.row is not None else ""
        if not others:
            return "" if self._shows_all() else f"The plane goes through {row or 'the mean'}."
        shown = ", ".join(f"{c.name} = {text}" for c, text in others[:HELD_SHOWN])
        more = f" and {len(others) - HELD_SHOWN} more" if len(others) > HELD_SHOWN else ""
        where = row or "a typical training row (medians, most frequent categories)"
        return f"Other columns are held at {where}: {shown}{more}."

    def _held_values(self) -> list[tuple[Column, str]]:
        """Return each column with the value that it is held at, in the table's order."""
        numbers, codes = (
            iter(self.look.plane.held.numbers.tolist()),
            iter(self.look.plane.held.codes.tolist()),
        )
        values = []
        for column in self.dataset.columns:
            if column.kind == "categorical":
                code = next(codes)
                names = self.dataset.X[column.name].cat.categories
                values.append((column, str(names[code]) if code >= 0 else "missing"))
            else:
                number = next(numbers)
                axis = Axis(column.name, 0, 1, "date" if column.kind == "date" else "number")
                values.append((column, axis_value(number, axis) if number == number else "missing"))
        return values

    def _judged_sentence(self) -> str:
        """Say what the models learnt from, and what their accuracy is about."""
        plan, learnt, tested = self.job.plan, len(self.split.train), len(self.split.test)
        if plan.scheme == "test":
            return f"Fitted on all {learnt:,} rows; accuracy on the {tested:,} rows of the test set."
        kind = {
            "stratified": f"stratified folds, seed {self.seed}",
            "grouped": f"folds by {self.dataset.groups_column}, seed {self.seed}",
            "time": "folds in time order",
        }[plan.scheme]
        fold = f"fold 1 of {plan.folds} {kind}"
        return f"Fitted on {learnt:,} rows, accuracy on the {tested:,} held-out rows: {fold}."


def _fidelity_sentence(panels: Sequence[Panel]) -> str:
    """Say how far the ground of each panel speaks for the rows on it, which lie beside the plane."""
    told = [f"{panel.model} {panel.fidelity:.0%}" for panel in panels if panel.fidelity is not None]
    if not told:
        return ""
    return f"Rows lie beside this plane; held-out rows that get the class of their ground: {', '.join(told)}."


def _why(choice: Choice, numeric: int) -> str:
    """Say by which measure a plane was chosen, and how the other kind does."""
    pairs = "all pairs" if choice.tried == numeric else f"all pairs of the {choice.tried} best columns"
    measure = f"balanced accuracy of a leave-one-out kernel classifier on {choice.rows:,} training rows"
    if not choice.columns:
        return f"chosen by {measure}: {choice.score:.0%}, the best of {pairs} {choice.rival:.0%}"
    return f"the best of {pairs} by {measure}: {choice.score:.0%}, two components {choice.rival:.0%}"


def asked_columns(text: str | None, dataset: Dataset) -> tuple[int, ...] | None:
    """Return the places among the numeric columns of what was asked for; () for components, None for nothing.

    Names may hold commas. Raises UsageError for what is no numeric feature of the table.
    """
    if text is None:
        return None
    numeric = [c.name for c in dataset.columns if c.kind != "categorical"]
    if text in numeric:
        return (numeric.index(text),)
    if text.strip().casefold() == COMPONENTS:
        if len(numeric) < 2:
            raise UsageError(
                f"--features {COMPONENTS}: components need two numeric columns; there are {len(numeric)}."
            )
        return ()
    cuts = [at for at, ch in enumerate(text) if ch == ","]
    pairs = [(text[:at].strip(), text[at + 1 :].strip()) for at in cuts]
    found = next((p for p in pairs if p[0] in numeric and p[1] in numeric), None)
    if found is None:
        raise UsageError(_no_pair(text, dataset, numeric))
    if found[0] == found[1]:
        raise UsageError(f"--features {text}: name two different columns.")
    return numeric.index(found[0]), numeric.index(found[1])


def _no_pair(text: str, dataset: Dataset, numeric: Sequence[str]) -> str:
    """Say what is wrong with the columns that were asked for."""
    parts = [part.strip() for part in text.split(",")]
    unknown = next((part for part in parts if part not in numeric), None)
    if unknown is None:
        return f"--features {text}: name one or two columns, or {COMPONENTS}."
    if unknown == dataset.target:
        return f"--features: {unknown!r} is the target; name columns that models learn from."
    if any(c.name == unknown for c in dataset.columns):
        known = f" Numeric: {', '.join(numeric[:8])}{', …' if len(numeric) > 8 else ''}." if numeric else ""
        return f"--features: {unknown!r} holds categories; a picture needs numbers.{known}"
    for left_out in dataset.dropped:
        if left_out.column == unknown:
            return f"--features: {unknown!r} was left out: {left_out.reason}."
    known = (
        nearest(unknown, numeric) or f" Numeric: {', '.join(numeric[:8])}{', …' if len(numeric) > 8 else ''}."
    )
    return f"--features: there is no column {unknown!r}.{known}"
