"""Results as CSV (one row a model, raw numbers) and as Markdown (the table and the verdict)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from compare_cli.report.columns import Facts, choose_columns
from compare_cli.report.escaping import markdown, printable
from compare_cli.report.reused import reused_line
from compare_cli.report.text import heading, protocol_line
from compare_cli.types import Comparison, ModelSummary, Run, SingleComparison

MARKDOWN_ROOM = 120
_FIELDS = (
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


def comparison_csv(comparison: Comparison) -> str:
    """Return one row per model, with the names and units of the JSON document (RFC 4180)."""
    return csv_text(comparison_rows(comparison))


def comparison_rows(comparison: Comparison) -> list[dict[str, object]]:
    """Return each model's numbers as a flat dict; an absent number is an empty string."""
    return [_flat(comparison, model) for model in comparison.models]


def _flat(comparison: Comparison, model: ModelSummary) -> dict[str, object]:
    row: dict[str, object] = {
        "dataset": comparison.dataset.name,
        "model": model.model,
        "status": model.status,
        "rank": model.rank,
        "accuracy": model.accuracy,
        "accuracy_low": model.accuracy_low,
        "accuracy_high": model.accuracy_high,
        **model.scores,
    }
    row |= {name: getattr(model, name) for name in _FIELDS}
    return {name: "" if value is None else _lower(value) for name, value in row.items()}


def _lower(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def csv_text(rows: Sequence[dict[str, object]]) -> str:
    """Return rows as CSV (RFC 4180), with a column for every name that any of them has."""
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _inert(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _inert(value: object) -> object:
    """Keep a name from acting on a terminal, and from being run as a formula by a spreadsheet."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def comparison_markdown(comparison: SingleComparison) -> str:
    """Return heading, table and verdict as Markdown."""
    return "\n".join(comparison_lines(comparison, comparison.run)) + "\n"


def comparison_lines(comparison: Comparison, run: Run) -> Iterator[str]:
    """Yield the lines of one comparison in Markdown."""
    facts = Facts.of(comparison)
    columns = choose_columns(comparison, MARKDOWN_ROOM)
    yield from (f"### {markdown(heading(comparison))}", "", markdown(protocol_line(comparison, run)), "")
    rows = [tuple(column.cell(model, facts) for column in columns) for model in comparison.models]
    yield from markdown_grid([c.title(facts) for c in columns], [c.justify for c in columns], rows)
    reused = reused_line(comparison)
    yield from ("", markdown(reused)) if reused else ()
    yield from ("", f"**{markdown(comparison.verdict.sentence)}**", "")
    yield from (f"- {markdown(reason)}" for reason in comparison.verdict.because)


def markdown_grid(
    titles: Sequence[str], justify: Sequence[str], rows: Iterable[Sequence[str]]
) -> Iterator[str]:
    """Yield a table in Markdown, its cells escaped."""
    yield f"| {' | '.join(markdown(title) for title in titles)} |"
    yield f"|{'|'.join('---:' if side == 'right' else '---' for side in justify)}|"
    yield from (f"| {' | '.join(markdown(cell) for cell in row)} |" for row in rows)
