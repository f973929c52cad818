"""The kept runs as a list: for people, and as JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from compare_cli.report import units
from compare_cli.report.grid import GAP, GridColumn, grid, styled
from compare_cli.report.tables import csv_text
from compare_cli.report.view import View
from compare_cli.runs import Pruned, StoredRun, StoreFacts

SHORTEST_ID = 6
MODELS_FROM = 100  # characters of width from which models are shown too
MANY = 3  # data sets that are named one by one
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_STYLES = {"complete": "", "partial": "yellow", "interrupted": "yellow", "running": "green"}


def runs_text(runs: Sequence[StoredRun], facts: StoreFacts, view: View, now: datetime) -> str:
    """Return the list as a table that fits the width; ``runs`` are shown in their order, the newest first.

    ``now`` (with a time zone) decides whether a year is shown; times are those of its zone.
    """
    if not runs:
        return no_runs_text(facts)
    size = shortest_ids(runs)
    rows = [
        (run.id[:size], when(run.started, now), what(run), ", ".join(run.models), run.status, run.verdict)
        for run in runs
    ]
    columns = _columns(rows, view.width)
    shown = [at for at, column in enumerate(columns) if column.width > 0]
    table = grid(
        [columns[at] for at in shown],
        [[row[at] for at in shown] for row in rows],
        [_STYLES.get(run.status, "red") for run in runs],
        color=view.color,
    )
    more = f"{len(runs)} of {facts.runs} runs" if len(runs) < facts.runs else _count(facts.runs, "run")
    foot = f"{more}, {_count(facts.fits, 'fit')}, {units.size(facts.size)} in {facts.path}"
    return f"{table}\n{styled(foot, 'dim', color=view.color)}\n"


def no_runs_text(facts: StoreFacts) -> str:
    """Return what the list says when there is nothing in it."""
    return f"No runs yet: compare fit and bench keep theirs in {facts.path}\n"


def _columns(rows: Sequence[Sequence[str]], width: int) -> list[GridColumn]:
    """Give the columns that have to be read whole what they need; the others share the rest."""
    names = ("Run", "When", "What", "Models", "Status", "Verdict")
    needed = [max(len(text) for text in column) for column in zip(names, *rows, strict=True)]
    models = width >= MODELS_FROM
    room = width - sum(needed[at] for at in (0, 1, 4)) - len(GAP) * (5 if models else 4)
    needed[2] = min(needed[2], max(room * 2 // 5, len(names[2])))
    needed[3] = min(needed[3], max((room - needed[2]) // 3, len(names[3]))) if models else 0
    needed[5] = max(room - needed[2] - needed[3], len(names[5]))
    return [GridColumn(name, size) for name, size in zip(names, needed, strict=True)]


def shortest_ids(runs: Sequence[StoredRun]) -> int:
    """Return how many characters of their ids tell these runs apart, at least 6."""
    size = SHORTEST_ID
    while len({run.id[:size] for run in runs}) < len({run.id for run in runs}):
        size += 1
    return size


def what(run: StoredRun) -> str:
    """Return what a run compared: ``fit moons``, ``bench iris, wine``, ``bench 17 data sets``."""
    many = len(run.datasets) > MANY
    return f"{run.command} {_count(len(run.datasets), 'data set') if many else ', '.join(run.datasets)}"


def when(moment: str, now: datetime) -> str:
    """Return a time (RFC 3339) in the zone of ``now``: ``24 Nov 14:03``, or ``24 Nov 2025``."""
    then = datetime.fromisoformat(moment).astimezone(now.tzinfo)
    time = f"{then:%H:%M}" if then.year == now.year else f"{then.year}"
    return f"{then.day:2} {_MONTHS[then.month - 1]} {time}"


def runs_json(runs: Sequence[StoredRun], facts: StoreFacts) -> str:
    """Return the list as one JSON document; times are UTC, sizes bytes."""
    document = {
        "store": str(facts.path),
        "runs_kept": facts.runs,
        "fits_kept": facts.fits,
        "size_bytes": facts.size,
        "runs": [asdict(run) for run in runs],
    }
    return json.dumps(document, indent=2) + "\n"


def runs_csv(runs: Sequence[StoredRun]) -> str:
    """Return a row a run; several data sets or models are separated by semicolons."""
    rows = []
    for run in runs:
        row = asdict(run) | {"datasets": "; ".join(run.datasets), "models": "; ".join(run.models)}
        rows.append({name: "" if value is None else value for name, value in row.items()})
    return csv_text(rows) if rows else ",".join(StoredRun.__dataclass_fields__) + "\r\n"


def pruned_text(pruned: Pruned, *, dry_run: bool) -> str:
    """Return what pruning did, or would do, in a sentence."""
    gone = f"{_count(pruned.runs, 'run')} and {_count(pruned.fits, 'fit')}"
    left = f"{_count(pruned.runs_left, 'run')} and {_count(pruned.fits_left, 'fit')}"
    if dry_run:
        return f"Would delete {gone} (about {units.size(pruned.freed)}); {left} would stay.\n"
    return f"Deleted {gone}, {units.size(pruned.freed)} freed; {left} stay.\n"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
