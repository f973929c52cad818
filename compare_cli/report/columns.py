"""The columns of the table of models: a new column is one entry of `model_columns`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from compare_cli.metrics import METRICS, Metric, metric_named
from compare_cli.report import units
from compare_cli.report.escaping import cells
from compare_cli.report.table import Heading, Justify
from compare_cli.types import Comparison, ModelSummary

MARK = "●"
NAME_WIDTH = 34  # longer names are cut in a table
SHORTEST_NAME = 8
GAP = 2  # characters between columns
BLURRED_FROM = 30  # numeric columns from which directions are only rough

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One fact of a row: its name (for options and CSV), its title, the text of a cell.

    Columns with a lower ``priority`` are shown first where there is not room for all, those of the same
    priority together, 0 always; None means only when everything is asked for.
    """

    name: str
    title: str
    cell: Callable[[Row], str]
    priority: float | None
    justify: Justify = "right"
    boundary: bool = False

    @property
    def heading(self) -> Heading:
        """The head of the column."""
        return Heading(self.title, self.justify)

    def width(self, rows: Sequence[Row]) -> int:
        """Return how many characters the column takes."""
        return max(cells(text) for text in (self.title, *map(self.cell, rows)))

    def says_something(self, rows: Sequence[Row]) -> bool:
        """Whether any row has this fact."""
        return any(self.cell(row) not in {"", units.NOTHING} for row in rows)


def fitting(columns: Sequence[Column[Row]], rows: Sequence[Row], room: int) -> list[Column[Row]]:
    """Return the columns that fit ``room`` characters, each with a gap, by priority, in their own order."""
    ranked = [column for column in columns if column.priority is not None]
    chosen: list[Column[Row]] = []
    for priority, group in groupby(sorted(ranked, key=_priority), key=_priority):
        together = list(group)
        room -= sum(column.width(rows) + GAP for column in together)
        if room < 0 and priority:
            break
        chosen += together
    return [column for column in columns if column in chosen]


def _priority(column: Column[Row]) -> float:
    return column.priority or 0.0


def gaps_to_leader(comparison: Comparison) -> dict[str, float]:
    """Return how far each model is from the first one in the table: below 0 where it is behind."""
    leader = comparison.models[0].model if comparison.models else ""
    ahead = {p.right: -p.delta for p in comparison.pairs if p.left == leader and p.delta is not None}
    return ahead | {p.left: p.delta for p in comparison.pairs if p.right == leader and p.delta is not None}


def model_columns(comparison: Comparison) -> list[Column[ModelSummary]]:
    """Return the columns that say something of a comparison's models, in their order."""
    metric = metric_named(comparison.protocol.metric)
    learnt, gaps = comparison.verdict.status != "none", gaps_to_leader(comparison)
    blurred = comparison.dataset.numeric > BLURRED_FROM

    def mark(row: ModelSummary) -> str:
        return MARK if row.in_top_set and learnt else ""

    def gap(row: ModelSummary) -> str:
        return units.signed(gaps[row.model], metric) if row.model in gaps else ""

    def directions(row: ModelSummary) -> str:
        mean = _mean(row, "directions")
        return "" if mean is None else f"{'~' if blurred else ''}{mean:.1f}"

    columns = [
        Column("top", "", mark, 0),
        Column("model", "Model", lambda row: row.model, 0, "left"),
        Column("score", score_title(metric), lambda row: units.score(row.score(metric.name), metric), 0),
        Column("interval", "95 %", lambda row: _interval(row, metric), 1, "left"),
        Column("gap", "Gap", gap, 2),
        Column(
            "p_best", "P(best)", lambda row: "" if row.p_best is None else units.probability(row.p_best), 3
        ),
        _statistic("linearity", "Linear", 5.1),
        _statistic("nonconvexity", "Nonconv", None),
        Column("directions", "Dirs", directions, 5.2, boundary=True),
        _statistic("roughness", "Rough", None),
        _statistic("axis_aligned", "Axis", 5.3),
        _statistic("flips", "Flips", None),
        _statistic("instability", "Instab", 5.4),
        *(_other_score(name, priority) for name, priority in OTHER_SCORES.items() if name != metric.name),
        Column("fit", "Fit", lambda row: units.seconds(row.fit_seconds), 4),
        Column("predict", "Predict", lambda row: units.rate(row.predict_rows_per_second), 5),
        Column("fit_cpu", "Fit CPU", lambda row: units.seconds(row.fit_cpu_seconds), None),
        Column("prepare", "Prepare", lambda row: units.seconds(row.prepare_seconds), None),
        Column("size", "Size", lambda row: units.size(row.size_bytes), 11),
    ]
    return [column for column in columns if column.says_something(comparison.models)]


OTHER_SCORES: dict[str, float | None] = {
    "accuracy": 6,
    "roc_auc": 7,
    "log_loss": 8,
    "balanced_accuracy": 9,
    "train_accuracy": 10,
    "f1_macro": 12,
    "mcc": 13,
    "brier": 14,
    "ece": None,
}
"""The scores that have a column where they do not rank, and the column's priority."""


def score_title(metric: Metric) -> str:
    """Return the title of a ranking score: ``Accuracy %``."""
    return metric.title + (" %" if metric.rate else "")


def _interval(row: ModelSummary, metric: Metric) -> str:
    low, high = row.interval(metric.name) or (None, None)
    return units.interval(low, high, lambda bound: units.score(bound, metric))


def _other_score(name: str, priority: float | None) -> Column[ModelSummary]:
    metric = METRICS[name]
    return Column(name, metric.title, lambda row: units.score(row.score(name), metric), priority)


def _statistic(name: str, title: str, priority: float | None) -> Column[ModelSummary]:
    """Return the column of a boundary statistic: its mean over folds."""

    def cell(row: ModelSummary) -> str:
        mean = _mean(row, name)
        return "" if mean is None else f"{mean:.2f}"

    return Column(name, title, cell, priority, boundary=True)


def _mean(row: ModelSummary, name: str) -> float | None:
    statistic = (row.boundary or {}).get(name)
    return statistic.get("mean") if isinstance(statistic, Mapping) else None
