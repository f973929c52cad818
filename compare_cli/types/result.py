"""The result: exactly what the JSON document says (schema "compare/1").

Keys may be added, never renamed or given another meaning. Numbers that do not exist are null. A string
below a field is its description in the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from compare_cli.types.fit import Fit, Number, Rate, Seconds
from compare_cli.types.table import DroppedColumn, Note, ReadInfo
from compare_cli.types.verdict import (
    Across,
    AcrossVerdict,
    CurvePair,
    CurvePoint,
    Headroom,
    LeakCheck,
    PairVerdict,
    Verdict,
)

Command = Literal["fit", "bench", "verdict", "curve"]
Scheme = Literal["stratified", "grouped", "time", "test", "samples"]
Status = Literal["complete", "partial", "interrupted"]


@dataclass(frozen=True)
class Run:
    """When and how it ran."""

    id: str
    started: str
    """RFC 3339, UTC"""
    seconds: float
    cpu_seconds: float
    """of this process and its workers"""
    status: Status
    seed: int
    jobs: int
    backend: str
    version: str
    """of compare"""
    fits_run: int
    fits_reused: int
    fits_failed: int
    config: str | None = None
    """the file that options came from"""


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
class Complexity:
    """How hard rows are to tell apart: measures of Ho & Basu 2002, as in Lorena et al. 2019; 0 to 1."""

    compared_rows: int
    """among which nearest neighbours are looked for: at most 1,000, fewer of wide tables"""
    f1_fisher: Rate
    """lowest share, over columns, of a column's variance that is left within classes"""
    n1: Rate
    """share of the compared rows that the shortest tree through them joins to a row of another class"""
    n3: Rate
    """share of the compared rows whose nearest one has another class"""
    l2: Rate
    """error of logistic regression on its training rows, mean over folds; null where it was not compared"""


@dataclass(frozen=True)
class DatasetSummary:
    """The data, without its rows."""

    name: str
    source: str
    fingerprint: str
    rows: int | None
    """that models learn from; null for scores from elsewhere"""
    test_rows: int | None
    """null with folds"""
    columns: int
    """in the source, the target included"""
    features: int
    numeric: int
    categorical: int
    target: str
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]
    majority_rate: Rate
    missing_cells: int
    dropped: tuple[DroppedColumn, ...]
    read: ReadInfo
    complexity: Complexity | None = None
    """null without boundary statistics"""


@dataclass(frozen=True)
class Look:
    """A look at the verdict, planned before anything ran."""

    repeats: int
    """complete repeats that it looks at"""
    alpha: float
    """level at which it may name a winner"""
    last: bool
    """whether no later one can follow"""


@dataclass(frozen=True)
class Protocol:
    """How models were compared."""

    scheme: Scheme
    folds: int
    """1 with a test set"""
    repeats: int
    metric: str
    rope: Number
    """half-width of practical equivalence, in units of the metric"""
    splits_digest: str
    repeat_digests: tuple[str, ...] = ()
    """the splits of each repeat"""
    groups: str | None = None
    time_limit: Number = None
    balanced: bool = False
    """whether classes were weighed equally, by the models that can"""
    costs: tuple[tuple[float, ...], ...] | None = None
    """of taking a row of the class in the row for the one in the column; null where errors have none"""
    refits: int = 0
    """fits that only reasons of the verdict needed; they are no rows of models or fits"""
    looks: tuple[Look, ...] | None = None
    """that were taken; the verdict is that of the last one; null: one, after all repeats, at 0.05"""
    sizes: tuple[int, ...] = ()
    """planned rows of growing samples; their place is the repeat of a fit, that of a block its fold"""


@dataclass(frozen=True)
class Failure:
    """One fit that gave no result."""

    fold: int
    repeat: int
    kind: str
    message: str


@dataclass(frozen=True)
class ClassScores:
    """How well one class is found, over all folds; classes stand in the order of the data set's."""

    rows: Number
    """of this class, judged in one repeat"""
    recall: Rate
    """share of them that is found"""
    recall_low: Rate
    """95 %, as of the accuracy of these rows"""
    recall_high: Rate
    precision: Rate
    """share of the rows predicted to be of this class that are"""
    f1: Rate


@dataclass(frozen=True)
class CalibrationBin:
    """Rows whose most probable class got a probability within these bounds, over all folds."""

    low: float
    high: float
    rows: Number
    """judged in one repeat"""
    confidence: Rate
    """their mean top probability"""
    accuracy: Rate
    """share of them for which the most probable class is true"""
    accuracy_low: Rate
    """95 %, as of the accuracy of these rows"""
    accuracy_high: Rate


