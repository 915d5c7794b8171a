"""Snapshots and sets of them."""

from tests.ec2world.client import WorldClient, name, refused


def test_a_set_has_one_snapshot_of_each_volume_with_the_tags_of_the_call(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8}, {"sizeGiB": 20, "tags": {"disk": "data"}}])
    run = name("run")
    ids = world.snapshot_set(
        source["instanceId"],
        Description="a set",
        CopyTagsFromSource="volume",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "golden-image:run", "Value": run}]}],
    )
    found = world.ec2.describe_snapshots(Filters=[{"Name": "tag:golden-image:run", "Values": [run]}])[
        "Snapshots"
    ]
    assert sorted(one["SnapshotId"] for one in found) == sorted(ids)
    assert sorted(one["VolumeId"] for one in found) == sorted(source["volumeIds"])
    assert sorted(one["VolumeSize"] for one in found) == [8, 20]
    tags = {one["VolumeSize"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in found}
    assert tags == {8: {"golden-image:run": run}, 20: {"golden-image:run": run, "disk": "data"}}
    assert {one["Description"] for one in found} == {"a set"}


def test_a_set_fails_as_a_whole(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    world.faults(
        {"service": "ec2", "action": "CreateSnapshots", "effect": "fail", "message": "Disk trouble."}
    )
    made = world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})["Snapshots"]
    ids = [one["SnapshotId"] for one in made]
    world.until(lambda: all(one["State"] == "error" for one in world.snapshots(ids)))
    assert {one["StateMessage"] for one in world.snapshots(ids)} == {"Disk trouble."}


def test_snapshots_of_a_volume_must_be_15_seconds_apart(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    with world.standing_still():
        world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})
        with refused("SnapshotCreationPerVolumeRateExceeded"):
            world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})
        world.pass_time(60)
        world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})


def test_a_volume_has_at_most_5_pending_snapshots(world: WorldClient) -> None:
    (volume,) = world.seed(volumes=[{"sizeGiB": 16_000}])["volumeIds"]
    with world.standing_still():
        for _ in range(5):
            world.ec2.create_snapshot(VolumeId=volume)
            world.pass_time(60)
        with refused("PendingSnapshotLimitExceeded"):
            world.ec2.create_snapshot(VolumeId=volume)
    pending = world.ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume]}])["Snapshots"]
    assert [one["State"] for one in pending] == ["pending"] * 5
    for one in pending:
        world.ec2.delete_snapshot(SnapshotId=one["SnapshotId"])


def test_snapshots_grow_with_their_volumes(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8}, {"sizeGiB": 300}])["instanceId"]
    made = world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})["Snapshots"]
    small, large = [one["SnapshotId"] for one in made]
    assert [one["State"] for one in made] == ["pending", "pending"]
    world.until(lambda: world.snapshots([small])[0]["State"] == "completed")
    with world.standing_still():
        (growing,) = world.snapshots([large])
        assert growing["State"] == "pending"
        assert 1 <= int(growing["Progress"].rstrip("%")) < 99
    world.until(lambda: world.snapshots([large])[0]["Progress"] == "100%")
    assert world.snapshots([large])[0]["State"] == "completed"


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


def test_the_answer_of_a_set_names_volumes_and_no_devices(world: WorldClient) -> None:
    source = world.seed()
    made = world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source["instanceId"]})["Snapshots"]
    assert sorted(one["VolumeId"] for one in made) == sorted(source["volumeIds"])
    assert not [key for one in made for key in one if "Device" in key]


def test_a_snapshot_is_of_the_moment_of_its_call(world: WorldClient) -> None:
    (volume,) = world.seed(volumes=[{"sizeGiB": 8}])["volumeIds"]
    with world.standing_still():
        snapshot = world.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        world.ec2.modify_volume(VolumeId=volume, Size=100)
    world.until(lambda: world.snapshots([snapshot])[0]["State"] == "completed")
    assert world.snapshots([snapshot])[0]["VolumeSize"] == 8


def test_a_snapshot_is_in_one_of_five_states(world: WorldClient) -> None:
    states = world.ec2.meta.service_model.shape_for("SnapshotState").enum
    assert set(states) == {"pending", "completed", "error", "recoverable", "recovering"}


def test_a_snapshot_tells_its_full_size(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8}])["instanceId"]
    (shown,) = world.snapshots(world.snapshot_set(source))
    assert shown["FullSnapshotSizeInBytes"] == 8 * 1024**3


def test_a_tag_can_be_copied_and_taken_away(world: WorldClient) -> None:
    source, tags = world.seed(volumes=[{"sizeGiB": 8}]), [{"Key": "golden-image:run", "Value": name("run")}]
    specification = [{"ResourceType": "snapshot", "Tags": tags}]
    (snapshot,) = world.snapshot_set(source["instanceId"], TagSpecifications=specification)
    copy = world.ec2.copy_snapshot(
        SourceSnapshotId=snapshot, SourceRegion="us-east-1", TagSpecifications=specification
    )["SnapshotId"]
    world.ec2.delete_tags(Resources=[snapshot], Tags=tags)
    wanted = [{"Name": f"tag:{tags[0]['Key']}", "Values": [tags[0]["Value"]]}]
    found = world.ec2.describe_snapshots(Filters=wanted)["Snapshots"]
    assert [one["SnapshotId"] for one in found] == [copy]
    assert world.snapshots([snapshot])[0]["VolumeId"] == source["volumeIds"][0]
