"""The model that goes home: fitted on all rows, it takes tables like its own and answers with labels."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from compare_cli.data import read_like
from compare_cli.data.roles import own_labels
from compare_cli.engine.fit import checked_labels, class_probabilities
from compare_cli.engine.plan import Job, resolve_params
from compare_cli.errors import UsageError, nearest
from compare_cli.models.families import family_of
from compare_cli.models.preparation import FeatureTable, Preparation
from compare_cli.models.specs import make_estimator
from compare_cli.types import Column, Dataset, ModelSpec, ReadInfo

LEARNT = ("imputer", "scaler", "encoder")
"""What a Preparation learns."""


class FinalClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A model of a comparison, fitted on all rows of its data set, as scikit-learn knows classifiers.

    Rows are given as a DataFrame with the columns of the data set (others are passed over), or as an array
    with its features in their order. They are read as the table was, and prepared as all its rows were;
    categories that it did not have count as missing, with a warning. ``classes_`` (c,) are the labels in
    the order of the data set's, as whole numbers where all of them are.
    """

    def __init__(self, dataset: Dataset, spec: ModelSpec, params: dict[str, Any]) -> None:
        self.dataset, self.spec, self.params = dataset, spec, params

    def fit(self, X: Any, y: Any) -> FinalClassifier:
        """Fit anew, on rows like those of the data set with labels among its own."""
        return self.fit_dataset(self._read(X, y))

    def fit_dataset(self, dataset: Dataset) -> FinalClassifier:
        """Fit on all rows of a data set that was read already."""
        table = FeatureTable(dataset)
        self.preparation_ = Preparation(self.spec.needs, impute=True)
        rows = self.preparation_.fit_transform(table, np.arange(len(dataset.y)))
        self.estimator_ = make_estimator(self.spec, self.params).fit(self._typed(rows), dataset.y)
        return self._known()

    def state(self) -> dict[str, Any]:
        """Return all that predicting takes: how a table is read, what was learnt, and no row of it."""
        categories = {
            c.name: self._categories(c.name) for c in self.dataset.columns if c.kind == "categorical"
        }
        return {
            "family": self.spec.family,
            "needs": self.spec.needs,
            "target": self.dataset.target,
            "classes": list(self.dataset.classes),
            "columns": [[column.name, column.kind] for column in self.dataset.columns],
            "categories": categories,
            "read": json.dumps(asdict(self.dataset.read)),
            "preparation": [getattr(self.preparation_, part) for part in LEARNT],
            "estimator": self.estimator_,
        }

    def _categories(self, column: str) -> list[str]:
        return list(map(str, self.dataset.X[column].cat.categories))

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> FinalClassifier:
        """Return a fitted model from what `state` gave; it predicts, and cannot be fitted again."""
        family = str(state["family"])
        spec = ModelSpec(str(state["model"]), family, family, {}, state["needs"])
        made = cls(_without_rows(state), spec, {})
        made.preparation_ = Preparation(spec.needs, impute=True)
        for part, learnt in zip(LEARNT, state["preparation"], strict=True):
            setattr(made.preparation_, part, learnt)
        made.estimator_ = state["estimator"]
        return made._known()

    def _known(self) -> FinalClassifier:
        """Set what scikit-learn asks of a fitted classifier."""
        self.classes_ = own_labels(self.dataset.classes)
        self.feature_names_in_ = np.array([column.name for column in self.dataset.columns], dtype=object)
        self.n_features_in_ = len(self.dataset.columns)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each row, (n,). Raises DataError, naming them, for columns that are missing."""
        rows = self._prepared(X)
        codes = checked_labels(self.estimator_.predict(rows), len(rows), len(self.classes_))
        return self.classes_[codes]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, (n, c), in the order of ``classes_``.

        Raises AttributeError for a model that gives none.
        """
        given = class_probabilities(self.estimator_, self._prepared(X), len(self.classes_))
        if given is None:
            raise AttributeError(f"{self.spec.name} gives no probabilities")
        return given

    def _prepared(self, X: Any) -> NDArray[Any]:
        read = (
            X if isinstance(X, Dataset) else self._read(X, self.dataset.classes[0])
        )  # a label keeps the row
        return self._typed(self.preparation_.transform(FeatureTable(read), np.arange(len(read.y))))

    def _read(self, X: Any, y: Any) -> Dataset:
        """Return rows and labels as a data set like the first; what is new in it is warned of."""
        import pandas as pd

        names = [column.name for column in self.dataset.columns]
        frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X), columns=names)
        read = read_like(frame.assign(**{self.dataset.target: y}), self.dataset)
        for said in read.notes:
            warnings.warn(said.message, stacklevel=4)
        return read

    def _typed(self, rows: NDArray[np.float64]) -> NDArray[Any]:
        return rows.astype("float32") if family_of(self.spec).single_precision else rows


def _without_rows(state: Mapping[str, Any]) -> Dataset:
    """Return the data set that a model was fitted on, with its columns and classes, and without its rows."""
    import pandas as pd

    columns = tuple(Column(str(name), kind, 0, 0) for name, kind in state["columns"])
    cells: dict[str, Any] = {column.name: np.empty(0) for column in columns}
    for name, known in state["categories"].items():
        cells[name] = pd.Categorical([], categories=pd.Index(known, dtype=object))
    read: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in json.loads(state["read"]).items()
    }
    return Dataset(
        name=str(state["model"]),
        source=str(state["model"]),
        X=pd.DataFrame(cells),
        y=np.empty(0, dtype=np.int64),
        classes=tuple(map(str, state["classes"])),
        target=str(state["target"]),
        columns=columns,
        dropped=(),
        source_columns=len(columns),
        fingerprint="",
        read=ReadInfo(**read),
    )


def final_classifier(job: Job, model: str) -> Any:
    """Return a model of a job fitted on all rows; a Pipeline of the program's is fitted on its own rows.

    Raises UsageError for a name that is not among them.
    """
    specs = {spec.name: spec for spec in job.models}
    if model not in specs:
        raise UsageError(
            f"no model is called {model!r} here.{nearest(model, specs)} There are {', '.join(specs)}."
        )
    params = resolve_params(specs[model], job.shape, job.options.seed)
    if specs[model].needs == "frame":
        estimator = make_estimator(specs[model], params)
        return estimator.fit(job.workspace.own[0], job.workspace.labels[job.dataset.y])
    return FinalClassifier(job.dataset, specs[model], params).fit_dataset(job.dataset)
