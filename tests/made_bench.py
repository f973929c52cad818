"""Benches made by hand: scores and verdicts as they are written down, nothing fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from compare_cli.metrics import METRICS
from compare_cli.types import Across, AcrossVerdict, Bench, Comparison, ModelRank, ModelSummary, PairVerdict
from compare_cli.verdict.across import critical_difference, judge_across, rank_groups

Scores = Mapping[str, Sequence[float | None]]
EIGHT = {
    "mlp": 2.4,
    "svm": 3.3,
    "logistic": 4.2,
    "knn": 4.4,
    "forest": 4.7,
    "naive_bayes": 5.2,
    "boosting": 5.4,
    "tree": 6.4,
}


def ranked(ranks: Mapping[str, float], datasets: int) -> Across:
    """Models with these average ranks over so many data sets."""
    names, values = list(ranks), list(ranks.values())
    difference = critical_difference(len(ranks), datasets)
    return Across(
        models=tuple(ModelRank(name, rank, 0, 0, 0, None) for name, rank in ranks.items()),
        verdict=AcrossVerdict("none", "made by hand"),
        friedman_p=0.1,
        critical_difference=difference,
        datasets=datasets,
        rank_groups=tuple(tuple(names[i] for i in group) for group in rank_groups(values, difference)),
    )


def made_bench(
    like: Comparison,
    scores: Scores,
    verdicts: Mapping[tuple[str, str], Sequence[str]],
    names: Sequence[str] = (),
) -> Bench:
    """A bench with these scores, a list per model with one for each data set, and verdicts per pair.

    None is a model that failed there. ``like`` gives everything else. The baseline has .5 everywhere.
    """
    count = len(next(iter(scores.values())))
    names = names or [f"set{i}" for i in range(1, count + 1)]
    all_scores = {**scores, "dummy": [0.5] * count}
    datasets = tuple(
        replace(
            like,
            command="bench",
            dataset=replace(like.dataset, name=name),
            models=tuple(_summary(like.models[0], m, values[at]) for m, values in all_scores.items()),
            pairs=tuple(
                PairVerdict(left, right, verdict=said[at])  # type: ignore[arg-type]
                for (left, right), said in verdicts.items()
            ),
        )
        for at, name in enumerate(names)
    )
    means: dict[str, Any] = {m: np.array(values, dtype=float) for m, values in all_scores.items()}
    across = judge_across(means, metric=METRICS["accuracy"])
    return Bench(like.run, like.environment, datasets, across)


def _summary(like: ModelSummary, model: str, score: float | None) -> ModelSummary:
    return replace(
        like,
        model=model,
        family=model.partition("(")[0],
        accuracy=score,
        accuracy_low=None,
        accuracy_high=None,
        scores={},
        score_intervals={},
        status="ok" if score is not None else "failed",
    )
