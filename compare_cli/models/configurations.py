"""Eight fixed configurations of each built-in family, its default among them: what `--headroom` tries.

They are few and far apart, from models that learn less of the noise to models that learn more of the detail,
so that the best of them shows whether a default is far from what its kind of model can do. They are no search
for the best parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from compare_cli.models.specs import all_families, make_spec
from compare_cli.types import ModelSpec

Parameters = Mapping[str, Any]

CONFIGURATIONS: Mapping[str, Sequence[Parameters]] = {
    "logistic": [{"C": C} for C in (1e-4, 1e-3, 0.01, 0.1, 10.0, 100.0, 1000.0)],
    "tree": (
        {"max_depth": 3},
        {"max_depth": 6},
        {"min_samples_leaf": 5},
        {"min_samples_leaf": 20},
        {"min_samples_leaf": 50},
        {"ccp_alpha": 0.003},
        {"ccp_alpha": 0.01},
    ),
    "mlp": (
        {"alpha": 0.01},
        {"alpha": 0.1},
        {"alpha": 1.0},
        {"alpha": 10.0},
        {"hidden_layer_sizes": (20,)},
        {"hidden_layer_sizes": (100, 100)},
        {"early_stopping": True, "learning_rate_init": 0.005, "max_iter": 400},
    ),
    "forest": (
        {"min_samples_leaf": 3},
        {"min_samples_leaf": 10},
        {"max_features": 0.3},
        {"max_features": 0.6},
        {"max_features": 0.6, "min_samples_leaf": 5},
        {"max_depth": 6},
        {"max_features": None},
    ),
    "boosting": (
        {"learning_rate": 0.03},
        {"learning_rate": 0.03, "max_iter": 300},
        {"max_leaf_nodes": 4},
        {"max_leaf_nodes": 8, "max_iter": 50},
        {"learning_rate": 0.03, "max_iter": 300, "max_leaf_nodes": 8},
        {"l2_regularization": 10.0},
        {"min_samples_leaf": 5},
    ),
    "knn": (
        {"n_neighbors": 1},
        {"n_neighbors": 10},
        {"n_neighbors": 20},
        {"n_neighbors": 50},
        {"weights": "distance"},
        {"n_neighbors": 15, "weights": "distance"},
        {"n_neighbors": 15, "p": 1},
    ),
    "naive_bayes": [{"var_smoothing": v} for v in (1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.3, 1.0)],
    "svm": (
        {"C": 0.1},
        {"C": 10.0},
        {"C": 100.0},
        {"gamma": 0.001, "C": 10.0},
        {"gamma": 0.01, "C": 10.0},
        {"gamma": 0.1},
        {"kernel": "linear"},
    ),
}
"""What differs from the family's default, in each of the other seven configurations."""


def configurations(spec: ModelSpec) -> tuple[ModelSpec, ...]:
    """Return the configurations to try of a model, the model itself first; it alone where none are known.

    Parameters that the user gave stay as they are, so that fewer than eight may be left.
    """
    if spec.estimator is not None:
        return (spec,)
    families, found = all_families(), {spec.name: spec}
    for params in CONFIGURATIONS.get(spec.family, ()):
        if not params.keys() <= spec.params.keys():
            tried = make_spec(spec.family, {**params, **spec.params}, families)
            found.setdefault(tried.name, replace(tried, needs=spec.needs))
    return tuple(found.values())
