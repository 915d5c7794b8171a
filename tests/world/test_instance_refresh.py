"""Instance refreshes: how they end, and what they leave in the group."""

import pytest

from tests.ec2world.client import WorldClient, ids
from tests.world.refreshes import held, latest, resize, start, two_versions, until_status, version, versions

FAILS = {"service": "autoscaling", "action": "StartInstanceRefresh", "effect": "fail", "message": "No luck."}


def test_a_refresh_is_in_one_of_ten_states(world: WorldClient) -> None:
    under_way = {"Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"}
    ended = {"Successful", "Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed"}
    states = world.asg.meta.service_model.shape_for("InstanceRefreshStatus").enum
    assert set(states) == under_way | ended


def test_a_refresh_gives_its_configuration_to_the_group_at_its_end(world: WorldClient) -> None:
    group, desired = two_versions(world)
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired)
        assert version(world, group) == "1"
    until_status(world, group, "Successful")
    assert version(world, group) == "2"


def test_a_refresh_replaces_the_members_by_its_configuration(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 3)
    before = ids(world.members(group))
    start(world, group, DesiredConfiguration=desired)
    until_status(world, group, "Successful")
    assert not set(ids(world.members(group))) & set(before)
    assert versions(world, group) == ["2", "2", "2"]


def test_matching_members_are_skipped_where_that_was_asked_for(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 1)
    before = ids(world.members(group))
    own = {"LaunchTemplate": {**desired["LaunchTemplate"], "Version": "1"}}
    start(world, group, DesiredConfiguration=own, Preferences={"SkipMatching": True})
    until_status(world, group, "Successful")
    assert ids(world.members(group)) == before


@pytest.mark.parametrize("kind", ["protected", "standby"])
def test_a_refresh_waits_an_hour_for_what_it_may_not_replace(world: WorldClient, kind: str) -> None:
    group = world.group(1)
    held(world, group, kind)
    before = ids(world.members(group))
    with world.standing_still():
        start(world, group)
        world.pass_time(4000)
        assert latest(world, group)["Status"] == "Failed"
    assert ids(world.members(group)) == before
    ignoring = {"ScaleInProtectedInstances": "Ignore", "StandbyInstances": "Ignore"}
    start(world, group, Preferences=ignoring)
    until_status(world, group, "Successful")
    assert ids(world.members(group)) == before
    replacing = {"ScaleInProtectedInstances": "Refresh", "StandbyInstances": "Terminate"}
    start(world, group, Preferences=replacing)
    until_status(world, group, "Successful")
    assert not set(ids(world.members(group))) & set(before)


@pytest.mark.parametrize("process", ["Launch", "Terminate"])
def test_a_suspended_process_lets_nothing_be_replaced(world: WorldClient, process: str) -> None:
    group = world.group(1)
    before = ids(world.members(group))
    world.asg.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=[process])
    with world.standing_still():
        start(world, group)
        world.pass_time(4000)
        assert latest(world, group)["Status"] == "Failed"
    assert ids(world.members(group)) == before


def test_a_cancelled_refresh_gives_nothing_back(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 3)
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired)
        world.pass_time(10)
        assert "2" in versions(world, group)
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "Cancelled")
    world.until_members(group, ["InService"] * 3)
    assert "2" in versions(world, group)
    assert version(world, group) == "1"


def test_a_roll_back_replaces_what_was_replaced(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 2)
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired)
        world.pass_time(10)
        assert "2" in versions(world, group)
        world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "RollbackSuccessful")
    world.until_members(group, ["InService"] * 2)
    assert versions(world, group) == ["1", "1"]


def test_a_refresh_bakes_before_it_is_successful(world: WorldClient) -> None:
    group, desired = two_versions(world)
    start(world, group, DesiredConfiguration=desired, Preferences={"BakeTime": 1_000})
    until_status(world, group, "Baking")
    assert version(world, group) == "1"
    until_status(world, group, "Successful")
    assert version(world, group) == "2"


@pytest.mark.parametrize(("auto", "status"), [(False, "Failed"), (True, "RollbackSuccessful")])
def test_a_failed_refresh_is_rolled_back_only_where_that_was_asked_for(
    world: WorldClient, auto: bool, status: str
) -> None:
    group, desired = two_versions(world)
    world.faults(FAILS)
    start(world, group, DesiredConfiguration=desired, Preferences={"AutoRollback": auto})
    until_status(world, group, status)
    assert version(world, group) == "1"


def test_a_cancelled_refresh_need_not_wait_for_instances(world: WorldClient) -> None:
    group, desired = two_versions(world)
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired)
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group, WaitForTransitioningInstances=False)
        assert latest(world, group)["Status"] == "Cancelled"
        start(world, group)
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
        assert latest(world, group)["Status"] == "Cancelling"
    until_status(world, group, "Cancelled")
    assert version(world, group) == "1"
