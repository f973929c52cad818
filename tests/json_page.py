"""The page of the JSON document, made from its schema: ``python -m tests.json_page`` writes docs/json.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "json.md"
FIRST = ("SingleComparison", "Bench")
INTRODUCTION = """# The JSON document

`compare fit`, `curve` and `verdict` write one comparison with `--json` or `-o result.json`,
`compare bench` writes several. `compare schema` prints the JSON Schema that this page is made from. The
schema's name is `compare/1`: keys are added, never renamed or given another meaning; numbers that do not
exist are null. Rates are fractions, times are seconds. In Python the same values are attributes:
`result.models[0].accuracy`.

```sh
compare-cli fit data.csv --json | jq .verdict.recommended
compare-cli fit data.csv --json | jq '.models[] | {model, accuracy, p_best}'
```
"""


def page(schema: Mapping[str, Any]) -> str:
    """Return the page for a schema: a section for each kind of object, those of a whole document first."""
    kinds = schema["$defs"]
    order = [*FIRST, *(name for name in kinds if name not in FIRST)]
    return "\n".join([INTRODUCTION, *(line for name in order for line in section(name, kinds[name]))])


def section(name: str, kind: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one kind of object: what it is, and a row a key."""
    yield f"## {name}\n"
    yield f"{kind.get('description', '')}\n"
    yield "| key | type | meaning |"
    yield "| --- | --- | --- |"
    for key, value in kind["properties"].items():
        yield f"| `{key}` | {type_of(value)} | {value.get('description', '').replace('|', ',')} |"
    yield ""


def type_of(value: Mapping[str, Any]) -> str:
    """Return a type in words: ``number 0-1 or null``, ``list of [Fit](#fit)``."""
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(type_of(one) for one in value["anyOf"]))
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in value:
        return ", ".join(f"`{word}`" for word in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if value.get("type") == "array":
        its = value.get("items") or next(iter(value.get("prefixItems", [])), {})
        return f"list of {type_of(its)}" if its else "list"
    if value.get("type") == "object":
        its = value.get("additionalProperties")
        return f"object of {type_of(its)}" if isinstance(its, Mapping) else "object"
    bounds = f" {value['minimum']:g}-{value['maximum']:g}" if {"minimum", "maximum"} <= set(value) else ""
    return f"{value.get('type', 'any')}{bounds}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(schema()), encoding="utf-8")


def schema() -> Any:
    """Return the schema as it is shipped."""
    return json.loads((ROOT / "compare_cli" / "schema.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
