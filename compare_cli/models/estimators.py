"""Estimators from outside: what they are called, how they travel, what they get, and may not change.

A Pipeline, or what holds one, prepares columns itself: it gets rows as the program holds them, and its own
labels. Others get what the built-in models get: prepared columns, and codes for classes.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.data.roles import own_labels
from compare_cli.errors import UsageError, text_of
from compare_cli.models.families import BASELINE, FAMILIES, Family
from compare_cli.types import ModelSpec

ROWS_IN = {"predict", "predict_proba", "decision_function", "score"}  # methods that take rows
LONGEST_NAME = 60  # characters, from which on parameters are left out of a name
PREPARES = {"Pipeline", "ColumnTransformer", "FeatureUnion"}


class Prototype:
    """An unfitted estimator on its way to other processes, also one whose class is in a notebook."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def __reduce__(self) -> tuple[Any, ...]:
        from joblib import wrap_non_picklable_objects

        return Prototype, (wrap_non_picklable_objects(self.estimator, keep_wrapper=False),)

    def copy(self, settings: Mapping[str, Any]) -> Any:
        """Return an unfitted copy with these parameters set."""
        from sklearn.base import clone

        made = clone(self.estimator)
        return made.set_params(**settings) if settings else made

    @property
    def family(self) -> str:
        """The built-in model that it is, or that a Pipeline ends with; "" for none."""
        ends_with = getattr(self.estimator, "steps", [("", self.estimator)])[-1][1]
        family = _family(type(ends_with))
        return "" if family is None else family.name

    def own_settings(self, spec: ModelSpec, seed: int) -> dict[str, Any]:
        """Return what is set beside what the program gave: the seed, where it left that open."""
        given = self.estimator.get_params(deep=False)
        settings = {"random_state": seed} if given.get("random_state", seed) is None else {}
        return settings | {name: value for name, value in spec.params.items() if given.get(name) is not value}


def _changed(estimator: Any) -> dict[str, Any]:
    """Return the parameters that differ from the defaults of the class and are plain values, by name."""
    defaults = inspect.signature(type(estimator)).parameters
    return {
        name: value
        for name, value in sorted(estimator.get_params(deep=False).items())
        if _is_plain(value) and not _is_default(defaults.get(name), value)
    }


def _is_default(parameter: Any, value: Any) -> bool:
    return parameter is not None and repr(value) == repr(parameter.default)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    return value is None or isinstance(value, bool | int | float | str | np.generic)


def estimator_spec(estimator: Any, name: str | None = None) -> ModelSpec:
    """Return the spec of an estimator, called ``name``, or as its class with what was set.

    Raises UsageError for what is no classifier.
    """
    _refuse_others(estimator)
    kind, prototype = type(estimator), Prototype(estimator)
    params = _changed(estimator)
    family = _family(kind)
    needs: Any = "frame" if prepares(estimator) else "scaled" if family is None else family.needs
    factory = f"{kind.__module__}:{kind.__qualname__}" if family is None else family.factory
    return ModelSpec(
        name or _name(estimator, params),
        kind.__name__ if family is None else family.name,
        factory,
        params,
        needs,
        prototype,
    )


def _refuse_others(estimator: Any) -> None:
    kind = getattr(estimator, "__name__", type(estimator).__name__)
    if isinstance(estimator, type):
        raise UsageError(f"models: {kind} is a class: give an estimator, {kind}().")
    if not all(hasattr(estimator, method) for method in ("fit", "get_params", "set_params")):
        raise UsageError(
            f"models: cannot take a {kind}: give names such as 'tree', estimators with scikit-learn's "
            "interface, or a dictionary of names to these."
        )
    from sklearn.base import is_regressor

    if is_regressor(estimator):
        raise UsageError(f"models: {kind} is a regressor: give a classifier.")
    if not hasattr(estimator, "predict") and not hasattr(type(estimator), "predict"):
        raise UsageError(
            f"models: {kind} does not predict: put it into a Pipeline that ends with a classifier."
        )


def _family(kind: type[Any]) -> Family | None:
    """Return the built-in model of a class; nothing is imported for it."""
    known = {family.factory: family for family in FAMILIES.values() if family.name != BASELINE}
    for factory, family in known.items():
        module, _, name = factory.partition(":")
        if getattr(sys.modules.get(module), name, None) is kind and family.extra is None:
            return family
    return None


def _name(estimator: Any, params: Mapping[str, Any]) -> str:
    """Return ``SVC(C=10)``, of a Pipeline its steps: ``Pipeline(StandardScaler,SVC)``."""
    kind = type(estimator).__name__
    if hasattr(estimator, "steps"):
        return f"{kind}({','.join(type(step).__name__ for _, step in estimator.steps)})"
    shown = ",".join(f"{name}={' '.join(text_of(value, repr).split())}" for name, value in params.items())
    return f"{kind}({shown})" if 0 < len(shown) <= LONGEST_NAME else kind


