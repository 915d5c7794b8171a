"""Instance refreshes: what is shown of them while they are under way, and afterwards."""

from tests.ec2world.client import WorldClient, ids
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
    versions,
)

# Seconds that no test lasts.
LONG = 10_000_000


def test_progress_waits_for_the_warm_up(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    start(world, group, DesiredConfiguration=desired, Preferences={"InstanceWarmup": LONG})
    until_new_in_service(world, group, 1)
    shown = world.until(lambda: (found := latest(world, group)).get("StatusReason") and found)
    (new,) = ids([one for one in world.members(group) if one["LaunchTemplate"]["Version"] == "2"])
    assert shown["StatusReason"] == (
        f"Waiting for instances to warm up before continuing. For example: {new} is warming up."
    )
    assert (shown["Status"], shown["PercentageComplete"], shown["InstancesToUpdate"]) == ("InProgress", 0, 1)
    world.asg.cancel_instance_refresh(AutoScalingGroupName=group)


def test_the_warm_up_begins_in_service(world: WorldClient) -> None:
    group = world.group(2)
    world.asg.put_lifecycle_hook(
        AutoScalingGroupName=group,
        LifecycleHookName="prepare",
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        HeartbeatTimeout=300,
        DefaultResult="CONTINUE",
    )
    counts = rolled(world, group, Preferences={"InstanceWarmup": 200})["changes"]
    gone = [one["at"] for one in counts if one["inService"] == 1]
    assert gone[-1] - gone[0] >= 45 + 300 + 200


def test_an_ended_refresh_shows_when_and_what_it_came_to(world: WorldClient) -> None:
    group = world.group(2)
    start(world, group, Preferences={"InstanceWarmup": LONG})
    world.until(lambda: latest(world, group).get("InstancesToUpdate") == 1)
    world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "Cancelled")
    resize(world, group, 0)
    shown = latest(world, group)
    assert (shown["PercentageComplete"], shown["InstancesToUpdate"]) == (0, 1)
    assert shown["StartTime"] <= shown["EndTime"]


def test_a_roll_back_shows_how_far_the_refresh_had_come(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 4)
    start(world, group, DesiredConfiguration=desired, Preferences={"InstanceWarmup": 30})
    world.until(lambda: latest(world, group).get("PercentageComplete", 0) >= 50)
    world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    shown = latest(world, group)
    details = shown["RollbackDetails"]
    assert details["PercentageCompleteOnRollback"] in (50, 75)
    assert details["InstancesToUpdateOnRollback"] <= 2
    assert details["RollbackReason"]
    assert details["RollbackStartTime"] >= shown["StartTime"]
    until_status(world, group, "RollbackSuccessful")


def test_the_percentage_goes_back_to_zero_in_a_roll_back(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 3)
    start(world, group, DesiredConfiguration=desired, Preferences={"InstanceWarmup": 30})
    world.until(lambda: latest(world, group).get("PercentageComplete", 0) >= 66)
    world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    seen = []
    while (shown := latest(world, group))["Status"] == "RollbackInProgress":
        seen.append(shown["PercentageComplete"])
        # What was never replaced need not be replaced again.
        assert shown["InstancesToUpdate"] <= 1
    assert seen == sorted(seen, reverse=True)
    assert shown["PercentageComplete"] == 0


def test_a_warm_pool_is_replaced_after_the_members(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 1)
    world.asg.put_warm_pool(AutoScalingGroupName=group, PoolState="Stopped", MaxGroupPreparedCapacity=2)

    def pool() -> list[dict[str, str]]:
        found = world.asg.describe_warm_pool(AutoScalingGroupName=group)["Instances"]
        return [one for one in found if one["LifecycleState"] == "Warmed:Stopped"]

    (warm,) = world.until(pool)
    since = now(world, group)
    start(world, group, DesiredConfiguration=desired, Preferences={"InstanceWarmup": 1_000})
    shown = world.until(lambda: latest(world, group).get("ProgressDetails"))
    assert shown["LivePoolProgress"] == {"PercentageComplete": 0, "InstancesToUpdate": 0}
    assert shown["WarmPoolProgress"] == {"PercentageComplete": 0, "InstancesToUpdate": 1}
    until_status(world, group, "Successful")
    (replaced,) = pool()
    assert (replaced["InstanceId"] != warm["InstanceId"], versions(world, group)) == (True, ["2"])
    assert capacity(world, group, since)["leastInService"] == 0
    for details in latest(world, group)["ProgressDetails"].values():
        assert details == {"PercentageComplete": 100, "InstancesToUpdate": 0}
    world.asg.delete_warm_pool(AutoScalingGroupName=group, ForceDelete=True)
