"""From a table to a picture: fit on the first fold, choose the plane and say why, look at every model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from compare_cli.engine.plan import Options, prepare_job
from compare_cli.errors import DataError, UsageError, nearest
from compare_cli.models.families import BASELINE
from compare_cli.models.specs import split_specs
from compare_cli.notes import note
from compare_cli.plot.fits import FirstFold, FittedModel, Raised, attempt, fitted_or_raised
from compare_cli.plot.picture import Axis, Panel, Picture, Points, axis_value
from compare_cli.plot.planes import (
    Held,
    Pair,
    Plane,
    best_pair,
    columns_plane,
    components_plane,
    span,
    typical_row,
)
from compare_cli.report.table import PagePicture
from compare_cli.types import Column, Comparison, Dataset

GRID = (240, 240)  # cells up and across, fine enough for a file
MOST_POINTS = 500
MOST_DRAWN, LONGEST = 6, 60.0  # panels of a page, and seconds that their fits may take
LANE = 0.32  # how far rows are scattered in the lane of their class on a strip
COMPONENTS = "pca"
PREFERENCE = 0.05  # columns are easier to read: components must be more faithful by this
HELD_SHOWN, NAMES_SHOWN = 5, 8


def make_picture(
    dataset: Dataset,
    models: Any = None,
    *,
    features: str | None = None,
    row: int | None = None,
    seed: int = 0,
    shape: Callable[[int], tuple[int, int]] = lambda panels: GRID,
) -> Picture:
    """Fit models on the first fold of a data set and draw them over one plane.

    ``features`` are one or two columns as written ("a,b"), or "pca"; None: what tells most. ``row``, from 1,
    is where the other columns are held; None: a typical row. ``shape`` gives the grids' (h, w) for a number
    of panels. A model that fails has a panel that says so. Raises UsageError for wrong models, columns and
    rows, DataError without numeric columns; both before anything is fitted.
    """
    job = prepare_job(dataset, Options(models=models, seed=seed, samples=False))
    fold = FirstFold(job)
    planes = Planes(fold, features, row)
    tasks = fold.tasks(baseline=_names_baseline(models))
    fitted = fitted_or_raised(tasks, fold)
    view = planes.view([model for model in fitted.values() if isinstance(model, FittedModel)])
    axes = _axes(view, fold)
    points, rows = _drawn(fold, view.plane, axes)
    look = partial(_panel, plane=view.plane, axes=axes, shape=shape(len(tasks)), points=points)
    panels = tuple(look(name, model) for name, model in fitted.items())
    said = note("plane", plane=view.words)
    said = said if features is None else replace(said, hint="")  # the user knows how to look elsewhere
    return Picture(
        title=f"{dataset.name}: where each model predicts which {dataset.target}",
        panels=panels,
        x=axes[0],
        y=axes[1],
        classes=dataset.classes,
        points=points,
        rows=rows,
        caption=tuple(filter(None, _caption(fold, planes, view, panels, rows))),
        notes=(*job.notes, said),
    )


def _names_baseline(models: Any) -> bool:
    """Whether the baseline is to have a panel: only where it is named, or all models are."""
    named = split_specs(models) if isinstance(models, str) else []
    return any(spec == "all" or spec.startswith(BASELINE) for spec in named)


def _axes(view: ChosenPlane, fold: FirstFold) -> list[Axis]:
    """Return both axes, as long as the rows ask for; on a strip the second one has a lane for each class."""
    places = [view.plane.coordinates(numbers) for numbers in (fold.train_numbers, fold.test_numbers)]
    limits = [span(values) for values in np.concatenate(places).T]
    if view.plane.shares is not None:
        names = [f"component {at} ({share:.0%} of variance)" for at, share in enumerate(view.plane.shares, 1)]
        return [Axis(name, *limit) for name, limit in zip(names, limits, strict=True)]
    axes = [axis_of(column, limit) for column, limit in zip(view.columns, limits, strict=True)]
    if len(axes) == 1:
        axes.append(Axis(fold.dataset.target, -0.5, len(fold.dataset.classes) - 0.5, "classes"))
    return axes


def _drawn(fold: FirstFold, plane: Plane, axes: Sequence[Axis]) -> tuple[Points, int]:
    """Draw at most 500 rows by the seed, up to half of them held out, more where training has not enough.

    Returns them, and how many rows could have been drawn: the others lie outside the axes or lack a value.
    """
    rng = np.random.default_rng((fold.job.options.seed, 3))
    train, test = plane.coordinates(fold.train_numbers), plane.coordinates(fold.test_numbers)
    test_rows = np.concatenate([np.full(len(train), -1), np.arange(len(test))])
    classes = np.concatenate([fold.train_y, fold.test_y])
    places = np.concatenate([train, test])
    if places.shape[1] == 1:
        places = np.column_stack([places, classes + rng.uniform(-LANE, LANE, len(classes))])
    low, high = np.array([[axis.low, axis.high] for axis in axes]).T
    inside = np.flatnonzero(((places >= low) & (places <= high)).all(axis=1))  # NaN is nowhere
    order = rng.permutation(inside)
    tested, learnt = order[test_rows[order] >= 0], order[test_rows[order] < 0]
    tested = tested[: max(MOST_POINTS // 2, MOST_POINTS - len(learnt))]
    some = rng.permutation(np.concatenate([tested, learnt[: MOST_POINTS - len(tested)]]))
    return Points(places[some, 0], places[some, 1], classes[some], test_rows[some]), len(inside)


def _panel(
    name: str,
    model: FittedModel | Raised,
    plane: Plane,
    axes: Sequence[Axis],
    shape: tuple[int, int],
    points: Points,
) -> Panel:
    """Look at one model; whatever it raises becomes the panel's failure."""
    if isinstance(model, Raised):
        return Panel(name, failure=model.message)
    limits = [(axis.low, axis.high) for axis in axes[: len(plane.axes)]]
    grid, fidelity = attempt(model.grid, plane, limits, shape), attempt(model.fidelity, plane)
    if isinstance(grid, Raised):
        return Panel(name, failure=grid.message)
    if isinstance(fidelity, Raised):
        return Panel(name, failure=fidelity.message)
    wrong = points.held_out & ~model.right[points.test_rows]
    return Panel(name, float(model.right.mean()), grid.labels, grid.confidence, wrong, fidelity)


