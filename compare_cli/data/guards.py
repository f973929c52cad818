"""What in a table may make scores too good: ids in blocks, order in time, twins, a column that gives it away.

Each is found before anything is fitted, priced by a quick tree where one can tell, and can be mended.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.data.columns import WORD, Values, id_like, is_whole
from compare_cli.notes import note
from compare_cli.types import Dataset, Guard, Note

if TYPE_CHECKING:
    import pandas as pd

Codes = NDArray[np.int64]
Found = Iterator[tuple[Guard, Note]]
Folds = Sequence[tuple[Codes, Codes]]
SAMPLE = 2_000  # rows that a quick tree learns from
FEW_BLOCKS, NAMED_BLOCKS = 8, 5
RUNS_PER_BLOCK = 1.1
MIN_DROP = 0.05
MIN_DATES, MIN_ROWS = 10, 30
MIN_LEAK_ROWS = 100
SURE, NEARLY, GAP = 0.97, 0.9, 0.2
BINS = 64
ROUNDING = 1e-9
TELLING, TELLING_ROWS = 3, 256  # columns that tell rows apart, and the rows that say which those are
TWIN_SHARE = 0.05
CHANCE = 0.05
OWNERS = (
    "patient", "patients", "subject", "subjects", "participant", "participants", "person", "user",
    "users", "customer", "client", "student", "pupil", "child", "animal", "mouse", "speaker", "writer",
    "driver", "device", "machine", "vehicle", "household", "family", "donor", "specimen", "session",
    "account", "employee", "worker", "respondent", "volunteer", "athlete", "player", "member",
)  # fmt: skip
"""Words for those whom several rows may belong to."""
BORN = re.compile(r"birth|born|dob", re.IGNORECASE)
CLOCK = re.compile(r"date|timestamp|datetime|epoch", re.IGNORECASE)


def find_guards(dataset: Dataset, columns: Mapping[str, Values]) -> Dataset:
    """Return the data set with what may make its scores too good: `Guard` values, and a note on each.

    ``columns`` are all feature columns as they were read, also those that models do not see.
    """
    found: list[tuple[Guard, Note]] = []
    if dataset.groups is None and dataset.time is None:
        found += [*_blocks(dataset, columns)][:1]
        found += [*_sorted_dates(dataset, columns)][:1]
    found += _giveaway(dataset, {name for guard, _ in found for name in guard.columns})
    found += _twins(dataset)
    guards, notes = tuple(g for g, _ in found), tuple(n for _, n in found)
    return replace(dataset, guards=guards, notes=(*dataset.notes, *notes))


def with_one_judge(dataset: Dataset) -> Dataset:
    """Return a data set that has a test set without what only matters where folds are made."""
    folded = {"groups_suspected", "time_suspected"}
    return replace(
        dataset,
        guards=tuple(g for g in dataset.guards if g.code not in folded),
        notes=tuple(n for n in dataset.notes if n.code not in folded),
    )


def change(guard: Guard) -> str:
    """Return in words what `mended` does."""
    names = " and ".join(map(repr, guard.columns))
    if guard.groups is not None:
        return f"With the rows of one {names} in one fold"
    if guard.time is not None:
        return f"Learning from the past, by {names}"
    return "With each row once" if guard.twins is not None else f"Without {names}"


def mended(dataset: Dataset, guard: Guard) -> Dataset:
    """Return the data set without what a guard found.

    Groups get folds of their own, dates say the order, a column that gives the target away is left out, and
    rows that repeat are there once.
    """
    X = dataset.X.drop(columns=[name for name in guard.columns if name in dataset.X.columns])
    columns = tuple(c for c in dataset.columns if c.name in X.columns)
    test = dataset.test
    if test is not None:
        test_own = None if test.own is None else test.own.without(guard.columns)
        test = replace(test, X=test.X[X.columns], columns=columns, own=test_own)
    own = None if dataset.own is None else dataset.own.without(guard.columns)
    changed = replace(dataset, X=X, columns=columns, test=test, guards=(), notes=(), own=own)
    if guard.groups is not None:
        return replace(changed, groups=guard.groups, groups_column=guard.columns[0])
    if guard.time is not None:
        return replace(changed, time=guard.time)
    return changed if guard.twins is None else _once(changed, guard.twins)


def _once(dataset: Dataset, twins: Codes) -> Dataset:
    """Return the data set with the first of rows that are alike, by their numbers (n,)."""
    keep = np.sort(np.unique(twins, return_index=True)[1])
    groups = None if dataset.groups is None else dataset.groups[keep]
    time = None if dataset.time is None else dataset.time[keep]
    X = dataset.X.iloc[keep].reset_index(drop=True)
    own = None if dataset.own is None else replace(dataset.own, rows=dataset.own.rows[keep])
    return replace(dataset, X=X, y=dataset.y[keep], groups=groups, time=time, own=own)


# Ids in blocks


def _blocks(dataset: Dataset, columns: Mapping[str, Values]) -> Found:
    """Yield columns whose values each stand for a block of rows, as of a patient; the fewest values first."""
    candidates = []
    for name, values in columns.items():
        codes = _id_codes(name, values)
        if codes is not None and (how := _block_kind(name, values, codes)):
            candidates.append((int(codes.max()) + 1, name, codes, how))
    for count, name, codes, how in sorted(candidates, key=lambda c: c[0]):
        mixed, apart, rows = _grouped_price(dataset, name, codes)
        if how != "named" and mixed - apart < max(MIN_DROP, 2.5 * np.sqrt(0.5 / rows)):
            continue
        facts = {"count": count, "column": name, "rows": _sizes(np.bincount(codes))}
        told = note("groups_suspected", **facts, shown=shlex.quote(name), mixed=mixed, apart=apart)
        yield Guard("groups_suspected", (name,), groups=codes), told


def _id_codes(name: str, values: Values) -> Codes | None:
    """Return codes from 0 for a column without gaps whose values are whole numbers or texts and repeat.

    None, too, where they are in no blocks, and the name is not of those whom rows may belong to.
    """
    raw = values.codes if values.numbers is None else values.numbers
    if values.kind not in {"numeric", "categorical"} or raw is None or len(raw) < MIN_ROWS:
        return None
    numbers = values.numbers
    if numbers is not None and not is_whole(numbers[:1000]):
        return None  # a fraction, or a missing value; the first rows tell most columns of measures
    low, high = raw.min(), raw.max()
    if not (high - low >= 0) or (values.codes is not None and low < 0):
        return None  # a value is missing
    most = min(len(raw) / 2, float(high - low) + 1)  # values that there may be
    if 1 + np.count_nonzero(raw[1:] != raw[:-1]) > RUNS_PER_BLOCK * most and not _of_owners(name):
        return None
    if numbers is not None and not is_whole(numbers):
        return None
    codes, counts = _numbered(raw)
    repeated = counts[counts > 1].sum() >= 0.9 * len(raw) and 2 * len(counts) <= len(raw)
    return codes if repeated and len(counts) >= NAMED_BLOCKS else None


def _of_owners(name: str) -> bool:
    """Whether a name speaks of those whom several rows may belong to."""
    return not {word.casefold() for word in WORD.findall(name)}.isdisjoint(OWNERS)


def _numbered(whole: NDArray[Any]) -> tuple[Codes, Codes]:
    """Return whole numbers (n,) as places in the order of their values, and how often each value is there."""
    low, high = whole.min(), whole.max()
    if high - low >= 4 * len(whole):
        _, codes, counts = np.unique(whole, return_inverse=True, return_counts=True)
        return codes.astype(np.int64), counts
    shifted = (whole - low).astype(np.int64)  # counting takes a tenth of the time of sorting
    counts = np.bincount(shifted)
    return (np.cumsum(counts > 0) - 1)[shifted], counts[counts > 0]


def _block_kind(name: str, values: Values, codes: Codes) -> str:
    """Return "named" for blocks of what is called an id, another word for what must show in scores, or ""."""
    counts = np.bincount(codes)
    in_blocks = 1 + np.count_nonzero(np.diff(codes)) <= RUNS_PER_BLOCK * len(counts)
    if in_blocks and (_of_owners(name) or id_like(name)):
        return "named"
    if len(counts) < FEW_BLOCKS:
        return ""
    if not in_blocks:
        return "owners" if _of_owners(name) and len(codes) >= 3 * len(counts) else ""
    ordered = bool((np.diff(codes) >= 0).all() or (np.diff(codes) <= 0).all())
    numbered = any(ch.isdigit() for ch in "".join(values.categories[:3]))
    equal = counts.min() == counts.max() > 2
    return "blocks" if not ordered or numbered or equal else ""


def _sizes(counts: Codes) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _grouped_price(dataset: Dataset, name: str, codes: Codes) -> tuple[float, float, int]:
    """Return a quick tree's accuracy in mixed folds and in folds of whole groups, and its rows."""
    rng = np.random.default_rng(0)
    order = rng.permutation(int(codes.max()) + 1)
    place = np.argsort(order)[codes]  # groups in an order drawn at random
    sizes = np.cumsum(np.bincount(place))
    many = max(10, int(np.searchsorted(sizes, SAMPLE)))
    rows = np.flatnonzero(place < many)
    rows = rows if len(rows) <= 2 * SAMPLE else np.sort(rng.choice(rows, SAMPLE, replace=False))
    y, seen = dataset.y[rows], _matrix(dataset, rows)
    unseen = _matrix(dataset, rows, (name,))
    mixed = _tree(seen, y, _dealt(rng.permutation(len(rows)) % 5))
    return mixed, _tree(unseen, y, _dealt(place[rows] % 5)), len(rows)


