"""Auto Scaling groups: what is refused, and what moves by itself."""

import pytest

from tests.ec2world.client import WorldClient, ids, name, refused


def test_a_name_in_use_is_refused(world: WorldClient) -> None:
    group = world.group(0)
    with refused("AlreadyExists"):
        world.asg.create_auto_scaling_group(
            AutoScalingGroupName=group,
            MinSize=0,
            MaxSize=1,
            LaunchTemplate={"LaunchTemplateName": world.template()},
            AvailabilityZones=["us-east-1a"],
        )


def test_limits_move_the_desired_capacity_along(world: WorldClient) -> None:
    group = world.group(1)
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=2)
    world.until_members(group, ["InService"] * 2)
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=0, MaxSize=1)
    shown = world.described(group)
    assert shown is not None
    assert shown["DesiredCapacity"] == 1
    world.until_members(group, ["InService"])
    with refused("ValidationError"):
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, DesiredCapacity=2)
    with refused("ValidationError"):
        world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=2)


@pytest.mark.parametrize(
    ("protection", "always"), [("prevent-force-deletion", False), ("prevent-all-deletion", True)]
)
def test_a_protected_group_is_scaled_to_zero_and_not_deleted(
    world: WorldClient, protection: str, always: bool
) -> None:
    group = world.group(1, DeletionProtection=protection)
    with refused("ValidationError"):
        world.asg.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=0)
    world.until_members(group, [])
    if always:
        with refused("ValidationError"):
            world.asg.delete_auto_scaling_group(AutoScalingGroupName=group)
    else:
        world.asg.delete_auto_scaling_group(AutoScalingGroupName=group)
