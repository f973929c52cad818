"""The critical-difference diagram as a picture: PNG and SVG drawn by matplotlib.

The same ranks give the same bytes. Drawn as in the terminal: the better half of the models on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compare_cli.plot.figure import DPI, own_settings, require_matplotlib, saved_figure
from compare_cli.report.across import friedman_sentence
from compare_cli.report.escaping import cells, fitted_apart, printable
from compare_cli.report.units import plain
from compare_cli.types import Bench, ModelRank

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Picture = Callable[[Bench], bytes]
AXIS, NARROWEST = 3.6, 7.0  # inches: the axis, and the whole, whose caption must fit
LETTER, RANK = 0.085, 0.75  # inches: a letter of a name at its widest, and a rank with its gaps
TITLE, TICKS, LINE, BAR, FOOT = 0.62, 0.5, 0.26, 0.14, 0.62  # inches from above to below
NAME_CELLS = 26
INK, GREY, BLUE = "#111111", "#555555", "#0072B2"
THIN: Any = {"color": INK, "linewidth": 0.9, "solid_capstyle": "butt", "solid_joinstyle": "miter"}


def ranks_png(bench: Bench) -> bytes:
    """Return the diagram as PNG, 150 pixels to the inch. Raises UsageError where matplotlib is missing."""
    return _drawn(bench, "png", {"Software": None, "Title": _title(bench)})


def ranks_svg(bench: Bench) -> bytes:
    """Return the diagram as SVG, its text as text. Raises UsageError where matplotlib is missing."""
    return _drawn(bench, "svg", {"Date": None, "Creator": None, "Title": _title(bench)})


def _title(bench: Bench) -> str:
    sets = bench.across.datasets
    return f"Mean ranks over {sets:,} data set{'' if sets == 1 else 's'}"


@dataclass(frozen=True)
class Layout:
    """Where things stand, in inches from the upper left; ``bars`` are rows of pairs of ranks."""

    ranked: tuple[ModelRank, ...]
    names: tuple[str, ...]
    bars: tuple[tuple[tuple[float, float], ...], ...]

    @property
    def side(self) -> float:
        """The room left and right of the axis: as the longest name needs it."""
        longest = max(map(cells, self.names), default=0)
        return max((NARROWEST - AXIS) / 2, RANK + LETTER * longest)

    @property
    def width(self) -> float:
        """The whole, in whole pixels."""
        return round((2 * self.side + AXIS) * DPI) / DPI

    @property
    def leaders(self) -> float:
        """The first leader, from above."""
        return TITLE + TICKS + BAR * (len(self.bars) + 1)

    @property
    def height(self) -> float:
        """The whole, in whole pixels."""
        return round((self.leaders + LINE * ((len(self.ranked) + 1) // 2) + FOOT) * DPI) / DPI

    def place(self, rank: float) -> float:
        """Return where a rank is on the axis."""
        return self.side + (rank - 1) / (len(self.ranked) - 1) * AXIS


def _drawn(bench: Bench, kind: str, metadata: dict[str, Any]) -> bytes:
    require_matplotlib()
    with own_settings():
        from matplotlib.figure import Figure

        ranked = tuple(m for m in bench.across.models if m.average_rank is not None)
        names = tuple(fitted_apart([printable(m.model) for m in ranked], NAME_CELLS))
        layout = Layout(ranked, names, _bar_rows(bench, ranked))
        figure = Figure(figsize=(layout.width, layout.height), dpi=DPI, facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, layout.width)
        axes.set_ylim(layout.height, 0)
        axes.set_axis_off()
        title_style: Any = {"fontsize": 12, "weight": "bold", "va": "center", "parse_math": False}
        axes.text(0.25, 0.25, _title(bench), **title_style)
        if len(ranked) > 1:
            _draw_axis(axes, layout)
            _draw_difference(axes, bench.across.critical_difference, layout)
            _draw_bars(axes, layout)
            _draw_leaders(axes, layout)
        for at, line in enumerate(_caption(bench, ranked)):
            y = layout.height - FOOT + 0.2 + 0.19 * at
            axes.text(0.25, y, line, fontsize=8, color=GREY, va="center", parse_math=False)
        return saved_figure(figure, kind, metadata)


def _caption(bench: Bench, ranked: Sequence[ModelRank]) -> list[str]:
    across = bench.across
    if len(ranked) < 2:
        return ["Nothing to compare: fewer than two models finished on a common data set."]
    bars = " Bars join models that the critical difference (Nemenyi, α = 0.05) cannot tell apart."
    told = friedman_sentence(across)
    decided = "The verdict is decided pair by pair."
    return [f"1 is best.{bars if across.rank_groups else ''}", f"{told} {decided}" if told else decided]


def _bar_rows(bench: Bench, ranked: Sequence[ModelRank]) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the ends of the bars as ranks, those that do not touch in one row."""
    ranks = {m.model: m.average_rank or 1.0 for m in ranked}
    rows: list[list[tuple[float, float]]] = []
    for group in bench.across.rank_groups:
        inside = [ranks[model] for model in group if model in ranks]
        if not inside:
            continue
        row = next((r for r in rows if r[-1][1] < min(inside)), None)
        if row is None:
            row = []
            rows.append(row)
        row.append((min(inside), max(inside)))
    return tuple(map(tuple, rows))


