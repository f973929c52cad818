"""Results that are kept: `runs` lists, shows, compares and deletes them, `gate` holds a new one to an old."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from compare_cli.cli import completion
from compare_cli.cli.commands import takes
from compare_cli.cli.options import OutputOptions, StoreOption, option
from compare_cli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from compare_cli.types import Note, Result

runs_app = typer.Typer(
    name="runs",
    help="List the runs that are kept, show one again, compare two, delete old ones.",
    invoke_without_command=True,
)
GATE_FORMATS = ("text", "json", "junit")
LIST_FORMATS = ("table", "json", "csv")


RUN_HELP = "Id of a run or its beginning, last, or last~N for N before it."
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=completion.runs, show_default=False)
]
AsJson = Annotated[bool, option("Short for --format json.", None, "--json")]


@dataclass(frozen=True)
class ListOptions:
    """What of the list is shown, and how."""

    limit: Annotated[int | None, option("Show only the newest. (default: all)", "N", min=1)] = None
    format: Annotated[str | None, option("table, json or csv. (default: table)", "NAME", "--format")] = None
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


def _list(options: ListOptions) -> None:
    from compare_cli import api
    from compare_cli.cli.output import chosen_format, out_view, write_out
    from compare_cli.report.runs import runs_csv, runs_json, runs_text

    form = chosen_format(options.format, options.json, LIST_FORMATS)
    kept = api.runs(options.store)
    shown = kept.runs[: options.limit]
    if form == "json":
        write_out(runs_json(shown, kept.facts), for_programs=True)
    elif form == "csv":
        write_out(runs_csv(shown), for_programs=True)
    else:
        write_out(runs_text(shown, kept.facts, out_view(), datetime.now().astimezone()))


@dataclass(frozen=True)
class ShowOptions(OutputOptions):
    """How a kept result is shown, and where it is."""

    boundary: Annotated[bool, option("Show all boundary statistics.", None, "--boundary")] = False
    baseline: Annotated[
        str | None, option("Of a bench: model that the others are marked against.", "MODEL")
    ] = None
    store: StoreOption = None


@runs_app.command("show")
@takes(ShowOptions)
def show(options: ShowOptions, run: RunName) -> None:
    """Show the result of a run again, in any format."""
    from compare_cli import api
    from compare_cli.cli import output

    kept, result = api.load_run(run, options.store)
    baseline = None
    if options.baseline is not None:
        if kept.command != "bench":
            raise UsageError(f"--baseline {options.baseline}: {kept.id} is no bench.")
        baseline = api.reference(options.baseline, ",".join(kept.models))
    notes = _notes(result, everything=options.verbose)
    output.show(result, options, notes=notes, boundary=options.boundary, baseline=baseline)


def _notes(result: Result, *, everything: bool) -> Iterator[Note]:
    """Yield what was said while the result was computed."""
    from compare_cli.cli.fit import notes_at_once

    if len(result.datasets) > 1:
        for comparison in result.datasets:
            yield from notes_at_once(comparison, everything=everything)
    yield from result.notes


@runs_app.command("diff")
def diff(old: RunName, new: RunName, as_json: AsJson = False, store: StoreOption = None) -> None:
    """Compare two runs, model by model: old score, new score, difference with its interval, verdict."""
    from compare_cli import api
    from compare_cli.cli.output import out_view, write_out
    from compare_cli.report.runs import diff_json, diff_text

    found = api.diff(old, new, store)
    now = datetime.now().astimezone()
    text = diff_json(found) if as_json else diff_text(found, out_view(), now)
    write_out(text, for_programs=as_json)


@runs_app.command("prune")
def prune(
    keep: Annotated[int | None, option("Keep the newest N runs.", "N", min=0, show_default=False)] = None,
    older_than: Annotated[str | None, option("Keep younger runs: 36h, 30d, 8w, 1y.", "AGE")] = None,
    everything: Annotated[bool, option("Keep none.", None, "--all")] = False,
    dry_run: Annotated[bool, option("Only say what would be deleted.", None, "--dry-run")] = False,
    store: StoreOption = None,
) -> None:
    """Delete old runs, and the fits that no run after them used. What is under way always stays.

    With --keep and --older-than, what either of them keeps stays.
    """
    from compare_cli import api
    from compare_cli.cli.output import write_out
    from compare_cli.report.runs import pruned_text

    gone = api.prune(keep=keep, older_than=older_than, everything=everything, dry_run=dry_run, store=store)
    write_out(pruned_text(gone, dry_run=dry_run))


@dataclass(frozen=True)
class GateOptions:
    """What is held against what, and what is shown."""

    model: Annotated[str | None, option("Model to look at. (default: the recommended one)", "MODEL")] = None
    margin: Annotated[float, option("How much worse is still accepted.", "X")] = 0.01
    unpaired: Annotated[bool, option("Compare results of different data or splits.", None, "--unpaired")] = (
        False
    )
    format: Annotated[
        str | None,
        option(
            "text, json or junit. (default: by the suffix of -o, else text)", "text|json|junit", "--format"
        ),
    ] = None
    output: Annotated[Path | None, option("Write it to this file.", "FILE", "-o", "--output")] = None


def run_gate(base: str, new: str, options: GateOptions) -> int:
    """Hold NEW against BASE and write what comes of it; return the exit code."""
    from compare_cli import api
    from compare_cli.cli.output import chosen_format, say_error, write_out
    from compare_cli.report.files import whole_file

    suffix = options.output.suffix.lower() if options.output is not None else ""
    form = chosen_format(
        options.format, False, GATE_FORMATS, {".xml": "junit", ".json": "json"}.get(suffix, "text")
    )
    held = api.gate(base, new, model=options.model, margin=options.margin, paired=not options.unpaired)
    passed = held.outcome == "not worse"
    text = _gate_text(
        held, f"{new} is no worse than {base} by more than {options.margin:g}", form, passed=passed
    )
    if options.output is None:
        write_out(text, for_programs=form != "text")
    else:
        with whole_file(options.output, "-o") as stream:
            stream.write(text.encode("utf-8"))
        if not passed:
            say_error(held.sentence)
    return ExitCode.OK if passed else ExitCode.GATE


def _gate_text(held: Any, name: str, form: str, *, passed: bool) -> str:
    from compare_cli.report.formats import junit_page

    if form == "json":
        return json.dumps({"passed": passed, **asdict(held)}, indent=2, ensure_ascii=False) + "\n"
    if form == "junit":
        return junit_page("compare gate", {name: "" if passed else held.sentence}, said=held.sentence)
    return f"{held.sentence}\n"
