"""The one place that writes: results to standard output or whole to a file, notes and errors beside them."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from compare_cli.errors import CompareError, ExitCode, UsageError, nearest
from compare_cli.report.escaping import brief, encodable
from compare_cli.report.files import begun_file, put_in_place, told

if TYPE_CHECKING:
    from compare_cli.cli.options import OutputOptions
    from compare_cli.plot.figure import Draw
    from compare_cli.report.table import View
    from compare_cli.types import Dataset, Fit, Note, Result

PIPE_WIDTH = 100
PICTURE_SUFFIXES = (".png", ".svg")
_COLORS = {"error": "1;31", "warning": "33", "info": "2"}


def chosen_format(name: str | None, as_json: bool, known: Collection[str], otherwise: str = "table") -> str:
    """Return the format that ``--format`` or ``--json`` asks for, else ``otherwise``.

    Raises UsageError for one that is not known, and for two different ones.
    """
    if as_json and name not in {None, "json"}:
        raise UsageError(f"--json and --format {name} ask for two formats; give one.")
    form = "json" if as_json else name or otherwise
    if form not in known:
        raise UsageError(f"--format {form}: no such format.{nearest(form, known)} Known: {', '.join(known)}.")
    return form


def _asked_format(options: OutputOptions) -> str | None:
    """Return what --format or --code ask for. Raises UsageError for two different formats."""
    if not getattr(options, "code", False):  # which is an option of fit only
        return options.format
    if options.format not in {None, "code"}:
        raise UsageError(f"--code and --format {options.format} ask for two formats; give one.")
    return "code"


def _format_of(file: Path) -> str:
    """Return the format that a file's suffix asks for; without a suffix, or for a picture, a table.

    Raises UsageError for a suffix that belongs to no format.
    """
    suffix = file.suffix.lower()
    from compare_cli.report.formats import FORMATS

    known = {s: name for name, form in FORMATS.items() for s in form.suffixes} | dict.fromkeys(
        ("", *PICTURE_SUFFIXES), "table"
    )
    if suffix not in known:
        raise UsageError(
            f"-o {file}: no format has the suffix {suffix}. Known: {', '.join(filter(None, known))};"
            " --format writes any of them under any name."
        )
    return known[suffix]


class Output:
    """Where a result goes. A file is begun at once, so that a bad path fails early, and replaced whole.

    A file of a picture's suffix gets the diagram of ranks or the learning curves, by the ``command``, and the
    result goes to standard output. Left without `finish`, nothing remains of the file. Raises UsageError for
    formats that do not exist and files that cannot be written.
    """

    def __init__(
        self,
        options: OutputOptions,
        *,
        command: str = "fit",
        boundary: bool = False,
        baseline: str | None = None,
        gates: bool = False,
    ) -> None:
        from compare_cli.report.formats import FORMATS
        from compare_cli.report.table import View

        self.file = options.output
        asked = _asked_format(options) is not None or options.json
        otherwise = "table" if asked or self.file is None else _format_of(self.file)
        form = self.form = chosen_format(_asked_format(options), options.json, FORMATS, otherwise)
        if form == "code" and command != "fit":
            raise UsageError(f"--format code writes the script of a comparison: compare {command} has none.")
        if form == "junit" and not gates:
            raise UsageError("--format junit says whether gates hold: give --fail-under METRIC=X.")
        self._renderer = FORMATS[form]
        self._view_of = partial(
            View, everything=options.verbose, boundary=boundary, baseline=baseline, details=options.details
        )
        self._picture = _picture(self.file, command)
        self._begun = begun_file(self.file, "-o") if self.file is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._begun is not None:
            self._begun.unlink(missing_ok=True)

    def stream(self, dataset: str, fit: Fit) -> None:
        """Write one fit, if the format streams."""
        if self._renderer.line is not None:
            self._write(self._renderer.line(dataset, fit))

    @property
    def streams_to_terminal(self) -> bool:
        """Whether lines appear on a terminal while fits run: bars would be drawn between them."""
        return self._renderer.line is not None and self._text_file is None and sys.stdout.isatty()

    def finish(
        self, result: Result, dataset: Dataset | None = None, checks: Mapping[str, str] | None = None
    ) -> None:
        """Write the whole result and put the file in place.

        A page gets pictures of the ``dataset``; ``checks`` are gates with the reasons why they do not hold.
        """
        view = replace(self._view(), checks=checks or {})
        if self._renderer.pictures:
            from compare_cli import api

            made = shlex.join(["compare", *sys.argv[1:]])
            view = replace(view, pictures=api.page_pictures(result, dataset), command=made)
        self._write(self._renderer.text(result, view))
        if self._begun is not None and self.file is not None:
            with told(self.file, "-o"):
                if self._picture is not None:
                    self._begun.write_bytes(self._picture(result))
                put_in_place(self._begun, self.file)
            self._begun = None

    def _view(self) -> View:
        if self._text_file is not None:
            return self._view_of(PIPE_WIDTH)
        place = out_view()
        return self._view_of(place.width, place.color)

    @property
    def _text_file(self) -> Path | None:
        return None if self._picture is not None else self._begun

    def _write(self, text: str) -> None:
        if self._text_file is None:
            write_out(text, for_programs=self._renderer.suffixes[0] not in {".txt", ".md"})
            return
        with told(self.file, "-o"), self._text_file.open("a", encoding="utf-8", newline="") as stream:
            stream.write(text)


def show(
    result: Result,
    options: OutputOptions,
    *,
    notes: Iterable[Note] = (),
    boundary: bool = False,
    baseline: str | None = None,
) -> None:
    """Write a result that is there already as it would be written while it is computed."""
    from compare_cli.report.formats import fits_of

    with Output(options, command=result.command, boundary=boundary, baseline=baseline) as output:
        for dataset, fit in fits_of(result):
            output.stream(dataset, fit)
        if not options.quiet:
            say_notes(notes)
        output.finish(result)


def _picture(file: Path | None, command: str) -> Draw | None:
    """Return what draws a result into a file of this suffix, None where it is no picture's.

    Raises UsageError where matplotlib is missing, and for a comparison on one data set: that is what
    `plot` draws.
    """
    if file is None or file.suffix.lower() not in PICTURE_SUFFIXES:
        return None
    if command not in {"bench", "curve"}:
        raise UsageError(
            f"-o {file}: a result on one data set has no picture; compare plot draws its boundaries."
        )
    from compare_cli.plot.curve import CURVES
    from compare_cli.plot.figure import RANKS, require_matplotlib

    require_matplotlib()
    return (RANKS if command == "bench" else CURVES)[file.suffix.lower()]


def out_view() -> View:
    """Return what standard output can show."""
    from compare_cli.report.table import View

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _piped_width()
    return View(width, wants_color(sys.stdout))


def _piped_width() -> int:
    width = os.environ.get("COLUMNS", "")
    return int(width) if width.isdigit() and int(width) > 0 else PIPE_WIDTH


def wants_color(stream: TextIO) -> bool:
    """Whether to colour what goes to ``stream``: NO_COLOR, then FORCE_COLOR (0 is off), then the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write_out(text: str, *, for_programs: bool = False) -> None:
    """Write to standard output at once; characters that it cannot hold are written in ASCII.

    What programs read (JSON, CSV, code, pages) is UTF-8 in any locale, unless a terminal shows it.
    When the reader has gone, as `| head` does, the program ends silently.
    """
    if for_programs and hasattr(sys.stdout, "buffer") and not sys.stdout.isatty():
        write_bytes(text.encode("utf-8"))
        return
    with _written():
        sys.stdout.write(encodable(text, sys.stdout.encoding))
        sys.stdout.flush()


