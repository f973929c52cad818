"""Folds: made once for a data set and shared by all models, so that every comparison is paired."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare_cli.errors import DataError
from compare_cli.notes import note
from compare_cli.types import Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.types import Dataset, Note, Scheme

    Codes = NDArray[np.int64]

SMALL = 2_000
MAX_REPEATS = 10
SHOWN = 3
INNER = 3  # folds of training rows by which configurations are chosen


@dataclass(frozen=True)
class FoldPlan:
    """How a data set is split. ``start_repeats`` are run before the first look; ``max_repeats`` at most."""

    scheme: Scheme
    folds: int
    start_repeats: int
    max_repeats: int
    notes: tuple[Note, ...] = ()


def plan_folds(
    dataset: Dataset, folds: int | None, repeats: int | None, *, by_class: bool = False
) -> FoldPlan:
    """Choose scheme, folds and repeats; ``None`` means by the size of the data (repeats: auto).

    Below 2,000 rows 10 folds, else 5; auto repeats end at 10 at most.
    Never more folds than the largest class has rows (``by_class``, for scores that average over classes, the
    smallest), or than there are groups, and in time order at least 4 rows a fold: a note says so. Classes
    with fewer rows than folds are spread as far as they go, with a note.
    Raises DataError when not even 2 folds are possible.
    """
    rows = len(dataset.y)
    if dataset.test is not None:
        return FoldPlan("test", 1, repeats or 1, repeats or 1)
    wanted = folds or (10 if rows < SMALL else 5)
    if dataset.time is not None:
        return _plan_ordered(dataset.name, wanted, dataset.time, repeats)
    possible, why = _most_folds(dataset, by_class=by_class)
    if possible < 2:
        raise DataError(f"{dataset.name}: cannot make 2 folds: {why}.")
    notes = [] if wanted <= possible else [note("folds_reduced", wanted=wanted, folds=possible, why=why)]
    notes += _spread(dataset, min(wanted, possible))
    start, most = (repeats, repeats) if repeats else (1, MAX_REPEATS)
    scheme: Scheme = "grouped" if dataset.groups is not None else "stratified"
    return FoldPlan(scheme, min(wanted, possible), start, most, tuple(notes))


def _plan_ordered(name: str, wanted: int, time: NDArray[np.float64], repeats: int | None) -> FoldPlan:
    rows, times = len(time), len(changes(time)) + 1
    possible, why = max(2, rows // 4), f"there are {rows} rows"
    if times - 1 < possible:
        possible, why = (
            times - 1,
            f"there {'is' if times == 1 else 'are'} {times} different time{'s' * (times > 1)}",
        )
    if possible < 2:
        raise DataError(f"{name}: cannot make 2 folds in time order: {why}.")
    folds = min(wanted, possible)
    notes = [note("repeats_ordered")] if repeats and repeats > 1 else []
    if folds < wanted:
        notes.append(note("folds_reduced", wanted=wanted, folds=folds, why=why))
    return FoldPlan("time", folds, 1, 1, tuple(notes))


def changes(time: NDArray[np.float64]) -> Codes:
    """Return how many rows are earlier than each later time: where time order may be cut."""
    import numpy as np

    return np.flatnonzero(np.diff(np.sort(time))) + 1


def time_cuts(time: NDArray[np.float64], folds: int) -> list[int]:
    """Return how many of the earliest rows each fold learns from; it is judged on those up to the next cut.

    They are the cuts of scikit-learn's ``TimeSeriesSplit``, each moved to the nearest change of the time: no
    time is on both sides. There must be as many changes as folds.
    """
    import numpy as np

    at, rows = changes(time), len(time)
    cuts: list[int] = []
    last = len(at)
    for after in range(1, folds + 1):  # from the last fold to the first
        first = folds - after
        wanted = rows - after * (rows // (folds + 1))
        last = first + int(np.abs(at[first:last] - wanted).argmin())
        cuts.insert(0, int(at[last]))
    return cuts


def _ordered(time: NDArray[np.float64], folds: int) -> list[tuple[Codes, Codes]]:
    """Return folds in time order: the rows before each cut, and those up to the next one."""
    import numpy as np

    order, cuts = np.argsort(time, kind="stable"), time_cuts(time, folds)
    return [(order[:cut], order[cut:end]) for cut, end in zip(cuts, [*cuts[1:], len(order)], strict=True)]


def _most_folds(dataset: Dataset, *, by_class: bool) -> tuple[int, str]:
    import numpy as np

    counts = np.bincount(dataset.y, minlength=len(dataset.classes))
    smallest = int(counts.argmin())
    rows = int(counts[smallest])
    why = f"class {dataset.classes[smallest]!r} has {_rows(rows)}"
    if by_class and rows > 1:
        why += ", and the score is an average over classes"
    elif rows > 1:
        rows = int(counts.max())
        why = f"no class has more than {_rows(rows)}"
    if dataset.groups is None:
        return rows, why
    groups = len(np.unique(dataset.groups))
    return min(
        (groups, f"there {'is' if groups == 1 else 'are'} {groups} group{'s' * (groups != 1)}"), (rows, why)
    )


def _rows(number: int) -> str:
    return f"{number} row{'s' * (number != 1)}"


def _spread(dataset: Dataset, folds: int) -> list[Note]:
    """Return a note on classes with fewer rows than folds, if there are any."""
    import numpy as np

    counts = np.bincount(dataset.y, minlength=len(dataset.classes))
    rare = np.flatnonzero(counts < folds)
    if not len(rare):
        return []
    told = [f"{dataset.classes[code]!r} ({_rows(int(counts[code]))})" for code in rare[:SHOWN]]
    more = f" and {len(rare) - SHOWN} more" if len(rare) > SHOWN else ""
    return [note("rare_classes_spread", classes=", ".join(told) + more, folds=folds)]


def make_splits(dataset: Dataset, plan: FoldPlan, seed: int) -> Iterator[list[Split]]:
    """Yield the folds of one repeat after the other; a longer run begins with those of a shorter one.

    Stratified repeats are those of scikit-learn's ``RepeatedStratifiedKFold(folds, n_repeats=…,
    random_state=seed)``.
    """
    import numpy as np

    if dataset.test is not None:
        train, test = np.arange(len(dataset.y)), np.arange(len(dataset.test.y))
        yield from ([Split(repeat, 0, train, test)] for repeat in range(plan.max_repeats))
        return
    if dataset.time is not None:
        ordered = _ordered(dataset.time, plan.folds)
        yield [Split(0, fold, train, test) for fold, (train, test) in enumerate(ordered)]
        return
    rng = np.random.RandomState(seed)
    for repeat in range(plan.max_repeats):
        if dataset.groups is not None:
            folds = _grouped(dataset.y, dataset.groups, plan.folds, rng)
        else:
            folds = _stratified(dataset.y, plan.folds, rng)
        yield [Split(repeat, fold, train, test) for fold, (train, test) in enumerate(folds)]


def _stratified(y: Codes, folds: int, rng: np.random.RandomState) -> list[tuple[Codes, Codes]]:
    """Return the (train, test) rows of scikit-learn's stratified folds, without loading it, which takes long.

    Classes take their turn in the order in which they appear. How many rows of each a fold gets is found by
    dealing out all rows sorted by class; which rows these are is shuffled. There may be fewer than folds.
    """
    import numpy as np

    _, first, codes = np.unique(y, return_index=True, return_inverse=True)
    codes = np.argsort(np.argsort(first))[codes]
    dealt = np.sort(codes)
    shares = np.array([np.bincount(dealt[fold::folds], minlength=len(first)) for fold in range(folds)])
    fold_of = np.empty(len(y), dtype=np.int64)
    for code in range(len(first)):
        mine = np.repeat(np.arange(folds), shares[:, code])
        rng.shuffle(mine)
        fold_of[codes == code] = mine
    return [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(folds)]


def _grouped(y: Codes, groups: Codes, folds: int, rng: np.random.RandomState) -> list[tuple[Codes, Codes]]:
    """Return stratified folds of whole groups.

    Beside a few large groups scikit-learn may leave a fold empty; then groups are dealt out without
    looking at classes.
    """
    import warnings

    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class in y", UserWarning)
        made = list(StratifiedGroupKFold(folds, shuffle=True, random_state=rng).split(y, y, groups))
    if all(len(test) for _, test in made):
        return made
    return list(GroupKFold(folds, shuffle=True, random_state=rng).split(y, y, groups))


def inner_splits(dataset: Dataset, train: Codes, seed: tuple[int, int], first: int) -> list[Split]:
    """Return three folds of training rows, or two in time order, made as those of the data set are.

    Their numbers begin with ``first``, so that they are no folds of the comparison. Two in time order: the
    first third only teaches. Empty where rows or groups are too few for two folds.
    """
    import numpy as np

    y, rng = dataset.y[train], np.random.RandomState(seed)
    groups = None if dataset.groups is None else dataset.groups[train]
    fewest = int(np.bincount(y).max()) if groups is None else len(np.unique(groups))
    if dataset.time is not None:
        time = dataset.time[train]
        folds = _ordered(time, INNER - 1) if len(changes(time)) >= INNER - 1 else []
    elif fewest < 2:
        folds = []
    elif groups is not None:
        folds = _grouped(y, groups, min(INNER, fewest), rng)
    else:
        folds = _stratified(y, min(INNER, fewest), rng)
    return [Split(0, first + at, train[a], train[b]) for at, (a, b) in enumerate(folds)]


def splits_digest(splits: Sequence[Split]) -> str:
    """Return "sha256:…" over the rows of all splits, by which two runs know that they are paired."""
    digest = hashlib.sha256()
    for split in splits:
        digest.update(f"{split.repeat}.{split.fold}:".encode())
        digest.update(split.train.astype("<i8").tobytes())
        digest.update(b"|")
        digest.update(split.test.astype("<i8").tobytes())
    return f"sha256:{digest.hexdigest()}"


def repeat_digests(splits: Sequence[Split]) -> tuple[str, ...]:
    """Return the digest of each repeat's splits."""
    repeats = dict.fromkeys(split.repeat for split in splits)
    return tuple(splits_digest([split for split in splits if split.repeat == r]) for r in repeats)
