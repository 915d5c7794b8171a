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
