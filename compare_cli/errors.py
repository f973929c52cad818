"""What can go wrong, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum


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
