"""Step Functions: executions that a state machine starts itself, by `states:startExecution`.

A child is an execution like any other: it is started by StartExecution, has its own history, role, time-out
and status events. MiniStack runs it within its parent instead, and loses the error of one that fails.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

import json
import threading
from typing import Any

from ministack.services import stepfunctions as states

from sandbox.ministack import executions
from sandbox.ministack.integrations import refusal
from sandbox.ministack.scale import REAL_SCALE

# The errors of StartExecution that its model names. Any other, such as a denial or throttling, is an
# AWSStepFunctionsException.
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html, `Errors`
_MODELED = {
    "ExecutionAlreadyExists",
    "ExecutionLimitExceeded",
    "InvalidArn",
    "InvalidExecutionInput",
    "InvalidName",
    "StateMachineDeleting",
    "StateMachineDoesNotExist",
}
# Set in an execution whose end does not reach its children; see faults.py.
CHILDREN_GO_ON = "childrenGoOn"
_OVER = "over"

# Notified of the end of each execution.
_ends = threading.Condition()
# `seconds`: the time-out of the task that this thread waits in, in real seconds. No child's thread has it.
_own = threading.local()


def install() -> None:
    """Put this module's functions in the place of MiniStack's."""
    states._invoke_nested_start_execution = _start
    states._invoke_nested_start_execution_sync = _run
    states._invoke_resource_with_timeout = _invoke_with_timeout
    states._emit_execution_status_event = _emit


_minis_invoke_with_timeout = states._invoke_resource_with_timeout
_minis_emit = states._emit_execution_status_event


def run_of(execution: dict[str, Any]) -> dict[str, Any]:
    """The run that an execution belongs to: the one whose ARN its input has as `run`, else itself."""
    given = json.loads(execution["input"])
    run = given.get("run") if isinstance(given, dict) else None
    return states._executions.get(run) or execution if isinstance(run, str) else execution


def begin(request: dict[str, Any]) -> str:
    """Call StartExecution, and answer the child's ARN.

    The same name and input as a child that is open joins that child.
    """
    status, _, body = states._start_execution(request)
    answer = json.loads(body)
    if status >= 400:
        code, message = answer["__type"], answer["message"]
        raise states._ExecutionError(error_name(code), refusal(message, "AWSStepFunctions", status, code))
    arn: str = answer["executionArn"]
    return arn


def error_name(code: str) -> str:
    """The name that a task's error has for a code of StartExecution's."""
    return f"StepFunctions.{code if code in _MODELED else 'AWSStepFunctions'}Exception"


def _request(arguments: dict[str, Any]) -> dict[str, Any]:
    named = {"name": arguments["Name"]} if "Name" in arguments else {}
    given = {} if arguments.get("Input") is None else arguments["Input"]
    return {"stateMachineArn": arguments["StateMachineArn"], "input": _json(given), **named}


def _start(_resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return _started(states._executions[begin(_request(arguments))])


def _run(resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Start a child and wait until it is over.

    A child that does not succeed fails the task with States.TaskFailed, whatever its own error is, which is
    in the cause: the child's description. A parent that ends, and a task that times out, stop their child.
    """
    parent = executions._current.get()
    child = states._executions[begin(_request(arguments))]
    output = {"taskSubmittedEventDetails": {"resource": resource, "output": _json(_started(child))}}
    states._add_event(parent, "TaskSubmitted", output)
    with _ends:
        _ends.wait_for(lambda: child.get(_OVER) or parent.get(_OVER), getattr(_own, "seconds", None))
    if not child.get(_OVER):
        if not parent.get(CHILDREN_GO_ON):
            states._stop_execution({"executionArn": child["executionArn"]})
        raise states._ExecutionError("States.Timeout", "")
    description = _description(child, arguments["StateMachineArn"])
    if child["status"] != "SUCCEEDED":
        raise states._ExecutionError("States.TaskFailed", _json(description))
    if resource.endswith(":2"):
        description |= {name: json.loads(description[name]) for name in ("Input", "Output")}
    return description


def _invoke_with_timeout(resource: str, arguments: dict[str, Any], seconds: float) -> Any:
    """A task that waits for a child ends the child when it times out."""
    if ":states:startExecution.sync" not in resource:
        return _timed(resource, arguments, seconds)
    _own.seconds = seconds * REAL_SCALE
    try:
        return states._invoke_resource(resource, arguments)
    finally:
        _own.seconds = None


def _timed(resource: str, arguments: Any, seconds: float) -> Any:
    """A task that has timed out has no cause."""
    try:
        return _minis_invoke_with_timeout(resource, arguments, seconds)
    except states._ExecutionError as error:
        if error.error != "States.Timeout":
            raise
        raise states._ExecutionError(error.error, "") from None


def _emit(execution: dict[str, Any]) -> None:
    """Step Functions learns of a child's end by its status event, when all of the end has been written."""
    _minis_emit(execution)
    if execution["status"] != "RUNNING":
        with _ends:
            execution[_OVER] = True
            _ends.notify_all()


def _started(child: dict[str, Any]) -> dict[str, Any]:
    return {
        "ExecutionArn": child["executionArn"],
        "StartDate": states._iso_to_epoch_ms(child["startDate"]),
    }


def _description(child: dict[str, Any], machine: str) -> dict[str, Any]:
    """The answer of DescribeExecution, as a task has it: in the alphabet's order, without what is not there.

    One that has timed out has neither error nor cause.
    """
    succeeded, timed_out = child["status"] == "SUCCEEDED", child["status"] == "TIMED_OUT"
    included = {"Included": True}
    told = {
        "Cause": None if timed_out else child.get("cause"),
        "Error": None if timed_out else child.get("error"),
        **_started(child),
        "Input": child["input"],
        "InputDetails": included,
        "Name": child["name"],
        "Output": child["output"] if succeeded else None,
        "OutputDetails": included if succeeded else None,
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE" if succeeded else "REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven" if succeeded else None,
        "StateMachineArn": child["stateMachineArn"],
        "StateMachineVersionArn": states._execution_version_arn(machine),
        "Status": child["status"],
        "StopDate": states._iso_to_epoch_ms(child["stopDate"]),
    }
    return {name: told[name] for name in sorted(told) if told[name] is not None}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
