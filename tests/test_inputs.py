"""Tables and models as Python programs hold them: what they are read as, and what wrong ones are told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_iris, load_wine
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import Bunch
from toy_models import Plugin

import compare_cli
from compare_cli import Options, compare, read
from compare_cli.api.notebook import ComparisonResult
from compare_cli.errors import CompareError, DataError, UsageError

X, Y = load_iris(return_X_y=True)
FRAME = pd.DataFrame(X, columns=["a", "b", "c", "d"])
QUICK = {"folds": 5, "repeats": 1, "boundary": False, "jobs": 1}
SEEDED = RepeatedStratifiedKFold(n_splits=5, n_repeats=1, random_state=0)


def own_table(rows: int = 120) -> tuple[pd.DataFrame, pd.Series]:
    """Numbers, gaps, text, categories, truth values and a date, with labels of text."""
    rng = np.random.default_rng(3)
    colour = rng.choice(["red", "green", "blue"], rows)
    size = rng.normal(size=rows)
    table = pd.DataFrame(
        {
            "size": np.where(rng.random(rows) < 0.1, np.nan, size),
            "n  um": rng.integers(0, 9, rows),
            "col our": colour,
            "grade": pd.Categorical(rng.choice(["low", "high"], rows), categories=["low", "mid", "high"]),
            "old": rng.random(rows) < 0.5,
        }
    )
    return table, pd.Series(np.where(size + (colour == "red") > 0.3, "yes", "no"), name="bought")


def preparing(model: Any) -> Any:
    """A Pipeline as people write them."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include=["number"])),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude=["number"])),
    )
    return make_pipeline(columns, model)


def scores(result: ComparisonResult, model: str) -> list[float]:
    frame = result.fits_frame()
    return list(frame[frame["model"] == model].sort_values(["repeat", "fold"])["accuracy"])


def test_all_ways_to_hold_a_table_give_the_same_numbers() -> None:
    polars = pytest.importorskip("polars", reason="needs polars")
    named = FRAME.assign(kind=Y)
    given = [
        compare(FRAME, Y, models="tree", **QUICK),
        compare(FRAME, Y.reshape(-1, 1), Options(models="tree", **QUICK)),
        compare(FRAME, pd.DataFrame({"target": Y}), models=["tree"], **QUICK),
        compare(named, Options(models="tree", **QUICK), target="kind"),
        compare(named.to_dict("list"), target="kind", models="tree", **QUICK),
        compare(named.to_dict("records"), target="kind", models="tree", **QUICK),
        compare(polars.DataFrame(named), target="kind", models="tree", **QUICK),
        compare(polars.DataFrame(FRAME), polars.Series("kind", Y), models="tree", **QUICK),
        compare(Bunch(data=X, target=Y, feature_names=list("abcd")), models="tree", **QUICK),
        compare((FRAME, Y), models="tree", **QUICK),
        compare(X, Y, models="tree", **QUICK),
        compare(X.tolist(), Y.tolist(), models="tree", **QUICK),
        compare(np.column_stack([X, Y]), target=5, models="tree", **QUICK),
    ]
    assert len({tuple(scores(result, "tree")) for result in given}) == 1
    assert {result.dataset.classes for result in given} == {("0", "1", "2")}


def test_columns_and_labels_are_called_what_they_are() -> None:
    assert [c.name for c in read(X, Y).columns] == ["c1", "c2", "c3", "c4"]
    assert read(FRAME, pd.Series(Y, name="kind")).target == "kind"
    assert read(FRAME.assign(target=1.5 * X[:, 0]), Y).target == "target_1"
    wine = read(load_wine())
    assert wine.classes == ("class_0", "class_1", "class_2")
    assert wine.columns[0].name == "alcohol"
    assert read(load_wine(as_frame=True)).fingerprint == wine.fingerprint
    assert (
        read(pd.DataFrame({"a": pd.Categorical([1, 2] * 5), "y": [0, 1] * 5})).columns[0].kind
        == "categorical"
    )


def test_labels_on_a_test_table_are_apart_too() -> None:
    result = compare(FRAME[::2], Y[::2], test=(FRAME[1::2], Y[1::2]), models=[SVC(C=3)], boundary=False)
    own = SVC(C=3).fit(StandardScaler().fit(X[::2]).transform(X[::2]), Y[::2])
    rows = StandardScaler().fit(X[::2]).transform(X[1::2])
    assert result.models[0].accuracy == pytest.approx(own.score(rows, Y[1::2]))


