"""A comparison as a script of pandas and scikit-learn that does the same without this program."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from textwrap import indent
from typing import Any

import numpy as np

from compare_cli import __version__
from compare_cli.data.roles import own_labels
from compare_cli.data.script import lines_of, reading_script
from compare_cli.data.ways import WIDTH, literal
from compare_cli.engine.plan import Job, resolve_params
from compare_cli.engine.splits import FoldPlan
from compare_cli.errors import UsageError
from compare_cli.metrics import COST, METRICS
from compare_cli.models.families import family_of
from compare_cli.models.preparation import MAX_CATEGORIES
from compare_cli.models.specs import make_estimator
from compare_cli.types import Dataset, ModelSpec

SCORERS = {"log_loss": "neg_log_loss", "brier": "neg_brier_score", "mcc": "matthews_corrcoef"}
LOSSES = {"log_loss", "brier", COST.name}
MANY_NAMES = 20  # columns, above which they are named by those that are left out
SHOWN_LABELS = 5
MANY_CELLS = 100  # of an array that is written out
SINGLE = """

def single_precision(rows):
    return np.asarray(rows, dtype=np.float32)


"""
PRINT = """for name, values in scores.items():
    print(f"{name}: {np.mean(values):.4f} ± {np.std(values):.4f} over {len(values)} folds")
