"""Tables that a Python program holds: frames of pandas, polars or Arrow, arrays, lists, a Bunch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from compare_cli.data.table import ReadOptions, Table, from_frame
from compare_cli.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

LABELS = "target"  # the name of labels that have none
DIMENSIONS = {
    0: "one value: give rows and columns",
    1: "one dimension: give rows and columns, such as X.reshape(-1, 1)",
}


def table_of(data: Any, options: ReadOptions | None = None) -> Table:
    """Return what a program holds as a table.

    That is a frame, a mapping of columns or a list of rows with the labels among the columns, a Bunch of
    scikit-learn, or a pair of features and labels. Raises UsageError for what is no table, DataError for one
    without columns.
    """
    target = None if options is None else options.target
    if isinstance(data, Table):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        return with_labels(*data, name=target)
    if isinstance(data, Mapping) and {"data", "target"} <= data.keys():
        return with_labels(_bunch_rows(data), _bunch_labels(data), "Bunch", target)
    frame, named = _frame(data)
    if not named and target is None:
        raise UsageError(
            f"{_kind(data)} has no column names: give its labels as compare(X, y), or the position of their "
            f"column, target={frame.shape[1]}."
        )
    return replace(from_frame(frame), own=frame if named else _array(data, frame))


def with_labels(X: Any, y: Any, kind: str | None = None, name: str | int | None = None) -> Table:
    """Return features and their labels, row by row, as a table whose target is the labels.

    ``name`` is what the column of labels is called (None: as y is, else "target"). Raises UsageError for
    labels that are not one column of as many rows.
    """
    import pandas as pd

    frame, named = _frame(X)
    labels = _labels(y, frame, X)
    target = str(labels.name if name is None and labels.name is not None else name or LABELS)
    if target in map(str, frame.columns):
        if labels.name is not None:
            raise UsageError(
                f"X has the column {target!r} of y too: leave it out, X.drop(columns={target!r})."
            )
        target = next(free for at in range(1, 100) if (free := f"{LABELS}_{at}") not in frame.columns)
    column = pd.Series(labels.to_numpy() if labels.dtype == object else labels.array, name=target)
    table = from_frame(pd.concat([frame.reset_index(drop=True), column], axis=1), kind or _name(X), target)
    return replace(table, own=frame if named else _array(X, frame))


def _name(X: Any) -> str:
    return "DataFrame" if hasattr(X, "columns") else "array"


def _array(X: Any, frame: pd.DataFrame) -> Any:
    """Return rows without names of columns as the user's own code has them: as an array."""
    return X if isinstance(X, np.ndarray) else frame.to_numpy()


def _kind(data: Any) -> str:
    package = type(data).__module__.partition(".")[0]
    name = type(data).__name__
    return f"a {name}" if package == "builtins" else f"a {package}.{name}"


def _frame(data: Any) -> tuple[pd.DataFrame, bool]:
    """Return rows as a frame, with columns c1, c2 and so on where none have names, and whether they do."""
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return _dense(data), True
    if hasattr(data, "toarray") and hasattr(data, "nnz"):
        raise UsageError(_too_sparse(data))
    if isinstance(data, pd.Series) or hasattr(data, "to_frame"):
        raise UsageError("a Series is one column: give a frame, such as its to_frame().")
    if isinstance(data, Mapping):
        return _made(data, "a mapping of columns"), True
    if isinstance(data, list | tuple):
        return _rows(data)
    if isinstance(data, np.ndarray) or (hasattr(data, "__array__") and not hasattr(data, "columns")):
        return _of_array(data)
    return _foreign(data), True


def _made(data: Any, what: str, columns: Any = None) -> pd.DataFrame:
    """Return what pandas makes of columns or rows. Raises UsageError where it makes nothing."""
    import pandas as pd

    try:
        return pd.DataFrame(data, columns=columns)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{what} cannot be read as a table: {error}.") from None


def _rows(data: Any) -> tuple[pd.DataFrame, bool]:
    if data and all(isinstance(row, Mapping) for row in data):
        return _made(data, "a list of rows"), True
    if not data or not all(isinstance(row, list | tuple | np.ndarray) for row in data):
        raise UsageError(
            "a list is read as rows of cells, such as [[5.1, 3.5], [4.9, 3.0]]; texts need columns first, "
            "such as those of sklearn's TfidfVectorizer with TruncatedSVD."
        )
    if len({len(row) for row in data}) > 1:
        raise UsageError("a list of rows needs as many cells in each row.")
    return _made(data, "a list of rows", _positions(len(data[0]))), False


def _of_array(data: Any) -> tuple[pd.DataFrame, bool]:
    array = (
        np.ma.filled(data.astype(float), np.nan) if isinstance(data, np.ma.MaskedArray) else np.asarray(data)
    )
    if array.dtype.names:
        return _made(array, "an array of records"), True
    if array.dtype.kind == "c":
        raise UsageError("X holds complex numbers: give real ones, such as X.real and X.imag side by side.")
    if array.ndim != 2:
        what = DIMENSIONS.get(array.ndim, f"{array.ndim} dimensions: flatten each row, X.reshape(len(X), -1)")
        raise UsageError(f"X has {what}.")
    return _made(array, "an array", _positions(array.shape[1])).infer_objects(), False


