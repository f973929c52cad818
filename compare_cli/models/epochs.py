"""How far a fit in epochs has come, told to whoever follows it while it runs."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

PAUSE = 0.2  # seconds between two epochs that are told: nobody sees more, and short epochs lose no time

_follower: ContextVar[Callable[[int, int], None] | None] = ContextVar("follower", default=None)


def tell_epoch(epoch: int, epochs: int) -> None:
    """Tell the follower, if there is one, that ``epoch`` (1, 2 …) of at most ``epochs`` is done."""
    follower = _follower.get()
    if follower is not None:
        follower(epoch, epochs)


@contextlib.contextmanager
def followed_by(told: Callable[[tuple[int, int]], object]) -> Iterator[None]:
    """Call ``told((epoch, epochs))`` while fits run in here, at most once in `PAUSE` seconds.

    Processes that a model forks have the follower too, but not its connection: they tell nothing.
    """
    process, again = os.getpid(), time.monotonic() + PAUSE

    def follower(epoch: int, epochs: int) -> None:
        nonlocal again
        now = time.monotonic()
        if now >= again and os.getpid() == process:
            again = now + PAUSE
            told((epoch, epochs))

    before = _follower.set(follower)
    try:
        yield
    finally:
        _follower.reset(before)
