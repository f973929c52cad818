"""What the boundary says about a verdict: sentences under fixed conditions, nothing when none holds.

"Beats" means the verdict's own "better" or "worse", beyond its error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compare_cli.boundary.definitions import BLURRED_FROM
from compare_cli.types import PairVerdict

# The thresholds, in one place, each between what was measured on either side of it (the built-in data sets
# over several seeds, and the trials of the statistics). Linearity is relative to logistic regression's own,
# which is 1 but for the surrogate's finite sample (.91 with 105 columns), so that a wide table is not called
# bent.
STRAIGHT = 0.85  # MLPs on linear truths gave .90 to .98 (.84 to .91 on 100 rows of 200 columns), on moons .79
SAME_EVERY_FOLD = 0.5  # instability in disagreements with logistic regression: below it, bent alike
OF_THE_SAMPLE = 2.0  # in instabilities of logistic regression: trees on linear truths 15 and more, but
# 1.2 for the MLP on 100 rows of 200 columns, where planes are as unstable as anything
WALLS = 0.95  # of axis_aligned: trees give .97 to 1, a plane tilted by 5 degrees 0
STAIRCASE_TURNS = 2.0  # times the directions of the MLP: on slanted planes trees gave 4.6 to 8.9 against 1.1
NO_LINE = 0.25  # linearity of a model that no plane imitates: XOR, balls and rings gave .02 to .13, boxes .4
TWO_DIRECTIONS = (1.6, 2.5)  # XOR gives 1.9 to 2.1 for the MLP, in 2 and in 10 columns
SURROUNDED = 0.75  # directions per column: a ring gives .98, a ball in 10 columns .81 to .99
ONE_WALL = 1.1  # crossings: 1.00 for rings and balls; 2.1 for spirals, whose classes surround nothing
# How far the MLP, which may cut at any angle, spreads its normals: features_per_facet - 1 in units of random
# directions in k dimensions, (k + 2) / 3 - 1. XOR, boxes and thresholds gave 0 to .2; rings, balls, moons
# and spirals .8 to 1.9; slanted planes 2.2.
ALONG_AXES = 0.4
MANY = 5.0  # features_per_facet: steps in so many columns at once would take 2^5 boxes for each stretch
HELD_DECIDES = (
    0.25  # held_flips: .45 where a category turns the meaning of a number, below .1 where it shifts it
)
FLAT_WHERE_HELD = 0.02  # nonconvexity: .001 to .006 there, .05 for moons


@dataclass(frozen=True)
class Profile:
    """One model's boundary over its folds.

    ``statistics`` as ``over_folds`` makes them, with ``instability``. ``beats_baseline`` is the
    verdict's; a model that does not beat it is not explained, but others are held against it.
    """

    model: str
    family: str
    statistics: Mapping[str, Any]
    beats_baseline: bool | None = None

    def mean(self, name: str) -> float | None:
        """Return a statistic's mean over folds; None where it is undefined."""
        value = self.statistics.get(name)
        if isinstance(value, Mapping):
            value = value.get("mean")
        return None if value is None else float(value)


@dataclass(frozen=True)
class Evidence:
    """What the sentences are drawn from.

    ``disagreements`` are between two models at the shared probes, by (left, right) in either order.
    """

    profiles: Sequence[Profile]
    pairs: Sequence[PairVerdict]
    disagreements: Mapping[tuple[str, str], float]

    def beats(self, one: str, other: str) -> bool:
        """Return whether the verdict has ``one`` better than ``other``."""
        return any(
            (p.verdict == "better" and (p.left, p.right) == (one, other))
            or (p.verdict == "worse" and (p.left, p.right) == (other, one))
            for p in self.pairs
        )

    def compared(self, one: str, other: str) -> bool:
        """Return whether the verdict could compare the two."""
        return any(
            {p.left, p.right} == {one, other} and p.undecided_reason != "not_computed" for p in self.pairs
        )

    def disagreement(self, one: str, other: str) -> float | None:
        """Return how often the two differ at the shared probes."""
        return self.disagreements.get((one, other), self.disagreements.get((other, one)))


