"""Step Functions: names, ends, retries, variables, errors and limits of data."""

from __future__ import annotations

import json
import random
import re
import threading
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions as states

from sandbox.ministack import calls, history
from sandbox.ministack.scale import HANDLER_SCALE, REAL_SCALE

_LONGEST_NAME = 80
_LARGEST_DATA = 262144
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html, `name`
_FORBIDDEN_IN_NAME = re.compile(r"""[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]""")
_INTEGRATION = "arn:aws:states:::"
# The Seconds of the wait for the last call of a run that was cut off (undo.asl.json).
_FOR_HANDLERS = "{% $begun.waitSeconds %}"
# No state has this name.
_NONE_MATCHED = "\0"
_UNCATCHABLE = "States.Runtime"

_current: ContextVar[dict[str, Any]] = ContextVar("execution")


def install() -> None:
    """Put this module's functions in the place of MiniStack's."""
    states._start_execution = _start_execution
    states._run_execution = _run_execution
    states._fail_execution = _fail_execution
    states._add_event = _add_event
    states._find_matching_retrier = _find_matching_retrier
    states._error_matches = _error_matches
    states._apply_state_assign = _apply_state_assign
    states._apply_output_path = _apply_output_path
    states._execute_wait = _execute_wait
    states._execute_choice = _execute_choice
    states._fail_state_error = _fail_state_error


_minis_start = states._start_execution
_minis_run = states._run_execution
_minis_fail = states._fail_execution
_minis_find_retrier = states._find_matching_retrier
_minis_error_matches = states._error_matches
_minis_output_path = states._apply_output_path
_minis_wait = states._execute_wait
_minis_choice = states._execute_choice
_minis_fail_error = states._fail_state_error


def _start_execution(data: dict[str, Any]) -> Any:
    """Check name and input; the same name and input as a run that is open answers with that run."""
    name, run_input = data.get("name"), data.get("input", "{}")
    if name is not None and (not 0 < len(name) <= _LONGEST_NAME or _FORBIDDEN_IN_NAME.search(name)):
        return error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)
    try:
        json.loads(run_input)
    except ValueError as error:
        return error_response_json(
            "InvalidExecutionInput", f"Invalid State Machine Execution Input: {error}", 400
        )
    if len(run_input.encode()) > _LARGEST_DATA:
        return error_response_json(
            "ValidationException", f"'input' is longer than {_LARGEST_DATA} bytes", 400
        )
    # The ARN may be that of a version.
    named = data.get("stateMachineArn", "")
    machine = states._resolve_state_machine_arn(named)
    if machine is None:
        return error_response_json(
            "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{named}'", 400
        )
    if name:
        arn = execution_arn(machine, name)
        running = states._executions.get(arn)
        if running and running["status"] == "RUNNING" and running["input"] == run_input:
            return json_response({"executionArn": arn, "startDate": running["startDate"]})
    answer = _minis_start(data)
    if answer[0] == 200:
        history.begun(states._executions[json.loads(answer[2])["executionArn"]])
    return answer


def execution_arn(machine: str, name: str) -> str:
    """The ARN of the execution of that name of the state machine with that ARN."""
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def _run_execution(arn: str) -> None:
    """Run within the state machine's own TimeoutSeconds: AWS then ends the run TIMED_OUT, uncaught."""
    execution = states._executions[arn]
    _current.set(execution)
    machine = states._state_machines[execution["stateMachineArn"]]
    seconds = json.loads(machine["definition"]).get("TimeoutSeconds")
    if not seconds:
        _minis_run(arn)
        return
    # It measures handlers at work too.
    timer = threading.Timer(seconds * REAL_SCALE, _time_out, [execution])
    timer.daemon = True
    timer.start()
    try:
        _minis_run(arn)
    finally:
        timer.cancel()