def write_bytes(data: bytes) -> None:
    """Write bytes to standard output at once, as `write_out` does."""
    with _written():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@contextlib.contextmanager
def _written() -> Iterator[None]:
    """Tell in a line why standard output cannot be written; end silently where nobody reads it any more."""
    try:
        yield
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the very end
        if isinstance(error, BrokenPipeError):
            raise SystemExit(ExitCode.OK) from None
        raise CompareError(f"standard output cannot be written ({error.strerror}).") from error


def say_error(message: str) -> None:
    """Say on standard error, in one line, what is wrong."""
    _say("error", message)


def say_notes(notes: Iterable[Note]) -> None:
    """Say each note on standard error in one line: what happened, and what to try."""
    for n in notes:
        hint = f" {n.hint[:1].upper()}{n.hint[1:]}." if n.hint else ""
        _say("warning" if n.level == "warning" else "note", n.message + hint)


def _say(kind: str, message: str) -> None:
    """Say a label and a message in one line; on a terminal it is broken at words, under the label."""
    label, text = f"{kind}:", brief(" ".join(message.split()))
    if sys.stderr.isatty():
        width = max(shutil.get_terminal_size().columns - len(label) - 1, 20)
        text = textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
        text = text.replace("\n", "\n" + " " * (len(label) + 1))
    if wants_color(sys.stderr):
        label = f"\x1b[{_COLORS.get(kind, _COLORS['info'])}m{label}\x1b[0m"
    say(f"{label} {text}")


def say_lines(text: str) -> None:
    """Print a traceback on standard error, line by line: models from outside may write anything into it."""
    for line in text.splitlines():
        say(brief(line))


def say(line: str) -> None:
    """Print one line on standard error; where that cannot be written, a full disk say, it is lost."""
    with contextlib.suppress(OSError):
        print(encodable(line, sys.stderr.encoding), file=sys.stderr, flush=True)
