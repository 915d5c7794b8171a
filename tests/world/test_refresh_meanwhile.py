"""What else happens to a group while it is refreshed."""

import pytest

from tests.ec2world.client import WorldClient, ids, refused
from tests.world.refreshes import (
    capacity,
    latest,
    now,
    resize,
    rolled,
    start,
    two_versions,
    until_new_in_service,
    until_status,
    version,
    versions,
)

LONG = 1_000_000


def test_a_scale_out_meanwhile_launches_the_desired_configuration(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 1)
    preferences = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110, "InstanceWarmup": 300}
    start(world, group, DesiredConfiguration=desired, Preferences=preferences)
    world.until(lambda: "2" in versions(world, group))
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=3)
    until_status(world, group, "Successful")
    assert versions(world, group) == ["2"] * 3
    assert version(world, group) == "2"


def test_a_scale_in_meanwhile_ends_old_members_first(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 4)
    start(world, group, DesiredConfiguration=desired, Preferences={"InstanceWarmup": LONG})
    until_new_in_service(world, group, 1)
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    world.until_members(group, ["InService"])
    assert versions(world, group) == ["2"]
    world.asg.cancel_instance_refresh(AutoScalingGroupName=group)


def test_a_member_that_dies_meanwhile_is_replaced_by_the_desired_configuration(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    checkpoint = {"CheckpointPercentages": [50, 100], "CheckpointDelay": 100_000}
    start(world, group, DesiredConfiguration=desired, Preferences=checkpoint)
    world.until(lambda: "Checkpoint" in latest(world, group).get("StatusReason", ""))
    (old,) = ids([one for one in world.members(group) if one["LaunchTemplate"]["Version"] == "1"])
    world.ec2.terminate_instances(InstanceIds=[old])
    until_new_in_service(world, group, 2)
    until_status(world, group, "Successful")


def test_a_version_made_meanwhile_replaces_again_what_follows_the_latest(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    template = desired["LaunchTemplate"]["LaunchTemplateName"]
    latest_of_it = {"LaunchTemplate": {**desired["LaunchTemplate"], "Version": "$Latest"}}
    checkpoint = {"CheckpointPercentages": [50, 100], "CheckpointDelay": 1_000}
    start(world, group, DesiredConfiguration=latest_of_it, Preferences=checkpoint)
    until_new_in_service(world, group, 1)
    world.ec2.create_launch_template_version(
        LaunchTemplateName=template, SourceVersion="2", LaunchTemplateData={"InstanceType": "t3.medium"}
    )
    until_status(world, group, "Successful")
    assert versions(world, group) == ["3", "3"]


def test_nothing_is_replaced_where_everything_matches(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    rolled(world, group, DesiredConfiguration=desired)
    before = ids(world.members(group))
    since = now(world, group)
    counts = rolled(world, group, Preferences={"SkipMatching": True})
    assert ids(world.members(group)) == before
    assert {(one["desired"], one["inService"], one["pending"]) for one in counts["changes"]} == {(2, 2, 0)}
    assert latest(world, group)["PercentageComplete"] == 100
    assert capacity(world, group, since)["leastInService"] == 2


def test_another_instance_type_does_not_match(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 1)
    before = ids(world.members(group))

    def policy(*types: str) -> dict[str, object]:
        own = {**desired["LaunchTemplate"], "Version": "1"}
        overrides = [{"InstanceType": one} for one in types]
        return {
            "MixedInstancesPolicy": {
                "LaunchTemplate": {"LaunchTemplateSpecification": own, "Overrides": overrides}
            }
        }

    matching = {"SkipMatching": True}
    rolled(world, group, DesiredConfiguration=policy("t3.large", "t3.small"), Preferences=matching)
    assert ids(world.members(group)) == before
    rolled(world, group, DesiredConfiguration=policy("t3.large"), Preferences=matching)
    (member,) = world.members(group)
    assert (member["InstanceId"] in before, member["InstanceType"]) == (False, "t3.large")


def test_skipping_needs_a_template(world: WorldClient) -> None:
    group = world.group(0)
    world.asg.create_launch_configuration(
        LaunchConfigurationName=group, ImageId="ami-12c6146b", InstanceType="t3.small"
    )
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, LaunchConfigurationName=group)
    with refused("ValidationError"):
        start(world, group, Preferences={"SkipMatching": True})
    start(world, group)


@pytest.mark.parametrize("waits", [True, False])
def test_a_refresh_of_somebody_else_follows_one_that_was_cancelled(world: WorldClient, waits: bool) -> None:
    group, desired = two_versions(world)
    resize(world, group, 3)
    since = now(world, group)
    preferences = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110, "InstanceWarmup": 30}
    start(world, group, DesiredConfiguration=desired, Preferences=preferences)
    until_new_in_service(world, group, 1)
    with refused("InstanceRefreshInProgress"):
        start(world, group)
    world.asg.cancel_instance_refresh(AutoScalingGroupName=group, WaitForTransitioningInstances=waits)
    until_status(world, group, "Cancelled")
    start(world, group, DesiredConfiguration=desired, Preferences={**preferences, "SkipMatching": True})
    until_status(world, group, "Successful")
    assert versions(world, group) == ["2"] * 3
    assert capacity(world, group, since)["leastInService"] == 3


def test_a_configuration_that_is_being_rolled_out_is_not_updated_meanwhile(world: WorldClient) -> None:
    group, desired = two_versions(world)
    world.asg.create_launch_configuration(
        LaunchConfigurationName=group, ImageId="ami-12c6146b", InstanceType="t3.small"
    )
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": desired["LaunchTemplate"]}}
    ways: list[dict[str, object]] = [
        desired,
        {"LaunchConfigurationName": group},
        {"MixedInstancesPolicy": policy},
    ]
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired)
        for way in ways:
            with refused("ValidationError"):
                world.asg.update_auto_scaling_group(AutoScalingGroupName=group, **way)
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=9)
    until_status(world, group, "Successful")
    with world.standing_still():
        start(world, group)
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, **desired)


def test_a_desired_configuration_names_what_exists(world: WorldClient) -> None:
    group, desired = two_versions(world)
    unknown = {"LaunchTemplate": {**desired["LaunchTemplate"], "Version": "9"}}
    with refused("ValidationError"):
        start(world, group, DesiredConfiguration=unknown)
