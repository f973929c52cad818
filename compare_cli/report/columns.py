"""The columns of the table of models: a new column is one entry here.

A column with a lower ``priority`` is shown first when there is not room for all; ``None`` means only when
asked for (``--verbose``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from compare_cli.metrics import METRICS, Metric, metric_named
from compare_cli.report import units
from compare_cli.types import Comparison, ModelSummary, PairVerdict

MARK = "●"
NAME_WIDTH = 34  # longer names are cut in a table
GAP = 2  # characters between columns
BLURRED_FROM = 30  # numeric columns from which directions are only rough


@dataclass(frozen=True)
class Facts:
    """What cells need besides their row.

    The metric, each model's gap to the leader, how many numeric columns there are, and whether any
    model has learnt something.
    """

    metric: Metric
    gaps: Mapping[str, PairVerdict]
    numeric: int
    learnt: bool

    @classmethod
    def of(cls, comparison: Comparison) -> Facts:
        """Collect the facts of one comparison."""
        metric = metric_named(comparison.protocol.metric)
        leader = comparison.models[0].model if comparison.models else ""
        gaps = {p.right: p for p in comparison.pairs if p.left == leader}
        gaps |= {p.left: p for p in comparison.pairs if p.right == leader}
        return cls(metric, gaps, comparison.dataset.numeric, comparison.verdict.status != "none")


@dataclass(frozen=True)
class Column:
    """One column: its name (for options and CSV), its title, the text of a cell."""

    name: str
    title: Callable[[Facts], str]
    cell: Callable[[ModelSummary, Facts], str]
    priority: float | None
    justify: Literal["left", "right"] = "right"
    boundary: bool = False


def score_text(value: float | None, metric: Metric) -> str:
    """Return a score as its metric is told: percent for rates, else three decimals."""
    return units.percent(value) if metric.rate else units.plain(value)


def interval_text(row: ModelSummary, facts: Facts) -> str:
    """Return the interval of the ranking score: ``[90.7, 97.7]``."""
    interval = row.interval(facts.metric.name)
    if interval is None:
        return ""
    low, high = (score_text(bound, facts.metric) for bound in interval)
    return f"[{low}, {high}]"


def gap_text(row: ModelSummary, facts: Facts) -> str:
    """Return how far a model is behind the leader (negative = behind): ``−1.3``; empty for the leader."""
    pair = facts.gaps.get(row.model)
    if pair is None or pair.delta is None:
        return ""
    ahead = pair.delta if pair.left == row.model else -pair.delta
    shown = f"{100 * ahead:+.1f}" if facts.metric.rate else f"{ahead:+.3f}"
    return shown.replace("-", "−") if float(shown) else shown[1:]


def _score_title(facts: Facts) -> str:
    return facts.metric.title + (" %" if facts.metric.rate else "")


def _mark(row: ModelSummary, facts: Facts) -> str:
    return MARK if row.in_top_set and facts.learnt else ""


def _of_metric(metric: Metric, priority: float | None) -> Column:
    """Return the column of a score that does not rank."""

    def title(facts: Facts) -> str:
        return "" if facts.metric.name == metric.name else metric.title

    return Column(metric.name, title, lambda row, _: score_text(row.score(metric.name), metric), priority)


def _of_boundary(name: str, title: str, priority: float | None) -> Column:
    """Return the column of a boundary statistic: its mean over folds."""
    return Column(
        name, _fixed(title), lambda row, facts: _boundary_text(name, row, facts), priority, boundary=True
    )


def _boundary_text(name: str, row: ModelSummary, facts: Facts) -> str:
    """Return a statistic with two decimals; directions with one, and with "~" where they blur."""
    statistic = (row.boundary or {}).get(name)
    mean = statistic.get("mean") if isinstance(statistic, Mapping) else None
    if mean is None:
        return ""
    if name == "directions":
        return f"{'~' if facts.numeric > BLURRED_FROM else ''}{mean:.1f}"
    return f"{mean:.2f}"


def _fixed(title: str) -> Callable[[Facts], str]:
    return lambda _: title


COLUMNS: tuple[Column, ...] = (
    Column("top", _fixed(""), _mark, 0),
    Column("model", _fixed("Model"), lambda row, _: row.model, 0, "left"),
    Column(
        "score",
        _score_title,
        lambda row, facts: score_text(row.score(facts.metric.name), facts.metric),
        0,
    ),
    Column("interval", _fixed("95 %"), interval_text, 1, "left"),
    Column("gap", _fixed("Gap"), gap_text, 2),
    Column(
        "p_best",
        _fixed("P(best)"),
        lambda row, _: units.probability(row.p_best) if row.p_best is not None else "",
        3,
    ),
    _of_boundary("linearity", "Linear", 5.1),
    _of_boundary("nonconvexity", "Nonconv", None),
    _of_boundary("directions", "Dirs", 5.2),
    _of_boundary("roughness", "Rough", None),
    _of_boundary("axis_aligned", "Axis", 5.3),
    _of_boundary("flips", "Flips", None),
    _of_boundary("instability", "Instab", 5.4),
    _of_metric(METRICS["accuracy"], 6),
    _of_metric(METRICS["roc_auc"], 7),
    _of_metric(METRICS["log_loss"], 8),
    _of_metric(METRICS["balanced_accuracy"], 9),
    _of_metric(METRICS["train_accuracy"], 10),
    _of_metric(METRICS["f1_macro"], 12),
    _of_metric(METRICS["mcc"], 13),
    _of_metric(METRICS["brier"], 14),
    _of_metric(METRICS["ece"], None),
    Column("fit", _fixed("Fit"), lambda row, _: units.seconds(row.fit_seconds), 4),
    Column("predict", _fixed("Predict"), lambda row, _: units.rate(row.predict_rows_per_second), 5),
    Column("fit_cpu", _fixed("Fit CPU"), lambda row, _: units.seconds(row.fit_cpu_seconds), None),
    Column("prepare", _fixed("Prepare"), lambda row, _: units.seconds(row.prepare_seconds), None),
    Column("size", _fixed("Size"), lambda row, _: units.size(row.size_bytes), 11),
)


def choose_columns(
    comparison: Comparison, room: int, *, everything: bool = False, boundary: bool = False
) -> list[Column]:
    """Return the columns that fit ``room`` characters, by priority, in their own order.

    ``everything`` returns all that say something; ``boundary`` puts all boundary statistics first.
    """
    facts = Facts.of(comparison)
    telling = [c for c in COLUMNS if _tells(c, comparison, facts)]
    if everything:
        return telling
    chosen: set[str] = set()
    used = -GAP
    ranked = [(_rank(c, boundary), c) for c in telling]
    for rank, column in sorted(((r, c) for r, c in ranked if r is not None), key=lambda pair: pair[0]):
        used += column_width(column, comparison, facts) + GAP
        if used > room and rank:
            break
        chosen.add(column.name)
    return [c for c in telling if c.name in chosen]


def _rank(column: Column, boundary: bool) -> float | None:
    return 0.5 if boundary and column.boundary else column.priority


def _tells(column: Column, comparison: Comparison, facts: Facts) -> bool:
    if column.name in METRICS and not column.title(facts):
        return False
    return any(column.cell(row, facts) not in {"", units.NOTHING} for row in comparison.models)


def column_width(column: Column, comparison: Comparison, facts: Facts) -> int:
    """Return how many characters a column takes."""
    cells = [column.cell(row, facts) for row in comparison.models]
    width = max(len(text) for text in [column.title(facts), *cells])
    return min(width, NAME_WIDTH) if column.name == "model" else width