def _draw_axis(axes: Axes, layout: Layout) -> None:
    models, top = len(layout.ranked), TITLE + TICKS
    axes.plot([layout.place(1), layout.place(models)], [top, top], **THIN)
    every = max(1, -(-models // 14))
    for rank in range(1, models + 1):
        x, written = layout.place(rank), (rank - 1) % every == 0
        axes.plot([x, x], [top - (0.09 if written else 0.05), top], **THIN)
        if written:
            axes.text(x, top - 0.17, str(rank), ha="center", va="center", fontsize=8, color=INK)


def _draw_difference(axes: Axes, difference: float | None, layout: Layout) -> None:
    """Draw the critical difference above the axis, where it is no longer than that."""
    if difference is None:
        return
    told = f"critical difference {plain(difference, 2)}"
    y, start = TITLE + 0.05, layout.place(1)
    if difference > len(layout.ranked) - 1:
        axes.text(start, y, told, va="center", fontsize=8, color=GREY)
        return
    end = layout.place(1 + difference)
    axes.plot([start, end], [y, y], color=GREY, linewidth=0.9)
    for x in (start, end):
        axes.plot([x, x], [y - 0.045, y + 0.045], color=GREY, linewidth=0.9)
    axes.text(end + 0.08, y, told, va="center", fontsize=8, color=GREY)


def _draw_bars(axes: Axes, layout: Layout) -> None:
    for at, row in enumerate(layout.bars, start=1):
        y = TITLE + TICKS + BAR * at
        for start, end in row:
            ends = [layout.place(start) - 0.04, layout.place(end) + 0.04]
            axes.plot(ends, [y, y], color=BLUE, linewidth=4, solid_capstyle="round", zorder=3)


def _draw_leaders(axes: Axes, layout: Layout) -> None:
    """Draw a line from the axis down and out to each name, the outermost models first."""
    half = (len(layout.ranked) + 1) // 2
    named = list(zip(layout.names, layout.ranked, strict=True))
    for left, side in ((True, named[:half]), (False, named[half:][::-1])):
        outer = layout.side - 0.2 if left else layout.width - layout.side + 0.2
        for at, (name, model) in enumerate(side):
            x, y = layout.place(model.average_rank or 1.0), layout.leaders + LINE * at
            axes.plot([x, x, outer], [TITLE + TICKS, y, y], **THIN)
            rank = plain(model.average_rank, 2)
            text = f"{name}  {rank}" if left else f"{rank}  {name}"
            place, align = (outer - 0.07, "right") if left else (outer + 0.07, "left")
            axes.text(place, y, text, ha=align, va="center", fontsize=9, color=INK, parse_math=False)


PICTURES: dict[str, Picture] = {".png": ranks_png, ".svg": ranks_svg}
"""What draws the ranks of a bench, by the suffix of the file."""
