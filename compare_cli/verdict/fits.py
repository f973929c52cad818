"""From fits to the verdict: their scores as arrays, judged when they are new and judged again when stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from compare_cli.boundary.evidence import Evidence, Profile
from compare_cli.boundary.explanation import with_reasons
from compare_cli.errors import DataError, UsageError, nearest
from compare_cli.metrics import (
    BY_JACKKNIFE,
    COST,
    PER_ROW,
    Metric,
    metric_named,
    practical_rope,
    pseudo_values,
)
from compare_cli.models.families import BASELINE
from compare_cli.types import (
    Bench,
    Comparison,
    Dataset,
    Fit,
    FitResult,
    ModelSummary,
    PairVerdict,
    Protocol,
    SingleComparison,
    Split,
    part_of_bench,
)
from compare_cli.verdict.across import judge_data_sets
from compare_cli.verdict.choice import SIMPLEST, Preference, not_tried
from compare_cli.verdict.evidence import Baseline, PairPredictions, Predictions, common_repeats
from compare_cli.verdict.growing import judge_samples, with_predictions
from compare_cli.verdict.judge import Judgement, fold_evidence, judge_evidence, row_evidence
from compare_cli.verdict.paired import few_or_grouped
from compare_cli.verdict.repeats import level_of, repeats_cap
from compare_cli.verdict.samples import at_largest

Floats = NDArray[np.float64]
AnyFit = TypeVar("AnyFit", bound=Fit)
Prefer = Literal["simple", "speed", "leader"]
MEANS_OF_ROWS = (*PER_ROW, COST.name)


def score_arrays(results: Sequence[Fit], models: Sequence[str], metric: str) -> dict[str, Floats]:
    """Return the scores of each model as an array (repeats, folds), NaN where there is none."""
    repeats = max((r.repeat for r in results), default=0) + 1
    folds = max((r.fold for r in results), default=0) + 1
    arrays = {name: np.full((repeats, folds), np.nan) for name in models}
    for result in results:
        value = result.score(metric)
        if value is not None and result.model in arrays:
            arrays[result.model][result.repeat, result.fold] = value
    return arrays


def judged_part(results: Sequence[AnyFit], models: Sequence[str], protocol: Protocol) -> list[AnyFit]:
    """Return the results that are judged: those that the last look saw.

    Before the first look, what compares like with like: the repeats in which every model has a result on all
    folds; where there is no such repeat, the folds of the first one that all models share; all results where
    they share none.
    """
    if protocol.looks:
        return [r for r in results if r.repeat < protocol.looks[-1].repeats]
    folds = protocol.folds
    there = [r for r in results if r.status != "skipped"]
    count = Counter((r.repeat, r.fold) for r in there)
    shared = {place for place, models_there in count.items() if models_there == len(models)}
    per_repeat = Counter(repeat for repeat, _ in shared)
    full = {repeat for repeat, number in per_repeat.items() if number == folds}
    keep = {place for place in shared if place[0] in (full or {0})}
    return [r for r in there if (r.repeat, r.fold) in keep] if keep else there


def judge_fits(
    dataset: Dataset,
    models: Sequence[str],
    protocol: Protocol,
    metric: Metric,
    splits: Sequence[Split],
    results: Sequence[FitResult],
    *,
    prefer: Preference = SIMPLEST,
    seed: int = 0,
) -> Judgement:
    """Judge the fits of one comparison: by paired scores over folds, or per row on a test set.

    ``metric`` has the ROPE; ``splits`` are all planned ones, ``results`` the judged ones (`judged_part`).
    The last of the looks of ``protocol`` says at which level; without any nobody wins.
    """
    if protocol.scheme == "samples":
        facts = (dataset, models, protocol, metric, splits, results)
        judged = judge_samples(*facts, prefer=prefer, seed=seed)
        return with_predictions(judged, _paired_predictions(dataset, splits, at_largest(results)))
    counts, level = rows_of_classes(dataset), level_of(protocol)
    baseline = Baseline(BASELINE, dataset.classes[counts.index(max(counts))])
    differ = _paired_predictions(dataset, splits, results)
    how: dict[str, Any] = {"prefer": prefer, "predictions": differ, "seed": seed}
    if protocol.scheme == "test" and metric.name in (*MEANS_OF_ROWS, *BY_JACKKNIFE):
        scores, df = _row_scores(dataset, models, results, metric.name), _row_df(dataset, metric)
        by_rows = row_evidence(scores, metric, len(splits[0].train), baseline, df=df, level=level)
        return judge_evidence(by_rows, metric, **how)
    arrays, share = _fold_scores(models, protocol, metric, splits, results)
    few = few_or_grouped(protocol.scheme, counts)
    evidence = fold_evidence(arrays, metric, sum(counts), baseline, share, cautious=few, level=level)
    return judge_evidence(evidence, metric, repeats_cap=repeats_cap(protocol.scheme), **how)


def _fold_scores(
    models: Sequence[str],
    protocol: Protocol,
    metric: Metric,
    splits: Sequence[Split],
    results: Sequence[FitResult],
) -> tuple[dict[str, Floats], float | None]:
    """Return each model's scores (repeats, folds), and n_test/n_train where it is not 1/(folds - 1).

    Of a run that was cut short only the repeats that all models have, and some folds of the first one where
    not even that is complete. A single test set has no folds, and its seeds are none: nothing can be said of
    scores that come in no other way.
    """
    arrays, folds = score_arrays(results, models, metric.name), sorted({r.fold for r in results})
    fewer = len(folds) < protocol.folds
    if fewer:
        arrays = {name: scores[:, folds] for name, scores in arrays.items()}
    if len(results) < len(splits) * len(models):
        arrays = common_repeats(arrays)
    uneven = protocol.scheme != "test" and (fewer or protocol.scheme != "stratified")
    return arrays, test_share(splits) if uneven else None


def test_share(splits: Sequence[Split]) -> float | None:
    """Return the mean n_test/n_train over the folds of the first repeat; None without any."""
    shares = [len(split.test) / len(split.train) for split in splits if split.repeat == 0]
    return sum(shares) / len(shares) if shares else None


def preference(prefer: Prefer, rows: Mapping[str, ModelSummary]) -> Preference:
    """Return what `choice` takes: what the models are, and for speed the seconds of each to predict."""
    known = {name: row.predict_seconds for name, row in rows.items() if row.predict_seconds is not None}
    specs = {name: row.spec for name, row in rows.items()}
    return Preference(prefer == "leader", known if prefer == "speed" else None, specs)


def in_order_of_merit(rows: Mapping[str, ModelSummary], judgement: Judgement) -> tuple[ModelSummary, ...]:
    """Return the rows best first, the baseline last, with what the verdict says of each."""
    return tuple(
        replace(
            rows[name],
            rank=place if rows[name].status != "failed" else None,
            p_best=judgement.p_best.get(name),
            p_best_shrunk=judgement.p_best_shrunk.get(name),
            p_best_low=judgement.chance_range(name)[0],
            p_best_high=judgement.chance_range(name)[1],
            in_top_set=judgement.in_top_set.get(name),
            beats_baseline=judgement.beats_baseline.get(name),
        )
        for place, name in enumerate(judgement.order, start=1)
    )


def _row_scores(
    dataset: Dataset, models: Sequence[str], results: Sequence[FitResult], metric: str
) -> dict[str, Floats]:
    """Return each model's scores of single test rows (seeds, n_test), NaN where a fit failed."""
    seeds = max((r.repeat for r in results), default=0) + 1
    truth, classes = judged_classes(dataset), len(dataset.classes)
    arrays = {name: np.full((seeds, len(truth)), np.nan) for name in models}
    for r in results:
        rows = r.row_scores
        if rows is None and r.predictions is not None:  # stored before such scores had rows
            rows = pseudo_values(metric, truth, r.predictions, None, classes)
        if rows is not None:
            arrays[r.model][r.repeat] = rows
    return arrays


