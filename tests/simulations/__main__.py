"""``python -m tests.simulations FOLDER [NAME…]``: simulate what is missing in FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.simulations.arrays import make
from tests.simulations.settings import EQUALS, POWER, ROPE, WORLDS
from tests.simulations.single_tests import SINGLE_TESTS


def main() -> None:
    folder, *names = sys.argv[1:]
    everything = (*EQUALS, *POWER, *ROPE, *SINGLE_TESTS, *WORLDS)
    chosen = [s for s in everything if not names or any(s.name.startswith(n) for n in names)]
    make(chosen, Path(folder))


if __name__ == "__main__":
    main()
