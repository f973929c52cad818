"""The whole default procedure on simulated scores, and what it is measured by.

Every measure takes the arrays of one setting (see `arrays`) and gives numbers for its row of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from compare_cli.metrics import metric_named, pseudo_values
from compare_cli.report import units
from compare_cli.types import Look
from compare_cli.verdict import many
from compare_cli.verdict.intervals import score_interval, shown_interval, wilson_interval
from compare_cli.verdict.judge import (
    Judgement,
    fold_evidence,
    judge,
    judge_evidence,
    row_evidence,
)
from compare_cli.verdict.paired import (
    few_or_grouped,
    floor_variance,
    fold_variance,
    repeat_variance,
    repeated_variance,
    student_quantile,
)
from compare_cli.verdict.repeats import EARLY, LAST, LOOKS, PRECISE_SHARE, look_after, repeats_enough
from tests.simulations.settings import Setting, make_splits
from tests.simulations.single_tests import SingleTest

Floats = NDArray[np.float64]
Arrays = dict[str, Floats]
ROPE = 0.01
DRAWS = 2_000  # for more than two models: a tenth of the program's, for the time's sake


def draw_less() -> None:
    """Let the verdict make fewer draws for more than two models, in this process."""
    many.multivariate_t_draws = partial(many.multivariate_t_draws, draws=DRAWS)  # type: ignore[assignment]


def scheme_of(setting: Setting) -> str:
    """Return the protocol's name of how a setting is split."""
    return "grouped" if setting.groups else "time" if setting.time else "stratified"


def mean_share(setting: Setting) -> float | None:
    """Return the mean n_test/n_train where folds are not equal, else None."""
    if scheme_of(setting) == "stratified":
        return None
    y = np.repeat(np.arange(len(setting.counts)), setting.counts)
    splits = make_splits(setting, y, np.random.default_rng(0))[0]
    return float(np.mean([len(test) / len(train) for train, test in splits]))


def by_default(
    scores: Floats,
    setting: Setting,
    share: float | None,
    rope: float = ROPE,
    *,
    cautious: bool | None = None,
    peeking: bool = False,
    names: Sequence[str] = (),
) -> tuple[Judgement, Look]:
    """Return the verdict of scores (models, repeats, folds) at the look with which `compare` ends.

    ``cautious`` says whether df is k - 1, by default as `compare` decides it. ``peeking`` looks after every
    repeat at the level of the last look instead: what the plan of looks is there to prevent. ``names`` are
    the models', m0, m1 … unless given.
    """
    most = scores.shape[1]
    metric = replace(metric_named(setting.metric), rope=rope)
    if cautious is None:
        cautious = few_or_grouped(scheme_of(setting), setting.counts)  # type: ignore[arg-type]

    def named(repeats: int) -> Arrays:
        return {
            name: one[:repeats] for name, one in zip(names or unrelated(len(scores)), scores, strict=True)
        }

    def precise(repeats: int) -> bool:
        higher = metric.higher_is_better
        return repeats_enough(named(repeats), higher_is_better=higher, test_share=share, cap=most)

    for repeats in range(1, most + 1):
        look = look_after(repeats, most, partial(precise, repeats))
        if peeking:
            look = Look(repeats, LAST, last=repeats == most)
        if look is None:
            continue
        how = {"cautious": cautious, "level": look.alpha}
        evidence = fold_evidence(named(repeats), metric, setting.rows, None, share, **how)
        judgement = judge_evidence(evidence, metric, repeats_cap=most)
        if look.last or judgement.decided:
            break
    return judgement, look


def unrelated(models: int) -> list[str]:
    """Return names of models that are no settings of one family."""
    return [f"m{i}" for i in range(models)]


def beats_any(judgement: Judgement) -> bool:
    """Whether the leader is said to beat another model."""
    return any(p.verdict == "better" and p.left == judgement.leader for p in judgement.pairs)


def beats_naively(scores: Floats) -> bool:
    """Whether the t-test that takes all folds for independent names a winner of two models."""
    d = (scores[0] - scores[1])[None]
    se = float(np.sqrt(fold_variance(d)[0] / d.size))
    return bool(abs(d.mean()) > student_quantile(0.975, d.size - 1) * se)


def sets_of(scores: Floats, models: int) -> Iterator[Floats]:
    """Yield disjoint sets of ``models`` from scores (runs, models, repeats, folds) without missing values."""
    for run in scores:
        for start in range(0, len(run) - models + 1, models):
            part = run[start : start + models]
            if np.isfinite(part).all():
                yield part


