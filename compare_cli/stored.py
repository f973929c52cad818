"""Results that were written before, and scores from elsewhere, as values again; and judging them anew."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from compare_cli import __version__
from compare_cli.document import read_document
from compare_cli.environment import Clock, environment
from compare_cli.errors import DataError, UsageError, nearest
from compare_cli.judging import (
    Question,
    in_order_of_merit,
    judge_data_sets,
    judge_folds,
    judged_part,
    score_arrays,
    with_boundary_reasons,
)
from compare_cli.metrics import Metric, metric_named, practical_rope
from compare_cli.models.families import BASELINE
from compare_cli.types import (
    Bench,
    DatasetSummary,
    Fit,
    ModelSummary,
    PairVerdict,
    Protocol,
    ReadInfo,
    Run,
    SingleComparison,
    Verdict,
    part_of_bench,
    parts_as_singles,
)

if TYPE_CHECKING:
    from compare_cli.verdict import PairPredictions
    from compare_cli.verdict.score_table import ScoreTable

SCORE_KEYS = ("model", "fold", "repeat", "dataset")


@dataclass(frozen=True)
class Criterion:
    """By what stored scores are judged; ``None`` means as they were, or as the metric has it."""

    metric: str | None = None
    rope: float | None = None
    lower_is_better: bool = False
    rows: int | None = None
    seed: int = 0
    prefer: Literal["simple", "speed", "leader"] = "simple"


def load(path: Path, criterion: Criterion) -> list[SingleComparison]:
    """Return the comparisons of a result document (fit, bench or verdict), or of a CSV of scores.

    Raises DataError when the file is neither, and UsageError when it has no such metric.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error
    if text.lstrip()[:1] in {b"{", b"["}:
        result = read_document(_last_line_if_ndjson(text), str(path))
        return parts_as_singles(result) if isinstance(result, Bench) else [result]
    return _from_scores(text, path, criterion)


def _last_line_if_ndjson(text: bytes) -> bytes:
    """A stream of fits ends with the whole document."""
    lines = text.strip().splitlines()
    return lines[-1] if len(lines) > 1 and lines[0].rstrip().endswith(b"}") else text


def _from_scores(text: bytes, path: Path, criterion: Criterion) -> list[SingleComparison]:
    from compare_cli.verdict.score_table import arrays_from_rows

    try:
        rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: neither a compare result nor a CSV of scores ({error}).") from error
    if not rows:
        raise DataError(f"{path}: no scores; give a CSV with the columns model, fold and a score.")
    names = [name for name in rows[0] if name and name not in SCORE_KEYS]
    metric = _score_column(names, criterion.metric, path)
    clean = [{name: value or "" for name, value in row.items() if isinstance(name, str)} for row in rows]
    tables = arrays_from_rows(clean, metric=metric, source=str(path))
    digest = hashlib.sha256(text).hexdigest()
    return [_scores_comparison(table, metric, path, f"sha256:{digest}", criterion) for table in tables]


def _score_column(names: Sequence[str], asked: str | None, path: Path) -> str:
    if asked is not None and asked not in names:
        raise UsageError(f"--metric {asked}: {path} has no such column.{nearest(asked, names)}")
    if asked is not None:
        return asked
    if len(names) == 1 or "accuracy" in names:
        return "accuracy" if "accuracy" in names else names[0]
    told = ", ".join(names) if names else "none"
    raise UsageError(f"{path}: which column is the score? Say it with --metric (there: {told}).")


