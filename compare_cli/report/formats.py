"""The registry of output formats: a new one is one entry here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from compare_cli.report.view import View
from compare_cli.types import Fit, Result, SingleComparison


@dataclass(frozen=True)
class Renderer:
    """Turns a result into text; ``line`` does it for one fit, where the format streams."""

    text: Callable[[Result, View], str]
    suffixes: tuple[str, ...]
    line: Callable[[str, Fit], str] | None = None


def fits_of(result: Result) -> Iterator[tuple[str, Fit]]:
    """Yield every fit of a result with the name of its data set."""
    for comparison in result.datasets:
        for fit in comparison.fits:
            yield comparison.dataset.name, fit


def _table(result: Result, view: View) -> str:
    from compare_cli.report.across_text import bench_text
    from compare_cli.report.text import comparison_text

    return comparison_text(result, view) if isinstance(result, SingleComparison) else bench_text(result, view)


def _json(result: Result, view: View) -> str:
    from compare_cli.document import to_json

    return to_json(result) + "\n"


def _ndjson(result: Result, view: View) -> str:
    return json.dumps({"type": "comparison", **json.loads(_json(result, view))}, ensure_ascii=False) + "\n"


def _ndjson_line(dataset: str, fit: Fit) -> str:
    from compare_cli.document import to_json

    facts = json.loads(to_json(fit, indent=None))
    return json.dumps({"type": "fit", "dataset": dataset, **facts}, ensure_ascii=False) + "\n"


def _csv(result: Result, view: View) -> str:
    from compare_cli.report.across_tables import bench_csv
    from compare_cli.report.tables import comparison_csv

    return comparison_csv(result) if isinstance(result, SingleComparison) else bench_csv(result, view)


def _markdown(result: Result, view: View) -> str:
    from compare_cli.report.across_tables import bench_markdown
    from compare_cli.report.tables import comparison_markdown

    return (
        comparison_markdown(result) if isinstance(result, SingleComparison) else bench_markdown(result, view)
    )


FORMATS: dict[str, Renderer] = {
    "table": Renderer(_table, (".txt",)),
    "json": Renderer(_json, (".json",)),
    "ndjson": Renderer(_ndjson, (".ndjson", ".jsonl"), _ndjson_line),
    "csv": Renderer(_csv, (".csv",)),
    "markdown": Renderer(_markdown, (".md", ".markdown")),
}
