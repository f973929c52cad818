"""One test set and several seeds: what is simulated, and the probabilities that come of it.

Models are equal as in `settings`. The seeds of a model are fits to the same training rows that differ in
what the learner draws (first weights, bootstrap samples), so they say nothing of other training or test rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.simulations.learners import LEARNERS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SingleTest:
    """``rows`` to learn from and ``test_rows`` to be judged on, ``positive`` the share of class 1."""

    name: str
    learner: str
    test_rows: int
    positive: float = 0.5
    rows: int = 200
    models: int = 2
    seeds: int = 5
    features: int = 4
    shift: float = 0.45
    runs: int = 2000


def one_run(setting: SingleTest, rng: np.random.Generator) -> dict[str, Floats]:
    """Return the test rows' classes ``y`` (n,) and probabilities of class 1, ``p`` (models, seeds, n)."""
    y = np.r_[_classes(setting.rows, setting, rng), _classes(setting.test_rows, setting, rng)]
    split = [(np.arange(setting.rows), np.arange(setting.rows, len(y)))] * setting.seeds
    found = []
    for _ in range(setting.models):
        x = rng.standard_normal((len(y), setting.features)) + setting.shift * (2 * y - 1)[:, None]
        found.append([p[:, 1] for p in LEARNERS[setting.learner](x, y, split, rng)])
    return {"y": y[setting.rows :].astype(np.float64), "p": np.array(found)}


def _classes(rows: int, setting: SingleTest, rng: np.random.Generator) -> NDArray[np.int64]:
    positives = round(rows * setting.positive)
    return rng.permutation(np.repeat([0, 1], [rows - positives, positives]))


SINGLE_TESTS = (
    SingleTest("single mlp 80", "mlp", 80),
    SingleTest("single forest 80", "forest", 80),
    SingleTest("single mlp 400", "mlp", 400),
    SingleTest("single forest 400", "forest", 400),
    SingleTest("single tree 2000", "tree", 2000, seeds=1),
    SingleTest("single 1-NN 400 of 60", "1-NN", 400, rows=60, seeds=1),
    SingleTest("single forest 80, 8 positives", "forest", 80, positive=0.1),
    SingleTest("single mlp 80, 8 positives", "mlp", 80, positive=0.1),
)
