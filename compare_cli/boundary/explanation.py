"""What the boundary says about a verdict: sentences under fixed conditions, nothing when none holds.

"Beats" means the verdict's own "better" or "worse", beyond its error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compare_cli.boundary.definitions import BLURRED_FROM
from compare_cli.types import PairVerdict

# The thresholds, in one place. Linearity is relative to logistic regression's own, which is 1 but for
# the surrogate's finite sample (.91 with 105 columns), so that a wide table is not called bent.
FLAT = 0.95  # MLPs on linear truths gave .93 to .99 of it, moons .77
BENT = 0.9  # below it a model's boundary is not its surrogate's by more than the surrogate's error
SAME_EVERY_FOLD = 0.5  # instability in disagreements with logistic regression: below it, bent alike
STAIRCASE_AXIS = 0.95  # trees give .97 to 1, a plane tilted by 5 degrees 0
STAIRCASE_TURNS = 2.0  # times the directions of the MLP: on linear data trees gave 4.6 against 1.07
NO_LINE = 0.15  # linearity of a model that no plane imitates: XOR and balls give 0 to .1
TWO_DIRECTIONS = (1.6, 2.5)  # XOR in 10 columns gives 2.1 for the MLP
SURROUNDED = 0.8  # directions per column: a ball in 10 columns gives 9.9
FEWEST_COLUMNS = 4  # with fewer, two directions and all directions are too close to tell apart


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
    ``columns`` counts the numeric columns that span the space.
    """

    profiles: Sequence[Profile]
    pairs: Sequence[PairVerdict]
    disagreements: Mapping[tuple[str, str], float]
    columns: int

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
    network = next((p for p in bent if p.family == "mlp"), None)
    sentences: list[str] = []
    if line is not None:
        sentences += _against_line(evidence, line, bent)
    if network is not None:
        sentences += _staircases(evidence, network, line, [p for p in bent if p.family == "tree"])
        if line is not None:
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
    flat_told = False
    for p in bent:
        linear = _relative_linearity(p, line)
        if linear is None or not evidence.compared(p.model, line.model):
            continue
        shown = f"linearity {p.mean('linearity'):.2f}"
        if linear >= FLAT and not beaten and not flat_told and line.beats_baseline is not False:
            flat_told = True
            yield (
                f"The boundary is nearly a hyperplane ({p.model}: {shown}): {line.model} loses nothing"
                " (models.boundary.linearity)."
            )
        unstable, differ = p.mean("instability"), evidence.disagreement(p.model, line.model)
        if linear >= BENT or unstable is None or differ is None or differ == 0:
            continue
        numbers = f"{shown}, instability {unstable:.3f}, disagreement with {line.model} {differ:.3f}"
        fields = "(models.boundary.linearity, models.boundary.instability)"
        if unstable <= SAME_EVERY_FOLD * differ and evidence.beats(p.model, line.model):
            yield (
                f"The boundary of {p.model} really bends, the same way on every fold ({numbers});"
                f" {line.model} misses this {fields}."
            )
        elif unstable > SAME_EVERY_FOLD * differ and not evidence.beats(p.model, line.model):
            yield (
                f"{p.model} departs from the line differently on each fold ({numbers}):"
                f" it fits noise; prune or regularise it {fields}."
            )


def _staircases(
    evidence: Evidence, network: Profile, line: Profile | None, trees: Sequence[Profile]
) -> Iterator[str]:
    """Yield which trees approximate one slanted boundary by steps."""
    linear, turns = _relative_linearity(network, line), network.mean("directions")
    if linear is None or linear < BENT or turns is None:
        return
    for tree in trees:
        axis, own = tree.mean("axis_aligned"), tree.mean("directions")
        if axis is None or own is None or axis < STAIRCASE_AXIS or own < STAIRCASE_TURNS * turns:
            continue
        if not evidence.beats(tree.model, network.model):
            yield (
                f"{tree.model} builds a staircase for one slanted boundary: {axis:.0%} of it parallel to the"
                f" axes, in {own:.1f} directions where {network.model} has {turns:.1f}"
                " (models.boundary.axis_aligned, models.boundary.directions)."
            )


def _shape(evidence: Evidence, network: Profile, line: Profile) -> Iterator[str]:
    """Yield what kind of bend no plane can imitate, where the network profits from it."""
    linear, turns = network.mean("linearity"), network.mean("directions")
    if linear is None or turns is None or linear > NO_LINE or not evidence.beats(network.model, line.model):
        return
    if not FEWEST_COLUMNS <= evidence.columns <= BLURRED_FROM:
        return
    fields = "(models.boundary.directions, models.boundary.linearity)"
    facts = f"the boundary of {network.model} has {turns:.1f} directions and linearity {linear:.2f}"
    if TWO_DIRECTIONS[0] <= turns <= TWO_DIRECTIONS[1]:
        yield f"Two features interact: {facts} {fields}."
    elif turns >= SURROUNDED * evidence.columns:
        yield f"One class surrounds the other: {facts} in {evidence.columns} columns {fields}."
