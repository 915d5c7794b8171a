"""The table of docs/reference/input.md, made from the schema: `make docs` writes it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from golden_image.run.input_schema import schema, types
from tests.docs.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE = re.compile(r"(?<=<!-- input:start -->\n).*?(?=<!-- input:end -->)", re.DOTALL)


def table() -> str:
    """The table, with a line break at its end."""
    lines = [f"| `{field}` | {' | '.join(cells)} |" for field, *cells in _fields(schema(), "")]
    return "\n".join(["| field | value | default | meaning |", "| --- | --- | --- | --- |", *lines, ""])


def written(text: str) -> str:
    """The part of a text at the table's place."""
    found = _PLACE.search(text)
    return found[0] if found else ""


def _fields(part: dict[str, Any], path: str) -> Iterator[tuple[str, str, str, str]]:
    for name, field in part["properties"].items():
        if len(types(field)) > 1 and "properties" in field:
            # The object first, then what may be stated in its place.
            kinds = sorted(types(field), key=lambda kind: kind != "object")
            yield f"{path}{name}", " or ".join(kinds), "", field["description"]
        if "properties" in field:
            yield from _fields(field, f"{path}{name}.")
        else:
            default = "required" if name in part.get("required", ()) else _default(field)
            if name in part.get("else", {}).get("required", ()):
                default = f"required without `{part['if']['required'][0]}`"
            yield f"{path}{name}", _value(field), default, field["description"]


def _value(field: dict[str, Any]) -> str:
    """The type of a field, and the numbers, lengths or choices that bound it."""
    if "$ref" in field:
        return _of_definition(field["$ref"].removeprefix("#/definitions/"))
    if "enum" in field:
        return ", ".join("`null`" if choice is None else f"`{choice}`" for choice in field["enum"])
    least = field.get("minimum", field.get("minLength", field.get("minItems")))
    most = field.get("maximum", field.get("maxLength", field.get("maxItems")))
    if "exclusiveMinimum" in field:
        return f"{field['type']} above {field['exclusiveMinimum']}, up to {most}"
    kind, *null = types(field)
    if null and "null" not in null:
        return f"{kind} from {least}, or `{field['examples'][0]}`"
    unit = {"string": " characters", "array": " items"}.get(kind, "")
    or_null = " or null" if null else ""
    if most is None:
        return f"{kind}{or_null}"
    return f"{kind}{or_null}, {f'at most {most}' if least is None else f'{least} to {most}'}{unit}"


def _of_definition(name: str) -> str:
    part = schema()["definitions"][name]
    if name == "document":
        return _value(part)
    if name == "parameters":
        return f"object of strings and lists of strings, at most {part['maxProperties']}"
    nulls = " and nulls, or null" if "null" in types(part) else ""
    return f"object of strings{nulls}, at most {part['maxProperties']}"


def _default(field: dict[str, Any]) -> str:
    if "default" in field:
        return f"`{json.dumps(field['default'])}`"
    for name in ("Group", "Template"):
        if (new := field.get(f"x-defaultForNew{name}")) is not None:
            return f"`{json.dumps(new)}` for a new {name.lower()}"
    return ""


def main() -> None:
    page = ROOT / "docs/reference/input.md"
    page.write_text(_PLACE.sub(lambda _: table(), page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
