"""Somebody else acts in the moment that a rule picks."""

from typing import Any

import pytest

from ec2world.wire.trace import root_of
from tests.ec2world.client import WorldClient, name, refused

RUN = "arn:aws:states:us-east-1:123456789012:execution:machine:run"


def resize(group: str, **sizes: int) -> dict[str, Any]:
    params = {"AutoScalingGroupName": group, **sizes}
    return {"service": "autoscaling", "action": "UpdateAutoScalingGroup", "params": params}


def sizes_of(world: WorldClient, group: str) -> tuple[int, int, int]:
    found = world.asg.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]
    return found["MinSize"], found["DesiredCapacity"], found["MaxSize"]


@pytest.mark.parametrize(("when", "left"), [("before", (0, 0, 0)), ("after", (2, 3, 4))])
def test_somebody_acts_before_or_after_a_call(
    world: WorldClient, when: str, left: tuple[int, int, int]
) -> None:
    group = world.group(1)
    acts = [resize(group, MinSize=2, DesiredCapacity=3, MaxSize=4)]
    rule = {"service": "autoscaling", "action": "UpdateAutoScalingGroup", "contains": group}
    world.faults({**rule, "effect": "act", "when": when, "acts": acts})

    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=0, DesiredCapacity=0, MaxSize=0)

    assert sizes_of(world, group) == left


def test_somebody_acts_when_a_state_is_entered(world: WorldClient) -> None:
    group = world.group(1)
    acts = [resize(group, MinSize=0, DesiredCapacity=2, MaxSize=2)]
    world.faults({"service": "workflow", "action": "Drain Group", "run": RUN, "effect": "act", "acts": acts})
    state = {"service": "workflow", "action": "Drain Group", "role": "RollOut", "run": RUN}

    assert world.control("POST", "calls", state) is None

    assert sizes_of(world, group) == (0, 2, 2)
    (made,) = [call for call in world.calls() if call["trace"] == root_of(RUN)]
    assert (made["role"], made["action"], made["status"]) == ("somebody", "UpdateAutoScalingGroup", 200)


def test_what_somebody_is_refused_is_recorded_and_hinders_nobody(world: WorldClient) -> None:
    group = name("gone")
    rule = {"service": "ec2", "action": "DescribeVpcs", "effect": "act", "acts": [resize(group, MinSize=1)]}
    world.faults(rule)

    assert world.ec2.describe_vpcs()["Vpcs"]

    (made,) = [call for call in world.calls() if group in str(call["params"])]
    assert (made["role"], made["code"]) == ("somebody", "ValidationError")


def test_somebody_sounds_an_alarm(world: WorldClient) -> None:
    group, alarm = world.group(1), name("alarm")
    world.control("PUT", "alarms", {"name": alarm, "state": "OK"})
    params = {"AlarmName": alarm, "StateValue": "ALARM", "StateReason": "too many errors"}
    acts = [{"service": "cloudwatch", "action": "SetAlarmState", "params": params}]
    world.faults({"service": "workflow", "action": "Roll Out", "run": RUN, "effect": "act", "acts": acts})

    world.control("POST", "calls", {"service": "workflow", "action": "Roll Out", "role": "Run", "run": RUN})

    watching = {"AlarmSpecification": {"Alarms": [alarm]}}
    with refused("ValidationError") as raised:
        world.asg.start_instance_refresh(AutoScalingGroupName=group, Preferences=watching)
    assert f"not in the OK state: {alarm}" in str(raised.value)


def copy_of(run: str) -> dict[str, Any]:
    mark = {"Key": "CopiedBy", "Value": "backup"}
    tags = [{"ResourceType": "snapshot", "Tags": ["$tags", mark]}]
    params = {"SourceSnapshotId": "$id", "SourceRegion": "us-east-1", "TagSpecifications": tags}
    each = {"resource": "snapshot", "key": "golden-image:run", "value": run}
    return {"service": "ec2", "action": "CopySnapshot", "params": params, "each": each}


def test_a_backup_tool_copies_each_snapshot_that_has_a_tag_with_its_tags(world: WorldClient) -> None:
    run, source = name("run"), world.seed()["instanceId"]
    own = [{"Key": "golden-image:run", "Value": run}, {"Key": "Team", "Value": "web"}]
    made = world.snapshot_set(source, TagSpecifications=[{"ResourceType": "snapshot", "Tags": own}])
    world.faults({"service": "ec2", "action": "DescribeVpcs", "effect": "act", "acts": [copy_of(run)]})

    world.ec2.describe_vpcs()

    filters = [{"Name": "tag:golden-image:run", "Values": [run]}]
    found = world.ec2.describe_snapshots(Filters=filters)["Snapshots"]
    copies = [one for one in found if one["SnapshotId"] not in made]
    assert len(copies) == 2
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html: "an arbitrary volume ID"
    assert {one["VolumeId"] for one in copies} == {"vol-ffffffff"}
    for copy in copies:
        tags = {tag["Key"]: tag["Value"] for tag in copy["Tags"]}
        assert tags == {"golden-image:run": run, "Team": "web", "CopiedBy": "backup"}


def test_a_copied_snapshot_takes_its_time(world: WorldClient) -> None:
    (snapshot, _) = world.snapshot_set(world.seed()["instanceId"])
    with world.standing_still():
        copy = world.ec2.copy_snapshot(SourceSnapshotId=snapshot, SourceRegion="us-east-1")["SnapshotId"]
        assert world.snapshots([copy])[0]["State"] == "pending"
    world.until(lambda: world.snapshots([copy])[0]["State"] == "completed")


@pytest.mark.parametrize(
    ("acts", "word"),
    [
        ([], "needs them"),
        ([{"service": "sns", "action": "Publish"}], "sns.Publish"),
        ([{"service": "ec2", "action": "StripTags"}], "StripTags"),
        ([{"service": "ec2", "action": "DeleteTags", "params": {"Resource": "i"}}], "Resource"),
        ([{"service": "ec2", "action": "DeleteTags", "each": {"resource": "image"}}], "each has the keys"),
        ([{"service": "ec2", "action": "DeleteTags", "when": "now"}], "an act has the keys"),
    ],
)
def test_a_wrong_act_is_refused(world: WorldClient, acts: list[Any], word: str) -> None:
    rule = {"service": "ec2", "action": "DescribeVpcs", "effect": "act", "acts": acts}
    status, answer = world.try_control("PUT", "faults", [rule])
    assert status == 400
    assert "rule 0" in answer["error"]
    assert word in answer["error"]
