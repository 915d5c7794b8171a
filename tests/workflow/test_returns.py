"""A source that EC2 has no capacity for does not cost the image; it is tried on, and everybody is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflow.conftest import eventually, left_of, locks, next_call, source_state, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client

REFUSED = {"effect": "error", "code": "InsufficientInstanceCapacity", "message": "No capacity in the zone."}
FALLS_BACK = {"effect": "fail", "message": "No capacity in the zone."}


def no_capacity(source: str, how: dict[str, Any]) -> dict[str, Any]:
    return {"service": "ec2", "action": "StartInstances", "contains": source, "times": None, **how}


def owed(sandbox: Client, source: str) -> bool:
    return any(item["pk"]["S"] == f"source-owed#{source}" for item in locks(sandbox))


def told(sandbox: Client, since: int) -> list[tuple[str, str]]:
    """The subjects and texts of the messages to the topic."""
    sent = [call["params"] for call in sandbox.calls(since) if call["action"] == "Publish"]
    return [(one["Subject"], one["Message"]) for one in sent]


def sweep(sandbox: Client) -> None:
    """Sweep as the schedule does."""
    pages = sandbox.aws("lambda").get_paginator("list_functions").paginate()
    names = [one["FunctionName"] for page in pages for one in page["Functions"]]
    [name] = [name for name in names if "SweepRunsFunction" in name]
    answer = sandbox.aws("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def started(sandbox: Client, source: str) -> bool:
    """Whether a sweep has the source running, and has forgotten it."""
    sweep(sandbox)
    return source_state(sandbox, source) == "running" and not owed(sandbox, source)


def starts(sandbox: Client, since: int, role: str) -> int:
    calls = [call for call in sandbox.calls(since) if call["action"] == "StartInstances"]
    return sum(call["role"] == role for call in calls)


@pytest.mark.parametrize("how", [REFUSED, FALLS_BACK], ids=["refused", "falls back"])
def test_a_source_without_capacity_does_not_cost_the_image_and_is_tried_on(
    sandbox: Client, group: str, how: dict[str, Any]
) -> None:
    source, since = sandbox.seed()["instanceId"], next_call(sandbox)
    sandbox.faults(no_capacity(source, how))

    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})

    output = succeeded(run)
    assert output["image"]["id"].startswith("ami-")
    assert output["source"] == {"instanceId": source, "state": "stopped", "downtimeSeconds": None}
    [warning] = output["warnings"]
    assert f"source {source} is still stopped" in warning
    assert "No capacity in the zone." in warning
    assert starts(sandbox, since, "CheckSourceReturnedFunction") > 1
    [(subject, text)] = told(sandbox, since)
    assert subject == f"golden image of {group}: SUCCEEDED, source STOPPED"
    assert warning in text
    assert [item["pk"]["S"] for item in locks(sandbox, run.arn)] == [f"source-owed#{source}"]
    sweep(sandbox)
    assert starts(sandbox, since, "SweepRunsFunction") >= 1
    assert source_state(sandbox, source) != "running"

    sandbox.faults()

    eventually(lambda: started(sandbox, source))


def test_a_source_that_starts_before_the_end_of_its_run_is_running_in_the_output(
    sandbox: Client, group: str
) -> None:
    source, since = sandbox.seed()["instanceId"], next_call(sandbox)
    sandbox.faults(no_capacity(source, REFUSED))
    sandbox.control("PUT", "durations", {"snapshotBase": 1200})
    arn = sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group})
    eventually(lambda: owed(sandbox, source))
    sandbox.faults()
    eventually(lambda: started(sandbox, source))

    output = succeeded(sandbox.wait(arn))

    assert output["source"]["state"] == "running"
    assert output["source"]["downtimeSeconds"] > 0
    assert output["warnings"] == []
    assert told(sandbox, since)[0][0] == f"golden image of {group}: SUCCEEDED"


def test_a_run_that_is_undone_releases_its_locks_while_its_source_has_no_capacity(
    sandbox: Client, group: str
) -> None:
    source, since = sandbox.seed()["instanceId"], next_call(sandbox)
    broken = {"service": "ec2", "action": "RegisterImage", "contains": source, "effect": "fail"}
    sandbox.faults(no_capacity(source, REFUSED), broken)

    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})

    assert (run.status, run.error) == ("FAILED", "ImageFailed")
    assert left_of(sandbox, run.arn) == []
    assert [item["pk"]["S"] for item in locks(sandbox, run.arn)] == [f"source-owed#{source}"]
    assert f"source {source} is still stopped" in str(run.cause)
    assert f"source {source} is still stopped" in told(sandbox, since)[0][1]
    sandbox.faults()
    eventually(lambda: started(sandbox, source))


def test_a_new_run_of_a_source_that_is_owed_returns_it_to_running(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    sandbox.faults(no_capacity(source, REFUSED))
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "none"}
    first = succeeded(sandbox.run(run_input))
    assert first["source"]["state"] == "stopped"
    assert owed(sandbox, source)
    sandbox.faults()

    second = succeeded(sandbox.run(run_input))

    assert second["source"]["state"] == "running"
    assert not owed(sandbox, source)


def test_a_source_that_is_not_to_be_restarted_is_owed_to_nobody(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    sandbox.faults(no_capacity(source, REFUSED))
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "none"}
    assert succeeded(sandbox.run(run_input | {"restartSource": False}))["source"]["state"] == "stopped"
    assert not owed(sandbox, source)
