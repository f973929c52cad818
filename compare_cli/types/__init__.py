"""The values that flow through the program: frozen dataclasses of the standard library and nothing else.

Those of a result (`Comparison`, `Bench` and their parts) are what the JSON document says, field by field.
"""

from compare_cli.types.fit import (
    Boundary,
    Fit,
    FitResult,
    FitStatus,
    FitTask,
    LeftOut,
    ModelSpec,
    Planned,
    PlannedBench,
    Refit,
    Refitted,
    Split,
)
from compare_cli.types.result import (
    Bench,
    BenchComparison,
    CalibrationBin,
    ClassScores,
    Command,
    Comparison,
    Complexity,
    DatasetSummary,
    Environment,
    Failure,
    Look,
    ModelSummary,
    Protocol,
    Result,
    Run,
    Scheme,
    SingleComparison,
    Status,
    part_of_bench,
    parts_as_singles,
    single_comparison,
)
from compare_cli.types.runs import (
    DatasetDiff,
    DiffVerdict,
    ModelDiff,
    Pruned,
    RunsDiff,
    RunStatus,
    StoredRun,
    StoreFacts,
)
from compare_cli.types.table import Column, ColumnKind, Dataset, DroppedColumn, Guard, Note, OwnRows, ReadInfo
from compare_cli.types.verdict import (
    Across,
    AcrossPair,
    AcrossVerdict,
    ColumnShare,
    CurvePair,
    CurvePoint,
    Headroom,
    LeakCheck,
    ModelRank,
    PairVerdict,
    Reason,
    TunedModel,
    TunedPair,
    Verdict,
)
