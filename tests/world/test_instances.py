import base64
from typing import Any

import pytest

from tests.world.client import WorldClient, name, refused


def test_a_protected_instance_cannot_be_stopped_until_the_protection_is_lifted(world: WorldClient) -> None:
    source = world.seed(stopProtection=True)["instanceId"]
    with refused("OperationNotPermitted"):
        world.ec2.stop_instances(InstanceIds=[source])
    protection = world.ec2.describe_instance_attribute(InstanceId=source, Attribute="disableApiStop")
    assert protection["DisableApiStop"]["Value"] is True
    world.ec2.modify_instance_attribute(InstanceId=source, DisableApiStop={"Value": False})
    world.ec2.stop_instances(InstanceIds=[source])
    world.until_state(source, "stopped")


def test_protection_can_be_set_by_attribute_name_too(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.ec2.modify_instance_attribute(InstanceId=source, Attribute="disableApiStop", Value="true")
    with refused("OperationNotPermitted"):
        world.ec2.stop_instances(InstanceIds=[source])


def test_an_instance_store_root_cannot_be_stopped(world: WorldClient) -> None:
    source = world.seed(instanceStoreRoot=True)["instanceId"]
    assert world.instance(source)["RootDeviceType"] == "instance-store"
    with refused("UnsupportedOperation"):
        world.ec2.stop_instances(InstanceIds=[source])


def test_one_time_spot_cannot_be_stopped_and_persistent_spot_can(world: WorldClient) -> None:
    one_time, persistent = (world.seed(spot=kind)["instanceId"] for kind in ("one-time", "persistent"))
    shown = world.instance(one_time)
    assert shown["InstanceLifecycle"] == "spot"
    request = world.ec2.describe_spot_instance_requests(
        SpotInstanceRequestIds=[shown["SpotInstanceRequestId"]]
    )["SpotInstanceRequests"][0]
    assert (request["Type"], request["InstanceId"]) == ("one-time", one_time)
    with refused("UnsupportedOperation"):
        world.ec2.stop_instances(InstanceIds=[one_time])
    world.ec2.stop_instances(InstanceIds=[persistent])
    world.until_state(persistent, "stopped")


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


def test_plain_run_instances_makes_the_volumes_it_names(world: WorldClient) -> None:
    image = world.ec2.describe_images(
        Owners=["amazon"],
        Filters=[
            {"Name": "architecture", "Values": ["x86_64"]},
            {"Name": "root-device-name", "Values": ["/dev/xvda"]},
        ],
        MaxResults=5,
    )["Images"][0]["ImageId"]
    for image_id in (image, "ami-0123456789abcdef0"):
        made = world.ec2.run_instances(
            ImageId=image_id,
            InstanceType="t3.small",
            MinCount=1,
            MaxCount=1,
            BlockDeviceMappings=[
                {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 10, "VolumeType": "gp3"}},
                {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 30, "Iops": 4000, "VolumeType": "gp3"}},
            ],
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "plain"}]},
                {"ResourceType": "volume", "Tags": [{"Key": "kind", "Value": "data"}]},
            ],
        )["Instances"][0]
        assert made["State"]["Name"] == "pending"
        shown = world.until_state(made["InstanceId"], "running")
        assert shown["RootDeviceName"] == "/dev/sda1"
        assert [one["GroupName"] for one in shown["SecurityGroups"]] == ["default"]
        assert shown["Tags"] == [{"Key": "Name", "Value": "plain"}]
        ids = [one["Ebs"]["VolumeId"] for one in shown["BlockDeviceMappings"]]
        volumes = {one["Size"]: one for one in world.ec2.describe_volumes(VolumeIds=ids)["Volumes"]}
        assert sorted(volumes) == [10, 30]
        assert (volumes[30]["Iops"], volumes[30]["Throughput"]) == (4000, 125)
        assert volumes[10]["Tags"] == [{"Key": "kind", "Value": "data"}]


