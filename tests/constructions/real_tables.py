"""Check reasons of real tables with other tools: `python -m tests.constructions.real_tables FILE…`.

A file may be followed by its target: ``horse-colic.csv:24``. Built-in names work too. For each reason a line
says what another tool found: splines, boosting with and without interactions, tuned pruning, permutation.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from compare_cli import Options, compare, read
from compare_cli.types import Dataset, Reason
from tests.constructions.measuring import inside_region

FOLDS = StratifiedKFold(5, shuffle=True, random_state=1)  # others than those that the reason was found on
SMALL = 1000  # rows up to which 5 repeats of 10 folds are judged: one repeat of a few rows tells little


class Tools:
    """Other tools on one table: pipelines that prepare it, and their accuracies on other folds."""

    def __init__(self, dataset: Dataset) -> None:
        self.X, self.y = dataset.X.copy(), dataset.y
        held = [c.name for c in dataset.columns if c.kind == "categorical"]
        self.numbers = [c.name for c in dataset.columns if c.kind != "categorical"]
        for name in held:
            self.X[name] = self.X[name].astype("object").where(self.X[name].notna(), "missing").astype(str)
        self.X[self.numbers] = self.X[self.numbers].astype(float)
        self.hot = (OneHotEncoder(handle_unknown="ignore", sparse_output=False), held)

    def prepared(self, model: Any, *steps: Any) -> Any:
        numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler(), *steps)
        return make_pipeline(make_column_transformer((numbers, self.numbers), self.hot), model)

    def weights(self) -> dict[str, float]:
        """Return the squared weight of each column in logistic regression, in sd, largest first.

        Near copies of a column share what it decides, so that permuting one of them costs little.
        """
        line = self.line().fit(self.X, self.y)
        ready, model = line[:-1], line[-1]
        square = ((model.coef_ * ready.transform(self.X).std(axis=0)) ** 2).sum(axis=0)
        found = dict.fromkeys(self.X.columns, 0.0)
        for name, value in zip(ready.get_feature_names_out(), square, strict=True):
            name = name.partition("__")[2].removeprefix("missingindicator_")
            column = max((c for c in found if name == c or name.startswith(f"{c}_")), key=len)
            found[column] += float(value)
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def scores(self, model: Any) -> np.ndarray:
        small = RepeatedStratifiedKFold(n_splits=10, n_repeats=5, random_state=1)
        folds = small if len(self.y) <= SMALL else FOLDS
        return np.asarray(cross_val_score(model, self.X, self.y, cv=folds, scoring="accuracy"))

    def line(self) -> Any:
        return self.prepared(LogisticRegression(max_iter=2000))

    def splines(self) -> Any:
        return self.prepared(LogisticRegression(max_iter=2000), SplineTransformer(5))

    def boosting(self, **how: Any) -> Any:
        return self.prepared(
            HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=8, random_state=0, **how)
        )

    def pruned(self) -> Any:
        grid = {"decisiontreeclassifier__ccp_alpha": [0.0, 0.001, 0.002, 0.004, 0.008, 0.016, 0.03]}
        return GridSearchCV(self.tree(), grid, cv=3)

    def tree(self) -> Any:
        return self.prepared(DecisionTreeClassifier(random_state=0))

    def named(self, model: str) -> Any:
        """Return scikit-learn's own model of a name."""
        network = self.prepared(MLPClassifier((100,), max_iter=400, random_state=0))
        return {"logistic": self.line(), "tree": self.tree(), "mlp": network}[model]

    def importances(self, model: Any) -> dict[str, float]:
        """Return how much accuracy new rows lose when a column is permuted, largest first."""
        some = train_test_split(self.X, self.y, test_size=0.4, stratify=self.y, random_state=2)
        fitted = clone(model).fit(some[0], some[2])
        lost = permutation_importance(fitted, some[1], some[3], n_repeats=10, random_state=3).importances_mean
        return dict(sorted(zip(self.X.columns, lost, strict=True), key=lambda item: -item[1]))


def gain(tools: Tools, one: Any, other: Any) -> str:
    """Return the gain with its standard error, after Nadeau & Bengio, as training rows overlap."""
    d = tools.scores(one) - tools.scores(other)
    share = 1 / 9 if len(tools.y) <= SMALL else 1 / 4  # test rows by training rows
    return f"{100 * d.mean():+.1f} ± {100 * d.std(ddof=1) * np.sqrt(1 / len(d) + share):.1f} pt"


