"""`fit`, `bench` and `curve`: follow the library's stream, show it, and choose the exit code."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from inspect import GEN_CLOSED, getgeneratorstate
from typing import Any

from compare_cli import api
from compare_cli.cli.options import BenchOptions, CompareOptions, CurveOptions, FitOptions
from compare_cli.cli.output import Output, say, say_error, say_lines, say_notes
from compare_cli.errors import ExitCode, UsageError
from compare_cli.report.progress import Progress
from compare_cli.types import Comparison, Dataset, FitResult, LeftOut, Note, Planned, PlannedBench, Result

Stream = Generator[object, None, object]
_CODES = {"complete": ExitCode.OK, "partial": ExitCode.PARTIAL, "interrupted": ExitCode.INTERRUPTED}


def run_fit(source: str, options: FitOptions) -> int:
    """Compare models on one table and write the result; return the exit code."""

    def begin(follower: Follower) -> Stream:
        dataset = follower.dataset = api.read(source, **options.judging(), **options.reading())
        asked = options.comparing()
        follower.tell(api.shown_notes(dataset.notes, asked))
        if follower.writes_code:
            api.script(dataset, asked)  # what cannot be said is told before an hour of fits
        whole = (_looked_at(options) or "") if options.fail_under else None
        return api.iter_compare(dataset, asked, whole=whole)

    saved = _saved(options)

    def save(result: Any) -> None:
        if options.save is not None:
            name = api.save(result, options.save, saved)
            if not options.quiet:
                say(f"{options.save}: {name}, fitted on all {len(result.table.y):,} rows.")

    return _follow_and_show(begin, options, save, command="fit")


def _saved(options: FitOptions) -> str | None:
    """Return the full name of the model that --save-model asks for. Raises UsageError without --save."""
    if options.save is not None:
        api.require_skops(options.save)
    if options.save_model is None:
        return None
    if options.save is None:
        raise UsageError("--save-model says which model --save writes; give --save FILE too.")
    return api.reference(options.save_model, options.models, "--save-model")


def run_bench(sources: list[str], options: BenchOptions) -> int:
    """Compare models on several data sets and write the result; return the exit code."""

    def begin(follower: Follower) -> Stream:
        reading = options.reading() | options.judging()
        return api.iter_bench(sources, options.comparing(), **reading)

    baseline = None if options.baseline is None else api.reference(options.baseline, options.models)
    return _follow_and_show(begin, options, command="bench", baseline=baseline)


def run_curve(source: str, options: CurveOptions) -> int:
    """Draw learning curves of models on one table and write the result; return the exit code."""
    sizes = _sizes(options)

    def begin(follower: Follower) -> Stream:
        dataset = follower.dataset = api.read(source, split=options.split, **options.reading())
        asked = replace(replace(options, sizes=None).comparing(), sizes=sizes, boundary=False)
        follower.tell(api.shown_notes(dataset.notes, asked))
        return api.iter_compare(dataset, asked)

    return _follow_and_show(begin, options, command="curve")


def _sizes(options: CurveOptions) -> tuple[int, ...]:
    """Return the sizes that are asked for, () for chosen ones. Raises UsageError for what is none."""
    for name in ("test", "test_rows", "fail_under", "repeats", "check_leaks"):
        if getattr(options, name) and getattr(options, name) != "auto":
            raise UsageError(f"--{name.replace('_', '-')} is for compare fit; a curve has no use for it.")
    try:
        return tuple(int(text) for text in (options.sizes or "").split(",") if text.strip())
    except ValueError:
        raise UsageError(f"--sizes {options.sizes}: give whole numbers, as in 100,1000,10000.") from None


def _follow_and_show(
    begin: Callable[[Follower], Stream],
    options: CompareOptions,
    then: Callable[[Any], None] = lambda result: None,
    **shown: Any,
) -> int:
    """Follow the events that ``begin`` starts, write the result, and return the exit code.

    ``then`` is called with a result that is not interrupted, when it is written.
    """
    thresholds = options.fail_under or []
    for text in thresholds:
        api.Threshold.parse(text)
    model = _looked_at(options)
    if options.mlflow:
        api.require_mlflow()
    with Output(options, boundary=options.boundary, gates=bool(thresholds), **shown) as output:
        follower = Follower(output, options)
        try:  # a reader that went away, `| head`, ends what runs here: processes are waited for at exit
            with closing(begin(follower)) as stream:
                result = follower.follow(stream)
        finally:
            follower.progress.close()
        follower.tell(result.notes)
        checks = _checked(result, thresholds, model)
        output.finish(result, follower.dataset, checks)
    if options.mlflow:
        api.track(result)
    if result.run.status != "interrupted":
        then(result)
    return _exit_code(result, checks)


def _checked(result: Result, thresholds: list[str], model: str | None) -> dict[str, str]:
    """Return for each ``metric=value`` of --fail-under why it does not hold, "" where it does.

    A run that did not do everything holds none.
    """
    if result.run.status != "complete":
        return dict.fromkeys(thresholds, f"the run is {result.run.status}")
    return {text: "; ".join(api.check(result, [text], model)) for text in thresholds}


def _looked_at(options: CompareOptions) -> str | None:
    """Return the full name of the model that --fail-under looks at; None is the recommended one."""
    if options.model is None:
        return None
    if not options.fail_under:
        raise UsageError("--model says which model --fail-under looks at; give both, or --models to choose.")
    return api.reference(options.model, options.models, "--model")


def _exit_code(result: Result, checks: dict[str, str]) -> int:
    """A run that did not do everything says so first; then the gates."""
    if result.run.status != "complete":
        return _CODES[result.run.status]
    for why in filter(None, checks.values()):
        say_error(why)
    return ExitCode.GATE if any(checks.values()) else ExitCode.OK


def notes_at_once(event: Comparison | LeftOut, *, everything: bool) -> tuple[Note, ...]:
    """Return what is said of one of several data sets when it is done: warnings, its name before them.

    ``everything`` asks for the other notes too.
    """
    if isinstance(event, LeftOut):
        return (event.note,)
    name = event.dataset.name
    notes = (n for n in event.notes if everything or n.level == "warning")
    return tuple(replace(n, message=f"{name}: {n.message}") for n in notes)


class Follower:
    """Shows the events of a comparison as they come: progress and notes, and the fits where they stream."""

    def __init__(self, output: Output, options: CompareOptions) -> None:
        shown = not options.quiet and not output.streams_to_terminal
        self.dataset: Dataset | None = None
        self.progress = Progress(shown=shown, jobs=options.jobs)
        self._output = output
        self._options = options
        self.writes_code = output.form == "code"
        self._dataset = ""
        self._told: set[Note] = set()
        self._of_several = False

    def follow(self, stream: Stream) -> Any:
        """Return the stream's last event. Ctrl-C and SIGTERM end it early, with what is done.

        An interrupt that comes before anything runs is raised again.
        """
        last, interrupt = None, None
        while True:
            try:
                last = next(stream) if interrupt is None else stream.throw(interrupt)
                interrupt = None
                self._show(last)
            except StopIteration:
                return last
            except KeyboardInterrupt as raised:
                if getgeneratorstate(stream) == GEN_CLOSED:
                    raise
                interrupt = raised

    def tell(self, notes: tuple[Note, ...]) -> None:
        """Say the notes that were not said yet."""
        if not self._options.quiet:
            say_notes(n for n in notes if n not in self._told)
        self._told |= set(notes)

    def _show(self, event: object) -> None:
        if isinstance(event, Planned) and event.note is not None:
            self.progress.close()
            self.tell((event.note,))
        self.progress.show(event)
        if isinstance(event, Planned):
            self._dataset = event.dataset
        elif isinstance(event, FitResult):
            self._output.stream(self._dataset, event)
            if self._options.debug and event.traceback:
                self.progress.close()
                where = f"{event.model}, repeat {event.repeat}, fold {event.fold}"
                say_lines(f"{where}:\n{event.traceback}")
        elif isinstance(event, Comparison | LeftOut) and self._of_several:
            self.progress.close()
            self.tell(notes_at_once(event, everything=self._options.verbose))
        elif isinstance(event, PlannedBench):
            self._of_several = len(event.names) > 1