# Order in time


def _sorted_dates(dataset: Dataset, columns: Mapping[str, Values]) -> Found:
    """Yield columns of dates by which the rows are sorted: folds that mix them learn from the future."""
    for name, values in columns.items():
        days = values.numbers
        if days is None or (values.kind != "date" and not CLOCK.search(name)):
            continue
        if BORN.search(name) or len(days) < MIN_ROWS or np.isnan(days).any():
            continue
        steps = np.diff(days)
        backwards = bool((steps <= 0).all())
        if not (backwards or (steps >= 0).all()) or np.count_nonzero(steps) + 1 < MIN_DATES:
            continue
        mixed, apart = _ordered_price(dataset, name, backwards=backwards)
        told = note("time_suspected", column=name, shown=shlex.quote(name), mixed=mixed, apart=apart)
        yield Guard("time_suspected", (name,), time=days), told


def _ordered_price(dataset: Dataset, name: str, *, backwards: bool) -> tuple[float, float]:
    """Return a quick tree's accuracy in mixed folds, and where it learns from earlier rows only."""
    rows = np.unique(np.linspace(0, len(dataset.y) - 1, SAMPLE).astype(np.int64))
    rows = rows[::-1] if backwards else rows
    y, at = dataset.y[rows], np.arange(len(rows))
    part = at * 6 // len(rows)
    past = [(at[part < later], at[part == later]) for later in range(1, 6)]
    mixed = _dealt(np.random.default_rng(0).permutation(len(rows)) % 6)
    apart = _tree(_matrix(dataset, rows, (name,)), y, past)
    return _tree(_matrix(dataset, rows), y, mixed), apart


