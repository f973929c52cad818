"""`models`, `data` and `explain`: what there is, and how a table is read."""

from __future__ import annotations

import inspect
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare_cli import api
from compare_cli.cli.options import ReadOptions
from compare_cli.cli.output import PIPE_WIDTH, out_view, say_notes, write_bytes, write_out
from compare_cli.report.escaping import printable
from compare_cli.report.files import whole_file

if TYPE_CHECKING:
    from compare_cli.data.table import Cells
    from compare_cli.models import Family
    from compare_cli.report.table import Heading
    from compare_cli.types import Dataset, DatasetSummary, ReadInfo


def list_models() -> None:
    """Print every model with what it is and the parameters that compare sets. Imports none of them."""
    rows = []
    for family in api.models().values():
        mark = "*" if family.name in api.DEFAULT_MODELS.split(",") else ""
        rows.append((family.name + mark, family.summary, f"sets {family.rule}" if family.rule else ""))
    _print_entries(rows)
    write_out(
        "\n* compared by default. The baseline (dummy) is always shown.\n"
        "What you write wins: a spec that says how far a model grows, such as tree(max_depth=10), gets\n"
        "nothing by the number of rows or columns. `compare models tree` names these parameters.\n"
        "Any classifier with scikit-learn's interface: package.module:Class(parameter=value),\n"
        "e.g. --models 'tree,lightgbm:LGBMClassifier(num_leaves=15)'\n"
    )


def show_model(text: str) -> None:
    """Print all parameters of one model, with scikit-learn's defaults and what compare sets."""
    known = api.model(text)
    spec, family = known.spec, known.family
    write_out(f"{printable(spec.name)}: {family.summary or spec.factory}\n{spec.factory}\n")
    if family.rule:
        write_out(f"compare sets: {family.rule}\n")
    write_out(_what_wins(family, spec.params))
    values = {**known.defaults, **spec.params}
    shown = {name: "" if v is inspect.Parameter.empty else repr(v) for name, v in values.items()}
    width = max((len(name) for name in shown), default=0)
    lines = (f"  {name:<{width}}  {printable(value)}\n" for name, value in shown.items())
    write_out("\n" + "".join(lines))


def _what_wins(family: Family, given: Mapping[str, Any]) -> str:
    """Return which parameters switch the settings by size off, or that those of a spec do; "" for none."""
    if not family.growth:
        return ""
    said = family.says_growth(given)
    if said:
        return f"nothing by size here: {', '.join(said)} of yours says how far it grows\n"
    names = textwrap.fill(
        ", ".join(sorted(family.growth)), PIPE_WIDTH, initial_indent="  ", subsequent_indent="  "
    )
    return f"but nothing by size where you set one of:\n{names}\n"


def list_statistics() -> None:
    """Print every boundary statistic with its definition."""
    _print_entries([(s.name, s.definition, "") for s in api.statistics().values()])
    write_out("\nHow to read one: compare explain linearity\n")


def explain_statistic(name: str) -> None:
    """Print what a boundary statistic is. Raises UsageError for an unknown name."""
    known = api.explain(name)
    facts = {
        "what": known.definition,
        "range": known.range,
        "read it": known.how_to_read,
        "source": known.source,
    }
    write_out(f"{known.name}\n")
    _print_entries([(label, text, "") for label, text in facts.items()])


def list_data() -> None:
    """Print the built-in data sets, a line each."""
    _print_entries([(name, title, "") for name, title in api.datasets().items()])
    write_out("\nUse a name as DATA: compare fit moons. Describe one: compare data moons.\n")


def _print_entries(rows: Sequence[tuple[str, str, str]]) -> None:
    """Print name and text side by side, wrapped to the terminal, the detail on a line of its own."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
    indent = max(len(name) for name, _, _ in rows) + 2
    room = max(width - indent, 30)
    for name, text, detail in rows:
        lines = [*textwrap.wrap(printable(text), room), *textwrap.wrap(printable(detail), room)]
        write_out(f"{name:<{indent}}" + f"\n{' ' * indent}".join(lines) + "\n")


def describe_data(source: str, to_csv: Path | None, options: ReadOptions) -> None:
    """Print a table as compare reads it: columns, roles, types, missing values, classes, notes."""
    if to_csv is not None:
        _write_cells(api.cells(source, **options.reading()), to_csv)
        return
    dataset = api.read(source, **options.reading())
    write_out(_description(dataset, api.describe(dataset)))
    say_notes(dataset.notes)


def _write_cells(cells: Cells, file: Path) -> None:
    """Write a table as it was read, to standard output for ``-``."""
    if str(file) == "-":
        write_bytes(cells.csv())
    else:
        with whole_file(file, "--to-csv") as stream:
            stream.write(cells.csv())
    say_notes(cells.notes)


def _description(dataset: Dataset, facts: DatasetSummary) -> str:
    from compare_cli.report.table import Block, Line, Table, text_page

    lines = [f"{dataset.name}: {facts.rows:,} rows, {facts.columns} columns, read from {dataset.source}"]
    lines += [_how_read(facts.read)] if facts.read.encoding else []
    if dataset.test is not None:
        lines.append(f"test set: {facts.test_rows:,} rows")
    classes = [
        (name, f"{rows:,}", f"{rows / len(dataset.y):.1%}")
        for name, rows in zip(facts.classes, facts.class_counts, strict=True)
    ]
    blocks: list[Block] = [
        [Line(line) for line in lines],
        [Table(_headings("Column", "Role", "Type", numbers=("Missing", "Distinct")), [*_columns(dataset)])],
        [Table(_headings("Class", numbers=("Rows", "Share")), classes)],
    ]
    return text_page(blocks, out_view())


def _headings(first: str, *others: str, numbers: Sequence[str]) -> list[Heading]:
    from compare_cli.report.table import Heading

    names = [Heading(title, give_way=True) for title in (first, *others)]
    return [*names, *(Heading(title, "right") for title in numbers)]


def _how_read(read: ReadInfo) -> str:
    header = "with a header" if read.header else "without a header"
    header += f" of {read.header_rows} rows" if (read.header_rows or 0) > 1 else ""
    parts = [f"{read.encoding}, delimiter {read.delimiter!r}, quote {read.quote or 'none'}, {header}"]
    counted = {"before the table": read.preamble_rows, "skipped": read.skipped_rows}
    parts += [f"{_lines(count)} {where}" for where, count in counted.items() if count]
    spelled = {
        "decimal comma": read.decimal_comma,
        "day first": read.day_first,
        "month first": read.month_first,
    }
    parts += [f"{what} in {', '.join(names)}" for what, names in spelled.items() if names]
    return "; ".join(parts)


def _lines(count: int) -> str:
    return f"{count} line" + "s" * (count != 1)


def _columns(dataset: Dataset) -> Iterator[tuple[str, ...]]:
    yield (dataset.target, "target", "class", "0", str(len(dataset.classes)))
    for column, distinct in zip(dataset.columns, dataset.distinct, strict=True):
        yield (column.name, "feature", column.kind, f"{column.missing:,}", f"{distinct:,}")
    yield from ((left_out.column, "left out", left_out.reason, "", "") for left_out in dataset.dropped)
