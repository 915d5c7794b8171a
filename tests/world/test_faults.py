import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.world.client import STANDING_STILL, WorldClient, name, refused

THROTTLED = {"effect": "error", "code": "RequestLimitExceeded", "status": 503}


def tagged(run: str) -> list[dict[str, Any]]:
    return [{"ResourceType": "snapshot", "Tags": [{"Key": "golden-image:run", "Value": run}]}]


def snapshots_of(world: WorldClient, run: str) -> list[dict[str, Any]]:
    found = world.ec2.describe_snapshots(Filters=[{"Name": "tag:golden-image:run", "Values": [run]}])
    snapshots: list[dict[str, Any]] = found["Snapshots"]
    return snapshots


def test_an_error_before_the_call_has_no_effect(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.faults({"service": "ec2", "action": "StopInstances", "message": "Slow down.", **THROTTLED})
    with refused("RequestLimitExceeded") as raised:
        world.ec2.stop_instances(InstanceIds=[source])
    answer = raised.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert answer["ResponseMetadata"]["RequestId"]
    assert answer["Error"]["Message"] == "Slow down."
    assert world.instance(source)["State"]["Name"] == "running"
    world.ec2.stop_instances(InstanceIds=[source])


def test_an_error_after_the_call_has_the_effect(world: WorldClient) -> None:
    source, run = world.seed()["instanceId"], name("run")
    world.faults(
        {
            "service": "ec2",
            "action": "CreateSnapshots",
            "when": "after",
            "effect": "error",
            "code": "InternalError",
        }
    )
    with refused("InternalError") as raised:
        world.ec2.create_snapshots(
            InstanceSpecification={"InstanceId": source}, TagSpecifications=tagged(run)
        )
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert len(snapshots_of(world, run)) == 2


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 2)])
def test_a_cut_connection_answers_nothing(world: WorldClient, when: str, made: int) -> None:
    source, run = world.seed()["instanceId"], name("run")
    world.faults({"service": "ec2", "action": "CreateSnapshots", "when": when, "effect": "drop"})
    with pytest.raises(ConnectionClosedError):
        world.ec2.create_snapshots(
            InstanceSpecification={"InstanceId": source}, TagSpecifications=tagged(run)
        )
    assert len(snapshots_of(world, run)) == made
    assert [one["code"] for one in world.calls() if one["action"] == "CreateSnapshots"][-1] == "ConnectionCut"


def test_a_delayed_answer_holds_up_nobody_else(world: WorldClient) -> None:
    source, other = world.seed()["instanceId"], world.seed()["instanceId"]
    world.faults(
        {
            "service": "ec2",
            "action": "StopInstances",
            "match": {"InstanceIds": [source]},
            "when": "after",
            "effect": "delay",
            "seconds": 0.4,
        }
    )
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(world.ec2.stop_instances, InstanceIds=[source])
        world.until_state(source, "stopped")
        world.ec2.stop_instances(InstanceIds=[other])
        assert not slow.done()
        slow.result()
    assert time.monotonic() - began >= 0.4


def test_autoscaling_errors_have_its_own_shape(world: WorldClient) -> None:
    world.faults({"service": "autoscaling", "action": "Describe*", "effect": "error", "code": "Throttling"})
    with refused("Throttling") as raised:
        world.asg.describe_auto_scaling_groups()
    assert raised.value.response["Error"]["Type"] == "Sender"
    assert world.asg.describe_auto_scaling_groups()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_rule_skips_and_then_hits_so_many_times(world: WorldClient) -> None:
    world.faults({"service": "ec2", "action": "DescribeVpcs", "skip": 1, "times": 2, **THROTTLED})
    outcomes = []
    for _ in range(4):
        try:
            world.ec2.describe_vpcs()
            outcomes.append("answered")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes == ["answered", "RequestLimitExceeded", "RequestLimitExceeded", "answered"]
    (rule,) = world.control("GET", "faults")
    assert (rule["seen"], rule["hits"]) == (4, 2)


def test_rules_side_by_side_count_for_themselves(world: WorldClient) -> None:
    rule = {"service": "ec2", "action": "DescribeVpcs", "effect": "error"}
    world.faults({**rule, "code": "InternalError"}, {**rule, "code": "Unavailable", "skip": 1})
    with refused("InternalError"):
        world.ec2.describe_vpcs()
    with refused("Unavailable"):
        world.ec2.describe_vpcs()
    world.ec2.describe_vpcs()


