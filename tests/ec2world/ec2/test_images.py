import pytest

from tests.ec2world.client import WorldClient, name, refused


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


def test_create_image_of_windows_is_windows(world: WorldClient) -> None:
    source = world.seed(platform="windows")["instanceId"]
    image = world.ec2.create_image(InstanceId=source, Name=name("windows"))["ImageId"]
    shown = world.image(image)
    assert (shown["Platform"], shown["UsageOperation"]) == ("windows", "RunInstances:0002")
    world.until(lambda: world.image(image)["State"] == "available")


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


def test_a_copy_is_an_image_of_its_own(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed(bootMode="uefi", tpm=True)["instanceId"])[0]
    image = world.available_image(snapshot, BootMode="uefi", TpmSupport="v2.0")
    chosen = name("copy")
    copy = world.ec2.copy_image(Name=chosen, SourceImageId=image, SourceRegion="us-east-1")["ImageId"]
    shown = world.until(lambda: world.image(copy)["State"] == "available" and world.image(copy))
    assert (shown["Name"], shown["TpmSupport"]) == (chosen, "v2.0")
    assert shown["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] != snapshot