def _caption(
    fold: FirstFold, planes: Planes, view: ChosenPlane, panels: Sequence[Panel], rows: int
) -> Iterator[str]:
    """Yield what is shown and why, where the rest is held, how faithful that is, what accuracy is about."""
    yield f"Plane: {view.words}; {view.why}." if view.why else f"Plane: {view.words}."
    yield planes.held_sentence(view)
    faithful = [f"{panel.model} {panel.fidelity:.0%}" for panel in panels if panel.fidelity is not None]
    if faithful and not planes.shows_all(view):
        share = ", ".join(faithful)
        yield f"Rows lie beside this plane; held-out rows that get the class of their ground: {share}."
    yield _judged(fold)
    left_out = len(fold.train_y) + len(fold.test_y) - rows
    if left_out:
        yield f"Not drawn: {left_out:,} rows outside the picture or without a value there."


def _judged(fold: FirstFold) -> str:
    plan, seed = fold.job.plan, fold.job.options.seed
    learnt, tested = len(fold.train_y), len(fold.test_y)
    if plan.scheme == "test":
        return f"Fitted on all {learnt:,} rows; accuracy on the {tested:,} rows of the test set."
    kind = {
        "stratified": f"stratified folds, seed {seed}",
        "grouped": f"folds by {fold.dataset.groups_column}, seed {seed}",
        "time": "folds in time order",
    }[plan.scheme]
    where = f"fold 1 of {plan.folds} {kind}"
    return f"Fitted on {learnt:,} rows, accuracy on the {tested:,} held-out rows: {where}."


