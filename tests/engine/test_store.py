"""The file that keeps results: what it holds, what it survives, who may use it at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare_cli import api
from compare_cli.engine import runs, store
from compare_cli.engine.execute import Archive
from compare_cli.engine.packing import pack
from compare_cli.engine.store import MIGRATIONS, Store, StoreError
from compare_cli.types import FitResult, FitTask, ModelSpec, StoredRun

ROWS = np.arange(3)
TREE = ModelSpec("tree", "tree", "sklearn.tree:DecisionTreeClassifier", {})
RUN = StoredRun("aaaa", "2026-11-01T12:00:00+00:00", "fit", ("moons",), ("tree",), "running")


def task(key: str, model: str = "tree") -> FitTask:
    return FitTask(key, "sha256:0", replace(TREE, name=model), {}, 0, 1, ROWS, ROWS, 0.1)


def result(key: str, status: Any = "ok", **facts: Any) -> FitResult:
    return FitResult("tree", 0, 1, status, 0.5, key=key, predictions=ROWS, **facts)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "store.db"


@pytest.fixture
def opened(file: Path) -> Iterator[Store]:
    kept = Store(file)
    yield kept
    kept.close()


def clock(monkeypatch: pytest.MonkeyPatch, *times: str) -> None:
    """Let the store see these hours of a day, the last one for ever."""
    hours = list(times)
    monkeypatch.setattr(
        store, "_now", lambda: f"2026-11-01T{hours.pop(0) if len(hours) > 1 else hours[0]}:00:00+00:00"
    )


def sound(file: Path) -> bool:
    with sqlite3.connect(file) as db:
        answer = db.execute("PRAGMA integrity_check").fetchone()[0]
    db.close()
    return bool(answer == "ok")


def test_what_is_put_is_found_in_the_order_of_the_tasks(opened: Store) -> None:
    for key in "abc":
        opened.put(result(key, fit_seconds=1.5), "aaaa", "moons")
    found, damaged = opened.finished([task(key) for key in "cxab"])
    assert [r.key for r in found] == ["c", "a", "b"]
    assert damaged == 0
    assert all(r.reused and r.ran_at and r.fit_seconds == 1.5 for r in found)
    assert found[0].predictions is not None
    assert found[0].predictions.tolist() == [0, 1, 2]


def test_more_keys_than_one_question_may_have(opened: Store) -> None:
    keys = [f"k{i}" for i in range(1100)]
    for key in keys[::2]:
        opened.put(result(key), "aaaa", "moons")
    found, _ = opened.finished([task(key) for key in keys])
    assert [r.key for r in found] == keys[::2]


def test_two_models_that_are_the_same_share_a_result(opened: Store) -> None:
    opened.put(result("a"), "aaaa", "moons")
    found, _ = opened.finished([task("a"), task("a", "tree(random_state=0)")])
    assert [r.model for r in found] == ["tree", "tree(random_state=0)"]


def test_only_what_went_well_is_used_again(opened: Store) -> None:
    opened.put(result("a", "failed"), "aaaa", "moons")
    assert opened.finished([task("a")]) == ([], 0)
    opened.put(result("a"), "aaaa", "moons")
    assert len(opened.finished([task("a")])[0]) == 1
    opened.put(result("a", "timeout"), "bbbb", "moons")
    assert len(opened.finished([task("a")])[0]) == 1, "a failure took the place of a result"


def test_what_cannot_be_read_counts_as_missing(opened: Store, file: Path) -> None:
    for key in "ab":
        opened.put(result(key), "aaaa", "moons")
    with sqlite3.connect(file) as db:
        db.execute("UPDATE fits SET result = ? WHERE key = 'a'", (pack(result("a"))[:-5],))
    db.close()
    found, damaged = opened.finished([task("a"), task("b")])
    assert [r.key for r in found] == ["b"]
    assert damaged == 1


def test_names_that_are_no_text_are_kept(opened: Store) -> None:
    opened.put(result("a"), "aaaa", "caf\udce9")
    opened.put_run(replace(RUN, datasets=("caf\udce9", "two\nlines", "a,b")))
    assert opened.runs()[0].datasets == ("caf?", "two lines", "a,b")


def test_runs_are_listed_the_newest_first_with_what_is_known(opened: Store) -> None:
    old = replace(RUN, id="bbbb", started="2026-10-01T12:00:00+00:00", status="complete")
    opened.put_run(replace(old, verdict="tree is best.", fits=12, seconds=3.5), '{"a": 1}')
    opened.put_run(replace(RUN, started=datetime.now(UTC).isoformat(timespec="seconds")))
    assert [(r.id, r.status) for r in opened.runs()] == [("aaaa", "running"), ("bbbb", "complete")]
    assert opened.runs()[1] == replace(old, verdict="tree is best.", fits=12, seconds=3.5)
    assert opened.document("bbbb") == b'{"a": 1}'
    assert opened.document("aaaa") is None
    assert opened.document("none") is None
    opened.forget_run(RUN)
    assert [r.id for r in opened.runs()] == ["bbbb"]


def test_a_run_whose_process_has_gone_was_killed(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr(os, "getpid", lambda: gone.pid)
    opened.put_run(replace(RUN, started=datetime.now(UTC).isoformat(timespec="seconds")))
    assert opened.runs()[0].status == "killed"


def test_a_process_that_got_the_number_later_is_another() -> None:
    now = datetime.now(UTC)
    assert runs.is_that_of(os.getpid(), now)
    if sys.platform == "linux":
        assert not runs.is_that_of(os.getpid(), now - timedelta(days=1))
    assert runs.is_that_of(os.getppid(), now)
    assert not runs.is_that_of(2**70, now)


def test_a_damaged_result_of_a_run_is_told(opened: Store, file: Path) -> None:
    opened.put_run(replace(RUN, status="complete"), "{}")
    with sqlite3.connect(file) as db:
        db.execute("UPDATE runs SET document = 'abc'")
    db.close()
    with pytest.raises(StoreError, match="the result of run aaaa is damaged"):
        opened.document("aaaa")


class TestPrune:
    """Runs at 1, 3 and 5 o'clock; fit b was made by the first and used again by the second."""

    @pytest.fixture
    def three(self, opened: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
        clock(monkeypatch, "01")
        for at, name in (("01", "one"), ("03", "two"), ("05", "three")):
            opened.put_run(replace(RUN, id=name, started=f"2026-11-01T{at}:00:00+00:00", status="complete"))
        for key in "ab":
            opened.put(result(key), "one", "moons")
        clock(monkeypatch, "03")
        opened.mark_used(opened.finished([task("b")])[0])
        opened.put(result("c"), "two", "moons")
        clock(monkeypatch, "05")
        opened.put(result("d", "failed"), "three", "moons")
        return opened

    def kept(self, store: Store) -> str:
        rows = store._db.execute("SELECT key FROM fits ORDER BY key").fetchall()
        return "".join(row[0] for row in rows)

    def test_fits_that_a_kept_run_used_stay(self, three: Store) -> None:
        pruned = three.prune(three.runs()[2:])
        assert (pruned.runs, pruned.fits, pruned.runs_left, pruned.fits_left) == (1, 1, 2, 3)
        assert self.kept(three) == "bcd"
        assert [run.id for run in three.runs()] == ["three", "two"]

    def test_the_next_takes_what_the_second_used(self, three: Store) -> None:
        three.prune(three.runs()[1:])
        assert self.kept(three) == "d"

    def test_all_leaves_nothing(self, three: Store) -> None:
        pruned = three.prune(three.runs())
        assert (pruned.runs, pruned.fits, pruned.runs_left, pruned.fits_left) == (3, 4, 0, 0)
        assert self.kept(three) == ""

    def test_nothing_goes_without_a_run(self, three: Store) -> None:
        assert three.prune([]).fits == 0
        assert self.kept(three) == "abcd"

    def test_a_dry_run_says_the_same_and_does_nothing(self, three: Store) -> None:
        said = three.prune(three.runs()[1:], dry_run=True)
        assert self.kept(three) == "abcd"
        done = three.prune(three.runs()[1:])
        assert replace(said, freed=0) == replace(done, freed=0)
        assert said.freed > 0

    def test_space_is_given_back(self, three: Store) -> None:
        rows = np.random.default_rng(0).integers(0, 2**60, 10_000)
        for i in range(20):
            three.put(replace(result(f"big{i}"), predictions=rows), "three", "moons")
        before = three.facts().size
        freed = three.prune(three.runs()).freed
        assert freed > before / 2
        assert three.facts().size == before - freed

    def test_it_works_while_another_reads(self, three: Store, file: Path) -> None:
        other = Store(file)
        reading = other._db.execute("SELECT key FROM fits")
        reading.fetchone()
        assert three.prune(three.runs()).fits == 4
        reading.close()
        other.close()


class TestFaults:
    def test_a_file_of_something_else(self, file: Path) -> None:
        file.parent.mkdir()
        file.write_text("a,b\n1,2\n" * 1000, encoding="utf-8")
        with pytest.raises(StoreError, match="damaged, or no store"):
            Store(file)
        assert file.read_text(encoding="utf-8").startswith("a,b")

    def test_a_database_of_another_program_is_left_as_it_is(self, file: Path) -> None:
        file.parent.mkdir()
        with sqlite3.connect(file) as db:
            db.execute("CREATE TABLE books (title TEXT)")
        db.close()
        before = file.read_bytes()
        with pytest.raises(StoreError, match="a database of another program; choose another with --store"):
            Store(file)
        assert file.read_bytes() == before

    def test_a_newer_version(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        Store(file).close()
        monkeypatch.setattr(store, "MIGRATIONS", MIGRATIONS[:1])
        with pytest.raises(
            StoreError, match=r"newer version of compare \(store version 2, this one knows 1\)"
        ):
            Store(file)

    @pytest.mark.parametrize("kind", ["below a file", "a folder", "nowhere"])
    def test_a_place_that_cannot_be_written(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "taken").write_text("x", encoding="utf-8")
        (tmp_path / "dir").mkdir()
        places = {"below a file": tmp_path / "taken/s.db", "a folder": tmp_path / "dir"}
        path = places.get(kind, Path("/proc/no/store.db"))
        if kind == "nowhere" and not Path("/proc").is_dir():
            pytest.skip("no /proc here")
        with pytest.raises(StoreError, match="cannot be opened") as told:
            Store(path)
        assert str(path) in str(told.value)
        assert "\n" not in str(told.value)

    def test_a_file_cut_short(self, file: Path) -> None:
        kept = Store(file)
        for i in range(200):
            kept.put(result(f"k{i}", traceback="x" * 500), "aaaa", "moons")
        kept.close()
        file.write_bytes(file.read_bytes()[: 4096 * 3])
        with pytest.raises(StoreError, match="damaged"):  # noqa: PT012  # the one or the other tells
            broken = Store(file)
            try:
                broken.finished([task(f"k{i}") for i in range(200)])
                broken.facts()
            finally:
                broken.close()

    def test_a_full_disk_keeps_what_was_saved(self, opened: Store, file: Path) -> None:
        opened.put(result("a"), "aaaa", "moons")
        opened._db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StoreError, match="the disk is full"):  # noqa: PT012  # one of them is too much
            for i in range(100):
                opened.put(replace(result(f"k{i}"), traceback=os.urandom(3000).hex()), "aaaa", "moons")
        assert opened.finished([task("a")])[0]
        opened.close()
        assert sound(file)

    def test_another_program_that_holds_it(
        self, opened: Store, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "PATIENCE", 0.05)
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        other = Store(file)
        with pytest.raises(StoreError, match="another program has held it"):
            other.put(result("a"), "aaaa", "moons")
        holder.execute("ROLLBACK")
        other.put(result("a"), "aaaa", "moons")
        for db in (holder, other):
            db.close()

    def test_an_interrupt_in_the_middle_leaves_no_transaction_open(
        self, opened: Store, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted() -> Iterator[FitResult]:
            yield result("a")
            raise KeyboardInterrupt

        opened.put(result("a"), "aaaa", "moons")
        with pytest.raises(KeyboardInterrupt):
            opened.mark_used(interrupted())
        with pytest.raises(KeyboardInterrupt), store._transaction(opened._db):
            raise KeyboardInterrupt
        opened.put(result("b"), "aaaa", "moons")
        other = Store(file)
        assert other.facts().fits == 2
        other.close()


class TestMigrations:
    def test_a_new_store_is_of_the_newest_version(self, opened: Store) -> None:
        assert opened._db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
        assert opened._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"

    @pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
    def test_every_version_is_brought_on_with_its_rows(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, version: int
    ) -> None:
        more = "ALTER TABLE fits ADD COLUMN extra TEXT; CREATE TABLE extras (name TEXT)"
        monkeypatch.setattr(store, "MIGRATIONS", MIGRATIONS[:version])
        old = Store(file)
        old._db.execute(
            "INSERT INTO fits (key, run, dataset, model, repeat, fold, status, ran_at, used_at, result)"
            " VALUES ('a', 'aaaa', 'moons', 'tree', 0, 1, 'ok', '2026', '2026', ?)",
            (pack(result("a")),),
        )
        old._db.execute(
            "INSERT INTO runs (id, started, command, datasets, models, process, status, verdict)"
            " VALUES ('aaaa', '2026-11-01T12:00:00+00:00', 'fit', 'moons', 'tree', 1, 'complete', 'so')"
        )
        old.close()
        monkeypatch.setattr(store, "MIGRATIONS", (*MIGRATIONS, more))
        new = Store(file)
        assert new._db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS) + 1
        assert [r.key for r in new.finished([task("a")])[0]] == ["a"]
        assert [(run.id, run.verdict, run.fits) for run in new.runs()] == [("aaaa", "so", 0)]
        assert new._db.execute("SELECT extra FROM fits").fetchall() == [(None,)]
        new.close()

    def test_one_that_fails_leaves_the_file_as_it_was(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = Store(file)
        kept.put(result("a"), "aaaa", "moons")
        kept.close()
        wrong = "CREATE TABLE extras (name TEXT); DROP TABLE absent"
        monkeypatch.setattr(store, "MIGRATIONS", (*MIGRATIONS, wrong))
        with pytest.raises(StoreError, match="no such table"):
            Store(file)
        monkeypatch.undo()
        again = Store(file)
        assert again.facts().fits == 1
        tables = again._db.execute("SELECT name FROM sqlite_master WHERE name = 'extras'").fetchall()
        assert tables == []
        again.close()


def test_many_that_make_the_file_at_once_all_may_use_it(file: Path) -> None:
    faults: list[BaseException] = []
    start = threading.Barrier(8)

    def use(number: int) -> None:
        try:
            start.wait()
            kept = Store(file)
            for i in range(20):
                kept.put(result(f"{number}-{i}"), "aaaa", "moons")
            kept.close()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    kept = Store(file)
    assert kept.facts().fits == 160
    kept.close()
    assert sound(file)


class TestArchive:
    """Nothing that is wrong with the store stops a run."""

    def test_without_a_file_it_is_idle(self) -> None:
        archive = Archive(None)
        archive.put(result("a"), "aaaa", "moons")
        archive.put_run(RUN, lambda: pytest.fail("no document is made for nobody"))
        assert archive.finished([task("a")]) == []
        assert archive.notes == ()
        archive.close()

    def test_the_first_fault_is_told_once_and_closes_the_file(self, file: Path) -> None:
        archive = Archive(file)
        archive.put(result("a"), "aaaa", "moons")
        assert archive._store is not None
        archive._store._db.execute("DROP TABLE fits")
        for key in "bcd":
            archive.put(result(key), "aaaa", "moons")
        assert [n.code for n in archive.notes] == ["store_unusable"]
        assert archive._store is None

    def test_what_was_read_is_used_though_it_cannot_be_marked(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(self: Store, results: Any) -> None:
            raise StoreError("the disk is full")

        archive = Archive(file)
        archive.put(result("a"), "aaaa", "moons")
        monkeypatch.setattr(Store, "mark_used", full)
        assert [r.key for r in archive.finished([task("a")])] == ["a"]
        assert [n.code for n in archive.notes] == ["store_unusable"]

    def test_fresh_takes_nothing_but_keeps(self, file: Path) -> None:
        archive = Archive(file, fresh=True)
        archive.put(result("a"), "aaaa", "moons")
        assert archive.finished([task("a")]) == []
        archive.close()
        archive = Archive(file)
        assert len(archive.finished([task("a")])) == 1
        archive.close()

    def test_what_comes_from_the_store_is_not_put_again(self, file: Path) -> None:
        archive = Archive(file)
        archive.put(replace(result("a"), reused=True), "aaaa", "moons")
        assert archive.finished([task("a")]) == []
        archive.close()


def test_a_new_store_is_for_its_owner_only(opened: Store, file: Path) -> None:
    opened.put(result("a"), "aaaa", "moons")
    modes = {path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert modes == {0o600}
    assert len(list(file.parent.iterdir())) > 1, "what SQLite keeps beside it as well"


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be on a full disk: nothing can be written beside the file, as SQLite does it."""
    usual = Store._prepare

    def prepare(self: Store, db: sqlite3.Connection) -> None:
        if not self._alone:
            raise sqlite3.OperationalError("disk I/O error")
        usual(self, db)

    monkeypatch.setattr(Store, "_prepare", prepare)


def filled(file: Path, runs: int) -> list[StoredRun]:
    kept = Store(file)
    for number in range(runs):
        kept.put_run(replace(RUN, id=f"run{number}", status="complete"), os.urandom(9_000).hex())
    found = kept.runs()
    kept.close()
    return found


def test_runs_are_listed_where_nothing_can_be_written(file: Path, request: pytest.FixtureRequest) -> None:
    before = filled(file, 3)
    request.getfixturevalue("unwritable")
    with pytest.raises(StoreError, match="is the disk full"):
        Store(file)
    listed = api.runs(file)
    assert list(listed.runs) == before
    assert listed.facts.runs == 3


def test_a_store_that_must_be_changed_to_be_read_says_so(file: Path, request: pytest.FixtureRequest) -> None:
    filled(file, 1)
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 1")
    db.close()
    request.getfixturevalue("unwritable")
    with pytest.raises(StoreError, match="older version; it has to be writable once"):
        api.runs(file)


def test_a_full_disk_can_be_pruned(file: Path, request: pytest.FixtureRequest) -> None:
    filled(file, 30)
    size = file.stat().st_size
    request.getfixturevalue("unwritable")
    pruned = api.prune(keep=2, store=file)
    assert (pruned.runs, pruned.runs_left) == (28, 2)
    assert file.stat().st_size < size
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert sound(file)


@pytest.mark.parametrize("to_read", [True, False])
def test_a_folder_is_no_store(tmp_path: Path, to_read: bool) -> None:
    with pytest.raises(StoreError, match="cannot be opened: it is a folder; choose another"):
        Store(tmp_path, to_read=to_read)
    assert list(tmp_path.iterdir()) == []
