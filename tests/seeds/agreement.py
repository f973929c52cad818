"""What verdicts on the same table under several seeds contradict each other in.

A seed chooses the folds and what learners draw, and nothing of the data: two verdicts may differ in what is
undecided, but a winner must not become a loser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

Document = Mapping[str, Any]
"""A result of `compare fit`, as its JSON has it."""


class Disagreement(NamedTuple):
    """Seeds ``first`` and ``second`` disagree on two models; of one verdict alone both are the same."""

    first: int
    second: int
    one: str
    other: str


def winner(document: Document, one: str, other: str) -> str | None:
    """Return which of two models is better in a result, None where neither is."""
    for pair in document["pairs"]:
        if {pair["left"], pair["right"]} == {one, other}:
            return {"better": pair["left"], "worse": pair["right"]}.get(pair["verdict"])
    return None


def verdict_on(document: Document, one: str, other: str) -> str | None:
    """Return the verdict on two models, whichever of them is the left one; None without such a pair."""
    pairs = (p for p in document["pairs"] if {p["left"], p["right"]} == {one, other})
    return next((pair["verdict"] for pair in pairs), None)


def contradicting_winners(by_seed: Mapping[int, Document]) -> list[Disagreement]:
    """Return where one seed says that a model is better than another, and a second seed the opposite."""
    found = []
    for first, second in combinations(by_seed, 2):
        for pair in by_seed[first]["pairs"]:
            one, other = pair["left"], pair["right"]
            says = [winner(by_seed[seed], one, other) for seed in (first, second)]
            if None not in says and says[0] != says[1]:
                found.append(Disagreement(first, second, one, other))
    return found


def changed_recommendations(
    by_seed: Mapping[int, Document], decided: Sequence[str] = ("better", "worse")
) -> list[Disagreement]:
    """Return where two seeds recommend different models of which any seed has decided the pair.

    ``decided`` are the verdicts that count: of two models that are practically equivalent either may be
    recommended, so by default only winners do. A seed that recommends nothing takes no part.
    """
    named = {seed: d["verdict"]["recommended"] for seed, d in by_seed.items()}
    found = []
    for first, second in combinations([seed for seed in named if named[seed] is not None], 2):
        one, other = named[first], named[second]
        if one != other and any(verdict_on(d, one, other) in decided for d in by_seed.values()):
            found.append(Disagreement(first, second, one, other))
    return found


def beaten_recommendations(by_seed: Mapping[int, Document]) -> Iterator[Disagreement]:
    """Yield where a verdict recommends a model that a pair of the same verdict shows to be beaten."""
    for seed, document in by_seed.items():
        chosen = document["verdict"]["recommended"]
        for pair in document["pairs"]:
            if chosen in (pair["left"], pair["right"]):
                better = winner(document, pair["left"], pair["right"])
                if better not in (None, chosen):
                    yield Disagreement(seed, seed, chosen, str(better))