def two_models(d: Floats, setting: Setting, share: float | None) -> tuple[Floats, Floats]:
    """Return who wins (runs,), 1, 0 or -1, and after how many repeats, from fold differences (runs, r, k).

    The same looks and decisions as `by_default`, for all runs of two models at once; a test compares them.
    """
    runs, most, folds = d.shape
    cautious = few_or_grouped(scheme_of(setting), setting.counts)  # type: ignore[arg-type]
    won, ended = np.zeros(runs), np.zeros(runs)
    for repeats in range(1, most + 1):
        seen = d[:, :repeats]
        small = repeat_variance(seen) / repeats <= PRECISE_SHARE * floor_variance(seen, share)
        last = small if 1 < repeats < most else np.full(runs, repeats == most)
        level = np.where(last, LAST, EARLY if repeats in LOOKS else 0.0)
        se, mean = np.sqrt(repeated_variance(seen, share)), seen.mean(axis=(1, 2))
        t, width = mean / np.where(se > 0, se, np.inf), ROPE / np.where(se > 0, se, np.inf)
        df = (1 if cautious else repeats) * folds - 1
        within = stdtr(df, width - t) - stdtr(df, -width - t)
        equivalent = (within >= 1 - level) & (level > 0) & (se > 0)
        better = (2 * stdtr(df, -np.abs(t)) <= level) & (level > 0) & (se > 0) & ~equivalent
        now = (ended == 0) & (equivalent | better | last)
        won[now & better], ended[now] = np.sign(mean)[now & better], repeats
    return won, ended


def pairs_of(scores: Floats) -> Floats:
    """Return differences (pairs, r, k) of disjoint pairs of models in scores (runs, models, r, k)."""
    found = [scores[:, i] - scores[:, i + 1] for i in range(0, scores.shape[1] - 1, 2)]
    d = np.concatenate(found)
    return d[np.isfinite(d).all(axis=(1, 2))]


def false_winners(setting: Setting, arrays: Arrays, models: int, most: int) -> dict[str, float]:
    """Return how often the leader is said to beat any of ``models``, in at most ``most`` sets."""
    share = mean_share(setting)
    if models == 2:
        d = pairs_of(arrays["scores"])[:most]
        won, repeats = two_models(d, setting, share)
        se = np.sqrt(fold_variance(d) / d[0].size)
        naive = np.abs(d.mean(axis=(1, 2))) > student_quantile(0.975, d[0].size - 1) * se
        rates = {"default": float(np.mean(won != 0)), "naive": float(naive.mean())}
        return rates | {"sets": len(d), "repeats": float(repeats.mean())}
    found = []
    for scores, _ in zip(sets_of(arrays["scores"], models), range(most), strict=False):
        judgement, look = by_default(scores, setting, share)
        found.append((beats_any(judgement), look.repeats))
    default, repeats = np.mean(found, axis=0).tolist()
    return {"sets": len(found), "default": default, "repeats": repeats}


def single_test_winners(setting: SingleTest, arrays: Arrays, metric: str) -> dict[str, float]:
    """Return how often one of two equal models wins on a single test set with several seeds.

    ``these fits`` is what became of it when other training rows were not allowed for, ``as folds`` when seeds
    were taken for folds.
    """
    found = []
    for y, models in zip(arrays["y"].astype(np.int64), arrays["p"], strict=True):
        rows = {}
        for name, seeds in zip("ab", models, strict=True):
            given = [pseudo_values(metric, y, (p > 0.5).astype(np.int64), p, 2) for p in seeds]
            rows[name] = np.array([values for values in given if values is not None])
        df, of = int(np.bincount(y, minlength=2).min()) - 1, metric_named(metric)
        seeds = {name: values.mean(axis=1, keepdims=True) for name, values in rows.items()}
        share = setting.test_rows / setting.rows
        as_folds = judge(seeds, metric=of, rows=None, baseline=None, test_share=share)
        by_rows, fits = (
            judge_evidence(row_evidence(rows, of, train, None, df=df), of) for train in (setting.rows, None)
        )
        found.append((beats_any(by_rows), beats_any(fits), beats_any(as_folds)))
    return dict(zip(("default", "these fits", "as folds"), np.mean(found, axis=0).tolist(), strict=True)) | {
        "sets": len(found)
    }


