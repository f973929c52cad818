"""The fits of one comparison: repeats or growing samples until a planned look ends them, refits, tuning."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib import import_module

from compare_cli.engine import headroom as tuning
from compare_cli.engine.execute import Session
from compare_cli.engine.fit import no_result
from compare_cli.engine.plan import Job, make_tasks
from compare_cli.engine.refits import halves_for, refits_for
from compare_cli.engine.samples import BLOCKS, FoldSizes, Samples
from compare_cli.engine.splits import make_splits, repeat_digests, splits_digest
from compare_cli.metrics import BY_JACKKNIFE as BY_CLASS
from compare_cli.metrics import COST
from compare_cli.models.families import BASELINE, LARGE
from compare_cli.notes import note
from compare_cli.types import (
    BenchComparison,
    FitResult,
    FitTask,
    Look,
    Note,
    Planned,
    Protocol,
    Refitted,
    Split,
)
from compare_cli.verdict.fits import judge_fits, score_arrays
from compare_cli.verdict.headroom import headroom
from compare_cli.verdict.judge import Judgement
from compare_cli.verdict.reasons import Refits, noisy_models, with_halves
from compare_cli.verdict.repeats import LAST, look_after, repeats_enough
from compare_cli.verdict.sentences import duration

NEEDED = ("scipy.special", "scipy.spatial.distance")  # by verdicts: loaded while processes that fit start


def batches(
    job: Job, session: Session, results: list[FitResult], looks: list[Look]
) -> Iterator[list[FitTask]]:
    """Yield the tasks up to the first planned look, then of one repeat at a time until a look ends it.

    ``results`` and ``looks`` are those so far; a run that was cut short takes no further look.
    """
    if job.options.sizes is not None and job.samples is not None:
        yield from sizes_in_turn(job, job.samples, results)
        return
    if isinstance(job.samples, Samples):
        yield from growing(job, job.samples, session, results, looks)
        return
    batch: list[Split] = []
    planned = 0
    for repeat, splits in enumerate(make_splits(job.dataset, job.plan, job.options.seed), start=1):
        batch += splits
        job.splits.extend(splits)
        if repeat < job.plan.start_repeats:
            continue
        tasks = make_tasks(job.dataset, job.models, batch, job.shape, job.options.seed, job.asked)
        batch, planned = [], planned + len(tasks)
        yield tasks
        if len(results) < planned or _ends(job, results, looks, repeat) or not session.may_start():
            return


def growing(
    job: Job, samples: Samples, session: Session, results: list[FitResult], looks: list[Look]
) -> Iterator[list[FitTask]]:
    """Yield the tasks of one size of samples after the other, for the models that are still in the race.

    The case is looked at after each size. Where the largest one leaves it open, the models that are left are
    fitted on all rows but the test rows; else the model whose score there is wanted, if any.
    """
    everybody, at, planned = {spec.name for spec in job.models}, 0, 0
    standing, last = everybody, len(samples.sizes)
    while standing:
        tasks = _tasks_of_size(job, samples, at, standing)
        planned += len(tasks)
        yield tasks
        if len(results) < planned:
            return
        looks.append(Look(at + 1, LAST / (last + 1), last=at == last))
        judged = _judged(job, results, looks)
        if at == last or not judged.top_set or not session.may_start():
            return
        at, standing = at + 1, {*judged.top_set, BASELINE} & everybody
        if judged.verdict.status != "none" and (judged.decided or len(judged.top_set) == 1):
            wanted = job.options.whole or judged.verdict.recommended or ""
            at, standing = last, {wanted} & everybody if job.options.whole is not None else set()


def sizes_in_turn(job: Job, sizes: Samples | FoldSizes, results: list[FitResult]) -> Iterator[list[FitTask]]:
    """Yield the tasks of one number of training rows after the other, for all models: a learning curve."""
    everybody, planned = {spec.name for spec in job.models}, 0
    for at in range(len(sizes.sizes)):
        tasks = _tasks_of_size(job, sizes, at, everybody)
        planned += len(tasks)
        yield tasks
        if len(results) < planned:
            return


def _tasks_of_size(job: Job, samples: Samples | FoldSizes, at: int, models: Set[str]) -> list[FitTask]:
    """Return the tasks of one size (of all rows, past the last one) and add its splits to the job's."""
    if at == len(samples.sizes) and isinstance(samples, Samples):
        size, splits = samples.most, [samples.whole()]
    else:
        size, splits = samples.sizes[at], samples.splits(at)
    job.splits.extend(splits)
    specs = [spec for spec in job.models if spec.name in models]
    shape = replace(job.shape, rows=max(size, min(LARGE, samples.most)))  # one regime at all sizes
    return make_tasks(job.dataset, specs, splits, shape, job.options.seed, job.asked)


