"""Several data sets as CSV (a row for each data set and model) and as Markdown (tables, ranks, verdict)."""

from __future__ import annotations

from collections.abc import Iterator

from compare_cli.metrics import metric_named
from compare_cli.report.across_columns import PAIR_COLUMNS, RANK_COLUMNS, telling_ranks
from compare_cli.report.across_text import BARS, friedman_sentence, pairs_title, ranks_title
from compare_cli.report.diagram import rank_diagram
from compare_cli.report.escaping import markdown
from compare_cli.report.matrix import TOTAL, make_matrix
from compare_cli.report.tables import comparison_lines, comparison_rows, csv_text, markdown_grid
from compare_cli.report.text import counted
from compare_cli.report.view import View
from compare_cli.types import Bench

DIAGRAM_CELLS = 80


def bench_csv(bench: Bench, view: View) -> str:
    """Return one row per data set and model.

    ``baseline`` and ``against_baseline`` are the cell of the matrix: whom the model is held against there,
    and the verdict of that pair. What all data sets say together is repeated in every row of the model
    (``across_…``); empty for models that are outside the ranks.
    """
    matrix = make_matrix(bench, view.baseline)
    across = {m.model: m for m in bench.across.models}
    rows = []
    for at, comparison in enumerate(bench.datasets):
        for row in comparison_rows(comparison):
            model = str(row["model"])
            held = matrix is not None and model in matrix.models[1:]
            row["baseline"] = matrix.against if matrix and held else ""
            row["against_baseline"] = (
                matrix.rows[at][matrix.models.index(model)].verdict if matrix and held else ""
            )
            for column in RANK_COLUMNS:
                value = getattr(across[model], column.name) if model in across else None
                row[f"across_{column.name}"] = "" if value is None else value
            rows.append(row)
    return csv_text(rows)


def bench_markdown(bench: Bench, view: View) -> str:
    """Return every data set's table, the matrix, then the ranks, pairs and verdict over all of them."""
    lines = [line for comparison in bench.datasets for line in (*comparison_lines(comparison, bench.run), "")]
    lines += [*_matrix_lines(bench, view), *_rank_lines(bench), *_pair_lines(bench)]
    return "\n".join([*lines, f"**{markdown(bench.across.verdict.sentence)}**"]) + "\n"


def _matrix_lines(bench: Bench, view: View) -> Iterator[str]:
    matrix = make_matrix(bench, view.baseline)
    if matrix is None:
        return
    yield from (f"### {markdown(matrix.title)} of {counted(len(matrix.datasets), 'data set')}", "")
    columns = range(1, len(matrix.models))
    rows = [
        (name, *(f"{cell.score} {cell.mark}".strip() for cell in row))
        for name, row in zip(matrix.datasets, matrix.rows, strict=True)
    ]
    rows.append((TOTAL, "", *(matrix.tally(column) for column in columns)))
    yield from markdown_grid(("Data set", *matrix.models), ["left", *["right"] * len(matrix.models)], rows)
    yield from ("", *map(markdown, matrix.legend(matrix.against)), "")


def _rank_lines(bench: Bench) -> Iterator[str]:
    across = bench.across
    yield from (f"### {markdown(ranks_title(bench))}", "")
    columns = telling_ranks(across.models)
    rows = ((m.model, *(column.cell(m) for column in columns)) for m in across.models)
    titles = ("Model", *(column.title for column in columns))
    yield from markdown_grid(titles, ["left", *["right"] * len(columns)], rows)
    yield ""
    if across.friedman_p is not None:
        yield from (markdown(friedman_sentence(across)), "")
    diagram = rank_diagram(across, DIAGRAM_CELLS)
    if diagram:
        # A block of code by its indentation: no name can end it, as it could end a fence.
        yield from (*(f"    {line}" for line in diagram), "")
    if across.rank_groups:
        yield from (markdown(BARS), "")


def _pair_lines(bench: Bench) -> Iterator[str]:
    if not bench.across.pairs:
        return
    metric = metric_named(bench.datasets[0].protocol.metric)
    yield from (f"### {markdown(pairs_title(bench))}", "")
    titles = ("Model", "Against", *(column.title for column in PAIR_COLUMNS))
    rows = ((p.left, p.right, *(c.cell(p, metric) for c in PAIR_COLUMNS)) for p in bench.across.pairs)
    yield from (*markdown_grid(titles, ["left", "left", *["right"] * len(PAIR_COLUMNS)], rows), "")
