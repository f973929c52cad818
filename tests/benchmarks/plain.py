"""The plain script: the fits of a stored `compare` result, as a scikit-learn user would write them.

``python plain.py RESULT.json TABLE.csv|NAME``: the same folds, models and parameters, all fits through
``joblib.Parallel(n_jobs=2)``, one pipeline each; prints mean accuracies.
"""

import importlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn.datasets
from joblib import Parallel, delayed
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

CLASSES = {
    "logistic": "sklearn.linear_model:LogisticRegression",
    "tree": "sklearn.tree:DecisionTreeClassifier",
    "mlp": "sklearn.neural_network:MLPClassifier",
    "dummy": "sklearn.dummy:DummyClassifier",
}


def load(source):
    if hasattr(sklearn.datasets, f"load_{source}"):
        return getattr(sklearn.datasets, f"load_{source}")(return_X_y=True, as_frame=True)
    header = 0 if source.endswith("floats.csv") else None
    table = pd.read_csv(source, header=header, skipinitialspace=True, na_values="?")
    return table.iloc[:, :-1], pd.factorize(table.iloc[:, -1])[0]


def pipeline(model):
    params = {key: value for key, value in model["params"].items() if key != "fitted_by"}
    module, name = CLASSES[model["family"]].split(":")
    estimator = getattr(importlib.import_module(module), name)(**params)
    numeric = [SimpleImputer(strategy="median", add_indicator=True)]
    if model["family"] in {"logistic", "mlp"}:
        numeric.append(StandardScaler())
    columns = make_column_transformer(
        (make_pipeline(*numeric), make_column_selector(dtype_include=np.number)),
        (
            OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=50, sparse_output=False),
            make_column_selector(dtype_exclude=np.number),
        ),
    )
    return make_pipeline(columns, estimator)


def fit(model, X, y, train, test):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = pipeline(model).fit(X.iloc[train], y[train])
        return fitted.score(X.iloc[test], y[test])


def main():
    result = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    X, y = load(sys.argv[2])
    y = np.asarray(y)
    protocol = result["protocol"]
    folds = RepeatedStratifiedKFold(
        n_splits=protocol["folds"], n_repeats=protocol["repeats"], random_state=result["run"]["seed"]
    )
    splits = list(folds.split(X, y))
    tasks = [(model, split) for model in result["models"] for split in splits]
    scores = Parallel(n_jobs=2)(delayed(fit)(model, X, y, *split) for model, split in tasks)
    for at, model in enumerate(result["models"]):
        print(model["model"], round(float(np.mean(scores[at * len(splits) : (at + 1) * len(splits)])), 4))


main()
