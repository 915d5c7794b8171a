"""input.schema.json, the one place of an input's fields, limits and defaults, and a value held against it.

Objects are walked here, so that each wrong field gets an entry of its own; a single value is checked by
fastjsonschema, compiled only for the fields that an input has (the whole schema takes it 50 ms).
"""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastjsonschema

from golden_image.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A longer list of wrong fields would not help.
_MOST_ERRORS = 100


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The schema, decoded."""
    text = Path(__file__).with_name("input.schema.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def properties(section: str) -> dict[str, Any]:
    """The schemas of a section's fields, such as those of `group`."""
    return schema()["properties"][section]["properties"]  # type: ignore[no-any-return]


def wrong_fields(value: object, field: str = "") -> list[FieldError]:
    """Each field that breaks the schema; value is a whole input, or that of the one field."""
    part = schema()["properties"][field] if field else schema()
    return list(islice(_wrong_fields(part, value, field), _MOST_ERRORS))


def completed(value: Any, part: dict[str, Any] | None = None) -> Any:
    """A valid input with the schema's defaults filled in; a null that is stated stays."""
    if value is None or isinstance(value, bool):
        return value
    part = schema() if part is None else part
    if "properties" in part:
        defaults = {key: field["default"] for key, field in part["properties"].items() if "default" in field}
        return {key: completed(item, part["properties"][key]) for key, item in (defaults | value).items()}
    # JSON Schema counts 900.0 as an integer; AWS's parameters do not.
    return int(value) if "integer" in types(part) and not isinstance(value, str) else value


def types(part: dict[str, Any]) -> list[str]:
    """The JSON types that a field takes; none where a definition says so."""
    found = part.get("type", [])
    return [found] if isinstance(found, str) else found


def _wrong_fields(part: dict[str, Any], value: object, path: str) -> Iterator[FieldError]:
    if "properties" not in part:
        yield from _wrong_values(part, value, path)
        return
    allowed = types(part)
    if (value is None and "null" in allowed) or (isinstance(value, bool) and "boolean" in allowed):
        return
    if not isinstance(value, dict):
        # Text in its place may be the whole input, user data and all.
        wanted = "a boolean or an object" if "boolean" in allowed else "an object"
        yield FieldError(path, f"must be {wanted}, found {_kind(value)}")
        return
    part = _chosen(part, value)
    known = part["properties"]
    allowed = part.get("propertyNames", {}).get("enum", known)
    for key in sorted(map(str, value.keys() - known.keys())):
        near = get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        yield FieldError(_join(path, key), f"is not a field of the input; {hint}")
    for key in part.get("required", ()):
        if key not in value:
            yield FieldError(_join(path, key), f"is required: {known[key]['description']}")
    for key, field in known.items():
        if key in value and key not in allowed:
            yield FieldError(
                _join(path, key), f"is not allowed with goBackTo; allowed here: {', '.join(allowed)}"
            )
        elif key in value:
            yield from _wrong_fields(_resolved(field), value[key], _join(path, key))


def _chosen(part: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """A part with what its `if`, which looks for fields that are there, adds for this value."""
    if "if" not in part:
        return part
    branch = part["then" if all(key in value for key in part["if"]["required"]) else "else"]
    more = branch.get("properties", {})
    fields = {key: {**field, **more.get(key, {})} for key, field in part["properties"].items()}
    return {**part, **branch, "properties": fields}


def _wrong_values(field: dict[str, Any], value: object, path: str) -> Iterator[FieldError]:
    try:
        _validator(path, field)(value)
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
        measured = len(value.encode()) if isinstance(value, str) else size
        if measured > field.get("x-maxBytes", measured):
            yield FieldError(path, f"must be at most {field['x-maxBytes']} bytes in UTF-8")
    except fastjsonschema.JsonSchemaValuesException as invalid:
        for error in invalid.errors:
            yield from _explained(error, field, path + error.name.removeprefix("data"))
    except UnicodeEncodeError:
        yield FieldError(path, "must be text, found an unpaired surrogate in it")
    except (ValueError, RecursionError):
        yield FieldError(path, "must be a JSON value, found NaN, an infinity or too deep nesting")


def _explained(error: Any, field: dict[str, Any], path: str) -> Iterator[FieldError]:
    if error.rule == "additionalProperties":
        allowed = "|".join(field["patternProperties"])
        for key in (str(key) for key in error.value if not re.search(allowed, str(key))):
            yield FieldError(_join(path, key), f"is not an allowed key. {field['description']}")
        return
    rule = error.message.removeprefix(error.name).strip()
    example = f"; for example {json.dumps(field['examples'][0])}" if "examples" in field else ""
    found = _kind(error.value) if field.get("x-secret") else _shown(error.value)
    yield FieldError(_text(path), _text(f"{rule}, found {found}{example}", 500))


def _resolved(field: dict[str, Any]) -> dict[str, Any]:
    reference = field.get("$ref", "").removeprefix("#/definitions/")
    return schema()["definitions"][reference] if reference else field


_validators: dict[str, Callable[[object], object]] = {}


def _validator(path: str, field: dict[str, Any]) -> Callable[[object], object]:
    if path not in _validators:
        _validators[path] = fastjsonschema.compile(field, use_default=False, fast_fail=False)
    return _validators[path]


def _kind(value: object) -> str:
    """What a value that may be secret is, without the value."""
    if isinstance(value, str):
        return f"text of {len(value)} characters"
    named = {dict: "an object", list: "an array", bool: "a boolean", type(None): "null"}
    return named.get(type(value), "a number")


def _shown(value: object) -> str:
    """A value for a message: short, and never an error itself."""
    if isinstance(value, dict | list):
        return _kind(value)
    if isinstance(value, int) and abs(value) > 10**20:
        return "a huge number"
    return _text(json.dumps(value, ensure_ascii=False, default=repr))


def _join(path: str, key: str) -> str:
    return _text(f"{path}.{key}" if path else key)


def _text(text: str, limit: int = 200) -> str:
    """Text that UTF-8 can hold, cut to the limit."""
    text = text[:limit] + "…" if len(text) > limit else text
    return text.encode("utf-8", "backslashreplace").decode()
