"""From what the user names — path, ``-``, built-in, ``openml:…``, folder, DataFrame — to data sets."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare_cli.data.bytes import (
    COMPRESSED_SUFFIXES,
    ByteSource,
    open_path,
    open_stdin,
    piped_stdin,
    table_name,
)
from compare_cli.data.dataset import conform, make_dataset
from compare_cli.data.guards import with_one_judge
from compare_cli.data.named import (
    CLASSICS,
    builtin_names,
    files,
    load_classic,
    load_openml,
    suite_members,
)
from compare_cli.data.objects import table_of
from compare_cli.data.roles import dropped_columns, text_columns
from compare_cli.data.table import Cells, ReadOptions, Table
from compare_cli.data.text import checked, read_text, text_cells
from compare_cli.errors import DataError, UsageError, nearest
from compare_cli.types import Dataset

if TYPE_CHECKING:
    import pandas as pd

    from compare_cli.data.formats import Sheet

    Source = str | os.PathLike[str] | pd.DataFrame
    BenchSource = Source | Dataset

TABLE_SUFFIXES = (
    ".csv",
    ".tsv",
    ".tab",
    ".jsonl",
    ".ndjson",
    ".xlsx",
    ".parquet",
    ".pq",
)  # what a folder's tables are known by
WILD = "*?["
OPENML, SUITE = "openml:", "openml:suite/"


def read(source: Source, **asked: Any) -> Dataset:
    """Read a data set.

    ``source`` is a path (CSV, TSV, Parquet, IDX folder; also compressed), ``-`` for standard input, a
    built-in name, ``openml:ID`` or ``openml:NAME``, or a DataFrame. ``target`` is a column's name or
    its position from 1; by default a column with a usual name, else the last. ``groups`` and ``time``
    name columns that say which rows belong together and in which order they came; ``drop`` names
    columns to leave out; ``classes`` takes each number of the target for a class. Whatever else `ReadOptions`
    has may be given too. Raises DataError when the data cannot be used, UsageError when the source does not
    exist or an option cannot be.
    """
    options = checked(ReadOptions(**asked))
    table = load(source, options)
    dataset = make_dataset(table, options)
    if table.test is None:
        return dataset
    return _with_test(dataset, conform(table.test, dataset))


def read_like(source: Source, like: Dataset, **asked: Any) -> Dataset:
    """Read a table with the columns, categories and classes of ``like``; ``asked`` are `ReadOptions`.

    A category that ``like`` does not know becomes missing, with a note. Raises DataError for a
    missing column or an unknown class label.
    """
    return conform(load(source, checked(options_like(like, target=like.target, **asked))), like)


def read_rows(source: Source, like: Dataset, **asked: Any) -> Dataset:
    """Read rows without labels, or whose labels do not count, as those of ``like``: each has the first class.

    The rest is as for `read_like`.
    """
    table = load(source, checked(options_like(like, **asked)))
    labelled = table.frame.assign(**{like.target: like.classes[0]})
    return conform(replace(table, frame=labelled), like)


def options_like(like: Dataset, **asked: Any) -> ReadOptions:
    """Return how a table with the columns of another is read, beside what was asked for."""
    exact = [column.name for column in like.columns if column.kind in {"categorical", "date"}]
    asked = {"header": like.read.header} | {name: value for name, value in asked.items() if value is not None}
    return ReadOptions(as_text=(*exact, *like.read.decimal_comma), **asked)


def attach_test(dataset: Dataset, source: Source, **asked: Any) -> Dataset:
    """Return the data set with another table as its test set."""
    return _with_test(dataset, read_like(source, dataset, **asked))


def _with_test(dataset: Dataset, test: Dataset) -> Dataset:
    return with_one_judge(replace(dataset, test=test, notes=(*dataset.notes, *test.notes)))


def read_cells(source: Source, **asked: Any) -> Cells:
    """Return the cells of a table as it is written, whether or not models could use it.

    ``drop`` leaves columns out. Raises DataError for what is no table, UsageError as `read` does.
    """
    options = checked(ReadOptions(**asked))
    found = opened(source, options.max_bytes)
    known = found if isinstance(found, Table) else recognised(found, options)
    cells = known.cells() if isinstance(known, Table) else text_cells(known.text, options)
    if not options.drop or not cells.rows:
        return cells
    names = cells.header or [f"c{at + 1}" for at in range(len(cells.rows[0]))]
    dropped = dropped_columns(options, names, str(source))
    keep = [at for at, name in enumerate(names) if name not in dropped]
    header = cells.header and [cells.header[at] for at in keep]
    return replace(cells, header=header, rows=[[row[at] for at in keep] for row in cells.rows])


def load(source: Source, options: ReadOptions) -> Table:
    """Return the raw table behind a source. Raises DataError or UsageError, in one line."""
    if not isinstance(source, str | os.PathLike):
        return table_of(source, options)
    found = opened(source, options.max_bytes)
    return found if isinstance(found, Table) else load_bytes(found, options)


def opened(source: Source, max_bytes: int | None = None) -> ByteSource | Table:
    """Return the bytes behind a source, or its table where it does not come as a file's bytes."""
    if not isinstance(source, str | os.PathLike):
        return table_of(source)
    text = os.fspath(source)
    if text == "-":
        return open_stdin(max_bytes)
    if isinstance(source, str) and text.startswith("openml:"):
        return load_openml(text.removeprefix("openml:"))
    if isinstance(source, str) and is_builtin(text):
        return load_classic(text) if text in CLASSICS else ByteSource(text, text, files()[text], made=True)
    path = Path(source)
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except OSError as error:  # a name that is too long
        raise DataError(f"{text[:80]}: cannot be read: {error.strerror or error}.") from None
    if is_folder:
        from compare_cli.data.formats import load_idx

        return load_idx(path)
    if not exists:
        raise not_found(path)
    return open_path(path, max_bytes)


