"""What is asked for, checked and completed: from a data set and options to tasks, ready to run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from compare_cli.engine.limits import Limits, check_kinds, check_memory_limit, parse_size
from compare_cli.engine.nursery import can_fork, in_a_fork
from compare_cli.engine.samples import FoldSizes, Samples, plan_rows
from compare_cli.engine.splits import FoldPlan
from compare_cli.engine.versions import task_key
from compare_cli.engine.workspace import AT_PROBES, Probing, Workspace
from compare_cli.errors import UsageError, nearest, text_of
from compare_cli.metrics import COST, METRICS, Metric, find_metric, practical_rope
from compare_cli.models.estimators import weights_of_codes
from compare_cli.models.families import BASELINE, FAMILIES, Shape, family_of
from compare_cli.models.specs import check_values, load_class, make_estimator, parameter_names, parse_models
from compare_cli.notes import note
from compare_cli.types import Dataset, FitTask, ModelSpec, Note, Split

Look = Literal["boundary", "probes", ""]
LOOKS: Sequence[Look] = ("boundary",) * 3
"""How boundaries are looked at in the folds of a repeat; not at all in the others."""
SLOW_LOOKS: Sequence[Look] = ("boundary", "probes")
"""The same for models that predict slowly: a second fold tells how far its answers depend on the sample."""
SHOWN_CLASSES = 8  # in a message
CLUSTERS = re.compile(r"dask|ray|dask://[^\s:]+:\d+")


@dataclass(frozen=True)
class Options:
    """How models are compared. ``None`` means: chosen by the data (folds, rope) or the machine (jobs).

    ``models`` are specs as text, estimators, a list of these, or a mapping of names to them. A Pipeline, or
    what holds one, gets the columns and labels of the table as they are given; other estimators get columns
    prepared as for the model of their kind, and codes for classes.

    ``repeats`` "auto" repeats until more would not make differences clearer, at most 10 times.
    ``boundary`` asks for boundary statistics, with ``boundary_probes`` boundary points a fit (None: 60,
    or 12 for models that predict slowly and for wide tables).

    ``store`` names the file that keeps every fit (None: nothing is kept); ``fresh`` takes nothing from it.
    ``time_limit`` (seconds) and ``memory_limit`` (bytes, or ``"2G"``) are of one fit, ``budget`` (seconds) is
    of the whole run. ``cluster`` names where fits run: ``dask``, ``dask://HOST:PORT``, ``ray``; None is here.

    ``prefer`` says which of several models that are as good is recommended: the simplest, the one that
    predicts fastest (if at least twice as fast), or always the leader.

    ``samples`` lets samples grow until the case is decided, instead of folds (None: above 50,000 rows, where
    neither folds, repeats nor a test set are given). ``whole`` names a model that is then fitted on all rows
    but the test rows too, and scored there; "" is the recommended one. ``sizes`` asks for learning curves
    instead of a verdict: all models at these numbers of training rows (empty: chosen).

    ``balanced`` gives models that can weigh classes equal weights of all of them. ``cost`` says what errors
    cost, ``"yes:no=5"`` (others 1), and judges by the mean cost of a row instead of the metric.

    ``headroom`` tunes each model on inner folds, and asks whether their order would stand.
    ``check_leaks`` compares again without each thing that reading the table found to make scores too good.
    ``config`` is the file that options came from, which the result names.
    """

    models: Any = None
    metric: str = "accuracy"
    samples: bool | None = None
    sizes: tuple[int, ...] | None = None
    whole: str | None = None
    folds: int | None = None
    repeats: int | Literal["auto"] = "auto"
    rope: float | None = None
    seed: int = 0
    jobs: int | None = None
    boundary: bool = True
    boundary_probes: int | None = None
    store: Path | None = None
    fresh: bool = False
    time_limit: float | None = None
    memory_limit: int | str | None = None
    budget: float | None = None
    cluster: str | None = None
    prefer: Literal["simple", "speed", "leader"] = "simple"
    balanced: bool = False
    cost: str | None = None
    check_leaks: bool = False
    headroom: bool = False
    config: Path | None = None

    def __post_init__(self) -> None:
        check_kinds(vars(self))
        if self.store is not None:
            object.__setattr__(self, "store", Path(self.store))
        limits = {"folds": (self.folds, 2), "jobs": (self.jobs, 1), "seed": (self.seed, 0)}
        limits["boundary-probes"] = (self.boundary_probes, 1)
        if self.repeats != "auto":
            limits["repeats"] = (self.repeats, 1)
        for name, (value, least) in limits.items():
            given: Any = value
            if given is not None and not isinstance(given, Integral):
                raise UsageError(f"--{name} {given!r}: give a whole number, at least {least}.")
            if value is not None and value < least:
                hint = " Leave it out for all cores." if (name, value) == ("jobs", -1) else ""
                raise UsageError(f"--{name} {value}: must be at least {least}.{hint}")
        if self.rope is not None and not self.rope >= 0:
            raise UsageError(f"--rope {self.rope}: must be 0 or more.")
        for name, seconds in (("time-limit", self.time_limit), ("budget", self.budget)):
            if seconds is not None and not seconds > 0:
                raise UsageError(f"--{name} {seconds:g}: must be more than 0 seconds.")
        if self.cost is not None and self.metric not in {"accuracy", COST.name}:
            raise UsageError(
                f"--cost judges by the mean cost of a row, --metric {self.metric} does not; give one."
            )
        if self.samples and (self.folds is not None or self.repeats != "auto"):
            raise UsageError("--samples takes the place of folds: leave out --folds and --repeats.")
        check_memory_limit(self.limits)
        if self.cluster is not None and not CLUSTERS.fullmatch(self.cluster):
            raise UsageError(f"--cluster {self.cluster}: give dask, dask://HOST:PORT or ray.")

    @property
    def limits(self) -> Limits:
        """What one fit may take."""
        memory = self.memory_limit
        return Limits(self.time_limit, parse_size(memory) if isinstance(memory, str) else memory)


@dataclass(frozen=True)
class Job:
    """One comparison, ready to run: nothing in it will still change, and everything was checked.

    ``costs`` (c, c) are there where errors have a cost: it is computed from each fit's predictions.
    ``samples`` are there where samples grow: instead of folds, or for learning curves.
    """

    dataset: Dataset
    options: Options
    metric: Metric
    models: tuple[ModelSpec, ...]
    plan: FoldPlan
    workspace: Workspace
    shape: Shape
    rope: float
    notes: tuple[Note, ...] = ()
    costs: NDArray[np.float64] | None = None
    samples: Samples | FoldSizes | None = None
    splits: list[Split] = field(default_factory=list)

    @property
    def asked(self) -> dict[str, Any]:
        """What decides a fit's numbers besides data, model and rows: its own score, boundary settings."""
        scored = self.workspace.metric
        own_score = scored not in METRICS or self.workspace.by_row
        probing = self.workspace.probing
        return {
            "metric": scored if own_score else None,
            "boundary": probing.asked if probing else None,
            "own_rows": self.workspace.own_digest,
        }


