"""All boundary statistics: of one fitted estimator, of one fold of a comparison, over folds."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compare_cli.boundary.columns import (
    Shares,
    column_shares,
    distinct_cuts,
    effective_columns,
    interactions,
    left_behind,
    ray_points,
    squared_normals,
)
from compare_cli.boundary.definitions import NOISE, RADIUS, STATISTICS
from compare_cli.boundary.exact import BY_CLASS, Exact
from compare_cli.boundary.frames import table_frame
from compare_cli.boundary.geometry import (
    AxisTest,
    RandomFrames,
    directions,
    fragments,
    linearity,
    random_frames,
    roughness,
)
from compare_cli.boundary.margins import features_per_facet, normals_at, refined, weighted_quantile
from compare_cli.boundary.probes import (
    FULL,
    REDUCED,
    SIDE,
    BoundaryPoints,
    Effort,
    Pairs,
    balanced,
    boundary_points,
    different_class_pairs,
    ends,
    farther,
    noisy,
    opponents,
    planes,
    same_class_pairs,
    steps_along,
)
from compare_cli.boundary.space import Floats, Frame, Ints, Seed, Space, stream
from compare_cli.errors import UsageError
from compare_cli.types import Boundary

SLOW_CLASSES = frozenset({"KNeighborsClassifier", "SVC", "NuSVC", "GaussianProcessClassifier"})
SLOW_ROWS = 300  # anchors, and surrogate rows, of models that predict slowly
WIDE = 400


def describe(
    estimator: Any, X: Any, *, seed: int = 0, probes: int | None = None
) -> dict[str, float | str | None]:
    """Return what the decision boundary of a fitted classifier looks like, as plain numbers.

    ``X`` (n, d) is a numeric array, or a DataFrame as the estimator takes it: numeric columns span
    the space, other columns are held. One half of its rows trains the linear surrogate, the other
    half is looked from; rows that the model was not trained on give fairer numbers.
    ``probes`` is the number of boundary points (default 60; 12 for models that predict slowly and for
    more than 400 columns). Names are those of ``STATISTICS``, None where undefined; ``reason`` says why
    geometry is missing, None when it is there. The same seed gives the same numbers.
    Raises DataError for tables that are sparse, not numeric, or shorter than 4 rows.
    """
    name = type(estimator).__name__
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = BY_CLASS.get(name)
        frame = table_frame(X, seed=seed)
        exact = read(estimator) if read is not None else None
        frame = frame.thinned(SLOW_ROWS) if name in SLOW_CLASSES else frame
        space = Space(frame, estimator, exact_labels=exact.labels if exact is not None else None)
        much = effort(probes, name in SLOW_CLASSES, space.frame.width)
        measured = measure(space, seed=seed, effort=much, exact=exact)
    return {**measured.statistics, "reason": measured.reason or None}


def effort(probes: int | None, slow: bool, width: int) -> Effort:
    """Return how much to look: ``probes`` boundary points if given, else 60.

    12 where predicting is slow: in families that are, and for more than 400 input columns.
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
    shared: Floats | None = None,
) -> Boundary:
    """Return the boundary statistics of one fit. No warning escapes.

    ``seed`` should name the fold too, as (seed, repeat, fold): folds then err independently, while the
    models of a fold are looked at in the same way.
    ``frame`` is the fold's, from ``prepared_frame``; ``single`` gives the model single precision;
    ``exact`` reads the family's exact geometry; ``slow`` marks families that predict slowly;
    ``shared`` (s, D) are the shared probes as the model takes them: its labels for them come back.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        geometry = exact(estimator) if exact is not None else None
        seen = frame.thinned(SLOW_ROWS) if slow else frame
        space = Space(seen, estimator, single=single, exact_labels=geometry.labels if geometry else None)
        measured = measure(space, seed=seed, effort=effort(probes, slow, frame.width), exact=geometry)
        labels = None if shared is None else probe_labels(estimator, shared, single=single)
    return Boundary(measured.statistics, labels, measured.reason, **_columns(measured, frame))


def probe_labels(estimator: Any, shared: Floats, *, single: bool = False) -> Ints:
    """Return what a fitted model predicts for the shared probes (s, D), in single precision or not, (s,).

    No warning escapes.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(estimator.predict(shared.astype("float32") if single else shared))


