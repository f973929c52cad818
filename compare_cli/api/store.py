"""The store of runs: list them, load one, compare two, delete old ones.

The store is the file named, else ``COMPARE_STORE``, else in the user's data folder. Nothing here is slow to
import.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from compare_cli.api.notebook import in_hand
from compare_cli.engine.runs import find_run, parse_age, runs_to_prune
from compare_cli.engine.store import Store, StoreError
from compare_cli.engine.store import default_path as default_store
from compare_cli.errors import UsageError
from compare_cli.types import Pruned, Result, RunsDiff, StoredRun, StoreFacts

__all__ = ["default_store"]


@dataclass(frozen=True)
class StoreList:
    """What a store keeps: its runs, the newest first, and its size."""

    runs: tuple[StoredRun, ...]
    facts: StoreFacts


def runs(store: str | Path | None = None) -> StoreList:
    """Return the runs that are kept, the newest first; none where there is no store yet."""
    path = _path(store)
    if not path.exists():
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
    if not path.exists():
        raise UsageError(f"{path}: there is no store yet; compare fit makes one.")
    return path