@dataclass(frozen=True)
class ModelSummary:
    """One model over all its folds."""

    model: str
    """the normalised spec; unique; used in pairs, top_set and fits"""
    family: str
    spec: str
    params: Mapping[str, Any]
    """all parameters of the estimator"""
    status: Literal["ok", "partial", "failed"]
    rank: int | None
    accuracy: Rate
    """mean over folds"""
    accuracy_low: Rate
    """Wilson interval, 95 %, n = rows judged in one repeat"""
    accuracy_high: Rate
    scores: Mapping[str, Number]
    """means over folds; train_accuracy: on at most 10,000 rows"""
    score_intervals: Mapping[str, tuple[float, float] | None]
    fit_seconds: Seconds
    """median per fit, of fit() alone"""
    fit_cpu_seconds: Seconds
    predict_seconds: Seconds
    """median per fold, of predict() alone"""
    prepare_seconds: Seconds
    """median per fold, shared by models with the same preparation"""
    predict_rows_per_second: Number
    size_bytes: int | None
    """of the pickled model, median"""
    confusion: Sequence[Sequence[int]] | None
    """true class in rows; summed over all fits"""
    train_rows: int | None = None
    """of the growing samples that its scores come from; null with folds and test sets"""
    p_best: Rate = None
    """chance to be the best, if any differences were as likely beforehand: too high for the best of many"""
    p_best_shrunk: Rate = None
    """the same when it is remembered that extreme scores are partly luck; from three models on"""
    p_best_low: Rate = None
    """what is said of p_best_shrunk, as no one figure would hold: it is at least this"""
    p_best_high: Rate = None
    """and at most this"""
    in_top_set: bool | None = None
    beats_baseline: bool | None = None
    boundary: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    per_class: tuple[ClassScores, ...] | None = None
    calibration: tuple[CalibrationBin, ...] | None = None
    """bins of the top probability that have rows; null without probabilities"""
    roc: tuple[float, ...] | None = None
    """true positive rates at false positive rates 0, 0.01 … 1: means over folds, and over classes, each
    against the rest; null without probabilities"""

    def score(self, metric: str) -> float | None:
        """Return a mean score by its name, ``"accuracy"`` included; None where there is none."""
        return self.accuracy if metric == "accuracy" else self.scores.get(metric)

    def interval(self, metric: str) -> tuple[float, float] | None:
        """Return the 95 % interval of a score by its name; None where there is none."""
        if metric != "accuracy":
            return self.score_intervals.get(metric)
        low, high = self.accuracy_low, self.accuracy_high
        return None if low is None or high is None else (low, high)


@dataclass(frozen=True)
class Comparison:
    """What is said of one data set."""

    command: Command
    dataset: DatasetSummary
    protocol: Protocol
    models: tuple[ModelSummary, ...]
    """in order of merit, the baseline last"""
    pairs: tuple[PairVerdict, ...]
    verdict: Verdict
    notes: tuple[Note, ...]
    fits: tuple[Fit, ...]
    curve: tuple[CurvePoint, ...] = ()
    """learning curves, where models learnt from growing samples"""
    curve_pairs: tuple[CurvePair, ...] = ()
    """all pairs at every number of training rows, of `compare curve`"""
    leak_checks: tuple[LeakCheck, ...] = ()
    headroom: Headroom | None = None
    """null where nothing was to be tuned"""

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        raise NotImplementedError

    @property
    def status(self) -> Status:
        """Whether everything that was asked for is there."""
        raise NotImplementedError

    @property
    def fits_run(self) -> int:
        """How many fits were run for it."""
        return sum(not fit.reused and fit.status != "skipped" for fit in self.fits)

    @property
    def fits_reused(self) -> int:
        """How many fits were there from earlier runs."""
        return sum(fit.reused for fit in self.fits)

    @property
    def fits_failed(self) -> int:
        """How many fits gave no result; those that the budget left out are none of them."""
        return sum(fit.status not in {"ok", "skipped"} for fit in self.fits)


@dataclass(frozen=True)
class BenchComparison(Comparison):
    """What a bench says of one data set: also how long it took, and whether everything was done."""

    seconds: Seconds = None
    status: Status = "complete"


@dataclass(frozen=True)
class Head:
    """What every document begins with."""

    schema: Literal["compare/1"] = field(default="compare/1", kw_only=True)
    run: Run
    environment: Environment


@dataclass(frozen=True)
class SingleComparison(Comparison, Head):
    """The result of `compare fit`."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.run.seconds

    @property
    def status(self) -> Status:
        """Whether everything that was asked for is there."""
        return self.run.status

    @property
    def datasets(self) -> tuple[Comparison, ...]:
        """This one: a fit is a bench of one data set."""
        return (self,)


@dataclass(frozen=True)
class Bench(Head):
    """The result of `compare bench`."""

    command: Literal["bench"] = field(default="bench", kw_only=True)
    datasets: tuple[BenchComparison, ...]
    across: Across
    notes: tuple[Note, ...] = ()

    @property
    def verdict(self) -> AcrossVerdict:
        """What the data sets say together."""
        return self.across.verdict


Result = SingleComparison | Bench


def part_of_bench(comparison: Comparison) -> BenchComparison:
    """Return a comparison as a bench has it, without a run and an environment of its own."""
    facts = {f.name: getattr(comparison, f.name) for f in fields(Comparison)}
    return BenchComparison(**facts, seconds=comparison.seconds, status=comparison.status)


def parts_as_singles(bench: Bench) -> list[SingleComparison]:
    """Return each comparison of a bench as a document of its own, with its share of the run."""

    def run_of(part: BenchComparison) -> Run:
        counts = {name: getattr(part, name) for name in ("fits_run", "fits_reused", "fits_failed")}
        return replace(bench.run, status=part.status, seconds=part.seconds or 0.0, **counts)

    return [single_comparison(part, run_of(part), bench.environment) for part in bench.datasets]


def single_comparison(comparison: Comparison, run: Run, environment: Environment) -> SingleComparison:
    """Return a comparison as a document of its own."""
    facts = {f.name: getattr(comparison, f.name) for f in fields(Comparison)}
    return SingleComparison(run, environment, **facts)
