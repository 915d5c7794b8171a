"""A run as its callers see it, made from Step Functions' executions and their histories."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef


@dataclass(frozen=True)
class Run:
    """A run. Times are ISO 8601 in UTC; what does not apply, or was not asked for, is None.

    state and progress are those of a run that is under way: the state it is in, and how far the operation is
    that this state waits for, such as `37%`. approval is what a run waits for people to approve, with their
    answer once there is one.
    """

    name: str
    execution_arn: str
    status: str
    started_at: str | None = None
    stopped_at: str | None = None
    source_instance_id: str | None = None
    auto_scaling_group_name: str | None = None
    go_back_to: Any = None
    state: str | None = None
    progress: str | None = None
    output: Any = None
    error: str | None = None
    cause: str | None = None
    approval: Any = None


def run_of(execution: Mapping[str, Any], state: str | None = None, progress: str | None = None) -> Run:
    """The run of an answer of DescribeExecution or an item of ListExecutions."""
    asked = decoded(execution.get("input"))
    asked = asked if isinstance(asked, dict) else {}
    return Run(
        name=execution["name"],
        execution_arn=execution["executionArn"],
        status=execution["status"],
        started_at=iso_time(execution["startDate"]),
        stopped_at=iso_time(execution["stopDate"]) if execution.get("stopDate") else None,
        source_instance_id=asked.get("sourceInstanceId"),
        auto_scaling_group_name=asked.get("autoScalingGroupName"),
        go_back_to=asked.get("goBackTo"),
        state=state,
        progress=progress,
        output=decoded(execution.get("output")),
        error=execution.get("error"),
        cause=_plain_cause(execution.get("cause")),
    )


def newest_state(newest_first: Iterable[HistoryEventTypeDef]) -> str | None:
    """The state that a run is in, from its history."""
    entered = (
        event["stateEnteredEventDetails"]["name"]
        for event in newest_first
        if "stateEnteredEventDetails" in event
    )
    return next(entered, None)


def newest_progress(newest_first: Iterable[HistoryEventTypeDef]) -> str | None:
    """The progress in the newest answer of a function, unless that says that the wait is over."""
    for event in newest_first:
        details: Any = event.get("lambdaFunctionSucceededEventDetails") or event.get(
            "taskSucceededEventDetails"
        )
        if details:
            answer = decoded(details.get("output"))
            answer = answer.get("Payload", answer) if isinstance(answer, dict) else {}
            waiting = isinstance(answer, dict) and answer.get("done") is False
            return answer.get("progress") if waiting else None
    return None


def running_child(newest_first: Sequence[HistoryEventTypeDef]) -> str | None:
    """The ARN of the execution that a run waits for, from its history; None where it waits for none.

    `startExecution.sync:2` adds TaskSubmitted when it has started the execution, and nothing until that ends.
    """
    details = newest_first[0].get("taskSubmittedEventDetails") if newest_first else None
    child: str | None = decoded(details["output"]).get("ExecutionArn") if details else None
    return child


def decoded(text: str | None) -> Any:
    """The JSON value of an execution's input or output; None where it has none, or none that Python reads.

    A run that was started in the console has whatever JSON Step Functions took, however deeply nested.
    """
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None


def iso_time(moment: datetime) -> str:
    """A time as `2026-11-22T03:00:00.000+00:00`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _plain_cause(cause: str | None) -> str | None:
    """The message alone of a cause that Lambda gave as JSON: a stack trace is not for callers."""
    try:
        detail = json.loads(cause or "")
    except ValueError:
        return cause
    return str(detail["errorMessage"]) if isinstance(detail, dict) and "errorMessage" in detail else cause
