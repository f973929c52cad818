"""From a raw table to a `Dataset`: roles, kinds, what is left out, and a note on each.

Also a second table read with the columns, categories and classes of the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.data.columns import (
    MANY_TEXTS,
    Spelling,
    Values,
    interpret,
    reason_to_leave_out,
    same_quantity,
    text_codes,
)
from compare_cli.data.guards import find_guards
from compare_cli.data.roles import (
    SHOWN,
    check_quantity,
    few_of_classes,
    find_roles,
    group_codes,
    label_codes,
    label_places,
    listed,
    time_values,
)
from compare_cli.data.table import ReadOptions, Table, refuse_wide
from compare_cli.errors import DataError, nearest
from compare_cli.notes import note
from compare_cli.types import Column, Dataset, DroppedColumn, Note, OwnRows, ReadInfo

if TYPE_CHECKING:
    import pandas as pd


def make_dataset(table: Table, options: ReadOptions) -> Dataset:
    """Give every column its role and kind. Raises DataError, in one line, for what cannot be used."""
    names = list(table.frame.columns)
    refuse_wide(table.source, len(names))
    candidates, groups, time, dropped = find_roles(table, options)
    target, why, (frame, y, classes, label_notes) = _first_of_classes(table, candidates, options)
    guessed = [note("target_guessed", target=target, why=why)] if why else []
    features = [name for name in names if name not in {target, groups, time, *dropped}]
    own, spelling = _own_rows(table, frame.index.to_numpy(), features), spelling_of(table, options)
    roles: dict[str, Any] = {
        "groups": group_codes(frame[groups], groups, table.source) if groups else None,
        "time": time_values(frame[time], time, table.source, spelling) if time else None,
    }
    frame = frame.reset_index(drop=True)
    wanted = set(features)
    values = {name: interpret(name, column, spelling) for name, column in frame.items() if name in wanted}
    kept, left_out = _features(values, table)
    asked = {name: DroppedColumn(name, "asked for with --drop") for name in dropped}
    reasons = asked | {column.column: column for column in left_out}
    notes = [*table.notes, *guessed, *label_notes, *(told for v in kept.values() for told in v.notes)]
    notes += _column_notes(kept, left_out, len(names), len(y))
    dataset = Dataset(
        name=table.name,
        source=table.source,
        X=feature_frame(kept, len(frame)),
        y=y,
        classes=tuple(classes),
        target=target,
        columns=tuple(Column(name, values.kind, values.missing) for name, values in kept.items()),
        dropped=tuple(reasons[name] for name in names if name in reasons),
        source_columns=len(names),
        read=_with_spellings(table.read, kept),
        notes=(*notes, *few_of_classes(y, classes, "rows")),
        **roles,
        groups_column=groups,
        time_column=time,
        own=own,
    )
    return find_guards(dataset, values)


def _own_rows(table: Table, rows: NDArray[np.int64], wanted: Sequence[str]) -> OwnRows | None:
    """Return the rows that count as the program holds them, where it does."""
    if table.own is None:
        return None
    places = {name: at for at, name in enumerate(table.frame.columns) if at < table.own.shape[1]}
    return OwnRows(table.own, rows, {name: places[name] for name in wanted if name in places})


Labelled = tuple["pd.DataFrame", NDArray[np.int64], list[str], list[Note]]


def _first_of_classes(
    table: Table, candidates: Sequence[tuple[str, str | None]], options: ReadOptions
) -> tuple[str, str | None, Labelled]:
    """Return the first candidate that names classes, and why it was taken. Raises the first's DataError."""
    first: DataError | None = None
    for target, why in candidates:
        try:
            labelled = _labelled(table, target, asked=why is None, classes=options.classes)
        except DataError as error:
            first = first or error
            continue
        if first is not None:
            why = f"{why}; {candidates[0][0]!r} does not name classes"
        return target, why, labelled
    assert first is not None, "there is at least one candidate"
    raise first


