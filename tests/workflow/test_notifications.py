"""A run notifies the topic of its end. A broken topic changes the words of that end, and no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.workflow.conftest import locks, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client

SECRET = "tell-nobody-3"


def denied(group: str) -> dict[str, Any]:
    """A rule for the messages about this group alone."""
    refused = {"code": "AuthorizationErrorException", "status": 403, "times": None}
    return {"service": "sns", "action": "Publish", "role": "Notify", "contains": group, **refused}


def test_a_run_succeeds_with_a_warning_if_nobody_can_be_notified(sandbox: Client, group: str) -> None:
    sandbox.faults(denied(group))

    run = sandbox.run({"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group})

    assert succeeded(run)["warnings"] == ["nobody was notified: SNS.AuthorizationErrorException"]
    assert locks(sandbox, run.arn) == []


def test_a_run_fails_with_its_first_error_if_nobody_can_be_notified(sandbox: Client, group: str) -> None:
    sandbox.faults(denied(group))

    run = sandbox.run({"sourceInstanceId": "i-0000000000000dead", "autoScalingGroupName": group})

    assert (run.status, run.error) == ("FAILED", "SourceNotFound")
    assert str(run.cause).endswith("Roll-back: nothing of the run is left (nobody was notified).")


def test_of_the_input_only_group_source_and_rollout_reach_the_workflow_that_notifies(
    sandbox: Client, group: str
) -> None:
    secret = {"launchTemplate": {"userData": SECRET, "tags": {"Password": SECRET}}}

    run = sandbox.run(
        {"sourceInstanceId": "i-0000000000000dead", "autoScalingGroupName": group, "rollout": "none"} | secret
    )

    calls = sandbox.calls_of(run.arn)
    [start] = [call for call in calls if "failure-1-" in json.dumps(call["params"])]
    [sent] = [call["params"] for call in calls if call["action"] == "Publish"]
    assert sent["Subject"] == f"golden image of {group}: FAILED at Plan Refresh"
    for told in (json.dumps(start["params"]), sent["Message"]):
        assert SECRET not in told
        assert group in told
