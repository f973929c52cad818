"""Progress: live on a terminal and in a notebook, elsewhere a line a repeat, or a data set of a bench."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich import progress as rich_progress
from rich.console import Console, RenderableType
from rich.text import Text

from compare_cli.metrics import metric_named
from compare_cli.report import units
from compare_cli.report.escaping import encodable, printable, shortened
from compare_cli.report.table import Heading, Table
from compare_cli.report.tables import score_title
from compare_cli.report.units import counted
from compare_cli.types import Bench, Comparison, FitResult, FitTask, LeftOut, Planned, PlannedBench, Refitted

WIDTH, NAME, TOP_SET = 20, 24, 4  # characters of a bar and a name, models of a top set that are named
EARLY = 0.02  # share of the expected cost below which no time is told
SOON = 1.0  # seconds before which no time is told


class Progress:
    """Follows the events of a comparison or of several. Silent when ``shown`` is false.

    On a terminal there is a line for the data set under way, and of a bench one for the whole; of a single
    data set the models with their means so far, in the order given: who leads is told at the end. While fits
    run they are redrawn by a thread; there is none in between, as a process that is about to fork may have
    no other thread. Elsewhere a bench says a line when a data set is finished. ``notebook`` draws below the
    cell of a notebook.
    """

    def __init__(self, *, shown: bool = True, jobs: int | None = None, notebook: bool = False) -> None:
        live = notebook or (sys.stderr.isatty() and os.environ.get("TERM") != "dumb")
        self._live_wanted, self._lines_wanted = shown and live, shown and not live
        self._notebook = notebook
        self._drawn: rich_progress.Progress | None = None
        self._jobs = jobs
        self._work = Workload()
        self._so_far = SoFar()
        self._names: tuple[str, ...] = ()
        self._dataset = ""
        self._started = time.monotonic()
        self._repeats: dict[int, list[FitResult]] = {}
        self._in_repeat, self._apart = 0, False  # fits of one of several repeats, or sizes of samples

    def show(self, event: object) -> None:
        """Take in an event."""
        if isinstance(event, PlannedBench):
            self._names = event.names
            self._work.datasets = len(event.names)
        elif isinstance(event, Planned):
            self._dataset = event.dataset
            self._work.plan(event)
            self._so_far.plan(event)
            if event.repeats > 1 and self._lines_wanted and not self._names:
                self._in_repeat = len(event.tasks) if event.apart else event.most // event.repeats
                self._apart = event.apart
        elif isinstance(event, FitResult | Refitted):
            if isinstance(event, FitResult):
                self._so_far.finish(event)
            self._work.finish(event.result if isinstance(event, Refitted) else event)
            if isinstance(event, FitResult) and self._in_repeat:
                self._say_repeat(event)
        elif isinstance(event, Comparison | LeftOut):
            self._work.end_dataset()
            if isinstance(event, Comparison) and self._names and self._lines_wanted:
                line = finished_line(self._work.finished, len(self._names), event)
                print(encodable(line, sys.stderr.encoding), file=sys.stderr, flush=True)
        if isinstance(event, Bench) or (isinstance(event, Comparison) and not self._names):
            self.close()
        elif self._live_wanted:
            self._draw(by_thread=isinstance(event, Planned | FitResult | Refitted))

    def _say_repeat(self, fit: FitResult) -> None:
        """Say a line when the last fit of one of several repeats, or of one size of samples, is done."""
        done = self._repeats.setdefault(fit.repeat, [])
        done.append(fit)
        if len(done) == self._in_repeat:
            facts = fits_told(len(done), sum(f.reused for f in done), sum(f.status != "ok" for f in done))
            of = f"{fit.train_rows:,} training rows" if self._apart else f"repeat {fit.repeat + 1}"
            line = f"{of}: {facts}, {time.monotonic() - self._started:.1f} s so far"
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Remove what is drawn; the next event draws it again."""
        if self._drawn is not None:
            self._drawn.stop()
            self._drawn = None

    def _draw(self, *, by_thread: bool) -> None:
        if self._drawn is None or self._drawn.live.auto_refresh is not by_thread:
            self.close()
            self._drawn = self._drawing(by_thread=by_thread)
            for _ in self.rows():
                self._drawn.add_task("")
            self._drawn.start()
        for task, (share, _) in zip(self._drawn.task_ids, self.rows(), strict=True):
            self._drawn.update(task, total=None if share is None else 1.0, completed=share or 0.0)
        if not by_thread:
            self._drawn.refresh()

    def _drawing(self, *, by_thread: bool) -> rich_progress.Progress:
        """Return what draws bars on standard error, removes them at its end and leaves other output alone."""
        return _Drawing(
            self,
            rich_progress.BarColumn(WIDTH),
            _Words(self),
            console=Console(force_jupyter=True) if self._notebook else Console(stderr=True),
            auto_refresh=by_thread,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def rows(self) -> list[tuple[float | None, str]]:
        """Return what is drawn: of a bench the whole, and the data set under way.

        Each has the share that is done, from 0 to 1 (None where nobody can tell), and words.
        """
        work, name = self._work, self._name(self._dataset)
        failed = f", {work.failed} failed" if work.failed else ""
        fits = work.told_here
        if not self._names:
            return [(work.share, f"{name}: {fits}{failed}{self._now()}{self._left()}")]
        sets = f"{work.finished}/{work.datasets} data sets"
        whole = (work.share, f"{sets}, {counted(work.fits, 'fit')}{failed}{self._left()}")
        if work.between:
            following = self._names[work.finished : work.finished + 1]
            return [whole, (None, f"reading {self._name(following[0])}" if following else "judging")]
        here = f"{name} ({work.begun} of {work.datasets}): {fits}{self._now()}"
        return [whole, (work.share_here, here)]

    def _now(self) -> str:
        model, epoch = self._work.under_way(self._jobs)
        return f", now {self._name(model)}{epoch}" if model else ""

    def _left(self) -> str:
        left = self._work.seconds_left(time.monotonic() - self._started)
        told = "" if left is None else f", {about(left)}"
        return told.replace("about", "at most", 1) if self._work.may_end_sooner else told

    def table(self, height: int) -> Table | None:
        """Return the models with their means so far; None where there are ``height`` lines and too few."""
        rows = [] if self._names else self._so_far.rows()
        if not rows or len(rows) + 5 > height:
            return None
        heads = [Heading("Model"), Heading(self._so_far.title, "right"), Heading("Folds", "right")]
        return Table(heads, [(self._name(model), *cells) for model, *cells in rows])

    def _name(self, name: str) -> str:
        return shortened(printable(name), NAME)


class _Drawing(rich_progress.Progress):
    """Bars, and below them the models with their means so far."""

    def __init__(
        self, progress: Progress, *columns: rich_progress.ProgressColumn, console: Console, **how: Any
    ) -> None:
        self._progress, self._on = progress, console  # asked for while the rest is made
        super().__init__(*columns, console=console, **how)

    def get_renderables(self) -> Iterator[RenderableType]:
        """Yield what is drawn, from above."""
        yield from super().get_renderables()
        table = self._progress.table(self._on.height)
        if table is not None:
            yield table.rich()


class _Words(rich_progress.ProgressColumn):
    """The words beside a bar, each time as they are then: names from data are no markup."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def render(self, task: rich_progress.Task) -> Text:
        """Return the words of a task's row."""
        words = self._progress.rows()[task.id][1]
        return Text(encodable(words, sys.stderr.encoding), no_wrap=True, overflow="ellipsis")


def finished_line(number: int, total: int, comparison: Comparison) -> str:
    """Return what came of a data set: ``[3/21] moons: top set svm, mlp; 80 fits, 2 failed, 9.6 s``."""
    verdict = comparison.verdict
    top = [printable(name) for name in verdict.top_set]
    more = f" and {len(top) - TOP_SET} more" if len(top) > TOP_SET else ""
    names = ", ".join(shortened(name, NAME) for name in top[:TOP_SET]) + more
    said = {
        "better": f"best {names}",
        "single": names,
        "equivalent": f"equivalent: {names}",
        "undecided": f"top set {names}",
        "none": "no model is known to beat the baseline",
    }[verdict.status]
    reused, failed = comparison.fits_reused, comparison.fits_failed
    facts = fits_told(comparison.fits_run + reused, reused, failed)
    ended = "interrupted; " if comparison.status == "interrupted" else ""
    name = shortened(printable(comparison.dataset.name), 2 * NAME)
    return f"[{number}/{total}] {name}: {ended}{said}; {facts}, {comparison.seconds or 0:.1f} s"


def fits_told(fits: int, reused: int, failed: int) -> str:
    """Return how many fits were done, reused and failed among them: ``80 fits, 2 failed``."""
    among = {"reused": reused, "failed": failed}
    return ", ".join([counted(fits, "fit"), *(f"{count} {how}" for how, count in among.items() if count)])


@dataclass
class SoFar:
    """The mean score of each model over the folds that it has finished; nothing is said of who is ahead."""

    metric: str = ""
    _done: dict[str, list[float | None]] = field(default_factory=dict)

    def plan(self, event: Planned) -> None:
        """Take in which models are fitted; fits that only reasons need (no metric) are none of them."""
        if event.apart or (event.metric and event.metric != self.metric):
            self._done = {}
        if event.metric:
            self.metric = event.metric
            for task in event.tasks:
                self._done.setdefault(task.model.name, [])

    def finish(self, result: FitResult) -> None:
        """Take in one fit."""
        self._done.setdefault(result.model, []).append(result.score(self.metric))

    @property
    def title(self) -> str:
        """What the means are of."""
        return f"{score_title(metric_named(self.metric))} so far"

    def rows(self) -> list[tuple[str, str, str]]:
        """Return model, mean and number of folds, in the order in which models were given."""
        metric = metric_named(self.metric) if self.metric else None
        found = []
        for model, scores in tuple(self._done.items()):  # a copy: the thread that draws asks too
            known = [score for score in scores if score is not None]
            mean = sum(known) / len(known) if known else None
            found.append((model, units.score(mean, metric) if metric else "", str(len(scores))))
        return found


@dataclass
class Workload:
    """The fits of one data set after the other, with their expected costs in seconds of one core.

    ``datasets`` is how many there are; those that were not read yet are expected to cost as much as the
    mean of those that were. ``between`` says whether the next one is being read. Reused fits are done at
    once, so they say nothing about speed.
    """

    datasets: int = 1
    begun: int = 0
    finished: int = 0
    fits: int = 0
    failed: int = 0
    done_here: int = 0
    total_here: int = 0
    most_here: int = 0
    between: bool = True
    _pending: dict[str, FitTask] = field(default_factory=dict)
    _epochs: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    _planned: float = 0.0
    _done: float = 0.0
    _run: float = 0.0
    _planned_here: float = 0.0
    _done_here: float = 0.0
    _shown: float = 0.0

    def plan(self, event: Planned) -> None:
        """Take in the fits of the next data set, or more fits of the one under way."""
        if self.between:
            self.begun += 1
            self.between = False
            self.done_here = self.total_here = 0
            self._planned_here = self._done_here = 0.0
            self._pending.clear()
        cost = sum(task.cost for task in event.tasks)
        self.total_here += len(event.tasks)
        self.most_here = event.most
        self._planned += cost
        self._planned_here += cost
        self._pending |= {task.key: task for task in event.tasks}
        self._epochs = event.epochs

    def finish(self, result: FitResult) -> None:
        """Take in one fit."""
        task = self._pending.pop(result.key, None)
        cost = task.cost if task is not None else 0.0
        self.fits += 1
        self.done_here += 1
        self.failed += result.status != "ok"
        self._done += cost
        self._done_here += cost
        self._run += 0.0 if result.reused else cost

    def end_dataset(self) -> None:
        """Take in that a data set is compared, or left out; fits that will not come are not waited for."""
        if self.between:
            self.begun += 1  # it was left out before anything was planned
        self._planned -= self._planned_here - self._done_here
        self._planned_here = self._done_here
        self.most_here = 0
        self.finished += 1
        self.between = True
        self._pending.clear()

    @property
    def share(self) -> float:
        """The share that is done, from 0 to 1; it never goes back, whatever the next data set costs."""
        expected = self._expected
        self._shown = max(self._shown, min(1.0, self._done / expected)) if expected else self._shown
        return self._shown

    @property
    def share_here(self) -> float:
        """The share of the data set under way that is done."""
        expected = self._planned_here + self._may_come
        return self._done_here / expected if expected else 0.0

    @property
    def may_end_sooner(self) -> bool:
        """Whether more fits may be planned than there are."""
        return self.most_here > self.total_here

    @property
    def told_here(self) -> str:
        """How many fits are done of how many: ``12/30 fits``, ``12 of up to 300 fits``."""
        if self.may_end_sooner:
            return f"{self.done_here} of up to {self.most_here} fits"
        return f"{self.done_here}/{self.total_here} fits"

    @property
    def _expected(self) -> float:
        return self._planned + self._may_come + self._unread

    @property
    def _may_come(self) -> float:
        """The cost of fits that may still be planned for the data set under way."""
        more = max(0, self.most_here - self.total_here)
        return self._planned_here / self.total_here * more if self.total_here else 0.0

    @property
    def _unread(self) -> float:
        return self._planned / self.begun * max(0, self.datasets - self.begun) if self.begun else 0.0

    def seconds_left(self, spent: float) -> float | None:
        """Return about how long the rest will take, after ``spent`` seconds; None while nobody can tell."""
        expected = self._expected
        if spent < SOON or not self._run or self._run < EARLY * expected:
            return None
        return max(0.0, expected - self._done) * spent / self._run

    def under_way(self, jobs: int | None) -> tuple[str, str]:
        """Return the model that is being fitted and its epoch, ``, epoch 12/50``; "" for what nobody knows.

        It is one that tells its epoch, else what the order of fits says: one after the other as planned with
        one job, else the longest first.
        """
        tasks = tuple(self._pending.values())  # a copy: the thread that draws asks too
        told = dict(self._epochs)
        tasks = tuple(task for task in tasks if task.key in told) or tasks
        if not tasks:
            return "", ""
        first = tasks[0] if jobs == 1 else max(tasks, key=lambda task: task.cost)
        epoch, epochs = told.get(first.key, (0, 0))
        return first.model.name, f", epoch {epoch}/{epochs}" if epoch else ""


def about(seconds: float) -> str:
    """Return a time as one tells it: ``about 40 s left``, ``about 3 min left``, ``about 2.5 h left``."""
    if seconds < 60:
        return f"about {max(1, round(seconds))} s left"
    if seconds < 3600:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"