"""


def comparison_script(job: Job, repeats: int, found: Mapping[str, float | None]) -> str:
    """Return the script that compares a job's models on as many repeats of its folds.

    ``found`` are the scores that were found, which it names. Raises UsageError, in one line that names what,
    for what cannot be said in plain scikit-learn.
    """
    if job.samples is not None or job.options.sizes is not None:
        raise UsageError(
            "--code: growing samples are no folds of scikit-learn: give --all-rows, or --folds and --repeats."
        )
    reading = reading_script(job.dataset)
    writer = Writer()
    models = _models(job, writer, repeats)
    body = [_features(job, writer, reading.columns), models, _scores(job, repeats, writer), PRINT]
    if reading.loader:
        writer.name("sklearn.datasets", reading.loader)
    text = "\n".join([_head(job, found), writer.imports(), reading.text, *filter(None, body)])
    return re.sub("\n{4,}", "\n\n\n", text)


def _head(job: Job, found: Mapping[str, float | None]) -> str:
    """Return the comment at the top; every text in it is a literal of Python."""
    scores = [f"#   {name!r}: {score:.4f}" for name, score in found.items() if score is not None]
    labels = own_labels(job.dataset.classes).tolist()[:SHOWN_LABELS]
    given = {
        "": "",
        "X": f"# X and y are those that were compared, y of labels such as {labels!r}: make them here.\n",
    }
    given["table"] = "# table is the one that was compared; put what makes it here.\n"
    held = _held_as(job.dataset)
    said = f"# compare {__version__} found these means of {job.metric.name!r}:\n" if scores else ""
    return (
        f"# Compares models on {job.dataset.name!r} with pandas and scikit-learn.\n"
        + said
        + "".join(f"{line}\n" for line in scores)
        + given[held]
    )


def _held_as(dataset: Dataset) -> str:
    """Return the name of what the program holds, that the script begins with; "" for a file."""
    if dataset.own is None:
        return ""
    names = dataset.own.columns if not hasattr(dataset.own.whole, "iloc") else dataset.own.whole.columns
    return "table" if dataset.target in map(str, names) else "X"


def _features(job: Job, writer: Writer, columns: Sequence[str]) -> str:
    """Return what takes the features from the table: numbers in an array, with categories in a frame."""
    numbers, categories = _names(job.dataset)
    taken = {"rows": "data", **({"test_rows": "test"} if job.dataset.test is not None else {})}
    lines = [_named("numbers", numbers, columns)] if numbers else []
    lines += [_named("categories", categories, columns)] if categories else []
    both = " + ".join(name for name, used in (("numbers", numbers), ("categories", categories)) if used)
    for left, table in taken.items():
        if not categories:
            lines.append(f"{left} = np.ascontiguousarray({table}[numbers], dtype=float)")
        elif numbers:
            lines.append(f"{left} = {table}[{both}].astype(dict.fromkeys(numbers, float))")
        else:
            lines.append(f"{left} = {table}[categories]")
    if categories:
        lines.append('warnings.filterwarnings("ignore", "Found unknown categories")')
        writer.warns = True
    if any(spec.needs == "frame" for spec in job.models):
        lines += _own_rows(job)
    return lines_of(*lines)


def _names(dataset: Dataset) -> tuple[list[str], list[str]]:
    """Return the names of columns of numbers, and of categories: in this order models get them."""
    named = [[c.name for c in dataset.columns if (c.kind == "categorical") is hot] for hot in (False, True)]
    return named[0], named[1]


def _named(variable: str, names: list[str], columns: Sequence[str]) -> str:
    """Return what names columns; of very many, those that are left out."""
    others = [name for name in columns if name not in set(names)]
    in_order = [name for name in columns if name in set(names)] == names
    if in_order and len(names) > MANY_NAMES and len(others) < MANY_NAMES:
        return f"{variable} = list(data.columns.drop({literal(others)}))"
    return f"{variable} = {literal(names)}"


def _own_rows(job: Job) -> list[str]:
    """Return what keeps the rows and labels as they are for models that prepare columns themselves."""
    own, tests = job.dataset.own, job.dataset.test is not None
    labels = ["labels = np.array(classes)[codes]"] + ["test_labels = np.array(classes)[test_codes]"] * tests
    if own is not None:
        held, places = _held_as(job.dataset), list(own.columns.values())
        if hasattr(own.whole, "iloc"):
            return [f"own = {held}.iloc[data.index, {literal(places)}].reset_index(drop=True)", *labels]
        return [f"own = np.asarray({held})[data.index][:, {literal(places)}]", *labels]
    names = [column.name for column in job.dataset.columns]
    categories = _names(job.dataset)[1]
    lines = [f"own = data[{literal(names)}].copy()"]
    lines += ["test_own = test[list(own)].copy()"] * tests
    if categories:
        lines.append("own[categories] = own[categories].where(own[categories] != '').astype('category')")
        if tests:
            lines.append("test_own = test_own.where(test_own != '').astype(own.dtypes)")
    return [*lines, *labels]


def _preparations(job: Job, writer: Writer) -> dict[str, str]:
    """Return what prepares columns, for each way that models need: "scaled", "plain"; "" for nothing."""
    numbers, categories = _names(job.dataset)
    made: dict[str, str] = {}
    for needs in dict.fromkeys(spec.needs for spec in job.models if spec.needs != "frame"):
        steps = []
        if job.workspace.impute and numbers:
            simple = writer.name("sklearn.impute", "SimpleImputer")
            steps.append(f"{simple}(strategy='median', add_indicator=True, keep_empty_features=True)")
        if needs == "scaled" and numbers:
            steps.append(f"{writer.name('sklearn.preprocessing', 'StandardScaler')}()")
        made[needs] = writer.chain(steps)
        if categories:
            parts = [("numbers", made[needs] or "'passthrough'", "numbers")] if numbers else []
            hot = f"{writer.name('sklearn.preprocessing', 'OneHotEncoder')}(\n"
            hot += "    handle_unknown='infrequent_if_exist',"
            hot += f" max_categories={MAX_CATEGORIES}, sparse_output=False\n)"
            parts.append(("categories", hot, "categories"))
            both = ",\n".join(f"({name!r}, {made_of}, {of})" for name, made_of, of in parts)
            both = f"[\n{indent(both, '    ')},\n]"
            made[needs] = f"{writer.name('sklearn.compose', 'ColumnTransformer')}({both})"
    return made


def _models(job: Job, writer: Writer, repeats: int) -> str:
    """Return what makes the models by name; with repeats on one test set, a function of the seed."""
    seeded = job.plan.scheme == "test" and repeats > 1
    prepared = _preparations(job, writer)
    lines, single = [], ""
    for spec in job.models:
        params, others = (resolve_params(spec, job.shape, job.options.seed + at) for at in range(2))
        open_ = {name: "seed" for name, value in params.items() if seeded and others[name] != value}
        _refuse_scoreless(job, spec, params)
        steps: list[str] = [spec.needs] if prepared.get(spec.needs) else []
        if family_of(spec).single_precision(params, job.shape.rows):
            single = SINGLE
            steps.append(f"{writer.name('sklearn.preprocessing', 'FunctionTransformer')}(single_precision)")
        steps.append(writer.estimator(_scikit_learns(spec, params, job.dataset), spec.name, open_))
        lines.append(f"    {spec.name!r}: {indent(writer.chain(steps), '    ').lstrip()},")
    before = "\n".join(f"{name} = {made}" for name, made in prepared.items() if made) + "\n" + single
    made = "\n".join(lines)
    if seeded:
        return f"{before}\n\ndef models(seed):\n    return {{\n{indent(made, '    ')}\n    }}\n\n"
    return f"{before}\nmodels = {{\n{made}\n}}\n"


def _scikit_learns(spec: ModelSpec, params: Mapping[str, Any], dataset: Dataset) -> Any:
    """Return the unfitted estimator of a spec, as one of scikit-learn's where it does the same."""
    from sklearn.naive_bayes import GaussianNB

    from compare_cli.models.bayes import NaiveBayes

    estimator = make_estimator(spec, params)
    if not isinstance(estimator, NaiveBayes):
        return estimator
    if _names(dataset)[1]:
        raise UsageError(f"--code: {spec.name} counts categories beside numbers: leave the model out.")
    return GaussianNB(priors=estimator.priors, var_smoothing=estimator.var_smoothing)


