"""The bytes of a table, wherever they come from, compressed or not, and the encoding of their text.

The encoding is told by a byte-order mark, else by the user, else it is strict UTF-8. Detectors are wrong too
often on short tables to act on their guess; it is offered as a hint.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from compare_cli.errors import DataError, UsageError, nearest

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
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
COMMON = (
    "utf-8", "utf-16", "cp1252", "latin-1", "cp1251", "cp949", "gb18030", "gbk", "big5", "shift_jis", "cp932"
)  # fmt: skip
CYRILLIC = frozenset(
    {"kz1048", "cp1251", "mac-cyrillic", "koi8-r", "koi8-u", "iso8859-5", "cp866", "ptcp154"}
)
CHUNK = 1 << 20
SHARE = 4  # of the free memory: a table of text takes up to three times its bytes while it is read
MOST_FOR_XZ = 1 << 30  # bytes; 65 MiB at its own highest level, but a header may ask for any number
MAX_NULS = 0.05  # share of a text; stray NULs are taken out


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
        """Whether the bytes begin as a Parquet file does."""
        return self.head(4) == b"PAR1"


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
    known = {"csv", "tsv", "tab", "txt", "data", "dat", "parquet", "pq"}
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
            _unzip(room, out)
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


def _unzip(packed: BinaryIO, out: Room) -> None:
    import zipfile

    source = out.source
    with zipfile.ZipFile(packed) as archive:
        members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
        if len(members) != 1:
            raise DataError(
                f"{source}: holds {len(members)} files, and one table is needed: unpack it and name the file."
            )
        if members[0].flag_bits & 1:
            raise DataError(f"{source}: is encrypted: unpack it first.")
        with archive.open(members[0]) as member:
            shutil.copyfileobj(member, out, CHUNK)


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes tells: the codec that fits them, which quotes occur, and NUL bytes."""

    encoding: str
    quotes: frozenset[str]
    nuls: bool = False


def scan(text: ByteSource, wanted: str | None) -> Scan:
    """Find the codec that reads the whole text; every byte is checked.

    Raises UsageError for an unknown codec, DataError (offset, line, hint) for bytes that do not fit.
    """
    head = text.head(4)
    marked = next((codec for mark, codec in MARKS if head.startswith(mark)), None)
    codec = marked or known_encoding(wanted or "utf-8")
    seen = _check(text, codec)
    return Scan(codec, seen - {"\0"}, "\0" in seen)


def known_encoding(name: str) -> str:
    """Return the codec of this name. Raises UsageError where there is none for text."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        raise UsageError(f"--encoding {name}: no such encoding.{nearest(name, COMMON)}") from None
    if not getattr(info, "_is_text_encoding", True):
        raise UsageError(f"--encoding {name}: does not make text.{nearest(name, COMMON)}")
    return info.name


def _check(text: ByteSource, codec: str) -> frozenset[str]:
    """Decode in chunks without keeping anything (fast where the text is ASCII); return quotes and NULs seen.

    Raises DataError for bytes that the codec does not know, and where so many are NUL that it is no text.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    plain = codec in {"utf-8", "utf-8-sig"}
    quotes: set[str] = set()
    offset = 0
    with text.open() as stream:
        while chunk := stream.read(CHUNK):
            if plain and b"\0" in chunk:
                if chunk.count(0) > MAX_NULS * len(chunk):
                    raise _nul(text, offset + chunk.index(b"\0"))
                quotes.add("\0")
            quotes.update(quote for quote in "\"'" if quote not in quotes and quote.encode() in chunk)
            pending = len(decoder.getstate()[0]) if plain else 0
            try:
                if pending or not (plain and offset and chunk.isascii()):
                    decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise _undecodable(text, codec, offset + max(0, error.start - pending)) from None
            offset += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _undecodable(text, codec, max(0, offset - 1)) from None
    return frozenset(quotes)


def _nul(text: ByteSource, offset: int) -> DataError:
    head = text.head(400)
    places = [head[at::4].count(0) > len(head) / 5 for at in range(4)]
    wide = {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }
    if codec := wide.get((places[0], places[1], places[2], places[3])):
        name = codec[:6].upper()
        return DataError(f"{text.source}: is not UTF-8; it looks like {name}: try --encoding {codec}.")
    return DataError(
        f"{text.source}: a NUL byte at offset {offset}: this is not a text table, or it is damaged."
    )


def _undecodable(text: ByteSource, codec: str, offset: int) -> DataError:
    line = text.head(offset).count(b"\n") + 1
    name = "UTF-8" if codec.startswith("utf-8") else codec
    guess = guess_encoding(text, offset)
    return DataError(
        f"{text.source}: line {line} (byte {offset}) is not {name}; "
        f"it looks like {guess}: try --encoding {guess}."
    )


def guess_encoding(text: ByteSource, offset: int) -> str:
    """Guess a codec from the bytes around the first one that is not UTF-8; a hint only.

    Detectors name rare relatives of the usual codecs on short texts; the usual one is offered.
    """
    import chardet

    with text.open() as stream:
        stream.seek(max(0, offset - 2000))
        found = chardet.detect(stream.read(20_000)).get("encoding") or "cp1252"
    try:
        name = codecs.lookup(found).name
    except LookupError:
        return "cp1252"
    if name in CYRILLIC:
        return "cp1251"
    return name if name in COMMON[5:] else "cp1252"
