"""Files end whole or stay as they were; what is no regular file is written through."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from compare_cli.errors import CompareError, UsageError
from compare_cli.report.files import whole_file

NEW = b"new\n" * 1000


def written(file: Path) -> None:
    with whole_file(file, "-o") as stream:
        stream.write(NEW)


@pytest.mark.parametrize("name", ["result.json", "no suffix", "ü[b]\n\x1b", "x" * 255])
def test_a_file_is_made_or_replaced_and_nothing_stays_beside_it(tmp_path: Path, name: str) -> None:
    for _ in range(2):
        written(tmp_path / name)
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, NEW)]


def test_a_file_stays_as_it_was_when_writing_fails(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_bytes(b"before")
    with pytest.raises(CompareError, match=r"^-o .*result.json: cannot be written \(No space left"):
        fails_half_way(file)
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def fails_half_way(file: Path) -> None:
    with whole_file(file, "-o") as stream:
        stream.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_keeps_its_mode_and_a_new_one_has_the_usual_one(tmp_path: Path) -> None:
    private, new = tmp_path / "private", tmp_path / "new"
    private.write_bytes(b"before")
    private.chmod(0o600)
    written(private)
    written(new)
    (tmp_path / "usual").touch()
    assert private.stat().st_mode & 0o777 == 0o600
    assert new.stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("links", [1, 3])
def test_links_are_followed_to_what_is_there_or_will_be(tmp_path: Path, there: bool, links: int) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target, link = folder / "target", tmp_path / "link 0"
    if there:
        target.write_bytes(b"before")
    link.symlink_to(target)
    for number in range(1, links):
        (tmp_path / f"link {number}").symlink_to(tmp_path / f"link {number - 1}")
        link = tmp_path / f"link {number}"
    written(link)
    assert target.read_bytes() == NEW
    assert not target.is_symlink()
    assert all(path.is_symlink() for path in tmp_path.iterdir() if path != folder)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_links_in_a_circle_are_told(tmp_path: Path, length: int) -> None:
    for number in range(length):
        (tmp_path / f"link {number}").symlink_to(tmp_path / f"link {(number + 1) % length}")
    with pytest.raises(UsageError, match=r"^-o .*link 0: cannot be written \(Too many"):
        written(tmp_path / "link 0")
    assert len(list(tmp_path.iterdir())) == length


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_gets_the_bytes_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    written(pipe)
    reader.join(timeout=30)
    assert got == [NEW]
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no files for descriptors here")
@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd"])
def test_an_open_file_is_written_on_not_replaced(tmp_path: Path, folder: str) -> None:
    """As ``-o /dev/stdout >> log`` asks for."""
    if not Path(folder).exists():
        pytest.skip(f"no {folder} here")
    log = tmp_path / "log"
    with log.open("ab") as stream:
        stream.write(b"before\n")
        stream.flush()
        written(Path(folder, str(stream.fileno())))
        stream.write(b"after\n")
    assert log.read_bytes() == b"before\n" + NEW + b"after\n"


@pytest.mark.parametrize("device", ["null", "full"])
def test_a_device_stays_a_device(device: str) -> None:
    file = Path("/dev", device)
    if not file.is_char_device():
        pytest.skip(f"no {file} here")
    if device == "full":
        with pytest.raises(CompareError, match="No space left on device"):
            written(file)
    else:
        written(file)
    assert file.is_char_device()


def test_a_file_that_nothing_can_take_the_place_of_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is mounted by itself into a container, or one in a folder that is another's."""
    for busy in (True, False):
        file = tmp_path / f"result {busy}.json"
        file.write_bytes(b"before" * 9999)
        node = file.stat().st_ino
        with monkeypatch.context() as patch:
            if busy:
                patch.setattr(Path, "replace", refuses)
            else:
                patch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
            written(file)
        assert file.read_bytes() == NEW
        assert file.stat().st_ino == node


def refuses(path: Path, target: Path) -> Path:
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


def test_what_cannot_be_begun_is_told_with_the_option(tmp_path: Path) -> None:
    for file, why in ((tmp_path, "is a folder"), (tmp_path / "no" / "file", "No such file or directory")):
        with pytest.raises(UsageError, match=rf"^-o .*: cannot be written \({why}\)\.$"):
            written(file)
    assert list(tmp_path.iterdir()) == []