def is_builtin(text: str) -> bool:
    """Whether a text is a built-in's name; a path with a separator or a suffix cannot be one."""
    return text in CLASSICS or text in files()


def not_found(path: Path) -> DataError:
    """Return the error for a source that does not exist.

    It suggests names of built-in data sets, and of files beside the one that was meant.
    """
    if path.is_symlink():
        return DataError(f"{path}: is a link to {str(path.readlink())!r}, where no file is.")
    try:
        beside = [p.name for p in path.parent.iterdir()]
    except OSError:
        beside = []
    known = beside if path.parent != Path() else [*(name for name, _ in builtin_names()), *beside]
    hint = nearest(path.name, known) or " `compare data` lists the built-in data sets."
    return DataError(f"{path}: there is no such file or built-in data set.{hint}")


def load_bytes(text: ByteSource, options: ReadOptions) -> Table:
    """Return the table that bytes hold: Parquet, JSON, Excel or delimited text."""
    found = recognised(text, options)
    if isinstance(found, Table):
        return found

    def keep_text(names: Sequence[str], header: bool) -> list[str]:
        kept = text_columns(names, options, text.source, header=header)
        return list(names) if options.decimal == "," else kept

    table = read_text(found.text, options, keep_text)
    look = replace(table.read, delimiter=None, encoding=None) if text.is_excel else table.read
    return replace(
        table, read=look, notes=(*found.notes, *table.notes), target="class" if text.made else None
    )


def recognised(text: ByteSource, options: ReadOptions) -> Table | Sheet:
    """Return the table in bytes of a known format, else the delimited text that they hold.

    Raises DataError for files of other kinds, UsageError where a package is missing.
    """
    from compare_cli.data.formats import Sheet, excel_sheet, is_json, load_json, load_parquet, refuse_foreign

    if text.is_parquet:
        return load_parquet(text, options.max_bytes)
    if text.is_excel:
        return excel_sheet(text, options.max_bytes)
    if is_json(text):
        return load_json(text)
    refuse_foreign(text)
    return Sheet(text)


@dataclass(frozen=True)
class Entry:
    """One data set of a bench: where it is, and the name that tells it from the others.

    ``known`` is false where the name is only a stand-in: the true one comes with the data.
    """

    source: BenchSource
    name: str
    identity: Hashable
    path: Path | None = None
    known: bool = True

    def name_among(self, own: str, taken: Iterable[str]) -> str:
        """Return the name to show for data that call themselves ``own``, where others have names already."""
        name = self.name if self.known else own
        if name not in taken:
            return name
        candidates = [f"{name} ({self.source})"] if isinstance(self.source, str) else []
        candidates += [f"{name} ({number})" for number in range(2, len(list(taken)) + 3)]
        return next(candidate for candidate in candidates if candidate not in taken)


def expand(sources: Iterable[BenchSource] = ()) -> list[Entry]:
    """Return the data sets that sources name, each once, in order; every built-in one for no sources.

    A folder stands for the tables in it, sorted by name, unless it is one of IDX files; a pattern such as
    ``data/*.csv`` for the files and folders that match; ``openml:suite/99`` for the data sets of an OpenML
    suite. Raises DataError for what does not exist or holds no table, UsageError for an empty
    ``openml:`` and for ``-`` on a terminal. Whether an OpenML data set exists shows when it is read.
    """
    given = list(sources) or [name for name, _ in builtin_names()]
    found: dict[Hashable, Entry] = {}
    for source in given:
        for entry in _entries(source):
            found.setdefault(entry.identity, entry)
    return _told_apart(list(found.values()))


