"""What looking at boundaries costs: `python -m tests.benchmarks.boundary [FILE[:TARGET] ...]`.

For the default models how much longer a whole command takes than with --no-boundary, start, refits and
reasons included, in pairs: by CPU time of all its processes, whatever else the machine does, and by the
clock. For models that predict slowly how much more CPU time one repeat of ten folds takes.
"""

from __future__ import annotations

import os
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


def main() -> None:
    for table in sys.argv[1:] or TABLES:
        used, wall = whole(table)
        print(f"{table:14s} CPU {used:+6.1%}  wall {wall:+6.1%}  aim <= +8 %", flush=True)
    for model in () if sys.argv[1:] else ("knn", "svm"):
        for table, load in SLOW.items():
            print(f"{model:14s} on {table:14s} {longer(model, load):+6.0%}  aim <= +50 %", flush=True)


def whole(table: str) -> list[float]:
    """Return how much more CPU time and time a command takes with boundaries, medians over pairs."""
    pairs = [(command(table), command(table, "--no-boundary")) for _ in range(PAIRS + 1)][1:]
    return [statistics.median(a[i] / b[i] for a, b in pairs) - 1 for i in (0, 1)]


def command(table: str, *options: str) -> tuple[float, float]:
    """Return the CPU seconds of a command with all its processes, and its seconds by the clock."""
    path, _, target = table.partition(":")
    asked = [path, *(("--target", target) if target else ()), "--quiet", "--no-store", *options]
    before, started = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", "compare_cli", "fit", *asked], check=True, capture_output=True)
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return used, time.perf_counter() - started


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
