"""Model specs as people write them: ``tree``, ``tree(max_depth=3)``, ``package.module:Class(a=1)``.

Reading a spec imports no model. Checking its parameters does.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import inspect
import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from compare_cli.errors import UsageError, kind_and_message, nearest, text_of
from compare_cli.models.families import BASELINE, DEFAULT_MODELS, FAMILIES, Family
from compare_cli.types import ModelSpec

ENTRY_POINTS = "compare_cli.models.v1"
_NAME = re.compile(r"[A-Za-z_]\w*")
_SPEC = re.compile(r"\s*(?P<name>[\w.\-]+(?::[\w.]+)?)\s*(?:\((?P<params>.*)\))?\s*", re.DOTALL)
_ALIAS = re.compile(r"\s*(?P<name>[A-Za-z][\w\-]*)\s*=\s*(?P<spec>.+)", re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"


NICKNAMES = {
    **dict.fromkeys(("rf", "randomforest", "random_forest", "extra_trees"), "forest"),
    **dict.fromkeys(("lr", "logreg", "logit", "linear", "logistic_regression"), "logistic"),
    **dict.fromkeys(("nn", "ann", "neural", "net", "network", "mlpclassifier"), "mlp"),
    **dict.fromkeys(("gb", "gbm", "gbt", "hgb", "gradient_boosting", "histgradientboosting"), "boosting"),
    **dict.fromkeys(("nb", "bayes", "gnb", "gaussiannb", "naivebayes"), "naive_bayes"),
    **dict.fromkeys(("svc", "rbf"), "svm"),
    **dict.fromkeys(("dt", "cart", "decision_tree"), "tree"),
    **dict.fromkeys(("nearest", "neighbors", "kneighbors"), "knn"),
    **dict.fromkeys(("lightgbm", "lgbm", "lgb"), "lightgbm:LGBMClassifier"),
    **dict.fromkeys(("xgboost", "xgb"), "xgboost:XGBClassifier"),
    **dict.fromkeys(("catboost", "cat"), "catboost:CatBoostClassifier"),
}
"""What models are usually called elsewhere, and what to write here."""


def all_families() -> dict[str, Family]:
    """Return every model by name: the built-in ones, then the plugins found among entry points.

    A plugin is an entry point in the group ``compare_cli.models.v1`` whose value is
    ``package.module:Class``, a classifier with scikit-learn's interface. Nothing is imported.
    """
    from importlib.metadata import entry_points

    plugins = {
        point.name: Family(point.name, point.value, f"plugin {point.value}", builtin=False)
        for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda p: p.name)
        if point.name not in FAMILIES
    }
    return {**FAMILIES, **plugins}


def parse_models(models: Any = None) -> tuple[ModelSpec, ...]:
    """Read the models to compare; the baseline is always among the result, last.

    ``models`` is a comma-separated list of specs, an estimator, a list of these, or a mapping of names to
    them. ``None`` stands for the default three, ``all`` for every known model that needs no extra. A spec
    that is given twice counts once. Raises UsageError for an unknown name, a malformed spec, and what is no
    classifier.
    """
    families = FAMILIES if models is None else all_families()  # looking for plugins takes 0.01 s
    specs: dict[str, ModelSpec] = {}
    for spec in _given(DEFAULT_MODELS if models is None else models, families):
        if spec.estimator is not None and spec.name in specs:
            raise UsageError(f"models: two are called {spec.name}: give a dictionary of names to estimators.")
        specs.setdefault(spec.name, spec)
    baseline = specs.pop(BASELINE, None) or make_spec(BASELINE, {}, families)
    return (*specs.values(), baseline)


def _given(models: Any, families: Mapping[str, Family]) -> Iterator[ModelSpec]:
    """Yield the spec of each model that was given, whatever it was given as."""
    if isinstance(models, str):
        for part in split_specs(models):
            every = (
                [name for name, family in families.items() if family.extra is None] if part == "all" else []
            )
            yield from [make_spec(name, {}, families) for name in every] or [parse_spec(part, families)]
    elif isinstance(models, Mapping):
        yield from (_called(name, model, families) for name, model in models.items())
    elif isinstance(models, list | tuple):
        for model in models:
            named = isinstance(model, tuple) and len(model) == 2  # as scikit-learn names them
            yield from [_called(model[0], model[1], families)] if named else _given(model, families)
    else:
        yield _of_estimator(models)


def _of_estimator(estimator: Any, name: str | None = None) -> ModelSpec:
    from compare_cli.models.estimators import estimator_spec  # needs NumPy, which names do not

    return estimator_spec(estimator, name)


def _called(name: Any, model: Any, families: Mapping[str, Family]) -> ModelSpec:
    """Return the spec of a model under a name of the user's."""
    if not isinstance(name, str) or not name.strip():
        raise UsageError(f"models: {name!r} is no name: give a dictionary of names to models.")
    spec = parse_spec(model, families) if isinstance(model, str) else _of_estimator(model)
    return _renamed(spec, name.strip(), families)


