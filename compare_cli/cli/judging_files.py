"""`verdict` and `gate`: judge results that were written before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compare_cli.cli.benching import ranks_picture, refuse_picture
from compare_cli.cli.options import OutputOptions
from compare_cli.cli.output import Output, write_out
from compare_cli.errors import DataError, ExitCode
from compare_cli.gate import gate
from compare_cli.stored import Criterion, as_bench, judge_again, load, merge
from compare_cli.types import Comparison


def run_verdict(files: Sequence[Path], criterion: Criterion, options: OutputOptions) -> int:
    """Judge the scores in these files: results of the same data and splits together, others apart."""
    picture = ranks_picture(options.output)
    output = Output(options.format_name, options.output, everything=options.verbose, picture=picture)
    try:
        found = merge([comparison for file in files for comparison in load(file, criterion)])
        judged = [judge_again(comparison, criterion) for comparison in found]
        if len(judged) == 1:
            refuse_picture(options.output)
        output.finish(judged[0] if len(judged) == 1 else as_bench(judged, criterion))
    finally:
        output.abandon()
    return ExitCode.OK


def run_gate(base: Path, new: Path, *, model: str | None, margin: float, paired: bool) -> int:
    """Hold a new result against an old one; print one line, return the exit code."""
    held = gate(_only(base), _only(new), model=model, margin=margin, paired=paired)
    write_out(held.sentence + "\n")
    return ExitCode.OK if held.outcome == "not worse" else ExitCode.GATE


def _only(file: Path) -> Comparison:
    found = load(file, Criterion())
    if len(found) != 1:
        raise DataError(f"{file}: {len(found)} data sets; a gate takes the result of one.")
    return found[0]
