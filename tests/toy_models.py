"""Classifiers that misbehave, each in one way. All but those that say so always answer class 0."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

if TYPE_CHECKING:
    import pytest


def register_toys(patch: pytest.MonkeyPatch) -> None:
    """Give some of them short names, and trust them to run in the process itself."""
    from compare_cli.models.families import FAMILIES, Family

    toys = {"broken": "Raises", "flaky": "RaisesSometimes", "constant": "Constant", "warner": "Warns"}
    for name, cls in toys.items():
        patch.setitem(FAMILIES, name, Family(name, f"toy_models:{cls}", cls, needs="plain", seeded=False))


class Constant:
    """Answers class 0 and gives no probabilities. Has fit and predict and nothing else."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


class Plugin(ClassifierMixin, BaseEstimator):
    """As people write them: scikit-learn's base classes, a parameter, and no declared constraints."""

    def __init__(self, answer=0, verbose=False):
        self.answer = answer
        self.verbose = verbose

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.answer)


class Raises(Constant):
    def fit(self, X, y):
        raise ArithmeticError("the matrix\nis  singular")


class RaisesNothingToSay(Constant):
    def fit(self, X, y):
        raise RuntimeError


class RaisesSometimes(Constant):
    """Fails on training sets that do not begin with class 0."""

    def fit(self, X, y):
        if y[0] != 0:
            raise ValueError("class 0 must come first")
        return super().fit(X, y)


class Exits(Constant):
    def fit(self, X, y):
        sys.exit("giving up")


class Dies(Constant):
    def fit(self, X, y):
        os._exit(3)


class IsKilled(Constant):
    def fit(self, X, y):
        os.kill(os.getpid(), signal.SIGKILL)


class DiesOnce(Constant):
    """Is killed as the system does it when memory runs out, but only the first time."""

    def __init__(self, path="died"):
        self.path = path

    def fit(self, X, y):
        if not Path(self.path).exists():
            Path(self.path).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(X, y)


class HangsInC(Constant):
    """Sleeps in compiled code and holds the interpreter's lock: no signal handler of Python ever runs."""

    def fit(self, X, y):
        ctypes.PyDLL(None).sleep(60)


class Crashes(Constant):
    """A segmentation fault."""

    def fit(self, X, y):
        faulthandler.disable()  # pytest's, which would print every frame
        ctypes.string_at(0)


class EatsMemory(Constant):
    def fit(self, X, y):
        self.eaten = []
        while True:
            self.eaten.append(np.ones(2**22))


class Sleeps(Constant):
    def __init__(self, seconds=60):
        self.seconds = seconds

    def fit(self, X, y):
        time.sleep(self.seconds)
        return super().fit(X, y)


class Prints(Constant):
    def fit(self, X, y):
        print("noise from Python")
        os.write(1, b"noise from C\n")
        return super().fit(X, y)


class Warns(Constant):
    def fit(self, X, y):
        warnings.warn("loose\nscrew", UserWarning, stacklevel=1)
        warnings.warn("loose\nscrew", UserWarning, stacklevel=1)
        return super().fit(X, y)


class Column(Constant):
    """Predicts a column instead of a row of labels."""

    def predict(self, X):
        return np.zeros((len(X), 1))


class TwoColumns(Constant):
    def predict(self, X):
        return np.zeros((len(X), 2))


class UnknownLabel(Constant):
    def predict(self, X):
        return np.full(len(X), 7)


class Text(Constant):
    def predict(self, X):
        return np.full(len(X), "yes")


class Fractions(Constant):
    def predict(self, X):
        return np.full(len(X), 0.5)


class NanProbabilities(Constant):
    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), np.nan)


class TooFewProbabilities(Constant):
    def predict_proba(self, X):
        return np.ones((len(X), 1))


class Float32Probabilities(Constant):
    """Certain of class 0, in single precision."""

    def predict_proba(self, X):
        given = np.zeros((len(X), len(self.classes_)), dtype=np.float32)
        given[:, 0] = 1
        return given


class Decides(Constant):
    """Ranks by the first feature, without probabilities."""

    def decision_function(self, X):
        return X[:, 0]


class Unpicklable(Constant):
    def fit(self, X, y):
        self.closure = lambda: None
        return super().fit(X, y)


class NoClassifier:
    pass


class Picky(Constant):
    def __init__(self):
        raise ValueError("not\ntoday")


class Anything(Constant):
    def __init__(self, **given):
        self.given = given


class RaisesALot(Constant):
    def fit(self, X, y):
        raise ValueError("word " * 1000)


class WarnsAndRaises(Constant):
    def fit(self, X, y):
        warnings.warn("it smokes", UserWarning, stacklevel=1)
        raise ValueError("fire")


class NotANumber(Constant):
    def predict(self, X):
        return np.full(len(X), np.nan)


class Keeps(Plugin):
    """Has parameters that are no JSON values."""

    def __init__(self, path=Path("model"), nested=None):
        self.path = path
        self.nested = nested

    def fit(self, X, y):
        self.answer = 0
        self.nested = {1: (None, 2.5, np.int64(3))}
        return super().fit(X, y)


