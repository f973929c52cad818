"""Growing samples of a large table: rows to judge on, and disjoint blocks of m, 2m, 4m, … rows to learn from.

Rows are shuffled once, so that every beginning of them has about the classes' shares. The first ones are
test rows, which nobody learns from; the others are dealt out to blocks, and a larger block begins with the
smaller one. Groups go whole; in time order the last rows are the test rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from compare_cli.engine.splits import FoldPlan, changes, make_splits, plan_folds
from compare_cli.errors import DataError, UsageError
from compare_cli.metrics import BY_JACKKNIFE, COST, PER_ROW, Metric
from compare_cli.models.families import BASELINE
from compare_cli.types import Split

if TYPE_CHECKING:
    from compare_cli.engine.plan import Options
    from compare_cli.types import Dataset, ModelSpec

Codes = NDArray[np.int64]
ABOVE = 50_000  # rows from which a comparison grows its samples unless it is told otherwise
BLOCKS = 3
MOST_TEST_ROWS, TEST_SHARE = 100_000, 4  # the test rows: at most so many, and at most a fourth of all
FIRST, FIRST_OF_MANY, MANY = 2_000, 4_000, 200_000  # rows of the first anchor; from so many rows on, more
LEAST_GROUPS = 10  # of test rows, below which nobody can tell how much groups differ
LEAST_FIRST = 8  # rows of the first anchor of a small table


def anchor_sizes(rows: int) -> tuple[int, ...]:
    """Return the sizes of blocks, the smallest first, each twice the one before, for a table of ``rows``.

    Three blocks of the largest size fit beside the test rows: so no anchor has more rows to learn from
    than the one fit of each model on all of them, which it may spare. A small table begins where three
    doublings end. Raises DataError where not even two anchors fit.
    """
    largest = (rows - rows_to_judge(rows)) // BLOCKS
    first = FIRST if rows < MANY else FIRST_OF_MANY
    first = first if largest >= 4 * first else max(LEAST_FIRST, largest // 8)
    if largest < 2 * first:
        raise DataError(
            f"growing samples need more than {rows} rows: two sizes of {BLOCKS} blocks do not fit."
        )
    return tuple(first << step for step in range((largest // first).bit_length()))


def rows_to_judge(rows: int) -> int:
    """Return how many rows are kept to judge on."""
    return min(MOST_TEST_ROWS, rows // TEST_SHARE)


class Samples:
    """The rows of a table in the order in which they are used; see `splits` and `whole`."""

    def __init__(self, dataset: Dataset, seed: int, sizes: Sequence[int] = ()) -> None:
        rows, rng = len(dataset.y), np.random.default_rng(seed)
        self.sizes = tuple(sizes) or anchor_sizes(rows)
        self.groups = dataset.groups
        if dataset.time is not None:
            order, at = np.argsort(dataset.time, kind="stable"), changes(dataset.time)
            if not len(at):
                raise DataError(f"{dataset.name}: cannot be judged in time order: there is 1 different time.")
            cut = at[np.abs(at - rows + rows_to_judge(rows)).argmin()]  # no time is on both sides
            past, self.test = order[:cut], np.sort(order[cut:])
            self._pool = past[mixed(dataset.y[past], rng)]
            return
        order = mixed(dataset.y, rng) if self.groups is None else by_group(self.groups, rng)
        kept = _whole_groups(order, self.groups, rows_to_judge(rows))
        self.test, self._pool = np.sort(order[:kept]), order[kept:]
        self.sizes = unlike(self)

    @property
    def most(self) -> int:
        """How many rows there are to learn from: all but the test rows."""
        return len(self._pool)

    @property
    def few_groups(self) -> int:
        """How many groups the test rows are of where they are too few, else 0."""
        tested = LEAST_GROUPS if self.groups is None else len(np.unique(self.groups[self.test]))
        return tested if tested < LEAST_GROUPS else 0

    def splits(self, anchor: int) -> list[Split]:
        """Return the blocks of an anchor (from 0): its number is their repeat, the block's their fold."""
        size = self.sizes[anchor]
        blocks = [self._block(block, size) for block in range(BLOCKS)] if BLOCKS * size <= self.most else []
        if not blocks or not all(map(len, blocks)):
            blocks = [np.sort(self._pool[: _whole_groups(self._pool, self.groups, size)])]
        return [Split(anchor, fold, block, self.test) for fold, block in enumerate(blocks)]

    def whole(self) -> Split:
        """Return all rows but the test rows, as the one block of a last anchor."""
        return Split(len(self.sizes), 0, np.sort(self._pool), self.test)

    def _block(self, block: int, size: int) -> Codes:
        if self.groups is None:
            return np.sort(self._pool[block::BLOCKS][:size])
        groups = self.groups[self._pool]
        number = np.cumsum(np.r_[0, groups[1:] != groups[:-1]])  # of each row's group, in the order of use
        its = self._pool[number % BLOCKS == block]
        return np.sort(its[: _whole_groups(its, self.groups, size)])


