"""From a job to a picture: fit on the first fold, choose the plane, look at every model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from compare_cli.engine.plan import Options, prepare_job
from compare_cli.models.families import BASELINE
from compare_cli.models.specs import split_specs
from compare_cli.notes import note
from compare_cli.plot.choice import ChosenPlane, Planes, axis_of
from compare_cli.plot.fits import FirstFold, FittedModel, Raised, attempt
from compare_cli.plot.picture import Axis, Panel, Picture, Points
from compare_cli.plot.planes import Numbers, Plane, span
from compare_cli.types import Dataset, Note

Limits = tuple[float, float]
GRID = (240, 240)  # cells up and across, fine enough for a file
MOST_POINTS = 500
LANE = 0.32  # how far rows are scattered in the lane of their class on a strip


def make_picture(
    dataset: Dataset,
    models: str | None = None,
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
    job = prepare_job(dataset, Options(models=models, seed=seed, boundary=False))
    fold = FirstFold(job)
    planes = Planes(fold, features, row)
    tasks = fold.tasks(baseline=_names_baseline(models))
    fitted = [attempt(FittedModel, task, fold) for task in tasks]
    view = planes.view([model for model in fitted if isinstance(model, FittedModel)])
    train, test = view.plane.coordinates(fold.train_numbers), view.plane.coordinates(fold.test_numbers)
    limits = [span(values) for values in np.concatenate([train, test]).T]
    axes = _axes(view, limits, fold)
    points, rows = _drawn(fold, train, test, axes)
    cells = shape(len(tasks))
    panels = tuple(
        _panel(task.model.name, model, view.plane, limits, cells, points)
        for task, model in zip(tasks, fitted, strict=True)
    )
    return Picture(
        title=f"{dataset.name}: where each model predicts which {dataset.target}",
        panels=panels,
        x=axes[0],
        y=axes[1],
        classes=dataset.classes,
        points=points,
        rows=rows,
        caption=tuple(filter(None, _caption(fold, planes, view, panels, rows))),
        notes=(*job.notes, _plane_note(view, chosen=features is None)),
    )


def _names_baseline(models: str | None) -> bool:
    """Whether the baseline is to have a panel: only where it is named, or all models are."""
    named = [] if models is None else split_specs(models)
    return any(spec == "all" or spec.startswith(BASELINE) for spec in named)


def _plane_note(view: ChosenPlane, *, chosen: bool) -> Note:
    """Say which plane is shown, and how to look elsewhere unless the user did."""
    told = note("plane", plane=view.words)
    return told if chosen else replace(told, hint="")


def _axes(view: ChosenPlane, limits: Sequence[Limits], fold: FirstFold) -> list[Axis]:
    """Return both axes; on a strip the second one has a lane for each class."""
    if view.plane.shares is not None:
        names = [f"component {at} ({share:.0%} of variance)" for at, share in enumerate(view.plane.shares, 1)]
        return [Axis(name, *limit) for name, limit in zip(names, limits, strict=True)]
    axes = [axis_of(column, limit) for column, limit in zip(view.columns, limits, strict=True)]
    if len(axes) == 1:
        axes.append(Axis(fold.dataset.target, -0.5, len(fold.dataset.classes) - 0.5, "classes"))
    return axes


def _drawn(fold: FirstFold, train: Numbers, test: Numbers, axes: Sequence[Axis]) -> tuple[Points, int]:
    """Draw at most 500 rows by the seed, up to half of them held out, more where training has not enough.

    Returns them, and how many rows could have been drawn: the others lie outside the axes or lack a value.
    """
    rng = np.random.default_rng((fold.job.options.seed, 3))
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
    limits: Sequence[Limits],
    shape: tuple[int, int],
    points: Points,
) -> Panel:
    """Look at one model; whatever it raises becomes the panel's failure."""
    if isinstance(model, Raised):
        return Panel(name, failure=model.message)
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
