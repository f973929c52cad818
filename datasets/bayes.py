"""Bayes accuracies: what the best possible model reaches in the long run, from the rule behind the rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from atlas import Floats


def normal_cdf(x: float) -> float:
    """P(Z <= x) for Z ~ N(0, 1)."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def noisy_plane(noise: float) -> float:
    """Accuracy of sign(u) for the label sign(u + noise e), u and e ~ N(0, 1): an angle of two planes."""
    return 1 - math.atan(noise) / math.pi


def two_gaussians(distance: float, rare: float = 0.5) -> float:
    """Best accuracy for N(0, I) and N(mu, I), |mu| = ``distance``, the latter with prior ``rare``."""
    threshold = distance / 2 + math.log((1 - rare) / rare) / distance
    return (1 - rare) * normal_cdf(threshold) + rare * normal_cdf(distance - threshold)


def three_gaussians(radius: float) -> float:
    """Best accuracy for three N(mu, I) of equal size whose means stand evenly on a circle in a plane.

    The region of one class is a wedge of half angle 60 degrees; the integral runs along its axis.
    """
    steps = np.linspace(-radius, 9.0, 20_001)
    density = np.exp(-(steps**2) / 2) / math.sqrt(2 * math.pi)
    inside = np.array([2 * normal_cdf(math.sqrt(3) * (radius + t)) - 1 for t in steps])
    return float(np.sum(density * inside) * (steps[1] - steps[0]))


def two_curves(first: Floats, second: Floats, noise: float) -> float:
    """Best accuracy for points spread evenly over two curves, shape (m, 2) each, with N(0, noise^2 I) added.

    Half the integral of the larger density over a grid of noise / 10.
    """
    both = np.concatenate([first, second])
    axes = [
        np.arange(both[:, j].min() - 6 * noise, both[:, j].max() + 6 * noise, noise / 10) for j in range(2)
    ]

    def density(curve: Floats) -> Floats:
        across, along = (
            np.exp(-((axis[:, None] - curve[:, j]) ** 2) / (2 * noise**2)) for j, axis in enumerate(axes)
        )
        product: Floats = across @ along.T / (len(curve) * 2 * math.pi * noise**2)
        return product

    return float(np.maximum(density(first), density(second)).sum() / 2 * (noise / 10) ** 2)


def with_missing(probability: Floats, missing: Sequence[float]) -> float:
    """Best accuracy where each feature is missing on its own with the chance ``missing[j]``.

    ``probability`` holds P(class | features), one axis per feature, whose values are equally likely.
    """
    total = 0.0
    for pattern in np.ndindex(*(2,) * probability.ndim):
        lost = tuple(j for j, gone in enumerate(pattern) if gone)
        chance = math.prod(m if gone else 1 - m for m, gone in zip(missing, pattern, strict=True))
        seen = probability.mean(axis=lost) if lost else probability
        total += chance * float(np.maximum(seen, 1 - seen).mean())
    return total