def _labelled(table: Table, target: str, *, asked: bool, classes: bool) -> Labelled:
    """Return the rows that have a label of at least two rows, their codes and the classes."""
    source, frame = table.source, table.frame
    if len(frame) < 2:
        few = "1 data row" if len(frame) else "0 data rows"
        raise DataError(f"{source}: has {few}; at least two of each of two classes are needed.")
    codes, labels, joined = label_codes(frame[target])
    notes: list[Note] = []
    if joined:
        notes.append(note("labels_joined", target=target, texts=", ".join(joined[:SHOWN])))
    if missing := int((codes < 0).sum()):
        notes.append(note("missing_target", count=missing))
    if not labels:
        raise DataError(f"{source}: the target {target!r} is empty: choose another column with --target.")
    if len(labels) == 1:
        raise DataError(
            f"{source}: the target {target!r} has the single class {labels[0]!r}: name another column."
        )
    counts = np.bincount(codes[codes >= 0], minlength=len(labels))
    if not classes:
        notes += check_quantity(labels, counts, target, source, asked=asked)
    if rare := [label for label, count in zip(labels, counts, strict=True) if count < 2]:
        notes.append(note("rare_class_dropped", classes=f"the rows of {listed([*map(repr, rare)])}"))
    kept = np.append(counts >= 2, False)
    if kept.sum() < 2:
        raise DataError(
            f"{source}: fewer than two classes of the target {target!r} have 2 rows: "
            "choose another with --target, or add rows."
        )
    renumbered = np.append(np.cumsum(kept[:-1]) - 1, -1)
    rows = kept[codes]
    if rows.all():
        return frame, codes, labels, notes
    left = [label for label, keep in zip(labels, kept, strict=False) if keep]
    return frame[rows], renumbered[codes[rows]], left, notes


def _features(
    interpreted: Mapping[str, Values], table: Table
) -> tuple[dict[str, Values], list[DroppedColumn]]:
    """Return the columns that models can learn from, and the others. Raises DataError where none is left."""
    kept: dict[str, Values] = {}
    left_out: list[DroppedColumn] = []
    for name, values in interpreted.items():
        reason = reason_to_leave_out(name, values, unnamed=name in table.unnamed)
        if reason is None:
            kept[name] = values
        else:
            left_out.append(DroppedColumn(name, reason))
    if not kept:
        why = f" ({left_out[0].column!r}: {left_out[0].reason})" if left_out else ""
        raise DataError(f"{table.source}: no column is left to learn from{why}.")
    return kept, left_out


def _column_notes(
    kept: Mapping[str, Values], left_out: Sequence[DroppedColumn], total: int, rows: int
) -> Iterator[Note]:
    """Say which columns have many categories, and which of ``total`` were left out."""
    for name, values in kept.items():
        if len(values.categories) > MANY_TEXTS and (count := values.distinct) > MANY_TEXTS:
            yield note("high_cardinality", column=name, count=count)
    if left_out:
        shown = listed([f"{d.column!r} ({d.reason})" for d in left_out])
        yield note("columns_dropped", count=len(left_out), total=total, columns=shown)
    if len(kept) > rows:
        yield note("more_columns_than_rows", columns=len(kept), rows=rows)


def spelling_of(table: Table, options: ReadOptions) -> Spelling:
    """Return how texts are read: a comma is decimal where the user says so, likely beside semicolons."""
    return Spelling(options.decimal, "," if table.read.delimiter == ";" else ".")


def _with_spellings(read: ReadInfo, kept: dict[str, Values]) -> ReadInfo:
    return replace(
        read,
        decimal_comma=tuple(name for name, values in kept.items() if values.decimal == ","),
        day_first=tuple(name for name, values in kept.items() if values.month_first is False),
        month_first=tuple(name for name, values in kept.items() if values.month_first),
    )


def feature_frame(columns: dict[str, Values], rows: int) -> pd.DataFrame:
    """Return the features as a frame: float64, or pandas categories with text categories."""
    import pandas as pd

    numbers = [values.numbers for values in columns.values() if values.numbers is not None]
    if len(numbers) == len(columns) > rows:  # one block of memory: of many, each takes its time
        return pd.DataFrame(np.stack(numbers).T, columns=list(columns), copy=False)
    arrays = {
        name: values.numbers
        if values.codes is None
        else pd.Categorical.from_codes(values.codes, categories=pd.Index(values.categories, dtype=object))
        for name, values in columns.items()
    }
    return pd.DataFrame(arrays, index=pd.RangeIndex(rows), copy=False)


