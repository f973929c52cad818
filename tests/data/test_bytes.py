"""Bytes from pipes and devices, compressed bytes, and what is wrong with them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from compare_cli.data import read
from compare_cli.errors import DataError

BIG = "a,class\n" + "".join(f"{i % 97},{'pq'[i % 2]}\n" for i in range(20_000))


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", data)
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression.zstd import compress
    else:
        compress = pytest.importorskip("zstandard", reason="the extra 'zstd' is not installed").compress
    packed: bytes = compress(data)
    return packed


PACKED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd, "zip": zipped}
FRAMES = [kind for kind in PACKED if kind != "zip"]
DAMAGED = "data is damaged"


def fed(path: Path, data: bytes) -> threading.Thread:
    """Make a FIFO and write data into it from another thread."""
    os.mkfifo(path)
    feeder = threading.Thread(target=lambda: path.write_bytes(data))
    feeder.start()
    return feeder


needs_fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")


@needs_fifos
@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())], ids=["plain", "gz"])
def test_a_fifo_is_read_whole(tmp_path: Path, pack: Callable[[str], bytes]) -> None:
    feeder = fed(tmp_path / "fifo", pack(BIG))
    dataset = read(tmp_path / "fifo")
    feeder.join()
    assert len(dataset.y) == 20_000


@needs_fifos
def test_test_set_from_a_fifo(tmp_path: Path) -> None:
    from compare_cli import api

    (tmp_path / "t.csv").write_text(BIG)
    feeder = fed(tmp_path / "fifo", BIG.encode())
    dataset = api.read(tmp_path / "t.csv", test=tmp_path / "fifo")
    feeder.join()
    assert dataset.test is not None
    assert len(dataset.test.y) == 20_000


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="the system has no /dev/stdin")
@pytest.mark.parametrize("piped", [True, False])
@pytest.mark.parametrize("source", ["/dev/stdin", "/dev/fd/0", "-"])
def test_standard_input_by_any_name(tmp_path: Path, source: str, piped: bool) -> None:
    (tmp_path / "t.csv").write_text(BIG)
    code = f"from compare_cli.data import read; print(len(read({source!r}).y))"
    with (tmp_path / "t.csv").open("rb") as stream:
        given = {"input": BIG.encode()} if piped else {"stdin": stream}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, **given)
    assert done.stdout == b"20000\n", done.stderr.decode()


@pytest.mark.parametrize("kind", PACKED)
def test_compressed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"t.csv.{kind}"
    path.write_bytes(PACKED[kind](BIG.encode()))
    dataset = read(path)
    assert (dataset.name, len(dataset.y)) == ("t", 20_000)


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_cut_off_anywhere_is_damaged(tmp_path: Path, kind: str, share: float) -> None:
    packed = PACKED[kind](BIG.encode())
    path = tmp_path / f"t.csv.{kind}"
    path.write_bytes(packed[: int(len(packed) * share)])
    with pytest.raises(DataError, match=DAMAGED):
        read(path)
    path.write_bytes(packed[:-1])
    with pytest.raises(DataError, match=DAMAGED):
        read(path)


@pytest.mark.parametrize("kind", FRAMES)
def test_several_frames_are_one_text(tmp_path: Path, kind: str) -> None:
    pack, path = PACKED[kind], tmp_path / f"t.csv.{kind}"
    first, second = pack(BIG[:50_000].encode()), pack(BIG[50_000:].encode())
    path.write_bytes(first + pack(b"") + second)
    assert len(read(path).y) == 20_000
    path.write_bytes(first + second[:-9])
    with pytest.raises(DataError, match=DAMAGED):
        read(path)


@pytest.mark.parametrize("kind", FRAMES)
def test_what_follows_the_last_frame(tmp_path: Path, kind: str) -> None:
    packed, path = PACKED[kind](BIG.encode()), tmp_path / f"t.csv.{kind}"
    path.write_bytes(packed + bytes(1024))  # a tape's last block is filled with zeros
    assert len(read(path).y) == 20_000
    path.write_bytes(packed + b"something else")
    with pytest.raises(DataError, match=DAMAGED):
        read(path)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zip"])  # zstd writes no checksum unless asked to
def test_a_flipped_bit_is_found(tmp_path: Path, kind: str) -> None:
    packed, path = bytearray(PACKED[kind](BIG.encode())), tmp_path / f"t.csv.{kind}"
    packed[len(packed) // 2] ^= 16
    path.write_bytes(bytes(packed))
    with pytest.raises(DataError, match=DAMAGED):
        read(path)
