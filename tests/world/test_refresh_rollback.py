"""Instance refreshes that are rolled back: how, to what, and when that cannot be."""

from typing import Any

import pytest

from tests.ec2world.client import WorldClient, ids, name, refused
from tests.world.refreshes import (
    capacity,
    latest,
    now,
    resize,
    start,
    two_versions,
    until_new_in_service,
    until_status,
    version,
    versions,
)

LAUNCH_FIRST = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}


def test_a_roll_back_keeps_to_the_same_percentages(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 3)
    before = ids(world.members(group))
    since = now(world, group)
    preferences = {**LAUNCH_FIRST, "InstanceWarmup": 30}
    start(world, group, DesiredConfiguration=desired, Preferences=preferences)
    until_new_in_service(world, group, 2)
    world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "RollbackSuccessful")
    assert capacity(world, group, since)["leastInService"] == 3
    assert versions(world, group) == ["1"] * 3
    assert set(before) & set(ids(world.members(group)))


@pytest.mark.parametrize("moving", ["$Latest", "$Default", "image"])
def test_what_moves_in_the_group_cannot_be_rolled_back_to(world: WorldClient, moving: str) -> None:
    group, desired = two_versions(world)
    template = desired["LaunchTemplate"]["LaunchTemplateName"]
    if moving == "image":
        parameter = name("image")
        world.client("ssm").put_parameter(Name=parameter, Value="ami-12c6146b", Type="String")
        world.ec2.create_launch_template_version(
            LaunchTemplateName=template,
            SourceVersion="1",
            LaunchTemplateData={"ImageId": f"resolve:ssm:{parameter}"},
        )
    own = {"LaunchTemplateName": template, "Version": "3" if moving == "image" else moving}
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, LaunchTemplate=own)
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired)
        with refused("IrreversibleInstanceRefresh"):
            world.asg.rollback_instance_refresh(AutoScalingGroupName=group)


@pytest.mark.parametrize("moving", ["$Latest", "$Default"])
def test_what_moves_in_the_desired_configuration_can_be_rolled_back_from(
    world: WorldClient, moving: str
) -> None:
    group, desired = two_versions(world)
    resize(world, group, 1)
    template = {**desired["LaunchTemplate"], "Version": moving}
    preferences = {**LAUNCH_FIRST, "AutoRollback": True, "InstanceWarmup": 1_000_000}
    start(world, group, DesiredConfiguration={"LaunchTemplate": template}, Preferences=preferences)
    world.until(lambda: latest(world, group).get("StatusReason"))
    world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "RollbackSuccessful")
    assert (versions(world, group), version(world, group)) == (["1"], "1")


def test_a_group_is_rolled_back_to_its_launch_configuration(world: WorldClient) -> None:
    group, desired, own = name("group"), two_versions(world)[1], name("configuration")
    world.asg.create_launch_configuration(
        LaunchConfigurationName=own, ImageId="ami-12c6146b", InstanceType="t3.small"
    )
    world.asg.create_auto_scaling_group(
        AutoScalingGroupName=group,
        LaunchConfigurationName=own,
        MinSize=0,
        MaxSize=3,
        AvailabilityZones=["us-east-1a"],
    )
    resize(world, group, 1)
    start(world, group, DesiredConfiguration=desired, Preferences={**LAUNCH_FIRST, "AutoRollback": True})
    world.until(lambda: any("LaunchTemplate" in one for one in world.members(group)))
    world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "RollbackSuccessful")
    (member,) = world.members(group)
    assert (member["LaunchConfigurationName"], "LaunchTemplate" in member) == (own, False)
    described = world.described(group)
    assert described is not None
    assert described["LaunchConfigurationName"] == own


def test_a_roll_back_that_cannot_launch_fails_after_an_hour(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    start(world, group, DesiredConfiguration=desired, Preferences={"InstanceWarmup": 1_000_000})
    until_new_in_service(world, group, 1)
    lost = {"service": "autoscaling", "action": "RollbackInstanceRefresh", "effect": "fail"}
    with world.standing_still():
        world.faults({**lost, "message": "Nothing left."})
        world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
        world.faults()
        world.skip_time(3_000)
        assert latest(world, group)["Status"] == "RollbackInProgress"
        world.skip_time(4_000)
        shown = latest(world, group)
    assert shown["Status"] == "RollbackFailed"
    assert "Nothing left." in shown["StatusReason"]


def test_a_refresh_is_rolled_back_while_it_bakes(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    start(world, group, DesiredConfiguration=desired, Preferences={**LAUNCH_FIRST, "BakeTime": 100_000})
    until_status(world, group, "Baking")
    since = now(world, group)
    world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "RollbackSuccessful")
    assert (versions(world, group), version(world, group)) == (["1", "1"], "1")
    assert capacity(world, group, since)["leastInService"] == 2


def test_a_roll_back_can_be_cancelled(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    preferences: dict[str, Any] = {"InstanceWarmup": 1_000_000}
    start(world, group, DesiredConfiguration=desired, Preferences=preferences)
    until_new_in_service(world, group, 1)
    world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    assert latest(world, group)["Status"] == "RollbackInProgress"
    world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "Cancelled")
    assert version(world, group) == "1"
