"""Results on disk: one SQLite file that keeps every fit as it is finished, and every run.

The file is written by the parent process only, in write-ahead mode: a process that is killed at any
moment leaves it readable, and two programs may use it at once. Nothing in it is a pickle.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from compare_cli.engine.packing import pack, unpack
from compare_cli.errors import CompareError
from compare_cli.types import FitResult, FitTask

APPLICATION = 0x636D7072  # "cmpr": marks the file as a store of this program
PATIENCE = 30.0  # seconds to wait while another process writes
OPENING = 50  # tries to open a file that another process is just making
ASK = 500  # keys asked for at a time

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE fits (
        key TEXT PRIMARY KEY, run TEXT NOT NULL, dataset TEXT NOT NULL, model TEXT NOT NULL,
        repeat INTEGER NOT NULL, fold INTEGER NOT NULL, status TEXT NOT NULL,
        ran_at TEXT NOT NULL, used_at TEXT NOT NULL, result BLOB NOT NULL
    );
    CREATE INDEX fits_by_use ON fits (used_at);
    CREATE TABLE runs (
        id TEXT PRIMARY KEY, started TEXT NOT NULL, command TEXT NOT NULL, datasets TEXT NOT NULL,
        models TEXT NOT NULL, process INTEGER NOT NULL, status TEXT NOT NULL, verdict TEXT NOT NULL,
        document BLOB
    );
    CREATE INDEX runs_by_start ON runs (started);
    """,
)
"""What brings a store from one version to the next. Entries are added, never changed."""


class StoreError(CompareError):
    """The store cannot be used; the message says which file, why, and what to do."""


@dataclass(frozen=True)
class StoredRun:
    """One run as the list shows it.

    ``status`` is that of the result, "running", or "killed" for a run whose process went away before the
    end. ``datasets`` and ``models`` are names, separated by commas; ``verdict`` is the sentence.
    """

    id: str
    started: str
    command: str
    datasets: str
    models: str
    status: str
    verdict: str


def default_path() -> Path:
    """Return where the store is unless told otherwise: ``COMPARE_STORE``, else the user's data folder."""
    from platformdirs import user_data_path

    named = os.environ.get("COMPARE_STORE")
    return Path(named) if named else user_data_path("compare-cli") / "store.db"


