"""Which column is the target, which ones order or group the rows, and which are left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from compare_cli.data.table import ReadOptions
from compare_cli.errors import DataError, nearest

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


def guess_target(names: Sequence[str], declared: str | None, *, header: bool) -> tuple[str, str | None]:
    """Return the column taken as target where the user names none, and why (None: the source says so)."""
    if declared is not None and declared in names:
        return declared, None
    if header:
        plain = {re.sub(r"[\W_]+", "", name).casefold(): name for name in reversed(names)}
        for name in TARGET_NAMES:
            if name in plain:
                return plain[name], "a usual name for a target"
    return names[-1], "the last column"


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
    return guess_target(left, declared, header=header)


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