class Greedy(Constant):
    """Takes every core unless told otherwise."""

    def __init__(self, n_jobs=-1, random_state=None):
        self.n_jobs = n_jobs
        self.random_state = random_state


class CountsThreads(Constant):
    """Keeps how many threads the numerical libraries of its process may use."""

    def fit(self, X, y):
        from threadpoolctl import threadpool_info

        self.threads = max(pool["num_threads"] for pool in threadpool_info())
        return super().fit(X, y)

    def get_params(self, deep=True):
        return {"threads": self.threads}


class IsInterrupted(Constant):
    """Gets the terminal's Ctrl-C while it fits."""

    def fit(self, X, y):
        os.kill(os.getpid(), signal.SIGINT)
        return super().fit(X, y)


class Spoils(Plugin):
    """Changes all that it is given in place, wherever it can."""

    def fit(self, X, y):
        y[:] = 0
        super().fit(X, y)
        self.classes_ = np.arange(2)
        return self._spoil(X)

    def _spoil(self, X):
        if isinstance(X, np.ndarray):
            X[:] = np.arange(X.size).reshape(X.shape)[::-1] % 7
        return self

    def predict(self, X):
        answer = (X[:, 0] > 0).astype(int)
        self._spoil(X)
        return answer

    def predict_proba(self, X):
        first = (X[:, 0] > 0).astype(float)
        self._spoil(X)
        return np.column_stack([1 - first, first])


class SpoilsTheProcess(Constant):
    """Leaves NumPy, scikit-learn and the environment as nobody expects them."""

    def fit(self, X, y):
        import random

        import sklearn

        np.seterr(all="raise")
        np.set_printoptions(precision=1)
        np.random.seed(1)
        random.seed(1)
        sklearn.set_config(transform_output="pandas", enable_metadata_routing=True)
        os.environ["SPOILT"] = "yes"
        os.environ.pop("HOME", None)
        return super().fit(X, y)


class Draws(Plugin):
    """Answers by chance, from NumPy's and Python's global random numbers."""

    def predict(self, X):
        import random

        return (np.random.random(len(X)) + random.random() > 1).astype(int)


class EmptiesItsList(Plugin):
    """Changes a list among its parameters."""

    def __init__(self, answers=None):
        self.answers = answers

    def fit(self, X, y):
        self.answer = self.answers.pop()
        return super().fit(X, y)


class StartsProcesses(Constant):
    """Starts one process in its group and one in a session of its own; notes their numbers and its own."""

    def __init__(self, path=".", then="hang"):
        self.path = path
        self.then = then

    def fit(self, X, y):
        import subprocess

        for session in (False, True):
            started = subprocess.Popen(["sleep", "60"], start_new_session=session)
            Path(self.path, f"{started.pid}.pid").touch()
        Path(self.path, f"{os.getpid()}.pid").touch()
        if self.then == "Dies":
            os._exit(3)
        if self.then == "hang":
            time.sleep(60)
        return super().fit(X, y)


class PatchesNumpy(Constant):
    """Replaces functions of NumPy and of scikit-learn for the whole process."""

    def fit(self, X, y):
        import sklearn.linear_model

        super().fit(X, y)
        sklearn.linear_model.LogisticRegression.fit = None
        np.zeros = lambda *given, **how: np.ones(*given, **how)
        return self


class Probabilities(Plugin):
    """Predicts class 0 and gives whatever ``kind`` of probabilities says."""

    def __init__(self, kind="good"):
        self.kind = kind

    def fit(self, X, y):
        super().fit(X, y)
        self.answer = 0
        classes = {"classes twice": [0, 0], "classes negative": [-1, 0], "classes unknown": [0, 7]}
        more = {"classes text": ["a", "b"], "classes nested": [[0, 1]], "classes fractions": [0.5, 1]}
        self.classes_ = np.array({**classes, **more, "reversed": [1, 0]}.get(self.kind, [0, 1]))
        return self

    def predict_proba(self, X):
        good = np.tile([0.75, 0.25], (len(X), 1))
        given = {
            "negative": np.tile([1.5, -0.5], (len(X), 1)),
            "too much": good * 1.01,
            "nothing": good * 0,
            "masked": np.ma.MaskedArray(good, mask=good > 0.5),
            "rounded": good + 4e-4,
            "whole": np.tile([1, 0], (len(X), 1)),
            "truth": np.tile([True, False], (len(X), 1)),
            "text": np.full((len(X), 2), "much"),
            "numbers as text": np.full((len(X), 2), "0.5"),
            "objects": np.full((len(X), 2), None),
            "list": [good, good],
            "column": good[:, :1],
            "NaN": good * np.nan,
            "infinite": good * np.inf,
            "complex": good + 1j,
            "dates": (good * 4).astype("M8[s]"),
            "reversed": good[:, ::-1],
        }
        return given.get(self.kind, good)


class Waits(Constant):
    """Fits once at once, and then not before half a minute has passed."""

    answers = 0
    folder = "."

    def fit(self, X, y):
        begun = Path(self.folder, "begun")
        if begun.exists():
            time.sleep(30)
        begun.touch()
        return super().fit(X, y)

    def predict(self, X):
        return np.full(len(X), self.answers)
