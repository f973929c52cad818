"""Compare on real tables under six seeds and print what they disagree in: ``python -m tests.seeds FOLDER``.

Results and their fits are kept in FOLDER, so an interrupted run goes on where it stopped. With names
only those tables; ``--table`` runs nothing; ``--judge`` judges the stored fits anew, which is quick, after a
change of the verdict. Tables that are not beside the checkout are left out, and named.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.seeds.agreement import (
    Disagreement,
    Document,
    beaten_recommendations,
    changed_recommendations,
    contradicting_winners,
)

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
TABLES = {
    "penguins": [str(REAL / "penguins.csv"), "--target", "species"],
    "glass": [str(REAL / "glass.csv")],
    "ionosphere": [str(REAL / "ionosphere.csv")],
    "sonar": [str(REAL / "sonar.csv")],
    "wine": ["wine"],
    "breast_cancer": ["breast_cancer"],
}
MODELS = {"all": "all", "two": "logistic,logistic(C=10)"}  # the second pair hardly differs
SEEDS = range(6)
COMPARE = str(Path(sys.executable).with_name("compare-cli"))


def main() -> None:
    """Run what is missing, then print the table and every disagreement."""
    folder, *rest = sys.argv[1:]
    tables = [name for name in rest if not name.startswith("--")] or list(TABLES)
    where = Path(folder)
    where.mkdir(parents=True, exist_ok=True)
    there = [name for name in tables if not TABLES[name][0].endswith(".csv") or REAL.is_dir()]
    if "--table" not in rest:
        for seed in SEEDS:
            for table in there:
                for kind in MODELS:
                    run(table, kind, seed, where, again="--judge" in rest)
    show([(table, kind, results(table, kind, where)) for table in there for kind in MODELS])
    for table in set(tables) - set(there):
        print(f"{table}: left out, its table is not there ({REAL})")


def run(table: str, kind: str, seed: int, where: Path, *, again: bool) -> None:
    """Compare once, unless the result is there; ``again`` takes the stored fits and judges them anew."""
    path = _path(table, kind, seed, where)
    if path.exists() and not again:
        return
    command = [COMPARE, "fit", *TABLES[table], "--models", MODELS[kind], "--seed", str(seed)]
    command += ["--no-boundary", "--quiet", "--format", "json", "-o", str(path)]
    subprocess.run(command, check=True, env=os.environ | {"COMPARE_STORE": str(where / "store.db")})


def results(table: str, kind: str, where: Path) -> dict[int, Document]:
    """Return the results that are there, by seed."""
    paths = {seed: _path(table, kind, seed, where) for seed in SEEDS}
    return {
        seed: json.loads(path.read_text(encoding="utf-8")) for seed, path in paths.items() if path.exists()
    }


def _path(table: str, kind: str, seed: int, where: Path) -> Path:
    return where / f"{table}-{kind}-{seed}.json"


HEAD = (
    *("table", "models", "seeds", "recommended (times)", "mean repeats", "pairs decided in a seed"),
    *("contradicting winners", "changes against a decided pair", "a beaten one recommended"),
)


def show(found: list[tuple[str, str, dict[int, Document]]]) -> None:
    """Print a row for each table and list of models, and below it who disagrees with whom."""
    print(f"| {' | '.join(HEAD)} |\n| {' | '.join(['---'] * len(HEAD))} |")
    for table, kind, by_seed in found:
        if by_seed:
            print(f"| {' | '.join(map(str, row(table, kind, by_seed)))} |")
    for table, kind, by_seed in found:
        for what, cases in disagreements(by_seed).items():
            for case in cases:
                print(f"{table} ({kind}), {what}: {case}")


def row(table: str, kind: str, by_seed: dict[int, Document]) -> list[object]:
    """Return the cells of one table and list of models."""
    named = Counter(str(d["verdict"]["recommended"]) for d in by_seed.values())
    decided = [sum(p["verdict"] != "undecided" for p in d["pairs"]) for d in by_seed.values()]
    pairs = len(next(iter(by_seed.values()))["pairs"])
    repeats = sum(d["protocol"]["repeats"] for d in by_seed.values()) / len(by_seed)
    return [
        *(table, kind, len(by_seed), ", ".join(f"{name} ({n})" for name, n in named.most_common())),
        *(f"{repeats:.1f}", f"{min(decided)}-{max(decided)} of {pairs}"),
        *(len(cases) for cases in disagreements(by_seed).values()),
    ]


def disagreements(by_seed: dict[int, Document]) -> dict[str, list[Disagreement]]:
    """Return what is counted in the last three columns."""
    return {
        "contradicting winners": contradicting_winners(by_seed),
        "recommendation changes": changed_recommendations(by_seed),
        "beaten": list(beaten_recommendations(by_seed)),
    }


if __name__ == "__main__":
    main()
