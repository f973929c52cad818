"""The JSON contract (schema "compare/1") as pydantic models: write a result, read one back.

Keys may be added, never renamed or given another meaning. Numbers that do not exist are null.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from compare_cli.document_across import AcrossPart, Number, Part, Rate, Status, across_part
from compare_cli.errors import DataError
from compare_cli.types import Bench, Comparison, FitResult, ModelSummary

SCHEMA: Literal["compare/1"] = "compare/1"
Seconds = Annotated[float | None, Field(ge=0)]
PairResult = Literal["identical", "equivalent", "better", "worse", "undecided"]


class RunPart(Part):
    """When and how it ran."""

    id: str
    started: str = Field(description="RFC 3339, UTC")
    seconds: float
    cpu_seconds: float = Field(description="of this process and its workers")
    status: Literal["complete", "partial", "interrupted"]
    seed: int
    jobs: int
    backend: str
    version: str = Field(description="of compare")
    fits_run: int
    fits_reused: int
    fits_failed: int


class EnvironmentPart(Part):
    """The versions and the machine that the numbers came from."""

    python: str
    numpy: str
    scikit_learn: str
    pandas: str
    joblib: str
    platform: str
    cpu_count: int


class DroppedPart(Part):
    """A column that models do not see."""

    column: str
    reason: str


class ReadPart(Part):
    """How the text was read; null where the source is not text."""

    delimiter: str | None
    encoding: str | None
    header: bool | None
    preamble_rows: int
    skipped_rows: int


class DatasetPart(Part):
    """The data, without its rows."""

    name: str
    source: str
    fingerprint: str
    rows: int | None = Field(description="that models learn from; null for scores from elsewhere")
    test_rows: int | None = Field(description="null with folds")
    columns: int = Field(description="in the source, the target included")
    features: int
    numeric: int
    categorical: int
    target: str
    classes: list[str]
    class_counts: list[int]
    majority_rate: Rate
    missing_cells: int
    dropped: list[DroppedPart]
    read: ReadPart


class ProtocolPart(Part):
    """How models were compared."""

    scheme: Literal["stratified", "grouped", "time", "test"]
    folds: int = Field(description="1 with a test set")
    repeats: int
    metric: str
    rope: Number = Field(description="half-width of practical equivalence, in units of the metric")
    splits_digest: str
    repeat_digests: list[str] = Field(default=[], description="the splits of each repeat")
    groups: str | None
    time_limit: Number


class FailurePart(Part):
    """One fit that gave no result."""

    fold: int
    repeat: int
    kind: str
    message: str


class ModelPart(Part):
    """One model over all its folds."""

    model: str = Field(description="the normalised spec; unique; used in pairs, top_set and fits")
    family: str
    spec: str
    params: dict[str, Any] = Field(description="all parameters of the estimator")
    status: Literal["ok", "partial", "failed"]
    rank: int | None
    accuracy: Rate = Field(description="mean over folds")
    accuracy_low: Rate = Field(description="Wilson interval, 95 %, n = rows judged in one repeat")
    accuracy_high: Rate
    scores: dict[str, Number] = Field(description="means over folds; train_accuracy: on at most 10,000 rows")
    score_intervals: dict[str, tuple[float, float] | None]
    fit_seconds: Seconds = Field(description="median per fit, of fit() alone")
    fit_cpu_seconds: Seconds
    predict_seconds: Seconds = Field(description="median per fold, of predict() alone")
    prepare_seconds: Seconds = Field(
        description="median per fold, shared by models with the same preparation"
    )
    predict_rows_per_second: Number
    size_bytes: int | None = Field(description="of the pickled model, median")
    confusion: list[list[int]] | None = Field(description="true class in rows; summed over all fits")
    p_best: Rate
    in_top_set: bool | None
    beats_baseline: bool | None
    boundary: dict[str, Any] | None
    warnings: list[str]
    failures: list[FailurePart]


class PairPart(Part):
    """Two models; delta > 0 and "better" speak of left."""

    left: str
    right: str
    delta: Number
    delta_low: Number
    delta_high: Number
    se: Number
    se_floor: Number
    split_sd: Number
    df: int | None
    p_positive: Rate
    p_better: Rate
    p_equivalent: Rate
    p_worse: Rate
    p_better_nb: Rate
    p_adjusted: Rate
    verdict: PairResult
    undecided_reason: Literal["more_repeats", "more_data", "no_spread", "not_computed"] | None
    p_decided_by_repeats: Rate
    repeats_suggested: int | None
    rows_needed: int | None
    disagreement: Rate = Field(description="share of test rows that the two label differently")
    disagreement_between_rows: Rate = Field(default=None, description="the same at midpoints of rows")
    left_right_when_differ: Rate


class VerdictPart(Part):
    """The answer."""

    status: Status
    reason: str
    recommended: str | None
    top_set: list[str]
    sentence: str
    because: list[str]


class NotePart(Part):
    """Something that the user should know."""

    code: str
    level: Literal["info", "warning"]
    message: str
    hint: str


class FitPart(Part):
    """One model on one fold."""

    model: str
    repeat: int
    fold: int
    status: Literal["ok", "failed", "timeout", "memory", "killed", "skipped"]
    accuracy: Rate
    scores: dict[str, Number]
    fit_seconds: Seconds
    fit_cpu_seconds: Seconds
    predict_seconds: Seconds
    train_rows: int
    test_rows: int
    reused: bool
    ran_at: str | None = Field(default=None, description="when a reused fit ran; its times are from then")
    error: str | None


class ResultPart(Part):
    """What is said of one data set."""

    command: Literal["fit", "bench", "verdict", "curve"]
    dataset: DatasetPart
    protocol: ProtocolPart
    models: list[ModelPart] = Field(description="in order of merit, the baseline last")
    pairs: list[PairPart]
    verdict: VerdictPart
    notes: list[NotePart]
    fits: list[FitPart]


class BenchPart(ResultPart):
    """What a bench says of one data set: also how long it took, and whether everything was done."""

    seconds: Seconds = None
    status: Literal["complete", "partial", "interrupted"] = "complete"


class HeadPart(Part):
    """What every document begins with."""

    schema_: Literal["compare/1"] = Field(alias="schema")
    run: RunPart
    environment: EnvironmentPart


class FitDocument(ResultPart, HeadPart):
    """The result of `compare fit`."""


class BenchDocument(Part):
    """The result of `compare bench`."""

    schema_: Literal["compare/1"] = Field(alias="schema")
    command: Literal["bench"]
    run: RunPart
    environment: EnvironmentPart
    datasets: list[BenchPart]
    across: AcrossPart
    notes: list[NotePart]


def fit_document(comparison: Comparison) -> FitDocument:
    """Return the document of one comparison."""
    return FitDocument(
        schema=SCHEMA,
        run=RunPart.model_validate(comparison.run),
        environment=EnvironmentPart.model_validate(comparison.environment),
        **vars(_result_part(comparison)),
    )


def bench_document(bench: Bench) -> BenchDocument:
    """Return the document of a comparison over several data sets."""
    return BenchDocument(
        schema=SCHEMA,
        command="bench",
        run=RunPart.model_validate(bench.run),
        environment=EnvironmentPart.model_validate(bench.environment),
        datasets=[_bench_part(comparison) for comparison in bench.datasets],
        across=across_part(bench.across),
        notes=[NotePart.model_validate(n) for n in bench.notes],
    )


def _bench_part(c: Comparison) -> BenchPart:
    return BenchPart(seconds=c.run.seconds, status=c.run.status, **vars(_result_part(c)))


def _result_part(comparison: Comparison) -> ResultPart:
    return ResultPart(
        command=comparison.command,  # type: ignore[arg-type]  # pydantic checks the value
        dataset=DatasetPart.model_validate(comparison.dataset),
        protocol=ProtocolPart.model_validate(comparison.protocol),
        models=[_model_part(m) for m in comparison.models],
        pairs=[PairPart.model_validate(p) for p in comparison.pairs],
        verdict=VerdictPart.model_validate(comparison.verdict),
        notes=[NotePart.model_validate(n) for n in comparison.notes],
        fits=[fit_part(f) for f in comparison.fits],
    )


def _model_part(summary: ModelSummary) -> ModelPart:
    """Lift accuracy out of the scores, as the contract has it."""
    facts = dict(vars(summary))
    scores, intervals = dict(summary.scores), dict(summary.score_intervals)
    low, high = intervals.pop("accuracy", None) or (None, None)
    facts |= {"scores": scores, "score_intervals": intervals, "accuracy": scores.pop("accuracy", None)}
    facts["failures"] = [vars(f) for f in summary.failures]
    return ModelPart(accuracy_low=low, accuracy_high=high, **facts)


def fit_part(fit: FitResult) -> FitPart:
    """Return one fit as the document says it."""
    facts = {name: getattr(fit, name) for name in FitPart.model_fields if hasattr(fit, name)}
    scores = dict(fit.scores)
    facts |= {"accuracy": scores.pop("accuracy", None), "scores": scores}
    facts["error"] = f"{fit.error_kind}: {fit.error}" if fit.error else None
    return FitPart(**facts)


def to_json(document: FitDocument | BenchDocument | FitPart, *, indent: int | None = 2) -> str:
    """Return a document as JSON text, without a line end; NaN and infinities are null."""
    return document.model_dump_json(by_alias=True, indent=indent)


def read_document(text: str | bytes, name: str) -> FitDocument | BenchDocument:
    """Read a result back. Raises DataError, naming the file and the first fault, when it is none."""
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name}: not JSON ({error}). Give a file written with --format json.") from error
    if not isinstance(found, dict) or not str(found.get("schema", "")).startswith("compare/"):
        raise DataError(f'{name}: no compare result (no "schema": "{SCHEMA}").')
    kind = BenchDocument if found.get("command") == "bench" else FitDocument
    try:
        return kind.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{name}: {where}: {first['msg']}.") from error


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema that every written document validates against."""
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(FitDocument | BenchDocument)
    schema = adapter.json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **schema}


def schema_text() -> str:
    """Return the schema as it is shipped in ``schema.json``, so that `compare schema` need not build it."""
    import json

    return json.dumps(json_schema(), indent=2) + "\n"
