"""Pictures of decision regions as data, and their colours: the same for terminal, PNG, SVG and HTML.

Shapes: h × w grid cells (row 0 is the lowest), n points, c classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.plot.planes import Labels, Numbers
from compare_cli.report import units
from compare_cli.report.escaping import printable, shortened
from compare_cli.types import Note

Flags = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
RGB = tuple[int, int, int]
# Okabe and Ito's colours that can be told apart whatever one's colour vision; the pair of two classes first.
OKABE_ITO: tuple[RGB, ...] = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (213, 94, 0),
    (240, 228, 66),
)
PALEST, DEEPEST = 0.12, 0.68  # share of the class's colour where the model is least and most sure
MODEL_WIDTH, CLASS_WIDTH = 40, 28


@dataclass(frozen=True)
class Axis:
    """One axis: what it shows, and its limits. Dates are days since 1970; "classes" are lanes of a strip."""

    name: str
    low: float
    high: float
    kind: Literal["number", "date", "classes"] = "number"


@dataclass(frozen=True)
class Points:
    """The rows that are drawn, in random order: coordinates and class codes, all (n,).

    ``test_rows`` (n,) are places among the fold's held-out rows, -1 for training rows.
    """

    x: Numbers
    y: Numbers
    classes: Labels
    test_rows: Labels

    @property
    def held_out(self) -> Flags:
        """Which of the points (n,) are held-out rows."""
        return self.test_rows >= 0


@dataclass(frozen=True)
class Panel:
    """One model: class codes (h, w) and their probabilities (h, w; None without any) on the grid.

    ``accuracy`` is that on the held-out rows, ``wrong`` (n,) marks points that it gets wrong there;
    ``fidelity`` is the share of held-out rows that get the class of the ground they are drawn on.
    A model that failed has a ``failure`` and no grid.
    """

    model: str
    accuracy: float | None = None
    labels: Labels | None = None
    confidence: Numbers | None = None
    wrong: Flags | None = None
    fidelity: float | None = None
    failure: str = ""


@dataclass(frozen=True)
class Picture:
    """Panels over the same plane. ``rows`` could have been drawn; the ``caption`` is in sentences.

    ``notes`` say what was left out, and which plane was chosen.
    """

    title: str
    panels: tuple[Panel, ...]
    x: Axis
    y: Axis
    classes: tuple[str, ...]
    points: Points
    rows: int
    caption: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def class_color(code: int) -> RGB:
    """Return the colour of a class; from the 8th class on, colours come again, darker each time."""
    times, at = divmod(code, len(OKABE_ITO))
    return blend((0, 0, 0), OKABE_ITO[at], 0.6**times)


def blend(ground: RGB, color: RGB, share: float) -> RGB:
    """Mix ``share`` (0-1) of a colour into a ground."""
    mixed = [round(g + (c - g) * share) for g, c in zip(ground, color, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def region_pixels(panel: Panel, classes: int, shares: Sequence[float] | None = None) -> Pixels:
    """Return the colours (h, w, 3) of a panel's regions: paler where the model is less sure.

    Probability 1/c is palest, 1 deepest; a model without probabilities gets a shade between.
    ``shares`` are the only ones of the class's colour that are to be used, from the palest to the deepest.
    """
    assert panel.labels is not None, "a model that failed has no regions"
    colors = np.array([class_color(code) for code in range(classes)], dtype=float)[panel.labels]
    sure: Numbers = np.full(panel.labels.shape, 0.5)
    if panel.confidence is not None:
        sure = ((panel.confidence - 1 / classes) / (1 - 1 / classes)).clip(0, 1)
    share = PALEST + (DEEPEST - PALEST) * sure
    if shares is not None:
        share = np.asarray(shares)[np.rint(sure * (len(shares) - 1)).astype(int)]
    return np.rint(255 + (colors - 255) * share[..., None]).astype(np.uint8)


def model_name(panel: Panel) -> str:
    """Return a panel's model as it is shown."""
    return shortened(printable(panel.model), MODEL_WIDTH)


def accuracy_text(panel: Panel) -> str:
    """Return the accuracy as it is shown: ``95.3 %``, or ``failed``."""
    return "failed" if panel.accuracy is None else f"{units.percent(panel.accuracy)} %"


def class_names(picture: Picture) -> list[str]:
    """Return the classes as they are shown."""
    return [shortened(printable(name), CLASS_WIDTH) for name in picture.classes]


def axis_value(value: float, axis: Axis) -> str:
    """Return a number as an axis shows it: three significant digits, thousands in full, dates as dates."""
    if axis.kind == "date":
        try:
            return (date(1970, 1, 1) + timedelta(days=value)).isoformat()
        except OverflowError:
            return ""
    magnitude = abs(value)
    shown = f"{value:,.0f}" if 1000 <= magnitude < 1e7 else f"{value:.3g}"
    return shown.replace("-", "−")


def axis_range(axis: Axis) -> str:
    """Return name and limits: ``weight −1.2 … 3.4``."""
    name = printable(axis.name)
    if axis.kind == "classes":
        return name
    return f"{name} {axis_value(axis.low, axis)} … {axis_value(axis.high, axis)}"


def failures(picture: Picture) -> list[str]:
    """Return a line for each model that failed."""
    return [printable(f"{p.model} failed: {p.failure}") for p in picture.panels if p.failure]


def rows_sentence(picture: Picture, drawn: int, wrong_mark: str) -> str:
    """Return how many rows are drawn, and what marks those that a model gets wrong."""
    share = f"all {picture.rows:,}" if drawn == picture.rows else f"{drawn:,} of {picture.rows:,}"
    wrong = f"{wrong_mark}: held-out rows that the model gets wrong."
    return f"Points: {share} rows, in the colour of their class. {wrong}"


def tiles(count: int, most: int) -> int:
    """Return how many panels stand side by side, at most ``most``, so that rows are equally long."""
    lines = -(-count // max(1, most))
    return -(-count // max(1, lines))


def paragraphs(picture: Picture, sentences: Sequence[str]) -> list[str]:
    """Return the caption with further sentences before it, safe to show."""
    return [printable(line) for line in (*sentences, *picture.caption) if line]