def prepare_job(dataset: Dataset, options: Options) -> Job:
    """Check everything that can be wrong before anything runs, and choose what depends on the data."""
    costs = None if options.cost is None else cost_matrix(options.cost, dataset.classes)
    metric = _find_metric(options.metric) if costs is None else COST
    specs, notes = _loadable(parse_models(options.models))
    specs = tuple(weights_of_codes(spec, dataset.classes) for spec in specs)
    if options.balanced:
        specs, unable = _balanced(specs)
        notes += [note("not_balanced", models=", ".join(unable))] if unable else []
    plan, samples = plan_rows(dataset, options, metric, specs)
    probing = None
    if options.boundary:
        folds = plan.folds if samples is None else None
        probing = Probing(dataset.columns, options.seed, options.boundary_probes, folds)
    scored = metric.name if costs is None else "accuracy"
    own_rows = any(spec.needs == "frame" for spec in specs)
    by_row = plan.scheme == "samples"
    workspace = Workspace(dataset, scored, probing, by_row=by_row, own_rows=own_rows)
    shape = training_shape(dataset, workspace.table.width, plan.folds)
    if samples is not None:
        shape = replace(shape, rows=samples.most)
    check_models(specs, shape, options.seed)
    rope = options.rope
    if rope is None:
        counts = np.bincount(dataset.y, minlength=len(dataset.classes)).tolist()
        rope = practical_rope(metric, counts) if costs is None else cost_rope(costs, counts)
    notes = [*notes, *plan.notes]
    return Job(dataset, options, metric, specs, plan, workspace, shape, rope, tuple(notes), costs, samples)


