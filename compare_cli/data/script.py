"""The statements of pandas that read a table as it was read here: found by trying, the plainest first.

Nothing is taken on trust: each way is tried on the table itself, and must give the same labels, numbers and
categories in every row. A way is a chain of calls, which is both carried out and written; no text is run.
Whatever comes from the data stands in the statements as a literal of Python.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import numpy as np

from compare_cli.data.cells import MISSING
from compare_cli.data.named import CLASSICS, files, load_classic, load_openml
from compare_cli.data.roles import label_places, own_labels
from compare_cli.data.table import ReadOptions, from_frame
from compare_cli.data.ways import (
    DATES,
    FILLED,
    HELPERS,
    KINDS,
    NUMBERS,
    TEXTS,
    Call,
    Way,
    call,
    literal,
    source_of,
    text_of,
    tried,
)
from compare_cli.errors import UsageError
from compare_cli.types import Column, Dataset

if TYPE_CHECKING:
    import pandas as pd

MANY_TEXTS = 40  # different texts of a column that are spelled out
CLEAN = "compare data FILE --to-csv clean.csv writes it as it was read; compare that"


@dataclass(frozen=True)
class Source:
    """A statement that leaves the raw ``data``; ``call`` reads a file, whose path is its first argument.

    ``loader`` is what it has from sklearn.datasets, "" for nothing. A table that the program ``held`` stands
    for itself: "table", or "X" with y.
    """

    text: str = ""
    loader: str = ""
    call: Call | None = None
    held: str = ""

    def statement(self, file: str) -> str:
        """Return the statement, ``file`` being an expression for the path."""
        return self.text if self.call is None else f"data = {self.call.text(file)}"


@dataclass(frozen=True)
class ReadingScript:
    """Statements that read a data set: they leave a frame ``data`` and the codes of its labels.

    With a test set they leave ``test`` and ``test_codes`` too, with groups ``groups``, in time its ``order``.
    ``columns`` are those of ``data``.
    """

    text: str
    source: Source
    columns: tuple[str, ...]


class _Different(Exception):  # noqa: N818 - no error: the next way is tried
    """A way to read a table gives other values; it says where."""


def reading_script(dataset: Dataset) -> ReadingScript:
    """Return the statements that read a data set, tried on its source.

    Raises UsageError, in one line that names what, where pandas cannot say it in a few statements.
    """
    if dataset.test is not None and (dataset.own is not None or dataset.test.own is not None):
        raise UsageError(
            "--code: test rows apart, in memory, are no folds: save both tables, compare the files."
        )
    why = ""
    for source in _sources(dataset):
        try:
            body = _Body(dataset, source)
        except _Different as different:
            why = why or str(different)
            continue
        text = (
            "".join(f"\n\n{source_of(f)}\n" for n, f in HELPERS.items() if f"{n}(" in body.text) + body.text
        )
        return ReadingScript(text, source, tuple(map(str, body.tables[0].columns)))
    raise UsageError(f"--code: {dataset.source}: pandas does not read this as compare does: {why}. {CLEAN}.")


def lines_of(*statements: str) -> str:
    """Return statements in lines; empty ones are left out."""
    return "".join(f"{statement}\n" for statement in statements if statement)


def _sources(dataset: Dataset) -> Iterator[Source]:
    """Yield the statements that may leave the raw table."""
    name = dataset.source
    if dataset.own is not None:
        yield _held(dataset.own.whole, dataset.target)
    elif name in CLASSICS:
        named = "bunch.target_names.astype(str)[bunch.target]"
        made = f"bunch = load_{name}(as_frame=True)\ndata = bunch.data.assign(**{{'class': {named}}})"
        yield Source(made, f"load_{name}")
    elif name.startswith("openml:"):
        wanted = name.removeprefix("openml:").strip()
        which = f"data_id={int(wanted)}" if wanted.isdecimal() else f"name={wanted!r}"
        made = f"data = fetch_openml({which}, as_frame=True).frame"
        yield Source(made, "fetch_openml")
    else:
        yield from (Source(call=call) for call in _calls(dataset))


def _calls(dataset: Dataset) -> Iterator[Call]:
    """Yield the calls of pandas that may read a file."""
    name = dataset.source.lower()
    if name.endswith((".parquet", ".pq")):
        yield call("pd.read_parquet")
    elif name.endswith((".jsonl", ".ndjson")):
        for how in ({}, {"precise_float": True}, {"precise_float": True, "dtype": False}):
            yield call("pd.read_json", lines=True, **how)
    elif name.endswith(".xlsx"):
        yield call("pd.read_excel")
        yield call("pd.read_excel", dtype="str", keep_default_na=False, na_values="")
    else:
        yield from (call("pd.read_csv", **how) for how in _ways(dataset))


def _held(whole: Any, target: str) -> Source:
    """Return how a table that the program holds becomes a frame with the names of the data set."""
    names: list[Any] = list(_named(whole).columns)
    held = "table" if target in names else "X"
    end = "" if held == "table" else f".assign(**{{{target!r}: list(y)}})"
    if not hasattr(whole, "iloc"):
        made = f"pd.DataFrame({held}, columns=[f'c{{at}}' for at in range(1, {len(names) + 1})])"
    else:
        named = "" if names == list(whole.columns) else f".set_axis({literal(names)}, axis=1)"
        made = f"{held}{named}.reset_index(drop=True)"
    return Source(f"data = {made}{end}", held=held)


def _named(whole: Any) -> pd.DataFrame:
    """Return a table that the program holds, an array too, with the names of the data set."""
    import pandas as pd

    if hasattr(whole, "iloc"):
        return from_frame(whole).frame
    return pd.DataFrame(whole, columns=[f"c{at}" for at in range(1, whole.shape[1] + 1)])


def _ways(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Yield keywords of read_csv, each time some more: what most tables do not need comes last."""
    from compare_cli.data.sources import opened
    from compare_cli.data.text import make_plan

    read = dataset.read
    how: dict[str, Any] = {}
    if read.delimiter not in {None, ","}:
        how["sep"] = r"\s+" if read.delimiter == "whitespace" else read.delimiter
    if read.encoding not in {None, "utf-8"}:
        how["encoding"] = read.encoding
    if read.quote not in {None, '"'}:
        how["quotechar"] = read.quote
    if read.header_rows == 0:
        how |= {"header": None, "names": [f"c{at}" for at in range(1, dataset.source_columns + 1)]}
    if read.preamble_rows:
        how["skiprows"] = read.preamble_rows
    if read.decimal_comma:
        yield how | {"decimal": ","}
    yield how
    how |= _exact_floats() | {"na_values": list(MISSING[1:]), "keep_default_na": False}
    yield how
    exact = [dataset.target, *(c.name for c in dataset.columns if c.kind == "categorical")]
    how["dtype"] = dict.fromkeys([*exact, *([dataset.groups_column] if dataset.groups_column else [])], "str")
    yield how
    if read.quote is None:
        yield how | {"quoting": csv.QUOTE_NONE}
    source: Any = opened(path_of(dataset))
    plan = make_plan(source, ReadOptions(encoding=read.encoding, delimiter=read.delimiter, quote=read.quote))
    if read.header_rows == 1:
        yield how | {"header": 0, "names": plan.names}
    how |= {"header": None, "names": plan.names, "skiprows": plan.skip_lines}
    yield how
    yield how | {"skipinitialspace": True}
    for strict in ({"comment": "#"}, {"on_bad_lines": "skip"}, {"comment": "#", "on_bad_lines": "skip"}):
        yield how | strict


