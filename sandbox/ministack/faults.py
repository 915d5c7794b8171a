"""Faults of the workflow itself, and of the calls that it makes without a function.

The rules are the world's (`PUT /_sandbox/faults`): it is asked at each state and each integration of a run.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from ministack.services import lambda_svc
from ministack.services import stepfunctions as states

from ec2world.wire.trace import root_of
from sandbox.ministack import executions

# The caller's name in the record, of what the state machine calls itself.
_MACHINE = "GoldenImageRefresh"
_KILLED = {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: signal: killed"}
_PREFIXES = {"dynamodb": "DynamoDB", "sns": "SNS"}
_SECONDS = 30

_own = threading.local()
# The runs whose next function's answer is lost.
_killed: set[str] = set()


def install() -> None:
    """Put this module's functions around those of executions.py."""
    states._add_event = _around_add_event(states._add_event)
    states._invoke_resource = _around_invoke(states._invoke_resource)
    lambda_svc._xray_trace_id_for_invocation = _around_trace(lambda_svc._xray_trace_id_for_invocation)


def _ask(service: str, action: str, execution: dict[str, Any], params: Any = None) -> dict[str, Any]:
    """The rule that applies to a call that a run makes itself; empty for none."""
    call = {
        "service": service,
        "action": action,
        "role": _MACHINE,
        "run": execution["executionArn"],
        "params": params or {},
    }
    if not hasattr(_own, "connection"):
        address = urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc
        _own.connection = http.client.HTTPConnection(address, timeout=_SECONDS)
    connection: http.client.HTTPConnection = _own.connection
    connection.request("POST", "/_sandbox/calls", json.dumps(call))
    return json.loads(connection.getresponse().read()) or {}


def _around_add_event(add: Any) -> Any:
    def added(execution: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> Any:
        event = add(execution, kind, details)
        if event and kind.endswith("StateEntered") and details:
            _enter(execution, details["stateEnteredEventDetails"]["name"])
        return event

    return added


def _enter(execution: dict[str, Any], state: str) -> None:
    """Let happen what a rule says about this state."""
    effect = _ask("workflow", state, execution).get("effect")
    if effect == "kill":
        _killed.add(execution["executionArn"])
    elif effect == "abort":
        states._stop_execution({"executionArn": execution["executionArn"]})
    elif effect == "timeout":
        executions._time_out(execution)


def _around_invoke(invoke: Any) -> Any:
    def invoked(resource: str, arguments: Any) -> Any:
        execution = executions._current.get(None)
        if execution is None:
            return invoke(resource, arguments)
        service, action, prefix = _call_of(resource)
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


def _under(rule: dict[str, Any], prefix: str, invoke: Any) -> Any:
    """Make an integration's call as a rule says."""
    fails = rule.get("effect") in ("error", "drop")
    result = None if fails and rule["when"] == "before" else invoke()
    if rule.get("effect") in ("delay", "drop"):
        time.sleep(rule["seconds"] or 0)
    if fails:
        raise states._ExecutionError(_error_name(rule, prefix), rule["message"])
    return result


def _error_name(rule: dict[str, Any], prefix: str) -> str:
    """A cut connection is the client's error; an answer that does not come is the task's time-out."""
    if rule["effect"] == "error":
        return f"{prefix}.{rule['code']}"
    return "States.Timeout" if rule["seconds"] else f"{prefix}.SdkClientException"


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
        return f"Root={root_of(execution['executionArn'])};Parent={os.urandom(8).hex()};Sampled=1"

    return traced
