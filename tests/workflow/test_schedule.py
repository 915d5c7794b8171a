"""The schedule: it fires, and a doubled delivery of one scheduled time makes one run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.workflow.conftest import eventually, group_of, sizes_of, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client

EXAMPLES = Path(__file__).parents[2] / "events" / "execution"


def runs(sandbox: Client) -> list[str]:
    """The names of all runs."""
    pages = sandbox.stepfunctions.get_paginator("list_executions")
    found = pages.paginate(stateMachineArn=sandbox.endpoints.stateMachineArn)
    return [run["name"] for page in found for run in page["executions"]]


def starter(sandbox: Client) -> str:
    """The name of the function that the schedule calls."""
    functions = sandbox.aws("lambda").get_paginator("list_functions").paginate()
    names = [f["FunctionName"] for page in functions for f in page["Functions"]]
    return next(name for name in names if "StartScheduledRun" in name)


def deliver(sandbox: Client, event: dict[str, Any]) -> dict[str, Any]:
    """The function's answer to an event, as Scheduler delivers it."""
    answer = sandbox.aws("lambda").invoke(FunctionName=starter(sandbox), Payload=json.dumps(event))
    payload: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, payload
    return payload


def schedule(sandbox: Client) -> dict[str, Any]:
    """The stack's only schedule."""
    scheduler = sandbox.aws("scheduler")
    name = scheduler.list_schedules()["Schedules"][0]["Name"]
    found: dict[str, Any] = scheduler.get_schedule(Name=name)
    return found


def in_service(sandbox: Client, group: str) -> int:
    """How many instances of a group are in service."""
    found = group_of(sandbox, group)
    members = found["Instances"] if found else []
    return sum(one["LifecycleState"] == "InService" for one in members)


def test_it_is_off_until_a_source_is_given(sandbox: Client) -> None:
    assert schedule(sandbox)["State"] == "DISABLED"


def test_it_starts_a_run_for_its_scheduled_time(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    found = schedule(sandbox)
    event = json.loads(found["Target"]["Input"])
    event |= {"sourceInstanceId": source, "input": {"autoScalingGroupName": group, "dryRun": True}}
    target = {**found["Target"], "Input": json.dumps(event)}
    keep = {key: found[key] for key in ("Name", "FlexibleTimeWindow", "ScheduleExpression")}
    scheduler = sandbox.aws("scheduler")
    before = set(runs(sandbox))

    soon = f"at({datetime.now(UTC) + timedelta(seconds=2):%Y-%m-%dT%H:%M:%S})"
    scheduler.update_schedule(**keep | {"ScheduleExpression": soon}, State="ENABLED", Target=target)
    try:
        eventually(lambda: any(name.startswith("schedule-") for name in set(runs(sandbox)) - before))
    finally:
        scheduler.update_schedule(**keep, State="DISABLED", Target=found["Target"])

    name = next(name for name in set(runs(sandbox)) - before if name.startswith("schedule-"))
    arn = sandbox.endpoints.stateMachineArn.replace("stateMachine", "execution") + f":{name}"
    assert sandbox.wait(arn).output["source"]["instanceId"] == source


def test_a_doubled_delivery_makes_one_run(sandbox: Client, group: str) -> None:
    event = {
        "scheduledTime": "2026-11-22T03:00:00Z",
        "sourceInstanceId": sandbox.seed()["instanceId"],
        "input": {"autoScalingGroupName": group, "dryRun": True},
    }
    before = len(runs(sandbox))

    first, second = deliver(sandbox, event), deliver(sandbox, event)

    assert first["name"] == second["name"]
    assert len(runs(sandbox)) == before + 1


def test_the_nightly_example_leaves_a_group_that_runs(sandbox: Client, group: str) -> None:
    source = {"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group}
    first, nightly = (
        json.loads((EXAMPLES / name).read_text()) | source
        for name in ("01-first-refresh.json", "02-nightly-rolling.json")
    )

    succeeded(sandbox.run(first))
    assert sizes_of(sandbox, group) == (0, 0, 0)
    succeeded(sandbox.run(nightly))

    assert sizes_of(sandbox, group) == (3, 3, 6)
    eventually(lambda: in_service(sandbox, group) == 3)
