from typing import Any

from tests.ec2world.client import WorldClient, name, refused

# Preferences of a refresh that does not end by itself while a test lasts.
LASTING = {"InstanceWarmup": 1_000_000}


def start(world: WorldClient, group: str, **more: Any) -> str:
    refresh_id: str = world.asg.start_instance_refresh(AutoScalingGroupName=group, **more)[
        "InstanceRefreshId"
    ]
    return refresh_id


def refreshes(world: WorldClient, group: str, **more: Any) -> list[dict[str, Any]]:
    found = world.asg.describe_instance_refreshes(AutoScalingGroupName=group, **more)
    shown: list[dict[str, Any]] = found["InstanceRefreshes"]
    return shown


def until_status(world: WorldClient, group: str, status: str) -> None:
    world.until(lambda: refreshes(world, group)[0]["Status"] == status)


def ended_refreshes(world: WorldClient, group: str, count: int) -> list[str]:
    ids = []
    for _ in range(count):
        ids.append(start(world, group, Preferences=LASTING))
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
        until_status(world, group, "Cancelled")
    return ids


def test_a_refresh_is_pending_first_and_successful_in_the_end(world: WorldClient) -> None:
    group = world.group(0)
    with world.standing_still():
        refresh_id = start(world, group)
        (shown,) = refreshes(world, group)
        assert shown.pop("Preferences")
        assert shown == {
            "InstanceRefreshId": refresh_id,
            "AutoScalingGroupName": group,
            "Status": "Pending",
            "Strategy": "Rolling",
        }
    until_status(world, group, "Successful")
    (shown,) = refreshes(world, group)
    assert (shown["PercentageComplete"], shown["InstancesToUpdate"]) == (100, 0)
    assert shown["StartTime"] <= shown["EndTime"]


def test_a_refresh_that_has_members_to_replace_is_in_progress(world: WorldClient) -> None:
    group = world.group(1)
    start(world, group, Preferences=LASTING)
    until_status(world, group, "InProgress")
    (shown,) = refreshes(world, group)
    assert "EndTime" not in shown
    assert shown["StartTime"]
    world.asg.cancel_instance_refresh(AutoScalingGroupName=group)


def test_a_refresh_shows_what_its_start_was_given(world: WorldClient) -> None:
    group, template = world.group(0), world.template()
    given = {
        "Strategy": "Rolling",
        "Preferences": {"MinHealthyPercentage": 50, "CheckpointPercentages": [20, 100], "SkipMatching": True},
        "DesiredConfiguration": {"LaunchTemplate": {"LaunchTemplateName": template, "Version": "1"}},
    }
    start(world, group, **given)
    (shown,) = refreshes(world, group)
    assert shown["Preferences"].items() >= given["Preferences"].items()
    assert shown["DesiredConfiguration"] == given["DesiredConfiguration"]


def test_a_second_refresh_waits_for_the_end_of_the_first(world: WorldClient) -> None:
    group, other = world.group(1), world.group(0)
    with world.standing_still():
        first = start(world, group, Preferences={"InstanceWarmup": 1_000})
        with refused("InstanceRefreshInProgress"):
            start(world, group)
        assert start(world, other) != first
        world.pass_time(100)
        assert refreshes(world, group)[0]["Status"] == "InProgress"
        with refused("InstanceRefreshInProgress"):
            start(world, group)
    until_status(world, group, "Successful")
    second = start(world, group)
    assert [one["InstanceRefreshId"] for one in refreshes(world, group)] == [second, first]


def test_a_cancelled_refresh_is_cancelling_first_and_holds_the_next_one_off(world: WorldClient) -> None:
    group = world.group(0)
    with world.standing_still():
        refresh_id = start(world, group)
        cancelled = world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
        assert cancelled["InstanceRefreshId"] == refresh_id
        assert refreshes(world, group)[0]["Status"] == "Cancelling"
        with refused("InstanceRefreshInProgress"):
            start(world, group)
    until_status(world, group, "Cancelled")
    assert start(world, group) != refresh_id


def test_a_refresh_in_progress_can_be_cancelled(world: WorldClient) -> None:
    group = world.group(1)
    start(world, group, Preferences=LASTING)
    until_status(world, group, "InProgress")
    world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "Cancelled")
    assert refreshes(world, group)[0]["StatusReason"] == "Cancelled due to user request."


