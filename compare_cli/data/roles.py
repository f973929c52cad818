"""Which column is the target, which ones order or group the rows; the target's cells as classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.data.cells import parse_numbers
from compare_cli.data.columns import label_text, text_codes
from compare_cli.data.table import ReadOptions
from compare_cli.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd

MAX_FRACTIONAL = 20
MAX_WHOLE = 50
MAX_WHOLE_SHARE = 0.02
MAX_TEXT_SHARE = 0.5
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


def choose_target(
    names: Sequence[str],
    options: ReadOptions,
    source: str,
    *,
    header: bool = True,
    declared: str | None = None,
) -> tuple[str, str | None]:
    """Return the target column, and why it was guessed (None where the user or the source names it)."""
    if options.target is not None:
        return find_column(options.target, names, "--target", source), None
    taken = set(dropped_columns(options, names, source))
    for option, column in (("--groups", options.groups), ("--time", options.time)):
        if column is not None:
            taken.add(find_column(column, names, option, source))
    left = [name for name in names if name not in taken]
    if not left:
        raise DataError(f"{source}: no column is left for the target: drop fewer.")
    if declared in left:
        return str(declared), None
    plain = {re.sub(r"[\W_]+", "", name).casefold(): name for name in reversed(left)} if header else {}
    usual = next((plain[name] for name in TARGET_NAMES if name in plain), None)
    return (left[-1], "the last column") if usual is None else (usual, "a usual name for a target")


def dropped_columns(options: ReadOptions, names: Sequence[str], source: str) -> list[str]:
    """Return the columns to leave out; ``a,b`` stands for two columns unless one has that name."""
    texts = [part for text in options.drop for part in ([text] if text in names else text.split(","))]
    return [find_column(text.strip(), names, "--drop", source) for text in texts]


def check_roles(
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


def label_codes(series: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Return codes into labels in their final order (missing = -1). 1, 1.0 and 01 are one label.

    Labels are sorted by value if all are numbers, otherwise as text.
    """
    import pandas as pd

    if pd.api.types.is_float_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype):
        series = series.map(label_text, na_action="ignore").astype(object)
    codes, texts = text_codes(series)
    numbers = parse_numbers(texts) if texts else np.empty(0)
    if len(texts) and np.isfinite(numbers).all() and not any("," in t or "%" in t for t in texts):
        distinct, where = np.unique(numbers, return_inverse=True)
        labels = [min((texts[i] for i in np.flatnonzero(where == k)), key=len) for k in range(len(distinct))]
        if len(distinct) > 1000:
            labels = [label_text(float(value)) for value in distinct]
        return np.append(where, -1)[codes], labels
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.full(len(texts) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(texts))
    return rank[codes], [texts[i] for i in order]


def refuse_continuous(labels: Sequence[str], rows: int, target: str, source: str) -> None:
    """Raise DataError for a target that measures rather than names: many numbers, or free text."""
    if len(labels) <= MAX_FRACTIONAL:
        return
    numbers = parse_numbers(labels)
    if np.isnan(numbers).any():
        too_many = len(labels) > max(MAX_WHOLE, MAX_TEXT_SHARE * rows)
        what = f"{len(labels):,} different labels in {rows:,} rows"
    else:
        fractional = bool((numbers % 1 != 0).any())
        too_many = fractional or len(labels) > max(MAX_WHOLE, MAX_WHOLE_SHARE * rows)
        what = f"{len(labels):,} different numbers in {rows:,} rows"
    if too_many:
        raise DataError(
            f"{source}: the target {target!r} has {what}, so it does not name classes: "
            "choose another column with --target, or put it into ranges first."
        )


def same_label(label: str, classes: Sequence[str]) -> int:
    """Return the position of a label among classes, also where 1 is written 1.0; -1 if it is not there."""
    if label in classes:
        return list(classes).index(label)
    number = parse_numbers([label])[0]
    if number != number:
        return -1
    same = [at for at, value in enumerate(parse_numbers(classes)) if value == number]
    return same[0] if same else -1
