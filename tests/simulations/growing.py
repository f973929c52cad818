"""Growing samples beside all rows: on tables whose curves cross, on large tables, on a million rows.

``python -m tests.simulations.growing FOLDER crossing|tables|million [NAME…]`` prints tables of
docs/simulations.md. Fits are kept in FOLDER: an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import (
    make_classification,
    make_friedman1,
    make_gaussian_quantiles,
    make_hastie_10_2,
)

from compare_cli import api
from compare_cli.types import Comparison
from tests.benchmarks.verdicts import mixed

Rng = np.random.Generator
Floats = np.ndarray
ADULT = Path(__file__).parents[3] / "shared" / "data" / "real" / "adult-train.csv"
MILLION = 1_000_000
TOLD = 0.002  # whoever is ahead by less than this at full size is no winner to miss


def framed(x: Floats, y: Floats) -> pd.DataFrame:
    """Return a table of numbers with the class in its last column."""
    names = [f"x{i}" for i in range(x.shape[1])]
    return pd.DataFrame(x.astype(np.float32), columns=names).assign(answer=np.asarray(y).astype(int))


def crossing(rng: Rng, rows: int, bend: Callable[[Floats], Floats], columns: int) -> pd.DataFrame:
    """Normal columns; the class follows the sum of all, something that no line follows, and noise.

    Of few rows a network learns more noise than bend, so that logistic regression is ahead there.
    """
    x = rng.normal(size=(rows, columns))
    signal = x.sum(axis=1) / np.sqrt(columns) + bend(x)
    return framed(x, signal + rng.logistic(scale=0.4, size=rows) > 0)


def categories(rng: Rng, rows: int) -> pd.DataFrame:
    """Numbers that add up, and two columns of categories whose pairs each have an effect of their own."""
    x, first, second = rng.normal(size=(rows, 15)), *rng.integers(0, 10, (2, rows))
    pairs = np.random.default_rng(1).normal(size=(10, 10))
    signal = x.sum(axis=1) / np.sqrt(15) + 0.4 * pairs[first, second]
    frame = framed(x, signal + rng.logistic(scale=0.4, size=rows) > 0)
    return frame.assign(a=[f"a{i}" for i in first], b=[f"b{i}" for i in second], answer=frame.pop("answer"))


def three_classes(rng: Rng, rows: int) -> pd.DataFrame:
    """The class with the largest of three scores: sums, two of them with a product of two columns."""
    x = rng.normal(size=(rows, 60))
    scores = 1.5 * x @ np.random.default_rng(1).normal(size=(60, 3)) / np.sqrt(60)
    scores[:, 1:] += np.stack([x[:, 0] * x[:, 1], x[:, 2] * x[:, 3]], axis=1)
    return framed(x, (scores + rng.gumbel(scale=0.7, size=scores.shape)).argmax(axis=1))


def rare(rng: Rng, rows: int) -> pd.DataFrame:
    """A sum and a product; one of ten rows is of the second class."""
    x = rng.normal(size=(rows, 60))
    signal = x.sum(axis=1) / np.sqrt(60) + 0.6 * x[:, 0] * x[:, 1] + rng.logistic(scale=0.4, size=rows)
    return framed(x, signal > np.quantile(signal, 0.9))


def heavy_tails(rng: Rng, rows: int) -> pd.DataFrame:
    """Columns of Student's t of two degrees; a sum of what saturates, and whether two have one sign."""
    x = rng.standard_t(2, size=(rows, 30))
    signal = 1.5 * np.tanh(x).sum(axis=1) / np.sqrt(30) + 0.4 * np.sign(x[:, 0] * x[:, 1])
    return framed(x, signal + rng.logistic(scale=0.4, size=rows) > 0)


def cells(rng: Rng, rows: int) -> pd.DataFrame:
    """A sum, and 125 cells of three columns, each with an effect: of few rows a tree finds none of them."""
    x = rng.random((rows, 20))
    effects = np.random.default_rng(1).choice([-1.3, 1.3], (5, 5, 5))
    signal = 1.8 * (x[:, 3:8].sum(axis=1) - 2.5) + effects[tuple(np.floor(5 * x[:, :3]).astype(int).T)]
    return framed(x, signal + rng.logistic(scale=0.4, size=rows) > 0)


