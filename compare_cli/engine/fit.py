"""One task: prepare the fold, fit, predict, score. A failure is a value.

A model from outside works on copies of the rows and leaves the process as it found it.
"""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import random
import re
import time
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.engine.workspace import Workspace, own_type
from compare_cli.errors import MOST, encodable, kind_and_message, message_of, one_line, text_of
from compare_cli.metrics import (
    METRICS,
    PER_ROW,
    calibration_counts,
    confusion_counts,
    label_scores,
    probability_scores,
    pseudo_values,
    roc_auc,
    roc_curve,
    row_scores,
)
from compare_cli.models.estimators import OnCopies, OwnLabels, own
from compare_cli.models.families import family_of
from compare_cli.models.specs import make_estimator
from compare_cli.types import FitResult, FitStatus, FitTask

TRAIN_SCORE_ROWS = 10_000
WARNINGS = 20  # of one fit that are told
SWALLOWED = "Training interrupted by user."  # scikit-learn's perceptron catches Ctrl-C and stays half trained
WHOLE = 2**63  # from which on a number is no number of JSON to everybody
SUM_ERROR = 1e-3  # by which probabilities of a row may miss 1, or be less than 0


def fit_task(task: FitTask, workspace: Workspace) -> FitResult:
    """Run one task. Whatever the model raises becomes a result with status "failed", or "memory".

    Only a Ctrl-C while a built-in model fits in the program itself is passed on; models from outside never
    run there.
    """
    trusted = family_of(task.model).builtin
    apart = _unchecked() if trusted else surroundings_restored(task)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with apart:
                result = _fit(task, workspace)
        except BaseException as error:  # a model may raise anything; the run goes on
            if trusted and isinstance(error, KeyboardInterrupt):
                raise
            result = _failure(task, error)
    if trusted and any(text_of(warning.message) == SWALLOWED for warning in caught):
        raise KeyboardInterrupt
    return replace(result, warnings=_told(caught))


def _unchecked() -> contextlib.AbstractContextManager[None]:
    """Let scikit-learn take parameters as they are: those of built-in models were checked before the fits."""
    from sklearn import config_context

    unchecked: contextlib.AbstractContextManager[None] = config_context(skip_parameter_validation=True)
    return unchecked


def _failure(task: FitTask, error: BaseException) -> FitResult:
    """Return the result of a task whose model raised."""
    status: FitStatus = "memory" if isinstance(error, MemoryError) else "failed"
    told, lines = message_of(error), encodable(text_of(error, _lines_of))
    return no_result(task, status, re.sub(r"\W+", "_", type(error).__name__), told, lines)


def _lines_of(error: BaseException) -> str:
    return "".join(line[:MOST] for line in traceback.format_exception(error))


