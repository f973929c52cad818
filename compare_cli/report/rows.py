"""Results as rows of flat facts, for CSV: names and units are those of the JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compare_cli.report.across import RANK_COLUMNS, Mark, make_matrix
from compare_cli.types import Bench, Comparison, ModelSummary

CSV_FIELDS = (
    "fit_seconds", "fit_cpu_seconds", "predict_seconds", "prepare_seconds", "predict_rows_per_second",
    "size_bytes",
    "p_best", "p_best_shrunk", "p_best_low", "p_best_high", "in_top_set", "beats_baseline",
)  # fmt: skip


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
    return row | {name: getattr(model, name) for name in CSV_FIELDS}


def bench_csv_rows(bench: Bench, baseline: str | None) -> Iterator[dict[str, object]]:
    """Yield a row for each data set and model.

    ``baseline`` and ``against_baseline`` are the cell of the matrix: whom the model is held against there,
    and the verdict of that pair. What all data sets say together is repeated in every row of the model
    (``across_…``); empty for models that are outside the ranks.
    """
    matrix = make_matrix(bench, baseline)
    ranks = {m.model: m for m in bench.across.models}
    for at, comparison in enumerate(bench.datasets):
        verdicts: Mapping[str, Mark] = {}
        if matrix is not None:
            verdicts = dict(zip(matrix.models[1:], matrix.rows[at][1:], strict=True))
        for row in csv_rows(comparison):
            model = str(row["model"])
            row["baseline"] = matrix.against if matrix is not None and model in verdicts else ""
            row["against_baseline"] = verdicts[model].verdict if model in verdicts else ""
            for column in RANK_COLUMNS:
                row[f"across_{column.name}"] = getattr(ranks.get(model), column.name, None)
            yield row
