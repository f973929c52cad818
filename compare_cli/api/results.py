"""Results that were written before: judged again, held against each other or against a threshold.

A result is a file or a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from compare_cli.api.notebook import in_hand
from compare_cli.api.store import load_run
from compare_cli.errors import DataError
from compare_cli.types import Bench, Result, SingleComparison, parts_as_singles
from compare_cli.verdict.diff import Gate, Threshold, below_threshold
from compare_cli.verdict.diff import gate as held_against
from compare_cli.verdict.files import load, merge
from compare_cli.verdict.fits import Criterion, as_bench, judge_again

__all__ = ["Criterion", "Threshold"]
RUN_NAME = re.compile(r"last(~\d+)?|[0-9a-f]{4,12}")


def judge(files: Sequence[str | Path], criterion: Criterion | None = None) -> Result:
    """Judge the scores in result files or CSVs of scores: those of the same data and splits together.

    Several data sets give a Bench. Raises DataError for files that are neither, UsageError for a metric
    that was not stored.
    """
    criterion = criterion or Criterion()
    found = merge([part for file in files for part in load(Path(file), criterion)])
    judged = [judge_again(comparison, criterion) for comparison in found]
    return in_hand(judged[0] if len(judged) == 1 else as_bench(judged, criterion))


def gate(
    base: str | Path | SingleComparison,
    new: str | Path | SingleComparison,
    *,
    model: str | None = None,
    margin: float = 0.01,
    paired: bool = True,
) -> Gate:
    """Say whether a new result is not worse than an old one by more than the margin.

    A result is a file, a run that is kept (``last``, ``last~1``, an id), or a value.
    """
    return held_against(_one(base), _one(new), model=model, margin=margin, paired=paired)


def _one(result: str | Path | SingleComparison) -> SingleComparison:
    if isinstance(result, SingleComparison):
        return result
    if RUN_NAME.fullmatch(str(result)) and not Path(result).exists():
        kept = load_run(str(result))[1]
        found = parts_as_singles(kept) if isinstance(kept, Bench) else [kept]
    else:
        found = load(Path(result), Criterion())
    if len(found) != 1:
        raise DataError(f"{result}: {len(found)} data sets; a gate takes the result of one.")
    return found[0]


def check(result: Result, thresholds: Sequence[str | Threshold], model: str | None = None) -> list[str]:
    """Return a sentence for each ``metric=value`` that ``model`` is not sure to reach.

    None looks at the recommended model.
    """
    known = [t if isinstance(t, Threshold) else Threshold.parse(t) for t in thresholds]
    return below_threshold(result, known, model)
