"""Which model to take: the leader, or a simpler one that is shown to be no worse by more than the ROPE."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from compare_cli.errors import UsageError
from compare_cli.metrics import Metric
from compare_cli.models.families import FAMILIES
from compare_cli.models.specs import split_specs
from compare_cli.types import PairVerdict
from compare_cli.verdict.evidence import Evidence
from compare_cli.verdict.paired import EQUIVALENT_FROM, PairPosterior, student_quantile
from compare_cli.verdict.sentences import amount, decimals, duration, probability, rope_width

SIMPLEST_FIRST = (
    "logistic",
    "keras_logistic",
    "tree",
    "naive_bayes",
    "knn",
    "svm",
    "mlp",
    "keras_mlp",
    "forest",
    "boosting",
)
"""Families from the simplest on; plugins and models from elsewhere come after them."""
FASTER = 2.0  # how many times as fast a model must predict for speed to choose it
SAME = ("equivalent", "identical")


BUILT_IN = {family.factory: name for name, family in FAMILIES.items()}
OWN_CLASSES = {factory.rpartition(":")[2]: name for factory, name in BUILT_IN.items()} | {
    "MLPClassifier": "mlp",
    "GaussianNB": "naive_bayes",
}
"""Classes of the built-in models, and the families that they are."""
LIKE = {
    "logistic": "LogisticRegressionCV RidgeClassifier RidgeClassifierCV SGDClassifier Perceptron LinearSVC"
    " PassiveAggressiveClassifier LinearDiscriminantAnalysis NearestCentroid",
    "tree": "ExtraTreeClassifier",
    "naive_bayes": "MultinomialNB BernoulliNB ComplementNB CategoricalNB QuadraticDiscriminantAnalysis",
    "knn": "RadiusNeighborsClassifier",
    "svm": "NuSVC GaussianProcessClassifier",
    "forest": "ExtraTreesClassifier BaggingClassifier",
    "boosting": "GradientBoostingClassifier AdaBoostClassifier LGBMClassifier XGBClassifier"
    " CatBoostClassifier XGBRFClassifier",
}
PLACE_OF = {kind: family for family, kinds in LIKE.items() for kind in kinds.split()}
"""Other classes, and the families whose place they take among the simplest."""
HOLDS = {"steps", "estimator"}  # where a Pipeline, a search or a calibration has the model that it ends with
KNOWN = ("sklearn", "lightgbm", "xgboost", "catboost")  # packages whose classes are meant
STRONG = {"boosting": ("boost", "lgb"), "forest": ("forest", "extratrees")}
"""Families that are hard to beat on tables, and what specs of such models have in them."""


@dataclass(frozen=True)
class Preference:
    """Which of several models that are as good is recommended: the simplest, unless something else is set.

    ``leader`` asks for the one with the best score; ``seconds``, how long each model takes to predict, for
    the fastest. ``specs`` says what models are whose names are the user's: ``t`` a ``tree(max_depth=3)``.
    """

    leader: bool = False
    seconds: Mapping[str, float] | None = None
    specs: Mapping[str, str] = field(default_factory=dict)

    def place(self, model: str) -> tuple[int, int]:
        """Return a model's place among the simplest (see `simplicity`)."""
        return simplicity(self.specs.get(model, model))

    def alike(self, one: str, other: str) -> bool:
        """Whether two models are settings of one family."""
        return family_in(self.specs.get(one, one)) == family_in(self.specs.get(other, other))


ODDS = 0.6  # of being better by more than the ROPE, up to which the plainer of two settings is kept
SIMPLEST = Preference()


class Choice(NamedTuple):
    """The recommended model (None: none), why in a few words, and the sentence that proves it ("" each)."""

    model: str | None
    why: str = ""
    proof: str = ""

    @property
    def advice(self) -> str:
        """``; take logistic, which is simpler``: ends a sentence; "" where nothing explains the choice."""
        return f"; take {self.model}, {self.why}" if self.why else ""


def family_in(spec: str) -> str:
    """Return the family of a spec such as ``tree(max_depth=3)``; of a built-in model's class, its family.

    An estimator is what its class says, a Pipeline its last step; classes without a family are their own.
    """
    kind = _ends_with(spec).partition("(")[0]
    module, _, name = kind.rpartition(":")
    kind = name if module.partition(".")[0] in KNOWN else kind
    return BUILT_IN.get(kind) or OWN_CLASSES.get(kind, kind)