def explain(evidence: Evidence) -> tuple[str, ...]:
    """Return sentences for ``verdict.because``, each naming its fields; empty where nothing is supported."""
    models = [p for p in evidence.profiles if p.beats_baseline is not False]
    line = next((p for p in evidence.profiles if p.family == "logistic"), None)
    bent = [p for p in models if p.family not in {"logistic", "dummy"}]
    trees = [p for p in evidence.profiles if p.family == "tree"]
    network = next((p for p in bent if p.family == "mlp"), None)
    sentences: list[str] = []
    if line is not None:
        sentences += _against_line(evidence, line, bent)
        sentences += _many(evidence, line, trees)
    if network is not None:
        sentences += _staircases(evidence, network, line, [p for p in bent if p.family == "tree"])
        if line is not None:
            sentences += _walls(evidence, network, line, trees)
            sentences += _shape(evidence, network, line)
    return tuple(sentences)


def _relative_linearity(model: Profile, line: Profile | None) -> float | None:
    """Return linearity in units of what the surrogate reaches for logistic regression itself."""
    own = model.mean("linearity")
    reached = line.mean("linearity") if line is not None else None
    return own if own is None or not reached else min(1.0, own / reached)


def _against_line(evidence: Evidence, line: Profile, bent: Sequence[Profile]) -> Iterator[str]:
    """Yield what each model's bends are worth against logistic regression."""
    beaten = any(evidence.beats(p.model, line.model) for p in evidence.profiles)
    flat_told = held_told = False
    for p in bent:
        linear = _relative_linearity(p, line)
        if linear is None or not evidence.compared(p.model, line.model):
            continue
        if linear < STRAIGHT and _held_decides(evidence, line, p):
            if not held_told:
                yield _held(p)
            held_told = True
        elif linear < STRAIGHT:
            yield from _bends(evidence, line, p)
        elif not beaten and not flat_told and line.beats_baseline is not False:
            flat_told = True
            yield (
                f"The boundary is nearly a hyperplane ({p.model}: linearity {p.mean('linearity'):.2f}):"
                f" {line.model} loses nothing (models.boundary.linearity)."
            )


def _bends(evidence: Evidence, line: Profile, p: Profile) -> Iterator[str]:
    """Yield whether a bent boundary is the same on every fold, and worth it."""
    unstable, differ = p.mean("instability"), evidence.disagreement(p.model, line.model)
    if unstable is None or differ is None or differ == 0:
        return
    numbers = (
        f"linearity {p.mean('linearity'):.2f}, instability {unstable:.3f},"
        f" disagreement with {line.model} {differ:.3f}"
    )
    fields = "(models.boundary.linearity, models.boundary.instability)"
    if unstable <= SAME_EVERY_FOLD * differ and evidence.beats(p.model, line.model):
        yield (
            f"The boundary of {p.model} really bends, the same way on every fold ({numbers});"
            f" {line.model} misses this {fields}."
        )
    own = line.mean("instability")
    of_the_sample = own is None or unstable > OF_THE_SAMPLE * own
    if unstable > SAME_EVERY_FOLD * differ and of_the_sample and not evidence.beats(p.model, line.model):
        yield (
            f"{p.model} departs from the line differently on each fold ({numbers}):"
            f" it fits noise; prune or regularise it {fields}."
        )


def _held_decides(evidence: Evidence, line: Profile, p: Profile) -> bool:
    """Whether a bent boundary is flat wherever the categories are held, and worth it."""
    flips, hollow = p.mean("held_flips"), p.mean("nonconvexity")
    if flips is None or hollow is None or hollow > FLAT_WHERE_HELD:
        return False
    return flips >= HELD_DECIDES and evidence.beats(p.model, line.model)


def _held(p: Profile) -> str:
    """Say that categories decide what a number means."""
    return (
        f"Categories decide what the numbers mean: where they are held, the boundary of {p.model} does"
        f" not bend (nonconvexity {p.mean('nonconvexity'):.3f}), yet another row's categories change"
        f" {p.mean('held_flips'):.0%} of its predictions, and no one plane imitates it (linearity"
        f" {p.mean('linearity'):.2f})"
        " (models.boundary.held_flips, models.boundary.nonconvexity, models.boundary.linearity)."
    )


