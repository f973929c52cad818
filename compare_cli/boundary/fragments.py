"""Fragments: how many separate patches the labels make on planes through the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def fragments(labels: NDArray[np.int64]) -> float:
    """Return connected components of equal labels minus classes present, mean over planes ≥ 0.

    ``labels`` (planes, side, side); cells touch along edges (after Somepalli et al. 2022).
    """
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count, side, _ = labels.shape
    cell = np.arange(labels.size).reshape(labels.shape)
    right, down = labels[:, :, 1:] == labels[:, :, :-1], labels[:, 1:] == labels[:, :-1]
    start = np.concatenate([cell[:, :, :-1][right], cell[:, :-1][down]])
    end = np.concatenate([cell[:, :, 1:][right], cell[:, 1:][down]])
    touching = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(labels.size, labels.size))
    components, _ = connected_components(touching, directed=False)
    flat = np.sort(labels.reshape(count, side * side), axis=1)
    present = count + int((flat[:, 1:] != flat[:, :-1]).sum())
    return float((components - present) / count)
