from tests.ec2world.client import WorldClient, ids, refused

TERMINATING_HOOK = {
    "LifecycleHookName": "drain",
    "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
    "HeartbeatTimeout": 3000,
}


def test_a_terminated_member_is_replaced(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.ec2.terminate_instances(InstanceIds=[member])
    world.until(lambda: member not in ids(world.members(group)))
    world.until_members(group, ["InService"])


def test_a_member_reported_unhealthy_is_replaced(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.set_instance_health(InstanceId=member, HealthStatus="Unhealthy")
    world.until(lambda: member not in ids(world.members(group)))


def test_a_member_on_standby_can_be_stopped(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.enter_standby(
        AutoScalingGroupName=group, InstanceIds=[member], ShouldDecrementDesiredCapacity=True
    )
    world.ec2.stop_instances(InstanceIds=[member])
    world.until_state(member, "stopped")
    (shown,) = world.members(group)
    assert (shown["InstanceId"], shown["LifecycleState"]) == (member, "Standby")
    world.ec2.start_instances(InstanceIds=[member])
    world.until_state(member, "running")
    world.asg.exit_standby(AutoScalingGroupName=group, InstanceIds=[member])
    world.until_members(group, ["InService"])
    described = world.described(group)
    assert described is not None
    assert described["DesiredCapacity"] == 1


def test_a_detached_member_lives_on(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.detach_instances(
        AutoScalingGroupName=group, InstanceIds=[member], ShouldDecrementDesiredCapacity=True
    )
    world.ec2.stop_instances(InstanceIds=[member])
    stopped = world.until_state(member, "stopped")
    assert world.members(group) == []
    assert "aws:autoscaling:groupName" not in {one["Key"] for one in stopped["Tags"]}


def test_a_suspended_launch_never_launches(world: WorldClient) -> None:
    group = world.group(0)
    world.asg.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    world.group(1)
    assert world.members(group) == []
    world.asg.resume_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
    world.until_members(group, ["InService"])


def test_a_group_goes_on_in_its_other_subnets_where_one_was_deleted(world: WorldClient) -> None:
    zone, vpc = "us-east-1b", world.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = [
        world.ec2.create_subnet(VpcId=vpc, CidrBlock=f"172.31.{number}.0/28", AvailabilityZone=zone)
        for number in (200, 201)
    ]
    used, spare = (one["Subnet"]["SubnetId"] for one in made)
    group = world.group(1, AvailabilityZones=[], VPCZoneIdentifier=f"{used},{spare}")
    (member,) = ids(world.members(group))
    assert world.instance(member)["SubnetId"] == used
    with refused("DependencyViolation"):
        world.ec2.delete_subnet(SubnetId=used)

    world.ec2.delete_subnet(SubnetId=spare)
    world.asg.update_auto_scaling_group(
        AutoScalingGroupName=group,
        DesiredCapacity=3,
        LaunchTemplate={"LaunchTemplateName": world.template(), "Version": "1"},
    )

    world.until_members(group, ["InService"] * 3)
    assert {world.instance(one)["SubnetId"] for one in ids(world.members(group))} == {used}
    described = world.described(group)
    assert described is not None
    assert described["VPCZoneIdentifier"] == f"{used},{spare}"
    with refused("ValidationError"):
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, VPCZoneIdentifier=f"{used},{spare}")


def test_a_terminating_hook_lets_go_at_its_time_out(world: WorldClient) -> None:
    group = world.group(1)
    world.asg.put_lifecycle_hook(AutoScalingGroupName=group, **{**TERMINATING_HOOK, "HeartbeatTimeout": 120})
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
    world.until_members(group, ["Terminating:Wait"])
    world.until_members(group, [])


def test_a_launching_hook_that_abandons_replaces_the_member(world: WorldClient) -> None:
    group = world.group(
        1,
        settled=False,
        LifecycleHookSpecificationList=[
            {
                "LifecycleHookName": "check",
                "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
                "HeartbeatTimeout": 3000,
            }
        ],
    )
    (member,) = ids(world.until_members(group, ["Pending:Wait"]))
    world.asg.complete_lifecycle_action(
        AutoScalingGroupName=group,
        InstanceId=member,
        LifecycleHookName="check",
        LifecycleActionResult="ABANDON",
    )
    world.until(lambda: member not in ids(world.members(group)) and world.members(group))
