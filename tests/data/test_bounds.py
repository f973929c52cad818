"""What a source may take: bombs, endless sources and tables that are too large end in one short line."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest_types import Write

from compare_cli.data import bytes as data_bytes
from compare_cli.data import read, read_cells, table
from compare_cli.errors import DataError

LARGE = b"a,b,y\n" + b"1,2,x\n2,1,y\n" * (1 << 18)  # 3 MiB


def zipped(text: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", text)
    return file.getvalue()


def zstd(text: bytes) -> bytes:
    return bytes(pytest.importorskip("zstandard").ZstdCompressor().compress(text))


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda text: gzip.compress(text, 1),
    "bz2": bz2.compress,
    "xz": lambda text: lzma.compress(text, preset=0),
    "zip": zipped,
    "zst": zstd,
}


@pytest.mark.parametrize("kind", [name if name != "zst" else pytest.param(name, marks=pytest.mark.extra)
                                  for name in PACK])  # fmt: skip
def test_a_bomb_is_refused_before_memory_runs_out(
    write: Write, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = write(PACK[kind](LARGE), f"bomb.csv.{kind}")
    monkeypatch.setattr(data_bytes, "free_memory", lambda: 8 << 20)
    with pytest.raises(DataError, match=r"has more than 2,097,152 bytes \(a quarter of the free memory\)"):
        read(path)
    assert len(read(write(PACK[kind](LARGE[:60_000]), f"small.csv.{kind}")).y) == 9999


def test_a_bomb_in_a_bomb_is_no_table(write: Write) -> None:
    path = write(gzip.compress(gzip.compress(LARGE, 1)), "twice.csv.gz")
    with pytest.raises(DataError, match="packed twice: unpack it once"):
        read(path)


def test_xz_that_asks_for_gigabytes(write: Write) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    packed = bytearray(lzma.compress(b"a,y\n1,x\n", check=lzma.CHECK_NONE, filters=filters))
    with pytest.raises(DataError, match="the xz data is damaged"):
        read(write(bytes(packed), "large.xz"))


@pytest.mark.parametrize("text", [b"y\n", b"\0", b"a,b\n1,2\n"])
def test_an_endless_pipe_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr(data_bytes, "free_memory", lambda: 8 << 20)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def pour() -> None:
        with contextlib.suppress(BrokenPipeError), pipe.open("wb") as stream:
            while True:
                stream.write(text * 1000)

    pouring = threading.Thread(target=pour, daemon=True)
    pouring.start()
    with pytest.raises(DataError, match="has more than"):
        read(pipe)
    pouring.join(10)
    assert not pouring.is_alive()


def test_dev_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_bytes, "free_memory", lambda: 8 << 20)
    with pytest.raises(DataError, match="/dev/zero: has more than"):
        read("/dev/zero")


def test_a_plain_file_is_bounded_where_it_is_said(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_bytes, "free_memory", lambda: 800)
    path = write("a,b,y\n" + "1,2,x\n2,1,y\n" * 100)
    assert len(read(path).y) == 200
    with pytest.raises(DataError, match=r"more than 1,000 bytes \(as --max-bytes says\)"):
        read(path, max_bytes=1000)
    assert len(read(path, max_bytes=2000).y) == 200


@pytest.mark.extra
def test_a_parquet_file_of_few_bytes_and_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "bomb.parquet"
    pd.DataFrame({"a": np.zeros(1_000_000), "y": np.zeros(1_000_000)}).to_parquet(path)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(data_bytes, "free_memory", lambda: 8 << 20)
    with pytest.raises(DataError, match="has more than 2,097,152 bytes"):
        read(path)


def test_free_memory_is_some() -> None:
    assert (64 << 20) < data_bytes.free_memory() < (1 << 50)


def test_more_columns_than_can_be_compared(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = "has 100,001 columns; at most 100,000 can be compared: write those that matter, and the target,"
    numbers = ",".join("1" for _ in range(100_000))
    path = write(",".join(f"g{at}" for at in range(100_000)) + ",y\n" + f"{numbers},a\n{numbers},b\n" * 2)
    with pytest.raises(DataError, match=wide):
        read(path)
    monkeypatch.setattr(table, "MAX_COLUMNS", 2)
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [4.0, 3, 2, 2], "y": list("uvuv")})
    assert read(frame[["a", "y"]]).classes == ("u", "v")
    with pytest.raises(DataError, match="DataFrame: has 3 columns; at most 2"):
        read(frame)


NO_END = {
    "blank lines": "\n" * 3000 + "a,b,y\n",
    "remarks": " %\n" * 900 + "a,b,y\n",
    "blanks behind a digit": "a,b,y\n1" + " " * 100_000 + "(,2,p\n" * 2,
    "digits and a letter": "a,b,y\n" + "1" * 100_000 + "x,2,p\n3,4,q\n" * 2,
    "a class of zeros": "a,b,y\n" + f"1,2,1.{'0' * 100_000}x\n3,4,q\n" * 2,
    "a weekday without end": "a,b,y\n" + f"Mon{' ' * 100_000}1,2,p\n3,4,q\n" * 2,
    "quotes": "a,b,y\n1," + 'x"' * 20_000 + "\n" + "1,2,p\n3,4,q\n" * 9,
}


@pytest.mark.parametrize("name", NO_END)
def test_patterns_take_no_time_for_text_without_end(write: Write, name: str) -> None:
    path, began = write(NO_END[name]), time.process_time()
    for way in (read, read_cells):
        with contextlib.suppress(DataError):
            way(path)
    assert time.process_time() - began < 5
