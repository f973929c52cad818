"""What the sources of a bench stand for: folders, patterns, suites; once each, under names of their own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pandas as pd
import pytest

from compare_cli.data import builtin_names, expand, named, read
from compare_cli.data.named import CLASSICS, load_classic
from compare_cli.data.sources import Entry
from compare_cli.errors import DataError, UsageError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Work in a folder of its own; create empty files there."""
    monkeypatch.chdir(tmp_path)

    def create(*names: str) -> None:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"a,b\n")

    return create


def names(*sources: object) -> list[str]:
    return [entry.name for entry in expand(sources)]  # type: ignore[arg-type]


def test_without_sources_every_built_in_data_set() -> None:
    assert names() == [name for name, _ in builtin_names()]


def test_a_folder_is_its_tables_sorted(here: Callable[..., None]) -> None:
    here("d/b.csv", "d/a.TSV.gz", "d/c.parquet", "d/e.csv.zst", "d/f.pq", "d/README.md", "d/notes.txt")
    here("d/.hidden.csv", "d/sub/g.csv", "d/x.zip", "d/csv")
    assert names("d") == ["a", "b", "c", "e", "f"]
    assert names("d/") == names(Path("d")) == names("d")
    assert next(entry.source for entry in expand(["d"])) == Path("d/a.TSV.gz")


def test_a_folder_without_tables_is_told(here: Callable[..., None]) -> None:
    here("d/README.md")
    with pytest.raises(DataError, match=r"^d: holds no tables \(\.csv, "):
        expand(["d"])


def test_a_folder_of_idx_files_stays_one_data_set(here: Callable[..., None]) -> None:
    here("letters/train-images-idx3-ubyte", "letters/train-labels-idx1-ubyte.gz", "letters/a.csv")
    assert expand(["letters"]) == [
        Entry(Path("letters"), "letters", Path("letters").resolve(), Path("letters"))
    ]
    here("train/train.csv")
    assert names("train") == ["train"]


def test_a_pattern_is_what_matches(here: Callable[..., None]) -> None:
    here("d/b.csv", "d/a.csv", "d/c.txt", "e/deep/f.csv", "x[1].csv")
    assert names("d/*.csv") == ["a", "b"]
    assert names("d/[ac].*") == ["a", "c"], "what a pattern names need not look like a table"
    assert names("**/f.csv") == ["f"]
    assert names("x[1].csv") == ["x[1]"], "a path that exists is no pattern"
    with pytest.raises(DataError, match=r"^d/\*\.tsv: no file matches"):
        expand(["d/*.tsv"])


def test_folders_that_match_are_opened(here: Callable[..., None]) -> None:
    here("set1/a.csv", "set2/b.csv")
    assert names("set*") == ["a", "b"]


def test_each_data_set_once(here: Callable[..., None]) -> None:
    here("d/a.csv", "d/b.csv")
    Path("d/link.csv").symlink_to("a.csv")
    assert names("d/b.csv", "d", "d/*.csv", "./d/a.csv") == ["b", "a"]
    assert names("moons", "iris", "moons", "openml:61", "openml: 61", "-", "-") == [
        "moons",
        "iris",
        "openml:61",
        "stdin",
    ]


def test_a_built_in_name_is_a_data_set_even_beside_such_a_file(here: Callable[..., None]) -> None:
    here("moons", "moons.csv")
    assert [entry.source for entry in expand(["moons"])] == ["moons"]
    assert names("moons", "moons.csv") == ["moons", "moons.csv"]
    assert names("moons.csv") == ["moons"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["a/t.csv", "b/t.csv", "b/u.csv"], ["a/t", "b/t", "u"]),
        (["x/a/t.csv", "y/a/t.csv"], ["x/a/t", "y/a/t"]),
        (["a/t.csv", "a/t.tsv"], ["t.csv", "t.tsv"]),
        (["a/t.csv", "b/t.csv", "b/t.tsv"], ["a/t.csv", "b/t.csv", "b/t.tsv"]),
        (["a/t.csv", "a/t.csv.gz"], ["t.csv", "t.csv.gz"]),
    ],
)
def test_files_of_one_name_are_told_apart_by_their_path(
    here: Callable[..., None], files: list[str], told: list[str]
) -> None:
    here(*files)
    assert names(*files) == told


def test_frames_and_data_sets_pass_through() -> None:
    frame, data = pd.DataFrame({"a": [1, 2]}), read("tiny")
    assert [entry.source for entry in expand([frame, data, frame])] == [frame, data]


