"""A second table brought into the shape of a first one: same columns, kinds, categories and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from compare_cli.data.assemble import column_of, feature_frame
from compare_cli.data.columns import Values, interpret, text_codes
from compare_cli.data.fingerprint import fingerprint
from compare_cli.data.labels import label_codes, same_label
from compare_cli.data.table import Table
from compare_cli.errors import DataError, nearest
from compare_cli.notes import note
from compare_cli.types import Column, Dataset, Note

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def conform(table: Table, like: Dataset) -> Dataset:
    """Return the table as a data set like ``like``. Raises DataError naming the column, or row and label."""
    names = list(table.frame.columns)
    for name in [like.target, *(c.name for c in like.columns)]:
        if name not in names:
            raise DataError(
                f"{table.source}: has no column {name!r}, which the training data has.{nearest(name, names)}"
            )
    frame, y, notes = _labelled(table, like)
    kept: dict[str, Values] = {}
    for column in like.columns:
        kept[column.name], found = _like_column(column, frame[column.name], like, table)
        notes += found
    dataset = Dataset(
        name=table.name,
        source=table.source,
        X=feature_frame(kept, len(frame)),
        y=y,
        classes=like.classes,
        target=like.target,
        columns=tuple(column_of(name, values) for name, values in kept.items()),
        dropped=(),
        source_columns=len(names),
        fingerprint="",
        read=table.read,
        notes=(*table.notes, *notes),
    )
    return replace(dataset, fingerprint=fingerprint(dataset))


def _labelled(table: Table, like: Dataset) -> tuple[pd.DataFrame, NDArray[np.int64], list[Note]]:
    import numpy as np

    codes, labels = label_codes(table.frame[like.target])
    lookup = np.array([same_label(label, like.classes) for label in labels] + [-1], dtype=np.int64)
    y = lookup[codes]
    unknown = (y < 0) & (codes >= 0)
    if unknown.any():
        row = int(unknown.argmax())
        known = ", ".join(map(repr, like.classes[:6])) + (", …" if len(like.classes) > 6 else "")
        raise DataError(
            f"{table.source}: row {row + 1}: the class {labels[codes[row]]!r} is not among those of the "
            f"training data ({known})."
        )
    if not (y >= 0).any():
        raise DataError(f"{table.source}: has no row with a value of the target {like.target!r}.")
    if (y >= 0).all():
        return table.frame, y, []
    missing = note("missing_target", count=int((y < 0).sum()))
    return table.frame[y >= 0].reset_index(drop=True), y[y >= 0], [missing]


def _like_column(
    column: Column, series: pd.Series[Any], like: Dataset, table: Table
) -> tuple[Values, Sequence[Note]]:
    if column.kind == "categorical":
        return _like_categories(column.name, series, list(like.X[column.name].cat.categories))
    values = interpret(column.name, series, table.read.delimiter)
    if values.numbers is not None:
        return replace(values, kind=column.kind), values.notes
    raise DataError(
        f"{table.source}: column {column.name!r} holds text such as {series.dropna().iloc[0]!r}, "
        f"where the training data has {'numbers' if column.kind == 'numeric' else column.kind + ' values'}."
    )


def _like_categories(name: str, series: pd.Series[Any], known: list[str]) -> tuple[Values, Sequence[Note]]:
    """Code the cells with known categories; models treat the unseen ones as missing."""
    import numpy as np

    codes, texts = text_codes(series)
    place = {category: code for code, category in enumerate(known)}
    lookup = np.array([place.get(text, -1) for text in texts] + [-1], dtype=np.int32)
    result = lookup[codes]
    unseen = int(((result < 0) & (codes >= 0)).sum())
    notes: tuple[Note, ...] = ()
    if unseen:
        example = next(text for text in texts if text not in place)
        notes = (note("unseen_categories", column=name, count=unseen, example=example),)
    return Values("categorical", codes=result, categories=tuple(known)), notes
