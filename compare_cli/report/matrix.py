"""Data sets × models: each score, and whether the model is better than one chosen model on that data set.

Marks come from the verdict of the pair on the data set, never from the scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compare_cli.models.families import BASELINE
from compare_cli.report.columns import metric_named, score_text
from compare_cli.types import Bench, Comparison

TOTAL = "total"
MARKS = {"better": "▲", "worse": "▼", "equivalent": "=", "identical": "="}
USUAL = "logistic"  # the family that others are held against unless the user names a model


@dataclass(frozen=True)
class Cell:
    """A model on a data set: its score as text ("" where it was not compared), its verdict, "" for none."""

    score: str
    verdict: str

    @property
    def mark(self) -> str:
        """The sign of the verdict; undecided has none."""
        return MARKS.get(self.verdict, "")


@dataclass(frozen=True)
class Matrix:
    """Rows are data sets, columns ``models``: first the one that the others are held against."""

    title: str
    models: tuple[str, ...]
    datasets: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def against(self) -> str:
        """The model that marks speak of."""
        return self.models[0]

    def tally(self, column: int) -> str:
        """Return how often a model is better and worse: ``▲12 ▼3``."""
        counts = Counter(row[column].mark for row in self.rows)
        return f"{MARKS['better']}{counts[MARKS['better']]} {MARKS['worse']}{counts[MARKS['worse']]}"

    def legend(self, against: str) -> tuple[str, str]:
        """Return what the marks mean, with the name of the model as the place of output shows it."""
        better, worse, same = MARKS["better"], MARKS["worse"], MARKS["equivalent"]
        return (
            f"Marks: against {against}, by the verdict on that data set.",
            f"{better} better, {worse} worse, {same} equivalent; no mark: not decided.",
        )


def make_matrix(bench: Bench, against: str | None) -> Matrix | None:
    """Return the matrix; None without two models.

    ``against`` is the model to hold others against; None takes logistic regression, else the leader. The
    baseline is there when it is asked for only.
    """
    families = {m.model: m.family for c in bench.datasets for m in c.models}
    ranks = {m.model: rank for rank, m in enumerate(bench.across.models)}
    names = sorted(families, key=lambda name: ranks.get(name, len(ranks)))
    first = against if against in names else _usual(names, families)
    shown = [name for name in names if name == first or families[name] != BASELINE]
    if len(shown) < 2:
        return None
    models = tuple(sorted(shown, key=lambda name: name != first))
    metric = metric_named(bench.datasets[0].protocol.metric)
    return Matrix(
        title=metric.title + (" %" if metric.rate else ""),
        models=models,
        datasets=tuple(c.dataset.name for c in bench.datasets),
        rows=tuple(tuple(_cells(comparison, models)) for comparison in bench.datasets),
    )


def _usual(names: Sequence[str], families: Mapping[str, str]) -> str:
    return next((name for name in names if families[name] == USUAL), names[0] if names else "")


def _cells(comparison: Comparison, models: Sequence[str]) -> Iterator[Cell]:
    first, metric = models[0], metric_named(comparison.protocol.metric)
    scores = {m.model: m.score(metric.name) for m in comparison.models}
    turned = {"better": "worse", "worse": "better"}
    verdicts: dict[str, str] = {p.left: p.verdict for p in comparison.pairs if p.right == first}
    verdicts |= {p.right: turned.get(p.verdict, p.verdict) for p in comparison.pairs if p.left == first}
    for model in models:
        score = score_text(scores[model], metric) if model in scores else ""
        yield Cell(score, "" if model == first else verdicts.get(model, ""))
