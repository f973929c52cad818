"""From a comparison to a picture: fit on the first fold, choose the plane, look at every model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare_cli.boundary.grids import Plane, span
from compare_cli.cli.plot_fits import Failure, FirstFold, FittedModel, attempt
from compare_cli.cli.plot_planes import Planes, View, axis_of
from compare_cli.report.pictures import Axis, Panel, Picture, Points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.engine.job import Job

    Numbers = NDArray[np.float64]
    Labels = NDArray[np.int64]
    Limits = tuple[float, float]

MOST_POINTS = 500
LANE = 0.32  # how far rows are scattered in the lane of their class on a strip


@dataclass(frozen=True)
class Wish:
    """What to look at: ``features`` as written (None: chosen), the ``row`` from 1 to hold other columns at.

    ``baseline`` asks for a panel of the baseline too.
    """

    features: str | None = None
    row: int | None = None
    baseline: bool = False


@dataclass(frozen=True)
class Drawn:
    """The rows that are drawn: ``held_out`` (n,) are places in the fold's test rows, -1 for training rows.

    ``rows`` could have been drawn; ``left_out`` lie outside the limits or lack a value.
    """

    points: Points
    held_out: Labels
    rows: int
    left_out: int


def make_picture(
    job: Job,
    wish: Wish,
    shape: Callable[[int], tuple[int, int]],
    tell: Callable[[str], None] = lambda plane: None,
) -> Picture:
    """Fit the models of a comparison on its first fold and draw them over one plane.

    ``shape`` gives the grids' (h, w) for a number of panels; ``tell`` gets the plane in words. A model that
    fails has a panel that says so. Raises what `Planes` raises, before anything is fitted.
    """
    import numpy as np

    fold = FirstFold(job)
    planes = Planes(fold, wish.features, wish.row)
    tasks = fold.tasks(baseline=wish.baseline)
    models = [attempt(FittedModel, task, fold) for task in tasks]
    view = planes.view([model for model in models if isinstance(model, FittedModel)])
    tell(view.words)
    train, test = view.plane.coordinates(fold.train_numbers), view.plane.coordinates(fold.test_numbers)
    limits = [span(values) for values in np.concatenate([train, test]).T]
    axes = _axes(view, limits, fold)
    drawn = _drawn(fold, train, test, axes)
    size = shape(len(tasks))
    panels = tuple(
        _panel(task.model.name, model, view.plane, limits, size, drawn)
        for task, model in zip(tasks, models, strict=True)
    )
    return Picture(
        title=f"{fold.dataset.name}: where each model predicts which {fold.dataset.target}",
        panels=panels,
        x=axes[0],
        y=axes[1],
        classes=fold.dataset.classes,
        points=drawn.points,
        rows=drawn.rows,
        caption=tuple(filter(None, _caption(fold, planes, view, panels, drawn))),
    )


def _axes(view: View, limits: Sequence[Limits], fold: FirstFold) -> list[Axis]:
    """Return both axes; on a strip the second one has a lane for each class."""
    if view.plane.shares is not None:
        names = [f"component {at} ({share:.0%} of variance)" for at, share in enumerate(view.plane.shares, 1)]
        return [Axis(name, *limit) for name, limit in zip(names, limits, strict=True)]
    axes = [axis_of(column, limit) for column, limit in zip(view.columns, limits, strict=True)]
    if len(axes) == 1:
        axes.append(Axis(fold.dataset.target, -0.5, len(fold.dataset.classes) - 0.5, "classes"))
    return axes


def _drawn(fold: FirstFold, train: Numbers, test: Numbers, axes: Sequence[Axis]) -> Drawn:
    """Draw at most 500 rows by the seed: up to half of them held out, more where training has not enough."""
    import numpy as np

    rng = np.random.default_rng((fold.job.options.seed, 3))
    held_out = np.concatenate([np.full(len(train), -1), np.arange(len(test))])
    classes = np.concatenate([fold.train_y, fold.test_y])
    places = np.concatenate([train, test])
    if places.shape[1] == 1:
        places = np.column_stack([places, classes + rng.uniform(-LANE, LANE, len(classes))])
    low, high = np.array([[axis.low, axis.high] for axis in axes]).T
    inside = np.flatnonzero(((places >= low) & (places <= high)).all(axis=1))  # NaN is nowhere
    order = rng.permutation(inside)
    tested, learnt = order[held_out[order] >= 0], order[held_out[order] < 0]
    tested = tested[: max(MOST_POINTS // 2, MOST_POINTS - len(learnt))]
    some = rng.permutation(np.concatenate([tested, learnt[: MOST_POINTS - len(tested)]]))
    points = Points(places[some, 0], places[some, 1], classes[some], held_out[some] >= 0)
    return Drawn(points, held_out[some], len(inside), len(places) - len(inside))


def _panel(
    name: str,
    model: FittedModel | Failure,
    plane: Plane,
    limits: Sequence[Limits],
    shape: tuple[int, int],
    drawn: Drawn,
) -> Panel:
    """Look at one model; whatever it raises becomes the panel's failure."""
    if isinstance(model, Failure):
        return Panel(name, failure=model.message)
    grid, fidelity = attempt(model.grid, plane, limits, shape), attempt(model.fidelity, plane)
    if isinstance(grid, Failure):
        return Panel(name, failure=grid.message)
    if isinstance(fidelity, Failure):
        return Panel(name, failure=fidelity.message)
    wrong = drawn.points.held_out & ~model.right[drawn.held_out]
    return Panel(name, float(model.right.mean()), grid.labels, grid.confidence, wrong, fidelity)


def _caption(
    fold: FirstFold, planes: Planes, view: View, panels: Sequence[Panel], drawn: Drawn
) -> Iterator[str]:
    """Yield what is shown and why, where the rest is held, how faithful that is, what accuracy is about."""
    yield f"Plane: {view.words}; {view.why}." if view.why else f"Plane: {view.words}."
    yield planes.held_sentence(view)
    faithful = [f"{panel.model} {panel.fidelity:.0%}" for panel in panels if panel.fidelity is not None]
    if faithful and not planes.shows_all(view):
        share = ", ".join(faithful)
        yield f"Rows lie beside this plane; held-out rows that get the class of their ground: {share}."
    yield _judged(fold)
    if drawn.left_out:
        yield f"Not drawn: {drawn.left_out:,} rows outside the picture or without a value there."


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
    told = f"fold 1 of {plan.folds} {kind}"
    return f"Fitted on {learnt:,} rows, accuracy on the {tested:,} held-out rows: {told}."
