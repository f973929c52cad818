"""One comparison as a person reads it: models, best first, and the verdict under them; and as CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from compare_cli.metrics import BY_JACKKNIFE, METRICS, Metric, metric_named
from compare_cli.models.families import BASELINE
from compare_cli.report import units
from compare_cli.report.escaping import cells, printable, shortened
from compare_cli.report.table import GAP, Block, Column, Line, Table, View, fitting, in_blocks
from compare_cli.report.units import counted
from compare_cli.types import Comparison, ModelSummary, Run

MARK = "●"
NAME_WIDTH = 34  # longer names are cut in a table
UNLIMITED = 10_000  # in files they are not
SHORTEST_NAME = 8
MARK_WIDTH = len(MARK) + GAP
BLURRED_FROM = 30  # numeric columns from which directions are only rough
FEW_MARK = "*"
FEW = f"{FEW_MARK} rests on fewer than 10 rows of a class"
TOP_SET = f"{MARK} top set: not told apart from the best"
LEGEND = {"gap": "Gap in points", "p_best": "P(best): chance to be the best"}
"""What columns mean, for the line under a table."""


def comparison_blocks(
    comparison: Comparison, run: Run, view: View, *, reasons: bool = True
) -> Iterator[Block]:
    """Yield title, table and verdict; without ``reasons`` the verdict is its sentence alone."""
    title = heading(comparison, whole=view.whole)
    yield [Line(title, "title"), Line(protocol_line(comparison, run), "quiet")]
    if comparison.models:
        *before, last = models_tables(comparison, view)
        yield from ([table] for table in before)
        reused = reused_line(comparison)
        under = [*(footnotes([comparison], view) if reasons else [])]
        under += not_tried_lines([comparison] if comparison.command != "bench" else [])
        yield [last, *under, *([Line(reused, "quiet")] if reused else [])]
    verdict = comparison.verdict
    said = [Line(verdict.sentence, "strong")] if verdict.sentence else []
    if reasons:
        proofs = [r.proof for r in verdict.reasons] if view.everything else []
        said += [Line(reason, "reason") for reason in (*verdict.because, *proofs)]
    yield [*said, *leak_lines(comparison), *failures(comparison)]


def leak_lines(comparison: Comparison) -> Iterator[Line]:
    """Yield the verdict without each thing that may make scores too good, a line each."""
    metric = metric_named(comparison.protocol.metric)
    for check in comparison.leak_checks:
        score = "" if check.score is None else f" ({check.leader} {units.score(check.score, metric)})"
        yield Line(f"{check.changed}{score}: {check.sentence}", "strong")


def heading(comparison: Comparison, *, whole: bool = False) -> str:
    """Return the data set in one line: name, rows, features, classes, target; ``whole`` cuts no names."""
    d = comparison.dataset
    name = printable(d.name) if whole else shortened(printable(d.name), 40)
    if d.rows is None:
        return f"{name}: scores from {printable(d.source)}"
    rows = f"{d.rows:,} rows" if d.test_rows is None else f"{d.rows:,} rows, {d.test_rows:,} test rows"
    target = printable(d.target) if whole else shortened(printable(d.target), 24)
    return f"{name}: {rows}, {counted(d.features, 'feature')}, {len(d.classes)} classes of {target}"


def protocol_line(comparison: Comparison, run: Run) -> str:
    """Return how models were compared, in one line; ``run`` knows the seed."""
    p = comparison.protocol
    times = counted(p.repeats, "repeat")
    how = {
        "stratified": f"{p.folds} stratified folds × {times}",
        "grouped": f"{p.folds} folds by {printable(p.groups or 'group')} × {times}",
        "time": f"{p.folds} folds in time order",
        "test": f"fitted on all rows, judged on the test rows; {counted(p.repeats, 'seed')}",
        "samples": _samples(comparison),
    }[p.scheme]
    if comparison.command == "curve":
        how = f"{how.partition(' ×')[0]}, learnt from growing parts" if p.scheme != "samples" else how
    how += ", balanced" if p.balanced else ""
    if comparison.command == "verdict":
        return f"{how}; judged by {printable(p.metric)}"
    ended = "" if comparison.status != "interrupted" else "; interrupted"
    reused = f", {comparison.fits_reused} reused" if comparison.fits_reused else ""
    fits = f"{counted(comparison.fits_run, 'fit')}{reused} in {comparison.seconds or 0:.1f} s"
    return f"{how}, seed {run.seed}; {fits}{ended}"


def _samples(comparison: Comparison) -> str:
    """Return how samples grew, as far as they did."""
    sizes = sorted({point.train_rows for point in comparison.curve})
    tested = next((point.test_rows for point in comparison.curve), 0)
    grown = f"{sizes[0]:,} to {sizes[-1]:,}" if len(sizes) > 1 else f"{sizes[0]:,}" if sizes else "no"
    return f"samples of {grown} rows, judged on {tested:,} others"


def reused_line(comparison: Comparison) -> str:
    """Return how many fits were reused and of which days (local) their times are; "" without any."""
    fits = [fit for fit in comparison.fits if fit.status != "skipped"]
    reused = [fit for fit in fits if fit.reused]
    if not reused:
        return ""
    moments = [datetime.fromisoformat(fit.ran_at).astimezone() for fit in reused if fit.ran_at]
    days = sorted({moment.date().isoformat() for moment in moments})
    which = f"{len(reused):,} of {len(fits):,} fits come" if len(reused) < len(fits) else "All fits come"
    times = "older times"
    if days:
        times = f"times from {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "")
    return f"{which} from the store, {times} (--fresh runs them again)."


def models_tables(comparison: Comparison, view: View) -> Iterator[Table]:
    """Yield the models in order of merit: one table, or more of everything where one is too wide."""
    rows = comparison.models
    columns = chosen_columns(comparison, view)
    first = [column for column in columns if column.name in {"top", "model"}]
    others = [column for column in columns if column not in first]
    widest = max((column.width(rows) + GAP for column in others), default=0)
    names = min(_longest_name(rows), name_room(view, widest + MARK_WIDTH))
    for block in in_blocks(others, rows, view.width - names - MARK_WIDTH, view):
        shown = [*first, *block]
        taken = sum(column.width(rows) + GAP for column in shown if column.name != "model")
        longest = name_room(view, taken)
        yield Table(
            [column.heading for column in shown],
            [[_cell(column, row, longest) for column in shown] for row in rows],
            [_style(row, comparison) for row in rows],
        )


def footnotes(comparisons: Sequence[Comparison], view: View) -> Iterator[Line]:
    """Yield what marks and columns mean, in one line, and which columns there was no room for, in another."""
    shown = [column.name for c in comparisons for column in chosen_columns(c, view)]
    pieces = [TOP_SET] if any(map(marks_a_top_set, comparisons)) else []
    pieces += [FEW] if any(map(few_of_a_class, comparisons)) else []
    pieces += [text for name, text in LEGEND.items() if name in shown]
    if not metric_named(comparisons[0].protocol.metric).rate:
        pieces = [piece for piece in pieces if piece != LEGEND["gap"]]
    if pieces:
        yield Line(_joined(pieces, view.width), "legend")
    hidden = {column.name: column.title for c in comparisons for column in model_columns(c)}
    titles = [title for name, title in hidden.items() if name not in shown and title]
    if titles and not view.whole:
        yield Line(_hidden(titles, view.width), "legend")


def _joined(pieces: Sequence[str], width: int) -> str:
    """Join as many of the first pieces as fit; the first one always."""
    count = next(n for n in range(len(pieces), 0, -1) if n == 1 or cells("; ".join(pieces[:n])) <= width)
    return "; ".join(pieces[:count])


def _hidden(titles: Sequence[str], width: int) -> str:
    """Name the columns that are not shown, as many as fit a line."""
    for named in range(len(titles), -1, -1):
        more = f" and {len(titles) - named} more" if named < len(titles) else ""
        text = f"Hidden at this width: {', '.join(titles[:named])}{more}; -v shows all"
        if cells(text) <= width and named:
            return text
    return f"Hidden: {counted(len(titles), 'column')} (-v)"


def chosen_columns(comparison: Comparison, view: View) -> list[Column[ModelSummary]]:
    """Return the columns for which there is room; all of them where everything is wanted."""
    rows, columns = comparison.models, model_columns(comparison)
    if view.everything:
        return columns
    if view.boundary:
        first = {column.name: at for at, column in enumerate(c for c in columns if c.boundary)}
        columns = [replace(c, priority=0.5 + first[c.name] / 100) if c.boundary else c for c in columns]
    others = fitting([c for c in columns if c.name != "model"], rows, view.width - _longest_name(rows))
    return [column for column in columns if column.name == "model" or column in others]


def _longest_name(rows: Sequence[ModelSummary]) -> int:
    return min(max(cells(printable(text)) for text in ("Model", *(row.model for row in rows))), NAME_WIDTH)


def name_room(view: View, taken: int, named: int = 1) -> int:
    """Return how long names may be beside columns that take so many characters, ``named`` in a row."""
    if view.whole:
        return UNLIMITED
    return min(max((view.width - taken - GAP * (named - 1)) // named, SHORTEST_NAME), NAME_WIDTH)


def _cell(column: Column[ModelSummary], row: ModelSummary, longest: int) -> str:
    text = printable(column.cell(row))
    return shortened(text, longest) if column.name == "model" else text


def _style(row: ModelSummary, comparison: Comparison) -> str:
    if row.status == "failed":
        return "red"
    if row.model == comparison.verdict.recommended:
        return "bold green"
    return "dim" if row.family == BASELINE else ""


def marks_a_top_set(comparison: Comparison) -> bool:
    """Whether the table marks several models as its top set."""
    return comparison.verdict.status != "none" and sum(bool(m.in_top_set) for m in comparison.models) > 1


def few_of_a_class(comparison: Comparison) -> bool:
    """Whether scores that are no mean over rows, such as AUC, rest on very few rows of a class."""
    return any(note.code == "few_of_a_class" for note in comparison.notes)


def not_tried_lines(comparisons: Sequence[Comparison]) -> Iterator[Line]:
    """Yield what might be better and was not tried: "not tried: boosting, forest; --models all"."""
    names = dict.fromkeys(name for c in comparisons for name in c.verdict.not_tried)
    if names:
        yield Line(f"not tried: {', '.join(names)}; --models all", "quiet")


def failures(comparison: Comparison) -> Iterator[Line]:
    """Yield each way in which a model failed, once, with its count."""
    for row in comparison.models:
        ways = Counter((f.kind, f.message) for f in row.failures)
        for (kind, message), count in ways.items():
            all_fits = count == len(row.failures) and row.status == "failed"
            times = "all fits" if all_fits else counted(count, "fit")
            yield Line(f"{row.model}: {times} failed: {kind}: {message}", "failure")


def _chance(row: ModelSummary) -> str:
    """A range among more than two models: a figure would claim more than is known (docs/statistics.md)."""
    if row.p_best_low is not None and row.p_best_high is not None:
        return units.span(row.p_best_low, row.p_best_high)
    few = row.p_best is not None and row.p_best_shrunk is None  # else a result from before ranges were kept
    return units.probability(row.p_best) if few else ""


def gaps_to_leader(comparison: Comparison) -> dict[str, float]:
    """Return how far each model is from the first one in the table: below 0 where it is behind."""
    leader = comparison.models[0].model if comparison.models else ""
    ahead = {p.right: -p.delta for p in comparison.pairs if p.left == leader and p.delta is not None}
    return ahead | {p.left: p.delta for p in comparison.pairs if p.right == leader and p.delta is not None}


def model_columns(comparison: Comparison) -> list[Column[ModelSummary]]:
    """Return the columns that say something of a comparison's models, in their order."""
    metric = metric_named(comparison.protocol.metric)
    learnt, gaps = comparison.verdict.status != "none", gaps_to_leader(comparison)
    about = "~" if comparison.dataset.numeric > BLURRED_FROM else ""

    def mark(row: ModelSummary) -> str:
        return MARK if row.in_top_set and learnt else ""

    def gap(row: ModelSummary) -> str:
        return units.signed(gaps[row.model], metric) if row.model in gaps else ""

    def directions(row: ModelSummary) -> str:
        mean = _mean(row, "directions")
        return "" if mean is None else f"{about}{mean:.1f}"

    columns = [
        Column("top", "", mark, 0),
        Column("model", "Model", lambda row: row.model, 0, "left"),
        Column("score", score_title(metric), lambda row: units.score(row.score(metric.name), metric), 0),
        Column("interval", "95 %", lambda row: _interval(row, metric), 1, "left"),
        Column("train_rows", "Learnt from", lambda r: f"{r.train_rows:,}" if r.train_rows else "", 0.5),
        Column("gap", "Gap", gap, 2),
        Column("p_best", "P(best)", _chance, 3),
        _statistic("linearity", "Linear", 5.1),
        _statistic("nonconvexity", "Nonconv", None),
        Column("directions", "Dirs", directions, 5.2, boundary=True),
        _statistic("roughness", "Rough", None),
        Column("decided_by", "Decided by", lambda m: units.deciders(m.boundary), 5.3, "left", boundary=True),
        _statistic("axis_aligned", "Axis", None),
        _statistic("flips", "Flips", None),
        _statistic("instability", "Instab", 5.4),
        *(_other_score(name, priority) for name, priority in OTHER_SCORES.items() if name != metric.name),
        Column("fit", "Fit", lambda row: units.seconds(row.fit_seconds), 4),
        Column("predict", "Predict", lambda row: units.rate(row.predict_rows_per_second), 5),
        *_later(),
    ]
    few = few_of_a_class(comparison)
    there = [column for column in columns if column.says_something(comparison.models)]
    return [_marked(column, metric) if few else column for column in there]


