"""Tuning on inner folds: run fold by fold, so that what is finished can be told whenever it ends."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from compare_cli.api.repeats import completed
from compare_cli.engine import headroom as plan
from compare_cli.engine.execute import Session
from compare_cli.engine.plan import Job
from compare_cli.notes import note
from compare_cli.types import BenchComparison, FitResult, FitTask, Note, Planned, Refitted
from compare_cli.verdict.headroom import headroom
from compare_cli.verdict.sentences import duration


@dataclass
class Tuning:
    """What tuning gave so far, how many fits it took, and what it was expected to cost."""

    outcomes: list[plan.Tuned] = field(default_factory=list)
    fits: int = 0
    cost: Note | None = None


def tune(
    job: Job, session: Session, results: Sequence[FitResult], before: int, found: Tuning
) -> Generator[Planned | Refitted, None, None]:
    """Yield what is planned for each fold of the first repeat, and its fits; ``found`` gets what came of it.

    ``before`` fits were planned before. It ends early where the budget does, or rows are too few for inner
    folds. What it will cost comes as a note, before anything runs.
    """
    most, inner = before + plan.headroom_fits(job), plan.inner_job(job)
    seconds = plan.headroom_seconds(job, results, session.place.jobs)
    found.cost = note("headroom_cost", fits=plan.headroom_fits(job), about=duration(seconds))
    for split in [split for split in job.splits if split.repeat == 0]:
        tasks = plan.inner_tasks(inner, split)
        answers = yield from _fits(inner, session, tasks, most, found)
        if not tasks or len(answers) < len(tasks):
            return
        best = plan.chosen(job, answers)
        tasks = plan.tuned_tasks(job, split, best)
        answers = yield from _fits(job, session, tasks, most, found)
        if len(answers) < len(tasks):
            return
        found.outcomes += plan.outcome(best, split, results, answers)


def _fits(
    job: Job, session: Session, tasks: Sequence[FitTask], most: int, found: Tuning
) -> Generator[Planned | Refitted, None, list[FitResult]]:
    done: list[FitResult] = []
    if tasks and session.may_start():
        with closing(session.results(tasks, job)) as stream:
            said = None if found.fits else found.cost
            yield Planned(job.dataset.name, tuple(tasks), most, epochs=session.place.epochs, note=said)
            for result in stream:
                done.append(completed(result, job))
                found.fits += 1
                yield Refitted(done[-1])
    return done


def with_headroom(
    comparison: BenchComparison, job: Job, session: Session, results: Sequence[FitResult], found: Tuning
) -> BenchComparison:
    """Return a comparison with what tuning says of it; what the budget left out is told."""
    tried = {name: len(specs) for name, specs in plan.tried(job).items()}
    metric = replace(job.metric, rope=job.rope)
    said = headroom(comparison, job.dataset, metric, job.splits, results, found.outcomes, tried)
    notes = comparison.notes
    if not session.may_start() and said.folds < job.plan.folds and plan.headroom_fits(job):
        facts = {"seconds": job.options.budget, "done": said.folds, "folds": job.plan.folds}
        notes = (*notes, note("headroom_cut", **facts))
    return replace(comparison, headroom=replace(said, fits=found.fits), notes=notes)
