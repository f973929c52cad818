"""Print the table of speed and memory: ``python -m tests.benchmarks [CASE…]`` (Linux).

Wall times are of whole processes, run in turn; ratios are medians pair by pair, with their range.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.growing import beside_lazypredict, to_verdict
from tests.benchmarks.measuring import in_turn, peak_memory, wall
from tests.benchmarks.reader import beside_pandas, compare_readers
from tests.benchmarks.verdicts import times_to_verdict
from tests.dask_processes import Processes

PLAIN = Path(__file__).with_name("plain.py")
REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
ONE_COMMAND = """
import typer
app = typer.Typer()
@app.command()
def hello(name: str = "world"):
    '''Say hello.'''
    print(name)
app()
"""
FIT_CASES = {
    "iris": (0.70, 7),
    "digits": (0.90, 5),
    "adult": (0.95, 3),
    "floats": (1.00, 3),
    "mnist": (1.00, 5),
}
# What boundary statistics may add to the time of the default models: a share of it, or seconds.
BOUNDARY_CASES = {"iris": ("+ 0.5 s", 7), "adult": ("<= 1.08", 3), "floats": ("<= 1.08", 3), "cnae9": ("", 1)}
ASKED = {"verdict-default", "lazypredict"}  # only when named: contained in another, needs another package
COMPARE = [str(Path(sys.executable).with_name("compare-cli"))]


def main() -> None:
    """Run the cases named on the command line, or all of them."""
    wanted = sys.argv[1:] or ["start", *FIT_CASES, *(name for name in OTHERS if name not in ASKED)]
    if unknown := set(wanted) - {"start", *FIT_CASES, *OTHERS}:
        raise SystemExit(
            f"{', '.join(unknown)}: no such case. There are start, {', '.join([*FIT_CASES, *OTHERS])}."
        )
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        os.environ["COMPARE_STORE"] = str(where / "store.db")  # keeping results is part of what is timed
        for case in wanted:
            if case == "start":
                _start(where)
            elif case in OTHERS:
                OTHERS[case](where)
            else:
                _fit(case, where)


def _command(source: str, result: Path) -> list[str]:
    how = ["--fresh", "--no-boundary", "--quiet", "--jobs", "2"]
    return [*COMPARE, "fit", source, *how, "-o", str(result)]


def _row(case: str, ours: str, theirs: str, ratio: str, aim: str) -> None:
    print(f"{case:<26} {ours:>12} {theirs:>12}   {ratio:<26} {aim}", flush=True)


def _start(where: Path) -> None:
    """Starting up, beside a Typer program with one command that does the same kind of thing."""
    script = where / "one_command.py"
    script.write_text(ONE_COMMAND, encoding="utf-8")
    print("                                compare        other   ratio [range]              aim")
    for ours, other in (("--help", "--help"), ("--version", ""), ("models", ""), ("schema", "")):
        command = [sys.executable, str(script), *([other] if other else [])]
        r = in_turn([*COMPARE, ours], command, 9)
        _row(f"compare {ours}", f"{r.first:.3f} s", f"{r.second:.3f} s", _range(r), "<= 1.5")


def _fit(case: str, where: Path) -> None:
    aim, runs = FIT_CASES[case]
    source = _source(case, where)
    if source is None:
        print(f"{case}: left out, its table is not there ({REAL})")
        return
    result = where / f"{case}.json"
    ours = _command(source, result)
    subprocess.run(ours, check=True)
    r = in_turn(ours, [sys.executable, str(PLAIN), str(result), source], runs)
    fits = json.loads(result.read_text(encoding="utf-8"))["run"]["fits_run"]
    _row(f"fit {case} ({fits} fits)", f"{r.first:.2f} s", f"{r.second:.2f} s", _range(r), f"<= {aim:.2f}")


def _boundary(where: Path) -> None:
    """The default models with boundary statistics, beside the same command without them."""
    print("                                   with      without   ratio [range]              aim")
    for case, (aim, runs) in BOUNDARY_CASES.items():
        source = _source(case, where)
        if source is None:
            print(f"{case}: left out, its table is not there ({REAL})")
            continue
        command = [*COMPARE, "fit", source, "--fresh", "--quiet", "-o", str(where / f"{case}.json")]
        if case == "cnae9":
            command += ["--target", "1"]
        r = in_turn(command, [*command, "--no-boundary"], runs)
        _row(f"boundary {case}", f"{r.first:.2f} s", f"{r.second:.2f} s", _range(r), aim)


def _again(where: Path) -> None:
    """Every model on every built-in data set, and the same command once more: all from the store."""
    command = [*COMPARE, "bench", "--models", "all", "--quiet", "-o", str(where / "again.json")]
    first, second = wall(command), wall(command)
    run = json.loads((where / "again.json").read_text(encoding="utf-8"))["run"]
    reused = run["fits_reused"] / (run["fits_reused"] + run["fits_run"])
    imports = wall([sys.executable, "-c", "import sklearn.linear_model, sklearn.tree, pandas, scipy.stats"])
    sets = len(json.loads((where / "again.json").read_text(encoding="utf-8"))["datasets"])
    aim = f"<= imports {imports:.2f} s + 0.4 s x {sets}"
    _row("bench again", f"{second:.2f} s", f"{first:.1f} s", f"{reused:.1%} reused", aim)


def _cluster(where: Path) -> None:
    """A bench on two Dask workers of this machine, beside the same with two processes here."""
    bench = [*COMPARE, "bench", "digits", "spiral", "moons", "--models", "all", "--fresh", "--quiet"]
    bench += ["--repeats", "2", "--jobs", "2", "-o", str(where / "cluster.json")]
    dask = Processes()
    try:
        dask.add_worker()
        dask.add_worker()
        r = in_turn([*bench, "--cluster", f"dask://{dask.address}"], bench, 2)
    finally:
        dask.end()
    aim = "<= 1.15, of >= 60 s"
    _row("bench on 2 Dask workers", f"{r.first:.1f} s", f"{r.second:.1f} s", _range(r), aim)


def _range(r: object) -> str:
    return f"{r.ratio:.2f} [{r.lowest:.2f}, {r.highest:.2f}]"  # type: ignore[attr-defined]


def _source(case: str, where: Path) -> str | None:
    tables = {"adult": "adult-train.csv", "cnae9": "CNAE9.csv", "mnist": "../mnist"}
    if case in tables:
        return str(REAL / tables[case]) if REAL.is_dir() else None
    if case == "floats":
        return str(_floats(where / "floats.csv"))
    return case


def _floats(path: Path) -> Path:
    """Write a table of 100,000 rows and 28 normal columns; the class is noisy, with an interaction."""
    if not path.exists():
        rng = np.random.default_rng(0)
        X = rng.normal(size=(100_000, 28))
        y = (X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=len(X)) > 0).astype(int)
        names = ",".join([*(f"x{i}" for i in range(28)), "class"])
        np.savetxt(path, np.column_stack([X, y]), "%.6g", ",", header=names, comments="")
    return path


def _memory(where: Path) -> None:
    """Peak memory on large tables, summed over processes."""
    for case, aim in (("floats", "<= 1.5"), ("mnist", "<= 1.25")):
        source, result = _source(case, where), where / "memory.json"
        if source is None:
            print(f"memory {case}: left out, its table is not there ({REAL})")
            continue
        first = peak_memory(_command(source, result))
        second = peak_memory([sys.executable, str(PLAIN), str(result), source])
        megabytes = [f"{n / 1e6:.0f} MB" for n in (first, second)]
        _row(f"memory {case}", megabytes[0], megabytes[1], f"{first / second:.2f}", aim)


def _timing(where: Path) -> None:
    """The fit times reported with two fits side by side, beside those of fits run alone."""
    for source in ("breast_cancer", "digits"):
        times = {}
        for jobs in ("1", "2"):
            result = where / f"timing{jobs}.json"
            command = [
                *COMPARE,
                "fit",
                source,
                "--fresh",
                "--no-boundary",
                "-q",
                "--repeats",
                "2",
                "-j",
                jobs,
            ]
            subprocess.run([*command, "-o", str(result)], check=True)
            models = json.loads(result.read_text(encoding="utf-8"))["models"]
            times[jobs] = {m["model"]: m["fit_seconds"] for m in models if m["fit_seconds"] > 1e-3}
        ratios = [times["2"][name] / times["1"][name] for name in times["1"] if name in times["2"]]
        each = ", ".join(f"{name} {times['2'][name] / times['1'][name]:.2f}" for name in times["1"])
        _row(
            f"fit_seconds {source}",
            "2 jobs",
            "1 job",
            f"{statistics.median(ratios):.2f} ({each})",
            "0.85-1.15",
        )


def _limits(where: Path) -> None:
    """What 25 fits cost that are ended at their limit, beyond the limits: each takes its process along."""
    command = [
        *COMPARE,
        "fit",
        "iris",
        "--models",
        "toy_models:Sleeps",
        "--no-boundary",
        "--fresh",
        "--quiet",
    ]
    command += ["--folds", "5", "--jobs", "1", "--time-limit", "1"]
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    spent = {}
    for repeats in ("1", "6"):
        started = time.perf_counter()
        done = subprocess.run([*command, "--repeats", repeats, "-o", str(where / "limits.json")])
        spent[repeats] = time.perf_counter() - started
        assert done.returncode == 4, "all of its fits are ended"
    more = spent["6"] - spent["1"]
    _row("25 fits at their limit", f"{more:.1f} s", "25 s", f"{more / 25 - 1:.2f} s each", "<= 0.3 s each")


def _verdict(where: Path) -> None:
    """How soon a verdict is there, beside ten repeats."""
    for row in times_to_verdict(COMPARE, where):
        _row(*row)


def _default(where: Path) -> None:
    """The same without the ten repeats."""
    for row in times_to_verdict(COMPARE, where, alone=True):
        _row(*row)


def _samples(where: Path) -> None:
    """A million rows and a hundred thousand, from file to verdict."""
    for row in to_verdict(COMPARE, where):
        _row(*row)


def _lazypredict(where: Path) -> None:
    """The default models beside LazyPredict."""
    for row in beside_lazypredict(COMPARE, where):
        _row(*row)


def _reader(_: Path) -> None:
    """How well tables are read beside other readers, no time."""
    compare_readers()


def _reading(where: Path) -> None:
    """How long reading takes beside pandas alone, by the clock and in CPU time, pair by pair."""
    for rows, times in ((100_000, 15), (1_000_000, 5)):
        for line in beside_pandas(where, rows, times):
            _row(*line)


OTHERS = {
    "reader": _reader,
    "reading": _reading,
    "samples": _samples,
    "lazypredict": _lazypredict,
    "verdict": _verdict,
    "verdict-default": _default,
    "boundary": _boundary,
    "memory": _memory,
    "timing": _timing,
    "again": _again,
    "cluster": _cluster,
    "limits": _limits,
}
main()
