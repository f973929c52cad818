"""What reasons are drawn from: the boundaries of models and of their refits, and who beats whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Literal

from compare_cli.types import ColumnShare, ModelSummary, PairVerdict

STEPPED = frozenset({"tree", "forest", "boosting"})  # families whose boundaries are steps along the axes
SURE = 0.975  # of the probability that one model is better than another, for a reason that rests on it
MOST_NAMED = 4  # columns in a list
NAMED = 4  # columns that are named as most of what decides
CLEARLY_LESS = 0.5  # of a share: the next one is
MOSTLY = 0.6  # of what decides: enough to be called most of it
OUTSTANDING = 2.5  # times an equal share: a column that stands out
OF_LARGEST = 0.3  # of the largest share: columns below it decide nothing that is worth a word


@dataclass(frozen=True)
class Difference:
    """How much better one model scores than another: mean, 95 % interval, P(better)."""

    delta: float
    low: float
    high: float
    p_positive: float

    def above(self, least: float) -> float:
        """Return P(difference > least), of the normal distribution with this mean and 95 % interval."""
        sd = (self.high - self.low) / 3.92
        return NormalDist(self.delta, sd).cdf(2 * self.delta - least) if sd > 0 else float(self.delta > least)

    def reversed(self) -> Difference:
        """Return the same for the models in the other order."""
        return Difference(-self.delta, -self.high, -self.low, 1 - self.p_positive)


@dataclass(frozen=True)
class Pair:
    """Two columns: ``returns`` of the rows that each alone moves to the same other label come back with both.

    ``moved`` is the share of such rows. Among columns that do not interact, none returns.
    """

    left: str
    right: str
    returns: float
    moved: float


@dataclass(frozen=True)
class Profile:
    """One model's boundary over its folds, and its mean scores.

    ``statistics`` are those of ``models.boundary`` in the result. ``beats_baseline`` is the verdict's; a
    model that does not beat it is not explained. A refit names the model that it is ``refit_of``.
    """

    model: str
    family: str
    statistics: Mapping[str, Any]
    beats_baseline: bool | None = None
    accuracy: float | None = None
    train_accuracy: float | None = None
    refit_of: str | None = None
    role: Literal["pruned", "additive", ""] = ""

    @classmethod
    def of(cls, model: ModelSummary) -> Profile:
        """Return what reasons know of a model."""
        train = model.scores.get("train_accuracy")
        boundary = model.boundary or {}
        return cls(model.model, model.family, boundary, model.beats_baseline, model.accuracy, train)

    def mean(self, name: str) -> float | None:
        """Return a statistic's mean over folds; None where it is undefined."""
        value = self.statistics.get(name)
        if isinstance(value, Mapping):
            value = value.get("mean")
        return None if value is None else float(value)

    def least(self, name: str) -> float | None:
        """Return what nearly all folds have at least of a statistic: its mean less two sd over folds."""
        mean, value = self.mean(name), self.statistics.get(name)
        sd = value.get("sd") if isinstance(value, Mapping) else None
        return None if mean is None else mean - 2 * float(sd or 0.0)

    def shares(self, kind: Literal["columns", "gaps"] = "columns") -> dict[str, float]:
        """Return what each column, or its being missing, decides, largest first."""
        found = {name: float(of["mean"]) for name, of in (self.statistics.get(kind) or {}).items()}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def deciding(self) -> tuple[ColumnShare, ...]:
        """Return the columns that decide, largest share first; those of little weight are left out."""
        shares = self.shares()
        least = OF_LARGEST * max(shares.values(), default=0.0)
        return tuple(ColumnShare(name, share) for name, share in shares.items() if share >= least > 0)

    def deciding_gaps(self) -> list[str]:
        """Return the columns whose being missing decides, beside values of the largest share."""
        gaps = self.shares("gaps")
        least = OF_LARGEST * max([*self.shares().values(), *gaps.values()], default=0.0)
        return [name for name, share in gaps.items() if share >= least > 0]

    def mostly(self) -> tuple[ColumnShare, ...]:
        """Return the few columns that make most of what decides; none where that takes more than four.

        The next column decides clearly less than the last of them: of equals none is left out.
        """
        columns, shares = self.deciding(), [*self.shares().values(), 0.0]
        for count in range(1, min(NAMED, len(columns)) + 1):
            if sum(shares[:count]) >= MOSTLY and shares[count] <= CLEARLY_LESS * shares[count - 1]:
                return columns[:count]
        return ()

    def foremost(self) -> tuple[ColumnShare, ...]:
        """Return the few columns that make most of what decides, or else those that stand out.

        A column stands out whose share, less its sd over folds, is more than 2.5 times an equal share. Where
        there is no other column there is none to name.
        """
        spread = self.statistics.get("columns") or {}
        if len(spread) < 2:
            return ()
        least = {
            c.name: float(spread[c.name]["mean"]) - float(spread[c.name]["sd"] or 0) for c in self.deciding()
        }
        out = [c for c in self.deciding() if least[c.name] > OUTSTANDING / len(spread)]
        return self.mostly() or tuple(out[:NAMED])

    def pairs(self) -> list[Pair]:
        """Return how pairs of columns interact, the most certain first."""
        found = [Pair(**pair) for pair in self.statistics.get("pairs") or ()]
        return sorted(found, key=lambda pair: -pair.returns * pair.moved)


