"""`--code`: the script runs by itself, without this program, and its folds score the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from compare_cli import api, compare
from compare_cli.api.notebook import ComparisonResult
from compare_cli.errors import UsageError
from compare_cli.metrics import METRICS

RUNNER = """
import json, sys, warnings
warnings.filterwarnings("ignore", r"\\nPyarrow")  # of pandas 2.2.0, that it will need it
sys.modules["compare_cli"] = None  # cannot be imported
names = {"__name__": "__main__", **HELD}
exec(compile(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1], "exec"), names)
print("\\n" + json.dumps({name: [float(v) for v in values] for name, values in names["scores"].items()}))
"""


def scores_of(script: str, folder: Path, held: str = "{}") -> dict[str, list[float]]:
    """Run a script in a fresh interpreter and return the scores that it leaves; any warning ends it."""
    file = folder / "script.py"
    file.write_text(script, encoding="utf-8")
    command = [sys.executable, "-I", "-W", "error", "-W", "ignore:Stochastic", "-c"]
    done = subprocess.run(
        [*command, RUNNER.replace("HELD", held), str(file)], capture_output=True, text=True, cwd=folder
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def check(result: ComparisonResult, folder: Path, held: str = "{}", mlp: float = 0.0) -> str:
    """Compare the scores of all folds with those of the result; return the script.

    ``mlp``: by how much those of a perceptron may differ.
    """
    script = result.code()
    scores = scores_of(script, folder, held)
    metric = result.protocol.metric
    assert set(scores) == {m.model for m in result.models}
    for model, values in scores.items():
        fits = sorted((f for f in result.fits if f.model == model), key=lambda f: (f.repeat, f.fold))
        wanted = [f.accuracy if metric == "accuracy" else f.scores[metric] for f in fits]
        assert np.allclose(values, wanted, rtol=0, atol=mlp if model == "mlp" else 1e-9), (
            model,
            values,
            wanted,
        )
    return script


def run(source: Any, *rest: Any, **how: Any) -> ComparisonResult:
    return compare(
        source, *rest, **{"models": "logistic,tree", "repeats": 1, "boundary": False, "jobs": 1, **how}
    )


def mixed(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    size, colour = rng.normal(size=rows).round(3), rng.choice(["red", "007", "blå", "None"], rows)
    days = pd.date_range("2024-01-01 08:30", periods=rows, freq="17h")
    return pd.DataFrame(
        {
            "size": np.where(rng.random(rows) < 0.1, np.nan, size),
            "colour": np.where(rng.random(rows) < 0.1, None, colour),
            "when": days.strftime("%d.%m.%Y %H:%M"),
            "old": rng.choice(["TRUE", "false", ""], rows),
            "price": [f"{v:,.2f} €" for v in rng.lognormal(7, 1, rows)],
            "kind": np.where(size + (colour == "red") > 0.3, "yes", "no"),
        }
    )


def test_iris_is_a_page_that_scores_the_same(tmp_path: Path) -> None:
    script = check(run("iris", models="logistic,tree,mlp", repeats=2, folds=3), tmp_path)
    assert "n_splits=3, n_repeats=2, random_state=0" in script
    assert "compare_cli" not in script
    assert len(script.splitlines()) < 60


@pytest.mark.slow
def test_texts_gaps_dates_and_truth_values(tmp_path: Path) -> None:
    mixed().to_csv(tmp_path / "a.csv", index=False)
    script = check(run(tmp_path / "a.csv", models="logistic,tree,mlp,forest,knn"), tmp_path)
    assert "format='%d.%m.%Y %H:%M'" in script
    assert "to_numeric(data['price'].str.replace(" in script


@pytest.mark.slow
@pytest.mark.parametrize("metric", [m.name for m in METRICS.values() if m.ranks] + ["f1_weighted"])
def test_every_metric(metric: str, tmp_path: Path) -> None:
    check(run("wine", metric=metric, folds=3), tmp_path)
    check(run("breast_cancer", metric=metric, folds=3), tmp_path)


@pytest.mark.slow
def test_costs_balance_and_what_the_user_set(tmp_path: Path) -> None:
    models = "logistic(C=0.1),deep=tree(max_depth=3),boosting(max_iter=20)"
    check(run("breast_cancer", models=models, cost="malignant:benign=5", balanced=True, seed=7), tmp_path)


@pytest.mark.slow
def test_groups(tmp_path: Path) -> None:
    table = mixed().assign(patient=np.repeat([f"p{at}" for at in range(10)], 12))
    table.to_csv(tmp_path / "a.csv", index=False)
    check(run(tmp_path / "a.csv", groups="patient", repeats=3, folds=4), tmp_path)
    uneven = np.repeat(["a", "b", "c", "d"], [100, 12, 4, 4])
    mixed().assign(patient=uneven).to_csv(tmp_path / "b.csv", index=False)
    check(run(tmp_path / "b.csv", groups="patient", repeats=3, folds=4), tmp_path)


@pytest.mark.slow
def test_time(tmp_path: Path) -> None:
    mixed().sample(frac=1, random_state=0).to_csv(tmp_path / "a.csv", index=False)
    script = check(run(tmp_path / "a.csv", time="when", folds=5), tmp_path)
    assert "TimeSeriesSplit(n_splits=5)" in script
    table = mixed().assign(when=np.repeat([f"2024-0{month}-01" for month in range(1, 9)], 15))
    table.sample(frac=1, random_state=0).to_csv(tmp_path / "b.csv", index=False)
    assert "cuts = [" in check(run(tmp_path / "b.csv", time="when", folds=5), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("repeats", [1, 3])
def test_test_rows(repeats: int, tmp_path: Path) -> None:
    mixed(160).to_csv(tmp_path / "a.csv", index=False)
    test = mixed(60).assign(colour=lambda t: t["colour"].replace("red", "new"))
    test.to_csv(tmp_path / "b.csv", index=False)
    how = {"models": "logistic,tree,forest", "repeats": repeats}
    check(run(tmp_path / "a.csv", test=str(tmp_path / "b.csv"), **how), tmp_path)
    check(run(tmp_path / "a.csv", test_rows=40, **how), tmp_path)


@pytest.mark.slow
def test_logistic_regression_in_single_precision(tmp_path: Path) -> None:
    """Many rows and coefficients: the script and the model of all rows get float32 too."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(15_000, 90)).round(3)
    table = pd.DataFrame(X, columns=[f"x{at}" for at in range(90)])
    table["y"] = np.digitize(X[:, 0] + X[:, 1] + rng.normal(size=len(X)), [-1, 1])
    table.to_csv(tmp_path / "a.csv", index=False)
    result = run(tmp_path / "a.csv", models="logistic,logistic(solver=lbfgs),tree", folds=3)
    script = check(result, tmp_path)
    assert script.count("FunctionTransformer(func=np.float32)") == 2
    assert "single precision" in result.estimator("logistic").named_steps


