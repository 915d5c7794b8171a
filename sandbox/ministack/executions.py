"""Step Functions: names, ends, retries, variables, and what a state machine's role may do."""

from __future__ import annotations

import json
import random
import re
import threading
import time
import uuid
from contextvars import ContextVar
from email.utils import formatdate
from typing import Any

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions as states

from sandbox.ministack import history
from sandbox.ministack.permissions import may
from sandbox.ministack.scale import REAL_SCALE, WAIT_SCALE

_LONGEST_NAME = 80
_LARGEST_DATA = 262144
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html, `name`
_FORBIDDEN_IN_NAME = re.compile(r"""[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]""")
_MANAGED_RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
_INTEGRATION = "arn:aws:states:::"
# The Seconds of the wait for the last handler of a run that was cut off (undo.asl.json).
_FOR_HANDLERS = "{% $begun.waitSeconds %}"
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
    states._invoke_resource = _invoke_resource
    states._execute_wait = _execute_wait
    states._fail_state_error = _fail_state_error


_minis_start = states._start_execution
_minis_run = states._run_execution
_minis_fail = states._fail_execution
_minis_find_retrier = states._find_matching_retrier
_minis_error_matches = states._error_matches
_minis_output_path = states._apply_output_path
_minis_invoke = states._invoke_resource
_minis_wait = states._execute_wait
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
    machine = states._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    if machine and name:
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
        cause = f"The state/task '{told.get('resourceType') or told.get('resource')}' returned a result "
        cause += "with a size exceeding the maximum number of bytes service limit."
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
    """Let a wait for the end of handlers last as long as they may work, in real time."""
    if state.get("Seconds") == _FOR_HANDLERS:
        seconds = states._jsonata_wait_seconds(state, state_input, context)
        time.sleep(seconds * (REAL_SCALE - WAIT_SCALE))
    return _minis_wait(state, state_input, context)


def _fail_state_error(state: dict[str, Any], *more: Any) -> tuple[str, str]:
    """A Fail state that names no error ends with none."""
    error, cause = _minis_fail_error(state, *more)
    return error if {"Error", "ErrorPath"} & state.keys() else "", cause


def _apply_output_path(state: dict[str, Any], data: Any, context: dict[str, Any] | None = None) -> Any:
    """A Succeed state in JSONata has an Output."""
    if state.get("Type") == "Succeed" and states._state_query_language(state, context) == "JSONata":
        return states._apply_jsonata_output(state, data, context, default=data)
    return _minis_output_path(state, data, context)


def _invoke_resource(resource: str, arguments: Any) -> Any:
    """Do what the state machine's role may do, and no more."""
    execution = _current.get(None)
    if execution is not None:
        history.note_parameters(execution, arguments)
        role = states._state_machines[execution["stateMachineArn"]]["roleArn"]
        for action, target, error in _needs(resource, arguments):
            if not may(role, action, target):
                cause = f"User: {role} is not authorized to perform: {action} on resource: {target}"
                raise states._ExecutionError(error, cause)
    answer = _minis_invoke(resource, arguments)
    return _with_metadata(answer) if resource.endswith(":states:::lambda:invoke") else answer


def _with_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of lambda:invoke as a task has it, with the SDK's metadata."""
    length = str(len(json.dumps(answer["Payload"])))
    headers = {
        "Connection": "keep-alive",
        "Content-Length": length,
        "Content-Type": "application/json",
        "Date": formatdate(usegmt=True),
        "X-Amz-Executed-Version": "$LATEST",
        "X-Amzn-Trace-Id": f"root=1-{int(time.time()):x}-{uuid.uuid4().hex[:24]};sampled=0",
        "x-amzn-Remapped-Content-Length": "0",
        "x-amzn-RequestId": str(uuid.uuid4()),
    }
    return {
        "ExecutedVersion": "$LATEST",
        "Payload": answer["Payload"],
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": headers["x-amzn-RequestId"]},
        "StatusCode": 200,
    }


def _needs(resource: str, arguments: Any) -> list[tuple[str, str, str]]:
    """The action, the resource, and the error of a denial, of an integration that the workflow uses."""
    integration = resource.partition(":states:::")[2]
    if integration == "lambda:invoke":
        return [("lambda:InvokeFunction", arguments["FunctionName"], "Lambda.AWSLambdaException")]
    if integration == "sns:publish":
        return [("sns:Publish", arguments["TopicArn"], "SNS.AuthorizationErrorException")]
    if integration == "aws-sdk:ssm:putParameter":
        parameter = f"arn:aws:ssm:{states.get_region()}:{states.get_account_id()}:parameter/"
        return [("ssm:PutParameter", parameter + arguments["Name"].lstrip("/"), "Ssm.AccessDeniedException")]
    if integration.startswith("states:startExecution"):
        return _needs_of_child(integration, arguments)
    return []


def _needs_of_child(integration: str, arguments: Any) -> list[tuple[str, str, str]]:
    """To wait for a child takes the rights to follow it, by a rule of EventBridge's, and to stop it.

    AWS asks for those of EventBridge when the state machine is made, and for StopExecution when it stops the
    child: here they are asked for at the start, so that none can be missing unnoticed.
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
    """
    machine = arguments["StateMachineArn"]
    needs = [("states:StartExecution", machine)]
    if ".sync" in integration:
        base = states._resolve_state_machine_arn(machine) or machine
        child = execution_arn(base, arguments.get("Name", "*"))
        rule = f"arn:aws:events:{states.get_region()}:{states.get_account_id()}:rule/{_MANAGED_RULE}"
        needs += [("states:DescribeExecution", child), ("states:StopExecution", child)]
        needs += [(f"events:{action}", rule) for action in ("PutTargets", "PutRule", "DescribeRule")]
    return [(action, target, "StepFunctions.AWSStepFunctionsException") for action, target in needs]
