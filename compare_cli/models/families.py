"""The registry of built-in models: a model is one entry.

The parameters that `compare` sets depend on the shape of the training data only, so that every
fold and every machine gets the same. Each rule's reason is a measurement, given beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from math import log
from typing import Any, Literal

from compare_cli.types import ModelSpec

LARGE = 10_000  # training rows from which models are set for large tables
NEWTON_COEFFICIENTS = 256


@dataclass(frozen=True)
class Shape:
    """The size of a training set as models see it: rows, prepared columns, classes."""

    rows: int
    features: int
    classes: int


@dataclass(frozen=True)
class Family:
    """One kind of model.

    ``fixed`` are the parameters that differ from the class's defaults, ``settings(shape)`` those that depend
    on the size of the table; ``rule`` says both in words. ``growth`` names the parameters that say how far a
    model grows, and on what way: a spec that sets one of them gets no settings by size, so that what the user
    wrote is what runs. ``cost(shape)`` is a rough time of
    one fit in seconds on one core: it orders fits and estimates the time left, nothing else. ``builtin``
    families are known to behave, and may run in the process itself. ``regularised(shape, impurity)`` gives
    the parameters of a refit that fits less of the noise, for an ``impurity`` of the classes (Gini, 0 to 1).
    ``geometry`` is the import path of what reads the exact boundary of a fitted model;
    ``slow_prediction`` asks for fewer boundary probes. ``seeded`` says whether the class takes a
    ``random_state``. ``single_precision(params, rows)`` says whether a model with these parameters, trained
    on so many rows, gets all rows as float32. ``extra`` is the optional
    dependency of `compare` that the family needs; ``all`` leaves such families out.
    """

    name: str
    factory: str
    summary: str
    rule: str = ""
    needs: Literal["scaled", "plain"] = "scaled"
    fixed: Mapping[str, Any] = field(default_factory=dict)
    settings: Callable[[Shape], Mapping[str, Any]] = lambda shape: {}
    growth: frozenset[str] = frozenset()
    cost: Callable[[Shape], float] = lambda shape: 1e-6 * shape.rows * shape.features
    single_precision: Callable[[Mapping[str, Any], int], bool] = lambda params, rows: False
    builtin: bool = True
    geometry: str | None = None
    regularised: Callable[[Shape, float], Mapping[str, Any]] | None = None
    slow_prediction: bool = False
    seeded: bool = True
    extra: str | None = None

    def settings_beside(self, given: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
        """Return what is set for a training set of this shape beside the parameters that a user gave."""
        return {**self.fixed, **({} if self.says_growth(given) else self.settings(shape))}

    def says_growth(self, given: Mapping[str, Any]) -> list[str]:
        """Return those of the parameters that a user gave which switch the settings by size off, sorted."""
        return sorted(self.growth & set(given))

    def exact_geometry(self) -> Callable[[Any], Any] | None:
        """Return the function behind ``geometry``, if the family has one."""
        if self.geometry is None:
            return None
        module, _, name = self.geometry.partition(":")
        found: Callable[[Any], Any] = getattr(import_module(module), name)
        return found


def _logistic(shape: Shape) -> Mapping[str, Any]:
    """Newton steps reach the optimum in about 6 iterations while the Hessian is small.

    Measured on one core: adult (105 columns) 0.35 s against 0.41 s with lbfgs; digits
    (64 columns, 10 classes) 0.33 s against 0.03 s, hence the limit.
    """
    coefficients = shape.features * (1 if shape.classes == 2 else shape.classes)
    solver = "newton-cholesky" if coefficients <= NEWTON_COEFFICIENTS else "lbfgs"
    return {"solver": solver}


def _lbfgs_of_many_rows(params: Mapping[str, Any], rows: int) -> bool:
    """Whether logistic regression is computed in single precision.

    Measured on one core: MNIST (60,000 x 784) 12.5 s for 19.7 s, .9211 for .9217; adult's 108 columns .06 s
    for .14 s, .8492 for .8488. Newton steps stay in double precision: at 800,000 x 28 their matrix was
    singular in single precision.
    """
    return params.get("solver") == "lbfgs" and rows >= LARGE


def _tree(shape: Shape) -> Mapping[str, Any]:
    """Larger leaves on larger tables.

    Measured: adult .846 with 15 rows a leaf against .814 with 1; 100,000 noisy rows .750 with 50
    rows a leaf against .691, and 1.4 times faster.
    """
    return {"min_samples_leaf": shape.rows // 2000} if shape.rows >= LARGE else {}


def _mlp(shape: Shape) -> Mapping[str, Any]:
    """Early stopping on large tables; on small ones a larger step and room to converge.

    Measured: held-out 10 % cost accuracy on small tables (phoneme, 5,404 rows: .807 against .863)
    and gained it on large ones. Step .005 gave the accuracy of .001 after 1,000 epochs in a third
    of the time (iris, wine, breast_cancer, moons, sonar, banknote, phoneme).
    """
    if shape.rows >= LARGE:
        return {"early_stopping": True}
    return {"learning_rate_init": 0.005, "max_iter": 400}


def _pruned(shape: Shape, impurity: float) -> Mapping[str, Any]:
    """Cost-complexity pruning: a split of noise lowers Gini impurity by about impurity · log(n) / n.

    Measured on 33 made tables: accuracy on fresh rows rose by .02 to .11 where labels were noisy, and fell by
    .00 to .03 where they were not.
    """
    return {"ccp_alpha": float(f"{impurity * log(max(shape.rows, 2)) / shape.rows:.4g}")}


def _mlp_cost(shape: Shape) -> float:
    epochs = 25 if shape.rows >= LARGE else 150
    return epochs * (2e-6 * shape.rows * (3 + shape.features / 30) + 2e-4)


def _tree_cost(shape: Shape) -> float:
    return 1e-3 + 1.2e-7 * shape.rows * shape.features * max(shape.rows, 2).bit_length() / 8


def _network(shape: Shape) -> Mapping[str, Any]:
    """Smaller steps through the rows of small tables, and enough of them to arrive.

    Twenty epochs of 128 rows are 40 updates on 150 rows: accuracy on iris was .03; with 3,000 updates .95.
    """
    if shape.rows >= LARGE:
        return {}
    batch = 32
    return {"batch_size": batch, "epochs": max(20, 3000 * batch // shape.rows), "learning_rate": 0.005}


def _network_epoch(shape: Shape) -> float:
    return 2e-3 * (1 + shape.rows / 128)


def _kernel_cost(shape: Shape) -> float:
    return 2e-3 + 2e-8 * shape.rows**2 * (1 + shape.features / 20)


_TREE_GROWTH = frozenset(
    {
        "ccp_alpha",
        "max_depth",
        "max_features",
        "max_leaf_nodes",
        "min_impurity_decrease",
        "min_samples_leaf",
        "min_samples_split",
        "min_weight_fraction_leaf",
    }
)
_MLP_GROWTH = frozenset(
    {
        "batch_size",
        "beta_1",
        "beta_2",
        "early_stopping",
        "epsilon",
        "learning_rate",
        "learning_rate_init",
        "max_fun",
        "max_iter",
        "momentum",
        "n_iter_no_change",
        "nesterovs_momentum",
        "power_t",
        "solver",
        "tol",
        "validation_fraction",
    }
)

_NETWORK_GROWTH = frozenset({"batch_size", "early_stopping", "epochs", "learning_rate", "optimizer"})
_NETWORK_RULE = f"below {LARGE:,} training rows batch_size=32, learning_rate=0.005, 3,000 updates at least"

_KERAS = partial(
    Family,
    rule=_NETWORK_RULE,
    needs="plain",
    settings=_network,
    growth=_NETWORK_GROWTH,
    cost=lambda s: 1 + 20 * _network_epoch(s),
    builtin=False,
    extra="keras",
)
_BUILTIN = (
    Family(
        "logistic",
        "sklearn.linear_model:LogisticRegression",
        "logistic regression: one plane between two classes",
        rule=(
            f"solver=newton-cholesky up to {NEWTON_COEFFICIENTS} coefficients, lbfgs above (in single"
            f" precision from {LARGE:,} training rows); max_iter=1000"
        ),
        fixed={"max_iter": 1000},
        settings=_logistic,
        growth=frozenset({"dual", "intercept_scaling", "l1_ratio", "max_iter", "penalty", "solver", "tol"}),
        cost=lambda s: 2e-3 + 1.2e-7 * s.rows * s.features * s.classes / 2,
        single_precision=_lbfgs_of_many_rows,
        geometry="compare_cli.boundary.exact:exact_linear",
    ),
    Family(
        "tree",
        "sklearn.tree:DecisionTreeClassifier",
        "decision tree: boxes in boxes",
        rule=f"fully grown; from {LARGE:,} training rows min_samples_leaf = rows / 2,000",
        needs="plain",
        settings=_tree,
        growth=_TREE_GROWTH,
        cost=_tree_cost,
        regularised=_pruned,
        geometry="compare_cli.boundary.exact:exact_tree",
    ),
    Family(
        "mlp",
        "compare_cli.models.perceptron:MultilayerPerceptron",
        "multi-layer perceptron: a bent surface (100 hidden units)",
        rule=(
            f"learning_rate_init=0.005, max_iter=400; from {LARGE:,} training rows"
            " early_stopping=True instead; computed in single precision, by steps of our own that equal"
            " scikit-learn's and take half their time (fitted_by)"
        ),
        settings=_mlp,
        growth=_MLP_GROWTH,
        cost=_mlp_cost,
        single_precision=lambda params, rows: True,
        regularised=lambda shape, impurity: {"alpha": 1.0},
        geometry="compare_cli.boundary.exact:exact_mlp",
    ),
    Family(
        "forest",
        "sklearn.ensemble:RandomForestClassifier",
        "random forest: the vote of 100 trees",
        needs="plain",
        cost=lambda s: 0.1 + 30 * _tree_cost(s) / max(s.features, 1) ** 0.5,
        geometry="compare_cli.boundary.exact:stepped",
    ),
    Family(
        "boosting",
        "sklearn.ensemble:HistGradientBoostingClassifier",
        "gradient boosted trees on histograms",
        rule="scikit-learn's defaults; stops early above 10,000 training rows",
        needs="plain",
        cost=lambda s: (0.2 + 3e-7 * s.rows * s.features) * (1 if s.classes == 2 else s.classes),
    ),
    Family(
        "knn",
        "sklearn.neighbors:KNeighborsClassifier",
        "k nearest neighbours (5)",
        cost=lambda s: 1e-3 + 1e-9 * s.rows**2 * s.features,
        geometry="compare_cli.boundary.exact:stepped",
        slow_prediction=True,
        seeded=False,
    ),
    Family(
        "naive_bayes",
        "compare_cli.models.bayes:NaiveBayes",
        "naive Bayes: normal densities of numbers, counts of categories",
        seeded=False,
    ),
    Family(
        "svm",
        "sklearn.svm:SVC",
        "support vector machine with an RBF kernel (no probabilities)",
        rule="cache_size=500",
        fixed={"cache_size": 500},
        cost=_kernel_cost,
        geometry="compare_cli.boundary.exact:exact_kernel",
        slow_prediction=True,
    ),
    _KERAS(
        "keras_logistic",
        "compare_cli.models.networks:LogisticNetwork",
        "logistic regression as a Keras network without a hidden layer",
    ),
    _KERAS(
        "keras_mlp",
        "compare_cli.models.networks:NetworkClassifier",
        "Keras network with hidden layers (one of 100 units)",
    ),
    Family(
        "dummy",
        "sklearn.dummy:DummyClassifier",
        "always answers the most frequent class: the baseline",
        rule="strategy=prior",
        needs="plain",
        fixed={"strategy": "prior"},
        cost=lambda s: 1e-3,
    ),
)

FAMILIES: dict[str, Family] = {f.name: f for f in _BUILTIN}
DEFAULT_MODELS = "logistic,tree,mlp"
BASELINE = "dummy"


def family_of(spec: ModelSpec) -> Family:
    """Return the entry of a spec's family; a plain one, without settings, for models from outside."""
    return FAMILIES.get(spec.family) or Family(spec.family, spec.factory, "", builtin=False)