def _row_df(dataset: Dataset, metric: Metric) -> int | None:
    """Degrees of freedom of pseudo-values: the rarest class's test rows less one; None for means of rows."""
    rarest = int(np.bincount(judged_classes(dataset), minlength=len(dataset.classes)).min())
    return None if metric.name in MEANS_OF_ROWS else max(0, rarest - 1)


def rows_of_classes(dataset: Dataset) -> list[int]:
    """Return how many rows each class has."""
    return [int(rows) for rows in np.bincount(dataset.y, minlength=len(dataset.classes))]


def judged_classes(dataset: Dataset) -> NDArray[np.int64]:
    """Return the true classes of the rows that splits call test rows."""
    return dataset.y if dataset.test is None else dataset.test.y


def _paired_predictions(
    dataset: Dataset, splits: Sequence[Split], results: Sequence[FitResult]
) -> Predictions:
    """Return a function that tells how two models' predictions differ on the folds that both finished."""
    truth = judged_classes(dataset)
    rows = {(s.repeat, s.fold): s.test for s in splits}
    given = {(r.model, r.repeat, r.fold): r.predictions for r in results if r.predictions is not None}

    def compare_pair(left: str, right: str) -> PairPredictions | None:
        both = [at for at in rows if (left, *at) in given and (right, *at) in given]
        if not both:
            return None
        a = np.concatenate([given[left, *at] for at in both])
        b = np.concatenate([given[right, *at] for at in both])
        differ = a != b
        right_there = (a == np.concatenate([truth[rows[at]] for at in both]))[differ]
        return PairPredictions(float(differ.mean()), float(right_there.mean()) if differ.any() else None)

    return compare_pair