@dataclass(frozen=True)
class ChosenPlane:
    """A plane and the columns along it (none: principal components), in words, and why it was chosen."""

    plane: Plane
    columns: tuple[Column, ...]
    words: str
    why: str = ""


class Planes:
    """The planes of one fold. ``row`` (from 1) is where columns that are not shown are held; None: typical.

    Raises UsageError for columns and rows that are not there, DataError without numeric columns.
    """

    def __init__(self, fold: FirstFold, features: str | None, row: int | None) -> None:
        self.fold, self.row = fold, row
        self.dataset = fold.dataset
        self.numeric = [c for c in self.dataset.columns if c.kind != "categorical"]
        self._held = self._held_row()
        if not self.numeric:
            raise DataError(
                f"{self.dataset.source}: a picture needs a numeric column; this table has categories only."
            )
        self._asked = asked_columns(features, self.dataset)

    def view(self, models: Sequence[FittedModel]) -> ChosenPlane:
        """Return the plane that was asked for, else the only one, else the one that tells most of the models.

        That is the pair of columns that decides most in the best model, or the one that tells the classes
        apart best, whichever gives more held-out rows the class of the ground they are drawn on (on average
        over models); or components, where these do so by 5 points.
        """
        if self._asked is not None:
            return self._along(self._asked) if self._asked else self._components()
        if len(self.numeric) <= 2:
            return self._along(range(len(self.numeric)))
        pair = best_pair(self.fold.train_numbers, self.fold.train_y, self.fold.job.options.seed)
        columns, components = self._along(pair.columns, self._why(pair)), self._components()
        if not models:
            return columns
        deciding = self._deciding(models) or columns
        if mean_fidelity(models, deciding.plane) >= mean_fidelity(models, columns.plane):
            columns = deciding
        own, other = mean_fidelity(models, columns.plane), mean_fidelity(models, components.plane)
        if other > own + PREFERENCE:
            why = f"{other:.0%} of held-out rows get the class of their ground, {own:.0%} with the best pair"
            return replace(components, why=f"{why} of columns")
        return columns

    def _deciding(self, models: Sequence[FittedModel]) -> ChosenPlane | None:
        """Return the plane along the two columns that decide most in the best model; None if unknown."""
        best = max(models, key=lambda model: float(model.right.mean()))
        places = {column.name: at for at, column in enumerate(self.numeric)}
        shares = {name: share for name, share in best.decided_by.items() if name in places and share > 0}
        first = sorted(shares, key=lambda name: -shares[name])[:2]
        if len(first) < 2:
            return None
        share = sum(shares[name] for name in first)
        why = f"they make {share:.0%} of what {best.name} decides by"
        return self._along(sorted(places[name] for name in first), why)

    def _why(self, pair: Pair) -> str:
        several = "pairs" if pair.tried == len(self.numeric) else f"pairs of the {pair.tried} best columns"
        measure = f"balanced accuracy of a leave-one-out kernel classifier on {pair.rows:,} training rows"
        return f"of all {several} they tell the classes apart best ({measure}: {pair.score:.0%})"

    def _along(self, columns: Sequence[int], why: str = "") -> ChosenPlane:
        held = self._held or typical_row(self.fold.train_numbers, self.fold.train_codes)
        shown = tuple(self.numeric[at] for at in columns)
        words = " and ".join(repr(c.name) for c in shown)
        return ChosenPlane(
            columns_plane(held, columns), shown, f"{'columns' if len(shown) > 1 else 'column'} {words}", why
        )

    def _components(self) -> ChosenPlane:
        plane = components_plane(self.fold.train_numbers, self.fold.train_codes, self._held)
        return ChosenPlane(
            plane, (), f"the first two principal components of the {len(self.numeric)} numeric columns"
        )

    def _held_row(self) -> Held | None:
        rows = len(self.dataset.y)
        if self.row is None:
            return None
        if not 1 <= self.row <= rows:
            raise UsageError(f"--slice {self.row}: the table as read has rows 1 to {rows:,}.")
        table = self.fold.job.workspace.table
        return Held(table.numbers[self.row - 1], table.codes[self.row - 1])

    def shows_all(self, view: ChosenPlane) -> bool:
        """Whether every row lies in the plane itself."""
        return len(self.dataset.columns) == len(view.plane.axes)

    def held_sentence(self, view: ChosenPlane) -> str:
        """Say where the columns are that the plane does not show."""
        moved = {c.name for c in view.columns or self.numeric}
        others = [(name, text) for name, text in self._held_values(view.plane.held) if name not in moved]
        row = f"row {self.row:,}" if self.row is not None else ""
        if not others:
            return "" if self.shows_all(view) else f"The plane goes through {row or 'the mean'}."
        shown = ", ".join(f"{name} = {text}" for name, text in others[:HELD_SHOWN])
        more = f" and {len(others) - HELD_SHOWN} more" if len(others) > HELD_SHOWN else ""
        where = row or "a typical training row (medians, most frequent categories)"
        return f"Other columns are held at {where}: {shown}{more}."

    def _held_values(self, held: Held) -> list[tuple[str, str]]:
        """Return each column with the value that it is held at, in the table's order."""
        numbers, codes = iter(held.numbers.tolist()), iter(held.codes.tolist())
        values = []
        for column in self.dataset.columns:
            text = "missing"
            if column.kind == "categorical":
                code = next(codes)
                if code >= 0:
                    text = str(self.dataset.X[column.name].cat.categories[code])
            else:
                number = next(numbers)
                if number == number:
                    text = axis_value(number, axis_of(column, (0, 1)))
            values.append((column.name, text))
        return values