SAME_STEPS, DIFFERENT_STEPS = 8, 12
UNSURE_GAP = 0.5
EXACT_ANCHORS = 200
MOST_COLUMNS = 200  # above, the error of roughness (about .017 √d at 60 points) drowns it
PER_FIT = tuple(name for name, statistic in STATISTICS.items() if statistic.per_fit)

ONE_CLASS = "predicts one class"
NO_NUMBERS = "no numeric column"

Statistics = dict[str, float | None]


def _columns(measured: Measured, frame: Frame) -> dict[str, Any]:
    """Return the columns' shares and pairs by name, as fields of ``Boundary``."""
    if measured.shares is None or frame.sources is None:
        return {}
    names = frame.sources.names
    values, gaps = measured.shares.values, measured.shares.gaps
    return {
        "columns": {name: float(values[i]) for i, name in enumerate(names)},
        "gaps": {name: float(gaps[i]) for i, name in enumerate(names) if gaps[i] > 0},
        "pairs": tuple((names[i], names[j], back, moved) for i, j, back, moved in measured.pairs),
    }


@dataclass(frozen=True)
class Measured:
    """Every per-fit statistic (None where undefined), and ``reason`` why geometry is missing or "".

    ``shares`` are those of the columns, ``pairs`` how pairs of them interact (`interactions`).
    """

    statistics: Statistics
    reason: str = ""
    shares: Shares | None = None
    pairs: Sequence[tuple[int, int, float, float]] = ()


def measure(space: Space, *, seed: Seed = 0, effort: Effort = FULL, exact: Exact | None = None) -> Measured:
    """Return everything that can be said of one fitted model in one space."""
    found: Statistics = dict.fromkeys(PER_FIT)
    if exact is not None:
        found |= dict(exact.sizes)
    labels, frame = space.anchor_labels, space.frame
    if len(np.unique(labels)) < 2:
        return Measured(found, ONE_CLASS)
    found["linearity"] = linearity(
        frame.surrogate_features, space.surrogate_labels, frame.anchor_features, labels
    )
    found["moving_columns"] = float(frame.z.shape[1])
    rng = [stream(seed, number) for number in range(20, 30)]
    if not frame.z.shape[1]:
        shares = column_shares(space, np.zeros(0), effort.held, rng[6])
        return Measured(found, NO_NUMBERS, shares, _pairs(space, shares, effort.walks, rng[7]))
    starts = _starting_points(space, effort, rng)
    found |= {"held_flips": starts.held_flips, **_sampled(space, starts, effort, rng)}
    if exact is not None and exact.pieces is not None and len(starts.different.start):
        found["relu_pieces"] = _pieces(space, starts.different, exact)
    at = boundary_points(space, starts.anchors, starts.rivals, starts.rival_labels)
    moving = np.zeros(frame.z.shape[1])
    if len(at):
        around = len(moving) <= MOST_COLUMNS or (exact is not None and exact.stepped)
        frames = random_frames(len(at) if around else 0, len(moving), RADIUS, seed)
        statistics, moving = _at_boundary(space, at, exact, frames, rng[5])
        found |= statistics
    shares = column_shares(space, moving, effort.held, rng[6])
    found["number_flips"] = shares.number_flips if shares is not None else None
    if moving.any():
        found["effective_columns"] = effective_columns(moving, frame.z)
        rays = ray_points(space, moving, effort.walks, rng[8])
        found["enclosed"], found["enclosed_least"] = left_behind(space, rays[1], space.labels(rays)[0])
    return Measured(found, "", shares, _pairs(space, shares, effort.walks, rng[7]))


def _pairs(
    space: Space, shares: Shares | None, rows: int, rng: np.random.Generator
) -> list[tuple[int, int, float, float]]:
    return [] if shares is None else interactions(space, shares.values + shares.gaps, rows, rng)


