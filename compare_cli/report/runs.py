"""The kept runs as a list, and two runs beside each other: for people, as JSON and as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from compare_cli.metrics import Metric
from compare_cli.report import units
from compare_cli.report.escaping import brief, printable, shortened
from compare_cli.report.table import Block, Heading, Line, Table, View, csv_page, text_page
from compare_cli.report.units import counted
from compare_cli.types import DatasetDiff, ModelDiff, Pruned, RunsDiff, StoredRun, StoreFacts

SHORTEST_ID = 6
MODELS_FROM = 100  # characters of width from which models are shown too
MANY = 3  # data sets that are named one by one
LONGEST_NAME = 40
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_STYLES = {"complete": "", "partial": "yellow", "interrupted": "yellow", "running": "green"}
_VERDICT_STYLES = {"better": "green", "worse": "red"}


def runs_text(runs: Sequence[StoredRun], facts: StoreFacts, view: View, now: datetime) -> str:
    """Return the list as a table that fits the width; ``runs`` are shown in their order, the newest first.

    ``now`` (with a time zone) decides whether a year is shown; times are those of its zone.
    """
    if not runs:
        return f"No runs yet: compare fit and bench keep theirs in {brief(str(facts.path))}\n"
    more = f"{len(runs)} of {facts.runs} runs" if len(runs) < facts.runs else counted(facts.runs, "run")
    foot = f"{more}, {counted(facts.fits, 'fit')}, {units.size(facts.size)} in {facts.path}"
    return text_page([[_runs_table(runs, view, now)], [Line(foot, "quiet")]], view)


def _runs_table(runs: Sequence[StoredRun], view: View, now: datetime) -> Table:
    """Return a row a run. Where it is narrow, data sets, models and verdicts are cut."""
    size, models = shortest_ids(runs), view.width >= MODELS_FROM
    headings = [Heading("Run"), Heading("When"), Heading("What", give_way=True, most=view.width * 2 // 5)]
    headings += [Heading("Models", give_way=True, most=view.width // 5)] if models else []
    headings += [Heading("Status"), Heading("Verdict", give_way=True)]
    rows = [
        (
            run.id[:size],
            when(run.started, now),
            what(run),
            *([", ".join(run.models)] if models else []),
            run.status,
            run.verdict,
        )
        for run in runs
    ]
    return Table(headings, rows, [_STYLES.get(run.status, "red") for run in runs])


def shortest_ids(runs: Sequence[StoredRun]) -> int:
    """Return how many characters of their ids tell these runs apart, at least 6."""
    size = SHORTEST_ID
    while len({run.id[:size] for run in runs}) < len({run.id for run in runs}):
        size += 1
    return size


def what(run: StoredRun) -> str:
    """Return what a run compared: ``fit moons``, ``bench iris, wine``, ``bench 17 data sets``."""
    many = len(run.datasets) > MANY
    return f"{run.command} {counted(len(run.datasets), 'data set') if many else ', '.join(run.datasets)}"


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
    rows = [
        asdict(run) | {"datasets": "; ".join(run.datasets), "models": "; ".join(run.models)} for run in runs
    ]
    return csv_page(rows, [field.name for field in fields(StoredRun)])


def pruned_text(pruned: Pruned, *, dry_run: bool) -> str:
    """Return what pruning did, or would do, in a sentence."""
    gone = f"{counted(pruned.runs, 'run')} and {counted(pruned.fits, 'fit')}"
    left = f"{counted(pruned.runs_left, 'run')} and {counted(pruned.fits_left, 'fit')}"
    if dry_run:
        return f"Would delete {gone} (about {units.size(pruned.freed)}); {left} would stay.\n"
    return f"Deleted {gone}, {units.size(pruned.freed)} freed; {left} stay.\n"


def diff_text(diff: RunsDiff, view: View, now: datetime) -> str:
    """Return a table for each data set: old and new score, difference with its interval, verdict."""
    runs = (("old", diff.old), ("new", diff.new))
    about = [f"{which}  {run.id}  {when(run.started, now)}  {what(run)}" for which, run in runs]
    blocks: list[Block] = [[Line(shortened(printable(line), view.width)) for line in about]]
    for part in diff.datasets:
        blocks += _diff_blocks(part)
    for which, names in (("old", diff.only_old), ("new", diff.only_new)):
        blocks += [[Line(f"Only in the {which} run: {', '.join(names)}")]] if names else []
    return text_page(blocks, view)


def diff_json(diff: RunsDiff) -> str:
    """Return the differences as one JSON document; scores are in units of the metric."""
    return json.dumps(asdict(diff), indent=2) + "\n"


def _diff_blocks(part: DatasetDiff) -> Iterator[Block]:
    how = {
        "paired": f"paired over {part.folds} folds × {counted(part.repeats, 'repeat')}",
        "unpaired": f"not paired: {part.reason}",
        "not comparable": f"not comparable: {part.reason}",
    }[part.how]
    yield [Line(f"{shortened(printable(part.dataset), LONGEST_NAME)}: {part.metric}; {how}", "title")]
    metric = Metric(part.metric, part.metric, "", rate=part.rate)
    unit = " %" if part.rate else ""
    headings = [
        Heading("Model", give_way=True),
        Heading(f"Old{unit}", "right"),
        Heading(f"New{unit}", "right"),
        Heading("Difference", "right"),
        Heading("95 %"),
        Heading("Verdict on new"),
    ]
    rows = [_diff_row(model, metric) for model in part.models]
    table = Table(headings, rows, [_VERDICT_STYLES.get(model.verdict or "", "") for model in part.models])
    lower = Line("Lower is better; a difference above 0 is an improvement.", "quiet")
    yield [table] if part.higher_is_better else [table, lower]


def _diff_row(model: ModelDiff, metric: Metric) -> tuple[str, ...]:
    verdict: str = model.verdict or ("only in old" if model.new is None else "only in new")
    return (
        model.model,
        units.score(model.old, metric),
        units.score(model.new, metric),
        "" if model.delta is None else units.signed(model.delta, metric),
        units.interval(model.delta_low, model.delta_high, lambda bound: units.signed(bound, metric)),
        verdict,
    )
