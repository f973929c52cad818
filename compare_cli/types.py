"""The values that flow through the program: frozen dataclasses and nothing else.

Shapes: n rows, d features, c classes, m models, r repeats, k folds.
Times are seconds, rates are fractions in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from compare_cli.across_types import Across

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

ColumnKind = Literal["numeric", "boolean", "date", "categorical"]
FitStatus = Literal["ok", "failed", "timeout", "memory", "killed", "skipped"]
Scheme = Literal["stratified", "grouped", "time", "test"]


@dataclass(frozen=True)
class Note:
    """Something the user should know: a code, what happened, and what to try.

    ``flag`` is the option that the hint speaks of; a hint whose flag was already used is not shown.
    """

    code: str
    level: Literal["info", "warning"]
    message: str
    hint: str = ""
    flag: str = ""


@dataclass(frozen=True)
class Column:
    """One feature column as the models see it; ``date`` and ``boolean`` columns are stored as numbers."""

    name: str
    kind: ColumnKind
    missing: int
    unique: int


@dataclass(frozen=True)
class DroppedColumn:
    """A column that is left out, and why, in a few words for people."""

    column: str
    reason: str


@dataclass(frozen=True)
class ReadInfo:
    """How the text of a table was read; all ``None`` or 0 where the source is not text."""

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
    preamble_rows: int = 0
    skipped_rows: int = 0


@dataclass(frozen=True)
class Dataset:
    """A table ready for models.

    ``X`` has n rows and d columns: float64 (missing = NaN) for numeric, boolean and date columns,
    pandas ``category`` with string categories (missing = code -1) for categorical ones.
    ``y`` holds n codes into ``classes``. ``groups`` (n codes) and ``time`` (n floats, the order) are
    there when asked for. ``test`` is the official or given test set, with the same columns,
    categories and classes. ``fingerprint`` covers all of these ("sha256:…").
    """

    name: str
    source: str
    X: pd.DataFrame
    y: NDArray[np.int64]
    classes: tuple[str, ...]
    target: str
    columns: tuple[Column, ...]
    dropped: tuple[DroppedColumn, ...]
    source_columns: int
    fingerprint: str
    read: ReadInfo = ReadInfo()
    notes: tuple[Note, ...] = ()
    groups: NDArray[np.int64] | None = None
    time: NDArray[np.float64] | None = None
    test: Dataset | None = None
    groups_column: str | None = None


@dataclass(frozen=True)
class ModelSpec:
    """One model to compare. ``name`` is the normalised spec, unique in a comparison: ``tree(max_depth=3)``.

    ``factory`` is an import path ``package.module:Class``, so that a spec travels to any worker;
    ``params`` are those that the user gave. ``needs`` is the preparation: numbers standardised
    or as they are.
    """

    name: str
    family: str
    factory: str
    params: Mapping[str, Any]
    needs: Literal["scaled", "plain"] = "scaled"


@dataclass(frozen=True)
class FitTask:
    """One model on one fold. ``train`` and ``test`` are row numbers; ``key`` names the task for ever.

    ``params`` are all that the estimator is made with: the family's settings for this size of data,
    the user's own, and the seed. ``cost`` is a rough expected time in seconds, used for order and
    for the time left, never for results.
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


@dataclass(frozen=True)
class Planned:
    """The tasks that are about to run: the first event of a comparison, and of each further repeat."""

    dataset: str
    tasks: tuple[FitTask, ...]


@dataclass(frozen=True)
class FitResult:
    """What came of one task. A failure is a value with a status and an error, never an exception.

    ``reused`` results come from the store; their times are from ``ran_at`` (RFC 3339).
    """

    key: str
    model: str
    repeat: int
    fold: int
    status: FitStatus
    scores: Mapping[str, float | None] = field(default_factory=dict)
    fit_seconds: float | None = None
    fit_cpu_seconds: float | None = None
    predict_seconds: float | None = None
    prepare_seconds: float | None = None
    train_rows: int = 0
    test_rows: int = 0
    size_bytes: int | None = None
    predictions: NDArray[np.int64] | None = None
    row_scores: NDArray[np.float64] | None = None
    confusion: NDArray[np.int64] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    boundary: Boundary | None = None
    warnings: tuple[str, ...] = ()
    error_kind: str = ""
    error: str = ""
    traceback: str = ""
    reused: bool = False
    ran_at: str | None = None


