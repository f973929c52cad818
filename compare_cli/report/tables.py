"""One comparison as a person reads it: models, best first, and the verdict under them; and as CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from compare_cli.models.families import BASELINE
from compare_cli.report.columns import GAP, MARK, NAME_WIDTH, SHORTEST_NAME, Column, fitting, model_columns
from compare_cli.report.escaping import cells, printable, shortened
from compare_cli.report.table import Block, Line, Table
from compare_cli.report.units import counted
from compare_cli.report.view import View
from compare_cli.types import Comparison, ModelSummary, Run

TOP_SET = Line(f"{MARK} top set: the data cannot tell these apart from the best", "legend")
_CSV_FIELDS = (
    "fit_seconds",
    "fit_cpu_seconds",
    "predict_seconds",
    "prepare_seconds",
    "predict_rows_per_second",
    "size_bytes",
    "p_best",
    "in_top_set",
    "beats_baseline",
)


def comparison_blocks(
    comparison: Comparison, run: Run, view: View, *, reasons: bool = True
) -> Iterator[Block]:
    """Yield title, table and verdict; without ``reasons`` the verdict is its sentence alone."""
    yield [Line(heading(comparison), "title"), Line(protocol_line(comparison, run), "quiet")]
    if comparison.models:
        reused = reused_line(comparison)
        yield [models_table(comparison, view), *([Line(reused, "quiet")] if reused else [])]
    verdict = comparison.verdict
    said = [Line(verdict.sentence, "strong")] if verdict.sentence else []
    if reasons:
        said += [Line(reason, "reason") for reason in verdict.because]
        said += [TOP_SET] if marks_a_top_set(comparison) else []
    yield [*said, *_failures(comparison)]


def heading(comparison: Comparison) -> str:
    """Return the data set in one line: name, rows, features, classes, target."""
    d = comparison.dataset
    name = shortened(printable(d.name), 40)
    if d.rows is None:
        return f"{name}: scores from {printable(d.source)}"
    rows = f"{d.rows:,} rows" if d.test_rows is None else f"{d.rows:,} rows, {d.test_rows:,} test rows"
    target = shortened(printable(d.target), 24)
    return f"{name}: {rows}, {counted(d.features, 'feature')}, {len(d.classes)} classes of {target}"


def protocol_line(comparison: Comparison, run: Run) -> str:
    """Return how models were compared, in one line; ``run`` knows the seed."""
    p = comparison.protocol
    times = counted(p.repeats, "repeat")
    how = {
        "stratified": f"{p.folds} stratified folds × {times}",
        "grouped": f"{p.folds} folds by {printable(p.groups or 'group')} × {times}",
        "time": f"{p.folds} folds in time order",
        "test": f"fitted on all rows, judged on the test rows; {counted(p.repeats, 'seed')}",
    }[p.scheme]
    if comparison.command == "verdict":
        return f"{how}; judged by {printable(p.metric)}"
    ended = "" if comparison.status != "interrupted" else "; interrupted"
    reused = f", {comparison.fits_reused} reused" if comparison.fits_reused else ""
    fits = f"{comparison.fits_run} fits{reused} in {comparison.seconds or 0:.1f} s"
    return f"{how}, seed {run.seed}; {fits}{ended}"


def reused_line(comparison: Comparison) -> str:
    """Return how many fits were reused and of which days (local) their times are; "" without any.

    The times of fits that come from the store are from then, not from now.
    """
    fits = [fit for fit in comparison.fits if fit.status != "skipped"]
    reused = [fit for fit in fits if fit.reused]
    if not reused:
        return ""
    days = sorted({_local_day(fit.ran_at) for fit in reused if fit.ran_at})
    which = f"{len(reused):,} of {len(fits):,} fits come" if len(reused) < len(fits) else "All fits come"
    since = f" from {days[0]} to {days[-1]}" if len(days) > 1 else f" from {days[0]}" if days else " older"
    return f"{which} from the store; their times are{since} (--fresh runs them again)."


def _local_day(moment: str) -> str:
    """Return the local day of a time (RFC 3339)."""
    return datetime.fromisoformat(moment).astimezone().date().isoformat()


def models_table(comparison: Comparison, view: View) -> Table:
    """Return the models in order of merit, with the columns that the view wants and has room for."""
    rows = comparison.models
    columns = chosen_columns(comparison, view)
    taken = sum(column.width(rows) + GAP for column in columns if column.name != "model")
    longest = name_room(view, taken)
    return Table(
        [column.heading for column in columns],
        [[_cell(column, row, longest) for column in columns] for row in rows],
        [_style(row, comparison) for row in rows],
    )


def chosen_columns(comparison: Comparison, view: View) -> list[Column[ModelSummary]]:
    """Return the columns for which there is room; all of them where everything is wanted."""
    rows, columns = comparison.models, model_columns(comparison)
    if view.everything:
        return columns
    if view.boundary:
        first = {column.name: at for at, column in enumerate(c for c in columns if c.boundary)}
        columns = [replace(c, priority=0.5 + first[c.name] / 100) if c.boundary else c for c in columns]
    names = min(max(cells(text) for text in ("Model", *(row.model for row in rows))), NAME_WIDTH)
    others = fitting([c for c in columns if c.name != "model"], rows, view.width - names)
    return [column for column in columns if column.name == "model" or column in others]


def name_room(view: View, taken: int) -> int:
    """Return how long names may be beside columns that take so many characters."""
    return NAME_WIDTH if view.everything else min(max(view.width - taken, SHORTEST_NAME), NAME_WIDTH)


def _cell(column: Column[ModelSummary], row: ModelSummary, longest: int) -> str:
    text = printable(column.cell(row))
    return shortened(text, longest) if column.name == "model" else text


def _style(row: ModelSummary, comparison: Comparison) -> str:
    if row.status == "failed":
        return "red"
    if row.model == comparison.verdict.recommended:
        return "bold green"
    return "dim" if row.family == BASELINE else ""


def marks_a_top_set(comparison: Comparison) -> bool:
    """Whether the table marks several models as its top set."""
    return comparison.verdict.status != "none" and sum(bool(m.in_top_set) for m in comparison.models) > 1


def _failures(comparison: Comparison) -> Iterator[Line]:
    """Yield each way in which a model failed, once, with its count."""
    for row in comparison.models:
        ways = Counter((f.kind, f.message) for f in row.failures)
        for (kind, message), count in ways.items():
            all_fits = count == len(row.failures) and row.status == "failed"
            times = "all fits" if all_fits else counted(count, "fit")
            yield Line(f"{row.model}: {times} failed: {kind}: {message}", "failure")


def csv_rows(comparison: Comparison) -> list[dict[str, object]]:
    """Return each model's numbers as a flat dict, with the names and units of the JSON document."""
    return [_csv_row(comparison.dataset.name, model) for model in comparison.models]


def _csv_row(dataset: str, model: ModelSummary) -> dict[str, object]:
    row: dict[str, object] = {
        "dataset": dataset,
        "model": model.model,
        "status": model.status,
        "rank": model.rank,
        "accuracy": model.accuracy,
        "accuracy_low": model.accuracy_low,
        "accuracy_high": model.accuracy_high,
        **model.scores,
    }
    return row | {name: getattr(model, name) for name in _CSV_FIELDS}