@dataclass(frozen=True)
class Region:
    """Where one model beats another: ``conditions`` as text, its gain there and elsewhere.

    Gains are of scores of rows that were not used to find it. ``rows`` counts those of the whole table that
    are inside.
    """

    better: str
    other: str
    conditions: tuple[str, ...]
    columns: tuple[str, ...]
    gain: float
    gain_se: float
    elsewhere: float
    rows: int


@dataclass(frozen=True)
class Evidence:
    """What reasons are drawn from.

    ``held_columns`` are categories and truth values; ``majority`` is the share of the most frequent class.
    ``differences`` are between a refit and a model, (refit, model) → refit − model, on the same folds.
    ``rate`` says whether the score is a share, shown in points.
    """

    profiles: Sequence[Profile]
    pairs: Sequence[PairVerdict] = ()
    refits: Sequence[Profile] = ()
    differences: Mapping[tuple[str, str], Difference] = field(default_factory=dict)
    regions: Sequence[Region] = ()
    held_columns: frozenset[str] = frozenset()
    classes: int = 2
    majority: float = 0.5
    recommended: str | None = None
    rope: float = 0.01
    rate: bool = True

    def beats(self, one: str, other: str) -> bool:
        """Return whether the verdict has ``one`` better than ``other``."""
        return any(
            (p.verdict == "better" and (p.left, p.right) == (one, other))
            or (p.verdict == "worse" and (p.left, p.right) == (other, one))
            for p in self.pairs
        )

    def difference(self, one: str, other: str) -> Difference | None:
        """Return how much better ``one`` is than ``other``; None where they were not compared."""
        for pair in self.pairs:
            if {pair.left, pair.right} == {one, other}:
                found = _difference(pair)
                return found if found is None or pair.left == one else found.reversed()
        if (one, other) in self.differences:
            return self.differences[one, other]
        if (other, one) in self.differences:
            return self.differences[other, one].reversed()
        return None

    def surely_better(self, one: str, other: str) -> bool:
        """Return whether one is better beyond error, of models and refits; of refits by the ROPE at least.

        Of many rows any difference is beyond error.
        """
        if self.beats(one, other):
            return True
        found = self.differences.get((one, other))
        if found is None and (other, one) in self.differences:
            found = self.differences[other, one].reversed()
        return found is not None and found.p_positive >= SURE and found.delta >= self.rope

    def refit(self, model: str, role: str) -> Profile | None:
        """Return the refit of a model in a role, if there was one."""
        return next((p for p in self.refits if p.role == role and p.refit_of in {model, ""}), None)

    def amount(self, difference: float) -> str:
        """Return a difference of scores as people read it: ``7.1 pt``, or a plain number."""
        return f"{100 * difference:.1f} pt" if self.rate else f"{difference:.2g}"


def _difference(pair: PairVerdict) -> Difference | None:
    if pair.delta is None:
        return None
    if pair.verdict == "identical":
        return Difference(0.0, 0.0, 0.0, 0.5)
    if pair.delta_low is None or pair.delta_high is None or pair.p_positive is None:
        return None
    return Difference(pair.delta, pair.delta_low, pair.delta_high, pair.p_positive)


def beaten_by(evidence: Evidence, line: Profile | None, bent: Sequence[Profile]) -> list[Profile]:
    """Return the models that beat logistic regression, best first."""
    if line is None:
        return []
    better = [p for p in bent if evidence.beats(p.model, line.model)]
    return sorted(better, key=lambda p: -(p.accuracy or 0.0))


def in_words(columns: Sequence[ColumnShare | str]) -> str:
    """Return names as a list in words: ``age``, ``age and job``, ``age, job, pay and 7 other columns``."""
    names = [c if isinstance(c, str) else c.name for c in columns]
    if len(names) > MOST_NAMED:
        names = [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} other columns"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def without_shares(*names: str) -> tuple[ColumnShare, ...]:
    """Return columns that a reason names without saying how much they decide."""
    return tuple(ColumnShare(name, None) for name in names)