@dataclass(frozen=True)
class Boundary:
    """Boundary statistics of one fitted model on one fold: name → number, ``None`` where undefined.

    ``probe_labels`` (s,) are its predictions at the shared probes, for instability over folds and
    disagreement between models; ``reason`` says why geometry is missing ("" where it is there).
    """

    statistics: Mapping[str, float | None]
    probe_labels: NDArray[np.int64] | None = None
    reason: str = ""


@dataclass(frozen=True)
class PairVerdict:
    """Two models on one data set; Δ > 0 and "better" speak of ``left``. Fields as in the JSON contract."""

    left: str
    right: str
    delta: float | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    se: float | None = None
    se_floor: float | None = None
    split_sd: float | None = None
    df: int | None = None
    p_positive: float | None = None
    p_better: float | None = None
    p_equivalent: float | None = None
    p_worse: float | None = None
    p_better_nb: float | None = None
    p_adjusted: float | None = None
    verdict: Literal["identical", "equivalent", "better", "worse", "undecided"] = "undecided"
    undecided_reason: Literal["more_repeats", "more_data", "no_spread", "not_computed"] | None = (
        "not_computed"
    )
    p_decided_by_repeats: float | None = None
    repeats_suggested: int | None = None
    rows_needed: int | None = None
    disagreement: float | None = None
    disagreement_between_rows: float | None = None
    left_right_when_differ: float | None = None


@dataclass(frozen=True)
class Verdict:
    """The answer for one data set, in numbers and sentences; each ``because`` names its field."""

    status: Literal["better", "equivalent", "undecided", "single", "none"]
    reason: str = ""
    recommended: str | None = None
    top_set: tuple[str, ...] = ()
    sentence: str = ""
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """How models were compared. ``folds`` is 1 with a test set; ``rope`` is in units of the metric.

    ``repeat_digests`` name the splits of each repeat, so that runs of different length can be paired.
    """

    scheme: Scheme
    folds: int
    repeats: int
    metric: str
    rope: float | None
    splits_digest: str
    repeat_digests: tuple[str, ...] = ()
    groups: str | None = None
    time_limit: float | None = None


@dataclass(frozen=True)
class Failure:
    """Fits that failed in the same way: where the first one was and how often it happened."""

    repeat: int
    fold: int
    kind: str
    message: str


@dataclass(frozen=True)
class ModelSummary:
    """One model over all its folds: a row of the table. Fields as in the JSON contract."""

    model: str
    family: str
    spec: str
    params: Mapping[str, Any]
    status: Literal["ok", "partial", "failed"]
    rank: int | None
    scores: Mapping[str, float | None]
    score_intervals: Mapping[str, tuple[float, float] | None]
    fit_seconds: float | None
    fit_cpu_seconds: float | None
    predict_seconds: float | None
    prepare_seconds: float | None
    predict_rows_per_second: float | None
    size_bytes: int | None
    confusion: Sequence[Sequence[int]] | None
    p_best: float | None = None
    in_top_set: bool | None = None
    beats_baseline: bool | None = None
    boundary: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Run:
    """When and how a comparison ran. ``status`` says whether everything asked for is there."""

    id: str
    started: str
    seconds: float
    cpu_seconds: float
    status: Literal["complete", "partial", "interrupted"]
    seed: int
    jobs: int
    backend: str
    version: str
    fits_run: int
    fits_reused: int
    fits_failed: int


@dataclass(frozen=True)
class Environment:
    """The versions and the machine that the numbers came from."""

    python: str
    numpy: str
    scikit_learn: str
    pandas: str
    joblib: str
    platform: str
    cpu_count: int


@dataclass(frozen=True)
class DatasetSummary:
    """What the result says of the data, without the data; ``rows`` is None for scores from elsewhere."""

    name: str
    source: str
    fingerprint: str
    rows: int | None
    test_rows: int | None
    columns: int
    features: int
    numeric: int
    categorical: int
    target: str
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]
    majority_rate: float | None
    missing_cells: int
    dropped: tuple[DroppedColumn, ...]
    read: ReadInfo


@dataclass(frozen=True)
class Comparison:
    """The whole result of one data set: exactly what the JSON document says."""

    command: str
    run: Run
    environment: Environment
    dataset: DatasetSummary
    protocol: Protocol
    models: tuple[ModelSummary, ...]
    pairs: tuple[PairVerdict, ...]
    verdict: Verdict
    notes: tuple[Note, ...]
    fits: tuple[FitResult, ...]


@dataclass(frozen=True)
class Bench:
    """The same comparison on several data sets."""

    run: Run
    environment: Environment
    datasets: tuple[Comparison, ...]
    across: Across
    notes: tuple[Note, ...] = ()


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