def axis_of(column: Column, limits: tuple[float, float]) -> Axis:
    """Return the axis of a numeric column."""
    return Axis(column.name, *limits, "date" if column.kind == "date" else "number")


def mean_fidelity(models: Sequence[FittedModel], plane: Plane) -> float:
    """Return the mean over models of `FittedModel.fidelity`; models that cannot tell do not count."""
    told = [attempt(model.fidelity, plane) for model in models]
    known = [value for value in told if value is not None and not isinstance(value, Raised)]
    return sum(known) / len(known) if known else 0.0


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
                f"--features {COMPONENTS}: components need two numeric columns; there is {len(numeric)}."
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
    unknown = next((name for name in map(str.strip, text.split(",")) if name not in numeric), None)
    more = ", …" if len(numeric) > NAMES_SHOWN else ""
    known = f" Numeric columns: {', '.join(numeric[:NAMES_SHOWN])}{more}."
    if unknown is None:
        return f"--features {text}: name one or two columns, or {COMPONENTS}."
    if unknown == dataset.target:
        return f"--features: {unknown!r} is the target; name columns that models learn from.{known}"
    if any(c.name == unknown for c in dataset.columns):
        return f"--features: {unknown!r} holds categories; a picture needs numbers.{known}"
    for left_out in dataset.dropped:
        if left_out.column == unknown:
            return f"--features: {unknown!r} was left out: {left_out.reason}."
    return f"--features: there is no column {unknown!r}.{nearest(unknown, numeric) or known}"


def page_picture(dataset: Dataset, comparison: Comparison, seed: int) -> PagePicture:
    """Return the boundaries of a comparison's best models as a page shows them, or why there are none.

    The models are fitted again on the first fold: at most six, and as many as take a minute together.
    """
    from compare_cli.plot.figure import page_panels, sentences

    finished = [m for m in comparison.models if m.status == "ok" and m.family != BASELINE]
    spent = list(accumulate(m.fit_seconds or 0.0 for m in finished))
    drawn = [m for m, seconds in zip(finished, spent, strict=True) if seconds < LONGEST][:MOST_DRAWN]
    models = ",".join(m.spec if m.spec == m.model else f"{m.model}={m.spec}" for m in drawn)
    try:
        picture = make_picture(dataset, models, seed=seed)
        return PagePicture(page_panels(picture), tuple(sentences(picture)))
    except (UsageError, DataError) as error:  # no matplotlib, no numeric column, no model
        return PagePicture((), (f"No picture: {error}",))
