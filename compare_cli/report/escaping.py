"""Text from data is hostile: make names and labels safe to show, wherever they are shown."""

from __future__ import annotations

import codecs
import unicodedata

# What a terminal or file that cannot show a character gets instead.
ASCII = str.maketrans(
    {
        "±": "+/-",
        "−": "-",
        "–": "-",
        "×": "x",
        "·": "-",
        "●": "*",
        "○": "o",
        "…": "...",
        "─": "-",
        "━": "-",
        "╸": "-",
        "≤": "<=",
        "≥": ">=",
        "Δ": "delta",
        "σ": "sigma",
        "²": "2",
        "µ": "u",
        "’": "'",
        "“": '"',
        "”": '"',
    }
)


def printable(text: str) -> str:
    """Replace control, format and line-separating characters (escape sequences, bidi marks) by "�"."""
    if text.isprintable():
        return text
    return "".join("�" if unicodedata.category(ch) in _HIDDEN else ch for ch in text)


_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shortened(text: str, width: int) -> str:
    """Cut a printable text to ``width`` characters, the last being an ellipsis."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def markdown(text: str) -> str:
    """Escape what Markdown or the HTML in it would act on."""
    safe = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + ch if ch in "\\`*_[]|#~" else ch for ch in safe)


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