class Store:
    """The fits and runs in one file. Every method raises StoreError when the file cannot be used."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        if not create and not path.exists():
            raise StoreError(f"{path}: there is no store yet; `compare fit` makes one.")
        with self._faults():
            if create:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        for attempt in range(OPENING):
            db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
                self._migrate(db)
                return db
            except sqlite3.OperationalError as error:
                db.close()
                if "locked" not in str(error) or attempt + 1 == OPENING:
                    raise
                time.sleep(0.02)
            except BaseException:
                db.close()
                raise
        raise AssertionError("the last attempt raises")

    def _migrate(self, db: sqlite3.Connection) -> None:
        """Bring the file to this version, in one transaction."""
        if self._version(db) == len(MIGRATIONS):
            return
        db.execute("BEGIN IMMEDIATE")
        try:
            for script in MIGRATIONS[self._version(db) :]:
                for statement in filter(str.strip, script.split(";")):
                    db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def _version(self, db: sqlite3.Connection) -> int:
        """Return the version of the file, 0 for a new one. Raises StoreError for one that is not ours."""
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        mark = db.execute("PRAGMA application_id").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if mark != APPLICATION and (tables or version):
            raise StoreError(f"{self.path}: a database of another program; choose another with --store.")
        if version > len(MIGRATIONS):
            raise StoreError(
                f"{self.path}: made by a newer version of compare (store version {version}, this one knows "
                f"{len(MIGRATIONS)}): update compare, or choose another with --store."
            )
        return version

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn what SQLite and the system say into one line."""
        try:
            yield
        except sqlite3.Error as error:
            what = str(error)
            if isinstance(error, sqlite3.DatabaseError) and ("not a database" in what or "malformed" in what):
                what = "damaged, or no store; move it away, or choose another with --store"
            raise StoreError(f"{self.path}: {what}.") from error
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}.") from error

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def finished(self, tasks: Sequence[FitTask]) -> list[FitResult]:
        """Return the stored results of those tasks that went well before, marked as reused."""
        by_key: dict[str, list[FitTask]] = {}
        for task in tasks:
            by_key.setdefault(task.key, []).append(task)
        keys, found = list(by_key), []
        with self._faults():
            for start in range(0, len(keys), ASK):
                some = keys[start : start + ASK]
                marks = ",".join("?" * len(some))
                question = f"SELECT key, ran_at, result FROM fits WHERE status = 'ok' AND key IN ({marks})"
                for key, ran_at, data in self._db.execute(question, some):
                    with contextlib.suppress(ValueError):  # what cannot be read is run again
                        found += [unpack(data, _reused(task, ran_at)) for task in by_key[key]]
            self._db.executemany(
                "UPDATE fits SET used_at = ? WHERE key = ?", [(_now(), key) for key in {r.key for r in found}]
            )
        return found

    def put(self, result: FitResult, run: str, dataset: str) -> None:
        """Keep one result; a later one of the same task takes its place."""
        now = _now()
        row = (result.key, run, dataset, result.model, result.repeat, result.fold, result.status)
        with self._faults():
            self._db.execute(
                "INSERT OR REPLACE INTO fits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, now, now, pack(result)),
            )

    def begin_run(self, run: StoredRun) -> None:
        """Note that a run has begun, so that one that is killed is seen in the list."""
        row = (run.id, run.started, run.command, run.datasets, run.models, os.getpid(), run.status, "", None)
        with self._faults():
            self._db.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def end_run(self, run: StoredRun, document: str) -> None:
        """Keep a run's whole result (JSON)."""
        facts = (run.datasets, run.models, run.status, run.verdict)
        with self._faults():
            self._db.execute(
                "UPDATE runs SET datasets = ?, models = ?, status = ?, verdict = ?, document = ?"
                " WHERE id = ?",
                (*facts, zlib.compress(document.encode()), run.id),
            )

    def runs(self) -> list[StoredRun]:
        """Return all runs, the newest first."""
        with self._faults():
            rows = self._db.execute(
                "SELECT id, started, command, datasets, models, status, verdict, process FROM runs"
                " ORDER BY started DESC, rowid DESC"
            ).fetchall()
        found = [StoredRun(*row[:7]) for row in rows]
        return [
            replace(run, status="killed") if run.status == "running" and not _alive(row[7]) else run
            for run, row in zip(found, rows, strict=True)
        ]

    def document(self, run: str) -> bytes | None:
        """Return the JSON result of a run; None for one that did not end."""
        with self._faults():
            row = self._db.execute("SELECT document FROM runs WHERE id = ?", (run,)).fetchone()
        return zlib.decompress(row[0]) if row and row[0] else None

    def prune(self, keep: Sequence[str], used_since: str) -> tuple[int, int]:
        """Delete all runs but those, and the fits that were not used since; return how many of each."""
        with self._faults():
            self._db.execute("BEGIN IMMEDIATE")
            known = {row[0] for row in self._db.execute("SELECT id FROM runs")}
            gone = [(run,) for run in known - set(keep)]
            self._db.executemany("DELETE FROM runs WHERE id = ?", gone)
            fits = self._db.execute("DELETE FROM fits WHERE used_at < ?", (used_since,)).rowcount
            self._db.execute("COMMIT")
            self._db.execute("VACUUM")
        return len(gone), fits

    def count_fits(self) -> int:
        """Return how many fits are kept."""
        with self._faults():
            return int(self._db.execute("SELECT count(*) FROM fits").fetchone()[0])


def _reused(task: FitTask, ran_at: str) -> FitResult:
    return FitResult(
        task.key, task.model.name, task.repeat, task.fold, status="ok", reused=True, ran_at=ran_at
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _alive(process: int) -> bool:
    """Whether a process of this machine still runs; where asking would disturb it (Windows), yes."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
