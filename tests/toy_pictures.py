"""A small picture whose every cell is known: class 1 where exactly one of x and y is in its upper half."""

from __future__ import annotations

import numpy as np

from compare_cli.plot.picture import Axis, Panel, Picture, Points

HOSTILE = "\x1b[2J\r\u202e[red]x[/red]\x00"


def quarters(shape: tuple[int, int]) -> Picture:
    """An oracle that is unsure near the middle of x, and a model without probabilities that sees y only.

    The only held-out row lies on the right, just above the middle; both get it wrong.
    """
    height, width = shape
    x = (np.arange(width) + 0.5) / width
    y = (np.arange(height) + 0.5) / height
    labels = (x[None, :] > 0.5) ^ (y[:, None] > 0.5)
    sure = np.broadcast_to(np.where(np.abs(x - 0.5) < 0.25, 0.6, 0.9), shape)
    points = Points(np.array([7.9]), np.array([2.1]), np.array([1]), np.array([0]))
    wrong = np.array([True])
    flat = np.broadcast_to(y[:, None] > 0.5, shape).astype(np.int64)
    return Picture(
        title="toy: where each model predicts which answer",
        panels=(
            Panel("oracle", 0.75, labels.astype(np.int64), sure, wrong),
            Panel("flat", 0.5, flat, None, wrong),
        ),
        x=Axis("left", 0, 8),
        y=Axis("up", 0, 4),
        classes=("no", "yes"),
        points=points,
        rows=1,
        caption=("Plane: columns 'left' and 'up'.",),
    )
