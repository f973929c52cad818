"""Which column is the target, which ones order or group the rows; the target's cells as classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.data.cells import date_numbers, is_missing, parse_numbers, plain_numbers
from compare_cli.data.columns import (
    Spelling,
    interpret,
    label_text,
    places_of_long,
    stripped,
    text_codes,
    value_codes,
)
from compare_cli.data.table import ReadOptions, Table
from compare_cli.errors import DataError, nearest
from compare_cli.notes import note
from compare_cli.types import Note

SHOWN = 5  # names in a note
FEWEST_OF_A_CLASS = 10  # rows below which scores that average over classes are marked

if TYPE_CHECKING:
    import pandas as pd

MAX_FRACTIONAL = 20
MAX_WHOLE = 50
MAX_WHOLE_SHARE = 0.02
MAX_TEXT_SHARE = 0.5
MAX_CLASSES = 10_000
DECIMALS = re.compile(r"\+?(-?(?:0|[1-9]\d*))(?:\.(\d*))?")
# In this order; compared without case, blanks and punctuation.
TARGET_NAMES = (
    "target", "class", "label", "y", "classes", "labels", "category", "outcome", "species", "diagnosis",
    "exited", "churn", "churned", "survived", "default", "income",
)  # fmt: skip


def find_column(wanted: str | int, names: Sequence[str], option: str, source: str) -> str:
    """Return the column that a user means: a name as written, in other case, or a position from 1.

    Raises DataError with the nearest names.
    """
    text = str(wanted).strip()
    if text in names:
        return text
    if re.fullmatch(r"-1|\d+", text):
        position = int(text)
        if position == -1:
            return names[-1]
        if 1 <= position <= len(names):
            return names[position - 1]
        raise DataError(f"{source}: {option} {text}: there are columns 1 to {len(names)} only.")
    folded = [name for name in names if name.casefold() == text.casefold()]
    if len(folded) == 1:
        return folded[0]
    known = nearest(text, names) or f" Columns: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}."
    raise DataError(f"{source}: {option} {text!r}: there is no such column.{known}")


def target_candidates(
    names: Sequence[str],
    options: ReadOptions,
    source: str,
    *,
    header: bool = True,
    declared: str | None = None,
) -> list[tuple[str, str | None]]:
    """Return the columns that may be the target, the likeliest first, and why each was guessed.

    There is one, and no reason, where the user or the source names it.
    """
    if options.target is not None:
        return [(find_column(options.target, names, "--target", source), None)]
    taken = set(dropped_columns(options, names, source))
    for option, column in (("--groups", options.groups), ("--time", options.time)):
        if column is not None:
            taken.add(find_column(column, names, option, source))
    left = [name for name in names if name not in taken]
    if not left:
        raise DataError(f"{source}: no column is left for the target: drop fewer.")
    if declared in left:
        return [(str(declared), None)]
    plain = {re.sub(r"[\W_]+", "", name).casefold(): name for name in reversed(left)} if header else {}
    usual = [plain[name] for name in TARGET_NAMES if name in plain]
    found: list[tuple[str, str | None]] = [(name, "a usual name for a target") for name in usual]
    return found + [(left[-1], "the last column")] * (left[-1] not in usual)


def text_columns(names: Sequence[str], options: ReadOptions, source: str, *, header: bool) -> list[str]:
    """Return the columns whose cells keep the text of the file: the target as far as it is known, groups.

    Read as numbers, 007 and 7 would be one class, and so would codes of 17 digits that differ in the last.
    """
    candidates = target_candidates(names, options, source, header=header)
    likely = candidates[:-1] if len(candidates) > 1 else candidates
    groups = [] if options.groups is None else [find_column(options.groups, names, "--groups", source)]
    return [*(name for name, _ in likely), *groups, *(name for name in options.as_text if name in names)]


def dropped_columns(options: ReadOptions, names: Sequence[str], source: str) -> list[str]:
    """Return the columns to leave out; ``a,b`` stands for two columns unless one has that name."""
    drop = (options.drop,) if isinstance(options.drop, str | int) else options.drop
    texts = [part for text in map(str, drop) for part in ([text] if text in names else text.split(","))]
    return [find_column(text.strip(), names, "--drop", source) for text in texts]


def find_roles(
    table: Table, options: ReadOptions
) -> tuple[list[tuple[str, str | None]], str | None, str | None, list[str]]:
    """Return the columns that may be the target, and why; those of groups and time; those to leave out.

    Raises DataError for a column that is not there, or has two roles.
    """
    names, source, header = list(table.frame.columns), table.source, table.read.header is not False
    candidates = target_candidates(names, options, source, header=header, declared=table.target)
    groups, time = (
        None if asked is None else find_column(asked, names, option, source)
        for asked, option in ((options.groups, "--groups"), (options.time, "--time"))
    )
    dropped = dropped_columns(options, names, source)
    for candidate, _ in candidates:
        _check_roles(candidate, groups, time, dropped, source)
    return candidates, groups, time, dropped


def _check_roles(
    target: str, groups: str | None, time: str | None, dropped: Sequence[str], source: str
) -> None:
    """Raise DataError where one column is given two roles."""
    roles = {"--target": target, "--groups": groups, "--time": time}
    for option, column in roles.items():
        if column is not None and column in dropped:
            raise DataError(f"{source}: {column!r} is both {option} and --drop: take it from one of them.")
    for one, other in (("--target", "--groups"), ("--target", "--time")):
        if roles[one] == roles[other]:
            raise DataError(f"{source}: {roles[one]!r} is both {one} and {other}: name another column.")


def label_codes(series: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str], list[str]]:
    """Return codes into labels in their final order (missing = -1), the labels, and texts that were joined.

    1 and 1.0 are one label, and so are True and TRUE; 1 and 01 are two. Labels are sorted by value if all are
    numbers, otherwise as text.
    """
    import pandas as pd

    if pd.api.types.is_float_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype):
        series = series.map(label_text, na_action="ignore").astype(object)
    codes, values = value_codes(series)
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(values)))
    joined = _same_but_blanks([values[at] for at in map(int, used)])
    codes, texts = stripped(codes, values)
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(texts)))
    spellings: dict[str, list[int]] = {}
    for at in map(int, used):
        spellings.setdefault(plain_label(texts[at]), []).append(at)
    labels = [min((texts[at] for at in ats), key=len) for ats in spellings.values()]
    numbers = plain_numbers(labels) if labels else np.empty(0)
    if np.isfinite(numbers).all():
        order = sorted(range(len(labels)), key=lambda at: (numbers[at], labels[at]))
    else:
        order = sorted(range(len(labels)), key=labels.__getitem__)
    lookup = np.full(len(texts) + 1, -1, dtype=np.int64)
    groups = list(spellings.values())
    for rank, at in enumerate(order):
        lookup[groups[at]] = rank
    joined += [" and ".join(texts[at] for at in ats) for ats in groups if len(ats) > 1]
    return lookup[codes], [labels[at] for at in order], joined


def _same_but_blanks(values: Sequence[Any]) -> list[str]:
    """Return the texts that differ by blanks around them only, as "'a' and ' a'"."""
    same: dict[str, list[str]] = {}
    for value in values:
        if isinstance(value, str) and not is_missing(value):
            same.setdefault(value.strip(), []).append(value)
    return [" and ".join(map(repr, texts)) for texts in same.values() if len(texts) > 1]


def plain_label(text: str) -> str:
    """Return a label without what may differ from program to program: .0 at its end, TRUE or True."""
    if found := DECIMALS.fullmatch(text):
        decimals = (found[2] or "").rstrip("0")
        return f"{found[1]}.{decimals}" if decimals else found[1]
    return text.casefold() if text.casefold() in {"true", "false"} else text


def check_quantity(
    labels: Sequence[str], counts: NDArray[np.int64], target: str, source: str, *, asked: bool
) -> list[Note]:
    """Refuse a target that measures rather than names: many numbers, or free text (DataError).

    Whole numbers that the user ``asked`` for go on, with a note. ``counts`` are the rows of each label.
    """
    rows = int(counts.sum())
    if len(labels) <= MAX_FRACTIONAL:
        return []
    numbers = parse_numbers(labels).values
    if np.isnan(numbers).any():
        if len(labels) > min(max(MAX_WHOLE, MAX_TEXT_SHARE * rows), MAX_CLASSES):
            raise DataError(
                f"{source}: the target {target!r} has {len(labels):,} different labels in {rows:,} rows, so "
                "it does not name classes: choose another column with --target."
            )
        return []
    fractions = bool((numbers % 1 != 0).any())
    uneven = len(labels) < np.ptp(numbers) + 1 or 10 * counts.min() * len(labels) < rows
    if not (fractions or uneven or len(labels) > max(MAX_WHOLE, MAX_WHOLE_SHARE * rows)):
        return []
    if asked and not fractions and len(labels) <= MAX_CLASSES:
        return [note("target_quantity", target=target, count=len(labels))]
    raise DataError(
        f"{source}: the target {target!r} has {len(labels):,} different numbers in {rows:,} rows: it looks "
        "like a quantity; compare judges classes. Choose another column with --target, put it into ranges "
        "first, or say --classes if each number is a class."
    )


def few_of_classes(y: NDArray[np.int64], classes: Sequence[str], which: str) -> list[Note]:
    """Return a note where any of the ``classes`` has fewer than ten of the rows ``y`` (class numbers)."""
    counts = np.bincount(y, minlength=len(classes))
    few = [f"{classes[at]!r} ({counts[at]})" for at in counts.argsort(kind="stable")]
    few = few[: int((counts < FEWEST_OF_A_CLASS).sum())]
    return [note("few_of_a_class", which=which, classes=listed(few))] if few else []


def listed(texts: Sequence[str]) -> str:
    """Return the first few of the texts, and how many more there are."""
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more


def label_places(labels: Sequence[str], classes: Sequence[str]) -> list[int]:
    """Return the position of each label among classes, -1 for those that are not there.

    A label may be written otherwise (1.0 for 1, TRUE for True, 1 for 01) where that leaves one class only.
    """
    found = [-1] * len(labels)
    for spell in (str, plain_label, _value, str.casefold):
        places: dict[str, list[int]] = {}
        for at, text in enumerate(map(spell, classes)):
            places.setdefault(text, []).append(at)
        for at, text in enumerate(map(spell, labels)):
            if found[at] < 0 and len(places.get(text, ())) == 1:
                found[at] = places[text][0]
    return found


def _value(text: str) -> str:
    """Return a label's number without leading zeros, other texts as they are."""
    return plain_label(re.sub(r"^([+-]?)0+(?=\d)", r"\1", text))


