"""An instance that is launched for a proof: its token, its status checks, its console, its end."""

from typing import Any

import pytest

from tests.ec2world.client import WorldClient, name, refused

CHECKS = {"system": "SystemStatus", "instance": "InstanceStatus", "attachedEbs": "AttachedEbsStatus"}


def launch(world: WorldClient, **more: Any) -> str:
    stated = {"ImageId": "ami-12c6146b", "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1}
    instance_id: str = world.ec2.run_instances(**{**stated, **more})["Instances"][0]["InstanceId"]
    return instance_id


def checks(world: WorldClient, instance_id: str) -> dict[str, str]:
    (shown,) = world.ec2.describe_instance_status(InstanceIds=[instance_id])["InstanceStatuses"]
    return {check: shown[key]["Status"] for check, key in CHECKS.items()}


def console(world: WorldClient, instance_id: str, **more: Any) -> str:
    shown: str = world.ec2.get_console_output(InstanceId=instance_id, **more).get("Output", "")
    return shown


def test_the_token_of_a_launch_is_shown_and_finds_its_instance(world: WorldClient) -> None:
    token = name("token")
    launched = launch(world, ClientToken=token)
    assert launch(world, ClientToken=token) == launched
    found = world.ec2.describe_instances(Filters=[{"Name": "client-token", "Values": [token]}])
    (shown,) = found["Reservations"][0]["Instances"]
    assert (shown["InstanceId"], shown["ClientToken"]) == (launched, token)


def test_the_token_of_a_terminated_instance_launches_no_second_one(world: WorldClient) -> None:
    token = name("token")
    launched = launch(world, ClientToken=token)
    world.ec2.terminate_instances(InstanceIds=[launched])
    world.until_state(launched, "terminated")
    with refused("IdempotentInstanceTerminated"):
        launch(world, ClientToken=token)


@pytest.mark.parametrize("failing", CHECKS)
def test_checks_are_initializing_and_then_ok_or_impaired(world: WorldClient, failing: str) -> None:
    tag = {"key": "Proof", "value": name("proof")}
    marks = [{"ResourceType": "instance", "Tags": [{"Key": tag["key"], "Value": tag["value"]}]}]
    world.control("PUT", "checks", {"tag": tag, "check": failing})
    with world.standing_still():
        bad, good = launch(world, TagSpecifications=marks), launch(world)
        world.pass_time(31)
        assert set(checks(world, bad).values()) == {"initializing"}
    world.until(lambda: "initializing" not in checks(world, bad).values())
    assert checks(world, bad) == {**dict.fromkeys(CHECKS, "ok"), failing: "impaired"}
    (shown,) = world.ec2.describe_instance_status(InstanceIds=[bad])["InstanceStatuses"]
    (detail,) = shown[CHECKS[failing]]["Details"]
    assert (detail["Name"], detail["Status"], "ImpairedSince" in detail) == ("reachability", "failed", True)
    world.until(lambda: checks(world, good) == dict.fromkeys(CHECKS, "ok"))
    world.control("PUT", "checks", {"instanceId": good, "check": failing})
    assert checks(world, good)[failing] == "impaired"
    world.control("PUT", "checks", {"instanceId": good, "check": failing, "failing": False})
    assert checks(world, good)[failing] == "ok"


def test_a_status_is_shown_of_running_instances_unless_all_are_asked_for(world: WorldClient) -> None:
    stopped = world.seed(state="stopped")["instanceId"]
    assert world.ec2.describe_instance_status(InstanceIds=[stopped])["InstanceStatuses"] == []
    (shown,) = world.ec2.describe_instance_status(InstanceIds=[stopped], IncludeAllInstances=True)[
        "InstanceStatuses"
    ]
    assert (shown["InstanceState"]["Name"], shown["InstanceStatus"]["Status"]) == (
        "stopped",
        "not-applicable",
    )


def test_the_console_is_in_base64_and_lags(world: WorldClient) -> None:
    """botocore decodes it."""
    with world.standing_still():
        launched = launch(world)
        world.pass_time(60)
        assert console(world, launched) == ""
        assert "login:" in console(world, launched, Latest=True)
        old = launch(world, InstanceType="t2.small")
        with refused("UnsupportedOperation"):
            console(world, old, Latest=True)
        world.pass_time(200)
        assert "login:" in console(world, launched)
        world.control("PUT", "checks", {"instanceId": launched, "check": "instance"})
        assert "Kernel panic" in console(world, launched)


def test_a_launch_can_lift_the_protection_that_its_template_states(world: WorldClient) -> None:
    template = {"LaunchTemplateName": world.template(DisableApiTermination=True), "Version": "1"}
    protected = launch(world, LaunchTemplate=template)
    with refused("OperationNotPermitted"):
        world.ec2.terminate_instances(InstanceIds=[protected])
    world.ec2.terminate_instances(
        InstanceIds=[launch(world, LaunchTemplate=template, DisableApiTermination=False)]
    )


def test_a_persistent_spot_request_outlives_its_instance_and_launches_another(world: WorldClient) -> None:
    mark = name("spot")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Proof", "Value": mark}]}]

    def living() -> list[str]:
        states = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        found = world.ec2.describe_instances(Filters=[{"Name": "tag:Proof", "Values": [mark]}, *states])
        return [one["InstanceId"] for some in found["Reservations"] for one in some["Instances"]]

    def spot(kind: str, interrupted: str) -> str:
        options = {"SpotInstanceType": kind, "InstanceInterruptionBehavior": interrupted}
        market = {"MarketType": "spot", "SpotOptions": options}
        return launch(world, InstanceMarketOptions=market, TagSpecifications=tags)

    with refused("InvalidParameterCombination"):
        spot("persistent", "terminate")
    first = spot("persistent", "stop")
    world.ec2.terminate_instances(InstanceIds=[first])
    world.until_state(first, "terminated")
    (second,) = living()
    (shown,) = world.ec2.describe_instances(InstanceIds=[second])["Reservations"][0]["Instances"]
    cancelled = world.ec2.cancel_spot_instance_requests(
        SpotInstanceRequestIds=[shown["SpotInstanceRequestId"]]
    )
    assert [one["State"] for one in cancelled["CancelledSpotInstanceRequests"]] == ["cancelled"]
    assert living() == [second]
    for last in (second, spot("one-time", "terminate")):
        world.ec2.terminate_instances(InstanceIds=[last])
        world.until_state(last, "terminated")
    assert living() == []
