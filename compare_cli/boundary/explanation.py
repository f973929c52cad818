"""Why the verdict says so: claims about boundaries, each told only where its evidence decides it.

"Beats" means the verdict's own "better" or "worse", beyond its error. The thresholds stand in one place, each
between what was measured on either side of it, on the tables of ``tests/constructions`` that are not frozen
and on the built-in ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf

from compare_cli.boundary.evidence import (
    STEPPED,
    SURE,
    Difference,
    Evidence,
    Profile,
    beaten_by,
    in_words,
    without_shares,
)
from compare_cli.boundary.interplay import alone, held, interaction, turns
from compare_cli.types import Reason, Verdict

MOST_GAIN = 3.0  # in ropes: the largest gain that may be open when a plane is called enough,
OPEN_GAIN = 5.0  # and where a smooth model came out flat of itself
FLAT = 0.87  # linearity of such a model: planes gave .89 to 1, moons .79
STRAIGHT = 0.85  # linearity in units of logistic regression's own: planes gave .90 and more, moons .79
WALLS = 0.95  # of axis_aligned: trees give .97 to 1, a plane tilted by 5 degrees 0
SLANTED = 1.5  # columns at one place of the plane: along one column 1.0 to 1.2
STEPS = 5.0  # distinct cuts of a tree: a threshold needs 1, a staircase of one slanted plane 6 and more
ENCLOSED, OPEN = 0.93, 0.85  # rays that leave a class: balls and rings 1.00 and .2 to .7
TURNS = 0.75  # directions per active column: balls .81 to .99, bands .5 and less
CUTS_PER_COLUMN = 2.6  # distinct cuts of a tree: rules gave 1 to 2.5 for each column that decides,
MANY_CUTS = 3.6  # chess boards 3.2; these count where smooth models are worse nearly surely
LEAVES_OF_RULES = 1.5  # leaves by cuts + 1: rules gave .7 to 1.4, a slanted plane beside rules 2.2,
LEAVES_PER_CUT = 8.0  # chess boards and grown trees up to 6.5, many small cuts beside a few large ones 10
NEARLY_SURE = 0.95  # P(better) of it than each smooth model; "as well as any" claims less than better
RATHER = 0.75  # P(better) of such a tree than each smooth model, or P(no worse than by the ROPE) where
ALONG_AXES = 0.25  # axis_aligned of a smooth model itself says so: along cuts .26 to 1.00, bends .00 to .14
LEAST_NOISE = 0.15  # of the errors of always giving the most frequent class: what the best model leaves
LEVEL = 0.01  # gain elsewhere up to which two models count as level there
MANY = 5.0  # effective columns of the plane: steps in so many at once would take 2^5 boxes


def with_reasons(verdict: Verdict, evidence: Evidence) -> Verdict:
    """Return the verdict with what the boundaries say about it, where the numbers support it."""
    reasons = explain(evidence)
    told = tuple(reason.sentence for reason in reasons)
    return replace(verdict, because=(*verdict.because, *told), reasons=reasons)


def with_instability(verdict: Verdict, halves: Mapping[str, float | None]) -> Verdict:
    """Return a verdict that tells of models that fit noise how much changes from half to half of the rows."""
    reasons = list(verdict.reasons)
    for at, reason in enumerate(reasons):
        if reason.code == "noise" and (change := halves.get(reason.models[0])):
            more = f" From one half of the rows to the other {change:.0%} of its answers change."
            reasons[at] = replace(reason, sentence=reason.sentence + more)
    others = verdict.because[: len(verdict.because) - len(reasons)]
    return replace(verdict, because=(*others, *(r.sentence for r in reasons)), reasons=tuple(reasons))


def explain(evidence: Evidence) -> tuple[Reason, ...]:
    """Return reasons in the order in which they are told; none where nothing is supported."""
    line = next((p for p in evidence.profiles if p.family == "logistic"), None)
    models = [p for p in evidence.profiles if p.beats_baseline is not False and p.family != "dummy"]
    bent = [p for p in models if p.family != "logistic"]
    found = [
        *_bends(evidence, line, bent),
        *(planes := list(_hyperplane(evidence, line, bent)) or list(_better_plane(evidence, line, bent))),
        *(decided := list(held(evidence, line, models))),
        *_thresholds(evidence, line, bent, {c.name for r in decided if turns(r) for c in r.columns}),
        *interaction(evidence, line, bent),
        *_surrounds(evidence, line, bent),
        *_many(evidence, line),
        *(_staircase(evidence, line, bent) if planes else ()),
        *_noise(evidence, models),
        *_regions(evidence, models),
    ]
    codes = {reason.code for reason in found}
    less = {"bends"} if "hyperplane" in codes else set()  # a tree bends where a network finds a plane
    less |= {"surrounds"} if "thresholds" in codes else set()  # a box encloses its inside: the cuts say more
    less |= {"interaction"} if "surrounds" in codes - less else set()  # what surrounds is no sum either
    kept = [reason for reason in found if reason.code not in less]
    named = any(reason.columns for reason in kept if reason.code != "region")
    return tuple(kept if named else [*alone(evidence, models), *kept])


def relative_linearity(model: Profile, line: Profile | None) -> float | None:
    """Return linearity in units of what the surrogate reaches for logistic regression itself.

    That is 1 but for the surrogate's finite sample (.91 with 105 columns). None where logistic regression
    predicts one class: there is nothing to measure by.
    """
    own, reached = model.mean("linearity"), line.mean("linearity") if line is not None else 1.0
    if own is None or reached is None or reached < 0.5:
        return None
    return min(1.0, own / reached)


def _bends(evidence: Evidence, line: Profile | None, bent: Sequence[Profile]) -> Iterator[Reason]:
    """Yield what bent models gain over logistic regression, and through which columns."""
    gains = []
    for p in beaten_by(evidence, line, bent):
        assert line is not None
        gain, linear = evidence.difference(p.model, line.model), relative_linearity(p, line)
        if gain is not None and (linear is None or linear < STRAIGHT):
            gains.append((p, gain.delta))
    if not gains or line is None:
        return
    first, *others = (f"{p.model} {evidence.amount(gain)}" for p, gain in gains)
    told = in_words([first.replace(" ", " gains ", 1), *others])
    best = gains[0][0]
    columns = best.foremost()
    through = (
        f", {'mostly' if best.mostly() else 'first of all'} through {in_words(columns)}" if columns else ""
    )
    yield Reason(
        "bends",
        (*(p.model for p, _ in gains), line.model),
        columns,
        f"Not a straight line: {told} over {line.model}{through}.",
        ("pairs.delta", "models.boundary.linearity", "models.boundary.columns"),
    )


def _hyperplane(evidence: Evidence, line: Profile | None, bent: Sequence[Profile]) -> Iterator[Reason]:
    """Yield that no gain from bending was found, and how large one may still be.

    What a model gains that is as good as linear itself is no gain from bending: bends are measured by the
    best of such planes. Where there is one, the data do not ask for bends, and more may be left open.
    """
    if line is None or line.beats_baseline is False or not bent or not line.shares():
        return
    others = [p for p in (*bent, *evidence.refits) if p.role != "additive"]
    flat = [p for p in others if (relative_linearity(p, line) or 0.0) >= FLAT]
    plane = max([line, *flat], key=lambda p: p.accuracy or 0.0)
    gains = [evidence.difference(p.model, plane.model) for p in others if p not in flat]
    known = [gain.high for gain in gains if gain is not None]
    if any(_better(evidence, p, line) >= SURE for p in others if p not in flat or not p.role):
        return
    if not (known or flat) or max(known, default=0.0) > (OPEN_GAIN if flat else MOST_GAIN) * evidence.rope:
        return
    all_gains = [evidence.difference(p.model, line.model) for p in bent]
    columns, most = (
        line.foremost(),
        max([0.0, *known, *(gain.high for gain in all_gains if gain is not None)]),
    )
    how = "decides mostly by" if line.mostly() else "weighs many columns, first of all"
    runs = f" {line.model} {how} {in_words(columns)}." if columns else ""
    yield Reason(
        "hyperplane",
        (line.model,),
        columns,
        f"A plane is enough: no gain from bending was found (at most +{evidence.amount(most)}).{runs}",
        ("pairs.delta_high", "models.boundary.linearity", "models.boundary.columns"),
        {"at_most": most},
    )


def _better_plane(evidence: Evidence, line: Profile | None, bent: Sequence[Profile]) -> Iterator[Reason]:
    """Yield that a model which may bend is nearly a plane, and a better one than logistic regression's.

    What its best linear surrogate answers otherwise is the most that bends can bring it. Where it gains more
    than that over logistic regression, the surrogate, a plane, is better too.
    """
    planes = []
    for p in beaten_by(evidence, line, bent):
        assert line is not None
        gain, linear = evidence.difference(p.model, line.model), p.least("linearity")
        if gain is None or linear is None or p.family in STEPPED:
            continue
        bends = (1 - linear) * (1 - 1 / evidence.classes)  # of a kappa: disagreement is no more than this
        if bends <= min(gain.low, MOST_GAIN * evidence.rope):
            planes.append((p, gain.delta, bends))
    if not planes or line is None:
        return
    p, delta, bends = planes[0]
    gains = [evidence.difference(q.model, p.model) for q in bent if q is not p]
    most = max([bends, *(gain.high for gain in gains if gain is not None)])
    if most > OPEN_GAIN * evidence.rope:
        return
    columns = p.foremost()
    how = "mostly by" if p.mostly() else "first of all by"
    runs = f" {p.model} decides {how} {in_words(columns)}." if columns else ""
    yield Reason(
        "hyperplane",
        (p.model, line.model),
        columns,
        f"A plane is enough, but not that of {line.model}: {p.model} finds one that gains"
        f" {evidence.amount(delta)}; no gain from bending was found (at most +{evidence.amount(most)})."
        + runs,
        ("pairs.delta", "models.boundary.linearity", "models.boundary.columns"),
        {"at_most": most},
    )


def _thresholds(
    evidence: Evidence, line: Profile | None, bent: Sequence[Profile], turned: set[str]
) -> Iterator[Reason]:
    """Yield that a few cuts parallel to the axes do as well as anything.

    Nothing of a number alone that is ``turned`` by a category or gap, as those columns are named already.
    """
    smooth = [p for p in (*bent, *evidence.refits) if p.family not in STEPPED]
    for tree in (p for p in bent if p.family == "tree"):
        pruned = evidence.refit(tree.model, "pruned")
        shown = pruned if pruned is not None and (pruned.accuracy or 0) >= (tree.accuracy or 0) else tree
        cuts, axis, columns = shown.mean("cuts"), shown.mean("axis_aligned"), shown.deciding()
        numbers = [c for c in columns if c.name not in evidence.held_columns]
        if cuts is None or (shown.mean("leaves") or 0.0) > LEAVES_PER_CUT * (cuts + 1):
            continue
        if not numbers or not turned <= {c.name for c in columns} or (axis is not None and axis < WALLS):
            continue
        if line is None or not evidence.surely_better(shown.model, line.model):
            continue
        sure = min((_better(evidence, shown, p) for p in smooth), default=0.0)
        boxes = (shown.mean("leaves") or 0.0) <= LEAVES_OF_RULES * (cuts + 1)  # else steps, too, are possible
        as_good = max(
            sure if boxes or sure >= NEARLY_SURE else 0.0, _level_along_axes(evidence, shown, smooth)
        )
        most = MANY_CUTS if len(columns) > 1 else inf  # a staircase, or a bend, takes two columns
        if as_good < RATHER or cuts > (most if sure >= NEARLY_SURE else CUTS_PER_COLUMN) * len(columns):
            continue
        each = [c.name for c in columns if c.name in evidence.held_columns]
        each += [f"whether {name} is missing" for name in shown.deciding_gaps()]
        yield Reason(
            "thresholds",
            (tree.model,),
            tuple(numbers),
            f"Thresholds decide: about {max(1, round(cuts))} {'cut' if round(cuts) <= 1 else 'cuts'} of"
            f" {in_words(numbers)}{f', by {in_words(each)},' if each else ''}"
            f" {'does' if round(cuts) <= 1 else 'do'} as well as any model here.",
            ("models.boundary.cuts", "models.boundary.axis_aligned", "models.boundary.columns"),
        )
        return


def _level_along_axes(evidence: Evidence, tree: Profile, smooth: Sequence[Profile]) -> float:
    """Return P(a tree is no worse than each smooth model by the ROPE) where one of those runs along the axes.

    A model that may turn its boundary anywhere, and still lays it along the axes, has found thresholds.
    """
    if max((p.mean("axis_aligned") or 0.0 for p in smooth), default=0.0) < ALONG_AXES:
        return 0.0
    found = [evidence.difference(tree.model, p.model) for p in smooth]
    return min((d.above(-evidence.rope) if d is not None else 0.0 for d in found), default=0.0)


def _better(evidence: Evidence, one: Profile, other: Profile) -> float:
    """Return P(one is better than the other), of models and refits; 0 where they were not compared."""
    found = evidence.difference(one.model, other.model)
    return found.p_positive if found is not None else 0.0


def _surrounds(evidence: Evidence, line: Profile | None, bent: Sequence[Profile]) -> Iterator[Reason]:
    """Yield that one class encloses another: rays from its rows leave it in every direction."""
    better = beaten_by(evidence, line, bent)
    smooth = [p for p in better if p.family not in STEPPED]  # the islands of a tree's noise are enclosed too
    for p in smooth or better:
        most, least = p.mean("enclosed"), p.mean("enclosed_least")
        turns, columns = p.mean("directions"), p.deciding()
        moving = [c for c in columns if c.name not in evidence.held_columns]
        if most is None or least is None or turns is None or len(moving) < 2:
            continue
        if most < ENCLOSED or least > OPEN or turns < TURNS * len(moving):
            continue
        yield Reason(
            "surrounds",
            (p.model,),
            columns,
            f"One class surrounds the other in {in_words(columns)}: {most:.0%} of straight ways from the"
            " inner one leave it.",
            ("models.boundary.enclosed", "models.boundary.directions", "models.boundary.columns"),
        )
        return


def _many(evidence: Evidence, line: Profile | None) -> Iterator[Reason]:
    """Yield that the plane adds up more columns than a tree can step through."""
    weighed = line.mean("effective_columns") if line is not None else None
    if line is None or weighed is None or weighed < MANY or line.beats_baseline is False:
        return
    trees = [p for p in evidence.profiles if p.family == "tree" and evidence.beats(line.model, p.model)]
    pruned = [evidence.refit(p.model, "pruned") for p in trees]
    if not trees or any(evidence.beats(p.model, line.model) for p in evidence.profiles):
        return
    if any(p is not None and not evidence.surely_better(line.model, p.model) for p in pruned):
        return
    yield Reason(
        "many_columns",
        (line.model, trees[0].model),
        line.deciding(),
        f"Many columns decide together: {line.model} weighs about {weighed:.0f} at once, {trees[0].model}"
        " asks for one at a time.",
        ("models.boundary.effective_columns",),
    )


def _staircase(evidence: Evidence, line: Profile | None, bent: Sequence[Profile]) -> Iterator[Reason]:
    """Yield which tree approximates one slanted plane by steps; without its noise, where it fits noise.

    Only where a plane is enough.
    """
    if line is None or evidence.classes > 2:
        return
    slant = line.mean("features_per_facet")
    for tree in (p for p in bent if p.family == "tree"):
        pruned = evidence.refit(tree.model, "pruned")
        noisy = pruned is not None and _better(evidence, pruned, tree) >= NEARLY_SURE
        shown = pruned if noisy and pruned is not None else tree
        axis, cuts = shown.mean("axis_aligned"), shown.mean("cuts")
        if axis is None or cuts is None or slant is None or axis < WALLS or cuts < STEPS or slant < SLANTED:
            continue
        yield Reason(
            "staircase",
            (tree.model, line.model),
            line.mostly(),
            f"{tree.model} builds a staircase for one slanted plane: about {cuts:.0f} cuts where {line.model}"
            " needs one.",
            ("models.boundary.cuts", "models.boundary.axis_aligned"),
        )


def leaves_noise(best: float, majority: float) -> bool:
    """Return whether the best accuracy leaves errors that may be noise, for a share of the largest class."""
    return 1 - best >= LEAST_NOISE * (1 - majority)


def _noise(evidence: Evidence, models: Sequence[Profile]) -> Iterator[Reason]:
    """Yield which models are beaten by a pruned or regularised refit of themselves.

    Where some model is nearly always right there is no noise to fit, and such a model is the wrong kind.
    """
    best = max((p.accuracy or 0.0 for p in (*evidence.profiles, *evidence.refits)), default=1.0)
    if not leaves_noise(best, evidence.majority):
        return
    for p in models:
        refit = evidence.refit(p.model, "pruned")
        gain = evidence.difference(refit.model, p.model) if refit is not None else None
        if refit is None or gain is None or gain.p_positive < NEARLY_SURE or gain.delta < evidence.rope:
            continue
        yield Reason(
            "noise",
            (p.model,),
            (),
            _noise_sentence(evidence, p, refit, gain),
            ("verdict.reasons.figures", "models.boundary.instability_halves"),
            {"gain": gain.delta, "gain_low": gain.low, "gain_high": gain.high},
        )


def _noise_sentence(evidence: Evidence, p: Profile, refit: Profile, gain: Difference) -> str:
    leaves = refit.mean("leaves")
    how = f"pruned to {leaves:.0f} leaves" if leaves is not None else "regularised"
    also = " (it is the recommended one all the same)" if p.model == evidence.recommended else ""
    if p.train_accuracy is None or p.accuracy is None or refit.accuracy is None:
        return f"{p.model} fits noise{also}: {how} it gains {evidence.amount(gain.delta)}."
    return (
        f"{p.model} fits noise{also}: {p.train_accuracy:.0%} right on training rows, {p.accuracy:.0%} on new"
        f" ones; {how} {refit.accuracy:.0%}."
    )


def _regions(evidence: Evidence, models: Sequence[Profile]) -> Iterator[Reason]:
    """Yield where the best model is beaten, or else where alone it beats the second; the widest region."""
    order = sorted(models, key=lambda p: -(p.accuracy or 0.0))[:2]
    if len(order) < 2:
        return
    first, second = (p.model for p in order)
    beaten = [r for r in evidence.regions if r.other == first]
    alone = [r for r in evidence.regions if (r.better, r.other) == (first, second)]
    for region in sorted(beaten or alone, key=lambda r: -r.gain * r.rows)[:1]:
        level = abs(region.elsewhere) < LEVEL
        elsewhere = "level" if level else f"{100 * region.elsewhere:+.0f} pt"
        yield Reason(
            "region",
            (region.better, region.other),
            without_shares(*region.columns),
            f"{region.better} is better than {region.other} where {' and '.join(region.conditions)}"
            f" ({100 * region.gain:+.0f} pt, {region.rows} rows); elsewhere {elsewhere}.",
            ("verdict.reasons.figures",),
            {"gain": region.gain, "gain_se": region.gain_se, "elsewhere": region.elsewhere},
        )
