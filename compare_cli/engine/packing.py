"""A `FitResult` as bytes and back: compressed JSON, never a pickle, so that reading a store runs no code."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from compare_cli.types import Boundary, FitResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 1 << 29  # bytes of a fit or a document: a store may be somebody else's, and zeros pack well
LEVEL = 1  # of compression: it makes arrays of labels ten times smaller, in less time than writing them
_WHOLE = ("<u1", "<i1", "<u2", "<i2", "<u4", "<i4", "<i8")
_ARRAYS = {"predictions": "<i8", "row_scores": "<f8", "confusion": "<i8", "calibration": "<f8", "roc": "<f8"}
_ABOUT_THE_TASK = {"key", "model", "repeat", "fold", "reused", "ran_at"}


def pack(result: FitResult) -> bytes:
    """Return all of a result but what its task says already."""
    facts = {f.name: getattr(result, f.name) for f in fields(result) if f.name not in _ABOUT_THE_TASK}
    facts["scores"] = {"accuracy": facts.pop("accuracy"), **result.scores}
    facts |= {"error_kind": result.error_kind, "error": result.error_message}
    for name in _ARRAYS:
        facts[name] = _flat(facts[name])
    if result.boundary is not None:
        facts["boundary"] = {**vars(result.boundary), "probe_labels": _flat(result.boundary.probe_labels)}
    return zlib.compress(json.dumps(facts, default=_number).encode(), LEVEL)


def unpack(data: bytes, task_facts: FitResult) -> FitResult:
    """Return a stored result as the result of a task, whose key, model, repeat and fold are given.

    Raises ValueError for bytes that `pack` did not make.
    """
    try:
        facts = json.loads(unpressed(data))
        for name, kind in _ARRAYS.items():
            facts[name] = _array(facts.get(name), kind)  # fits of earlier versions have fewer
        facts["accuracy"] = facts["scores"].pop("accuracy", None)
        kind, message = facts.pop("error_kind"), facts["error"]
        facts["error"] = f"{kind}: {message}" if message else None
        boundary = facts["boundary"]
        if boundary is not None:
            arrays = {"probe_labels": _array(boundary["probe_labels"])}
            pairs = tuple(tuple(pair) for pair in boundary.get("pairs", ()))
            facts["boundary"] = Boundary(**{**boundary, **arrays, "pairs": pairs})
        return replace(task_facts, **{**facts, "warnings": tuple(facts["warnings"])})
    except (zlib.error, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a stored result: {error}") from error


def unpressed(data: bytes) -> bytes:
    """Return compressed bytes as they were. Raises zlib.error for others, and for more than a result has."""
    found = zlib.decompressobj()
    plain = found.decompress(data, MOST)
    if not found.eof:
        raise zlib.error(f"incomplete, or more than {MOST:,} bytes")
    return plain


def _flat(array: NDArray[Any] | None) -> list[Any] | None:
    """Return an array as [type, shape, text]; whole numbers in the smallest type that holds them."""
    import numpy as np

    if array is None:
        return None
    if array.dtype.kind in "iu" and array.size:
        low, high = int(array.min()), int(array.max())
        array = array.astype(next(t for t in _WHOLE if np.iinfo(t).min <= low and high <= np.iinfo(t).max))
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return [little.dtype.str, list(little.shape), base64.b64encode(little.tobytes()).decode()]


def _array(flat: list[Any] | None, kind: str = "<i8") -> NDArray[Any] | None:
    import numpy as np

    if flat is None:
        return None
    stored, shape, text = flat
    array = np.frombuffer(base64.b64decode(text), dtype=np.dtype(stored)).reshape(shape)
    return array.astype(np.dtype(kind).newbyteorder("="))


def _number(value: Any) -> Any:
    """Return a NumPy number as JSON knows it."""
    import numpy as np

    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot store a {type(value).__name__}")