@pytest.mark.parametrize(
    "narrowed",
    [
        {"match": {"InstanceSpecification": {"InstanceId": "SOURCE"}}},
        {"match": {"TagSpecifications": [{"Tags": [{"Value": "RUN"}]}]}},
        {"match": {"TagSpecifications": "RUN"}},
        {"contains": "RUN"},
        {"match": {"role": "create_snapshots"}},
        {"role": "create_snapshots"},
    ],
)
def test_a_rule_hits_only_what_it_matches(world: WorldClient, narrowed: dict[str, Any]) -> None:
    source, run = world.seed()["instanceId"], name("run")

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [filled(one) for one in value]
        return {"SOURCE": source, "RUN": run}.get(value, value)

    world.control("PUT", "identities", {"ASIACREATESNAPSHOTS0": "create_snapshots"})
    ec2 = world.client("ec2", "ASIACREATESNAPSHOTS0")
    world.faults({"service": "ec2", "action": "CreateSnapshots", **THROTTLED, **filled(narrowed)})
    other = world.seed()["instanceId"]
    world.ec2.create_snapshots(InstanceSpecification={"InstanceId": other}, TagSpecifications=tagged("other"))
    with refused("RequestLimitExceeded"):
        ec2.create_snapshots(InstanceSpecification={"InstanceId": source}, TagSpecifications=tagged(run))


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({"service": "ec2", "action": "CreateSnapshot5", **THROTTLED}, "CreateSnapshot5"),
        ({"service": "ec3", "action": "CreateSnapshots", **THROTTLED}, "ec3"),
        ({"service": "ec2", "action": "CreateSnapshots", "effect": "explode"}, "explode"),
        ({"service": "ec2", "action": "CreateSnapshots", "effect": "delay", "seconds": -1}, "seconds"),
        ({"service": "ec2", "action": "CreateSnapshots", "when": "later", **THROTTLED}, "later"),
        (
            {"service": "ec2", "action": "CreateSnapshots", "match": {"Instance": "i"}, **THROTTLED},
            "Instance",
        ),
        ({"service": "ec2", "action": "CreateSnapshots", "tims": 1, **THROTTLED}, "tims"),
        ({"service": "ec2", "action": "CreateSnapshots", "times": "1", **THROTTLED}, "times"),
        ({"service": "ec2", "action": "DescribeVpcs", "effect": "fail"}, "DescribeVpcs"),
        ("CreateSnapshots", "object"),
    ],
)
def test_a_wrong_rule_is_refused_and_changes_nothing(world: WorldClient, rule: Any, word: str) -> None:
    good = {"service": "ec2", "action": "DescribeVpcs", **THROTTLED}
    world.faults(good)
    status, answer = world.try_control("PUT", "faults", [good, rule])
    assert status == 400
    assert "rule 1" in answer["error"]
    assert word in answer["error"]
    (kept,) = world.control("GET", "faults")
    assert kept["action"] == "DescribeVpcs"


def test_a_snapshot_can_fail_later(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.faults(
        {"service": "ec2", "action": "CreateSnapshots", "effect": "fail", "message": "Disk trouble."}
    )
    made = world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})["Snapshots"]
    ids = [one["SnapshotId"] for one in made]
    world.until(lambda: all(one["State"] == "error" for one in world.snapshots(ids)))
    assert {one["StateMessage"] for one in world.snapshots(ids)} == {"Disk trouble."}


@pytest.mark.parametrize("action", ["RegisterImage", "CreateImage"])
def test_an_image_can_fail_later(world: WorldClient, action: str) -> None:
    source = world.seed()["instanceId"]
    world.faults({"service": "ec2", "action": action, "effect": "fail", "message": "No luck."})
    if action == "RegisterImage":
        image = world.register(world.snapshot_set(source)[0])
    else:
        image = world.ec2.create_image(InstanceId=source, Name=name("image"))["ImageId"]
    world.until(lambda: world.image(image)["State"] == "failed")
    assert world.image(image)["StateReason"]["Message"] == "No luck."


def test_launches_can_fail_until_an_update(world: WorldClient) -> None:
    world.faults(
        {
            "service": "autoscaling",
            "action": "CreateAutoScalingGroup",
            "effect": "fail",
            "message": "No capacity",
        }
    )
    group = world.group(1, settled=False)
    activity = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"][0]
    assert (activity["StatusCode"], "No capacity" in activity["StatusMessage"]) == ("Failed", True)
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=0)
    world.until_members(group, ["InService"])


