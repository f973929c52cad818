"""The quicker perceptron against scikit-learn's own: the same steps, and its way where ours is not known."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from compare_cli.models import perceptron
from compare_cli.models.perceptron import MultilayerPerceptron

TABLES = {
    "two classes": lambda: make_classification(600, 12, n_informative=6, random_state=0),
    "three classes": lambda: load_iris(return_X_y=True),
    "ten classes": lambda: load_digits(return_X_y=True),
}


def both(X: Any, y: Any, **params: Any) -> tuple[MLPClassifier, MultilayerPerceptron]:
    params = {"random_state": 3, "max_iter": 25, **params}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MLPClassifier(**params).fit(X, y), MultilayerPerceptron(**params).fit(X, y)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"learning_rate_init": 0.005, "alpha": 1.0},
        {"hidden_layer_sizes": (30, 10), "batch_size": 64},
        {"hidden_layer_sizes": ()},
    ],
)
def test_the_steps_are_scikit_learns(table: str, kind: Any, params: dict[str, Any]) -> None:
    X, y = TABLES[table]()
    X = StandardScaler().fit_transform(X).astype(kind)
    own, quick = both(X, y, **params)
    assert quick.fitted_by == "compare"
    assert quick.n_iter_ == own.n_iter_
    assert quick.loss_curve_ == own.loss_curve_
    for ours, its in zip([*quick.coefs_, *quick.intercepts_], [*own.coefs_, *own.intercepts_], strict=True):
        assert ours.dtype == its.dtype == kind
        assert np.array_equal(ours, its)
    assert np.array_equal(quick.predict_proba(X), own.predict_proba(X))


def test_early_stopping_keeps_the_best_weights_of_the_same_epoch() -> None:
    X, y = TABLES["two classes"]()
    own, quick = both(X, y, early_stopping=True, max_iter=200, n_iter_no_change=3)
    assert quick.fitted_by == "compare"
    assert quick.validation_scores_ == own.validation_scores_
    assert quick.best_validation_score_ == own.best_validation_score_
    assert np.array_equal(quick.coefs_[0], own.coefs_[0])


@pytest.mark.parametrize(
    "params",
    [{"solver": "sgd"}, {"solver": "lbfgs"}, {"activation": "tanh"}, {"shuffle": False}],
)
def test_what_is_not_known_goes_scikit_learns_way(params: dict[str, Any]) -> None:
    X, y = TABLES["three classes"]()
    own, quick = both(X, y, **params)
    assert getattr(quick, "fitted_by", "scikit-learn") == "scikit-learn"
    assert np.array_equal(quick.predict_proba(X), own.predict_proba(X))


def test_weights_of_rows_sparse_rows_and_partial_fits_go_scikit_learns_way() -> None:
    from scipy.sparse import csr_matrix

    X, y = TABLES["three classes"]()
    weights = np.linspace(1, 2, len(y))
    quick = MultilayerPerceptron(random_state=0, max_iter=3000).fit(X, y, sample_weight=weights)
    assert quick.fitted_by == "scikit-learn"
    assert (
        MultilayerPerceptron(random_state=0, max_iter=3000).fit(csr_matrix(X), y).fitted_by == "scikit-learn"
    )
    partial = MultilayerPerceptron(random_state=0).partial_fit(X, y, classes=[0, 1, 2])
    assert partial.fitted_by == "scikit-learn"


def test_another_scikit_learn_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = TABLES["three classes"]()
    monkeypatch.setattr(perceptron, "KNOWN", "X y something else")
    own, quick = both(X, y)
    assert quick.fitted_by == "scikit-learn"
    assert np.array_equal(quick.coefs_[0], own.coefs_[0])


def test_it_warns_is_pickled_small_and_can_be_fitted_again() -> None:
    X, y = TABLES["three classes"]()
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached"):
        first = MultilayerPerceptron(random_state=0, max_iter=3).fit(X, y)
    with pytest.warns(ConvergenceWarning):
        own = MLPClassifier(random_state=0, max_iter=3).fit(X, y)
    assert len(pickle.dumps(first)) < 1.2 * len(pickle.dumps(own))
    with pytest.warns(ConvergenceWarning):
        again = pickle.loads(pickle.dumps(first)).fit(X, y)
    assert np.array_equal(again.coefs_[0], first.coefs_[0])
