"""Auto Scaling groups: what is refused, and what moves by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.ec2world.client import WorldClient, name, refused


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


def test_a_profile_that_is_not_known_yet_is_a_validation_error(world: WorldClient) -> None:
    profile = name("profile")
    template = world.template(IamInstanceProfile={"Name": profile})
    with refused("ValidationError") as raised:
        world.group(0, template=template)
    assert "Invalid IAM Instance Profile name" in str(raised.value)
    world.client("iam").create_instance_profile(InstanceProfileName=profile)
    world.group(0, template=template)


def test_a_group_that_is_being_deleted_refuses_updates(world: WorldClient) -> None:
    group = world.group(1)
    with world.standing_still():
        world.asg.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
        with refused("ScalingActivityInProgress"):
            world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=0)
    world.until(lambda: world.described(group) is None)


def test_groups_come_in_pages_of_50(world: WorldClient) -> None:
    template = world.template()
    for _ in range(51):
        world.group(0, template=template)
    first = world.asg.describe_auto_scaling_groups()
    assert len(first["AutoScalingGroups"]) == 50
    assert "NextToken" in first
    assert len(world.asg.describe_auto_scaling_groups(MaxRecords=100)["AutoScalingGroups"]) > 50
    with refused("ValidationError"):
        world.asg.describe_auto_scaling_groups(MaxRecords=101)


def test_a_group_on_latest_launches_a_new_version_at_once(world: WorldClient) -> None:
    template = world.template()
    group = world.group(0, LaunchTemplate={"LaunchTemplateName": template, "Version": "$Latest"})
    world.ec2.create_launch_template_version(
        LaunchTemplateName=template, SourceVersion="1", LaunchTemplateData={"EbsOptimized": True}
    )
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    (member,) = world.until_members(group, ["InService"])
    assert member["LaunchTemplate"]["Version"] == "2"


def test_a_scheduled_action_changes_the_sizes_at_its_time(world: WorldClient) -> None:
    groups = [world.group(1), world.group(1)]
    with world.standing_still():
        for group in groups:
            world.asg.put_scheduled_update_group_action(
                AutoScalingGroupName=group,
                ScheduledActionName="night",
                StartTime=datetime.now(UTC) + timedelta(minutes=10),
                MaxSize=0,
            )
            assert len(world.members(group)) == 1
    for group in groups:
        world.until_members(group, [])
        found = world.asg.describe_scheduled_actions(AutoScalingGroupName=group)
        assert found["ScheduledUpdateGroupActions"] == []


def test_a_policy_changes_the_size_at_any_time(world: WorldClient) -> None:
    group = world.group(1)
    world.asg.put_scaling_policy(
        AutoScalingGroupName=group, PolicyName="out", AdjustmentType="ChangeInCapacity", ScalingAdjustment=2
    )
    world.asg.execute_policy(AutoScalingGroupName=group, PolicyName="out")
    described = world.described(group)
    assert described is not None
    assert described["DesiredCapacity"] == 3


def test_ten_target_groups_are_attached_in_a_call(world: WorldClient) -> None:
    start = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup"
    arns = [f"{start}/{name('web')}/{number:016x}" for number in range(11)]
    for arn in arns:
        world.control("PUT", "targets", {"targetGroupArn": arn})
    group = world.group(0)
    with refused("ValidationError"):
        world.asg.attach_load_balancer_target_groups(AutoScalingGroupName=group, TargetGroupARNs=arns)
    world.asg.attach_load_balancer_target_groups(AutoScalingGroupName=group, TargetGroupARNs=arns[:10])
    described = world.described(group)
    assert described is not None
    assert sorted(described["TargetGroupARNs"]) == sorted(arns[:10])
