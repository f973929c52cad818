"""What stands for a missing cell in text."""

from __future__ import annotations

# In any column. "None" is not among them: it is a category in many tables.
MISSING = (
    "",
    "?",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "NaN",
    "nan",
    "NAN",
    "-nan",
    "-NaN",
    "NULL",
    "null",
    "Null",
)
# Only in columns that otherwise hold numbers or dates.
PLACEHOLDERS = frozenset(
    {"-", "--", "---", ".", "..", "*", "none", "missing", "unknown", "n.a.", "n.d.", "nd", "na", "nil", "na."}
    | {"#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!", "tbd", "nap"}
)
_FOLDED = frozenset(token.casefold() for token in MISSING)


def is_missing(cell: str) -> bool:
    """Whether a cell of text stands for a missing value in any column."""
    return cell.strip().casefold() in _FOLDED
