from typing import Any

import pytest

from tests.ec2world.client import WorldClient, name, refused

ACCOUNT = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup"


@pytest.fixture
def target(world: WorldClient) -> str:
    """A target group that a load balancer uses."""
    arn = f"{ACCOUNT}/{name('web')}/0123456789abcdef"
    world.control("PUT", "targets", {"targetGroupArn": arn})
    return arn


def health(world: WorldClient, arn: str, **wanted: Any) -> dict[str, tuple[str, str | None]]:
    found = world.client("elbv2").describe_target_health(TargetGroupArn=arn, **wanted)
    return {
        one["Target"]["Id"]: (one["TargetHealth"]["State"], one["TargetHealth"].get("Reason"))
        for one in found["TargetHealthDescriptions"]
    }


def until_healthy(world: WorldClient, arn: str, group: str) -> None:
    wanted = dict.fromkeys(members(world, group), ("healthy", None))
    world.until(lambda: health(world, arn) == wanted)


def members(world: WorldClient, group: str) -> list[str]:
    return [one["InstanceId"] for one in world.members(group)]


def test_members_of_a_group_are_targets_until_they_leave(world: WorldClient, target: str) -> None:
    group = world.group(2, TargetGroupARNs=[target])
    until_healthy(world, target, group)
    world.asg.detach_load_balancer_target_groups(AutoScalingGroupName=group, TargetGroupARNs=[target])
    assert health(world, target) == {}
    first = members(world, group)[0]
    assert health(world, target, Targets=[{"Id": first}]) == {first: ("unused", "Target.NotRegistered")}
    world.asg.attach_load_balancer_target_groups(AutoScalingGroupName=group, TargetGroupARNs=[target])
    until_healthy(world, target, group)
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=0)
    world.until_members(group, [])
    assert health(world, target) == {}


def test_targets_are_as_they_are_said_to_be(world: WorldClient, target: str) -> None:
    group = world.group(1, TargetGroupARNs=[target])
    until_healthy(world, target, group)
    sick = {"targetGroupArn": target, "state": "unhealthy", "reason": "Target.ResponseCodeMismatch"}
    world.control("PUT", "targets", sick)
    assert set(health(world, target).values()) == {("unhealthy", "Target.ResponseCodeMismatch")}
    world.control("PUT", "targets", {"targetGroupArn": target, "inUse": False})
    assert health(world, target) == {members(world, group)[0]: ("unused", "Target.NotInUse")}


@pytest.mark.parametrize("kind", [None, "ip"])
def test_a_group_takes_target_groups_of_instances_that_exist(world: WorldClient, kind: str | None) -> None:
    arn = f"{ACCOUNT}/{name('other')}/0123456789abcdef"
    if kind:
        world.control("PUT", "targets", {"targetGroupArn": arn, "targetType": kind})
    group = world.group(0)
    with refused("ValidationError"):
        world.asg.attach_load_balancer_target_groups(AutoScalingGroupName=group, TargetGroupARNs=[arn])
    with refused("ValidationError"):
        world.group(0, TargetGroupARNs=[arn])


def test_a_target_group_is_described_as_it_is(world: WorldClient, target: str) -> None:
    (shown,) = world.client("elbv2").describe_target_groups(TargetGroupArns=[target])["TargetGroups"]
    assert (shown["TargetType"], len(shown["LoadBalancerArns"])) == ("instance", 1)
    assert shown["VpcId"].startswith("vpc-")
    with refused("TargetGroupNotFound"):
        world.client("elbv2").describe_target_health(TargetGroupArn=f"{ACCOUNT}/none/0123456789abcdef")


def test_a_new_target_is_initial_while_its_first_health_check_is_under_way(
    world: WorldClient, target: str
) -> None:
    group = world.group(1, TargetGroupARNs=[target])
    world.control("PUT", "durations", {"target": 1_000_000})
    try:
        world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=2)
        world.until_members(group, ["InService"] * 2)
        assert set(health(world, target).values()) == {("initial", "Elb.InitialHealthChecking")}
    finally:
        world.control("PUT", "durations", {"target": 30})
    until_healthy(world, target, group)


def test_a_member_on_standby_is_no_target(world: WorldClient, target: str) -> None:
    group = world.group(1, TargetGroupARNs=[target])
    mine = {"AutoScalingGroupName": group, "InstanceIds": members(world, group)}
    world.asg.enter_standby(**mine, ShouldDecrementDesiredCapacity=True)
    assert health(world, target) == {}
    world.asg.exit_standby(**mine)
    until_healthy(world, target, group)


def test_targets_of_one_image_can_be_said_to_be_unhealthy(world: WorldClient, target: str) -> None:
    group = world.group(1, TargetGroupARNs=[target])
    until_healthy(world, target, group)
    for image, state in (("ami-0000000000000000f", "healthy"), ("ami-12c6146b", "unhealthy")):
        world.control("PUT", "targets", {"targetGroupArn": target, "state": "unhealthy", "imageId": image})
        assert [one for one, _ in health(world, target).values()] == [state]
