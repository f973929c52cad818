"""Real tables under several seeds: no two contradict each other, and what is recommended is never beaten.

``python -m tests.simulations.seeds FOLDER TABLE… [--models MODELS] [--seeds 6]`` compares the models on each
table (a file, or the name of a built-in one) once for each seed and prints a line of the record in
docs/simulations.md. Fits are kept in FOLDER: an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from compare_cli import api
from compare_cli.types import Comparison

HEAD = ("table", "status", "repeats", "recommended", "decided pairs", "contradicting", "beaten elsewhere")


def decided(comparison: Comparison) -> set[tuple[str, str]]:
    """Return every pair (better, worse) that is decided, the baseline's left out."""
    found = set()
    for pair in comparison.pairs:
        if pair.verdict == "better":
            found.add((pair.left, pair.right))
        elif pair.verdict == "worse":
            found.add((pair.right, pair.left))
    return {pair for pair in found if "dummy" not in pair}


def contradicting(runs: Sequence[Comparison]) -> set[tuple[str, str]]:
    """Return pairs of models of which each is better than the other under some seed, named once."""
    better = {pair for run in runs for pair in decided(run)}
    return {pair for pair in better if pair[::-1] in better and pair[0] < pair[1]}


def beaten_elsewhere(runs: Sequence[Comparison]) -> list[tuple[str, str]]:
    """Return (recommended, better one) where a model recommended under one seed is beaten under another.

    The two are decided then, so the recommendation should not depend on the seed.
    """
    better = {pair for run in runs for pair in decided(run)}
    recommended = {run.verdict.recommended for run in runs}
    return sorted((worse, one) for one, worse in better if worse in recommended and one in recommended)


def line(name: str, runs: Sequence[Comparison]) -> str:
    """Return one row of the table."""

    def told(values: Sequence[object]) -> str:
        return ", ".join(f"{value} × {count}" for value, count in Counter(values).most_common())

    cells = (
        name,
        told([run.verdict.status for run in runs]),
        ", ".join(str(run.protocol.repeats) for run in runs),
        told([run.verdict.recommended for run in runs]),
        ", ".join(str(len(decided(run))) for run in runs),
        len(contradicting(runs)),
        ", ".join(f"{worse} by {one}" for worse, one in beaten_elsewhere(runs)) or 0,
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Compare, and print a row for each table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("tables", nargs="+")
    parser.add_argument("--models", default="all")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    print(f"| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}", flush=True)
    for table in given.tables:
        how = {"models": given.models, "boundary": False, "jobs": given.jobs}
        how["store"] = given.folder / "store.sqlite"
        runs = [api.compare(table, seed=seed, **how) for seed in range(given.seeds)]
        print(line(Path(table).stem, runs), flush=True)


if __name__ == "__main__":
    main()