@pytest.mark.slow
def test_other_writings(tmp_path: Path) -> None:
    file = tmp_path / "odd.txt"
    lines = ["# a table", "größe;gewicht;art"]
    lines += [
        f"{at / 7:.3f}".replace(".", ",") + f";{at % 13};{'süß' if at % 3 else 'herb'}" for at in range(80)
    ]
    file.write_text("\n".join(lines), encoding="cp1252")
    script = check(run(file, encoding="cp1252"), tmp_path)
    assert "decimal=','" in script
    assert "encoding='cp1252'" in script
    (tmp_path / "no.tsv").write_text(
        "\n".join(f"{at % 7}\t{at * 0.37}\t{'ab'[at % 5 > 2]}" for at in range(60))
    )
    check(run(tmp_path / "no.tsv"), tmp_path)
    table = mixed()
    table.loc[[3, 50], "kind"] = None
    table.loc[7, "kind"] = "rare"
    table.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    check(run(tmp_path / "a.jsonl"), tmp_path)


NASTY = "'); print('owned'); ('", '"""', "line\nbreak", "(file", "{column}", "back\\slash", "a b", "é\u2028x"


@pytest.mark.slow
def test_texts_of_the_data_are_never_code(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.normal(size=90).round(2) for name in NASTY})
    table["'''\nq"] = rng.choice([*NASTY], 90)
    table["k\"ind'"] = np.where(table[NASTY[0]] > 0, "'); import os; ('", '"""\n')
    folder = tmp_path / 'it\'s "odd" (file'
    folder.mkdir()
    table.to_csv(folder / "na'm\"e.csv", index=False)
    result = run(
        folder / "na'm\"e.csv", models={"a'\"\nb": "tree"}, target="k\"ind'", quote='"', delimiter=","
    )
    script = check(result, tmp_path)
    assert "owned" not in [line.strip() for line in script.splitlines()]
    assert all(line.startswith("#") or "compare" not in line for line in script.splitlines())


