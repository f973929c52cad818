"""Compare models on one table or several: plan, execute, judge. What happens is yielded as it happens."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from compare_cli import __version__
from compare_cli.api.fits import (
    Tuning,
    batches,
    halved,
    left_out_by_budget,
    most_fits,
    protocol,
    refitted,
    run_batch,
    tune,
    with_headroom,
)
from compare_cli.api.notebook import BenchResult, ComparisonResult, bench_result, comparison_result, followed
from compare_cli.api.table import Reading, keywords, labels_or_options, read
from compare_cli.data.guards import change, mended
from compare_cli.document import to_json
from compare_cli.engine.execute import Session
from compare_cli.engine.headroom import check_headroom
from compare_cli.engine.plan import Job, Options, prepare_job
from compare_cli.engine.runs import Clock, environment
from compare_cli.errors import DataError, UsageError
from compare_cli.models.families import BASELINE
from compare_cli.models.specs import models_of_list
from compare_cli.notes import NOTES, note
from compare_cli.types import (
    Bench,
    BenchComparison,
    Command,
    Comparison,
    Dataset,
    FitResult,
    FitTask,
    Guard,
    LeakCheck,
    LeftOut,
    Look,
    Note,
    Planned,
    PlannedBench,
    Refitted,
    Result,
    Run,
    Status,
    StoredRun,
    single_comparison,
)
from compare_cli.verdict.across import judge_data_sets
from compare_cli.verdict.classes import cost_notes, twin_notes
from compare_cli.verdict.curve import curve_comparison
from compare_cli.verdict.reasons import Caller, Refits, explained
from compare_cli.verdict.summary import summarise

if TYPE_CHECKING:
    from compare_cli.data.sources import Entry

Event = Planned | FitResult | Refitted | Comparison


def compare(data: Any, y: Any = None, options: Options | None = None, **given: Any) -> ComparisonResult:
    """Compare models on a table and return the whole result.

    ``data`` is a Dataset or what `read` takes, ``y`` the labels where they are not in it: ``compare(X, y)``.
    ``given`` are the fields of `Options`, and what `read` takes: ``compare(frame, target="y", seed=7)``;
    ``options`` may be the second argument too. Raises what `read` raises, and UsageError for wrong options.
    Fits that fail are in the result.
    """
    *_, last = followed(iter_compare(data, y, options, **given))
    assert isinstance(last, ComparisonResult), "the last event of a comparison is its result"
    return last


def curve(data: Any, y: Any = None, options: Options | None = None, **given: Any) -> ComparisonResult:
    """Draw learning curves: the scores of models on a table at growing numbers of training rows.

    ``sizes`` names these numbers (default: chosen, each twice the one before); the rest is as for `compare`.
    All models are fitted at every size, small ones first. Boundaries are not looked at.
    """
    y, options = labels_or_options(y, options)
    options, reading = keywords(options, given)
    sizes = options.sizes if options.sizes is not None else ()
    return compare(data, y, replace(options, sizes=sizes, boundary=False), **reading)


def iter_compare(
    data: Any,
    y: Any = None,
    options: Options | None = None,
    heartbeat: Callable[[], None] | None = None,
    **given: Any,
) -> Generator[Event, None, ComparisonResult]:
    """Yield what is planned, each fit as it is finished, and at last the Comparison (also returned).

    What is given is as for `compare`. A KeyboardInterrupt, raised inside or thrown in, ends the fits; the
    Comparison of what is done still comes, with status "interrupted". ``heartbeat`` is deprecated and never
    called.
    """
    _refuse_heartbeat(heartbeat)
    clock = Clock()
    y, options = labels_or_options(y, options)
    options, reading = keywords(options, given)
    if isinstance(data, Dataset) and (reading or y is not None):
        raise UsageError(f"The table is read already: give {', '.join(reading) or 'y'} to read().")
    dataset = data if isinstance(data, Dataset) else read(data, y, **reading)
    job = prepare_job(dataset, options)
    if options.headroom:
        check_headroom(job)
    command: Command = "fit" if options.sizes is None else "curve"
    with Session(options, _begun(command, clock, [dataset.name], options)) as session:
        part = yield from _compare(job, session, clock)
        part = yield from _without_leaks(job, part, session)
        run = _ended_run([part], part.status, session, clock)
        comparison = single_comparison(replace(part, command=command), run, environment())
        session.archive.put_run(_listed(comparison), lambda: to_json(comparison, indent=None))
        comparison = replace(comparison, notes=(*comparison.notes, *session.archive.notes))
    result = comparison_result(comparison, dataset, options)
    yield result
    return result


def _without_leaks(
    job: Job, part: BenchComparison, session: Session
) -> Generator[Event, None, BenchComparison]:
    """Compare again without each thing that may make scores too good; yield those fits as `Refitted`."""
    checks = []
    for guard in job.dataset.guards if job.options.check_leaks else ():
        if part.status == "interrupted" or not session.may_start():
            break
        again = prepare_job(mended(job.dataset, guard), replace(job.options, headroom=False))
        events = _compare(again, session, Clock())
        try:
            while True:
                event = next(events)
                yield Refitted(event) if isinstance(event, FitResult) else event
        except StopIteration as end:
            checks.append(_leak_check(guard, end.value))
    return replace(part, leak_checks=tuple(checks))


def _leak_check(guard: Guard, found: Comparison) -> LeakCheck:
    """Return what the comparison without a guard's find says."""
    verdict, leader = found.verdict, next(iter(found.models), None)
    score = None if leader is None else leader.score(found.protocol.metric)
    name = None if leader is None else leader.model
    return LeakCheck(guard.code, change(guard), verdict.recommended, name, score, verdict.sentence)