@dataclass(frozen=True)
class Criterion:
    """By what stored scores are judged; ``None`` means as they were, or as the metric has it."""

    metric: str | None = None
    rope: float | None = None
    lower_is_better: bool = False
    rows: int | None = None
    seed: int = 0
    prefer: Literal["simple", "speed", "leader"] = "simple"


def judge_again(comparison: SingleComparison, criterion: Criterion) -> SingleComparison:
    """Give stored fold scores to the verdict, by the metric and ROPE asked for.

    Raises DataError for results that have no folds (judged on one test set), and UsageError for a
    metric that was not stored.
    """
    name = criterion.metric or comparison.protocol.metric
    rows = {m.model: m for m in comparison.models}
    same = name == comparison.protocol.metric and criterion.rope is None
    if comparison.protocol.scheme == "samples" and comparison.command != "curve" and same:
        return replace(comparison, command="verdict")
    _refuse_without_folds(comparison)
    if not any(name in fit.score_names for fit in comparison.fits):
        stored = dict.fromkeys(key for fit in comparison.fits for key in fit.score_names)
        raise UsageError(f"--metric {name}: not among the stored scores.{nearest(name, stored)}")
    metric = _metric(comparison, name, criterion)
    judgement = _judgement_again(comparison, metric, criterion)
    models = in_order_of_merit(rows, judgement)
    between = {frozenset((p.left, p.right)): p.disagreement_between_rows for p in comparison.pairs}
    pairs = tuple(
        replace(p, disagreement_between_rows=between.get(frozenset((p.left, p.right))))
        for p in judgement.pairs
    )
    evidence = Evidence([Profile.of(m) for m in models if m.boundary], pairs)
    missing = not_tried(m.spec for m in models) if comparison.verdict.not_tried else ()
    return replace(
        comparison,
        command="verdict",
        models=models,
        pairs=pairs,
        verdict=with_reasons(replace(judgement.verdict, not_tried=missing), evidence),
        headroom=comparison.headroom if same else None,
        protocol=replace(comparison.protocol, metric=name, rope=metric.rope),
    )


def _refuse_without_folds(comparison: SingleComparison) -> None:
    """Raise DataError for a result that has no folds to judge again, with what to do instead."""
    why = {
        "samples": "growing samples are judged row by row, and rows are not stored: another metric or ROPE"
        " needs the run again (compare fit --metric, --rope)",
        "test": "judged on one test set, so there are no folds to judge again",
    }.get(comparison.protocol.scheme)
    if comparison.command == "curve":
        why = "learning curves are judged size by size: compare curve again"
    if why is not None:
        raise DataError(f"{comparison.dataset.name}: {why}.")


