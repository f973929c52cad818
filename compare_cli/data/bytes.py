"""The bytes of a table, wherever they come from, compressed or not, and no more of them than there may be."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from compare_cli.errors import DataError, UsageError

COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
MAGIC = {
    b"\x1f\x8b": "gzip",
    **{b"BZh%d" % level + first: "bzip2" for level in range(1, 10) for first in (b"1A", b"\x17r")},
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # an archive without files
    b"PAR1": "parquet",
    **{bytes([first]) + b"*M\x18": "zstd" for first in range(0x50, 0x60)},  # a frame that holds no data
}
MAGIC_BYTES = max(len(magic) for magic in MAGIC)
PART = 4096  # bytes unpacked at a time: few enough that even zeros, packed 30,000 times, fit in memory
CHUNK = 1 << 18  # bytes read at a time: what fits in the processor's cache is read fastest
DOCUMENTS = {
    "xl/workbook.xml": "",
    "xl/workbook.bin": "a binary Excel workbook: save it as .xlsx or CSV",
    "word/document.xml": "a Word document: save its table as CSV",
    "ppt/presentation.xml": "a presentation: save its table as CSV",
    "content.xml": "an OpenDocument file: save its table as .xlsx or CSV",
}
"""What a zip archive with this member is; nothing needs to be said of an Excel workbook."""
SHARE = 4  # of the free memory: a table of text takes up to three times its bytes while it is read
MOST_FOR_XZ = 1 << 30  # bytes; 65 MiB at its own highest level, but a header may ask for any number


@dataclass(frozen=True)
class ByteSource:
    """Bytes that can be opened any number of times: a plain file, or bytes already in memory.

    ``made``: it is one of the built-in tables, whose target is called class.
    """

    name: str
    source: str
    path: Path | None = None
    data: bytes = b""
    made: bool = False

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
        """Whether the bytes begin as a Parquet file does, and go on as no text does."""
        head = self.head(PART)
        return head.startswith(b"PAR1") and any(byte < 9 for byte in head)

    @property
    def is_excel(self) -> bool:
        """Whether the bytes are an Excel workbook: the only zip archive that is not unpacked."""
        return self.head(4) == b"PK\x03\x04"


def open_path(path: Path, max_bytes: int | None = None) -> ByteSource:
    """Return the bytes of a file, decompressed where its first bytes say so.

    Raises DataError for what cannot be read, is damaged or has more than ``max_bytes``: by default a plain
    file may have any number, anything else a share of the free memory.
    """
    source = os.fspath(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(MAGIC_BYTES)
            if compression_of(head) is None and path.is_file() and not source.startswith("/dev/"):
                if max_bytes is not None:
                    Room(source, max_bytes).refuse(path.stat().st_size)
                return ByteSource(table_name(path), source, path=path)
            # A pipe or device can be read only once: its first bytes are not read again, they are kept.
            data = unpacked(stream, head, source, max_bytes)
    except OSError as error:
        raise DataError(f"{source}: cannot be read: {error.strerror or error}.") from None
    return ByteSource(table_name(path), source, data=data)


def open_stdin(max_bytes: int | None = None) -> ByteSource:
    """Return the bytes of standard input. Raises UsageError for a terminal, DataError as `open_path`."""
    stream = piped_stdin()
    data = unpacked(stream, stream.read(MAGIC_BYTES), "standard input", max_bytes)
    return ByteSource("stdin", "-", data=data)


class Room(io.BytesIO):
    """Memory for the bytes of a source that may have any number of them: it takes so many and no more."""

    def __init__(self, source: str, most: int | None) -> None:
        super().__init__()
        self.source, self.asked = source, most is not None
        self.most = most or free_memory() // SHARE

    def write(self, data: Any) -> int:
        """Keep the data. Raises DataError where there would be too many."""
        self.refuse(self.tell() + len(data))
        return super().write(data)

    def refuse(self, size: int) -> None:
        """Raise DataError where ``size`` bytes are too many."""
        if size > self.most:
            why = "as --max-bytes says" if self.asked else "a quarter of the free memory"
            raise DataError(
                f"{self.source}: has more than {self.most:,} bytes ({why}): use a part of its rows, "
                "or allow more with --max-bytes."
            )


def free_memory() -> int:
    """Return the bytes of memory that are free, for this container if there is one; 4 GiB if nobody says."""
    free = [4 << 30]
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = [int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) << 10]
    with contextlib.suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        used = int((group / "memory.current").read_text(encoding="ascii"))
        free.append(max(0, int((group / "memory.max").read_text(encoding="ascii")) - used))
    return min(free)


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
    known = {"csv", "tsv", "tab", "txt", "data", "dat", "jsonl", "ndjson", "json", "xlsx", "parquet", "pq"}
    return stem if dot and stem and suffix.lower() in known else name


def compression_of(head: bytes) -> str | None:
    """Name the compression that the first bytes of a file show, None for plain bytes."""
    found = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    return None if found == "parquet" else found


def unpacked(stream: BinaryIO, head: bytes, source: str, max_bytes: int | None) -> bytes:
    """Return what a stream holds after its ``head``, decompressed as the head says.

    Raises DataError where it is damaged or has too many bytes.
    """
    kind = compression_of(head)
    if kind in {None, "zip"}:
        room = Room(source, max_bytes)
        room.write(head)
        shutil.copyfileobj(stream, room, CHUNK)
        if kind is None:
            return room.getvalue()
    try:
        out = Room(source, max_bytes)
        if kind == "zip":
            if not _unzip(room, out):
                return room.getvalue()
        else:
            _frames(_with_head(head, stream), _decompressor(str(kind), source), out)
        data = out.getvalue()
        if compression_of(data[:MAGIC_BYTES]) is not None:
            raise DataError(f"{source}: is packed twice: unpack it once.")
        return data
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

        return lambda: lzma.LZMADecompressor(memlimit=MOST_FOR_XZ)
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


def _with_head(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield the parts of a stream whose first bytes were read already."""
    yield head
    while part := stream.read(PART):
        yield part


def _frames(packed: Iterable[bytes], decompressor: Callable[[], Any], out: Room) -> None:
    """Write the bytes of all frames, one after another; zeros may follow the last, as on a tape.

    Raises EOFError where the last frame is cut off, the library's error for anything that is no frame.
    """
    frame = None
    for part in packed:
        while part:
            if frame is None and not (part := part.lstrip(b"\0")):
                break
            frame = frame or decompressor()
            out.write(frame.decompress(part))
            part = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("it ends too early")


def _unzip(packed: BinaryIO, out: Room) -> bool:
    """Write the one file of an archive; return False for an Excel workbook, which stays as it is."""
    import zipfile

    source = out.source
    with zipfile.ZipFile(packed) as archive:
        for document in {*DOCUMENTS}.intersection(archive.namelist()):
            if not DOCUMENTS[document]:
                return False
            raise DataError(f"{source}: is {DOCUMENTS[document]}.")
        members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
        if len(members) != 1:
            what = f"{len(members)} files" if members else "no file"
            raise DataError(f"{source}: holds {what}, and one table is needed: unpack it and name the file.")
        if members[0].flag_bits & 1:
            raise DataError(f"{source}: is encrypted: unpack it first.")
        with archive.open(members[0]) as member:
            shutil.copyfileobj(member, out, CHUNK)
        return True
