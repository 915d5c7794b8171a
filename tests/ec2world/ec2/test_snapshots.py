from tests.ec2world.client import WorldClient, refused


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
