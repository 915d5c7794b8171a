"""Values as the workflow's camelCase JSON and back, and a function's arguments from an event."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from golden_image.errors import FieldError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@cache
def camel(name: str) -> str:
    """`kms_key_id` as `kmsKeyId`, the spelling of events and of the input; `input_` is `input`."""
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


def arguments(function: Callable[..., object], event: object) -> dict[str, Any]:
    """The arguments of a function from an event: the parameter `instance_id` from the key `instanceId`.

    Each is built as its annotation says; a key that is missing leaves the parameter its default.

    Raises:
        InvalidInput: names the part that is missing or of another type.
    """
    return _built(_parameters(function), event, "")


@cache
def _parameters(function: Callable[..., object]) -> dict[str, tuple[Any, bool]]:
    """The type of each parameter, and whether it has a default."""
    hints, parameters = get_type_hints(function), inspect.signature(function).parameters.values()
    return {one.name: (hints[one.name], one.default is not one.empty) for one in parameters}


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """The type of each field of a dataclass, and whether it has a default."""
    hints = get_type_hints(kind)
    return {one.name: (hints[one.name], _has_default(one)) for one in fields(kind)}


def _has_default(one: Field[Any]) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


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
        return _build_object(kind, data, field)
    return _checked(kind, data, field)


def _build_object(kind: Any, data: Any, field: str) -> Any:
    return kind(**_built(_fields(kind), data, field))


def _built(wanted: Mapping[str, tuple[Any, bool]], data: Any, field: str) -> dict[str, Any]:
    """Values by name from the object's keys; `wanted` has the type of each, and whether it may be missing."""
    given = _checked(dict, data, field)
    values = {}
    for name, (kind, optional) in wanted.items():
        key = camel(name)
        path = f"{field}.{key}" if field else key
        if key in given:
            values[name] = _build(kind, given[key], path)
        elif not optional:
            raise _wrong(path, "is missing")
    return values


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
