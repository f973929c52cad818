"""Models that somebody else wrote, each hostile or careless in one way; they answer class 0."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

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
        elif self.how == "behind":
            _dies_behind_a_sleeper()
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
    """Does not return, and does not want to be ended. The file of HANGS, if any, says that it has begun."""

    def __init__(self, how="sleep"):
        self.how = how

    def fit(self, X, y):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        if "HANGS" in os.environ:
            Path(os.environ["HANGS"]).touch()
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


def _closes_standard_streams():
    for number in (0, 1, 2):
        os.close(number)


def _patches_numpy():
    def broken(*args, **kwargs):
        raise RuntimeError("NumPy is not what it was")

    for name in ("mean", "asarray", "unique", "isfinite", "zeros", "bincount", "argsort"):
        setattr(np, name, broken)


def _patches_scikit_learn():
    import sklearn.tree

    sklearn.tree.DecisionTreeClassifier.predict = lambda self, X: np.ones(len(X), dtype=int)


def _patches_python():
    import builtins

    builtins.print = builtins.open = None


def _forks_a_sleeper():
    if not os.fork():
        os.setsid()
        time.sleep(120)
        os._exit(0)


def _forks_a_daemon():
    if not os.fork():
        os.setsid()
        if not os.fork():
            time.sleep(120)
        os._exit(0)


def _dies_behind_a_sleeper():
    subprocess.Popen(["sleep", "120"], start_new_session=True)
    os._exit(5)


def _kills_an_ancestor(generations):
    subprocess.Popen(["sleep", "120"], start_new_session=True)
    ancestor = os.getpid()
    for _ in range(generations):
        told = Path(f"/proc/{ancestor}/stat").read_text(encoding="utf-8")
        ancestor = int(told.rpartition(")")[2].split()[1])
    os.kill(ancestor, signal.SIGKILL)
    time.sleep(5)


def _starts_threads():
    for daemon in (True, False):
        threading.Thread(target=time.sleep, args=(120,), daemon=daemon).start()


def _starts_a_raising_thread():
    thread = threading.Thread(target=lambda: sys.exit(9))
    thread.start()
    thread.join()
    thread = threading.Thread(target=np.zeros, args=("no shape",))
    thread.start()
    thread.join()


def _ignores_signals():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)


def _has_own_handlers():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, lambda *_: os._exit(11))


def _has_few_files():
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def _is_traced():
    sys.settrace(lambda *_: None)
    sys.setprofile(lambda *_: None)


def _speaks_another_language():
    import decimal
    import locale

    locale.setlocale(locale.LC_ALL, "C")
    decimal.getcontext().prec = 1


def _joins_loky():
    from joblib import Parallel, delayed

    Parallel(n_jobs=2)(delayed(int)(number) for number in range(4))


def _goes_where_nothing_is():
    folder = Path(tempfile.mkdtemp())
    os.chdir(folder)
    folder.rmdir()


def _makes_streams_useless():
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None


def _registers_an_end():
    import atexit

    atexit.register(sys.exit, 12)


DONE = {
    "goes elsewhere": lambda: os.chdir("/"),
    "goes where nothing is": _goes_where_nothing_is,
    "sets variables": lambda: os.environ.update(COMPARE_STORE="/", OMP_NUM_THREADS="7", LC_ALL="C"),
    "clears variables": lambda: os.environ.clear(),
    "warns with errors": lambda: warnings.simplefilter("error"),
    "ignores numbers": lambda: np.seterr(all="raise"),
    "closes standard streams": _closes_standard_streams,
    "closes all files": lambda: os.closerange(0, 1000),
    "makes streams useless": _makes_streams_useless,
    "takes too much memory": lambda: np.ones(2**50),
    "patches NumPy": _patches_numpy,
    "patches sklearn": _patches_scikit_learn,
    "patches Python": _patches_python,
    "patches time": lambda: setattr(time, "perf_counter", lambda: "soon"),
    "hides modules": lambda: sys.modules.update(pickle=None, numpy=None),
    "clears the path": lambda: sys.path.clear(),
    "forks a sleeper": _forks_a_sleeper,
    "forks a daemon": _forks_a_daemon,
    "dies behind a sleeper": _dies_behind_a_sleeper,
    "kills its parent": lambda: _kills_an_ancestor(1),
    "kills its grandparent": lambda: _kills_an_ancestor(2),
    "kills its ancestor": lambda: _kills_an_ancestor(3),
    "starts threads": _starts_threads,
    "starts a raising thread": _starts_a_raising_thread,
    "joins loky": _joins_loky,
    "ignores signals": _ignores_signals,
    "has own handlers": _has_own_handlers,
    "has few files": _has_few_files,
    "has an alarm": lambda: (signal.alarm(1), time.sleep(5)),
    "has a timer": lambda: (signal.setitimer(signal.ITIMER_PROF, 0.01), sum(range(10**8))),
    "is traced": _is_traced,
    "is nice": lambda: os.nice(19),
    "has a mask": lambda: os.umask(0o777),
    "recurses without end": lambda: _recurses(),
    "is content with little": lambda: sys.setrecursionlimit(60),
    "speaks another language": _speaks_another_language,
    "seeds": lambda: (np.random.seed(0), __import__("random").seed(0)),
    "registers an end": _registers_an_end,
    "has own hooks": lambda: setattr(sys, "excepthook", lambda *_: os._exit(13)),
    "collects nothing": lambda: __import__("gc").freeze() or __import__("gc").disable(),
    "leaves its group": lambda: os.setpgid(0, os.getppid()),
    "leaves its session": lambda: os.setsid(),
}


def _recurses():
    return _recurses()


class Does(Base):
    """Does something to its process, to those around it, or to the system."""

    act = staticmethod(lambda: None)

    def fit(self, X, y):
        super().fit(X, y)
        self.act()
        return self


for said, act in DONE.items():  # a class for each: those of one class share processes
    name = said.title().replace(" ", "")
    globals()[name] = type(name, (Does,), {"act": staticmethod(act), "__module__": __name__})


FITTED = []  # in this process


class OncePerProcess(Base):
    """Finds out whether a fit ran in its process before, and spoils it for the next one."""

    def __init__(self, which=0):
        self.which = which

    def fit(self, X, y):
        if FITTED or threading.active_count() > 1 or os.environ.get("SPOILT"):
            raise RuntimeError(f"{FITTED} was here before")
        np.kron([1], [1])
        FITTED.append(self.which)
        os.environ["SPOILT"] = "1"
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        np.kron = None
        return super().fit(X, y)
