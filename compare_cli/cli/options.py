"""The options that commands share, written once.

A command takes one of the dataclasses below; `takes` spreads its fields into options, so that Typer
sees them and the command gets them as one value.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from compare_cli.errors import UsageError, nearest

_DATA = "Data"
_COMPARISON = "Comparison"
_BOUNDARY = "Boundary"
_RUNNING = "Running"
_OUTPUT = "Output"
STORE_DEFAULT = "(default: COMPARE_STORE, else the user's data folder)"
StoreOption = Annotated[
    Path | None,
    typer.Option("--store", help=f"The store. {STORE_DEFAULT}", metavar="FILE", show_default=False),
]


@dataclass(frozen=True)
class ReadOptions:
    """How tables are read."""

    target: Annotated[
        str | None,
        typer.Option(
            help="Column to predict: its name, or its position from 1."
            " (default: a column named like one, else the last)",
            rich_help_panel=_DATA,
            metavar="COL",
        ),
    ] = None
    groups: Annotated[
        str | None,
        typer.Option(
            help="Keep rows with the same value here in one fold.", rich_help_panel=_DATA, metavar="COL"
        ),
    ] = None
    time: Annotated[
        str | None,
        typer.Option(
            help="Learn from the past, judge on the future, by this column.",
            rich_help_panel=_DATA,
            metavar="COL",
        ),
    ] = None
    drop: Annotated[
        list[str] | None,
        typer.Option(
            help="Leave out these columns: a,b; may be given again.", rich_help_panel=_DATA, metavar="COL"
        ),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(
            help="Encoding of the text, e.g. cp1252. (default: UTF-8)", rich_help_panel=_DATA, metavar="NAME"
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        typer.Option(
            help="Delimiter of the columns. (default: found out)", rich_help_panel=_DATA, metavar="CHAR"
        ),
    ] = None

    def reading(self) -> dict[str, Any]:
        """Return them as the library's keywords."""
        return {
            "target": self.target,
            "groups": self.groups,
            "time": self.time,
            "drop": tuple(self.drop or ()),
            "encoding": self.encoding,
            "delimiter": self.delimiter,
        }


@dataclass(frozen=True)
class OutputOptions:
    """What is shown, and where it goes."""

    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="table, json, ndjson, csv or markdown. (default: by the suffix of -o, else table)",
            rich_help_panel=_OUTPUT,
            metavar="NAME",
        ),
    ] = None
    json: Annotated[
        bool, typer.Option("--json", help="Short for --format json.", rich_help_panel=_OUTPUT)
    ] = False
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Write the result to this file.", rich_help_panel=_OUTPUT, metavar="FILE"
        ),
    ] = None
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No notes and no progress.", rich_help_panel=_OUTPUT)
    ] = False
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Show every column; of several data sets also all pairs and reasons.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show tracebacks of errors and failed fits.", rich_help_panel=_OUTPUT),
    ] = False


