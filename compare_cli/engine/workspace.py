"""What a process needs to fit any task of one data set: arrays, prepared folds, probes of boundaries."""

from __future__ import annotations

import hashlib
import time
import uuid
import warnings
from collections import OrderedDict
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.boundary.frames import prepared_frame
from compare_cli.boundary.probes import shared_probes
from compare_cli.boundary.space import Frame, Sources
from compare_cli.boundary.statistics import describe_fold, probe_labels
from compare_cli.data.roles import own_labels
from compare_cli.errors import kind_and_message
from compare_cli.models.families import BASELINE, family_of
from compare_cli.models.preparation import FeatureTable, Preparation
from compare_cli.types import Boundary, Column, Dataset, FitTask

BOUNDARY_VERSION = 10  # raise when a boundary statistic changes: stored ones are then made anew
AT_PROBES = 2
SIZES = 64  # of growing samples: more than there can be
ENOUGH = 3  # fits whose boundary is looked at; with fewer folds more repeats are looked at
CACHE_BYTES = 64 * 2**20  # prepared folds a process keeps: enough for small tables, little beside large ones


class Workspace:
    """What a process needs to fit any task of one data set: arrays, and the folds it has prepared lately."""

    def __init__(
        self,
        dataset: Dataset,
        metric: str = "accuracy",
        probing: Probing | None = None,
        *,
        by_row: bool = False,
        own_rows: bool = False,
    ) -> None:
        self.table = FeatureTable(dataset)
        self.y = dataset.y
        self.classes = len(dataset.classes)
        self.metric = metric
        self.test_table = FeatureTable(dataset.test) if dataset.test is not None else self.table
        self.test_y = dataset.test.y if dataset.test is not None else dataset.y
        self.single_test = dataset.test is not None
        self.by_row = by_row or self.single_test  # whether each test row is judged
        self.impute = self.table.has_missing_numbers or self.test_table.has_missing_numbers
        self.probing = probing
        self.shared = probing.shared(self.table) if probing is not None else None
        self.token = uuid.uuid4().hex  # names this table in the processes that it was sent to
        self._prepared: OrderedDict[tuple[Any, ...], PreparedFold | OwnFold] = OrderedDict()
        tables = (dataset, dataset.test or dataset) if own_rows else ()
        self.own = [table.X if table.own is None else table.own.taken() for table in tables]
        self.labels = own_labels(dataset.classes)
        self.own_digest = _digest(self.own) if dataset.own is not None else None

    @property
    def nbytes(self) -> int:
        """The memory of the tables in bytes."""
        tables = {id(table): table for table in (self.table, self.test_table)}
        return sum(table.numbers.nbytes + table.codes.nbytes for table in tables.values())

    def __getstate__(self) -> dict[str, Any]:
        """Travel without prepared folds."""
        return {**vars(self), "_prepared": OrderedDict()}

    def prepared(self, task: FitTask) -> PreparedFold | OwnFold:
        """Return the fold of a task prepared as its model needs it, from memory when it is there.

        It is known by its rows: numbers of folds are also those of refits and of inner folds.
        """
        key = (hash(task.train.tobytes()), hash(task.test.tobytes()), task.model.needs)
        fold = self._prepared.pop(key, None) or (
            OwnFold(self, task) if task.model.needs == "frame" else PreparedFold(self, task)
        )
        self._prepared[key] = fold
        while len(self._prepared) > 1 and sum(f.nbytes for f in self._prepared.values()) > CACHE_BYTES:
            self._prepared.popitem(last=False)
        return fold


class PreparedFold:
    """The rows of one fold, ready for a model: ``train`` and ``test`` (rows, columns) float64."""

    def __init__(self, workspace: Workspace, task: FitTask) -> None:
        started = time.perf_counter()
        self.preparation = preparation = Preparation(task.model.needs, impute=workspace.impute)
        self.train = own_type(preparation.fit_transform(workspace.table, task.train))
        self.test = own_type(preparation.transform(workspace.test_table, task.test))
        self.seconds = time.perf_counter() - started
        self.nbytes = self.train.nbytes + self.test.nbytes
        self.surroundings = None
        if workspace.probing is not None and workspace.shared is not None:
            numbers = workspace.table.numbers[task.train], workspace.test_table.numbers[task.test]
            missing = np.isnan(numbers[0]), np.isnan(numbers[1])
            rows = (self.train, self.test)
            self.surroundings = Surroundings(workspace.probing, preparation, rows, missing, workspace.shared)