def _many(evidence: Evidence, line: Profile, trees: Sequence[Profile]) -> Iterator[str]:
    """Yield that the line adds up more columns than the tree can step through."""
    weighed = line.mean("features_per_facet")
    beaten = [p.model for p in trees if evidence.beats(line.model, p.model)]
    if weighed is None or weighed < MANY or not beaten or line.beats_baseline is False:
        return
    yield (
        f"Many columns decide together: the boundary of {line.model} weighs {weighed:.0f} of them at once;"
        f" {beaten[0]} asks for one at a time (models.boundary.features_per_facet)."
    )


def _staircases(
    evidence: Evidence, network: Profile, line: Profile | None, trees: Sequence[Profile]
) -> Iterator[str]:
    """Yield which trees approximate one slanted boundary by steps."""
    linear, turns = _relative_linearity(network, line), network.mean("directions")
    if linear is None or linear < STRAIGHT or turns is None:
        return
    for tree in trees:
        axis, own = tree.mean("axis_aligned"), tree.mean("directions")
        if axis is None or own is None or axis < WALLS or own < STAIRCASE_TURNS * turns:
            continue
        if not evidence.beats(tree.model, network.model):
            yield (
                f"{tree.model} builds a staircase for one slanted boundary: {axis:.0%} of it parallel to the"
                f" axes, in {own:.1f} directions where {network.model} has {turns:.1f}"
                " (models.boundary.axis_aligned, models.boundary.directions)."
            )


def _spread(model: Profile, directions: float | None) -> float | None:
    """Return how far normals spread over columns: 0 along the axes, 1 at random in so many directions."""
    facet = model.mean("features_per_facet")
    if facet is None or directions is None or directions <= 1:
        return None
    return (facet - 1) / ((directions + 2) / 3 - 1)


def _walls(evidence: Evidence, network: Profile, line: Profile, trees: Sequence[Profile]) -> Iterator[str]:
    """Yield that thresholds decide: no model beats the tree, and the network cuts along the axes too."""
    spread, facet = _spread(network, network.mean("moving_columns")), network.mean("features_per_facet")
    if spread is None or spread > ALONG_AXES:
        return
    for tree in trees:
        axis = tree.mean("axis_aligned")
        if axis is None or axis < WALLS or evidence.beats(network.model, tree.model):
            continue
        if evidence.compared(network.model, tree.model) and evidence.beats(tree.model, line.model):
            yield (
                f"Thresholds decide: the boundary of {tree.model} is parallel to the axes ({axis:.0%} of it),"
                f" and {network.model}, which may cut at any angle, cuts along them too ({facet:.1f} columns"
                " at one place) (models.boundary.axis_aligned, models.boundary.features_per_facet)."
            )
            return


def _shape(evidence: Evidence, network: Profile, line: Profile) -> Iterator[str]:
    """Yield what kind of bend no plane can imitate, where the network profits from it.

    An interaction has walls along two columns; what surrounds a class is one wall, turning in all of them.
    """
    linear, turns = network.mean("linearity"), network.mean("directions")
    spread = _spread(network, turns)  # among the directions that it turns in: a tube has no walls along axes
    columns, crossings = network.mean("moving_columns"), network.mean("crossings")
    if linear is None or turns is None or spread is None or columns is None or crossings is None:
        return
    if linear > NO_LINE or columns > BLURRED_FROM or not evidence.beats(network.model, line.model):
        return
    fields = "(models.boundary.directions, models.boundary.features_per_facet, models.boundary.linearity)"
    facts = f"the boundary of {network.model} has {turns:.1f} directions and linearity {linear:.2f}"
    if spread <= ALONG_AXES and TWO_DIRECTIONS[0] <= turns <= TWO_DIRECTIONS[1]:
        yield f"Two features interact: {facts}, parallel to the axes {fields}."
    elif spread > ALONG_AXES and turns >= SURROUNDED * columns and crossings <= ONE_WALL:
        yield f"One class surrounds the other: {facts} in {columns:.0f} columns {fields}."
