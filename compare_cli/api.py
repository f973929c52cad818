"""The program as one list of verbs: read → plan → execute → judge. The library yields, the CLI prints."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from compare_cli import __version__
from compare_cli.engine.execute import execute
from compare_cli.engine.job import Job, Options, prepare_job
from compare_cli.engine.plan import make_tasks
from compare_cli.engine.splits import Split, make_splits, repeat_digests, splits_digest
from compare_cli.environment import Clock, environment
from compare_cli.errors import DataError
from compare_cli.judging import judge_data_sets, score_arrays
from compare_cli.models.families import BASELINE
from compare_cli.notes import note
from compare_cli.summary import summarise_dataset, summarise_models
from compare_cli.types import (
    Bench,
    Comparison,
    Dataset,
    FitResult,
    FitTask,
    LeftOut,
    ModelSpec,
    Note,
    Planned,
    PlannedBench,
    Protocol,
    Run,
)

if TYPE_CHECKING:
    from compare_cli.data.expanding import Entry

Event = Planned | FitResult | Comparison


class Reading(TypedDict, total=False):
    """How a table is read; see `read`."""

    target: str | int | None
    groups: str | None
    time: str | None
    drop: Sequence[str]
    test: str | os.PathLike[str] | None
    encoding: str | None
    delimiter: str | None


def read(data: Any, **reading: Unpack[Reading]) -> Dataset:
    """Read a table: a path, ``-`` (standard input), a built-in name, ``openml:ID``, a DataFrame.

    ``target`` is a column's name or its position from 1. ``test`` is a second source to judge on.
    Raises DataError when the data cannot be used, UsageError when there is no such source.
    """
    from compare_cli import data as sources

    test: Any = reading.get("test")
    dataset = sources.read(
        data,
        target=reading.get("target"),
        groups=reading.get("groups"),
        time=reading.get("time"),
        drop=reading.get("drop", ()),
        encoding=reading.get("encoding"),
        delimiter=reading.get("delimiter"),
    )
    dataset = replace(dataset, groups_column=reading.get("groups"))
    if test is None:
        return dataset
    how = {"encoding": reading.get("encoding"), "delimiter": reading.get("delimiter")}
    return sources.attach_test(dataset, test, **how)


def compare(data: Any, options: Options | None = None, **reading: Unpack[Reading]) -> Comparison:
    """Compare models on a table and return the whole result.

    Raises what `read` raises, and UsageError for wrong options. Fits that fail are in the result.
    """
    *_, last = iter_compare(data, options, **reading)
    assert isinstance(last, Comparison), "the last event of a comparison is its result"
    return last


def iter_compare(
    data: Any,
    options: Options | None = None,
    heartbeat: Callable[[], None] | None = None,
    **reading: Unpack[Reading],
) -> Generator[Event, None, Comparison]:
    """Yield what is planned, each fit as it is finished, and at last the Comparison (also returned).

    A KeyboardInterrupt, raised inside or thrown in, ends the fits; the Comparison of what is done
    still comes, with status "interrupted". ``heartbeat`` is called while fits are under way.
    """
    clock = Clock()
    dataset = data if isinstance(data, Dataset) else read(data, **reading)
    job = prepare_job(dataset, options or Options())
    results: list[FitResult] = []
    planned: list[FitTask] = []
    interrupted = False
    try:
        for batch in _batches(job, results):
            planned += batch
            yield Planned(dataset.name, tuple(batch))
            for result in execute(batch, job.workspace, job.jobs, heartbeat):
                results.append(result)
                yield result
    except KeyboardInterrupt:
        interrupted = True
    comparison = conclude(job, results, len(planned), clock, interrupted=interrupted)
    yield comparison
    return comparison


def _batches(job: Job, results: list[FitResult]) -> Iterator[list[FitTask]]:
    """Yield the tasks of the first repeats, then of one repeat at a time while precision asks for more."""
    batch: list[Split] = []
    for repeat, splits in enumerate(make_splits(job.dataset, job.plan, job.options.seed), start=1):
        if repeat > job.plan.start_repeats and _precise(job, results):
            return
        batch += splits
        job.splits.extend(splits)
        if repeat >= job.plan.start_repeats:
            yield make_tasks(job.dataset, job.models, batch, job.shape, job.options.seed)
            batch = []


def _precise(job: Job, results: Sequence[FitResult]) -> bool:
    from compare_cli.verdict import repeats_enough

    scores = score_arrays(results, [spec.name for spec in job.models], job.metric.name)
    return repeats_enough(scores, higher_is_better=job.metric.higher_is_better, baseline=BASELINE)


def bench(sources: Sequence[Any] = (), options: Options | None = None, **reading: Unpack[Reading]) -> Bench:
    """Compare models on several data sets (every built-in one by default) and return the whole result.

    Raises what `compare` raises when not one of them can be used.
    """
    *_, last = iter_bench(sources, options, **reading)
    assert isinstance(last, Bench), "the last event of a bench is its result"
    return last


def iter_bench(
    sources: Sequence[Any] = (),
    options: Options | None = None,
    heartbeat: Callable[[], None] | None = None,
    **reading: Unpack[Reading],
) -> Generator[Event | PlannedBench | LeftOut | Bench, None, None]:
    """Yield the names of the data sets, the events of each one's comparison in turn, at last the Bench.

    ``sources`` may also be folders, patterns and ``openml:suite/…``; what does not exist is told first
    (DataError). A data set that cannot be used is left out with a note, and so is one that holds the
    same data as one before it; an interrupt ends the whole, with what is done.
    """
    from compare_cli import data

    clock = Clock()
    done: list[Comparison] = []
    left_out: list[LeftOut] = []
    interrupted = False
    entries = data.expand(sources)
    yield PlannedBench(tuple(entry.name for entry in entries))
    for entry in entries:
        try:
            outcome = yield from _compare_entry(entry, done, options, heartbeat, reading)
        except KeyboardInterrupt:  # while a table was read
            if not done:
                raise
            interrupted = True
            break
        if isinstance(outcome, LeftOut):
            left_out.append(outcome)
            continue
        done.append(outcome)
        interrupted = outcome.run.status == "interrupted"
        if interrupted:
            break
    if left_out and not done:
        raise DataError(left_out[0].why)
    notes = [event.note for event in left_out]
    yield conclude_bench(done, notes, options or Options(), clock, interrupted=interrupted)


def _compare_entry(
    entry: Entry,
    done: Sequence[Comparison],
    options: Options | None,
    heartbeat: Callable[[], None] | None,
    reading: Reading,
) -> Generator[Event | LeftOut, None, Comparison | LeftOut]:
    """Read and compare one data set of a bench; leave out what cannot be used or is there already."""
    try:
        dataset = entry.source if isinstance(entry.source, Dataset) else read(entry.source, **reading)
        name = entry.name_among(dataset.name, [c.dataset.name for c in done])
        twin = next((c.dataset for c in done if c.dataset.fingerprint == dataset.fingerprint), None)
        if twin is None:
            return (yield from iter_compare(replace(dataset, name=name), options, heartbeat))
        repeated = note("dataset_repeated", name=name, first=twin.name)
        left_out = LeftOut(name, repeated.message, repeated)
    except DataError as error:
        left_out = LeftOut(entry.name, str(error), note("dataset_left_out", message=str(error)))
    yield left_out
    return left_out


def conclude_bench(
    done: Sequence[Comparison], notes: Sequence[Note], options: Options, clock: Clock, *, interrupted: bool
) -> Bench:
    """Make the result of several comparisons: ranks and a verdict over all of them."""
    status: Literal["complete", "partial", "interrupted"] = "complete"
    if interrupted:
        status = "interrupted"
    elif any(n.code == "dataset_left_out" for n in notes) or any(
        comparison.run.status == "partial" for comparison in done
    ):
        status = "partial"
    total = Counter[str]()
    for comparison in done:
        total.update(
            {name: getattr(comparison.run, name) for name in ("fits_run", "fits_reused", "fits_failed")}
        )
    run = replace(
        done[0].run,
        id=uuid.uuid4().hex[:12],
        started=clock.started,
        seconds=clock.seconds,
        cpu_seconds=clock.cpu_seconds,
        status=status,
        fits_run=total["fits_run"],
        fits_reused=total["fits_reused"],
        fits_failed=total["fits_failed"],
    )
    results = tuple(replace(comparison, command="bench") for comparison in done)
    return Bench(run, done[0].environment, results, judge_data_sets(results, options.seed), tuple(notes))


def conclude(
    job: Job, results: Sequence[FitResult], planned: int, clock: Clock, *, interrupted: bool
) -> Comparison:
    """Make the result of what is done: summaries in order of merit, pairs, verdict, notes."""
    results = _in_plan_order(results, job.models)
    failed = sum(r.status != "ok" for r in results)
    left_out = any(n.code == "model_not_loaded" for n in job.notes)
    status: Literal["complete", "partial", "interrupted"] = "complete"
    if interrupted:
        status = "interrupted"
    elif failed or left_out or len(results) < planned:
        status = "partial"
    summary = summarise_models(job, results)
    return Comparison(
        command="fit",
        run=Run(
            id=uuid.uuid4().hex[:12],
            started=clock.started,
            seconds=clock.seconds,
            cpu_seconds=clock.cpu_seconds,
            status=status,
            seed=job.options.seed,
            jobs=job.jobs,
            backend="local",
            version=__version__,
            fits_run=sum(not r.reused for r in results),
            fits_reused=sum(r.reused for r in results),
            fits_failed=failed,
        ),
        environment=environment(),
        dataset=summarise_dataset(job.dataset),
        protocol=Protocol(
            scheme=job.plan.scheme,
            folds=job.plan.folds,
            repeats=max((r.repeat for r in results), default=0) + 1,
            metric=job.metric.name,
            rope=job.rope,
            splits_digest=splits_digest(job.splits),
            repeat_digests=repeat_digests(job.splits),
            groups=job.dataset.groups_column,
        ),
        models=summary.models,
        pairs=summary.pairs,
        verdict=summary.verdict,
        notes=_shown_notes((*job.dataset.notes, *job.notes, *summary.notes), job.options),
        fits=tuple(results),
    )


def _in_plan_order(results: Sequence[FitResult], models: Sequence[ModelSpec]) -> list[FitResult]:
    position = {spec.name: i for i, spec in enumerate(models)}
    return sorted(results, key=lambda r: (r.repeat, r.fold, position[r.model]))


def _shown_notes(notes: Sequence[Note], options: Options) -> tuple[Note, ...]:
    """Drop the hints that name a flag which was used."""
    default = Options()
    used = {f"--{name}" for name in vars(options) if getattr(options, name) != getattr(default, name)}
    return tuple(replace(n, hint="") if n.flag in used else n for n in notes)
