"""How much there is to do, how much is done, and how long the rest may take: what progress shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from compare_cli.types import FitResult, FitTask, Planned

EARLY = 0.02  # share of the expected cost below which no time is told
SOON = 1.0  # seconds before which no time is told


@dataclass
class Workload:
    """The fits of one data set after the other, with their expected costs in seconds of one core.

    ``datasets`` is how many there are; those that were not read yet are expected to cost as much as the
    mean of those that were. Reused fits are done at once, so they say nothing about speed.
    """

    datasets: int = 1
    begun: int = 0
    finished: int = 0
    fits: int = 0
    failed: int = 0
    done_here: int = 0
    total_here: int = 0
    _pending: dict[str, FitTask] = field(default_factory=dict)
    _planned: float = 0.0
    _done: float = 0.0
    _run: float = 0.0
    _planned_here: float = 0.0
    _done_here: float = 0.0
    _between: bool = True
    _shown: float = 0.0

    def plan(self, event: Planned) -> None:
        """Take in the fits of the next data set, or more fits of the one under way."""
        if self._between:
            self.begun += 1
            self._between = False
            self.done_here = self.total_here = 0
            self._planned_here = self._done_here = 0.0
            self._pending.clear()
        cost = sum(task.cost for task in event.tasks)
        self.total_here += len(event.tasks)
        self._planned += cost
        self._planned_here += cost
        self._pending |= {task.key: task for task in event.tasks}

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
        if self._between:
            self.begun += 1  # it was left out before anything was planned
        self._planned -= self._planned_here - self._done_here
        self._planned_here = self._done_here
        self.finished += 1
        self._between = True
        self._pending.clear()

    @property
    def between(self) -> bool:
        """Whether the next data set is being read."""
        return self._between

    @property
    def share(self) -> float:
        """The share that is done, from 0 to 1; it never goes back, whatever the next data set costs."""
        expected = self._planned + self._unread
        self._shown = max(self._shown, min(1.0, self._done / expected)) if expected else self._shown
        return self._shown

    @property
    def share_here(self) -> float:
        """The share of the data set under way that is done."""
        return self._done_here / self._planned_here if self._planned_here else 0.0

    @property
    def _unread(self) -> float:
        return self._planned / self.begun * max(0, self.datasets - self.begun) if self.begun else 0.0

    def seconds_left(self, spent: float) -> float | None:
        """Return about how long the rest will take, after ``spent`` seconds; None while nobody can tell."""
        expected = self._planned + self._unread
        if spent < SOON or not self._run or self._run < EARLY * expected:
            return None
        return max(0.0, expected - self._done) * spent / self._run

    def under_way(self, jobs: int | None) -> str:
        """Return the model that is being fitted, as far as the order of fits tells; "" for none.

        One after the other as planned with one job, else the longest first.
        """
        if not self._pending:
            return ""
        tasks = self._pending.values()
        first = next(iter(tasks)) if jobs == 1 else max(tasks, key=lambda task: task.cost)
        return first.model.name


def about(seconds: float) -> str:
    """Return a time as one tells it: ``about 40 s left``, ``about 3 min left``, ``about 2.5 h left``."""
    if seconds < 60:
        return f"about {max(1, round(seconds))} s left"
    if seconds < 3600:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"
