"""The verdict over many data sets: decided pair by pair (Benavoli et al. 2016), ranks for display."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.types import Across, AcrossPair, AcrossVerdict, ModelRank
from compare_cli.verdict.inputs import MetricFacts
from compare_cli.verdict.ranks import critical_difference, friedman_p_value, rank_groups, ranks_per_dataset
from compare_cli.verdict.signed_rank import bayesian_signed_ranks, holm, wilcoxon_p_value
from compare_cli.verdict.wording import amount, counted, listed, p_value, probability, rope_width

Floats = NDArray[np.float64]

FEWEST_DATASETS = 10  # below this no verdict is given
SURE_FROM = 0.95  # P(better by more than rope), and P(within rope)
HOLM_BELOW = 0.05


def judge_across(
    means: Mapping[str, Floats],
    *,
    metric: MetricFacts,
    baseline: str | None = "dummy",
    seed: int = 0,
) -> Across:
    """Judge models by their mean score on each of several data sets.

    ``means`` maps models, in registry order, to (datasets,) mean scores in the metric's own direction, NaN
    where a model did not finish: only data sets on which every model finished count, and a model that
    finished on none is left out. The baseline is left out. "Better" needs P(> rope) >= .95 and a
    Wilcoxon-Holm p < .05; under 10 data sets there is no verdict (``undecided``).
    """
    sign = 1.0 if metric.higher_is_better else -1.0
    finished = {
        name: sign * np.asarray(values, dtype=np.float64)
        for name, values in means.items()
        if name != baseline and np.isfinite(values).any()
    }
    if not finished:
        return Across((), AcrossVerdict("none", "No model finished on any data set."))
    table = np.stack(list(finished.values()), axis=1)
    table = table[np.isfinite(table).all(axis=1)]
    ranks = ranks_per_dataset(table)
    average = ranks.mean(axis=0) if len(table) else np.full(len(finished), np.nan)
    order = sorted(range(len(finished)), key=lambda i: (float(average[i]) if len(table) else 0.0, i))
    names = [list(finished)[i] for i in order]
    table, ranks, average = table[:, order], ranks[:, order], average[order]
    pairs = _pairs(names, table, metric.rope, seed)
    several = len(names) > 1 and len(table) > 1
    difference = critical_difference(len(names), len(table)) if several else None
    groups = rank_groups(average.tolist(), difference) if difference is not None else []
    return Across(
        models=tuple(_model_rank(i, names, table, average, metric) for i in range(len(names))),
        verdict=_verdict(names, pairs, len(table), metric),
        pairs=tuple(pairs.values()),
        friedman_p=friedman_p_value(ranks) if several else None,
        critical_difference=difference,
        datasets=len(table),
        rank_groups=tuple(tuple(names[i] for i in group) for group in groups),
    )


def _pairs(names: list[str], table: Floats, rope: float, seed: int) -> dict[tuple[str, str], AcrossPair]:
    """All pairs in order of rank, from scores (datasets, m) for which higher is better."""
    if not len(table):
        return {}
    chosen = list(combinations(range(len(names)), 2))
    if not chosen:
        return {}
    differences = np.array([table[:, i] - table[:, j] for i, j in chosen])
    masses = bayesian_signed_ranks(differences, rope, seed=seed).tolist()
    plain = [wilcoxon_p_value(d) for d in differences]
    pairs = {}
    for (i, j), d, p, p_holm, (p_right, p_rope, p_left) in zip(
        chosen, differences, plain, holm(plain), masses, strict=True
    ):
        wins, losses = int((d > rope).sum()), int((d < -rope).sum())
        pair = AcrossPair(
            left=names[i],
            right=names[j],
            p_left=p_left,
            p_rope=p_rope,
            p_right=p_right,
            wilcoxon_p=p,
            wilcoxon_p_holm=p_holm,
            wins=wins,
            ties=len(d) - wins - losses,
            losses=losses,
            datasets=len(d),
            median=float(np.median(d)),
            lowest=float(d.min()),
            highest=float(d.max()),
        )
        pairs[names[i], names[j]] = replace(pair, verdict=decide_across(pair))
    return pairs


def decide_across(pair: AcrossPair) -> Literal["better", "worse", "equivalent", "undecided"]:
    """Return what may be said of a pair over its data sets; nothing under 10 of them."""
    if pair.datasets < FEWEST_DATASETS:
        return "undecided"
    if pair.p_rope >= SURE_FROM:
        return "equivalent"
    if pair.wilcoxon_p_holm < HOLM_BELOW and max(pair.p_left, pair.p_right) >= SURE_FROM:
        return "better" if pair.p_left > pair.p_right else "worse"
    return "undecided"


def _model_rank(
    index: int, names: list[str], table: Floats, average: Floats, metric: MetricFacts
) -> ModelRank:
    """One model's record against all others over all data sets."""
    d = table[:, [index]] - np.delete(table, index, axis=1)
    wins, losses = int((d > metric.rope).sum()), int((d < -metric.rope).sum())
    known = metric.name == "accuracy" and len(table) > 0
    return ModelRank(
        model=names[index],
        average_rank=float(average[index]) if len(table) else None,
        wins=wins,
        ties=d.size - wins - losses,
        losses=losses,
        mean_accuracy=float(table[:, index].mean()) if known else None,
    )


