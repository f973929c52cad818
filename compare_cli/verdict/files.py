"""Results that were written before, and tables of scores from elsewhere, read as values again."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compare_cli import __version__
from compare_cli.document import read_document
from compare_cli.engine.runs import Clock, environment
from compare_cli.errors import DataError, UsageError, nearest
from compare_cli.metrics import METRICS, metric_named
from compare_cli.models.families import BASELINE
from compare_cli.types import (
    Bench,
    DatasetSummary,
    Fit,
    ModelSummary,
    Protocol,
    ReadInfo,
    Run,
    SingleComparison,
    Verdict,
    parts_as_singles,
)
from compare_cli.verdict.fits import Criterion
from compare_cli.verdict.intervals import score_interval

Floats = NDArray[np.float64]
Cell = tuple[str, str]  # repeat and fold, as written in the table
Cells = dict[str, dict[Cell, tuple[float, int]]]  # model → (repeat, fold) → score and row of one data set

SCORE_KEYS = ("model", "fold", "repeat", "dataset")
MISSING = {"", "na", "nan", "null", "none"}


def load(path: Path, criterion: Criterion) -> list[SingleComparison]:
    """Return the comparisons of a result document (fit, bench or verdict), or of a CSV of scores.

    Raises DataError when the file is neither, and UsageError when it has no such metric.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error
    if text.lstrip()[:1] in {b"{", b"["}:
        result = read_document(_last_line_if_ndjson(text), str(path))
        return parts_as_singles(result) if isinstance(result, Bench) else [result]
    return _from_scores(text, path, criterion)


def _last_line_if_ndjson(text: bytes) -> bytes:
    """A stream of fits ends with the whole document."""
    lines = text.strip().splitlines()
    return lines[-1] if len(lines) > 1 and lines[0].rstrip().endswith(b"}") else text


def _from_scores(text: bytes, path: Path, criterion: Criterion) -> list[SingleComparison]:
    try:
        rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: neither a compare result nor a CSV of scores ({error}).") from error
    if not rows:
        raise DataError(f"{path}: no scores; give a CSV with the columns model, fold and a score.")
    names = [name for name in rows[0] if name and name not in SCORE_KEYS]
    metric = _score_column(names, criterion.metric, path)
    clean = [{name: value or "" for name, value in row.items() if isinstance(name, str)} for row in rows]
    tables = arrays_from_rows(clean, metric=metric, source=str(path))
    digest = hashlib.sha256(text).hexdigest()
    return [_scores_comparison(table, metric, path, f"sha256:{digest}", criterion) for table in tables]


def _score_column(names: Sequence[str], asked: str | None, path: Path) -> str:
    if asked is not None and asked not in names:
        raise UsageError(f"--metric {asked}: {path} has no such column.{nearest(asked, names)}")
    if asked is not None:
        return asked
    if len(names) == 1 or "accuracy" in names:
        return "accuracy" if "accuracy" in names else names[0]
    told = ", ".join(names) if names else "none"
    raise UsageError(f"{path}: which column is the score? Say it with --metric (there: {told}).")


def _scores_comparison(
    table: ScoreTable, metric: str, path: Path, digest: str, criterion: Criterion
) -> SingleComparison:
    """Return scores from elsewhere in the form of a comparison: what nobody knows of it is None or empty."""
    fits = tuple(
        _fit_of(name, (r, k), metric, None if np.isnan(value) else float(value))
        for name, scores in table.scores.items()
        for (r, k), value in np.ndenumerate(scores)
    )
    repeats, folds = next(iter(table.scores.values())).shape
    return SingleComparison(
        command="verdict",
        run=_run_now(),
        environment=environment(),
        dataset=DatasetSummary(
            name=table.dataset or path.stem,
            source=str(path),
            fingerprint=digest,
            rows=criterion.rows,
            test_rows=None,
            columns=0,
            features=0,
            numeric=0,
            categorical=0,
            target="",
            classes=(),
            class_counts=(),
            majority_rate=None,
            missing_cells=0,
            dropped=(),
            read=ReadInfo(),
        ),
        protocol=Protocol("stratified", folds, repeats, metric, None, digest),
        models=tuple(_bare_model(name, scores, metric) for name, scores in table.scores.items()),
        pairs=(),
        verdict=Verdict("none"),
        notes=(),
        fits=fits,
    )


def _fit_of(model: str, place: tuple[int, int], metric: str, score: float | None) -> Fit:
    scores = {} if metric == "accuracy" else {metric: score}
    accuracy = score if metric == "accuracy" else None
    return Fit(model, *place, "failed" if score is None else "ok", accuracy, scores)


def _run_now() -> Run:
    """A run that fitted nothing."""
    clock = Clock()
    return Run(clock.id, clock.started, 0.0, 0.0, "complete", 0, 1, "none", __version__, 0, 0, 0)


def _bare_model(name: str, scores: Floats, metric: str) -> ModelSummary:
    present = np.isfinite(scores)
    mean = float(np.nanmean(scores)) if present.any() else None
    interval = score_interval(scores, bounds=_bounds(metric, scores))
    low, high = interval if interval is not None and metric == "accuracy" else (None, None)
    status = "ok" if present.all() else "partial" if present.any() else "failed"
    return ModelSummary(
        model=name,
        family=name,
        spec=name,
        params={},
        status=status,  # type: ignore[arg-type]  # one of the three, spelt out above
        rank=None,
        accuracy=mean if metric == "accuracy" else None,
        accuracy_low=low,
        accuracy_high=high,
        scores={} if metric == "accuracy" else {metric: mean},
        score_intervals={} if metric == "accuracy" else {metric: interval},
        fit_seconds=None,
        fit_cpu_seconds=None,
        predict_seconds=None,
        prepare_seconds=None,
        predict_rows_per_second=None,
        size_bytes=None,
        confusion=None,
    )


