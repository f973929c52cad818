"""Files that end whole, or stay as they were; what is no regular file is written through."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from compare_cli.errors import CompareError, UsageError


def is_there(path: str | Path) -> bool:
    """Whether a file or folder exists; nothing is called by a name that no system takes."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def whole_file(file: Path, option: str = "") -> Iterator[BinaryIO]:
    """Open a file that ends whole, or stays as it was.

    Raises UsageError where it cannot be begun, and CompareError where it cannot be finished, on a full disk
    say; both name the option that asked for the file.
    """
    begun = begun_file(file, option)
    try:
        with told(file, option):
            with begun.open("wb") as stream:
                yield stream
            put_in_place(begun, file)
    finally:
        begun.unlink(missing_ok=True)


@contextlib.contextmanager
def told(file: Path | None, option: str) -> Iterator[None]:
    """Turn what the system says of a file that cannot be written into one line (CompareError)."""
    try:
        yield
    except OSError as error:
        raise CompareError(_line(file, option, error)) from error


def begun_file(file: Path, option: str) -> Path:
    """Return an empty file beside another, whose place it can take. Raises UsageError where none can be."""
    try:
        if file.is_dir():
            raise IsADirectoryError(0, "is a folder")
        with contextlib.suppress(FileNotFoundError):
            file.stat()  # links in a circle are an error, a link to a file that is made now is none
        folder = file.resolve().parent if _may_be_replaced(file) else None
        handle, name = tempfile.mkstemp(prefix=".compare-", dir=folder)
    except OSError as error:
        raise UsageError(_line(file, option, error)) from error
    os.close(handle)
    begun = Path(name)
    begun.chmod(file.stat().st_mode & 0o777 if file.is_file() else 0o666 & ~_umask())
    return begun


def put_in_place(begun: Path, file: Path) -> None:
    """Put a whole file in the place of another, behind a link where there is one.

    Devices and pipes get its bytes, and so does a file that the system does not let another take the place
    of, as one that was mounted by itself into a container.
    """
    if _may_be_replaced(file):
        try:
            begun.replace(file.resolve())
        except OSError:
            if not file.exists():
                raise
        else:
            return
    with file.open("wb" if file.is_file() and not _is_of_the_system(file) else "ab") as stream:
        stream.write(begun.read_bytes())
    begun.unlink()


def _may_be_replaced(file: Path) -> bool:
    """Whether a new file may take its place: not that of a device, a pipe or what /dev leads to."""
    if not file.exists():
        return True
    fixed = os.access(file, os.W_OK) and not os.access(file.resolve().parent, os.W_OK)
    return file.resolve().is_file() and not _is_of_the_system(file) and not fixed


def _is_of_the_system(file: Path) -> bool:
    return file.absolute().parts[1:2] in {("dev",), ("proc",)}


def _line(file: Path | None, option: str, error: OSError) -> str:
    return f"{option} {file}: cannot be written ({error.strerror}).".lstrip()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
