"""Simulate and print the tables of docs/simulations.md: ``python -m tests.simulations FOLDER [NAME…]``.

Scores are kept in FOLDER: an interrupted run goes on where it stopped. With names only the settings whose
names begin so are made and shown. ``--table`` shows what is there and simulates nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from compare_cli.metrics import BY_JACKKNIFE
from compare_cli.report import units
from tests.simulations.arrays import load, make
from tests.simulations.procedure import (
    coverage,
    draw_less,
    false_equivalence,
    false_winners,
    out_of_range,
    ranges_kept,
    single_test_winners,
    world,
)
from tests.simulations.settings import AREAS, EQUALS, POWER, PROOF, WORLDS, Setting
from tests.simulations.single_tests import SINGLE_TESTS, SingleTest

SETS = {2: 8000, 3: 300, 5: 200, 9: 150}  # most sets of so many models that are judged
RUNS = {3: 2000, 5: 1000, 9: 1000}  # most runs of a world, by models
FEWEST = 200  # claims of a range that say something
_told: dict[tuple[str, int], dict] = {}


def main() -> None:
    """Simulate what is missing, and print one table after the other."""
    folder, *rest = sys.argv[1:]
    names = [name for name in rest if name != "--table"]

    def chosen(settings: Sequence[Setting | SingleTest]) -> list[Setting | SingleTest]:
        return [s for s in settings if not names or s.name.startswith(tuple(names))]

    if "--table" not in rest:
        make(chosen((*EQUALS, *AREAS, *POWER, *SINGLE_TESTS, *WORLDS, *PROOF)), Path(folder))
    draw_less()
    for title, head, rows, settings in TABLES:
        lines = [line for s in chosen(settings) if (a := load(s, Path(folder))) for line in rows(s, a)]
        if lines:
            print(f"## {title}\n\n{_line(head)}\n{_line(['---'] * len(head))}")
            print("\n".join(map(_line, lines)), flush=True)
            print()


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells) + " |"


def winners(setting: Setting, arrays: dict) -> Iterator[list[object]]:
    """One row for each number of models."""
    for models, most in SETS.items():
        if models <= arrays["scores"].shape[1]:
            found = false_winners(setting, arrays, models, most)
            rate = float(found["default"])
            error = float(np.sqrt(max(rate * (1 - rate), 0.01 * 0.99) / found["sets"]))
            verdict = "" if rate <= 0.05 + 2 * error else "above"
            naive = found.get("naive", "")
            yield [
                setting.name,
                models,
                found["sets"],
                rate,
                f"± {error:.3f}",
                verdict,
                naive,
                float(found["repeats"]),
            ]


def singles(setting: SingleTest, arrays: dict) -> Iterator[list[object]]:
    """One row for each metric."""
    for metric in BY_JACKKNIFE:
        found = single_test_winners(setting, arrays, metric)
        rates = (found[rule] for rule in ("default", "these fits", "as folds"))
        yield [setting.name, metric, found["sets"], *rates]


def intervals(setting: Setting, arrays: dict) -> Iterator[list[object]]:
    """One row for each number of repeats."""
    if setting.truth:
        for repeats in (1, 2, 10)[: 1 if setting.time else 3]:
            found = coverage(setting, arrays, repeats)
            yield [
                setting.name,
                repeats,
                found["intervals"],
                found["plain"],
                found["default"],
                found["width"],
            ]


def power(setting: Setting, arrays: dict) -> Iterator[list[object]]:
    """How often the better of two models is found."""
    found = false_winners(setting, arrays, 2, 2000)
    yield [setting.name, found["sets"], found["default"], found["repeats"]]


def told_of(setting: Setting, arrays: dict) -> Iterator[tuple[int, dict]]:
    """What the verdicts of a world claim, for each number of models; judged once for both tables."""
    for models, most in RUNS.items():
        if (setting.name, models) not in _told:
            _told[setting.name, models] = world(setting, arrays, models, most)
        yield models, _told[setting.name, models]


def claims(setting: Setting, arrays: dict) -> Iterator[list[object]]:
    """One row for each number of models."""
    for models, told in told_of(setting, arrays):
        hit, true, better, apart = (told[key] for key in ("hit", "hit", "better", "apart"))
        kept = ranges_kept(*told["said"].reshape(-1, 2).T, true.ravel())
        kept = [found for found in kept if found[-1] >= FEWEST]
        over = (float(told[key][:, 0].mean() - hit[:, 0].mean()) for key in ("flat", "shrunk"))
        yield [
            *(setting.name, models, len(hit)),
            *(f"{value:+.3f}" for value in (*over, better.mean() - apart.mean())),
            ", ".join(f"{units.span(low, high)} → {true:.2f}" for low, high, true, _ in kept),
            f"{max([0.0, *map(out_of_range, kept)]):.3f}",
        ]


def regrets(setting: Setting, arrays: dict) -> Iterator[list[object]]:
    """One row for each number of models, in points."""
    for models, told in told_of(setting, arrays):
        yield [
            *(setting.name, models, len(told["extra"]), 100 * float(told["regret"].mean())),
            *(100 * float(told["extra"].mean()), float((told["extra"] > 0.01).mean())),
        ]


def equivalences(setting: Setting, arrays: dict) -> Iterator[list[object]]:
    """One row."""
    found = false_equivalence(setting, arrays)
    yield [setting.name, found["pairs"], found["equivalent"]]


TABLES = (
    (
        "Equal models: how often the leader is said to beat another",
        ("setting", "models", "sets", "by default", "s.e.", "≤ .05 + 2 s.e.", "naive t-test", "mean repeats"),
        winners,
        EQUALS,
    ),
    (
        "One test set, two equal models",
        ("setting", "score", "pairs", "winners", "test rows alone", "seeds as folds"),
        singles,
        SINGLE_TESTS,
    ),
    (
        "Intervals of accuracy at .95",
        ("setting", "repeats", "intervals", "Wilson", "as shown", "mean width"),
        intervals,
        EQUALS,
    ),
    (
        "Intervals of AUC at .95",
        ("setting", "repeats", "intervals", "t over folds", "as shown", "mean width"),
        intervals,
        AREAS,
    ),
    ("Power at a true difference of 3 points", ("setting", "pairs", "found", "mean repeats"), power, POWER),
    (
        "What is claimed of the leader, and what is true",
        (
            *("world", "models", "runs", "P(best), flat", "P(best)", "P(> 1 pt)"),
            *("said of all models → came true", "beyond its range"),
        ),
        claims,
        (*WORLDS, *PROOF),
    ),
    (
        "Regret of the leader, and of the recommended model beyond it (points)",
        ("world", "models", "runs", "leader", "recommended, beyond", "worse by more than 1 pt"),
        regrets,
        (*WORLDS, *PROOF),
    ),
    ("True difference equal to the ROPE", ("world", "pairs", "called equivalent"), equivalences, WORLDS),
)


if __name__ == "__main__":
    main()
