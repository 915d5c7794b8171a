"""Step Functions: versions of state machines, and the definition that an execution began with."""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import AccountRegionScopedDict, json_response
from ministack.services import stepfunctions as states
from ministack.services.cloudformation import provisioners

from sandbox.ministack.permissions import authorized

_PUBLISHED = "AWS::StepFunctions::StateMachineVersion"
_LAST_EVENTS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}

# The ARN of the version that the execution which starts next is of.
_named: ContextVar[str | None] = ContextVar("named", default=None)
# The state machine of the current execution, as it was when the execution began.
_began_with: ContextVar[dict[str, Any] | None] = ContextVar("began_with", default=None)


def install() -> None:
    """Put this module's functions around those of executions.py, and versions into CloudFormation."""
    states._execution_version_arn = _execution_version_arn
    states._run_execution = _around_run(states._run_execution)
    states._describe_execution = _describe_execution
    states._state_machines.__class__ = _StateMachines
    iam_actions.extract_resource_arn = _extract_resource_arn
    provisioners._RESOURCE_HANDLERS[_PUBLISHED] = {"create": _publish, "delete": _delete}
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachineversion.html
    provisioners._REPLACING_PROPERTIES[_PUBLISHED] = (
        "StateMachineArn",
        "StateMachineRevisionId",
        "Description",
    )


_minis_version_arn = states._execution_version_arn
_minis_describe = states._describe_execution
_minis_resource_arn = iam_actions.extract_resource_arn


class _StateMachines(AccountRegionScopedDict):  # type: ignore[misc]
    """Within an execution, its own state machine has the definition and the role that it began with."""

    __slots__ = ()

    def __getitem__(self, arn: str) -> Any:
        own = _began_with.get()
        return own if own and own["stateMachineArn"] == arn else super().__getitem__(arn)

    def get(self, arn: str, default: Any = None) -> Any:
        own = _began_with.get()
        return own if own and own["stateMachineArn"] == arn else super().get(arn, default)


def _execution_version_arn(arn: str) -> Any:
    """Remember it: MiniStack asks when it starts an execution, in the context that its thread inherits."""
    version = _minis_version_arn(arn)
    _named.set(version)
    return version


def _around_run(run: Any) -> Any:
    def ran(arn: str) -> None:
        """Run by the definition and role of the version that was named, else by those of this moment."""
        execution = states._executions[arn]
        version = states._state_machine_versions.get(_named.get()) or {}
        if version:
            execution["stateMachineVersionArn"] = version["stateMachineVersionArn"]
        before = _began_with.set({**states._state_machines[execution["stateMachineArn"]], **version})
        try:
            run(arn)
        finally:
            _began_with.reset(before)

    return ran


def _describe_execution(data: dict[str, Any]) -> Any:
    """With the version that it is of, and without what is said of an output that is not there.

    MiniStack writes status, output, stop date and last event one after the other: it is over with the last.
    """
    execution = states._executions.get(data.get("executionArn"))
    over = execution is not None and execution["events"][-1]["type"] in _LAST_EVENTS
    status, headers, body = _minis_describe(data)
    if execution is None:
        return status, headers, body
    answer = json.loads(body)
    if not over:
        answer |= {"status": "RUNNING", "output": None}
        for name in ("stopDate", "error", "cause"):
            answer.pop(name, None)
    if answer["output"] is None:
        del answer["output"], answer["outputDetails"]
    if "stateMachineVersionArn" in execution:
        answer["stateMachineVersionArn"] = execution["stateMachineVersionArn"]
    return json_response(answer)


def _extract_resource_arn(service: str, *request: Any, **more: Any) -> Any:
    arn = _minis_resource_arn(service, *request, **more)
    return authorized(arn) if service == "states" else arn


def _publish(_logical_id: str, properties: dict[str, Any], _stack: str) -> tuple[str, dict[str, str]]:
    """Ref and the attribute Arn are the version's ARN.

    Raises:
        ValueError: another revision is the current one, or there is no such state machine.
    """
    status, _, body = states._publish_state_machine_version(
        {
            "stateMachineArn": properties["StateMachineArn"],
            "revisionId": properties.get("StateMachineRevisionId"),
            "description": properties.get("Description", ""),
        }
    )
    answer = json.loads(body)
    if status >= 400:
        raise ValueError(f"{_PUBLISHED}: {answer}")
    arn = answer["stateMachineVersionArn"]
    return arn, {"Arn": arn}


def _delete(arn: str, _properties: dict[str, Any]) -> None:
    states._delete_state_machine_version({"stateMachineVersionArn": arn})
