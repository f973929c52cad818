"""Published figures on MNIST, from the files beside the checkout: networks by Keras, models by `compare`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from compare_cli import Options, compare, read

PAGE = Path(__file__).parents[2] / "docs" / "which-model.md"
MNIST = next(
    (
        folder / "shared/data/mnist"
        for folder in Path(__file__).parents
        if (folder / "shared/data/mnist").is_dir()
    ),
    Path("mnist"),
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MNIST.is_dir(), reason="MNIST is not beside the checkout"),
]


@cache
def images() -> tuple[NDArray[Any], NDArray[np.int64], NDArray[Any], NDArray[np.int64]]:
    """Pixels and digits of the 60,000 training and the 10,000 test images."""
    train = read(MNIST)
    assert train.test is not None
    assert train.classes == tuple("0123456789")
    return train.X.to_numpy(), train.y, train.test.X.to_numpy(), train.test.y


@pytest.mark.extra
def test_the_softmax_of_the_theano_tutorial() -> None:
    """Best validation error 7.50 %, test error 7.489583 % on the first 9,600 rows, best at epoch 73."""
    from compare_cli.models.networks import LogisticNetwork

    X, y, X_test, y_test = images()
    tutorial = LogisticNetwork(
        epochs=1000,
        batch_size=600,
        optimizer="sgd",
        learning_rate=0.13,
        initializer="zeros",
        shuffle=False,
        drop_last=True,
        scale=256,
        validation_split=9600 / 59600,
        early_stopping=True,
        patience=5000,
        random_state=0,
    )
    tutorial.fit(X[:59600], y[:59600])
    assert tutorial.best_epoch_ == pytest.approx(73, abs=2)
    assert 100 * tutorial.best_validation_error_ == pytest.approx(7.5, abs=0.05)
    error = (tutorial.predict(X_test[:9600]) != y_test[:9600]).mean()
    assert 100 * error == pytest.approx(7.489583, abs=0.05)


@pytest.mark.extra
@pytest.mark.parametrize(
    ("settings", "low", "high"),
    [
        ({"optimizer": "sgd", "epochs": 20}, 0.905, 0.93),  # the tutorial's port to Keras: about .91 to .92
        ({"optimizer": "rmsprop", "epochs": 30, "validation_split": 0.2}, 0.9223, 0.9323),  # .9273
    ],
)
def test_softmax_with_the_settings_of_keras_examples(
    settings: dict[str, Any], low: float, high: float
) -> None:
    from compare_cli.models.networks import LogisticNetwork

    X, y, X_test, y_test = images()
    network = LogisticNetwork(batch_size=128, scale=255, random_state=0, **settings).fit(X, y)
    assert low <= (network.predict(X_test) == y_test).mean() <= high


def test_one_against_the_rest_of_the_fashion_mnist_paper() -> None:
    """The same table: liblinear, C = 1, l2, through scikit-learn's own wrapper: .917."""
    one = LogisticRegression(solver="liblinear", C=1, random_state=0)
    options = Options(repeats=1, boundary=False, store=None, jobs=1)
    comparison = compare(read(MNIST), options, models={"ovr": OneVsRestClassifier(one)})
    found = {m.model: m.accuracy for m in comparison.models}
    assert found["ovr"] == pytest.approx(0.917, abs=0.006)


def test_the_curve_of_the_page() -> None:
    """What docs/which-model.md shows of MNIST is what the program says, but for times."""
    page = PAGE.read_text(encoding="utf-8")
    command, shown = re.findall(r"```text\n\$ compare (curve mnist .*)\n((?:.*\n)*?)```", page)[0]
    asked = [str(MNIST) if word == "mnist" else word for word in command.split()]
    wide = {**os.environ, "COLUMNS": "100", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "compare_cli", *asked, "--quiet", "--no-store"],
        env=wide,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    written = iter(line.rstrip() for line in done.stdout.splitlines())
    for line in (line for line in shown.splitlines() if line != "…"):
        assert line in written, f"not there, or not in this order: {line!r}\n{done.stdout}"


def test_trees_of_the_fashion_mnist_paper() -> None:
    """Table 3, column MNIST: entropy .873, Gini .866 at depth 10."""
    published = {
        "tree(criterion=entropy,max_depth=10)": 0.873,
        "tree(criterion=gini,max_depth=10)": 0.866,
    }
    options = Options(models=",".join(published), repeats=1, boundary=False)
    comparison = compare(read(MNIST), options)
    found = {m.model: m.accuracy for m in comparison.models}
    for model, accuracy in published.items():
        assert found[model] == pytest.approx(accuracy, abs=0.006), model


@pytest.mark.parametrize(
    ("settings", "published"),
    [
        ("hidden_layer_sizes=[100],activation=relu", 0.972),
        ("hidden_layer_sizes=[100],activation=tanh", 0.962),
        ("hidden_layer_sizes=[10],activation=relu", 0.933),
    ],
)
def test_perceptrons_of_the_fashion_mnist_paper(settings: str, published: float) -> None:
    """The same table. ``solver=adam``, the paper's and the default, switches early stopping by size off."""
    options = Options(f"mlp({settings},solver=adam)", repeats=1, boundary=False, jobs=1)
    perceptron = next(m for m in compare(read(MNIST), options).models if m.family == "mlp")
    assert perceptron.params["early_stopping"] is False
    assert perceptron.accuracy == pytest.approx(published, abs=0.006)
