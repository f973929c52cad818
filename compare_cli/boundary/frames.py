"""Frames: from rows that a model takes to the space that probes move in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from compare_cli.boundary.definitions import NOISE
from compare_cli.boundary.space import Bools, Floats, Frame, Ints, Moving, Seed, Sources, stream
from compare_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

ANCHORS = 2_000  # test rows looked at: the error of a share of them is at most .011
SURROGATE_ROWS = 2_000
# The model labels any row, so a small table need not make a poor surrogate: noisy copies of its training
# rows made linearity of logistic regression .99 instead of .96 on 400 rows of 10 columns, and left moons,
# XOR and trees where they were (by less than .02).
COPIES = 4
COPIED_CELLS = 100_000  # on wider tables copies would cost more than the fit that they look at
BLOCK_CELLS = 65_536  # placed at a time: what fits a core's cache takes a fifth of the time
ROUNDING = 1e-9  # what standardising leaves of means, and of sds beside 1
CATEGORIES = 50  # one-hot columns that a categorical column gives the surrogate of a mixed table


def prepared_frame(
    train: Floats,
    test: Floats,
    moving: Ints,
    *,
    missing: Bools | None = None,
    train_missing: Bools | None = None,
    sources: Sources | None = None,
    seed: Seed = 0,
) -> Frame:
    """Return the frame of a fold whose rows are prepared: arrays of numbers, as the model takes them.

    ``train`` (r, D) and ``test`` (n, D); ``moving`` (p,) are the positions of the columns that may
    move; those that are constant in training do not. ``missing`` (n, p) and ``train_missing`` (r, p)
    mark cells whose number was filled in, which are held. Without ``sources`` nothing is said of columns. At
    most 2,000 test rows become anchors, 2,000 training rows train the surrogate; fewer get noisy copies.
    """
    rng, (space, varied) = stream(seed, 1), _varied(train, np.asarray(moving))
    picked, learnt = _some(len(test), ANCHORS, rng), _some(len(train), SURROGATE_ROWS, rng)
    base = test[picked]
    gaps, held = _cells(train_missing, learnt, varied), _cells(missing, picked, varied)
    sample = _with_copies(train[learnt], space, gaps, stream(seed, 2))
    held = held if held is not None and held.any() else None
    rest = np.setdiff1d(np.arange(train.shape[1]), space.columns)
    varying = rest[np.ptp(sample[:, rest], axis=0) > 0] if len(sample) else rest
    z, differ = space.standardised(base), len(base) > 0 and np.ptp(base[:, rest], axis=0).any()
    return Frame(
        z=z,
        place=_Placed(base, space, held),
        held=held,
        varies=bool(differ or held is not None),
        surrogate_rows=sample,
        surrogate_features=np.hstack([space.standardised(sample), sample[:, varying]]),
        anchor_features=np.hstack([z, base[:, varying]]),
        width=train.shape[1],
        moving=space,
        bulk=_bulk(space.standardised(train[learnt])),
        base=base,
        sources=sources,
    )


def _cells(marks: Bools | None, rows: Ints, columns: Bools) -> Bools | None:
    return None if marks is None else np.asarray(marks)[rows][:, columns]


def _bulk(z: Floats) -> Floats:
    """Return interquartile ranges / 1.349 of standardised rows (r, d); 1 where half of the rows are equal."""
    low, high = np.quantile(z, (0.25, 0.75), axis=0) if len(z) else np.zeros((2, z.shape[1]))
    return np.where(high > low, (high - low) / 1.349, 1.0)


def _varied(train: Floats, moving: Ints) -> tuple[Moving, Bools]:
    """Return the columns of ``moving`` (p,) that vary in training, and which of them do, (p,)."""
    center, scale = train[:, moving].mean(axis=0), train[:, moving].std(axis=0)
    varied = scale > 1e-12 * (1 + np.abs(center))
    center, scale = center[varied], scale[varied]
    if (np.abs(center) < ROUNDING).all() and (np.abs(scale - 1) < ROUNDING).all():
        center, scale = np.zeros(len(center)), np.ones(len(scale))  # standardised already
    return Moving(moving[varied], center, scale), varied


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
        self.standard = not moving.center.any() and bool((moving.scale == 1).all())

    def __call__(self, z: Floats, anchor: Ints) -> Any:
        rows = z.copy() if self.standard and self.whole else np.empty((len(z), self.base.shape[1]))
        step = max(1, BLOCK_CELLS // max(rows.shape[1], 1))
        for start in range(0, 0 if self.standard and self.whole else len(z), step):
            part = slice(start, start + step)
            self._place(z[part], anchor[part], rows[part])
        if self.names is None:
            return rows
        import pandas as pd

        return pd.DataFrame(rows, columns=self.names)

    def _place(self, z: Floats, anchor: Ints, rows: Floats) -> None:
        """Write model input of coordinates (m, d) into ``rows`` (m, D)."""
        values = z
        if not self.standard:
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
