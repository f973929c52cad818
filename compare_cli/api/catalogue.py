"""What there is to choose from and to explain: models with their parameters, statistics, words of tables.

Nothing is fitted.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compare_cli.api.words import ALIASES, COMPLEXITY, HEADERS, REASONS
from compare_cli.boundary.definitions import STATISTICS, Statistic
from compare_cli.data import builtin_names
from compare_cli.errors import UsageError, nearest
from compare_cli.metrics import METRICS
from compare_cli.models.families import Family, family_of
from compare_cli.models.specs import all_families, load_class, parse_models, parse_spec
from compare_cli.types import ModelSpec


@dataclass(frozen=True)
class ModelFacts:
    """One model: what was named, its family, and the default of each of its parameters.

    ``defaults`` are those of the estimator's class (`inspect.Parameter.empty` where it has none).
    """

    spec: ModelSpec
    family: Family
    defaults: Mapping[str, Any]


def datasets() -> dict[str, str]:
    """Return the names of the built-in data sets with their titles."""
    return dict(builtin_names())


def metrics() -> dict[str, str]:
    """Return the names of the scores that models may be ranked by with their titles."""
    return {metric.name: metric.title for metric in METRICS.values() if metric.ranks}


def models() -> dict[str, Family]:
    """Return every kind of model by its name, those of installed plugins included. Imports none of them."""
    return all_families()


def model(text: str) -> ModelFacts:
    """Return what is known of a model as `--models` takes it. Raises UsageError for one that is not there."""
    spec = parse_spec(text)
    parameters = inspect.signature(load_class(spec)).parameters
    return ModelFacts(spec, family_of(spec), {name: p.default for name, p in parameters.items()})


def reference(text: str, models: str | None, option: str = "--baseline") -> str:
    """Return the full name of a model that ``option`` singles out, such as what others are held against.

    ``models`` are those that are compared (None: the default ones). Raises UsageError when it is not one
    of them.
    """
    compared = [spec.name for spec in parse_models(models)]
    try:
        name = parse_spec(text).name
    except UsageError:
        name = text
    if name not in compared:
        raise UsageError(
            f"{option} {text}: is not among the models that are compared.{nearest(name, compared)}"
            f" They are {', '.join(compared)}."
        )
    return name


def statistics() -> dict[str, Statistic]:
    """Return every boundary statistic by its name."""
    return dict(STATISTICS)


def explain(name: str) -> Statistic:
    """Return what a statistic, a header of a table, a metric, a reason or a measure of complexity is.

    Upper and lower case are the same. Raises UsageError for what is none of them.
    """
    named = {entry.name: entry for entry in HEADERS.values()}
    known = {**named, **_metrics(), **HEADERS, **REASONS, **COMPLEXITY, **STATISTICS}
    by_name = {title.lower(): entry for title, entry in known.items()}
    by_name = {entry.title.lower(): entry for entry in known.values()} | by_name
    wanted = ALIASES.get(name.lower(), name.lower())
    wanted = wanted if wanted in by_name else wanted.removesuffix(" %").strip()
    if wanted not in by_name:
        raise UsageError(f"Nothing is called {name!r}.{nearest(name, [*known, *ALIASES])}")
    return by_name[wanted]


def _metrics() -> dict[str, Statistic]:
    """Return metrics as entries to be explained."""
    return {
        m.name: Statistic(
            m.name,
            m.title,
            m.help,
            "{:g} to {:g}".format(*m.bounds),
            "higher is better" if m.higher_is_better else "lower is better",
            "scikit-learn's user guide, model evaluation",
        )
        for m in METRICS.values()
    }
