"""Live progress on a terminal's standard error: how much is done, what was fitted, how long it will take."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from compare_cli.report.escaping import printable, shortened
from compare_cli.types import FitResult, Planned

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

WIDTH = 28


class Progress:
    """A line that follows a comparison. Silent when ``shown`` is false, or standard error is no terminal.

    It is redrawn by events and by `tick`, never by a thread: workers are forked from this process.
    """

    def __init__(self, *, shown: bool = True) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._live: Live | None = None
        self._costs: dict[str, float] = {}
        self._dataset = ""
        self._done = self._total = self._failed = 0
        self._cost_done = self._cost_total = 0.0
        self._last = ""
        self._started = time.monotonic()

    def planned(self, event: Planned) -> None:
        """Take in what is about to run."""
        self._dataset = event.dataset
        self._total += len(event.tasks)
        self._cost_total += sum(task.cost for task in event.tasks)
        self._costs |= {task.key: task.cost for task in event.tasks}
        self.tick()

    def finished(self, result: FitResult) -> None:
        """Take in one fit."""
        self._done += 1
        self._failed += result.status != "ok"
        self._cost_done += self._costs.get(result.key, 0.0)
        self._last = f"{result.model}, repeat {result.repeat + 1}, fold {result.fold + 1}"
        self.tick()

    def tick(self) -> None:
        """Draw the line again."""
        if not self._shown:
            return
        if self._live is None:
            self._live = self._begin()
        self._live.update(_text(self._line()), refresh=True)

    def close(self) -> None:
        """Remove the line."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _begin(self) -> Live:
        from rich.console import Console
        from rich.live import Live

        live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
        live.start()
        return live

    def _line(self) -> str:
        share = self._cost_done / self._cost_total if self._cost_total else 0.0
        filled = round(share * WIDTH)
        bar = "━" * filled + "─" * (WIDTH - filled)
        failed = f", {self._failed} failed" if self._failed else ""
        name = shortened(printable(self._dataset), 20)
        return (
            f"{name} {bar} {self._done}/{self._total} fits{failed}{self._left(share)}  {self._shown_last()}"
        )

    def _shown_last(self) -> str:
        return shortened(printable(self._last), 30)

    def _left(self, share: float) -> str:
        """Return the time left, judged by the expected cost of what is done; nothing at the very start."""
        spent = time.monotonic() - self._started
        if share < 0.05 or spent < 1:
            return ""
        return f", about {spent * (1 - share) / share:.0f} s left"


def _text(line: str) -> Text:
    """Return the line as it is: names from data are no markup."""
    from rich.text import Text

    return Text(line, no_wrap=True, overflow="ellipsis")
