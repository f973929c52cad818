"""The errors in the notes of the adult data set: C4.5 15.54 %, naive Bayes 16.12 %."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from compare_cli import Options, compare, read

ADULT = next(
    (
        folder / "shared/data/real/adult-train.csv"
        for folder in Path(__file__).parents
        if (folder / "shared/data/real/adult-train.csv").is_file()
    ),
    Path("adult-train.csv"),
)


@pytest.mark.slow
@pytest.mark.skipif(not ADULT.is_file(), reason="adult-train.csv is not beside the checkout")
def test_tree_and_naive_bayes() -> None:
    """Five folds over the 30,162 training rows without unknowns; the notes used 15,060 test rows instead.

    The notes' naive Bayes counts categories, as `naive_bayes` does; what it did with numbers they do not say.
    """
    frame = pd.read_csv(ADULT, header=None, skipinitialspace=True)
    frame.columns = pd.Index([*(f"c{at}" for at in range(14)), "income"])
    known = frame[~(frame == "?").any(axis=1)].reset_index(drop=True)
    assert len(known) == 30162
    options = Options("tree,naive_bayes", folds=5, repeats=1, boundary=False)
    comparison = compare(read(known, target="income"), options)
    assert comparison.run.status == "complete", comparison.notes
    found = {m.model: 100 * (1 - (m.accuracy or 0)) for m in comparison.models}
    assert found["tree"] == pytest.approx(15.54, abs=1.5)
    assert found["naive_bayes"] == pytest.approx(16.12, abs=1.5), found
