"""Faults of the workflow itself, and of the calls that it makes without a function.

The rules are the world's (`PUT /_sandbox/faults`): it is asked at each state and each integration of a run
and of the run's children. `role` is the state machine's logical id.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from ministack.services import cloudformation, lambda_svc
from ministack.services import stepfunctions as states

from ec2world.wire.trace import root_of
from sandbox.ministack import calls, children, executions

_KILLED = {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: signal: killed"}
_PREFIXES = {"dynamodb": "DynamoDB", "sns": "SNS"}
_SECONDS = 120

_own = threading.local()
# The executions whose next function's answer is lost.
_killed: set[str] = set()


def install() -> None:
    """Put this module's functions around those of executions.py."""
    states._add_event = _around_add_event(states._add_event)
    states._invoke_resource = _around_invoke(states._invoke_resource)
    children.begin = _around_begin(children.begin)
    lambda_svc._xray_trace_id_for_invocation = _around_trace(lambda_svc._xray_trace_id_for_invocation)


def _ask(service: str, action: str, execution: dict[str, Any], params: Any = None) -> dict[str, Any]:
    """The rule that applies to a call that a run makes itself; empty for none."""
    call = {
        "service": service,
        "action": action,
        "role": _role(execution["stateMachineArn"]),
        "run": children.run_of(execution)["executionArn"],
        "params": params or {},
    }
    if not hasattr(_own, "connection"):
        address = urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc
        _own.connection = http.client.HTTPConnection(address, timeout=_SECONDS)
    connection: http.client.HTTPConnection = _own.connection
    connection.request("POST", "/_sandbox/calls", json.dumps(call))
    return json.loads(connection.getresponse().read()) or {}


def _role(machine: str) -> str:
    """The logical id of a state machine; its name where it is of no stack."""
    for stack in cloudformation._stacks.values():
        for logical_id, resource in stack.get("_resources", {}).items():
            if resource.get("PhysicalResourceId") == machine:
                return str(logical_id)
    return machine.rpartition(":")[2]


def _around_add_event(add: Any) -> Any:
    def added(execution: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> Any:
        event = add(execution, kind, details)
        if event and kind.endswith("StateEntered") and details:
            _enter(execution, details["stateEnteredEventDetails"]["name"])
        return event

    return added


def _enter(execution: dict[str, Any], state: str) -> None:
    """Let happen what a rule says about this state."""
    rule = _ask("workflow", state, execution)
    if not rule:
        return
    if rule["effect"] == "kill":
        _killed.add(execution["executionArn"])
        return
    ended = execution if rule["target"] == "execution" else children.run_of(execution)
    ended[children.CHILDREN_GO_ON] = not rule["children"]
    if rule["effect"] == "abort":
        states._stop_execution({"executionArn": ended["executionArn"]})
    else:
        executions._time_out(ended)


def _around_invoke(invoke: Any) -> Any:
    def invoked(resource: str, arguments: Any) -> Any:
        execution = executions._current.get(None)
        if execution is None:
            return invoke(resource, arguments)
        service, action, prefix = _call_of(resource)
        if service == "states":
            # Not the wait for a child, but the call that starts it meets a fault.
            return invoke(resource, arguments)
        with calls.under_way(children.run_of(execution)["executionArn"]):
            if service != "lambda":
                rule = _ask(service, action, execution, arguments)
                return _under(rule, prefix, lambda: invoke(resource, arguments))
            result = invoke(resource, arguments)
        if execution["executionArn"] in _killed:
            # The function has done its work, and its answer is lost.
            _killed.discard(execution["executionArn"])
            raise states._ExecutionError(_KILLED["errorType"], json.dumps(_KILLED))
        return result

    return invoked


def _around_begin(begin: Any) -> Any:
    def begun(request: Any) -> Any:
        rule = _ask("stepfunctions", "StartExecution", executions._current.get(), request)
        return _under(rule, "StepFunctions", lambda: begin(request))

    return begun


def _under(rule: dict[str, Any], prefix: str, invoke: Any) -> Any:
    """Make an integration's call as a rule says."""
    fails = rule.get("effect") in ("error", "drop")
    result = None if fails and rule["when"] == "before" else invoke()
    if rule.get("effect") in ("delay", "drop"):
        time.sleep(rule["seconds"] or 0)
    if fails:
        cause = f"{rule['message']} (Service: {prefix}; Error Code: {rule['code']})"
        raise states._ExecutionError(_error_name(rule, prefix), cause)
    return result


def _error_name(rule: dict[str, Any], prefix: str) -> str:
    """A cut connection is the client's error; an answer that does not come is the task's time-out.

    A task that starts a child has a time-out for the child: a start without an answer is the client's error.
    """
    starts = prefix == "StepFunctions"
    if rule["effect"] == "error":
        return children.error_name(rule["code"]) if starts else f"{prefix}.{rule['code']}"
    return "States.Timeout" if rule["seconds"] and not starts else f"{prefix}.SdkClientException"


def _call_of(resource: str) -> tuple[str, str, str]:
    """Service, action and the prefix of its errors' names, of an integration (`aws-sdk:ssm:putParameter`)."""
    service, _, action = resource.partition(":states:::")[2].removeprefix("aws-sdk:").partition(":")
    return service, action[:1].upper() + action[1:], _PREFIXES.get(service, service.capitalize())


def _around_trace(trace: Any) -> Any:
    def traced(config: dict[str, Any], inbound_trace_header: str | None = None) -> Any:
        """With tracing, all that a run does is of one trace."""
        execution = executions._current.get(None)
        if execution is None:
            return trace(config, inbound_trace_header)
        root = root_of(children.run_of(execution)["executionArn"])
        return f"Root={root};Parent={os.urandom(8).hex()};Sampled=1"

    return traced
