"""Source instances: what cannot be stopped, and what DescribeInstances does not show."""

from tests.ec2world.client import WorldClient, deletion_flags, ids, name, refused


def states(world: WorldClient, volumes: list[str]) -> dict[str, str]:
    found = world.ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": volumes}])["Volumes"]
    return {one["VolumeId"]: one["State"] for one in found}


def test_an_instance_store_root_cannot_be_stopped(world: WorldClient) -> None:
    source = world.seed(instanceStoreRoot=True)["instanceId"]
    assert world.instance(source)["RootDeviceType"] == "instance-store"
    with refused("UnsupportedOperation"):
        world.ec2.stop_instances(InstanceIds=[source])


def test_a_protected_instance_cannot_be_stopped_until_the_protection_is_lifted(world: WorldClient) -> None:
    source = world.seed(stopProtection=True)["instanceId"]
    with refused("OperationNotPermitted"):
        world.ec2.stop_instances(InstanceIds=[source])
    protection = world.ec2.describe_instance_attribute(InstanceId=source, Attribute="disableApiStop")
    assert protection["DisableApiStop"]["Value"] is True
    world.ec2.modify_instance_attribute(InstanceId=source, DisableApiStop={"Value": False})
    world.ec2.stop_instances(InstanceIds=[source])
    world.until_state(source, "stopped")


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


def test_a_stopped_group_member_is_replaced(world: WorldClient) -> None:
    seeded = world.seed(group=name("group"))
    group, source = seeded["autoScalingGroupName"], seeded["instanceId"]
    assert ids(world.members(group)) == [source]
    assert world.instance(source)["State"]["Name"] == "running"
    world.ec2.stop_instances(InstanceIds=[source])
    world.until(
        lambda: ids(world.members(group)) not in ([source], []) and source not in ids(world.members(group))
    )
    world.until_state(source, "terminated")
    world.until_members(group, ["InService"])


def test_describing_instances_does_not_show_enhanced_networking(world: WorldClient) -> None:
    source = world.seed()
    assert world.image(source["imageId"])["SriovNetSupport"] == "simple"
    assert "SriovNetSupport" not in world.instance(source["instanceId"])
    attribute = world.ec2.describe_instance_attribute(
        InstanceId=source["instanceId"], Attribute="sriovNetSupport"
    )
    assert attribute["SriovNetSupport"] == {"Value": "simple"}
    made = world.ec2.create_image(InstanceId=source["instanceId"], Name=name("sriov"))["ImageId"]
    assert world.image(made)["SriovNetSupport"] == "simple"


def test_a_tpm_is_shown_as_long_as_the_image_is_there(world: WorldClient) -> None:
    source = world.seed(bootMode="uefi", tpm=True)["instanceId"]
    image = world.ec2.create_image(InstanceId=source, Name=name("tpm"))["ImageId"]
    world.until(lambda: world.image(image)["State"] == "available")
    launched = world.ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1)[
        "Instances"
    ][0]["InstanceId"]
    assert world.instance(launched)["TpmSupport"] == "v2.0"
    world.ec2.deregister_image(ImageId=image)
    assert "TpmSupport" not in world.instance(launched)


def test_a_volume_that_was_attached_by_hand_stays_when_its_instance_ends(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8}])
    by_hand = world.attach_volume(source)
    assert deletion_flags(world.instance(source["instanceId"])) == {"/dev/sda1": True, "/dev/sdz": False}
    world.ec2.terminate_instances(InstanceIds=[source["instanceId"]])
    world.until_state(source["instanceId"], "terminated")
    assert states(world, [by_hand, *source["volumeIds"]]) == {by_hand: "available"}


def test_an_image_with_that_flag_leaves_a_volume_behind_for_each_instance(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot, "DeleteOnTermination": False}}
    image = world.available_image(snapshot, BlockDeviceMappings=[disk])
    made = world.ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=2, MaxCount=2)
    left = []
    for instance_id in [one["InstanceId"] for one in made["Instances"]]:
        running = world.until_state(instance_id, "running")
        left.append(running["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])
        world.ec2.terminate_instances(InstanceIds=[instance_id])
        world.until_state(instance_id, "terminated")
    assert states(world, left) == dict.fromkeys(left, "available")


def test_the_checks_of_a_started_instance_are_initializing_at_first(world: WorldClient) -> None:
    source = world.seed(state="stopped")["instanceId"]

    def checks() -> set[str]:
        (shown,) = world.ec2.describe_instance_status(InstanceIds=[source])["InstanceStatuses"]
        return {shown[key]["Status"] for key in ("SystemStatus", "InstanceStatus", "AttachedEbsStatus")}

    with world.standing_still():
        world.ec2.start_instances(InstanceIds=[source])
        world.control("PUT", "durations", {"scale": 0.01})
        world.until_state(source, "running")
        assert checks() == {"initializing"}
    world.until(lambda: checks() == {"ok"})
