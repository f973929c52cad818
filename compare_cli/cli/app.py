"""The Typer app: one short function per command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from compare_cli import __version__
from compare_cli.cli import completion
from compare_cli.cli.commands import takes
from compare_cli.cli.config import defaults
from compare_cli.cli.options import (
    BenchOptions,
    CurveOptions,
    FitOptions,
    OutputOptions,
    PlotOptions,
    PreferOption,
    ReadOptions,
    RecommendOption,
    option,
    preference,
)
from compare_cli.cli.runs import GateOptions, runs_app
from compare_cli.errors import UsageError
from compare_cli.report.escaping import brief
from compare_cli.report.files import is_there


class Commands(TyperGroup):
    """The commands; for data where a command should stand, the error says what to write."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments before the command, when all parameters are there."""
        for command in (
            self,
            *self.commands.values(),
            *getattr(self.commands["runs"], "commands", {}).values(),
        ):
            for param in command.get_params(ctx):
                setattr(param, "process_value", partial(_processed, param, param.process_value))  # noqa: B010
        with _briefly():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Parse and run the command."""
        with _briefly():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first argument names. Raises UsageError for data."""
        name = args[0]
        if not (ctx.resilient_parsing or {"-h", "--help"} & set(args)):
            ctx.default_map = defaults(ctx, self, args)
        if self.get_command(ctx, name) is None and _is_data(name):
            raise UsageError(f"{name} is no command. To compare models on it: compare fit {name}")
        return super().resolve_command(ctx, args)


WRONG_USAGE: Any = typer.BadParameter.__base__  # of all that Typer says of what was typed wrong


@contextmanager
def _briefly() -> Iterator[None]:
    """Let Typer say of what was typed wrong only what is safe to show."""
    try:
        yield
    except WRONG_USAGE as error:
        error.message = brief(error.message)
        raise


