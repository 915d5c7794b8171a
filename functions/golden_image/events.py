"""Frozen dataclasses to the workflow's camelCase JSON and back."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints


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
    """The dataclass `kind` from its event, inverse to to_event; a missing key takes the default."""
    return _build(kind, data)  # type: ignore[no-any-return]


def _build(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin is UnionType:
        if data is None:
            return None
        return _build(next(arg for arg in get_args(kind) if arg is not NoneType), data)
    if origin is tuple:
        return tuple(_build(get_args(kind)[0], item) for item in data)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        make: Any = kind
        return make(**{f: _build(hint, data[camel(f)]) for f, hint in hints.items() if camel(f) in data})
    return data
