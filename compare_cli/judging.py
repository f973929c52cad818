"""From fits to the verdict: what `verdict` is asked about one data set, and about several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeVar

from compare_cli.engine.splits import MAX_REPEATS
from compare_cli.metrics import PER_ROW, Metric, metric_named, practical_rope
from compare_cli.models.families import BASELINE
from compare_cli.types import Across, Comparison, Fit, FitResult, ModelSummary, PairVerdict, Scheme, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.engine.job import Job
    from compare_cli.verdict import Baseline, Judgement, MetricFacts, PairPredictions
    from compare_cli.verdict.choice import Preference

    Predictions = Callable[[str, str], PairPredictions | None]

AnyFit = TypeVar("AnyFit", bound=Fit)


@dataclass(frozen=True)
class Question:
    """What the verdict has to know besides scores.

    ``rows`` is None where nobody said how many there are. ``cut_short`` says that the run ended early: then
    only the repeats count that are there for all models. ``fewer_folds`` says that not even one repeat is
    there, and some of its folds are judged.
    """

    metric: Metric
    rope: float
    rows: int | None
    scheme: Scheme
    test_share: float | None
    most_frequent: str | None
    seed: int
    cut_short: bool = False
    fewer_folds: bool = False
    prefer: Literal["simple", "speed", "leader"] = "simple"

    def facts(self) -> MetricFacts:
        """Return the metric as the verdict takes it."""
        from compare_cli.verdict import MetricFacts

        return MetricFacts(self.metric.name, self.metric.higher_is_better, self.rope, self.metric.rate)

    def baseline(self) -> Baseline:
        """Return the baseline: always answering the most frequent class."""
        from compare_cli.verdict import Baseline

        return Baseline(BASELINE, self.most_frequent)


def score_arrays(
    results: Sequence[Fit], models: Sequence[str], metric: str
) -> dict[str, NDArray[np.float64]]:
    """Return the scores of each model as an array (repeats, folds), NaN where there is none."""
    import numpy as np

    repeats = max((r.repeat for r in results), default=0) + 1
    folds = max((r.fold for r in results), default=0) + 1
    arrays = {name: np.full((repeats, folds), np.nan) for name in models}
    for result in results:
        value = result.score(metric)
        if value is not None and result.model in arrays:
            arrays[result.model][result.repeat, result.fold] = value
    return arrays


def judged_part(results: Sequence[AnyFit], models: Sequence[str], folds: int) -> list[AnyFit]:
    """Return the results of a run that was cut short which compare like with like.

    Those of the repeats in which every model has a result on all ``folds``; where there is no such repeat,
    of the folds of the first one that all models share; all of them where they share none.
    """
    there = [r for r in results if r.status != "skipped"]
    count = Counter((r.repeat, r.fold) for r in there)
    shared = {place for place, models_there in count.items() if models_there == len(models)}
    per_repeat = Counter(repeat for repeat, _ in shared)
    full = {repeat for repeat, number in per_repeat.items() if number == folds}
    keep = {place for place in shared if place[0] in (full or {0})}
    return [r for r in there if (r.repeat, r.fold) in keep] if keep else there


def judge_folds(
    arrays: Mapping[str, NDArray[np.float64]],
    question: Question,
    rows: Mapping[str, ModelSummary],
    predictions: Predictions | None = None,
) -> Judgement:
    """Judge models by their scores on shared folds, arrays of (repeats, folds)."""
    from compare_cli.verdict import common_repeats, judge

    repeatable = question.scheme in {"stratified", "grouped"}
    unequal = question.scheme != "stratified" or question.fewer_folds  # then it is not 1/(k-1)
    return judge(
        common_repeats(arrays) if question.cut_short else arrays,
        metric=question.facts(),
        rows=question.rows,
        baseline=question.baseline(),
        prefer=_preference(question, rows),
        predictions=predictions,
        test_share=question.test_share if unequal else None,
        repeats_cap=MAX_REPEATS if repeatable else 1,
        seed=question.seed,
    )


def _preference(question: Question, rows: Mapping[str, ModelSummary]) -> Preference:
    if question.prefer != "speed":
        return question.prefer
    return {name: row.predict_seconds for name, row in rows.items() if row.predict_seconds is not None}


def judge_models(
    job: Job, results: Sequence[FitResult], rows: Mapping[str, ModelSummary], test_share: float | None
) -> Judgement:
    """Give the fits of a job to the verdict: paired scores over folds, or per row on a test set.

    ``results`` are those that are judged (`judged_part`); ``test_share`` is the mean n_test/n_train.
    """
    import numpy as np

    from compare_cli.verdict import judge_single_test

    dataset = job.dataset
    question = Question(
        metric=job.metric,
        rope=job.rope,
        rows=len(dataset.y),
        scheme=job.plan.scheme,
        test_share=test_share,
        most_frequent=dataset.classes[int(np.bincount(dataset.y).argmax())],
        seed=job.options.seed,
        cut_short=len(results) < len(job.splits) * len(job.models),
        fewer_folds=len({r.fold for r in results}) < job.plan.folds,
        prefer=job.options.prefer,
    )
    predictions = _paired_predictions(job, results)
    by_row = _row_scores(job, results)
    if by_row is None:
        arrays = score_arrays(results, [spec.name for spec in job.models], job.metric.name)
        if question.fewer_folds:
            folds = sorted({r.fold for r in results})
            arrays = {name: scores[:, folds] for name, scores in arrays.items()}
        return judge_folds(arrays, question, rows, predictions)
    return judge_single_test(
        by_row,
        metric=question.facts(),
        baseline=question.baseline(),
        prefer=_preference(question, rows),
        predictions=predictions,
        seed=question.seed,
    )


def in_order_of_merit(rows: Mapping[str, ModelSummary], judgement: Judgement) -> tuple[ModelSummary, ...]:
    """Return the rows best first, the baseline last, with what the verdict says of each."""
    return tuple(
        replace(
            rows[name],
            rank=place if rows[name].status != "failed" else None,
            p_best=judgement.p_best.get(name),
            in_top_set=judgement.in_top_set.get(name),
            beats_baseline=judgement.beats_baseline.get(name),
        )
        for place, name in enumerate(judgement.order, start=1)
    )


def with_boundary_reasons(
    verdict: Verdict, models: Sequence[ModelSummary], pairs: Sequence[PairVerdict]
) -> Verdict:
    """Return the verdict with what the boundaries say about it, where the numbers support it."""
    from compare_cli.boundary.explanation import Evidence, Profile, explain

    profiles = [Profile(m.model, m.family, m.boundary, m.beats_baseline) for m in models if m.boundary]
    if not profiles:
        return verdict
    differ = {
        (p.left, p.right): p.disagreement_between_rows
        for p in pairs
        if p.disagreement_between_rows is not None
    }
    reasons = explain(Evidence(profiles, pairs, differ))
    return replace(verdict, because=(*verdict.because, *reasons))


def _row_scores(job: Job, results: Sequence[FitResult]) -> dict[str, NDArray[np.float64]] | None:
    """Return each model's scores of single test rows (seeds, n_test); None where the metric has none."""
    import numpy as np

    if job.plan.scheme != "test" or job.metric.name not in PER_ROW:
        return None
    seeds = max((r.repeat for r in results), default=0) + 1
    arrays = {spec.name: np.full((seeds, len(job.workspace.test_y)), np.nan) for spec in job.models}
    for r in results:
        if r.row_scores is not None:
            arrays[r.model][r.repeat] = r.row_scores
    return arrays


