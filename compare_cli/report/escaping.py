"""Text from data is hostile: make names and labels safe to show, wherever they are shown."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

# What a terminal or file that cannot show a character gets instead.
ASCII = (
    str.maketrans("−–·─╸×●○━│▲▼²µ’“”", '-----x*o=|^v2u\'""')
    | str.maketrans(dict.fromkeys("┌┐└┘├┤┬┴┼┝┥┿", "+"))
    | str.maketrans({"±": "+/-", "…": "...", "≤": "<=", "≥": ">=", "α": "alpha", "Δ": "delta", "σ": "sigma"})
)


# What has no width of its own but is no control or format character: joiners, fillers, selectors of variants.
_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
_UNSEEN += "".join(map(chr, (*range(0xFE00, 0xFE0E), *range(0xE0100, 0xE01F0))))
_NO_SIGN = re.compile(f"[{_UNSEEN}]")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
LONGEST_WORD, LONGEST = 300, 2_000  # characters of a word, and of a text that is one value or message


def printable(text: str) -> str:
    """Return a text that is safe to show.

    Control, format and line-separating characters (escape sequences, bidi marks), and fillers that nobody
    sees become "�". Words of more than 300 letters, which no sentence but a name in a table may have, lose
    their ends.
    """
    if not text.isascii():
        text = _NO_SIGN.sub("�", text)
    if not text.isprintable():
        text = "".join("�" if unicodedata.category(ch) in _HIDDEN else ch for ch in text)
    if len(text) <= LONGEST_WORD:
        return text
    return re.sub(rf"\S{{{LONGEST_WORD + 1},}}", lambda word: shortened(word[0], LONGEST_WORD), text)


def brief(text: str) -> str:
    """Make a text of any length safe to show; a long one loses its middle, as hints stand at the end."""
    text = printable(text)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST * 2 // 3]} … {text[-(LONGEST // 3) :]}"
    return text


def shortened(text: str, width: int) -> str:
    """Cut a printable text to ``width`` characters, the last being an ellipsis."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def cells(text: str) -> int:
    """Return how many cells of a terminal a printable text takes: two for a wide character."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fitted(text: str, room: int) -> str:
    """Cut a printable text to ``room`` cells, the last being an ellipsis."""
    if cells(text) <= room:
        return text
    kept = shortened(text, room)
    while cells(kept) > max(room, 0):
        kept = kept[:-2] + "…" if len(kept) > 1 else ""
    return kept


def fitted_apart(names: Sequence[str], room: int) -> list[str]:
    """Cut printable names to ``room`` cells so that different ones stay different.

    Those that would look the same with their ends cut off lose their middle; those that still would are
    numbered.
    """
    cut = [fitted(name, room) for name in names]
    alike = _alike(cut)
    cut = [_middle_cut(n, room) if short in alike else short for n, short in zip(names, cut, strict=True)]
    alike, seen = _alike(cut), Counter[str]()
    for at, short in enumerate(cut):
        if short in alike:
            seen[short] += 1
            number = str(seen[short])
            cut[at] = fitted(short, max(room - len(number), 1)) + number
    return cut


def _alike(cut: Sequence[str]) -> set[str]:
    """Return the names that were cut and look the same."""
    return {short for short, count in Counter(cut).items() if count > 1 and "…" in short}


def _middle_cut(name: str, room: int) -> str:
    """Cut the middle out of a name."""
    head, tail = name[: (room - 1) // 2], name[len(name) - room // 2 :]
    while cells(head) + 1 + cells(tail) > room and tail:
        head, tail = head[:-1], tail[1:]
    return f"{head}…{tail}"


def padded(text: str, room: int, justify: str = "left") -> str:
    """Fill a text up to ``room`` cells with spaces."""
    spaces = " " * max(0, room - cells(text))
    return spaces + text if justify == "right" else text + spaces


_ACTS = (
    r"[\\`*|~]"  # anywhere
    r"|(?<![^\W_])_|_(?![^\W_])"  # at the edge of a word
    r"|\](?=[(\[:])|\[(?=[^\]]*\][(\[:])"  # a link
)
_IN_A_CELL = re.compile(_ACTS)
_IN_A_LINE = re.compile(
    r"^\s*[#+-](?=[\s#+-]|$)|^\s*\d+[.)](?=\s|$)|^\s*=(?==*$)"  # a heading, a list
    rf"|^\s*\[(?=[ xX]\])|{_ACTS}"  # a task
)


def markdown(text: str, *, cell: bool = False) -> str:
    """Escape what Markdown or the HTML in it would act on, in a line or a ``cell``, and nothing else."""
    safe = printable(text).replace("&", "&amp;").replace("<", "&lt;")
    if "<" in text or text.lstrip().startswith(">"):
        safe = safe.replace(">", "&gt;")
    acts = _IN_A_CELL if cell else _IN_A_LINE
    return acts.sub(lambda found: found[0][:-1] + "\\" + found[0][-1], safe)


def encodable(text: str, encoding: str | None) -> str:
    """Return the text with what ``encoding`` cannot hold written in ASCII, or "?"."""
    try:
        known = codecs.lookup(encoding or "ascii").name
    except LookupError:
        known = "ascii"
    try:
        text.encode(known)
    except UnicodeEncodeError:
        return text.translate(ASCII).encode(known, "replace").decode(known)
    return text