def test_an_instance_of_an_own_image_has_its_attributes_and_disks(world: WorldClient) -> None:
    source = world.seed(bootMode="uefi", tpm=True, volumes=[{"sizeGiB": 9}])
    snapshot = world.snapshot_set(source["instanceId"])[0]
    image = world.available_image(
        snapshot, BootMode="uefi", TpmSupport="v2.0", EnaSupport=True, ImdsSupport="v2.0"
    )
    made = world.ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1)[
        "Instances"
    ][0]
    shown = world.instance(made["InstanceId"])
    assert (shown["BootMode"], shown["TpmSupport"], shown["EnaSupport"]) == ("uefi", "v2.0", True)
    assert shown["MetadataOptions"]["HttpTokens"] == "required"
    (disk,) = shown["BlockDeviceMappings"]
    (volume,) = world.ec2.describe_volumes(VolumeIds=[disk["Ebs"]["VolumeId"]])["Volumes"]
    assert (volume["Size"], volume["SnapshotId"]) == (9, snapshot)


def test_filters_and_pages_of_instances(world: WorldClient) -> None:
    run = name("run")
    ids = {world.seed(tags={"run": run})["instanceId"] for _ in range(3)}
    chosen = [
        {"Name": "tag:run", "Values": [run]},
        {"Name": "instance-state-name", "Values": ["run*", "pending"]},
    ]
    pages = list(world.ec2.get_paginator("describe_instances").paginate(Filters=chosen, MaxResults=2))
    found = [
        one["InstanceId"] for page in pages for batch in page["Reservations"] for one in batch["Instances"]
    ]
    assert (set(found), len(found), len(pages)) == (ids, 3, 2)
    with refused("InvalidParameterValue"):
        world.ec2.describe_instances(Filters=[{"Name": "no-such-filter", "Values": ["x"]}])


def test_a_requested_spot_instance_is_a_one_time_one(world: WorldClient) -> None:
    made = world.ec2.request_spot_instances(
        LaunchSpecification={"ImageId": "ami-12c6146b", "InstanceType": "t3.small"}, InstanceCount=1
    )["SpotInstanceRequests"][0]
    world.until_state(made["InstanceId"], "running")
    with refused("UnsupportedOperation"):
        world.ec2.stop_instances(InstanceIds=[made["InstanceId"]])


def test_metadata_options_change_only_where_they_are_named(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.ec2.modify_instance_metadata_options(InstanceId=source, HttpTokens="required")
    options = world.instance(source)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpEndpoint"], options["HttpPutResponseHopLimit"]) == (
        "required",
        "enabled",
        1,
    )


def test_launch_template_data_describes_the_instance(world: WorldClient) -> None:
    source = world.seed(imdsv2=True, keyName="key")
    data = world.ec2.get_launch_template_data(InstanceId=source["instanceId"])["LaunchTemplateData"]
    assert (data["ImageId"], data["KeyName"]) == (source["imageId"], "key")
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert [one["DeviceName"] for one in data["BlockDeviceMappings"]] == ["/dev/sda1", "/dev/sdf"]


def test_a_seed_may_name_its_devices(world: WorldClient) -> None:
    source = world.seed(volumes=[{"deviceName": "/dev/xvda"}, {"deviceName": "/dev/sdh", "sizeGiB": 3}])
    shown = world.instance(source["instanceId"])
    assert shown["RootDeviceName"] == "/dev/xvda"
    assert [one["DeviceName"] for one in shown["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdh"]
    assert world.image(source["imageId"])["RootDeviceName"] == "/dev/xvda"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"InstanceType": "t3.smal"}, "InvalidParameterValue"),
        ({"ImageId": "ami-x"}, "InvalidAMIID.Malformed"),
        ({"Placement": {"AvailabilityZone": "mars-1a"}}, "InvalidParameterValue"),
        ({"SecurityGroupIds": ["sg-00000000000000000"]}, "InvalidGroup.NotFound"),
        ({"SubnetId": "subnet-00000000000000000"}, "InvalidSubnetID.NotFound"),
    ],
)
def test_what_cannot_be_launched_is_refused(world: WorldClient, wrong: dict[str, Any], code: str) -> None:
    plain = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1}
    with refused(code):
        world.ec2.run_instances(**{**plain, **wrong})


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
