"""Pictures as files: PNG and SVG drawn by matplotlib, and an HTML page with the SVG in it.

The same picture gives the same bytes: no dates, fixed ids, and no settings but our own.
"""

from __future__ import annotations

import html
import io
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compare_cli.errors import UsageError
from compare_cli.plot.picture import (
    Axis,
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
from compare_cli.report.escaping import printable, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRID = (240, 240)
DPI = 150
ACROSS = 3
SIDE, GAP = 2.9, 0.18  # inches: a panel, and between panels
LEFT, RIGHT, TOP = 0.75, 0.15, 0.42
PANEL_TITLE, BELOW = 0.28, 0.5
LINE, LEGEND_LINE = 0.165, 0.24
LETTER, LEGEND_LETTER = 0.061, 0.085  # mean widths of letters in inches
LEGEND_LEFT = 0.25
SHOWN_CLASSES = 24
MARKERS = "os^DvPph"  # classes differ in shape too
FONT_SETTINGS: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "compare",
}


@dataclass(frozen=True)
class Layout:
    """Where things stand, in inches from the upper left."""

    across: int
    down: int
    legend: tuple[tuple[int, float], ...]  # of each entry: its line, and how far from the left
    caption: tuple[str, ...]

    @classmethod
    def of(cls, picture: Picture, *, caption: bool = True) -> Layout:
        """Lay a picture out; without caption where the page has it as text."""
        across = tiles(len(picture.panels), ACROSS)
        down = -(-len(picture.panels) // across)
        width = LEFT + RIGHT + across * SIDE + (across - 1) * GAP
        letters = int((width - 0.4) / LETTER)
        lines = [
            line
            for text in sentences(picture)
            for line in textwrap.wrap(text, letters, break_on_hyphens=False)
        ]
        legend = _legend_places(_legend_names(picture), width)
        return cls(across, down, legend, tuple(lines) if caption else ())

    @property
    def legend_lines(self) -> int:
        """How many lines the legend takes."""
        return self.legend[-1][0] + 1

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches; multiples of a pixel."""
        width = LEFT + RIGHT + self.across * SIDE + (self.across - 1) * GAP
        height = TOP + self.down * (PANEL_TITLE + SIDE + BELOW) + self.legend_lines * LEGEND_LINE + 0.1
        if self.caption:
            height += len(self.caption) * LINE + 0.15
        return round(width * DPI) / DPI, round(height * DPI) / DPI


def sentences(picture: Picture) -> list[str]:
    """Return the caption of a figure, sentence by sentence."""
    shade = "Deeper colour: the model is more sure of the class. Large points are held-out rows."
    points = rows_sentence(picture, len(picture.points.x), "Crosses")
    return paragraphs(picture, [*failures(picture), f"{shade} {points}"])


def picture_png(picture: Picture) -> bytes:
    """Return the picture as PNG, 150 pixels to the inch."""
    return _saved(
        picture, "png", caption=True, metadata={"Software": None, "Title": printable(picture.title)}
    )


def picture_svg(picture: Picture, *, caption: bool = True) -> bytes:
    """Return the picture as SVG, its text as text."""
    metadata = {"Date": None, "Creator": None, "Title": printable(picture.title)}
    return _saved(picture, "svg", caption=caption, metadata=metadata)


def picture_html(picture: Picture) -> bytes:
    """Return one page that needs nothing else: title, the SVG, the caption. Well-formed as XML too."""
    svg = picture_svg(picture, caption=False).decode("utf-8")
    title = html.escape(printable(picture.title))
    caption = "".join(f"<p>{html.escape(text)}</p>\n" for text in sentences(picture))
    return _PAGE.format(title=title, svg=svg[svg.index("<svg") :], caption=caption).encode("utf-8")


_PAGE = """<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width"/>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
<title>{title}</title>
<style>
body {{ font: 1rem/1.45 system-ui, sans-serif; max-width: 62rem; margin: 1.5rem auto; padding: 0 1rem;
  color: #111; background: #fff; }}
figure {{ margin: 0; }}
svg {{ width: 100%; height: auto; }}
figcaption p {{ margin: .3rem 0; max-width: 50rem; }}
</style>
</head>
<body>
<figure>
{svg}
<figcaption>
{caption}</figcaption>
</figure>
</body>
</html>
"""

WRITERS: dict[str, Callable[[Picture], bytes]] = {
    ".png": picture_png,
    ".svg": picture_svg,
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
    """Draw with matplotlib's defaults and ours, whatever the user's matplotlibrc says."""
    from matplotlib import rc_context, rcParams, style

    with rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        style.use("default")
        rcParams.update(FONT_SETTINGS)
        yield


def _saved(picture: Picture, kind: str, *, caption: bool, metadata: dict[str, Any]) -> bytes:
    require_matplotlib()
    with own_settings():
        from matplotlib.figure import Figure

        layout = Layout.of(picture, caption=caption)
        figure = Figure(figsize=layout.size, dpi=DPI, facecolor="white")
        _draw(figure, picture, layout)
        return saved_figure(figure, kind, metadata)


def saved_figure(figure: Figure, kind: str, metadata: dict[str, Any]) -> bytes:
    """Return a figure as bytes of this kind (png, svg)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    out = io.BytesIO()
    figure.savefig(out, format=kind, dpi=DPI, metadata=metadata)
    return out.getvalue()


def _draw(figure: Figure, picture: Picture, layout: Layout) -> None:
    width, height = layout.size
    room = int((width - 0.3) / (LETTER * 1.45))
    title = shortened(printable(picture.title), room)
    figure.text(
        0.15 / width, 1 - 0.12 / height, title, va="top", fontsize=12, weight="bold", parse_math=False
    )
    for at, panel in enumerate(picture.panels):
        down, across = divmod(at, layout.across)
        top = TOP + down * (PANEL_TITLE + SIDE + BELOW) + PANEL_TITLE
        left = LEFT + across * (SIDE + GAP)
        axes = figure.add_axes((left / width, 1 - (top + SIDE) / height, SIDE / width, SIDE / height))
        _draw_panel(axes, panel, picture)
        _draw_scales(axes, picture, leftmost=across == 0)
    under = TOP + layout.down * (PANEL_TITLE + SIDE + BELOW)
    _draw_legend(figure, picture, layout, 1 - under / height)
    under += layout.legend_lines * LEGEND_LINE + 0.15
    for number, line in enumerate(layout.caption):
        y = 1 - (under + number * LINE) / height
        figure.text(0.2 / width, y, line, va="top", fontsize=8, color="#222222", parse_math=False)


def _draw_panel(axes: Axes, panel: Panel, picture: Picture) -> None:
    limits = (picture.x.low, picture.x.high, picture.y.low, picture.y.high)
    axes.set_xlim(limits[:2])
    axes.set_ylim(limits[2:])
    score = accuracy_text(panel)
    axes.set_title(shortened(model_name(panel), 30), loc="left", fontsize=10, weight="bold", parse_math=False)
    axes.set_title(score, loc="right", fontsize=10)
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
    axes.xaxis.set_major_formatter(_formatter(picture.x))
    if picture.y.kind == "classes":
        names = [shortened(name, 12) for name in class_names(picture)]
        axes.set_yticks(range(len(names)), names if leftmost else [""] * len(names), parse_math=False)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(_formatter(picture.y))
    axes.tick_params(labelsize=8, labelleft=leftmost)
    if leftmost:
        axes.set_ylabel(shortened(printable(picture.y.name), 44), parse_math=False)


def _formatter(axis: Axis) -> Callable[[float, Any], str]:
    return lambda value, _: axis_value(value, axis)


def _legend_names(picture: Picture) -> list[str]:
    names = class_names(picture)
    more = len(names) - SHOWN_CLASSES
    return names if more <= 0 else [*names[:SHOWN_CLASSES], f"and {more} more"]


def _legend_places(names: list[str], width: float) -> tuple[tuple[int, float], ...]:
    """Set entries beside each other while there is room."""
    places, line, left = [], 0, LEGEND_LEFT
    for name in names:
        wide = 0.45 + LEGEND_LETTER * len(name)
        if left > LEGEND_LEFT and left + wide > width:
            line, left = line + 1, LEGEND_LEFT
        places.append((line, left))
        left += wide
    return tuple(places)


def _draw_legend(figure: Figure, picture: Picture, layout: Layout, top: float) -> None:
    from matplotlib.lines import Line2D

    width, height = layout.size
    for at, (name, (down, left)) in enumerate(zip(_legend_names(picture), layout.legend, strict=True)):
        x, y = left / width, top - (down + 0.5) * LEGEND_LINE / height
        if at < min(len(picture.classes), SHOWN_CLASSES):
            sign = Line2D(
                [x], [y], marker=_marker(at), markersize=6, color=_unit(at), markeredgecolor="black",
                markeredgewidth=0.6, linestyle="",
            )  # fmt: skip
            figure.add_artist(sign)
        figure.text(x + 0.12 / width, y, name, va="center", fontsize=9, parse_math=False)