def _balanced(specs: Sequence[ModelSpec]) -> tuple[tuple[ModelSpec, ...], list[str]]:
    """Give every class the same weight, where a model weighs classes and the user said nothing of it.

    Returns the specs, and the names of models that cannot.
    """
    able = {s.name for s in specs if s.name != BASELINE and "class_weight" in parameter_names(load_class(s))}
    weights = {"class_weight": "balanced"}
    made = tuple(replace(s, params=weights | dict(s.params)) if s.name in able else s for s in specs)
    return made, [s.name for s in specs if s.name not in able | {BASELINE}]


def cost_matrix(text: str, classes: Sequence[str]) -> NDArray[np.float64]:
    """Return what it costs to take a row of the class in the row for the one in the column, (c, c).

    ``text`` is ``TRUE:PREDICTED=COST,…``; errors that it does not name cost 1, right answers nothing. Raises
    UsageError for what cannot be read, and for classes that are not there.
    """
    costs = 1.0 - np.eye(len(classes))
    for part in text.split(","):
        pair, _, value = part.rpartition("=")
        true, _, predicted = (name.strip() for name in pair.partition(":"))
        try:
            cost = float(value)
        except ValueError:
            cost = -1.0
        if not 0 <= cost < float("inf") or not predicted:
            raise UsageError(
                f"--cost {text}: {part!r} is not of the form TRUE:PREDICTED=COST, such as yes:no=5."
            )
        for name in (true, predicted):
            if name not in classes:
                more = ", …" if len(classes) > SHOWN_CLASSES else ""
                known = f"{nearest(name, classes)} Classes: {', '.join(classes[:SHOWN_CLASSES])}{more}."
                raise UsageError(f"--cost {text}: no class is called {name!r}.{known}")
        if true == predicted:
            raise UsageError(f"--cost {text}: {part!r}: right answers cost nothing.")
        costs[classes.index(true), classes.index(predicted)] = cost
    return costs


def cost_rope(costs: NDArray[np.float64], class_counts: Sequence[int]) -> float:
    """Return 1 % of the mean cost of the cheapest constant answer: what does not matter in practice."""
    shares = np.asarray(class_counts, dtype=float) / sum(class_counts)
    return float(0.01 * (shares @ costs).min())


def _find_metric(name: Any) -> Metric:
    if not isinstance(name, str):
        raise UsageError(f"--metric: give a name, such as 'accuracy', not {text_of(name, repr)}.")
    if name in METRICS:
        return find_metric(name)
    from sklearn.metrics import get_scorer_names

    return find_metric(name, get_scorer_names())


def _loadable(specs: Sequence[ModelSpec]) -> tuple[tuple[ModelSpec, ...], list[Note]]:
    """Leave out plugins that cannot be imported, with a note; what is ours or named by its path must load.

    Built-in models load where they are fitted: planning them does without the second that scikit-learn takes.
    """
    kept, notes = [], []
    for spec in specs:
        try:
            if not family_of(spec).builtin:
                load_class(spec)
        except UsageError as error:
            if spec.family == spec.factory or spec.family in FAMILIES:
                raise
            notes.append(note("model_not_loaded", message=str(error)))
        else:
            kept.append(spec)
    if not [spec for spec in kept if spec.name != BASELINE]:
        raise UsageError(
            "; ".join(n.message for n in notes) or "--models: name a model besides the baseline."
        )
    return tuple(kept), notes


def resolve_params(spec: ModelSpec, shape: Shape, seed: int) -> dict[str, Any]:
    """Return all parameters an estimator is made with: settings for the shape, then seed, then the user's.

    ``random_state`` and ``n_jobs`` (always 1: fits run side by side instead) are set where they exist;
    scikit-learn's own models use one core unless told otherwise, and LogisticRegression warns when told.
    """
    if spec.estimator is not None:
        settings: dict[str, Any] = spec.estimator.own_settings(spec, seed)
        return settings
    family = family_of(spec)
    cls = None if family.builtin else load_class(spec)
    names = parameter_names(cls) if cls is not None else ["random_state"] if family.seeded else []
    params = family.settings_beside(spec.params, shape)
    if "random_state" in names:
        params["random_state"] = seed
    if cls is not None and "n_jobs" in names and not cls.__module__.startswith("sklearn."):
        params["n_jobs"] = 1
    return {**params, **spec.params}


