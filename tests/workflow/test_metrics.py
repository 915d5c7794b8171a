"""The end of a run is counted once, in a line of the sweeper's log; what is kept is measured once an hour."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.launcher import STACK_NAME
from tests.workflow.conftest import eventually, locks, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client
    from sandbox.executions import Run

RECREATE = {"rollout": "recreate", "group": {"minSize": 1, "maxSize": 2, "desiredCapacity": 1}}


def lines(sandbox: Client) -> list[dict[str, Any]]:
    """The lines of the embedded metric format in the logs of the functions.

    MiniStack answers the first 10,000 events that match, and has no second page.
    """
    logs = sandbox.aws("logs")
    groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
    pages = logs.get_paginator("filter_log_events")
    found = [pages.paginate(logGroupName=name, filterPattern='"_aws"').build_full_result() for name in groups]
    texts = [event["message"] for events in found for event in events["events"]]
    return [json.loads(line) for text in texts for line in text.splitlines() if line.startswith('{"_aws"')]


def counted(sandbox: Client, run: str) -> list[dict[str, Any]]:
    return [line for line in lines(sandbox) if line.get("run") == run]


def is_noted(sandbox: Client, run: str) -> bool:
    """Whether the ledger says that a run is counted."""
    key = {"pk": {"S": f"counted#{run}"}}
    table = sandbox.endpoints.ledgerTable
    return "Item" in sandbox.aws("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)


def tell_of_the_end_again(sandbox: Client, run: str) -> None:
    """Invoke the sweeper with the event of the run's end, as EventBridge does once or more often."""
    pages = sandbox.aws("lambda").get_paginator("list_functions").paginate()
    names = [one["FunctionName"] for page in pages for one in page["Functions"]]
    [name] = [name for name in names if "SweepRunsFunction" in name]
    event = json.dumps({"detail": {"executionArn": run}}).encode()
    answer = sandbox.aws("lambda").invoke(FunctionName=name, Payload=event)
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_a_run_that_succeeds_is_counted_once_with_its_stages(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group, **RECREATE})
    output = succeeded(run)
    eventually(lambda: counted(sandbox, run.arn) != [])
    tell_of_the_end_again(sandbox, run.arn)

    [line] = counted(sandbox, run.arn)
    seconds = {name: value for name, value in output["timings"].items() if value is not None}
    written = {name: line[f"{name[0].upper()}{name[1:]}Seconds"] for name in seconds}
    assert written == {name: [value] for name, value in seconds.items()}
    assert line["DowntimeSeconds"] == [output["source"]["downtimeSeconds"]]
    assert line["Throttles"] == [0]
    assert line["WaitSeconds"] == [pytest.approx(waited(run), abs=0.01)]
    assert line["status"] == "SUCCEEDED"
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == f"golden-image-refresh/{STACK_NAME}"


def test_a_run_that_fails_is_counted_once_with_what_throttled_it(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    throttled = {"service": "ec2", "action": "DescribeSnapshots", "contains": source}
    refused = {"service": "ec2", "action": "RegisterImage", "contains": source}
    sandbox.faults(
        throttled | {"code": "RequestLimitExceeded", "times": 3, "effect": "error", "status": 503},
        refused | {"code": "AccessDenied", "times": None, "effect": "error", "status": 403},
    )
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})
    assert run.status == "FAILED"
    eventually(lambda: counted(sandbox, run.arn) != [])
    tell_of_the_end_again(sandbox, run.arn)

    [line] = counted(sandbox, run.arn)
    assert line["status"] == "FAILED"
    assert line["Throttles"] == [sandbox_throttles(sandbox, run.arn)]
    assert "TotalSeconds" not in line


def waited(run: Run) -> float:
    """The seconds of a run in Wait states, those of its children too. A fast sandbox may need none."""
    visits = [visit for visit in run.states if visit.exited and visit.name.startswith("Wait for ")]
    seconds = [datetime.fromisoformat(one.exited) - datetime.fromisoformat(one.entered) for one in visits]
    return sum(one.total_seconds() for one in seconds)


def sandbox_throttles(sandbox: Client, run: str) -> int:
    """How often a Task of the run or of its children was throttled, by their histories."""
    failed = [event.raw.get("taskFailedEventDetails", {}) for event in sandbox.events(run)]
    return sum(one.get("error") == "RequestThrottled" for one in failed)


def test_a_run_that_was_stopped_is_counted_once_although_its_row_is_gone(sandbox: Client, group: str) -> None:
    sandbox.control("PUT", "durations", {"snapshotBase": 100_000})
    source = sandbox.seed()["instanceId"]
    arn = sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group})
    eventually(lambda: "Wait for Snapshots" in [visit.name for visit in sandbox.visits(arn)])
    sandbox.stop(arn)
    eventually(lambda: locks(sandbox, arn) == [] and counted(sandbox, arn) != [])
    tell_of_the_end_again(sandbox, arn)

    [line] = counted(sandbox, arn)
    assert line["status"] == "ABORTED"
    assert line["WaitSeconds"][0] > 0


def test_a_dry_run_is_not_counted(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group, "dryRun": True})
    succeeded(run)
    tell_of_the_end_again(sandbox, run.arn)
    assert counted(sandbox, run.arn) == []
    assert not is_noted(sandbox, run.arn)


@pytest.mark.parametrize("metric", ["OpenLocks", "ImagesKept", "ImagesGiB"])
def test_what_is_kept_is_measured_once_in_an_hour(sandbox: Client, metric: str) -> None:
    eventually(lambda: any(metric in line for line in lines(sandbox)))
    hours = [line["_aws"]["Timestamp"] // 3_600_000 for line in lines(sandbox) if metric in line]
    assert len(hours) == len(set(hours))


def test_the_dashboard_is_there_as_the_output_says(sandbox: Client) -> None:
    stack = sandbox.aws("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    shown = sandbox.aws("cloudwatch").get_dashboard(DashboardName=outputs["DashboardName"])
    text = shown["DashboardBody"]
    assert json.loads(text)["widgets"]
    assert sandbox.endpoints.stateMachineArn in text
