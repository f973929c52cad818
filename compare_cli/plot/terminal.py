"""Pictures in the terminal: two cells to a character in colour, or a letter to a character without."""

from __future__ import annotations

import string
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from rich.cells import cell_len
from rich.color import Color, ColorSystem

from compare_cli.plot.picture import (
    RGB,
    Panel,
    Picture,
    accuracy_text,
    axis_range,
    blend,
    class_color,
    class_names,
    failures,
    model_name,
    paragraphs,
    region_pixels,
    rows_sentence,
    tiles,
)
from compare_cli.plot.planes import Labels
from compare_cli.report.escaping import shortened

Depth = Literal["letters", "256", "truecolor"]
NARROWEST, WIDEST, TALLEST = 26, 44, 20  # characters of a panel
UNSURE = 0.75  # below this probability a letter is small
CELLS_PER_POINT = 12  # more points would hide the regions
UPPER, WRONG, WRONG_LETTER, RESET = "▀", "×", "*", "\x1b[0m"
FEW_SHARES = (0.2, 0.45, 0.7)  # of a class's colour, at which the nearest of 256 differ from class to class
DOT = 0.75  # share of the class's colour in a dot, the rest is black


@dataclass(frozen=True)
class Canvas:
    """What the terminal can show, and the layout: ``across`` panels of ``width`` × ``lines`` characters."""

    room: int
    depth: Depth
    across: int
    width: int
    lines: int

    @classmethod
    def of(cls, panels: int, room: int, depth: Depth) -> Canvas:
        """Lay panels out beside each other while each has 26 columns."""
        across = tiles(panels, max(1, (room + 1) // (NARROWEST + 1)))
        width = max(4, min(WIDEST, (room - across + 1) // across))
        return cls(room, depth, across, width, min(TALLEST, width // 2))

    @property
    def grid(self) -> tuple[int, int]:
        """The shape (h, w) that grids must have: half-blocks show two cells to a character."""
        return (self.lines if self.depth == "letters" else 2 * self.lines), self.width


def picture_text(picture: Picture, canvas: Canvas) -> str:
    """Return the picture as text, with ANSI colours unless the depth is "letters".

    All grids must have the canvas's shape.
    """
    drawn = _thinned(picture, canvas)
    lines = [_bold(shortened(paragraphs(picture, [picture.title])[0], canvas.room), canvas), ""]
    for start in range(0, len(picture.panels), canvas.across):
        blocks = [
            _panel_lines(panel, picture, drawn, canvas) for panel in picture.panels[start:][: canvas.across]
        ]
        lines += [" ".join(row).rstrip() for row in zip(*blocks, strict=True)]
        lines.append("")
    lines += _wrapped_items(_legend(picture, canvas), canvas.room)
    lines.append("")
    sentences = [f"Across: {axis_range(picture.x)}. Up: {axis_range(picture.y)}.", *failures(picture)]
    if canvas.depth == "letters":
        sentences.append(f"Small letters: the model gives its class less than {UNSURE:.0%}.")
    else:
        count = min(drawn, len(picture.points.x))
        sentences.append("Paler: the model is less sure. " + rows_sentence(picture, count, WRONG))
    for paragraph in paragraphs(picture, sentences):
        lines += textwrap.wrap(paragraph, canvas.room, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def _thinned(picture: Picture, canvas: Canvas) -> int:
    """Return how many points are drawn as dots: none among letters."""
    height, width = canvas.grid
    return 0 if canvas.depth == "letters" else min(len(picture.points.x), height * width // CELLS_PER_POINT)


def _bold(text: str, canvas: Canvas) -> str:
    return text if canvas.depth == "letters" else f"\x1b[1m{text}{RESET}"


def _panel_lines(panel: Panel, picture: Picture, drawn: int, canvas: Canvas) -> list[str]:
    """Return a panel's title and its cells, each line of the canvas's width."""
    score = accuracy_text(panel)
    name = shortened(model_name(panel), max(1, canvas.width - len(score) - 1))
    lines = [_bold(f"{name:<{canvas.width - len(score)}}{score}"[: canvas.width], canvas)]
    if panel.labels is None:
        return [*lines, *[" " * canvas.width] * canvas.lines]
    if canvas.depth == "letters":
        return [*lines, *_letter_lines(panel, picture)]
    return [*lines, *_color_lines(panel, picture, drawn, canvas)]


def class_letter(code: int) -> str:
    """Return the letter of a class; letters come again after Z."""
    return string.ascii_uppercase[code % len(string.ascii_uppercase)]


def _letter_lines(panel: Panel, picture: Picture) -> Iterator[str]:
    """Yield rows of letters from the top: small where the model is unsure, a star for a wrong row."""
    assert panel.labels is not None, "a model that failed has no regions"
    unsure = np.zeros(panel.labels.shape, bool) if panel.confidence is None else panel.confidence < UNSURE
    letters = [
        [class_letter(code).lower() if low else class_letter(code) for code, low in zip(*row, strict=True)]
        for row in zip(panel.labels.tolist(), unsure.tolist(), strict=True)
    ]
    for row, column in _wrong_cells(panel, picture, panel.labels.shape):
        letters[row][column] = WRONG_LETTER
    yield from ("".join(row) for row in reversed(letters))


def _color_lines(panel: Panel, picture: Picture, drawn: int, canvas: Canvas) -> Iterator[str]:
    """Yield rows of half-blocks from the top, with dots for rows and crosses for wrong ones."""
    pixels = region_pixels(panel, len(picture.classes), FEW_SHARES if canvas.depth == "256" else None)
    height, width = pixels.shape[:2]
    crossed = {(row // 2, column) for row, column in _wrong_cells(panel, picture, (height, width))}
    cells = point_cells(picture, (height, width))[:drawn].tolist()
    for (row, column), code in zip(cells, picture.points.classes.tolist(), strict=False):
        if (row // 2, column) not in crossed:
            pixels[row, column] = blend((0, 0, 0), class_color(code), DOT)
    rows = pixels.tolist()
    for line in reversed(range(height // 2)):
        crosses = {column for row, column in crossed if row == line}
        yield _color_line(rows[2 * line + 1], rows[2 * line], crosses, canvas.depth)


def _color_line(
    upper: Sequence[Sequence[int]], lower: Sequence[Sequence[int]], crosses: set[int], depth: Depth
) -> str:
    """Return a line of characters from two rows of pixels; colours are told where they change."""
    parts, before = [], ""
    for column, (above, below) in enumerate(zip(upper, lower, strict=True)):
        text = color_code((0, 0, 0) if column in crosses else _rgb(above), depth)
        style = f"\x1b[{text};{color_code(_rgb(below), depth, ground=True)}m"
        parts.append(("" if style == before else style) + (WRONG if column in crosses else UPPER))
        before = style
    return "".join(parts) + RESET


def _rgb(values: Sequence[int]) -> RGB:
    return values[0], values[1], values[2]


@lru_cache(maxsize=4096)
def color_code(color: RGB, depth: Depth, *, ground: bool = False) -> str:
    """Return the SGR parameters of a text or ground colour, a near one of 256 where there are no more."""
    system = ColorSystem.TRUECOLOR if depth == "truecolor" else ColorSystem.EIGHT_BIT
    return ";".join(Color.from_rgb(*color).downgrade(system).get_ansi_codes(foreground=not ground))


def point_cells(picture: Picture, shape: tuple[int, int]) -> Labels:
    """Return the cell (row, column) of each point, (n, 2), in a grid of ``shape`` over the axes' limits."""
    x, y, points = picture.x, picture.y, picture.points
    columns = (points.x - x.low) / (x.high - x.low) * shape[1]
    rows = (points.y - y.low) / (y.high - y.low) * shape[0]
    cells = np.floor(np.stack([rows, columns], axis=1)).astype(np.int64)
    return cells.clip(0, np.array(shape) - 1)


def _wrong_cells(panel: Panel, picture: Picture, shape: tuple[int, int]) -> list[tuple[int, int]]:
    if panel.wrong is None:
        return []
    return [(int(row), int(column)) for row, column in point_cells(picture, shape)[panel.wrong]]


def _legend(picture: Picture, canvas: Canvas) -> list[tuple[str, int]]:
    """Return what stands for each class, with its width in characters."""
    items = []
    for code, name in enumerate(class_names(picture)):
        if canvas.depth == "letters":
            sign = class_letter(code)
        else:
            sign = f"\x1b[{color_code(class_color(code), canvas.depth)}m██{RESET}"
        items.append((f"{sign} {name}", (1 if canvas.depth == "letters" else 2) + 1 + cell_len(name)))
    if canvas.depth == "letters":
        text = f"{WRONG_LETTER} held-out row that the model gets wrong"
        items.append((text, len(text)))
    return items


def _wrapped_items(items: Sequence[tuple[str, int]], room: int) -> list[str]:
    """Set items beside each other, two blanks apart, in lines of at most ``room`` characters."""
    lines: list[str] = []
    used = room
    for text, width in items:
        if used + 2 + width > room:
            lines.append(text)
            used = width
        else:
            lines[-1] += f"  {text}"
            used += 2 + width
    return lines
