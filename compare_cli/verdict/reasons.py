"""From a comparison to the reasons under its verdict: profiles of models and refits, regions, who beats whom.

A region is where one model beats another: at most two conditions, confirmed on rows that did not choose them.
A tree of depth two on per-row differences of scores chooses it on one half of the folds; the other half
measures it, and the same the other way round. Shapes: n rows, p numeric and q categorical columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.boundary.complexity import (
    FISHER_ROWS,
    borderline,
    compared_rows,
    fisher,
    gower,
    neighbour_error,
    sampled,
)
from compare_cli.boundary.evidence import Difference, Evidence, Profile, Region
from compare_cli.boundary.explanation import with_instability, with_reasons
from compare_cli.boundary.probes import instability
from compare_cli.metrics import Metric
from compare_cli.models.families import BASELINE
from compare_cli.types import BenchComparison, Complexity, Dataset, FitResult, Refit, Split
from compare_cli.verdict.fits import score_arrays, test_share
from compare_cli.verdict.paired import pair_posterior, row_posterior
from compare_cli.verdict.summary import summarise_boundary

HALVES = 2
DEPTH = 2
LEAST_ROWS = 30  # in each half, and at least 5 % of it
MOST_ROWS = 2 / 3  # of all: of more the verdict says it already
CONFIRMED = 3.3  # standard errors: one of a thousand, for the few pairs of models that are looked at
ONE_SIDED = 1.645  # standard errors: one of twenty
LEAST_GAIN = 0.04
SAME_ROWS = 0.5  # of the rows that either half finds: those that both do
LEVEL, OF_GAIN = 0.02, 0.2  # gains elsewhere that are small enough, in all and beside the gain inside
HELD = frozenset({"categorical", "boolean"})
Refits = Sequence[tuple[Refit, Sequence[FitResult]]]
"""What was refitted, and its fits."""
Caller = Callable[[Callable[[], Any]], Any]
"""What calls a function, here or elsewhere, and returns what it returns."""


def explained(
    comparison: BenchComparison,
    dataset: Dataset,
    metric: Metric,
    splits: Sequence[Split],
    results: Sequence[FitResult],
    refits: Refits,
    call: Caller = lambda work: work(),
) -> BenchComparison:
    """Return a comparison with what its boundaries say about the verdict, where the numbers support it.

    ``metric`` has the ROPE; ``refits`` are those that reasons need (`engine.refits`), on the first repeat.
    ``call`` calls what needs scikit-learn, perhaps in another process.
    """
    comparison = _with_complexity(comparison, dataset)
    alone = dataset.groups is None and dataset.time is None
    single, counts = comparison.protocol.scheme in {"test", "samples"}, np.bincount(dataset.y)
    evidence = Evidence(
        profiles=[Profile.of(m) for m in comparison.models if m.boundary],
        pairs=comparison.pairs,
        refits=[_refit_profile(refit, fits) for refit, fits in refits],
        differences=differences(results, refits, metric, splits, dataset.y if alone else None),
        regions=() if single else tuple(regions(dataset, splits, results, call)),
        held_columns=frozenset(c.name for c in dataset.columns if c.kind in HELD),
        classes=len(dataset.classes),
        majority=float(counts.max() / counts.sum()),
        recommended=comparison.verdict.recommended,
        rope=metric.rope,
        rate=metric.rate,
    )
    return replace(comparison, verdict=with_reasons(comparison.verdict, evidence))


def _with_complexity(comparison: BenchComparison, dataset: Dataset) -> BenchComparison:
    """Return the comparison with how hard the rows that models learn from are to tell apart."""
    table = row_table(dataset)
    numbers, codes, y = table.numbers, table.codes, dataset.y
    some = sampled(len(y), FISHER_ROWS)
    few = sampled(len(y), compared_rows(len(y), len(table.names)))
    apart = gower(numbers[few], codes[few])
    line = next((m for m in comparison.models if m.family == "logistic"), None)
    right = line.scores.get("train_accuracy") if line is not None else None
    found = Complexity(
        compared_rows=len(few),
        f1_fisher=fisher(numbers[some], codes[some], y[some]),
        n1=borderline(apart, y[few]),
        n3=neighbour_error(apart, y[few]),
        l2=None if right is None else 1 - right,
    )
    return replace(comparison, dataset=replace(comparison.dataset, complexity=found))


def noisy_models(comparison: BenchComparison) -> set[str]:
    """Return the models that fit noise: of these it is told how far the sample decides what they answer."""
    return {r.models[0] for r in comparison.verdict.reasons if r.code == "noise"}


def with_halves(comparison: BenchComparison, fits: Sequence[FitResult]) -> BenchComparison:
    """Return a comparison with the instability of models that were ``fits`` on either half of the rows."""
    found: dict[str, float | None] = {}
    for model in dict.fromkeys(r.model for r in fits):
        labels = [r.boundary.probe_labels for r in fits if r.model == model and r.boundary is not None]
        if len(known := [each for each in labels if each is not None]) == HALVES:
            found[model] = instability(np.stack(known))
    models = tuple(
        replace(
            m, boundary={**(m.boundary or {}), "instability_halves": {"mean": found[m.model], "sd": None}}
        )
        if m.model in found
        else m
        for m in comparison.models
    )
    protocol = replace(comparison.protocol, refits=comparison.protocol.refits + len(fits))
    verdict = with_instability(comparison.verdict, found)
    return replace(comparison, models=models, protocol=protocol, verdict=verdict)


def _refit_profile(refit: Refit, fits: Sequence[FitResult]) -> Profile:
    done = [r for r in fits if r.status == "ok" and r.accuracy is not None]
    boundary = summarise_boundary([r.boundary for r in done if r.boundary is not None])
    accuracy = float(np.mean([r.accuracy for r in done])) if done else None
    spec = refit.spec
    return Profile(spec.name, spec.family, boundary or {}, None, accuracy, refit_of=refit.of, role=refit.role)


def differences(
    results: Sequence[FitResult],
    refits: Refits,
    metric: Metric,
    splits: Sequence[Split],
    y: NDArray[np.int64] | None,
) -> dict[tuple[str, str], Difference]:
    """Return how much better each refit is than each other model in the first repeat, on its folds.

    Of accuracy rows with classes ``y`` (n,) are judged, each predicted once: ten folds tell their own spread
    badly. Folds are judged where ``y`` is None, as rows of a group or a time are not independent, and by
    other scores, which are no means over rows.
    """
    first = [r for r in (*results, *(r for _, fits in refits for r in fits)) if r.repeat == 0]
    names = list(dict.fromkeys(r.model for r in first))
    test = {split.fold: split for split in splits if split.repeat == 0}
    sign, share = 1 if metric.higher_is_better else -1, test_share(splits)
    trained = int(np.mean([len(split.train) for split in test.values()])) if test else None
    by_row = y is not None and metric.name == "accuracy"
    if y is not None and by_row:
        scores = _hits(first, names, y, test)
    else:
        scores = {name: rows[:1] for name, rows in score_arrays(first, names, metric.name).items()}
    found = {}
    for refit in (refit.spec.name for refit, _ in refits):
        for other in scores.keys() - {refit}:
            d = (scores[refit] - scores[other]) * sign
            d = d[np.isfinite(d)] if by_row else d  # of many rows a refit predicts some
            if d.size < 2 or not np.isfinite(d).all():
                continue
            if by_row:
                posterior = row_posterior(d, metric.rope, train_rows=trained)
            else:
                posterior = pair_posterior(d, metric.rope, share)
            if posterior is not None:
                found[refit, other] = Difference(posterior.delta, *posterior.interval(), posterior.p_positive)
    return found


def _hits(
    fits: Sequence[FitResult], names: Sequence[str], y: NDArray[np.int64], splits: Mapping[int, Split]
) -> dict[str, NDArray[np.float64]]:
    """Return 1 for rows that a model labels rightly, 0 for others, (n,); NaN where no fit predicts a row."""
    hits = {name: np.full(len(y), np.nan) for name in names}
    for fit in fits:
        if fit.predictions is not None and fit.fold in splits:
            at = splits[fit.fold].test
            hits[fit.model][at] = fit.predictions == y[at]
    return hits


def regions(
    dataset: Dataset, splits: Sequence[Split], results: Sequence[FitResult], call: Caller
) -> Iterator[Region]:
    """Yield where the best model is beaten, or beats the second, by how often each labels a row rightly."""
    rows = {(s.repeat, s.fold): s.test for s in splits}
    folds = np.full(len(dataset.y), -1)
    hits = {r.model: np.zeros((2, len(folds))) for r in results if r.model != BASELINE}
    for r in results:
        if r.predictions is not None and r.model in hits:
            at = rows[r.repeat, r.fold]
            hits[r.model][:, at] += np.stack([r.predictions == dataset.y[at], np.ones(len(at))])
            folds[at] = np.where(folds[at] < 0, r.fold, folds[at])
    with np.errstate(invalid="ignore"):
        right = {name: found[0] / found[1] for name, found in hits.items() if found[1].any()}
    if len(right) < 2:
        return
    best, *others = sorted(right, key=lambda name: -float(np.nanmean(right[name])))
    pairs = [*((other, best) for other in others), *((best, other) for other in others[:1])]
    gains = [right[better] - right[worse] for better, worse in pairs]
    found = call(partial(find_regions, gains, folds, row_table(dataset)))
    for (better, worse), region in zip(pairs, found, strict=True):
        if region is not None:
            columns = tuple(dict.fromkeys(c.column for c in region.conditions))
            told = tuple(map(str, region.conditions))
            figures = (region.gain, region.gain_se, region.elsewhere, region.rows)
            yield Region(better, worse, told, columns, *figures)


@dataclass(frozen=True)
class Condition:
    """One side of a split: ``column`` ≤, > a number, or is, is not a category."""

    column: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.column} {self.sign} {self.value}"


@dataclass(frozen=True)
class Found:
    """A confirmed region: mean gain inside with its standard error, elsewhere, and rows (n,) inside.

    ``elsewhere_most`` is what the gain elsewhere may be: its upper end in the rows that confirm it, and
    its mean in all rows, as models of some folds may be worse there than those of others.
    """

    conditions: tuple[Condition, ...]
    gain: float
    gain_se: float
    elsewhere: float
    elsewhere_most: float
    inside: NDArray[np.bool_]

    @property
    def rows(self) -> int:
        """How many rows are inside."""
        return int(self.inside.sum())

    @property
    def level_elsewhere(self) -> bool:
        """Whether the gain elsewhere is none, or small beside that inside, nearly surely."""
        return self.elsewhere_most <= max(LEVEL, OF_GAIN * self.gain)


@dataclass(frozen=True)
class RowTable:
    """The features of n rows: ``numbers`` (n, p) with NaN for missing, ``codes`` (n, q), and their names.

    ``categories`` are the names behind the codes of each of the q columns.
    """

    numbers: NDArray[np.float64]
    codes: NDArray[np.int32]
    names: Sequence[str]
    categories: Sequence[Sequence[str]]

    @cached_property
    def features(self) -> NDArray[np.float64]:
        """Return numbers (missing ones are NaN), and one column for each category, (n, p + ...)."""
        hot = [self.codes[:, [at]] == np.arange(len(kinds)) for at, kinds in enumerate(self.categories)]
        return np.hstack([self.numbers, *hot]).astype(np.float64)

    def condition(self, feature: int, threshold: float, above: bool) -> Condition:
        """Return the condition that a split of ``features`` puts on the rows of one side."""
        p = self.numbers.shape[1]
        if feature < p:
            return Condition(self.names[feature], ">" if above else "≤", f"{threshold:.3g}")
        feature -= p
        for at, kinds in enumerate(self.categories):
            if feature < len(kinds):
                return Condition(self.names[p + at], "is" if above else "is not", kinds[feature])
            feature -= len(kinds)
        raise ValueError("no such feature")


def row_table(dataset: Dataset) -> RowTable:
    """Return the features of a data set; dates are left out, as a number of theirs tells nobody anything."""
    kinds = [c.kind for c in dataset.columns]
    numbers = [i for i, kind in enumerate(kinds) if kind in {"numeric", "boolean"}]
    held = [i for i, kind in enumerate(kinds) if kind == "categorical"]
    n, X = len(dataset.y), dataset.X
    values = [X.iloc[:, i].to_numpy(dtype=np.float64) for i in numbers]
    codes = [X.iloc[:, i].cat.codes.to_numpy() for i in held]
    return RowTable(
        np.stack(values, axis=1) if values else np.empty((n, 0)),
        np.stack(codes, axis=1) if codes else np.empty((n, 0), np.int32),
        [dataset.columns[i].name for i in (*numbers, *held)],
        [[str(kind) for kind in X.iloc[:, i].cat.categories] for i in held],
    )


def find_regions(
    gains: Sequence[NDArray[np.float64]], folds: NDArray[np.int64], table: RowTable
) -> list[Found | None]:
    """Return for each gain what `find_region` does."""
    return [find_region(gain, folds, table) for gain in gains]


def find_region(gain: NDArray[np.float64], folds: NDArray[np.int64], table: RowTable) -> Found | None:
    """Return where the model whose ``gain`` (n,) is given beats the other, elsewhere not; None if nowhere.

    ``gain`` is its score of each row minus the other's, in [-1, 1], NaN where a row was not predicted;
    ``folds`` (n,) are the folds in which rows were predicted: whole folds go to either half. One half
    chooses a region and the other confirms it; the other has to find the same rows, more or less, itself.
    """
    known, even = np.isfinite(gain), folds % 2 == 0
    found = [f for f in _confirmed(gain, known & even, known & ~even, table) if f.level_elsewhere]
    first = max(found, key=lambda f: f.gain * f.rows, default=None)
    if first is None:
        return None
    again = [f.inside for f in _confirmed(gain, known & ~even, known & even, table)]
    same = any((first.inside & i).sum() >= SAME_ROWS * (first.inside | i).sum() for i in again)
    return first if same else None


def _confirmed(
    gain: NDArray[np.float64], choosing: NDArray[np.bool_], judging: NDArray[np.bool_], table: RowTable
) -> Iterator[Found]:
    """Yield where a tree of depth two finds a gain in some rows, and others confirm it."""
    least = max(LEAST_ROWS, int(0.05 * choosing.sum()))
    if min(choosing.sum(), judging.sum()) < 4 * least:
        return
    from sklearn.tree import DecisionTreeRegressor

    features = table.features
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    tree.fit(features[choosing], gain[choosing])
    for conditions, inside in _nodes(tree.tree_, features, table):
        chosen = gain[choosing & inside]
        if not len(chosen) or chosen.mean() < LEAST_GAIN:  # limits are rounded: none may be left
            continue
        found = _measured(gain, inside, judging, conditions)
        if found is not None:
            yield found


def _measured(
    gain: NDArray[np.float64],
    inside: NDArray[np.bool_],
    judging: NDArray[np.bool_],
    conditions: tuple[Condition, ...],
) -> Found | None:
    """Return a region with what the judging half says of it; None where that does not confirm it."""
    here, there = gain[judging & inside], gain[judging & ~inside]
    if min(len(here), len(there)) < LEAST_ROWS or len(here) > MOST_ROWS * (len(here) + len(there)):
        return None
    mean, elsewhere = float(here.mean()), float(there.mean())
    se, other_se = (float(rows.std(ddof=1) / np.sqrt(len(rows))) for rows in (here, there))
    sure = mean >= CONFIRMED * se and mean - elsewhere >= CONFIRMED * float(np.hypot(se, other_se))
    if not sure or mean < LEAST_GAIN:
        return None
    most = max(elsewhere + ONE_SIDED * other_se, float(np.nanmean(gain[~inside])))
    return Found(conditions, mean, se, elsewhere, most, inside)


def _nodes(
    tree: Any, features: NDArray[np.float64], table: RowTable
) -> Iterator[tuple[tuple[Condition, ...], NDArray[np.bool_]]]:
    """Yield the conditions of each node but the root, and which rows satisfy them (as written, rounded)."""
    waiting: list[tuple[int, tuple[Condition, ...], NDArray[np.bool_]]] = [
        (0, (), np.ones(len(features), bool))
    ]
    while waiting:
        node, conditions, inside = waiting.pop()
        if conditions:
            yield conditions, inside
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        if feature < 0:
            continue
        value = features[:, feature]
        shown = float(f"{threshold:.3g}") if feature < table.numbers.shape[1] else threshold
        for child, above, side in (
            (tree.children_left[node], False, value <= shown),  # a missing value is on neither side
            (tree.children_right[node], True, value > shown),
        ):
            told = (*conditions, table.condition(feature, threshold, above))
            waiting.append((int(child), told, inside & side))
