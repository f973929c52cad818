"""The plain script: the fits of a stored `compare` result, as a scikit-learn user would write them.

``python plain.py RESULT.json TABLE.csv|NAME|FOLDER``: the same folds, models and parameters, all fits through
``joblib.Parallel(n_jobs=2)``, one pipeline each; prints mean accuracies. A folder holds IDX files of images.
"""

import gzip
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


def idx(path):
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    sizes = np.frombuffer(data, ">u4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sizes[0], -1)


def images(folder):
    """Return the pixels of training and test images, their digits, and which rows are which."""
    parts = [
        [idx(next(folder.glob(f"{part}-{what}-*"))) for part in ("train", "t10k")]
        for what in ("images", "labels")
    ]
    X, y = (np.concatenate(both) for both in parts)
    rows = np.arange(len(X))
    return X, y.ravel(), np.split(rows, [len(parts[0][0])])


def pipeline(model, X):
    params = {key: value for key, value in model["params"].items() if key != "fitted_by"}
    module, name = CLASSES[model["family"]].split(":")
    estimator = getattr(importlib.import_module(module), name)(**params)
    if isinstance(X, np.ndarray):  # pixels
        return make_pipeline(*[StandardScaler()] * (model["family"] in {"logistic", "mlp"}), estimator)
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
        rows = X if isinstance(X, np.ndarray) else X.iloc
        return pipeline(model, X).fit(rows[train], y[train]).score(rows[test], y[test])


def main():
    result = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if Path(sys.argv[2]).is_dir():
        X, y, split = images(Path(sys.argv[2]))
        splits = [split]
    else:
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