def _later() -> Iterator[Column[ModelSummary]]:
    """Yield the rightmost columns, the first to be left out where the terminal is narrow."""
    yield Column("fit_cpu", "Fit CPU", lambda row: units.seconds(row.fit_cpu_seconds), None)
    yield Column("prepare", "Prepare", lambda row: units.seconds(row.prepare_seconds), None)
    yield Column("size", "Size", lambda row: units.size(row.size_bytes), 11)


def _marked(column: Column[ModelSummary], metric: Metric) -> Column[ModelSummary]:
    """Mark the title of a score that few rows of a class make uncertain."""
    scored = metric.name if column.name == "score" else column.name
    return replace(column, title=column.title + FEW_MARK) if scored in BY_JACKKNIFE else column


OTHER_SCORES: dict[str, float | None] = {
    "accuracy": 6,
    "roc_auc": 7,
    "log_loss": 8,
    "balanced_accuracy": 9,
    "train_accuracy": 10,
    "f1_macro": 12,
    "mcc": 13,
    "brier": 14,
    "ece": None,
}
"""The scores that have a column where they do not rank, and the column's priority."""


def score_title(metric: Metric) -> str:
    """Return the title of a ranking score: ``Accuracy %``."""
    return metric.title + (" %" if metric.rate else "")


def _interval(row: ModelSummary, metric: Metric) -> str:
    low, high = row.interval(metric.name) or (None, None)
    return units.interval(low, high, lambda bound: units.score(bound, metric))


def _other_score(name: str, priority: float | None) -> Column[ModelSummary]:
    metric = METRICS[name]
    return Column(name, metric.title, lambda row: units.score(row.score(name), metric), priority)


def _statistic(name: str, title: str, priority: float | None) -> Column[ModelSummary]:
    """Return the column of a boundary statistic: its mean over folds."""

    def cell(row: ModelSummary) -> str:
        mean = _mean(row, name)
        return "" if mean is None else f"{mean:.2f}"

    return Column(name, title, cell, priority, boundary=True)


def _mean(row: ModelSummary, name: str) -> float | None:
    statistic = (row.boundary or {}).get(name)
    return statistic.get("mean") if isinstance(statistic, Mapping) else None
