"""Pictures as files: decision regions, and the critical-difference diagram of ranks, drawn by matplotlib.

The same picture gives the same bytes: no dates, fixed ids, and no settings but our own.
"""

from __future__ import annotations

import html
import io
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from compare_cli.errors import UsageError
from compare_cli.plot.picture import (
    Panel,
    Picture,
    accuracy_text,
    axis_value,
    class_color,
    class_names,
    failures,
    model_name,
    paragraphs,
    region_pixels,
    rows_sentence,
    tiles,
)
from compare_cli.report.across import friedman_sentence
from compare_cli.report.escaping import fitted_apart, printable, shortened
from compare_cli.report.table import PagePicture
from compare_cli.report.units import counted, plain
from compare_cli.types import Bench, ModelRank

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Draw = Callable[[Any], bytes]
DPI = 150
ACROSS = 3
PANEL = (3.1, 3.65)  # inches, with title and scales
EDGE, HEAD, LEGEND_LINE = 0.55, 0.45, 0.26  # inches: scale on the left, title, a line of the legend
NARROWEST = 5.5  # inches: titles are not cut for less
CAPTION_LETTER, LEGEND_LETTER, TITLE_LETTER = 0.061, 0.085, 0.088  # mean widths of letters in inches
SHOWN_CLASSES = 24
MARKERS = "os^DvPph"  # classes differ in shape too
AXIS, LINE, BAR = 3.6, 0.26, 0.14  # inches: the axis, between names, between bars
NAME_CELLS = 26
INK, GREY, BLUE = "#111111", "#555555", "#0072B2"
THIN: Any = {"color": INK, "linewidth": 0.9, "solid_capstyle": "butt", "solid_joinstyle": "miter"}
FONT_SETTINGS: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "compare",
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), INK),
}
DARK = b"""@media (prefers-color-scheme: dark) { text { fill: #e7e9ec !important }
  #paper path { fill: #1e2126 !important }
  [style*="stroke: #111111"] { stroke: #a2a9b4 !important } }</style>"""
"""Colours of a picture on a page, where its reader prefers dark ones."""


def sentences(picture: Picture) -> list[str]:
    """Return the caption of a figure, sentence by sentence."""
    shade = "Deeper colour: the model is more sure of the class. Large points are held-out rows."
    points = rows_sentence(picture, len(picture.points.x), "Crosses")
    return paragraphs(picture, [*failures(picture), f"{shade} {points}"])


def picture_file(picture: Picture, kind: str, *, caption: bool = True) -> bytes:
    """Return the picture as PNG (150 pixels to the inch) or SVG (its text as text), named by ``kind``.

    Without caption where a page has it as text. Raises UsageError where matplotlib is missing.
    """
    with own_settings():
        return saved_figure(_drawn(picture, caption=caption), kind, picture.title)


def page_panels(picture: Picture) -> tuple[bytes, ...]:
    """Return each panel as an SVG file for a page, without title and caption, coloured as the page is."""
    with own_settings():
        figures = [_drawn(replace(picture, panels=(p,)), caption=False, title=False) for p in picture.panels]
        files = (saved_figure(figure, "svg", picture.title) for figure in figures)
        return tuple(svg.replace(b"</style>", DARK, 1) for svg in files)


def picture_html(picture: Picture) -> bytes:
    """Return one page that needs nothing else: title, the SVG, the caption. Well-formed as XML too."""
    svg = picture_file(picture, "svg", caption=False).decode("utf-8")
    title = html.escape(printable(picture.title))
    caption = "".join(f"<p>{html.escape(text)}</p>\n" for text in sentences(picture))
    page = Template(files("compare_cli.plot").joinpath("page.html").read_text(encoding="utf-8"))
    return page.substitute(title=title, svg=svg[svg.index("<svg") :], caption=caption).encode("utf-8")


WRITERS: dict[str, Callable[[Picture], bytes]] = {
    ".png": partial(picture_file, kind="png"),
    ".svg": partial(picture_file, kind="svg"),
    ".html": picture_html,
}


