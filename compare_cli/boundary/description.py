"""Boundary statistics for callers: of one fitted estimator, or of one fold of a comparison."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from compare_cli.boundary.exact import BY_CLASS, Exact
from compare_cli.boundary.frames import table_frame
from compare_cli.boundary.probes import FULL, REDUCED, Effort
from compare_cli.boundary.seeds import Seed
from compare_cli.boundary.space import Frame, Space
from compare_cli.boundary.statistics import measure
from compare_cli.errors import UsageError
from compare_cli.types import Boundary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SLOW_CLASSES = frozenset({"KNeighborsClassifier", "SVC", "NuSVC", "GaussianProcessClassifier"})
SLOW_ROWS = 600  # anchors, and surrogate rows, of models that predict slowly
WIDE = 400


def describe(
    estimator: Any, X: Any, *, seed: int = 0, probes: int | None = None
) -> dict[str, float | str | None]:
    """Return what the decision boundary of a fitted classifier looks like, as plain numbers.

    ``X`` (n, d) is a numeric array, or a DataFrame as the estimator takes it: numeric columns span
    the space, other columns are held. One half of its rows trains the linear surrogate, the other
    half is looked from; rows that the model was not trained on give fairer numbers.
    ``probes`` is the number of boundary points (default 60; 20 for models that predict slowly and for
    more than 400 columns). Names are those of ``STATISTICS``, None where undefined; ``reason`` says why
    geometry is missing, None when it is there. The same seed gives the same numbers.
    Raises DataError for tables that are sparse, not numeric, or shorter than 4 rows.
    """
    name = type(estimator).__name__
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = BY_CLASS.get(name)
        frame = table_frame(X, seed=seed)
        space = Space(frame.thinned(SLOW_ROWS) if name in SLOW_CLASSES else frame, estimator)
        exact = read(estimator) if read is not None else None
        much = effort(probes, name in SLOW_CLASSES, space.frame.width)
        statistics, reason = measure(space, seed=seed, effort=much, exact=exact)
    return {**statistics, "reason": reason or None}


def effort(probes: int | None, slow: bool, width: int) -> Effort:
    """Return how much to look: ``probes`` boundary points if given, else 60.

    20 where predicting is slow: in families that are, and for more than 400 input columns.
    Raises UsageError for fewer than 1.
    """
    if probes is not None:
        if probes < 1:
            raise UsageError(f"The number of boundary probes must be 1 or more, got {probes}.")
        return Effort(probes)
    return REDUCED if slow or width > WIDE else FULL


def describe_fold(
    estimator: Any,
    frame: Frame,
    *,
    seed: Seed,
    single: bool = False,
    exact: Callable[[Any], Exact | None] | None = None,
    slow: bool = False,
    probes: int | None = None,
    shared: NDArray[np.float64] | None = None,
) -> Boundary:
    """Return the boundary statistics of one fit. No warning escapes.

    ``seed`` should name the fold too, as (seed, repeat, fold): folds then err independently, while the
    models of a fold are looked at in the same way.
    ``frame`` is the fold's, from ``prepared_frame``; ``single`` gives the model single precision;
    ``exact`` reads the family's exact geometry; ``slow`` marks families that predict slowly;
    ``shared`` (s, D) are the shared probes as the model takes them: its labels for them come back.
    """
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        space = Space(frame.thinned(SLOW_ROWS) if slow else frame, estimator, single=single)
        geometry = exact(estimator) if exact is not None else None
        statistics, reason = measure(
            space, seed=seed, effort=effort(probes, slow, frame.width), exact=geometry
        )
        labels = None
        if shared is not None:
            labels = np.asarray(estimator.predict(shared.astype("float32") if single else shared))
    return Boundary(statistics, labels, reason)
