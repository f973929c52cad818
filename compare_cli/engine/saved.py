"""Models in files, and out of them: what a file may hold is on a list, and nothing else is ever loaded.

A file is one of skops: arrays and a description of objects, no pickle. It holds plain values, scikit-learn's
own estimators, and the types of `TRUSTED`. Sizes and types are looked at before anything is unpacked; nodes
of trees, which scikit-learn's compiled code follows without a look of its own, before they are used.
"""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from compare_cli.engine.final import OnCodes, TableReader
from compare_cli.engine.versions import versions
from compare_cli.errors import DataError, UsageError, message_of
from compare_cli.notes import note
from compare_cli.types import Note

FORMATS = "compare-model/"
FORMAT = f"{FORMATS}2"
MAX_BYTES = 2 * 2**30  # of a file, and of what it unpacks to
TRUSTED = (
    "numpy.dtype",
    "compare_cli.models.bayes.NaiveBayes",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
"""Types beside scikit-learn's estimators and plain values that a file may hold; each was read for what its
state does. Neighbours' trees are not on the list (they are built anew), nor are functions and what is from
outside."""
NODES = frozenset(
    [
        "DictNode",
        "ListNode",
        "TupleNode",
        "JsonNode",
        "NdArrayNode",
        "DTypeNode",
        "TypeNode",
        "ObjectNode",
        "TreeNode",
        "LossNode",
        "RandomStateNode",
        "RandomGeneratorNode",
        "SliceNode",
    ]
)
"""Kinds of entries in the description; those of functions, methods and calls are not among them."""
TREES = {"kd_tree", "ball_tree"}


def is_ours(model: Any) -> bool:
    """Whether a model reads tables itself: a Pipeline that begins with a TableReader."""
    steps: Any = getattr(model, "steps", ())
    return bool(steps) and isinstance(steps[0][1], TableReader)


def model_bytes(model: Any, name: str) -> bytes:
    """Return a fitted model, as `final_classifier` makes it, as the bytes of a file.

    Raises UsageError, naming the type, for a model that holds what a file may not, and without skops.
    """
    sio = require()
    state = {"pipeline": model, "format": FORMAT, "model": name, "versions": versions()}
    if is_ours(model):
        last = model[-1].estimator_ if isinstance(model[-1], OnCodes) else model[-1]  # which is named, then
        steps = [*model.steps[1:-1], (model.steps[-1][0], plain(last))]
        state |= {"pipeline": type(model)(steps), "read": model[0].state()}
    try:
        data: bytes = sio.dumps(state, compression=zipfile.ZIP_DEFLATED)
        _refuse_types(_description(data))
        _load(data, [])
    except (DataError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{name} cannot be saved: {message_of(error)} Models of scikit-learn can; others are fitted anew"
            " by result.estimator()."
        ) from error
    return data


def read_model(file: Path, max_bytes: int | None, notes: list[Note]) -> Any:
    """Return the model in a file; ``notes`` gets one where other versions made it.

    Raises DataError, in one line, for what is none, is damaged or hostile.
    """
    limit = MAX_BYTES if max_bytes is None else max_bytes
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= limit else b""
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}).") from None
    if size > limit:
        raise DataError(
            f"{file}: has {size:,} bytes, more than {limit:,}: give --max-bytes if that is right."
        )
    try:
        _refuse_sizes(data, limit)
        _refuse_types(_description(data))
        state = _load(data, notes)
    except DataError as error:
        raise DataError(f"{file}: {error}") from None
    except Exception as error:  # whatever a damaged file makes its reader raise
        raise DataError(f"{file}: is no model of compare, or is damaged ({message_of(error)}).") from None
    return state


def _load(data: bytes, notes: list[Note]) -> Any:
    """Return the model in bytes that were looked at."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Trying to unpickle estimator")  # a note tells it in one line
        state = require().loads(data, trusted=list(TRUSTED))
    if not isinstance(state, dict) or not str(state.get("format")).startswith(FORMATS):
        raise DataError(f"holds no model of compare ({FORMAT}).")
    if state["format"] != FORMAT:
        raise DataError(f"was written by another version of compare ({state['format']}): save it anew.")
    notes += _other_versions(state.get("versions"))
    pipeline = state["pipeline"]
    _check_nodes(pipeline)
    if "read" not in state:
        return pipeline
    name, last = pipeline.steps[-1]
    reader = TableReader.of_state(state["read"], str(state["model"]))
    return type(pipeline)([("read", reader), *pipeline.steps[:-1], (name, whole(last))])


def _other_versions(made: Any) -> list[Note]:
    """Return a note where another compare or scikit-learn made a model."""
    here = versions()
    known = made if isinstance(made, dict) else {}
    names = [name for name in ("compare-cli", "scikit-learn") if known.get(name) != here[name]]
    if not names:
        return []
    told = (", ".join(f"{name} {of.get(name, '?')}" for name in names) for of in (known, here))
    return [note("other_version", made=next(told), here=next(told))]


def require() -> Any:
    """Return skops. Raises UsageError where it is not installed."""
    try:
        import skops.io
    except ImportError:
        raise UsageError("saved models need: pip install 'compare-cli[skops]'") from None
    return skops.io


def _description(data: bytes) -> Any:
    """Return what a file says of its objects. Raises DataError where it says nothing."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return json.loads(archive.read("schema.json"))
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError, NotImplementedError, EOFError, OSError):
        raise DataError("is no model of compare, or is damaged.") from None