def _ends_with(spec: str) -> str:
    """Return what a Pipeline or a search in a spec ends with, as text; another spec as it is."""
    try:
        found: Any = ast.parse(spec, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):  # bare words; or a long text that scikit-learn cuts off
        named = re.findall(r"\b([A-Z]\w+)\(", spec) if spec.startswith("Pipeline(") else []
        return next((kind for kind in reversed(named) if kind in {*OWN_CLASSES, *PLACE_OF}), spec)
    part = found
    while isinstance(part, ast.Call) and ast.unparse(part.func) not in {*OWN_CLASSES, *PLACE_OF}:
        inside = [keyword.value for keyword in part.keywords if keyword.arg in HOLDS]
        if not inside:
            break
        part = inside[0]
        if isinstance(part, ast.List) and part.elts and isinstance(part.elts[-1], ast.Tuple):
            part = part.elts[-1].elts[-1]
    return spec if part is found else ast.unparse(part)


def simplicity(model: str) -> tuple[int, int]:
    """Return a model's place among the simplest: its family's, then how many parameters were set for it.

    Smaller is simpler. ``model`` is a spec such as ``tree(max_depth=3)``, or an estimator's representation:
    it takes the place of the family that its class belongs to.
    """
    family, rest = family_in(model), _ends_with(model).partition("(")[2]
    family = PLACE_OF.get(family, family)
    place = SIMPLEST_FIRST.index(family) if family in SIMPLEST_FIRST else len(SIMPLEST_FIRST)
    inside = rest.removesuffix(")")
    try:
        return place, len(split_specs(inside)) if inside else 0
    except UsageError:  # a name from elsewhere that only looks like a spec
        return place, 0


def choose(
    evidence: Evidence,
    pairs: Mapping[tuple[str, str], PairVerdict],
    beats: Mapping[str, bool | None],
    metric: Metric,
    *,
    critical: float | None,
    prefer: Preference = SIMPLEST,
) -> Choice:
    """Recommend one of the complete models that surely beat the baseline (of all, where none is known to).

    It is the best of them, unless others are as good (see `as_good`), or settings of the same family that are
    hardly behind (see `_near`; seeds would choose between these): then the simplest of all these, or, where
    ``prefer`` has times, the fastest if it predicts at least twice as fast as the simplest. ``critical`` is
    the |t| that shows "no worse" among more than two models (None: t.95). ``pairs`` have left before right
    in order of merit.
    """
    if not evidence.complete:
        return Choice(None)
    worthy = [name for name in evidence.complete if beats[name] is not False] or list(evidence.complete)
    best, *others = worthy
    good = [best]
    if not prefer.leader:
        good += as_good(best, others, evidence, pairs, metric.rope, critical)
        settings = [name for name in others if prefer.alike(best, name)]
        unbeaten = [name for name in settings if name not in {*good, *beaten_models(pairs)}]
        good += [name for name in unbeaten if _near(pairs[best, name], metric, len(settings))]
    simplest = min(good, key=lambda name: (*prefer.place(name), evidence.registry.index(name)))
    if prefer.seconds is not None and (fastest := _fastest(good, simplest, prefer.seconds)) is not None:
        return _for_speed(fastest, simplest, prefer.seconds)
    if simplest != best:
        simpler = "simpler" if prefer.place(simplest) < prefer.place(best) else "named first"
        return _for_simplicity(simplest, pairs[best, simplest], metric, simpler)
    if best != evidence.leader:
        which = "the only one" if len(worthy) == 1 else "the best"
        return Choice(best, f"{which} of them that surely beats the baseline")
    return Choice(best, _lead(good, pairs, prefer))


def _lead(good: Sequence[str], pairs: Mapping[tuple[str, str], PairVerdict], prefer: Preference) -> str:
    """Why the first of ``good``: it leads, or is simpler than one of the very same score; "" alone."""
    best, *others = good
    level = [name for name in others if pairs[best, name].delta == 0]
    if not level:
        return "which leads" if others else ""
    simpler = all(prefer.place(best) < prefer.place(name) for name in level)
    return "which is simpler" if simpler else "which is named first"