def _paired_predictions(
    job: Job, results: Sequence[FitResult]
) -> Callable[[str, str], PairPredictions | None]:
    """Return a function that tells how two models' predictions differ on the folds that both finished."""
    import numpy as np

    from compare_cli.verdict import PairPredictions

    truth = job.workspace.test_y
    rows = {(s.repeat, s.fold): s.test for s in job.splits}
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


def judge_data_sets(comparisons: Sequence[Comparison], seed: int) -> Across:
    """Judge the models of a bench by their mean scores on each data set.

    Losses are divided by the loss of always predicting the class priors, so that data sets can be
    compared, and the region of practical equivalence is the same on all.
    """
    import numpy as np

    from compare_cli.verdict import MetricFacts, judge_across

    name = comparisons[0].protocol.metric
    metric = metric_named(name)
    rows = [{m.model: m.score(name) for m in c.models} for c in comparisons]
    scales = [_prior_loss(c, metric) for c in comparisons]
    names = dict.fromkeys(model for row in rows for model in row)
    means = {
        model: np.array([_scaled(row.get(model), scale) for row, scale in zip(rows, scales, strict=True)])
        for model in names
    }
    facts = MetricFacts(name, metric.higher_is_better, metric.rope, metric.rate)
    return judge_across(means, metric=facts, baseline=BASELINE, seed=seed)


def _prior_loss(comparison: Comparison, metric: Metric) -> float:
    if metric.rope_kind == "absolute":
        return 1.0
    return practical_rope(metric, comparison.dataset.class_counts) / metric.rope


def _scaled(score: float | None, scale: float) -> float:
    return float("nan") if score is None else score / scale