PreferOption = Annotated[
    str | None,
    typer.Option(
        "--prefer",
        help="Of models that are as good, recommend the simplest, or for speed one that predicts at least"
        " twice as fast. (default: simple)",
        rich_help_panel=_COMPARISON,
        metavar="simple|speed",
    ),
]
RecommendOption = Annotated[
    str | None,
    typer.Option(
        "--recommend",
        help="Recommend the leader even where a simpler model is as good.",
        rich_help_panel=_COMPARISON,
        metavar="leader",
    ),
]


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
class CompareOptions(ReadOptions, OutputOptions):
    """How models are compared, with how data is read and results are shown."""

    test: Annotated[
        str | None,
        typer.Option(
            help="Judge on this table; learn from all of DATA.", rich_help_panel=_DATA, metavar="FILE"
        ),
    ] = None
    models: Annotated[
        str | None,
        typer.Option(
            "--models",
            "-m",
            help="Models to compare, e.g. 'tree,tree(max_depth=3),svm', or all. (default: logistic,tree,mlp)",
            rich_help_panel=_COMPARISON,
            metavar="LIST",
        ),
    ] = None
    metric: Annotated[
        str, typer.Option(help="Score that ranks the models.", rich_help_panel=_COMPARISON, metavar="NAME")
    ] = "accuracy"
    folds: Annotated[
        int | None,
        typer.Option(
            help="Folds. (default: 10 below 2,000 rows, else 5)", rich_help_panel=_COMPARISON, metavar="K"
        ),
    ] = None
    repeats: Annotated[
        str,
        typer.Option(
            help="Repeats of the folds; auto: until more would not make it clearer (at most 10).",
            rich_help_panel=_COMPARISON,
            metavar="R|auto",
        ),
    ] = "auto"
    rope: Annotated[
        float | None,
        typer.Option(
            help="Difference that does not matter in practice. (default: 0.01, or 1 % of the prior's loss)",
            rich_help_panel=_COMPARISON,
            metavar="X",
        ),
    ] = None
    seed: Annotated[
        int, typer.Option(help="Seed of everything random.", rich_help_panel=_COMPARISON, metavar="S")
    ] = 0
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            help="Fits side by side. (default: the number of cores)",
            rich_help_panel=_RUNNING,
            metavar="N",
        ),
    ] = None
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            help="End a fit that takes longer (prediction and boundary statistics included).",
            rich_help_panel=_RUNNING,
            metavar="SECONDS",
        ),
    ] = None
    memory_limit: Annotated[
        str | None,
        typer.Option(
            "--memory-limit",
            help="End a fit that takes more memory, e.g. 500M or 2G (Linux).",
            rich_help_panel=_RUNNING,
            metavar="SIZE",
        ),
    ] = None
    budget: Annotated[
        float | None,
        typer.Option(
            help="Start no fit after this time; models share the folds that are done.",
            rich_help_panel=_RUNNING,
            metavar="SECONDS",
        ),
    ] = None
    store: Annotated[
        Path | None,
        typer.Option(
            help=f"Keep every fit in this file, and take from it what is there. {STORE_DEFAULT}",
            rich_help_panel=_RUNNING,
            metavar="FILE",
            show_default=False,
        ),
    ] = None
    no_store: Annotated[
        bool, typer.Option("--no-store", help="Keep nothing, reuse nothing.", rich_help_panel=_RUNNING)
    ] = False
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Run every fit, also stored ones.", rich_help_panel=_RUNNING)
    ] = False
    cluster: Annotated[
        str | None,
        typer.Option(
            help="Fit on a cluster: dask (a local one), dask://HOST:PORT, or ray.",
            rich_help_panel=_RUNNING,
            metavar="WHERE",
        ),
    ] = None
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-under",
            help="Exit 5 unless the recommended model is sure to reach this, e.g. accuracy=0.9.",
            rich_help_panel=_COMPARISON,
            metavar="METRIC=X",
        ),
    ] = None
    prefer: PreferOption = None
    recommend: RecommendOption = None
    no_boundary: Annotated[
        bool,
        typer.Option("--no-boundary", help="Leave out boundary statistics.", rich_help_panel=_BOUNDARY),
    ] = False
    boundary: Annotated[
        bool,
        typer.Option("--boundary", help="Show all boundary statistics.", rich_help_panel=_BOUNDARY),
    ] = False
    boundary_probes: Annotated[
        int | None,
        typer.Option(
            help="Boundary points looked at per fit. (default: 60, or 20 where predicting is slow)",
            rich_help_panel=_BOUNDARY,
            metavar="N",
        ),
    ] = None

    def comparing(self) -> Any:
        """Return the library's options. Raises UsageError for values that make no sense."""
        from compare_cli.api import Options
        from compare_cli.engine.limits import parse_size

        names = {field.name for field in fields(Options)}
        given = {name: value for name, value in vars(self).items() if name in names}
        memory = None if self.memory_limit is None else parse_size(self.memory_limit)
        given |= {"repeats": _repeats(self.repeats), "store": self._store_path(), "memory_limit": memory}
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
class BenchOptions(CompareOptions):
    """As for one table, but with one repeat: data sets, not repeats, are what a bench learns from."""

    repeats: Annotated[
        str,
        typer.Option(
            help="Repeats of the folds, or auto as for fit (takes up to ten times as long).",
            rich_help_panel=_COMPARISON,
            metavar="R|auto",
        ),
    ] = "1"
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            help="Model that the others are marked against, data set by data set. (default: logistic,"
            " else the best)",
            rich_help_panel=_COMPARISON,
            metavar="MODEL",
        ),
    ] = None


def _repeats(text: str) -> Any:
    if text == "auto":
        return "auto"
    if not text.isdecimal():
        raise UsageError(f"--repeats {text}: give a whole number or auto.")
    return int(text)


def takes(options: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command ``f(options, …)`` be called with the fields of ``options`` as keywords.

    Typer reads the widened signature: the command's own parameters, then the fields.
    """

    def widen(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        hints = get_type_hints(options, include_extras=True)
        spread = [
            inspect.Parameter(
                f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name]
            )
            for f in fields(options)
            if f.default is not MISSING
        ]

        def widened(**given: Any) -> None:
            chosen = options(**{f.name: given.pop(f.name) for f in fields(options)})
            command(chosen, **given)

        widened.__doc__, widened.__name__ = command.__doc__, command.__name__
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + spread
        widened.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what Typer reads
        widened.__annotations__ = {p.name: p.annotation for p in parameters}
        return widened

    return widen
