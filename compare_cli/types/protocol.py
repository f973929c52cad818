"""How models were compared, and their scores at growing numbers of training rows: parts of a result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compare_cli.types.fit import Number

Scheme = Literal["stratified", "grouped", "time", "test", "samples"]


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
class CurvePoint:
    """The score of one model at one number of training rows."""

    model: str
    train_rows: int
    """of each sample"""
    samples: int
    """how many were learnt from: disjoint ones of a large table, else parts of the folds' training rows"""
    test_rows: int
    """that were judged"""
    score: Number
    """mean over samples, by the metric of the protocol"""
    low: Number
    """95 %, of the mean over samples and test rows"""
    high: Number


@dataclass(frozen=True)
class CurvePair:
    """Two models at one number of training rows, on the same rows; delta > 0 speaks for left."""

    left: str
    right: str
    train_rows: int
    delta: Number
    low: Number
    """95 %"""
    high: Number
    p_positive: Number
    """probability that left is better there"""
