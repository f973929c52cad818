"""The registry of output formats: a new one is one entry here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare_cli.report.table import Block, View
    from compare_cli.types import Fit, Result

MARKDOWN_ROOM = 120


@dataclass(frozen=True)
class Renderer:
    """Turns a result into text; ``line`` does it for one fit, where the format streams.

    ``pictures`` says that it shows the view's pictures.
    """

    text: Callable[[Result, View], str]
    suffixes: tuple[str, ...]
    line: Callable[[str, Fit], str] | None = None
    pictures: bool = False


def fits_of(result: Result) -> Iterator[tuple[str, Fit]]:
    """Yield every fit of a result with the name of its data set."""
    for comparison in result.datasets:
        for fit in comparison.fits:
            yield comparison.dataset.name, fit


def blocks_of(result: Result, view: View) -> Iterable[Block]:
    """Return what is shown of a result: its tables and lines, block by block."""
    from compare_cli.report.across import bench_blocks
    from compare_cli.report.classes import comparison_page
    from compare_cli.types import Bench

    if isinstance(result, Bench):
        return bench_blocks(result, view)
    if result.command == "curve":
        from compare_cli.report.curve import curve_page

        return curve_page(result, result.run, view)
    return comparison_page(result, result.run, view)


def _table(result: Result, view: View) -> str:
    from compare_cli.report.table import text_page

    return text_page(blocks_of(result, view), view)


def _markdown(result: Result, view: View) -> str:
    from compare_cli.report.table import View, markdown_page

    whole = View(MARKDOWN_ROOM, baseline=view.baseline, whole=True, details=view.details)
    return markdown_page(blocks_of(result, whole))


def _csv(result: Result, view: View) -> str:
    from compare_cli.report.rows import bench_csv_rows, csv_rows
    from compare_cli.report.table import csv_page
    from compare_cli.types import Bench

    if isinstance(result, Bench):
        return csv_page([*bench_csv_rows(result, view.baseline)])
    return csv_page(csv_rows(result))


def _html(result: Result, view: View) -> str:
    from compare_cli.report.html import html_page

    return html_page(result, view)


def _junit(result: Result, view: View) -> str:
    from compare_cli.report.junit import junit_page

    return junit_page(f"compare {result.command}", view.checks, result.run.seconds, result.verdict.sentence)


def _code(result: Any, view: View) -> str:
    from compare_cli.errors import UsageError

    if not hasattr(result, "code"):
        raise UsageError("--code writes a script for one data set: use compare fit.")
    return str(result.code())


def _json(result: Result, view: View) -> str:
    from compare_cli.document import to_json

    return to_json(result) + "\n"


def _ndjson(result: Result, view: View) -> str:
    return json.dumps({"type": "comparison", **json.loads(_json(result, view))}, ensure_ascii=False) + "\n"


def _ndjson_line(dataset: str, fit: Fit) -> str:
    from compare_cli.document import to_json

    facts = json.loads(to_json(fit, indent=None))
    return json.dumps({"type": "fit", "dataset": dataset, **facts}, ensure_ascii=False) + "\n"


FORMATS: dict[str, Renderer] = {
    "table": Renderer(_table, (".txt",)),
    "json": Renderer(_json, (".json",)),
    "ndjson": Renderer(_ndjson, (".ndjson", ".jsonl"), _ndjson_line),
    "csv": Renderer(_csv, (".csv",)),
    "html": Renderer(_html, (".html", ".htm"), pictures=True),
    "markdown": Renderer(_markdown, (".md", ".markdown")),
    "code": Renderer(_code, (".py",)),
    "junit": Renderer(_junit, (".xml",)),
}
