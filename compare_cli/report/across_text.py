"""Several data sets as a person reads them: a table each, the matrix, the ranks, and the verdict over all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from compare_cli.metrics import metric_named
from compare_cli.report import units
from compare_cli.report.across_columns import PAIR_COLUMNS, PairColumn, RankColumn, telling_ranks
from compare_cli.report.columns import GAP, NAME_WIDTH
from compare_cli.report.diagram import rank_diagram
from compare_cli.report.escaping import cells, fitted, fitted_apart, padded, printable
from compare_cli.report.matrix import TOTAL, Cell, Matrix, make_matrix
from compare_cli.report.text import (
    SHORTEST_NAME,
    TOP_SET,
    comparison_parts,
    counted,
    marks_a_top_set,
    plain_table,
    render,
)
from compare_cli.report.view import View
from compare_cli.types import Across, Bench

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

TITLE_CELLS = 16  # a model's name above its column of the matrix
STYLES = {"better": "green", "worse": "red"}


def bench_text(bench: Bench, view: View) -> str:
    """Return every data set's table, the matrix, then the ranks and the verdict over all of them.

    Reasons are told data set by data set in a table of everything only.
    """
    from rich.text import Text

    parts: list[RenderableType] = []
    for comparison in bench.datasets:
        parts += [*comparison_parts(comparison, bench.run, view, reasons=view.everything), ""]
    if not view.everything and any(map(marks_a_top_set, bench.datasets)):
        parts += [Text(TOP_SET, "dim"), ""]
    parts += [*_matrix_parts(bench, view), *_rank_parts(bench, view), *_pair_parts(bench, view)]
    return render([*parts, Text(printable(bench.across.verdict.sentence), "bold")], view)


def _matrix_parts(bench: Bench, view: View) -> Iterator[RenderableType]:
    from rich.text import Text

    matrix = make_matrix(bench, view.baseline)
    if matrix is None:
        return
    yield Text(f"{matrix.title} of {counted(len(bench.datasets), 'data set')}", "bold")
    yield ""
    for block in _blocks(matrix, view):
        yield from (_matrix_table(matrix, block, view), "")
    for line in matrix.legend(fitted(printable(matrix.against), NAME_WIDTH)):
        yield Text(line, "dim")
    yield ""


def _blocks(matrix: Matrix, view: View) -> list[list[int]]:
    """Return the columns that stand side by side, the model that others are held against in every block.

    Blocks are equally wide where that fits.
    """
    others = list(range(1, len(matrix.models)))
    if view.everything:
        return [[0, *others]]
    room = view.width - _dataset_cells(matrix, view) - _column_cells(matrix, 0) - GAP
    wide = [_column_cells(matrix, column) + GAP for column in range(len(matrix.models))]
    blocks: list[list[int]] = [[]]
    for column in others:
        if blocks[-1] and sum(wide[c] for c in (*blocks[-1], column)) > room:
            blocks.append([])
        blocks[-1].append(column)
    each = -(-len(others) // len(blocks))
    equal = [others[start : start + each] for start in range(0, len(others), each)]
    if all(sum(wide[c] for c in block) <= room for block in equal):
        blocks = equal
    return [[0, *block] for block in blocks]


def _dataset_cells(matrix: Matrix, view: View) -> int:
    """How wide names of data sets may be: no wider than they are, nor than leaves room for two columns."""
    longest = max(cells(printable(name)) for name in ("Data set", *matrix.datasets))
    if view.everything:
        return longest
    taken = _column_cells(matrix, 0) + max(_column_cells(matrix, c) for c in range(1, len(matrix.models)))
    return min(longest, NAME_WIDTH, max(view.width - taken - 2 * GAP, SHORTEST_NAME))


def _column_cells(matrix: Matrix, column: int) -> int:
    body = max(len(_padded_score(row[column])) for row in matrix.rows)
    tally = len(matrix.tally(column)) if column else 0
    return max(cells(_model_title(matrix, column)), body, tally)


def _model_title(matrix: Matrix, column: int) -> str:
    return fitted_apart([printable(model) for model in matrix.models], TITLE_CELLS)[column]


def _padded_score(cell: Cell) -> str:
    return f"{cell.score} {cell.mark or ' '}"


def _matrix_table(matrix: Matrix, block: Sequence[int], view: View) -> RenderableType:
    """One block; the text of cells is filled up here, so that marks stand below each other."""
    from rich.text import Text

    table = plain_table()
    room = _dataset_cells(matrix, view)
    table.add_column(Text(padded("Data set", room), "bold"), no_wrap=True)
    wide = {column: _column_cells(matrix, column) for column in block}
    for column in block:
        title = padded(_model_title(matrix, column), wide[column], "right")
        table.add_column(Text(title, "bold"), no_wrap=True)
    names = fitted_apart([printable(name) for name in matrix.datasets], room)
    for name, row in zip(names, matrix.rows, strict=True):
        shown = (_score(row[column], wide[column]) for column in block)
        table.add_row(Text(name), *shown)
    tallies = (padded(matrix.tally(c) if c else "", wide[c], "right") for c in block)
    table.add_row(Text(TOTAL, "dim"), *(Text(tally, "dim") for tally in tallies))
    return table


def _score(cell: Cell, room: int) -> Text:
    from rich.text import Text

    text = Text(padded(_padded_score(cell), room, "right"))
    if cell.mark:
        text.stylize(STYLES.get(cell.verdict, "dim"), len(text) - 1)
    return text


def _rank_parts(bench: Bench, view: View) -> Iterator[RenderableType]:
    from rich.text import Text

    across = bench.across
    yield Text(ranks_title(bench), "bold")
    yield ""
    yield from (_rank_table(across, view), "")
    if across.friedman_p is not None:
        yield Text(friedman_sentence(across))
        yield ""
    lines = rank_diagram(across, view.width)
    if lines:
        yield from (Text(line, no_wrap=True) for line in lines)
        yield ""
    if across.rank_groups:
        yield Text(BARS, "dim")
        yield ""


BARS = (
    f"{'━' * 3} joins models whose mean ranks the critical difference (Nemenyi, α = 0.05) cannot tell apart;"
    " the verdict is decided pair by pair."
)


def ranks_title(bench: Bench) -> str:
    """Return the title of the ranks, with how many data sets they are of."""
    total, counted_in = len(bench.datasets), bench.across.datasets
    title = f"All {counted(total, 'data set')}: mean rank, 1 is best"
    if counted_in == total:
        return title
    return f"{title}; over the {counted_in:,} on which every model finished"


def friedman_sentence(across: Across) -> str:
    """Return Friedman's p-value and what it says, in one sentence; "" where there is none."""
    p = across.friedman_p
    if p is None:
        return ""
    said = "the models do not all rank alike" if p < 0.05 else "no sign that the models rank differently"
    shown = units.p_value(p)
    return f"Friedman p {'' if shown.startswith('<') else '= '}{shown}: {said}."


