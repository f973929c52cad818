"""The space that probes move in, and a fitted model as a function of it.

Shapes: n anchors, d moving columns, D columns of the model's input, m probes, c classes.

Only numeric columns move, measured in standard deviations of the training rows. Everything else
of a row is held at the anchor's values: categories, because half a category does not exist, and
cells that the anchor misses, because a number beside a set "missing" indicator does not exist
either. A held missing cell counts as the training median where distances are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.boundary.definitions import NOISE
from compare_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Points = tuple[Floats, Ints]

CELLS = 4_000_000  # a predict call gets at most this many numbers: 32 MB, whatever the width


@dataclass(frozen=True)
class Moving:
    """Which input columns move: positions ``columns`` (d,), ``center`` and ``scale`` (d,) in input units."""

    columns: Ints
    center: Floats
    scale: Floats

    def standardised(self, rows: Floats) -> Floats:
        """Return the moving columns of input ``rows`` (m, D) in sd units, (m, d) float64."""
        z: Floats = (rows[:, self.columns] - self.center) / self.scale
        return np.asarray(z, dtype=np.float64)


@dataclass(frozen=True)
class Frame:
    """The rows of a fold that probes start from: all that does not depend on the model.

    ``z`` (n, d) anchors in sd units. ``place(z, anchor)`` makes model input (m rows) of coordinates
    (m, d) and anchor numbers (m,), whose held values the rows take. ``held`` (n, d) marks cells that
    stay (missing ones), None without any; ``varies`` says whether anchors differ in anything held.
    ``surrogate_rows`` is model input of r training rows, ``surrogate_features`` (r, F) and
    ``anchor_features`` (n, F) are numbers for the linear surrogate. ``moving`` is None where the
    model's input is not one array of numbers. ``width`` is D.
    """

    z: Floats
    place: Callable[[Floats, Ints], Any]
    held: Bools | None
    varies: bool
    surrogate_rows: Any
    surrogate_features: Floats
    anchor_features: Floats
    width: int
    moving: Moving | None

    def pinned(self, z: Floats, anchor: Ints) -> Floats:
        """Return coordinates (m, d) with the held cells of their anchors put back."""
        if self.held is None:
            return z
        return np.where(self.held[anchor], self.z[anchor], z)

    def thinned(self, rows: int) -> Frame:
        """Return the frame with about ``rows`` of its anchors and of its surrogate rows, evenly spread."""
        kept = np.arange(0, len(self.z), -(-len(self.z) // rows))
        every = -(-len(self.surrogate_features) // rows)
        return replace(
            self,
            z=self.z[kept],
            place=lambda z, anchor: self.place(z, kept[anchor]),
            held=None if self.held is None else self.held[kept],
            surrogate_rows=self.surrogate_rows[::every],
            surrogate_features=self.surrogate_features[::every],
            anchor_features=self.anchor_features[kept],
        )


class Space:
    """A fitted classifier seen from a frame: labels of points, and scores where the model has them.

    Labels are codes: positions in the model's own classes, in sorted order. ``single`` gives the
    model its input in single precision.
    """

    def __init__(self, frame: Frame, estimator: Any, *, single: bool = False) -> None:
        self.frame = frame
        self.estimator = estimator
        self.single = single

    @cached_property
    def classes(self) -> NDArray[Any]:
        """Labels behind the codes, (c,): the model's ``classes_``, or what it predicts."""
        known = getattr(self.estimator, "classes_", None)
        if known is not None and not isinstance(known, list):
            return np.unique(known)
        return np.unique(np.concatenate([self._raw(self.frame.surrogate_rows), self._raw(self._anchors())]))

    @cached_property
    def anchor_labels(self) -> Ints:
        """What the model predicts for the anchors, (n,) codes."""
        return self._codes(self._raw(self._anchors()))

    @cached_property
    def surrogate_labels(self) -> Ints:
        """What the model predicts for the surrogate's training rows, (r,) codes."""
        return self._codes(self._raw(self.frame.surrogate_rows))

    def labels(self, *parts: Points) -> list[Ints]:
        """Return the codes of several sets of points, all read in one pass through ``predict``."""
        return self._read(parts, lambda rows: self._codes(self._raw(rows)))

    @cached_property
    def scoring(self) -> str | None:
        """The method that gives scores: ``predict_proba``, ``decision_function`` or None."""
        for method in ("predict_proba", "decision_function"):
            if hasattr(self.estimator, method):
                return method
        return None

    def scores(self, *parts: Points) -> list[Floats] | None:
        """Return scores (m, c) of several sets of points; None for a model without usable ones."""
        if self.scoring is None:
            return None
        try:
            scores = self._read(parts, self._scores)
        except (AttributeError, NotImplementedError, ValueError):  # declared, but refused when called
            return None
        valid = all(np.isfinite(s).all() for s in scores)
        return scores if valid else None

    def _scores(self, rows: Any) -> Floats:
        assert self.scoring is not None
        given = np.asarray(getattr(self.estimator, self.scoring)(self._input(rows)), dtype=np.float64)
        if given.ndim == 1:
            given = np.stack([-given / 2, given / 2], axis=1)
        if given.shape[1] != len(self.classes):
            raise ValueError("scores do not match the classes")
        return given

    def _anchors(self) -> Any:
        return self.frame.place(self.frame.z, np.arange(len(self.frame.z)))

    def _read(self, parts: tuple[Points, ...], read: Callable[[Any], NDArray[Any]]) -> list[NDArray[Any]]:
        ends = np.cumsum([len(z) for z, _ in parts])
        z = parts[0][0] if len(parts) == 1 else np.concatenate([z for z, _ in parts])
        anchor = parts[0][1] if len(parts) == 1 else np.concatenate([a for _, a in parts])
        step = max(1, CELLS // max(self.frame.width, 1))
        place = self.frame.place
        chunks = [read(place(z[i : i + step], anchor[i : i + step])) for i in range(0, len(z), step)]
        if not chunks:
            return [np.empty((0, len(self.classes)) if read == self._scores else 0, int) for _ in parts]
        return np.split(chunks[0] if len(chunks) == 1 else np.concatenate(chunks), ends[:-1])

    def _input(self, rows: Any) -> Any:
        return rows.astype("float32") if self.single else rows

    def _raw(self, rows: Any) -> NDArray[Any]:
        return np.asarray(self.estimator.predict(self._input(rows)))

    def _codes(self, raw: NDArray[Any]) -> Ints:
        return np.searchsorted(self.classes, raw).astype(np.int64, copy=False)


Seed = int | tuple[int, ...]  # non-negative; a fold's seed is (seed, repeat, fold), so that folds differ


def stream(seed: Seed, number: int) -> np.random.Generator:
    """Return the generator of stream ``number`` of a seed."""
    parts = seed if isinstance(seed, tuple) else (seed,)
    return np.random.default_rng((*parts, number))


ANCHORS = 2_000  # test rows looked at: the error of a share of them is at most .011
SURROGATE_ROWS = 2_000
# The model labels any row, so a small table need not make a poor surrogate: noisy copies of its training
# rows made linearity of logistic regression .99 instead of .96 on 400 rows of 10 columns, and left moons,
# XOR and trees where they were (by less than .02).
COPIES = 4
COPIED_CELLS = 100_000  # on wider tables copies would cost more than the fit that they look at
BLOCK_CELLS = 65_536  # placed at a time: what fits a core's cache takes a fifth of the time
CATEGORIES = 50  # one-hot columns that a categorical column gives the surrogate of a mixed table


def prepared_frame(
    train: Floats,
    test: Floats,
    moving: Ints,
    *,
    missing: Bools | None = None,
    train_missing: Bools | None = None,
    seed: Seed = 0,
) -> Frame:
    """Return the frame of a fold whose rows are prepared: arrays of numbers, as the model takes them.

    ``train`` (r, D) and ``test`` (n, D); ``moving`` (p,) are the positions of the columns that may
    move; those that are constant in training do not. ``missing`` (n, p) and ``train_missing`` (r, p)
    mark cells whose number was filled in, which are held. At most 2,000 test rows become anchors and
    2,000 training rows train the surrogate, drawn by ``seed``; fewer come with noisy copies after them.
    """
    rng = stream(seed, 1)
    center, scale = train[:, moving].mean(axis=0), train[:, moving].std(axis=0)
    varied = scale > 1e-12 * (1 + np.abs(center))
    space = Moving(np.asarray(moving)[varied], center[varied], scale[varied])
    picked = _some(len(test), ANCHORS, rng)
    base, learnt = test[picked], _some(len(train), SURROGATE_ROWS, rng)
    gaps = None if train_missing is None else np.asarray(train_missing)[learnt][:, varied]
    sample = _with_copies(train[learnt], space, gaps, stream(seed, 2))
    held = None if missing is None else np.asarray(missing)[picked][:, varied]
    rest = np.setdiff1d(np.arange(train.shape[1]), space.columns)
    differ = np.ptp(base[:, rest], axis=0) > 0 if len(base) else np.zeros(len(rest), bool)
    varying = rest[np.ptp(sample[:, rest], axis=0) > 0] if len(sample) else rest
    z = space.standardised(base)
    return Frame(
        z=z,
        place=_Placed(base, space, held),
        held=held if held is not None and held.any() else None,
        varies=bool(differ.any() or (held is not None and held.any())),
        surrogate_rows=sample,
        surrogate_features=np.hstack([space.standardised(sample), sample[:, varying]]),
        anchor_features=np.hstack([z, base[:, varying]]),
        width=train.shape[1],
        moving=space,
    )


def _with_copies(rows: Floats, moving: Moving, held: Bools | None, rng: np.random.Generator) -> Floats:
    """Return rows (r, D) and, after them, up to 4 copies of them with noise on what moves.

    At most 2,000 rows and 100,000 cells come back, r whole times; the held cells (r, d) of copies stay.
    """
    r, width = rows.shape
    most = min(SURROGATE_ROWS, COPIED_CELLS // max(width, 1)) // max(r, 1)
    copies = min(COPIES, most - 1)
    if copies < 1 or not len(moving.columns):
        return rows
    again = np.tile(np.arange(r), copies)
    z = moving.standardised(rows)[again]
    noisy = z + NOISE * rng.standard_normal(z.shape)
    return np.vstack([rows, _Placed(rows, moving, held)(noisy, again)])


class _Placed:
    """Model input from coordinates: the anchor's row with its moving columns replaced."""

    def __init__(self, base: Floats, moving: Moving, held: Bools | None, names: Any = None) -> None:
        self.base, self.moving, self.names = base, moving, names
        self.held = held if held is not None and held.any() else None
        d = len(moving.columns)
        whole = d == base.shape[1] and np.array_equal(moving.columns, np.arange(d))
        self.whole = whole and self.held is None

    def __call__(self, z: Floats, anchor: Ints) -> Any:
        rows = np.empty((len(z), self.base.shape[1]))
        step = max(1, BLOCK_CELLS // max(rows.shape[1], 1))
        for start in range(0, len(z), step):
            part = slice(start, start + step)
            self._place(z[part], anchor[part], rows[part])
        if self.names is None:
            return rows
        import pandas as pd

        return pd.DataFrame(rows, columns=self.names)

    def _place(self, z: Floats, anchor: Ints, rows: Floats) -> None:
        """Write model input of coordinates (m, d) into ``rows`` (m, D)."""
        values = z * self.moving.scale
        values += self.moving.center
        if self.whole:
            rows[:] = values
            return
        rows[:] = self.base[anchor]
        if self.held is not None:
            values = np.where(self.held[anchor], rows[:, self.moving.columns], values)
        rows[:, self.moving.columns] = values


def table_frame(X: Any, *, seed: int = 0) -> Frame:
    """Return the frame of a table that a model takes as it is: an array or a DataFrame.

    Half of the rows (drawn by ``seed``, at most 2,000) standardise and train the surrogate, the other
    half (at most 2,000) are the anchors. Numeric columns move; booleans and other types are held.
    Raises DataError for what is neither, or has fewer than 4 rows.
    """
    if hasattr(X, "toarray"):
        raise DataError("describe needs a dense table; this one is sparse: pass X.toarray().")
    named = hasattr(X, "iloc") and hasattr(X, "columns")
    if not named:
        try:
            X = np.asarray(X, dtype=np.float64)
        except (TypeError, ValueError):
            raise DataError("describe needs numbers: pass a DataFrame for a table with text.") from None
    if len(X.shape) != 2 or len(X) < 4:
        raise DataError(f"describe needs a table of at least 4 rows, got shape {X.shape}.")
    rng = stream(seed, 0)
    order = rng.permutation(len(X))
    first, second = order[: len(X) // 2], order[len(X) // 2 :]
    first, second = first[_some(len(first), SURROGATE_ROWS, rng)], second[_some(len(second), ANCHORS, rng)]
    if not named:
        return _numbers_frame(X[first], X[second], None, seed)
    kinds = [dtype.kind in "iuf" for dtype in X.dtypes]
    if all(kinds):
        numbers = X.to_numpy(dtype=np.float64, na_value=np.nan)
        return _numbers_frame(numbers[first], numbers[second], X.columns, seed)
    return _mixed_frame(X, np.flatnonzero(kinds), first, second, seed)


def _numbers_frame(train: Floats, test: Floats, names: Any, seed: int) -> Frame:
    """Return the frame of a numeric table; missing numbers are the median to us, NaN to the model."""
    missing, gaps = np.isnan(test), np.isnan(train)
    filled = _median_filled(train, train), _median_filled(test, train)
    frame = prepared_frame(*filled, np.arange(train.shape[1]), missing=missing, train_missing=gaps, seed=seed)
    assert frame.moving is not None
    rows: Any = frame.surrogate_rows
    rows = np.where(np.tile(gaps, (len(rows) // len(train), 1)), np.nan, rows)
    if names is not None:
        import pandas as pd

        rows = pd.DataFrame(rows, columns=names)
    place = _Placed(test, frame.moving, missing[:, frame.moving.columns], names)
    return replace(frame, place=place, surrogate_rows=rows)


def _mixed_frame(X: pd.DataFrame, numeric: Ints, first: Ints, second: Ints, seed: int) -> Frame:
    """Return the frame of a DataFrame with columns that are not numbers; those are held."""
    import pandas as pd

    numbers = X.iloc[:, numeric].to_numpy(dtype=np.float64, na_value=np.nan)
    train, test = numbers[first], numbers[second]
    gaps, missing = np.isnan(train), np.isnan(test)
    held_columns = X.drop(columns=X.columns[numeric])
    hot = pd.concat([_one_hot(held_columns.iloc[:, i]) for i in range(held_columns.shape[1])], axis=1)
    codes = hot.to_numpy(dtype=np.float64)
    frame = prepared_frame(
        np.hstack([_median_filled(train, train), codes[first]]),
        np.hstack([_median_filled(test, train), codes[second]]),
        np.arange(len(numeric)),
        missing=missing,
        train_missing=gaps,
        seed=seed,
    )
    moving = frame.moving
    assert moving is not None
    anchors, learnt = X.iloc[second], X.iloc[first]

    def place(z: Floats, anchor: Ints) -> pd.DataFrame:
        values = z * moving.scale + moving.center
        return _moved(
            anchors.iloc[anchor], numeric[moving.columns], values, missing[anchor][:, moving.columns]
        )

    again = np.arange(len(frame.surrogate_rows)) % len(first)
    values = frame.surrogate_rows[:, moving.columns]
    sample = _moved(learnt.iloc[again], numeric[moving.columns], values, gaps[again][:, moving.columns])
    return replace(frame, place=place, surrogate_rows=sample, moving=None, varies=True)


def _moved(rows: pd.DataFrame, columns: Ints, values: Floats, held: Bools) -> pd.DataFrame:
    """Return rows (m, ·) with ``values`` (m, d) in the given columns, but for held cells (m, d)."""
    rows = rows.reset_index(drop=True)
    for at, column in enumerate(columns):
        own = rows.iloc[:, column].to_numpy(dtype=np.float64, na_value=np.nan)
        rows.isetitem(int(column), np.where(held[:, at], own, values[:, at]))
    return rows


def _one_hot(column: pd.Series[Any]) -> pd.DataFrame:
    import pandas as pd

    text = column.astype("string").fillna("")
    frequent = text.value_counts().index[:CATEGORIES]
    return pd.get_dummies(text.where(text.isin(frequent), None))


def _median_filled(rows: Floats, train: Floats) -> Floats:
    """Return rows with missing numbers replaced by the training median (0 in an empty column)."""
    if not np.isnan(rows).any():
        return rows
    medians = np.array([np.median(c[~np.isnan(c)]) if not np.isnan(c).all() else 0.0 for c in train.T])
    return np.where(np.isnan(rows), medians, rows)


def _some(rows: int, most: int, rng: np.random.Generator) -> Ints:
    """Return row numbers in order: all, or ``most`` of them drawn without replacement."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(rng.choice(rows, size=most, replace=False, shuffle=False)).astype(np.int64)
