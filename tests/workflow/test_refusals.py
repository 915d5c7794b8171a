"""Every refusal happens in the plan: a named error that says what to do, and nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflow.conftest import changes, eventually, locks, next_call

if TYPE_CHECKING:
    from sandbox.client import Client

SOURCES = {
    "stop-protected": ({"stopProtection": True}, "SourceNotSupported", "--no-disable-api-stop"),
    "in a group": ({"group": "owners"}, "SourceNotSupported", "Standby"),
    "instance-store root": ({"instanceStoreRoot": True}, "SourceNotSupported", "EBS-backed"),
    "one-time Spot": ({"spot": "one-time"}, "SourceNotSupported", "On-Demand"),
    "persistent Spot": ({"spot": "persistent"}, "SourceNotSupported", "On-Demand"),
    "volume being modified": ({"modifyingVolume": True}, "SourceNotReady", "being modified"),
    "terminated": ({"terminated": True}, "SourceNotSupported", "Use an instance"),
}


def refused(sandbox: Client, run_input: dict[str, Any]) -> tuple[str | None, str]:
    """The error and cause of a run that was refused, once it is known that it changed nothing."""
    before = next_call(sandbox)
    run = sandbox.run(run_input)
    assert run.status == "FAILED"
    assert changes(sandbox, before) == []
    assert locks(sandbox, run.arn) == []
    assert "Lock Group" not in run.state_names
    return run.error, str(run.cause)


@pytest.mark.parametrize(("source", "error", "advice"), SOURCES.values(), ids=SOURCES)
def test_a_source_that_cannot_be_imaged_is_refused(
    sandbox: Client, group: str, source: dict[str, Any], error: str, advice: str
) -> None:
    if "group" in source:
        source = {"group": f"owners-{group}"}
    if "modifyingVolume" in source:
        # The world's time stands still, so that the modification outlasts the plan.
        sandbox.control("PUT", "durations", {"scale": 1e6})
    instance = sandbox.seed(**source)["instanceId"]

    found, cause = refused(sandbox, {"sourceInstanceId": instance, "autoScalingGroupName": group})

    assert found == error
    assert instance in cause
    assert advice in cause


def test_a_missing_source_is_refused(sandbox: Client, group: str) -> None:
    run_input = {"sourceInstanceId": "i-0dead0dead0dead00", "autoScalingGroupName": group}

    assert refused(sandbox, run_input)[0] == "SourceNotFound"


def test_an_unknown_key_is_refused_by_its_name(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": group, "rolout": "drain"}

    error, cause = refused(sandbox, run_input)

    assert error == "InvalidInput"
    assert "rolout" in cause


def test_the_name_of_another_image_is_refused(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    taken = sandbox.ec2.create_image(InstanceId=source, Name=f"taken-{group}", NoReboot=True)["ImageId"]
    image = {"name": f"taken-{group}"}

    error, cause = refused(
        sandbox, {"sourceInstanceId": source, "autoScalingGroupName": group, "image": image}
    )

    assert error == "ImageNameTaken"
    assert taken in cause


def test_a_launch_template_of_somebody_else_is_refused(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    sandbox.ec2.create_launch_template(
        LaunchTemplateName=group, LaunchTemplateData={"InstanceType": "t3.small"}
    )

    error, cause = refused(sandbox, {"sourceInstanceId": source, "autoScalingGroupName": group})

    assert error == "LaunchTemplateNotSupported"
    assert "golden-image:stack" in cause


def test_a_group_that_cannot_be_drained_is_refused(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    sizes = {"minSize": 1, "maxSize": 1, "desiredCapacity": 1}
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "recreate"}
    assert sandbox.run(run_input | {"group": sizes}).status == "SUCCEEDED"
    sandbox.autoscaling.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Terminate"])

    error, cause = refused(sandbox, run_input)

    assert error == "GroupNotSupported"
    assert "Terminate" in cause


def test_a_key_that_the_groups_role_may_not_use_is_refused(sandbox: Client, group: str) -> None:
    key = sandbox.aws("kms").create_key()["KeyMetadata"]["Arn"]
    volume = {"deviceName": "/dev/xvda", "sizeGiB": 8, "encrypted": True, "kmsKeyId": key}
    source = sandbox.seed(volumes=[volume])["instanceId"]

    error, cause = refused(sandbox, {"sourceInstanceId": source, "autoScalingGroupName": group})

    assert error == "KeyNotGranted"
    assert "aws kms create-grant" in cause


def test_a_second_run_for_the_same_group_is_refused_with_the_name_of_the_first(
    sandbox: Client, group: str
) -> None:
    first = sandbox.start({"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group})
    other = sandbox.seed()["instanceId"]
    wait_until_locked(sandbox, group)

    second = sandbox.run({"sourceInstanceId": other, "autoScalingGroupName": group})

    assert second.error == "RunInProgress"
    assert first in str(second.cause)
    assert sandbox.wait(first).status == "SUCCEEDED"


def test_a_second_run_for_the_same_source_is_refused_with_the_name_of_the_first(
    sandbox: Client, group: str
) -> None:
    source = sandbox.seed()["instanceId"]
    first = sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group})
    wait_until_locked(sandbox, group)

    second = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": f"{group}-b"})

    assert second.error in {"RunInProgress", "SourceNotReady"}
    assert sandbox.wait(first).status == "SUCCEEDED"


def wait_until_locked(sandbox: Client, group: str) -> None:
    """Return when a run holds the group's lock."""
    eventually(lambda: f"group#{group}" in {item["pk"]["S"] for item in locks(sandbox)})
