"""What is shown of models over several data sets: a new column is one entry here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compare_cli.metrics import Metric
from compare_cli.report import units
from compare_cli.types import AcrossPair, ModelRank


@dataclass(frozen=True)
class RankColumn:
    """One fact of a model; columns with a lower ``priority`` are shown first where it is narrow."""

    name: str
    title: str
    cell: Callable[[ModelRank], str]
    priority: int


@dataclass(frozen=True)
class PairColumn:
    """One fact of a pair of models; columns with a lower ``priority`` are shown first where it is narrow."""

    title: str
    cell: Callable[[AcrossPair, Metric], str]
    priority: int


RANK_COLUMNS: tuple[RankColumn, ...] = (
    RankColumn("average_rank", "Mean rank", lambda m: units.plain(m.average_rank, 2), 0),
    RankColumn("wins", "Wins", lambda m: f"{m.wins}", 1),
    RankColumn("ties", "Ties", lambda m: f"{m.ties}", 1),
    RankColumn("losses", "Losses", lambda m: f"{m.losses}", 1),
    RankColumn("mean_accuracy", "Mean accuracy %", lambda m: units.percent(m.mean_accuracy), 0),
)

PAIR_COLUMNS: tuple[PairColumn, ...] = (
    PairColumn("W-T-L", lambda p, _: f"{p.wins}-{p.ties}-{p.losses}", 0),
    PairColumn("Median", lambda p, metric: signed(p.median, metric), 2),
    PairColumn("Spread", lambda p, metric: f"{signed(p.lowest, metric)} … {signed(p.highest, metric)}", 3),
    PairColumn("P(better)", lambda p, _: units.probability(p.p_left), 1),
    PairColumn("P(same)", lambda p, _: units.probability(p.p_rope), 4),
    PairColumn("P(worse)", lambda p, _: units.probability(p.p_right), 5),
    PairColumn("Holm p", lambda p, _: units.p_value(p.wilcoxon_p_holm), 2),
)


def telling_ranks(models: Sequence[ModelRank]) -> list[RankColumn]:
    """Return the columns that say something of a model at least; the mean rank always."""
    first, *others = RANK_COLUMNS
    return [first, *(c for c in others if any(c.cell(m) != units.NOTHING for m in models))]


def signed(value: float, metric: Metric) -> str:
    """Return a difference with its sign: points for rates, else three decimals."""
    shown = f"{100 * value:+.1f}" if metric.rate else f"{value:+.3f}"
    return shown.replace("-", "−") if float(shown) else shown[1:]
