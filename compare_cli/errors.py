"""What can go wrong, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from enum import IntEnum
from typing import Any

LINE = 300  # characters of a message that somebody else wrote
MOST = 20 * LINE  # characters of it that are looked at: it may be larger than half of the memory


class ExitCode(IntEnum):
    """The exit codes promised to users."""

    OK = 0
    FAULT = 1
    USAGE = 2
    DATA = 3
    PARTIAL = 4
    GATE = 5
    INTERRUPTED = 130
    TERMINATED = 143


class CompareError(Exception):
    """An error with one line for the user; ``code`` is the exit code of the program."""

    code = ExitCode.FAULT


class UsageError(CompareError):
    """Something was asked for that does not exist: an option's value, a model, a metric."""

    code = ExitCode.USAGE


class DataError(CompareError):
    """The data cannot be used; the message says which file, where, and what to do."""

    code = ExitCode.DATA


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a phrase such as ``' Did you mean "tree"?'`` for a mistyped name, or ``''``.

    Matching ignores case; at most three names are suggested.
    """
    folded = {k.casefold(): k for k in known}
    found = [folded[m] for m in get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)]
    return f" Did you mean {' or '.join(repr(f) for f in found)}?" if found else ""


def one_line(text: str) -> str:
    """Return text without line breaks, cut where it is long."""
    line = " ".join(encodable(text[:MOST]).split())
    return line if len(line) <= LINE else line[: LINE - 1] + "…"


def encodable(text: str) -> str:
    """Return text that UTF-8 can hold: half a surrogate pair, which Python allows, is spelled out."""
    return str.__str__(text).encode("utf-8", "backslashreplace").decode()


def utf8(name: str) -> str:
    """Return a name with "?" for bytes of a file's name that are no text: results and SQLite hold UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")


def text_of(value: Any, how: Callable[[Any], str] = str) -> str:
    """Return a foreign object as text, also where the object itself fails to give it."""
    try:
        return how(value)
    except BaseException as error:
        return f"<{type(value).__name__} whose {how.__name__} raises {type(error).__name__}>"


def message_of(error: BaseException) -> str:
    """Return what a foreign error says, in one line; of a group also what its members say."""
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    said = [text_of(error)[:MOST], *(f"{type(e).__name__}: {message_of(e)}" for e in members)]
    return one_line("; ".join(said)) or "no message"


def kind_and_message(error: BaseException) -> str:
    """Return a foreign error as ``ValueError: what it says``, in one line."""
    return f"{type(error).__name__}: {message_of(error)}"