@pytest.mark.slow
def test_what_a_program_holds(tmp_path: Path) -> None:
    X, y = load_wine(return_X_y=True)
    held = "dict(zip('Xy', __import__('sklearn.datasets').datasets.load_wine(return_X_y=True)))"
    models = {
        "svm": make_pipeline(StandardScaler(), SVC(C=10)),
        "some": make_pipeline(SelectKBest(f_classif, k=3), RandomForestClassifier(20, random_state=1)),
        "forest 30": RandomForestClassifier(30),
    }
    script = check(run(X, y, models=models, folds=3), tmp_path, held)
    assert "SelectKBest(k=3)" in script
    frame = mixed().drop(columns="kind").assign(kind=mixed()["kind"] == "yes")
    frame.to_pickle(tmp_path / "held.pkl")
    held = f"{{'table': __import__('pandas').read_pickle({str(tmp_path / 'held.pkl')!r})}}"
    check(run(frame, target="kind"), tmp_path, held)


REFUSED: dict[str, tuple[Callable[[Path], ComparisonResult], str]] = {
    "function": (
        lambda f: run(
            *load_wine(return_X_y=True), models=make_pipeline(FunctionTransformer(lambda x: x), SVC())
        ),
        "<lambda> is not in a module that can be imported: leave the model out",
    ),
    "samples": (lambda f: run("iris", repeats="auto", samples=True), "growing samples are no folds"),
    "stored": (lambda f: run("iris", models="tree", folds=2), "the table is not at hand"),
    "test rows": (
        lambda f: run(*load_wine(return_X_y=True), test=load_wine(return_X_y=True)),
        "save both tables, compare the files",
    ),
    "no probabilities": (
        lambda f: run("wine", models="svm", metric="log_loss"),
        "svm: gives no probabilities",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_said_is_named(case: str, tmp_path: Path) -> None:
    make, told = REFUSED[case]
    result = make(tmp_path)
    if case == "stored":
        object.__setattr__(result, "_dataset", None)
    with pytest.raises(UsageError, match=told) as raised:
        result.code()
    assert "\n" not in str(raised.value)


def test_a_table_that_pandas_reads_otherwise_is_refused_before_a_fit(tmp_path: Path) -> None:
    rows = [f"({at}.5),{'ab'[at % 2]}" if at % 3 else f"{at}.5,{'ab'[at % 2]}" for at in range(90)]
    (tmp_path / "a.csv").write_text("\n".join(["n,k", *rows]))
    dataset = api.read(tmp_path / "a.csv")
    with pytest.raises(
        UsageError,
        match=r"a\.csv: pandas does not read this as compare does: column 'n' has other values",
    ):
        api.script(dataset, api.Options("tree", repeats=1))


@pytest.mark.slow
def test_on_the_command_line_it_is_a_format(tmp_path: Path) -> None:
    def ended(*arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
        asked = [sys.executable, "-m", "compare_cli", *arguments, "--no-store"]
        return subprocess.run(asked, capture_output=True, text=True, cwd=tmp_path, **how)

    quick = ("--models", "tree", "--folds", "2", "--repeats", "1", "--no-boundary")
    assert ended("fit", "iris", *quick, "-o", "script.py").stdout == ""
    said = ended("fit", "iris", *quick, "--code").stdout
    assert said == (tmp_path / "script.py").read_text(encoding="utf-8")
    assert "cross_val_score" in said
    wrong = {
        ("fit", "iris", "--code", "--json"): "ask for two formats",
        ("fit", "iris", "--code", "--format", "csv"): "ask for two formats",
        ("curve", "iris", "-o", "script.py"): "compare curve has none",
        (
            "fit",
            "iris",
            "--samples",
            "--code",
        ): "growing samples are no folds of scikit-learn: give --all-rows",
        (
            "fit",
            "-",
            *quick,
            "--code",
        ): "standard input is not one file of a table that a script can read again",
        ("fit", "wine", "--models", "svm", "--metric", "log_loss", "--code"): "svm: gives no probabilities",
    }
    for arguments, told in wrong.items():
        done = ended(*arguments, input="a,b,c\n" + "1,2,x\n2,1,y\n" * 30)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert told in done.stderr
        assert len([line for line in done.stderr.splitlines() if line.startswith("error")]) == 1
        assert "fits" not in done.stderr, "it is told before anything is fitted"