def test_only_an_active_refresh_can_be_cancelled(world: WorldClient) -> None:
    group = world.group(0)
    with refused("ActiveInstanceRefreshNotFound"):
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
    start(world, group)
    until_status(world, group, "Successful")
    with refused("ActiveInstanceRefreshNotFound"):
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)


def test_refreshes_come_in_pages_the_newest_first(world: WorldClient) -> None:
    group = world.group(1)
    assert refreshes(world, group) == []
    oldest, middle, newest = ended_refreshes(world, group, 3)
    first = world.asg.describe_instance_refreshes(AutoScalingGroupName=group, MaxRecords=2)
    last = world.asg.describe_instance_refreshes(
        AutoScalingGroupName=group, MaxRecords=2, NextToken=first["NextToken"]
    )
    pages = [[one["InstanceRefreshId"] for one in page["InstanceRefreshes"]] for page in (first, last)]
    assert pages == [[newest, middle], [oldest]]
    assert "NextToken" not in last


def test_a_page_holds_at_most_100_refreshes_and_follows_a_token_of_the_world(world: WorldClient) -> None:
    group = world.group(0)
    with refused("ValidationError"):
        refreshes(world, group, MaxRecords=101)
    with refused("InvalidNextToken"):
        refreshes(world, group, NextToken="none of ours")


def test_refreshes_are_found_by_id(world: WorldClient) -> None:
    group = world.group(1)
    oldest, _, newest = ended_refreshes(world, group, 3)
    found = refreshes(world, group, InstanceRefreshIds=[oldest, newest])
    assert [one["InstanceRefreshId"] for one in found] == [newest, oldest]


def test_a_group_that_is_not_there_has_no_refreshes(world: WorldClient) -> None:
    nobody = name("group")
    for call in (
        world.asg.start_instance_refresh,
        world.asg.describe_instance_refreshes,
        world.asg.cancel_instance_refresh,
    ):
        with refused("ValidationError") as raised:
            call(AutoScalingGroupName=nobody)
        assert "AutoScalingGroup name not found" in raised.value.response["Error"]["Message"]


def test_a_stale_read_hides_a_start_and_a_cancellation(world: WorldClient) -> None:
    group = world.group(0)
    with world.standing_still():
        world.faults(
            {"service": "autoscaling", "action": "StartInstanceRefresh", "effect": "stale", "reads": 1}
        )
        start(world, group)
        assert [refreshes(world, group), len(refreshes(world, group))] == [[], 1]
        world.faults(
            {"service": "autoscaling", "action": "CancelInstanceRefresh", "effect": "stale", "reads": 1}
        )
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
        statuses = [refreshes(world, group)[0]["Status"] for _ in range(2)]
        assert statuses == ["Pending", "Cancelling"]


def test_a_surge_may_be_beyond_the_groups_maximum(world: WorldClient) -> None:
    group = world.group(1, MaxSize=1)
    start(world, group, Preferences={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 100})
    until_status(world, group, "Successful")
    counts = world.control("GET", f"capacity?group={group}")["changes"]
    assert max(one["inService"] for one in counts) == 2


def test_a_refresh_is_counted_from_its_start_to_its_end(world: WorldClient) -> None:
    """No member changes when it is started, and none when its baking is over."""
    group = world.group(1)
    refresh = start(world, group, Preferences={"BakeTime": 60})
    until_status(world, group, "Successful")
    counts = world.control("GET", f"capacity?group={group}")["changes"]
    of_it = [one for one in counts if one["refresh"] == refresh]
    assert (of_it[0]["terminating"], of_it[0]["pending"]) == (0, 0)
    assert counts[-1]["refresh"] is None
    assert counts[-1]["at"] - of_it[-1]["at"] >= 60


def test_a_group_that_is_deleted_takes_its_refresh_along(world: WorldClient) -> None:
    group = world.group(2)
    start(world, group, Preferences=LASTING)
    until_status(world, group, "InProgress")
    world.asg.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    world.until(lambda: world.described(group) is None)


def test_a_fault_makes_the_launches_of_a_refresh_fail(world: WorldClient) -> None:
    group = world.group(1)
    world.faults(
        {"service": "autoscaling", "action": "StartInstanceRefresh", "effect": "fail", "message": "Sold out"}
    )
    start(world, group)
    world.faults()
    world.until(lambda: refreshes(world, group)[0]["Status"] == "InProgress")
    world.skip_time(4_000)
    until_status(world, group, "Failed")
    assert "Sold out" in refreshes(world, group)[0]["StatusReason"]
    world.until_members(group, ["InService"])
