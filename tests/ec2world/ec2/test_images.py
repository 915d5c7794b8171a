import base64

import pytest

from tests.ec2world.client import WorldClient, name, refused


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


def test_an_image_is_i386_and_paravirtual_unless_told_otherwise(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    image = world.ec2.register_image(
        Name=name("bare"), BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}]
    )["ImageId"]
    shown = world.image(image)
    assert (shown["Architecture"], shown["VirtualizationType"]) == ("i386", "paravirtual")
    assert shown["EnaSupport"] is False


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


def test_snapshots_of_an_image_must_exist_and_be_completed(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    with refused("InvalidSnapshot.NotFound"):
        world.register("snap-00000000000000000")
    with world.standing_still():
        pending = world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})["Snapshots"][0]
        with refused("IncorrectState"):
            world.register(pending["SnapshotId"])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"BootMode": "legacy-bios", "TpmSupport": "v2.0"}, "InvalidParameterCombination"),
        ({"Architecture": "arm64", "BootMode": "legacy-bios"}, "InvalidParameterCombination"),
        ({"RootDeviceName": "/dev/xvda"}, "InvalidBlockDeviceMapping"),
    ],
)
def test_what_cannot_boot_is_refused(world: WorldClient, wrong: dict[str, str], code: str) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    with refused(code):
        world.register(snapshot, **wrong)


def test_registering_cannot_encrypt(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot, "Encrypted": True}}
    with refused("InvalidBlockDeviceMapping"):
        world.register(snapshot, BlockDeviceMappings=[disk])


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


def test_create_image_of_windows_is_windows(world: WorldClient) -> None:
    source = world.seed(platform="windows")["instanceId"]
    image = world.ec2.create_image(InstanceId=source, Name=name("windows"))["ImageId"]
    shown = world.image(image)
    assert (shown["Platform"], shown["UsageOperation"]) == ("windows", "RunInstances:0002")
    world.until(lambda: world.image(image)["State"] == "available")


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


def test_own_images_are_found_by_tag_and_by_name(world: WorldClient) -> None:
    run, chosen = name("run"), name("findable")
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    tags = [{"ResourceType": "image", "Tags": [{"Key": "golden-image:run", "Value": run}]}]
    image = world.register(snapshot, Name=chosen, TagSpecifications=tags)
    for wanted in ({"Name": "tag:golden-image:run", "Values": [run]}, {"Name": "name", "Values": [chosen]}):
        found = world.ec2.describe_images(Owners=["self"], Filters=[wanted])["Images"]
        assert [one["ImageId"] for one in found] == [image]
    with refused("InvalidAMIID.NotFound"):
        world.image("ami-0fedcba9876543210")


def test_only_images_can_be_tagged_while_registering(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    with refused("InvalidParameter"):
        world.register(
            snapshot, TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "a", "Value": "b"}]}]
        )


def test_a_copy_is_an_image_of_its_own(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed(bootMode="uefi", tpm=True)["instanceId"])[0]
    image = world.available_image(snapshot, BootMode="uefi", TpmSupport="v2.0")
    chosen = name("copy")
    copy = world.ec2.copy_image(Name=chosen, SourceImageId=image, SourceRegion="us-east-1")["ImageId"]
    shown = world.until(lambda: world.image(copy)["State"] == "available" and world.image(copy))
    assert (shown["Name"], shown["TpmSupport"]) == (chosen, "v2.0")
    assert shown["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] != snapshot
