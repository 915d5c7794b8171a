"""The record of a group's members at every change."""

from tests.ec2world.client import WorldClient, ids, name
from tests.world.refreshes import (
    capacity,
    now,
    resize,
    start,
    two_versions,
    until_new_in_service,
    until_status,
)


def changes(world: WorldClient, group: str, since: float = 0) -> list[dict[str, float]]:
    counts: list[dict[str, float]] = world.control("GET", f"capacity?group={group}&since={since}")["changes"]
    return counts


def test_every_change_of_a_members_state_is_counted(world: WorldClient) -> None:
    group = world.group(2)
    (member, _) = ids(world.members(group))
    since = world.control("GET", f"capacity?group={group}")["now"]
    world.ec2.terminate_instances(InstanceIds=[member])
    world.until(lambda: member not in ids(world.members(group)))
    world.until_members(group, ["InService"] * 2)
    counts = [(one["inService"], one["pending"], one["terminating"]) for one in changes(world, group, since)]
    assert counts == [(2, 0, 0), (1, 0, 1), (1, 1, 1), (2, 0, 1), (2, 0, 0)]
    assert world.control("GET", f"capacity?group={group}&since={since}")["leastInService"] == 1


def test_what_held_at_a_moment_counts_from_then_on(world: WorldClient) -> None:
    group = world.group(1)
    now = world.control("GET", f"capacity?group={group}")["now"]
    (held,) = changes(world, group, now)
    assert held["at"] <= now
    assert (held["inService"], held["desired"]) == (1, 1)


def test_an_unhealthy_member_is_not_in_service(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["ReplaceUnhealthy"])
    world.asg.set_instance_health(InstanceId=member, HealthStatus="Unhealthy")
    assert world.members(group)[0]["LifecycleState"] == "InService"
    assert changes(world, group)[-1]["inService"] == 0


def test_standby_and_detached_members_are_not_in_service(world: WorldClient) -> None:
    group = world.group(2)
    one, other = ids(world.members(group))
    world.asg.enter_standby(
        AutoScalingGroupName=group, InstanceIds=[one], ShouldDecrementDesiredCapacity=True
    )
    world.asg.detach_instances(
        AutoScalingGroupName=group, InstanceIds=[other], ShouldDecrementDesiredCapacity=True
    )
    last = changes(world, group)[-1]
    assert (last["inService"], last["standby"], last["desired"]) == (0, 1, 0)


def test_each_count_names_the_refresh_that_was_under_way(world: WorldClient) -> None:
    group = world.group(1)
    started = world.asg.start_instance_refresh(AutoScalingGroupName=group, Preferences={"InstanceWarmup": 0})
    refresh_id = started["InstanceRefreshId"]

    def status() -> str:
        shown = world.asg.describe_instance_refreshes(AutoScalingGroupName=group)["InstanceRefreshes"]
        return str(shown[0]["Status"])

    world.until(lambda: status() == "Successful")

    assert {one["refresh"] for one in changes(world, group)} == {None, refresh_id}
    # The first one is that of its start.
    assert [one["inService"] for one in changes(world, group) if one["refresh"]][:2] == [1, 0]


def test_the_counts_outlive_the_group(world: WorldClient) -> None:
    group = world.group(1)
    world.asg.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    world.until(lambda: world.described(group) is None)
    assert (changes(world, group)[-1]["inService"], changes(world, group)[-1]["terminating"]) == (0, 0)
    assert world.try_control("GET", f"capacity?group={name('group')}")[0] == 400


def test_a_grace_period_is_respected_unless_it_is_not_to_be(world: WorldClient) -> None:
    group = world.group(1, HealthCheckGracePeriod=1_000_000)
    (member,) = ids(world.members(group))
    world.asg.set_instance_health(InstanceId=member, HealthStatus="Unhealthy")
    assert world.members(group)[0]["HealthStatus"] == "Healthy"
    world.asg.set_instance_health(InstanceId=member, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False)
    world.until(lambda: member not in ids(world.members(group)))


def test_an_alarm_is_in_one_of_three_states(world: WorldClient) -> None:
    alarm = name("alarm")
    for state in ("OK", "ALARM", "INSUFFICIENT_DATA"):
        world.control("PUT", "alarms", {"name": alarm, "state": state})
        (shown,) = world.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        assert shown["StateValue"] == state
    assert world.try_control("PUT", "alarms", {"name": alarm, "state": "LOUD"})[0] == 400


def test_a_scale_in_meanwhile_leaves_what_serves(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    since = now(world, group)
    preferences = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110, "InstanceWarmup": 30}
    start(world, group, DesiredConfiguration=desired, Preferences=preferences)
    until_new_in_service(world, group, 1)
    world.until(lambda: capacity(world, group, since)["changes"][-1]["pending"] == 1)
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    until_status(world, group, "Successful")
    assert capacity(world, group, since)["leastInService"] == 1