def _verdict(
    names: list[str], pairs: Mapping[tuple[str, str], AcrossPair], datasets: int, metric: MetricFacts
) -> AcrossVerdict:
    """The verdict: the model with the best average rank against all others."""
    leader, *others = names
    if not others:
        return AcrossVerdict("single", f"Only {leader}: there is nothing to compare it with.", (leader,))
    if not datasets:
        return AcrossVerdict("undecided", "No data set on which every model finished.", tuple(names))
    against = {other: pairs[leader, other] for other in others}
    top_set = (leader, *(other for other in others if against[other].verdict != "better"))
    closest = against[top_set[1] if len(top_set) > 1 else others[0]]
    if datasets < FEWEST_DATASETS:
        sentence = (
            f"No verdict: {counted(datasets, 'data set')}, at least {FEWEST_DATASETS} are needed; "
            f"{record(closest, metric)}."
        )
        return AcrossVerdict("undecided", sentence, tuple(names))
    if len(top_set) == 1:
        weakest = min(against.values(), key=lambda pair: pair.p_left)
        return AcrossVerdict("better", _better(leader, others, weakest, metric), top_set)
    if all(against[name].verdict == "equivalent" for name in top_set[1:]):
        sure = probability("P", min(against[name].p_rope for name in top_set[1:]))
        return AcrossVerdict(
            "equivalent",
            f"Practically equivalent across {counted(datasets, 'data set')}: {listed(top_set)}, within "
            f"±{rope_width(metric)} with {sure}; {record(closest, metric)}.",
            top_set,
        )
    return AcrossVerdict(
        "undecided",
        f"Top set: {', '.join(top_set)}. No single winner across {counted(datasets, 'data set')} "
        f"({probability('P', closest.p_left)} that {leader} is better than {closest.right} by more than "
        f"{rope_width(metric)}); {record(closest, metric)}.",
        top_set,
    )


def _better(leader: str, others: list[str], weakest: AcrossPair, metric: MetricFacts) -> str:
    """The sentence for a leader that beats all others; the pair that is least sure is told."""
    whom = listed(others) if len(others) < 4 else f"all {len(others)} others"
    least = "" if len(others) == 1 else f", least surely {weakest.right}"
    return (
        f"{leader} beats {whom} across {counted(weakest.datasets, 'data set')}{least}: better by more than "
        f"{rope_width(metric)} with {probability('P', weakest.p_left)}, "
        f"{p_value('Wilcoxon-Holm p', weakest.wilcoxon_p_holm)}; {record(weakest, metric)}."
    )


def record(pair: AcrossPair, metric: MetricFacts) -> str:
    """Return "tree against mlp: 34 wins, 1 tie, 9 losses, differences -3.1 to 12.0 pt (median 1.3 pt)"."""
    losses = f"{pair.losses} loss" + ("" if pair.losses == 1 else "es")
    digits = 1 if metric.points else 3
    lowest = amount(pair.lowest, metric, digits).removesuffix(" pt")
    wins, ties = counted(pair.wins, "win"), counted(pair.ties, "tie")
    return (
        f"{pair.left} against {pair.right}: {wins}, {ties}, {losses}, "
        f"differences {lowest} to {amount(pair.highest, metric, digits)} "
        f"(median {amount(pair.median, metric, digits)})"
    )