CROSSING: dict[str, Callable[[Rng, int], pd.DataFrame]] = {
    "product": partial(crossing, bend=lambda x: 0.5 * x[:, 0] * x[:, 1], columns=100),
    "gate": partial(crossing, bend=lambda x: 0.6 * np.where(x[:, 0] > 0, x[:, 1], -x[:, 1]), columns=100),
    "parity": partial(crossing, bend=lambda x: 0.9 * np.sign(x[:, 0] * x[:, 1] * x[:, 2]), columns=20),
    "wave": partial(crossing, bend=lambda x: 0.9 * np.sin(3 * x[:, 0]), columns=20),
    "ring": partial(
        crossing, bend=lambda x: 0.5 * (np.square(x[:, :4]).sum(axis=1) - 4) / np.sqrt(8), columns=100
    ),
    "categories": categories,
    "three classes": three_classes,
    "rare": rare,
    "heavy tails": heavy_tails,
    "cells": cells,
}
CROSS = {"cells": "logistic,tree"}  # whose curves cross; of the others those of logistic regression and mlp


def crossing_table(kind: str, rows: int, seed: int) -> pd.DataFrame:
    """Return a table of a kind of `CROSSING`."""
    return CROSSING[kind](np.random.default_rng(seed), rows)


def covers(rng: Rng, rows: int) -> pd.DataFrame:
    """Heights, slopes and distances, two kinds of ground; seven classes, of which two have most rows."""
    x = rng.normal(size=(rows, 8))
    zone, soil = rng.integers(0, 4, rows), rng.integers(0, 30, rows)
    height = x[:, 0] + 0.4 * zone + 0.3 * np.sin(soil) + 0.3 * x[:, 1] * (x[:, 2] > 0)
    at = np.searchsorted([-1.6, -1.2, 0.4, 2.0, 2.4, 2.8], height + 0.3 * rng.normal(size=rows))
    frame = pd.DataFrame(x.round(3), columns=[f"x{i}" for i in range(8)])
    return frame.assign(zone=[f"z{i}" for i in zone], soil=[f"s{i}" for i in soil], cover=at)


def steps(rng: Rng, rows: int) -> pd.DataFrame:
    """Uniform columns; the class changes at steps of four of them."""
    x = rng.random((rows, 12))
    cells = np.floor(3 * x[:, :4]).astype(int) @ [1, 3, 9, 27]
    kind = np.random.default_rng(1).integers(0, 2, 81)
    return framed(x, np.where(rng.random(rows) < 0.1, rng.integers(0, 2, rows), kind[cells]))


def lines(rng: Rng, rows: int, share: float = 0.5, columns: int = 20) -> pd.DataFrame:
    """Normal columns; a line and noise, ``share`` of the rows on one side."""
    x = rng.normal(size=(rows, columns))
    signal = x[:, :5].sum(axis=1) + rng.logistic(size=rows)
    return framed(x, signal > np.quantile(signal, 1 - share))


def made(rng: Rng, rows: int, **how: Any) -> pd.DataFrame:
    """Return a table of scikit-learn's ``make_classification``."""
    return framed(*make_classification(rows, random_state=int(rng.integers(1 << 31)), **how))


def _friedman(rng: Rng, rows: int) -> pd.DataFrame:
    x, y = make_friedman1(rows, noise=2.0, random_state=int(rng.integers(1 << 31)))
    return framed(x, y > 14)


def _real(_: Rng, __: int) -> pd.DataFrame:
    return pd.read_csv(ADULT, header=None, skipinitialspace=True, na_values="?")


LARGE: dict[str, Callable[[Rng, int], pd.DataFrame]] = {
    "adult": _real,
    "covers": covers,
    "mixed": mixed,
    "steps": steps,
    "line": lines,
    "line, 1 of 20": lambda rng, rows: lines(rng, rows, 0.05),
    "clusters": lambda rng, rows: made(rng, rows, n_features=28, n_informative=8, n_clusters_per_class=4),
    "five classes": lambda rng, rows: made(rng, rows, n_features=20, n_informative=10, n_classes=5),
    "wrong labels": lambda rng, rows: made(rng, rows, n_features=15, n_informative=5, flip_y=0.4),
    "friedman": _friedman,
    "hastie": lambda rng, rows: framed(*make_hastie_10_2(rows, random_state=int(rng.integers(1 << 31)))),
    "quantiles": lambda rng, rows: framed(
        *make_gaussian_quantiles(n_samples=rows, n_features=6, random_state=int(rng.integers(1 << 31)))
    ),
}


