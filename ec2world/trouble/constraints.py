"""What botocore's models say that a call may carry: shortest, longest, least, most, and patterns.

Before it sends a call, botocore itself holds it only against the lower limits. A pattern is one of the whole
text. Not judged are the lengths of bytes, and patterns that Python's `re` does not know, most of them with
Unicode classes (`\\p{L}`): those of tags in load balancing, IAM and Systems Manager.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ec2world.wire.call import Call

# By protocol: the codes with which a service refuses such a call.
_CODES = {"ec2": "InvalidParameterValue", "query": "ValidationError"}
_JSON_CODE = "ValidationException"
# EC2 refuses these as InvalidAMIName.Malformed (ec2/image_store.py).
_WITH_OWN_CODE = ("RegisterImage.Name", "CreateImage.Name", "CopyImage.Name")
_NUMBERS = ("integer", "long", "float", "double")
# The characters beyond 16 bits, as the models write them: two ranges of UTF-16.
_PAIRS, _BEYOND = r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"


def broken_constraints(call: Call) -> Iterator[tuple[str, str]]:
    """The code and message for each constraint that a call breaks."""
    if call.operation is None or call.operation.input_shape is None:
        return
    code = _CODES.get(call.protocol, _JSON_CODE)
    for path, said in _broken(call.operation.input_shape, call.params, call.action):
        if path in _WITH_OWN_CODE:
            continue
        yield code, f"Value at '{path}' failed to satisfy constraint: {said}"


def _broken(shape: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The path and the constraint of everything in a value that breaks one."""
    if isinstance(value, list | dict | str) and shape.type_name in ("list", "map", "string"):
        yield from _out_of_range(shape, len(value), path, "length")
    for name, member, one in _parts(shape, value):
        yield from _broken(member, one, f"{path}{name}")
    if shape.type_name in _NUMBERS and isinstance(value, int | float):
        yield from _out_of_range(shape, value, path, "value")
    pattern = _pattern(shape.metadata.get("pattern", ""))
    if pattern and isinstance(value, str) and not pattern.fullmatch(value):
        yield path, f"Member must satisfy regular expression pattern: {pattern.pattern}"


def _parts(shape: Any, value: Any) -> Iterator[tuple[str, Any, Any]]:
    """The members of a structure, a list or a map: how each adds to the path, its shape and its value."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield f".{name}", member, value[name]
    elif shape.type_name == "list" and isinstance(value, list):
        yield from ((f"[{number}]", shape.member, one) for number, one in enumerate(value))
    elif shape.type_name == "map" and isinstance(value, dict):
        yield from (("'s keys", shape.key, key) for key in value)
        yield from ((f".{key}", shape.value, one) for key, one in value.items())


def _out_of_range(shape: Any, size: float, path: str, what: str) -> Iterator[tuple[str, str]]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield path, f"Member must have {what} greater than or equal to {least}; it has {size}"
    if most is not None and size > most:
        yield path, f"Member must have {what} less than or equal to {most}; it has {size}"


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """The pattern of a model; None where it has none, or one that Python does not know."""
    try:
        return re.compile(text.replace(_PAIRS, _BEYOND), re.ASCII) if text else None
    except re.error:
        return None