def _scores_comparison(
    table: ScoreTable, metric: str, path: Path, digest: str, criterion: Criterion
) -> SingleComparison:
    """Return scores from elsewhere in the form of a comparison: what nobody knows of it is None or empty."""
    import numpy as np

    fits = tuple(
        _fit_of(name, (r, k), metric, None if np.isnan(value) else float(value))
        for name, scores in table.scores.items()
        for (r, k), value in np.ndenumerate(scores)
    )
    repeats, folds = next(iter(table.scores.values())).shape
    return SingleComparison(
        command="verdict",
        run=_run_now(),
        environment=environment(),
        dataset=DatasetSummary(
            name=table.dataset or path.stem,
            source=str(path),
            fingerprint=digest,
            rows=criterion.rows,
            test_rows=None,
            columns=0,
            features=0,
            numeric=0,
            categorical=0,
            target="",
            classes=(),
            class_counts=(),
            majority_rate=None,
            missing_cells=0,
            dropped=(),
            read=ReadInfo(),
        ),
        protocol=Protocol("stratified", folds, repeats, metric, None, digest),
        models=tuple(_bare_model(name, scores, metric) for name, scores in table.scores.items()),
        pairs=(),
        verdict=Verdict("none"),
        notes=(),
        fits=fits,
    )


def _fit_of(model: str, place: tuple[int, int], metric: str, score: float | None) -> Fit:
    scores = {} if metric == "accuracy" else {metric: score}
    accuracy = score if metric == "accuracy" else None
    return Fit(model, *place, "failed" if score is None else "ok", accuracy, scores)


def _run_now() -> Run:
    """A run that fitted nothing."""
    clock = Clock()
    return Run(clock.id, clock.started, 0.0, 0.0, "complete", 0, 1, "none", __version__, 0, 0, 0)


def _bare_model(name: str, scores: Any, metric: str) -> ModelSummary:
    import numpy as np

    from compare_cli.verdict import score_interval

    present = np.isfinite(scores)
    mean = float(np.nanmean(scores)) if present.any() else None
    interval = score_interval(scores)
    low, high = interval if interval is not None and metric == "accuracy" else (None, None)
    status = "ok" if present.all() else "partial" if present.any() else "failed"
    return ModelSummary(
        model=name,
        family=name,
        spec=name,
        params={},
        status=status,  # type: ignore[arg-type]  # one of the three, spelt out above
        rank=None,
        accuracy=mean if metric == "accuracy" else None,
        accuracy_low=low,
        accuracy_high=high,
        scores={} if metric == "accuracy" else {metric: mean},
        score_intervals={} if metric == "accuracy" else {metric: interval},
        fit_seconds=None,
        fit_cpu_seconds=None,
        predict_seconds=None,
        prepare_seconds=None,
        predict_rows_per_second=None,
        size_bytes=None,
        confusion=None,
    )


def merge(comparisons: Sequence[SingleComparison]) -> list[SingleComparison]:
    """Join comparisons of the same data on the same splits into one each; others stay apart.

    Raises DataError when a model is in two of those that belong together.
    """
    together: dict[tuple[str, str, str], SingleComparison] = {}
    for comparison in comparisons:
        key = (comparison.dataset.name, comparison.dataset.fingerprint, comparison.protocol.splits_digest)
        together[key] = _joined(together[key], comparison) if key in together else comparison
    return list(together.values())


def _joined(one: SingleComparison, other: SingleComparison) -> SingleComparison:
    baseline = {m.model for m in one.models if m.family == BASELINE}
    new = [m for m in other.models if m.model not in baseline]
    twice = {m.model for m in one.models} & {m.model for m in new}
    if twice:
        raise DataError(f"{one.dataset.name}: model {min(twice)!r} is in two of the results; give it once.")
    names = {m.model for m in new}
    fits = (*one.fits, *(f for f in other.fits if f.model in names))
    return replace(one, models=(*one.models, *new), pairs=(*one.pairs, *other.pairs), fits=fits)


