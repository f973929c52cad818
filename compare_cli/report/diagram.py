"""The critical-difference diagram as text: an axis of average ranks, names on leaders, bars over groups.

Bars join models whose average ranks the critical difference cannot tell apart (Demšar 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from compare_cli.report.escaping import cells, fitted_apart, printable
from compare_cli.report.units import plain
from compare_cli.types import Across, ModelRank

NORTH, EAST, SOUTH, WEST, HEAVY = 1, 2, 4, 8, 16
SIGNS = " │─└││┌├─┘─┴┐┤┬┼"  # by the directions in which a cell is joined, as a number
HEAVY_SIGNS = {
    EAST | WEST: "━",
    NORTH | SOUTH | EAST: "┝",
    NORTH | SOUTH | WEST: "┥",
    NORTH | SOUTH | EAST | WEST: "┿",
    NORTH | SOUTH: "┿",
}
WIDEST, NAME_CELLS, STUB = 100, 24, 2  # characters: the whole, a name, the shortest leader


@dataclass
class Canvas:
    """Lines drawn on a grid: each cell knows in which directions it is joined to its neighbours."""

    width: int
    rows: list[list[int]] = field(default_factory=list)

    def begin_row(self) -> list[int]:
        """Add an empty row below and return it."""
        self.rows.append([0] * self.width)
        return self.rows[-1]

    def text(self, row: Sequence[int]) -> str:
        """Return a row as box-drawing characters."""
        return "".join(HEAVY_SIGNS[c & ~HEAVY] if c & HEAVY else SIGNS[c] for c in row)


def draw_line(row: list[int], start: int, end: int, weight: int = 0) -> None:
    """Draw a horizontal line from cell ``start`` to cell ``end``."""
    for at in range(start, end):
        row[at] |= EAST | weight
        row[at + 1] |= WEST | weight
    if start == end:
        row[start] |= weight


@dataclass(frozen=True)
class Scale:
    """From average ranks 1 … m to cells of the grid; ``unit`` cells are one rank."""

    models: int
    width: int

    @property
    def unit(self) -> float:
        """Cells for a difference of one rank."""
        return (self.width - 1) / (self.models - 1)

    def cell(self, rank: float) -> int:
        """Return the cell of a rank."""
        return STUB + round((rank - 1) * self.unit)

    def ticks(self) -> range:
        """Return the ranks that are written at the axis, so that their numbers do not touch."""
        room = len(str(self.models)) + 1
        return range(1, self.models + 1, max(1, -int(-room // self.unit)))


def rank_diagram(across: Across, width: int) -> list[str]:
    """Return the lines of the diagram, none wider than ``width`` (at least 40); [] for a single model.

    The better half of the models is named on the left, the rest on the right.
    """
    ranked = [m for m in across.models if m.average_rank is not None]
    if len(ranked) < 2:
        return []
    room = min(width, WIDEST)
    labels = _labels(ranked, room)
    half = (len(ranked) + 1) // 2
    lefts, rights = labels[:half], labels[half:][::-1]
    left_room, right_room = (max(cells(name) for name, _ in side) for side in (lefts, rights))
    scale = _scale(len(ranked), room - left_room - right_room - 2 - 2 * STUB)
    canvas = Canvas(scale.width + 2 * STUB)
    places = {m.model: scale.cell(m.average_rank or 1.0) for m in ranked}
    _draw_axis(canvas, scale, list(places.values()))
    _draw_bars(canvas, across.rank_groups, places)
    before = len(canvas.rows)
    _draw_leaders(canvas, [scale.cell(rank) for _, rank in lefts], [scale.cell(rank) for _, rank in rights])
    margin = " " * (left_room + 1)
    lines = [margin + line for line in (*_head(across, scale, room - len(margin)), _numbers(scale))]
    lines += [margin + canvas.text(row) for row in canvas.rows[:before]]
    for at, row in enumerate(canvas.rows[before:]):
        left, right = lefts[at][0], rights[at][0] if at < len(rights) else ""
        lines.append(f"{left} {SIGNS[EAST] * (left_room - cells(left))}{canvas.text(row)} {right}")
    return [line.rstrip() for line in lines]


def _labels(models: Sequence[ModelRank], room: int) -> list[tuple[str, float]]:
    """Return names as they fit, the better half's before their rank, the others' after it; and the ranks."""
    ranks = [m.average_rank or 1.0 for m in models]
    told = [plain(rank, 2) for rank in ranks]
    longest = (room - max(16, room // 3) - 2 - 2 * STUB) // 2 - max(map(len, told)) - 1
    names = fitted_apart([printable(m.model) for m in models], min(NAME_CELLS, longest))
    half = (len(models) + 1) // 2
    labels = [
        f"{name} {rank}" if at < half else f"{rank} {name}"
        for at, (name, rank) in enumerate(zip(names, told, strict=True))
    ]
    return list(zip(labels, ranks, strict=True))


def _scale(models: int, room: int) -> Scale:
    """Return a scale with the same whole number of cells between all ranks, if there are enough cells."""
    unit = (room - 1) // (models - 1)
    return Scale(models, unit * (models - 1) + 1 if unit else room)


def _head(across: Across, scale: Scale, room: int) -> list[str]:
    """Return the critical difference, drawn to scale where it is no longer than the axis."""
    difference = across.critical_difference
    if difference is None:
        return []
    told = f"critical difference {plain(difference, 2)}"
    length = round(difference * scale.unit)
    if not 0 < length < scale.width:
        return [" " * STUB + told]
    row = [0] * (length + 1)
    draw_line(row, 0, length)
    row[0] |= NORTH | SOUTH
    row[-1] |= NORTH | SOUTH
    bar = " " * STUB + Canvas(len(row)).text(row)
    return [f"{bar} {told}"] if len(bar) + 1 + len(told) <= room else [" " * STUB + told, bar]


def _numbers(scale: Scale) -> str:
    """Return the line of numbers above the axis; each ends at its tick."""
    line = [" "] * (scale.width + 2 * STUB)
    for rank in scale.ticks():
        number, end = str(rank), scale.cell(rank)
        line[end - len(number) + 1 : end + 1] = number
    return "".join(line)


def _draw_axis(canvas: Canvas, scale: Scale, places: Sequence[int]) -> None:
    row = canvas.begin_row()
    draw_line(row, STUB, STUB + scale.width - 1)
    for rank in scale.ticks():
        row[scale.cell(rank)] |= NORTH
    for place in places:
        row[place] |= SOUTH


def _draw_bars(canvas: Canvas, groups: Sequence[Sequence[str]], places: dict[str, int]) -> None:
    """Draw each group's bar, through the stems of all models; groups that do not touch share a row."""
    ends: list[int] = []
    first = len(canvas.rows)
    for group in groups:
        inside = [places[model] for model in group if model in places]
        if not inside:
            continue
        start, end = min(inside), max(inside)
        at = next((i for i, taken in enumerate(ends) if taken < start - 1), len(ends))
        if at == len(ends):
            ends.append(end)
            _draw_stems(canvas.begin_row(), list(places.values()))
        ends[at] = end
        draw_line(canvas.rows[first + at], start, end, HEAVY)
    _draw_stems(canvas.begin_row(), list(places.values()))


def _draw_stems(row: list[int], places: Sequence[int]) -> None:
    for place in places:
        row[place] |= NORTH | SOUTH


def _draw_leaders(canvas: Canvas, lefts: Sequence[int], rights: Sequence[int]) -> None:
    """Draw a row for each name: the outermost models first, so that no leader crosses a stem."""
    for at in range(len(lefts)):
        row = canvas.begin_row()
        _draw_stems(row, [*lefts[at + 1 :], *rights[at + 1 :]])
        row[lefts[at]] |= NORTH
        draw_line(row, 0, lefts[at])
        if at < len(rights):
            row[rights[at]] |= NORTH
            draw_line(row, rights[at], canvas.width - 1)