@pytest.mark.parametrize(
    ("source", "error", "told"),
    [
        ("irsi", DataError, "Did you mean 'iris'"),
        ("d/aa.csv", DataError, "Did you mean 'a.csv'"),
        ("none/*.csv", DataError, "no file matches"),
        ("openml:", UsageError, "needs a number or a name"),
        ("openml:suite/", UsageError, "number or alias"),
        ("openml:suite/../../etc", UsageError, "number or alias"),
    ],
)
def test_what_does_not_exist_is_told(
    here: Callable[..., None], source: str, error: type[Exception], told: str
) -> None:
    here("d/a.csv")
    with pytest.raises(error, match=told) as raised:
        expand(["moons", source])
    assert "\n" not in str(raised.value)


def test_nothing_piped_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match="nothing is piped"):
        expand(["moons", "-"])


def test_names_that_come_with_the_data_are_told_apart_by_their_source() -> None:
    entry = Entry("openml:61", "openml:61", "openml:61", known=False)
    assert entry.name_among("iris", []) == "iris"
    assert entry.name_among("iris", ["iris"]) == "iris (openml:61)"
    assert Entry(Path("x"), "x", 1).name_among("other", ["x", "x (2)"]) == "x (3)"


class Server:
    """An OpenML on this machine: answers by path, and what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                code, body = outer.answers.get(self.path, (412, b'{"error": {"code": "600"}}'))
                self.send_response(code)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def openml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    server = Server()
    monkeypatch.setattr("compare_cli.data.named.SERVER", server.url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    thread = Thread(target=server.http.serve_forever, daemon=True)
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


def study(*numbers: object) -> bytes:
    return json.dumps({"study": {"id": "99", "data": {"data_id": list(numbers)}}}).encode()


def test_a_suite_is_its_data_sets_in_order_and_is_kept(openml: Server) -> None:
    openml.answers["/api/v1/json/study/99"] = (200, study("31", 3, "31", "1590"))
    assert names("openml:suite/99", "openml:3") == ["openml:31", "openml:3", "openml:1590"]
    assert [entry.source for entry in expand(["openml:suite/99"])] == ["openml:31", "openml:3", "openml:1590"]
    assert openml.asked == ["/api/v1/json/study/99"], "the second time from the cache"


def test_a_suite_by_alias_and_of_one(openml: Server) -> None:
    openml.answers["/api/v1/json/study/OpenML-CC18"] = (200, b'{"study": {"data": {"data_id": "7"}}}')
    assert names("openml:suite/OpenML-CC18") == ["openml:7"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((412, b""), "openml.org answers 412: check the suite's number"),
        ((500, b""), "answers 500"),
        ((200, b"<html>"), "is no suite of data sets"),
        ((200, b'{"study": {"runs": {}}}'), "is no suite of data sets"),
        ((200, b'{"study": {"data": {"data_id": ["a"]}}}'), "is no suite of data sets"),
        ((200, b"\xff\xfe"), "is no suite of data sets"),
    ],
)
def test_a_suite_that_is_none_is_told_and_not_kept(
    openml: Server, answer: tuple[int, bytes], told: str
) -> None:
    openml.answers["/api/v1/json/study/1"] = answer
    for _ in range(2):
        with pytest.raises(DataError, match=told) as raised:
            expand(["openml:suite/1"])
        assert "\n" not in str(raised.value)
    assert len(openml.asked) == 2


def test_offline_a_suite_is_told_in_one_line_unless_it_is_kept(openml: Server, monkeypatch) -> None:
    openml.answers["/api/v1/json/study/99"] = (200, study(5))
    assert names("openml:suite/99") == ["openml:5"]
    monkeypatch.setattr("compare_cli.data.named.SERVER", "http://127.0.0.1:9")
    assert names("openml:suite/99") == ["openml:5"]
    with pytest.raises(DataError, match=r"openml:suite/2: openml.org cannot be reached \(.*\); give files"):
        expand(["openml:suite/2"])


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(openml: Server, tmp_path: Path) -> None:
    openml.answers["/api/v1/json/study/99"] = (200, study(5))
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert names("openml:suite/99") == ["openml:5"]


def test_a_suite_is_for_a_bench() -> None:
    with pytest.raises(UsageError, match="compare bench openml:suite/99"):
        read("openml:suite/99")


def test_what_a_folder_holds_can_be_read(tmp_path: Path) -> None:
    text = "x,class\n" + "\n".join(f"{i * 37 % 11},{'ab'[i % 2]}" for i in range(20)) + "\n"
    (tmp_path / "plain.csv").write_text(text)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(text.replace("x", "y").encode()))
    assert [read(entry.source).name for entry in expand([tmp_path])] == ["packed", "plain"]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CLASSICS)
def test_the_classics_are_those_of_scikit_learn(name: str) -> None:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = load_classic(name).frame
    assert frame.drop(columns="class").equals(bunch.data)
    assert frame["class"].tolist() == [str(bunch.target_names[code]) for code in bunch.target]


def test_a_classic_that_is_not_where_it_was_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(named.CLASSIC_FILES, "iris", "moved.csv")
    with pytest.raises(DataError, match=r"iris: scikit-learn has no file .*moved\.csv"):
        read("iris")
