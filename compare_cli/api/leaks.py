"""What a leak costs: the verdict without it, and the scores on rows that repeat beside those on others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from compare_cli.data.guards import change
from compare_cli.engine.plan import Job
from compare_cli.notes import note
from compare_cli.types import Comparison, FitResult, Guard, LeakCheck, Note


def leak_check(guard: Guard, found: Comparison) -> LeakCheck:
    """Return what the comparison without a guard's find says."""
    verdict, leader = found.verdict, next(iter(found.models), None)
    score = None if leader is None else leader.score(found.protocol.metric)
    name = None if leader is None else leader.model
    return LeakCheck(guard.code, change(guard), verdict.recommended, name, score, verdict.sentence)


def priced_twins(job: Job, comparison: Comparison, results: Sequence[FitResult]) -> Iterator[Note]:
    """Yield how often the leader is right on rows whose twins it learnt, and on the others."""
    twins = next((g.twins for g in job.dataset.guards if g.twins is not None), None)
    if twins is None or job.dataset.test is not None or not comparison.models:
        return
    model, splits = comparison.models[0].model, {(s.repeat, s.fold): s for s in job.splits}
    learnt: list[bool] = []
    right: list[bool] = []
    for r in results:
        if r.model == model and r.predictions is not None:
            split = splits[r.repeat, r.fold]
            learnt += np.isin(twins[split.test], twins[split.train]).tolist()
            right += (r.predictions == job.dataset.y[split.test]).tolist()
    share = sum(learnt) / max(len(learnt), 1)
    if 0 < share < 1:
        known = np.array(right)[np.array(learnt)].mean(), np.array(right)[~np.array(learnt)].mean()
        yield note("duplicates_priced", share=share, model=model, seen=known[0], unseen=known[1])
