"""From fits to a comparison: means over folds, intervals, ranks, notes and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.boundary.columns import columns_over_folds, over_folds
from compare_cli.boundary.probes import disagreement, instability
from compare_cli.data.roles import few_of_classes
from compare_cli.errors import utf8
from compare_cli.metrics import METRICS, Metric, metric_named
from compare_cli.models.specs import spec_text
from compare_cli.notes import note
from compare_cli.types import (
    BenchComparison,
    Boundary,
    Dataset,
    DatasetSummary,
    Failure,
    FitResult,
    ModelSpec,
    ModelSummary,
    Note,
    Protocol,
    Split,
)
from compare_cli.verdict.choice import not_tried
from compare_cli.verdict.classes import curves
from compare_cli.verdict.fits import (
    Prefer,
    in_order_of_merit,
    judge_fits,
    judged_classes,
    judged_part,
    preference,
    rows_of_classes,
    score_arrays,
    test_share,
)
from compare_cli.verdict.intervals import shown_interval
from compare_cli.verdict.paired import few_or_grouped
from compare_cli.verdict.samples import at_largest, learning_curves

Floats = NDArray[np.float64]
IntervalOf = Callable[[Metric, Floats, int], tuple[float, float] | None]
BUSY = 1.25  # wall time over CPU time of a fit from which the machine counts as busy
IMBALANCED = 0.9
NOT_CONVERGED = "ConvergenceWarning"


def summarise_dataset(dataset: Dataset) -> DatasetSummary:
    """Return what the result says of a data set: counts, classes, what was left out, how it was read."""
    counts = rows_of_classes(dataset)
    kinds = [c.kind for c in dataset.columns]
    return DatasetSummary(
        name=utf8(dataset.name),
        source=utf8(dataset.source),
        fingerprint=dataset.fingerprint,
        rows=len(dataset.y),
        test_rows=len(dataset.test.y) if dataset.test is not None else None,
        columns=dataset.source_columns,
        features=len(kinds),
        numeric=sum(kind != "categorical" for kind in kinds),
        categorical=sum(kind == "categorical" for kind in kinds),
        target=dataset.target,
        classes=dataset.classes,
        class_counts=tuple(counts),
        majority_rate=max(counts) / sum(counts),
        missing_cells=sum(c.missing for c in dataset.columns),
        dropped=dataset.dropped,
        read=dataset.read,
    )


def summarise_model(
    spec: ModelSpec, results: Sequence[FitResult], metric: Metric, rows: int, interval: IntervalOf
) -> ModelSummary:
    """Return one model's row from its fits: means over folds, medians of times, failures with counts.

    A model that failed on some folds is "partial": its means are over the folds that it finished, and
    its interval of accuracy knows no more rows than those. ``rows`` are judged in one repeat; ``interval``
    makes the interval of a score from its values (repeats, folds) and the rows that they are judged on.
    """
    done = [r for r in results if r.status == "ok"]
    judged = min(rows, sum(r.test_rows for r in done))
    scores, intervals = _scores(spec.name, results, metric, lambda m, values: interval(m, values, judged))
    low, high = intervals.pop("accuracy") or (None, None)
    sizes = [r.size_bytes for r in done if r.size_bytes is not None]
    rates = [r.test_rows / r.predict_seconds for r in done if r.predict_seconds]
    confusion = sum((r.confusion for r in done if r.confusion is not None), start=np.int64(0))
    return ModelSummary(
        model=spec.name,
        family=spec.family,
        spec=spec_text(spec),
        params=done[0].params if done else spec.params,
        status="ok" if done and len(done) == len(results) else "partial" if done else "failed",
        rank=None,
        accuracy=scores.pop("accuracy"),
        accuracy_low=low,
        accuracy_high=high,
        scores=scores,
        score_intervals=intervals if done else {},
        fit_seconds=_median([r.fit_seconds for r in done]),
        fit_cpu_seconds=_median([r.fit_cpu_seconds for r in done]),
        predict_seconds=_median([r.predict_seconds for r in done]),
        prepare_seconds=_median([r.prepare_seconds for r in done]),
        predict_rows_per_second=_median(rates),
        size_bytes=round(median(sizes)) if sizes else None,
        confusion=np.asarray(confusion).tolist() if done else None,
        boundary=summarise_boundary([r.boundary for r in done if r.boundary is not None]),
        warnings=tuple(dict.fromkeys(w for r in done for w in r.warnings)),
        failures=tuple(failure for failure in map(_failure, results) if failure is not None),
        **curves(done),
    )


def summarise_boundary(folds: Sequence[Boundary]) -> dict[str, Any] | None:
    """Return each boundary statistic as mean and sd over folds, with instability; None without any."""
    if not folds:
        return None
    labels = [fold.probe_labels for fold in folds if fold.probe_labels is not None]
    unstable = instability(np.stack(labels)) if labels else None
    reasons = dict.fromkeys(fold.reason for fold in folds if fold.reason)
    summary: dict[str, Any] = over_folds([fold.statistics for fold in folds])
    summary["instability"] = {"mean": unstable, "sd": None}
    summary["instability_halves"] = {"mean": None, "sd": None}
    summary["reason"] = "; ".join(reasons) or None
    summary |= columns_over_folds(folds)
    return summary


def probe_disagreements(results: Sequence[FitResult]) -> dict[tuple[str, str], float]:
    """Return how often two models differ at the shared probes of the same folds, for each pair."""
    labels: dict[str, dict[tuple[int, int], NDArray[np.int64]]] = {}
    for r in results:
        if r.boundary is not None and r.boundary.probe_labels is not None:
            labels.setdefault(r.model, {})[r.repeat, r.fold] = r.boundary.probe_labels
    found = {}
    for left, right in combinations(labels, 2):
        both = [at for at in labels[left] if at in labels[right]]
        if both:
            a, b = (np.stack([labels[name][at] for at in both]) for name in (left, right))
            found[left, right] = disagreement(a, b)
    return found


def _failure(r: FitResult) -> Failure | None:
    ended = r.status in {"ok", "skipped"}
    return None if ended else Failure(r.fold, r.repeat, r.error_kind, r.error_message)


def _median(values: Sequence[float | int | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(median(known)) if known else None


def _scores(
    model: str,
    results: Sequence[FitResult],
    metric: Metric,
    interval: Callable[[Metric, Floats], tuple[float, float] | None],
) -> tuple[dict[str, float | None], dict[str, tuple[float, float] | None]]:
    """Return the mean and the 95 % interval of each of a model's scores."""
    classes = next((len(r.confusion) for r in results if r.confusion is not None), None)
    scores, intervals = {}, {}
    for name in dict.fromkeys([*METRICS, metric.name]):
        array = score_arrays(results, [model], name)[model]
        there = bool(np.isfinite(array).any())
        scores[name] = float(np.nanmean(array)) if there else None
        intervals[name] = interval(metric_named(name, classes), array) if there else None
    return scores, intervals


