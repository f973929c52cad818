"""What the shell offers after Tab: names of data, models, metrics, formats, columns, statistics, runs; files.

A shell waits for each: nothing heavy is imported, and of a table only the first line is read.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import typer

from compare_cli.errors import CompareError

Offers = list[tuple[str, str]]
DELIMITERS = ",;\t|"
MAX_HEADER = 1_000_000  # bytes


def _starting(names: Iterable[tuple[str, str]], incomplete: str) -> Offers:
    return [(name, text) for name, text in names if name.startswith(incomplete)]


def files(incomplete: str) -> Offers:
    """Offer files and folders; what is in a folder where nothing else begins so."""
    start = Path(incomplete).expanduser()
    folder, begun = (start, "") if incomplete.endswith("/") else (start.parent, start.name)
    try:
        found = sorted(path for path in folder.iterdir() if path.name.startswith(begun))
        if len(found) == 1 and found[0].is_dir():
            found += sorted(found[0].iterdir())
    except OSError:
        return []
    typed = incomplete[: len(incomplete) - len(begun)]
    shown = [(path, typed + path.relative_to(folder).as_posix()) for path in found]
    return [
        (f"{text}/" if path.is_dir() else text, "")
        for path, text in shown
        if begun.startswith(".") or not path.name.startswith(".")
    ]


def data(incomplete: str) -> Offers:
    """Offer built-in data sets, and files."""
    from compare_cli import api

    return [*_starting(api.datasets().items(), incomplete), *files(incomplete)]


def models(incomplete: str) -> Offers:
    """Offer models for the last of a list that is separated by commas."""
    from compare_cli import api

    before, comma, begun = incomplete.rpartition(",")
    known = [(family.name, family.summary) for family in api.models().values()]
    known += [("all", "every model that needs no extra")] * (not comma)
    return [(before + comma + name, text) for name, text in _starting(known, begun)]


def metrics(incomplete: str) -> Offers:
    """Offer scores that rank models."""
    from compare_cli import api

    return _starting(api.metrics().items(), incomplete)


def formats(incomplete: str) -> Offers:
    """Offer the formats of a result."""
    from compare_cli.report.formats import FORMATS

    return _starting(((name, " ".join(form.suffixes)) for name, form in FORMATS.items()), incomplete)


def statistics(incomplete: str) -> Offers:
    """Offer boundary statistics."""
    from compare_cli import api

    return _starting(((s.name, s.definition) for s in api.statistics().values()), incomplete)


def columns(context: typer.Context, incomplete: str) -> Offers:
    """Offer the columns of the table that is named before, from its first line; none of packed tables."""
    given = [context.params.get("data"), context.params.get("source"), *context.args]
    source = next((text for text in given if isinstance(text, str) and Path(text).is_file()), None)
    if source is None:
        return []
    try:
        with Path(source).open("rb") as stream:
            line = stream.readline(MAX_HEADER).decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        return []
    delimiter = max(DELIMITERS, key=line.count)
    names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    return _starting(((name, "") for name in names if name), incomplete)


def runs(context: typer.Context, incomplete: str) -> Offers:
    """Offer the runs that are kept, with when and what they were; also last and the one before it."""
    from compare_cli import api
    from compare_cli.report.runs import what, when

    store = context.params.get("store")
    try:
        kept = api.runs(Path(store) if store else None).runs
    except CompareError:
        return []
    now = datetime.now().astimezone()
    known = [(run.id, f"{when(run.started, now)} {what(run)}") for run in kept]
    latest = [("last", "the newest"), ("last~1", "the one before it")][: len(known)]
    return _starting([*latest, *known], incomplete)


def results(context: typer.Context, incomplete: str) -> Offers:
    """Offer runs, and files."""
    return [*runs(context, incomplete), *files(incomplete)]


OFFERS: dict[str, Callable[..., Offers]] = {
    "COL": columns,
    "DATA": data,
    "FILE": files,
    "FORMAT": formats,
    "LIST": models,
    "METRIC": metrics,
    "MODEL": models,
}


def for_metavar(metavar: str | None) -> Callable[..., Offers] | None:
    """Return what offers values for an option that the help writes so: the words of ``simple|speed``."""
    words = [word for word in (metavar or "").split("|") if word.islower()]

    def offer(incomplete: str) -> Offers:
        return _starting(((word, "") for word in words), incomplete)

    if words:
        return offer
    return OFFERS.get(metavar or "")
