"""`fit` and `bench`: follow the library's stream, show it, and choose the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from inspect import GEN_CLOSED, getgeneratorstate
from typing import Any

from compare_cli.cli.benching import bench_notes, chosen_baseline, ranks_picture, refuse_picture
from compare_cli.cli.options import BenchOptions, CompareOptions
from compare_cli.cli.output import Output
from compare_cli.cli.progress import Progress
from compare_cli.cli.talk import say_error, say_notes
from compare_cli.errors import ExitCode
from compare_cli.gate import Threshold, below_threshold
from compare_cli.types import Comparison, FitResult, LeftOut, Note, Planned, PlannedBench, Result

Stream = Generator[object, None, object]
_CODES = {"complete": ExitCode.OK, "partial": ExitCode.PARTIAL, "interrupted": ExitCode.INTERRUPTED}


def run_fit(source: str, options: CompareOptions) -> int:
    """Compare models on one table and write the result; return the exit code."""

    def begin(follower: Follower) -> Stream:
        from compare_cli import api

        dataset = api.read(source, test=options.test, **options.reading())
        follower.tell(dataset.notes)
        return api.iter_compare(dataset, options.comparing())

    refuse_picture(options.output)
    return _run(begin, options)


def run_bench(sources: list[str], options: BenchOptions) -> int:
    """Compare models on several data sets and write the result; return the exit code."""

    def begin(follower: Follower) -> Stream:
        from compare_cli import api

        reading = options.reading() | {"test": options.test}
        return api.iter_bench(sources, options.comparing(), **reading)

    baseline = chosen_baseline(options.baseline, options.models)
    return _run(begin, options, baseline=baseline, picture=ranks_picture(options.output))


def _run(begin: Callable[[Follower], Stream], options: CompareOptions, **shown: Any) -> int:
    thresholds = [Threshold.parse(text) for text in options.fail_under or ()]
    shown |= {"everything": options.verbose, "boundary": options.boundary}
    output = Output(options.format_name, options.output, **shown)
    follower = Follower(output, options)
    try:
        result = follower.follow(begin(follower))
        follower.tell(result.notes)
        output.finish(result)
        return _exit_code(result, thresholds)
    finally:
        follower.progress.close()
        output.abandon()


def _exit_code(result: Result, thresholds: Sequence[Threshold]) -> int:
    """A run that did not do everything says so first; then the gates."""
    if result.run.status != "complete":
        return _CODES[result.run.status]
    missed = below_threshold(result, thresholds)
    for sentence in missed:
        say_error(sentence)
    return ExitCode.GATE if missed else ExitCode.OK


class Follower:
    """Shows the events of a comparison as they come: progress and notes, and the fits where they stream."""

    def __init__(self, output: Output, options: CompareOptions) -> None:
        self.progress = Progress(shown=not options.quiet, jobs=options.jobs)
        self._output = output
        self._options = options
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
                self.progress.close()
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
        self.progress.show(event)
        if isinstance(event, Planned):
            self._dataset = event.dataset
        elif isinstance(event, FitResult):
            self._output.stream(self._dataset, event)
            self._show_traceback(event)
        elif isinstance(event, Comparison | LeftOut) and self._of_several:
            self.progress.close()
            self.tell(bench_notes(event, everything=self._options.verbose))
        elif isinstance(event, PlannedBench):
            self._of_several = len(event.names) > 1

    def _show_traceback(self, fit: FitResult) -> None:
        if self._options.debug and fit.traceback:
            self.progress.close()
            print(f"{fit.model}, repeat {fit.repeat}, fold {fit.fold}:\n{fit.traceback}", file=sys.stderr)
