"""How models are compared: from arrays of scores to numbers and sentences.

Works on anybody's scores, without running a comparison::

    from compare_cli.metrics import METRICS
    from compare_cli.verdict import judge

    judge({"tree": tree_scores, "logistic": logistic_scores}, metric=METRICS["accuracy"], rows=569)

where each array has shape (repeats, folds). Scores of the rows of one test set, (seeds, rows), are judged by
``judge_evidence(row_evidence(scores, metric, train_rows=455), metric)``. Importing this package imports numpy
only; scipy is imported by the functions that need it.
"""

from compare_cli.metrics import Metric
from compare_cli.verdict.across import judge_across
from compare_cli.verdict.evidence import Baseline, PairPredictions
from compare_cli.verdict.judge import Judgement, judge, judge_evidence, row_evidence

__all__ = [
    "Baseline",
    "Judgement",
    "MetricFacts",
    "PairPredictions",
    "judge",
    "judge_across",
    "judge_evidence",
    "row_evidence",
]


def MetricFacts(  # noqa: N802  # the name that it had while it was a class
    name: str, higher_is_better: bool = True, rope: float = 0.01, points: bool = True
) -> Metric:
    """Return a `Metric`. Deprecated: take one of ``compare_cli.metrics.METRICS``, or make a `Metric`."""
    import warnings

    warnings.warn("MetricFacts is called compare_cli.metrics.Metric", DeprecationWarning, stacklevel=2)
    return Metric(name, higher_is_better=higher_is_better, rope=rope, rate=points)