def _judgement_again(comparison: SingleComparison, metric: Metric, criterion: Criterion) -> Judgement:
    """Judge the stored scores of a comparison by ``metric``, as far as every model has them."""
    data, protocol = comparison.dataset, comparison.protocol
    rows = {m.model: m for m in comparison.models}
    fits = judged_part(comparison.fits, list(rows), protocol)
    arrays = score_arrays(fits, list(rows), metric.name)
    if any(((scores < metric.bounds[0]) | (scores > metric.bounds[1])).any() for scores in arrays.values()):
        metric = replace(metric, bounds=(-inf, inf))  # a score from elsewhere that only has a known name
    if comparison.status == "interrupted":
        arrays = common_repeats(arrays)
    most = data.class_counts.index(max(data.class_counts)) if data.classes else None
    baseline = Baseline(BASELINE, None if most is None else data.classes[most])
    share = uneven_share(comparison)
    return judge_evidence(
        fold_evidence(
            arrays,
            metric,
            criterion.rows or data.rows,
            baseline,
            share,
            cautious=is_cautious(comparison),
            level=level_of(protocol),
        ),
        metric,
        prefer=preference(criterion.prefer, rows),
        predictions=_stored_predictions(comparison.pairs),
        repeats_cap=repeats_cap(protocol.scheme),
        seed=criterion.seed,
    )


def as_bench(judged: Sequence[SingleComparison], criterion: Criterion) -> Bench:
    """Return several judged data sets with what they say together. Raises UsageError for mixed metrics."""
    metrics = dict.fromkeys(comparison.protocol.metric for comparison in judged)
    if len(metrics) > 1:
        raise UsageError(f"the results were judged by {', '.join(metrics)}; choose one with --metric.")
    first = judged[0]
    parts = tuple(part_of_bench(comparison) for comparison in judged)
    return Bench(first.run, first.environment, parts, judge_data_sets(judged, criterion.seed))


def uneven_share(comparison: Comparison) -> float | None:
    """Return the mean n_test/n_train of folds that are not equal; None where it is 1/(k-1)."""
    shares = [fit.test_rows / fit.train_rows for fit in comparison.fits if fit.train_rows]
    stratified = comparison.protocol.scheme == "stratified" or not shares
    return None if stratified else sum(shares) / len(shares)


def is_cautious(comparison: Comparison) -> bool:
    """Whether the folds of a stored result tell less than they seem to (see `few_or_grouped`)."""
    return few_or_grouped(comparison.protocol.scheme, comparison.dataset.class_counts)


def _metric(comparison: SingleComparison, name: str, criterion: Criterion) -> Metric:
    """The metric that is asked for, with its direction, and its ROPE."""
    data, protocol = comparison.dataset, comparison.protocol
    metric = metric_named(name, len(data.classes) or None)
    if criterion.lower_is_better:
        metric = replace(metric, higher_is_better=False)
    rope = criterion.rope
    if rope is None and name == protocol.metric:
        rope = protocol.rope
    if rope is None:
        rope = practical_rope(metric, data.class_counts) if data.class_counts else metric.rope
    return replace(metric, rope=rope)


def _stored_predictions(pairs: Sequence[PairVerdict]) -> Predictions:
    """Return what the stored pairs say of how predictions differ.

    Who is right where they differ is known for the stored orientation only: with more than two
    classes both may be wrong.
    """
    known: Mapping[tuple[str, str], PairVerdict] = {(p.left, p.right): p for p in pairs}

    def of_pair(left: str, right: str) -> PairPredictions | None:
        same, turned = known.get((left, right)), known.get((right, left))
        if same is not None and same.disagreement is not None:
            return PairPredictions(same.disagreement, same.left_right_when_differ)
        if turned is not None and turned.disagreement is not None:
            return PairPredictions(turned.disagreement)
        return None

    return of_pair