def models_of_list(models: Any) -> list[str]:
    """Return what models are called, as far as it is known before they are read."""
    if models is None or isinstance(models, str):
        return split_specs(models or DEFAULT_MODELS)
    return [spec.name for spec in parse_models(models) if spec.name != BASELINE]


def split_specs(text: str) -> list[str]:
    """Split at the commas outside brackets and quotes. Raises UsageError when those do not close."""
    parts, depth, quote, start, escaped = [], 0, "", 0, False
    for i, ch in enumerate(text):
        if escaped:
            escaped = False
        elif quote:
            escaped = ch == "\\"
            quote = "" if ch == quote else quote
        elif ch in "'\"":
            quote = ch
        elif ch in _OPENING:
            depth += 1
        elif ch in _CLOSING:
            depth -= 1
        elif ch == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    if depth or quote:
        raise UsageError(f"--models {text}: a bracket or quote is not closed. Quote the list in the shell.")
    parts.append(text[start:].strip())
    found = [p for p in parts if p]
    if not found:
        raise UsageError("--models: name at least one model; `compare models` lists them.")
    return found


def parse_spec(text: str, families: Mapping[str, Family] | None = None) -> ModelSpec:
    """Read one spec, perhaps with a name of the user's before it: ``rf=forest(n_estimators=500)``.

    Values are Python literals, or bare words taken as strings. Raises UsageError for what cannot be read.
    """
    families = all_families() if families is None else families
    named = _ALIAS.fullmatch(text)
    if named is not None:
        return _renamed(parse_spec(named["spec"], families), named["name"], families)
    match = _SPEC.fullmatch(text)
    if match is None:
        raise UsageError(f"--models: cannot read {text!r}. Write it as tree or 'tree(max_depth=3)'.")
    return make_spec(match["name"], _parse_params(text, match["params"] or ""), families)


def _renamed(spec: ModelSpec, name: str, families: Mapping[str, Family]) -> ModelSpec:
    """Give a spec a name of the user's, which must not be that of another model, nor hide the baseline."""
    kind = spec.family if spec.estimator is None else spec.estimator.family
    if name in {*families, "all"} and name != kind:
        raise UsageError(f"--models {name}=…: {name} is a model itself; take another name for {spec.name}.")
    if spec.family == BASELINE:
        raise UsageError(f"--models {name}=…: the baseline keeps its name, {BASELINE}.")
    return replace(spec, name=name)


def make_spec(name: str, params: Mapping[str, Any], families: Mapping[str, Family]) -> ModelSpec:
    """Return the spec of a known model, or of any ``package.module:Class``, with its normalised name.

    Parameters are sorted, so that a model has one name however it is written.
    """
    family = families.get(name)
    if family is None and ":" in name:
        family = Family(name, name, "", builtin=False)
    if family is None:
        raise UsageError(
            f"No model is called {name!r}.{_suggestion(name, families)}"
            " `compare models` lists them; any classifier can be given as package.module:Class."
        )
    params = dict(sorted(params.items()))
    return ModelSpec(_normalised(name, params), family.name, family.factory, params, family.needs)


def _suggestion(name: str, families: Mapping[str, Family]) -> str:
    """Return what a user may have meant: by usual short names or a class's own, else by the nearest name."""
    classes = {f.factory.rpartition(":")[2].casefold(): known for known, f in families.items()}
    usual = NICKNAMES.get(name.casefold()) or classes.get(name.casefold())
    return f" Did you mean {usual!r}?" if usual else nearest(name, families)


def spec_text(spec: ModelSpec) -> str:
    """Return a spec as it is written, whatever it is called; of an estimator its representation."""
    if spec.estimator is not None:
        return " ".join(text_of(spec.estimator.estimator, repr).split())
    return _normalised(spec.family, spec.params)


def _parse_params(spec: str, text: str) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for part in split_specs(text) if text.strip() else []:
        key, equals, value = (p.strip() for p in part.partition("="))
        if not equals or not _NAME.fullmatch(key) or not value:
            raise UsageError(f"--models: in {spec!r}, {part!r} is not of the form parameter=value.")
        if key in params:
            raise UsageError(f"--models: in {spec!r}, {key!r} is given twice.")
        params[key] = _parse_value(value)
    return params


def _parse_value(text: str) -> Any:
    with warnings.catch_warnings():  # a backslash in a bare word is not worth a warning
        warnings.simplefilter("ignore")
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return text


def _normalised(name: str, params: Mapping[str, Any]) -> str:
    if not params:
        return name
    return f"{name}({','.join(f'{k}={_shown(v)}' for k, v in params.items())})"


def _shown(value: Any) -> str:
    """Return a value as it is written in a name: short, and read back as the same value."""
    if isinstance(value, str) and re.fullmatch(r"[\w.\-]+", value) and _parse_value(value) == value:
        return value
    short = repr(value).replace(", ", ",")
    return short if _parse_value(short) == value else repr(value)


