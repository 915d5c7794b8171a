"""Holds an answer in JSON against botocore's model of it, as answer_model.py does with XML."""

from typing import Any

_PLAIN: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": (int, float),
    "list": list,
    "map": dict,
    "structure": dict,
}


def hold_json_against_model(operation: Any, result: dict[str, Any]) -> None:
    """Raise TypeError, with the path, where a result is not what the model of the operation says."""
    _hold(operation.output_shape, result, str(operation.name))


def _hold(shape: Any, value: Any, path: str) -> None:
    kind = shape.type_name
    wanted: Any = _PLAIN[kind]
    if not isinstance(value, wanted):
        raise TypeError(f"{path}: {value!r} is no {kind}")
    if kind == "structure":
        if unknown := sorted(value.keys() - shape.members.keys()):
            raise TypeError(f"{path}: {shape.name} has no {', '.join(unknown)}")
        for name, one in value.items():
            _hold(shape.members[name], one, f"{path}.{name}")
    elif kind == "list":
        for number, one in enumerate(value):
            _hold(shape.member, one, f"{path}[{number}]")
    elif kind == "map":
        for name, one in value.items():
            _hold(shape.value, one, f"{path}.{name}")
    elif kind == "string" and shape.enum and value not in shape.enum:
        raise TypeError(f"{path}: {value!r} is no {shape.name}")
