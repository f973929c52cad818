"""Keras networks as scikit-learn classifiers: no hidden layer (logistic regression), hidden layers, your own.

Needs the extra ``keras``. The backend is the one that ``KERAS_BACKEND`` names, else the first one installed
of JAX, PyTorch and TensorFlow.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from compare_cli.models.epochs import tell_epoch
from compare_cli.models.specs import choose_backend

BATCH = 256  # rows that are predicted at once
SHAPE = ("n_features", "n_classes")
Floats = NDArray[np.floating[Any]]


def keras() -> Any:
    """Import Keras with a backend that is there. Raises ImportError where either is missing."""
    choose_backend()
    if "KERAS_BACKEND" not in os.environ:
        raise ImportError("Keras has no backend: pip install jax")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    import keras as module

    return module


if find_spec("keras") is None:
    raise ImportError("Keras is not installed")


TRAINING: Mapping[str, Any] = {
    "epochs": 20,
    "batch_size": 128,
    "shuffle": True,
    "drop_last": False,
    "scale": "standard",
    "validation_split": 0.0,
    "early_stopping": False,
    "patience": 5000,
    "patience_growth": 2.0,
    "improvement": 0.995,
    "random_state": None,
}
LAYERS: Mapping[str, Any] = {
    "activation": "relu",
    "optimizer": "adam",
    "learning_rate": None,
    "decay": 0.0,
    "initializer": "glorot_uniform",
}


def _with(defaults: Mapping[str, Any]) -> Callable[[type], type]:
    """Give a classifier its parameters, and show them to `inspect.signature`."""

    def finish(classifier: type) -> type:
        kind = inspect.Parameter.KEYWORD_ONLY
        shown = [inspect.Parameter(name, kind, default=value) for name, value in defaults.items()]
        classifier.defaults = defaults  # type: ignore[attr-defined]
        classifier.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        return classifier

    return finish


@_with({"hidden": 100, **LAYERS, **TRAINING})
class NetworkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A dense network with a softmax at its end, fitted by minibatches.

    ``hidden`` is the number of units of each hidden layer (a number stands for one layer, ``()`` for none:
    then the network *is* logistic regression). ``scale`` is what inputs are divided by (255 for
    pixels); "standard" subtracts each column's mean and divides by its standard deviation, both learnt from
    the training rows. ``learning_rate`` None is the optimiser's own. ``decay`` is the L2 penalty of weights.
    ``initializer`` is a Keras initialiser of the weights ("zeros", "glorot_uniform").

    ``validation_split`` holds out the last share of the training rows; ``early_stopping`` then ends when
    the validation error has not improved for long enough, and goes back to the best epoch. ``patience`` is
    the number of updates that are made at least; each time the error falls below ``improvement`` times
    the best so far, the number becomes at least ``patience_growth`` times the updates so far. ``epochs`` is
    the most there can be. ``drop_last`` leaves out the last minibatch of an epoch where it is not full.
    """

    hidden: int | Sequence[int]
    activation: str
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float | None
    decay: float
    initializer: str
    shuffle: bool
    drop_last: bool
    scale: float | Literal["standard"]
    validation_split: float
    early_stopping: bool
    patience: int
    patience_growth: float
    improvement: float
    random_state: int | None

    build: ClassVar[Callable[..., Any] | None] = None
    own: ClassVar[Mapping[str, Any]] = {}
    defaults: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, **params: Any) -> None:
        unknown = sorted(set(params) - set(self.defaults))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no parameter {unknown[0]!r}")
        for name, default in self.defaults.items():
            setattr(self, name, params.get(name, default))

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return sorted(cls.defaults)

    def compile_ahead(self, X: Floats, y: NDArray[np.int64]) -> None:
        """Build and compile the network for tables of this shape, so that `fit` times training alone.

        X has shape (rows, columns), y has shape (rows,). `fit` does it where it was not done before.
        """
        self._check()
        self.classes_ = np.unique(y)
        self.n_features_in_ = X.shape[1]
        if self.random_state is not None:
            keras().utils.set_random_seed(self.random_state)
        self.network_ = self._built() if self.build is not None else self._dense()
        self._run_once(X)

    def fit(self, X: Floats, y: NDArray[np.int64]) -> NetworkClassifier:
        """Train on X (rows, columns) and y (rows,). Raises ValueError for parameters that make no sense."""
        X = np.asarray(X)
        if self.__dict__.pop("_compiled_for", None) != X.shape:
            self.compile_ahead(X, y)
        codes = np.searchsorted(self.classes_, y)
        self._learn_scale(X)
        used, rows = self._rows_of(len(X))
        stop = _stopping(self, -(-used // self.batch_size)) if self.early_stopping else None
        history = self.network_.fit(
            self._scaled(X[:used]),
            codes[:used],
            validation_data=(self._scaled(X[rows:]), codes[rows:]) if rows < len(X) else None,
            callbacks=[_telling(self.epochs), *([stop] if stop else [])],
            **self._how(self.epochs, shuffle=self.shuffle),
        )
        self.n_iter_ = len(history.epoch)
        if stop is not None:
            self.best_epoch_, self.best_validation_error_ = stop.best_epoch, stop.best
        return self

    def _rows_of(self, rows: int) -> tuple[int, int]:
        """Return how many of so many rows are learnt from, and at which one those begin that are held out."""
        held_from = rows - round(rows * self.validation_split)
        full = held_from - held_from % self.batch_size
        return (full if self.drop_last and full else held_from), held_from

    def _how(self, epochs: int, *, shuffle: bool) -> dict[str, Any]:
        return {"batch_size": self.batch_size, "epochs": epochs, "shuffle": shuffle, "verbose": 0}

    def predict(self, X: Floats) -> NDArray[np.int64]:
        """Return the most probable class of each row, shape (rows,)."""
        labels: NDArray[np.int64] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    def predict_proba(self, X: Floats) -> Floats:
        """Return the probability of each class, shape (rows, classes), in the order of ``classes_``."""
        check_is_fitted(self, "network_")
        outputs = self._outputs(self._scaled(np.asarray(X)))
        if self.build is not None:
            return self._own_probabilities(outputs)
        odds = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        probabilities: Floats = odds / odds.sum(axis=1, keepdims=True)
        return probabilities

    def _outputs(self, X: NDArray[np.float32]) -> Floats:
        """Return the network's outputs for rows in batches of one size, as another would be compiled anew."""
        padded = np.zeros((-(-len(X) // BATCH) * BATCH, X.shape[1]), dtype=np.float32)
        padded[: len(X)] = X
        parts = [
            self.network_.predict_on_batch(padded[at : at + BATCH]) for at in range(0, len(padded), BATCH)
        ]
        return np.concatenate(parts)[: len(X)].astype(np.float64)

    def _own_probabilities(self, outputs: Floats) -> Floats:
        """Return the outputs of a user's network as probabilities: one sigmoid unit becomes two columns."""
        if outputs.ndim == 2 and outputs.shape[1] == 1 and len(self.classes_) == 2:
            outputs = np.hstack([1 - outputs, outputs])
        if outputs.shape[1:] != (len(self.classes_),):
            raise ValueError(f"the network has {outputs.shape[1:]} outputs for {len(self.classes_)} classes")
        return outputs

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the weights in the place of the compiled network."""
        state = dict(super().__getstate__())
        network = state.pop("network_", None)
        return state if network is None else {**state, "weights_": _values(network.weights)}

    def _check(self) -> None:
        if self.early_stopping and not 0 < self.validation_split < 1:
            raise ValueError("early_stopping needs rows to validate on: set validation_split, such as 0.2")
        if not 0 <= self.validation_split < 1:
            raise ValueError(f"validation_split={self.validation_split}: must be at least 0 and below 1")
        if min(self.epochs, self.batch_size) < 1:
            raise ValueError("epochs and batch_size must be at least 1")
        if isinstance(self.scale, str) and self.scale != "standard":
            raise ValueError(f"scale={self.scale!r}: give a number, or standard")

    def _learn_scale(self, X: Floats) -> None:
        if isinstance(self.scale, str):
            self.offset_ = X.mean(axis=0, dtype=np.float64)
            spread = X.std(axis=0, dtype=np.float64)
            self.spread_ = np.where(spread > 0, spread, 1.0)
        else:
            self.offset_, self.spread_ = np.zeros(1), np.full(1, float(self.scale))

    def _scaled(self, X: Floats) -> NDArray[np.float32]:
        scaled: NDArray[np.float32] = ((X - self.offset_) / self.spread_).astype(np.float32)
        return scaled

    def _dense(self) -> Any:
        """Return the compiled network; its outputs are log-odds, which lose no precision in the loss."""
        module = keras()
        penalty = module.regularizers.L2(self.decay) if self.decay else None
        how = {"kernel_initializer": self.initializer, "kernel_regularizer": penalty}
        units = (self.hidden,) if isinstance(self.hidden, int) else tuple(self.hidden)
        layers = [module.layers.Dense(n, activation=self.activation, **how) for n in units]
        last = module.layers.Dense(len(self.classes_), **how)
        network = module.Sequential([module.layers.Input((self.n_features_in_,)), *layers, last])
        optimizer = module.optimizers.get(self.optimizer)
        if self.learning_rate is not None:
            optimizer.learning_rate = self.learning_rate
        loss = module.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
        return network

    def _built(self) -> Any:
        """Return the user's network: ``build`` is called with what it asks for of the table's shape."""
        assert self.build is not None
        parameters = {name: getattr(self, name) for name in self.own}
        shape = dict(zip(SHAPE, (self.n_features_in_, len(self.classes_)), strict=True))
        asked = inspect.signature(self.build).parameters
        network = self.build(**{k: v for k, v in shape.items() if k in asked}, **parameters)
        if not (hasattr(network, "fit") and getattr(network, "compiled", False)):
            raise ValueError(f"{self.build.__name__} must return a compiled Keras model")
        return network

    def _run_once(self, X: Floats) -> None:
        """Make the backend compile: two short epochs of no effect, a prediction, then the state from before.

        Machine code is made for each number of rows in a batch: a full one and the last of an epoch, of the
        rows that are learnt from and of those held out. JAX makes it again for the second epoch.
        """
        variables = [*self.network_.variables, *self.network_.optimizer.variables]
        before = _values(variables)
        used, held_from = self._rows_of(len(X))
        learnt, held = (self._nothing(rows, X.shape[1]) for rows in (used, len(X) - held_from))
        how = self._how(2, shuffle=False)
        self.network_.fit(*learnt, validation_data=held if len(held[0]) else None, **how)
        self.network_.predict_on_batch(self._nothing(BATCH, X.shape[1])[0])
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
        self._compiled_for = X.shape

    def _nothing(self, rows: int, columns: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return zeros, in as many rows as two full batches and the last of ``rows`` have together."""
        fewer = min(rows, 2 * self.batch_size + rows % self.batch_size)
        return np.zeros((fewer, columns), dtype=np.float32), np.zeros(fewer, dtype=np.int64)


def _values(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Return copies of the values of Keras variables."""
    return [np.array(keras().ops.convert_to_numpy(variable.value)) for variable in variables]


def _telling(epochs: int) -> Any:
    """Return the callback that tells whoever follows the fit which of ``epochs`` is done."""

    def told(epoch: int, _logs: Any) -> None:
        tell_epoch(epoch + 1, epochs)

    return keras().callbacks.LambdaCallback(on_epoch_end=told)


def _stopping(estimator: NetworkClassifier, batches: int) -> Any:
    """Return the callback that ends training by `NetworkClassifier`'s patience, counted in updates.

    The rule is that of the Theano deep learning tutorials (2008-2017).
    """

    class Stopping(keras().callbacks.Callback):  # type: ignore[misc] # Keras has no types
        def on_train_begin(self, _logs: Any = None) -> None:
            self.patience, self.best, self.best_epoch = float(estimator.patience), np.inf, 0
            self.weights = _values(self.model.weights)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            updates = (epoch + 1) * batches - 1  # the first update has number 0
            error = 1 - logs["val_accuracy"]
            if error < self.best:
                if error < self.best * estimator.improvement:
                    self.patience = max(self.patience, updates * estimator.patience_growth)
                self.best, self.best_epoch, self.weights = error, epoch + 1, _values(self.model.weights)
            self.model.stop_training = self.patience < updates + batches

        def on_train_end(self, _logs: Any = None) -> None:
            for variable, value in zip(self.model.weights, self.weights, strict=True):
                variable.assign(value)

    return Stopping()


@_with({**LAYERS, **TRAINING})
class LogisticNetwork(NetworkClassifier):
    """Logistic regression as a network without a hidden layer; the other parameters are the same."""

    hidden = ()


def network_built_by(build: Callable[..., Any]) -> type[NetworkClassifier]:
    """Return the classifier whose network ``build`` makes, a function that returns a compiled Keras model.

    ``build`` is given ``n_features`` and ``n_classes`` where it has parameters of these names. Its other
    parameters become parameters of the classifier, beside those of training.
    """
    own = {p.name: p.default for p in inspect.signature(build).parameters.values() if p.name not in SHAPE}
    members = {
        "__module__": build.__module__,
        "__doc__": build.__doc__,
        "build": staticmethod(build),
        "own": own,
    }
    made = type(build.__name__, (NetworkClassifier,), members)
    return _with({**own, **TRAINING})(made)
