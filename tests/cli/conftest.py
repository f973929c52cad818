from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest


@dataclass
class Ended:
    """How a run of the program ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def compare(monkeypatch, capfd):
    """Run the program in this process, as the console script does."""

    def run(*args: str) -> Ended:
        from compare_cli import cli

        monkeypatch.setattr(sys, "argv", ["compare", *args])
        monkeypatch.setattr(cli, "_received", None)
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        capfd.readouterr()
        try:
            with pytest.raises(SystemExit) as ended:
                cli.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        out, err = capfd.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def spawn():
    """Run the program in a process of its own."""

    def run(*args: str, stdin: bytes | None = None, env: dict[str, str] | None = None) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "compare_cli", *args],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
            env={**os.environ, **(env or {})},
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def table(tmp_path):
    """A small table with two classes, a category, and missing cells."""
    rows = [
        f"{i % 7},{(i * 37) % 11 if i % 13 else ''},{'abc'[i % 3]},{'yes' if i % 7 > 3 else 'no'}"
        for i in range(60)
    ]
    path = tmp_path / "small.csv"
    path.write_text("size,weight,kind,answer\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path
