"""How soon a verdict is there: ``compare fit`` as it is, beside ten repeats, on three large tables."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Rng = np.random.Generator


def mixed(rng: Rng, rows: int = 20_000) -> pd.DataFrame:
    """Numbers, categories and gaps; the class follows steps, a category and noise."""
    size, age = rng.normal(size=rows), rng.uniform(18, 90, rows)
    colour, region = rng.choice(list("rgbk"), rows), rng.choice([f"r{i}" for i in range(12)], rows)
    warm = np.isin(colour, ["r", "k"])
    signal = 1.2 * (size > 0.3) + 1.5 * ((age > 40) & (age < 65)) * warm + 0.8 * (region < "r3") - 1.5
    frame = pd.DataFrame({"size": size, "age": age.round(1), "colour": colour, "region": region})
    frame["noise"] = rng.normal(size=rows)
    frame.loc[rng.random(rows) < 0.1, "size"] = np.nan
    frame.loc[rng.random(rows) < 0.05, "colour"] = None
    return frame.assign(answer=np.where(signal + 0.7 * rng.logistic(size=rows) > 0, "yes", "no"))


def numbers(rng: Rng, rows: int, columns: int) -> pd.DataFrame:
    """Normal columns; the class follows one of them, a product of two, and noise."""
    x = rng.normal(size=(rows, columns)).round(4)
    y = x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=rows) > 0
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(columns)]).assign(answer=y.astype(int))


TABLES: dict[str, Callable[[Rng], pd.DataFrame]] = {
    "mixed 20,000": mixed,
    "100,000 x 28": lambda rng: numbers(rng, 100_000, 28),
    "200,000 x 20": lambda rng: numbers(rng, 200_000, 20),
}


@dataclass(frozen=True)
class Ended:
    """A comparison: its seconds of wall and of processor (with its children), and what it said."""

    wall: float
    cpu: float
    result: dict[str, Any]

    @property
    def told(self) -> str:
        """Winner, repeats (or sizes of samples) and the closest of the leader's p-values."""
        protocol, verdict = self.result["protocol"], self.result["verdict"]
        leader = self.result["models"][0]["model"]
        known = [p["p_leader"] for p in self.result["pairs"] if p["left"] == leader]
        closest = max((p for p in known if p is not None), default=None)
        p = "" if closest is None else f", p {closest:.2g}"
        looks = len(protocol["looks"] or ())
        return f"{verdict['recommended']} ({verdict['status']}, {protocol['scheme']}, {looks} looks{p})"


def ended(command: Sequence[str], result: Path) -> Ended:
    """Run a comparison that writes its result as JSON."""
    started, before = time.perf_counter(), os.times()
    subprocess.run([*command, "-o", str(result)], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Ended(wall, cpu, json.loads(result.read_text(encoding="utf-8")))


def times_to_verdict(
    compare: Sequence[str], where: Path, *, alone: bool = False
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield a row for each table: default, ten repeats, how many times quicker, and what both say.

    ``alone`` leaves out the ten repeats, which take most of an hour on the largest table.
    """
    for name, make in TABLES.items():
        table = where / f"{name.replace(' ', '_').replace(',', '')}.csv"
        make(np.random.default_rng(0)).to_csv(table, index=False)
        command = [*compare, "fit", str(table), "--fresh", "--no-boundary", "--quiet"]
        ours = ended(command, where / "default.json")
        first = f"{ours.wall:.1f} s ({ours.cpu:.1f} cpu)"
        if alone:
            yield name, first, "", "", ours.told
            continue
        theirs = ended([*command, "--repeats", "10"], where / "ten.json")
        quicker = f"{theirs.wall / ours.wall:.1f} x quicker (cpu {theirs.cpu / ours.cpu:.1f} x)"
        yield name, first, f"{theirs.wall:.1f} s", quicker, f">= 4 x; {ours.told} / {theirs.told}"
