import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.ec2world.client import WorldClient, name, refused

RUN = "arn:aws:states:us-east-1:123456789012:execution:machine:run"
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
        ({"service": "workflow", "action": "Drain Group", "effect": "abort", "target": "all"}, "target"),
        ({"service": "workflow", "action": "Drain Group", "effect": "abort", "children": 1}, "children"),
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


def test_a_start_can_be_accepted_and_find_no_capacity_later(world: WorldClient) -> None:
    source = world.seed(state="stopped")["instanceId"]
    world.faults(
        {
            "service": "ec2",
            "action": "StartInstances",
            "effect": "fail",
            "message": "No capacity.",
            "times": 1,
        }
    )
    [change] = world.ec2.start_instances(InstanceIds=[source])["StartingInstances"]
    assert change["CurrentState"]["Name"] == "pending"
    world.until(lambda: world.instance(source)["State"]["Name"] == "stopped")
    reason = "Server.InsufficientInstanceCapacity"
    assert world.instance(source)["StateReason"] == {"Code": reason, "Message": f"{reason}: No capacity."}
    assert world.instance(source)["StateTransitionReason"] == reason
    world.ec2.start_instances(InstanceIds=[source])
    world.until(lambda: world.instance(source)["State"]["Name"] == "running")
    assert "StateReason" not in world.instance(source)


def test_a_rule_waits_until_a_refresh_has_replaced_so_much(world: WorldClient) -> None:
    group = world.group(2)
    checked = {"service": "workflow", "action": "Check", "role": "Run", "run": RUN}
    rule = {"service": "workflow", "action": "Check", "run": RUN, "effect": "abort"}
    world.faults({**rule, "replaced": {"group": group, "least": 50}})
    assert world.control("POST", "calls", checked) is None

    checkpoints = {"CheckpointPercentages": [50, 100], "CheckpointDelay": 100_000, "InstanceWarmup": 0}
    world.asg.start_instance_refresh(AutoScalingGroupName=group, Preferences=checkpoints)
    assert world.control("POST", "calls", checked) is None
    world.until(lambda: refresh_of(world, group).get("PercentageComplete") == 50)

    assert world.control("POST", "calls", checked)["effect"] == "abort"
    assert world.control("GET", "faults")[0]["seen"] == 1


def test_a_rule_about_a_refresh_is_for_one_that_goes_forward(world: WorldClient) -> None:
    group = world.group(1)
    world.asg.start_instance_refresh(AutoScalingGroupName=group)
    world.asg.cancel_instance_refresh(AutoScalingGroupName=group, WaitForTransitioningInstances=False)
    rule = {"service": "ec2", "action": "DescribeVpcs", "replaced": {"group": group, "least": 0}}
    world.faults(rule)
    assert world.ec2.describe_vpcs()["Vpcs"]

    world.asg.start_instance_refresh(AutoScalingGroupName=group)
    with refused("InternalError"):
        world.ec2.describe_vpcs()


def refresh_of(world: WorldClient, group: str) -> dict[str, Any]:
    shown: dict[str, Any] = world.asg.describe_instance_refreshes(AutoScalingGroupName=group)[
        "InstanceRefreshes"
    ][0]
    return shown


def test_a_rule_about_a_refresh_names_a_group_and_a_percentage(world: WorldClient) -> None:
    rule = {"service": "ec2", "action": "DescribeVpcs", "replaced": {"group": "web"}}
    status, answer = world.try_control("PUT", "faults", [rule])
    assert (status, "replaced has a group" in answer["error"]) == (400, True)