def test_stale_reads_hide_what_was_made(world: WorldClient) -> None:
    source, run = world.seed()["instanceId"], name("run")
    world.faults({"service": "ec2", "action": "CreateSnapshots", "effect": "stale", "reads": 2})
    made = world.ec2.create_snapshots(
        InstanceSpecification={"InstanceId": source}, TagSpecifications=tagged(run)
    )["Snapshots"]
    ids = [one["SnapshotId"] for one in made]
    world.ec2.describe_volumes()  # shows nothing of it, and does not count
    assert snapshots_of(world, run) == []
    with refused("InvalidSnapshot.NotFound"):
        world.snapshots(ids)
    assert len(snapshots_of(world, run)) == 2


def test_stale_reads_show_a_state_from_before_for_a_time(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    other = world.seed()["instanceId"]
    world.faults({"service": "ec2", "action": "StopInstances", "effect": "stale", "seconds": 60})
    with world.standing_still():
        answer = world.ec2.stop_instances(InstanceIds=[source])["StoppingInstances"][0]
        assert answer["CurrentState"]["Name"] == "stopping"
        world.ec2.stop_instances(InstanceIds=[other])
        assert world.instance(source)["State"]["Name"] == "running"
        assert world.instance(other)["State"]["Name"] == "stopping"
    world.until_state(source, "stopped")


def test_stale_reads_show_what_is_gone_and_groups_as_they_were(world: WorldClient) -> None:
    template = world.template()
    group = world.group(1)
    world.faults(
        {"service": "ec2", "action": "DeleteLaunchTemplate", "effect": "stale", "reads": 1},
        {"service": "autoscaling", "action": "UpdateAutoScalingGroup", "effect": "stale", "reads": 1},
    )
    world.ec2.delete_launch_template(LaunchTemplateName=template)
    assert world.ec2.describe_launch_templates(LaunchTemplateNames=[template])["LaunchTemplates"]
    with refused("InvalidLaunchTemplateName.NotFoundException"):
        world.ec2.describe_launch_templates(LaunchTemplateNames=[template])
    with world.standing_still():
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
        before, after = world.described(group), world.described(group)
    assert before is not None
    assert after is not None
    assert (before["MaxSize"], before["Instances"][0]["LifecycleState"]) == (10, "InService")
    assert (after["MaxSize"], after["Instances"][0]["LifecycleState"]) == (0, "Terminating")


def test_stale_reads_hide_several_writes_at_once(world: WorldClient) -> None:
    source, run = world.seed()["instanceId"], name("run")
    world.faults(
        {"service": "ec2", "action": "CreateSnapshots", "effect": "stale", "seconds": 1000},
        {"service": "ec2", "action": "StopInstances", "effect": "stale", "seconds": 1000},
    )
    with world.standing_still():
        world.ec2.create_snapshots(
            InstanceSpecification={"InstanceId": source}, TagSpecifications=tagged(run)
        )
        world.ec2.stop_instances(InstanceIds=[source])
        assert snapshots_of(world, run) == []
        assert world.instance(source)["State"]["Name"] == "running"
    world.until_state(source, "stopped")
    world.until(lambda: len(snapshots_of(world, run)) == 2)


def test_a_stale_version_is_not_the_latest_yet(world: WorldClient) -> None:
    template = world.template()
    world.faults({"service": "ec2", "action": "CreateLaunchTemplateVersion", "effect": "stale", "reads": 1})
    world.ec2.create_launch_template_version(LaunchTemplateName=template, LaunchTemplateData={"KeyName": "k"})
    seen = [
        world.ec2.describe_launch_templates(LaunchTemplateNames=[template])["LaunchTemplates"][0]
        for _ in range(2)
    ]
    assert [one["LatestVersionNumber"] for one in seen] == [1, 2]


def test_the_token_buckets_refuse_and_refill(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.control("PUT", "throttle", {"enabled": True})
    with world.standing_still():
        for _ in range(5):
            world.ec2.start_instances(InstanceIds=[source])
        with refused("RequestLimitExceeded") as raised:
            world.ec2.start_instances(InstanceIds=[source])
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert world.control("GET", "throttle") == {"enabled": True, "refused": 1}
        world.control("PUT", "durations", {"scale": 1e-5})
        world.control("PUT", "durations", {"scale": STANDING_STILL})
        world.ec2.start_instances(InstanceIds=[source])
        for _ in range(100):
            world.asg.describe_policies()
        with refused("Throttling"):
            world.asg.describe_policies()


def test_reads_without_filter_or_page_have_a_smaller_bucket(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.control("PUT", "throttle", {"enabled": True})
    with world.standing_still():
        for _ in range(50):
            world.instance(source)
        with refused("RequestLimitExceeded"):
            world.instance(source)
        world.ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [source]}])
    for wrong in ({}, {"enabled": "yes"}, None):
        assert world.try_control("PUT", "throttle", wrong)[0] == 400
