"""RegisterImage, CreateImage and what becomes of an image."""

import base64

import pytest
from botocore.exceptions import ParamValidationError

from tests.ec2world.client import WorldClient, name, refused


def test_an_image_is_i386_and_paravirtual_unless_told_otherwise(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    image = world.ec2.register_image(
        Name=name("bare"), BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}]
    )["ImageId"]
    shown = world.image(image)
    assert (shown["Architecture"], shown["VirtualizationType"]) == ("i386", "paravirtual")
    assert shown["EnaSupport"] is False


def test_an_image_keeps_every_parameter_it_was_registered_with(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed(bootMode="uefi", tpm=True)["instanceId"])[0]
    uefi_data = base64.b64encode(b"AMZNUEFI variables").decode()
    disk = {"SnapshotId": snapshot, "VolumeType": "gp3", "Iops": 3500, "Throughput": 200, "VolumeSize": 12}
    image = world.available_image(
        snapshot,
        Description="golden",
        EnaSupport=True,
        SriovNetSupport="simple",
        BootMode="uefi",
        TpmSupport="v2.0",
        ImdsSupport="v2.0",
        UefiData=uefi_data,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sda1", "Ebs": {**disk, "DeleteOnTermination": False}},
            {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        ],
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "run", "Value": "r"}]}],
    )
    shown = world.image(image)
    expected = {
        "Architecture": "x86_64",
        "VirtualizationType": "hvm",
        "Description": "golden",
        "EnaSupport": True,
        "SriovNetSupport": "simple",
        "BootMode": "uefi",
        "TpmSupport": "v2.0",
        "ImdsSupport": "v2.0",
        "RootDeviceName": "/dev/sda1",
        "RootDeviceType": "ebs",
        "Tags": [{"Key": "run", "Value": "r"}],
        "Public": False,
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
    }
    assert {key: shown[key] for key in expected} == expected
    assert shown["BlockDeviceMappings"][0] == {
        "DeviceName": "/dev/sda1",
        "Ebs": {**disk, "DeleteOnTermination": False, "Encrypted": False},
    }
    assert shown["BlockDeviceMappings"][1] == {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}
    kept = world.ec2.describe_image_attribute(ImageId=image, Attribute="uefiData")
    assert kept["UefiData"]["Value"] == uefi_data


def test_registering_cannot_encrypt(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot, "Encrypted": True}}
    with refused("InvalidBlockDeviceMapping"):
        world.register(snapshot, BlockDeviceMappings=[disk])


def test_only_images_can_be_tagged_while_registering(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    with refused("InvalidParameter"):
        world.register(
            snapshot, TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "a", "Value": "b"}]}]
        )


def test_create_image_keeps_billing_that_register_image_loses(world: WorldClient) -> None:
    source = world.seed(platform="marketplace", volumes=[{"sizeGiB": 8}, {"sizeGiB": 20}])["instanceId"]
    with world.standing_still():
        image = world.ec2.create_image(
            InstanceId=source,
            Name=name("created"),
            NoReboot=True,
            TagSpecifications=[
                {"ResourceType": "image", "Tags": [{"Key": "run", "Value": "r"}]},
                {"ResourceType": "snapshot", "Tags": [{"Key": "run", "Value": "s"}]},
            ],
        )["ImageId"]
        assert world.image(image)["State"] == "pending"
        assert world.image(image)["BlockDeviceMappings"] == []
    created = world.until(lambda: world.image(image)["State"] == "available" and world.image(image))
    assert created["ProductCodes"][0]["ProductCodeType"] == "marketplace"
    assert created["SourceInstanceId"] == source
    assert created["Tags"] == [{"Key": "run", "Value": "r"}]
    ids = [one["Ebs"]["SnapshotId"] for one in created["BlockDeviceMappings"]]
    snapshots = world.snapshots(ids)
    assert [one["State"] for one in snapshots] == ["completed"] * 2
    assert [one["Tags"] for one in snapshots] == [[{"Key": "run", "Value": "s"}]] * 2
    registered = world.image(world.register(ids[0]))
    assert registered["ProductCodes"] == []


def test_a_name_in_use_is_refused_until_its_image_is_gone(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    chosen = name("taken")
    image = world.register(snapshot, Name=chosen)
    with refused("InvalidAMIName.Duplicate"):
        world.register(snapshot, Name=chosen)
    world.ec2.deregister_image(ImageId=image)
    world.register(snapshot, Name=chosen)
    with refused("InvalidAMIName.Malformed"):
        world.register(snapshot, Name="no*star")


def test_deregistering_can_delete_the_snapshots_that_no_other_image_needs(world: WorldClient) -> None:
    shared, own = world.snapshot_set(world.seed()["instanceId"])
    other = world.register(shared)
    image = world.register(
        shared,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": shared}},
            {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": own}},
        ],
    )
    answer = world.ec2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)
    results = {one["SnapshotId"]: one["ReturnCode"] for one in answer["DeleteSnapshotResults"]}
    assert results == {shared: "skipped", own: "success"}
    with refused("InvalidSnapshot.NotFound"):
        world.snapshots([own])
    assert world.image(other)["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] == shared
    with refused("InvalidAMIID.Unavailable"):
        world.ec2.deregister_image(ImageId=image)
    assert (
        world.ec2.describe_images(Owners=["self"], Filters=[{"Name": "image-id", "Values": [image]}])[
            "Images"
        ]
        == []
    )


@pytest.mark.parametrize("description", ["nginx 설치를 마친 웹 서버", "dash — dash", "d" * 256])
def test_a_description_beyond_ascii_or_too_long_is_refused(world: WorldClient, description: str) -> None:
    source = world.seed()
    snapshot = world.snapshot_set(source["instanceId"])[0]
    with refused("InvalidParameterValue"):
        world.snapshot_set(source["instanceId"], Description=description)
    with refused("InvalidParameterValue"):
        world.ec2.create_snapshot(VolumeId=source["volumeIds"][0], Description=description)
    with refused("InvalidParameterValue"):
        world.register(snapshot, Description=description)
    with refused("InvalidParameterValue"):
        world.ec2.create_image(InstanceId=source["instanceId"], Name=name("d"), Description=description)


def test_botocores_waiter_fails_on_failed_only(world: WorldClient) -> None:
    acceptors = world.ec2.get_waiter("image_available").config.acceptors
    assert {one.expected for one in acceptors if one.state == "failure"} == {"failed"}
    states = world.ec2.meta.service_model.shape_for("ImageState").enum
    passing = {"pending", "transient"}
    ended = {"available", "invalid", "deregistered", "failed", "error", "disabled"}
    assert set(states) == passing | ended


def test_an_image_name_takes_some_characters_only(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    for wrong in ("웹 서버", "no*star", "no:colon", "n" * 129):
        with refused("InvalidAMIName.Malformed"):
            world.register(snapshot, Name=wrong)
    with pytest.raises(ParamValidationError, match="min length: 3"):
        world.register(snapshot, Name="ab")
    world.register(snapshot, Name=f"{name('web')} ()[] ./-'@_")


def test_a_copy_of_a_marketplace_image_keeps_the_code(world: WorldClient) -> None:
    source = world.seed(platform="marketplace")["instanceId"]
    image = world.ec2.create_image(InstanceId=source, Name=name("product"))["ImageId"]
    world.until(lambda: world.image(image)["State"] == "available")
    copy = world.ec2.copy_image(Name=name("copy"), SourceImageId=image, SourceRegion="us-east-1")["ImageId"]
    assert world.image(copy)["ProductCodes"] == world.image(image)["ProductCodes"] != []