def summarise(
    dataset: Dataset,
    models: Sequence[ModelSpec],
    protocol: Protocol,
    metric: Metric,
    splits: Sequence[Split],
    results: Sequence[FitResult],
    *,
    prefer: Prefer = "simple",
    seed: int = 0,
) -> BenchComparison:
    """Return what the fits so far say: rows in order of merit, pairs, verdict, notes.

    ``metric`` has the ROPE; ``splits`` are all that were planned. See `judged_part` for the fits that count.
    """
    names = [spec.name for spec in models]
    judged = judged_part(results, names, protocol)
    if protocol.looks:
        splits = [split for split in splits if split.repeat < protocol.looks[-1].repeats]
    rows = _rows(dataset, models, protocol, metric, splits, judged)
    judgement = judge_fits(
        dataset, names, protocol, metric, splits, judged, prefer=preference(prefer, rows), seed=seed
    )
    ordered, summary = in_order_of_merit(rows, judgement), summarise_dataset(dataset)
    notes = comparison_notes(summary, ordered, judged, metric)
    notes += _few_notes(dataset)
    shared = len({(r.repeat, r.fold) for r in judged})
    folds = protocol.scheme != "samples"
    if folds and len(judged) < len(results) and len(judged) == shared * len(models):
        notes.append(note("shared_folds", shared=shared))
    between = probe_disagreements(judged)
    pairs = tuple(
        replace(p, disagreement_between_rows=between.get((p.left, p.right), between.get((p.right, p.left))))
        for p in judgement.pairs
    )
    verdict = replace(judgement.verdict, not_tried=not_tried(spec_text(spec) for spec in models))
    curve = () if folds else tuple(learning_curves(dataset, metric, splits, judged))
    facts = (protocol, ordered, pairs, verdict, tuple(notes), tuple(results))
    return BenchComparison("bench", summary, *facts, curve=curve)


