"""The verdict over many data sets: decided pair by pair (Benavoli et al. 2016), ranks for display.

Pairs: the Bayesian signed-rank test, and Wilcoxon's with Holm's correction. All models: average ranks,
Friedman's test and the critical difference (Demšar 2006).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.metrics import Metric, metric_named, practical_rope
from compare_cli.models.families import BASELINE
from compare_cli.types import Across, AcrossPair, AcrossVerdict, Comparison, ModelRank
from compare_cli.verdict.sentences import amount, counted, listed, p_value, probability, rope_width

Floats = NDArray[np.float64]

FEWEST_DATASETS = 10  # below this no verdict is given
SURE_FROM = 0.95  # P(better by more than rope), and P(within rope)
HOLM_BELOW = 0.05
PRIOR_STRENGTH = 0.5  # weight of the one pseudo data set without a difference
DRAWS = 50_000
EXACT_UP_TO = 50
CHUNK = 1_000  # draws at a time: the weights of hundreds of data sets stay in the processor's cache


def judge_across(
    means: Mapping[str, Floats], *, metric: Metric, baseline: str | None = "dummy", seed: int = 0
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
    names, table, average = _in_order_of_rank(finished)
    pairs = _pairs(names, table, metric.rope, seed)
    several = len(names) > 1 and len(table) > 1
    difference = critical_difference(len(names), len(table)) if several else None
    groups = rank_groups(average.tolist(), difference) if difference is not None else []
    return Across(
        models=tuple(_model_rank(i, names, table, average, metric) for i in range(len(names))),
        verdict=_verdict(names, pairs, len(table), metric),
        pairs=tuple(pairs.values()),
        friedman_p=friedman_p_value(table) if several else None,
        critical_difference=difference,
        datasets=len(table),
        rank_groups=tuple(tuple(names[i] for i in group) for group in groups),
    )


def _in_order_of_rank(scores: Mapping[str, Floats]) -> tuple[list[str], Floats, Floats]:
    """Return names, scores (datasets, m) where all finished, and average ranks (m,), the best first.

    ``scores`` (datasets,) are higher for better models. Without a data set in common the order stays.
    """
    from scipy.stats import rankdata  # costs a second, which a single data set need not wait

    table = np.stack(list(scores.values()), axis=1)
    table = table[np.isfinite(table).all(axis=1)]
    average = rankdata(-table, axis=1).mean(axis=0) if len(table) else np.zeros(len(scores))
    order = np.argsort(average, kind="stable")
    return [list(scores)[i] for i in order], table[:, order], average[order]


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


def _model_rank(index: int, names: list[str], table: Floats, average: Floats, metric: Metric) -> ModelRank:
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
    names: list[str], pairs: Mapping[tuple[str, str], AcrossPair], datasets: int, metric: Metric
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


def _better(leader: str, others: list[str], weakest: AcrossPair, metric: Metric) -> str:
    """The sentence for a leader that beats all others; the pair that is least sure is told."""
    whom = listed(others) if len(others) < 4 else f"all {len(others)} others"
    least = "" if len(others) == 1 else f", least surely {weakest.right}"
    return (
        f"{leader} beats {whom} across {counted(weakest.datasets, 'data set')}{least}: better by more than "
        f"{rope_width(metric)} with {probability('P', weakest.p_left)}, "
        f"{p_value('Wilcoxon-Holm p', weakest.wilcoxon_p_holm)}; {record(weakest, metric)}."
    )


def record(pair: AcrossPair, metric: Metric) -> str:
    """Return "tree against mlp: 34 wins, 1 tie, 9 losses, differences -3.1 to 12.0 pt (median 1.3 pt)"."""
    losses = f"{pair.losses} loss" + ("" if pair.losses == 1 else "es")
    digits = 1 if metric.rate else 3
    lowest = amount(pair.lowest, metric, digits).removesuffix(" pt")
    wins, ties = counted(pair.wins, "win"), counted(pair.ties, "tie")
    return (
        f"{pair.left} against {pair.right}: {wins}, {ties}, {losses}, "
        f"differences {lowest} to {amount(pair.highest, metric, digits)} "
        f"(median {amount(pair.median, metric, digits)})"
    )


def friedman_p_value(scores: Floats) -> float:
    """Return the p-value of Friedman's test, corrected for ties, of scores (datasets, models >= 2).

    1 where all models tie on every data set. Of two models, which scipy leaves out, χ² is that of the signs:
    (wins - losses)²/(wins + losses).
    """
    if (scores == scores[:, :1]).all():
        return 1.0
    if scores.shape[1] == 2:
        from scipy.special import chdtrc

        signs = np.sign(scores[:, 0] - scores[:, 1])
        return float(chdtrc(1, signs.sum() ** 2 / np.abs(signs).sum()))
    from scipy.stats import friedmanchisquare

    return float(friedmanchisquare(*scores.T).pvalue)


def critical_difference(models: int, datasets: int, alpha: float = 0.05) -> float:
    """Return how far apart two average ranks must be to differ: q·√(m(m+1)/(6N)). For display only.

    q is Nemenyi's: the quantile of the studentized range (df = ∞) over √2.
    """
    from scipy.stats import studentized_range

    q = studentized_range.ppf(1 - alpha, models, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(models * (models + 1) / (6 * datasets)))


def rank_groups(average_ranks: Sequence[float], difference: float) -> list[tuple[int, ...]]:
    """Return the groups of models whose average ranks lie within ``difference``: the bars of the diagram.

    Indices of each group are in order of rank; only largest groups of two models or more are given.
    """
    order = sorted(range(len(average_ranks)), key=lambda i: average_ranks[i])
    groups: list[tuple[int, ...]] = []
    end = 0
    for start, first in enumerate(order):
        within = [i for i in order[start:] if average_ranks[i] - average_ranks[first] <= difference]
        if len(within) > 1 and start + len(within) > end:
            groups.append(tuple(within))
            end = start + len(within)
    return groups


def bayesian_signed_ranks(
    differences: Floats,
    rope: float,
    *,
    prior_strength: float = PRIOR_STRENGTH,
    draws: int = DRAWS,
    seed: int = 0,
) -> Floats:
    """Return (below, within, above) of each pair: P that most pairs of data sets lie there.

    Benavoli et al. 2014, 2017. ``differences`` (pairs, q) are per-dataset mean differences; the result is
    (pairs, 3). Weights of the data sets, and of one pseudo data set with difference 0, are drawn from a
    Dirichlet distribution, the same for all pairs; for each draw the pairs (i, j) with z_i + z_j below
    -2·rope, within, and above 2·rope are weighed (half for a sum on the border), and the heaviest region wins
    (the lower one in a tie). With ``rope`` = 0 there is no region within, and its wins are shared out in
    proportion. Without data sets all mass is within.
    """
    pairs, datasets = differences.shape
    z = np.concatenate([np.zeros((pairs, 1)), differences], axis=1)
    concentration = np.ones(datasets + 1)
    concentration[0] = prior_strength
    rng = np.random.default_rng(seed)
    wins = np.zeros((pairs, 3))
    for start in range(0, draws, CHUNK):
        weights = np.ascontiguousarray(rng.dirichlet(concentration, min(CHUNK, draws - start)).T)
        for pair in range(pairs):
            wins[pair] += np.bincount(_region_masses(z[pair], weights, rope).argmax(axis=0), minlength=3)
    if rope == 0:
        wins[wins[:, 0] + wins[:, 2] > 0, 1] = 0
    return np.asarray(wins / wins.sum(axis=1, keepdims=True))


def _region_masses(z: Floats, weights: Floats, rope: float) -> Floats:
    """Weight of the pairs below, within and above ±2·rope: (q,), (q, draws) → (3, draws).

    With z in order, the partners of z_i that lie below a border are a head of the list, whose weight is a
    cumulative sum.
    """
    order = np.argsort(z)
    z, weights = z[order], weights[order]
    head = np.concatenate([np.zeros((1, weights.shape[1])), np.cumsum(weights, axis=0)])

    def partners_below(border: float) -> Floats:
        """Weight of all pairs with z_i + z_j below ``border``, plus half of those on it."""
        strictly, at_most = (np.searchsorted(z, border - z, side=side) for side in ("left", "right"))
        mass = np.einsum("ij,ij->j", weights, head[strictly])
        if (strictly == at_most).all():
            return np.asarray(mass)
        return np.asarray((mass + np.einsum("ij,ij->j", weights, head[at_most])) / 2)

    below, up_to_above = partners_below(-2 * rope), partners_below(2 * rope)
    return np.stack([below, up_to_above - below, 1 - up_to_above])


def wilcoxon_p_value(differences: Floats) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test of differences (q,).

    Data sets without a difference are dropped; 1 where none is left. Exact for up to 50, given the ranks,
    with ties too; above by the normal approximation.
    """
    different = differences[differences != 0]
    if not different.size:
        return 1.0
    if different.size <= EXACT_UP_TO:
        return exact_signed_rank_p(different)
    from scipy.stats import wilcoxon

    return float(wilcoxon(different, method="approx").pvalue)


