"""The bytes of a table, wherever they come from: a path, standard input, compressed or not."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from compare_cli.errors import DataError, UsageError

COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PAR1": "parquet",
}
MAGIC_BYTES = max(len(magic) for magic in MAGIC)
PART = 4096  # bytes unpacked at a time: few enough that even zeros, packed 30,000 times, fit in memory


@dataclass(frozen=True)
class ByteSource:
    """Bytes that can be opened any number of times: a plain file, or bytes already in memory."""

    name: str
    source: str
    path: Path | None = None
    data: bytes = b""

    def open(self) -> BinaryIO:
        """Open the bytes from the start."""
        return io.BytesIO(self.data) if self.path is None else self.path.open("rb")

    def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes, or fewer."""
        with self.open() as stream:
            return stream.read(size)

    def all(self) -> bytes:
        """Return all bytes."""
        return self.data if self.path is None else self.path.read_bytes()

    @property
    def is_parquet(self) -> bool:
        """Whether the bytes begin as a Parquet file does."""
        return self.head(4) == b"PAR1"


def open_path(path: Path) -> ByteSource:
    """Return the bytes of a file, decompressed where its first bytes say so.

    Raises DataError for what cannot be read or is damaged.
    """
    source = os.fspath(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(MAGIC_BYTES)
            if compression_of(head) is None and path.is_file() and not source.startswith("/dev/"):
                return ByteSource(table_name(path), source, path=path)
            # A pipe or device can be read only once: its first bytes are not read again, they are kept.
            data = head + stream.read()
    except OSError as error:
        raise DataError(f"{source}: cannot be read: {error.strerror or error}.") from None
    return ByteSource(table_name(path), source, data=decompress(data, source))


def open_stdin() -> ByteSource:
    """Return the bytes of standard input. Raises UsageError when it is a terminal."""
    return ByteSource("stdin", "-", data=decompress(piped_stdin().read(), "standard input"))


def piped_stdin() -> BinaryIO:
    """Return standard input, unread. Raises UsageError when it is a terminal."""
    stream: BinaryIO | None = getattr(sys.stdin, "buffer", None)
    if stream is None or sys.stdin.isatty():
        raise UsageError("- reads a table from standard input, but nothing is piped into it: give a file.")
    return stream


def table_name(path: Path) -> str:
    """Return a file's name without the suffixes of compression and table format."""
    name = path.name
    for suffix in COMPRESSED_SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
            break
    stem, dot, suffix = name.rpartition(".")
    known = {"csv", "tsv", "tab", "txt", "data", "dat", "parquet", "pq"}
    return stem if dot and stem and suffix.lower() in known else name


def compression_of(head: bytes) -> str | None:
    """Name the compression that the first bytes of a file show, None for plain bytes."""
    found = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    return None if found == "parquet" else found


def decompress(data: bytes, source: str) -> bytes:
    """Return the bytes themselves, decompressed as their first bytes say. Raises DataError when damaged."""
    kind = compression_of(data[:MAGIC_BYTES])
    if kind is None:
        return data
    try:
        return (
            _unzip(data, source) if kind == "zip" else _frames(io.BytesIO(data), _decompressor(kind, source))
        )
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise _damaged(source, kind, error) from None
    except Exception as error:
        # zlib, lzma, zipfile and zstandard each have an error class of their own.
        if type(error).__name__ in {"error", "LZMAError", "BadZipFile", "ZstdError"}:
            raise _damaged(source, kind, error) from None
        raise


def _damaged(source: str, kind: str, error: Exception) -> DataError:
    return DataError(
        f"{source}: the {kind} data is damaged ({str(error) or type(error).__name__}); fetch it again."
    )


def _decompressor(kind: str, source: str) -> Callable[[], Any]:
    """Return what makes a decompressor of one frame. Raises UsageError where a package is missing."""
    if kind == "gzip":
        import zlib

        return lambda: zlib.decompressobj(wbits=31)  # 31: with gzip's header, whose checksum is compared
    if kind == "bzip2":
        import bz2

        return bz2.BZ2Decompressor
    if kind == "xz":
        import lzma

        return lzma.LZMADecompressor
    if sys.version_info >= (3, 14):
        from compression import zstd

        return zstd.ZstdDecompressor
    try:
        import zstandard
    except ImportError:
        raise UsageError(
            f"{source}: zstd needs the package zstandard: pip install 'compare-cli[zstd]'."
        ) from None
    return lambda: zstandard.ZstdDecompressor().decompressobj()


def _frames(packed: BinaryIO, decompressor: Callable[[], Any]) -> bytes:
    """Return the bytes of all frames, one after another; zeros may follow the last, as on a tape.

    Raises EOFError where the last frame is cut off, the library's error for anything that is no frame.
    """
    out = io.BytesIO()
    frame = None
    while part := packed.read(PART):
        while part:
            if frame is None and not (part := part.lstrip(b"\0")):
                break
            frame = frame or decompressor()
            out.write(frame.decompress(part))
            part = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("it ends too early")
    return out.getvalue()


def _unzip(data: bytes, source: str) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
        if len(members) != 1:
            raise DataError(
                f"{source}: holds {len(members)} files, and one table is needed: unpack it and name the file."
            )
        if members[0].flag_bits & 1:
            raise DataError(f"{source}: is encrypted: unpack it first.")
        return archive.read(members[0])