def _refuse_sizes(data: bytes, limit: int) -> None:
    """Raise DataError for a file that unpacks to more than ``limit`` bytes, or whose arrays say they do."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise DataError("is no model of compare, or is damaged.") from None
    with archive:
        members = archive.infolist()
        total = sum(member.file_size for member in members)
        if total > limit:
            raise DataError(
                f"unpacks to {total:,} bytes, more than {limit:,}: give --max-bytes if that is right."
            )
        for member in members:
            if member.filename.endswith(".npy"):
                with archive.open(member) as stream:
                    _refuse_header(stream, member.file_size)
            elif member.filename != "schema.json":
                raise DataError(f"holds {member.filename!r}, which no saved model does.")


def _refuse_header(stream: Any, size: int) -> None:
    """Raise DataError for an array of objects, and for one whose header says more than is there."""
    try:
        version = np.lib.format.read_magic(stream)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(stream)
    except ValueError:
        raise DataError("an array in it is damaged.") from None
    if dtype.hasobject:
        raise DataError("an array in it holds objects, which no saved model does.")
    if int(np.prod(shape, dtype=object)) * dtype.itemsize > size:
        raise DataError("an array in it is damaged.")


def _refuse_types(description: Any) -> None:
    """Raise DataError for a type that is not on the list."""
    from skops.io import _trusted_types as known

    trusted = {*TRUSTED, *known.SKLEARN_ESTIMATOR_TYPE_NAMES, *known.SKLEARN_INTERNAL_TYPE_NAMES}
    trusted |= {*known.PRIMITIVE_TYPE_NAMES, *known.NUMPY_DTYPE_TYPE_NAMES, "numpy.ndarray"}
    trusted |= {f"builtins.{name}" for name in ("dict", "list", "tuple", "slice")}
    for entry in _entries(description):
        kind, name = str(entry.get("__loader__")), f"{entry.get('__module__')}.{entry.get('__class__')}"
        loss = kind == "LossNode" and name.startswith("sklearn._loss._loss.Cy")
        random = kind in {"RandomStateNode", "RandomGeneratorNode"} and name.startswith("numpy.random.")
        if kind not in NODES or not (name in trusted or loss or random):
            raise DataError(f"holds a {name}, which is not among the types of saved models.")


def _entries(description: Any) -> Iterator[dict[str, Any]]:
    """Yield every entry of a description, however deep."""
    waiting = [description]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "__loader__" in part or "__class__" in part:
                yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def plain(estimator: Any) -> Any:
    """Return an estimator as a file may hold it: without trees of neighbours, and what only fitting needs."""
    left_out = {"_optimizer"} | ({"_tree"} if getattr(estimator, "_fit_method", None) in TREES else set())
    if not left_out & set(vars(estimator)):
        return estimator
    made = type(estimator)(**estimator.get_params(deep=False))
    vars(made).update({name: value for name, value in vars(estimator).items() if name not in left_out})
    return made


def whole(estimator: Any) -> Any:
    """Return an estimator from a file ready to predict: trees of neighbours are built again."""
    if getattr(estimator, "_fit_method", None) in TREES:
        return estimator.fit(estimator._fit_X, estimator.classes_[estimator._y])
    return estimator


def _check_nodes(part: Any) -> None:
    """Raise DataError for a tree with a node that points outside, to an earlier node, or to no column."""
    from sklearn.tree._tree import Tree

    waiting, seen = [part], set()
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, str | int | float | bool | type(None)):
            continue
        seen.add(id(part))
        if isinstance(part, Tree):
            _check_tree(part.children_left, part.children_right, part.feature, part.n_features)
        elif type(part).__name__ == "TreePredictor":
            nodes = part.nodes
            inner = nodes["is_leaf"] == 0
            leaf = np.where(inner, 0, -1)
            left, right = (np.where(inner, nodes[side].astype(np.int64), -1) for side in ("left", "right"))
            _check_tree(left, right, np.where(inner, nodes["feature_idx"].astype(np.int64), leaf), None)
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list | tuple) or (isinstance(part, np.ndarray) and part.dtype == object):
            waiting += list(np.ravel(part)) if isinstance(part, np.ndarray) else part
        elif hasattr(part, "__dict__"):
            waiting += vars(part).values()


def _check_tree(left: Any, right: Any, feature: Any, columns: int | None) -> None:
    count, place = len(left), np.arange(len(left))
    inner = left != -1
    for side in (left, right):
        if not ((side[inner] > place[inner]) & (side[inner] < count)).all():
            raise DataError("a tree in it is damaged.")
    if columns is not None and not ((feature[inner] >= 0) & (feature[inner] < columns)).all():
        raise DataError("a tree in it is damaged.")
