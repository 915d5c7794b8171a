"""What keeps a group's instances, and what does not."""

from tests.ec2world.client import WorldClient, ids, name

TERMINATING_HOOK = {
    "LifecycleHookName": "drain",
    "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
    "HeartbeatTimeout": 3000,
}


def test_a_terminating_hook_holds_a_member_until_it_is_completed(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.put_lifecycle_hook(AutoScalingGroupName=group, **TERMINATING_HOOK)
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
    world.until_members(group, ["Terminating:Wait"])
    assert world.instance(member)["State"]["Name"] == "running"
    world.asg.complete_lifecycle_action(
        AutoScalingGroupName=group,
        InstanceId=member,
        LifecycleHookName="drain",
        LifecycleActionResult="CONTINUE",
    )
    world.until_members(group, [])


def test_a_suspended_terminate_never_drains(world: WorldClient) -> None:
    group = world.group(1)
    world.asg.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Terminate"])
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
    world.group(1)  # a launch's time, and more
    described = world.described(group)
    assert described is not None
    assert (described["DesiredCapacity"], len(described["Instances"])) == (0, 1)
    assert [one["ProcessName"] for one in described["SuspendedProcesses"]] == ["Terminate"]
    world.asg.resume_processes(AutoScalingGroupName=group)
    world.until_members(group, [])


def test_a_protected_member_stays_when_the_group_is_resized_to_zero(world: WorldClient) -> None:
    group = world.group(2)
    kept, gone = ids(world.members(group))
    world.asg.set_instance_protection(
        AutoScalingGroupName=group, InstanceIds=[kept], ProtectedFromScaleIn=True
    )
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
    world.until(lambda: ids(world.members(group)) == [kept])
    assert world.members(group)[0]["ProtectedFromScaleIn"] is True
    world.until_state(gone, "terminated")
    world.asg.set_instance_protection(
        AutoScalingGroupName=group, InstanceIds=[kept], ProtectedFromScaleIn=False
    )
    world.until_members(group, [])


def test_a_warm_pool_holds_instances_of_its_own(world: WorldClient) -> None:
    group = world.group(1, MaxSize=3)
    world.asg.put_warm_pool(AutoScalingGroupName=group, PoolState="Stopped", MinSize=1)
    pool = world.until(
        lambda: (
            (found := world.asg.describe_warm_pool(AutoScalingGroupName=group))["Instances"]
            and {one["LifecycleState"] for one in found["Instances"]} == {"Warmed:Stopped"}
            and found
        )
    )
    assert len(pool["Instances"]) == 2
    assert pool["WarmPoolConfiguration"]["PoolState"] == "Stopped"
    warm = ids(pool["Instances"])
    world.until_state(warm[0], "stopped")
    described = world.described(group)
    assert described is not None
    assert (described["WarmPoolSize"], len(described["Instances"])) == (2, 1)
    world.asg.delete_warm_pool(AutoScalingGroupName=group, ForceDelete=True)
    world.until_state(warm[0], "terminated")


def test_several_members_are_ended_in_a_call(world: WorldClient) -> None:
    group = world.group(3)
    first, second, third = ids(world.members(group))
    answer = world.asg.terminate_instance_in_auto_scaling_group(
        AutoScalingGroupName=group, InstanceIds=[first, second], ShouldDecrementDesiredCapacity=True
    )
    assert len(answer["Activities"]) == 2
    world.until(lambda: ids(world.members(group)) == [third])
    described = world.described(group)
    assert described is not None
    assert described["DesiredCapacity"] == 1


def test_a_prepared_warm_pool_fills_at_sizes_of_zero(world: WorldClient) -> None:
    group = world.group(0, MaxSize=0)
    world.asg.put_warm_pool(AutoScalingGroupName=group, MaxGroupPreparedCapacity=2)
    held = world.until(lambda: world.asg.describe_warm_pool(AutoScalingGroupName=group)["Instances"])
    assert len(held) == 2
    world.asg.delete_warm_pool(AutoScalingGroupName=group, ForceDelete=True)


def test_a_suspended_health_check_keeps_members_that_stopped(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["HealthCheck"])
    world.ec2.stop_instances(InstanceIds=[member])
    world.until_state(member, "stopped")
    (shown,) = world.members(group)
    assert (shown["InstanceId"], shown["LifecycleState"], shown["HealthStatus"]) == (
        member,
        "InService",
        "Healthy",
    )


def test_nothing_becomes_a_target_while_that_is_suspended_nor_afterwards(world: WorldClient) -> None:
    start = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup"
    target = f"{start}/{name('web')}/0123456789abcdef"
    world.control("PUT", "targets", {"targetGroupArn": target})
    group = world.group(0, TargetGroupARNs=[target])
    world.asg.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["AddToLoadBalancer"])
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    world.until_members(group, ["InService"])
    world.asg.resume_processes(AutoScalingGroupName=group, ScalingProcesses=["AddToLoadBalancer"])
    health = world.client("elbv2").describe_target_health(TargetGroupArn=target)
    assert health["TargetHealthDescriptions"] == []