def _rank_table(across: Across, view: View) -> RenderableType:
    """The ranks; in a narrow place wins, ties and losses are left out."""
    from rich.text import Text

    columns = _fitting_ranks(across, view)
    taken = sum(len(column.title) + GAP for column in columns)
    table = plain_table()
    table.add_column(Text("Model", "bold"), no_wrap=True)
    for column in columns:
        table.add_column(Text(column.title, "bold"), justify="right", no_wrap=True)
    names = fitted_apart([printable(m.model) for m in across.models], _name_room(view, taken))
    for name, m in zip(names, across.models, strict=True):
        table.add_row(Text(name), *(column.cell(m) for column in columns))
    return table


def _fitting_ranks(across: Across, view: View) -> list[RankColumn]:
    columns = telling_ranks(across.models)
    taken = sum(len(column.title) + GAP for column in columns)
    if view.everything or taken + SHORTEST_NAME <= view.width:
        return columns
    return [column for column in columns if not column.priority]


def _name_room(view: View, taken: int) -> int:
    return NAME_WIDTH if view.everything else min(max(view.width - taken, SHORTEST_NAME), NAME_WIDTH)


def _pair_parts(bench: Bench, view: View) -> Iterator[RenderableType]:
    """The pairs that decide: the model with the best mean rank against each other one, or all of them."""
    from rich.text import Text

    if bench.across.pairs:
        yield Text(pairs_title(bench), "bold")
        yield ""
        yield from (_pair_table(bench, view), "")


def pairs_title(bench: Bench) -> str:
    """Return the title of the pairs, with what counts as better."""
    metric = metric_named(bench.datasets[0].protocol.metric)
    rope = f"{100 * metric.rope:.3g} pt" if metric.rate else f"{metric.rope:.2g}"
    return f"Pair by pair: wins, ties, losses; better or worse by more than {rope}"


def _pair_table(bench: Bench, view: View) -> RenderableType:
    """The pairs of the model with the best mean rank, named once; of everything all pairs."""
    from rich.text import Text

    metric = metric_named(bench.datasets[0].protocol.metric)
    leader = bench.across.pairs[0].left
    pairs = [p for p in bench.across.pairs if view.everything or p.left == leader]
    texts = {c.title: [c.cell(p, metric) for p in pairs] for c in PAIR_COLUMNS}
    wide = {title: max(map(len, (title, *cell))) for title, cell in texts.items()}
    columns = _fitting_pairs(wide, view)
    room = _name_room(view, sum(wide[c.title] + GAP for c in columns))
    table = plain_table()
    if view.everything:
        table.add_column(Text("Model", "bold"), no_wrap=True)
        table.add_column(Text("Against", "bold"), no_wrap=True)
    else:
        against = " against"
        name = fitted(printable(leader), max(room - len(against), 1))
        table.add_column(Text(fitted(name + against, room), "bold"), no_wrap=True)
    for column in columns:
        table.add_column(Text(column.title, "bold"), justify="right", no_wrap=True)
    models = list(dict.fromkeys(name for p in pairs for name in (p.left, p.right)))
    short = dict(zip(models, fitted_apart([printable(m) for m in models], room), strict=True))
    for at, pair in enumerate(pairs):
        names = [pair.left, pair.right] if view.everything else [pair.right]
        table.add_row(*(Text(short[name]) for name in names), *(texts[c.title][at] for c in columns))
    return table


def _fitting_pairs(wide: dict[str, int], view: View) -> list[PairColumn]:
    """Return the columns for which there is room beside a name, by priority, in their own order."""
    if view.everything:
        return list(PAIR_COLUMNS)
    room, chosen = view.width - 2 * SHORTEST_NAME, set()
    for column in sorted(PAIR_COLUMNS, key=lambda column: column.priority):
        room -= wide[column.title] + GAP
        if room < 0:
            break
        chosen.add(column.title)
    return [column for column in PAIR_COLUMNS if column.title in chosen]
