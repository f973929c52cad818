"""Fixtures of the built-in data sets."""

from __future__ import annotations

import pytest
from atlas_card import NAMES, AtlasFile, read


@pytest.fixture(params=NAMES)
def atlas_file(request: pytest.FixtureRequest) -> AtlasFile:
    """Every file in turn."""
    return read(request.param)
