"""The rule of growing samples replayed on recorded learning curves: how often was it wrong at full size?

The curves are those of LCDB 1.0 (Mohr, Viering, Loog & van Rijn 2022, Learning Curve Database; package
``lcdb`` of PyPI, MIT licence): accuracies on test rows at sizes 16 … 90 % of a data set, for five outer
splits. ``python -m tests.simulations.recorded database-accuracy.csv`` reads the package's file, prints the
table for all its learners and writes the extract that the tests carry (eight learners, large data sets).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from compare_cli.verdict.samples import DOUBLINGS, bounds, mean_and_error

EXTRACT = Path(__file__).parent / "recorded_curves.npz"
SPLITS = 5
LEARNERS = (
    "SVC_rbf",
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
    "sklearn.ensemble.GradientBoostingClassifier",
    "sklearn.ensemble.RandomForestClassifier",
    "sklearn.linear_model.LogisticRegression",
    "sklearn.neighbors.KNeighborsClassifier",
    "sklearn.neural_network.MLPClassifier",
    "sklearn.tree.DecisionTreeClassifier",
)
WRONG = 0.01  # a decision is wrong where the loser is better by more than this at full size


class Curves(NamedTuple):
    """The curves of one data set: sizes (a,), the last one full, and accuracies (learners, a, splits)."""

    name: str
    sizes: np.ndarray
    scores: np.ndarray


def read(path: Path, first: int, fewest: int, learners: tuple[str, ...] = ()) -> Iterator[Curves]:
    """Yield the curves at powers of two from ``first`` rows on, of data sets with ``fewest`` rows or more."""
    columns = ["openmlid", "learner", "size_train", "outer_seed", "score_test"]
    table = pd.read_csv(path, usecols=columns)
    means = table.groupby(columns[:4]).score_test.mean()
    for name, of_set in means.groupby(level=0):
        there = sorted(of_set.index.get_level_values("size_train").unique())
        sizes = [s for s in there if s >= first and s & (s - 1) == 0 and s <= there[-1] / 2]
        if there[-1] < fewest or len(sizes) <= DOUBLINGS:
            continue
        wide = of_set.droplevel(0).unstack("outer_seed")
        chosen = [
            wide.loc[learner].reindex([*sizes, there[-1]]).to_numpy()
            for learner in wide.index.get_level_values(0).unique()
            if not learners or learner in learners
        ]
        whole = [s for s in chosen if s.shape[1] == SPLITS and np.isfinite(s).all()]
        if len(whole) > 1:
            yield Curves(str(name), np.array([*sizes, there[-1]]), np.array(whole))


def decided(curves: Curves, one: int, other: int, part: int, z: float) -> int:
    """Return who is ahead by the rule, looked at up to 1/``part`` of the rows: 1, -1, or 0 for nobody."""
    d = (curves.scores[one] - curves.scores[other])[:, None, :]
    full = int(curves.sizes[-1])
    for at, size in enumerate(curves.sizes[:-1]):
        if size <= full / part and at >= DOUBLINGS:
            lately = slice(at - DOUBLINGS, at + 1)
            known = bounds(list(d[lately]), curves.sizes[lately].tolist(), full, z)
            if (said := (known.low > 0) - (known.high < 0)) != 0:
                return said
    return 0


def significant(curves: Curves, one: int, other: int, part: int, z: float) -> int:
    """Return who is significantly better at any size up to 1/``part`` of the rows."""
    d = (curves.scores[one] - curves.scores[other])[:, None, :]
    for at, size in enumerate(curves.sizes[:-1]):
        if size <= curves.sizes[-1] / part and at >= DOUBLINGS:
            mean, se = mean_and_error(d[at])
            if abs(mean) > z * se:
                return int(np.sign(mean))
    return 0


class Tally(NamedTuple):
    """How many pairs there were, how many were decided, and how many of these wrongly."""

    pairs: int
    decided: int
    wrong: int


def tally(every: list[Curves], part: int, z: float, rule=decided) -> Tally:
    """Judge all pairs of learners on all data sets."""
    pairs = told = wrong = 0
    for curves in every:
        for one, other in combinations(range(len(curves.scores)), 2):
            said = rule(curves, one, other, part, z)
            truth = (curves.scores[one, -1] - curves.scores[other, -1]).mean()
            pairs, told, wrong = pairs + 1, told + (said != 0), wrong + (said * truth < -WRONG)
    return Tally(pairs, told, int(wrong))


def write(every: list[Curves]) -> None:
    """Write the extract: accuracies in units of 1/10,000."""
    facts = {}
    for curves in every:
        facts[f"{curves.name} sizes"] = curves.sizes.astype(np.uint32)
        facts[f"{curves.name} scores"] = np.round(1e4 * curves.scores).astype(np.uint16)
    np.savez_compressed(EXTRACT, **facts)


def extract() -> list[Curves]:
    """Return the curves that the tests carry."""
    with np.load(EXTRACT) as facts:
        names = [name.removesuffix(" sizes") for name in facts if name.endswith(" sizes")]
        return [Curves(n, facts[f"{n} sizes"], facts[f"{n} scores"] / 1e4) for n in names]


def main() -> None:
    """Print the table of docs/simulations.md and write the extract."""
    path = Path(sys.argv[1])
    print("| data sets of at least | first size | up to | z | pairs | decided | wrong | by significance |")
    print("| --- " * 8 + "|")
    for fewest, first in ((4000, 256), (16_000, 1024), (32_000, 2048)):
        every = list(read(path, first, fewest))
        for part in (8, 4):
            for z in (2.0, 3.0):
                by_rule, plain = tally(every, part, z), tally(every, part, z, significant)
                shares = [f"{100 * t.wrong / t.decided:.1f} %" for t in (by_rule, plain)]
                share = f"{100 * by_rule.decided / by_rule.pairs:.0f} %"
                cells = (f"{fewest:,}", first, f"1/{part}", z, by_rule.pairs, share, *shares)
                print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    write(list(read(path, 2048, 32_000, LEARNERS)))


if __name__ == "__main__":
    main()
