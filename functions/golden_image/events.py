"""Frozen dataclasses to the workflow's camelCase JSON and back, and what a step's event holds."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from golden_image.errors import FieldError, InvalidInput

# What the fields of events hold, by name; those that are not here are told by the handler's from_event.
_KINDS: dict[str, Any] = {
    **dict.fromkeys(("run", "instanceId", "imageId", "groupName", "rollout"), str),
    **dict.fromkeys(("waited", "limit"), int),
    **dict.fromkeys(("volumeIds", "snapshotIds"), list[str]),
    "snapshots": list[Any],
    "tags": dict[str, str],
    "userData": str | None,
}


class Fields(dict[str, Any]):
    """A step's event; a field that is missing, or is not what its name says, is InvalidInput."""

    def __getitem__(self, key: str) -> Any:
        """The field, as the workflow or a person at the command line gave it."""
        if key not in self:
            raise _wrong(key, "is missing")
        return _build(_KINDS.get(key, Any), super().__getitem__(key), key)


def fields_of(event: object) -> Fields:
    """An event as its fields.

    Raises:
        InvalidInput: it is no object.
    """
    return Fields(_checked(dict, event, ""))


@cache
def camel(name: str) -> str:
    """`kms_key_id` as `kmsKeyId`, the spelling of events and of the input."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def to_event(value: object) -> Any:
    """A domain value as JSON-ready data; a dataclass becomes an object with camelCase keys."""
    if is_dataclass(value) and not isinstance(value, type):
        return {camel(f.name): to_event(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {key: to_event(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_event(item) for item in value]
    return value


def from_event[T](kind: type[T], data: Any) -> T:
    """The dataclass `kind` from its event, inverse to to_event; a missing key takes the default.

    Raises:
        InvalidInput: names the part that is missing or of another type.
    """
    return _build(kind, data, "")  # type: ignore[no-any-return]


def _build(kind: Any, data: Any, field: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if data is None else _build(next(a for a in args if a is not NoneType), data, field)
    if origin in {tuple, list}:
        items = _checked(list, data, field)
        return origin(_build(args[0], item, f"{field}[{number}]") for number, item in enumerate(items))
    if origin is dict:
        items = _checked(dict, data, field).items()
        return {key: _build(args[1], item, f"{field}.{key}") for key, item in items}
    if is_dataclass(kind):
        return _build_object(kind, _checked(dict, data, field), field)
    return _checked(kind, data, field)


def _build_object(kind: Any, data: dict[str, Any], field: str) -> Any:
    hints, given = get_type_hints(kind), {}
    for one in fields(kind):
        key = camel(one.name)
        path = f"{field}.{key}" if field else key
        if key in data:
            given[one.name] = _build(hints[one.name], data[key], path)
        elif one.default is MISSING:
            raise _wrong(path, "is missing")
    return kind(**given)


def _checked(kind: Any, data: Any, field: str) -> Any:
    """The value, where it is of that JSON type; JSON knows no difference between 8 and 8.0."""
    if kind is int and isinstance(data, float) and data.is_integer():
        return int(data)
    accepted = int | float if kind is float else kind
    if kind is not Any and (not isinstance(data, accepted) or (kind is not bool and isinstance(data, bool))):
        raise _wrong(field, f"must be of the type {kind.__name__}, found {type(data).__name__}")
    return data


def _wrong(field: str, message: str) -> InvalidInput:
    """A message that UTF-8 can hold."""
    return InvalidInput([FieldError(field.encode("utf-8", "backslashreplace").decode()[:200], message)])
