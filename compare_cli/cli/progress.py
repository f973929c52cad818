"""Progress on standard error: on a terminal live, elsewhere a line for each finished data set of a bench."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from compare_cli.cli.output import say
from compare_cli.cli.workload import Workload, about
from compare_cli.report.escaping import encodable, printable, shortened
from compare_cli.report.units import counted
from compare_cli.types import Bench, Comparison, FitResult, LeftOut, Planned, PlannedBench

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

WIDTH, NAME, TOP_SET = 28, 24, 4  # characters of a bar and a name, models of a top set that are named


class Progress:
    """Follows the events of a comparison or of several. Silent when ``shown`` is false.

    On a terminal one line, of a bench two, are redrawn by events and by `tick`, never by a thread:
    workers are forked from this process. Elsewhere a bench says a line when a data set is finished.
    """

    def __init__(self, *, shown: bool = True, jobs: int | None = None) -> None:
        terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._live_wanted, self._lines_wanted = shown and terminal, shown and not terminal
        self._live: Live | None = None
        self._jobs = jobs
        self._work = Workload()
        self._names: tuple[str, ...] = ()
        self._dataset = ""
        self._started = time.monotonic()

    def show(self, event: object) -> None:
        """Take in an event."""
        if isinstance(event, PlannedBench):
            self._names = event.names
            self._work.datasets = len(event.names)
        elif isinstance(event, Planned):
            self._dataset = event.dataset
            self._work.plan(event)
        elif isinstance(event, FitResult):
            self._work.finish(event)
        elif isinstance(event, Comparison | LeftOut):
            self._work.end_dataset()
            if isinstance(event, Comparison) and self._names and self._lines_wanted:
                say(finished_line(self._work.finished, len(self._names), event))
        if isinstance(event, Bench) or (isinstance(event, Comparison) and not self._names):
            self.close()
        else:
            self.tick()

    def tick(self) -> None:
        """Draw again."""
        if not self._live_wanted:
            return
        if self._live is None:
            self._live = self._begin()
        self._live.update(_text("\n".join(self.lines())), refresh=True)

    def close(self) -> None:
        """Remove what is drawn; the next event draws it again."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _begin(self) -> Live:
        from rich.console import Console
        from rich.live import Live

        live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
        live.start()
        return live

    def lines(self) -> list[str]:
        """Return what is drawn: of a bench the whole, and the data set under way."""
        if not self._names:
            return [f"{self._name(self._dataset)} {_bar(self._work.share)} {self._fits()}{self._left()}"]
        work = self._work
        sets = f"{work.finished}/{work.datasets} data sets"
        failed = f", {work.failed} failed" if work.failed else ""
        whole = f"{_bar(work.share)} {sets}, {counted(work.fits, 'fit')}{failed}{self._left()}"
        if work.between:
            name = self._names[work.finished] if work.finished < len(self._names) else ""
            return [whole, f"reading {self._name(name)}" if name else "judging"]
        here = f"{self._name(self._dataset)} ({work.begun} of {work.datasets})"
        return [
            whole,
            f"{_bar(work.share_here)} {here}: {work.done_here}/{work.total_here} fits{self._now()}",
        ]

    def _fits(self) -> str:
        work = self._work
        failed = f", {work.failed} failed" if work.failed else ""
        return f"{work.done_here}/{work.total_here} fits{failed}{self._now()}"

    def _now(self) -> str:
        model = self._work.under_way(self._jobs)
        return f", now {self._name(model)}" if model else ""

    def _left(self) -> str:
        left = self._work.seconds_left(time.monotonic() - self._started)
        return "" if left is None else f", {about(left)}"

    def _name(self, name: str) -> str:
        return shortened(printable(name), NAME)


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
    facts = [counted(comparison.fits_run + reused, "fit")]
    facts += [f"{reused} reused"] if reused else []
    facts += [f"{failed} failed"] if failed else []
    ended = "interrupted; " if comparison.status == "interrupted" else ""
    name = shortened(printable(comparison.dataset.name), 2 * NAME)
    return f"[{number}/{total}] {name}: {ended}{said}; {', '.join(facts)}, {comparison.seconds or 0:.1f} s"


def _bar(share: float) -> str:
    filled = round(share * WIDTH)
    return "━" * filled + "─" * (WIDTH - filled)


def _text(lines: str) -> Text:
    """Return the lines as they are: names from data are no markup."""
    from rich.text import Text

    return Text(encodable(lines, sys.stderr.encoding), no_wrap=True, overflow="ellipsis")
