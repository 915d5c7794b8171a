from typing import Any

from tests.ec2world.client import WorldClient, name, refused


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
        ids.append(start(world, group))
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
        until_status(world, group, "Cancelled")
    return ids


def test_a_refresh_is_pending_then_in_progress_then_successful(world: WorldClient) -> None:
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
        world.control("PUT", "durations", {"scale": 0.02})
        until_status(world, group, "InProgress")
    until_status(world, group, "Successful")


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
    group, other = world.group(0), world.group(0)
    with world.standing_still():
        first = start(world, group)
        with refused("InstanceRefreshInProgress"):
            start(world, group)
        assert start(world, other) != first
        world.control("PUT", "durations", {"scale": 0.02})
        until_status(world, group, "InProgress")
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
        with refused("ActiveInstanceRefreshNotFound"):
            world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "Cancelled")
    assert start(world, group) != refresh_id


def test_a_refresh_in_progress_can_be_cancelled(world: WorldClient) -> None:
    group = world.group(0)
    with world.standing_still():
        start(world, group)
        world.control("PUT", "durations", {"scale": 0.02})
        until_status(world, group, "InProgress")
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
    until_status(world, group, "Cancelled")


def test_only_an_active_refresh_can_be_cancelled(world: WorldClient) -> None:
    group = world.group(0)
    with refused("ActiveInstanceRefreshNotFound"):
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
    start(world, group)
    until_status(world, group, "Successful")
    with refused("ActiveInstanceRefreshNotFound"):
        world.asg.cancel_instance_refresh(AutoScalingGroupName=group)


def test_refreshes_come_in_pages_the_newest_first(world: WorldClient) -> None:
    group = world.group(0)
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
    group = world.group(0)
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
