from tests.ec2world.client import WorldClient, deletion_flags, name, refused


def test_create_image_keeps_the_flags_that_the_call_does_not_change(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8}])
    world.attach_volume(source)
    kept = world.ec2.create_image(InstanceId=source["instanceId"], Name=name("kept"))["ImageId"]
    mapping = {"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": True}}
    changed = world.ec2.create_image(
        InstanceId=source["instanceId"], Name=name("changed"), BlockDeviceMappings=[mapping]
    )["ImageId"]
    world.until(lambda: world.image(kept)["State"] == world.image(changed)["State"] == "available")
    assert deletion_flags(world.image(kept)) == {"/dev/sda1": True, "/dev/sdz": False}
    assert deletion_flags(world.image(changed)) == {"/dev/sda1": True, "/dev/sdz": True}


def test_create_image_changes_nothing_else_of_an_attached_volume(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 100}}
    with refused("InvalidParameterCombination"):
        world.ec2.create_image(InstanceId=source, Name=name("larger"), BlockDeviceMappings=[mapping])