def load_class(spec: ModelSpec) -> type[Any]:
    """Import the classifier of a spec; a function is taken for one that builds a Keras network.

    A module that is found nowhere else may be in the current folder.

    Raises UsageError when there is no such module or class, when it is no classifier, or when it needs
    an extra that is not installed.
    """
    if spec.estimator is not None:
        return type(spec.estimator.estimator)
    module, _, name = spec.factory.partition(":")
    try:
        found: Any = sys.modules.get(module) or _imported(module)
        for part in name.split("."):
            found = getattr(found, part)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's module may raise anything while it is imported
        extra = FAMILIES[spec.family].extra if spec.family in FAMILIES else None
        if extra is not None and isinstance(error, ImportError):
            raise UsageError(f"Model {spec.family!r} needs: pip install 'compare-cli[{extra}]'") from error
        why = kind_and_message(error)
        raise UsageError(f"Model {spec.family!r} cannot be loaded from {spec.factory} ({why}).") from error
    if inspect.isfunction(found) and _builds_network(found, spec.params):
        from compare_cli.models.networks import network_built_by

        return network_built_by(found)
    if not (inspect.isclass(found) and hasattr(found, "fit") and hasattr(found, "predict")):
        raise UsageError(f"Model {spec.family!r}: {spec.factory} is not a class with fit and predict.")
    return cast("type[Any]", found)


def _builds_network(function: Any, given: Mapping[str, Any]) -> bool:
    """Whether a function needs nothing but the table's shape and the parameters that were given."""
    parameters = inspect.signature(function).parameters.values()
    needed = {p.name for p in parameters if p.default is p.empty}
    return needed <= {"n_features", "n_classes", *given}


def _imported(module: str) -> Any:
    """Import a module that the user named; the current folder is the last place where it is looked for."""
    here = Path.cwd()
    top = module.partition(".")[0]
    if importlib.util.find_spec(top) is None and ((here / f"{top}.py").is_file() or (here / top).is_dir()):
        sys.path.append(str(here))
    choose_backend()
    with printing_to_stderr():
        return importlib.import_module(module)


def choose_backend() -> None:
    """Let Keras take a backend that is there, unless the user has chosen one: its own default may be missing.

    Keras asks the environment when it is first imported, which a user's module may do.
    """
    there = [name for name in ("jax", "torch", "tensorflow") if importlib.util.find_spec(name)]
    if there:
        os.environ.setdefault("KERAS_BACKEND", there[0])


@contextlib.contextmanager
def printing_to_stderr() -> Iterator[None]:
    """Send what foreign code prints to standard error: standard output is the result's."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        with contextlib.suppress(OSError):  # closed descriptors, as services have them
            kept = os.dup(1)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, 1)
            os.dup2(2, 1)
        yield


def check_values(spec: ModelSpec, estimator: Any) -> None:
    """Raise UsageError when a parameter has a value that the estimator refuses.

    Values are checked by scikit-learn's own constraints, where the class declares them.
    """
    from sklearn.utils._param_validation import InvalidParameterError

    if not hasattr(estimator, "_parameter_constraints") or not hasattr(estimator, "_validate_params"):
        return
    try:
        estimator._validate_params()
    except InvalidParameterError as error:
        message = str(error).replace(f" of {type(estimator).__name__}", "")
        raise UsageError(f"--models {spec.name}: {message}") from error


def make_estimator(spec: ModelSpec, settings: Mapping[str, Any]) -> Any:
    """Build the unfitted estimator from its settings, overridden by what the user gave.

    Raises UsageError for parameters that it does not have.
    """
    if spec.estimator is None:
        _refuse_unknown_parameters(spec)
    try:
        with printing_to_stderr():
            if spec.estimator is not None:
                return spec.estimator.copy(settings)
            given = deepcopy({**settings, **spec.params})  # the class may change lists and dictionaries
            return load_class(spec)(**given)
    except (Exception, SystemExit, GeneratorExit) as error:  # not ours: any fault is told as one line
        raise UsageError(f"--models {spec.name}: {kind_and_message(error)}") from error


def _refuse_unknown_parameters(spec: ModelSpec) -> None:
    cls = load_class(spec)
    known = set(parameter_names(cls))
    unknown = [name for name in spec.params if name not in known]
    if unknown and not _takes_anything(cls):
        raise UsageError(
            f"--models {spec.name}: {cls.__name__} has no parameter {unknown[0]!r}."
            f"{nearest(unknown[0], known)}"
            f" `compare models {spec.family}` shows all of them."
        )


def parameter_names(cls: type[Any]) -> list[str]:
    """Return the names of a classifier's declared parameters, sorted."""
    if hasattr(cls, "_get_param_names"):
        return list(cls._get_param_names())
    parameters = inspect.signature(cls).parameters.values()
    return sorted(p.name for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD)


def _takes_anything(cls: type[Any]) -> bool:
    """Whether a classifier also takes parameters that it does not declare (``**kwargs``, as LightGBM)."""
    kinds = {p.kind for p in inspect.signature(cls).parameters.values()}
    return inspect.Parameter.VAR_KEYWORD in kinds
