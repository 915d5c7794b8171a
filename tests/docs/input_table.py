"""The README's table of the input, made from the schema: `python -m tests.docs.input_table` writes it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from golden_image.run.input_schema import schema
from tests.docs.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE = re.compile(r"(?<=<!-- input:start -->\n).*?(?=<!-- input:end -->)", re.DOTALL)


def table() -> str:
    """The table, with a line break at its end."""
    lines = [f"| `{field}` | {default} | {meaning} |" for field, default, meaning in _fields(schema(), "")]
    return "\n".join(["| field | default | meaning |", "| --- | --- | --- |", *lines, ""])


def written(text: str) -> str:
    """What stands in a text at the table's place."""
    found = _PLACE.search(text)
    return found[0] if found else ""


def _fields(part: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    for name, field in part["properties"].items():
        if "properties" in field:
            yield from _fields(field, f"{path}{name}.")
        else:
            required = name in part.get("required", ())
            yield f"{path}{name}", "required" if required else _default(field), field["description"]


def _default(field: dict[str, Any]) -> str:
    if "default" in field:
        return f"`{json.dumps(field['default'])}`"
    new = field.get("x-defaultForNewGroup")
    return "" if new is None else f"`{json.dumps(new)}` for a new group"


def main() -> None:
    readme = ROOT / "README.md"
    readme.write_text(_PLACE.sub(lambda _: table(), readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