def _positions(count: int) -> list[str]:
    return [f"c{at}" for at in range(1, count + 1)]


def _dense(frame: Any) -> pd.DataFrame:
    """Return a frame whose sparse columns are plain ones."""
    import pandas as pd

    sparse = {at: dtype for at, dtype in enumerate(frame.dtypes) if isinstance(dtype, pd.SparseDtype)}
    plain: pd.DataFrame = frame.copy(deep=False) if sparse else frame
    for at, dtype in sparse.items():
        plain.isetitem(at, frame.iloc[:, at].astype(dtype.subtype))
    return plain


def _too_sparse(matrix: Any) -> str:
    rows, columns = matrix.shape
    size = rows * columns * 8 / 1e6
    return (
        f"a sparse matrix ({rows:,} × {columns:,}) is not read: give X.toarray() ({size:,.0f} MB), or fewer "
        "columns, such as those of sklearn's TruncatedSVD."
    )


def _foreign(frame: Any) -> pd.DataFrame:
    """Return a table of polars or pyarrow as pandas has it. Raises UsageError for what is no table."""
    import pandas as pd

    kind = _kind(frame)
    if hasattr(frame, "collect_schema") and hasattr(frame, "collect"):
        frame = frame.collect()  # a lazy frame of polars
    try:
        if hasattr(frame, "get_columns") and hasattr(frame, "columns"):
            return pd.DataFrame({column.name: column.to_list() for column in frame.get_columns()})
        if hasattr(frame, "to_pandas"):
            return pd.DataFrame(frame.to_pandas())
    except (ImportError, TypeError, ValueError) as error:
        raise UsageError(f"cannot read {kind}: {error}; give its to_pandas().") from None
    raise UsageError(f"cannot read {kind}: give a path, a built-in name, a DataFrame, or compare(X, y).")


def _labels(y: Any, frame: pd.DataFrame, X: Any) -> pd.Series[Any]:
    """Return labels as a column. Raises UsageError for what is none, and for another number of rows."""
    import pandas as pd

    if isinstance(y, str):
        raise UsageError(f"y is a text: to name the column of labels write target={y!r}.")
    if hasattr(y, "nnz") or hasattr(y, "collect_schema"):
        raise UsageError(f"y is {_kind(y)}: give one label a row, as an array or a list.")
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    if isinstance(y, pd.Series):
        labels = y
    elif hasattr(y, "to_list") and not hasattr(y, "columns"):  # a column of polars
        labels = pd.Series(y.to_list(), name=getattr(y, "name", None) or None)
    else:
        labels = pd.Series(_flat(y))
    if len(labels) != len(frame):
        raise UsageError(f"X has {len(frame):,} rows and y has {len(labels):,}: give a label for each row.")
    both = isinstance(y, pd.Series) and isinstance(X, pd.DataFrame) and not y.index.equals(X.index)
    if both and y.index.is_unique and set(y.index) == set(X.index):
        raise UsageError("X and y have the same index in another order: give y.loc[X.index].")
    return labels


def _flat(y: Any) -> Any:
    """Return labels as an array of one dimension. Raises UsageError for several columns."""
    import pandas as pd

    if isinstance(y, np.ma.MaskedArray):
        y = np.ma.filled(y.astype(object), None)
    array = np.asarray(y, dtype=None if not isinstance(y, list | tuple) else object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2:
        raise UsageError(
            f"y has {array.shape[1]} columns: give one label a row, such as y.argmax(axis=1) of one-hot."
        )
    if array.ndim != 1:
        raise UsageError(f"y is {_kind(y)}: give one label a row, as an array or a list.")
    return pd.Series(array).infer_objects()


def _bunch_rows(bunch: Any) -> Any:
    """Return the features of a Bunch, with their names where it has them."""
    import pandas as pd

    rows, names = bunch["data"], bunch.get("feature_names")
    if isinstance(rows, np.ndarray) and names is not None and len(names) == rows.shape[-1]:
        return pd.DataFrame(rows, columns=[str(name) for name in names])
    return rows


def _bunch_labels(bunch: Any) -> Any:
    """Return the labels of a Bunch, by the names of its classes where codes stand for them."""
    import pandas as pd

    labels, names = bunch["target"], bunch.get("target_names")
    codes = np.asarray(labels)
    if names is None or codes.ndim != 1 or codes.dtype.kind not in "iu" or not len(codes):
        return labels
    if codes.min() < 0 or codes.max() >= len(names):
        return labels
    return pd.Series(np.asarray(names).astype(str).astype(object)[codes], name=getattr(labels, "name", None))
