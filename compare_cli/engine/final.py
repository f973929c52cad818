"""The model that goes home: fitted on all rows, it takes tables like its own and answers with labels."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from compare_cli.data import read_like
from compare_cli.engine.fit import checked_labels, class_probabilities
from compare_cli.engine.plan import Job, resolve_params
from compare_cli.errors import UsageError, nearest
from compare_cli.models.estimators import own_labels
from compare_cli.models.families import family_of
from compare_cli.models.preparation import FeatureTable, Preparation
from compare_cli.models.specs import make_estimator
from compare_cli.types import Dataset, ModelSpec


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
        self.classes_ = own_labels(dataset.classes)
        self.feature_names_in_ = np.array([column.name for column in dataset.columns], dtype=object)
        self.n_features_in_ = len(dataset.columns)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each row, (n,). Raises DataError, naming it, for a column that is missing."""
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
        read = self._read(X, self.dataset.classes[0])  # any label: rows without one would be left out
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
