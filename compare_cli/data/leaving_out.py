"""Columns that models cannot learn from: empty, constant, row numbers, identifiers, free text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.data.columns import Values

MIN_ROWS_FOR_IDS = 10
MIN_ROWS_FOR_SEQUENCE = 20
MANY_TEXTS = 50
MANY_TEXTS_SHARE = 0.2
ID_WORDS = frozenset(
    {"id", "ids", "idx", "index", "uuid", "guid", "key", "rowid", "row", "rownumber", "rownum", "rowname"}
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def id_like(name: str) -> bool:
    """Whether a name speaks of an identifier, as id, row_id, CustomerId and index do."""
    words = [word.casefold() for word in WORD.findall(name)]
    return bool(words) and (
        words[-1] in ID_WORDS or words[:2] in (["unnamed", "0"], ["row", "number"], ["row", "names"])
    )


def reason_to_leave_out(name: str, values: Values) -> str | None:
    """Say in a few words why a column is left out, None to keep it."""
    if values.codes is not None:
        return _reason_text(name, values.codes)
    assert values.numbers is not None, "a column has numbers or codes"
    return _reason_number(name, values.numbers, values.kind == "numeric")


def _reason_number(name: str, numbers: NDArray[np.float64], may_be_id: bool) -> str | None:
    import numpy as np

    first = numbers[0] if len(numbers) else np.nan
    missing = np.isnan(numbers)
    if missing.all():
        return "empty"
    if (numbers == first).all():
        return f"constant ({first:g})"
    rows = len(numbers)
    if not may_be_id or rows < MIN_ROWS_FOR_IDS or missing.any() or (numbers[:1000] % 1 != 0).any():
        return None
    if first in (0.0, 1.0) and rows >= MIN_ROWS_FOR_SEQUENCE and (np.diff(numbers) == 1).all():
        return "row numbers"
    if id_like(name) and (numbers % 1 == 0).all() and len(np.unique(numbers)) == rows:
        return "identifier (a different number in every row)"
    return None


def _reason_text(name: str, codes: NDArray[np.int32]) -> str | None:
    import numpy as np

    present = codes[codes >= 0]
    distinct = len(np.unique(present))
    if distinct == 0:
        return "empty"
    if distinct == 1 and len(present) == len(codes):
        return "constant"
    if distinct == len(present) and (
        len(present) >= MIN_ROWS_FOR_SEQUENCE or (id_like(name) and len(present) >= MIN_ROWS_FOR_IDS)
    ):
        return f"text that differs in every row ({distinct:,} values)"
    if distinct > MANY_TEXTS and distinct > MANY_TEXTS_SHARE * len(codes):
        return f"free text ({distinct:,} different values in {len(codes):,} rows)"
    return None
