"""Step Functions: a request for TestState, checked as AWS checks it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as states

from sandbox.ministack import mocks

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
_MOCKED_TYPES = ("Task", "Parallel", "Map")
# Where the definition is that of one state.
_NAME = "StateName"
_INVALID = "InvalidDefinition"
_VALIDATION = "ValidationException"
_WITHOUT_MOCK = (
    "TestState API does not support Map or Parallel states. "
    "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
)


class Refused(Exception):
    """The request is refused: with an error code of the API, and a message."""

    def __init__(self, message: str, code: str = _VALIDATION) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class StateRequest:
    """One request: a state, and what it is given."""

    state: dict[str, Any]
    name: str
    alone: bool
    """The definition is that of the state, not of a state machine."""
    state_input: Any
    context: dict[str, Any]
    """The context object, with the variables and the query language in it, as MiniStack has them."""
    data: dict[str, Any]

    @classmethod
    def of(cls, data: dict[str, Any]) -> StateRequest:
        """The request of these fields of the API.

        Raises:
            Refused: it has a field that AWS refuses.
        """
        definition = _object(data.get("definition", ""), _INVALID, "Invalid State Machine Definition")
        name = data.get("stateName", _NAME)
        alone = "stateName" not in data
        state = definition if alone else dict(_states(definition)).get(name)
        if state is None:
            raise Refused("State not found in definition")
        try:
            _check(state, name, data)
            state_input = _loaded(data.get("input", "{}"), "InvalidExecutionInput", "Invalid input")
            context = _context(data, name, state, state_input)
        except mocks.Mismatch as mismatch:
            raise Refused(str(mismatch)) from None
        context["QueryLanguage"] = definition.get("QueryLanguage", "JSONPath")
        context["variables"] = _object(data.get("variables", "{}"), _VALIDATION, "Invalid variables")
        return cls(state, name, alone, state_input, context, data)


def _loaded(text: str, code: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused(f"{what}: {error}", code) from None


def _object(text: str, code: str, what: str) -> dict[str, Any]:
    value = _loaded(text, code, what)
    if not isinstance(value, dict):
        raise Refused(f"{what}: it is no JSON object", code)
    return value


def _states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each state of a definition by its name, those within a Map or a Parallel too."""
    for name, state in definition.get("States", {}).items():
        yield name, state
        for inner in (state.get("ItemProcessor"), state.get("Iterator"), *state.get("Branches", [])):
            yield from _states(inner or {})


def _check(state: dict[str, Any], name: str, request: dict[str, Any]) -> None:
    kind = state.get("Type")
    if kind not in _TYPES:
        what = f"The field 'Type' should have one of these values: [{', '.join(_TYPES)}]"
        what += f" at /States/{name}/Type"
        raise Refused(f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {what}'", _INVALID)
    if "mock" in request:
        _check_mock(request["mock"], state, request)
    elif "mapIterationFailureCount" in request.get("stateConfiguration", {}):
        raise Refused("TestState does not support MapIterationFailureCount when a mock is not specified.")
    elif "context" in request:
        raise Refused("TestState does not support Context when a mock is not specified.")
    elif kind == "Task" and "roleArn" not in request:
        raise Refused("RoleArn must be specified when testing a Task state")
    if kind in ("Map", "Parallel"):
        raise Refused(_WITHOUT_MOCK, _INVALID)


def _check_mock(mock: dict[str, Any], state: dict[str, Any], request: dict[str, Any]) -> None:
    if state["Type"] not in _MOCKED_TYPES:
        raise Refused(f"State type '{state['Type']}' is not supported when a mock is specified")
    if request.get("revealSecrets"):
        raise Refused("TestState does not support RevealSecrets when a mock is specified.")
    if {"result", "errorOutput"} <= mock.keys():
        raise Refused("A test mock should have only one of the following fields: [result, errorOutput].")
    if "result" in mock:
        try:
            result = json.loads(mock["result"])
        except ValueError:
            raise Refused("Mocked result must be valid JSON") from None
        mode = mock.get("fieldValidationMode", "STRICT")
        if mode != "NONE":
            mocks.check_result(state.get("Resource", ""), result, strict=mode == "STRICT")


def _context(request: dict[str, Any], name: str, state: dict[str, Any], state_input: Any) -> dict[str, Any]:
    """The context object: the mocked one as it is, else one of an execution that is made up."""
    if "context" in request:
        given = _loaded(request["context"], _VALIDATION, "Invalid Context object provided")
        mocks.check_context(given, state.get("Resource", ""))
        return dict(given)
    machine, execution = str(uuid.uuid4()), str(uuid.uuid4())
    prefix = f"arn:aws:states:{states.get_region()}:{states.get_account_id()}"
    counted = {"RetryCount": 0} if state["Type"] == "Task" else {}
    return {
        "Execution": {
            "Id": f"{prefix}:express:{machine}:{execution}",
            "Input": state_input,
            "Name": execution,
            "RoleArn": request.get("roleArn"),
            "StartTime": now_iso(),
        },
        "StateMachine": {"Id": f"{prefix}:stateMachine:{machine}", "Name": machine},
        "State": {"Name": name, "EnteredTime": now_iso()} | counted,
    }
