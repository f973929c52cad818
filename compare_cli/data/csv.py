"""A data set as CSV: what was read and kept, under its own names, the target last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compare_cli.data.cells import NUMBER

if TYPE_CHECKING:
    import pandas as pd

    from compare_cli.types import Column, Dataset


def write_csv(dataset: Dataset) -> bytes:
    """Return features and target as RFC 4180 CSV in UTF-8 (CRLF line ends); missing cells are empty.

    Dates are written as ISO 8601, truth values as true and false. Reading the text again with the
    same target gives the same data set.
    """
    import csv

    import pandas as pd

    cells = {column.name: _cells(column, dataset.X[column.name]) for column in dataset.columns}
    cells[dataset.target] = pd.Series([dataset.classes[code] for code in dataset.y], dtype=object)
    frame = pd.DataFrame(cells)
    quoting: Any = csv.QUOTE_NONNUMERIC if _is_delicate(dataset) else csv.QUOTE_MINIMAL
    text: str = frame.to_csv(index=False, lineterminator="\r\n", quoting=quoting)
    return text.encode()


def _is_delicate(dataset: Dataset) -> bool:
    """Whether text has to be quoted to be told from data, from comments and from single quotes."""
    texts = [*dataset.classes]
    for column in dataset.columns:
        if column.kind == "categorical":
            texts += map(str, dataset.X[column.name].cat.categories)
    names = [*(column.name for column in dataset.columns), dataset.target]
    return any(map(NUMBER.fullmatch, names)) or any(text.startswith(("'", "#", "%", "//")) for text in texts)


def _cells(column: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if column.kind == "boolean":
        return values.map({0.0: "false", 1.0: "true"})
    if column.kind == "date":
        return _iso(values)
    if column.kind == "categorical":
        return values.astype(object)
    finite = values.dropna()
    whole = len(finite) > 0 and bool((finite % 1 == 0).all()) and float(finite.abs().max()) < 2**53
    return values.astype(pd.Int64Dtype()) if whole else values


def _iso(days: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    moments = pd.to_datetime((days * 86_400e6).round(), unit="us")
    whole = bool((days.dropna() % 1 == 0).all())
    shape = "%Y-%m-%d" if whole else "%Y-%m-%dT%H:%M:%S.%f"
    return moments.dt.strftime(shape)
