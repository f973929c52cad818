"""What is said to the user beside the data: notes and errors, on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from compare_cli.report.escaping import encodable, printable
from compare_cli.types import Note

_COLORS = {"error": "1;31", "warning": "33", "info": "2"}


def wants_color(stream: TextIO) -> bool:
    """Whether to colour what goes to ``stream``: NO_COLOR, then FORCE_COLOR (0 is off), then the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def say_error(message: str) -> None:
    """Say in one line what is wrong."""
    _say("error", message)


def say_notes(notes: Iterable[Note]) -> None:
    """Say each note in one line: what happened, and what to try."""
    for n in notes:
        _say(
            "warning" if n.level == "warning" else "note",
            n.message + (f" {_sentence(n.hint)}" if n.hint else ""),
        )


def _sentence(hint: str) -> str:
    return f"{hint[:1].upper()}{hint[1:]}."


def _say(kind: str, message: str) -> None:
    label = f"{kind}:"
    if wants_color(sys.stderr):
        label = f"\x1b[{_COLORS.get(kind, _COLORS['info'])}m{label}\x1b[0m"
    line = printable(" ".join(message.split()))
    print(label, encodable(line, sys.stderr.encoding), file=sys.stderr, flush=True)
