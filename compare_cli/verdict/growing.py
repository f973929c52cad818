"""The verdict of growing samples: who is left, who was dropped and why, in numbers and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from compare_cli.metrics import Metric
from compare_cli.models.families import BASELINE
from compare_cli.types import Dataset, FitResult, PairVerdict, Protocol, Split, Verdict
from compare_cli.verdict import sentences
from compare_cli.verdict.choice import SAME, SIMPLEST, Choice, Preference, choose
from compare_cli.verdict.evidence import Baseline, Evidence, Pair, Predictions, measured_pair
from compare_cli.verdict.judge import Judgement, judge_evidence, none_beats, row_evidence
from compare_cli.verdict.paired import BETTER_FROM, PairPosterior, row_posterior, t_posterior
from compare_cli.verdict.samples import LEVEL, Anchor, Bounds, Outcome, Race, anchors_of, race

Floats = NDArray[np.float64]
TOLD = 3  # pairs of the leader that are told one by one


def judge_samples(
    dataset: Dataset,
    models: Sequence[str],
    protocol: Protocol,
    metric: Metric,
    splits: Sequence[Split],
    results: Sequence[FitResult],
    *,
    prefer: Preference = SIMPLEST,
    seed: int = 0,
) -> Judgement:
    """Judge fits on growing samples, up to the last look of ``protocol``.

    Where the race of the samples is open after the last of them, those that stand were fitted on all rows:
    then they are judged by these fits. ``metric`` has the ROPE; ``models`` include the baseline.
    """
    looked = protocol.looks[-1].repeats if protocol.looks else 0
    planned = len(protocol.sizes) - 1
    seen = [split for split in splits if split.repeat < looked]
    grown = anchors_of(dataset, metric, [s for s in seen if s.repeat < planned], results)
    whole = anchors_of(dataset, metric, [s for s in seen if s.repeat == planned], results)
    real = [name for name in models if name != BASELINE]
    groups = None if dataset.groups is None or not splits else dataset.groups[splits[0].test]
    so_far = race(grown, real, all_rows=len(dataset.y), planned=planned, rope=metric.rope, groups=groups)
    told = SampleVerdict(dataset, metric, real, grown, so_far, planned, groups)
    if (so_far.decided and grown) or not whole:
        return told.judgement(prefer)
    return told.judgement_of_whole(whole[0], prefer, seed)


class SampleVerdict:
    """What a race says, as pairs, order, choice and sentences."""

    def __init__(
        self,
        dataset: Dataset,
        metric: Metric,
        models: Sequence[str],
        anchors: Sequence[Anchor],
        result: Race,
        planned: int,
        groups: NDArray[np.int64] | None,
    ) -> None:
        self.metric, self.models, self.anchors, self.race = metric, models, anchors, result
        self.rows = len(dataset.y)
        self.baseline = Baseline(BASELINE, dataset.classes[int(np.bincount(dataset.y).argmax())])
        self.looks = max(planned, 1) * max(len(models) * (len(models) - 1) // 2, 1)
        self.groups = groups
        self.df = (len(np.unique(groups)) if groups is not None else self._test_rows()) - 1
        there = {name for anchor in anchors for name in anchor.scores} & set(models)
        out = sorted(there - {*result.standing, *result.dropped}, key=models.index)
        failed = [name for name in models if name not in there]
        self.order = (*result.standing, *result.dropped, *out, *failed)

    def _test_rows(self) -> int:
        return next((rows.shape[1] for a in self.anchors for rows in a.scores.values()), 2)

    @property
    def reached(self) -> int:
        """How many rows the largest samples had."""
        return self.anchors[-1].train_rows if self.anchors else 0

    def judgement(self, prefer: Preference) -> Judgement:
        """Return the verdict of the samples alone."""
        against = self._against_baseline()
        pairs = {pair: self._pair(pair) for pair in combinations(self.order, 2)}
        beats = {name: _beats(against.get(name)) for name in self.models}
        evidence = self._evidence({(n, BASELINE): against.get(n) for n in self.order})
        choice = choose(evidence, pairs, beats, self.metric, critical=None, prefer=prefer)
        leader = evidence.leader
        unbeaten = [n for n in self.race.standing if n != leader]
        verdict = self._verdict(evidence, pairs, beats, choice)
        with_baseline = [self._baseline_pair(name, against.get(name)) for name in self.order]
        return Judgement(
            evidence=evidence,
            pairs=(*pairs.values(), *with_baseline),
            p_best={},
            p_best_shrunk={},
            beats_baseline=beats,
            top_set=() if leader is None else (leader, *unbeaten),
            verdict=verdict,
        )

    def judgement_of_whole(self, whole: Anchor, prefer: Preference, seed: int) -> Judgement:
        """Return the verdict of the fits on all rows, of those that the samples left."""
        sign = 1.0 if self.metric.higher_is_better else -1.0
        there = [name for name in (*self.models, BASELINE) if name in whole.scores]
        evidence = row_evidence(
            {name: sign * self._independent(whole.scores[name]) for name in there},
            self.metric,
            whole.train_rows,
            self.baseline,
            df=self.df,
            level=LEVEL / max(len(self.anchors), 1),
        )
        judged = judge_evidence(evidence, self.metric, prefer=prefer, seed=seed)
        order = (*judged.evidence.order, *(n for n in self.order if n not in judged.evidence.order))
        known = {(p.left, p.right): replace(p, train_rows=whole.train_rows) for p in judged.pairs}
        pairs = [known.get(pair) or self._pair(pair) for pair in combinations(order, 2)]
        pairs += [p for p in known.values() if p.right == BASELINE]
        before = f"Not decided on samples of up to {self.reached:,} of {self.rows:,} rows, so each model"
        before += f" that was left learnt from {whole.train_rows:,}. "
        before = before if self.anchors else ""
        against = self._against_baseline()
        beats = {n: judged.beats_baseline.get(n, _beats(against.get(n))) for n in self.models}
        return replace(
            judged,
            evidence=replace(judged.evidence, order=order, registry=tuple(self.models)),
            pairs=tuple(pairs),
            beats_baseline=beats,
            verdict=replace(
                judged.verdict,
                sentence=before + self._said(judged.verdict.sentence),
                because=(*map(self._said, judged.verdict.because), *self._dropped_reasons()),
            ),
        )

    def _said(self, text: str) -> str:
        """Return a sentence about test rows as one about test groups, where these are what varies."""
        return text if self.groups is None else text.replace("test row", "test group")

    def _independent(self, rows: Floats) -> Floats:
        """Return scores (blocks, n) of rows as they are, or (blocks, groups) of groups of the same mean."""
        if self.groups is None:
            return rows
        found, its = np.unique(self.groups, return_inverse=True)
        share = len(found) / rows.shape[1]
        return np.stack([share * np.bincount(its, weights=block) for block in rows])

    def _evidence(self, posteriors: Mapping[Pair, PairPosterior | None]) -> Evidence:
        """Return what sentences and the choice ask for; scores are those of each model's last anchor."""
        last: dict[str, Floats] = {}
        for anchor in self.anchors:
            last |= anchor.scores
        missing = np.full((1, self._test_rows()), np.nan)
        standing = self.race.standing
        return Evidence(
            source="rows",
            registry=tuple(self.models),
            order=self.order,
            complete=standing,
            baseline=self.baseline if BASELINE in last else None,
            columns={name: last.get(name, missing) for name in (*self.order, BASELINE)},
            posteriors={**dict.fromkeys(combinations(standing, 2)), **posteriors},
            rows=self._test_rows(),
            level=LEVEL,
        )

    def _against_baseline(self) -> dict[str, PairPosterior | None]:
        """Return each model's lead over the baseline at the last size that it was fitted on."""
        found: dict[str, PairPosterior | None] = {}
        for anchor in self.anchors:
            if BASELINE in anchor.scores:
                for name, rows in anchor.scores.items():
                    d = (rows - anchor.scores[BASELINE]).mean(axis=0)
                    found[name] = row_posterior(d, self.metric.rope, self.df, anchor.train_rows)
        return found

    def _bounds(self, pair: Pair) -> Bounds | None:
        """Return what is known of a pair, seen from its left model."""
        found = self.race.found.get(pair)
        if found is not None:
            return found
        found = self.race.found.get((pair[1], pair[0]))
        return None if found is None else found.mirrored()

    def _pair(self, pair: Pair) -> PairVerdict:
        known = self._bounds(pair)
        outcome = self._outcome(pair)
        if known is None:
            return PairVerdict(*pair, verdict=outcome)
        sure = t_posterior(known.delta, known.se, self.df, self.metric.rope, s2=float(known.se > 0))
        p = 2 * (1 - NormalDist().cdf(abs(known.delta) / known.se)) if known.se else float(known.delta == 0)
        p = p if self.groups is None else 2 * min(sure.p_positive, 1 - sure.p_positive)
        measured = measured_pair(pair, sure, outcome, self.metric)
        return replace(measured, p_adjusted=min(1.0, p * self.looks), train_rows=known.train_rows)

    def _outcome(self, pair: Pair) -> Outcome:
        """Return what is said of a pair; whoever beats a model that beats another one beats that too."""
        said = self.race.pair(*pair)
        if said != "undecided":
            return said
        for left, right, outcome in ((*pair, "better"), (pair[1], pair[0], "worse")):
            beater = self.race.dropped.get(right)
            while beater is not None and beater != left:
                beater = self.race.dropped.get(beater)
            if beater == left:
                return "better" if outcome == "better" else "worse"
        return "undecided"

    def _baseline_pair(self, name: str, known: PairPosterior | None) -> PairVerdict:
        if known is None:
            return PairVerdict(name, BASELINE)
        outcome: Outcome = "better" if known.p_positive >= BETTER_FROM else "undecided"
        outcome = "worse" if known.p_positive <= 1 - BETTER_FROM else outcome
        return measured_pair((name, BASELINE), known, outcome, self.metric)

    def _verdict(
        self,
        evidence: Evidence,
        pairs: Mapping[Pair, PairVerdict],
        beats: Mapping[str, bool | None],
        choice: Choice,
    ) -> Verdict:
        leader = evidence.leader
        if leader is None:
            return Verdict("none", "no_scores", sentence="No model has scores on every sample.")
        because = (
            *self._dropped_reasons(),
            *([choice.proof] if choice.proof else []),
            *sentences.reason_against_baseline(evidence, beats, self.metric),
        )
        if none_beats(beats):
            best = self._baseline_pair(leader, evidence.posteriors.get((leader, BASELINE)))
            sentence = sentences.none_beats(best, self.baseline, self.metric)
            return Verdict("none", "baseline", None, evidence.complete, sentence, because)
        others = {n: pairs[leader, n] for n in self.race.standing if n != leader}
        top_set = (leader, *others)
        if others and not all(pair.verdict in SAME for pair in others.values()):
            mean = float(evidence.columns[leader].mean())
            lead = sentences.leads(leader, mean, others, self.metric, looked=False)
            sentence = f"On {self.reached:,} of {self.rows:,} rows {lead}: {sentences.NO_LOOK}."
            return Verdict("undecided", "no_look", choice.model, top_set, sentence, because)
        if others:
            same = sentences.equivalent(leader, others, self.metric, choice.advice, "test row")
            left = f": {sentences.listed(top_set)} are left" if self.race.dropped else ""
            sentence = f"Decided on {self.reached:,} of {self.rows:,} rows{left}. {same}"
            return Verdict("equivalent", "", choice.model, top_set, sentence, because)
        return Verdict("better", "", choice.model, top_set, self._decided(leader), because)

    def _decided(self, leader: str) -> str:
        """Return who won, on how many rows, what the closest other one would have to do, how scores grow."""
        closest = self._closest(leader)
        where = f"Decided on {self.reached:,} of {self.rows:,} rows"
        if closest is None:
            return f"{where}: {leader} is left."
        name, known = closest
        whom = sentences.listed(list(self.race.dropped))
        gap, would, most = (
            self._amount(v) for v in (known.delta, known.delta / known.doublings, known.closing)
        )
        nearest = "it" if len(self.race.dropped) == 1 else name
        on = "" if known.train_rows == self.reached else f" on {known.train_rows:,}"
        did = f"closed at most {most}" if known.closing > 0 else "closed nothing"
        return (
            f"{where}: {leader} beats {whom}; {nearest} was {gap} behind{on}, would have to close {would} per"
            f" doubling, and at its last two {did}.{self._growth(leader)}"
        )

    def _closest(self, leader: str) -> tuple[str, Bounds] | None:
        """Return the model that kept up with the leader for longest, and what is known of the two."""
        known = {name: self._bounds((leader, name)) for name in self.race.dropped}
        there = {name: b for name, b in known.items() if b is not None and b.delta > 0}
        if not there:
            return None
        return min(there.items(), key=lambda item: (-item[1].train_rows, item[1].low))

    def _growth(self, leader: str) -> str:
        """Return how much better the last doubling of rows made the leader."""
        scores = [a.scores[leader].mean() for a in self.anchors if leader in a.scores]
        if len(scores) < 2:
            return ""
        gain = float(scores[-1] - scores[-2])
        way = "better" if gain >= 0 else "worse"
        still = ": with all rows it should be better still" if gain >= self.metric.rope else ""
        return f" The last doubling made {leader} {self._amount(abs(gain))} {way}{still}."

    def _amount(self, value: float) -> str:
        return sentences.amount(value, self.metric, 1 if self.metric.rate else 4)

    def _dropped_reasons(self) -> Iterator[str]:
        for name, winner in list(self.race.dropped.items())[:TOLD]:
            known = self._bounds((winner, name))
            if known is not None:
                gap = f"{self._amount(known.delta)} ± {self._amount(known.se)}"
                yield (
                    f"{name} was {gap} behind {winner} on {known.train_rows:,} rows; if it closes no faster,"
                    f" {winner} stays {self._amount(known.low)} ahead on all of them (pairs.delta, pairs.se)."
                )


def _beats(known: PairPosterior | None) -> bool | None:
    """Whether a model surely beats the baseline on its last samples; None where it is not known."""
    return None if known is None else bool(known.p_positive >= BETTER_FROM)


def with_predictions(judged: Judgement, differ: Predictions) -> Judgement:
    """Return a judgement whose pairs tell how often predictions differ, where that is known."""
    pairs = []
    for pair in judged.pairs:
        found = differ(pair.left, pair.right)
        if found is not None:
            right = found.left_right_when_differ
            pair = replace(pair, disagreement=found.disagreement, left_right_when_differ=right)
        pairs.append(pair)
    return replace(judged, pairs=tuple(pairs))
