"""Step Functions: the events of a history as AWS writes them.

Each names the event before it on its own path, and says whether its data is cut; data is compact JSON; a task
that runs out of time has TaskTimedOut; an expression that fails has EvaluationFailed and a cause that names
state, expression and field; an exit has the variables that the state assigned.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions as states

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED_EVALUATION = "States.QueryEvaluationError"
_NOTHING = "JSONata expression did not return a result: "
_WHOLE = {"truncated": False}

_minis_add_event = states._add_event
_minis_evaluate = states._evaluate_jsonata
_minis_arguments = states._apply_jsonata_arguments
_minis_output = states._apply_jsonata_output
_minis_task = states._execute_task

# Of the thread that an execution or one of its branches has.
_previous: ContextVar[int] = ContextVar("previous", default=0)
# The name of the state, and the number of the event that says that it was entered.
_entered: ContextVar[tuple[str, int]] = ContextVar("entered")
_task: ContextVar[dict[str, Any]] = ContextVar("task")
# The field that is evaluated: `Output/result`.
_field: ContextVar[str] = ContextVar("field", default="")
_failed_field: ContextVar[str] = ContextVar("failed_field", default="")
_assigned: ContextVar[dict[str, Any] | None] = ContextVar("assigned", default=None)
_numbers = threading.Lock()


def install() -> None:
    """Put this module's functions in the place of MiniStack's."""
    states._execute_task = _execute_task
    states._evaluate_jsonata = _evaluate
    states._apply_jsonata_template = _apply_template
    states._apply_jsonata_arguments = _in_field("Arguments", _minis_arguments)
    states._apply_jsonata_output = _in_field("Output", _minis_output)
    states._jsonata_state_field = _state_field


def add(execution: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> Any:
    """Add an event to an execution's history.

    Args:
        execution: MiniStack's record of it.
        kind: such as `TaskScheduled`.
        details: the event's details by their field, such as `taskScheduledEventDetails`.
    """
    told: dict[str, Any] = next(iter((details or {}).values()), {})
    if kind == "TaskFailed" and told["error"] == FAILED_EVALUATION:
        kind, told = "EvaluationFailed", evaluation_failed(told["cause"])
        details = {"evaluationFailedEventDetails": told}
    kind, details = _as_aws(execution, kind, told, details)
    if details and told.get("resource", "").startswith("arn:aws:lambda:") and kind.startswith("Task"):
        kind, details = _of_function(kind, told)
    with _numbers:
        previous = _previous.get()
        event = _minis_add_event(execution, kind, details)
    event["previousEventId"] = previous
    _previous.set(event["id"])
    if kind.endswith("StateEntered"):
        enter(told["name"], event["id"])
    return event


def enter(name: str, number: int) -> None:
    """What follows on this thread happens in the state of that name, entered at the event of that number."""
    _entered.set((name, number))
    _assigned.set(None)
    _failed_field.set("")


def note_parameters(execution: dict[str, Any], arguments: Any) -> None:
    """Give the event that says that the current task was scheduled the task's parameters."""
    scheduled = next(event for event in reversed(execution["events"]) if event["type"].endswith("Scheduled"))
    if scheduled["type"] == "TaskScheduled":
        scheduled["taskScheduledEventDetails"]["parameters"] = _json(arguments)
    else:
        told = {"input": _json(arguments), "inputDetails": _WHOLE}
        scheduled["lambdaFunctionScheduledEventDetails"] |= told


def begun(execution: dict[str, Any]) -> None:
    """Complete an execution's first event, which MiniStack writes with the execution."""
    first = execution["events"][0]
    first["previousEventId"] = 0
    first["executionStartedEventDetails"]["inputDetails"] = _WHOLE


def evaluation_failed(cause: str) -> dict[str, Any]:
    """The details of the event of an expression that failed in the current state."""
    location = {"location": _failed_field.get()} if _failed_field.get() else {}
    return {"cause": cause, "error": FAILED_EVALUATION, "state": _entered.get()[0], **location}


def placed(cause: str) -> str:
    """A cause that begins with the current state, as that of an error of Step Functions' own."""
    name, number = _entered.get(("", 0))
    place = f"An error occurred while executing the state '{name}' (entered at the event id #{number}). "
    return cause if cause.startswith(place) else place + cause