def columns(tools: Tools, reason: Reason, model: Any) -> str:
    """Say at which places the named columns stand among those whose permutation costs most."""
    return places(reason, "permutation", list(tools.importances(model)))


def places(reason: Reason, by: str, order: list[str]) -> str:
    named = [f"{c.name} {order.index(c.name) + 1}." for c in reason.columns]
    return f"; by {by} of {len(order)} columns: {', '.join(named)}" if named else ""


def hyperplane(tools: Tools, reason: Reason) -> str:
    line = tools.line()
    others = {"splines": tools.splines(), "boosting": tools.boosting(), "pruned tree": tools.pruned()}
    found = [f"{name} {gain(tools, other, line)}" for name, other in others.items()]
    most = 100 * reason.figures["at_most"]
    return f"over logistic {', '.join(found)}; at most +{most:.1f}" + places(
        reason, "weights", list(tools.weights())
    )


def bends(tools: Tools, reason: Reason) -> str:
    line, trees = tools.line(), tools.boosting()
    over = f"splines {gain(tools, tools.splines(), line)}, boosting {gain(tools, trees, line)} over logistic"
    return over + columns(tools, reason, tools.named(reason.models[0]))


def noise(tools: Tools, reason: Reason) -> str:
    if reason.models[0] == "mlp":
        penalised = tools.prepared(MLPClassifier((100,), max_iter=400, random_state=0, alpha=1.0))
        return f"alpha = 1 {gain(tools, penalised, tools.named('mlp'))} over the network as it is"
    return f"tuned pruning {gain(tools, tools.pruned(), tools.tree())} over the whole tree"


def interaction(tools: Tools, _: Reason) -> str:
    additive = tools.boosting(interaction_cst="no_interactions")
    return f"boosting {gain(tools, tools.boosting(), additive)} over boosting without interactions"


def by_columns(tools: Tools, reason: Reason) -> str:
    return columns(tools, reason, tools.boosting()).removeprefix("; ")


def staircase(tools: Tools, _: Reason) -> str:
    leaves = tools.tree().fit(tools.X, tools.y)[-1].get_n_leaves()
    found = gain(tools, tools.pruned(), tools.line())
    return f"tuned pruning {found} over logistic; the whole tree has {leaves} leaves"


def many_columns(tools: Tools, _: Reason) -> str:
    shares = np.array(list(tools.weights().values()))
    most = int((np.cumsum(shares) < 0.5 * shares.sum()).sum()) + 1
    return f"half of logistic's squared weights are of {most} columns"


def of_model(tools: Tools, reason: Reason) -> str:
    return columns(tools, reason, tools.named(reason.models[0])).removeprefix("; ")


def region(tools: Tools, reason: Reason) -> str:
    """Say what scikit-learn's own models of these names gain inside and elsewhere, on other folds."""
    right = [
        cross_val_predict(tools.named(name), tools.X, tools.y, cv=FOLDS) == tools.y for name in reason.models
    ]
    gain = right[0].astype(float) - right[1]
    inside = inside_region(tools.X, reason.sentence)
    parts = {"inside": gain[inside], "elsewhere": gain[~inside]}
    found = [
        f"{where} {100 * d.mean():+.1f} ± {100 * d.std() / np.sqrt(len(d)):.1f} pt"
        for where, d in parts.items()
    ]
    return ", ".join(found)


CHECKS: dict[str, Callable[[Tools, Reason], str]] = {
    "hyperplane": hyperplane,
    "bends": bends,
    "noise": noise,
    "interaction": interaction,
    "categories": by_columns,
    "gaps": by_columns,
    "thresholds": by_columns,
    "staircase": staircase,
    "many_columns": many_columns,
    "columns": of_model,
    "region": region,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--repeats", type=int, default=1)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for source in asked.sources:
        path, _, target = source.partition(":")
        result = compare(path, Options(repeats=asked.repeats, jobs=1), target=target or None)
        tools = Tools(read(path, target=target or None))
        print(path, f"{result.verdict.recommended} recommended", flush=True)
        for reason in result.verdict.reasons:
            check = CHECKS.get(reason.code)
            print(f"  {reason.sentence}\n    {check(tools, reason) if check else 'not checked'}", flush=True)


if __name__ == "__main__":
    main()
