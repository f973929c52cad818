"""What a fitted classifier's decision boundary looks like, in any number of dimensions.

    from compare_cli.boundary import describe
    describe(estimator, X, seed=0)

``describe`` is loaded when it is first asked for, so that definitions can be read without NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compare_cli.boundary.statistics import describe

__all__ = ["describe"]


def __getattr__(name: str) -> Any:
    if name != "describe":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from compare_cli.boundary.statistics import describe

    return describe
