"""From a comparison to the reasons under its verdict: profiles of models and refits, and who beats whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

import numpy as np

from compare_cli.boundary.evidence import Difference, Evidence, Profile, Region
from compare_cli.boundary.explanation import with_reasons
from compare_cli.metrics import Metric
from compare_cli.models.families import BASELINE
from compare_cli.types import Comparison, Dataset, FitResult, Refit, Split, Verdict
from compare_cli.verdict.fits import score_arrays, test_share
from compare_cli.verdict.paired import pair_posterior
from compare_cli.verdict.regions import find_region, row_table
from compare_cli.verdict.summary import summarise_boundary

HELD = frozenset({"categorical", "boolean"})
Refits = Sequence[tuple[Refit, Sequence[FitResult]]]
"""What was refitted, and its fits."""


def explained(
    comparison: Comparison,
    dataset: Dataset,
    metric: Metric,
    splits: Sequence[Split],
    results: Sequence[FitResult],
    refits: Refits,
) -> Verdict:
    """Return a verdict with what the boundaries say about it, where the numbers support it.

    ``metric`` has the ROPE; ``refits`` are those that reasons need (`engine.refits`), on the first repeat.
    """
    single, counts = dataset.test is not None, np.bincount(dataset.y)
    evidence = Evidence(
        profiles=[Profile.of(m) for m in comparison.models if m.boundary],
        pairs=comparison.pairs,
        refits=[_refit_profile(refit, fits) for refit, fits in refits],
        differences=differences(results, refits, metric, None if single else test_share(splits)),
        regions=() if single else tuple(regions(dataset, splits, results)),
        held_columns=frozenset(c.name for c in dataset.columns if c.kind in HELD),
        classes=len(dataset.classes),
        majority=float(counts.max() / counts.sum()),
        recommended=comparison.verdict.recommended,
        rope=metric.rope,
        rate=metric.rate,
    )
    return with_reasons(comparison.verdict, evidence)


def _refit_profile(refit: Refit, fits: Sequence[FitResult]) -> Profile:
    done = [r for r in fits if r.status == "ok" and r.accuracy is not None]
    boundary = summarise_boundary([r.boundary for r in done if r.boundary is not None])
    accuracy = float(np.mean([r.accuracy for r in done])) if done else None
    spec = refit.spec
    return Profile(spec.name, spec.family, boundary or {}, None, accuracy, refit_of=refit.of, role=refit.role)


def differences(
    results: Sequence[FitResult], refits: Refits, metric: Metric, share: float | None
) -> dict[tuple[str, str], Difference]:
    """Return how much better each refit is than each other model in the first repeat, where all folds are."""
    first = [r for r in (*results, *(r for _, fits in refits for r in fits)) if r.repeat == 0]
    names = list(dict.fromkeys(r.model for r in first))
    scores = {name: rows[:1] for name, rows in score_arrays(first, names, metric.name).items()}
    found = {}
    for refit in (refit.spec.name for refit, _ in refits):
        for other in scores.keys() - {refit}:
            d = (scores[refit] - scores[other]) * (1 if metric.higher_is_better else -1)
            if d.size > 1 and np.isfinite(d).all():
                posterior = pair_posterior(d, metric.rope, share)
                found[refit, other] = Difference(posterior.delta, *posterior.interval(), posterior.p_positive)
    return found


def regions(dataset: Dataset, splits: Sequence[Split], results: Sequence[FitResult]) -> Iterator[Region]:
    """Yield where one model beats another, by how often each labels a row rightly."""
    rows = {(s.repeat, s.fold): s.test for s in splits}
    folds = np.full(len(dataset.y), -1)
    hits = {r.model: np.zeros((2, len(folds))) for r in results if r.model != BASELINE}
    for r in results:
        if r.predictions is not None and r.model in hits:
            at = rows[r.repeat, r.fold]
            hits[r.model][:, at] += np.stack([r.predictions == dataset.y[at], np.ones(len(at))])
            folds[at] = np.where(folds[at] < 0, r.fold, folds[at])
    with np.errstate(invalid="ignore"):
        right = {name: found[0] / found[1] for name, found in hits.items()}
    table = row_table(dataset)
    for better, worse in permutations(right, 2):
        region = find_region(right[better] - right[worse], folds, table)
        if region is not None:
            columns = tuple(dict.fromkeys(c.column for c in region.conditions))
            told = tuple(map(str, region.conditions))
            figures = (region.gain, region.gain_se, region.elsewhere, region.rows)
            yield Region(better, worse, told, columns, *figures)
