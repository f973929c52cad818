"""One task: prepare the fold, fit, predict, score. A failure is a value.

A model from outside works on copies of the rows and leaves the process as it found it.
"""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import random
import time
import traceback
import warnings
import zlib
from collections.abc import Iterator, Mapping
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.engine.workspace import Workspace, own_type
from compare_cli.metrics import (
    METRICS,
    confusion_counts,
    label_scores,
    probability_scores,
    roc_auc,
    row_scores,
)
from compare_cli.models.families import family_of
from compare_cli.models.specs import make_estimator
from compare_cli.types import FitResult, FitStatus, FitTask

TRAIN_SCORE_ROWS = 10_000
LINE = 300
ROWS_IN = {"predict", "predict_proba", "decision_function", "score"}  # methods that take rows


def fit_task(task: FitTask, workspace: Workspace) -> FitResult:
    """Run one task. Whatever the model raises becomes a result with status "failed", or "memory"."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = _fit_apart(task, workspace)
        except (Exception, SystemExit) as error:  # a model may raise anything; the run goes on
            result = _failure(task, error)
    told = tuple(dict.fromkeys(_one_line(f"{w.category.__name__}: {w.message}") for w in caught))
    return FitResult(**{**vars(result), "warnings": told})


def _fit_apart(task: FitTask, workspace: Workspace) -> FitResult:
    if family_of(task.model).builtin:
        return _fit(task, workspace)
    with surroundings_restored(task):
        return _fit(task, workspace)


def no_result(task: FitTask, status: FitStatus, kind: str, message: str, traceback: str = "") -> FitResult:
    """Return the result of a task that has no scores: what happened, in one line."""
    return FitResult(
        key=task.key,
        model=task.model.name,
        repeat=task.repeat,
        fold=task.fold,
        status=status,
        train_rows=len(task.train),
        test_rows=len(task.test),
        error=f"{kind}: {_one_line(message) or 'no message'}",
        traceback=traceback,
    )


def _failure(task: FitTask, error: BaseException) -> FitResult:
    status: FitStatus = "memory" if isinstance(error, MemoryError) else "failed"
    told = "".join(traceback.format_exception(error))
    return no_result(task, status, type(error).__name__, str(error), told)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LINE else line[: LINE - 1] + "…"


def _fit(task: FitTask, workspace: Workspace) -> FitResult:
    fold = workspace.prepared(task)
    X_train, X_test = fold.train, fold.test
    if family_of(task.model).single_precision:
        X_train, X_test = X_train.astype("float32"), X_test.astype("float32")
    y_train, y_test = own_type(workspace.y[task.train]), workspace.test_y[task.test]
    estimator = make_estimator(task.model, task.params)
    trusted = family_of(task.model).builtin
    single_test = workspace.test_table is not workspace.table

    rows = (X_train, y_train) if trusted else (own(X_train), own(y_train))
    wall, cpu = time.perf_counter(), time.process_time()
    estimator.fit(*rows)
    fit_seconds, fit_cpu = time.perf_counter() - wall, time.process_time() - cpu

    asked = X_test if trusted else own(X_test)
    wall = time.perf_counter()
    predicted = estimator.predict(asked)
    predict_seconds = time.perf_counter() - wall
    fitted, estimator = estimator, estimator if trusted else OnCopies(estimator)

    labels = checked_labels(predicted, len(y_test), workspace.classes)
    confusion = confusion_counts(y_test, labels, workspace.classes)
    scores: dict[str, float | None] = dict.fromkeys(METRICS)
    scores |= label_scores(confusion)
    known = known_classes(estimator, workspace.classes)
    probabilities = class_probabilities(estimator, X_test, known, workspace.classes)
    scores |= _ranking_scores(estimator, X_test, y_test, known, probabilities, workspace.classes)
    scores["train_accuracy"] = _train_accuracy(estimator, X_train, y_train)
    if workspace.metric not in scores:
        scores[workspace.metric] = _extra_score(workspace.metric, estimator, X_test, y_test)
    return FitResult(
        key=task.key,
        model=task.model.name,
        repeat=task.repeat,
        fold=task.fold,
        status="ok",
        accuracy=scores.pop("accuracy"),
        scores=scores,
        fit_seconds=fit_seconds,
        fit_cpu_seconds=fit_cpu,
        predict_seconds=predict_seconds,
        prepare_seconds=fold.seconds,
        train_rows=len(y_train),
        test_rows=len(y_test),
        size_bytes=_size(fitted),
        predictions=labels,
        row_scores=row_scores(workspace.metric, y_test, labels, probabilities) if single_test else None,
        confusion=confusion,
        params=_all_params(fitted, task.params),
        boundary=fold.surroundings.describe(task, estimator) if fold.surroundings else None,
    )


def checked_labels(predicted: Any, rows: int, classes: int) -> NDArray[np.int64]:
    """Return predictions as codes (rows,). Raises ValueError when they are nothing of the kind."""
    labels = np.asarray(predicted)
    if labels.shape != (rows,):
        raise ValueError(f"predict returned shape {labels.shape} for {rows} rows")
    known = np.isin(labels, np.arange(classes))
    if not known.all():
        raise ValueError("predict returned labels that were not in the training data")
    return labels.astype(np.int64)


def known_classes(estimator: Any, classes: int) -> NDArray[np.int64]:
    """Return the codes of the classes that an estimator has learnt, in its own order."""
    return np.asarray(getattr(estimator, "classes_", range(classes))).astype(np.int64)


def class_probabilities(
    estimator: Any, X: NDArray[np.float64], known: NDArray[np.int64], classes: int
) -> NDArray[np.float64] | None:
    """Return probabilities (rows, classes), 0 for classes that training did not have; None without any."""
    if not hasattr(estimator, "predict_proba"):
        return None
    given = np.asarray(estimator.predict_proba(X))
    if given.shape != (len(X), len(known)) or not np.isfinite(given).all():
        warnings.warn(
            "predict_proba returned no valid probabilities; their scores are left out", stacklevel=2
        )
        return None
    probabilities = np.zeros((len(X), classes), dtype=given.dtype)
    probabilities[:, known] = given
    return probabilities


def _ranking_scores(
    estimator: Any,
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    known: NDArray[np.int64],
    probabilities: NDArray[np.float64] | None,
    classes: int,
) -> dict[str, float | None]:
    """Return the scores that need more than labels; nothing where the model gives nothing to score."""
    if probabilities is not None:
        return {"roc_auc": roc_auc(y, probabilities), **probability_scores(y, probabilities)}
    if hasattr(estimator, "decision_function") and len(known) == classes:
        decision = np.asarray(estimator.decision_function(X), dtype=float)
        valid = decision.shape in {(len(y),), (len(y), classes)} and np.isfinite(decision).all()
        return {"roc_auc": roc_auc(y, decision)} if valid else {}
    return {}


def _train_accuracy(estimator: Any, X: NDArray[np.float64], y: NDArray[np.int64]) -> float:
    """Return accuracy on the training rows, on every k-th of them where there are more than 10,000."""
    step = -(-len(y) // TRAIN_SCORE_ROWS)
    return float(np.mean(np.asarray(estimator.predict(X[::step])) == y[::step]))


def _extra_score(name: str, estimator: Any, X: NDArray[np.float64], y: NDArray[np.int64]) -> float | None:
    """Return the score of a scikit-learn scorer; None, with a warning, where it cannot be computed."""
    from sklearn.metrics import get_scorer

    try:
        score = float(get_scorer(name)(estimator, X, y))
    except Exception as error:  # one score that fails does not make the fit fail
        warnings.warn(f"{name}: {error}", stacklevel=2)
        return None
    return score if math.isfinite(score) else None


class _ByteCounter:
    def __init__(self) -> None:
        self.count = 0

    def write(self, data: Any) -> int:
        self.count += len(memoryview(data).cast("B"))
        return len(data)


def _size(estimator: Any) -> int | None:
    """Return the size of the pickled model in bytes; None when it cannot be pickled."""
    counter = _ByteCounter()
    try:
        pickle.Pickler(counter, protocol=5).dump(estimator)
    except Exception:  # unpicklable estimators are allowed; their size is unknown
        return None
    return counter.count


def _all_params(estimator: Any, given: Mapping[str, Any]) -> Mapping[str, Any]:
    params = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else given
    return {str(name): _plain(value) for name, value in params.items()}


def _plain(value: Any) -> Any:
    """Return a parameter as a JSON value, so that any result can travel; objects become their repr."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return _one_line(repr(value))


class OnCopies:
    """A fitted plugin whose every answer is given on a copy of the rows.

    A model that scales or sorts its rows in place would otherwise change them for the models after it,
    which share the prepared fold. Read-only rows would not do: compiled plugins refuse them.
    """

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._estimator, name)
        if name not in ROWS_IN:
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
