"""`runs`: list the runs that the store keeps, show one again, compare two, delete old ones."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compare_cli.cli.options import OutputOptions, StoreOption, takes
from compare_cli.errors import UsageError

if TYPE_CHECKING:
    from compare_cli.cli.output import Output
    from compare_cli.engine.store import Store
    from compare_cli.runs import StoredRun
    from compare_cli.types import Result

runs_app = typer.Typer(
    name="runs",
    help="List the runs that are kept, show one again, compare two, delete old ones.",
    invoke_without_command=True,
)
LIST_FORMATS = ("table", "json", "csv")


def _complete_run(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    from compare_cli.engine.store import StoreError
    from compare_cli.report.runs import what, when

    try:
        with closing(_open(context.params.get("store"))) as store:
            now = datetime.now().astimezone()
            runs = [run for run in store.runs() if run.id.startswith(incomplete)]
            return [(run.id, f"{when(run.started, now)} {what(run)}") for run in runs]
    except (StoreError, UsageError):
        return []


RUN_HELP = "Id of a run or its beginning, last, or last~N for N before it."
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=_complete_run, show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Short for --format json.")]


@dataclass(frozen=True)
class ListOptions:
    """What of the list is shown, and how."""

    limit: Annotated[
        int | None, typer.Option(help="Show only the newest. (default: all)", min=1, metavar="N")
    ] = None
    format: Annotated[
        str | None, typer.Option("--format", help="table, json or csv. (default: table)", metavar="NAME")
    ] = None
    json: AsJson = False
    store: StoreOption = None


@runs_app.callback()
@takes(ListOptions)
def runs(options: ListOptions, context: typer.Context) -> None:
    """List the runs that are kept, the newest first; or show one again, compare two, delete old ones."""
    if context.invoked_subcommand is None:
        _list(options)
    elif options != ListOptions():
        name = context.invoked_subcommand
        raise UsageError(f"give the options after the command: compare runs {name} …")


@runs_app.command("list")
@takes(ListOptions)
def list_runs(options: ListOptions) -> None:
    """List the runs that are kept, the newest first (as `compare runs` alone)."""
    _list(options)


@dataclass(frozen=True)
class ShowOptions(OutputOptions):
    """How a kept result is shown, and where it is."""

    boundary: Annotated[bool, typer.Option("--boundary", help="Show all boundary statistics.")] = False
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline", help="Of a bench: model that the others are marked against.", metavar="MODEL"
        ),
    ] = None
    store: StoreOption = None


@runs_app.command("show")
@takes(ShowOptions)
def show(options: ShowOptions, run: RunName) -> None:
    """Show the result of a run again, in any format."""
    from compare_cli.report.formats import fits_of

    with closing(_open(options.store)) as store:
        kept, result = _result(store, run)
    output = _output(options, kept, result)
    try:
        for dataset, fit in fits_of(result):
            output.stream(dataset, fit)
        if not options.quiet:
            _say_notes(result, everything=options.verbose)
        output.finish(result)
    finally:
        output.abandon()


def _output(options: ShowOptions, run: StoredRun, result: Result) -> Output:
    """Return where the result goes, as it would if it had just been computed."""
    from compare_cli.cli.benching import chosen_baseline, ranks_picture, refuse_picture
    from compare_cli.cli.output import Output
    from compare_cli.types import SingleComparison

    make = partial(Output, everything=options.verbose, boundary=options.boundary)
    if isinstance(result, SingleComparison):
        refuse_picture(options.output)
        if options.baseline is not None:
            raise UsageError(f"--baseline {options.baseline}: {run.id} is no bench.")
        return make(options.format_name, options.output)
    baseline = chosen_baseline(options.baseline, ",".join(run.models))
    picture = ranks_picture(options.output)
    return make(options.format_name, options.output, baseline=baseline, picture=picture)


def _say_notes(result: Result, *, everything: bool) -> None:
    from compare_cli.cli.benching import bench_notes
    from compare_cli.cli.talk import say_notes

    if len(result.datasets) > 1:
        for comparison in result.datasets:
            say_notes(bench_notes(comparison, everything=everything))
    say_notes(result.notes)


@runs_app.command("diff")
def diff(
    old: RunName,
    new: RunName,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    store: StoreOption = None,
) -> None:
    """Compare two runs, model by model: old score, new score, difference with its interval, verdict."""
    from compare_cli.cli.output import out_view, write_out
    from compare_cli.report.runs import diff_json, diff_text
    from compare_cli.runs_diff import diff_runs

    with closing(_open(store)) as opened:
        (old_run, old_result), (new_run, new_result) = _result(opened, old), _result(opened, new)
    found = diff_runs((old_run, new_run), old_result, new_result)
    now = datetime.now().astimezone()
    write_out(diff_json(found) if as_json else diff_text(found, out_view(), now))


@runs_app.command("prune")
def prune(
    keep: Annotated[
        int | None, typer.Option(help="Keep the newest N runs.", min=0, metavar="N", show_default=False)
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", help="Keep younger runs: 36h, 30d, 8w, 1y.", metavar="AGE"),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Keep none.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    store: StoreOption = None,
) -> None:
    """Delete old runs, and the fits that no run after them used. What is under way always stays.

    With --keep and --older-than, what either of them keeps stays.
    """
    from compare_cli.cli.output import write_out
    from compare_cli.report.runs import pruned_text
    from compare_cli.runs import parse_age, runs_to_prune

    if everything == (keep is not None or older_than is not None):
        raise UsageError("say what goes: --keep N, --older-than 30d (or both), or --all.")
    since = None if older_than is None else datetime.now(UTC) - parse_age(older_than)
    with closing(_open(store)) as opened:
        gone = runs_to_prune(opened.runs(), keep=keep, since=since)
        write_out(pruned_text(opened.prune(gone, dry_run=dry_run), dry_run=dry_run))


def _list(options: ListOptions) -> None:
    from compare_cli.cli.output import out_view, write_out
    from compare_cli.report.runs import runs_csv, runs_json, runs_text
    from compare_cli.runs import StoreFacts

    form = _list_format(options)
    path = _path(options.store)
    runs, facts = [], StoreFacts(path, 0, 0, 0)
    if path.exists():
        with closing(_open(path)) as store:
            runs, facts = store.runs(), store.facts()
    runs = runs[: options.limit]
    if form == "json":
        write_out(runs_json(runs, facts))
    elif form == "csv":
        write_out(runs_csv(runs))
    else:
        write_out(runs_text(runs, facts, out_view(), datetime.now().astimezone()))


def _list_format(options: ListOptions) -> str:
    from compare_cli.errors import nearest

    if options.json and options.format not in {None, "json"}:
        raise UsageError(f"--json and --format {options.format} ask for two formats; give one.")
    form = "json" if options.json else options.format or "table"
    if form not in LIST_FORMATS:
        known = ", ".join(LIST_FORMATS)
        raise UsageError(f"--format {form}: no such format.{nearest(form, LIST_FORMATS)} Known: {known}.")
    return form


def _path(store: Path | None) -> Path:
    from compare_cli.engine.store import default_path

    return store or default_path()


def _open(store: Path | None) -> Store:
    """Open a store that is there. Raises UsageError when it is not, StoreError when it cannot be used."""
    from compare_cli.engine.store import Store

    path = _path(store)
    if not path.exists():
        raise UsageError(f"{path}: there is no store yet; compare fit makes one.")
    return Store(path)


def _result(store: Store, name: str) -> tuple[StoredRun, Result]:
    """Return a run and its result. Raises UsageError for one that has none, or is not there."""
    from compare_cli.document import read_document
    from compare_cli.runs import find_run

    run = find_run(store.runs(), name)
    document = store.document(run.id)
    if document is None:
        what = f"compare {run.command} {' '.join(run.datasets)}"
        why = "is still under way" if run.status == "running" else f"has no result ({run.status})"
        raise UsageError(f"{run.id}: this run {why}. The same command ({what} …) goes on where it stopped.")
    return run, read_document(document, f"{store.path}: {run.id}")
