"""Gates: whether a new result is no worse than an old one, and whether scores are sure to be reached."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from compare_cli.cli.options import option
from compare_cli.errors import ExitCode

if TYPE_CHECKING:
    from compare_cli.types import Result

FORMATS = ("text", "json", "junit")


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
    from compare_cli.cli.output import chosen_format, say_error, whole_file, write_out

    suffix = options.output.suffix.lower() if options.output is not None else ""
    form = chosen_format(
        options.format, False, FORMATS, {".xml": "junit", ".json": "json"}.get(suffix, "text")
    )
    held = api.gate(base, new, model=options.model, margin=options.margin, paired=not options.unpaired)
    passed = held.outcome == "not worse"
    text = _text(held, f"{new} is no worse than {base} by more than {options.margin:g}", form, passed=passed)
    if options.output is None:
        write_out(text, for_programs=form != "text")
    else:
        with whole_file(options.output, "-o") as stream:
            stream.write(text.encode("utf-8"))
        if not passed:
            say_error(held.sentence)
    return ExitCode.OK if passed else ExitCode.GATE


def _text(held: Any, name: str, form: str, *, passed: bool) -> str:
    from compare_cli.report.junit import junit_page

    if form == "json":
        return json.dumps({"passed": passed, **asdict(held)}, indent=2, ensure_ascii=False) + "\n"
    if form == "junit":
        return junit_page("compare gate", {name: "" if passed else held.sentence}, said=held.sentence)
    return f"{held.sentence}\n"


def checked(result: Result, thresholds: list[str], model: str | None) -> dict[str, str]:
    """Return for each ``metric=value`` of --fail-under why it does not hold, "" where it does.

    A run that did not do everything holds none.
    """
    from compare_cli import api

    if result.run.status != "complete":
        return dict.fromkeys(thresholds, f"the run is {result.run.status}")
    return {text: "; ".join(api.check(result, [text], model)) for text in thresholds}