def _time_out(execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution |= {"status": "TIMED_OUT", "error": "States.Timeout", "stopDate": now_iso()}
    details = {"executionTimedOutEventDetails": {"error": "States.Timeout"}}
    states._add_event(execution, "ExecutionTimedOut", details)
    states._emit_execution_status_event(execution)


def _fail_execution(execution: dict[str, Any], error: str, cause: str) -> None:
    """A run that was aborted or timed out stays so; one that failed has an error and no output."""
    if execution["status"] != "RUNNING":
        return
    if error in {history.FAILED_EVALUATION, "States.Runtime"}:
        cause = history.placed(cause)
    if error == history.FAILED_EVALUATION and execution["events"][-1]["type"] != "EvaluationFailed":
        states._add_event(
            execution, "EvaluationFailed", {"evaluationFailedEventDetails": history.evaluation_failed(cause)}
        )
    _minis_fail(execution, error, cause if error != "States.Timeout" else "")
    execution |= {"output": None, "error": error or None, "cause": execution["cause"] or None}


def _add_event(execution: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> Any:
    """Nothing follows a run's last event; a task is started once it is scheduled; an output has its limit."""
    if execution["status"] != "RUNNING" and not kind.startswith("Execution"):
        return None
    told: dict[str, Any] = next(iter((details or {}).values()), {})
    if told.get("resource", "").startswith(_INTEGRATION):
        told["resourceType"], told["resource"] = _parts_of(told["resource"])
    if len((told.get("output") or "").encode()) > _LARGEST_DATA:
        what = told.get("resourceType") or told.get("resource") or told.get("name")
        cause = f"The state/task '{what}' returned a result with a size exceeding "
        cause += "the maximum number of bytes service limit."
        raise states._ExecutionError("States.DataLimitExceeded", cause)
    event = history.add(execution, kind, details)
    if kind == "TaskScheduled":
        started = {name: told[name] for name in ("resource", "resourceType")}
        history.add(execution, "TaskStarted", {"taskStartedEventDetails": started})
    return event


def _parts_of(resource: str) -> tuple[str, str]:
    """An integration as events have it: `sns` and `publish`, `aws-sdk:ssm` and `putParameter`."""
    service, _, action = resource.removeprefix(_INTEGRATION).partition(":")
    if service != "aws-sdk":
        return service, action
    service, _, action = action.partition(":")
    return f"aws-sdk:{service}", action


def _find_matching_retrier(
    retriers: list[dict[str, Any]], error: str, counts: dict[int, int]
) -> tuple[dict[str, Any] | None, int]:
    """Wait here, by MaxDelaySeconds and JitterStrategy too, which MiniStack leaves out, capping at 60 s."""
    retrier, index = _minis_find_retrier(retriers, error, counts)
    if retrier is None:
        return None, -1
    delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** counts.get(index, 0)
    delay = min(delay, retrier.get("MaxDelaySeconds", delay))
    if retrier.get("JitterStrategy") == "FULL":
        delay *= random.random()  # noqa: S311 - spreads load, keeps no secret
    states._scaled_sleep(delay)
    if _current.get({"status": "RUNNING"})["status"] != "RUNNING":
        return None, -1
    return {**retrier, "IntervalSeconds": 0}, index


def _error_matches(names: list[str], error: str) -> bool:
    """No Retry or Catch sees States.Runtime."""
    return error != _UNCATCHABLE and bool(_minis_error_matches(names, error))


def _apply_state_assign(
    state: dict[str, Any],
    state_input: Any,
    context: dict[str, Any],
    result: Any = None,
    error_output: Any = None,
) -> None:
    """All of an Assign sees the variables as they were when the state was entered."""
    if not isinstance(state.get("Assign"), dict) or states._state_query_language(state, context) != "JSONata":
        return
    with history.within("Assign"):
        values = states._apply_jsonata_template(
            state["Assign"], state_input, context, result=result, error_output=error_output
        )
    context["variables"].update(values)
    history.note_assigned(values)


def _execute_wait(state: dict[str, Any], state_input: Any, context: dict[str, Any]) -> Any:
    """Let a wait for the last call of a run last until that has ended, too."""
    if state.get("Seconds") == _FOR_HANDLERS:
        seconds = states._jsonata_wait_seconds(state, state_input, context)
        calls.wait_for_end(context["Execution"]["Input"]["run"], seconds * HANDLER_SCALE)
    return _minis_wait(state, state_input, context)


def _execute_choice(
    state: dict[str, Any], state_input: Any, context: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """The state's own Output, too, is that of its Default, and sees the variables as they were on entry."""
    if states._state_query_language(state, context) != "JSONata" or "Default" not in state:
        answer: tuple[dict[str, Any], str] = _minis_choice(state, state_input, context)
        return answer
    own = {name: value for name, value in state.items() if name != "Assign"} | {"Default": _NONE_MATCHED}
    output, chosen = _minis_choice(own, state_input, context)
    if chosen != _NONE_MATCHED:
        return output, chosen
    output = states._apply_jsonata_output(state, state_input, context, default=state_input)
    states._apply_state_assign(state, state_input, context)
    return output, state["Default"]


def _fail_state_error(state: dict[str, Any], *more: Any) -> tuple[str, str]:
    """A Fail state that names no error ends with none."""
    error, cause = _minis_fail_error(state, *more)
    return error if {"Error", "ErrorPath"} & state.keys() else "", cause


def _apply_output_path(state: dict[str, Any], data: Any, context: dict[str, Any] | None = None) -> Any:
    """A Succeed state in JSONata has an Output."""
    if state.get("Type") == "Succeed" and states._state_query_language(state, context) == "JSONata":
        return states._apply_jsonata_output(state, data, context, default=data)
    return _minis_output_path(state, data, context)
