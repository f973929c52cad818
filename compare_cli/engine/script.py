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
from compare_cli.data.script import ReadingScript, lines_of, reading_script
from compare_cli.data.ways import joined, literal
from compare_cli.engine.plan import Job, resolve_params
from compare_cli.engine.splits import FoldPlan, time_cuts
from compare_cli.errors import UsageError
from compare_cli.metrics import COST, METRICS
from compare_cli.models.families import family_of
from compare_cli.models.preparation import column_steps, number_steps
from compare_cli.models.specs import make_estimator
from compare_cli.types import ModelSpec

SCORERS = {"log_loss": "neg_log_loss", "brier": "neg_brier_score", "mcc": "matthews_corrcoef"}
LOSSES = {"log_loss", "brier", COST.name}
MANY_NAMES = 20  # columns, above which they are named by those that are left out
SHOWN_LABELS = 5
MANY_CELLS = 100  # of an array that is written out
PRINT = """for name, values in scores.items():
    print(f"{name}: {np.mean(values):.4f} ± {np.std(values):.4f} over {len(values)} folds")
"""


class _Unwritable(Exception):  # noqa: N818 - it is told as a UsageError that names the model
    """A model cannot be said in plain scikit-learn; why."""


class Seed:
    """Stands for the seed of a repeat among the parameters of a model."""


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
    body = [_features(job, writer, reading), models, _scores(job, repeats, writer), PRINT]
    if reading.source.loader:
        writer.name("sklearn.datasets", reading.source.loader)
    text = "\n".join(
        [_head(job, found, reading.source.held), writer.imports(), reading.text, *filter(None, body)]
    )
    return re.sub("\n{4,}", "\n\n\n", text)


def _head(job: Job, found: Mapping[str, float | None], held: str) -> str:
    """Return the comment at the top; every text in it is a literal of Python."""
    scores = [f"#   {name!r}: {score:.4f}" for name, score in found.items() if score is not None]
    labels = own_labels(job.dataset.classes).tolist()[:SHOWN_LABELS]
    given = {
        "X": f"# X and y are those that were compared, y of labels such as {labels!r}: make them here.",
        "table": "# table is the one that was compared; put what makes it here.",
    }
    return lines_of(
        f"# Compares models on {job.dataset.name!r} with pandas and scikit-learn.",
        f"# compare {__version__} found these means of {job.metric.name!r}:" if scores else "",
        *scores,
        given.get(held, ""),
    )


def _features(job: Job, writer: Writer, reading: ReadingScript) -> str:
    """Return what takes the features from the table: numbers in an array, with categories in a frame."""
    numbers, categories = job.dataset.names_by_kind
    if not categories:
        taken = "np.ascontiguousarray({}[numbers], dtype=float)"
    elif numbers:
        taken = "{}[numbers + categories].astype(dict.fromkeys(numbers, float))"
    else:
        taken = "{}[categories]"
    lines = [_named("numbers", numbers, reading.columns)] if numbers else []
    lines += [_named("categories", categories, reading.columns)] if categories else []
    lines.append(f"rows = {taken.format('data')}")
    lines += [f"test_rows = {taken.format('test')}"] if job.dataset.test is not None else []
    if categories:
        lines.append('warnings.filterwarnings("ignore", "Found unknown categories")')
        writer.warns = True
    if any(spec.needs == "frame" for spec in job.models):
        lines += _own_rows(job, reading.source.held)
    return lines_of(*lines)


def _named(variable: str, names: list[str], columns: Sequence[str]) -> str:
    """Return what names columns; of very many, those that are left out."""
    others = [name for name in columns if name not in set(names)]
    in_order = [name for name in columns if name in set(names)] == names
    if in_order and len(names) > MANY_NAMES and len(others) < MANY_NAMES:
        return f"{variable} = list(data.columns.drop({literal(others)}))"
    return f"{variable} = {literal(names)}"


def _own_rows(job: Job, held: str) -> list[str]:
    """Return what keeps the rows and labels as they are for models that prepare columns themselves."""
    own, tests = job.dataset.own, job.dataset.test is not None
    labels = ["labels = np.array(classes)[codes]"] + ["test_labels = np.array(classes)[test_codes]"] * tests
    if own is not None:
        places = list(own.columns.values())
        if hasattr(own.whole, "iloc"):
            return [f"own = {held}.iloc[data.index, {literal(places)}].reset_index(drop=True)", *labels]
        return [f"own = np.asarray({held})[data.index][:, {literal(places)}]", *labels]
    names = [column.name for column in job.dataset.columns]
    categories = job.dataset.names_by_kind[1]
    lines = [f"own = data[{literal(names)}].copy()"]
    lines += ["test_own = test[list(own)].copy()"] * tests
    if categories:
        lines.append("own[categories] = own[categories].where(own[categories] != '').astype('category')")
        if tests:
            lines.append("test_own = test_own.where(test_own != '').astype(own.dtypes)")
    return [*lines, *labels]


