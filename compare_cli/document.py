"""The result as a JSON document (schema "compare/1"): write it, read it back, describe it.

The values themselves are the contract (`compare_cli.types`); pydantic writes and reads them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from compare_cli.errors import DataError
from compare_cli.types import Bench, Comparison, Fit, Result, SingleComparison

SCHEMA = "compare/1"
CONFIG = ConfigDict(ser_json_inf_nan="null")
ADDED_LATER = {
    "Protocol": {"balanced", "costs", "repeat_digests", "refits"},
    "PairVerdict": {"disagreement_between_rows"},
    "Fit": {"ran_at"},
    "ModelSummary": {"per_class", "calibration", "roc"},
    "Verdict": {"reasons"},
    "Reason": {"figures"},
    "BenchComparison": {"seconds", "status"},
}
"""Keys that the first documents of this schema do not have; every other key is always there."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(
        kind | None, config=CONFIG
    )  # a union, because a dataclass alone takes no configuration


def to_json(value: Result | Fit, *, indent: int | None = 2) -> str:
    """Return a document, or one fit of it, as JSON text without a line end; NaN and infinities are null."""
    kind = next(k for k in (SingleComparison, Bench, Fit) if isinstance(value, k))
    return _adapter(kind).dump_json(value, indent=indent).decode()


def read_document(text: str | bytes, name: str) -> Result:
    """Read a result back. Raises DataError, naming the file and the first fault, when it is none.

    Keys that this version does not know are passed over, so that newer documents can be read.
    """
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name}: not JSON ({error}). Give a file written with --format json.") from error
    if not isinstance(found, dict) or not str(found.get("schema", "")).startswith("compare/"):
        raise DataError(f'{name}: no compare result (no "schema": "{SCHEMA}").')
    kind = Bench if found.get("command") == "bench" else SingleComparison
    try:
        result: Result = _adapter(kind).validate_python(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{name}: {where}: {first['msg']}.") from error
    return result


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema that every written document validates against."""
    schema = _described(Result)
    shared = _described(Comparison | None)["$defs"]["Comparison"]["properties"]
    for name, part in schema["$defs"].items():
        if shared.keys() <= part["properties"].keys():  # pydantic reads no strings of a base class
            part["properties"] |= shared
        part["additionalProperties"] = True
        part["required"] = [key for key in part["properties"] if key not in ADDED_LATER.get(name, ())]
        for key in part["required"]:
            part["properties"][key].pop("default", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **schema}


def _described(kind: Any) -> dict[str, Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(kind, config={**CONFIG, "use_attribute_docstrings": True})
    return adapter.json_schema(mode="serialization")


def schema_text() -> str:
    """Return the schema as it is shipped in ``schema.json``, so that `compare schema` need not build it."""
    import json

    return json.dumps(json_schema(), indent=2) + "\n"
