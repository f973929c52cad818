"""Numbers of the JSON document: what they may be, and what is null where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True)
class Within:
    """Bounds of a number, both inside. They hold when a document is read, and stand in its schema."""

    low: float
    high: float | None = None

    def __get_pydantic_core_schema__(self, source: Any, of: Callable[[Any], dict[str, Any]]) -> Any:
        """Return the pydantic schema of the annotated type with these bounds."""
        schema = of(source)
        number = schema["schema"] if schema["type"] == "nullable" else schema
        number |= {"ge": self.low} if self.high is None else {"ge": self.low, "le": self.high}
        return schema


Number = float | None
Rate = Annotated[float | None, Within(0, 1)]
Seconds = Annotated[float | None, Within(0)]
Share = Annotated[float, Within(0, 1)]
Count = Annotated[int, Within(0)]
