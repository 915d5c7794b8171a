"""Writes the XML of an answer straight from botocore's output shape and moto's models.

moto's serializer finds each member through a chain of aliases and builds the document twice; that takes 3 ms
for one instance. This one asks moto for the aliases once per shape and class and then only walks.
"""

import base64
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

from moto.core.serialize import AttributePickerContext, TimestampSerializer, XFormedAttributePicker

if TYPE_CHECKING:
    from collections.abc import Callable

_MISSING = object()


class _Member(NamedTuple):
    tag: str
    shape: Any
    names: tuple[str, ...]
    transform: "Callable[[Any], Any] | None"
    path: str


class XmlAnswer:
    """Writes answers of the protocols `ec2` and `query`.

    `transformers` are moto's: the end of a path through the shapes, and what to make of the value there.
    """

    def __init__(self, protocol: str, transformers: "dict[str, Callable[[Any], Any]]") -> None:
        self._ec2 = protocol == "ec2"
        self._transformers = transformers
        self._plans: dict[tuple[str, str, type], list[_Member]] = {}
        self._timestamps = TimestampSerializer("iso8601_zeroed" if self._ec2 else "iso8601")

    def document(self, operation: Any, result: object, request_id: str) -> str:
        """The whole answer to a call of `operation` (a botocore operation model)."""
        out: list[str] = []
        shape = operation.output_shape
        if shape is not None and result is not None:
            self._structure(out, shape, result, f"{operation.name}.{shape.name}")
        inner = "".join(out)
        name = operation.name
        xmlns = operation.service_model.metadata.get("xmlNamespace") or (
            f"http://{operation.service_model.endpoint_prefix}.amazonaws.com/doc/{operation.service_model.api_version}/"
        )
        if self._ec2:
            body = f"<requestId>{request_id}</requestId>{inner}"
        else:
            wrapper = shape.serialization.get("resultWrapper", f"{name}Result") if shape is not None else None
            body = f"<{wrapper}>{inner}</{wrapper}>" if wrapper else ""
            body += f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        return f'{head}<{name}Response xmlns="{xmlns}">{body}</{name}Response>'

    def _structure(self, out: list[str], shape: Any, value: Any, path: str) -> None:
        plan = self._plans.get((path, shape.name, type(value)))
        if plan is None:
            plan = self._compile(shape, value, path)
            self._plans[(path, shape.name, type(value))] = plan
        subscript = hasattr(value, "__getitem__")
        for member in plan:
            found: Any = _MISSING
            for name in member.names:
                found = _item(value, name) if subscript else getattr(value, name, _MISSING)
                if found is not _MISSING:
                    break
            if found is _MISSING:
                found = None
            if member.transform is not None:
                found = member.transform(found)
            if found is not None:
                self._value(out, member.tag, member.shape, found, member.path)

    def _compile(self, shape: Any, value: Any, path: str) -> list[_Member]:
        picker = XFormedAttributePicker()
        plan = []
        for key, member_shape in shape.members.items():
            member_shape.parent = shape
            context = AttributePickerContext(obj=value, key=key, shape=member_shape)
            names = tuple(dict.fromkeys(picker.get_possible_keys(context)))
            transform = next(
                (made for end, made in self._transformers.items() if f"{path}.{key}".endswith(end)), None
            )
            tag = member_shape.serialization.get("name", key)
            plan.append(_Member(tag, member_shape, names, transform, f"{path}.{key}"))
        return plan

    def _value(self, out: list[str], tag: str, shape: Any, value: Any, path: str) -> None:
        kind = shape.type_name
        if kind == "structure":
            out.append(f"<{tag}>")
            self._structure(out, shape, value, path)
            out.append(f"</{tag}>")
        elif kind == "list":
            item = shape.member.serialization.get("name", "item" if self._ec2 else "member")
            out.append(f"<{tag}>")
            for element in value:
                if element is not None:
                    self._value(out, item, shape.member, element, f"{path}.{shape.member.name}")
            out.append(f"</{tag}>")
        else:
            out.append(f"<{tag}>{self._text(kind, shape, value)}</{tag}>")

    def _text(self, kind: str, shape: Any, value: Any) -> str:
        if kind == "boolean":
            return "true" if value is True or str(value).lower() == "true" else "false"
        if kind in ("integer", "long"):
            return str(int(value))
        if kind == "timestamp":
            wrapper: dict[str, str] = {}
            self._timestamps.serialize(wrapper, value, shape, "t")
            return wrapper["t"]
        if kind == "blob":
            return base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode()
        if kind == "map":
            raise NotImplementedError(f"{shape.name}: a map in an XML answer")
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return escape(str(value))


def _item(value: Any, name: str) -> Any:
    try:
        return value[name]
    except (KeyError, IndexError, TypeError, AttributeError):
        return _MISSING
