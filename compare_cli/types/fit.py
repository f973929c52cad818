"""One fit: what is asked of a model on one fold, what came of it, and what is told while fits run.

Shapes: n rows, s probes, c classes. Times are seconds, rates are fractions in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from compare_cli.types.table import Note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FitStatus = Literal["ok", "failed", "timeout", "memory", "killed", "skipped"]


@dataclass(frozen=True)
class Within:
    """Bounds of a number, both inside. They hold when a document is read, and stand in its schema."""

    low: float
    high: float | None = None

    def __get_pydantic_core_schema__(self, source: Any, of: Callable[[Any], dict[str, Any]]) -> Any:
        """Return the pydantic schema of the annotated type with these bounds."""
        schema = of(source)
        number = schema["schema"] if schema["type"] == "nullable" else schema
        number |= {"ge": self.low} if self.high is None else {"ge": self.low, "le": self.high}
        return schema


Number = float | None
Rate = Annotated[float | None, Within(0, 1)]
Seconds = Annotated[float | None, Within(0)]
Share = Annotated[float, Within(0, 1)]
Count = Annotated[int, Within(0)]


@dataclass(frozen=True)
class ModelSpec:
    """One model to compare. ``name`` is the normalised spec, unique in a comparison: ``tree(max_depth=3)``.

    ``factory`` is an import path ``package.module:Class``, so that a spec travels to any worker;
    ``params`` are those that the user gave. ``needs`` is the preparation: numbers standardised
    or as they are, or nothing: the program's own rows. ``estimator`` is a `models.estimators.Prototype` where
    a program gave an estimator.
    """

    name: str
    family: str
    factory: str
    params: Mapping[str, Any]
    needs: Literal["scaled", "plain", "frame"] = "scaled"
    estimator: Any = None


@dataclass(frozen=True)
class Split:
    """One fold of one repeat: row numbers to learn from and to be judged on."""

    repeat: int
    fold: int
    train: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True)
class Refit:
    """A model that only a reason needs: the pruned form of the model ``of``, or an additive one (of "")."""

    spec: ModelSpec
    role: Literal["pruned", "additive"]
    of: str


@dataclass(frozen=True)
class FitTask:
    """One model on one fold. ``train`` and ``test`` are row numbers; ``key`` names the task for ever.

    ``params`` are all that the estimator is made with: the family's settings for this size of data,
    the user's own, and the seed. ``cost`` is a rough expected time in seconds, used for order and
    for the time left, never for results. ``look`` asks for boundary statistics, or for answers
    at the shared probes alone, where a run has them. ``single`` says that the model gets its rows in single
    precision.
    """

    key: str
    fingerprint: str
    model: ModelSpec
    params: Mapping[str, Any]
    repeat: int
    fold: int
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    cost: float
    look: Literal["boundary", "probes", ""] = "boundary"
    single: bool = False


@dataclass(frozen=True)
class Boundary:
    """Boundary statistics of one fitted model on one fold: name → number, ``None`` where undefined.

    ``probe_labels`` (s,) are its predictions at the shared probes, for instability over folds and
    disagreement between models; ``reason`` says why geometry is missing ("" where it is there).
    ``columns`` and ``gaps`` are the shares of the data set's columns, and of their being missing, in what
    decides; together they sum to 1. ``pairs`` are (column, column, return rate, share of rows), see
    `compare_cli.boundary.columns.interactions`.
    """

    statistics: Mapping[str, float | None]
    probe_labels: NDArray[np.int64] | None = None
    reason: str = ""
    columns: Mapping[str, float] = field(default_factory=dict)
    gaps: Mapping[str, float] = field(default_factory=dict)
    pairs: Sequence[tuple[str, str, float, float]] = ()


@dataclass(frozen=True)
class Fit:
    """One model on one fold."""

    model: str
    repeat: int
    fold: int
    status: FitStatus
    accuracy: Rate = None
    scores: Mapping[str, Number] = field(default_factory=dict)
    fit_seconds: Seconds = None
    fit_cpu_seconds: Seconds = None
    predict_seconds: Seconds = None
    train_rows: int = 0
    test_rows: int = 0
    reused: bool = False
    ran_at: str | None = None
    """when a reused fit ran; its times are from then"""
    error: str | None = None

    def score(self, metric: str) -> float | None:
        """Return a score by its name, ``"accuracy"`` included; None where there is none."""
        return self.accuracy if metric == "accuracy" else self.scores.get(metric)

    @property
    def score_names(self) -> tuple[str, ...]:
        """The names of its scores, ``"accuracy"`` included, also of those that could not be computed."""
        return ("accuracy", *self.scores)

    @property
    def error_kind(self) -> str:
        """The name of the error, such as ``ValueError`` or ``ProcessDied``; "" without one."""
        return (self.error or "").partition(": ")[0]

    @property
    def error_message(self) -> str:
        """What the error says, in one line; "" without one."""
        return (self.error or "").partition(": ")[2]


@dataclass(frozen=True)
class FitResult(Fit):
    """A fit with all that came of it. A failure is a value with a status and an error, never an exception.

    The fields here stay inside the program: documents say those of `Fit`. ``predictions`` and
    ``row_scores`` (n_test,) are of its test rows, ``confusion`` (c, c) has true classes in rows.
    ``calibration`` (bins, 3) counts rows, the sum of their top probabilities, and those predicted right by
    it, in equal bins of the top probability; ``roc`` (101,) has the true positive rates at false positive
    rates 0, .01 … 1. Both are None without probabilities.
    """

    key: str = ""
    prepare_seconds: float | None = None
    size_bytes: int | None = None
    predictions: NDArray[np.int64] | None = None
    row_scores: NDArray[np.float64] | None = None
    confusion: NDArray[np.int64] | None = None
    calibration: NDArray[np.float64] | None = None
    roc: NDArray[np.float64] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    boundary: Boundary | None = None
    warnings: tuple[str, ...] = ()
    traceback: str = ""


@dataclass(frozen=True)
class Planned:
    """The tasks that are about to run: the first event of a comparison, and of each further repeat.

    ``most`` is how many fits the whole comparison takes if nothing ends it sooner, in ``repeats`` repeats;
    ``metric`` the score that ranks. ``apart`` says that scores are not averaged with those of tasks before:
    samples of another size. ``epochs`` changes while they run: by the key of a task under way that is fitted
    in epochs, how many are done, and of how many at most. ``note`` is what should be said before they run.
    """

    dataset: str
    tasks: tuple[FitTask, ...]
    most: int = 0
    repeats: int = 1
    metric: str = ""
    apart: bool = False
    epochs: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    note: Note | None = None


@dataclass(frozen=True)
class Refitted:
    """A fit that only a reason needs, or tuning: planned as all, but no row of the result."""

    result: FitResult


@dataclass(frozen=True)
class PlannedBench:
    """The data sets of a bench by their names, in order: its first event. None has been read yet."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class LeftOut:
    """A data set of a bench that is not compared, and why: it cannot be used, or it was there already."""

    dataset: str
    why: str
    note: Note
