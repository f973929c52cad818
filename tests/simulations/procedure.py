"""The whole default procedure on simulated scores, and the rules that it is compared with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from compare_cli.metrics import metric_named
from compare_cli.verdict.evidence import Baseline
from compare_cli.verdict.fits import few_or_grouped
from compare_cli.verdict.judge import Judgement, judge
from compare_cli.verdict.looks import Look, looks_taken
from compare_cli.verdict.paired import fold_variance, student_quantile
from compare_cli.verdict.repeats import repeats_enough
from tests.simulations.settings import Setting, make_splits

Floats = NDArray[np.float64]


def by_default(scores: Floats, setting: Setting, seed: int = 0) -> tuple[Judgement, Look]:
    """Return the verdict of scores (models, repeats, folds) at the look with which the comparison ends.

    The looks are those of `compare` without options.
    """
    most = scores.shape[1]
    metric = replace(metric_named(setting.metric), rope=0.01)
    scheme = "grouped" if setting.groups else "time" if setting.time else "stratified"
    share = mean_share(setting) if scheme != "stratified" else None
    verdicts: dict[int, Judgement] = {}

    def named(repeats: int) -> dict[str, Floats]:
        return {f"m{i}": one[:repeats] for i, one in enumerate(scores)}

    def decided(look: Look) -> bool:
        verdicts[look.repeats] = judge(
            named(look.repeats),
            metric=metric,
            rows=setting.rows,
            baseline=Baseline("none"),
            test_share=share,
            cautious=few_or_grouped(scheme, setting.counts),
            repeats_cap=most,
            level=look.alpha,
            seed=seed,
        )
        return verdicts[look.repeats].verdict.status in {"better", "equivalent"}

    def precise(repeats: int) -> bool:
        higher = metric.higher_is_better
        return repeats_enough(named(repeats), higher_is_better=higher, test_share=share, cap=most)

    last = looks_taken(most, most, precise=precise, decided=decided)[-1]
    if last.repeats not in verdicts or last.last:
        decided(last)
    return verdicts[last.repeats], last


def mean_share(setting: Setting) -> float:
    """Return the mean n_test/n_train of a setting's folds."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(len(setting.counts)), setting.counts)
    splits = make_splits(setting, y, rng)[0]
    return float(np.mean([len(test) / len(train) for train, test in splits]))


def naive_winner(scores: Floats) -> bool:
    """Whether the t-test that takes all folds of the first two models for independent names a winner."""
    d = (scores[0] - scores[1])[None]
    se = float(np.sqrt(fold_variance(d)[0] / d.size))
    return bool(abs(d.mean()) > student_quantile(0.975, d.size - 1) * se)