def _refuse_scoreless(job: Job, spec: ModelSpec, params: Mapping[str, Any]) -> None:
    """Raise UsageError for a model that scikit-learn's scorer of the metric cannot judge."""
    several = len(job.dataset.classes) > 2 and job.metric.name == "roc_auc"
    asked = several or job.metric.name in {"log_loss", "brier"}
    if asked and not hasattr(make_estimator(spec, params), "predict_proba"):
        raise UsageError(
            f"--code: {spec.name} gives no probabilities, which scikit-learn's {job.metric.label} needs:"
            " leave the model out."
        )


def _scores(job: Job, repeats: int, writer: Writer) -> str:
    """Return what makes the folds and scores the models in them."""
    sign, scoring, before = _scoring(job, writer)
    frames = [spec.name for spec in job.models if spec.needs == "frame"]
    if job.plan.scheme == "test":
        get = (
            scoring if job.costs is not None else f"{writer.name('sklearn.metrics', 'get_scorer')}({scoring})"
        )
        return lines_of(*before, f"scorer = {get}") + _on_test_rows(job.options.seed, repeats, sign, frames)
    folds = _folds(job, repeats, writer)
    score = writer.name("sklearn.model_selection", "cross_val_score")
    given = "rows, codes"
    if frames:
        before.append(f"as_given = {literal(frames)}  # these prepare columns themselves")
        given = "*((own, labels) if name in as_given else (rows, codes))"
    return lines_of(
        *before,
        folds,
        "scores = {",
        f"    name: {sign}{score}(model, {given}, cv=folds, scoring={scoring})",
        "    for name, model in models.items()",
        "}",
    )


def _scoring(job: Job, writer: Writer) -> tuple[str, str, list[str]]:
    """Return the sign before scores, the scorer, and what has to stand before it."""
    name = job.metric.name
    if job.costs is not None:
        make = writer.name("sklearn.metrics", "make_scorer")
        before = [
            f"costs = np.array({literal(job.costs.tolist())})  # of taking a row's class for a column's\n\n",
            "def cost(true, predicted):\n    return costs[true, predicted].mean()\n\n",
        ]
        return "-", f"{make}(cost, greater_is_better=False)", before
    if name == "roc_auc" and len(job.dataset.classes) > 2:
        name = "roc_auc_ovr"
    return "-" * (name in LOSSES and name in METRICS), repr(SCORERS.get(name, name)), []


def _on_test_rows(seed: int, repeats: int, sign: str, frames: list[str]) -> str:
    learnt, judged = "rows, codes", "test_rows, test_codes"
    before = []
    if frames:
        before.append(f"as_given = {literal(frames)}  # these prepare columns themselves")
        learnt = "*((own, labels) if name in as_given else (rows, codes))"
        judged = "*((test_own, test_labels) if name in as_given else (test_rows, test_codes))"
    if repeats == 1:
        fitted = f"[{sign}scorer(model.fit({learnt}), {judged})]"
        return lines_of(*before, f"scores = {{name: {fitted} for name, model in models.items()}}")
    return lines_of(
        *before,
        "scores = {}",
        f"for seed in range({seed}, {seed + repeats}):",
        "    for name, model in models(seed).items():",
        f"        score = {sign}scorer(model.fit({learnt}), {judged})",
        "        scores.setdefault(name, []).append(score)",
    )


def _folds(job: Job, repeats: int, writer: Writer) -> str:
    """Return what leaves the folds: a splitter of scikit-learn, or its pairs of rows."""
    plan, seed = job.plan, job.options.seed
    if plan.scheme == "time":
        splitter = writer.name("sklearn.model_selection", "TimeSeriesSplit")
        return lines_of(
            f"folds = {splitter}(n_splits={plan.folds}).split(order)",
            "folds = [(order[past], order[future]) for past, future in folds]",
        )
    if plan.scheme == "grouped":
        return _grouped(plan, seed, repeats, writer)
    splitter = writer.name("sklearn.model_selection", "RepeatedStratifiedKFold")
    rare = ""
    if any(n.code == "rare_classes_spread" for n in plan.notes):
        writer.warns = True
        rare = 'warnings.filterwarnings("ignore", "The least populated class")\n'
    return f"{rare}folds = {splitter}(n_splits={plan.folds}, n_repeats={repeats}, random_state={seed})"


