"""Encrypted volumes, snapshots and images, and who may use them."""

import json
from typing import Any

from tests.ec2world.client import WorldClient, name, refused


def test_a_key_withheld_from_auto_scaling_fails_every_launch_until_it_is_granted(world: WorldClient) -> None:
    kms = world.client("kms")
    key = kms.create_key()["KeyMetadata"]
    source = world.seed(volumes=[{"sizeGiB": 8, "encrypted": True, "kmsKeyId": key["Arn"]}])["instanceId"]
    image = world.available_image(world.snapshot_set(source)[0])
    group = world.group(1, template=world.template(ImageId=image), settled=False)
    activity = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"][0]
    assert (activity["StatusCode"], key["Arn"] in activity["StatusMessage"]) == ("Failed", True)
    kms.create_grant(
        KeyId=key["KeyId"],
        GranteePrincipal="arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/"
        "AWSServiceRoleForAutoScaling",
        Operations=["Decrypt", "CreateGrant"],
    )
    world.until_members(group, ["InService"])


def test_a_launch_under_a_key_that_its_caller_may_not_use_ends_before_it_runs(world: WorldClient) -> None:
    kms = world.client("kms")
    key = kms.create_key()["KeyMetadata"]
    source = world.seed(volumes=[{"sizeGiB": 8, "encrypted": True, "kmsKeyId": key["Arn"]}])["instanceId"]
    image = world.available_image(world.snapshot_set(source)[0])

    def launch() -> str:
        launched = world.ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1)
        instance_id: str = launched["Instances"][0]["InstanceId"]
        return instance_id

    world.until_state(launch(), "running")
    of_auto_scaling = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/x"
    only = {"Effect": "Allow", "Principal": {"AWS": of_auto_scaling}, "Action": "kms:*", "Resource": "*"}
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps({"Statement": [only]}))
    lost = launch()
    world.until_state(lost, "terminated")
    assert world.instance(lost)["StateReason"] == {
        "Code": "Client.InternalError",
        "Message": "Client.InternalError: Client error on launch",
    }
    kms.disable_key(KeyId=key["KeyId"])
    world.until_state(launch(), "terminated")


def copy_image(world: WorldClient, image: str, **more: Any) -> str:
    copy_id: str = world.ec2.copy_image(
        Name=name("copy"), SourceImageId=image, SourceRegion="us-east-1", **more
    )["ImageId"]
    return copy_id


def test_a_copy_is_encrypted_with_the_key_of_the_call(world: WorldClient) -> None:
    image = world.available_image(world.snapshot_set(world.seed()["instanceId"])[0])
    key = world.client("kms").create_key()["KeyMetadata"]["Arn"]
    with refused("InvalidParameterDependency"):
        copy_image(world, image, KmsKeyId=key)
    copy = copy_image(world, image, Encrypted=True, KmsKeyId=key)
    disk = world.image(copy)["BlockDeviceMappings"][0]["Ebs"]
    (snapshot,) = world.snapshots([disk["SnapshotId"]])
    assert (disk["Encrypted"], snapshot["Encrypted"], snapshot["KmsKeyId"]) == (True, True, key)


def test_a_copy_and_its_snapshots_are_tagged_in_the_call(world: WorldClient) -> None:
    image = world.available_image(world.snapshot_set(world.seed()["instanceId"])[0])
    tags = [{"Key": "run", "Value": "r"}]
    copy = copy_image(
        world,
        image,
        TagSpecifications=[{"ResourceType": kind, "Tags": tags} for kind in ("image", "snapshot")],
    )
    shown = world.image(copy)
    (snapshot,) = world.snapshots([shown["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]])
    assert (shown["Tags"], snapshot["Tags"]) == (tags, tags)


def test_a_timed_copy_takes_steps_of_15_minutes(world: WorldClient) -> None:
    image = world.available_image(world.snapshot_set(world.seed()["instanceId"])[0])
    for minutes in (0, 20):
        with refused("InvalidParameterValue"):
            copy_image(world, image, SnapshotCopyCompletionDurationMinutes=minutes)
    copy_image(world, image, SnapshotCopyCompletionDurationMinutes=30)


def test_what_the_default_key_encrypts_cannot_be_shared(world: WorldClient) -> None:
    source = world.seed(volumes=[{"sizeGiB": 8, "encrypted": True}])["instanceId"]
    snapshot = world.snapshot_set(source)[0]
    image = world.available_image(snapshot)
    account = {"UserId": "111122223333"}
    with refused("InvalidParameter"):
        world.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [account]})
    with refused("OperationNotPermitted"):
        world.ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, CreateVolumePermission={"Add": [account]}, Attribute="createVolumePermission"
        )


def test_an_image_is_shared_without_its_snapshots(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    image = world.available_image(snapshot)
    with_whom = [
        {"UserId": "111122223333"},
        {"OrganizationArn": "arn:aws:organizations::123456789012:organization/o-123example"},
        {"OrganizationalUnitArn": "arn:aws:organizations::123456789012:ou/o-123example/ou-1234-5example"},
    ]
    world.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": with_whom})
    shown = world.ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")
    assert shown["LaunchPermissions"] == with_whom
    asked = {"SnapshotId": snapshot, "Attribute": "createVolumePermission"}
    assert world.ec2.describe_snapshot_attribute(**asked)["CreateVolumePermissions"] == []
    world.ec2.modify_snapshot_attribute(**asked, CreateVolumePermission={"Add": with_whom[:1]})
    shown = world.ec2.describe_snapshot_attribute(**asked)
    assert shown["CreateVolumePermissions"] == with_whom[:1]
