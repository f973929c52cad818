"""The registry of coded notes: what happened and which flag to try. Every note a user sees is made here."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import Any, Literal

from compare_cli.types import Note


@dataclass(frozen=True)
class NoteKind:
    """One kind of note. ``message`` and ``hint`` are format strings over the facts of the case.

    ``{count:row|rows}`` is the number with the word that fits it: ``1 row``, ``3,000 rows``.
    """

    level: Literal["info", "warning"]
    message: str
    hint: str = ""
    flag: str = ""


NOTES: dict[str, NoteKind] = {
    "config_read": NoteKind("info", "Options from {file}: {keys}."),
    "variable_unknown": NoteKind("warning", "The variable {name} sets no option.", "set {meant} instead"),
    "target_guessed": NoteKind(
        "info", "The target is {target!r} ({why}).", "choose another with --target COLUMN", "--target"
    ),
    "target_quantity": NoteKind(
        "warning",
        "The target {target!r} has {count:,} different numbers: it looks like a quantity; compare judges "
        "classes.",
        "put it into ranges first, or say --classes if they are classes",
        "--classes",
    ),
    "groups_suspected": NoteKind(
        "warning",
        "{count:,} values of {column!r}, {rows} rows each: scores may be memory. A quick tree is right in "
        "{mixed:.0%} of rows, for values that it has not seen in {apart:.0%}.",
        "try --groups {shown}",
        "--groups",
    ),
    "time_suspected": NoteKind(
        "warning",
        "Rows are sorted by {column!r}; mixed folds learn from the future. A quick tree is right in "
        "{mixed:.0%} of rows, in {apart:.0%} where it learns from the past.",
        "try --time {shown}",
        "--time",
    ),
    "giveaway": NoteKind(
        "warning",
        "{columns} nearly gives the target away: right in {alone:.0%} of rows alone, where a quick tree "
        "without it is in {rest:.0%}. Make sure that it is known before the target is.",
        "see the verdict with and without it: --check-leaks",
        "--check-leaks",
    ),
    "duplicate_rows": NoteKind(
        "warning",
        "{count:,} of {total:,} rows are there more than once ({extra:repeat|repeats}): models are judged "
        "on rows that they learnt.",
        "see the verdict with each row once: --check-leaks",
        "--check-leaks",
    ),
    "duplicates_priced": NoteKind(
        "info",
        "{share:.0%} of the judged rows were learnt too: {model} is right in {seen:.1%} of those, in "
        "{unseen:.1%} of the others.",
    ),
    "rare_classes_spread": NoteKind(
        "info",
        "Classes with fewer rows than the {folds} folds are spread as far as they go: {classes}. Scores that "
        "average over classes are from the folds that have all of them.",
    ),
    "columns_dropped": NoteKind("info", "Left out {count} of {total} columns: {columns}."),
    "missing_target": NoteKind("warning", "Dropped {count:row|rows} whose target is missing."),
    "labels_joined": NoteKind(
        "warning", "Target {target!r}: texts that mean the same are one class: {texts}."
    ),
    "rare_class_dropped": NoteKind("warning", "Dropped {classes}: a class needs at least 2 rows."),
    "high_cardinality": NoteKind(
        "info", "Column {column!r} has {count:,} different values; models see the most frequent and 'other'."
    ),
    "not_balanced": NoteKind("info", "{models}: no class weights, so --balanced changes nothing there."),
    "headroom_cost": NoteKind(
        "info",
        "Tuning for --headroom: up to {fits:more fit|more fits}, about {about} if they are as long as those "
        "before.",
    ),
    "headroom_cut": NoteKind(
        "warning",
        "The budget of {seconds:g} s is spent: tuning finished {done} of {folds} folds.",
        "the same command goes on where this one stopped",
    ),
    "cost_ratio": NoteKind("info", "{message}"),
    "folds_reduced": NoteKind("warning", "{folds} folds instead of {wanted}: {why}.", "", "--folds"),
    "repeats_ordered": NoteKind("info", "Time-ordered folds cannot be repeated: 1 repeat."),
    "model_not_loaded": NoteKind(
        "warning", "Left out: {message}", "the plugin is broken; reinstall or remove it"
    ),
    "store_unusable": NoteKind("warning", "Nothing more is saved: {message}"),
    "stored_fits_damaged": NoteKind(
        "warning",
        "{count:fit in the store is|fits in the store are} damaged and run again; the others are used.",
    ),
    "budget_spent": NoteKind(
        "warning",
        "The budget of {seconds:g} s is spent: left out {left_out:,} of {total:fit|fits}.",
        "the same command goes on where this one stopped",
    ),
    "interrupted": NoteKind("info", "Interrupted after {done:,} of at most {most:fit|fits}; {then}."),
    "datasets_left_out": NoteKind(
        "warning",
        "The budget of {seconds:g} s is spent: left out the last {count:data set|data sets}.",
        "the same command goes on where this one stopped",
    ),
    "shared_folds": NoteKind(
        "info", "Not all fits are there: scores are over the {shared:fold|folds} that every model finished."
    ),
    "dataset_left_out": NoteKind("warning", "Left out: {message}"),
    "dataset_repeated": NoteKind("info", "{name} holds the same data as {first}: compared once."),
    "fits_failed": NoteKind(
        "warning", "{count:,} of {total:fit|fits} failed.", "see why with --debug", "--debug"
    ),
    "not_converged": NoteKind(
        "info",
        "{model} did not converge in {count:,} of {total:fit|fits}.",
        "give it more steps, e.g. '{family}(max_iter={suggested})'",
    ),
    "imbalanced": NoteKind(
        "info",
        "{rate:.0%} of rows are {label!r}: accuracy says little.",
        "rank by --metric balanced_accuracy or roc_auc",
        "--metric",
    ),
    "few_of_a_class": NoteKind(
        "info",
        "Few {which} of {classes}: AUC, balanced accuracy, MCC and F1 (marked *) hang on them, and their "
        "intervals are too narrow.",
        "rank by --metric accuracy or log_loss",
        "--metric",
    ),
    "more_columns_than_rows": NoteKind(
        "info",
        "{columns:,} columns for {rows:,} rows: a model can learn such rows by heart, whatever the columns "
        "mean; only its scores on new rows count.",
        "leave out columns that cannot matter with --drop",
        "--drop",
    ),
    "no_probabilities": NoteKind("info", "{models}: no probabilities, so no log loss and no Brier score."),
    "busy_machine": NoteKind(
        "info",
        "The machine was busy: {model} took {ratio:.1f} times its CPU time; times are too long.",
        "run it while nothing else runs, or with --jobs 1",
        "--jobs",
    ),
    "rows_skipped": NoteKind(
        "info", "Left out {count:record that is no row|records that are no rows}: {kinds}."
    ),
    "rows_too_long": NoteKind(
        "warning",
        "Left out {count:row|rows} with too many columns ({lines}).",
        "check their quotes, or name the delimiter with --delimiter",
        "--delimiter",
    ),
    "rows_joined": NoteKind(
        "info",
        "{count:row|rows} had too many columns ({lines}); cells were joined where only one way fits.",
    ),
    "nul_bytes": NoteKind("warning", "The text has NUL bytes; they were taken out."),
    "rows_short": NoteKind(
        "warning", "{count:row has|rows have} too few columns ({lines}); the rest counts as missing."
    ),
    "quotes_repaired": NoteKind(
        "warning",
        "Quotes do not match in {count:line|lines} ({lines}); read as plain characters.",
    ),
    "header_repeated": NoteKind(
        "info", "Left out {count:repeated header row|repeated header rows} ({lines})."
    ),
    "other_sheets": NoteKind(
        "info", "Of the workbook's sheets the longest was read, not {sheets}.", "save another one as CSV"
    ),
    "second_table": NoteKind(
        "warning",
        "Another table begins in line {line}; left out its {count:row|rows}.",
        "put it into its own file",
    ),
    "header_was_data": NoteKind(
        "info", "The first row is data that a program once took for column names; read as data."
    ),
    "columns_renamed": NoteKind(
        "info", "Renamed {count:column whose name is|columns whose names are} not unique: {columns}."
    ),
    "infinite_values": NoteKind(
        "info",
        "Column {column!r}: {count:infinite value|infinite values}, read as missing (first in row {row:,}).",
    ),
    "too_large_values": NoteKind(
        "info",
        "Column {column!r}: {count:value|values} beyond ±3.4e38, read as missing (first {example}, row "
        "{row:,}).",
        "measure it in a larger unit",
    ),
    "too_fine_values": NoteKind(
        "warning",
        "Column {column!r}: its values differ by {spread} at most, and decision trees take those for equal "
        "that differ by less than {step}.",
        "measure it in a smaller unit, or subtract its smallest value",
    ),
    "stray_text": NoteKind(
        "info",
        "Column {column!r} holds {what}; read as missing: {count:cell|cells} with text such as {example!r} "
        "(row {row:,}).",
    ),
    "date_ambiguous": NoteKind(
        "info", "Column {column!r}: dates could be day or month first; read as day first.", "write 2024-12-31"
    ),
    "columns_passed_over": NoteKind(
        "info", "The model passes over {count:column|columns} that it did not learn from: {columns}."
    ),
    "other_version": NoteKind(
        "warning",
        "The model was made by {made}; here is {here}: predictions may differ, or fail.",
        "fit and save it anew",
    ),
    "unseen_categories": NoteKind(
        "info",
        "Test data, column {column!r}: read as missing: {count:cell|cells} with categories that training has "
        "not, such as {example!r}.",
    ),
    "plane": NoteKind(
        "info", "The picture shows {plane}.", "look elsewhere with --features A,B", "--features"
    ),
}


class _Counting(Formatter):
    """Formats as `str.format` does, and a number with one of two words: ``{count:row|rows}``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, more = format_spec.partition("|")
        return f"{value:,} {one if value == 1 else more}" if bar else str(format(value, format_spec))


def note(code: str, **facts: Any) -> Note:
    """Make the note ``code`` from its facts. An unknown code is a programming error (KeyError)."""
    kind, told = NOTES[code], _Counting()
    return Note(code, kind.level, told.format(kind.message, **facts), told.format(kind.hint, **facts))