def coverage(setting: Setting, arrays: Arrays, repeats: int) -> dict[str, float]:
    """Return how often intervals hold the score on new rows of the model fitted on all rows.

    ``default`` is the interval that is shown, ``plain`` Wilson's for all rows, or for AUC t over the folds.
    """
    share, scheme, metric = mean_share(setting), scheme_of(setting), metric_named(setting.metric)
    cautious = few_or_grouped(scheme, setting.counts)  # type: ignore[arg-type]
    how = {"scheme": scheme, "share": share, "cautious": cautious, "counts": setting.counts}
    plain, default, widths = [], [], []
    for run, truths in zip(arrays["scores"], arrays["truth"], strict=True):
        for scores, truth in zip(run[:, :repeats], truths, strict=True):
            if np.isnan(truth):
                continue
            if setting.metric == "accuracy":
                usual = wilson_interval(float(scores.mean()), setting.rows)
            else:
                usual = score_interval(scores, share, bounds=metric.bounds, cautious=cautious) or (0.0, 1.0)
            plain.append(usual[0] <= truth <= usual[1])
            low, high = shown_interval(metric, scores, setting.rows, **how) or (0.0, 1.0)
            default.append(low <= truth <= high)
            widths.append(high - low)
    return {
        "intervals": len(default),
        "plain": float(np.mean(plain)),
        "default": float(np.mean(default)),
        "width": float(np.mean(widths)),
    }


def true_scores(arrays: Arrays) -> Floats:
    """Return the expected scores (runs, models) of a world: a smooth curve of the score over the shift."""
    shifts = arrays["shifts"]
    curve = np.polyfit(shifts.ravel(), arrays["scores"].mean(axis=(2, 3)).ravel(), 3)
    return np.asarray(np.polyval(curve, shifts))


def world(
    setting: Setting, arrays: Arrays, models: int, most: int, names: Sequence[str] = ()
) -> dict[str, Floats]:
    """Return what the verdicts of a world claim and what is true of it, one entry per run.

    ``shrunk`` (runs, models), the leader first, are chances to be the best, ``flat`` the same with a flat
    prior, ``hit`` whether it is so; ``said`` (runs, models, 2) is the range that the table's words give,
    ``told`` (runs, 3) that of the sentence and whether it is so of the model that it names (NaN where it
    names none); ``better`` (runs, models - 1) P(> ROPE) of the leader's pairs and ``apart`` whether it is
    so; ``regret`` of the leader and ``extra`` regret of the recommended model.
    """
    truth, rows = true_scores(arrays), []
    for scores, true in zip(arrays["scores"][:most, :models], truth[:most, :models], strict=True):
        judgement, _ = by_default(scores, setting, None, names=names)
        of = dict(zip(names or unrelated(models), true.tolist(), strict=True))
        order, gaps = judgement.evidence.complete, [p for p in judgement.pairs if p.left == judgement.leader]
        best = max(of.values())
        sentence = re.search(r"\(best: (.+?), P (.+)\)", judgement.verdict.sentence)
        rows.append(
            {
                "shrunk": [judgement.p_best_shrunk[name] for name in order],
                "flat": [judgement.p_best[name] for name in order],
                "hit": [of[name] == best for name in order],
                "said": [read_range(units.span(*judgement.chance_range(name))) for name in order],
                "told": [*read_range(sentence[2]), of[sentence[1]] == best] if sentence else [np.nan] * 3,
                "better": [p.p_better_shrunk for p in gaps],
                "apart": [of[order[0]] - of[p.right] > ROPE for p in gaps],
                "regret": best - of[order[0]],
                "extra": of[order[0]] - of[str(judgement.verdict.recommended)],
            }
        )
    return {key: np.array([row[key] for row in rows], dtype=np.float64) for key in rows[0]}


def read_range(text: str) -> tuple[float, float]:
    """Return the lowest and the highest chance that words such as ``.3-.7``, ``> 0.8``, ``<.2`` allow."""
    bounds = [float(number) for number in re.findall(r"[0-9.]+", text)]
    return (bounds[0], bounds[-1]) if bounds[1:] else (bounds[0], 1.0) if ">" in text else (0.0, bounds[0])


def ranges_kept(low: Floats, high: Floats, true: Floats) -> list[tuple[float, float, float, int]]:
    """Return each range that was said: lowest, highest, how often it came true, how many were said."""
    found = []
    there = np.isfinite(low)
    for bounds in sorted(set(zip(low[there].tolist(), high[there].tolist(), strict=True))):
        inside = (low == bounds[0]) & (high == bounds[1])
        found.append((*bounds, float(true[inside].mean()), int(inside.sum())))
    return found


def out_of_range(found: tuple[float, float, float, int]) -> float:
    """Return how far what came true lies outside of what was said; below 0 within it."""
    low, high, true, _ = found
    return max(low - true, true - high)


def false_equivalence(setting: Setting, arrays: Arrays) -> dict[str, float]:
    """Return how often two models are called equivalent whose true difference is exactly the ROPE."""
    truth, found = true_scores(arrays), []
    for scores, true in zip(arrays["scores"], truth, strict=True):
        judgement, _ = by_default(scores[:2], setting, None, rope=float(abs(true[0] - true[1])))
        found.append(judgement.verdict.status == "equivalent")
    return {"pairs": len(found), "equivalent": float(np.mean(found))}
