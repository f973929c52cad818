"""Results that were written before: runs of the store, and files; judged again, held against each other.

The store is the file named, else ``COMPARE_STORE``, else in the user's data folder. Nothing here is slow to
import.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from compare_cli.api.notebook import in_hand
from compare_cli.engine.runs import find_run, parse_age, runs_to_prune
from compare_cli.engine.store import Store, StoreError
from compare_cli.engine.store import default_path as default_store
from compare_cli.errors import DataError, UsageError
from compare_cli.report.files import is_there
from compare_cli.types import (
    Bench,
    Pruned,
    Result,
    RunsDiff,
    SingleComparison,
    StoredRun,
    StoreFacts,
    parts_as_singles,
)

if TYPE_CHECKING:
    from compare_cli.verdict.diff import Gate, Threshold
    from compare_cli.verdict.fits import Criterion

__all__ = ["default_store"]
RUN_NAME = re.compile(r"last(~\d+)?|[0-9a-f]{4,12}")


@dataclass(frozen=True)
class StoreList:
    """What a store keeps: its runs, the newest first, and its size."""

    runs: tuple[StoredRun, ...]
    facts: StoreFacts


def runs(store: str | Path | None = None) -> StoreList:
    """Return the runs that are kept, the newest first; none where there is no store yet."""
    path = _path(store)
    if not is_there(path):
        return StoreList((), StoreFacts(path, 0, 0, 0))
    with closing(Store(path, to_read=True)) as opened:
        return StoreList(tuple(opened.runs()), opened.facts())


def load_run(name: str, store: str | Path | None = None) -> tuple[StoredRun, Result]:
    """Return a run and its result; ``name`` is an id or its beginning, ``last`` or ``last~N``.

    Raises UsageError for one that has no result, or is not there.
    """
    from compare_cli.document import read_document

    with closing(Store(_existing(store), to_read=True)) as opened:
        run = find_run(opened.runs(), name)
        document = opened.document(run.id)
    if document is None:
        what = f"compare {run.command} {' '.join(run.datasets)}"
        why = "is still under way" if run.status == "running" else f"has no result ({run.status})"
        raise UsageError(f"{run.id}: this run {why}. The same command ({what} …) goes on where it stopped.")
    return run, in_hand(read_document(document, f"{opened.path}: {run.id}"))


def diff(old: str, new: str, store: str | Path | None = None) -> RunsDiff:
    """Compare two runs, named as for `load_run`, model by model. Raises DataError without common data."""
    from compare_cli.verdict.diff import diff_runs

    (old_run, before), (new_run, after) = load_run(old, store), load_run(new, store)
    return diff_runs((old_run, new_run), before, after)


def prune(
    *,
    keep: int | None = None,
    older_than: str | timedelta | None = None,
    everything: bool = False,
    dry_run: bool = False,
    store: str | Path | None = None,
) -> Pruned:
    """Delete old runs, and the fits that no run after them used; what is under way always stays.

    With ``keep`` (the newest N) and ``older_than`` (``30d``), what either of them keeps stays. Raises
    UsageError unless one of them or ``everything`` is given.
    """
    if everything == (keep is not None or older_than is not None):
        raise UsageError("say what goes: --keep N, --older-than 30d (or both), or --all.")
    age = parse_age(older_than) if isinstance(older_than, str) else older_than
    since = None if age is None else datetime.now(UTC) - age
    path = _existing(store)

    def pruned(opened: Store) -> Pruned:
        with closing(opened):
            gone = runs_to_prune(opened.runs(), keep=keep, since=since)
            return opened.prune(gone, dry_run=dry_run)

    try:
        return pruned(Store(path))
    except StoreError:  # most often a full disk, which is why somebody prunes
        return pruned(Store(path, alone=True))


def _path(store: str | Path | None) -> Path:
    return Path(store) if store is not None else default_store()


def _existing(store: str | Path | None) -> Path:
    """Return the file of a store that is there. Raises UsageError when it is not."""
    path = _path(store)
    if not is_there(path):
        raise UsageError(f"{path}: there is no store yet; compare fit makes one.")
    return path


def judge(files: Sequence[str | Path], criterion: Criterion | None = None) -> Result:
    """Judge the scores in result files or CSVs of scores: those of the same data and splits together.

    Several data sets give a Bench. Raises DataError for files that are neither, UsageError for a metric
    that was not stored.
    """
    from compare_cli.verdict.files import load, merge
    from compare_cli.verdict.fits import Criterion, as_bench, judge_again

    criterion = criterion or Criterion()
    found = merge([part for file in files for part in load(Path(file), criterion)])
    judged = [judge_again(comparison, criterion) for comparison in found]
    return in_hand(judged[0] if len(judged) == 1 else as_bench(judged, criterion))


def gate(
    base: str | Path | SingleComparison,
    new: str | Path | SingleComparison,
    *,
    model: str | None = None,
    margin: float = 0.01,
    paired: bool = True,
) -> Gate:
    """Say whether a new result is not worse than an old one by more than the margin.

    A result is a file, a run that is kept (``last``, ``last~1``, an id), or a value.
    """
    from compare_cli.verdict.diff import gate as held_against

    return held_against(_one(base), _one(new), model=model, margin=margin, paired=paired)


def _one(result: str | Path | SingleComparison) -> SingleComparison:
    from compare_cli.verdict.files import load
    from compare_cli.verdict.fits import Criterion

    if isinstance(result, SingleComparison):
        return result
    if RUN_NAME.fullmatch(str(result)) and not is_there(result):
        kept = load_run(str(result))[1]
        found = parts_as_singles(kept) if isinstance(kept, Bench) else [kept]
    else:
        found = load(Path(result), Criterion())
    if len(found) != 1:
        raise DataError(f"{result}: {len(found)} data sets; a gate takes the result of one.")
    return found[0]


def check(result: Result, thresholds: Sequence[str | Threshold], model: str | None = None) -> list[str]:
    """Return a sentence for each ``metric=value`` that ``model`` is not sure to reach.

    None looks at the recommended model.
    """
    from compare_cli.verdict.diff import Threshold, below_threshold

    known = [t if isinstance(t, Threshold) else Threshold.parse(t) for t in thresholds]
    return below_threshold(result, known, model)
