"""The registry of coded notes: what happened and which flag to try. Every note a user sees is made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from compare_cli.types import Note


@dataclass(frozen=True)
class NoteKind:
    """One kind of note. ``message`` and ``hint`` are format strings over the facts of the case."""

    level: Literal["info", "warning"]
    message: str
    hint: str = ""
    flag: str = ""


NOTES: dict[str, NoteKind] = {
    "target_guessed": NoteKind(
        "info", "The target is {target!r} ({why}).", "choose another with --target COLUMN", "--target"
    ),
    "columns_dropped": NoteKind("info", "Left out {count} of {total} columns: {columns}."),
    "missing_target": NoteKind("warning", "Dropped {count} rows whose target is missing."),
    "rare_class_dropped": NoteKind("warning", "Dropped {classes}: a class needs at least 2 rows."),
    "high_cardinality": NoteKind(
        "info", "Column {column!r} has {count} different values; models see the most frequent and 'other'."
    ),
}


def note(code: str, **facts: Any) -> Note:
    """Make the note ``code`` from its facts. An unknown code is a programming error (KeyError)."""
    kind = NOTES[code]
    return Note(code, kind.level, kind.message.format(**facts), kind.hint.format(**facts), kind.flag)
