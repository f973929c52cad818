"""Linearity: how well the best linear classifier imitates a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEAK_PENALTY = 1e3  # C of the surrogate: as good as no penalty, but finite on separable labels


def linearity(
    features: NDArray[np.float64],
    labels: NDArray[np.int64],
    held_out: NDArray[np.float64],
    held_out_labels: NDArray[np.int64],
) -> float | None:
    """Return Cohen's κ of a model and its linear surrogate on held-out rows; below 0 counts as 0.

    The surrogate is a logistic regression fitted on ``features`` (r, F) and the model's ``labels``
    (r,) for them (fidelity after Craven & Shavlik 1996). None where κ is 0/0: one label throughout.
    """
    import numpy as np

    classes = np.unique(labels)
    if len(classes) < 2:
        guess = np.full(len(held_out), classes[0])
    else:
        guess = _fitted_labels(features, labels, held_out)
    return cohen_kappa(guess, held_out_labels)


def _fitted_labels(
    features: NDArray[np.float64], labels: NDArray[np.int64], held_out: NDArray[np.float64]
) -> NDArray[np.int64]:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    many = features.shape[1] * len(np.unique(labels)) > 256
    model = LogisticRegression(
        C=WEAK_PENALTY, solver="lbfgs" if many else "newton-cholesky", max_iter=200, tol=1e-3
    )
    return np.asarray(model.fit(features, labels).predict(held_out))


def cohen_kappa(left: NDArray[np.int64], right: NDArray[np.int64]) -> float | None:
    """Return Cohen's κ = (p_o − p_e) / (1 − p_e), at least 0; None where chance agreement is certain."""
    import numpy as np

    size = 1 + int(max(left.max(initial=0), right.max(initial=0)))
    n = len(left)
    a, b = np.bincount(left, minlength=size), np.bincount(right, minlength=size)
    by_chance = float(a @ b) / (n * n)
    if by_chance >= 1:
        return None
    return max(0.0, (float((left == right).mean()) - by_chance) / (1 - by_chance))