def completed(result: FitResult, job: Job) -> FitResult:
    """Return a fit with what the store does not keep: its cost, and no averages over classes that lack one.

    Scores that average over classes do so over other classes in a fold without a row of one.
    """
    rare = any(n.code == "rare_classes_spread" for n in job.plan.notes) and job.plan.scheme == "stratified"
    if rare and result.confusion is not None and not result.confusion.sum(axis=1).all():
        result = replace(result, scores={**result.scores, **dict.fromkeys(BY_CLASS)}, roc=None)
    if job.costs is None or result.confusion is None or result.predictions is None:
        return result
    cost = float((result.confusion * job.costs).sum() / result.confusion.sum())
    by_row = None
    if job.plan.scheme == "test":
        by_row = job.costs[job.workspace.test_y, result.predictions]
    elif isinstance(job.samples, Samples):
        by_row = job.costs[job.dataset.y[job.samples.test], result.predictions]
    return replace(result, scores={**result.scores, COST.name: cost}, row_scores=by_row)


def _ends(job: Job, results: Sequence[FitResult], looks: list[Look], repeats: int) -> bool:
    """Take the look that is planned after so many repeats, if any, and say whether it is the end."""

    def precise() -> bool:
        scores = score_arrays(results, [spec.name for spec in job.models], job.metric.name)
        return repeats_enough(scores, higher_is_better=job.metric.higher_is_better, baseline=BASELINE)

    look = look_after(repeats, job.plan.max_repeats, precise)
    if look is None:
        return False
    looks.append(look)
    return look.last or _judged(job, results, looks).decided


def _judged(job: Job, results: Sequence[FitResult], looks: Sequence[Look]) -> Judgement:
    names, metric = [spec.name for spec in job.models], replace(job.metric, rope=job.rope)
    how = protocol(job, results, looks)
    return judge_fits(job.dataset, names, how, metric, job.splits, results, seed=job.options.seed)


def most_fits(job: Job) -> int:
    """How many fits a comparison takes if no look ends it sooner."""
    if job.samples is not None and job.options.sizes is None:
        return (len(job.samples.sizes) * BLOCKS + 1) * len(job.models)
    return job.plan.max_repeats * job.plan.folds * len(job.models)


def protocol(job: Job, results: Sequence[FitResult], looks: Sequence[Look]) -> Protocol:
    """Say how models were compared, as far as it went."""
    return Protocol(
        scheme=job.plan.scheme,
        folds=job.plan.folds,
        repeats=max((r.repeat for r in results if r.status != "skipped"), default=0) + 1,
        metric=job.metric.name,
        rope=job.rope,
        splits_digest=splits_digest(job.splits),
        repeat_digests=repeat_digests(job.splits),
        groups=job.dataset.groups_column,
        time_limit=job.options.time_limit,
        balanced=job.options.balanced,
        costs=None if job.costs is None else tuple(map(tuple, job.costs.tolist())),
        looks=tuple(looks),
        sizes=_sizes(job),
    )


def _sizes(job: Job) -> tuple[int, ...]:
    """The numbers of training rows that were planned, where they grow."""
    if job.samples is None:
        return ()
    return job.samples.sizes if job.options.sizes is not None else (*job.samples.sizes, job.samples.most)


def run_batch(
    job: Job, session: Session, batch: list[FitTask], results: list[FitResult]
) -> Iterator[Planned | FitResult]:
    """Yield a batch as it is planned, then each of its fits; ``results`` gets them too."""
    with closing(session.results(batch, job)) as stream:
        for module in NEEDED:
            import_module(module)
        facts = (most_fits(job), job.plan.max_repeats, job.metric.name, job.samples is not None)
        yield Planned(job.dataset.name, tuple(batch), *facts, session.place.epochs)
        for result in stream:
            results.append(completed(result, job))
            yield results[-1]