def _refuse_heartbeat(heartbeat: Callable[[], None] | None) -> None:
    if heartbeat is not None:
        warnings.warn("heartbeat is deprecated and never called", DeprecationWarning, stacklevel=3)


def _begun(command: str, clock: Clock, datasets: Sequence[str], options: Options) -> StoredRun:
    """Return a run as the list shows it while it is under way."""
    models = tuple(models_of_list(options.models))
    return StoredRun(clock.id, clock.started, command, tuple(datasets), models, "running")


def _listed(result: Result) -> StoredRun:
    """Return a result as the list of runs shows it."""
    run, models = result.run, [m for c in result.datasets for m in c.models if m.family != BASELINE]
    return StoredRun(
        id=run.id,
        started=run.started,
        command=result.command,
        datasets=tuple(c.dataset.name for c in result.datasets),
        models=tuple(dict.fromkeys(m.model for m in models)),
        status=run.status,
        verdict=result.verdict.sentence,
        fits=run.fits_run + run.fits_reused,
        seconds=run.seconds,
    )


def _ended_run(parts: Sequence[Comparison], status: Status, session: Session, clock: Clock) -> Run:
    """Return when and how the comparisons of a run ran, all together."""
    session.place.end()  # the time that its processes took is known when they have ended
    return Run(
        id=clock.id,
        started=clock.started,
        seconds=clock.seconds,
        cpu_seconds=clock.cpu_seconds,
        status=status,
        seed=session.options.seed,
        jobs=session.place.jobs,
        backend=session.place.backend,
        version=__version__,
        fits_run=sum(part.fits_run for part in parts),
        fits_reused=sum(part.fits_reused for part in parts),
        fits_failed=sum(part.fits_failed for part in parts),
        config=None if session.options.config is None else str(session.options.config),
    )


def _compare(job: Job, session: Session, clock: Clock) -> Generator[Event, None, BenchComparison]:
    """Yield what is planned and each fit of one comparison; return its result, also after an interrupt."""
    results: list[FitResult] = []
    planned: list[FitTask] = []
    refits: Refits = ()
    looks: list[Look] = []
    tuning = Tuning()
    interrupted = False
    try:
        for batch in batches(job, session, results, looks):
            planned += batch
            yield from run_batch(job, session, batch, results)
        refits = yield from refitted(job, session, results)
        if job.options.headroom and len(results) == len(planned):
            others = sum(len(fits) for _, fits in refits)
            yield from tune(job, session, results, len(planned) + others, tuning)
    except KeyboardInterrupt:
        interrupted = True
    if not session.may_start():
        results += left_out_by_budget(planned, results, session)
    comparison = _summarised(job, results, looks, len(planned), refits, session.call)
    try:
        comparison = comparison if interrupted else (yield from halved(job, session, comparison))
    except KeyboardInterrupt:
        interrupted = True
    session.place.forget()
    if job.options.headroom:
        comparison = with_headroom(comparison, job, session, results, tuning)
    partial = len(results) < len(planned) or any(r.status != "ok" for r in results)
    partial |= not {"model_not_loaded", "headroom_cut"}.isdisjoint(
        n.code for n in (*job.notes, *comparison.notes)
    )
    notes = (*comparison.notes, *([_interrupted(job, len(results))] if interrupted else []))
    status = _status(interrupted=interrupted, partial=partial)
    return replace(comparison, seconds=clock.seconds, status=status, notes=notes)


def _interrupted(job: Job, done: int) -> Note:
    kept = job.options.store is not None
    then = "the same command goes on from there" if kept else "none is kept (--no-store)"
    return note("interrupted", done=done, most=most_fits(job), then=then)


def _status(*, interrupted: bool, partial: bool) -> Status:
    return "interrupted" if interrupted else "partial" if partial else "complete"


def bench(sources: Sequence[Any] = (), options: Options | None = None, **given: Any) -> BenchResult:
    """Compare models on several data sets (every built-in one by default) and return the whole result.

    Raises what `compare` raises when not one of them can be used.
    """
    *_, last = followed(iter_bench(sources, options, **given))
    assert isinstance(last, BenchResult), "the last event of a bench is its result"
    return last


