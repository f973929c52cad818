"""The formats of a result: a new one is one entry of `FORMATS`. Rows of CSV, and JUnit XML, are made here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compare_cli.types import Bench

if TYPE_CHECKING:
    from compare_cli.report.table import Block, View
    from compare_cli.types import Comparison, Fit, ModelSummary, Result

MARKDOWN_ROOM = 120
CSV_FIELDS = (
    "fit_seconds", "fit_cpu_seconds", "predict_seconds", "prepare_seconds", "predict_rows_per_second",
    "size_bytes",
    "p_best", "p_best_shrunk", "p_best_low", "p_best_high", "in_top_set", "beats_baseline",
)  # fmt: skip


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
    from compare_cli.report.pages import comparison_page, curve_page

    if isinstance(result, Bench):
        return bench_blocks(result, view)
    page = curve_page if result.command == "curve" else comparison_page
    return page(result, result.run, view)


def _table(result: Result, view: View) -> str:
    from compare_cli.report.table import text_page

    return text_page(blocks_of(result, view), view)


def _markdown(result: Result, view: View) -> str:
    from compare_cli.report.table import View, markdown_page

    whole = View(MARKDOWN_ROOM, baseline=view.baseline, whole=True, details=view.details)
    return markdown_page(blocks_of(result, whole))


def _csv(result: Result, view: View) -> str:
    from compare_cli.report.table import csv_page

    if isinstance(result, Bench):
        return csv_page([*_bench_csv_rows(result, view.baseline)])
    return csv_page(_csv_rows(result))


def _csv_rows(comparison: Comparison) -> list[dict[str, object]]:
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
    return row | {name: getattr(model, name) for name in CSV_FIELDS}


def _bench_csv_rows(bench: Bench, baseline: str | None) -> Iterator[dict[str, object]]:
    """Yield a row for each data set and model.

    ``baseline`` and ``against_baseline`` are the cell of the matrix: whom the model is held against there,
    and the verdict of that pair. What all data sets say together is repeated in every row of the model
    (``across_…``); empty for models that are outside the ranks.
    """
    from compare_cli.report.across import RANK_COLUMNS, make_matrix

    matrix = make_matrix(bench, baseline)
    ranks = {m.model: m for m in bench.across.models}
    for at, comparison in enumerate(bench.datasets):
        marks = () if matrix is None else zip(matrix.models[1:], matrix.rows[at][1:], strict=True)
        verdicts = dict(marks)
        for row in _csv_rows(comparison):
            model = str(row["model"])
            row["baseline"] = matrix.against if matrix is not None and model in verdicts else ""
            row["against_baseline"] = verdicts[model].verdict if model in verdicts else ""
            for column in RANK_COLUMNS:
                row[f"across_{column.name}"] = getattr(ranks.get(model), column.name, None)
            yield row


def _html(result: Result, view: View) -> str:
    from compare_cli.report.html import html_page

    return html_page(result, view)


def _junit(result: Result, view: View) -> str:
    return junit_page(f"compare {result.command}", view.checks, result.run.seconds, result.verdict.sentence)


def junit_page(suite: str, checks: Mapping[str, str], seconds: float = 0.0, said: str = "") -> str:
    """Return a suite with a test for each check, which failed where there is a reason (not "").

    ``said`` is what the whole says, in the suite's output.
    """
    from xml.etree import ElementTree

    from compare_cli.report.escaping import brief

    counts = {"tests": str(len(checks)), "failures": str(sum(map(bool, checks.values()))), "errors": "0"}
    root = ElementTree.Element("testsuites", counts)
    tests = ElementTree.SubElement(
        root, "testsuite", {"name": suite, **counts, "skipped": "0", "time": f"{seconds:.3f}"}
    )
    for name, why in checks.items():
        case = ElementTree.SubElement(
            tests, "testcase", {"classname": suite, "name": brief(name), "time": "0"}
        )
        if why:
            failure = ElementTree.SubElement(case, "failure", {"message": brief(why), "type": "gate"})
            failure.text = brief(why)
    if said:
        ElementTree.SubElement(tests, "system-out").text = brief(said)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"  # without a declaration it is UTF-8


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
