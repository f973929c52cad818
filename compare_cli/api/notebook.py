"""Results as objects: what they show in a notebook, and what can be done with them there."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from compare_cli.errors import UsageError, nearest
from compare_cli.report.files import whole_file
from compare_cli.types import Bench, Dataset, Fit, ModelSummary, Result, SingleComparison

if TYPE_CHECKING:
    import pandas as pd

    from compare_cli.engine.plan import Options

_TIMES = ("fit_seconds", "fit_cpu_seconds", "predict_seconds", "prepare_seconds", "predict_rows_per_second")
_FACTS = ("size_bytes", "p_best", "p_best_low", "p_best_high", "in_top_set", "beats_baseline")
Event = TypeVar("Event")
CARD = 100  # characters of room for the columns of a card


@dataclass(frozen=True)
class Drawing:
    """A picture: a notebook shows it, ``save`` writes it as .svg or .png."""

    svg: bytes
    png: bytes

    def _repr_svg_(self) -> str:
        return self.svg.decode("utf-8")

    def save(self, file: str | Path) -> None:
        """Write the picture into a file of this suffix.

        Raises UsageError for another one, CompareError where the file cannot be written.
        """
        kinds = {".svg": self.svg, ".png": self.png}
        suffix = Path(file).suffix.lower()
        if suffix not in kinds:
            raise UsageError(f"{file}: a picture is written as .svg or .png.")
        with whole_file(Path(file)) as stream:
            stream.write(kinds[suffix])

    def __repr__(self) -> str:
        return f"<Drawing, {len(self.svg):,} bytes of SVG; .save('picture.png') writes it>"


class Shown:
    """What both kinds of results have in common: how they are compared and shown in a notebook."""

    def __eq__(self, other: object) -> bool:
        kind = Bench if isinstance(self, Bench) else SingleComparison
        return isinstance(other, kind) and _values(self) == _values(other)

    __hash__ = None  # type: ignore[assignment] # results hold lists and dictionaries

    def _repr_html_(self) -> str:
        from compare_cli.report.html import html_card
        from compare_cli.report.table import View

        return html_card(self, View(CARD, whole=True))  # type: ignore[arg-type] # a mixin of results


class ComparisonResult(Shown, SingleComparison):
    """The result of `compare`, with the table that it came from at hand where it was made here."""

    _dataset: Dataset | None = None
    _options: Options | None = None

    def __repr__(self) -> str:
        return f"<comparison of {self.dataset.name}: {_told(self, len(self.models), len(self.fits))}>"

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each model, in order of merit, with all that the table says, unrounded."""
        return _indexed([_model_row(m) for m in self.models], ["model"])

    def fits_frame(self) -> pd.DataFrame:
        """Return a row for each fit: model, repeat, fold, scores, times."""
        import pandas as pd

        return pd.DataFrame([_fit_row(fit) for fit in self.fits])

    def plot(self, kind: str = "boundary", **how: Any) -> Drawing:
        """Draw where each model predicts which class (``how`` is as for `plot`: features, row, models).

        "curve" draws how scores grew with training rows, where the result has learning curves.

        Models are fitted once more on the first fold. Raises UsageError without the table, which a result
        that was read has not.
        """
        from compare_cli.plot.drawing import make_picture
        from compare_cli.plot.figure import picture_file

        _known_kind(kind, ("boundary", "curve"))
        if kind == "curve":
            from compare_cli.plot.curve import curve_file

            if not self.curve:
                raise UsageError("plot: there is no curve in this result; compare_cli.curve draws one.")
            return Drawing(curve_file(self, "svg"), curve_file(self, "png"))
        dataset, options = self._table("plot")
        models = how.pop("models", options.models)
        picture = make_picture(dataset, models, seed=options.seed, **how)
        return Drawing(picture_file(picture, "svg"), picture_file(picture, "png"))

    def estimator(self, model: str | None = None) -> Any:
        """Return a model (None: the recommended one, else the first) fitted on all rows.

        It has ``predict`` and ``predict_proba`` for tables with the columns of this one, and answers with
        its labels; of a Pipeline that was given it is a copy. Raises UsageError for a name that is not in the
        result, for a model whose fits all failed, and without the table.
        """
        from compare_cli.engine.final import final_classifier
        from compare_cli.engine.plan import prepare_job

        dataset, options = self._table("estimator")
        name = model or self.verdict.recommended or self.models[0].model
        if name in {m.model for m in self.models if m.status == "failed"}:
            why = next(
                (fit.error for fit in self.fits if fit.model == name and fit.error), "no reason is known"
            )
            raise UsageError(f"{name}: every fit of it failed, so it is not fitted on all rows: {why}")
        return final_classifier(prepare_job(dataset, replace(options, boundary=False)), name)

    def save(self, file: str | Path, model: str | None = None) -> str:
        """Write a model (None: the recommended one), fitted on all rows, into a file; see `saved.save`."""
        from compare_cli.api.saved import save

        return save(self, file, model)

    def code(self) -> str:
        """Return a script of pandas and scikit-learn that compares the same models on the same folds.

        It reads the file, or begins with ``table``, or ``X`` and ``y``, where these were given. Raises
        UsageError, naming it, for what cannot be said in plain scikit-learn, and without the table.
        """
        metric = self.protocol.metric
        found = {m.model: m.accuracy if metric == "accuracy" else m.scores.get(metric) for m in self.models}
        return script(*self._table("code"), self.protocol.repeats, found)

    @property
    def table(self) -> Dataset:
        """The table that was compared on. Raises UsageError for a result that was read."""
        return self._table("table")[0]

    def _table(self, verb: str) -> tuple[Dataset, Options]:
        if self._dataset is None or self._options is None:
            raise UsageError(f"{verb}: the table is not at hand, as this result was read; compare it anew.")
        return self._dataset, self._options


