"""Instance refreshes that stop on their way: checkpoints, and a paused process."""

from itertools import pairwise
from typing import Any

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
    version,
    versions,
)

MINUTE = 60


def replaced_at(counts: dict[str, Any]) -> list[float]:
    """The minutes, from the first on, at which members were taken out of service."""
    services = [(one["at"], one["inService"]) for one in counts["changes"]]
    gone = [at for (_, before), (at, after) in pairwise(services) if after < before]
    return sorted({(at - gone[0]) // MINUTE for at in gone})


def test_a_refresh_waits_at_its_checkpoints(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 10)
    preferences = {
        "MinHealthyPercentage": 80,
        "InstanceWarmup": 9 * MINUTE,
        "CheckpointPercentages": [20, 50],
        "CheckpointDelay": 15 * MINUTE,
    }
    counts = rolled(world, group, DesiredConfiguration=desired, Preferences=preferences)
    assert [round(at / 5) * 5 for at in replaced_at(counts)] == [0, 25, 35]
    assert counts["leastInService"] == 8
    shown = latest(world, group)
    assert (shown["PercentageComplete"], shown["InstancesToUpdate"]) == (50, 0)
    assert versions(world, group) == ["1"] * 5 + ["2"] * 5


def test_a_checkpoint_that_a_later_one_comes_with_is_skipped(world: WorldClient) -> None:
    group = world.group(2)
    preferences = {"CheckpointPercentages": [10, 40, 100], "CheckpointDelay": 50 * MINUTE}
    since = now(world, group)
    start(world, group, Preferences=preferences)
    reason = world.until(lambda: latest(world, group).get("StatusReason"))
    assert "40" in reason
    until_status(world, group, "Successful", step=60)
    first, second = replaced_at(capacity(world, group, since))
    assert 50 <= second - first < 60


def test_a_last_checkpoint_below_100_ends_a_refresh_that_has_succeeded(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    rolled(world, group, DesiredConfiguration=desired, Preferences={"CheckpointPercentages": [50]})
    assert (versions(world, group), version(world, group)) == (["1", "2"], "2")
    resize(world, group, 3)
    assert versions(world, group) == ["1", "2", "2"]
    before = ids(world.members(group))
    counts = rolled(world, group, DesiredConfiguration=desired, Preferences={"SkipMatching": True})
    assert versions(world, group) == ["2"] * 3
    assert len(set(before) & set(ids(world.members(group)))) == 2
    assert counts["leastInService"] == 2


def test_a_refresh_goes_on_by_itself_after_a_checkpoint(world: WorldClient) -> None:
    group = world.group(2)
    with world.standing_still():
        start(world, group, Preferences={"CheckpointPercentages": [50, 100], "CheckpointDelay": 5_000})
        world.skip_time(300)
        shown = latest(world, group)
        assert (shown["Status"], shown["PercentageComplete"]) == ("InProgress", 50)
        world.skip_time(5_000)
        until_status(world, group, "Successful", step=60)


def test_a_suspended_instance_refresh_pauses_and_goes_on(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 1)
    processes = {"AutoScalingGroupName": group, "ScalingProcesses": ["InstanceRefresh"]}
    world.asg.suspend_processes(**processes)
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired)
        world.skip_time(10_000)
        assert (latest(world, group)["Status"], versions(world, group)) == ("InProgress", ["1"])
    world.asg.resume_processes(**processes)
    until_new_in_service(world, group, 1)
    until_status(world, group, "Successful")