def _told(caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    """Return different warnings in a line each; of many the first ones, and how many more there were."""
    lines = list(dict.fromkeys(one_line(f"{w.category.__name__}: {text_of(w.message)}") for w in caught))
    more = len(lines) - WARNINGS
    return (*lines[:WARNINGS], *([f"and {more} other warnings"] if more > 0 else []))


def no_result(task: FitTask, status: FitStatus, kind: str, message: str, traceback: str = "") -> FitResult:
    """Return the result of a task that has no scores: what happened, in one line."""
    return _result(task, status=status, error=f"{kind}: {one_line(message)}", traceback=traceback)


def _result(task: FitTask, **facts: Any) -> FitResult:
    rows: dict[str, Any] = {"train_rows": len(task.train), "test_rows": len(task.test)}
    return FitResult(task.model.name, task.repeat, task.fold, key=task.key, **rows, **facts)


def _fit(task: FitTask, workspace: Workspace) -> FitResult:
    fold = workspace.prepared(task)
    X_train, X_test = typed(task, fold.train), typed(task, fold.test)
    y_train, y_test = own_type(workspace.y[task.train]), workspace.test_y[task.test]
    trusted = family_of(task.model).builtin
    estimator = make_estimator(task.model, task.params)
    if task.model.needs == "frame":
        estimator = OwnLabels(estimator, workspace.labels)

    rows = (X_train, y_train) if trusted else (own(X_train), own(y_train))
    getattr(estimator, "compile_ahead", _nothing)(*rows)  # making machine code is no part of fitting
    _, fit_seconds, fit_cpu = _timed(lambda: estimator.fit(*rows))
    asked = X_test if trusted else own(X_test)
    predicted, predict_seconds, _ = _timed(lambda: estimator.predict(asked))

    labels = checked_labels(predicted, len(y_test), workspace.classes)
    fitted = estimator if trusted else OnCopies(estimator)
    probabilities = class_probabilities(fitted, X_test, workspace.classes)
    if probabilities is None and hasattr(fitted, "predict_proba"):
        fitted = OnCopies(estimator, without="predict_proba")
    ranking = _ranking(fitted, X_test, probabilities, workspace.classes)
    scores = _scores(fitted, X_test, y_test, labels, probabilities, ranking, workspace)
    scores["train_accuracy"] = _train_accuracy(fitted, X_train, y_train)
    return _result(
        task,
        status="ok",
        accuracy=scores.pop("accuracy"),
        scores=scores,
        fit_seconds=fit_seconds,
        fit_cpu_seconds=fit_cpu,
        predict_seconds=predict_seconds,
        prepare_seconds=fold.seconds,
        size_bytes=_size(estimator),
        predictions=labels,
        row_scores=_row_scores(workspace, y_test, labels, probabilities, ranking),
        confusion=confusion_counts(y_test, labels, workspace.classes),
        **_curves(y_test, probabilities),
        params=_all_params(estimator, task.params),
        boundary=fold.surroundings.describe(task, fitted) if fold.surroundings else None,
    )


def _nothing(*rows: Any) -> None:
    """Do nothing: most models have nothing to compile."""


def typed(task: FitTask, rows: Any) -> Any:
    """Return prepared rows as float32 or float64, as a model takes them; a program's own as they are."""
    if task.model.needs == "frame":
        return rows
    return rows.astype(np.float32 if task.single else np.float64, copy=False)


def _curves(y: NDArray[np.int64], probabilities: NDArray[Any] | None) -> dict[str, Any]:
    """Return what is kept of probabilities beside their scores; nothing of a model that gives none."""
    if probabilities is None:
        return {}
    return {"calibration": calibration_counts(y, probabilities), "roc": roc_curve(y, probabilities)}


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what ``work`` returns, and how long it took: seconds by the clock and of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    return done, time.perf_counter() - wall, time.process_time() - cpu


def checked_labels(predicted: Any, rows: int, classes: int) -> NDArray[np.int64]:
    """Return predictions as codes (rows,). Raises ValueError when they are nothing of the kind."""
    labels = np.asarray(predicted)
    if labels.shape == (rows, 1):
        labels = labels[:, 0]
    if labels.shape != (rows,):
        raise ValueError(f"predict returned shape {labels.shape} for {rows} rows")
    if not np.isin(labels, np.arange(classes)).all():
        raise ValueError("predict returned labels that were not in the training data")
    return labels.astype(np.int64)


def _scores(
    estimator: Any,
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    labels: NDArray[np.int64],
    probabilities: NDArray[Any] | None,
    ranking: NDArray[Any] | None,
    workspace: Workspace,
) -> dict[str, float | None]:
    """Return the scores on test rows, None for those that the model gives nothing for."""
    classes, metric = workspace.classes, workspace.metric
    scores: dict[str, float | None] = dict.fromkeys(METRICS)
    scores |= label_scores(confusion_counts(y, labels, classes))
    if probabilities is not None:
        scores |= probability_scores(y, probabilities)
    if ranking is not None:
        scores["roc_auc"] = roc_auc(y, ranking)
    if metric not in scores:
        scores[metric] = _extra_score(metric, estimator, X, y)
    return scores


def _ranking(
    estimator: Any, X: NDArray[np.float64], probabilities: NDArray[Any] | None, classes: int
) -> NDArray[Any] | None:
    """Return what AUC ranks rows by: probabilities, else the decision function; None without either."""
    if probabilities is not None or not hasattr(estimator, "decision_function"):
        return probabilities
    decision = np.asarray(estimator.decision_function(X), dtype=float)
    known = np.asarray(getattr(estimator, "classes_", range(classes)))
    fits = decision.shape in {(len(X),), (len(X), classes)} and np.array_equal(known, range(classes))
    return decision if fits and np.isfinite(decision).all() else None


def _row_scores(
    workspace: Workspace,
    y: NDArray[np.int64],
    labels: NDArray[np.int64],
    probabilities: NDArray[Any] | None,
    ranking: NDArray[Any] | None,
) -> NDArray[np.float64] | None:
    """Return what each test row adds to the score that models are judged by, where rows are judged.

    Not for accuracy, which predictions tell, unless there is a single test set.
    """
    metric = workspace.metric
    if not workspace.by_row or (metric == "accuracy" and not workspace.single_test):
        return None
    if metric in PER_ROW:
        return row_scores(metric, y, labels, probabilities)
    return pseudo_values(metric, y, labels, ranking, workspace.classes)


def _columns(estimator: Any, classes: int) -> NDArray[np.int64]:
    """Return the class of each column of probabilities. Raises ValueError for wrong ``classes_``."""
    known = np.asarray(getattr(estimator, "classes_", range(classes)))
    if known.ndim != 1 or not np.isin(known, np.arange(classes)).all():
        raise ValueError("classes_ has labels that were not in the training data")
    codes = known.astype(np.int64)
    if len(np.unique(codes)) < len(codes):
        raise ValueError("classes_ has a label twice")
    return codes


def class_probabilities(estimator: Any, X: NDArray[np.float64], classes: int) -> NDArray[Any] | None:
    """Return probabilities (rows, classes), 0 for classes that training did not have; None without any.

    A model could win by log loss or AUC with wrong ones; a warning says what is wrong with them.
    """
    if not hasattr(estimator, "predict_proba"):
        return None
    try:
        given = estimator.predict_proba(X)
    except (AttributeError, NotImplementedError) as error:  # declared, but refused when called
        warnings.warn(f"no probabilities: {kind_and_message(error)}", stacklevel=2)
        return None
    try:
        columns = _columns(estimator, classes)
        given = _checked(given, (len(X), len(columns)))
    except ValueError as error:
        told = f"no valid probabilities, their scores are left out: {error}"
        warnings.warn(told, stacklevel=2)
        return None
    probabilities = np.zeros((len(X), classes), dtype=given.dtype)
    probabilities[:, columns] = given
    return probabilities


def _checked(told: Any, shape: tuple[int, int]) -> NDArray[Any]:
    """Return probabilities as floats. Raises ValueError for what is none."""
    if np.ma.is_masked(told):
        raise ValueError("predict_proba returned masked values")
    given: NDArray[Any] = np.asarray(told)
    if given.shape != shape:
        raise ValueError(f"predict_proba returned shape {given.shape}, not {shape}")
    if given.dtype.kind != "f":
        try:
            given = given.astype(np.float64, casting="unsafe" if given.dtype.kind in "OSU" else "same_kind")
        except (ValueError, TypeError):
            raise ValueError(f"predict_proba returned no real numbers ({given.dtype})") from None
    if not np.isfinite(given).all():
        raise ValueError("predict_proba returned NaN or infinity")
    if given.min() < -SUM_ERROR:
        raise ValueError(f"predict_proba returned {given.min():.3g}, less than 0")
    sums = given.sum(axis=1)
    worst = sums[np.abs(sums - 1).argmax()]
    if abs(worst - 1) > SUM_ERROR:
        raise ValueError(f"predict_proba returned a row that adds up to {worst:.4g}, not to 1")
    return given


def _train_accuracy(estimator: Any, X: NDArray[np.float64], y: NDArray[np.int64]) -> float:
    """Return accuracy on the training rows, on every k-th of them where there are more than 10,000."""
    step = -(-len(y) // TRAIN_SCORE_ROWS)
    return float(np.mean(np.asarray(estimator.predict(X[::step])).ravel() == y[::step]))


def _extra_score(name: str, estimator: Any, X: NDArray[np.float64], y: NDArray[np.int64]) -> float | None:
    """Return the score of a scikit-learn scorer; None, with a warning, where it cannot be computed."""
    from sklearn.metrics import get_scorer

    try:
        score = float(get_scorer(name)(estimator, X, y))
    except Exception as error:  # one score that fails does not make the fit fail
        warnings.warn(f"{name}: {message_of(error)}", stacklevel=2)
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
    if hasattr(estimator, "fitted_by"):  # scikit-learn's way, or our quicker one
        params = {**params, "fitted_by": estimator.fitted_by}
    return {encodable(text_of(name)): _plain(value) for name, value in params.items()}


def _plain(value: Any) -> Any:
    """Return a parameter as a JSON value, so that any result can travel; objects become their repr."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < WHOLE:
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {encodable(text_of(key)): _plain(item) for key, item in value.items()}
    return one_line(text_of(value, repr))


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
