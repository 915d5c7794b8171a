"""The input of a run on the command line: SOURCE, GROUP, a file, and an option for each other field.

The name of a field's option is the field's name in the input, such as --rolling.instanceWarmup.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer import BadParameter
from typer.core import TyperCommand, TyperOption

from golden_image_cli.problems import WRONG_CALL, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer._click import Context, Parameter
    from typer._click.shell_completion import CompletionItem

Schema = dict[str, Any]

_SOURCE, _GROUP, _GO_BACK_TO = "sourceInstanceId", "autoScalingGroupName", "goBackTo"
# SOURCE and GROUP are no options, and a way back has a verb of its own.
_NO_OPTIONS = {_SOURCE, _GROUP, _GO_BACK_TO, "dryRun"}
_STATED = "golden_image_cli.stated_fields"


class WithFields(TyperCommand):
    """A verb that takes an option for each field of the input; `stated` answers them."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the call: with the options of those fields alone that it names, if it names no other option.

        All of them take longer to make than all else that the verb does before it calls AWS.
        """
        fields = {f"--{path}": (path, part) for path, part in _fields(schema())}
        named = {arg.partition("=")[0] for arg in args if arg.startswith("-")}
        own = {option for param in self.params for option in param.opts}
        wanted = fields.keys() & named if named <= fields.keys() | own else fields
        self.params += [_option(*fields[flag]) for flag in fields if flag in wanted]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Complete the options of all fields too."""
        there = {option for param in self.params for option in param.opts}
        self.params += [_option(path, part) for path, part in _fields(schema()) if f"--{path}" not in there]
        return super().shell_complete(ctx, incomplete)


@cache
def schema() -> Schema:
    """The schema of an input, as it was packed."""
    text = Path(__file__).with_name("data").joinpath("input.schema.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def made(
    context: Context,
    source: str | None,
    group: str | None,
    file: Path | None = None,
    go_back_to: int | str | None = None,
) -> dict[str, Any]:
    """The input that a call asks for: the file's, then what the call states beside it.

    Raises:
        Problem: the file is none, or source and group are not stated.
    """
    found = _read(file) if file else {}
    for path, value in context.meta.get(_STATED, {}).items():
        _put(found, path, value)
    properties = schema()["properties"]
    for name, value in ((_SOURCE, source), (_GROUP, group)):
        if value is not None:
            found[name] = _checked(properties[name], value, f"{name}: ")
    if go_back_to is not None:
        found[_GO_BACK_TO] = _checked(properties[_GO_BACK_TO], go_back_to, f"{_GO_BACK_TO}: ")
    if _SOURCE not in found and _GO_BACK_TO not in found:
        raise Problem(
            "No source is named: say SOURCE GROUP, or --input FILE with sourceInstanceId.", WRONG_CALL
        )
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"--input {file}: {error}", WRONG_CALL) from None
    if not isinstance(found, dict):
        raise Problem(f"--input {file}: is no JSON object", WRONG_CALL)
    return found


def _put(found: dict[str, Any], path: str, value: Any) -> None:
    *outer, name = path.split(".")
    for key in outer:
        inner = found.get(key)
        found[key] = found = dict(inner) if isinstance(inner, dict) else {}
    found[name] = value


def _fields(part: Schema, prefix: str = "") -> Iterator[tuple[str, Schema]]:
    """Each field that has a value of its own, by its path."""
    for name, field in part["properties"].items():
        path = f"{prefix}{name}"
        nested = "properties" in field
        if path not in _NO_OPTIONS and not (nested and _types(field) == {"object"}):
            yield path, field
        if nested:
            yield from _fields(field, f"{path}.")


def _types(field: Schema) -> set[str]:
    reference = field.get("$ref", "").removeprefix("#/definitions/")
    found = (schema()["definitions"][reference] if reference else field).get("type", [])
    return {found} if isinstance(found, str) else set(found)


def _option(path: str, field: Schema) -> Parameter:
    def keep(context: Context, _: Parameter, text: str | None) -> None:
        if text is not None:
            context.meta.setdefault(_STATED, {})[path] = _value(field, text)

    return TyperOption(
        param_decls=[f"--{path}"],
        type=str,
        metavar="|".join(map(_named, field.get("enum", sorted(_types(field))))),
        help=field["description"].partition(". ")[0].rstrip(".") + ".",
        callback=keep,
        expose_value=False,
    )


def _named(value: str | None) -> str:
    return value or "null"


def _value(field: Schema, text: str) -> Any:
    """The value that an option's text means for the field.

    Raises:
        BadParameter: it means none that the field takes.
    """
    types = _types(field)
    if "null" in types and text == "null":
        return None
    if "array" in types and not text.startswith("["):
        return [_scalar(field["items"], item) for item in text.split(",")]
    return _scalar(field, text)


def _scalar(field: Schema, text: str) -> Any:
    types = _types(field)
    if "string" in types:
        return _checked(field, text)
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    kinds: dict[str, Any] = {
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "object": dict,
        "array": list,
    }
    fits = any(isinstance(value, kinds[kind]) for kind in types - {"null"})
    if not fits or (isinstance(value, bool) and "boolean" not in types):
        raise BadParameter(f"takes {' or '.join(sorted(types))}. {field.get('description', '')}".strip())
    return _checked(field, value)


def _checked(field: Schema, value: Any, where: str = "") -> Any:
    """The value, if it is in the field's limits; all else is checked by the plan of the run."""
    too_low = isinstance(value, int | float) and value < field.get("minimum", value)
    too_high = isinstance(value, int | float) and value > field.get("maximum", value)
    unlike = isinstance(value, str) and not re.search(field.get("pattern", ""), value)
    if too_low or too_high or unlike or value not in field.get("enum", [value]):
        shown = "" if "x-secret" in field else f" {value!r} is none of its values."
        raise BadParameter(f"{where}{shown} {field.get('description', '')}".strip())
    return value