@pytest.mark.parametrize(
    "model",
    [
        SVC(C=10),
        LogisticRegression(class_weight={"yes": 5, "no": 1}, max_iter=1000),
        RandomForestClassifier(20, random_state=5),
        GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3]}, cv=3),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_pipeline_scores_what_the_users_own_code_gives(model: Any) -> None:
    rows, labels = own_table()
    pipeline = preparing(model)
    own = cross_val_score(pipeline, rows, labels, cv=SEEDED)
    assert scores(compare(rows, labels, models={"mine": pipeline}, **QUICK), "mine") == pytest.approx(own)
    table = rows.assign(bought=labels)
    named = compare(table, target="bought", models=[("mine", pipeline)], **QUICK)
    assert scores(named, "mine") == pytest.approx(own)


def test_an_array_stays_one_and_what_is_no_row_of_a_model_is_left_out() -> None:
    pipeline = make_pipeline(FunctionTransformer(lambda rows: rows[:, :2]), SVC())
    own = cross_val_score(pipeline, X, Y, cv=SEEDED)
    assert scores(compare(X, Y, models={"two": pipeline}, **QUICK), "two") == pytest.approx(own)
    columns = make_pipeline(FunctionTransformer(lambda rows: rows[list("ab")]), SVC())
    labels = pd.Series(Y, dtype=object).where(np.arange(150) != 7)
    table = FRAME.assign(e=1, batch=np.arange(150) // 3, kind=labels)
    result = compare(table, target="kind", groups="batch", drop="e", models={"two": columns}, **QUICK)
    assert result.run.status == "complete"
    seen = read(table, target="kind", groups="batch", drop="e").own
    assert seen is not None
    assert list(seen.taken().columns) == list("abcd")
    assert len(seen.taken()) == 149


@pytest.mark.parametrize("C", [0.1, 10.0])
def test_a_bare_estimator_gets_prepared_columns(C: float) -> None:
    own = cross_val_score(make_pipeline(StandardScaler(), LogisticRegression(C=C)), X, Y, cv=SEEDED)
    assert scores(compare(X, Y, models={"lr": LogisticRegression(C=C)}, **QUICK), "lr") == pytest.approx(own)
    rows, labels = own_table()
    weighed = LogisticRegression(class_weight={"yes": 5, "no": 1})
    own = cross_val_score(make_pipeline(StandardScaler(), weighed), rows[["old"]], labels, cv=SEEDED)
    result = compare(rows[["old"]], labels, models={"lr": weighed}, **QUICK)
    assert scores(result, "lr") == pytest.approx(own)
    tree = cross_val_score(DecisionTreeClassifier(random_state=0), X, Y, cv=SEEDED)
    result = compare(X, Y, models=DecisionTreeClassifier(), seed=0, **QUICK)
    assert scores(result, "DecisionTreeClassifier") == pytest.approx(tree), "the seed where it is left open"
    assert result.models[0].family == "tree"


def test_models_are_named_mixed_and_known_by_their_kind() -> None:
    given = ["knn,tree(max_depth=2)", SVC(C=10), make_pipeline(StandardScaler(), SVC()), ("own", Plugin())]
    result = compare(FRAME, Y, models=given, **QUICK)
    assert {m.model for m in result.models} == {
        "knn",
        "tree(max_depth=2)",
        "SVC(C=10)",
        "Pipeline(StandardScaler,SVC)",
        "own",
        "dummy",
    }
    assert next(m.spec for m in result.models if m.model == "own") == "Plugin()"
    assert (
        compare(X, Y, models={"svm": make_pipeline(StandardScaler(), SVC())}, **QUICK).models[0].model
        == "svm"
    )
    tree = compare(FRAME, Y, models=[DecisionTreeClassifier()], folds=3, repeats=1).models[0]
    assert tree.boundary is not None
    assert tree.boundary["linearity"]["mean"] is not None
    nested = BaggingClassifier(make_pipeline(StandardScaler(), SVC()), n_estimators=3, random_state=0)
    own = cross_val_score(nested, X, Y, cv=SEEDED)
    assert scores(compare(X, Y, models={"bag": nested}, **QUICK), "bag") == pytest.approx(own)


def test_a_pipeline_goes_home_as_one() -> None:
    rows, labels = own_table()
    pipeline = preparing(SVC(C=10))
    model = compare(rows, labels, models=[pipeline], **QUICK).estimator("Pipeline(ColumnTransformer,SVC)")
    assert list(model.predict(rows)) == list(pipeline.fit(rows, labels).predict(rows))
    bare = compare(rows, labels, models=[SVC(C=10)], **QUICK).estimator("SVC(C=10)")
    assert set(bare.predict(rows.head())) <= {"yes", "no"}


def test_the_users_estimator_stays_as_it_was() -> None:
    model, pipeline = SVC(), make_pipeline(StandardScaler(), SVC())
    compare(X, Y, models=[model, pipeline], **QUICK)
    assert not hasattr(model, "classes_")
    assert not hasattr(pipeline[-1], "classes_")


def test_a_class_of_a_function_fits_in_other_processes_and_is_not_kept(tmp_path: Path) -> None:
    class Nearest(ClassifierMixin, BaseEstimator):
        def fit(self, X: Any, y: Any) -> Any:
            self.classes_ = np.unique(y)
            self.means_ = np.array([X[y == label].mean(axis=0) for label in self.classes_])
            return self

        def predict(self, X: Any) -> Any:
            return self.classes_[((X[:, None] - self.means_) ** 2).sum(axis=2).argmin(axis=1)]

    options = Options(**QUICK, store=tmp_path / "store.db")
    for _ in range(2):
        result = compare(X, Y, options, models=[Nearest(), SVC(), make_pipeline(StandardScaler(), SVC())])
        assert result.models[0].accuracy is not None
        assert result.models[0].accuracy > 0.8
    reused = result.fits_frame().groupby("model")["reused"].all()
    assert dict(reused) == {
        "Nearest": False,
        "SVC": True,
        "Pipeline(StandardScaler,SVC)": True,
        "dummy": True,
    }


def test_kept_fits_are_those_of_the_same_estimator_and_rows(tmp_path: Path) -> None:
    options = Options(**QUICK, store=tmp_path / "store.db")

    def reused(rows: Any, model: Any) -> bool:
        result = compare(rows, Y, options, models={"m": model})
        return bool(result.fits_frame().groupby("model")["reused"].all()["m"])

    def scaled(C: float = 1.0) -> Any:
        return make_pipeline(StandardScaler(), SVC(C=C))

    assert not reused(FRAME, scaled())
    assert reused(FRAME.copy(), scaled())
    assert not reused(FRAME, scaled(C=2.0))
    assert not reused(FRAME.assign(a=FRAME["a"] + 1), scaled())
    assert not reused(FRAME.astype("float32"), scaled()), "another type is another table to a Pipeline"
    assert not reused(FRAME, make_pipeline(StandardScaler(with_mean=False), SVC()))
    assert not reused(FRAME, make_pipeline(FunctionTransformer(np.log1p), SVC()))
    assert not reused(FRAME, make_pipeline(FunctionTransformer(np.log1p), SVC())), (
        "functions are not told apart"
    )


def test_the_package_shows_its_verbs() -> None:
    assert {"compare", "bench", "read", "iter_compare", "Options"} <= set(dir(compare_cli))


def test_masked_labels_are_missing() -> None:
    labels = np.ma.MaskedArray([1, 2, 2] * 50, mask=[0, 1, 0] * 50)
    dataset = read(X, labels)
    assert len(dataset.y) == 100
    assert "missing_target" in {note.code for note in dataset.notes}
    with_mask = np.ma.MaskedArray(X, mask=X > 7)
    assert sum(column.missing for column in read(with_mask, Y).columns) == (X > 7).sum()


NEW_YEAR = datetime(2020, 1, 1, tzinfo=UTC)
ARROW: list[tuple[str, list[Any], str, int]] = [
    ("list<int64>", [[1, 2], [1], None], "categorical", 20),
    ("struct<a: int64>", [{"a": 1}, {"a": 2}, None], "categorical", 20),
    ("map<string, int64>", [[("k", 1)], [("k", 2)], None], "categorical", 20),
    ("dictionary<values=string, indices=int32>", ["u", "v", None], "categorical", 20),
    ("binary", [b"u", b"v", None], "categorical", 20),
    ("large_string", ["u", "v", None], "categorical", 20),
    ("duration[s]", [timedelta(hours=1), timedelta(hours=2), None], "date", 20),
    ("timestamp[us, tz=Europe/Paris]", [NEW_YEAR, None, NEW_YEAR + timedelta(days=1)], "date", 20),
    ("date64[ms]", [date(2020, 1, 1), date(2020, 1, 2), None], "date", 20),
    ("time64[us]", [time(1), None, time(3)], "date", 20),
    ("decimal128(10, 2)", [Decimal("1.5"), None, Decimal("2.5")], "numeric", 20),
    ("int64", [2**60 + 1, 2**60 + 2, None], "categorical", 20),
    ("uint64", [2**64 - 1, 2**64 - 2, 2**64 - 3], "categorical", 0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "kind", "missing"), ARROW, ids=[case[0] for case in ARROW])
def test_columns_of_types_that_only_arrow_has(name: str, cells: list[Any], kind: str, missing: int) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    types = {
        "list<int64>": pyarrow.list_(pyarrow.int64()),
        "struct<a: int64>": pyarrow.struct({"a": pyarrow.int64()}),
        "map<string, int64>": pyarrow.map_(pyarrow.string(), pyarrow.int64()),
        "dictionary<values=string, indices=int32>": pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
        "duration[s]": pyarrow.duration("s"),
        "timestamp[us, tz=Europe/Paris]": pyarrow.timestamp("us", "Europe/Paris"),
        "date64[ms]": pyarrow.date64(),
        "time64[us]": pyarrow.time64("us"),
        "decimal128(10, 2)": pyarrow.decimal128(10, 2),
    }
    own = pd.ArrowDtype(types[name] if name in types else getattr(pyarrow, name)())
    table = pd.DataFrame(
        {
            "a": np.arange(60.0) ** 2 % 7,
            "c": pd.array(cells * (60 // len(cells)), dtype=own),
            "y": list("pqq") * 20,
        }
    )
    dataset = read(table)
    column, different = dataset.columns[1], dataset.X["c"].nunique()
    assert (column.name, column.kind, column.missing) == ("c", kind, missing)
    assert different == len(cells) - bool(missing)
    assert len(read(table, target="c").y) == 60 - missing


SPARSE = pytest.importorskip("scipy.sparse").csr_matrix(X)
WRONG: list[tuple[Any, Any, dict[str, Any], str]] = [
    (X, Y[:-1], {}, "X has 150 rows and y has 149: give a label for each row"),
    (X, None, {}, r"an? numpy.ndarray has no column names: give its labels as compare\(X, y\)"),
    (FRAME, "species", {}, "y is a text: to name the column of labels write target='species'"),
    (SPARSE, Y, {}, r"a sparse matrix \(150 × 4\) is not read: give X.toarray\(\)"),
    (X[:, 0], Y, {}, r"X has one dimension: give rows and columns, such as X.reshape\(-1, 1\)"),
    (X.reshape(150, 2, 2), Y, {}, r"X has 3 dimensions: flatten each row, X.reshape\(len\(X\), -1\)"),
    (["one text", "another"], [0, 1], {}, "texts need columns first"),
    ([[1, 2], [3]], [0, 1], {}, "as many cells in each row"),
    (X, np.eye(3)[Y], {}, r"y has 3 columns: give one label a row, such as y.argmax\(axis=1\)"),
    (FRAME.assign(kind=Y), pd.Series(Y, name="kind"), {}, r"X has the column 'kind' of y too: leave it out"),
    (FRAME, pd.Series(Y)[::-1], {}, r"another order: give y.loc\[X.index\]"),
    (FRAME, Y, {"target": "kind"}, "Give the labels as y, or name their column with target=; not both"),
    (FRAME, None, {"target": Y}, r"target names a column: give the labels as compare\(X, y\)"),
    (FRAME, Y, {"groups": Y}, "groups names a column: add a column to X and name it, groups='groups'"),
    (FRAME["a"], Y, {}, "a Series is one column: give a frame"),
    (None, Y, {}, "cannot read a NoneType: give a path, a built-in name, a DataFrame"),
    (X, X[:, 0], {}, "it looks like a quantity; compare judges classes"),
    (X, Options(), {"options": Options()}, "Options are given twice"),
    (X, Y, {"cv": 5}, "No keyword is called 'cv'. Did you mean 'folds'?"),
    (X, Y, {"scoring": "f1"}, "No keyword is called 'scoring'. Did you mean 'metric'?"),
    (X, Y, {"n_jobs": -1}, "Did you mean 'jobs'?"),
    (X, Y, {"jobs": -1}, "must be at least 1. Leave it out for all cores"),
    (X, Y, {"folds": "5"}, "--folds '5': give a whole number, at least 2"),
    (X, Y, {"metric": len}, "--metric: give a name, such as 'accuracy'"),
    (X, Y, {"models": SVC}, r"SVC is a class: give an estimator, SVC\(\)"),
    (X, Y, {"models": [LinearRegression()]}, "LinearRegression is a regressor: give a classifier"),
    (X, Y, {"models": StandardScaler()}, "StandardScaler does not predict: put it into a Pipeline"),
    (X, Y, {"models": 42}, "cannot take a int: give names such as 'tree', estimators"),
    (X, Y, {"models": []}, "name a model"),
    (X, Y, {"models": {"tree": SVC()}}, "tree is a model itself; take another name"),
    (X, Y, {"models": {1: SVC()}}, "1 is no name: give a dictionary of names"),
    (X, Y, {"models": [SVC(), SVC()]}, "two are called SVC: give a dictionary of names"),
    (X, Y, {"models": ["svm", "foresst"]}, "No model is called 'foresst'. Did you mean 'forest'?"),
    (X, Y, {"models": SVC(C=-1)}, "'C' parameter"),
    (
        X,
        Y,
        {"models": SVC(class_weight={"yes": 2})},
        "class_weight names 'yes', which is no class of the data",
    ),
    (X, {"models": "tree"}, {}, "y is a dict: give one label a row"),
    (X, Y, {"options": {"models": "tree"}}, r"options: give compare_cli.Options\(…\), or keywords such as"),
    (X, Y, {"options": "tree"}, "options: give .* not a str"),
    (X, np.full(150, np.nan), {}, "the target 'target' is empty"),
    (X, np.zeros(150), {}, "has the single class '0'"),
    (X + 1j, Y, {}, "X holds complex numbers: give real ones"),
    (FRAME.assign(kind=Y), None, {"target": "kin"}, "there is no such column. Did you mean 'kind'"),
    (FRAME, Y, {"drop": "e"}, "--drop 'e': there is no such column"),
    (X, Y, {"fold": 3}, "No keyword is called 'fold'. Did you mean 'folds'"),
    (
        X,
        Y,
        {"models": {"mine": RandomForestClassifier}},
        r"is a class: give an estimator, RandomForestClassifier\(",
    ),
    (X, Y, {"models": {"mine": "forrest"}}, "Did you mean 'forest'"),
    (X, Y, {"models": [None]}, "cannot take a NoneType"),
    (X, Y, {"models": "RandomForestClassifier()"}, "Did you mean 'forest'"),
    (X, Y, {"test": X}, r"give a pair, test=\(X_test, y_test\)"),
    (X, Y, {"test": (X,)}, r"give a pair, test=\(X_test, y_test\)"),
    (X, Y, {"test": (X[:, :2], Y)}, "has no column 'c3', 'c4'"),
    (X, Y, {"folds": StandardScaler()}, "--folds StandardScaler.*: give a whole number"),
    (X, Y, {"rope": "small"}, "rope: give a number, such as 0.01, not 'small'"),
    (X, Y, {"time_limit": "1m"}, "time_limit: give seconds, such as 60, not '1m'"),
    (X, Y, {"boundary": "no"}, "boundary: give True or False, not 'no'"),
    (X, Y, {"prefer": "simpel"}, "prefer: give simple, speed, leader, not 'simpel'. Did you mean 'simple'"),
    (X, Y, {"cost": {"a": 1}}, "cost: give a text, such as 'yes:no=5'"),
    (X, Y, {"store": True}, r"store: give a path, such as api.default_store\(\)"),
    (X, Y, {"sizes": 100}, r"sizes: give a list of numbers of rows, such as \[100, 200\]"),
    (X, Y, {"sizes": ["a"]}, "sizes: 'a' is no number of rows"),
    (X, Y, {"metric": "acuracy"}, "no such metric. Did you mean 'accuracy'"),
]


@pytest.mark.parametrize(
    ("data", "y", "given", "told"), WRONG, ids=[f"{at} {case[3][:40]}" for at, case in enumerate(WRONG)]
)
def test_wrong_uses_are_told_in_a_line_what_to_write(
    data: Any, y: Any, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(CompareError, match=told) as error:
        compare(data, y, **given)
    assert isinstance(error.value, UsageError | DataError)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_a_model_from_outside_learns_codes_and_answers_with_labels() -> None:
    rows, labels = own_table()
    model = compare(rows, labels, models={"own": Plugin()}, **QUICK).estimator("own")
    assert type(model).__name__ == "Pipeline"
    assert set(model.predict(rows)) <= {"yes", "no"}
    assert list(model.classes_) == ["no", "yes"]
    assert cross_val_score(model, rows, labels, cv=3).shape == (3,)
