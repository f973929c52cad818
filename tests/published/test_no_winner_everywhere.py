"""What Olson et al. 2017 found on 165 data sets, in kind: no model wins everywhere, and a bench says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compare_cli.api import bench
from compare_cli.engine.plan import Options
from compare_cli.report.across import make_matrix
from compare_cli.report.formats import FORMATS
from compare_cli.report.table import View
from compare_cli.types import Bench

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "real"
# Two tables name their target in a column of their own; two more would take a minute each.
LEFT_OUT = {"CNAE9.csv", "horse-colic.csv", "adult-train.csv", "Churn_Modelling_m.csv"}


@pytest.fixture(scope="module")
def real() -> Bench:
    if not REAL.is_dir():
        pytest.skip("../shared/data/real is not beside the checkout")
    files = sorted(path for path in REAL.glob("*.csv") if path.name not in LEFT_OUT)
    assert len(files) >= 10, "fewer data sets allow no verdict"
    return bench(files, Options("logistic,tree,mlp", repeats=1, boundary=False))


@pytest.mark.slow
def test_neither_logistic_regression_nor_the_tree_wins_everywhere(real: Bench) -> None:
    """By the verdict on each data set, not by the scores."""
    assert real.run.status == "complete"
    matrix = make_matrix(real, "logistic")
    assert matrix is not None
    tree = [row[matrix.models.index("tree")].verdict for row in matrix.rows]
    assert "better" in tree
    assert "worse" in tree


@pytest.mark.slow
def test_the_summary_names_no_single_winner_or_a_top_set_with_its_numbers(real: Bench) -> None:
    verdict = real.across.verdict
    assert verdict.status in {"undecided", "equivalent"}
    assert len(verdict.top_set) > 1
    assert "No single winner" in verdict.sentence or "Practically equivalent" in verdict.sentence
    assert all(model in verdict.sentence for model in verdict.top_set)
    assert re.search(
        r"P [=<>] \d\.\d\d.*: \d+ wins?, \d+ ties?, \d+ loss(es)?, differences", verdict.sentence
    )
    text = FORMATS["table"].text(real, View(400))
    assert verdict.sentence in text
    assert max(map(len, FORMATS["table"].text(real, View(80)).splitlines())) <= 80