def _models(job: Job, writer: Writer, repeats: int) -> str:
    """Return what makes the models by name; with repeats on one test set, a function of the seed."""
    seeded = job.plan.scheme == "test" and repeats > 1
    numbers, categories = job.dataset.names_by_kind
    writer.named = [(numbers, "numbers"), (categories, "categories"), (Seed, "seed")]
    prepared, lines, made = dict[str, Any](), [], []
    for needs in dict.fromkeys(spec.needs for spec in job.models if spec.needs != "frame"):
        if categories:
            prepared[needs] = column_steps(numbers, categories, needs, impute=job.workspace.impute)
        elif steps := number_steps(needs, impute=job.workspace.impute):
            prepared[needs] = steps
    for name, steps in prepared.items():
        lines.append(f"{name} = {writer.value(steps)}\n")
        writer.named.append((steps, name))
    for spec in job.models:
        try:
            made.append(f"{spec.name!r}: {writer.value(_model(job, spec, prepared.get(spec.needs), seeded))}")
        except _Unwritable as error:
            raise UsageError(f"--code: {spec.name}: {error}: leave the model out.") from None
    models = joined("{", made, "}")
    if seeded:
        return "".join(lines) + f"\n\ndef models(seed):\n{indent(f'return {models}', '    ')}\n\n"
    return "".join(lines) + f"\nmodels = {models}\n"