# A column that gives the target away


def _giveaway(dataset: Dataset, told: set[str]) -> Found:
    """Yield the columns, one or a few, that say the target nearly alone, where the others cannot.

    Those of ``told`` have a note already.
    """
    rng = np.random.default_rng(0)
    n = len(dataset.y)
    rows = np.sort(rng.choice(n, SAMPLE, replace=False)) if n > SAMPLE else np.arange(n)
    y = dataset.y[rows]
    most = float(np.bincount(y).max() / len(y))
    if n < MIN_LEAK_ROWS or most == 1:
        return
    X, half = _matrix(dataset, rows), rng.permutation(len(rows)) % 2 == 0
    least = most + NEARLY * (1 - most)
    skills = np.array([(_alone(X[:, at], y, half, least) - most) / (1 - most) for at in range(X.shape[1])])
    best = int(skills.argmax())
    if skills[best] < NEARLY:
        return
    names = [column.name for column in dataset.columns]
    if names[best] in told:
        return
    sure = [names[at] for at in np.flatnonzero(skills >= SURE)]
    if not 0 < 2 * len(sure) < len(names):  # where most columns do, the table is easy
        sure = [names[best]]
    folds = _dealt(rng.permutation(len(rows)) % 5)
    rest = _tree(_matrix(dataset, rows, sure), y, folds)
    if (rest - most) / (1 - most) > skills[best] - GAP:
        return
    alone = most + float(skills[best]) * (1 - most)
    facts = {"columns": " and ".join(map(repr, sure)), "alone": alone, "rest": rest}
    yield Guard("giveaway", tuple(sure)), note("giveaway", **facts)


def _alone(values: NDArray[np.float64], y: Codes, half: NDArray[np.bool_], least: float) -> float:
    """Return how often the most frequent class of a value's bin is right, on the half not learnt from.

    It is 0 where that is less often than ``least``: then the first half mostly tells.
    """
    right, untried, missing = 0, len(y), np.isnan(values)
    for learn in (half, ~half):
        known = values[learn & ~missing]
        there = np.unique(known)
        if len(there) > BINS:
            there = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)))
        bins = np.where(missing, len(there), np.searchsorted(there, values, side="left"))
        classes = int(y.max()) + 1
        cells = np.bincount(bins[learn] * classes + y[learn], minlength=(len(there) + 1) * classes)
        answer = cells.reshape(-1, classes).argmax(axis=1)
        answer[cells.reshape(-1, classes).sum(axis=1) == 0] = np.bincount(y[learn]).argmax()
        right += int((answer[np.minimum(bins[~learn], len(there))] == y[~learn]).sum())
        untried -= int((~learn).sum())
        if (right + untried) / len(y) < least - ROUNDING:
            return 0.0
    return right / len(y)


