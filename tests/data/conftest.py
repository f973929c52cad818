"""Fixtures of the tests of reading: small tables written to a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest_types import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write text (UTF-8) or bytes to a file and return its path."""

    def write_file(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file