def _bounds(metric: str, scores: Floats) -> tuple[float, float]:
    """The range of a score; endless where scores from elsewhere lie outside that of their name."""
    low, high = metric_named(metric).bounds
    return (-inf, inf) if ((scores < low) | (scores > high)).any() else (low, high)


def merge(comparisons: Sequence[SingleComparison]) -> list[SingleComparison]:
    """Join comparisons of the same data on the same splits into one each; others stay apart.

    Raises DataError when a model is in two of those that belong together.
    """
    together: dict[tuple[str, str, str], SingleComparison] = {}
    for comparison in comparisons:
        key = (comparison.dataset.name, comparison.dataset.fingerprint, comparison.protocol.splits_digest)
        together[key] = _joined(together[key], comparison) if key in together else comparison
    return list(together.values())


def _joined(one: SingleComparison, other: SingleComparison) -> SingleComparison:
    baseline = {m.model for m in one.models if m.family == BASELINE}
    new = [m for m in other.models if m.model not in baseline]
    twice = {m.model for m in one.models} & {m.model for m in new}
    if twice:
        raise DataError(f"{one.dataset.name}: model {min(twice)!r} is in two of the results; give it once.")
    names = {m.model for m in new}
    fits = (*one.fits, *(f for f in other.fits if f.model in names))
    return replace(one, models=(*one.models, *new), pairs=(*one.pairs, *other.pairs), fits=fits)


@dataclass(frozen=True)
class ScoreTable:
    """Paired scores of one data set: models in order of appearance → (repeats, folds), NaN where empty."""

    dataset: str
    scores: Mapping[str, Floats]


def arrays_from_rows(
    rows: Iterable[Mapping[str, str]], *, metric: str, source: str = "scores"
) -> list[ScoreTable]:
    """Return one table of paired scores per data set, in order of appearance.

    ``rows`` are mappings from column names to text, one per model and fold, as `csv.DictReader` gives them;
    the column ``metric`` has the score, an empty one (also NA, NaN, null) means that the fit failed. The
    columns repeat and dataset may be absent: one repeat, one data set. Folds and repeats may have any names;
    numbers are put in order of size.

    A missing column is a UsageError; a score that is no number, a fold given twice, or folds that differ
    between models (scores that are not paired) are a DataError that names ``source`` and the row, counted
    from 1 below the header.
    """
    tables: dict[str, Cells] = {}
    line = 0
    for line, row in enumerate(rows, start=1):
        for needed in ("model", "fold", metric):
            if needed not in row:
                raise UsageError(f"{source} has no column {needed!r}.{nearest(needed, row)}")
        cells = tables.setdefault(row.get("dataset") or "", {})
        cell = (row.get("repeat") or "", row["fold"])
        of_model = cells.setdefault(row["model"], {})
        if cell in of_model:
            raise DataError(
                f"{source}, row {line}: {row['model']} has {_told(cell)} twice "
                f"(also in row {of_model[cell][1]}); keep one, or add a column for the repeat or data set."
            )
        of_model[cell] = (_score(row[metric], metric, f"{source}, row {line}"), line)
    if not line:
        raise DataError(f"{source} has no rows; give one row per model and fold.")
    return [_paired(name, cells, source) for name, cells in tables.items()]


def _score(text: str, metric: str, where: str) -> float:
    """The score of one cell; NaN where it is empty."""
    if text.strip().casefold() in MISSING:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("inf")
    if not np.isfinite(value):
        raise DataError(
            f"{where}, column {metric!r}: {text!r} is not a number; leave it empty if the fit failed."
        )
    low, high = METRICS[metric].bounds if metric in METRICS else (-np.inf, np.inf)
    if not low <= value <= high:
        raise DataError(
            f"{where}, column {metric!r}: {text.strip()} lies outside {low:g} to {high:g}; write rates as "
            "shares of 1, or give the column another name."
        )
    return value


def _paired(name: str, table: Cells, source: str) -> ScoreTable:
    """The arrays of one data set, after a check that all models have the same folds."""
    where = f"{source}, data set {name!r}" if name else source
    everywhere = sorted({cell for cells in table.values() for cell in cells}, key=_order)
    for model, cells in table.items():
        lacking = [cell for cell in everywhere if cell not in cells]
        if lacking:
            raise DataError(
                f"{where}: {model} has no row for {_told(lacking[0])}; scores must be paired: one row per "
                "model and fold, with an empty score where the fit failed."
            )
    repeats = list(dict.fromkeys(cell[0] for cell in everywhere))
    per_repeat = {r: [cell for cell in everywhere if cell[0] == r] for r in repeats}
    if len({len(cells) for cells in per_repeat.values()}) > 1:
        counts = ", ".join(f"{r}: {len(cells)}" for r, cells in per_repeat.items())
        raise DataError(f"{where}: every repeat needs the same number of folds, found {counts}.")
    if len(everywhere) < 2:
        raise DataError(f"{where} has a single fold; at least 2 are needed to see how much scores vary.")
    scores = {
        model: np.array([[cells[cell][0] for cell in per_repeat[r]] for r in repeats])
        for model, cells in table.items()
    }
    return ScoreTable(name, scores)


def _order(cell: Cell) -> tuple[tuple[bool, float, str], ...]:
    """Numbers by size, then names by letter."""
    return tuple((not _is_number(text), float(text) if _is_number(text) else 0.0, text) for text in cell)


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _told(cell: Cell) -> str:
    """``fold 3`` or ``repeat 1, fold 3``."""
    repeat, fold = cell
    return f"repeat {repeat}, fold {fold}" if repeat else f"fold {fold}"
