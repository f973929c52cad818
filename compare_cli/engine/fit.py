"""One task: prepare the fold, fit, predict, score. A failure is a value."""

from __future__ import annotations

import pickle
import time
import traceback
import uuid
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from compare_cli.engine.plugin import OnCopies, own, surroundings_restored
from compare_cli.engine.probing import Probing, Surroundings
from compare_cli.metrics import (
    METRICS,
    confusion_counts,
    label_scores,
    probability_scores,
    roc_auc,
    row_scores,
)
from compare_cli.models.families import family_of
from compare_cli.models.preparation import FeatureTable, Preparation
from compare_cli.models.specs import make_estimator
from compare_cli.types import FitResult, FitStatus, FitTask

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.types import Dataset

CACHE_BYTES = 64 * 2**20  # prepared folds a process keeps: enough for small tables, little beside large ones
TRAIN_SCORE_ROWS = 10_000
LINE = 300


class Workspace:
    """What a process needs to fit any task of one data set: arrays, and the folds it has prepared lately."""

    def __init__(self, dataset: Dataset, metric: str = "accuracy", probing: Probing | None = None) -> None:
        self.table = FeatureTable(dataset)
        self.y = dataset.y
        self.classes = len(dataset.classes)
        self.metric = metric
        self.test_table = FeatureTable(dataset.test) if dataset.test is not None else self.table
        self.test_y = dataset.test.y if dataset.test is not None else dataset.y
        self.impute = self.table.has_missing_numbers or self.test_table.has_missing_numbers
        self.probing = probing
        self.shared = probing.shared(self.table) if probing is not None else None
        self.token = uuid.uuid4().hex  # names this table in the processes that it was sent to
        self._prepared: OrderedDict[tuple[Any, ...], PreparedFold] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        """Travel without prepared folds."""
        return {**vars(self), "_prepared": OrderedDict()}

    def prepared(self, task: FitTask) -> PreparedFold:
        """Return the fold of a task prepared as its model needs it, from memory when it is there."""
        key = (task.repeat, task.fold, task.model.needs)
        if self.test_table is not self.table:
            key = (0, 0, task.model.needs)  # repeats share the one split
        fold = self._prepared.pop(key, None) or PreparedFold(self, task)
        self._prepared[key] = fold
        while len(self._prepared) > 1 and sum(f.nbytes for f in self._prepared.values()) > CACHE_BYTES:
            self._prepared.popitem(last=False)
        return fold


class PreparedFold:
    """The rows of one fold, ready for a model: ``train`` and ``test`` (rows, columns) float64."""

    def __init__(self, workspace: Workspace, task: FitTask) -> None:
        import numpy as np

        started = time.perf_counter()
        self.preparation = preparation = Preparation(task.model.needs, impute=workspace.impute)
        self.train = _own_type(preparation.fit_transform(workspace.table, task.train))
        self.test = _own_type(preparation.transform(workspace.test_table, task.test))
        self.seconds = time.perf_counter() - started
        self.nbytes = self.train.nbytes + self.test.nbytes
        self.surroundings = None
        if workspace.probing is not None and workspace.shared is not None:
            numbers = workspace.table.numbers[task.train], workspace.test_table.numbers[task.test]
            missing = np.isnan(numbers[0]), np.isnan(numbers[1])
            rows = (self.train, self.test)
            self.surroundings = Surroundings(workspace.probing, preparation, rows, missing, workspace.shared)


def _own_type(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array with NumPy's own type object, not the copy of it that comes from another process.

    Models are pickled with it, and should have the same size wherever they were fitted.
    """
    import numpy as np

    return np.asarray(array, dtype=np.dtype(array.dtype.str))


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
    y_train, y_test = _own_type(workspace.y[task.train]), workspace.test_y[task.test]
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

    labels = _checked_labels(predicted, len(y_test), workspace.classes)
    confusion = confusion_counts(y_test, labels, workspace.classes)
    scores: dict[str, float | None] = dict.fromkeys(METRICS)
    scores |= label_scores(confusion)
    known = _known_classes(estimator, workspace.classes)
    probabilities = _probabilities(estimator, X_test, known, workspace.classes)
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


def _checked_labels(predicted: Any, rows: int, classes: int) -> NDArray[np.int64]:
    """Return predictions as codes (rows,). Raises ValueError when they are nothing of the kind."""
    import numpy as np

    labels = np.asarray(predicted)
    if labels.shape != (rows,):
        raise ValueError(f"predict returned shape {labels.shape} for {rows} rows")
    known = np.isin(labels, np.arange(classes))
    if not known.all():
        raise ValueError("predict returned labels that were not in the training data")
    return labels.astype(np.int64)


def _known_classes(estimator: Any, classes: int) -> NDArray[np.int64]:
    import numpy as np

    return np.asarray(getattr(estimator, "classes_", range(classes))).astype(np.int64)


def _probabilities(
    estimator: Any, X: NDArray[np.float64], known: NDArray[np.int64], classes: int
) -> NDArray[np.float64] | None:
    """Return probabilities (rows, classes), 0 for classes that training did not have; None without any."""
    import numpy as np

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
    import numpy as np

    if probabilities is not None:
        return {"roc_auc": roc_auc(y, probabilities), **probability_scores(y, probabilities)}
    if hasattr(estimator, "decision_function") and len(known) == classes:
        decision = np.asarray(estimator.decision_function(X), dtype=float)
        valid = decision.shape in {(len(y),), (len(y), classes)} and np.isfinite(decision).all()
        return {"roc_auc": roc_auc(y, decision)} if valid else {}
    return {}


def _train_accuracy(estimator: Any, X: NDArray[np.float64], y: NDArray[np.int64]) -> float:
    """Return accuracy on the training rows, on every k-th of them where there are more than 10,000."""
    import numpy as np

    step = -(-len(y) // TRAIN_SCORE_ROWS)
    return float(np.mean(np.asarray(estimator.predict(X[::step])) == y[::step]))


def _extra_score(name: str, estimator: Any, X: NDArray[np.float64], y: NDArray[np.int64]) -> float | None:
    """Return the score of a scikit-learn scorer; None, with a warning, where it cannot be computed."""
    import math

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
    import numpy as np

    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return _one_line(repr(value))