class BenchResult(Shown, Bench):
    """The result of `bench`."""

    def __repr__(self) -> str:
        models = {m.model for c in self.datasets for m in c.models}
        fits = sum(len(c.fits) for c in self.datasets)
        return f"<bench of {len(self.datasets)} data sets: {_told(self, len(models), fits)}>"

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each data set and model, with all that their tables say, unrounded."""
        rows = [{"dataset": c.dataset.name} | _model_row(m) for c in self.datasets for m in c.models]
        return _indexed(rows, ["dataset", "model"])

    def fits_frame(self) -> pd.DataFrame:
        """Return a row for each fit: data set, model, repeat, fold, scores, times."""
        import pandas as pd

        return pd.DataFrame(
            [{"dataset": c.dataset.name} | _fit_row(fit) for c in self.datasets for fit in c.fits]
        )

    def plot(self, kind: str = "ranks") -> Drawing:
        """Draw the mean ranks of the models over the data sets, with bars over those not told apart."""
        from compare_cli.plot.figure import ranks_file

        _known_kind(kind, ("ranks",))
        return Drawing(ranks_file(self, "svg"), ranks_file(self, "png"))


def script(
    dataset: Dataset, options: Options, repeats: int = 1, found: Mapping[str, float | None] | None = None
) -> str:
    """Return the script of a comparison as `ComparisonResult.code` does, before it is made.

    ``found`` are the scores that it names. Raises UsageError for what cannot be said in plain scikit-learn.
    """
    from compare_cli.engine.plan import prepare_job
    from compare_cli.engine.script import comparison_script

    job = prepare_job(dataset, replace(options, boundary=False))
    return comparison_script(job, repeats, found or {})


def comparison_result(
    result: SingleComparison, dataset: Dataset | None = None, options: Options | None = None
) -> ComparisonResult:
    """Return a result with what can be done with it; the table and options that it came from go along."""
    made = ComparisonResult(**_values(result))
    object.__setattr__(made, "_dataset", dataset)
    object.__setattr__(made, "_options", options)
    return made


def bench_result(result: Bench) -> BenchResult:
    """Return a result with what can be done with it."""
    return BenchResult(**_values(result))


def in_hand(result: Result) -> ComparisonResult | BenchResult:
    """Return a result that was read, or judged from scores, with what can be done with it."""
    return bench_result(result) if isinstance(result, Bench) else comparison_result(result)


def followed(events: Iterator[Event]) -> Iterator[Event]:
    """Yield events; in a notebook with ipywidgets progress is drawn below the cell as they come."""
    if not _in_notebook():
        yield from events
        return
    from compare_cli.report.progress import Progress

    progress = Progress(notebook=True)
    try:
        for event in events:
            progress.show(event)
            yield event
    finally:
        progress.close()


def _in_notebook() -> bool:
    """Whether cells of a notebook run this, and rich can draw there."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel") and importlib.util.find_spec("ipywidgets") is not None


def _values(result: Any) -> dict[str, Any]:
    return {field.name: getattr(result, field.name) for field in fields(result)}


def _told(result: SingleComparison | Bench, models: int, fits: int) -> str:
    return f"{result.verdict.sentence} ({models} models, {fits} fits, {result.run.status})"


def _known_kind(kind: str, known: tuple[str, ...]) -> None:
    if kind not in known:
        raise UsageError(
            f"plot: no picture is called {kind!r}.{nearest(kind, known)} There is {', '.join(known)}."
        )


def _indexed(rows: list[dict[str, Any]], names: list[str]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows)
    return frame.set_index(names) if rows else frame


def _model_row(m: ModelSummary) -> dict[str, Any]:
    """Return all numbers of a model, those of its boundary as means over folds."""
    row: dict[str, Any] = {name: getattr(m, name) for name in ("model", "family", "spec", "status", "rank")}
    row |= {name: getattr(m, name) for name in ("accuracy", "accuracy_low", "accuracy_high")}
    row |= dict(m.scores) | {name: getattr(m, name) for name in (*_FACTS, *_TIMES)}
    for name, statistic in (m.boundary or {}).items():
        if isinstance(statistic, Mapping):
            row[name] = statistic.get("mean")
    return row


def _fit_row(fit: Fit) -> dict[str, Any]:
    names = [field.name for field in fields(Fit) if field.name != "scores"]
    row = {name: getattr(fit, name) for name in names}
    at = names.index("accuracy") + 1
    return {**{n: row[n] for n in names[:at]}, **fit.scores, **{n: row[n] for n in names[at:]}}
