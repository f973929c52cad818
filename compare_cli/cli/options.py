"""The options that commands share, written once; see `commands.takes` for how a command gets them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from compare_cli.cli import completion
from compare_cli.engine.limits import parse_size
from compare_cli.errors import UsageError, nearest

STORE_DEFAULT = "(default: COMPARE_STORE, else the user's data folder)"


def _panel(name: str | None) -> Callable[..., Any]:
    """Return what makes an option of a panel of the help: its text, its metavar, its names if need be."""

    def option(text: str, metavar: str | None = None, *names: str, **more: Any) -> Any:
        offers = completion.for_metavar(metavar)
        return typer.Option(
            *names, help=text, metavar=metavar, rich_help_panel=name, autocompletion=offers, **more
        )

    return option


option = _panel(None)
_data, _comparison, _boundary = _panel("Data"), _panel("Comparison"), _panel("Boundary")
_running, _output = _panel("Running"), _panel("Output")
StoreOption = Annotated[
    Path | None, option(f"The store. {STORE_DEFAULT}", "FILE", "--store", show_default=False, readable=False)
]
PreferOption = Annotated[
    str | None,
    _comparison(
        "Of models that are as good, recommend the simplest, or for speed one that predicts at least"
        " twice as fast. (default: simple)",
        "simple|speed",
    ),
]
RecommendOption = Annotated[
    str | None, _comparison("Recommend the leader even where a simpler model is as good.", "leader")
]


@dataclass(frozen=True)
class ReadOptions:
    """How tables are read."""

    target: Annotated[
        str | None,
        _data(
            "Column to predict: its name, or its position from 1. (default: a column named like one, else"
            " the last)",
            "COL",
        ),
    ] = None
    groups: Annotated[str | None, _data("Keep rows with the same value here in one fold.", "COL")] = None
    time: Annotated[str | None, _data("Learn from the past, judge on the future, by this column.", "COL")] = (
        None
    )
    drop: Annotated[list[str] | None, _data("Leave out these columns: a,b; may be given again.", "COL")] = (
        None
    )
    classes: Annotated[
        bool, _data("The target's numbers name classes, they are no quantity.", None, "--classes")
    ] = False
    encoding: Annotated[str | None, _data("Encoding of the text, e.g. cp1252. (default: UTF-8)", "NAME")] = (
        None
    )
    delimiter: Annotated[str | None, _data("Delimiter of the columns. (default: found out)", "CHAR")] = None
    quote: Annotated[str | None, _data("Quote of the cells, or none. (default: found out)", "CHAR")] = None
    header: Annotated[
        str | None, _data("Whether rows name the columns, or how many do. (default: found out)", "yes|no|N")
    ] = None
    skip_rows: Annotated[int | None, _data("Lines before the table. (default: found out)", "N")] = None
    decimal: Annotated[
        str | None, _data("Mark before the decimals, . or a comma. (default: found out)", "CHAR")
    ] = None
    max_bytes: Annotated[
        str | None, _data("Read and unpack no more, e.g. 2G. (default: a quarter of the free memory)", "SIZE")
    ] = None
    config: Annotated[
        Path | None,
        option("Options from this file. (default: compare.toml, or tool.compare in pyproject.toml)", "FILE"),
    ] = None
    trust_config: Annotated[
        bool, option("compare.toml or pyproject.toml may name code and clusters.", None, "--trust-config")
    ] = False

    def reading(self) -> dict[str, Any]:
        """Return them as the library's keywords."""
        names = {field.name for field in fields(ReadOptions)} - {"config", "trust_config"}
        given = {name: getattr(self, name) for name in names}
        most = None if self.max_bytes is None else parse_size(self.max_bytes, "--max-bytes")
        return given | {"drop": tuple(self.drop or ()), "header": _header(self.header), "max_bytes": most}


def _header(text: str | None) -> bool | int | None:
    """Return what --header says. Raises UsageError for other words."""
    if text is None or text in {"yes", "no"}:
        return None if text is None else text == "yes"
    if not text.isdecimal():
        raise UsageError(f"--header {text}: give yes, no or a number of rows.")
    return int(text)


@dataclass(frozen=True)
class JudgingOptions(ReadOptions):
    """Which rows are judged, where folds are not asked for."""

    test: Annotated[str | None, _data("Judge on this table; learn from all of DATA.", "FILE")] = None
    test_rows: Annotated[int | None, _data("Judge on the last N rows; learn from those before.", "N")] = None
    split: Annotated[
        str | None, _data("cv: put official test rows (of a folder of IDX files) to the others.", "cv")
    ] = None

    def judging(self) -> dict[str, Any]:
        """Return what says which rows are judged, as the library's keywords."""
        return {"test": self.test, "test_rows": self.test_rows, "split": self.split}


