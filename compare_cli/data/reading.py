"""The package's verbs: read a data set, read another table like it, attach a test set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from compare_cli.data.assemble import make_dataset
from compare_cli.data.fingerprint import fingerprint
from compare_cli.data.like import conform
from compare_cli.data.sources import load
from compare_cli.data.table import ReadOptions
from compare_cli.types import Dataset

if TYPE_CHECKING:
    from compare_cli.data.sources import Source


def read(
    source: Source,
    *,
    target: str | int | None = None,
    groups: str | None = None,
    time: str | None = None,
    drop: Sequence[str] = (),
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Dataset:
    """Read a data set.

    ``source`` is a path (CSV, TSV, Parquet, IDX folder; also compressed), ``-`` for standard input, a
    built-in name, ``openml:ID`` or ``openml:NAME``, or a DataFrame. ``target`` is a column's name or
    its position from 1; by default a column with a usual name, else the last. ``groups`` and ``time``
    name columns that say which rows belong together and in which order they came; ``drop`` names
    columns to leave out. Raises DataError when the data cannot be used, UsageError when the source
    does not exist.
    """
    options = ReadOptions(target, groups, time, tuple(drop), encoding, delimiter)
    table = load(source, options)
    dataset = make_dataset(table, options)
    if table.test is None:
        return dataset
    return _with_test(dataset, conform(table.test, dataset))


def read_like(
    source: Source, like: Dataset, *, encoding: str | None = None, delimiter: str | None = None
) -> Dataset:
    """Read a table with the columns, categories and classes of ``like``.

    A category that ``like`` does not know becomes missing, with a note. Raises DataError for a
    missing column or an unknown class label.
    """
    options = ReadOptions(like.target, None, None, (), encoding, delimiter, like.read.header)
    return conform(load(source, options), like)


def attach_test(
    dataset: Dataset, source: Source, *, encoding: str | None = None, delimiter: str | None = None
) -> Dataset:
    """Return the data set with another table as its test set, and a fingerprint of both."""
    return _with_test(dataset, read_like(source, dataset, encoding=encoding, delimiter=delimiter))


def _with_test(dataset: Dataset, test: Dataset) -> Dataset:
    both = replace(dataset, test=test, notes=(*dataset.notes, *test.notes))
    return replace(both, fingerprint=fingerprint(both))
