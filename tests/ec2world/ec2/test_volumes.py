from typing import Any

from tests.ec2world.client import WorldClient, name, refused


def attach(world: WorldClient, source: dict[str, Any]) -> str:
    """A volume that is attached by hand."""
    zone = source["availabilityZone"]
    volume: str = world.ec2.create_volume(AvailabilityZone=zone, Size=5, VolumeType="gp3")["VolumeId"]
    world.ec2.attach_volume(VolumeId=volume, InstanceId=source["instanceId"], Device="/dev/sdz")
    return volume


def flags(described: dict[str, Any]) -> dict[str, bool]:
    return {
        one["DeviceName"]: one["Ebs"]["DeleteOnTermination"]
        for one in described["BlockDeviceMappings"]
        if "Ebs" in one
    }


def states(world: WorldClient, volumes: list[str]) -> dict[str, str]:
    found = world.ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": volumes}])["Volumes"]
    return {one["VolumeId"]: one["State"] for one in found}


def test_a_volume_that_was_attached_by_hand_stays_when_its_instance_ends(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8}])
    by_hand = attach(world, source)
    assert flags(world.instance(source["instanceId"])) == {"/dev/sda1": True, "/dev/sdz": False}
    world.ec2.terminate_instances(InstanceIds=[source["instanceId"]])
    world.until_state(source["instanceId"], "terminated")
    assert states(world, [by_hand, *source["volumeIds"]]) == {by_hand: "available"}


def test_create_image_keeps_the_flags_that_the_call_does_not_change(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8}])
    attach(world, source)
    kept = world.ec2.create_image(InstanceId=source["instanceId"], Name=name("kept"))["ImageId"]
    mapping = {"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": True}}
    changed = world.ec2.create_image(
        InstanceId=source["instanceId"], Name=name("changed"), BlockDeviceMappings=[mapping]
    )["ImageId"]
    world.until(lambda: world.image(kept)["State"] == world.image(changed)["State"] == "available")
    assert flags(world.image(kept)) == {"/dev/sda1": True, "/dev/sdz": False}
    assert flags(world.image(changed)) == {"/dev/sda1": True, "/dev/sdz": True}


def test_create_image_changes_nothing_else_of_an_attached_volume(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 100}}
    with refused("InvalidParameterCombination"):
        world.ec2.create_image(InstanceId=source, Name=name("larger"), BlockDeviceMappings=[mapping])


def test_a_copied_snapshot_tells_no_volume(world: WorldClient) -> None:
    source = world.seed()
    original = world.snapshot_set(source["instanceId"], Description="original")[0]
    world.until(lambda: world.snapshots([original])[0]["State"] == "completed")
    copy = world.ec2.copy_snapshot(
        SourceSnapshotId=original, SourceRegion="us-east-1", Description="original"
    )["SnapshotId"]
    assert world.snapshots([copy])[0]["VolumeId"] == "vol-ffffffff"
    wanted = [{"Name": "volume-id", "Values": source["volumeIds"]}]
    found = [one["SnapshotId"] for one in world.ec2.describe_snapshots(Filters=wanted)["Snapshots"]]
    assert original in found
    assert copy not in found
