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
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from compare_cli.engine.packing import pack, unpack, unpressed
from compare_cli.engine.runs import is_that_of
from compare_cli.errors import CompareError, ExitCode, utf8
from compare_cli.types import FitResult, FitTask, Pruned, StoredRun, StoreFacts

APPLICATION = 0x636D7072  # "cmpr": marks the file as a store of this program
PATIENCE = 30.0  # seconds to wait while another process writes
PAUSE = 0.02  # seconds between tries to open a file that another process is just making
ASK = 500  # keys asked for at a time
NEVER = "9999"  # after every time in the file

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
    """
    ALTER TABLE runs ADD COLUMN fits INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN seconds REAL;
    """,
)
"""What brings a store from one version to the next. Entries are added, never changed."""

_LIST = "id, started, command, datasets, models, status, verdict, fits, seconds"
_FAULTS = {
    "not a database": "damaged, or no store; move it away, or choose another with --store",
    "malformed": "damaged; move it away, or choose another with --store",
    "unable to open": "cannot be opened; choose another with --store",
    "readonly": "cannot be written; choose another with --store",
    "is full": "the disk is full",
    "disk I/O": "cannot be written (is the disk full, or read-only?)",
    "locked": f"another program has held it for {PATIENCE:.0f} s",
}
"""What SQLite says, in the words of those who have to do something about it."""


class StoreError(CompareError):
    """The store cannot be used; the message says which file, why, and what to do."""

    code = ExitCode.DATA


def default_path() -> Path:
    """Return where the store is unless told otherwise: ``COMPARE_STORE``, else the user's data folder."""
    from platformdirs import user_data_path

    named = os.environ.get("COMPARE_STORE")
    return Path(named) if named else user_data_path("compare-cli") / "store.db"