def note_assigned(values: dict[str, Any]) -> None:
    """Remember what the state assigned, for the event of its exit."""
    _assigned.set(values)


def _as_aws(
    execution: dict[str, Any], kind: str, told: dict[str, Any], details: dict[str, Any] | None
) -> tuple[str, dict[str, Any] | None]:
    for name in ("input", "output"):
        if name in told:
            told[name] = _compact(execution, told[name])
            told[f"{name}Details"] = _WHOLE
    for name in ("error", "cause"):
        if name in told and not told[name]:
            del told[name]
    if kind.endswith("StateExited") and (values := _assigned.get()):
        told["assignedVariables"] = {name: _json(value) for name, value in values.items()}
        told["assignedVariablesDetails"] = _WHOLE
    if kind == "TaskScheduled":
        told["region"] = states.get_region()
        limits = {"timeoutInSeconds": "TimeoutSeconds", "heartbeatInSeconds": "HeartbeatSeconds"}
        told |= {name: _task.get()[field] for name, field in limits.items() if field in _task.get()}
    if kind == "TaskFailed" and told.get("error") == "States.Timeout":
        told.pop("cause", None)
        return "TaskTimedOut", {"taskTimedOutEventDetails": told}
    if kind == "ExecutionSucceeded":
        execution["output"] = told["output"]
    return kind, details


def _of_function(kind: str, told: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """The event of a task whose Resource is a function's ARN."""
    kept = {"TaskScheduled": ("resource", "timeoutInSeconds"), "TaskStarted": ()}.get(
        kind, ("error", "cause", "output", "outputDetails")
    )
    kind = kind.replace("Task", "LambdaFunction")
    field = kind[0].lower() + kind[1:] + "EventDetails"
    return kind, {field: {name: told[name] for name in kept if name in told}} if kept else None


def _compact(execution: dict[str, Any], data: str) -> str:
    """JSON without spaces; what is still the execution's input stays as it was given."""
    value = json.loads(data)
    return str(execution["input"]) if value == json.loads(execution["input"]) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _execute_task(state: dict[str, Any], *more: Any) -> Any:
    _task.set(state)
    return _minis_task(state, *more)


@contextmanager
def within(part: str) -> Iterator[None]:
    """Evaluate a field, or a part of the field that is evaluated."""
    outer = _field.get()
    before = _field.set(f"{outer}/{part}" if outer else part)
    try:
        yield
    finally:
        _field.reset(before)


def _in_field(name: str, apply: Any) -> Any:
    def applied(*arguments: Any, **more: Any) -> Any:
        with within(name):
            return apply(*arguments, **more)

    return applied


def _state_field(state: dict[str, Any], field: str, expected: str, *more: Any) -> Any:
    _failed_field.set(field)
    with within(field):
        value = _apply_template(state[field], *more)
    told = states._json_type(value)
    if told == expected:
        return value
    expression = str(state[field])[2:-2].strip()
    what = f"The JSONata expression '{expression}' specified for the field '{field}' returned an unexpected "
    what += f"result type. Expected '{expected}', but was '{told}' for value: {_json(value)}"
    raise states._ExecutionError(FAILED_EVALUATION, placed(what))


def _apply_template(value: Any, *more: Any, **named: Any) -> Any:
    """Evaluate all expressions of a value, each with its place in the field."""
    if isinstance(value, dict):
        return {key: _apply_part(key, item, *more, **named) for key, item in value.items()}
    if isinstance(value, list):
        return [_apply_template(item, *more, **named) for item in value]
    if isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
        return states._evaluate_jsonata(value[2:-2].strip(), *more, **named)
    return value


def _apply_part(key: str, item: Any, *more: Any, **named: Any) -> Any:
    with within(key):
        return _apply_template(item, *more, **named)


def _evaluate(expression: str, *more: Any, **named: Any) -> Any:
    try:
        return _minis_evaluate(expression, *more, **named)
    except states._ExecutionError as error:
        what = f"The JSONata expression '{expression}' specified for the field '{_field.get()}' "
        if error.cause.startswith(_NOTHING):
            what += "returned nothing (undefined)."
        else:
            what += f"threw an error during evaluation. {error.cause}"
        _failed_field.set(_field.get())
        raise states._ExecutionError(FAILED_EVALUATION, placed(what)) from None
