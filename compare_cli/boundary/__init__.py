"""What a fitted classifier's decision boundary looks like, in any number of dimensions.

    from compare_cli.boundary import describe
    describe(estimator, X, seed=0)

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare_cli.boundary.agreement import disagreement, instability, shared_probes
    from compare_cli.boundary.definitions import STATISTICS, Statistic
    from compare_cli.boundary.description import describe, describe_fold
    from compare_cli.boundary.explanation import Evidence, Profile, explain
    from compare_cli.boundary.frames import prepared_frame
    from compare_cli.boundary.statistics import over_folds

_PLACES = {
    "describe": "description",
    "describe_fold": "description",
    "prepared_frame": "frames",
    "shared_probes": "agreement",
    "instability": "agreement",
    "disagreement": "agreement",
    "over_folds": "statistics",
    "explain": "explanation",
    "Evidence": "explanation",
    "Profile": "explanation",
    "STATISTICS": "definitions",
    "Statistic": "definitions",
}

__all__ = [
    "STATISTICS",
    "Evidence",
    "Profile",
    "Statistic",
    "describe",
    "describe_fold",
    "disagreement",
    "explain",
    "instability",
    "over_folds",
    "prepared_frame",
    "shared_probes",
]


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{place}"), name)
