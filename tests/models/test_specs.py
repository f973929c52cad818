"""Model specs: how they are read, named and checked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare_cli.engine.plan import check_models, resolve_params
from compare_cli.errors import UsageError
from compare_cli.models import FAMILIES, Shape, parse_models
from compare_cli.models.families import Family, family_of
from compare_cli.models.specs import (
    check_values,
    load_class,
    make_estimator,
    make_spec,
    parameter_names,
    parse_spec,
    spec_text,
    split_specs,
)
from compare_cli.types import ModelSpec

SHAPE = Shape(100, 4, 2)


def names(text: str | None) -> list[str]:
    return [spec.name for spec in parse_models(text)]


def test_the_default_models_end_with_the_baseline() -> None:
    assert names(None) == ["logistic", "tree", "mlp", "dummy"]


@pytest.mark.parametrize("text", ["dummy,tree", "tree,dummy", "tree", " tree , "])
def test_the_baseline_is_always_there_once_and_last(text: str) -> None:
    assert names(text) == ["tree", "dummy"]


def test_a_baseline_with_parameters_is_a_model_of_its_own() -> None:
    assert names("dummy(strategy=uniform),tree") == ["dummy(strategy=uniform)", "tree", "dummy"]


def test_all_are_all_built_in_models_that_need_no_extra() -> None:
    assert {name for name, family in FAMILIES.items() if family.extra is None} <= set(names("all"))
    assert not {name for name, family in FAMILIES.items() if family.extra} & set(names("all"))
    assert names("all")[-1] == "dummy"


def test_a_spec_that_is_written_twice_counts_once() -> None:
    assert names("tree, tree,tree(max_depth=3),tree( max_depth = 3 ),all")[:2] == [
        "tree",
        "tree(max_depth=3)",
    ]
    assert names("tree,tree") == ["tree", "dummy"]


def test_parameters_in_another_order_are_the_same_model() -> None:
    assert names("mlp(alpha=1,tol=0.1),mlp(tol=0.1,alpha=1)") == ["mlp(alpha=1,tol=0.1)", "dummy"]


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("tree", {}),
        ("tree()", {}),
        ("tree(max_depth=3)", {"max_depth": 3}),
        ("tree(criterion=entropy)", {"criterion": "entropy"}),
        ("tree(criterion='entropy')", {"criterion": "entropy"}),
        ("tree(max_depth=None, splitter=best)", {"max_depth": None, "splitter": "best"}),
        ("mlp(hidden_layer_sizes=(50,20),alpha=1e-3)", {"hidden_layer_sizes": (50, 20), "alpha": 0.001}),
        ("mlp(hidden_layer_sizes=((1,2),[3,(4,)]))", {"hidden_layer_sizes": ((1, 2), [3, (4,)])}),
        ("tree(a=-1,b=-0.5,c=+2)", {"a": -1, "b": -0.5, "c": 2}),
        ("tree(a={'x': 1, 2: [3]})", {"a": {"x": 1, 2: [3]}}),
        ("tree(a='x,y=(1',b=\"it's\")", {"a": "x,y=(1", "b": "it's"}),
        (r"tree(a='it\'s, so')", {"a": "it's, so"}),
        ("tree(a=True,b=true)", {"a": True, "b": "true"}),
        ("tree(a=x==y)", {"a": "x==y"}),
        ("tree(a={[1]: 2})", {"a": "{[1]: 2}"}),
        ("tree(a='3')", {"a": "3"}),
        ("tree(\n  max_depth=3\n)", {"max_depth": 3}),
    ],
)
def test_parameters_are_python_literals_or_bare_words(text: str, params: dict[str, Any]) -> None:
    spec = parse_spec(text)
    assert spec.params == params
    assert {name: type(value) for name, value in spec.params.items()} == {
        k: type(v) for k, v in params.items()
    }


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ["a", "b"]),
        ("a(x=(1,2),y=[3,{4:5}]),b", ["a(x=(1,2),y=[3,{4:5}])", "b"]),
        ("a(x='),('),b", ["a(x='),(')", "b"]),
        (r"a(x='\','),b", [r"a(x='\',')", "b"]),
        (",a,,b,", ["a", "b"]),
    ],
)
def test_lists_are_split_outside_brackets_and_quotes(text: str, parts: list[str]) -> None:
    assert split_specs(text) == parts


@pytest.mark.parametrize("text", ["tree(max_depth=3", "tree)", "tree(a='x)", "mlp(a=(1,2)", 'tree(a=")'])
def test_what_is_not_closed_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="a bracket or quote is not closed"):
        parse_models(text)


@pytest.mark.parametrize("text", ["", " ", ",", " ,, "])
def test_an_empty_list_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="name at least one model"):
        parse_models(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tree(3)", "'3' is not of the form parameter=value"),
        ("tree(max_depth=)", "'max_depth=' is not of the form"),
        ("tree(=3)", "'=3' is not of the form"),
        ("tree(max depth=3)", "'max depth=3' is not of the form"),
        ("tree(a=1,a=2)", "'a' is given twice"),
        ("tree forest", "cannot read 'tree forest'"),
        ("tree(a=1)(b=2", "not closed"),
        ("tree(a=1)x", "cannot read"),
        ("(a=1)", "cannot read"),
    ],
)
def test_a_malformed_spec_is_told(text: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_models(text)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("wrong", "right"), [("tre", "tree"), ("MLP", "mlp"), ("logistc(C=1)", "logistic")])
def test_an_unknown_model_is_told_with_the_nearest(wrong: str, right: str) -> None:
    with pytest.raises(UsageError, match=f"Did you mean '{right}'"):
        parse_models(wrong)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(["a, b", "it's", 'say "so"', "\\", "both ' and \"", "None", "1e3", "(", "]"]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)


@given(st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True), values, max_size=3))
@settings(max_examples=150, deadline=None)
def test_a_normalised_name_reads_as_the_same_spec(params: dict[str, Any]) -> None:
    spec = make_spec("tree", params, FAMILIES)
    again = parse_spec(spec.name, FAMILIES)
    assert again == spec
    assert repr(sorted(again.params.items())) == repr(sorted(spec.params.items()))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("tree( max_depth = 3 )", "tree(max_depth=3)"),
        ("mlp(hidden_layer_sizes=(50, 50))", "mlp(hidden_layer_sizes=(50,50))"),
        ("tree(criterion='entropy')", "tree(criterion=entropy)"),
        ("tree(a='1')", "tree(a='1')"),
    ],
)
def test_names_are_short(text: str, name: str) -> None:
    assert parse_spec(text).name == name


def checked(text: str) -> None:
    check_models([parse_spec(text)], SHAPE, 0)


def test_an_unknown_parameter_is_told_before_anything_runs() -> None:
    with pytest.raises(UsageError, match=r"has no parameter 'max_dept'. Did you mean 'max_depth'"):
        checked("tree(max_dept=3)")


@pytest.mark.parametrize("text", ["tree(max_depth=-1)", "tree(criterion=nonsense)", "knn(n_neighbors=many)"])
def test_a_bad_value_is_told_before_anything_runs(text: str) -> None:
    with pytest.raises(UsageError) as error:
        checked(text)
    parameter = text.partition("(")[2].partition("=")[0]
    assert f"'{parameter}'" in str(error.value)
    assert "\n" not in str(error.value)


def by_extra(name: str) -> object:
    return pytest.param(name, marks=pytest.mark.extra) if FAMILIES[name].extra else name


@pytest.mark.parametrize("name", list(map(by_extra, FAMILIES)))
def test_every_built_in_model_can_be_made_with_its_settings(name: str) -> None:
    for shape in (SHAPE, Shape(50_000, 400, 10)):
        spec = make_spec(name, {}, FAMILIES)
        estimator = make_estimator(spec, resolve_params(spec, shape, 5))
        check_values(spec, estimator)
        for parameter, value in FAMILIES[name].settings(shape).items():
            assert getattr(estimator, parameter) == value
        assert FAMILIES[name].cost(shape) > 0


@pytest.mark.parametrize("shape", [Shape(300, 20, 2), Shape(50_000, 400, 10)])
@pytest.mark.parametrize("name", list(map(by_extra, FAMILIES)))
def test_what_a_user_writes_about_growth_switches_settings_by_size_off(name: str, shape: Shape) -> None:
    """For every family, by each of its parameters."""
    family = FAMILIES[name]
    alone = resolve_params(make_spec(name, {}, FAMILIES), shape, 5)
    by_size = set(family.settings(shape))
    assert alone.keys() == {*by_size, *family.fixed} | (alone.keys() & {"random_state", "n_jobs"})
    for parameter in parameter_names(load_class(make_spec(name, {}, FAMILIES))):
        given = resolve_params(make_spec(name, {parameter: "mine"}, FAMILIES), shape, 5)
        expected = alone.keys() - (by_size if parameter in family.growth else set())
        assert given.keys() == {*expected, parameter}, parameter
        assert given[parameter] == "mine"
    assert by_size <= family.growth, "what is set by size says how far a model grows"
    assert family.growth <= {*parameter_names(load_class(make_spec(name, {}, FAMILIES))), "penalty"}


@pytest.mark.parametrize(
    ("spec", "kept"),
    [
        ("tree(criterion=entropy)", True),
        ("tree(criterion=entropy,max_depth=10)", False),
        ("t=tree(max_leaf_nodes=9)", False),
        ("mlp(hidden_layer_sizes=50)", True),
        ("mlp(solver=sgd)", False),
        ("logistic(C=10)", True),
        ("logistic(l1_ratio=1,solver=liblinear)", False),
    ],
)
def test_settings_by_size_beside_what_a_user_writes(spec: str, kept: bool) -> None:
    params = resolve_params(parse_spec(spec), Shape(50_000, 20, 2), 0)
    set_by_size = (
        params.keys() & {"min_samples_leaf", "early_stopping"} or params.get("solver") == "newton-cholesky"
    )
    assert bool(set_by_size) is kept


def test_the_seed_and_one_thread_are_set_where_they_exist() -> None:
    assert resolve_params(parse_spec("toy_models:Greedy"), SHAPE, 7) == {"random_state": 7, "n_jobs": 1}
    assert not {"random_state", "n_jobs"} & set(resolve_params(parse_spec("naive_bayes"), SHAPE, 7))


def test_what_the_user_gives_wins() -> None:
    params = resolve_params(parse_spec("mlp(random_state=3,max_iter=9)"), SHAPE, 7)
    assert (params["random_state"], params["max_iter"]) == (3, 9)


def test_any_class_can_be_named_by_its_path() -> None:
    spec = parse_spec("sklearn.linear_model:Perceptron(alpha=0.1)")
    assert (spec.factory, spec.params) == ("sklearn.linear_model:Perceptron", {"alpha": 0.1})
    assert type(make_estimator(spec, {})).__name__ == "Perceptron"
    assert load_class(parse_spec("toy_models:Constant")).__name__ == "Constant"


def test_a_class_without_declared_constraints_is_fine() -> None:
    checked("toy_models:Plugin(answer=1)")
    with pytest.raises(UsageError, match=r"Plugin has no parameter 'anwser'. Did you mean 'answer'"):
        checked("toy_models:Plugin(anwser=1)")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("no_such_module:Thing", "ModuleNotFoundError"),
        ("sklearn.tree:NoSuchTree", "AttributeError"),
        ("toy_models:NoClassifier", "not a class with fit and predict"),
        ("sklearn.tree:export_text", "not a class with fit and predict"),
        ("sklearn.tree:", "cannot read"),
    ],
)
def test_a_class_that_is_not_there_is_told(path: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as error:
        load_class(parse_spec(path))
    assert "\n" not in str(error.value)


def test_a_parameter_that_the_class_refuses_is_told() -> None:
    spec = ModelSpec("x", "toy_models:Picky", "toy_models:Picky", {})
    with pytest.raises(UsageError, match="--models x: ValueError: not today"):
        make_estimator(spec, {})


def test_a_class_that_takes_anything_is_given_anything() -> None:
    assert parameter_names(load_class(parse_spec("toy_models:Anything"))) == []
    made = make_estimator(parse_spec("toy_models:Anything(depth=2)"), {})
    assert made.given == {"depth": 2}


def test_a_model_may_have_a_name_of_the_users() -> None:
    specs = parse_models("rf=forest(n_estimators=500), stump = tree(max_depth=1),tree")
    assert [spec.name for spec in specs] == ["rf", "stump", "tree", "dummy"]
    assert (specs[0].family, specs[0].params) == ("forest", {"n_estimators": 500})
    assert [spec_text(spec) for spec in specs][:2] == ["forest(n_estimators=500)", "tree(max_depth=1)"]
    assert parse_spec("deep=sklearn.tree:DecisionTreeClassifier(criterion=entropy)").name == "deep"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tree=forest", "tree is a model itself"),
        ("all=forest", "all is a model itself"),
        ("base=dummy", "the baseline keeps its name"),
        ("x=", "cannot read"),
        ("x=nothing", "No model is called 'nothing'"),
    ],
)
def test_names_that_would_mislead_are_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_models(text)


@pytest.mark.parametrize(
    ("usual", "here"),
    [
        ("rf", "forest"),
        ("RandomForestClassifier", "forest"),
        ("MLPClassifier", "mlp"),
        ("LogisticRegression", "logistic"),
        ("RF", "forest"),
        ("lr", "logistic"),
        ("nn", "mlp"),
        ("lightgbm", "lightgbm:LGBMClassifier"),
        ("xgboost", "xgboost:XGBClassifier"),
        ("tre", "tree"),
    ],
)
def test_what_a_model_is_called_elsewhere_is_understood(usual: str, here: str) -> None:
    with pytest.raises(UsageError, match=f"Did you mean '{here}'"):
        parse_models(usual)


def test_a_class_named_by_its_path_may_be_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "from sklearn.tree import DecisionTreeClassifier as Tree\nclass Mine(Tree):\n    pass\n"
    (tmp_path / "a_models_file_of_mine.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(UsageError, match="No module named"):
        load_class(parse_spec("a_models_file_of_mine:Mine"))
    monkeypatch.chdir(tmp_path)
    assert load_class(parse_spec("a_models_file_of_mine:Mine")).__name__ == "Mine"


@pytest.mark.parametrize(
    ("spec", "rows", "features", "single"),
    [
        ("logistic", 10_000, 300, True),
        ("logistic", 9_999, 300, False),
        ("logistic", 10_000, 100, False),
        ("logistic(C=2)", 10_000, 300, True),
        ("logistic(solver=saga)", 10_000, 300, False),
        ("mlp", 10, 2, True),
        ("tree", 10_000, 300, False),
    ],
)
def test_who_computes_in_single_precision(spec: str, rows: int, features: int, single: bool) -> None:
    shape, parsed = Shape(rows, features, 2), parse_spec(spec)
    params = resolve_params(parsed, shape, 0)
    assert family_of(parsed).single_precision(params, shape.rows) is single


@pytest.mark.parametrize("family", [f for f in FAMILIES.values() if f.builtin], ids=lambda f: f.name)
def test_a_family_says_whether_its_class_takes_a_seed(family: Family) -> None:
    assert family.seeded == ("random_state" in parameter_names(load_class(parse_spec(family.name))))
