"""What a verdict needs to know besides the scores: the metric, the baseline, the predictions of a pair."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MetricFacts:
    """The metric that a verdict speaks of.

    ``rope`` is half the width of the region of practical equivalence, in units of the metric (>= 0):
    differences within ±rope do not matter in practice. ``points`` says that the metric is a rate in
    [0, 1], whose differences are told in percentage points ("pt"), as for accuracy and AUC; otherwise
    they are told as plain numbers, as for log loss. ``label`` is the metric's name in sentences.
    """

    name: str
    higher_is_better: bool = True
    rope: float = 0.01
    points: bool = True

    def __post_init__(self) -> None:
        if not self.rope >= 0:
            raise ValueError(f"the ROPE of {self.name} must be 0 or more, got {self.rope}")

    @property
    def label(self) -> str:
        """The name as people write it: ``log_loss`` → ``log loss``."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Baseline:
    """The model that answers without looking: its name, and the class that it always answers, if known."""

    name: str = "dummy"
    answer: str | None = None

    @property
    def phrase(self) -> str:
        """What it does, for a sentence: ``always answering yes``."""
        return f"always answering {self.answer}" if self.answer is not None else f"the baseline ({self.name})"


@dataclass(frozen=True)
class PairPredictions:
    """How the predictions of two models differ, over all test rows of all folds.

    ``disagreement`` is the share of rows that the two label differently; ``left_right_when_differ`` the
    share of those rows on which the left one is right (None where they never differ).
    """

    disagreement: float
    left_right_when_differ: float | None = None

    @property
    def identical(self) -> bool:
        """Whether the two give the same label everywhere."""
        return self.disagreement == 0
