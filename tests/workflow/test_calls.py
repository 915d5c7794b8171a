"""The handlers' calls to AWS: none is repeated, and none asks for an answer of the plan that still holds."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bench.calls import made, tries
from tests.workflow.conftest import succeeded

if TYPE_CHECKING:
    from bench.calls import Try
    from sandbox.client import Client

_READS = ("Describe", "Get", "List", "Scan", "Query")
# A look of a wait asks again for what changes by itself.
_LOOK = "Check "
# Somebody else may have changed the group since the plan: it is read in the moment before it is changed.
_CHANGED_BY_OTHERS = "autoscaling"
# User data may be secret: the plan does not carry it. The new version starts from it, and people who approve
# it are told whether it is another.
_MAY_BE_SECRET = {
    ("Create Launch Template", "DescribeInstanceAttribute"),
    ("Create Launch Template", "DescribeLaunchTemplateVersions"),
    ("Request Approval", "DescribeLaunchTemplateVersions"),
}
# Another run may have retired or committed generations until this one had the lock.
_BEFORE_THE_LOCK = {("Prove Generation", "DescribeLaunchTemplateVersions"), ("Commit Refresh", "Query")}


@pytest.fixture(scope="module")
def refreshes(deployed: Client) -> dict[str, list[Try]]:
    """The tries of a run of each kind, of one group."""
    return made(deployed, "calls")


def reads(one: Try) -> list[tuple[str, str, str]]:
    """Service, action and parameters of what a try of a step read."""
    return [
        (call["service"], call["action"], json.dumps(call["params"], sort_keys=True))
        for call in one.calls
        if call["action"].startswith(_READS)
    ]


def test_no_step_asks_for_the_same_twice(refreshes: dict[str, list[Try]]) -> None:
    twice = {
        (name, one.state, read)
        for name, found in refreshes.items()
        for one in found
        for read, times in Counter(reads(one)).items()
        if times > 1
    }

    assert twice == set()


def test_no_later_step_asks_for_what_only_the_run_could_have_changed_since_the_plan(
    refreshes: dict[str, list[Try]],
) -> None:
    again = set()
    for name, (plan, *later) in refreshes.items():
        assert plan.state == "Plan Refresh"
        known = set(reads(plan))
        assert len(known) >= 9
        steps = [one for one in later if one.state != plan.state and not one.state.startswith(_LOOK)]
        own = {read for read in known if read[0] != _CHANGED_BY_OTHERS}
        again |= {(name, one.state, read) for one in steps for read in reads(one) if read in own}
    again = {one for one in again if (one[1], one[2][1]) not in _MAY_BE_SECRET | _BEFORE_THE_LOCK}

    assert again == set()


def test_a_call_is_counted_for_the_state_that_made_it(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})
    succeeded(run)

    made = {call["action"]: one.state for one in tries(sandbox, run) for call in one.calls}

    assert {action: state for action, state in made.items() if not action.startswith(_READS)} == {
        "TransactWriteItems": "Commit Refresh",
        "StopInstances": "Stop Source",
        "CreateSnapshots": "Create Snapshots",
        "StartInstances": "Return Source",
        "RegisterImage": "Register Image",
        "CreateLaunchTemplate": "Create Launch Template",
        "RunInstances": "Create Launch Template",
        "CreateAutoScalingGroup": "Create Auto Scaling Group",
        "StartExecution": "Notify Completion",
        "UpdateAutoScalingGroup": "Drain Group",
        "UpdateItem": "Drain Group",
        "PutParameter": "Publish Image",
        "PutItem": "Unlock Group",
        "DeleteItem": "Unlock Group",
        "Publish": "Notify",
    }