def _model(job: Job, spec: ModelSpec, prepared: Any, seeded: bool) -> Any:
    """Return a model with what prepares columns for it, unfitted, in scikit-learn's parts.

    ``seeded`` puts `Seed` where another seed would give another value.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    params, others = (dict(resolve_params(spec, job.shape, job.options.seed + at)) for at in range(2))
    single = family_of(spec).single_precision(params, job.shape.rows)
    if seeded:
        params |= {name: Seed for name, value in params.items() if others[name] != value}
    estimator = _estimator(job, make_estimator(spec, params))
    steps = [prepared] * (prepared is not None) + [FunctionTransformer(np.float32)] * single
    return make_pipeline(*steps, estimator) if steps else estimator


def _estimator(job: Job, estimator: Any) -> Any:
    """Return scikit-learn's estimator that does the same.

    Raises _Unwritable where there is none, or scikit-learn's scorer of the metric cannot judge it.
    """
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neural_network import MLPClassifier

    from compare_cli.models.bayes import NaiveBayes
    from compare_cli.models.perceptron import MultilayerPerceptron

    several = len(job.dataset.classes) > 2 and job.metric.name == "roc_auc"
    asked = several or job.metric.name in {"log_loss", "brier"}
    if asked and not hasattr(estimator, "predict_proba"):
        raise _Unwritable(f"gives no probabilities, which scikit-learn's {job.metric.label} needs")
    if isinstance(estimator, MultilayerPerceptron):
        return MLPClassifier(**estimator.get_params(deep=False))
    if not isinstance(estimator, NaiveBayes):
        return estimator
    if job.dataset.names_by_kind[1]:
        raise _Unwritable("counts categories beside numbers")
    return GaussianNB(priors=estimator.priors, var_smoothing=estimator.var_smoothing)


def _scores(job: Job, repeats: int, writer: Writer) -> str:
    """Return what makes the folds and scores the models in them."""
    sign, scoring, before = _scoring(job, writer)
    frames = [spec.name for spec in job.models if spec.needs == "frame"]
    before += [f"as_given = {literal(frames)}  # these prepare columns themselves"] if frames else []
    if job.plan.scheme == "test":
        get = (
            scoring if job.costs is not None else f"{writer.name('sklearn.metrics', 'get_scorer')}({scoring})"
        )
        return lines_of(*before, f"scorer = {get}") + _on_test_rows(job.options.seed, repeats, sign, frames)
    folds = _folds(job, repeats, writer)
    score = writer.name("sklearn.model_selection", "cross_val_score")
    given = _given("rows, codes", "own, labels", frames)
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
    learnt = _given("rows, codes", "own, labels", frames)
    judged = _given("test_rows, test_codes", "test_own, test_labels", frames)
    if repeats == 1:
        fitted = f"[{sign}scorer(model.fit({learnt}), {judged})]"
        return lines_of(f"scores = {{name: {fitted} for name, model in models.items()}}")
    return lines_of(
        "scores = {}",
        f"for seed in range({seed}, {seed + repeats}):",
        "    for name, model in models(seed).items():",
        f"        score = {sign}scorer(model.fit({learnt}), {judged})",
        "        scores.setdefault(name, []).append(score)",
    )


def _given(prepared: str, own: str, frames: list[str]) -> str:
    """Return the rows and labels that a model gets; those of ``frames`` get their own."""
    return f"*(({own}) if name in as_given else ({prepared}))" if frames else prepared


def _folds(job: Job, repeats: int, writer: Writer) -> str:
    """Return what leaves the folds: a splitter of scikit-learn, or its pairs of rows."""
    plan, seed = job.plan, job.options.seed
    if plan.scheme == "time":
        return _in_time(job, writer)
    if plan.scheme == "grouped":
        return _grouped(plan, seed, repeats, writer)
    splitter = writer.name("sklearn.model_selection", "RepeatedStratifiedKFold")
    rare = ""
    if any(n.code == "rare_classes_spread" for n in plan.notes):
        writer.warns = True
        rare = 'warnings.filterwarnings("ignore", "The least populated class")\n'
    return f"{rare}folds = {splitter}(n_splits={plan.folds}, n_repeats={repeats}, random_state={seed})"


def _in_time(job: Job, writer: Writer) -> str:
    """Return what leaves folds in time order, of scikit-learn where rows of one time are never divided."""
    time, folds = job.dataset.time, job.plan.folds
    assert time is not None, "the folds are in its order"
    cuts, size = time_cuts(time, folds), len(time) // (folds + 1)
    if cuts != [len(time) - size * after for after in range(folds, 0, -1)]:
        return lines_of(
            f"cuts = {[*cuts, len(time)]}  # no time is on both sides of one",
            "folds = [(order[:cut], order[cut:end]) for cut, end in zip(cuts, cuts[1:])]",
        )
    splitter = writer.name("sklearn.model_selection", "TimeSeriesSplit")
    return lines_of(
        f"folds = {splitter}(n_splits={folds}).split(order)",
        "folds = [(order[past], order[future]) for past, future in folds]",
    )


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
    """Writes values of Python, and knows what has to be imported for them, ``warnings`` too.

    ``named`` are values that have a name in the script.
    """

    warns: bool = False
    named: list[tuple[Any, str]] = field(default_factory=list)
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

    def value(self, value: Any) -> str:
        """Return a value as Python writes it. Raises _Unwritable, naming it, for what it cannot write."""
        known = next((name for it, name in self.named if it is value), None)
        if known is not None:
            return known
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and not np.isfinite(value):
            return f"float({str(value)!r})"
        if value is None or type(value) in {bool, int, float, str}:
            return repr(value)
        if isinstance(value, tuple) and len(value) == 1:
            return f"({self.value(value[0])},)"
        if isinstance(value, list | tuple):
            opening, closing = "[]" if isinstance(value, list) else "()"
            return joined(opening, map(self.value, value), closing)
        if isinstance(value, dict):
            return joined("{", (f"{self.value(key)}: {self.value(item)}" for key, item in value.items()), "}")
        if isinstance(value, np.ndarray) and value.size <= MANY_CELLS and value.dtype != object:
            return f"np.array({self.value(value.tolist())}, dtype={value.dtype.str!r})"
        if hasattr(value, "get_params") and not isinstance(value, type):
            return self._estimator(value)
        if callable(value):
            return self._found(value)
        raise _Unwritable(f"a {type(value).__name__} cannot be written")

    def _estimator(self, estimator: Any) -> str:
        """Return what makes an unfitted estimator: the parameters that differ from the defaults."""
        from sklearn.pipeline import Pipeline, make_pipeline

        given = estimator.get_params(deep=False)
        if type(estimator) is Pipeline:
            steps = [step for _, step in estimator.steps]
            if given == make_pipeline(*steps).get_params(deep=False):
                return joined(
                    f"{self.name('sklearn.pipeline', 'make_pipeline')}(", map(self.value, steps), ")"
                )
        parameters = inspect.signature(type(estimator)).parameters
        known = {name: p.default for name, p in parameters.items() if name in given}
        written = {
            name: self.value(given[name])
            for name in [*known, *(given.keys() - known.keys())]
            if name not in known or repr(given[name]) != repr(known[name])
        }
        parts = [v if known.get(k) is inspect.Parameter.empty else f"{k}={v}" for k, v in written.items()]
        return joined(f"{self._found(type(estimator))}(", parts, ")")

    def _found(self, value: Any) -> str:
        """Return the name of a class or function. Raises _Unwritable for one that cannot be imported."""
        module, _, name = str(getattr(value, "__module__", "")), "", str(getattr(value, "__name__", ""))
        parts = module.split(".")
        public = parts[: next((at for at, part in enumerate(parts) if part.startswith("_")), len(parts))]
        for place in (".".join(public), module):
            outside = place and parts[0] not in {"__main__", "compare_cli"} and name.isidentifier()
            if outside and getattr(import_module(place), name, None) is value:
                return f"np.{name}" if place == "numpy" else self.name(place, name)
        own = "this program's own" if parts[0] == "compare_cli" else "not in a module that can be imported"
        raise _Unwritable(f"{name or type(value).__name__} is {own}")