def require_matplotlib() -> None:
    """Raise UsageError, with what to install, where matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise UsageError(
            "Pictures in files need matplotlib: pip install 'compare-cli[plot]'."
            " Without -o the picture goes to the terminal."
        ) from None


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw with matplotlib's defaults and ours, whatever the user's matplotlibrc says.

    Raises UsageError where matplotlib is missing.
    """
    require_matplotlib()
    from matplotlib import rc_context, rcParams, style

    with rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        style.use("default")
        rcParams.update(FONT_SETTINGS)
        yield


def saved_figure(figure: Figure, kind: str, title: str) -> bytes:
    """Return a figure as bytes of this kind (png, svg), as large as what is drawn."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}[kind]
    out = io.BytesIO()
    figure.savefig(
        out,
        format=kind,
        dpi=DPI,
        metadata={**metadata, "Title": printable(title)},
        bbox_inches="tight",
        pad_inches=0.12,
    )
    return out.getvalue()


def _drawn(picture: Picture, *, caption: bool, title: bool = True) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    across = tiles(len(picture.panels), ACROSS)
    down = -(-len(picture.panels) // across)
    width = EDGE + across * PANEL[0]
    height = HEAD + down * PANEL[1]
    figure = Figure((width, height), dpi=DPI, facecolor="white", layout=ConstrainedLayoutEngine(h_pad=0.1))
    figure.patch.set_gid("paper")
    if title:
        text = shortened(printable(picture.title), int(max(width, NARROWEST) / TITLE_LETTER))
        figure.suptitle(text, x=0.01, ha="left", fontsize=12, weight="bold", parse_math=False)
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for at, (axes, panel) in enumerate(zip(grid, picture.panels, strict=False)):
        _draw_panel(axes, panel, picture)
        _draw_scales(axes, picture, leftmost=at % across == 0)
    for axes in grid[len(picture.panels) :]:
        axes.remove()
    lines = _draw_legend(figure, _legend_entries(picture))
    if caption:
        under = -(lines * LEGEND_LINE + 0.1) / height
        letters = int(width / CAPTION_LETTER)
        wrapped = [textwrap.fill(text, letters, break_on_hyphens=False) for text in sentences(picture)]
        style: Any = {"va": "top", "fontsize": 8, "color": "#222222", "linespacing": 1.4}
        figure.text(0.01, under, "\n".join(wrapped), parse_math=False, **style)
    return figure


def _draw_panel(axes: Axes, panel: Panel, picture: Picture) -> None:
    limits = (picture.x.low, picture.x.high, picture.y.low, picture.y.high)
    axes.set(xlim=limits[:2], ylim=limits[2:], box_aspect=1)
    name = shortened(model_name(panel), 30)
    axes.set_title(name, loc="left", fontsize=10, weight="bold", parse_math=False)
    axes.set_title(accuracy_text(panel), loc="right", fontsize=10)
    if panel.labels is None:
        axes.text(0.5, 0.5, "failed", ha="center", va="center", transform=axes.transAxes, color="#666666")
        return
    axes.imshow(
        region_pixels(panel, len(picture.classes)),
        origin="lower",
        extent=limits,
        aspect="auto",
        interpolation="nearest",
        zorder=0,
    )
    axes.set_box_aspect(1)
    _draw_points(axes, panel, picture)


def _draw_points(axes: Axes, panel: Panel, picture: Picture) -> None:
    points = picture.points
    for code in range(len(picture.classes)):
        for held_out in (False, True):
            chosen = (points.classes == code) & (points.held_out == held_out)
            axes.scatter(
                points.x[chosen],
                points.y[chosen],
                s=20 if held_out else 8,
                marker=_marker(code),
                color=[_unit(code)],
                edgecolors="black" if held_out else "white",
                linewidths=0.7 if held_out else 0.3,
                zorder=3 if held_out else 2,
            )
    if panel.wrong is not None and panel.wrong.any():
        x, y = points.x[panel.wrong], points.y[panel.wrong]
        axes.scatter(x, y, s=54, marker="x", color="white", linewidths=2.2, zorder=2.5)
        axes.scatter(x, y, s=54, marker="x", color="black", linewidths=1.2, zorder=4)


def _marker(code: int) -> str:
    return MARKERS[code % len(MARKERS)]


def _unit(code: int) -> tuple[float, float, float]:
    red, green, blue = class_color(code)
    return red / 255, green / 255, blue / 255


def _draw_scales(axes: Axes, picture: Picture, *, leftmost: bool) -> None:
    """Name both axes, with ticks as their kind asks; numbers on the left only once a line."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(shortened(printable(picture.x.name), 44), parse_math=False)
    axes.xaxis.set_major_locator(MaxNLocator(3 if picture.x.kind == "date" else 5))
    axes.xaxis.set_major_formatter(lambda value, _: axis_value(value, picture.x))
    if picture.y.kind == "classes":
        names = [shortened(name, 12) for name in class_names(picture)]
        axes.set_yticks(range(len(names)), names if leftmost else [""] * len(names), parse_math=False)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(lambda value, _: axis_value(value, picture.y))
    axes.tick_params(labelsize=8, labelleft=leftmost)
    if leftmost:
        axes.set_ylabel(shortened(printable(picture.y.name), 44), parse_math=False)


