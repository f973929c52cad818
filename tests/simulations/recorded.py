"""The rule of growing samples replayed on recorded learning curves: how often was it wrong at full size?

Two databases: LCDB 1.0 (Mohr, Viering, Loog & van Rijn 2022; package ``lcdb`` of PyPI, MIT licence), with
accuracies on test rows for five outer splits, and LCDB 1.1 (Yan, Mohr & Viering 2025; CC BY 4.0; folder
``docs/data`` of github.com/learning-curve-research/LCDB-1.1), with means and standard errors over 25 splits.

    python -m tests.simulations.recorded database-accuracy.csv LCDB-1.1/docs/data

prints the tables for all their learners and writes the extracts that the tests carry (some learners, large
data sets).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.linalg import hadamard

from compare_cli.verdict.samples import DOUBLINGS, bounds, mean_and_error

HERE = Path(__file__).parent
EXTRACTS = {"LCDB 1.0": HERE / "recorded_curves.npz", "LCDB 1.1": HERE / "recorded_curves_11.npz"}
SPLITS = 5
PATTERNS = 512  # enough for every learner at every size to vary in its own way
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
LEARNERS_11 = (
    "SVM_RBF",
    "LDA",
    "ens.GradientBoosting",
    "ens.RandomForest",
    "LogisticRegression",
    "KNN",
    "MLP",
    "Decision Tree",
)
WRONG = 0.01  # a decision is wrong where the loser is better by more than this at full size


class Curves(NamedTuple):
    """The curves of one data set: sizes (a,), the last one full, and accuracies (learners, a, splits).

    Where means and errors only are known, the splits are made by `independent`.
    """

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
        sizes = looked_at(there, first)
        if there[-1] < fewest or len(sizes) <= DOUBLINGS + 1:
            continue
        wide = of_set.droplevel(0).unstack("outer_seed")
        chosen = [
            wide.loc[learner].reindex(sizes).to_numpy()
            for learner in wide.index.get_level_values(0).unique()
            if not learners or learner in learners
        ]
        whole = [s for s in chosen if s.shape[1] == SPLITS and np.isfinite(s).all()]
        if len(whole) > 1:
            yield Curves(str(name), np.array(sizes), np.array(whole))


def looked_at(there: list[int], first: int) -> list[int]:
    """Return the powers of two from ``first`` up to half the last of the sizes ``there``, and the last."""
    return [s for s in there if s >= first and s & (s - 1) == 0 and s <= there[-1] / 2] + there[-1:]


class Means(NamedTuple):
    """The curves of one data set: sizes (a,), mean accuracies and their standard errors (learners, a)."""

    name: str
    sizes: np.ndarray
    means: np.ndarray
    errors: np.ndarray


def read_means(folder: Path, first: int, fewest: int, learners: tuple[str, ...] = ()) -> Iterator[Means]:
    """Yield the curves of LCDB 1.1 like `read`: accuracies on its validation rows, all its learners but one.

    The one left out always names the largest class.
    """
    meta = json.loads((folder / "meta.json").read_text())
    kept = [i for i, n in enumerate(meta["learners"]) if n in learners or not (learners or "Dummy" in n)]
    validation = meta["tvt_labels"].index("val")
    for name in meta["dataset_ids"]:
        file = folder / "er" / f"{name}.json"  # error rates: learner, mean and error, size, kind of rows
        rates = np.array(json.loads(file.read_text()), dtype=float)[kept, :, :, validation]
        known = np.isfinite(rates[:, 0]).any(axis=0)
        there = [int(size) for size, is_known in zip(meta["anchors"], known, strict=True) if is_known]
        sizes = looked_at(there, first)
        if there[-1] < fewest or len(sizes) <= DOUBLINGS + 1:
            continue
        here = rates[:, :, [meta["anchors"].index(size) for size in sizes]]
        here = here[np.isfinite(here).all(axis=(1, 2))]
        if len(here) > 1:
            yield Means(str(name), np.array(sizes), 1 - here[:, 0], here[:, 1])


def independent(curves: Means) -> Curves:
    """Return splits that have these means and standard errors, as if nothing varied together.

    The columns of a Hadamard matrix are uncorrelated, so the error of every difference is the root of the sum
    of squares. Real differences on the same rows vary less: the rule decides less often here than it would.
    """
    columns = hadamard(PATTERNS)[1 : 1 + curves.means.size].reshape(*curves.means.shape, PATTERNS)
    spread = curves.errors * np.sqrt(PATTERNS - 1)
    return Curves(curves.name, curves.sizes, curves.means[..., None] + spread[..., None] * columns)


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


def write(scores: list[Curves], means: list[Means]) -> None:
    """Write both extracts: accuracies and errors in units of 1/10,000."""
    sizes = {f"{c.name} sizes": c.sizes.astype(np.uint32) for c in (*scores, *means)}
    whole = {f"{c.name} scores": np.round(1e4 * c.scores).astype(np.uint16) for c in scores}
    parts = {
        f"{c.name} {part}": np.round(1e4 * values).astype(np.uint16)
        for c in means
        for part, values in (("means", c.means), ("errors", c.errors))
    }
    for path, facts in zip(EXTRACTS.values(), (whole, parts), strict=True):
        names = {name.split()[0] for name in facts}
        np.savez_compressed(path, **facts, **{k: v for k, v in sizes.items() if k.split()[0] in names})


def extract(database: str) -> list[Curves]:
    """Return the curves of a database, "LCDB 1.0" or "LCDB 1.1", that the tests carry."""
    with np.load(EXTRACTS[database]) as facts:
        found = {name: facts[name] for name in facts}
    names = [name.removesuffix(" sizes") for name in found if name.endswith(" sizes")]
    if database == "LCDB 1.0":
        return [Curves(n, found[f"{n} sizes"], found[f"{n} scores"] / 1e4) for n in names]
    parts = ("means", "errors")
    return [
        independent(Means(n, found[f"{n} sizes"], *(found[f"{n} {p}"] / 1e4 for p in parts))) for n in names
    ]


def table(of: Callable[[int, int], list[Curves]]) -> None:
    """Print the table of docs/simulations.md for the curves ``of`` a first size and fewest rows."""
    print("\n| data sets of at least | first size | up to | z | pairs | decided | wrong | by significance |")
    print("| --- " * 8 + "|")
    for fewest, first in ((4000, 256), (16_000, 1024), (32_000, 2048)):
        every = of(first, fewest)
        for part in (8, 4):
            for z in (2.0, 3.0):
                by_rule, plain = tally(every, part, z), tally(every, part, z, significant)
                shares = [f"{100 * t.wrong / t.decided:.1f} %" for t in (by_rule, plain)]
                share = f"{100 * by_rule.decided / by_rule.pairs:.0f} %"
                cells = (f"{fewest:,}", first, f"1/{part}", z, by_rule.pairs, share, *shares)
                print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def main() -> None:
    """Print the tables and write the extracts."""
    path, folder = map(Path, sys.argv[1:])
    table(lambda first, fewest: list(read(path, first, fewest)))
    table(lambda first, fewest: [independent(c) for c in read_means(folder, first, fewest)])
    large = (2048, 32_000)
    write(list(read(path, *large, LEARNERS)), list(read_means(folder, *large, LEARNERS_11)))


if __name__ == "__main__":
    main()
