"""A built-in data set as the tests see it: its card and its table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "datasets"
NAMES = sorted(path.stem for path in FOLDER.glob("*.csv"))


@dataclass(frozen=True)
class AtlasFile:
    """One file: ``card`` maps a field to its text; header and rows are cells as text."""

    path: Path
    title: str
    card: dict[str, str]
    header: list[str]
    rows: list[list[str]]

    @property
    def classes(self) -> list[str]:
        """The target of every row."""
        return [row[-1] for row in self.rows]

    @property
    def bayes(self) -> float | None:
        """The best possible accuracy on the card; ``None`` where it is unknown."""
        figure = self.card["bayes accuracy"].split(" ")[0]
        return None if figure == "unknown" else float(figure)

    @property
    def winners(self) -> list[str]:
        """What the card expects to win."""
        return self.card["expected"].split("; ")[0].split(", ")

    @property
    def explained(self) -> list[str]:
        """What the boundaries explain, phrases of the verdict; empty where nothing should be said."""
        told = self.card["explained"]
        return [] if told == "nothing" else told.split("; ")


def read(name: str) -> AtlasFile:
    """Read one file without any CSV library: the sets hold no quotes."""
    path = FOLDER / f"{name}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [line[2:] for line in lines if line.startswith("# ")]
    table = [line.split(",") for line in lines[len(comments) :]]
    fields = [comment.partition(": ") for comment in comments]
    return AtlasFile(
        path=path,
        title=comments[0],
        card={field: text for field, _, text in fields[1:]},
        header=table[0],
        rows=table[1:],
    )
