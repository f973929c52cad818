"""Linearity: how well the best linear classifier imitates a model."""

from __future__ import annotations

import numpy as np

from compare_cli.boundary.space import Floats, Ints

WEAK_PENALTY = 1e3  # C of the surrogate: as good as no penalty, but finite on separable labels
NEWTON_COEFFICIENTS = 256
NEWTON_STEPS = 40
LBFGS_STEPS = 200


def linearity(features: Floats, labels: Ints, held_out: Floats, held_out_labels: Ints) -> float | None:
    """Return Cohen's κ of a model and its linear surrogate on held-out rows; below 0 counts as 0.

    The surrogate is a logistic regression fitted on ``features`` (r, F) and the model's ``labels``
    (r,) for them (fidelity after Craven & Shavlik 1996). None where κ is 0/0: one label throughout.
    """
    classes = np.unique(labels)
    if len(classes) < 2:
        guess = np.full(len(held_out), classes[0])
    else:
        guess = _fitted_labels(features, labels, held_out)
    return cohen_kappa(guess, held_out_labels)


def _fitted_labels(features: Floats, labels: Ints, held_out: Floats) -> Ints:
    """Return the labels of held-out rows by a logistic regression fitted on ``features``.

    Newton's method where the Hessian is small: on iris it takes a tenth of the time that
    scikit-learn's solvers need for their checks alone (1 against 8 ms, of fits that take 5 ms).
    Elsewhere single precision, which takes half the time and moves labels less than the tolerance does.
    """
    classes, codes = np.unique(labels, return_inverse=True)
    if (features.shape[1] + 1) * len(classes) <= NEWTON_COEFFICIENTS:
        weights = newton_logistic(features, codes, WEAK_PENALTY)
        return np.asarray(classes[(held_out @ weights[:-1] + weights[-1]).argmax(axis=1)])
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=WEAK_PENALTY, max_iter=LBFGS_STEPS, tol=1e-3)
    model.fit(features.astype(np.float32), labels)
    return np.asarray(model.predict(held_out.astype(np.float32)))


def newton_logistic(features: Floats, codes: Ints, C: float) -> Floats:
    """Return the weights (F + 1, c), intercepts last, of a logistic regression with penalty ‖w‖² / 2C.

    Damped Newton steps on the sum of log losses until the mean gradient is below 1e-4. Two classes
    are fitted as one logit; more as softmax, whose free direction a vanishing penalty pins.
    """
    A = np.column_stack([features, np.ones(len(features))])
    q, c = A.shape[1], int(codes.max()) + 1
    Y = np.eye(c)[codes] if c > 2 else codes[:, None].astype(float)
    penalty = np.append(np.full(q - 1, 1 / C), 1e-8)[:, None] + (0.0 if c == 2 else 1e-8)
    W = np.zeros((q, Y.shape[1]))
    loss, P = _log_loss(A @ W, Y)
    for _ in range(NEWTON_STEPS):
        gradient = A.T @ (P - Y) + penalty * W
        if np.abs(gradient).max() < 1e-4 * len(A):
            break
        step = np.linalg.solve(_hessian(A, P, penalty), gradient.T.ravel()).reshape(-1, q).T
        for halving in range(12):
            trial = W - 0.5**halving * step
            fresh, P_fresh = _log_loss(A @ trial, Y)
            total = fresh + 0.5 * float((penalty * trial**2).sum())
            if total < loss:
                break
        else:
            break
        W, P, loss = trial, P_fresh, total
    return W if c > 2 else np.hstack([-W / 2, W / 2])


def _log_loss(Z: Floats, Y: Floats) -> tuple[float, Floats]:
    """Return the sum of log losses and the probabilities of logits (r, c); one column is one logit."""
    if Z.shape[1] == 1:
        tail = np.exp(-np.abs(Z))
        loss = float((np.maximum(Z, 0) - Y * Z + np.log1p(tail)).sum())
        return loss, np.where(Z >= 0, 1.0, tail) / (1 + tail)
    Z = Z - Z.max(axis=1, keepdims=True)
    E = np.exp(Z)
    total = E.sum(axis=1, keepdims=True)
    return float((np.log(total[:, 0]) - (Z * Y).sum(axis=1)).sum()), E / total


def _hessian(A: Floats, P: Floats, penalty: Floats) -> Floats:
    """Return the Hessian (c·q, c·q) of the penalised loss, class by class."""
    q, c = A.shape[1], P.shape[1]
    H = np.empty((c, q, c, q))
    for i in range(c):
        for j in range(i, c):
            weight = P[:, i] * ((i == j) - P[:, j])
            H[i, :, j] = A.T @ (A * weight[:, None])
            H[j, :, i] = H[i, :, j].T
    flat = H.reshape(c * q, c * q)
    flat[np.diag_indices(c * q)] += np.tile(penalty[:, 0], c) + 1e-10 * flat.diagonal().max()
    return flat


def cohen_kappa(left: Ints, right: Ints) -> float | None:
    """Return Cohen's κ = (p_o − p_e) / (1 − p_e), at least 0; None where chance agreement is certain."""
    size = 1 + int(max(left.max(initial=0), right.max(initial=0)))
    n = len(left)
    a, b = np.bincount(left, minlength=size), np.bincount(right, minlength=size)
    by_chance = float(a @ b) / (n * n)
    if by_chance >= 1:
        return None
    return max(0.0, (float((left == right).mean()) - by_chance) / (1 - by_chance))
