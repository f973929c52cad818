"""Fitted models: saved into files, loaded, and used to predict new tables."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare_cli.errors import DataError, UsageError
from compare_cli.report.files import begun_file, whole_file
from compare_cli.types import Dataset, Note

if TYPE_CHECKING:
    from compare_cli.api.notebook import ComparisonResult

BLOCK = 10_000  # rows that are predicted at a time


@dataclass(frozen=True)
class Predictions:
    """What a model says of the rows of a table: ``header`` names the cells of ``rows``, which come in order.

    The first cell is the predicted label; with probabilities one for each class follows. ``notes`` say how
    the table differs from the one that the model learnt from; they are complete when all rows were taken.
    """

    header: list[str]
    rows: Iterator[list[Any]]
    notes: list[Note]


def save(result: ComparisonResult | Any, file: str | Path, model: str | None = None) -> str:
    """Write a model of a result, fitted on all rows, into a file; return its name.

    ``model`` None is the recommended one. ``result`` may also be what `ComparisonResult.estimator` gave. The
    file is written whole or not at all. Raises UsageError for a model that no file may hold (what is not
    scikit-learn's), and without skops; CompareError where the file cannot be written.
    """
    from compare_cli.engine.saved import model_bytes

    chosen: Any = model
    fitted: Any = result
    if hasattr(result, "verdict"):
        chosen = model or result.verdict.recommended or result.models[0].model
        fitted = result.estimator(chosen)
    name = chosen or _name(fitted)
    data = model_bytes(fitted, str(name))
    with whole_file(Path(file)) as stream:
        stream.write(data)
    return str(name)


def require_skops(file: Path) -> None:
    """Raise UsageError where no model could be saved into a file: before anything is fitted."""
    from compare_cli.engine.saved import require

    require()
    begun_file(file, "--save").unlink()


def load(file: str | Path, max_bytes: int | None = None) -> Any:
    """Return the model in a file: a classifier that predicts tables like its own.

    Only types on a list are loaded; a UserWarning says where other versions made it. Raises DataError, in one
    line, for what is no model of compare, is damaged, or holds anything else.
    """
    from compare_cli.engine.saved import read_model

    notes: list[Note] = []
    model = read_model(Path(file), max_bytes, notes)
    for told in notes:
        warnings.warn(told.message, stacklevel=2)
    return model


def predict(
    model: Any, data: Any, *, proba: bool = False, max_bytes: int | None = None, **look: Any
) -> Predictions:
    """Return what a model, a file or a loaded one, says of each row of a table.

    ``data`` is what `read` takes; it is read as the table was that the model learnt from, labels in it do not
    count. ``look`` says how a text is written, as for `read`. Raises DataError, naming them, for columns that
    are missing, and UsageError where probabilities are asked for and the model has none.
    """
    from compare_cli.engine.saved import is_ours, read_model

    notes: list[Note] = []
    fitted = model
    if isinstance(model, str | os.PathLike):
        fitted = read_model(Path(model), max_bytes, notes)
    if proba and not hasattr(fitted, "predict_proba"):
        raise UsageError(f"{_name(fitted)} gives no probabilities: leave --proba out.")
    if is_ours(fitted):
        from compare_cli.data.blocks import read_blocks

        blocks: Iterator[Any] = read_blocks(data, fitted[0].like, notes, max_bytes=max_bytes, **look)
    else:
        blocks = iter([_columns(fitted, data, max_bytes=max_bytes, **look)])
    first = next(blocks)  # what is wrong with the table is told at once
    header = ["prediction", *(f"P({label})" for label in (fitted.classes_ if proba else ()))]
    return Predictions(header, _cells(fitted, chain([first], blocks), proba), notes)


def _name(model: Any) -> str:
    from compare_cli.engine.saved import is_ours

    return str(model[0].like.name) if is_ours(model) else type(model).__name__


def _columns(model: Any, data: Any, **asked: Any) -> Any:
    """Return the columns that a Pipeline of the program's learnt from, of a file as it is read."""
    if not isinstance(data, str | os.PathLike):
        return data
    from compare_cli.data.sources import load as read_table
    from compare_cli.data.table import ReadOptions

    frame = read_table(data, ReadOptions(**asked)).frame
    names = list(getattr(model, "feature_names_in_", frame.columns))
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise DataError(
            f"the table has no column {', '.join(map(repr, missing))}, which the model learnt from."
        )
    return frame[names]


def _cells(model: Any, blocks: Iterator[Any], proba: bool) -> Iterator[list[Any]]:
    """Yield a row of cells for each row of data sets or frames, some thousand at a time."""
    for rows in blocks:
        for start in range(0, len(rows.X if isinstance(rows, Dataset) else rows), BLOCK):
            block = slice(start, start + BLOCK)
            if isinstance(rows, Dataset):
                part: Any = replace(rows, X=rows.X.iloc[block], y=rows.y[block])
            else:
                part = rows.iloc[block] if hasattr(rows, "iloc") else rows[block]
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Found unknown categories")  # they are told in notes
                labels = model.predict(part).tolist()
                likely = model.predict_proba(part).tolist() if proba else [[]] * len(labels)
            yield from ([label, *shares] for label, shares in zip(labels, likely, strict=True))