def _legend_entries(picture: Picture) -> list[tuple[str, Any]]:
    """Return names with the signs of their classes; of many classes the first ones."""
    from matplotlib.lines import Line2D

    entries: list[tuple[str, Any]] = []
    for code, name in enumerate(class_names(picture)[:SHOWN_CLASSES]):
        style: Any = {"markersize": 6, "markeredgecolor": "black", "markeredgewidth": 0.6, "linestyle": ""}
        entries.append((name, Line2D([], [], marker=_marker(code), color=_unit(code), **style)))
    more = len(picture.classes) - SHOWN_CLASSES
    return [*entries, (f"and {more} more", Line2D([], [], linestyle=""))] if more > 0 else entries


def _draw_legend(figure: Figure, entries: list[tuple[str, Any]]) -> int:
    """Draw the legend under the panels and return how many lines it takes.

    Names are set as they are, whatever matplotlib makes of one that begins with "_".
    """
    widest = 0.45 + LEGEND_LETTER * max(len(name) for name, _ in entries)
    columns = min(len(entries), max(1, int(figure.get_figwidth() / widest)))
    signs = [sign for _, sign in entries]
    place: Any = {"loc": "upper left", "bbox_to_anchor": (0.005, 0), "bbox_transform": figure.transFigure}
    style: Any = {"frameon": False, "handletextpad": 0.2, "borderpad": 0, "labelspacing": 0.8}
    legend = figure.legend(signs, [" "] * len(signs), ncols=columns, **place, **style)
    for text, (name, _) in zip(legend.get_texts(), entries, strict=True):
        text.set_parse_math(False)
        text.set_text(name)
    return -(-len(entries) // columns)


def ranks_file(bench: Bench, kind: str) -> bytes:
    """Return the diagram of mean ranks as PNG or SVG, drawn as in the terminal: the better half on the left.

    Raises UsageError where matplotlib is missing.
    """
    title = f"Mean ranks over {counted(bench.across.datasets, 'data set')}"
    with own_settings():
        return saved_figure(_drawn_ranks(bench, title), kind, title)


RANKS: dict[str, Draw] = {".png": partial(ranks_file, kind="png"), ".svg": partial(ranks_file, kind="svg")}
"""What draws the ranks of a bench, by the suffix of the file."""


def _drawn_ranks(bench: Bench, title: str) -> Figure:
    """Draw with ranks across and inches down from the axis; names stand beside it, as wide as they are."""
    from matplotlib.figure import Figure

    ranked = [m for m in bench.across.models if m.average_rank is not None]
    bars = _bar_rows(bench, ranked)
    leaders = BAR * (len(bars) + 1)
    height = leaders + LINE * ((len(ranked) + 1) // 2) + 0.1
    figure = Figure((AXIS, height), dpi=DPI, facecolor="white")
    figure.patch.set_gid("paper")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(1, max(len(ranked), 2)), ylim=(height, 0))
    axes.set_axis_off()
    if len(ranked) > 1:
        _draw_rank_axis(axes, len(ranked))
        _draw_difference(axes, bench.across.critical_difference, len(ranked))
        for at, row in enumerate(bars, start=1):
            for ends in row:
                axes.plot(ends, [BAR * at] * 2, color=BLUE, linewidth=4, solid_capstyle="round", zorder=3)
        _draw_leaders(axes, ranked, leaders)
    style: Any = {"ha": "center", "parse_math": False}
    figure.text(0.5, 1 + 0.62 / height, title, fontsize=12, weight="bold", **style)
    caption = "\n".join(_caption(bench, ranked))
    figure.text(0.5, -0.05 / height, caption, fontsize=8, color=GREY, va="top", linespacing=1.4, **style)
    return figure


def _caption(bench: Bench, ranked: Sequence[ModelRank]) -> list[str]:
    across = bench.across
    if len(ranked) < 2:
        return ["Nothing to compare: fewer than two models finished on a common data set."]
    bars = " Bars join models that the critical difference (Nemenyi, α = 0.05) cannot tell apart."
    tested = friedman_sentence(across)
    decided = "The verdict is decided pair by pair."
    return [f"1 is best.{bars if across.rank_groups else ''}", f"{tested} {decided}" if tested else decided]


def _bar_rows(bench: Bench, ranked: Sequence[ModelRank]) -> list[list[tuple[float, float]]]:
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
    return rows


def _draw_rank_axis(axes: Axes, models: int) -> None:
    axes.plot([1, models], [0, 0], clip_on=False, **THIN)
    every = max(1, -(-models // 14))
    for rank in range(1, models + 1):
        written = (rank - 1) % every == 0
        axes.plot([rank, rank], [-0.09 if written else -0.05, 0], clip_on=False, **THIN)
        if written:
            axes.text(rank, -0.17, str(rank), ha="center", va="center", fontsize=8, color=INK)


def _draw_difference(axes: Axes, difference: float | None, models: int) -> None:
    """Draw the critical difference above the axis, where it is no longer than that."""
    if difference is None:
        return
    text: Any = {"va": "center", "fontsize": 8, "color": GREY}
    label, above = f"critical difference {plain(difference, 2)}", -0.45
    if difference > models - 1:
        axes.text(1, above, label, **text)
        return
    end = 1 + difference
    line: Any = {"color": GREY, "linewidth": 0.9, "clip_on": False}
    axes.plot([1, end], [above, above], marker="|", markersize=6, **line)
    axes.annotate(label, (end, above), (6, 0), textcoords="offset points", annotation_clip=False, **text)


def _draw_leaders(axes: Axes, ranked: Sequence[ModelRank], top: float) -> None:
    """Draw a line from the axis down and out to each name, the outermost models first."""
    names = fitted_apart([printable(m.model) for m in ranked], NAME_CELLS)
    half = (len(ranked) + 1) // 2
    named = list(zip(names, ranked, strict=True))
    edge = 0.2 / AXIS * (len(ranked) - 1)  # 0.2 inches beyond the axis, in ranks
    for left, side in ((True, named[:half]), (False, named[half:][::-1])):
        outer = 1 - edge if left else len(ranked) + edge
        for at, (name, model) in enumerate(side):
            x, y, rank = model.average_rank or 1.0, top + LINE * at, plain(model.average_rank, 2)
            axes.plot([x, x, outer], [0, y, y], clip_on=False, **THIN)
            text, align = (f"{name}  {rank}", "right") if left else (f"{rank}  {name}", "left")
            style: Any = {"ha": align, "va": "center", "fontsize": 9, "color": INK, "parse_math": False}
            offset = (-5, 0) if left else (5, 0)
            axes.annotate(
                text, (outer, y), offset, textcoords="offset points", annotation_clip=False, **style
            )


def ranks_picture(bench: Bench) -> PagePicture:
    """Return the ranks of a bench as a page shows them, or why there is no picture."""
    try:
        return PagePicture((ranks_file(bench, kind="svg").replace(b"</style>", DARK, 1),))
    except UsageError as error:
        return PagePicture((), (str(error),))
