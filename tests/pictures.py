"""The pictures of the README, made from real runs: ``python -m tests.pictures``.

Those of a terminal are exported by rich, with the reader's own fonts; `compare plot` draws the boundaries.
"""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
WIDTH = 96
COMMANDS = {"fit": ("fit", "moons"), "curve": ("curve", "moons")}


def terminal(*command: str) -> str:
    """Run a command as on a terminal with colours; return what it writes, its notes left out."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "PYTHONUTF8": "1"}
    asked = [sys.executable, "-m", "compare_cli", *command, "--quiet", "--no-store"]
    return subprocess.run(asked, env=environment, capture_output=True, check=True, text=True).stdout


def main() -> None:
    """Write the pictures."""
    from rich._export_format import CONSOLE_SVG_FORMAT

    start, end = (CONSOLE_SVG_FORMAT.index(part) for part in ("@font-face", ".{unique_id}-matrix"))
    plain = CONSOLE_SVG_FORMAT[:start] + CONSOLE_SVG_FORMAT[end:]  # no fonts from elsewhere
    FOLDER.mkdir(exist_ok=True)
    for name, command in COMMANDS.items():
        console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
        console.print(Text(f"$ compare {' '.join(command)}", "bold"))
        console.print(Text.from_ansi(terminal(*command)))
        title, file = f"compare {' '.join(command)}", FOLDER / f"{name}.svg"
        console.save_svg(str(file), title=title, code_format=plain, unique_id=f"compare-{name}")
    for source, name in (("moons", "boundaries"), ("overlap", "overlap"), ("boxes", "boxes")):
        file = str(FOLDER / f"{name}.png")
        subprocess.run([sys.executable, "-m", "compare_cli", "plot", source, "-o", file], check=True)


if __name__ == "__main__":
    main()
