import base64

import pytest

from tests.ec2world.client import WorldClient, name, refused


def test_protection_can_be_set_by_attribute_name_too(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.ec2.modify_instance_attribute(InstanceId=source, Attribute="disableApiStop", Value="true")
    with refused("OperationNotPermitted"):
        world.ec2.stop_instances(InstanceIds=[source])


def test_a_state_that_does_not_allow_it_is_refused(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    with world.standing_still():
        world.ec2.stop_instances(InstanceIds=[source])
        again = world.ec2.stop_instances(InstanceIds=[source])["StoppingInstances"][0]
        assert again["PreviousState"]["Name"] == "stopping"
        with refused("IncorrectInstanceState"):
            world.ec2.start_instances(InstanceIds=[source])
    world.until_state(source, "stopped")
    with world.standing_still():
        world.ec2.start_instances(InstanceIds=[source])
        with refused("IncorrectInstanceState"):
            world.ec2.stop_instances(InstanceIds=[source])


def test_a_terminated_instance_can_be_neither_stopped_nor_started(world: WorldClient) -> None:
    source = world.seed(terminated=True)
    assert world.instance(source["instanceId"])["State"]["Name"] == "terminated"
    with refused("IncorrectInstanceState"):
        world.ec2.stop_instances(InstanceIds=[source["instanceId"]])
    with refused("IncorrectInstanceState"):
        world.ec2.start_instances(InstanceIds=[source["instanceId"]])
    assert len(source["volumeIds"]) == 2


def test_an_unknown_instance_is_not_found(world: WorldClient) -> None:
    with refused("InvalidInstanceID.NotFound"):
        world.ec2.describe_instances(InstanceIds=["i-00000000000000000"])
    with refused("InvalidInstanceID.NotFound"):
        world.ec2.stop_instances(InstanceIds=["i-00000000000000000"])


@pytest.mark.parametrize(
    ("platform", "details", "operation"),
    [
        ("linux", "Linux/UNIX", "RunInstances"),
        ("windows", "Windows", "RunInstances:0002"),
        ("rhel", "Red Hat Enterprise Linux", "RunInstances:0010"),
    ],
)
def test_billing_is_shown(world: WorldClient, platform: str, details: str, operation: str) -> None:
    shown = world.instance(world.seed(platform=platform)["instanceId"])
    assert (shown["PlatformDetails"], shown["UsageOperation"]) == (details, operation)
    assert shown.get("Platform") == ("windows" if platform == "windows" else None)


def test_a_marketplace_source_has_a_product_code(world: WorldClient) -> None:
    shown = world.instance(world.seed(platform="marketplace")["instanceId"])
    assert shown["ProductCodes"][0]["ProductCodeType"] == "marketplace"


def test_firmware_network_and_metadata_settings_are_shown(world: WorldClient) -> None:
    source = world.seed(
        bootMode="uefi",
        tpm=True,
        ena=False,
        imdsv2=True,
        hibernation=True,
        instanceProfile="web",
        keyName="key",
    )
    shown = world.instance(source["instanceId"])
    assert (shown["BootMode"], shown["CurrentInstanceBootMode"], shown["TpmSupport"]) == (
        "uefi",
        "uefi",
        "v2.0",
    )
    assert shown["EnaSupport"] is False
    assert "SriovNetSupport" not in shown
    assert shown["MetadataOptions"]["HttpTokens"] == "required"
    assert shown["HibernationOptions"] == {"Configured": True}
    assert shown["IamInstanceProfile"]["Arn"].endswith(":instance-profile/web")
    assert shown["KeyName"] == "key"
    data = world.ec2.get_instance_uefi_data(InstanceId=source["instanceId"])["UefiData"]
    assert base64.b64decode(data).startswith(b"AMZNUEFI")
    assert world.image(source["imageId"])["TpmSupport"] == "v2.0"


def test_a_bios_source_has_no_uefi_data(world: WorldClient) -> None:
    source = world.seed(bootMode="legacy-bios")["instanceId"]
    assert world.instance(source)["CurrentInstanceBootMode"] == "legacy-bios"
    with refused("UnsupportedOperation"):
        world.ec2.get_instance_uefi_data(InstanceId=source)


def test_an_arm_source_is_arm_throughout(world: WorldClient) -> None:
    source = world.seed(architecture="arm64")
    shown = world.instance(source["instanceId"])
    assert (shown["Architecture"], shown["CurrentInstanceBootMode"]) == ("arm64", "uefi")
    assert shown["InstanceType"].startswith("t4g.")


def test_attributes_are_described_one_by_one(world: WorldClient) -> None:
    source = world.seed(userData="#!/bin/sh")["instanceId"]
    described = {
        attribute: world.ec2.describe_instance_attribute(InstanceId=source, Attribute=attribute)
        for attribute in ("userData", "sriovNetSupport", "instanceInitiatedShutdownBehavior", "productCodes")
    }
    assert base64.b64decode(described["userData"]["UserData"]["Value"]) == b"#!/bin/sh"
    assert described["sriovNetSupport"]["SriovNetSupport"] == {"Value": "simple"}
    assert (
        described["instanceInitiatedShutdownBehavior"]["InstanceInitiatedShutdownBehavior"]["Value"] == "stop"
    )
    assert described["productCodes"]["ProductCodes"] == []
    without = world.seed()["instanceId"]
    answer = world.ec2.describe_instance_attribute(InstanceId=without, Attribute="userData")
    assert answer["UserData"] == {}


def test_what_a_running_instance_needs_to_be_stopped_for_is_refused(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    with refused("IncorrectInstanceState"):
        world.ec2.modify_instance_attribute(InstanceId=source, InstanceType={"Value": "t3.large"})
    world.ec2.stop_instances(InstanceIds=[source])
    world.until_state(source, "stopped")
    world.ec2.modify_instance_attribute(InstanceId=source, InstanceType={"Value": "t3.large"})
    assert world.instance(source)["InstanceType"] == "t3.large"


def test_metadata_options_change_only_where_they_are_named(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.ec2.modify_instance_metadata_options(InstanceId=source, HttpTokens="required")
    options = world.instance(source)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpEndpoint"], options["HttpPutResponseHopLimit"]) == (
        "required",
        "enabled",
        1,
    )


def test_a_seed_may_name_its_devices(world: WorldClient) -> None:
    source = world.seed(volumes=[{"deviceName": "/dev/xvda"}, {"deviceName": "/dev/sdh", "sizeGiB": 3}])
    shown = world.instance(source["instanceId"])
    assert shown["RootDeviceName"] == "/dev/xvda"
    assert [one["DeviceName"] for one in shown["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdh"]
    assert world.image(source["imageId"])["RootDeviceName"] == "/dev/xvda"


def test_a_wrong_seed_is_refused_by_name(world: WorldClient) -> None:
    for wrong in (
        {"volume": 1},
        {"architecture": "mips"},
        {"platform": "beos"},
        {"volumes": [{"size": 1}]},
        [],
    ):
        status, answer = world.try_control("POST", "seed", wrong)
        assert status == 400, wrong
        assert answer["error"]
    group = world.seed(group=name("group"))["autoScalingGroupName"]
    assert world.try_control("POST", "seed", {"group": group})[0] == 400