def conform(table: Table, like: Dataset, unseen: dict[str, tuple[int, str]] | None = None) -> Dataset:
    """Return the table as a data set like ``like``. Raises DataError naming the column, or row and label.

    Cells with categories that ``like`` has not are told in a note, or else added to ``unseen``: by column
    their number and an example.
    """
    found_unseen: dict[str, tuple[int, str]] = {} if unseen is None else unseen
    names = list(table.frame.columns)
    missing = [name for name in (like.target, *(c.name for c in like.columns)) if name not in names]
    if missing:
        shown = ", ".join(map(repr, missing[:SHOWN])) + (", …" if len(missing) > SHOWN else "")
        raise DataError(
            f"{table.source}: has no column {shown}, which the training data has.{nearest(missing[0], names)}"
        )
    frame, y, notes = _labelled_like(table, like)
    rows, frame = frame.index.to_numpy(), frame.reset_index(drop=True)
    kept: dict[str, Values] = {}
    for column in like.columns:
        kept[column.name] = _like_column(column, frame[column.name], like, table, found_unseen)
        notes += [n for n in kept[column.name].notes if n.code != "too_fine_values"]  # which few rows may be
    notes += unseen_notes(found_unseen) if unseen is None else []
    return Dataset(
        name=table.name,
        source=table.source,
        X=feature_frame(kept, len(frame)),
        y=y,
        classes=like.classes,
        target=like.target,
        columns=tuple(Column(name, values.kind, values.missing) for name, values in kept.items()),
        dropped=(),
        source_columns=len(names),
        read=table.read,
        notes=(*table.notes, *notes),
        own=None if like.own is None else _own_rows(table, rows, list(like.own.columns)),
    )


def _labelled_like(table: Table, like: Dataset) -> tuple[pd.DataFrame, NDArray[np.int64], list[Note]]:
    codes, labels, _ = label_codes(table.frame[like.target])
    lookup = np.array([*label_places(labels, like.classes), -1], dtype=np.int64)
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
    return table.frame[y >= 0], y[y >= 0], [missing]


def unseen_notes(unseen: Mapping[str, tuple[int, str]]) -> list[Note]:
    """Return a note for each column with categories that are not known: how many cells, and an example."""
    return [
        note("unseen_categories", column=name, count=count, example=example)
        for name, (count, example) in unseen.items()
    ]


def _like_column(
    column: Column, series: pd.Series[Any], like: Dataset, table: Table, unseen: dict[str, tuple[int, str]]
) -> Values:
    if column.kind == "categorical":
        known = list(like.X[column.name].cat.categories)
        return _like_categories(column.name, series, known, unseen)
    read = like.read
    order = {**dict.fromkeys(read.day_first, False), **dict.fromkeys(read.month_first, True)}
    decimal = "," if column.name in read.decimal_comma else None
    values = interpret(column.name, series, Spelling(decimal, month_first=order.get(column.name)))
    if values.numbers is not None and same_quantity(column.kind, values):
        return replace(values, kind=column.kind)
    held = "text" if values.numbers is None else "numbers" if values.kind == "numeric" else f"{values.kind}s"
    raise DataError(
        f"{table.source}: column {column.name!r} holds {held} such as {str(series.dropna().iloc[0])!r}, "
        f"where the training data has {'numbers' if column.kind == 'numeric' else column.kind + ' values'}."
    )


def _like_categories(
    name: str, series: pd.Series[Any], known: list[str], unseen: dict[str, tuple[int, str]]
) -> Values:
    """Code the cells with known categories, add up those with others: models treat them as missing."""
    codes, texts = text_codes(series)
    place = {category: code for code, category in enumerate(known)}
    lookup = np.array([place.get(text, -1) for text in texts] + [-1], dtype=np.int32)
    result = lookup[codes]
    if count := int(((result < 0) & (codes >= 0)).sum()):
        before, example = unseen.get(name, (0, next(text for text in texts if text not in place)))
        unseen[name] = (before + count, example)
    return Values("categorical", codes=result, categories=tuple(known))