@dataclass(frozen=True)
class _Starts:
    """Walks whose ends still have their labels, and anchors (m,) with rivals (m, k) and their labels.

    ``held_flips`` is the share of ends that took another label with the held values of their starts.
    """

    same: Pairs
    different: Pairs
    far_labels: Ints
    anchors: Ints
    rivals: Ints
    rival_labels: Ints
    held_flips: float | None = None


def _starting_points(space: Space, effort: Effort, rng: list[np.random.Generator]) -> _Starts:
    """Draw walks and rivals; read far ends again where they took held values of the start."""
    labels, frame = space.anchor_labels, space.frame
    same = same_class_pairs(labels, effort.walks, rng[0])
    different = different_class_pairs(labels, effort.walks, rng[1])
    anchors = balanced(labels, effort.anchors, rng[2])
    rivals = opponents(frame, labels, anchors)
    if not frame.varies:
        return _Starts(same, different, labels[different.end], anchors, rivals, labels[rivals])
    toward = Pairs(np.repeat(anchors, rivals.shape[1]), rivals.ravel())
    near, far, flat = space.labels(ends(frame, same), ends(frame, different), ends(frame, toward))
    rivals, rival = _with_farther(space, anchors, rivals, flat.reshape(rivals.shape), rng[9])
    changed = np.concatenate([near != labels[same.end], far != labels[different.end]])
    kept, apart = near == labels[same.start], far != labels[different.start]
    return _Starts(
        Pairs(same.start[kept], same.end[kept]),
        Pairs(different.start[apart], different.end[apart]),
        far[apart],
        anchors,
        rivals,
        rival,
        float(changed.mean()) if len(changed) else None,
    )


