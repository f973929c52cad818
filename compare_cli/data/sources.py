"""From what the user names — path, ``-``, built-in, ``openml:…``, folder, DataFrame — to a raw table."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare_cli.data.builtins import CLASSICS, builtin_bytes, builtin_names, files, load_classic
from compare_cli.data.bytesource import ByteSource, open_path, open_stdin
from compare_cli.data.roles import choose_target
from compare_cli.data.table import ReadOptions, Table, clean_name, unique_names
from compare_cli.errors import DataError, UsageError, nearest
from compare_cli.notes import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    Source = str | os.PathLike[str] | pd.DataFrame


def load(source: Source, options: ReadOptions) -> Table:
    """Return the raw table behind a source. Raises DataError or UsageError, in one line."""
    if not isinstance(source, str | os.PathLike):
        return from_frame(source)
    text = os.fspath(source)
    if text == "-":
        return load_bytes(open_stdin(), options)
    if isinstance(source, str) and text.startswith("openml:"):
        from compare_cli.data.openml import load_openml

        return load_openml(text.removeprefix("openml:"))
    if isinstance(source, str) and is_builtin(text):
        if text in CLASSICS:
            return load_classic(text)
        return replace(load_bytes(builtin_bytes(text), options), target="class")
    return load_path(Path(source), options)


def is_builtin(text: str) -> bool:
    """Whether a text is a built-in's name; a path with a separator or a suffix cannot be one."""
    return text in CLASSICS or text in files()


def load_path(path: Path, options: ReadOptions) -> Table:
    """Return the table in a file, or in a folder of IDX files."""
    if path.is_dir():
        from compare_cli.data.idx import load_idx

        return load_idx(path)
    if not path.exists():
        raise not_found(path)
    return load_bytes(open_path(path), options)


def not_found(path: Path) -> DataError:
    """Return the error for a source that does not exist.

    It suggests names of built-in data sets, and of files beside the one that was meant.
    """
    try:
        beside = [p.name for p in path.parent.iterdir()]
    except OSError:
        beside = []
    known = beside if path.parent != Path() else [*(name for name, _ in builtin_names()), *beside]
    hint = nearest(path.name, known) or " `compare data` lists the built-in data sets."
    return DataError(f"{path}: there is no such file or built-in data set.{hint}")


def load_bytes(text: ByteSource, options: ReadOptions) -> Table:
    """Return the table that bytes hold: Parquet, or delimited text."""
    if text.is_parquet:
        from compare_cli.data.parquet import load_parquet

        return load_parquet(text)
    from compare_cli.data.delimited import read_text

    def keep_text(names: Sequence[str], header: bool) -> list[str]:
        return [choose_target(names, options, text.source, header=header)[0]]

    return read_text(text, options, keep_text)


def from_frame(frame: Any, name: str = "DataFrame", target: str | None = None) -> Table:
    """Return a DataFrame as a table, with clean, unique column names. Raises UsageError for other types."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise UsageError(
            f"cannot read a {type(frame).__name__}: give a path, a built-in name or a DataFrame."
        )
    labels: list[Any] = list(frame.columns)
    raw = [clean_name("_".join(map(str, c)) if isinstance(c, tuple) else c) for c in labels]
    names, changed = unique_names(raw)
    copy = frame.set_axis(names, axis=1).reset_index(drop=True)
    if not len(names):
        raise DataError(f"{name}: has no columns.")
    table = Table(name, name, copy, target=target)
    if changed:
        return table.noting(note("columns_renamed", columns=", ".join(changed[:5]), count=len(changed)))
    return table
