"""scikit-learn's multi-layer perceptron with a quicker way through its batches.

scikit-learn updates each array of weights by itself and makes new arrays at every step, which costs more than
the products of matrices do on tables of some dozens of columns. Here all weights lie in one vector, and Adam
works on it in place. The steps are the same to the last bit, in single and in double precision. Where
something else is asked for, or scikit-learn's own steps are no longer the known ones, its own way is taken.
"""

from __future__ import annotations

import inspect
import warnings
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.utils import gen_batches

from compare_cli.models.epochs import tell_epoch

try:
    from sklearn.neural_network._base import LOSS_FUNCTIONS
except ImportError:  # a scikit-learn whose steps are not known
    LOSS_FUNCTIONS = {}

# The parameters of the method that is replaced, as of scikit-learn 1.7 to 1.9.
KNOWN = "X y sample_weight activations deltas coef_grads intercept_grads layer_units incremental"


class MultilayerPerceptron(MLPClassifier):  # type: ignore[misc]  # scikit-learn has no types
    """A multi-layer perceptron with the parameters and results of scikit-learn's ``MLPClassifier``."""

    def _fit_stochastic(self, X: Any, y: Any, *rest: Any) -> None:
        known = LOSS_FUNCTIONS and " ".join(inspect.signature(super()._fit_stochastic).parameters) == KNOWN
        asked = (self.solver, self.activation, self.shuffle, self.loss, self.verbose)
        usual = known and asked == ("adam", "relu", True, "log_loss", False)
        quick = usual and rest[0] is None and not rest[-1] and isinstance(X, np.ndarray)
        self.fitted_by = "compare" if quick else "scikit-learn"
        if not quick:
            super()._fit_stochastic(X, y, *rest)
            return
        X_val = y_val = None
        if self.early_stopping:
            how = {"stratify": y if self.n_outputs_ == 1 else None, "test_size": self.validation_fraction}
            X, X_val, y, y_val = train_test_split(X, y, random_state=self._random_state, **how)
            if len(X_val) < 2:
                raise ValueError("The validation set is too small: increase validation_fraction.")
            y_val = self._label_binarizer.inverse_transform(y_val)
        net = Net(self)
        self.coefs_, self.intercepts_ = net.coefs, net.intercepts
        size = min(200, len(X)) if self.batch_size == "auto" else np.clip(self.batch_size, 1, len(X))
        order = np.arange(len(X))
        for epoch in range(1, self.max_iter + 1):
            self.n_iter_ = epoch
            turn = np.arange(len(X))  # as sklearn.utils.shuffle, which checks its arguments at each call
            self._random_state.shuffle(turn)
            order = order[turn]
            self.loss_ = net.epoch(X[order], y[order], size)
            self.loss_curve_.append(self.loss_)
            self.t_ += len(X)
            self._update_no_improvement_count(self.early_stopping, X_val, y_val, None)
            if self._no_improvement_count > self.n_iter_no_change:
                break
        else:
            told = f"Maximum iterations ({self.max_iter}) reached and the optimization hasn't converged yet."
            warnings.warn(f"Stochastic Optimizer: {told}", ConvergenceWarning, stacklevel=2)
        if self.early_stopping:
            self.coefs_, self.intercepts_ = self._best_coefs, self._best_intercepts

    def _update_no_improvement_count(self, *about: Any) -> None:
        super()._update_no_improvement_count(*about)
        tell_epoch(self.n_iter_, self.max_iter)


class Net:
    """The weights of a perceptron in one vector, their gradient, and Adam's moments (Kingma & Ba 2015)."""

    def __init__(self, asked: MLPClassifier) -> None:
        arrays, layers = [*asked.coefs_, *asked.intercepts_], len(asked.coefs_)
        self.asked, self.binary, self.steps = asked, asked.n_outputs_ == 1, 0
        self.weights = np.concatenate([array.ravel() for array in arrays])
        self.gradient, self.first, self.second, self.spare = (np.zeros_like(self.weights) for _ in range(4))
        ends = np.cumsum([0, *(array.size for array in arrays)])
        parts, grads = (
            [vector[a:b].reshape(array.shape) for (a, b), array in zip(pairwise(ends), arrays, strict=True)]
            for vector in (self.weights, self.gradient)
        )
        self.coefs, self.intercepts = parts[:layers], parts[layers:]
        self.coef_grads, self.intercept_grads = grads[:layers], grads[layers:]
        self.penalised = slice(int(ends[layers]))
        self.loss = LOSS_FUNCTIONS["binary_log_loss" if self.binary else "log_loss"]

    def epoch(self, X: NDArray[Any], y: NDArray[Any], size: int) -> float:
        """Take one step for each batch of ``size`` rows, in their order; return the mean loss."""
        total = 0.0
        for batch in gen_batches(len(X), size):
            total += self._gradient(X[batch], y[batch]) * (batch.stop - batch.start)
            self._step()
        return total / len(X)

    def _gradient(self, X: NDArray[Any], y: NDArray[Any]) -> Any:
        """Set the gradient at a batch; return its mean loss, the penalty included."""
        layers = [X]
        for at, (W, b) in enumerate(zip(self.coefs, self.intercepts, strict=True), start=1):
            layers.append(layers[-1] @ W + b)
            if at < len(self.coefs):
                np.maximum(layers[-1], 0, out=layers[-1])
        out = layers[-1]
        if not self.binary:
            np.exp(out - np.maximum.reduce(out, axis=1, keepdims=True), out=out)
            out /= np.add.reduce(out, axis=1, keepdims=True)
        out = expit(out, out=out) if self.binary else out
        alpha, squares = self.asked.alpha, sum(np.dot(W.ravel(), W.ravel()) for W in self.coefs)
        loss = self.loss(y, out) + (0.5 * alpha) * squares / len(X)
        delta = np.subtract(out, y, out=out)
        for at in range(len(self.coefs) - 1, -1, -1):
            np.matmul(layers[at].T, delta, out=self.coef_grads[at])
            np.add.reduce(delta, axis=0, out=self.intercept_grads[at])
            delta = (delta @ self.coefs[at].T) * (layers[at] > 0) if at else delta
        self.gradient[self.penalised] += alpha * self.weights[self.penalised]
        self.gradient /= len(X)
        return loss

    def _step(self) -> None:
        """Move the weights by Adam's rule, in place."""
        self.steps += 1
        one, two = self.asked.beta_1, self.asked.beta_2
        self.first *= one
        self.first += np.multiply(self.gradient, 1 - one, out=self.spare)
        self.second *= two
        self.second += np.multiply(np.square(self.gradient, out=self.spare), 1 - two, out=self.spare)
        rate = self.asked.learning_rate_init * np.sqrt(1 - two**self.steps) / (1 - one**self.steps)
        np.add(np.sqrt(self.second, out=self.spare), self.asked.epsilon, out=self.spare)
        self.weights += -rate * self.first / self.spare