@dataclass(frozen=True)
class OutputOptions:
    """What is shown, and where it goes."""

    format: Annotated[
        str | None,
        _output(
            "table, json, ndjson, csv, markdown, html, code, or junit for --fail-under."
            " (default: by the suffix of -o, else table)",
            "FORMAT",
            "--format",
        ),
    ] = None
    json: Annotated[bool, _output("Short for --format json.", None, "--json")] = False
    output: Annotated[Path | None, _output("Write the result to this file.", "FILE", "-o", "--output")] = None
    quiet: Annotated[bool, _output("No notes and no progress.", None, "--quiet", "-q")] = False
    verbose: Annotated[
        bool,
        _output(
            "Show every column, and the keys that prove reasons; of several data sets also all pairs.",
            None,
            "--verbose",
            "-v",
        ),
    ] = False
    confusion: Annotated[bool, _output("Show what is taken for what.", None, "--confusion")] = False
    per_class: Annotated[bool, _output("Show recall and precision by class.", None, "--per-class")] = False
    calibration: Annotated[
        bool, _output("Show how often probabilities come true.", None, "--calibration")
    ] = False
    debug: Annotated[bool, _output("Show tracebacks of errors and failed fits.", None, "--debug")] = False

    @property
    def details(self) -> tuple[str, ...]:
        """The tables that are asked for beside the verdict."""
        return tuple(name for name in ("confusion", "per_class", "calibration") if getattr(self, name))


def preference(prefer: str | None, recommend: str | None) -> Any:
    """Return simple, speed or leader. Raises UsageError for other words, and for two that disagree."""
    for option, given, known in (
        ("prefer", prefer, ("simple", "speed")),
        ("recommend", recommend, ("leader",)),
    ):
        if given is not None and given not in known:
            raise UsageError(f"--{option} {given}: give {' or '.join(known)}.{nearest(given, known)}")
    if prefer and recommend:
        raise UsageError(f"--prefer {prefer} chooses among models, --recommend leader does not; give one.")
    return recommend or prefer or "simple"


@dataclass(frozen=True)
class CompareOptions(JudgingOptions, OutputOptions):
    """How models are compared, with how data is read and results are shown."""

    models: Annotated[
        str | None,
        _comparison(
            "Models to compare, e.g. 'tree,tree(max_depth=3),svm', or all. (default: logistic,tree,mlp)",
            "LIST",
            *("--models", "-m"),
        ),
    ] = None
    metric: Annotated[str, _comparison("Score that ranks the models.", "METRIC")] = "accuracy"
    samples: Annotated[
        bool | None,
        _comparison(
            "Let samples grow until the case is decided, or use all rows in folds."
            " (default: samples above 50,000 rows)",
            None,
            "--samples/--all-rows",
        ),
    ] = None
    folds: Annotated[int | None, _comparison("Folds. (default: 10 below 2,000 rows, else 5)", "K")] = None
    repeats: Annotated[
        str,
        _comparison(
            "Repeats of the folds; auto: until more would not make it clearer (at most 10).", "R|auto"
        ),
    ] = "auto"
    rope: Annotated[
        float | None,
        _comparison(
            "Difference that does not matter in practice. (default: 0.01, or 1 % of the prior's loss)", "X"
        ),
    ] = None
    balanced: Annotated[
        bool, _comparison("Weigh classes equally, in models that can.", None, "--balanced")
    ] = False
    cost: Annotated[
        str | None,
        _comparison(
            "What errors cost, true:predicted (others 1), e.g. yes:no=5; judge by the mean cost.", "COSTS"
        ),
    ] = None
    seed: Annotated[int, _comparison("Seed of everything random.", "S")] = 0
    jobs: Annotated[
        int | None, _running("Fits side by side. (default: the number of cores)", "N", "--jobs", "-j")
    ] = None
    time_limit: Annotated[
        float | None,
        _running("End a fit that takes longer (prediction and boundary statistics included).", "SECONDS"),
    ] = None
    memory_limit: Annotated[
        str | None, _running("End a fit that takes more memory, e.g. 500M or 2G (Linux).", "SIZE")
    ] = None
    budget: Annotated[
        float | None,
        _running("Start no fit after this time; models share the folds that are done.", "SECONDS"),
    ] = None
    store: Annotated[
        Path | None,
        _running(
            f"Keep every fit in this file, and take from it what is there. {STORE_DEFAULT}",
            "FILE",
            show_default=False,
            readable=False,  # what is wrong with it is a warning, as with COMPARE_STORE
        ),
    ] = None
    no_store: Annotated[bool, _running("Keep nothing, reuse nothing.", None, "--no-store")] = False
    fresh: Annotated[bool, _running("Run every fit, also stored ones.", None, "--fresh")] = False
    cluster: Annotated[
        str | None, _running("Fit on a cluster: dask (a local one), dask://HOST:PORT, or ray.", "WHERE")
    ] = None
    fail_under: Annotated[
        list[str] | None,
        _comparison(
            "Exit 5 unless the recommended model is sure to reach this, e.g. accuracy=0.9.", "METRIC=X"
        ),
    ] = None
    model: Annotated[
        str | None, _comparison("Model that --fail-under looks at. (default: the recommended one)", "MODEL")
    ] = None
    check_leaks: Annotated[
        bool,
        _comparison(
            "Compare again without what makes scores too good (columns, repeated rows, mixed groups).",
            None,
            "--check-leaks",
        ),
    ] = False
    mlflow: Annotated[
        bool, _output("Write parameters, metrics and the JSON to MLflow too.", None, "--mlflow")
    ] = False
    prefer: PreferOption = None
    recommend: RecommendOption = None
    no_boundary: Annotated[bool, _boundary("Leave out boundary statistics.", None, "--no-boundary")] = False
    boundary: Annotated[bool, _boundary("Show all boundary statistics.", None, "--boundary")] = False
    boundary_probes: Annotated[
        int | None,
        _boundary("Boundary points looked at per fit. (default: 60, or 12 where predicting is slow)", "N"),
    ] = None

    def comparing(self) -> Any:
        """Return the library's options. Raises UsageError for values that make no sense."""
        from compare_cli.api import Options

        names = {field.name for field in fields(Options)}
        given = {name: value for name, value in vars(self).items() if name in names}
        given |= {"repeats": _repeats(self.repeats), "store": self._store_path()}
        given |= {"boundary": not self.no_boundary, "prefer": preference(self.prefer, self.recommend)}
        return Options(**given)

    def _store_path(self) -> Path | None:
        from compare_cli.api import default_store

        if self.no_store:
            if self.store is not None or self.fresh:
                raise UsageError("--no-store goes neither with --store nor with --fresh.")
            return None
        return self.store or default_store()


