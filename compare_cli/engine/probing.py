"""Boundary statistics in the worker, right after a fit: the fitted model never has to travel."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any

from compare_cli.boundary.probes import shared_probes
from compare_cli.boundary.space import prepared_frame
from compare_cli.boundary.statistics import describe_fold
from compare_cli.models.families import BASELINE, family_of
from compare_cli.models.preparation import FeatureTable, Preparation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from compare_cli.boundary.space import Frame
    from compare_cli.types import Boundary, Column, FitTask


BOUNDARY_VERSION = 1  # raise when a boundary statistic changes: stored ones are then made anew


class Probing:
    """How boundaries are looked at: by which seed, with how many probes, and which columns move.

    ``probes`` None means by family and width. Numbers and dates move; truth values and categories are held.
    """

    def __init__(self, columns: tuple[Column, ...], seed: int, probes: int | None) -> None:
        import numpy as np

        self.seed = seed
        self.probes = probes
        numeric = [column.kind for column in columns if column.kind != "categorical"]
        self.moving: NDArray[np.bool_] = np.array([kind != "boolean" for kind in numeric], dtype=bool)

    def shared(self, table: FeatureTable) -> FeatureTable:
        """Return the probes that all models and folds of a data set answer, as a table."""
        numbers, codes = shared_probes(table.numbers, table.codes, self.seed, moving=self.moving)
        return FeatureTable.of_arrays(numbers, codes)


class Surroundings:
    """What boundary statistics need of one prepared fold, beside the model; made when first asked for."""

    def __init__(
        self,
        probing: Probing,
        preparation: Preparation,
        rows: tuple[NDArray[np.float64], NDArray[np.float64]],
        missing: tuple[NDArray[np.bool_], NDArray[np.bool_]],
        shared: FeatureTable,
    ) -> None:
        self.probing = probing
        self._preparation = preparation
        self._rows = rows
        self._missing = missing
        self._shared_table = shared

    @cached_property
    def frame(self) -> Frame:
        """The fold's test rows, as probes start from them."""
        import numpy as np

        moving = np.flatnonzero(self.probing.moving)
        train, test = self._rows
        gaps, missing = (cells[:, moving] if cells.any() else None for cells in self._missing)
        return prepared_frame(
            train, test, moving, missing=missing, train_missing=gaps, seed=self.probing.seed
        )

    @cached_property
    def shared(self) -> NDArray[np.float64]:
        """The shared probes, prepared as the fold's rows are."""
        import numpy as np

        everything = np.arange(len(self._shared_table.numbers))
        return self._preparation.transform(self._shared_table, everything)

    def describe(self, task: FitTask, estimator: Any) -> Boundary | None:
        """Return a fitted model's boundary statistics; None for the baseline, or where they fail.

        Each fold looks in directions of its own, so that errors do not add up over folds; models on
        the same fold look alike.
        """
        if task.model.name == BASELINE:
            return None
        family = family_of(task.model)
        try:
            return describe_fold(
                estimator,
                self.frame,
                seed=(self.probing.seed, task.repeat, task.fold),
                single=family.single_precision,
                exact=family.exact_geometry(),
                slow=family.slow_prediction,
                probes=self.probing.probes,
                shared=self.shared,
            )
        except Exception as error:  # statistics that cannot be had do not make the fit fail
            warnings.warn(f"no boundary statistics: {type(error).__name__}: {error}", stacklevel=2)
            return None
