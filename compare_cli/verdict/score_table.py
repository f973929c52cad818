"""Scores that somebody else computed: rows of a table into the arrays that the verdict takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from compare_cli.errors import DataError, UsageError, nearest

Floats = NDArray[np.float64]
Cell = tuple[str, str]  # repeat and fold, as written in the table

MISSING = {"", "na", "nan", "null", "none"}


@dataclass(frozen=True)
class ScoreTable:
    """Paired scores of one data set: models in order of appearance → (repeats, folds), NaN where empty."""

    dataset: str
    scores: Mapping[str, Floats]


@dataclass
class _Reading:
    """The cells of one data set so far: model → (repeat, fold) → (score, line)."""

    cells: dict[str, dict[Cell, tuple[float, int]]] = field(default_factory=dict)


def arrays_from_rows(
    rows: Iterable[Mapping[str, str]],
    *,
    metric: str,
    model: str = "model",
    fold: str = "fold",
    repeat: str = "repeat",
    dataset: str = "dataset",
    source: str = "scores",
) -> list[ScoreTable]:
    """Return one table of paired scores per data set, in order of appearance.

    ``rows`` are mappings from column names to text, one per model and fold, as `csv.DictReader` gives them;
    the column ``metric`` has the score, an empty one (also NA, NaN, null) means that the fit failed. The
    columns ``repeat`` and ``dataset`` may be absent: one repeat, one data set. Folds and repeats may have any
    names; numbers are put in order of size.

    A missing column is a UsageError; a score that is no number, a fold given twice, or folds that differ
    between models (scores that are not paired) are a DataError that names ``source`` and the row, counted
    from 1 below the header.
    """
    tables: dict[str, _Reading] = {}
    line = 0
    for line, row in enumerate(rows, start=1):
        for needed in (model, fold, metric):
            if needed not in row:
                raise UsageError(f"{source} has no column {needed!r}.{nearest(needed, row)}")
        reading = tables.setdefault(row.get(dataset) or "", _Reading())
        cell = (row.get(repeat) or "", row[fold])
        of_model = reading.cells.setdefault(row[model], {})
        if cell in of_model:
            raise DataError(
                f"{source}, row {line}: {row[model]} has {_told(cell)} twice "
                f"(also in row {of_model[cell][1]}); keep one, or add a column for the repeat or data set."
            )
        of_model[cell] = (_score(row[metric], metric, f"{source}, row {line}"), line)
    if not line:
        raise DataError(f"{source} has no rows; give one row per model and fold.")
    return [_paired(name, reading, source) for name, reading in tables.items()]


def _score(text: str, metric: str, where: str) -> float:
    """The score of one cell; NaN where it is empty."""
    if text.strip().casefold() in MISSING:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("inf")
    if not np.isfinite(value):
        raise DataError(
            f"{where}, column {metric!r}: {text!r} is not a number; leave it empty if the fit failed."
        )
    return value


def _paired(name: str, reading: _Reading, source: str) -> ScoreTable:
    """The arrays of one data set, after a check that all models have the same folds."""
    where = f"{source}, data set {name!r}" if name else source
    everywhere = sorted({cell for cells in reading.cells.values() for cell in cells}, key=_order)
    for model, cells in reading.cells.items():
        lacking = [cell for cell in everywhere if cell not in cells]
        if lacking:
            raise DataError(
                f"{where}: {model} has no row for {_told(lacking[0])}; scores must be paired: one row per "
                "model and fold, with an empty score where the fit failed."
            )
    repeats = list(dict.fromkeys(cell[0] for cell in everywhere))
    per_repeat = {r: [cell for cell in everywhere if cell[0] == r] for r in repeats}
    if len({len(cells) for cells in per_repeat.values()}) > 1:
        counts = ", ".join(f"{r}: {len(cells)}" for r, cells in per_repeat.items())
        raise DataError(f"{where}: every repeat needs the same number of folds, found {counts}.")
    if len(everywhere) < 2:
        raise DataError(f"{where} has a single fold; at least 2 are needed to see how much scores vary.")
    scores = {
        model: np.array([[cells[cell][0] for cell in per_repeat[r]] for r in repeats])
        for model, cells in reading.cells.items()
    }
    return ScoreTable(name, scores)


def _order(cell: Cell) -> tuple[tuple[bool, float, str], ...]:
    """Numbers by size, then names by letter."""
    return tuple((not _is_number(text), float(text) if _is_number(text) else 0.0, text) for text in cell)


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _told(cell: Cell) -> str:
    """``fold 3`` or ``repeat 1, fold 3``."""
    repeat, fold = cell
    return f"repeat {repeat}, fold {fold}" if repeat else f"fold {fold}"