def prepares(estimator: Any) -> bool:
    """Whether an estimator is, or holds, one that prepares columns."""
    parts = [estimator, *estimator.get_params(deep=True).values()]
    return any(base.__name__ in PREPARES for part in parts for base in type(part).__mro__)


def classes_of(spec: ModelSpec) -> list[type[Any]]:
    """Return the classes that an estimator is made of."""
    parts = [spec.estimator.estimator, *spec.estimator.estimator.get_params(deep=True).values()]
    return [type(part) for part in parts if hasattr(part, "get_params")]


def description(estimator: Any) -> str:
    """Return what an estimator's numbers depend on, as text: classes and parameters, all the way down.

    "" stands for one that cannot be told from others so: with a function, say, or a class of a notebook.
    """
    try:
        return json.dumps(_parts(estimator))
    except TypeError:
        return ""


def _parts(value: Any) -> Any:
    if value is None or type(value) in {bool, int, str}:
        return value
    if isinstance(value, float | np.generic):
        return repr(value)
    if isinstance(value, list | tuple | set):
        return [type(value).__name__, *map(_parts, sorted(value) if isinstance(value, set) else value)]
    if isinstance(value, dict):
        return ["dict", *([_parts(key), _parts(item)] for key, item in value.items())]
    if isinstance(value, slice):
        return ["slice", *map(_parts, (value.start, value.stop, value.step))]
    if isinstance(value, np.ndarray) and value.dtype != object:
        return [str(value.dtype), value.shape, hashlib.sha256(value.tobytes()).hexdigest()]
    kind = value if isinstance(value, type) else type(value)
    if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__:
        raise TypeError
    where = f"{kind.__module__}:{kind.__qualname__}"
    return (
        where
        if kind is value
        else [where, _parts(value.get_params(deep=False)) if hasattr(value, "get_params") else value]
    )


def weights_of_codes(spec: ModelSpec, classes: tuple[str, ...]) -> ModelSpec:
    """Return the spec of an estimator that gets codes with its class weights by code; others as they are.

    Raises UsageError for a weight of what is no class.
    """
    weights = spec.params.get("class_weight")
    if spec.estimator is None or spec.needs == "frame" or not isinstance(weights, dict):
        return spec
    codes = {label: code for code, label in enumerate(own_labels(classes).tolist())}
    unknown = [label for label in weights if label not in codes]
    if unknown:
        raise UsageError(
            f"models: {spec.name}: class_weight names {unknown[0]!r}, which is no class of the data."
        )
    by_code = {codes[label]: weight for label, weight in weights.items()}
    return replace(spec, params={**spec.params, "class_weight": by_code})


class OwnLabels:
    """An estimator that learns a program's own labels, seen as one that learns codes 0 … c-1.

    ``labels`` (c,) are in the order of the codes.
    """

    def __init__(self, estimator: Any, labels: NDArray[Any]) -> None:
        self._estimator, self._labels = estimator, labels

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._estimator, name)

    def fit(self, X: Any, y: NDArray[np.int64]) -> OwnLabels:
        """Fit on rows with codes."""
        self._estimator.fit(X, self._labels[y])
        return self

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Return codes (n,), -1 for a label that is not among the data's."""
        return self._codes(np.asarray(self._estimator.predict(X)).ravel())

    @property
    def classes_(self) -> NDArray[np.int64]:
        """The codes of the fitted classes, in the order of the estimator's probabilities."""
        return self._codes(np.asarray(self._estimator.classes_))

    def _codes(self, labels: NDArray[Any]) -> NDArray[np.int64]:
        place = {label: code for code, label in enumerate(self._labels.tolist())}
        return np.array([place.get(label, -1) for label in labels.tolist()], dtype=np.int64)


class OnCopies:
    """A fitted plugin whose every answer is given on a copy of the rows.

    A model that scales or sorts its rows in place would otherwise change them for the models after it,
    which share the prepared fold. Read-only rows would not do: compiled plugins refuse them.
    """

    def __init__(self, estimator: Any, without: str = "") -> None:
        self._estimator = estimator
        self._without = without

    def __getattr__(self, name: str) -> Any:
        if name == self._without:
            raise AttributeError(f"{name} gave no valid answers")
        found = getattr(self._estimator, name)
        if name not in ROWS_IN:
            return found

        @wraps(found)  # scorers ask for the method's name
        def answer(X: Any, *rest: Any) -> Any:
            return found(own(X), *map(own, rest))

        return answer


def own(rows: Any) -> Any:
    """Return a copy of an array in the same memory order, on which sums may depend in the last digit."""
    if hasattr(rows, "iloc"):
        return rows.copy()
    return np.array(rows, order="K", copy=True)
