"""What CONTRIBUTING.md says is there, and what is declared is what is installed."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from lowest import declared, lowest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
REGISTRIES = [
    ("metrics", "_ALL"),
    ("metrics", "label_scores"),
    ("metrics", "probability_scores"),
    ("report.tables", "OTHER_SCORES"),
    ("report.tables", "model_columns"),
    ("models.families", "_BUILTIN"),
    ("data.sources", "load"),
    ("notes", "NOTES"),
    ("boundary.definitions", "STATISTICS"),
    ("report.formats", "FORMATS"),
    ("document", "schema_text"),
]


PLACES = set(re.findall(r"(?:compare_cli|tests)/[\w/]+(?:\.py|\.json)?", TEXT))


@pytest.mark.parametrize("path", sorted(path for path in PLACES if "ROOM" not in path))
def test_every_place_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists() or (ROOT / f"{path}.py").exists()


@pytest.mark.parametrize(("module", "name"), REGISTRIES)
def test_every_registry_that_is_named_is_there(module: str, name: str) -> None:
    assert name in TEXT
    assert hasattr(importlib.import_module(f"compare_cli.{module}"), name)


def test_every_room_is_in_the_picture() -> None:
    picture = TEXT.partition("```\n")[2].partition("```")[0]
    rooms = [path.name for path in (ROOT / "compare_cli").iterdir() if (path / "__init__.py").is_file()]
    assert [room for room in rooms if f"{room}/" not in picture] == []


def test_every_name_in_the_picture_is_a_file_or_a_room() -> None:
    picture = TEXT.partition("```\n")[2].partition("```")[0]
    drawn = [line[:75] for line in picture.splitlines()[2:]]  # without captions
    files = {path.stem for path in (ROOT / "compare_cli").rglob("*") if "__" not in path.name}
    assert set(re.findall(r"[a-z]+", "\n".join(drawn))) - files == set()


def test_every_dependency_has_a_lowest_version() -> None:
    bounds = lowest(declared())
    for text in declared():
        requirement = Requirement(text)
        assert requirement.specifier.contains(bounds[requirement.name]), text
        assert Version(bounds[requirement.name]) > Version("0")
