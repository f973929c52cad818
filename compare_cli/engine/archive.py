"""A store that never stops a run: its first fault becomes a note, and nothing more is saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from compare_cli.engine.store import Store, StoredRun, StoreError
from compare_cli.notes import note
from compare_cli.types import FitResult, FitTask, Note


@dataclass
class Archive:
    """What a run takes from its store and keeps in it. ``fresh`` takes nothing; without a store all is idle.

    ``notes`` holds at most one: what is wrong with the store.
    """

    path: Path | None
    fresh: bool = False
    notes: list[Note] = field(default_factory=list)
    _store: Store | None = None

    def __post_init__(self) -> None:
        if self.path is not None:
            path = self.path
            self._guard(lambda: setattr(self, "_store", Store(path)))

    def _guard(self, action: Callable[[], None]) -> None:
        try:
            action()
        except StoreError as error:
            self._store = None
            self.notes.append(note("store_unusable", message=str(error)))

    def finished(self, tasks: Sequence[FitTask]) -> list[FitResult]:
        """Return what the store has of these tasks."""
        found: list[FitResult] = []
        store = self._store
        if store is not None and not self.fresh:
            self._guard(lambda: found.extend(store.finished(tasks)))
        return found

    def put(self, result: FitResult, run: str, dataset: str) -> None:
        """Keep a result, unless it came from the store."""
        store = self._store
        if store is not None and not result.reused:
            self._guard(lambda: store.put(result, run, dataset))

    def begin_run(self, run: StoredRun) -> None:
        """Note that a run has begun."""
        store = self._store
        if store is not None:
            self._guard(lambda: store.begin_run(run))

    def end_run(self, run: StoredRun, document: Callable[[], str]) -> None:
        """Keep a run's whole result; the JSON is made only where it is kept."""
        store = self._store
        if store is not None:
            self._guard(lambda: store.end_run(run, document()))

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()
            self._store = None
