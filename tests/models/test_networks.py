"""Keras networks as classifiers: parameters, stopping, probabilities, networks of one's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from compare_cli import Options, compare
from compare_cli.engine.plan import resolve_params
from compare_cli.errors import UsageError
from compare_cli.models import Shape
from compare_cli.models.specs import load_class, make_estimator, parse_spec

needs_keras = pytest.mark.extra

OWN = """
import keras

def build(n_features, n_classes, units=3):
    network = keras.Sequential([
        keras.layers.Input((n_features,)),
        keras.layers.Dense(units, activation="tanh"),
        keras.layers.Dense(n_classes, activation="softmax"),
    ])
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network

def raw(n_features):
    return keras.Sequential([keras.layers.Input((n_features,)), keras.layers.Dense(1)])
"""


def two_blobs(rows: int = 400) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, rows)
    return rng.normal(size=(rows, 3)) + 3 * y[:, None], y


def made(spec: str, rows: int = 400) -> object:
    parsed = parse_spec(spec)
    return make_estimator(parsed, resolve_params(parsed, Shape(rows, 3, 2), 0))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compare_cli.models.networks", None)
    with pytest.raises(UsageError, match=r"pip install 'compare-cli\[keras\]'"):
        load_class(parse_spec("keras_mlp"))


@needs_keras
@pytest.mark.parametrize("spec", ["keras_logistic", "keras_mlp", "keras_mlp(hidden=(8,4),epochs=60)"])
def test_networks_learn_and_give_probabilities(spec: str) -> None:
    X, y = two_blobs()
    estimator = made(spec).fit(X[:300], y[:300])  # type: ignore[attr-defined]
    probabilities = estimator.predict_proba(X[300:])
    assert probabilities.shape == (100, 2)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (estimator.predict(X[300:]) == y[300:]).mean() > 0.95


@needs_keras
def test_a_network_without_a_hidden_layer_is_logistic_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    X, y = two_blobs()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = np.where(np.random.default_rng(1).random(len(y)) < 0.2, 1 - y, y)
    network = made("keras_logistic(batch_size=400,epochs=800,optimizer=sgd,learning_rate=1.0,scale=1)")
    network.fit(X, y)  # type: ignore[attr-defined]
    plain = LogisticRegression(C=np.inf, solver="newton-cholesky").fit(X, y)
    assert np.abs(network.predict_proba(X) - plain.predict_proba(X)).max() < 2e-3  # type: ignore[attr-defined]


@needs_keras
def test_the_same_seed_gives_the_same_network_however_it_is_compiled() -> None:
    X, y = two_blobs()
    first, second = (made("keras_mlp(hidden=5,epochs=3)") for _ in range(2))
    first.compile_ahead(X, y)  # type: ignore[attr-defined]
    found = [model.fit(X, y).predict_proba(X) for model in (first, second)]  # type: ignore[attr-defined]
    assert np.array_equal(*found)


@needs_keras
@pytest.mark.parametrize(
    "settings", ["", ",validation_split=0.3", ",validation_split=0.3,early_stopping=True", ",drop_last=True"]
)
def test_a_fit_compiles_nothing(settings: str) -> None:
    """All machine code is made ahead, so that the time of a fit is that of training."""
    if os.environ.get("KERAS_BACKEND", "jax") != "jax":
        pytest.skip("another backend says nothing of what it compiles")
    from jax import monitoring

    compiled: list[str] = []
    X, y = two_blobs()
    network = made(f"keras_mlp(hidden=5,epochs=4,batch_size=64{settings})")
    network.compile_ahead(X, y)  # type: ignore[attr-defined]
    monitoring.register_event_duration_secs_listener(lambda event, _seconds, **_: compiled.append(event))
    network.fit(X, y)  # type: ignore[attr-defined]
    before = len([event for event in compiled if "backend_compile" in event])
    made("keras_mlp(hidden=6,epochs=1)").fit(X, y)  # type: ignore[attr-defined]
    assert len([event for event in compiled if "backend_compile" in event]) > before == 0


@needs_keras
def test_early_stopping_goes_back_to_the_best_epoch() -> None:
    X, y = two_blobs()
    y = np.where(np.random.default_rng(1).random(len(y)) < 0.3, 1 - y, y)
    spec = (
        "keras_mlp(hidden=50,epochs=200,batch_size=32,early_stopping=True,validation_split=0.25,patience=50)"
    )
    network = made(spec).fit(X, y)  # type: ignore[attr-defined]
    assert network.n_iter_ < 200
    assert network.best_epoch_ <= network.n_iter_
    error = (network.predict(X[300:]) != y[300:]).mean()
    assert error == pytest.approx(network.best_validation_error_, abs=1e-6)


@needs_keras
@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("keras_mlp(early_stopping=True)", "validation_split"),
        ("keras_mlp(scale=pixels)", "standard"),
        ("keras_mlp(epochs=0)", "at least 1"),
    ],
)
def test_parameters_that_make_no_sense_are_told(spec: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        made(spec).fit(*two_blobs(40))  # type: ignore[attr-defined]


@needs_keras
def test_a_logistic_network_has_no_hidden_layer_to_set() -> None:
    with pytest.raises(UsageError, match="hidden"):
        made("keras_logistic(hidden=5)")


@needs_keras
def test_a_network_of_ones_own_is_built_by_a_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_network.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    X, y = two_blobs()
    network = made("toy_network:build(units=6,epochs=40,batch_size=32)").fit(X, y)  # type: ignore[attr-defined]
    assert network.network_.layers[0].units == 6
    assert (network.predict(X) == y).mean() > 0.9
    with pytest.raises(ValueError, match="compiled Keras model"):
        made("toy_network:raw").fit(X, y)  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="units"):
        made("toy_network:build(unit=6)")


@needs_keras
def test_networks_are_compared_like_other_models() -> None:
    options = Options(models="keras_logistic(epochs=5),logistic", folds=2, repeats=1, jobs=1, boundary=False)
    comparison = compare("iris", options)
    row = next(m for m in comparison.models if m.family == "keras_logistic")
    assert row.status == "ok"
    assert row.params["epochs"] == 5
    assert row.scores["log_loss"] is not None