@dataclass(frozen=True)
class FitOptions(CompareOptions):
    """As for one table, with tuning, and what is done with its model."""

    headroom: Annotated[
        bool,
        _comparison(
            "Try 8 configurations of each model on inner folds: would the order of the defaults stand?",
            None,
            "--headroom",
        ),
    ] = False

    code: Annotated[
        bool, _output("Write a scikit-learn script that does the same without compare.", None, "--code")
    ] = False
    save: Annotated[
        Path | None,
        _output("Write the recommended model, fitted on all rows, into this file (for predict).", "FILE"),
    ] = None
    save_model: Annotated[
        str | None, _output("Model that --save writes. (default: the recommended one)", "MODEL")
    ] = None


@dataclass(frozen=True)
class CurveOptions(CompareOptions):
    """As for one table, at growing numbers of training rows."""

    sizes: Annotated[
        str | None,
        option("Numbers of training rows, as 100,1000,10000. (default: each twice the one before)", "LIST"),
    ] = None


@dataclass(frozen=True)
class BenchOptions(CompareOptions):
    """As for one table, but with one repeat: data sets, not repeats, are what a bench learns from."""

    repeats: Annotated[
        str,
        _comparison("Repeats of the folds, or auto as for fit (takes up to ten times as long).", "R|auto"),
    ] = "1"
    baseline: Annotated[
        str | None,
        _comparison(
            "Model that the others are marked against, data set by data set. (default: logistic, else the"
            " best)",
            "MODEL",
        ),
    ] = None

    def comparing(self) -> Any:
        """Return the library's options; with growing samples there are no repeats, whatever is usual."""
        if self.samples and self.repeats == "1":
            return CompareOptions.comparing(replace(self, repeats="auto"))
        return super().comparing()


@dataclass(frozen=True)
class PlotOptions(JudgingOptions):
    """What is drawn, and where it goes, beside how the table is read."""

    models: Annotated[
        str | None, option("Models to draw. (default: logistic,tree,mlp)", "LIST", *("--models", "-m"))
    ] = None
    features: Annotated[
        str | None,
        option(
            "One or two numeric columns to look along, or pca for the first two principal components."
            " (default: what tells the classes apart best)",
            "A,B",
        ),
    ] = None
    row: Annotated[
        int | None,
        option("Hold the other columns at this row, from 1. (default: a typical row)", "ROW", "--slice"),
    ] = None
    seed: Annotated[int, option("Seed of everything random.", "S")] = 0
    output: Annotated[
        Path | None, option("Write a .png, .svg or .html file instead of text.", "FILE", "-o", "--output")
    ] = None
    quiet: Annotated[bool, option("No notes.", None, "--quiet", "-q")] = False
    debug: Annotated[bool, option("Show tracebacks of errors.", None, "--debug")] = False


def _repeats(text: str) -> Any:
    if text == "auto":
        return "auto"
    if not text.isdecimal():
        raise UsageError(f"--repeats {text}: give a whole number or auto.")
    return int(text)