def _with_farther(
    space: Space, anchors: Ints, rivals: Ints, seen: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return rivals and their labels with farther rows behind them, for anchors that have no rival left.

    The nearest rows predicted otherwise are often those that hold another category: with the anchor's own
    they have its label. Anchors far from the boundary would be left out, and margins come out too small.
    """
    lost = (seen == space.anchor_labels[anchors][:, None]).all(axis=1)
    if not lost.any():
        return rivals, seen
    frame, mine = space.frame, anchors[lost]
    more = farther(frame, mine, rng)
    toward = Pairs(np.repeat(mine, more.shape[1]), more.ravel())
    (labels,) = space.labels(ends(frame, toward))
    behind, their = (
        np.repeat(rivals[:, :1], more.shape[1], axis=1),
        np.repeat(seen[:, :1], more.shape[1], axis=1),
    )
    behind[lost], their[lost] = more, labels.reshape(more.shape)
    return np.hstack([rivals, behind]), np.hstack([seen, their])


def _sampled(space: Space, starts: _Starts, effort: Effort, rng: list[np.random.Generator]) -> Statistics:
    """Read walks, noise and planes in one pass."""
    labels, frame = space.anchor_labels, space.frame
    across = steps_along(frame, starts.different, DIFFERENT_STEPS)
    shaken, gently = noisy(frame, effort.noisy(len(labels), frame.width), NOISE, rng[3])
    sheets = planes(frame, effort.planes(len(labels), frame.width), SIDE, rng[4])
    within, crossed, moved, stirred, sheet = space.labels(
        steps_along(frame, starts.same, SAME_STEPS, rng[0]), across, shaken, gently, sheets
    )
    found: Statistics = {
        "flips": float((moved != labels[shaken[1]]).mean()),
        "flips_robust": float((stirred != labels[gently[1]]).mean()),
    }
    if len(starts.same.start):
        left = within.reshape(-1, SAME_STEPS) != labels[starts.same.start][:, None]
        found |= {"nonconvexity": float(left.mean()), "broken_walks": float(left.any(axis=1).mean())}
    if len(starts.different.start):
        path = np.column_stack(
            [labels[starts.different.start], crossed.reshape(-1, DIFFERENT_STEPS), starts.far_labels]
        )
        found["crossings"] = float((path[:, 1:] != path[:, :-1]).sum(axis=1).mean())
        some = slice(None, None, 2)
        read = space.scoring == "predict_proba"
        scores = space.scores((across[0][some], across[1][some])) if read else None
        if scores is not None:
            top = np.sort(scores[0], axis=1)
            found["unsure"] = float((top[:, -1] - top[:, -2] < UNSURE_GAP).mean())
    if len(sheet):
        found["fragments"] = fragments(sheet.reshape(-1, SIDE, SIDE))
    return found


def _pieces(space: Space, walks: Pairs, exact: Exact) -> float:
    """Return the mean count of linear pieces on walks between rows of different classes."""
    assert exact.pieces is not None
    frame = space.frame
    start = np.asarray(frame.place(frame.z[walks.start], walks.start), dtype=np.float64)
    end = np.asarray(frame.place(*ends(frame, walks)), dtype=np.float64)
    return float(exact.pieces(start, end).mean())


def _at_boundary(
    space: Space, at: BoundaryPoints, exact: Exact | None, frames: RandomFrames, rng: np.random.Generator
) -> tuple[Statistics, Floats]:
    """Read what lies around the boundary points: normals at the radius, the axis test, margins.

    The second result are the mean squared components of the normals, (d,).
    """
    d, axis = at.way.shape[1], AxisTest(at)
    around, searched = space.labels(frames.points(at), axis.search_points())
    axis.search(searched)
    while axis.open:
        axis.search(*space.labels(axis.search_points()))
    aligned = axis.aligned(*space.labels(axis.other_points(rng)))
    normals = normals_at(space, at, exact)
    facets = np.where(aligned[: len(normals)], 1.0, features_per_facet(normals))
    known = facets[~np.isnan(facets)]
    rough = frames.normals(at, around) if len(frames.vectors) else np.empty((0, 2, d))
    bulk = np.minimum(space.frame.bulk, 1.0)  # more than 1 have columns of few values, not of light tails
    squares = squared_normals(normals, rough, aligned, axis.first, np.ones(d))
    found: Statistics = {
        "axis_aligned": float(aligned.mean()) if d > 1 else None,
        "features_per_facet": float(np.median(known)) if len(known) else None,
        "cuts": distinct_cuts(at, aligned, axis.first),
        **_margins(space, at, normals, exact),
    }
    median, narrower = found.get("margin_median"), float(np.sqrt(squares @ space.frame.bulk**2))
    if median is not None and narrower > 0:
        found["margin_robust"] = median / narrower
    if len(rough) and d <= MOST_COLUMNS:
        found |= {"directions": directions(rough, at), "roughness": roughness(rough)}
    return found, squared_normals(normals, rough, aligned, axis.first, bulk)


def _margins(space: Space, at: BoundaryPoints, normals: Floats, exact: Exact | None) -> Statistics:
    """Return median and lower decile of margins: exact over up to 200 anchors, else over boundary points.

    Boundary points are balanced over classes; weights give classes back their shares of the rows.
    """
    frame, labels = space.frame, space.anchor_labels
    exactly = exact is not None and exact.margins is not None and frame.moving is not None
    if exact is not None and exact.margins is not None and frame.moving is not None:
        some = np.arange(0, len(labels), -(-len(labels) // EXACT_ANCHORS))
        rows = np.asarray(frame.place(frame.z[some], some), dtype=np.float64)
        margins = exact.margins(rows, frame.moving, None if frame.held is None else frame.held[some])
        weights = np.ones(len(some))
    else:
        at = at.part(np.arange(len(normals)))
        margins = refined(space, at, normals, exact)
        counts = np.bincount(at.inside, minlength=labels.max() + 1)
        weights = (np.bincount(labels) / np.maximum(counts, 1))[at.inside]
    finite = np.isfinite(margins)
    if not finite.any():
        return {}
    return {
        "margin_median": weighted_quantile(margins[finite], weights[finite], 0.5),
        "margin_q10": weighted_quantile(margins[finite], weights[finite], 0.1),
        "margin_exact": float(exactly),
    }
