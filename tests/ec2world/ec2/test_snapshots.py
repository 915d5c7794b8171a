from tests.ec2world.client import STANDING_STILL, WorldClient, name, refused


def pass_time(world: WorldClient) -> None:
    """More than a minute, and much less than an hour, of the time that stands still."""
    world.control("PUT", "durations", {"scale": 1e-5})
    world.control("PUT", "durations", {"scale": STANDING_STILL})


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


def test_volumes_can_be_left_out_of_a_set(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8}, {"sizeGiB": 20}, {"sizeGiB": 30}])
    root, data, other = source["volumeIds"]
    specification = {
        "InstanceId": source["instanceId"],
        "ExcludeBootVolume": True,
        "ExcludeDataVolumeIds": [data],
    }
    made = world.ec2.create_snapshots(InstanceSpecification=specification)["Snapshots"]
    assert [one["VolumeId"] for one in made] == [other]
    assert root != other


def test_the_key_of_an_encrypted_volume_goes_on_to_its_snapshot(world: WorldClient) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    source = world.seed(volumes=[{"sizeGiB": 8, "encrypted": True, "kmsKeyId": key}])
    snapshot = world.snapshots(world.snapshot_set(source["instanceId"]))[0]
    assert (snapshot["Encrypted"], snapshot["KmsKeyId"]) == (True, key)


def test_snapshots_of_a_volume_must_be_15_seconds_apart(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    with world.standing_still():
        world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})
        with refused("SnapshotCreationPerVolumeRateExceeded"):
            world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})
        pass_time(world)
        world.ec2.create_snapshots(InstanceSpecification={"InstanceId": source})


def test_a_volume_has_at_most_5_pending_snapshots(world: WorldClient) -> None:
    (volume,) = world.seed(volumes=[{"sizeGiB": 16_000}])["volumeIds"]
    with world.standing_still():
        for _ in range(5):
            world.ec2.create_snapshot(VolumeId=volume)
            pass_time(world)
        with refused("PendingSnapshotLimitExceeded"):
            world.ec2.create_snapshot(VolumeId=volume)
    pending = world.ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume]}])["Snapshots"]
    assert [one["State"] for one in pending] == ["pending"] * 5
    for one in pending:
        world.ec2.delete_snapshot(SnapshotId=one["SnapshotId"])


def test_a_snapshot_of_an_image_cannot_be_deleted_before_the_image(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    image = world.register(snapshot)
    with refused("InvalidSnapshot.InUse"):
        world.ec2.delete_snapshot(SnapshotId=snapshot)
    world.ec2.deregister_image(ImageId=image)
    world.ec2.delete_snapshot(SnapshotId=snapshot)
    with refused("InvalidSnapshot.NotFound"):
        world.ec2.describe_snapshots(SnapshotIds=[snapshot])
    with refused("InvalidSnapshot.NotFound"):
        world.ec2.delete_snapshot(SnapshotId=snapshot)


def test_own_snapshots_come_in_pages(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 1}] * 3)["instanceId"]
    run = [{"Name": "volume-size", "Values": ["1"]}]
    ids = world.snapshot_set(source)
    pages = list(
        world.ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], Filters=run, MaxResults=2)
    )
    assert {one["SnapshotId"] for page in pages for one in page["Snapshots"]} >= set(ids)
    assert len(pages) > 1


def test_a_volume_that_is_being_modified_says_so(world: WorldClient) -> None:
    modified = world.seed(modifyingVolume=True)["volumeIds"][0]
    plain = world.seed()["volumeIds"][0]
    (shown,) = world.ec2.describe_volumes_modifications(VolumeIds=[modified])["VolumesModifications"]
    assert shown["ModificationState"] in ("modifying", "optimizing")
    with refused("InvalidVolumeModification.NotFound"):
        world.ec2.describe_volumes_modifications(VolumeIds=[plain])
    with world.standing_still():
        started = world.ec2.modify_volume(VolumeId=plain, Size=100)["VolumeModification"]
        assert (started["OriginalSize"], started["TargetSize"]) == (8, 100)
        (shown,) = world.ec2.describe_volumes_modifications(
            Filters=[{"Name": "volume-id", "Values": [plain]}]
        )["VolumesModifications"]
        assert shown["ModificationState"] == "modifying"
    world.until(
        lambda: (
            world.ec2.describe_volumes_modifications(VolumeIds=[plain])["VolumesModifications"][0][
                "ModificationState"
            ]
            == "completed"
        )
    )


def test_a_volume_can_be_attached_and_detached(world: WorldClient) -> None:
    source = world.seed()
    zone = source["availabilityZone"]
    volume = world.ec2.create_volume(AvailabilityZone=zone, Size=5, VolumeType="gp3")["VolumeId"]
    world.ec2.attach_volume(VolumeId=volume, InstanceId=source["instanceId"], Device="/dev/sdz")
    attached = [{"Name": "attachment.instance-id", "Values": [source["instanceId"]]}]
    found = world.ec2.describe_volumes(Filters=attached)["Volumes"]
    assert {one["VolumeId"] for one in found} == {*source["volumeIds"], volume}
    world.ec2.detach_volume(VolumeId=volume)
    world.ec2.delete_volume(VolumeId=volume)
    assert len(world.ec2.describe_volumes(Filters=attached)["Volumes"]) == 2