def million(seed: int, rows: int = MILLION) -> pd.DataFrame:
    """Return 28 columns of ``make_classification``, of which 10 tell the class: benchmarks take it too."""
    return made(np.random.default_rng(seed), rows, n_features=28, n_informative=10, n_redundant=4)


def at_size(comparison: Comparison, rows: int) -> dict[str, float]:
    """Return the models' scores at a size of samples."""
    return {p.model: p.score for p in comparison.curve or () if p.train_rows == rows}


def on_all_rows(make: Callable[[int], pd.DataFrame], models: str, **how: Any) -> dict[str, float]:
    """Return accuracies of fits on a whole table (``make(0)``), on 100,000 other rows (``make(1)``)."""
    found = api.compare(make(0), test=make(1), models=models, repeats=1, boundary=False, **how)
    return {m.model: float(m.accuracy or 0) for m in found.models}


def agrees(comparison: Comparison, full: dict[str, float]) -> bool:
    """Whether the scores at full size deny nothing that is said; nothing is said where it is undecided."""
    said = comparison.verdict.recommended
    if comparison.verdict.status == "undecided":
        return True
    scores = {name: score for name, score in full.items() if name != "dummy"}
    return said is not None and scores[said] >= max(scores.values()) - TOLD


def crossings(names: list[str], **how: Any) -> Iterator[list[object]]:
    """A row for each kind of crossing curves: who leads at 2,000 rows, what is decided, who leads at last."""
    for kind in names or CROSSING:
        first = crossing_table(kind, 120_000, 0)
        models = CROSS.get(kind, "logistic,mlp")
        found = api.compare(first, models=models, samples=True, boundary=False, **how)
        small = at_size(found, found.protocol.sizes[0])
        tables = [first, crossing_table(kind, 100_000, 1)]
        full = on_all_rows(tables.__getitem__, models, **how)
        yield [kind, _told(small), _said(found), _told(full), "yes" if agrees(found, full) else "NO"]


def on_large_tables(names: list[str], **how: Any) -> Iterator[list[object]]:
    """A row for each large table: what growing samples say, and what five folds of all rows say."""
    for name in names or LARGE:
        if name == "adult" and not ADULT.exists():
            print(f"adult is left out: {ADULT.name} is not there", file=sys.stderr)
            continue
        table = LARGE[name](np.random.default_rng(0), 60_000)
        found = api.compare(table, samples=True, boundary=False, **how)
        whole = api.compare(table, samples=False, repeats=1, boundary=False, **how)
        full = {m.model: float(m.accuracy or 0) for m in whole.models}
        undecided = "undecided" in {found.verdict.status, whole.verdict.status}
        same = undecided or found.verdict.recommended == whole.verdict.recommended
        said = f"{whole.verdict.status}: {whole.verdict.recommended}"
        yield [name, _said(found), _told(full), said, "yes" if same else "NO"]


def on_millions(names: list[str], **how: Any) -> Iterator[list[object]]:
    """A row for each seed: what growing samples say, and one fit of each model on all rows."""
    for seed in map(int, names or range(10)):
        whole = million(seed, MILLION + 100_000)
        parts = [whole.iloc[:MILLION], whole.iloc[MILLION:].reset_index(drop=True)]
        found = api.compare(parts[0], boundary=False, **how)
        full = on_all_rows(parts.__getitem__, "logistic,tree,mlp", **how)
        yield [seed, _said(found), _told(full), "yes" if agrees(found, full) else "NO"]


def _told(scores: dict[str, float]) -> str:
    best = sorted((n for n in scores if n != "dummy"), key=lambda n: -scores[n])
    return ", ".join(f"{name} {scores[name]:.3f}" for name in best)


def _said(comparison: Comparison) -> str:
    rows = max(m.train_rows or 0 for m in comparison.models)
    return f"{comparison.verdict.status}: {comparison.verdict.recommended} on {rows:,}"


WHAT = {
    "crossing": (("kind", "at the first size", "said", "on all rows", "agrees"), crossings),
    "tables": (("table", "said", "five folds of all rows", "verdict", "agrees"), on_large_tables),
    "million": (("seed", "said", "one fit on all rows", "agrees"), on_millions),
}


def main() -> None:
    """Print one of the tables, row by row."""
    folder, what, *names = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    head, rows = WHAT[what]
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}", flush=True)
    for cells in rows(names, store=Path(folder) / "store.sqlite"):
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