def _processed(param: Any, process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """Convert an option's value as Typer does; absent ones, and completion, do without pydantic."""
    if context.resilient_parsing:
        return value
    absent = value is None and param.nargs == 1 and not param.required
    return process(context, value) if not absent else () if param.multiple else None


def _is_data(name: str) -> bool:
    from compare_cli import api

    looks_so = "/" in name or Path(name).suffix or name.startswith("openml:")
    return bool(looks_so) or is_there(name) or name in api.datasets()


app = typer.Typer(
    name="compare",
    cls=Commands,
    help="Which kind of model does this data want, and why?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)
DATA_HELP = "CSV or Parquet file, - (standard input), a built-in name, or openml:ID."


Data = Annotated[
    str, typer.Argument(metavar="DATA", help=DATA_HELP, autocompletion=completion.data, show_default=False)
]


def _result(help_text: str) -> Any:
    return typer.Argument(help=help_text, show_default=False, autocompletion=completion.results)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"compare {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Which kind of model does this data want, and why?"""


@app.command()
@takes(FitOptions)
def fit(options: FitOptions, data: Data) -> None:
    """Compare models on one table: scores with intervals, times, and a verdict.

    Exit codes: 0 done, 2 wrong usage, 3 unusable data, 4 some fits failed, 130 interrupted.
    """
    from compare_cli.cli.fit import run_fit

    raise typer.Exit(run_fit(data, options))


@app.command()
@takes(BenchOptions)
def bench(
    options: BenchOptions,
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA",
            help="Sources as for fit, folders of tables, patterns, openml:suite/ID."
            " (default: every built-in)",
            autocompletion=completion.data,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Compare models on several data sets: a table each, who is better where, ranks, and a verdict.

    With -o FILE.png or .svg the diagram of ranks goes to the file. Exit codes as for fit.
    """
    from compare_cli.cli.fit import run_bench

    raise typer.Exit(run_bench(data or [], options))


@app.command()
@takes(CurveOptions)
def curve(options: CurveOptions, data: Data) -> None:
    """Draw learning curves: how scores grow with training rows, who leads from which size on.

    With -o FILE.png or .svg the picture goes to the file. Exit codes as for fit.
    """
    from compare_cli.cli.fit import run_curve

    raise typer.Exit(run_curve(data, options))


@app.command()
def predict(
    model: Annotated[
        Path, typer.Argument(help="A model that `compare fit --save` wrote.", show_default=False)
    ],
    data: Annotated[str, typer.Argument(metavar="DATA", help=DATA_HELP, show_default=False)],
    output: Annotated[
        Path | None, option("Write the predictions to this file (CSV).", "FILE", "-o", "--output")
    ] = None,
    proba: Annotated[bool, option("Add the probability of each class.", None, "--proba")] = False,
    encoding: Annotated[str | None, option("Encoding of the text. (default: UTF-8)", "NAME")] = None,
    delimiter: Annotated[str | None, option("Delimiter of the columns. (default: found out)", "CHAR")] = None,
    max_bytes: Annotated[
        str | None, option("Most to read or unpack, of the model and of DATA, e.g. 500M or 8G.", "SIZE")
    ] = None,
    quiet: Annotated[bool, option("No notes.", None, "--quiet", "-q")] = False,
    debug: Annotated[bool, option("Show tracebacks of errors.", None, "--debug")] = False,
) -> None:
    """Predict the rows of a table with a saved model: a line of CSV for each row.

    Exit codes: 0 done, 2 wrong usage, 3 unusable data or model.
    """
    from compare_cli.cli.predictions import run_predict

    how = {"encoding": encoding, "delimiter": delimiter, "max_bytes": max_bytes}
    raise typer.Exit(run_predict(model, data, output, proba=proba, quiet=quiet, **how))


@app.command()
@takes(PlotOptions)
def plot(options: PlotOptions, data: Data) -> None:
    """Draw where each model predicts which class: in the terminal, or as PNG, SVG or HTML."""
    from compare_cli.cli.predictions import run_plot

    raise typer.Exit(run_plot(data, options))


@app.command()
@takes(OutputOptions)
def verdict(
    options: OutputOptions,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Results of compare (JSON), or a CSV of scores: model, fold, and a column per metric.",
            show_default=False,
            autocompletion=completion.files,
        ),
    ],
    metric: Annotated[str | None, option("Score to judge by. (default: the result's)", "METRIC")] = None,
    rope: Annotated[float | None, option("Difference that does not matter in practice.", "X")] = None,
    lower_is_better: Annotated[
        bool, option("The score is a loss (for scores from elsewhere).", None, "--lower-is-better")
    ] = False,
    rows: Annotated[int | None, option("Rows of the data set, if the file does not say.", "N", min=2)] = None,
    prefer: PreferOption = None,
    recommend: RecommendOption = None,
) -> None:
    """Judge stored scores: which model is better, what cannot be told, what would decide."""
    from compare_cli import api
    from compare_cli.cli.output import show

    criterion = api.Criterion(metric, rope, lower_is_better, rows, prefer=preference(prefer, recommend))
    show(api.judge(files, criterion), options)


@app.command()
@takes(GateOptions)
def gate(
    options: GateOptions,
    base: Annotated[str, _result("The result to hold against: a file (JSON), or a run such as last~1.")],
    new: Annotated[str, _result("The new result: a file, or a run such as last.")],
) -> None:
    """Exit 0 when NEW is not worse than BASE by more than the margin, 5 when it is or cannot be told."""
    from compare_cli.cli.runs import run_gate

    raise typer.Exit(run_gate(base, new, options))


app.add_typer(runs_app)


@app.command()
def models(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Show all parameters of this model.", show_default=False, autocompletion=completion.models
        ),
    ] = None,
) -> None:
    """List the models, with the parameters that compare sets; or show one model's parameters."""
    from compare_cli.cli.listing import list_models, show_model

    show_model(name) if name else list_models()


@app.command()
@takes(ReadOptions)
def data(
    options: ReadOptions,
    source: Annotated[
        str | None,
        typer.Argument(metavar="[DATA]", help=DATA_HELP, autocompletion=completion.data, show_default=False),
    ] = None,
    to_csv: Annotated[Path | None, option("Write the table as read; - is standard output.", "FILE")] = None,
) -> None:
    """List the built-in data sets, or describe a table as compare reads it."""
    from compare_cli.cli.listing import describe_data, list_data

    describe_data(source, to_csv, options) if source else list_data()


@app.command()
def explain(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A boundary statistic, e.g. linearity.",
            show_default=False,
            autocompletion=completion.statistics,
        ),
    ] = None,
) -> None:
    """Explain a boundary statistic: definition, range, how to read it, source; or list them."""
    from compare_cli.cli.listing import explain_statistic, list_statistics

    explain_statistic(name) if name else list_statistics()


@app.command()
def schema() -> None:
    """Print the JSON Schema of results."""
    from importlib.resources import files

    from compare_cli.cli.output import write_out

    write_out(files("compare_cli").joinpath("schema.json").read_text(encoding="utf-8"))