def training_shape(dataset: Dataset, width: int, folds: int) -> Shape:
    """Return the shape that settings are chosen by: the same for every fold, so that folds agree."""
    rows = len(dataset.y)
    learnt = rows if dataset.test is not None else rows * (folds - 1) // folds
    return Shape(learnt, width, len(dataset.classes))


def make_tasks(
    dataset: Dataset,
    models: Sequence[ModelSpec],
    splits: Sequence[Split],
    shape: Shape,
    seed: int,
    asked: Mapping[str, Any] | None = None,
) -> list[FitTask]:
    """Return one task per split and model, in that order.

    With a test set the seed varies over repeats, as nothing else does. ``asked`` is what else decides the
    numbers (`Job.asked`); the place of a fold counts where it seeds boundary statistics.
    """
    tasks = []
    for split in splits:
        fit_seed = seed + split.repeat if dataset.test is not None else seed
        rows = hashlib.sha256(split.train.tobytes() + b"|" + split.test.tobytes()).hexdigest()
        for spec in models:
            look = _look(split, spec, asked)
            params = resolve_params(spec, shape, fit_seed)
            single = family_of(spec).single_precision(params, shape.rows)
            more = {**_asked_of(spec, split, asked, look), **({"precision": "single"} if single else {})}
            tasks.append(
                FitTask(
                    key=task_key(dataset.fingerprint, spec, params, rows, more),
                    fingerprint=dataset.fingerprint,
                    model=spec,
                    params=params,
                    repeat=split.repeat,
                    fold=split.fold,
                    train=split.train,
                    test=split.test,
                    cost=family_of(spec).cost(shape),
                    look=look,
                    single=single,
                )
            )
    return tasks


def _asked_of(spec: ModelSpec, split: Split, asked: Mapping[str, Any] | None, look: Look) -> dict[str, Any]:
    """Return what a fit's numbers depend on besides its model and rows; boundaries only where it has some."""
    more = dict(asked or {})
    if asked is not None:
        more |= {"place": [split.repeat, split.fold]} if look == "boundary" else {"boundary": None}
        if look == "probes":
            more["probes"] = more.get("probes") or asked["boundary"][:AT_PROBES]
    if spec.needs != "frame":
        more.pop("own_rows", None)
    return more


def _look(split: Split, spec: ModelSpec, asked: Mapping[str, Any] | None) -> Look:
    """Return how the boundary of a fit is looked at; in the first repeats and folds (`Probing.asked`)."""
    if asked is None:
        return "boundary"
    if asked.get("probes") is not None:
        return "probes"
    if asked.get("boundary") is None:
        return ""
    looks = SLOW_LOOKS if family_of(spec).slow_prediction else LOOKS
    return looks[split.fold] if split.repeat < asked["boundary"][-1] and split.fold < len(looks) else ""


def check_models(models: Sequence[ModelSpec], shape: Shape, seed: int) -> None:
    """Build every estimator once, so that a wrong parameter is told before anything runs (UsageError).

    A built-in model without parameters of the user's has nothing that could be wrong.
    The constructor of a model from outside may do anything, end the program too: it runs in a process of
    its own where one can be forked.
    """
    for spec in models:
        if family_of(spec).builtin and not spec.params and spec.estimator is None:
            continue
        fault = partial(_fault, spec, resolve_params(spec, shape, seed))
        try:
            found = fault() if family_of(spec).builtin or not can_fork() else in_a_fork(fault)
        except EOFError as error:
            raise UsageError(f"--models {spec.name}: cannot be made ({error}).") from error
        if found:
            raise UsageError(found)


def _fault(spec: ModelSpec, params: Mapping[str, Any]) -> str:
    """Return what is wrong with the parameters of a model; "" where nothing is."""
    try:
        check_values(spec, make_estimator(spec, params))
    except UsageError as error:
        return str(error)
    return ""