def iter_bench(
    sources: Sequence[Any] = (),
    options: Options | None = None,
    heartbeat: Callable[[], None] | None = None,
    **given: Any,
) -> Generator[Event | PlannedBench | LeftOut | Bench, None, None]:
    """Yield the names of the data sets, the events of each one's comparison in turn, at last the Bench.

    ``sources`` may also be folders, patterns and ``openml:suite/…``; what does not exist is told first
    (DataError). A data set that cannot be used is left out with a note, and so is one that holds the
    same data as one before it; an interrupt ends the whole, with what is done.
    """
    from compare_cli import data

    _refuse_heartbeat(heartbeat)
    clock = Clock()
    options, reading = keywords(options, given)
    if options.headroom:
        raise UsageError("--headroom tunes on one table at a time: use compare fit.")
    options = replace(options, samples=bool(options.samples))
    entries = data.expand(sources)
    names = [entry.name for entry in entries]
    with Session(options, _begun("bench", clock, names, options)) as session:
        yield PlannedBench(tuple(names))
        result = yield from _bench(entries, session, clock, reading)
        session.archive.put_run(_listed(result), lambda: to_json(result, indent=None))
        result = replace(result, notes=(*result.notes, *session.archive.notes))
    yield bench_result(result)


def _bench(
    entries: Sequence[Entry], session: Session, clock: Clock, reading: Reading
) -> Generator[Event | LeftOut, None, Bench]:
    """Yield the events of each comparison; return the result of all, also after an interrupt."""
    done: list[BenchComparison] = []
    left_out: list[LeftOut] = []
    notes: list[Note] = []
    interrupted = False
    for at, entry in enumerate(entries):
        if done and not session.may_start():
            notes.append(note("datasets_left_out", count=len(entries) - at, seconds=session.options.budget))
            break
        try:
            outcome = yield from _one_of_many(entry, done, session, reading)
        except KeyboardInterrupt:  # while a table was read
            if not done:
                raise
            interrupted = True
            break
        if isinstance(outcome, LeftOut):
            left_out.append(outcome)
            continue
        done.append(outcome)
        interrupted = outcome.status == "interrupted"
        if interrupted:
            break
    if left_out and not done:
        raise DataError(left_out[0].why)
    notes = [*(event.note for event in left_out), *notes]
    partial = any(n.code != "dataset_repeated" for n in notes) or any(c.status == "partial" for c in done)
    run = _ended_run(done, _status(interrupted=interrupted, partial=partial), session, clock)
    across = judge_data_sets(done, session.options.seed)
    return Bench(run, environment(), tuple(done), across, tuple(notes))


def _one_of_many(
    entry: Entry, done: Sequence[Comparison], session: Session, reading: Reading
) -> Generator[Event | LeftOut, None, BenchComparison | LeftOut]:
    """Read and compare one data set of a bench; leave out what cannot be used or is there already."""
    clock = Clock()
    try:
        dataset = entry.source if isinstance(entry.source, Dataset) else read(entry.source, **reading)
        name = entry.name_among(dataset.name, [c.dataset.name for c in done])
        twin = next((c.dataset for c in done if c.dataset.fingerprint == dataset.fingerprint), None)
        if twin is None:
            job = prepare_job(replace(dataset, name=name), session.options)
            comparison = yield from _compare(job, session, clock)
            comparison = yield from _without_leaks(job, comparison, session)
            yield comparison
            return comparison
        repeated = note("dataset_repeated", name=name, first=twin.name)
        left_out = LeftOut(name, repeated.message, repeated)
    except DataError as error:
        left_out = LeftOut(entry.name, str(error), note("dataset_left_out", message=str(error)))
    yield left_out
    return left_out


def _summarised(
    job: Job,
    results: Sequence[FitResult],
    looks: Sequence[Look],
    planned: int,
    refits: Refits,
    call: Caller,
) -> BenchComparison:
    """Return what the fits of a job say, with the notes that its user should see.

    ``call`` calls what needs scikit-learn.
    """
    place = {spec.name: at for at, spec in enumerate(job.models)}
    results = sorted(results, key=lambda r: (r.repeat, r.fold, place[r.model]))
    skipped = sum(r.status == "skipped" for r in results)
    options = job.options
    metric = replace(job.metric, rope=job.rope)
    how = replace(protocol(job, results, looks), refits=sum(len(fits) for _, fits in refits))
    facts = (job.dataset, job.models, how, metric, job.splits, results)
    if options.sizes is not None:
        comparison = curve_comparison(*facts, seed=options.seed)
    else:
        comparison = summarise(*facts, prefer=options.prefer, seed=options.seed)
    if options.boundary and options.sizes is None:
        comparison = explained(comparison, job.dataset, metric, job.splits, results, refits, call)
    notes = [*job.dataset.notes, *job.notes, *comparison.notes]
    if job.costs is not None and options.cost is not None:
        notes += cost_notes(comparison.models, job.costs, options.cost)
    notes += twin_notes(job.dataset, job.splits, comparison, results)
    if skipped:
        notes.append(note("budget_spent", seconds=options.budget, left_out=skipped, total=planned))
    return replace(comparison, notes=shown_notes(notes, options))


def shown_notes(notes: Sequence[Note], options: Options) -> tuple[Note, ...]:
    """Drop the hints that name a flag which was used."""
    default = Options()
    used = {f"--{k.replace('_', '-')}" for k, v in vars(options).items() if v != getattr(default, k)}
    return tuple(replace(n, hint="") if NOTES[n.code].flag in used else n for n in notes)
