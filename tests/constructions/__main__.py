"""Precision and recall of the reasons under a verdict, by kind: `python -m tests.constructions`."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from tests.constructions.later import ALL
from tests.constructions.measuring import judged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="tables of each construction")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--part", choices=["all", "tuned", "frozen"], default="all")
    parser.add_argument("--only", default="", help="constructions whose names contain this")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--store", type=Path, help="keep fits here, so that they are not run again")
    parser.add_argument("--verbose", action="store_true", help="show every sentence, not only false ones")
    asked = parser.parse_args()
    counts: dict[str, Counter[str]] = {}
    runs: Counter[tuple[str, str]] = Counter()
    for construction in ALL:
        if asked.part not in {"all", "frozen" if construction.frozen else "tuned"}:
            continue
        if asked.only not in construction.name:
            continue
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            for found in judged(construction, seed, repeats=asked.repeats, store=asked.store):
                counts.setdefault(found.code, Counter())[found.kind] += 1
                runs[construction.name, found.code] += found.kind == "false"
                if asked.verbose or found.kind != "true":
                    print(
                        f"{found.kind:6s} {construction.name} {seed}: {found.code} {found.sentence}",
                        flush=True,
                    )
    show(counts)
    always = [f"{name}: {code}" for (name, code), wrong in runs.items() if wrong and wrong == asked.seeds]
    print("false on every seed:", "; ".join(always) or "none")


def show(counts: dict[str, Counter[str]]) -> None:
    print(f"{'reason':14s} {'true':>5s} {'false':>5s} {'missed':>6s} {'precision':>9s}")
    total: Counter[str] = Counter()
    for code, found in sorted(counts.items()):
        total += found
        print(line(code, found))
    print(line("all", total))


def line(code: str, found: Counter[str]) -> str:
    told = found["true"] + found["false"]
    precision = f"{found['true'] / told:9.2f}" if told else ""
    return f"{code:14s} {found['true']:5d} {found['false']:5d} {found['missed']:6d} {precision}"


if __name__ == "__main__":
    main()