class Store:
    """The fits and runs in one file. Every method raises StoreError when the file cannot be used.

    A new file is for its owner only. One ``to_read`` may be where nothing can be written; ``alone`` works
    without files beside it, on a full disk too, while no other program uses it.
    """

    def __init__(self, path: Path, *, to_read: bool = False, alone: bool = False) -> None:
        self.path = path
        self._alone = alone
        with self._faults():
            if path.is_dir():
                raise StoreError(f"{path}: cannot be opened: it is a folder; choose another with --store.")
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            try:
                self._db = self._open()
            except (sqlite3.Error, OSError):
                if not to_read:
                    raise
                self._db = self._open_unchanged()

    def _open_unchanged(self) -> sqlite3.Connection:
        """Open a file that cannot be written. What another program is writing now is not seen."""
        db = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            if self._version(db) < len(MIGRATIONS):
                raise StoreError(f"{self.path}: made by an older version; it has to be writable once.")
        except BaseException:
            db.close()
            raise
        return db

    def _open(self) -> sqlite3.Connection:
        until = time.monotonic() + PATIENCE
        while True:
            # The stream of a comparison may be read from one thread and then from another.
            db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(db)
                return db
            except sqlite3.OperationalError as error:
                db.close()
                # Two that make the file at once get this without waiting for each other.
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(PAUSE)
            except BaseException:
                db.close()
                raise

    def _prepare(self, db: sqlite3.Connection) -> None:
        """Bring the file to this version. Another program's file is left as it is."""
        if self._alone:
            for setting in ("locking_mode = EXCLUSIVE", "temp_store = MEMORY", "journal_mode = MEMORY"):
                db.execute(f"PRAGMA {setting}")
        with _transaction(db, "DEFERRED"):
            version = self._version(db)
        if not self._alone and db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if version == len(MIGRATIONS):
            return
        with _transaction(db):
            for script in MIGRATIONS[self._version(db) :]:
                for statement in filter(str.strip, script.split(";")):
                    db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _version(self, db: sqlite3.Connection) -> int:
        """Return the version of the file, 0 for a new one. Raises StoreError for one that is not ours.

        Call it in a transaction: between its questions another process may make the tables.
        """
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        mark = db.execute("PRAGMA application_id").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if mark != APPLICATION and (tables or version or mark):
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
            said = str(error)
            what = next((told for part, told in _FAULTS.items() if part in said), said)
            raise StoreError(f"{self.path}: {what}.") from error
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be opened ({error.strerror}).") from error

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def finished(self, tasks: Sequence[FitTask]) -> tuple[list[FitResult], int]:
        """Return the stored results of those tasks that went well before, in the order of the tasks.

        They are marked as reused. Also returns how many could not be read; those have to run again.
        """
        keys = list(dict.fromkeys(task.key for task in tasks))
        rows: dict[str, tuple[str, bytes]] = {}
        with self._faults():
            for start in range(0, len(keys), ASK):
                some = keys[start : start + ASK]
                marks = ",".join("?" * len(some))
                question = f"SELECT key, ran_at, result FROM fits WHERE status = 'ok' AND key IN ({marks})"
                rows |= {key: (ran_at, data) for key, ran_at, data in self._db.execute(question, some)}
        found, damaged = [], set()
        for task in tasks:
            if task.key in rows:
                ran_at, data = rows[task.key]
                try:
                    found.append(unpack(data, _reused(task, ran_at)))
                except ValueError:
                    damaged.add(task.key)
        return found, len(damaged)

    def mark_used(self, results: Iterable[FitResult]) -> None:
        """Note that stored results are used now, so that pruning leaves them to the run that used them."""
        now = _now()
        with self._faults(), _transaction(self._db):
            self._db.executemany("UPDATE fits SET used_at = ? WHERE key = ?", [(now, r.key) for r in results])

    def put(self, result: FitResult, run: str, dataset: str) -> None:
        """Keep one result in place of an earlier one of the same task; a failure never of a good one."""
        now = _now()
        row = (result.key, run, utf8(dataset), utf8(result.model), result.repeat, result.fold)
        with self._faults():
            self._db.execute(
                "INSERT INTO fits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                " run = excluded.run, dataset = excluded.dataset, model = excluded.model,"
                " repeat = excluded.repeat, fold = excluded.fold, status = excluded.status,"
                " ran_at = excluded.ran_at, used_at = excluded.used_at, result = excluded.result"
                " WHERE excluded.status = 'ok' OR fits.status <> 'ok'",
                (*row, result.status, now, now, pack(result)),
            )

    def put_run(self, run: StoredRun, document: str | None = None) -> None:
        """Keep what is known of a run: at its begin, and at its end with the whole result (JSON)."""
        facts = (run.id, run.started, run.command, _lines(run.datasets), _lines(run.models))
        packed = None if document is None else zlib.compress(document.encode())
        with self._faults():
            self._db.execute(
                f"INSERT OR REPLACE INTO runs ({_LIST}, process, document)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*facts, run.status, utf8(run.verdict), run.fits, run.seconds, os.getpid(), packed),
            )

    def forget_run(self, run: StoredRun) -> None:
        """Take a run off the list; its fits stay."""
        with self._faults():
            self._db.execute("DELETE FROM runs WHERE id = ?", (run.id,))

    def runs(self) -> list[StoredRun]:
        """Return all runs, the newest first."""
        question = f"SELECT {_LIST}, process FROM runs ORDER BY started DESC, rowid DESC"
        with self._faults():
            return [_run(*row) for row in self._db.execute(question)]

    def document(self, run: str) -> bytes | None:
        """Return the JSON result of a run; None for one that did not end."""
        with self._faults():
            row = self._db.execute("SELECT document FROM runs WHERE id = ?", (run,)).fetchone()
        try:
            return unpressed(row[0]) if row and row[0] else None
        except (zlib.error, TypeError) as error:
            raise StoreError(f"{self.path}: the result of run {run} is damaged.") from error

    def prune(self, gone: Sequence[StoredRun], *, dry_run: bool = False) -> Pruned:
        """Delete these runs, and the fits that no later run used; say what went and what stays.

        A fit belongs to the last run that used it: as long as runs are deleted from the oldest on, those
        that stay keep theirs. Raises StoreError when the file cannot be used.
        """
        ids = {run.id for run in gone}
        runs = self.runs()
        since = min((run.started for run in runs if run.id not in ids), default=NEVER)
        before = self._size()
        with self._faults():
            fits, freed = self._db.execute(
                "SELECT count(*), coalesce(sum(length(result)), 0) FROM fits WHERE used_at < ?", (since,)
            ).fetchone()
            if not dry_run:
                with _transaction(self._db):
                    self._db.executemany("DELETE FROM runs WHERE id = ?", [(run,) for run in ids])
                    fits = self._db.execute("DELETE FROM fits WHERE used_at < ?", (since,)).rowcount
                freed = before - self._shrunk()
        left = self.facts().fits - (fits if dry_run else 0)
        return Pruned(len(gone), fits, len(runs) - len(gone), left, max(0, freed))

    def _shrunk(self) -> int:
        """Give space back to the system where that is possible now; return the size in bytes."""
        self._db.execute("PRAGMA busy_timeout = 500")  # where another uses the file, later runs fill the gaps
        with contextlib.suppress(sqlite3.OperationalError):
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
        return self._size()

    def _size(self) -> int:
        files = [self.path, self.path.with_name(f"{self.path.name}-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    def facts(self) -> StoreFacts:
        """Return what the store holds."""
        question = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM fits)"
        with self._faults():
            runs, fits = self._db.execute(question).fetchone()
            return StoreFacts(self.path, runs, fits, self._size())


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """All or nothing, also when Ctrl-C comes in between."""
    try:
        db.execute(f"BEGIN {kind}")
        yield
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def _reused(task: FitTask, ran_at: str) -> FitResult:
    return FitResult(
        task.model.name, task.repeat, task.fold, status="ok", reused=True, ran_at=ran_at, key=task.key
    )


def _run(
    name: str, started: str, command: str, datasets: str, models: str, status: str, *rest: object
) -> StoredRun:
    """Return a row of the table as a value. One that runs no more without having ended was killed."""
    *facts, process = rest
    if status == "running" and not is_that_of(int(str(process)), datetime.fromisoformat(started)):
        status = "killed"
    names = (tuple(datasets.splitlines()), tuple(models.splitlines()))
    return StoredRun(name, started, command, *names, status, *facts)  # type: ignore[arg-type]  # as written


def _lines(names: Iterable[str]) -> str:
    """Return names in a line each: commas may be part of them."""
    return "\n".join(" ".join(utf8(name).split()) for name in names)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
