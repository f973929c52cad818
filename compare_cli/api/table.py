"""A table: read it as models see it, describe it, draw where models predict which class of it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast

from compare_cli import data as sources
from compare_cli.engine.plan import Options
from compare_cli.errors import UsageError, nearest
from compare_cli.types import Bench, Dataset, DatasetSummary, Result

if TYPE_CHECKING:
    from compare_cli.data.table import Cells
    from compare_cli.plot.picture import Picture
    from compare_cli.report.table import PagePicture


USUAL = {
    **dict.fromkeys(("cv", "n_splits", "n_folds"), "folds"),
    **dict.fromkeys(("scoring", "scorer", "score"), "metric"),
    **dict.fromkeys(("estimators", "estimator", "classifiers", "model"), "models"),
    **dict.fromkeys(("label", "labels"), "target"),
    "n_jobs": "jobs",
    "n_repeats": "repeats",
    "random_state": "seed",
}
"""What keywords are called elsewhere, and what to write here."""


class Reading(TypedDict, total=False):
    """How a table is read; see `read`."""

    target: str | int | None
    groups: str | None
    time: str | None
    drop: str | Sequence[str]
    test: str | os.PathLike[str] | None
    test_rows: int | None
    split: str | None
    classes: bool
    encoding: str | None
    delimiter: str | None
    quote: str | None
    header: bool | int | None
    skip_rows: int | None
    decimal: str | None
    max_bytes: int | None


APART = ("test", "test_rows", "split")
"""Which rows are judged: asked for when the table is read."""
LOOK = ("encoding", "delimiter", "quote", "header", "skip_rows", "decimal", "max_bytes")
"""How a text looks; it holds for a second table, too."""


def read(data: Any, y: Any = None, **reading: Unpack[Reading]) -> Dataset:
    """Read a table: a path, ``-`` (standard input), a built-in name, ``openml:ID``, or what a program holds.

    That is a frame of pandas, polars or Arrow, a mapping of columns, a list of rows, a Bunch of scikit-learn;
    or features (also a NumPy array) with their labels ``y``, one for each row.

    ``target`` is a column's name or its position from 1. ``test`` is a second source to judge on, a pair
    (X, y) where labels are apart; ``test_rows`` says how many of the last rows are test rows, ``split="cv"``
    puts official test rows to the others, for folds. ``drop`` names columns to leave out; ``classes`` takes
    each number of the target for a class. ``encoding``, ``delimiter``, ``quote`` ("none" for none),
    ``header`` (true, false or a number of rows), ``skip_rows`` (lines before the table) and ``decimal`` ("."
    or ",") say how a text is written, where it should not be found out; ``max_bytes`` is the most to read or
    unpack. They hold for
    ``test``, too. Raises DataError when the data cannot be used, UsageError when there is no such source or
    keyword.
    """
    _refuse_unknown(reading, Reading.__annotations__)
    for role in ("target", "groups", "time"):
        _refuse_values(role, reading.get(role))
    if y is not None:
        if reading.get("target") is not None:
            raise UsageError("Give the labels as y, or name their column with target=; not both.")
        data = (data, y)
    if reading.get("groups") is not None and reading.get("time") is not None:
        raise UsageError("--groups and --time ask for different folds: give one of them.")
    test: Any = reading.get("test")
    if y is not None and test is not None and not (isinstance(test, tuple) and len(test) == 2):
        raise UsageError("test: the labels are apart here, so give a pair, test=(X_test, y_test).")
    split, test_rows = reading.get("split"), reading.get("test_rows")
    if split not in {None, "cv"}:
        raise UsageError(f"--split {split}: give cv, or leave it out.")
    if test is not None and (split is not None or test_rows is not None):
        raise UsageError("--test names the test rows: leave out --test-rows and --split.")
    dataset = sources.read(data, **{name: given for name, given in reading.items() if name not in APART})
    dataset = dataset if split is None else sources.together(dataset)
    dataset = dataset if test_rows is None else sources.last_rows_tested(dataset, test_rows)
    if test is None:
        return dataset
    look = {name: value for name, value in reading.items() if name in LOOK}
    return sources.attach_test(dataset, test, **look)


def _refuse_values(role: str, given: Any) -> None:
    if given is None or isinstance(given, str | int):
        return
    wanted = (
        "give the labels as compare(X, y)" if role == "target" else f"add a column to X and name it, {role}="
    )
    raise UsageError(f"{role} names a column: {wanted}{'' if role == 'target' else repr(role)}.")


def labels_or_options(y: Any, options: Options | None) -> tuple[Any, Options | None]:
    """Return labels and options where options may stand in the place of labels."""
    if not isinstance(y, Options):
        return y, options
    if options is not None:
        raise UsageError("Options are given twice: give them once.")
    return None, y


def keywords(options: Options | None, given: Mapping[str, Any]) -> tuple[Options, Reading]:
    """Part keywords into options of a comparison, added to ``options``, and how a table is read.

    Raises UsageError for a keyword that is neither, with the nearest that there is.
    """
    if options is not None and not isinstance(options, Options):
        raise UsageError(
            "options: give compare_cli.Options(…), or keywords such as models='tree', not a"
            f" {type(options).__name__}."
        )
    names = {field.name for field in fields(Options)}
    _refuse_unknown(given, {*names, *Reading.__annotations__})
    asked = {name: value for name, value in given.items() if name in names}
    reading = {name: value for name, value in given.items() if name not in names}
    return replace(options or Options(), **asked), cast("Reading", reading)


def _refuse_unknown(given: Iterable[str], known: Collection[str]) -> None:
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        usual = f" Did you mean {USUAL[unknown]!r}?" if USUAL.get(unknown) in known else ""
        raise UsageError(f"No keyword is called {unknown!r}.{usual or nearest(unknown, known)}")


def describe(data: Any, **reading: Unpack[Reading]) -> DatasetSummary:
    """Return how a table is read: rows, columns, classes, what was left out and why.

    ``data`` is a Dataset or what `read` takes. Raises what `read` raises.
    """
    from compare_cli.verdict.summary import summarise_dataset

    return summarise_dataset(data if isinstance(data, Dataset) else read(data, **reading))


def cells(data: Any, **reading: Unpack[Reading]) -> Cells:
    """Return a table as it is written, cell by cell, whether or not models could use it.

    Its ``csv()`` is the table as CSV in UTF-8. Raises what `read` raises.
    """
    _refuse_unknown(reading, Reading.__annotations__)
    return sources.read_cells(data, **reading)


def page_pictures(result: Result, dataset: Dataset | None = None) -> dict[str, PagePicture]:
    """Return the pictures of a result's HTML page: the boundaries on its data set, or the ranks of a bench.

    Models are fitted once more on the first fold, unless the run was interrupted. Where there can be no
    picture, its caption says why.
    """
    from compare_cli.plot.drawing import page_picture
    from compare_cli.plot.figure import ranks_picture

    if isinstance(result, Bench):
        return {"": ranks_picture(result)}
    if dataset is None or result.run.status == "interrupted":
        return {}
    return {dataset.name: page_picture(dataset, result, result.run.seed)}


def plot(data: Any, models: Any = None, **how: Any) -> Picture:
    """Draw where each model predicts which class of a table, over the plane that tells most.

    ``data`` is a Dataset or what `read` takes; ``how`` is as for `plot.drawing.make_picture`.
    """
    from compare_cli.plot.drawing import make_picture

    return make_picture(data if isinstance(data, Dataset) else read(data), models, **how)