def refitted(
    job: Job, session: Session, results: Sequence[FitResult]
) -> Generator[Planned | Refitted, None, Refits]:
    """Yield the plan of what only reasons need, and its fits; return those. Nothing when time is short."""
    refits, tasks = refits_for(job, results) if session.may_start() else ([], [])
    done = yield from _beside(job, session, tasks, [])
    return tuple((refit, [r for r in done if r.model == refit.spec.name]) for refit in refits)


def halved(
    job: Job, session: Session, comparison: BenchComparison
) -> Generator[Planned | Refitted, None, BenchComparison]:
    """Yield the fits of models that fit noise on either half of the rows; return the comparison with them.

    It is as it was where there is no such model, or no time.
    """
    tasks = halves_for(job, noisy_models(comparison)) if session.may_start() else []
    done = yield from _beside(job, session, tasks, [])
    return with_halves(comparison, done)


def _beside(
    job: Job,
    session: Session,
    tasks: Sequence[FitTask],
    done: list[FitResult],
    most: int = 0,
    said: Note | None = None,
) -> Generator[Planned | Refitted, None, list[FitResult]]:
    """Yield the plan of fits that are no rows of the result, then each; ``done`` gets them, also returned."""
    first = len(done)
    if tasks and session.may_start():
        with closing(session.results(tasks, job)) as stream:
            yield Planned(job.dataset.name, tuple(tasks), most, epochs=session.place.epochs, note=said)
            for result in stream:
                done.append(completed(result, job))
                yield Refitted(done[-1])
    return done[first:]


@dataclass
class Tuning:
    """What tuning gave so far, and the fits that it took."""

    outcomes: list[tuning.Tuned] = field(default_factory=list)
    fits: list[FitResult] = field(default_factory=list)


def tune(
    job: Job, session: Session, results: Sequence[FitResult], before: int, found: Tuning
) -> Generator[Planned | Refitted, None, None]:
    """Yield what is planned for each fold of the first repeat, and its fits; ``found`` gets what came of it.

    ``before`` fits were planned before. It ends early where the budget does, or rows are too few for inner
    folds. What it will cost comes as a note, before anything runs.
    """
    most, inner = before + tuning.headroom_fits(job), tuning.inner_job(job)
    seconds = tuning.headroom_seconds(job, results, session.place.jobs)
    cost = note("headroom_cost", fits=tuning.headroom_fits(job), about=duration(seconds))
    for split in [split for split in job.splits if split.repeat == 0]:
        tasks = tuning.inner_tasks(inner, split)
        said = None if found.fits else cost
        answers = yield from _beside(inner, session, tasks, found.fits, most, said)
        if not tasks or len(answers) < len(tasks):
            return
        best = tuning.chosen(job, answers)
        tasks = tuning.tuned_tasks(job, split, best)
        answers = yield from _beside(job, session, tasks, found.fits, most)
        if len(answers) < len(tasks):
            return
        found.outcomes += tuning.outcome(best, split, results, answers)


def with_headroom(
    comparison: BenchComparison, job: Job, session: Session, results: Sequence[FitResult], found: Tuning
) -> BenchComparison:
    """Return a comparison with what tuning says of it, and a note where the budget ended that early."""
    tried = {name: len(specs) for name, specs in tuning.tried(job).items()}
    metric = replace(job.metric, rope=job.rope)
    said = headroom(comparison, job.dataset, metric, job.splits, results, found.outcomes, tried)
    notes = comparison.notes
    if not session.may_start() and said.folds < job.plan.folds and tuning.headroom_fits(job):
        facts = {"seconds": job.options.budget, "done": said.folds, "folds": job.plan.folds}
        notes = (*notes, note("headroom_cut", **facts))
    return replace(comparison, headroom=replace(said, fits=len(found.fits)), notes=notes)


def left_out_by_budget(
    planned: Sequence[FitTask], results: Sequence[FitResult], session: Session
) -> list[FitResult]:
    """Return the tasks for which the budget left no time, as results that say so."""
    done = {(r.model, r.repeat, r.fold) for r in results}
    missing = [task for task in planned if (task.model.name, task.repeat, task.fold) not in done]
    message = f"left out: the budget of {session.options.budget:g} s was spent (--budget)"
    return [no_result(task, "skipped", "Budget", message) for task in missing]
