"""Two runs, model by model: what is better now, by how much, and whether the folds can tell.

Where both runs split the same data in the same way, their scores are paired fold by fold and judged as two
models are (`verdict.pair_posterior`), each model on its own: the question of one model is no search for the
best among many, so nothing is adjusted for their number. On other splits of the same data the two means count
as independent, which needs larger differences. Results of other data are shown beside each other, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from compare_cli.errors import DataError
from compare_cli.gate import shared_repeats, uneven_share, unpaired
from compare_cli.judging import score_arrays
from compare_cli.metrics import metric_named
from compare_cli.runs import DatasetDiff, ModelDiff, RunsDiff, StoredRun
from compare_cli.types import Comparison, Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.verdict import PairPosterior

    Floats = NDArray[np.float64]


def diff_runs(runs: tuple[StoredRun, StoredRun], old: Result, new: Result) -> RunsDiff:
    """Compare two results data set by data set and model by model; ``runs`` are the old and the new one.

    Data sets belong together by name, else by content. Raises DataError when the two share none.
    """
    before, after = old.datasets, new.datasets
    together = list(_together(before, after))
    if not together:
        names = ["; ".join(c.dataset.name for c in side) for side in (before, after)]
        raise DataError(f"The runs have no data set in common: {names[0]} there, {names[1]} here.")
    found = {id(c) for pair in together for c in pair}
    return RunsDiff(
        *runs,
        datasets=tuple(_dataset_diff(*pair) for pair in together),
        only_old=tuple(c.dataset.name for c in before if id(c) not in found),
        only_new=tuple(c.dataset.name for c in after if id(c) not in found),
    )


def _together(
    before: Sequence[Comparison], after: Sequence[Comparison]
) -> Iterator[tuple[Comparison, Comparison]]:
    """Yield what belongs together, each at most once: the same content under a name, a name, the content."""
    left = list(before)
    keys: tuple[Callable[[Comparison], object], ...] = (
        lambda c: (c.dataset.name, c.dataset.fingerprint),
        lambda c: c.dataset.name,
        lambda c: c.dataset.fingerprint,
    )
    found: dict[int, Comparison] = {}
    for key in keys:
        for new in after:
            old = next((c for c in left if key(c) == key(new)), None) if id(new) not in found else None
            if old is not None:
                found[id(new)] = old
                left = [c for c in left if c is not old]
    yield from ((found[id(new)], new) for new in after if id(new) in found)


@dataclass(frozen=True)
class _Way:
    """How two results are compared: over ``repeats`` paired ones, and why not otherwise."""

    how: Literal["paired", "unpaired", "not comparable"]
    repeats: int = 0
    reason: str = ""


def _way(old: Comparison, new: Comparison, metric: str) -> _Way:
    if old.dataset.fingerprint != new.dataset.fingerprint:
        return _Way("not comparable", reason="the data differ")
    if not any(metric in fit.score_names for fit in old.fits):
        told = f"judged by {old.protocol.metric} before and by {metric} now"
        return _Way("not comparable", reason=told)
    if "test" in {old.protocol.scheme, new.protocol.scheme}:
        return _Way("not comparable", reason="one test set has no folds that could tell")
    shared = shared_repeats(old, new)
    if shared:
        return _Way("paired", shared)
    return _Way("unpaired", reason="the splits differ (seed, folds or groups)")


def _dataset_diff(old: Comparison, new: Comparison) -> DatasetDiff:
    name = new.protocol.metric
    metric = metric_named(name)
    rope = new.protocol.rope if new.protocol.rope is not None else metric.rope
    way = _way(old, new, name)
    models = [m.model for m in new.models]
    models += [m.model for m in old.models if m.model not in models]
    scores = tuple({m.model: m.score(name) for m in c.models} for c in (old, new))
    arrays = tuple(score_arrays(c.fits, models, name) for c in (old, new))
    rows = []
    for model in models:
        row = ModelDiff(model, scores[0].get(model), scores[1].get(model))
        if model in scores[0] and model in scores[1]:
            sign = 1 if metric.higher_is_better else -1
            both = _compared(sign * arrays[0][model], sign * arrays[1][model], way)
            row = _judged(row, both, _posterior(*both, way, rope, uneven_share(new)), sign)
        rows.append(row)
    return DatasetDiff(
        dataset=new.dataset.name,
        metric=name,
        higher_is_better=metric.higher_is_better,
        rate=metric.rate,
        rope=rope,
        how=way.how,
        folds=new.protocol.folds,
        repeats=way.repeats,
        reason=way.reason,
        models=tuple(rows),
    )


def _compared(old: Floats, new: Floats, way: _Way) -> tuple[Floats, Floats]:
    """Return the scores (repeats, folds) that are compared: those of repeats whose folds are all there."""
    import numpy as np

    if way.how == "paired":
        old, new = old[: way.repeats], new[: way.repeats]
        there = np.isfinite(old).all(axis=1) & np.isfinite(new).all(axis=1)
        return old[there], new[there]
    return old[np.isfinite(old).all(axis=1)], new[np.isfinite(new).all(axis=1)]


def _posterior(old: Floats, new: Floats, way: _Way, rope: float, share: float | None) -> PairPosterior | None:
    """Return what is believed of new - old, scores (repeats, folds); None where nothing can be said."""
    from compare_cli.verdict import pair_posterior

    if way.how == "not comparable" or min(old.size, new.size) < 2 or min(old.shape[1], new.shape[1]) < 2:
        return None
    if way.how == "paired":
        return pair_posterior(new - old, rope, share)
    return _of_independent(unpaired(old, new, share), rope)


def _of_independent(difference: tuple[float, float, int], rope: float) -> PairPosterior:
    from compare_cli.verdict import PairPosterior, correlated_t_masses

    delta, se, df = difference
    worse, equivalent, better = correlated_t_masses(delta, se, df, rope)
    positive = correlated_t_masses(delta, se, df, 0.0)[2]
    return PairPosterior(
        delta=delta,
        se=se,
        se_floor=se,
        split_sd=None,
        df=df,
        s2=se**2,
        p_positive=positive,
        p_better=better,
        p_equivalent=equivalent,
        p_worse=worse,
        p_positive_nb=None,
    )


def _judged(
    row: ModelDiff, both: tuple[Floats, Floats], posterior: PairPosterior | None, sign: int
) -> ModelDiff:
    from compare_cli.verdict import decide_pair

    if posterior is None:
        return replace(row, verdict="not comparable")
    low, high = posterior.interval()
    verdict = decide_pair(posterior)
    known = not posterior.no_spread or verdict == "identical"  # one difference everywhere measures nothing
    return ModelDiff(
        model=row.model,
        old=sign * float(both[0].mean()),
        new=sign * float(both[1].mean()),
        delta=posterior.delta,
        delta_low=low if known else None,
        delta_high=high if known else None,
        p_positive=posterior.p_positive if known else None,
        verdict=verdict,
    )
