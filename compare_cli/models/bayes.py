"""Naive Bayes for tables with numbers and categories: normal densities, and counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.utils.validation import check_is_fitted

Floats = NDArray[np.floating[Any]]


class NaiveBayes(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """scikit-learn's ``GaussianNB`` for numbers and ``MultinomialNB`` for one-hot columns, multiplied.

    A column is one-hot where all its training values are 0 or 1, and one is 1; standardised numbers never
    are. On one-hot columns of whole categories the multinomial model counts categories in each class.
    ``priors`` (c,) are the classes' probabilities (None: as in training), ``var_smoothing`` is GaussianNB's,
    ``alpha`` is added to each count (Laplace). Without one-hot columns the results are GaussianNB's.
    """

    def __init__(self, priors: Any = None, var_smoothing: float = 1e-9, alpha: float = 1.0) -> None:
        self.priors = priors
        self.var_smoothing = var_smoothing
        self.alpha = alpha

    def fit(self, X: Floats, y: NDArray[Any], sample_weight: Any = None) -> NaiveBayes:
        """Learn from X (n, d) and labels y (n,). Raises ValueError for parameters that make no sense."""
        X = np.asarray(X)
        self.n_features_in_ = X.shape[1]
        self.counted_ = ((X == 0) | (X == 1)).all(axis=0) & (X == 1).any(axis=0)
        normal = GaussianNB(priors=self.priors, var_smoothing=self.var_smoothing)
        counts = MultinomialNB(alpha=self.alpha, class_prior=self.priors)
        parts = ((normal, ~self.counted_), (counts, self.counted_))
        self.parts_ = [
            (model.fit(X[:, columns], y, sample_weight), columns) for model, columns in parts if columns.any()
        ]
        self.classes_ = self.parts_[0][0].classes_
        return self

    def predict_joint_log_proba(self, X: Floats) -> Floats:
        """Return log P(x, class) for each row and class, (n, c), each part's prior counted once."""
        check_is_fitted(self, "parts_")
        X = np.asarray(X)
        (first, columns), *others = self.parts_
        joint: Floats = first.predict_joint_log_proba(X[:, columns])
        for model, columns in others:
            joint = joint + model.predict_joint_log_proba(X[:, columns]) - model.class_log_prior_
        return joint

    def predict(self, X: Floats) -> NDArray[Any]:
        """Return the most probable class of each row, (n,)."""
        labels: NDArray[Any] = self.classes_[self.predict_joint_log_proba(X).argmax(axis=1)]
        return labels

    def predict_proba(self, X: Floats) -> Floats:
        """Return the probability of each class, (n, c), in the order of ``classes_``."""
        joint = self.predict_joint_log_proba(X)
        probabilities: Floats = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
        return probabilities