def exact_signed_rank_p(differences: Floats) -> float:
    """Return the two-sided p-value of the rank sum of differences (q,), none of them 0, over all 2^q signs.

    Ties share their mean rank, so sums are counted in halves. (scipy draws or lists all signs where there
    are ties: up to 0.7 s a pair.)
    """
    from scipy.stats import rankdata

    doubled = (2 * rankdata(np.abs(differences))).astype(int)
    ways = np.zeros(int(doubled.sum()) + 1)  # how many choices of signs give each sum; exact below 2^53
    ways[0] = 1
    for rank in doubled:
        ways[rank:] += ways[:-rank].copy()
    seen = int(doubled[differences > 0].sum())
    tail = min(ways[: seen + 1].sum(), ways[seen:].sum())
    return float(min(1.0, 2 * tail / ways.sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values, in the order given (Holm 1979)."""
    adjusted, running = [0.0] * len(p_values), 0.0
    for step, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (len(p_values) - step) * p_values[index]))
        adjusted[index] = running
    return adjusted


def judge_data_sets(comparisons: Sequence[Comparison], seed: int) -> Across:
    """Judge the models of a bench by their mean scores on each data set.

    Losses are divided by the loss of always predicting the class priors, so that data sets can be
    compared, and the region of practical equivalence is the same on all.
    """
    name = comparisons[0].protocol.metric
    metric = metric_named(name)
    rows = [{m.model: m.score(name) for m in c.models} for c in comparisons]
    scales = [_prior_loss(c, metric) for c in comparisons]
    names = dict.fromkeys(model for row in rows for model in row)
    means = {
        model: np.array([_scaled(row.get(model), scale) for row, scale in zip(rows, scales, strict=True)])
        for model in names
    }
    return judge_across(means, metric=metric, baseline=BASELINE, seed=seed)


def _prior_loss(comparison: Comparison, metric: Metric) -> float:
    if metric.rope_kind == "absolute":
        return 1.0
    return practical_rope(metric, comparison.dataset.class_counts) / metric.rope


def _scaled(score: float | None, scale: float) -> float:
    return float("nan") if score is None else score / scale
