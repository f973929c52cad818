"""Make the built-in data sets: ``python datasets/make.py`` writes every CSV and the README, always the same.

Each set shows when one type of model wins. A function in ``straight.py`` or ``bent.py`` is one set: it draws
the rows and states the card that the file begins with. Every set has its own stream, seeded by its name, so
that a new set leaves the others alone; the stream is numpy's ``RandomState``, which numpy promises not to
change. Features are rounded before the class is computed from them where a rule on the card gives the class,
so that the rule holds for the figures in the file.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import bent
import straight
from atlas import AtlasSet
from numpy.random import RandomState

FOLDER = Path(__file__).parent

ATLAS: tuple[Callable[[RandomState], AtlasSet], ...] = (
    straight.line, straight.slanted, straight.three_blobs, straight.overlap, straight.wide,
    bent.boxes, bent.checkerboard, bent.mixed, bent.spiral,
    bent.moons, bent.circles, bent.ball10, bent.xor, bent.xor10,
    straight.imbalanced, straight.noise, straight.tiny,
)  # fmt: skip

README_HEAD = """\
# The built-in data sets

Small made data sets that show when each type of model wins: logistic regression cuts the space with one
plane, a tree cuts it into boxes, an MLP bends a surface through it. Because the rule behind each is known, so
is the accuracy that no model can exceed in the long run ("best possible", the Bayes accuracy).

Each file begins with a card, in lines that start with `# `: what the set shows, the rule, the best possible
accuracy, which of logistic regression, unpruned tree and MLP (100 hidden units) wins, in cross-validation
with scikit-learn's settings, and what the boundaries of the models explain in the verdict of `compare fit`
("nothing" where nothing should be said). Models that are named together are level; "no model" means that none
beats always answering the most frequent class, "undecided" that the rows are too few to tell.

Do not edit this page or the CSV files: change `make.py` and run `python datasets/make.py`.

| name | rows x features | classes | shows | best possible | wins |
|---|---|---|---|---|---|
"""


def card(name: str, made: AtlasSet) -> list[str]:
    """The lines that a file begins with."""
    return [
        f"# {name}: {made.title}",
        f"# shows: {made.shows}",
        f"# rows: {len(made.classes)}",
        f"# truth: {made.truth}",
        f"# bayes accuracy: {made.bayes_text}",
        f"# expected: {made.winners}; {made.why}",
        f"# explained: {'; '.join(made.explained) or 'nothing'}",
    ]


def csv_text(name: str, made: AtlasSet) -> str:
    """A whole file: card, header, rows."""
    columns = [*made.cells.values(), made.classes]
    rows = [",".join(row) for row in zip(*columns, strict=True)]
    return "\n".join([*card(name, made), ",".join([*made.cells, "class"]), *rows]) + "\n"


def readme_text(atlas: dict[str, AtlasSet]) -> str:
    """The list of all sets, from their cards."""
    rows = [
        f"| `{name}` | {len(made.classes):,} x {len(made.cells)} | {len(set(made.classes))} | {made.shows} "
        f"| {'unknown' if made.bayes is None else f'{made.bayes:.3f}'} | {made.winners} |"
        for name, made in atlas.items()
    ]
    return README_HEAD + "\n".join(rows) + "\n"


def files() -> dict[str, bytes]:
    """Everything this script writes: file name -> content."""
    atlas = {f.__name__: f(RandomState(zlib.crc32(f.__name__.encode()))) for f in ATLAS}
    texts = {f"{name}.csv": csv_text(name, made) for name, made in atlas.items()}
    return {name: text.encode() for name, text in {**texts, "README.md": readme_text(atlas)}.items()}


if __name__ == "__main__":
    for file_name, content in files().items():
        (FOLDER / file_name).write_bytes(content)