class FoldSizes:
    """The folds of one repeat, with growing parts of their training rows: for tables that are not large.

    A larger part begins with the smaller one. Of groups whole ones are taken; in time order the latest rows.
    """

    def __init__(self, dataset: Dataset, plan: FoldPlan, seed: int, sizes: Sequence[int] = ()) -> None:
        rng = np.random.default_rng(seed)
        self._folds, self.groups = next(make_splits(dataset, plan, seed)), dataset.groups
        self._orders = [self._order(dataset, split.train, rng) for split in self._folds]
        self.most = min(len(split.train) for split in self._folds)
        self.sizes = tuple(sizes) or halved(self.most, 2 * len(dataset.classes))
        self.sizes = unlike(self)

    def _order(self, dataset: Dataset, train: Codes, rng: np.random.Generator) -> Codes:
        if dataset.time is not None:
            return train[::-1]
        if dataset.groups is not None:
            return train[by_group(dataset.groups[train], rng)]
        return train[mixed(dataset.y[train], rng)]

    def splits(self, at: int) -> list[Split]:
        """Return the folds of a size (from 0): its number is their repeat."""
        size = self.sizes[at]
        parts = [order[: _whole_groups(order, self.groups, size)] for order in self._orders]
        return [
            Split(at, split.fold, np.sort(part), split.test)
            for split, part in zip(self._folds, parts, strict=True)
        ]


def unlike(grown: Samples | FoldSizes) -> tuple[int, ...]:
    """Return the sizes without those that take the same rows as the next: of groups, which go whole."""
    if grown.groups is None:
        return grown.sizes
    taken = [[len(split.train) for split in grown.splits(at)] for at in range(len(grown.sizes))]
    return tuple(grown.sizes[at] for at, its in enumerate(taken) if taken[at + 1 : at + 2] != [its])


