"""Two runs beside each other: for people, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from compare_cli.report import units
from compare_cli.report.escaping import printable, shortened
from compare_cli.report.grid import GridColumn, grid, styled
from compare_cli.report.runs_list import what, when
from compare_cli.report.view import View
from compare_cli.runs import DatasetDiff, ModelDiff, RunsDiff

NAME_WIDTH = 34
LONGEST_NAME = 40
_STYLES = {"better": "green", "worse": "red"}


def diff_text(diff: RunsDiff, view: View, now: datetime) -> str:
    """Return a table for each data set: old and new score, difference with its interval, verdict."""
    lines = []
    for title, run in (("old", diff.old), ("new", diff.new)):
        about = f"{title}  {run.id}  {when(run.started, now)}  {what(run)}"
        lines.append(shortened(printable(about), view.width))
    told = [line + "\n" for line in lines]
    told += [text for part in diff.datasets for text in _dataset_texts(part, view)]
    told += [f"\n{line}\n" for line in _alone(diff)]
    return "".join(told)


def diff_json(diff: RunsDiff) -> str:
    """Return the differences as one JSON document; scores are in units of the metric."""
    return json.dumps(asdict(diff), indent=2) + "\n"


def _dataset_texts(part: DatasetDiff, view: View) -> Iterator[str]:
    name = shortened(printable(part.dataset), LONGEST_NAME)
    how = {
        "paired": f"paired over {part.folds} folds × {part.repeats} repeat{'' if part.repeats == 1 else 's'}",
        "unpaired": f"not paired: {part.reason}",
        "not comparable": f"not comparable: {part.reason}",
    }[part.how]
    yield f"\n{styled(f'{name}: {printable(part.metric)}', 'bold', color=view.color)}; {how}\n\n"
    unit = " %" if part.rate else ""
    columns = [
        GridColumn("Model", NAME_WIDTH),
        GridColumn(f"Old{unit}", justify="right"),
        GridColumn(f"New{unit}", justify="right"),
        GridColumn("Difference", justify="right"),
        GridColumn("95 %"),
        GridColumn("Verdict on new"),
    ]
    rows = [_row(model, part) for model in part.models]
    styles = [_STYLES.get(model.verdict or "", "") for model in part.models]
    yield grid(columns, rows, styles, color=view.color)
    if not part.higher_is_better:
        yield styled("Lower is better; a difference above 0 is an improvement.", "dim", color=view.color)
        yield "\n"


def _row(model: ModelDiff, part: DatasetDiff) -> tuple[str, ...]:
    verdict: str = model.verdict or ("only in old" if model.new is None else "only in new")
    interval = ""
    if model.delta_low is not None and model.delta_high is not None:
        interval = f"[{_signed(model.delta_low, part)}, {_signed(model.delta_high, part)}]"
    difference = "" if model.delta is None else _signed(model.delta, part)
    return (model.model, _score(model.old, part), _score(model.new, part), difference, interval, verdict)


def _score(value: float | None, part: DatasetDiff) -> str:
    return units.percent(value) if part.rate else units.plain(value)


def _signed(value: float, part: DatasetDiff) -> str:
    """Return a difference with its sign, in points for rates; 0 has none."""
    text = f"{100 * value:+.1f}" if part.rate else f"{value:+.3f}"
    return text.replace("-", "−") if float(text) else text[1:]


def _alone(diff: RunsDiff) -> Iterator[str]:
    for which, names in (("old", diff.only_old), ("new", diff.only_new)):
        if names:
            yield f"Only in the {which} run: {', '.join(map(printable, names))}"
