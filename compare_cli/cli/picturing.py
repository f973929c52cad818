"""From a comparison to a picture: fit on the first fold, choose the plane, look at every model, say what is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare_cli.boundary.grids import span
from compare_cli.cli.plot_fits import Failure, FirstFold, FittedModel, attempt, fit_all
from compare_cli.cli.plot_planes import Planes, View, axis_of
from compare_cli.report.pictures import Axis, Panel, Picture, Points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.engine.job import Job

    Numbers = NDArray[np.float64]
    Labels = NDArray[np.int64]

MOST_POINTS = 500
LANE = 0.32  # how far rows are scattered in the lane of their class on a strip


@dataclass(frozen=True)
class Wish:
    """What to look at: ``features`` as written (None: chosen), the ``row`` from 1 to hold other columns at,
    and whether the baseline is drawn too.
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
    models = list(fit_all(fold, tasks))
    view = planes.view([model for model in models if isinstance(model, FittedModel)])
    tell(view.words)
    train, test = view.plane.coordinates(fold.train_numbers), view.plane.coordinates(fold.test_numbers)
    limits = [span(values) for values in np.concatenate([train, test]).T]
    axes = _axes(view, limits, fold)
    drawn = _drawn(fold, train, test, axes)
    size = shape(len(tasks))
    panels = []
    for task, model in zip(tasks, models, strict=True):
        panel = attempt(lambda model=model, name=task.model.name: _panel(name, model, view, limits, size, drawn))  # type: ignore[misc]
        panels.append(Panel(task.model.name, failure=panel.message) if isinstance(panel, Failure) else panel)
    return Picture(
        title=f"{fold.dataset.name}: where each model predicts which {fold.dataset.target}",
        panels=tuple(panels),
        x=axes[0],
        y=axes[1],
        classes=fold.dataset.classes,
        points=drawn.points,
        rows=drawn.rows,
        caption=tuple(_caption(fold, planes, view, panels, drawn)),
    )