def _exact_floats() -> dict[str, str]:
    """Return what asks for the nearest float, which pandas gives by itself from 3.1 on."""
    import pandas as pd

    version = tuple(int(part) for part in pd.__version__.split(".")[:2])
    return {} if version >= (3, 1) else {"float_precision": "round_trip"}


def path_of(dataset: Dataset) -> str:
    """Return the path of a data set's file. Raises UsageError, naming it, where there is none."""
    path = files().get(dataset.source, Path(dataset.source))
    if not path.is_file():
        what = "standard input" if dataset.source == "-" else dataset.source
        raise UsageError(f"--code: {what} is not one file of a table that a script can read again: save it.")
    return os.fspath(path)


class _Body:
    """The statements that read a data set from a source, in ``text``, as they are found.

    Raises _Different where the source does not give the data set's values.
    """

    def __init__(self, dataset: Dataset, source: Source) -> None:
        self.dataset, self.source = dataset, source
        test = dataset.test
        self.two_files = test is not None and test.source != dataset.source
        self.parts = [dataset]
        if test is not None:
            self.parts = [dataset, test] if self.two_files else [_joined(dataset, test)]
        self.tables = [self._raw(part) for part in self.parts]
        body = self._labels()
        ways: dict[str, tuple[Way, list[str]]] = {}
        unseen = []
        for column in dataset.columns:
            way, strange = self._column(column)
            ways.setdefault(text_of(way, "data[name]"), (way, []))[1].append(column.name)
            unseen += [column.name] * strange
        body += [_assignment(way, columns) for way, columns in ways.values()]
        self.text = self._both(body) + self._roles()
        if unseen:
            self.text += f"for name in {literal(unseen)}:  # what training has not seen counts as missing\n"
            self.text += "    test[name] = test[name].where(test[name].isin(data[name]), '')\n"

    def _raw(self, part: Dataset) -> pd.DataFrame:
        """Return the table as the source gives it."""
        if part.own is not None:
            table = _named(part.own.whole)
            if part.target not in table:
                table[part.target] = np.full(len(table), np.nan, dtype=object)
                table.loc[part.own.rows, part.target] = own_labels(part.classes)[part.y]
        elif self.source.call is None:
            name = part.source
            table = (
                load_classic(name).frame if name in CLASSICS else load_openml(name[len("openml:") :]).frame
            )
        else:
            table = tried((self.source.call,), path_of(part))
            if table is None:
                raise _Different("pandas raises an error")
        for name in (*(c.name for c in part.columns), part.target):
            if name not in table:
                raise _Different(f"{name!r} is no column then")
        return table

    def _labels(self) -> list[str]:
        """Return the statements that leave ``codes``; from then on rows are those that have one."""
        import pandas as pd

        target, texts = self.dataset.target, list(self.dataset.classes)
        ways = [(own_labels(self.dataset.classes).tolist(), TEXTS[0]), *((texts, way) for way in TEXTS[1:])]
        for classes, way in [*ways, (texts, (call("map", self._spelled_labels()),))]:
            found = [tried(way, table[target]) for table in self.tables]
            codes = [pd.Index(classes).get_indexer(() if v is None else v) for v in found]
            kept = [np.flatnonzero(given >= 0) for given in codes]
            if all(np.array_equal(c[k], p.y) for c, k, p in zip(codes, kept, self.parts, strict=True)):
                break
        else:
            raise _Different(f"its labels {target!r} are others")
        labels = text_of(way, f"data[{target!r}]")
        lines = [f"classes = {literal(classes)}", f"codes = pd.Index(classes).get_indexer({labels})"]
        if any(len(rows) < len(table) for rows, table in zip(kept, self.tables, strict=True)):
            lines.append("data, codes = data[codes >= 0].copy(), codes[codes >= 0]")
        self.tables = [table.iloc[rows] for table, rows in zip(self.tables, kept, strict=True)]
        return lines

    def _spelled_labels(self) -> dict[str, str]:
        """Return which class each text of the target stands for."""
        classes = self.dataset.classes
        texts = sorted(
            {text for t in self.tables for text in t[self.dataset.target] if isinstance(text, str)}
        )
        places = label_places([text.strip() for text in texts], classes)
        return {text: classes[at] for text, at in zip(texts, places, strict=True) if at >= 0}

    def _column(self, column: Column) -> tuple[Way, bool]:
        """Return the way to read a feature, and whether test rows have categories that training has not."""
        for way in (*KINDS[column.kind], *self._spelled(column)):
            values = [tried(way, table[column.name]) for table in self.tables]
            unseen = False
            if column.kind == "categorical" and len(values) > 1 and values[1] is not None:
                known = set() if values[0] is None else set(values[0])
                strange = np.array([text not in known for text in values[1]])
                unseen, values[1] = bool(strange.any()), values[1].where(~strange, "")
            if all(_same(v, p.X[column.name]) for v, p in zip(values, self.parts, strict=True)):
                return way, unseen
        raise _Different(f"column {column.name!r} has other values")

    def _spelled(self, column: Column) -> Iterator[Way]:
        """Yield the way that spells out what each text of a column stands for, where there are few."""
        stands: dict[str, Any] = {}
        for table, part in zip(self.tables, self.parts, strict=True):
            values = part.X[column.name].astype(object)
            pairs = zip(table[column.name], values, strict=True)
            stands |= {text: value for text, value in pairs if isinstance(text, str) and value == value}
            if len(stands) > MANY_TEXTS:
                return
        yield (call("map", stands), *([FILLED] if column.kind == "categorical" else []))

    def _both(self, body: Sequence[str]) -> str:
        """Return the statements for one table, or as a function for that and the one of test rows."""
        if self.two_files:
            inside = indent(lines_of(self.source.statement("file"), *body), "    ")
            left = ("data, codes", "test, test_codes")
            calls = (f"{names} = read({path_of(p)!r})" for names, p in zip(left, self.parts, strict=True))
            return lines_of(f"\n\ndef read(file):\n{inside}    return data, codes\n\n", *calls)
        rows = 0 if self.dataset.test is None else len(self.dataset.test.y)
        last = (
            f"test, test_codes = data.iloc[-{rows}:], codes[-{rows}:]",
            f"data, codes = data.iloc[:-{rows}], codes[:-{rows}]",
        )
        file = "" if self.source.call is None else repr(path_of(self.dataset))
        return lines_of(self.source.statement(file), *body, *(last if rows else ()))

    def _roles(self) -> str:
        """Return what leaves ``groups``, or the ``order`` of time."""
        data = self.dataset
        if data.groups_column is not None and data.groups is not None:
            column = self.tables[0][data.groups_column]
            for way in TEXTS:
                if np.array_equal(_ranks(tried(way, column)), data.groups):
                    return f"groups = {text_of(way, f'data[{data.groups_column!r}]')}\n"
            raise _Different(f"its groups {data.groups_column!r} are others")
        if data.time_column is not None and data.time is not None:
            column = self.tables[0][data.time_column]
            for way in (*NUMBERS, *DATES):
                if _same(tried(way, column), data.time):
                    times = text_of(way, f"data[{data.time_column!r}]")
                    return f"order = np.argsort({times}, kind='stable').to_numpy()\n"
            raise _Different(f"its times {data.time_column!r} are others")
        return ""


