"""Step Functions: tasks that wait for a task token, and the calls that answer them.

MiniStack begins the wait and lacks what AWS does besides: the error of the function fails the task, each
attempt has a token of its own, TimeoutSeconds may be an expression, a token is known after its task is over,
and the end of an execution ends its wait.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from __future__ import annotations

import json
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions as states

from sandbox.ministack import children, executions
from sandbox.ministack.scale import WAIT_SCALE

_CONDITION = ".waitForTaskToken"
_UNKNOWN = ("InvalidToken", "Invalid Token: 'Invalid token'")
_CLOSED = ("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
# A year, which is the longest that an execution lasts.
_NO_LIMIT = 31_536_000


@dataclass
class _Wait:
    """An attempt of a task that waits: what it has been answered, and whether it still takes an answer."""

    execution: dict[str, Any]
    output: str | None = None
    failure: tuple[str | None, str | None] | None = None
    open: bool = True

    @property
    def over(self) -> bool:
        """Whether there is nothing left to wait for."""
        return not self.open or self.execution["status"] != "RUNNING"


# By token. An answer is notified as the ends of executions are, under the lock of children.py.
_waits: dict[str, _Wait] = {}
# Whether the task that this thread executes waits for a token, and the token of its attempt.
_waiting: ContextVar[bool] = ContextVar("waiting", default=False)
_token: ContextVar[str] = ContextVar("token")


def install() -> None:
    """Put this module's functions around and in the place of MiniStack's; after those of other modules."""
    states._execute_task = _around_task(states._execute_task)
    states._apply_jsonata_arguments = _around_arguments(states._apply_jsonata_arguments)
    states._apply_parameters = _around_arguments(states._apply_parameters)
    states._invoke_with_callback = _invoke
    states._send_task_success = _succeed
    states._send_task_failure = _fail


def _around_task(execute: Any) -> Any:
    def executed(state: dict[str, Any], state_input: Any, execution: Any, context: dict[str, Any]) -> Any:
        """A time-out that is an expression is evaluated once, before the first attempt."""
        before = _waiting.set(state.get("Resource", "").endswith(_CONDITION))
        if isinstance(state.get("TimeoutSeconds"), str):
            seconds = states._jsonata_state_field(state, "TimeoutSeconds", "number", state_input, context)
            state = {**state, "TimeoutSeconds": seconds}
        try:
            return execute(state, state_input, execution, context)
        finally:
            context.pop("Task", None)
            _waiting.reset(before)

    return executed


def _around_arguments(apply: Any) -> Any:
    def applied(state: dict[str, Any], state_input: Any, context: Any = None) -> Any:
        """Arguments, or Parameters in JSONPath, are made for each attempt, and so is the token in them."""
        if _waiting.get():
            _token.set(str(uuid.uuid4()))
            context["Task"] = {"Token": _token.get()}
        return apply(state, state_input, context)

    return applied


def _invoke(resource: str, arguments: Any, _first_token: str, state: dict[str, Any]) -> Any:
    """Make the call, and wait for the answer to the token that it was made with.

    AWS counts the call into the time-out; here its real time would be hours of virtual time.
    """
    wait = _waits[_token.get()] = _Wait(executions._current.get())
    try:
        answer = states._invoke_resource(resource.removesuffix(_CONDITION), arguments)
        submitted = {"resource": resource, "output": json.dumps(answer)}
        states._add_event(wait.execution, "TaskSubmitted", {"taskSubmittedEventDetails": submitted})
        with children._ends:
            children._ends.wait_for(lambda: wait.over, state.get("TimeoutSeconds", _NO_LIMIT) * WAIT_SCALE)
    finally:
        wait.open = False
    if wait.failure:
        raise states._ExecutionError(*wait.failure)
    if wait.output is None:
        raise states._ExecutionError("States.Timeout", "")
    return json.loads(wait.output)


def _succeed(data: dict[str, Any]) -> Any:
    """Answer SendTaskSuccess."""
    try:
        json.loads(data["output"])
    except ValueError:
        return error_response_json("InvalidOutput", "Invalid Output: 'Invalid JSON'", 400)
    return _answer(data["taskToken"], output=data["output"])


def _fail(data: dict[str, Any]) -> Any:
    """Answer SendTaskFailure, which may tell neither error nor cause: a catcher then gets null."""
    return _answer(data["taskToken"], failure=(data.get("error"), data.get("cause")))


def _answer(token: str, **told: Any) -> Any:
    with children._ends:
        wait = _waits.get(token)
        if wait is None or wait.over:
            code, message = _UNKNOWN if wait is None else _CLOSED
            return error_response_json(code, message, 400)
        for name, value in told.items():
            setattr(wait, name, value)
        wait.open = False
        children._ends.notify_all()
    return json_response({})
