"""Trouble while a run polls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.workflow.conftest import succeeded

if TYPE_CHECKING:
    from sandbox.client import Client

CHECKS = {
    "CheckSourceStoppedFunction": "DescribeInstances",
    "CheckSnapshotsFunction": "DescribeSnapshots",
    "CheckImageFunction": "DescribeImages",
    "CheckSourceReturnedFunction": "DescribeInstances",
}


def test_a_connection_that_is_cut_while_polling_is_not_fatal(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    # More often than the SDK tries again by itself.
    cut = {"service": "ec2", "effect": "drop", "times": 5}
    sandbox.faults(*({**cut, "role": role, "action": action} for role, action in CHECKS.items()))

    succeeded(sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "none"}))

    assert {rule["hits"] for rule in sandbox.control("GET", "faults")} == {5}


def test_an_image_that_comes_and_goes_is_waited_for(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    gone = {"service": "ec2", "action": "DescribeImages", "code": "InvalidAMIID.NotFound", "status": 400}
    # Long enough for the looks that the rules let pass.
    sandbox.control("PUT", "durations", {"image": 300})
    rules = [gone | {"role": "CheckImageFunction", "skip": skip} for skip in (0, 2)]
    sandbox.faults(*rules, gone | {"role": "VerifyImageFunction", "times": 2})

    succeeded(sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "none"}))

    assert [rule["hits"] for rule in sandbox.control("GET", "faults")] == [1, 1, 2]
