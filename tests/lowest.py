"""Print the lowest version of every dependency that pyproject.toml declares: ``python tests/lowest.py``.

The lines are constraints for pip: ``pip install -c lowest.txt '.[test]'`` installs what a user may have at
the least. Exact pins (``==``) are left as they are.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
_BOUND = re.compile(r"\s*([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*>=\s*([0-9][0-9.]*)")


def lowest(requirements: list[str]) -> dict[str, str]:
    """Return the lowest version of each requirement ``name>=version``; others have none."""
    found = (_BOUND.match(text) for text in requirements)
    return {match[1]: match[2] for match in found if match}


def declared() -> list[str]:
    """Return the requirements of the program, its extras, and its tests."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return project["dependencies"] + [
        text for name, texts in extras.items() if name != "lint" for text in texts
    ]


if __name__ == "__main__":
    for name, version in lowest(declared()).items():
        print(f"{name}=={version}")
