"""Large tables from file to verdict: time and memory, beside plain folds on all rows and LazyPredict."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks.measuring import in_turn, peak_memory, wall
from tests.benchmarks.verdicts import TABLES
from tests.simulations.growing import million

LAZY = Path(__file__).with_name("lazy.py")
AIMS = {1_000_000: (40, 1.5), 100_000: (20, 1.5)}  # rows: seconds, gigabytes
PLAIN = """
import sys
import pandas as pd
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
table = pd.read_csv(sys.argv[1])
X, y = table.iloc[:, :-1], table.iloc[:, -1]
folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
def fit(model, train, test):
    return model.fit(X.iloc[train], y.iloc[train]).score(X.iloc[test], y.iloc[test])
models = [make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), DecisionTreeClassifier()]
print(Parallel(n_jobs=2)(delayed(fit)(model, *fold) for model in models for fold in folds))
"""
Row = tuple[str, str, str, str, str]


def written(rows: int, where: Path) -> Path:
    """Write so many rows of 28 columns; the class is in the last one."""
    path = where / f"{rows}.csv"
    if not path.exists():
        million(0, rows).round(5).to_csv(path, index=False)
    return path


def to_verdict(compare: Sequence[str], where: Path) -> Iterator[Row]:
    """Yield a row for each size: seconds, peak memory, and what was said; at a million beside plain folds."""
    for rows, (seconds, gigabytes) in AIMS.items():
        table, result = written(rows, where), where / f"{rows}.json"
        command = [*compare, "fit", str(table), "--fresh", "--quiet", "-o", str(result)]
        took, peak = wall(command), peak_memory(command, every=0.2)
        said = json.loads(result.read_text(encoding="utf-8"))["verdict"]
        aim = f"<= {seconds} s, <= {gigabytes} GB"
        told = f"{said['recommended']} ({said['status']})"
        yield f"{rows:,} x 28", f"{took:.1f} s", f"{peak / 1e9:.2f} GB", told, aim
        if rows == max(AIMS):
            plain = wall([sys.executable, "-c", PLAIN, str(table)])
            cells = f"{took:.1f} s", f"{plain:.1f} s", f"{took / plain:.2f}", "<= 0.25"
            yield ("beside 5 folds of all rows", *cells)


def beside_lazypredict(compare: Sequence[str], where: Path) -> Iterator[Row]:
    """Yield rows by default and at one repeat. ``LAZY_PYTHON`` names a Python that has lazypredict 0.3."""
    python = os.environ.get("LAZY_PYTHON", sys.executable)
    mixed = where / "mixed.csv"
    table: pd.DataFrame = TABLES["mixed 20,000"](np.random.default_rng(0))
    table.to_csv(mixed, index=False)
    large = written(100_000, where)
    for source in ("iris", "breast_cancer", "digits", str(mixed), str(large)):
        ours = [*compare, "fit", source, "--fresh", "--quiet", "-o", str(where / "lazy.json")]
        runs = 5 if source in {"iris", "breast_cancer"} else 1 if source == str(large) else 3
        for how in ([], ["--repeats", "1"])[: 1 if source == str(large) else 2]:
            r = in_turn([*ours, *how], [python, str(LAZY), source], runs)
            name = f"{Path(source).stem} {' '.join(how)}".strip()
            told = f"{r.ratio:.2f} [{r.lowest:.2f}, {r.highest:.2f}]"
            yield name, f"{r.first:.2f} s", f"{r.second:.2f} s", told, "<= 0.50"