class OwnFold:
    """The rows of one fold as the program holds them, for a model that prepares columns itself."""

    surroundings = None  # boundaries are looked at in prepared columns
    seconds, nbytes = 0.0, 0

    def __init__(self, workspace: Workspace, task: FitTask) -> None:
        learnt, judged = workspace.own
        self.train, self.test = _rows(learnt, task.train), _rows(judged, task.test)


def _rows(table: Any, at: NDArray[np.int64]) -> Any:
    return table.iloc[at] if hasattr(table, "iloc") else table[at]


def _digest(tables: list[Any]) -> str:
    """Return a hash over tables as a program holds them; "" where cells are of no known kind."""
    import pandas as pd

    digest = hashlib.sha256()
    for table in tables:
        frame = pd.DataFrame(table)
        digest.update(repr([list(frame.columns), list(map(str, frame.dtypes)), type(table)]).encode())
        try:
            digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
        except TypeError:
            return ""
    return digest.hexdigest()


def own_type(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array with NumPy's own type object, not the copy of it that comes from another process.

    Models are pickled with it, and should have the same size wherever they were fitted.
    """
    return np.asarray(array, dtype=np.dtype(array.dtype.str))


class Probing:
    """How boundaries are looked at: by which seed, with how many probes, and which columns move.

    ``probes`` None means by family and width. Numbers and dates move; truth values and categories are held.
    Only the first ``repeats`` of so many ``folds`` are looked at: more would tell the same of the same
    rows again. Of growing samples (``folds`` None) every size is: nobody knows which will be the last.
    """

    def __init__(self, columns: tuple[Column, ...], seed: int, probes: int | None, folds: int | None) -> None:
        self.seed = seed
        self.repeats = -(-ENOUGH // folds) if folds is not None else SIZES
        self.probes = probes
        numeric = [column.kind for column in columns if column.kind != "categorical"]
        self.moving: NDArray[np.bool_] = np.array([kind != "boolean" for kind in numeric], dtype=bool)
        ordered = sorted(columns, key=lambda column: column.kind == "categorical")
        self.names = [column.name for column in ordered]

    @property
    def asked(self) -> list[int | None]:
        """What decides the statistics besides model, rows and fold, and in how many repeats to look.

        The first `AT_PROBES` of these decide the answers at the shared probes.
        """
        return [BOUNDARY_VERSION, self.seed, self.probes, self.repeats]

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
        moving = np.flatnonzero(self.probing.moving)
        train, test = self._rows
        gaps, missing = (cells[:, moving] if cells.any() else None for cells in self._missing)
        sources = Sources(self.probing.names, *self._preparation.sources(self._shared_table))
        return prepared_frame(
            train, test, moving, missing=missing, train_missing=gaps, sources=sources, seed=self.probing.seed
        )

    @cached_property
    def shared(self) -> NDArray[np.float64]:
        """The shared probes, prepared as the fold's rows are."""
        everything = np.arange(len(self._shared_table.numbers))
        return self._preparation.transform(self._shared_table, everything)

    def describe(self, task: FitTask, estimator: Any) -> Boundary | None:
        """Return a fitted model's boundary statistics; None where none are asked for, or where they fail.

        Each fold looks in directions of its own, so that errors do not add up over folds; models on
        the same fold look alike.
        """
        if task.model.name == BASELINE or not task.look:
            return None
        family = family_of(task.model)
        try:
            if task.look == "probes":
                return Boundary({}, probe_labels(estimator, self.shared, single=task.single))
            return describe_fold(
                estimator,
                self.frame,
                seed=(self.probing.seed, task.repeat, task.fold),
                single=task.single,
                exact=family.exact_geometry(),
                slow=family.slow_prediction,
                probes=self.probing.probes,
                shared=self.shared,
            )
        except Exception as error:  # statistics that cannot be had do not make the fit fail
            warnings.warn(f"no boundary statistics: {kind_and_message(error)}", stacklevel=2)
            return None
