"""Holds an answer against botocore's model of it: members, those that must be there, types and values.

botocore's own parser skips what it does not know and misses nothing, so no client would notice a difference.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# What AWS answers and its model lacks: the platform's "value is set to windows for Windows instances", and an
# internet gateway's state, which "is available when attached to a VPC".
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGatewayAttachment.html
_BESIDES = {"PlatformValues": {"windows"}, "AttachmentStatus": {"available"}}
# Enumerations that grow between two versions of botocore; moto's list of types is from AWS, and may be newer.
_GROWING = {"InstanceType", "SupportedAdditionalProcessorFeature"}


class WrongAnswer(Exception):
    """An answer that AWS would not give: a defect of moto's or of this world."""


def hold_against_model(operation: Any, body: str) -> None:
    """Raise WrongAnswer where the XML of an answer is not what the model of the operation says."""
    if found := list(faults(operation, body)):
        raise WrongAnswer(f"{operation.name} was answered with what is not in its model: {'; '.join(found)}")


def faults(operation: Any, body: str) -> Iterator[str]:
    """Everything in an answer that its model does not allow, each with its path."""
    root = ElementTree.fromstring(body)  # noqa: S314 - this world's own text
    if (name := _name(root)) != f"{operation.name}Response":
        yield f"{name}: no answer to {operation.name}"
    shape = operation.output_shape
    if shape is None:
        return
    members = [child for child in root if _name(child) not in ("requestId", "ResponseMetadata")]
    if wrapper := shape.serialization.get("resultWrapper"):
        if [_name(child) for child in members] != [wrapper]:
            yield f"{name}: one {wrapper} is wanted"
            return
        members = list(members[0])
    yield from _structure(shape, members, operation.name)


def _structure(shape: Any, children: list[Element], path: str) -> Iterator[str]:
    tags, seen = _tags(shape), set[str]()
    for child in children:
        tag = _name(child)
        if tag not in tags:
            yield f"{path}: {shape.name} has no {tag}"
            continue
        name, member = tags[tag]
        if name in seen:
            yield f"{path}.{name}: is there twice"
        seen.add(name)
        yield from _value(member, child, f"{path}.{name}")
    yield from (f"{path}.{name}: is missing" for name in shape.required_members if name not in seen)


def _value(shape: Any, node: Element, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _structure(shape, list(node), path)
    elif shape.type_name == "list":
        for number, child in enumerate(node):
            yield from _value(shape.member, child, f"{path}[{number}]")
    elif len(node):
        yield f"{path}: is no {shape.type_name}"
    elif not _is_of(shape, node.text or ""):
        yield f"{path}: {node.text!r} is no {shape.name} ({shape.type_name})"


def _is_of(shape: Any, text: str) -> bool:
    """Whether a text is one of the values of a scalar shape."""
    kind = shape.type_name
    if kind == "string":
        return (
            shape.name in _GROWING or text in (shape.enum or [text]) or text in _BESIDES.get(shape.name, ())
        )
    if kind == "boolean":
        return text in ("true", "false")
    if kind == "timestamp":
        return _TIME.fullmatch(text) is not None
    try:
        if kind == "blob":
            base64.b64decode(text, validate=True)
        elif kind in ("integer", "long"):
            int(text)
        else:
            float(text)
    except (ValueError, binascii.Error):
        return False
    return True


@cache
def _tags(shape: Any) -> dict[str, tuple[str, Any]]:
    """The name and the shape of each member of a structure, by its tag."""
    return {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}


def _name(node: Element) -> str:
    """A tag without its namespace."""
    return node.tag.rpartition("}")[2]
