"""Which encoding reads a text: told by a byte-order mark, else by the user, else it is strict UTF-8.

Detectors are wrong too often on short tables to act on their guess; it is offered as a hint.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from compare_cli.data.bytes import CHUNK, ByteSource
from compare_cli.errors import DataError, UsageError, nearest

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
CONTROL = re.compile(rb"[\0-\x08\x0e-\x19\x1c-\x1f]")  # not the ends of files of DOS, nor escapes
MAX_CONTROL = (
    0.01  # of the bytes around one that does not fit, in a text of any encoding of one or more bytes
)
AROUND = 200
MAX_NULS = 0.05  # share of a text; stray NULs are taken out


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes tells: the codec that fits them, which quotes occur, NUL bytes, and #."""

    encoding: str
    quotes: frozenset[str]
    nuls: bool = False
    hashes: bool = True


def scan(text: ByteSource, wanted: str | None) -> Scan:
    """Find the codec that reads the whole text; every byte is checked.

    Raises UsageError for an unknown codec, DataError (offset, line, hint) for bytes that do not fit.
    """
    head = text.head(4)
    marked = next((codec for mark, codec in MARKS if head.startswith(mark)), None)
    codec = marked or known_encoding(wanted or "utf-8")
    seen = _check(text, codec)
    return Scan(codec, seen & {'"', "'"}, "\0" in seen, "#" in seen or not codec.startswith("utf-8"))


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
    """Decode in chunks without keeping anything (fast where the text is ASCII); return quotes, NUL, # seen.

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
            quotes.update(quote for quote in "\"'#" if quote not in quotes and quote.encode() in chunk)
            pending = len(decoder.getstate()[0]) if plain else 0
            try:
                if pending or not (plain and offset and chunk.isascii()):
                    decoder.decode(chunk)
            except UnicodeError as error:  # of which UTF-16 without its mark is one without a place
                start = getattr(error, "start", 0)
                raise _undecodable(text, codec, offset + max(0, start - pending)) from None
            offset += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
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
    with text.open() as stream:
        stream.seek(max(0, offset - AROUND))
        around = stream.read(2 * AROUND)
    wide = codec.startswith(("utf-16", "utf-32"))
    if not wide and len(CONTROL.findall(around)) > MAX_CONTROL * len(around):
        return DataError(
            f"{text.source}: is no text (byte {offset}): it is damaged, or a file of a kind that is not "
            "read; save the table as CSV or Parquet."
        )
    told = f"{text.source}: line {line} (byte {offset}) is not {name}; "
    if name != "UTF-8" and _is_utf8(text):
        return DataError(f"{told}it is UTF-8: leave --encoding out.")
    if wide and text.head(4).startswith(tuple(mark for mark, _ in MARKS)):
        return DataError(f"{told}the file is cut off or damaged: fetch it again.")
    guess = guess_encoding(text, offset)
    return DataError(f"{told}it looks like {guess}: try --encoding {guess}.")


def _is_utf8(text: ByteSource) -> bool:
    """Whether the beginning of a text is UTF-8, and none of UTF-16 or 32."""
    head = text.head(CHUNK)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


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
