"""``python -m compare_cli``."""

import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path.cwd()
    if Path(__file__).parents[1] != here:  # Python puts the current folder first: numpy.py there would be run
        sys.path[:] = [folder for folder in sys.path if folder and Path(folder) != here]
    try:
        from compare_cli.cli import main

        main()
    except KeyboardInterrupt:  # while the program was being imported
        raise SystemExit(130) from None
