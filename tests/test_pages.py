"""The pages in docs/: commands write what is shown under them; json.md is made from the schema."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests import json_page

PAGE = Path(__file__).parents[1] / "docs" / "which-model.md"
BLOCKS = re.findall(r"```console\n\$ compare (.*)\n((?:.*\n)*?)```", PAGE.read_text(encoding="utf-8"))


def test_there_is_something_to_check() -> None:
    assert len(BLOCKS) > 6


@pytest.mark.slow
@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_a_command_of_the_page_writes_what_is_shown(command: str, shown: str) -> None:
    asked = [sys.executable, "-m", "compare_cli", *shlex.split(command), "--quiet", "--no-store"]
    wide = {**os.environ, "COLUMNS": "100", "PYTHONUTF8": "1"}
    done = subprocess.run(asked, env=wide, capture_output=True, check=True, encoding="utf-8")
    written = iter(line.rstrip() for line in done.stdout.splitlines())
    for line in (line for line in shown.splitlines() if line != "…"):
        assert line in written, f"not there, or not in this order: {line!r}\n{done.stdout}"


def test_json_page_is_made_from_the_schema() -> None:
    assert json_page.PAGE.read_text(encoding="utf-8") == json_page.page(json_page.schema()), (
        "docs/json.md is old: python -m tests.json_page"
    )