def _entries(source: BenchSource) -> Iterator[Entry]:
    if isinstance(source, Dataset):
        yield Entry(source, source.name, id(source))
    elif not isinstance(source, str | os.PathLike):
        yield Entry(source, "DataFrame", id(source))
    elif source == "-":
        piped_stdin()
        yield Entry(source, "stdin", "-")
    elif isinstance(source, str) and source.startswith(OPENML):
        yield from _openml(source)
    elif isinstance(source, str) and is_builtin(source):
        path = files().get(source)
        yield Entry(source, source, ("builtin", source) if path is None else path.resolve())
    else:
        yield from _on_disk(Path(source))


def _openml(source: str) -> Iterator[Entry]:
    if source.startswith(SUITE):
        for number in suite_members(source.removeprefix(SUITE)):
            yield Entry(f"{OPENML}{number}", f"{OPENML}{number}", f"{OPENML}{number}", known=False)
        return
    wanted = source.removeprefix(OPENML).strip()
    if not wanted:
        raise UsageError("openml: needs a number or a name, such as openml:61, openml:iris, openml:suite/99.")
    yield Entry(f"{OPENML}{wanted}", f"{OPENML}{wanted}", f"{OPENML}{wanted.lower()}", known=False)


def _on_disk(path: Path) -> Iterator[Entry]:
    """Yield what a path or a pattern stands for; a path that exists is no pattern."""
    if path.is_dir():
        yield from _in_folder(path)
    elif path.exists():
        yield _file(path)
    elif any(sign in str(path) for sign in WILD):
        yield from _matching(path)
    else:
        raise not_found(path)


def _matching(pattern: Path) -> Iterator[Entry]:
    import glob

    found = glob.glob(str(pattern), recursive=True)  # noqa: PTH207 - a pattern may begin at the root
    matches = [Path(match) for match in sorted(found)]
    if not matches:
        raise DataError(f"{pattern}: no file matches.")
    for path in matches:
        yield from _on_disk(path)


def _in_folder(folder: Path) -> Iterator[Entry]:
    from compare_cli.data.formats import holds_idx

    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}.") from None
    if holds_idx(folder):
        yield Entry(folder, folder.resolve().name, folder.resolve(), folder)
        return
    tables = [path for path in inside if _is_table(path)]
    if not tables:
        raise DataError(f"{folder}: holds no tables ({', '.join(TABLE_SUFFIXES)}, also compressed).")
    yield from map(_file, tables)


def _is_table(path: Path) -> bool:
    name = path.name.lower()
    for suffix in COMPRESSED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name.endswith(TABLE_SUFFIXES) and not name.startswith(".") and path.is_file()


def _file(path: Path) -> Entry:
    return Entry(path, table_name(path), path.resolve(), path)


def _told_apart(entries: list[Entry]) -> list[Entry]:
    """Give files of one name as much of their path as tells them apart, from each other and from the rest."""
    alike: dict[str, list[Path]] = defaultdict(list)
    for entry in entries:
        if entry.path is not None:
            alike[entry.name].append(entry.path)
    others = {entry.name for entry in entries if entry.path is None}
    names: dict[Path, str] = {}
    for name, paths in alike.items():
        if len(paths) > 1 or name in others:
            names |= _longer_names(paths, others)
    return [replace(e, name=names.get(e.path, e.name)) if e.path is not None else e for e in entries]


def _longer_names(paths: list[Path], others: set[str]) -> dict[Path, str]:
    """Return the shortest ends of paths that differ: with their folders, else with their suffixes too.

    One file beside something else of its name needs no more than its suffix.
    """
    whole = {path: path.absolute() for path in paths}  # links keep the name they were given
    deepest = max(len(path.parts) for path in whole.values())
    with_folders = [(ending, folders) for ending in (table_name, _file_name) for folders in range(deepest)]
    for ending, folders in [(_file_name, 0), *with_folders] if len(paths) == 1 else with_folders:
        named = {
            path: "/".join((*full.parts[max(1, len(full.parts) - 1 - folders) : -1], ending(full)))
            for path, full in whole.items()
        }
        if len(set(named.values())) == len(paths) and not set(named.values()) & others:
            return named
    return {path: str(full) for path, full in whole.items()}


def _file_name(path: Path) -> str:
    return path.name
