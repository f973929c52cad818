"""How a command takes its options: as one value, whose fields Typer sees one by one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, get_type_hints


def takes(options: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command ``f(options, …)`` be called with the fields of ``options`` as keywords.

    Typer reads the widened signature: the command's own parameters, then the fields.
    """

    def widen(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        hints = get_type_hints(options, include_extras=True)
        spread = [
            inspect.Parameter(
                f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name]
            )
            for f in fields(options)
            if f.default is not MISSING
        ]

        def widened(**given: Any) -> None:
            chosen = options(**{f.name: given.pop(f.name) for f in fields(options)})
            command(chosen, **given)

        widened.__doc__, widened.__name__ = command.__doc__, command.__name__
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + spread
        widened.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what Typer reads
        widened.__annotations__ = {p.name: p.annotation for p in parameters}
        return widened

    return widen
