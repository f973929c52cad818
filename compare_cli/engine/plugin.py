"""Models from outside: they get copies of the rows, and leave the process as they found it."""

from __future__ import annotations

import contextlib
import os
import random
import zlib
from collections.abc import Iterator
from functools import wraps
from typing import Any

import numpy as np

from compare_cli.types import FitTask

_ROWS_IN = {"predict", "predict_proba", "decision_function", "score"}


class OnCopies:
    """A fitted plugin whose every answer is given on a copy of the rows.

    A model that scales or sorts its rows in place would otherwise change them for the models after it,
    which share the prepared fold. Read-only rows would not do: compiled plugins refuse them.
    """

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._estimator, name)
        if name not in _ROWS_IN:
            return found

        @wraps(found)  # scorers ask for the method's name
        def answer(X: Any, *rest: Any) -> Any:
            return found(own(X), *map(own, rest))

        return answer


def own(rows: Any) -> Any:
    """Return a copy of an array in the same memory order, on which sums may depend in the last digit."""
    return np.array(rows, order="K", copy=True)


@contextlib.contextmanager
def surroundings_restored(task: FitTask) -> Iterator[None]:
    """Let a plugin run, then put back what it may have changed for the models after it.

    That is: global random numbers, NumPy's error and print settings, scikit-learn's configuration, the
    environment. The global random numbers start from the task's training rows, so
    that a plugin that draws from them gives the same numbers wherever and whenever it runs.
    """
    from sklearn import config_context

    legacy, plain = np.random.get_state(), random.getstate()
    environment = dict(os.environ)
    seed = zlib.crc32(task.train.tobytes(), task.repeat)
    try:
        with np.errstate(), np.printoptions(), config_context():
            np.random.seed(seed)
            random.seed(seed)
            yield
    finally:
        np.random.set_state(legacy)
        random.setstate(plain)
        _restore_environment(environment)


def _restore_environment(before: dict[str, str]) -> None:
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})
