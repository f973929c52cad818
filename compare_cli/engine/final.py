"""The model that users keep: a Pipeline of scikit-learn, fitted on all rows, that answers with labels.

Its first step reads tables as the first one was read; the others are scikit-learn's own, but for models from
outside that learn codes.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.metaestimators import available_if

from compare_cli.data import read_rows
from compare_cli.data.roles import own_labels
from compare_cli.engine.fit import checked_labels, class_probabilities
from compare_cli.engine.plan import Job, resolve_params
from compare_cli.errors import UsageError, nearest
from compare_cli.models.families import family_of
from compare_cli.models.perceptron import MultilayerPerceptron
from compare_cli.models.preparation import column_steps
from compare_cli.models.specs import make_estimator
from compare_cli.types import Column, Dataset, ModelSpec, ReadInfo


class TableReader(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Reads rows as those of a data set were read: the first step of a model that users keep.

    ``like`` is that data set, without its rows. Rows are given as a DataFrame with its columns (others are
    passed over), as an array with its features in their order, or as a Dataset. They become a frame: numbers
    as float64 (missing = NaN), categories as texts (missing = ""); categories that ``like`` does not have
    count as missing, with a warning. There is nothing to learn.
    """

    def __init__(self, like: Dataset) -> None:
        self.like = like

    def fit(self, X: Any, y: Any = None) -> TableReader:  # noqa: ARG002 - as scikit-learn calls it
        """Learn nothing; set the names of the columns."""
        self.feature_names_in_ = np.array([column.name for column in self.like.columns], dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        return self

    def transform(self, X: Any) -> Any:
        """Return rows as a frame. Raises DataError, naming them, for columns that are missing."""
        import pandas as pd

        read = X
        if not isinstance(X, Dataset):
            frame = X if isinstance(X, pd.DataFrame) else self._named(X)
            read = read_rows(frame, self.like)
            for said in read.notes:
                warnings.warn(said.message, stacklevel=2)
        texts = {c.name: _texts(read.X[c.name]) for c in self.like.columns if c.kind == "categorical"}
        return read.X.assign(**texts)

    def _named(self, X: Any) -> Any:
        """Return an array as a frame. Raises ValueError for another number of columns."""
        import pandas as pd

        rows, names = np.asarray(X), [column.name for column in self.like.columns]
        if rows.ndim != 2 or rows.shape[1] != len(names):
            raise ValueError(
                f"X has the shape {rows.shape}, but the model expects {len(names)} features: give a DataFrame"
                f" or an array with {', '.join(map(repr, names[:5]))}{', …' if len(names) > 5 else ''}."
            )
        return pd.DataFrame(rows, columns=names)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:  # noqa: ARG002 - the same
        """Return the names of the columns (d,)."""
        return np.array([column.name for column in self.like.columns], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    def state(self) -> dict[str, Any]:
        """Return as plain values how a table is read."""
        hot = [c.name for c in self.like.columns if c.kind == "categorical"]
        return {
            "target": self.like.target,
            "classes": list(self.like.classes),
            "columns": [[column.name, column.kind] for column in self.like.columns],
            "categories": {name: list(map(str, self.like.X[name].cat.categories)) for name in hot},
            "read": json.dumps(asdict(self.like.read)),
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any], name: str) -> TableReader:
        """Return the reader that `state` is of; ``name`` is what its data set is called."""
        import pandas as pd

        columns = tuple(Column(str(column), kind, 0) for column, kind in state["columns"])
        cells: dict[str, Any] = {column.name: np.empty(0) for column in columns}
        for column, known in state["categories"].items():
            cells[column] = pd.Categorical([], categories=pd.Index(known, dtype=object))
        read = json.loads(state["read"])
        how: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in read.items()}
        return cls(
            Dataset(
                name=name,
                source=name,
                X=pd.DataFrame(cells),
                y=np.empty(0, dtype=np.int64),
                classes=tuple(map(str, state["classes"])),
                target=str(state["target"]),
                columns=columns,
                dropped=(),
                source_columns=len(columns),
                read=ReadInfo(**how),
            )
        ).fit(None)


def _texts(column: Any) -> Any:
    """Return categories as texts, "" for a missing one, which sorts before all of them."""
    names = np.array([*column.cat.categories, ""], dtype=object)
    return names[column.cat.codes.to_numpy()]


def _has_probabilities(coded: Any) -> bool:
    return hasattr(coded.estimator, "predict_proba")


class OnCodes(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A classifier from outside that learns codes 0 … c-1, seen as one that learns any labels.

    ``estimator`` is unfitted and stays so. Rows are arrays (n, d).
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any) -> OnCodes:
        """Fit a copy of the estimator on rows with labels (n,)."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self.estimator_ = clone(self.estimator, safe=False).fit(X, codes)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each row, (n,)."""
        codes = checked_labels(self.estimator_.predict(X), len(X), len(self.classes_))
        return np.asarray(self.classes_[codes])

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator] # scikit-learn has no types
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, (n, c), in the order of ``classes_``."""
        given = class_probabilities(self.estimator_, X, len(self.classes_))
        if given is None:
            raise AttributeError(f"{type(self.estimator).__name__} gives no probabilities")
        return given


def pipeline(dataset: Dataset, spec: ModelSpec, params: Mapping[str, Any], rows: int) -> Pipeline:
    """Return the unfitted model of a spec for tables like a data set, as it was compared on ``rows`` rows."""
    estimator = make_estimator(spec, params)
    if isinstance(estimator, MultilayerPerceptron):
        estimator = MLPClassifier(**estimator.get_params(deep=False))
    elif not type(estimator).__module__.startswith(("sklearn.", "compare_cli.models.bayes")):
        estimator = OnCodes(estimator)
    like = replace(dataset, X=dataset.X.iloc[:0], y=dataset.y[:0], name=spec.name, own=None, guards=())
    steps = [("read", TableReader(replace(like, groups=None, time=None, test=None)))]
    steps.append(("prepare", column_steps(*dataset.names_by_kind, spec.needs)))
    if family_of(spec).single_precision(params, rows):
        steps.append(("single precision", FunctionTransformer(np.float32)))
    return Pipeline([*steps, ("model", estimator)])


def final_classifier(job: Job, model: str) -> Any:
    """Return a model of a job, fitted on all rows: a Pipeline, or an estimator that was given as an object.

    Raises UsageError for a name that is not among them.
    """
    specs = {spec.name: spec for spec in job.models}
    if model not in specs:
        raise UsageError(
            f"no model is called {model!r} here.{nearest(model, specs)} There are {', '.join(specs)}."
        )
    spec, labels = specs[model], own_labels(job.dataset.classes)[job.dataset.y]
    params = resolve_params(spec, job.shape, job.options.seed)
    if spec.needs == "frame":
        return make_estimator(spec, params).fit(job.workspace.own[0], labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they were told when the model was compared
        made = pipeline(job.dataset, spec, params, job.shape.rows)
        weights = getattr(made[-1], "class_weight", None)
        if isinstance(weights, dict):  # by code, as models get it that are compared
            classes = own_labels(job.dataset.classes).tolist()
            made[-1].set_params(class_weight={classes[code]: weight for code, weight in weights.items()})
        return made.fit(job.dataset, labels)