def _rows(
    dataset: Dataset,
    models: Sequence[ModelSpec],
    protocol: Protocol,
    metric: Metric,
    splits: Sequence[Split],
    judged: Sequence[FitResult],
) -> dict[str, ModelSummary]:
    """The row of each model, from the fits that are judged; of growing samples, from its largest ones."""
    first = sum(len(split.test) for split in splits if split.repeat == 0)
    if protocol.scheme == "samples":
        judged, first = at_largest(judged), len(splits[0].test) if splits else 0
    share = None if protocol.scheme in {"test", "samples"} else test_share(splits)
    cautious = few_or_grouped(protocol.scheme, rows_of_classes(dataset))
    counts = np.bincount(judged_classes(dataset), minlength=len(dataset.classes)).tolist()
    interval = partial(shown_interval, scheme=protocol.scheme, share=share, cautious=cautious, counts=counts)
    rows = {
        spec.name: summarise_model(spec, [r for r in judged if r.model == spec.name], metric, first, interval)
        for spec in models
    }
    if protocol.scheme == "samples":
        learnt = {name: [r.train_rows for r in judged if r.model == name and r.train_rows] for name in rows}
        sizes = {name: round(sum(its) / len(its)) for name, its in learnt.items() if its}
        rows = {name: replace(row, train_rows=sizes.get(name)) for name, row in rows.items()}
    return rows


def comparison_notes(
    dataset: DatasetSummary, models: Sequence[ModelSummary], results: Sequence[FitResult], metric: Metric
) -> list[Note]:
    """Return the notes that only the results can give."""
    notes = []
    failed = sum(r.status != "ok" for r in results)
    if failed:
        notes.append(note("fits_failed", count=failed, total=len(results)))
    notes += _convergence_notes(models, results)
    if metric.name == "accuracy" and (dataset.majority_rate or 0) >= IMBALANCED:
        label = dataset.classes[dataset.class_counts.index(max(dataset.class_counts))]
        notes.append(note("imbalanced", rate=dataset.majority_rate, label=label))
    without = [m.model for m in models if m.status == "ok" and m.score("log_loss") is None]
    if without:
        notes.append(note("no_probabilities", models=", ".join(without)))
    return notes + _busy_notes(models)


def _few_notes(dataset: Dataset) -> list[Note]:
    """Return a note on classes with few judged rows, unless the table's own notes have told it."""
    truth = judged_classes(dataset)
    which = "rows" if len(truth) == len(dataset.y) else "judged rows"
    return [n for n in few_of_classes(truth, dataset.classes, which) if n not in dataset.notes]


def _convergence_notes(models: Sequence[ModelSummary], results: Sequence[FitResult]) -> list[Note]:
    missed = Counter(r.model for r in results if any(w.startswith(NOT_CONVERGED) for w in r.warnings))
    total = Counter(r.model for r in results)
    families = {m.model: m for m in models}
    notes = []
    for name, count in missed.items():
        steps = families[name].params.get("max_iter")
        suggested = steps * 3 if isinstance(steps, int) and steps > 0 else 1000
        facts = {"family": families[name].family, "suggested": suggested}
        notes.append(note("not_converged", model=name, count=count, total=total[name], **facts))
    return notes


def _busy_notes(models: Sequence[ModelSummary]) -> list[Note]:
    """Return a note when the fits that matter took clearly longer than they computed."""
    ratios: Mapping[str, float] = {
        m.model: m.fit_seconds / m.fit_cpu_seconds
        for m in models
        if m.fit_seconds and m.fit_cpu_seconds and m.fit_seconds > 0.05
    }
    if not ratios:
        return []
    worst = max(ratios, key=lambda name: ratios[name])
    return [note("busy_machine", model=worst, ratio=ratios[worst])] if ratios[worst] > BUSY else []