def own_labels(classes: tuple[str, ...]) -> NDArray[Any]:
    """Return labels as an array, numbers and truth values as such where all classes are."""
    if set(classes) <= {"True", "False"}:
        return np.array([label == "True" for label in classes])
    for kind in (int, float):
        try:
            numbers = [kind(label) for label in classes]
        except ValueError:
            continue
        if [re.sub(r"\.0$", "", str(number)) for number in numbers] == [
            re.sub(r"\.0$", "", label) for label in classes
        ]:
            return np.array(numbers)
    return np.array(classes, dtype=object)


def group_codes(series: pd.Series[Any], name: str, source: str) -> NDArray[np.int64]:
    """Return the number of each row's group. Raises DataError where one is missing, or all are the same."""
    codes, labels, _ = label_codes(series)
    if (codes < 0).any():
        row = int(series.index[int((codes < 0).argmax())]) + 1  # of the table, rows without a label counted
        raise DataError(f"{source}: row {row}: --groups {name!r} is missing: fill it, or leave the row out.")
    if len(labels) < 2:
        raise DataError(f"{source}: --groups {name!r} has one group only: name another column.")
    return codes.astype(np.int64)


def time_values(series: pd.Series[Any], name: str, source: str, spelling: Spelling) -> NDArray[np.float64]:
    """Return when each row was. Raises DataError (with the row) for what is no number and no date."""
    values = interpret(name, series, spelling)
    if (places := places_of_long(values)) is not None:
        return places
    if values.numbers is None or np.isnan(values.numbers).any():
        at = _first_not_ordered(series) if values.numbers is None else int(np.isnan(values.numbers).argmax())
        raise DataError(
            f"{source}: row {series.index[at] + 1}: --time {name!r} is neither a number nor a date "
            f"({_shown(series.iloc[at])}): write dates as 2024-12-31."
        )
    return values.numbers


def _shown(cell: Any) -> str:
    import pandas as pd

    return repr(cell) if isinstance(cell, str) else "empty" if pd.isna(cell) else str(cell)


def _first_not_ordered(series: pd.Series[Any]) -> int:
    """Return the position of the first cell that is neither a number nor a date by itself, or 0."""
    codes, texts = text_codes(series)
    numbers = parse_numbers(texts).values
    strange = [
        bool(np.isnan(n)) and date_numbers([text]) is None for n, text in zip(numbers, texts, strict=True)
    ]
    found = np.flatnonzero(np.array([*strange, True])[codes])
    return int(found[0]) if len(found) else 0
