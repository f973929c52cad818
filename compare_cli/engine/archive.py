"""A store that never stops a run: its first fault becomes a note, and nothing more is saved."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from compare_cli.engine.store import Store, StoreError
from compare_cli.notes import note
from compare_cli.runs import StoredRun
from compare_cli.types import FitResult, FitTask, Note


@dataclass
class Archive:
    """What a run takes from its store and keeps in it. ``fresh`` takes nothing; without a store all is idle.

    ``notes`` holds what is wrong with the store, and how many of its fits could not be read.
    """

    path: Path | None
    fresh: bool = False
    _store: Store | None = None
    _fault: StoreError | None = None
    _damaged: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.path is not None:
            try:
                self._store = Store(self.path)
            except StoreError as error:
                self._fault = error

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the user should know of the store."""
        told = [note("stored_fits_damaged", count=self._damaged)] if self._damaged else []
        if self._fault is not None:
            told.append(note("store_unusable", message=str(self._fault)))
        return tuple(told)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Give the store up at its first fault."""
        try:
            yield
        except StoreError as error:
            self._fault = error
            self.close()

    def finished(self, tasks: Sequence[FitTask]) -> list[FitResult]:
        """Return what the store has of these tasks."""
        found: list[FitResult] = []
        store = self._store
        if store is None or self.fresh:
            return found
        with self._guarded():
            found, damaged = store.finished(tasks)
            self._damaged += damaged
            store.mark_used(found)
        return found

    def put(self, result: FitResult, run: str, dataset: str) -> None:
        """Keep a result, unless it came from the store."""
        store = self._store
        if store is not None and not result.reused:
            with self._guarded():
                store.put(result, run, dataset)

    def put_run(self, run: StoredRun, document: Callable[[], str] | None = None) -> None:
        """Keep what is known of a run; its whole result (JSON) is made only where it is kept."""
        store = self._store
        if store is not None:
            with self._guarded():
                store.put_run(run, document() if document is not None else None)

    def forget_run(self, run: StoredRun) -> None:
        """Take a run off the list; its fits stay."""
        store = self._store
        if store is not None:
            with self._guarded():
                store.forget_run(run)

    def close(self) -> None:
        """Close the store; nothing more is saved."""
        if self._store is not None:
            self._store.close()
            self._store = None