# Rows that repeat


def _twins(dataset: Dataset) -> Found:
    """Yield the rows that are there more than once, features and target, unless chance explains them."""
    if _most_twins(dataset) < TWIN_SHARE * len(dataset.y):
        return
    twins = twin_numbers(dataset)
    counts = np.bincount(twins)
    repeated = int(counts[counts > 1].sum())
    if len(twins) < MIN_ROWS or repeated < TWIN_SHARE * len(twins):
        return
    pairs = float((counts * (counts - 1) / 2).sum())
    if _pairs_by_chance(dataset) > CHANCE * pairs:
        return
    told = note("duplicate_rows", count=repeated, total=len(twins), extra=len(twins) - len(counts))
    yield Guard("duplicate_rows", twins=twins), told


def _most_twins(dataset: Dataset) -> int:
    """Return a number of rows that no more can repeat: those alike in a sum of a few telling columns."""
    some = np.unique(np.linspace(0, len(dataset.y) - 1, TELLING_ROWS).astype(np.int64))
    steps = np.diff(np.sort(_matrix(dataset, some), axis=0), axis=0)
    telling = np.count_nonzero(steps, axis=0).argsort(kind="stable")[-TELLING:]
    with np.errstate(over="ignore", invalid="ignore"):
        cells = (_cells(dataset.X.iloc[:, place]) * (1 + at * np.pi) for at, place in enumerate(telling))
        sums = np.sort(sum(np.where(np.isnan(values), np.e, values) for values in cells))
    alone = np.concatenate(([True], sums[1:] != sums[:-1], [True]))  # of neighbours
    return len(sums) - int((alone[1:] & alone[:-1]).sum())


def twin_numbers(dataset: Dataset) -> Codes:
    """Return a number for each row, the same for rows with the same features and target, (n,)."""
    import pandas as pd

    rows = np.arange(len(dataset.y))  # those that still have a twin
    numbers = np.asarray(dataset.y, dtype=np.int64)
    for place in np.argsort([-count for count in dataset.distinct], kind="stable"):
        cells, _ = pd.factorize(_cells(dataset.X.iloc[:, place])[rows], use_na_sentinel=False)
        numbers, _ = pd.factorize(numbers * (int(cells.max()) + 1) + cells)
        twin = np.bincount(numbers)[numbers] > 1
        rows, numbers = rows[twin], numbers[twin]
        if not len(rows):
            break
    result = np.arange(len(dataset.y)) + len(dataset.y)
    result[rows] = numbers
    return pd.factorize(result)[0].astype(np.int64)


def _pairs_by_chance(dataset: Dataset) -> float:
    """Return how many pairs of rows would be alike if the columns were independent within each class.

    That is the sum over classes of the pairs of their rows, times the chance that two agree in each column.
    """
    expected = 0.0
    for code in range(len(dataset.classes)):
        rows = np.flatnonzero(dataset.y == code)
        alike = 1.0
        for name in dataset.X:
            counts = np.unique(_cells(dataset.X[name])[rows], return_counts=True)[1] / max(len(rows), 1)
            alike *= float((counts**2).sum())
        expected += alike * len(rows) * (len(rows) - 1) / 2
    return expected


def _cells(values: pd.Series[Any]) -> NDArray[np.float64]:
    """Return a column of features as numbers, categories by their codes."""
    numbers = values.cat.codes if values.dtype.name == "category" else values
    return np.asarray(numbers, dtype=np.float64)


# A quick tree


def _matrix(dataset: Dataset, rows: Codes, without: Sequence[str] = ()) -> NDArray[np.float64]:
    """Return rows of the features as numbers (n, d), categories by their codes; zeros where none is left."""
    names = [c.name for c in dataset.columns if c.name not in without]
    if not names:
        return np.zeros((len(rows), 1))
    if not without and all(c.kind != "categorical" for c in dataset.columns):
        return dataset.X.iloc[rows].to_numpy(np.float64)
    return np.stack([_cells(dataset.X[name])[rows] for name in names], axis=1)


def _dealt(fold_of: Codes) -> Folds:
    """Return (train, test) row numbers for the folds that rows are dealt to."""
    return [(np.flatnonzero(fold_of != k), np.flatnonzero(fold_of == k)) for k in np.unique(fold_of)]


def _tree(X: NDArray[np.float64], y: Codes, folds: Folds) -> float:
    """Return the accuracy of a tree over folds, all their test rows together."""
    from sklearn.tree import DecisionTreeClassifier

    right = total = 0
    for train, test in folds:
        tree = DecisionTreeClassifier(min_samples_leaf=2, random_state=0).fit(X[train], y[train])
        right += int((tree.predict(X[test]) == y[test]).sum())
        total += len(test)
    return right / total
