"""Which columns decide: pairs that interact, what categories and gaps mean beside numbers, or a few alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compare_cli.boundary.evidence import (
    STEPPED,
    Evidence,
    Pair,
    Profile,
    beaten_by,
    in_words,
    without_shares,
)
from compare_cli.types import ColumnShare, Reason

RETURNS = 0.25  # exclusive or gave .7 to 1, spirals .3; what adds up .00 to .05,
RETURNS_OF_STEPS = 0.4  # noisy trees .3
MOVED = 0.04  # share of rows that such returns are counted among
HALF = 0.5  # of the gain of the best model
HELD_DECIDES = 0.8  # of what decides: categories alone
GAPS_DECIDE = 0.5
RARE = 0.9  # majority from which few rows come near the boundary: what lies there decides hardly any
LEAST_TOLD = 0.2  # share of the columns that are told alone: less of it is little to go by
UNSTEADY = 0.14  # instability over folds, .2 from half to half of the rows: columns may be others, too


def interaction(evidence: Evidence, line: Profile | None, bent: Sequence[Profile]) -> Iterator[Reason]:
    """Yield which two numbers interact: no sum of one function each can imitate the model.

    Of models that gain less than half of what the best does over logistic regression nothing is told.
    """
    better = beaten_by(evidence, line, bent)
    gains = [(p.accuracy or 0.0) - ((line and line.accuracy) or 0.0) for p in better]
    for p, gain in zip(better, gains, strict=True):
        if gain < HALF * gains[0]:
            continue
        pair = _interacting(evidence, p)
        if pair is None or {pair.left, pair.right} & (evidence.held_columns | _mostly_gaps(p)):
            continue
        if not {pair.left, pair.right} <= {c.name for c in p.deciding()}:  # of little weight: noise
            continue
        sums = [m.model for m in (evidence.refit("", "additive"), line) if m is not None]
        gains = [d.delta for name in sums if (d := evidence.difference(p.model, name)) is not None]
        lost = f"; adding up one function of each column loses {evidence.amount(min(gains))}" if gains else ""
        yield Reason(
            "interaction",
            (p.model,),
            without_shares(pair.left, pair.right),
            f"Two columns interact: {pair.left} and {pair.right} decide together, neither alone{lost}.",
            ("models.boundary.pairs",),
        )
        return


def held(evidence: Evidence, line: Profile | None, models: Sequence[Profile]) -> Iterator[Reason]:
    """Yield that categories, or gaps, decide, or decide what another column means."""
    best = max(models, key=lambda p: p.accuracy or 0.0, default=None)
    if best is None:
        return
    columns, gaps = best.shares(), best.shares("gaps")
    fixed = {name: share for name, share in columns.items() if name in evidence.held_columns}
    pair = None
    for p in beaten_by(evidence, line, [m for m in models if m.family != "logistic"]):
        pair = pair or _interacting(evidence, p)
    if pair is not None:
        yield from _held_pair(evidence, best, pair, gaps)
        if {pair.left, pair.right} & (evidence.held_columns | _mostly_gaps(best)):
            return
    top = best.mostly()
    if max(gaps.values(), default=0.0) >= GAPS_DECIDE:
        name, share = next(iter(gaps.items()))
        yield Reason(
            "gaps",
            (best.model,),
            (ColumnShare(name, share),),
            f"Gaps decide: whether {name} is missing makes {share:.0%} of what {best.model} decides by.",
            ("models.boundary.gaps",),
        )
    elif top and all(c.name in fixed for c in top) and sum(fixed.values()) >= HELD_DECIDES:
        yield Reason(
            "categories",
            (best.model,),
            top,
            f"Categories decide: {in_words(top)} {'makes' if len(top) == 1 else 'make'}"
            f" {sum(c.share or 0.0 for c in top):.0%} of what {best.model} decides by.",
            ("models.boundary.columns",),
        )


def alone(evidence: Evidence, models: Sequence[Profile]) -> Iterator[Reason]:
    """Yield what most decides in the recommended model, where no other reason names it."""
    best = next((p for p in models if p.beats_baseline and p.model == evidence.recommended), None)
    columns = best.foremost() if best is not None and evidence.majority < RARE else ()
    if best is None or sum(c.share or 0.0 for c in columns) < LEAST_TOLD:
        return
    if (best.mean("instability") or 0.0) > UNSTEADY:
        return
    shares = [f"{c.name} ({c.share:.0%})" for c in columns if c.share is not None]
    how = "mostly" if best.mostly() else "first of all"
    sentence = f"{best.model} decides {how} by {in_words(shares)}."
    yield Reason("columns", (best.model,), columns, sentence, ("models.boundary.columns",))


def turns(reason: Reason) -> bool:
    """Return whether a reason says that a category or a gap decides what another column means."""
    return (
        reason.code in {"categories", "gaps"} and len(reason.columns) > 1 and reason.columns[0].share is None
    )


def _held_pair(evidence: Evidence, model: Profile, pair: Pair, gaps: dict[str, float]) -> Iterator[Reason]:
    """Yield that a category or a gap decides what another column means."""
    names, missing = (pair.left, pair.right), _mostly_gaps(model)
    held = [n for n in names if n in evidence.held_columns]
    others = [n for n in names if n not in held]
    keys = ("models.boundary.pairs", "models.boundary.columns")
    gone = [n for n in others if n in missing]
    if gone and len(gone) + len(held) < 2:
        other = next(n for n in names if n != gone[0])
        sentence = f"Gaps decide what a number means: whether {gone[0]} is missing turns what {other} says."
        yield Reason("gaps", (model.model,), without_shares(gone[0], other), sentence, keys)
    elif len(held) == 2:
        sentence = f"Two categories interact: {held[0]} and {held[1]} decide together, neither alone."
        yield Reason("categories", (model.model,), without_shares(*held), sentence, keys)
    elif held:
        sentence = f"A category decides what a number means: {held[0]} turns what {others[0]} says."
        yield Reason("categories", (model.model,), without_shares(held[0], others[0]), sentence, keys)


def least_returns(family: str) -> float:
    """Return the rate of returns from which a pair of columns interacts in a model of the family."""
    return RETURNS_OF_STEPS if family in STEPPED else RETURNS


def _interacting(evidence: Evidence, model: Profile) -> Pair | None:
    """Return the pair of columns that interacts most clearly in a model that beats an additive one."""
    additive = evidence.refit("", "additive")
    least = least_returns(model.family)
    clear = [pair for pair in model.pairs() if pair.returns >= least and pair.moved >= MOVED]
    if not clear or (additive is not None and not evidence.surely_better(model.model, additive.model)):
        return None
    return clear[0]


def _mostly_gaps(model: Profile) -> frozenset[str]:
    """Return the columns whose being missing decides more than their value."""
    values = model.shares()
    return frozenset(n for n, share in model.shares("gaps").items() if share > values.get(n, 0.0))
