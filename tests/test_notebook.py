"""Results at home in a notebook: the page of the documentation, run as one, and what results can do."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toy_tables import blobs, mixed

from compare_cli.api import bench, compare, load_run
from compare_cli.api.notebook import BenchResult, ComparisonResult, Drawing, followed
from compare_cli.document import read_document, to_json
from compare_cli.engine.plan import Options
from compare_cli.errors import DataError, UsageError
from compare_cli.types import Comparison

ROOT = Path(__file__).parents[1]
FAST = Options("logistic,tree", folds=3, repeats=1, jobs=1)


@pytest.fixture(scope="module")
def result() -> ComparisonResult:
    return compare(mixed(90), FAST)


@pytest.fixture(scope="module")
def two() -> BenchResult:
    sets = [replace(blobs(seed=seed), name=f"set{seed}") for seed in range(2)]
    return bench(sets, replace(FAST, boundary=False))


@pytest.mark.slow
@pytest.mark.extra
def test_the_page_of_the_documentation_runs_as_a_notebook() -> None:
    nbclient = pytest.importorskip("nbclient", reason="needs compare-cli[test]")
    import nbformat

    text = (ROOT / "docs" / "notebook.md").read_text(encoding="utf-8")
    cells = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    picture = ROOT / "boundary.png"
    try:
        nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
        assert picture.read_bytes().startswith(b"\x89PNG")
    finally:
        picture.unlink(missing_ok=True)
    shown = [output.get("data", {}) for cell in notebook.cells for output in cell.outputs]
    assert [cell for cell in shown if "compare-card" in cell.get("text/html", "")]
    assert [cell for cell in shown if "<svg" in cell.get("image/svg+xml", "")]
    assert [cell for cell in shown if "upper" in str(cell)]
    assert not [output for cell in notebook.cells for output in cell.outputs if output.output_type == "error"]


def test_a_result_is_short_to_look_at(result: ComparisonResult, two: BenchResult) -> None:
    assert repr(result).startswith("<comparison of toy: ")
    assert result.verdict.sentence in repr(result)
    assert repr(two).startswith("<bench of 2 data sets: ")
    assert len(repr(two)) < 500


def test_a_card_has_the_table_the_verdict_and_the_reasons(result: ComparisonResult, two: BenchResult) -> None:
    html = result._repr_html_()
    assert result.verdict.sentence.replace("'", "&#39;") in html
    assert all(f"<td>{model.model}</td>" in html for model in result.models)
    assert result.verdict.because[0].partition(" (")[0] in html
    assert "pairs.delta" not in html
    assert "--models" not in html, "a notebook has keywords, no flags"
    assert "code() is" in html
    assert "code() is" not in two._repr_html_()
    assert "mean rank, 1 is best" in two._repr_html_()


def test_hostile_names_do_nothing_in_a_card(result: ComparisonResult) -> None:
    name = "<script>alert(1)</script>\x1b[31m"
    models = tuple(replace(m, model=name) for m in result.models)
    html = replace(result, models=models)._repr_html_()
    assert "<script" not in html
    assert "\x1b" not in html
    assert "&lt;script&gt;" in html


def test_frames_have_what_the_document_has(result: ComparisonResult, two: BenchResult) -> None:
    frame = result.to_frame()
    assert list(frame.index) == [model.model for model in result.models]
    for model in result.models:
        row = frame.loc[model.model]
        assert row["accuracy"] == model.accuracy
        assert row["log_loss"] == model.score("log_loss")
        assert row["fit_seconds"] == model.fit_seconds
    tree = next(m for m in result.models if m.model == "tree")
    assert tree.boundary is not None
    assert frame.loc["tree", "linearity"] == tree.boundary["linearity"]["mean"]
    fits = result.fits_frame()
    assert len(fits) == len(result.fits) == 9
    assert fits.groupby("model")["accuracy"].mean()["tree"] == pytest.approx(frame.loc["tree", "accuracy"])
    assert list(two.to_frame().index.names) == ["dataset", "model"]
    assert len(two.to_frame()) == 6
    assert set(two.fits_frame()["dataset"]) == {"set0", "set1"}


def test_results_are_equal_whether_in_the_hand_or_not(result: ComparisonResult) -> None:
    other = compare(mixed(90), FAST)
    assert result == replace(result)
    assert result != other, "another run"
    assert to_json(result) == to_json(replace(result))


def test_a_kept_run_has_frames_and_no_table(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    made = compare(mixed(90), replace(FAST, store=store))
    _, kept = load_run("last", store)
    assert isinstance(kept, ComparisonResult)
    pd.testing.assert_frame_equal(kept.to_frame(), made.to_frame())
    for verb in (kept.plot, kept.estimator):
        with pytest.raises(UsageError, match="the table is not at hand"):
            verb()


@pytest.mark.extra
def test_pictures_are_shown_and_written(result: ComparisonResult, two: BenchResult, tmp_path: Path) -> None:
    for picture in (result.plot(models="tree"), two.plot()):
        assert isinstance(picture, Drawing)
        assert "<svg" in picture._repr_svg_()
        picture.save(tmp_path / "a.png")
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
        with pytest.raises(UsageError, match=r"\.svg or \.png"):
            picture.save(tmp_path / "a.pdf")
    with pytest.raises(UsageError, match=r"no picture is called 'bondary'\. Did you mean 'boundary'"):
        result.plot("bondary")


def test_an_estimator_is_the_model_fitted_on_all_rows(result: ComparisonResult) -> None:
    """By hand: the same preparation of all rows, the same tree."""
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder
    from sklearn.tree import DecisionTreeClassifier

    dataset = mixed(90)
    model = result.estimator("tree")
    numbers = [c.name for c in dataset.columns if c.kind != "categorical"]
    X = dataset.X.copy()
    for name in numbers:
        X[name + " gone"] = X[name].isna()
        X[name] = X[name].fillna(X[name].median())
    others = [c.name for c in dataset.columns if c.kind == "categorical"]
    prepare = make_column_transformer((OneHotEncoder(), others), remainder="passthrough")
    tree = DecisionTreeClassifier(random_state=0).fit(prepare.fit_transform(X), dataset.y)
    by_hand = np.array(dataset.classes)[tree.predict(prepare.transform(X))]
    assert (model.predict(dataset.X) == by_hand).mean() > 0.98  # ties of equally good cuts
    assert model.predict_proba(dataset.X).shape == (90, len(dataset.classes))
    assert model.score(dataset.X, by_hand) > 0.98


def test_new_rows_are_read_as_the_first_were(result: ComparisonResult) -> None:
    dataset = mixed(90)
    model = result.estimator()
    rows = dataset.X.astype(object).where(dataset.X.notna(), None)
    assert list(model.predict(rows)) == list(model.predict(dataset.X))
    shuffled = rows[rows.columns[::-1]].assign(more=1)
    assert list(model.predict(shuffled)) == list(model.predict(rows)), "columns are found by name"
    with pytest.raises(DataError, match="has no column 'number'"):
        model.predict(rows.drop(columns="number"))
    with pytest.warns(UserWarning, match="color"):
        model.predict(rows.assign(color="never seen"))
    with pytest.raises(UsageError, match=r"no model is called 'tre' here\. Did you mean 'tree'"):
        result.estimator("tre")


def test_an_estimator_can_be_fitted_again_and_searched_by_scikit_learn(result: ComparisonResult) -> None:
    import pickle

    from sklearn.base import clone
    from sklearn.inspection import permutation_importance
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import Pipeline

    dataset = mixed(90)
    labels = np.array(dataset.classes)[dataset.y]
    again = clone(result.estimator("tree")).fit(dataset.X, labels)
    assert type(again) is Pipeline
    assert list(again.feature_names_in_) == list(dataset.X)
    assert list(pickle.loads(pickle.dumps(again)).predict(dataset.X)) == list(again.predict(dataset.X))
    assert cross_val_score(again, dataset.X, labels, cv=3).shape == (3,)
    assert list(again.predict(dataset.X)) == list(result.estimator("tree").predict(dataset.X))
    half = clone(again).fit(dataset.X[:45], labels[:45])
    assert list(half.classes_) == list(again.classes_)
    found = permutation_importance(again, dataset.X, labels, n_repeats=2, random_state=0)
    assert found.importances_mean.shape == (len(dataset.columns),)


@pytest.mark.parametrize(
    ("labels", "kind"), [([0, 1], int), (["0", "01"], str), ([True, False], bool), (["a", "b"], str)]
)
def test_labels_are_the_users_own(labels: list[Any], kind: type) -> None:
    table = pd.DataFrame({"x": np.arange(40) / 7, "y": [labels[i > 19] for i in range(40)]})
    model = compare(table, replace(FAST, models="tree", boundary=False), target="y").estimator("tree")
    assert {type(label.item() if hasattr(label, "item") else label) for label in model.classes_} == {kind}
    assert list(model.predict(table)) == list(table["y"])


def test_progress_is_drawn_in_notebooks_with_widgets_only(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []

    class Progress:
        def __init__(self, *, notebook: bool) -> None:
            assert notebook

        def show(self, event: object) -> None:
            shown.append(event)

        def close(self) -> None:
            shown.append("closed")

    monkeypatch.setattr("compare_cli.report.progress.Progress", Progress)

    def events() -> Iterator[object]:
        yield from (1, 2)

    assert list(followed(events())) == [1, 2]
    assert shown == []
    monkeypatch.setitem(
        sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=1))
    )
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name == "ipywidgets" or None)
    assert list(followed(events())) == [1, 2]
    assert shown == [1, 2, "closed"]


def test_a_read_document_is_a_plain_value(result: ComparisonResult) -> None:
    read = read_document(to_json(result), "x")
    assert isinstance(read, Comparison)
    assert not isinstance(read, ComparisonResult)
