"""What a verdict says in words never contradicts its numbers, in thousands drawn at random."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from compare_cli.metrics import METRICS
from compare_cli.types import PairVerdict
from compare_cli.verdict.choice import SAME, Preference
from compare_cli.verdict.evidence import Baseline, PairPredictions
from compare_cli.verdict.judge import Judgement, fold_evidence, judge_evidence, row_evidence

NAMES = ("logistic", "tree", "knn", "svm", "mlp", "forest", "boosting", "my_model", "tree(max_depth=3)")
FEW, MANY = 250, 5000


def drawn(seed: int) -> Judgement:
    """A verdict on scores of two to seven models that differ by nothing, a little or a lot."""
    rng = np.random.default_rng(seed)
    names = [str(name) for name in rng.permutation(NAMES)[: rng.integers(1, 8)]]
    repeats, folds = int(rng.choice([1, 1, 2, 4, 10])), int(rng.choice([3, 5, 10]))
    rows = int(rng.choice([40, 200, 2000]))
    spread, noise = rng.choice([0, 0.003, 0.02, 0.1]), rng.choice([0.002, 0.02, 0.06])
    shared = noise * rng.standard_normal((repeats, folds))
    scores = {}
    for name in names:
        own = 0.7 + spread * rng.standard_normal() + noise * rng.standard_normal((repeats, folds))
        scores[name] = np.clip(np.round((own + shared) * rows / folds) / (rows / folds), 0, 1)
    for copied in names[1:]:
        if rng.random() < 0.1:
            scores[copied] = scores[names[0]].copy()
        elif rng.random() < 0.05:
            scores[copied] = np.clip(scores[names[0]] - 0.02, 0, 1)  # the same difference on every fold
        if rng.random() < 0.08:
            scores[copied] = scores[copied].copy()
            scores[copied][rng.integers(repeats), rng.integers(folds)] = np.nan
    if rng.random() < 0.5:
        scores["dummy"] = np.full((repeats, folds), rng.choice([0.5, 0.68, 0.75]))
        scores["dummy"] += rng.choice([0, noise / 3]) * rng.standard_normal((repeats, folds))
    metric = replace(METRICS["accuracy"], higher_is_better=bool(rng.random() < 0.8))
    if not metric.higher_is_better:
        scores = {name: 1 - values for name, values in scores.items()}
    level, same = float(rng.choice([0.05, 0.05, 0.01, 0.0])), bool(rng.random() < 0.8)

    def predictions(left: str, right: str) -> PairPredictions:
        equal = same and np.array_equal(scores[left], scores[right], equal_nan=True)
        return PairPredictions(0.0 if equal else 0.1, None if equal else 0.5)

    baseline = Baseline("dummy", "yes")
    how = {"predictions": predictions, "seed": seed}
    if rng.random() < 0.15:
        per_row = {name: (rng.random((2, rows)) < np.nanmean(s)).astype(float) for name, s in scores.items()}
        evidence = row_evidence(per_row, metric, rows, baseline, level=level)
        return judge_evidence(evidence, metric, **how)
    few = bool(rng.random() < 0.3)
    evidence = fold_evidence(scores, metric, rows, baseline, cautious=few, level=level)
    prefer = Preference(leader=bool(rng.random() < 0.1))
    return judge_evidence(evidence, metric, prefer=prefer, repeats_cap=int(rng.choice([1, 10])), **how)


def gap(judged: Judgement, name: str) -> PairVerdict:
    pair = judged.pair(str(judged.leader), name)
    assert pair is not None
    return pair


def contradictions(judged: Judgement) -> list[str]:
    """Return what a verdict says against its own numbers, one line for each."""
    verdict, leader, text = judged.verdict, judged.leader, judged.verdict.sentence
    real = set(judged.evidence.registry)
    complete = list(judged.evidence.complete)
    among = [p for p in judged.pairs if {p.left, p.right} <= set(complete)]
    beaten = {p.right for p in among if p.verdict == "better"} | {
        p.left for p in among if p.verdict == "worse"
    }
    told = " ".join((text, *verdict.because))
    found = []

    def never(happens: object, what: str) -> None:
        if happens:
            found.append(f"{what}: {told}")

    never(verdict.recommended in beaten, "a beaten model is recommended")
    never(verdict.recommended is not None and verdict.recommended not in complete, "an incomplete one is")
    never((verdict.status == "none") != (verdict.recommended is None), "status none and recommended")
    unbeaten = [n for n in complete[1:] if gap(judged, n).verdict != "better"]
    never(
        (verdict.status == "better") != bool(complete[1:] and not unbeaten and verdict.status != "none"),
        "better, but not all are beaten",
    )
    never("beats" in text.split(".")[0] and verdict.status == "undecided", "undecided and 'beats'")
    if verdict.status == "better":
        never(judged.beats_baseline[str(leader)] is False, "a winner that does not beat the baseline")
    if verdict.status == "equivalent":
        never(any(gap(judged, n).verdict not in SAME for n in verdict.top_set[1:]), "not all equivalent")
    chances = [p for p in judged.p_best_shrunk.values() if p is not None]
    flat = [p for p in judged.p_best.values() if p is not None]
    if "not proven" in text:
        never("P > 0.99" in text, "'not proven' beside P > .99 in the sentence")
        never(any(p > 0.99 for p in chances), "'not proven' beside P(best) > .99")
        idle = "does not surely beat the baseline" in text  # then that is why nothing is proven, and said
        never(any(p >= 0.995 for p in flat) and not (chances or idle), "'not proven' beside a flat P(best)")
        never(all(gap(judged, n).verdict == "better" for n in complete[1:]), "'not proven' but proven")
        near = [p for p in map(partial(gap, judged), verdict.top_set[1:]) if p.verdict == "undecided"]
        sure = any((p.p_leader or 1) <= 0.05 for p in near) if len(complete) > 2 else max(flat) >= 0.975
        never(
            0 < judged.evidence.level < 0.05 and sure and "asked for before the last look" not in text,
            "an early look, and not said why",
        )
    for name in verdict.top_set:
        known = judged.p_best_shrunk[name]
        same = [n for n in complete if judged.pair(n, name) and judged.pair(n, name).verdict == "identical"]
        together = sum(judged.p_best_shrunk[n] or 0 for n in {name, *same})
        never(known is not None and name != leader and together < 0.01, f"● of {name} beside P(best) < .01")
        never(name in beaten, "a beaten model in the top set")
    top = re.search(r"Top set: (.*?)(?: \(best|\. |\.$|; take)", text)
    never(top and tuple(re.split(r", (?![^()]*\))", top[1])) != verdict.top_set, "another top set in words")
    never(chances and abs(sum(chances) - 1) > 1e-9, "chances that do not add up to 1")
    two = re.search(r"(\S+) leads .*; (\S+) is", text)
    if "nor would" in text and two and len(complete) == 2:
        never(gap(judged, complete[1]).rows_needed is not None, "'nor would' beside a figure")
    for reason in verdict.because:
        advice = re.match(r"To decide between (\S+) and (\S+): ", reason)
        if advice:
            pair = judged.pair(advice[1], advice[2])
            assert pair is not None
            never(pair.verdict != "undecided", "advice on a decided pair")
            never("nor would" in reason and pair.rows_needed is not None, "'nor would' beside a figure")
            figure = re.search(r"about ([\d,]+) (?:test )?rows? would", reason)
            never(figure and int(figure[1].replace(",", "")) != pair.rows_needed, "another figure")
        beats = re.match(r"(\S+) beats (.+?): (?:P|adjusted)", reason)
        for name in re.split(r", (?![^()]*\))| and ", beats[2]) if beats else ():
            never(name in real and gap(judged, name).verdict != "better", f"'beats {name}'")
        never("does not matter" in reason and not any(p.verdict == "equivalent" for p in among), "equivalent")
    for pair in among:
        if pair.verdict == "better":
            never((pair.p_positive or 0) < 0.97, "better at a low P")
            never((pair.delta or 0) <= 0 or (pair.delta_low or 0) < 0, "better at an interval around 0")
        if pair.p_better_shrunk is not None:
            never(pair.p_better_shrunk > (pair.p_better or 0), "shrunk, and surer than the test")
    return found


def check(seeds: range) -> None:
    wrong = {seed: found for seed in seeds if (found := contradictions(drawn(seed)))}
    assert not wrong, f"{len(wrong)} of {len(seeds)}, such as {list(wrong.items())[:3]}"


def test_words_never_contradict_numbers() -> None:
    check(range(FEW))


@pytest.mark.slow
def test_words_never_contradict_numbers_in_thousands_of_verdicts() -> None:
    check(range(FEW, MANY))


def test_every_kind_of_verdict_is_drawn() -> None:
    drawn_ones = [drawn(seed).verdict for seed in range(150)]
    assert {v.status for v in drawn_ones} == {"better", "equivalent", "undecided", "single", "none"}
    text = " ".join(part for v in drawn_ones for part in (v.sentence, *v.because))
    for said in ("not proven", "nor would", "rows would", "beats", "Identical", "Left out", "more repeats"):
        assert said in text, said