def as_good(
    best: str,
    others: Sequence[str],
    evidence: Evidence,
    pairs: Mapping[tuple[str, str], PairVerdict],
    rope: float,
    critical: float | None,
) -> list[str]:
    """Return the ``others`` that are as good as ``best`` for all that matters, in order of merit.

    That is: identical or equivalent to it, of the very same mean score, or no worse by more than the ROPE
    with P(Δ > -rope) >= .95 after the correction for the number of models. Models that any other one is
    shown to beat are not among them.
    """
    beaten = set(beaten_models(pairs))
    return [
        name
        for name in others
        if name not in beaten
        and (
            pairs[best, name].verdict in SAME
            or pairs[best, name].delta == 0
            or no_worse(evidence.posteriors[best, name], rope, evidence.level, critical)
        )
    ]


def _near(pair: PairVerdict, metric: Metric, others: int) -> bool:
    """Whether two settings of one family hardly differ, as far as was seen, of 1 + ``others`` settings.

    Of two, one may be behind by the ROPE, and further while the chance that it truly is so far behind is at
    most `ODDS`; each of several may be behind by half of it: the best of several is luckier.
    """
    if pair.delta is None or others > 1:
        return pair.delta is not None and pair.delta <= metric.rope / 2
    return pair.delta <= metric.rope or (pair.p_better is not None and pair.p_better <= ODDS)


def no_worse(posterior: PairPosterior | None, rope: float, level: float, critical: float | None) -> bool:
    """Whether right is shown to be no worse than left by more than ``rope``: (rope - Δ)/se is large enough.

    Large enough is the quantile 1 - ``level`` of t, and at least ``critical`` among more than two models.
    Never without spread.
    """
    if posterior is None or posterior.no_spread or posterior.se == 0:
        return False
    return (rope - posterior.delta) / posterior.se >= max(
        critical or 0.0, student_quantile(1 - level, posterior.df)
    )


def beaten_models(pairs: Mapping[tuple[str, str], PairVerdict]) -> Iterator[str]:
    """Yield every model that some other one is shown to beat."""
    for pair in pairs.values():
        if pair.verdict == "better":
            yield pair.right
        elif pair.verdict == "worse":
            yield pair.left


def _fastest(good: Sequence[str], chosen: str, seconds: Mapping[str, float]) -> str | None:
    """The model of ``good`` that predicts fastest, if at least twice as fast as ``chosen``."""
    timed = [name for name in good if name in seconds]
    if not timed or chosen not in seconds:
        return None
    fastest = min(timed, key=lambda name: seconds[name])
    return fastest if fastest != chosen and FASTER * seconds[fastest] <= seconds[chosen] else None


def _for_speed(fast: str, slow: str, seconds: Mapping[str, float]) -> Choice:
    """The choice of a model that predicts faster, told with both times."""
    times = f"in {duration(seconds[fast])}, {slow} in {duration(seconds[slow])}"
    proof = f"{fast} predicts a fold {times} (models.predict_seconds); times change from run to run."
    return Choice(fast, f"it predicts a fold {times}", proof)


def not_tried(specs: Iterable[str]) -> tuple[str, ...]:
    """Return the families that are hard to beat and that no model with one of ``specs`` belongs to."""
    texts = [spec.partition("(")[0].casefold() for spec in specs]
    return tuple(
        name for name, parts in STRONG.items() if not any(p in text for p in parts for text in texts)
    )


def _for_simplicity(chosen: str, pair: PairVerdict, metric: Metric, simpler: str) -> Choice:
    """The choice of the right model of ``pair``, as it is ``simpler`` than the left one, or named first."""
    if pair.verdict in SAME or not pair.delta:
        return Choice(chosen, f"which is {simpler}")
    not_worse = 1 - (1.0 if pair.p_better is None else pair.p_better)
    if not_worse < EQUIVALENT_FROM:
        behind = amount(pair.delta, metric, decimals(10 * pair.delta if metric.rate else pair.delta, metric))
        return Choice(chosen, f"{simpler} of one family and only {behind} behind")
    sure = f"no worse by more than {rope_width(metric)} ({probability('P', not_worse)})"
    return Choice(
        chosen,
        f"which is {simpler} and {sure}",
        f"{chosen} is {simpler} than {pair.left}, and {sure} (pairs.p_better).",
    )
