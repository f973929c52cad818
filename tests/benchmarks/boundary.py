"""CPU time of boundary work, whatever else the machine does: `python -m tests.benchmarks.boundary`.

For the default models the share that looking at boundaries and finding reasons has in the rest of a whole
command, start included and refits counted as fits; for models that predict slowly how much longer one repeat
of ten folds takes with boundaries than without, in pairs.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from compare_cli import Options, compare

TABLES = ("iris", "breast_cancer", "digits")
SLOW: dict[str, Callable[..., Any]] = {
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
}
PAIRS = 5
COMMAND = """
import sys, time
import compare_cli.api.comparison as comparison
from compare_cli.cli import main
from compare_cli.engine.workspace import Surroundings

spent = 0.0
def timed(work):
    def run(*given):
        global spent
        started = time.process_time()
        try:
            return work(*given)
        finally:
            spent += time.process_time() - started
    return run

Surroundings.describe = timed(Surroundings.describe)
comparison.explained = timed(comparison.explained)
sys.argv = ["compare-cli", "fit", sys.argv[1], "--jobs", "1", "--quiet", "--no-store"]
try:
    main()
finally:
    print(spent / (time.process_time() - spent), file=sys.stderr)
"""


def main() -> None:
    for table in TABLES:
        print(f"default models on {table:14s} {share(table):6.1%}  aim <= 8 %", flush=True)
    for model in ("knn", "svm"):
        for table, load in SLOW.items():
            print(f"{model:14s} on {table:14s} {longer(model, load):+6.0%}  aim <= +50 %", flush=True)


def share(table: str) -> float:
    """Return the CPU time of boundary work by that of the rest of a command, median of three."""
    command = [sys.executable, "-c", COMMAND, table]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(3)]
    return statistics.median(float(run.stderr.split()[-1]) for run in runs)


def longer(model: str, load: Callable[..., Any]) -> float:
    """Return how much longer a comparison of a model takes with boundaries, median over pairs."""
    X, y = load(return_X_y=True)
    both = [[cpu(model, X, y, looks) for looks in (True, False)] for _ in range(PAIRS + 1)]
    return statistics.median(a / b for a, b in both[1:]) - 1


def cpu(model: str, X: Any, y: Any, boundary: bool) -> float:
    started = time.process_time()
    compare(X, y, Options(models=model, repeats=1, jobs=1, store=None, boundary=boundary))
    return time.process_time() - started


if __name__ == "__main__":
    main()
