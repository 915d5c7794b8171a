"""Step Functions: what TestState takes as a mocked result and as a mocked context object.

A mocked result is held to the answer's shape in the service's API model; a context object to the fields that
Step Functions has.
https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session

if TYPE_CHECKING:
    from botocore.model import Shape

# Where an integration names a service otherwise than boto3 does.
_SERVICES = {"states": "stepfunctions", "sfn": "stepfunctions", "eventbridge": "events"}
_NUMBERS = {"integer", "long", "float", "double"}
_TYPES: dict[str, tuple[Any, str]] = {
    "structure": (dict, "an object"),
    "map": (dict, "an object"),
    "list": (list, "an array"),
    "boolean": (bool, "a boolean"),
    "string": (str, "a string"),
    "timestamp": (str, "a string"),
    "blob": (str, "a string"),
}
_CONTEXT: dict[str, dict[str, type]] = {
    "Execution": {
        "Id": str,
        "Input": object,
        "Name": str,
        "RoleArn": str,
        "StartTime": str,
        "RedriveCount": int,
        "RedriveTime": str,
    },
    "State": {"EnteredTime": str, "Name": str, "RetryCount": int},
    "StateMachine": {"Id": str, "Name": str},
    "Task": {"Token": str},
}
_WORDS: dict[type, str] = {str: "a string", int: "an integer"}


class Mismatch(ValueError):
    """A mock that TestState refuses; the message is AWS's."""


def check_result(resource: str, result: Any, strict: bool) -> None:
    """Hold a mocked result to the API model of a task's service.

    Args:
        resource: the task's Resource; nothing is checked where it is no integration with a modelled call.
        result: the mocked result.
        strict: required fields must be there.

    Raises:
        Mismatch: it does not conform.
    """
    service, _, action = resource.partition(":states:::")[2].removeprefix("aws-sdk:").partition(":")
    if shape := _answer_of(service, action.partition(".")[0]):
        _check(result, shape, "", strict)


def check_context(context: Any, resource: str) -> None:
    """Hold a context object to the fields that there are.

    Raises:
        Mismatch: a field that there is not, or one of another type.
    """
    if not isinstance(context, dict):
        raise _of_context("it must be an object")
    for part, fields in context.items():
        if part == "Map":
            raise _of_context("'Map' field is not supported when mocking a Context object")
        if part not in _CONTEXT:
            raise _of_context(f"Field '{part}' is not allowed")
        if not isinstance(fields, dict):
            raise _of_context(f"{part} must be an object")
        for name, value in fields.items():
            if name not in _CONTEXT[part]:
                raise _of_context(f"Field '{name}' is not allowed")
            wanted = _CONTEXT[part][name]
            if not isinstance(value, wanted):
                raise _of_context(f"{part}.{name} must be {_WORDS[wanted]}")
    if "Task" in context and not (".sync" in resource or ".waitForTaskToken" in resource):
        raise _of_context(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or "
            "'.waitForTaskToken' service integration pattern"
        )


def _of_context(what: str) -> Mismatch:
    return Mismatch(f"Invalid Context object provided: {what}")


@cache
def _answer_of(service: str, action: str) -> Shape | None:
    """The shape of an action's answer; None where boto3 knows no such service or action."""
    session = botocore.session.get_session()
    name = _SERVICES.get(service, service)
    if name not in session.get_available_services():
        return None
    model = session.get_service_model(name)
    operations = {operation.lower(): operation for operation in model.operation_names}
    found = operations.get(action.lower())
    return model.operation_model(found).output_shape if found else None


def _check(value: Any, shape: Any, field: str, strict: bool) -> None:
    kind = shape.type_name
    if kind in _NUMBERS:
        _check_number(value, shape, field)
        return
    wanted, word = _TYPES[kind]
    if not isinstance(value, wanted):
        raise _wrong(f"Field '{field}' must be {word}")
    if kind == "structure":
        _check_members(value, shape, strict)
    elif kind == "list":
        for item in value:
            _check(item, shape.member, field, strict)
    elif kind == "map":
        for item in value.values():
            _check(item, shape.value, field, strict)
    elif kind in {"string", "blob"}:
        _check_text(value, shape, field)


def _check_members(value: dict[str, Any], shape: Any, strict: bool) -> None:
    """Names are those of the API with a capital; a field that the model does not know is let through."""
    members = {_capital(name): member for name, member in shape.members.items()}
    for name in map(_capital, shape.required_members if strict else ()):
        if name not in value:
            raise _wrong(f"Required field '{name}' is missing")
    for name, item in value.items():
        if name in members:
            _check(item, members[name], name, strict)


def _check_text(value: str, shape: Any, field: str) -> None:
    if value not in (getattr(shape, "enum", None) or [value]):
        raise _wrong(f"Field '{field}' is not an expected value")
    if len(value) < shape.metadata.get("min", 0):
        raise _wrong(f"Field '{field}' is smaller than the minimum length")


def _check_number(value: Any, shape: Any, field: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(f"Field '{field}' must be a number")
    if value < shape.metadata.get("min", value):
        raise _wrong(f"Field '{field}' is less than the minimum value")
    if value > shape.metadata.get("max", value):
        raise _wrong(f"Field '{field}' exceeds the maximum value")


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


def _wrong(what: str) -> Mismatch:
    return Mismatch(f"Mock result schema validation error: {what}")
