"""The one place that writes results: to standard output, or whole to a file."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from compare_cli.cli.talk import wants_color
from compare_cli.errors import ExitCode, UsageError, nearest
from compare_cli.report.escaping import encodable
from compare_cli.report.formats import FORMATS, Renderer
from compare_cli.report.view import View
from compare_cli.types import Bench, Fit, Result

if TYPE_CHECKING:
    from compare_cli.plot.ranks import Picture

PIPE_WIDTH = 100


def choose_format(name: str | None, file: Path | None) -> str:
    """Return the format that was asked for, else that of the file's suffix, else "table"."""
    if name is not None:
        if name not in FORMATS:
            raise UsageError(
                f"--format {name}: no such format.{nearest(name, FORMATS)} Known: {', '.join(FORMATS)}."
            )
        return name
    suffix = file.suffix.lower() if file is not None else ""
    return next((known for known, r in FORMATS.items() if suffix and suffix in r.suffixes), "table")


class Output:
    """Where a result goes. A file is begun at once, so that a bad path fails early, and replaced whole.

    With a ``picture`` the file gets that, and the result goes to standard output. Raises UsageError when the
    file cannot be written.
    """

    def __init__(
        self,
        format_name: str | None,
        file: Path | None,
        *,
        everything: bool = False,
        boundary: bool = False,
        baseline: str | None = None,
        picture: Picture | None = None,
    ) -> None:
        self.file = file
        self.format = choose_format(format_name, file)
        self.renderer: Renderer = FORMATS[self.format]
        self._view_of = partial(View, everything=everything, boundary=boundary, baseline=baseline)
        self._picture = picture
        self._begun = _begin_file(file, "-o") if file is not None else None

    def stream(self, dataset: str, fit: Fit) -> None:
        """Write one fit, if the format streams."""
        if self.renderer.line is not None:
            self._write(self.renderer.line(dataset, fit))

    def finish(self, result: Result) -> None:
        """Write the whole result and put the file in place."""
        self._write(self.renderer.text(result, self._view()))
        if self._begun is not None and self.file is not None:
            if self._picture is not None and isinstance(result, Bench):
                self._begun.write_bytes(self._picture(result))
            self._begun.replace(self.file)
            self._begun = None

    def abandon(self) -> None:
        """Leave nothing behind of a file that was not finished."""
        if self._begun is not None:
            self._begun.unlink(missing_ok=True)

    def _view(self) -> View:
        if self._text_file is not None:
            return self._view_of(PIPE_WIDTH)
        place = out_view()
        return self._view_of(place.width, place.color)

    @property
    def _text_file(self) -> Path | None:
        return None if self._picture is not None else self._begun

    def _write(self, text: str) -> None:
        if self._text_file is not None:
            with self._text_file.open("a", encoding="utf-8", newline="") as stream:
                stream.write(text)
        else:
            write_out(text)


def out_view() -> View:
    """Return what standard output can show."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _piped_width()
    return View(width, wants_color(sys.stdout))


def write_out(text: str) -> None:
    """Write to standard output at once; characters that it cannot hold are written in ASCII.

    When the reader has gone, as `| head` does, the program ends silently.
    """
    try:
        sys.stdout.write(encodable(text, sys.stdout.encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the very end
        raise SystemExit(ExitCode.OK) from None


@contextlib.contextmanager
def whole_file(file: Path, option: str) -> Iterator[BinaryIO]:
    """Open a file that ends whole, or stays as it was. Raises UsageError, naming the option."""
    begun = _begin_file(file, option)
    try:
        with begun.open("wb") as stream:
            yield stream
        begun.replace(file)
    finally:
        begun.unlink(missing_ok=True)


def _piped_width() -> int:
    width = os.environ.get("COLUMNS", "")
    return int(width) if width.isdigit() and int(width) > 0 else PIPE_WIDTH


def _begin_file(file: Path, option: str) -> Path:
    try:
        if file.is_dir():
            raise IsADirectoryError(0, "is a folder")
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise UsageError(f"{option} {file}: cannot be written ({error.strerror}).") from error
    os.close(handle)
    begun = Path(name)
    begun.chmod(0o666 & ~_umask())
    return begun


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
