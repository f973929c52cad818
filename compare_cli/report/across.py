"""Several data sets: which model is better where, mean ranks, pairs, the verdict over all; and as CSV.

Marks come from the verdict of the pair on the data set, never from the scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from compare_cli.metrics import Metric, metric_named
from compare_cli.models.families import BASELINE
from compare_cli.report import units
from compare_cli.report.diagram import rank_diagram
from compare_cli.report.escaping import cells, fitted, fitted_apart, padded, printable
from compare_cli.report.pages import comparison_page
from compare_cli.report.table import GAP, Block, Cell, Column, Heading, Line, Table, View, fitting, in_blocks
from compare_cli.report.tables import (
    NAME_WIDTH,
    SHORTEST_NAME,
    footnotes,
    name_room,
    not_tried_lines,
    score_title,
)
from compare_cli.report.units import counted
from compare_cli.types import Across, AcrossPair, Bench, Comparison, ModelRank

TOTAL = "total"
MARKS = {"better": "▲", "worse": "▼", "equivalent": "=", "identical": "="}
MARK_STYLES = {"better": "green", "worse": "red"}
USUAL = "logistic"  # the family that others are held against unless the user names a model
TITLE_CELLS = 16  # a model's name above its column of the matrix
DIAGRAM_CELLS = 80  # of a file that has no width
BARS = (
    f"{'━' * 3} joins models whose mean ranks the critical difference (Nemenyi, α = 0.05) cannot tell apart;"
    " the verdict is decided pair by pair."
)
RANK_COLUMNS: tuple[Column[ModelRank], ...] = (
    Column("average_rank", "Mean rank", lambda m: units.plain(m.average_rank, 2), 0),
    Column("wins", "Wins", lambda m: f"{m.wins}", 1),
    Column("ties", "Ties", lambda m: f"{m.ties}", 1),
    Column("losses", "Losses", lambda m: f"{m.losses}", 1),
    Column("mean_accuracy", "Mean accuracy %", lambda m: units.percent(m.mean_accuracy), 0),
)
"""What is shown of a model over several data sets: a new column is one entry here."""


def pair_columns(metric: Metric) -> tuple[Column[AcrossPair], ...]:
    """Return what is shown of a pair of models over several data sets: a new column is one entry here."""

    def spread(pair: AcrossPair) -> str:
        return f"{units.signed(pair.lowest, metric)} … {units.signed(pair.highest, metric)}"

    return (
        Column("record", "W-T-L", lambda p: f"{p.wins}-{p.ties}-{p.losses}", 0),
        Column("median", "Median", lambda p: units.signed(p.median, metric), 2),
        Column("spread", "Spread", spread, 3),
        Column("p_left", "P(better)", lambda p: units.probability(p.p_left), 1),
        Column("p_rope", "P(same)", lambda p: units.probability(p.p_rope), 4),
        Column("p_right", "P(worse)", lambda p: units.probability(p.p_right), 5),
        Column("wilcoxon_p_holm", "Holm p", lambda p: units.p_value(p.wilcoxon_p_holm), 2.5),
    )


def bench_blocks(bench: Bench, view: View) -> Iterator[Block]:
    """Yield every data set's table, the matrix, then ranks, pairs and the verdict over all of them.

    Reasons are told data set by data set in a table of everything, and in files.
    """
    for comparison in bench.datasets:
        yield from comparison_page(comparison, bench.run, view, reasons=view.complete)
    if not view.complete:
        yield [*footnotes(bench.datasets, view)]
    matrix = make_matrix(bench, view.baseline)
    if matrix is not None:
        yield from _matrix_blocks(matrix, view)
    yield from _rank_blocks(bench, view)
    if bench.across.pairs:
        yield [Line(pairs_title(bench), "title")]
        yield from ([table] for table in _pair_tables(bench, view))
    yield [Line(bench.across.verdict.sentence, "strong"), *not_tried_lines(bench.datasets[:1])]


@dataclass(frozen=True)
class Mark:
    """A model on a data set: its score as text ("" where it was not compared), its verdict, "" for none."""

    score: str
    verdict: str

    @property
    def sign(self) -> str:
        """The sign of the verdict; undecided has none."""
        return MARKS.get(self.verdict, "")

    @property
    def text(self) -> str:
        """Score and sign; without a sign there is room for one, so that scores stand below each other."""
        return f"{self.score} {self.sign or ' '}"


@dataclass(frozen=True)
class Matrix:
    """Data sets × models: ``models`` begins with the one that the others are held against."""

    title: str
    models: tuple[str, ...]
    datasets: tuple[str, ...]
    rows: tuple[tuple[Mark, ...], ...]

    @property
    def against(self) -> str:
        """The model that marks speak of."""
        return self.models[0]

    def tally(self, column: int) -> str:
        """Return how often a model is better and worse: ``▲12 ▼3``; "" for the one that marks speak of."""
        if column == 0:
            return ""
        counts = Counter(row[column].sign for row in self.rows)
        return f"{MARKS['better']}{counts[MARKS['better']]} {MARKS['worse']}{counts[MARKS['worse']]}"

    @property
    def titles(self) -> list[str]:
        """The models as they stand above their columns."""
        return fitted_apart([printable(model) for model in self.models], TITLE_CELLS)

    def width(self, column: int) -> int:
        """Return how many characters a column takes."""
        texts = [self.titles[column], self.tally(column), *(row[column].text for row in self.rows)]
        return max(map(cells, texts))


def make_matrix(bench: Bench, against: str | None) -> Matrix | None:
    """Return the matrix; None without two models.

    ``against`` is the model to hold others against; None takes logistic regression, else the leader. The
    baseline is there when it is asked for only.
    """
    families = {m.model: m.family for c in bench.datasets for m in c.models}
    ranks = {m.model: rank for rank, m in enumerate(bench.across.models)}
    names = sorted(families, key=lambda name: ranks.get(name, len(ranks)))
    usual = next((name for name in names if families[name] == USUAL), names[0] if names else "")
    first = against if against in names else usual
    shown = [name for name in names if name == first or families[name] != BASELINE]
    if len(shown) < 2:
        return None
    models = tuple(sorted(shown, key=lambda name: name != first))
    return Matrix(
        title=score_title(_metric(bench)),
        models=models,
        datasets=tuple(c.dataset.name for c in bench.datasets),
        rows=tuple(tuple(_marks(comparison, models)) for comparison in bench.datasets),
    )


def _metric(bench: Bench) -> Metric:
    return metric_named(bench.datasets[0].protocol.metric)


def _marks(comparison: Comparison, models: Sequence[str]) -> Iterator[Mark]:
    first, metric = models[0], metric_named(comparison.protocol.metric)
    scores = {m.model: m.score(metric.name) for m in comparison.models}
    turned = {"better": "worse", "worse": "better"}
    verdicts: dict[str, str] = {p.left: p.verdict for p in comparison.pairs if p.right == first}
    verdicts |= {p.right: turned.get(p.verdict, p.verdict) for p in comparison.pairs if p.left == first}
    for model in models:
        score = units.score(scores[model], metric) if model in scores else ""
        yield Mark(score, "" if model == first else verdicts.get(model, ""))


def _matrix_blocks(matrix: Matrix, view: View) -> Iterator[Block]:
    yield [Line(f"{matrix.title} of {counted(len(matrix.datasets), 'data set')}", "title")]
    names = _dataset_cells(matrix, view)
    for columns in _side_by_side(matrix, view.width - names, view):
        yield [_matrix_table(matrix, columns, names, view)]
    against = matrix.against if view.whole else fitted(printable(matrix.against), NAME_WIDTH)
    yield [
        Line(
            f"Marks: against {against}, by the verdict on each data set alone, not corrected over data sets: "
            "between equal models about 1 in 20 is a false one.",
            "quiet",
        ),
        Line(
            f"{MARKS['better']} better, {MARKS['worse']} worse, {MARKS['equivalent']} equivalent;"
            " no mark: not decided.",
            "quiet",
        ),
    ]


def _side_by_side(matrix: Matrix, room: int, view: View) -> list[list[int]]:
    """Return the columns that fit ``room``, block by block; the first model stands in every block.

    Blocks are equally wide where that fits.
    """
    others = list(range(1, len(matrix.models)))
    if view.whole:
        return [[0, *others]]
    room -= matrix.width(0) + GAP
    wide = [matrix.width(column) + GAP for column in range(len(matrix.models))]
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
    if view.whole:
        return longest
    taken = matrix.width(0) + max(matrix.width(column) for column in range(1, len(matrix.models)))
    return min(longest, NAME_WIDTH, max(view.width - taken - 2 * GAP, SHORTEST_NAME))


def _matrix_table(matrix: Matrix, columns: Sequence[int], names: int, view: View) -> Table:
    """Return one block, with a row for how often each model is better and worse."""
    titles = matrix.models if view.whole else matrix.titles
    rows: list[list[Cell]] = [
        [Text(name), *(_mark_cell(row[column], matrix.width(column)) for column in columns)]
        for name, row in zip(_apart(matrix.datasets, names, view), matrix.rows, strict=True)
    ]
    rows.append([TOTAL, *(matrix.tally(column) for column in columns)])
    headings = [Heading("Data set"), *(Heading(titles[column], "right") for column in columns)]
    return Table(headings, rows, [*[""] * len(matrix.rows), "dim"])


def _mark_cell(mark: Mark, width: int) -> Text:
    """Return score and sign, filled up on the left, so that signs stand below each other."""
    text = Text(padded(mark.text, width, "right"), justify="left")
    if mark.sign:
        text.stylize(MARK_STYLES.get(mark.verdict, "dim"), len(text) - 1)
    return text


def _apart(names: Sequence[str], room: int, view: View) -> list[str]:
    """Return names cut to so many characters, different ones staying different; whole in files."""
    shown = [printable(name) for name in names]
    return shown if view.whole else fitted_apart(shown, room)


def _rank_blocks(bench: Bench, view: View) -> Iterator[Block]:
    across = bench.across
    yield [Line(ranks_title(bench), "title")]
    yield [_rank_table(across, view)]
    if across.friedman_p is not None:
        yield [Line(friedman_sentence(across))]
    yield [
        Line(line, "drawing") for line in rank_diagram(across, DIAGRAM_CELLS if view.whole else view.width)
    ]
    if across.rank_groups:
        yield [Line(BARS, "quiet")]


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


def _rank_table(across: Across, view: View) -> Table:
    """Return the ranks; in a narrow place wins, ties and losses are left out."""
    first, *others = RANK_COLUMNS
    columns = [first, *(column for column in others if column.says_something(across.models))]
    if not view.whole:
        columns = fitting(columns, across.models, view.width - SHORTEST_NAME)
    taken = sum(column.width(across.models) + GAP for column in columns)
    names = _apart([m.model for m in across.models], name_room(view, taken), view)
    return Table(
        [Heading("Model"), *(column.heading for column in columns)],
        [
            [name, *(column.cell(m) for column in columns)]
            for name, m in zip(names, across.models, strict=True)
        ],
    )


def pairs_title(bench: Bench) -> str:
    """Return the title of the pairs, with what counts as better."""
    metric = _metric(bench)
    rope = f"{100 * metric.rope:.3g} pt" if metric.rate else f"{metric.rope:.2g}"
    return f"Pair by pair: wins, ties, losses; better or worse by more than {rope}"


def _pair_tables(bench: Bench, view: View) -> Iterator[Table]:
    """Yield the pairs of the model with the best mean rank, named once; of everything all pairs."""
    leader = bench.across.pairs[0].left
    pairs = [p for p in bench.across.pairs if view.complete or p.left == leader]
    columns: Sequence[Column[AcrossPair]] = pair_columns(_metric(bench))
    if not view.complete:
        columns = fitting(columns, pairs, view.width - 2 * SHORTEST_NAME)
    named = 2 if view.complete else 1
    widths = [column.width(pairs) + GAP for column in columns]
    room = name_room(view, max(widths, default=0) if view.everything else sum(widths), named)
    models = list(dict.fromkeys(name for p in pairs for name in (p.left, p.right)))
    short = dict(zip(models, _apart(models, room, view), strict=True))
    heads = ["Model", "Against"] if view.complete else [_against(leader, room)]
    longest = max(map(cells, [*heads, *short.values()]))
    for block in in_blocks(columns, pairs, view.width - named * (longest + GAP) + GAP, view):
        yield Table(
            [*map(Heading, heads), *(column.heading for column in block)],
            [
                [*(short[name] for name in (p.left, p.right)[-named:]), *(column.cell(p) for column in block)]
                for p in pairs
            ],
        )


def _against(leader: str, room: int) -> str:
    against = " against"
    return fitted(fitted(printable(leader), max(room - len(against), 1)) + against, room)