def judge_again(comparison: SingleComparison, criterion: Criterion) -> SingleComparison:
    """Give stored fold scores to the verdict, by the metric and ROPE asked for.

    Raises DataError for results that have no folds (judged on one test set), and UsageError for a
    metric that was not stored.
    """
    name = criterion.metric or comparison.protocol.metric
    rows = {m.model: m for m in comparison.models}
    if comparison.protocol.scheme == "test":
        raise DataError(
            f"{comparison.dataset.name}: judged on one test set, so there are no folds to judge again."
        )
    if not any(name in fit.score_names for fit in comparison.fits):
        stored = dict.fromkeys(key for fit in comparison.fits for key in fit.score_names)
        raise UsageError(f"--metric {name}: not among the stored scores.{nearest(name, stored)}")
    question = _question(comparison, _metric(name, criterion), criterion)
    fits = judged_part(comparison.fits, list(rows), comparison.protocol.folds)
    arrays = score_arrays(fits, list(rows), name)
    judgement = judge_folds(arrays, question, rows, _stored_predictions(comparison.pairs))
    models = in_order_of_merit(rows, judgement)
    between = _stored_disagreements(comparison.pairs)
    pairs = tuple(
        replace(p, disagreement_between_rows=between.get(frozenset((p.left, p.right))))
        for p in judgement.pairs
    )
    return replace(
        comparison,
        command="verdict",
        models=models,
        pairs=pairs,
        verdict=with_boundary_reasons(judgement.verdict, models, pairs),
        protocol=replace(comparison.protocol, metric=name, rope=question.rope),
    )


def as_bench(judged: Sequence[SingleComparison], criterion: Criterion) -> Bench:
    """Return several judged data sets with what they say together. Raises UsageError for mixed metrics."""
    metrics = dict.fromkeys(comparison.protocol.metric for comparison in judged)
    if len(metrics) > 1:
        raise UsageError(f"the results were judged by {', '.join(metrics)}; choose one with --metric.")
    first = judged[0]
    parts = tuple(part_of_bench(comparison) for comparison in judged)
    return Bench(first.run, first.environment, parts, judge_data_sets(judged, criterion.seed))


def _metric(name: str, criterion: Criterion) -> Metric:
    metric = metric_named(name)
    return replace(metric, higher_is_better=False) if criterion.lower_is_better else metric


def _question(comparison: SingleComparison, metric: Metric, criterion: Criterion) -> Question:
    data, protocol = comparison.dataset, comparison.protocol
    rope = criterion.rope
    if rope is None and metric.name == protocol.metric:
        rope = protocol.rope
    if rope is None:
        rope = practical_rope(metric, data.class_counts) if data.class_counts else metric.rope
    shares = [fit.test_rows / fit.train_rows for fit in comparison.fits if fit.train_rows]
    return Question(
        metric=metric,
        rope=rope,
        rows=criterion.rows or data.rows,
        scheme=protocol.scheme,
        test_share=sum(shares) / len(shares) if shares else None,
        most_frequent=data.classes[data.class_counts.index(max(data.class_counts))] if data.classes else None,
        seed=criterion.seed,
        cut_short=comparison.run.status == "interrupted",
        prefer=criterion.prefer,
    )


def _stored_disagreements(pairs: Sequence[PairVerdict]) -> dict[frozenset[str], float | None]:
    return {frozenset((p.left, p.right)): p.disagreement_between_rows for p in pairs}


def _stored_predictions(
    pairs: Sequence[PairVerdict],
) -> Callable[[str, str], PairPredictions | None]:
    """Return what the stored pairs say of how predictions differ.

    Who is right where they differ is known for the stored orientation only: with more than two
    classes both may be wrong.
    """
    from compare_cli.verdict import PairPredictions

    known: Mapping[tuple[str, str], PairVerdict] = {(p.left, p.right): p for p in pairs}

    def of_pair(left: str, right: str) -> PairPredictions | None:
        same, turned = known.get((left, right)), known.get((right, left))
        if same is not None and same.disagreement is not None:
            return PairPredictions(same.disagreement, same.left_right_when_differ)
        if turned is not None and turned.disagreement is not None:
            return PairPredictions(turned.disagreement)
        return None

    return of_pair
