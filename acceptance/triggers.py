"""The three ways in which people start a run: the console's call, the signed API, and the schedule."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from acceptance.account import Account
    from acceptance.stack import Stack

_AHEAD_SECONDS = 60
_FIRES_WITHIN_SECONDS = 300


class RefusedError(RuntimeError):
    """The API did not start the run; the message is its answer."""


def console(account: Account, stack: Stack, run_input: dict[str, Any]) -> str:
    """StartExecution, as the console calls it; answers the execution's ARN."""
    started = account.aws("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["StateMachineArn"], input=json.dumps(run_input)
    )
    return str(started["executionArn"])


def api(account: Account, stack: Stack, run_input: dict[str, Any]) -> str:
    """POST /refreshes, signed; answers the execution's ARN.

    Raises:
        RefusedError: the answer is not 202.
    """
    status, body = account.call_api(stack.outputs["ApiUrl"], "POST", "/refreshes", run_input)
    if status != 202:
        raise RefusedError(f"{status} {body}")
    return f"{_executions_of(stack)}:{body['name']}"


def schedule(account: Account, stack: Stack, run_input: dict[str, Any]) -> str:
    """Set the stack's schedule to fire once, soon; answers the ARN of the execution that it starts.

    Raises:
        NotInTimeError: it has started none.
    """
    scheduler, states = account.aws("scheduler"), account.aws("stepfunctions")
    physical = stack.resources["StartScheduledRunFunctionSchedule"]
    found = scheduler.get_schedule(Name=physical.rpartition("/")[2])
    event = json.loads(found["Target"]["Input"])
    event |= {"sourceInstanceId": run_input["sourceInstanceId"]}
    event["input"] = {key: value for key, value in run_input.items() if key != "sourceInstanceId"}
    at = datetime.now(UTC) + timedelta(seconds=2 + _AHEAD_SECONDS * account.pace)
    keep = {key: found[key] for key in ("Name", "FlexibleTimeWindow")}
    target = {**found["Target"], "Input": json.dumps(event)}
    scheduler.update_schedule(
        **keep, ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})", State="ENABLED", Target=target
    )
    started: list[str] = []

    def fired() -> bool:
        listed = states.list_executions(stateMachineArn=stack.outputs["StateMachineArn"])["executions"]
        started[:] = [one["executionArn"] for one in listed if one["name"].startswith("schedule-")]
        return bool(started)

    account.until(fired, _FIRES_WITHIN_SECONDS, "the run of the schedule")
    scheduler.update_schedule(
        **keep, ScheduleExpression=found["ScheduleExpression"], State="DISABLED", Target=found["Target"]
    )
    return started[0]


def _executions_of(stack: Stack) -> str:
    return stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
