"""What only `bench` asks for: the model to hold others against, and the picture of ranks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from compare_cli.errors import UsageError, nearest
from compare_cli.types import Comparison, LeftOut, Note

if TYPE_CHECKING:
    from compare_cli.plot.ranks import Picture


def chosen_baseline(text: str | None, models: str | None) -> str | None:
    """Return the full name of the model that others are held against, None where none was named.

    Raises UsageError when it is not among the models that are compared.
    """
    if text is None:
        return None
    from compare_cli.models.specs import parse_models, parse_spec

    compared = [spec.name for spec in parse_models(models)]
    try:
        name = parse_spec(text).name
    except UsageError:
        name = text
    if name not in compared:
        raise UsageError(
            f"--baseline {text}: is not among the models that are compared.{nearest(name, compared)}"
            f" They are {', '.join(compared)}."
        )
    return name


def ranks_picture(file: Path | None) -> Picture | None:
    """Return what draws the ranks into a file of this suffix, None where it is no picture's.

    Raises UsageError where matplotlib is missing.
    """
    from compare_cli.plot.ranks import PICTURES

    if file is None or file.suffix.lower() not in PICTURES:
        return None
    from compare_cli.plot.figure import require_matplotlib

    require_matplotlib()
    return PICTURES[file.suffix.lower()]


def refuse_picture(file: Path | None) -> None:
    """Raise UsageError for a picture of a comparison on one data set: that is what `plot` draws."""
    from compare_cli.plot.ranks import PICTURES

    if file is not None and file.suffix.lower() in PICTURES:
        raise UsageError(
            f"-o {file}: a result on one data set has no picture; compare plot draws its boundaries."
        )


def bench_notes(event: Comparison | LeftOut, *, everything: bool) -> tuple[Note, ...]:
    """Return what is to be said at once of one of several data sets: warnings, with its name before them.

    ``everything`` asks for the other notes too.
    """
    if isinstance(event, LeftOut):
        return (event.note,)
    name = event.dataset.name
    notes = (n for n in event.notes if everything or n.level == "warning")
    return tuple(replace(n, message=f"{name}: {n.message}") for n in notes)