def halved(most: int, least: int) -> tuple[int, ...]:
    """Return ``most``, its half, its fourth … down to at least ``least`` and 8, the smallest first."""
    sizes = [most]
    while sizes[-1] // 2 >= max(least, LEAST_FIRST):
        sizes.append(sizes[-1] // 2)
    return tuple(reversed(sizes))


def curve_sizes(dataset: Dataset, options: Options, plan: FoldPlan) -> Samples | FoldSizes:
    """Return what a learning curve is drawn from. Raises UsageError for sizes that there cannot be."""
    if dataset.test is not None:
        raise UsageError(
            "compare curve judges on rows of the table itself: leave out the test set"
            " (--split cv puts official test rows to the others)."
        )
    asked = tuple(sorted(set(options.sizes or ())))
    large = len(dataset.y) > ABOVE if options.samples is None else options.samples
    grown = _grown(dataset, options, asked) if large else None
    found: Samples | FoldSizes
    if grown is not None:
        found = grown
        found.sizes = asked or (*found.sizes, found.most)
        found.sizes = unlike(found)
    else:
        found = FoldSizes(dataset, plan, options.seed, asked)
    if asked and not 2 <= asked[0] <= asked[-1] <= found.most:
        wrong = asked[0] if asked[0] < 2 else asked[-1]
        raise UsageError(f"--sizes {wrong}: there are 2 to {found.most:,} rows to learn from.")
    return found


def _grown(dataset: Dataset, options: Options, sizes: Sequence[int] = ()) -> Samples | None:
    """Return growing samples; None where test rows are of too few groups. Raises UsageError if asked for."""
    found = Samples(dataset, options.seed, sizes)
    if found.few_groups and options.samples:
        raise UsageError(
            f"--samples keeps whole groups to judge on, here {found.few_groups}, and needs {LEAST_GROUPS}:"
            " leave it out, for folds that judge on every group."
        )
    return None if found.few_groups else found


def mixed(y: Codes, rng: np.random.Generator) -> Codes:
    """Return all row numbers, shuffled so that every beginning has about the classes' shares.

    The rows of a class of c rows get the places (i + u)/c with u in [0, 1), in random order.
    """
    place = np.empty(len(y))
    for its in (np.flatnonzero(y == label) for label in np.unique(y)):
        rng.shuffle(its)
        place[its] = (np.arange(len(its)) + rng.random(len(its))) / len(its)
    return np.argsort(place, kind="stable")


def by_group(groups: Codes, rng: np.random.Generator) -> Codes:
    """Return all row numbers, group by group, the groups in random order."""
    rank = rng.permutation(int(groups.max()) + 1)
    return np.argsort(rank[groups], kind="stable")


def _whole_groups(order: Codes, groups: Codes | None, most: int) -> int:
    """Return how many first rows of ``order`` to take: ``most``, or whole groups that fit (at least one)."""
    if groups is None or most >= len(order):
        return min(most, len(order))
    ends = np.flatnonzero(np.diff(groups[order])) + 1
    fitting = ends[ends <= most]
    return int(fitting[-1] if len(fitting) else ends[0] if len(ends) else len(order))


def grows(dataset: Dataset, options: Options, metric: Metric, models: Sequence[ModelSpec]) -> bool:
    """Whether samples grow instead of folds. Raises UsageError where that is asked for and cannot be."""
    by_row = metric.name in (*PER_ROW, *BY_JACKKNIFE, COST.name)
    several = sum(spec.name != BASELINE for spec in models) > 1
    plain = options.folds is None and options.repeats == "auto" and dataset.test is None
    if options.samples is None:
        return plain and several and by_row and len(dataset.y) > ABOVE
    if options.samples and dataset.test is not None:
        raise UsageError("--samples chooses its own test rows: it does not go with a test set.")
    if options.samples and not by_row:
        raise UsageError(f"--samples judges row by row, and {metric.name} cannot be told by row: --all-rows.")
    if options.samples and not several:
        raise UsageError("--samples compares models with each other: name two at least with --models.")
    return bool(options.samples)


def plan_rows(
    dataset: Dataset, options: Options, metric: Metric, models: Sequence[ModelSpec]
) -> tuple[FoldPlan, Samples | FoldSizes | None]:
    """Return how rows are split, and what grows, if anything does: instead of folds, or for curves."""
    repeats = None if options.repeats == "auto" else options.repeats
    by_class = metric.name not in (*PER_ROW, COST.name)
    growing = options.sizes is None and grows(dataset, options, metric, models)
    grown = _grown(dataset, options) if growing else None
    if grown is not None:
        return FoldPlan("samples", BLOCKS, 1, len(grown.sizes) + 1), grown
    plan = plan_folds(dataset, options.folds, repeats if options.sizes is None else 1, by_class=by_class)
    if options.sizes is None:
        return plan, None
    found = curve_sizes(dataset, options, plan)
    if isinstance(found, Samples):
        plan = FoldPlan("samples", BLOCKS, 1, len(found.sizes))
    return replace(plan, max_repeats=len(found.sizes)), found