def _grouped(plan: FoldPlan, seed: int, repeats: int, writer: Writer) -> str:
    writer.warns = True
    stratified, whole = (
        writer.name("sklearn.model_selection", name) for name in ("StratifiedGroupKFold", "GroupKFold")
    )
    how = f"n_splits={plan.folds}, shuffle=True, random_state=random"
    return lines_of(
        'warnings.filterwarnings("ignore", "The least populated class")',
        f"random, folds = np.random.RandomState({seed}), []",
        f"for repeat in range({repeats}):",
        f"    made = list({stratified}({how}).split(rows, codes, groups))",
        "    if not all(len(test) for _, test in made):  # beside a few large groups",
        f"        made = list({whole}({how}).split(rows, codes, groups))",
        "    folds += made",
    )


@dataclass
class Writer:
    """Writes values of Python, and knows what has to be imported for them, ``warnings`` too."""

    warns: bool = False
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)

    def imports(self) -> str:
        """Return the imports as they are usually written: modules first, then the names from each."""
        modules: dict[str, list[str]] = {}
        for given, (module, name) in sorted(self.imported.items()):
            modules.setdefault(module, []).append(name if name == given else f"{name} as {given}")
        plain = ["import warnings\n"] * self.warns + ["import numpy as np", "import pandas as pd"]
        named = [f"from {module} import {', '.join(names)}" for module, names in sorted(modules.items())]
        return lines_of(*plain, *named)

    def name(self, module: str, name: str) -> str:
        """Return what a name of a module is called in the script."""
        given, count = name, 1
        while self.imported.get(given, (module, name)) != (module, name):
            count += 1
            given = f"{name}_{count}"
        self.imported[given] = (module, name)
        return given

    def chain(self, steps: Sequence[str]) -> str:
        """Return a pipeline of steps, one by itself as it is."""
        if len(steps) < 2:
            return "".join(steps)
        inside = ", ".join(steps)
        if len(inside) > WIDTH - 40:
            inside = "\n" + "".join(f"    {step},\n" for step in steps)
        return f"{self.name('sklearn.pipeline', 'make_pipeline')}({inside})"

    def estimator(self, estimator: Any, model: str, open_: Mapping[str, str] | None = None) -> str:
        """Return what makes an unfitted estimator; parameters in ``open_`` are given as expressions."""
        kind = type(estimator)
        if kind.__name__ == "MultilayerPerceptron":
            kind = kind.__mro__[1]  # whose steps it takes, in less time
        defaults = inspect.signature(kind).parameters
        params = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
        written = [
            f"{name}={(open_ or {}).get(name) or self.value(value, model)}"
            for name, value in params.items()
            if name not in defaults or repr(value) != repr(defaults[name].default)
        ]
        return f"{self.found(kind, model)}({', '.join(written)})"

    def found(self, value: Any, model: str) -> str:
        """Return the name of a class or function. Raises UsageError for one that cannot be imported."""
        module, _, name = str(getattr(value, "__module__", "")), "", str(getattr(value, "__name__", ""))
        parts = module.split(".")
        public = parts[: next((at for at, part in enumerate(parts) if part.startswith("_")), len(parts))]
        for place in (".".join(public), module):
            outside = place and parts[0] not in {"__main__", "compare_cli"} and name.isidentifier()
            if outside and getattr(import_module(place), name, None) is value:
                return self.name(place, name)
        own = "this program's own" if parts[0] == "compare_cli" else "not in a module that can be imported"
        raise UsageError(f"--code: {model}: {name or type(value).__name__} is {own}: leave the model out.")

    def value(self, value: Any, model: str) -> str:
        """Return a parameter as Python writes it. Raises UsageError, naming it, for what it cannot write."""
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and not np.isfinite(value):
            return f"float({str(value)!r})"
        if value is None or type(value) in {bool, int, float, str}:
            return repr(value)
        if isinstance(value, list | tuple):
            inner = ", ".join(self.value(item, model) for item in value)
            comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
            return f"[{inner}]" if isinstance(value, list) else f"({inner}{comma})"
        if isinstance(value, dict):
            pairs = (f"{self.value(key, model)}: {self.value(item, model)}" for key, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        if isinstance(value, np.ndarray) and value.size <= MANY_CELLS and value.dtype != object:
            return f"np.array({self.value(value.tolist(), model)}, dtype={value.dtype.str!r})"
        if hasattr(value, "get_params") and not isinstance(value, type):
            return self.estimator(value, model)
        if callable(value):
            return self.found(value, model)
        raise UsageError(f"--code: {model}: a {type(value).__name__} cannot be written: leave the model out.")
