"""Models that somebody else wrote, each hostile or careless in one way; they answer class 0."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np

print("a module that prints while it is imported")
os.write(1, b"and its compiled code too\n")


class Base:
    """Fits and answers like everybody."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


class UnsayableError(Exception):
    def __str__(self):
        raise KeyError("no words")


class OwnEnd(BaseException):
    """No Exception."""


RAISED = {
    "generator exit": GeneratorExit("bye"),
    "interrupt": KeyboardInterrupt(),
    "exit": SystemExit(3),
    "own": OwnEnd("mine"),
    "group": ExceptionGroup("two things", [ValueError("first"), TypeError("second")]),
    "base group": BaseExceptionGroup("worse", [KeyboardInterrupt("a"), ValueError("b")]),
    "unsayable": UnsayableError(),
    "surrogate": ValueError("half a pair: \udc80"),
    "stop": StopIteration("no more"),
    "markup": ValueError("[red]x[/red] \x1b[31m\u202e <script>alert(1)</script>"),
    "long": ValueError("word " * 10**6),
    "strange name": type("A: \n[b]\x1b[0m", (Exception,), {})("named strangely"),
    "not an exception's text": ValueError(b"\xff", object),
    "deep": RecursionError("too deep"),
    "eof": EOFError("pipe?"),
    "os": OSError(28, "No space left on device"),
    "pickle": None,
}


class LocalError(ValueError):
    """Cannot be unpickled: its constructor wants more than it keeps."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


class Raises(Base):
    """Raises something while it does something."""

    def __init__(self, what="own", where="fit"):
        self.what = what
        self.where = where

    def _raise(self, where):
        if where == self.where:
            raise RAISED[self.what] or LocalError("one", "two")

    def fit(self, X, y):
        self._raise("fit")
        return super().fit(X, y)

    def predict(self, X):
        self._raise("predict")
        return super().predict(X)

    def get_params(self, deep=True):
        self._raise("get_params")
        return {"what": self.what, "where": self.where}

    def __getstate__(self):
        self._raise("getstate")
        return vars(self)


class Ends(Base):
    """Ends its process in some way."""

    def __init__(self, how="exit", where="fit"):
        self.how = how
        self.where = where
        self._end("init")

    def _end(self, where):
        if where != self.where:
            return
        if self.how.isdigit():
            os.kill(os.getpid(), int(self.how))
            time.sleep(5)
        elif self.how == "exit":
            sys.exit("enough")
        elif self.how == "thread":
            threading.Timer(0.05, os._exit, [7]).start()
            time.sleep(5)
        elif self.how == "group":
            os.killpg(os.getpgid(0), signal.SIGKILL)
        else:
            os._exit(int(self.how.removeprefix("_")))

    def fit(self, X, y):
        self._end("fit")
        return super().fit(X, y)

    def predict(self, X):
        self._end("predict")
        return super().predict(X)


class Hangs(Base):
    """Does not return, and does not want to be ended."""

    def __init__(self, how="sleep"):
        self.how = how

    def fit(self, X, y):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        if self.how == "loop":
            while True:
                pass
        if self.how == "children":
            subprocess.Popen(["sleep", "300"])
        if self.how == "stdin":
            sys.stdin.read()
            return super().fit(X, y)
        time.sleep(300)
        return self


class Talks(Base):
    """Prints wherever it can."""

    def __init__(self, word="noise"):
        self.word = word
        self._say()

    def _say(self):
        print(self.word)
        os.write(1, self.word.encode())

    def fit(self, X, y):
        self._say()
        sys.__stdout__.write(self.word)
        return super().fit(X, y)

    def predict(self, X):
        self._say()
        return super().predict(X)


class Warns(Base):
    """Warns of ten thousand different things."""

    def fit(self, X, y):
        for number in range(10_000):
            warnings.warn(f"thing {number}", stacklevel=1)
        return super().fit(X, y)


class Word(str):
    """Text of a class of its own."""


class Parameters(Base):
    """Has parameters that are no JSON."""

    def get_params(self, deep=True):
        loop = []
        loop.append(loop)
        return {
            "whole": 10**5000,
            "surrogate": "\ud800",
            "word": Word("own"),
            "nan": float("nan"),
            "object": UnsayableObject(),
            UnsayableObject(): "key",
            "bytes": b"\xff",
            "array": np.arange(10_000),
            "set": {1},
            "complex": 1j,
        }


class UnsayableObject:
    __hash__ = object.__hash__

    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


class Answers(Base):
    """Gives answers of another kind."""

    def __init__(self, kind="column"):
        self.kind = kind

    def predict(self, X):
        zeros = np.zeros(len(X), dtype=int)
        kinds = {
            "column": zeros[:, None],
            "list": [0] * len(X),
            "floats": zeros.astype(float),
            "bools": zeros.astype(bool),
            "objects": zeros.astype(object),
            "digits": zeros.astype(str),
            "none": None,
            "short": zeros[1:],
            "wide": np.zeros((len(X), 2)),
            "text": ["yes"] * len(X),
            "nan": zeros * np.nan,
            "infinite": zeros + np.inf,
            "complex": zeros + 1j,
            "huge": [10**30] * len(X),
            "nested": [[0, 1]] + [[0]] * (len(X) - 1),
            "generator": (0 for _ in X),
            "negative": zeros - 1,
            "dictionaries": [{}] * len(X),
        }
        return kinds[self.kind]
