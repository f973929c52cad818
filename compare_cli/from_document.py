"""A result document as values again: what `document` writes, read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from compare_cli.across_types import Across, AcrossPair, AcrossVerdict, ModelRank
from compare_cli.document import BenchDocument, BenchPart, FitDocument, NotePart, ResultPart
from compare_cli.document_across import AcrossPart
from compare_cli.types import (
    Bench,
    Comparison,
    DatasetSummary,
    DroppedColumn,
    Environment,
    Failure,
    FitResult,
    ModelSummary,
    Note,
    PairVerdict,
    Protocol,
    ReadInfo,
    Run,
    Verdict,
)


def result_of(document: FitDocument | BenchDocument) -> Comparison | Bench:
    """Return the result that a document tells. Arrays of single rows are not in it."""
    run = Run(**_fields(document.run, Run))
    environment = Environment(**_fields(document.environment, Environment))
    if isinstance(document, FitDocument):
        return _comparison(document, run, environment)
    datasets = tuple(_comparison(part, _run_of(part, run), environment) for part in document.datasets)
    return Bench(run, environment, datasets, _across(document.across), _notes(document.notes))


def _across(part: AcrossPart) -> Across:
    return Across(
        models=tuple(ModelRank(**_fields(m, ModelRank)) for m in part.models),
        verdict=AcrossVerdict(**_fields(part.verdict, AcrossVerdict)),
        pairs=tuple(AcrossPair(**_fields(p, AcrossPair)) for p in part.pairs),
        friedman_p=part.friedman_p,
        critical_difference=part.critical_difference,
        datasets=part.datasets or 0,
        rank_groups=tuple(tuple(group) for group in part.rank_groups),
    )


def _run_of(part: BenchPart, whole: Run) -> Run:
    """Return what a bench's run was for one of its data sets."""
    there = [fit for fit in part.fits if fit.status != "skipped"]
    return replace(
        whole,
        status=part.status,
        seconds=part.seconds or 0.0,
        fits_run=sum(not fit.reused for fit in there),
        fits_reused=sum(fit.reused for fit in there),
        fits_failed=sum(fit.status != "ok" for fit in there),
    )


def _notes(parts: Sequence[NotePart]) -> tuple[Note, ...]:
    return tuple(Note(n.code, n.level, n.message, n.hint) for n in parts)


def _fields(part: Any, kind: type[Any]) -> dict[str, Any]:
    """The values of a document's part that a type of ours has too."""
    return {name: getattr(part, name) for name in kind.__dataclass_fields__ if hasattr(part, name)}


def _comparison(part: ResultPart, run: Run, environment: Environment) -> Comparison:
    dataset = _fields(part.dataset, DatasetSummary)
    dataset["dropped"] = tuple(DroppedColumn(d.column, d.reason) for d in part.dataset.dropped)
    dataset["read"] = ReadInfo(**_fields(part.dataset.read, ReadInfo))
    for name in ("classes", "class_counts"):
        dataset[name] = tuple(dataset[name])
    return Comparison(
        command=part.command,
        run=run,
        environment=environment,
        dataset=DatasetSummary(**dataset),
        protocol=Protocol(**_fields(part.protocol, Protocol)),
        models=tuple(_model(m) for m in part.models),
        pairs=tuple(PairVerdict(**_fields(p, PairVerdict)) for p in part.pairs),
        verdict=Verdict(**_fields(part.verdict, Verdict)),
        notes=_notes(part.notes),
        fits=tuple(_fit(f) for f in part.fits),
    )


def _model(part: Any) -> ModelSummary:
    facts = _fields(part, ModelSummary)
    accuracy = None if part.accuracy_low is None else (part.accuracy_low, part.accuracy_high)
    facts["scores"] = {"accuracy": part.accuracy, **part.scores}
    facts["score_intervals"] = {"accuracy": accuracy, **part.score_intervals}
    facts["failures"] = tuple(Failure(**_fields(f, Failure)) for f in part.failures)
    return ModelSummary(**facts)


def _fit(part: Any) -> FitResult:
    facts = _fields(part, FitResult)
    kind, _, message = (part.error or "").partition(": ")
    facts |= {"scores": {"accuracy": part.accuracy, **part.scores}, "error": message, "error_kind": kind}
    return FitResult(key="", **facts)
