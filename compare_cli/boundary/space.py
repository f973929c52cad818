"""The space that probes move in, and a fitted model as a function of it.

Shapes: n anchors, d moving columns, D columns of the model's input, m probes, c classes.

Only numeric columns move, measured in standard deviations of the training rows. Everything else
of a row is held at the anchor's values: categories, because half a category does not exist, and
cells that the anchor misses, because a number beside a set "missing" indicator does not exist
either. A held missing cell counts as the training median where distances are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
class Sources:
    """What the columns of a model's input are made of: columns of the data set, by their ``names`` (p,).

    ``column`` (D,) counts them as the names do; ``gap`` (D,) marks indicators that a number is missing.
    """

    names: Sequence[str]
    column: Ints
    gap: Bools


@dataclass(frozen=True)
class Frame:
    """The rows of a fold that probes start from: all that does not depend on the model.

    ``z`` (n, d) anchors in sd units. ``place(z, anchor)`` makes model input (m rows) of coordinates
    (m, d) and anchor numbers (m,), whose held values the rows take. ``held`` (n, d) marks cells that
    stay (missing ones), None without any; ``varies`` says whether anchors differ in anything held.
    ``surrogate_rows`` is model input of r training rows, ``surrogate_features`` (r, F) and
    ``anchor_features`` (n, F) are numbers for the linear surrogate. ``moving`` is None where the
    model's input is not one array of numbers. ``width`` is D. ``base`` (n, D) are the anchors as the model
    takes them, and ``sources`` what their columns are made of; None where nobody said. ``bulk`` (d,) are the
    interquartile ranges of the training rows / 1.349, in sd: 1 for normal columns, less with heavy tails.
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
    bulk: Floats
    base: Floats | None = None
    sources: Sources | None = None

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
            base=None if self.base is None else self.base[kept],
        )


class Space:
    """A fitted classifier seen from a frame: labels of points, and scores where the model has them.

    Labels are codes: positions in the model's own classes, in sorted order. ``single`` gives the
    model its input in single precision. ``exact_labels`` answers as ``predict`` does, from numbers (m, D).
    """

    def __init__(
        self,
        frame: Frame,
        estimator: Any,
        *,
        single: bool = False,
        exact_labels: Callable[[Floats], Ints] | None = None,
    ) -> None:
        self.frame = frame
        self.estimator = estimator
        self.single = single
        self.exact_labels = exact_labels if frame.moving is not None else None

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
        return self.predicted(self._anchors())

    @cached_property
    def surrogate_labels(self) -> Ints:
        """What the model predicts for the surrogate's training rows, (r,) codes."""
        return self.predicted(self.frame.surrogate_rows)

    def labels(self, *parts: Points) -> list[Ints]:
        """Return the codes of several sets of points, all read in one pass through ``predict``."""
        return self._read(parts, self.predicted)

    def predicted(self, rows: Any) -> NDArray[np.int64]:
        """Return the codes of rows of the model's input, (m,)."""
        if self.exact_labels is not None:
            return self.exact_labels(np.asarray(rows, dtype=np.float64))
        return np.searchsorted(self.classes, self._raw(rows)).astype(np.int64, copy=False)

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


Seed = int | tuple[int, ...]  # non-negative; a fold's seed is (seed, repeat, fold), so that folds differ


def stream(seed: Seed, number: int) -> np.random.Generator:
    """Return the generator of stream ``number`` of a seed."""
    parts = seed if isinstance(seed, tuple) else (seed,)
    return np.random.default_rng((*parts, number))