def _joined(dataset: Dataset, test: Dataset) -> Dataset:
    """Return a data set with its test rows at its end again."""
    import pandas as pd

    rows = pd.concat([dataset.X, test.X], ignore_index=True)
    return replace(dataset, X=rows, y=np.concatenate([dataset.y, test.y]))


def _assignment(way: Way, columns: Sequence[str]) -> str:
    """Return the statement that reads columns in one way; none where they are as they are read."""
    if not way:
        return ""
    if len(columns) == 1:
        one = f"data[{columns[0]!r}]"
        return f"{one} = {text_of(way, one)}"
    return f"for name in {literal(list(columns))}:\n    data[name] = {text_of(way, 'data[name]')}"


def _same(found: pd.Series[Any] | None, wanted: Any) -> bool:
    """Whether values are those that are wanted, missing ones at the same places."""
    if found is None or len(found) != len(wanted):
        return False
    values = found.to_numpy()
    if getattr(wanted, "dtype", None) == "category":
        texts = wanted.astype(object).fillna("").to_numpy()
        return all(type(text) is str for text in values) and bool((values == texts).all())
    if values.dtype.kind not in "biuf":
        return False
    return np.array_equal(values.astype(float), np.asarray(wanted, dtype=float), equal_nan=True)


def _ranks(values: Any) -> Any:
    try:
        return np.unique(values, return_inverse=True)[1]
    except TypeError:  # texts beside numbers have no order
        return None
